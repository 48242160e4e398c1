#!/usr/bin/env python3
"""Write scenarios for the tests of the report: one with hostile names, one that is large.

Usage: report_scenarios.py FOLDER; makes FOLDER/hostile and FOLDER/large.
"""
import csv
import pathlib
import sys

HOSTILE = [
    "<script>hurt = true</script>", "</script><script>hurt = true</script>", "\"quotes\" 'and' <b>bold</b>",
    "emoji \U0001f3d5\ufe0f camp", "\u0645\u062e\u064a\u0645 \u0627\u0644\u0632\u0639\u062a\u0631\u064a", "&amp; &lt; ]]> <!-- -->", "long " + 10000 * "x",
    "javascript:alert(1)", "@libflow-data@",
]


def write(folder, name, rows):
    with open(folder / name, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


def scenario(folder, title, days, names, links, rules):
    folder.mkdir(parents=True)
    (folder / "scenario.yaml").write_text(
        f"libflow: 1\ntitle: '{title}'\nperiod: {{start: 2021-03-01, days: {days}}}\n"
        "spawn: {mode: none}\n" + rules, encoding="utf-8")
    places = [["name", "kind", "latitude", "longitude", "population", "capacity", "country", "region", "initial_idps"]]
    side = max(2, int(len(names) ** 0.5))
    for i, name in enumerate(names):
        kind = "camp" if i % 50 == 8 else "town"
        places.append([name, kind, 5 + 0.1 * (i // side), 20 + 0.1 * (i % side), "" if kind == "camp" else 100000, 5000 if kind == "camp" else "",
                       "Here" if i % 2 else "There", "", 70 * (i % 3) + 3])
    write(folder, "places.csv", places)
    write(folder, "links.csv", [["from", "to", "length_km"]] + [[names[a], names[b], 60] for a, b in links])


def main():
    root = pathlib.Path(sys.argv[1])
    chain = [(i, i + 1) for i in range(len(HOSTILE) - 1)]
    scenario(root / "hostile", "<b>Names</b> that hurt </script><script>hurt = true</script>", 40, HOSTILE, chain,
             "movement: {rule: none}\n")
    n, side = 2000, 44
    links = [(i, i + 1) for i in range(n - 1) if (i + 1) % side] + [(i, i + side) for i in range(n - side)]
    scenario(root / "large", "Two thousand places", 1000, [f"Place {i}" for i in range(n)], links,
             "hop: {max_move_speed: 60, default_movechance: 0.05}\n")


main()
