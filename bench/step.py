#!/usr/bin/env python3
"""The dense loop of bench_step with whole columns in numpy, one thread.

Usage: step.py WORKLOAD.json PERSONS STEPS SEED SHORTEST_S
Prints a JSON object: CPU and wall seconds of `steps` steps, counts before and after the first STEPS
steps, people who moved in them, and the memory above what the interpreter needed before.
"""
import json
import resource
import sys
import time

import numpy as np


def peak_bytes():
    """The most memory this process had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


class People:
    """One column of places; each step all of them, and then those who move."""

    def __init__(self, workload, n, seed):
        self.rng = np.random.Generator(np.random.Philox(seed))
        self.chance = np.array(workload["chance"], dtype=np.float32)
        first = np.array(workload["first"], dtype=np.int32)
        self.first = first[:-1]
        self.links = np.diff(first)
        self.to = np.array(workload["to"], dtype=np.uint16)
        self.keep = np.array(workload["keep"]) / 2.0**32
        self.other = np.array(workload["other"], dtype=np.uint16)
        share = np.array(workload["share"])
        start = self.rng.multinomial(n, share / share.sum())
        self.place = np.repeat(np.arange(len(share), dtype=np.uint16), start)
        self.rng.shuffle(self.place)
        self.count = start.astype(np.int64)
        self.draw = np.empty(n, dtype=np.float32)
        self.limit = np.empty(n, dtype=np.float32)

    def step(self):
        """Who draws less than the chance of his place moves; returns how many."""
        self.rng.random(out=self.draw, dtype=np.float32)
        np.take(self.chance, self.place, out=self.limit)
        who = np.flatnonzero(self.draw < self.limit)
        old = self.place[who]
        x = self.rng.random(len(who)) * self.links[old]
        link = x.astype(np.int32)
        x -= link
        link += self.first[old]
        new = np.where(x < self.keep[link], self.to[link], self.other[link])
        self.place[who] = new
        n = len(self.count)
        self.count += np.bincount(new, minlength=n) - np.bincount(old, minlength=n)
        return len(who)


def main():
    path, n, steps, seed, shortest = sys.argv[1:]
    n, steps, shortest = int(n), int(steps), float(shortest)
    with open(path, encoding="utf-8") as file:
        workload = json.load(file)
    before = peak_bytes()
    people = People(workload, n, int(seed))
    start = people.count.copy()

    def one_pass():
        begin = time.process_time(), time.perf_counter()
        moves = sum(people.step() for _ in range(steps))
        return time.process_time() - begin[0], time.perf_counter() - begin[1], moves

    cpu, wall, moves = one_pass()
    end = people.count.copy()
    if not np.array_equal(end, np.bincount(people.place, minlength=len(end))):
        sys.exit("step.py: the counts do not fit the people")
    done = steps
    if wall < shortest:
        cpu = wall = 0.0
        done = 0
        while wall < shortest:
            more_cpu, more_wall, _ = one_pass()
            cpu += more_cpu
            wall += more_wall
            done += steps
    json.dump({"cpu_s": cpu, "wall_s": wall, "steps": done, "moves": moves,
               "memory": peak_bytes() - before, "start": start.tolist(), "end": end.tolist()},
              sys.stdout)


if __name__ == "__main__":
    main()
