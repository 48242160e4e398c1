#!/usr/bin/env python3
"""Check the rules of the house that no compiler checks. Exit status 1 when one is broken.

Includes only look down the layers; the library never prints, exits or aborts; only one file knows
each big dependency; public symbols begin with flow_; no absolute paths, no tabs, no oversize files.
Usage: tools/check_house.py [ROOT]
"""
import pathlib
import re
import subprocess
import sys

# Layer of each file in libflow/ by its name, the longest fitting beginning counts.
LAYERS = [
    (0, "base", "files", "rng", "lanes", "split", "heap"),
    (1, "field", "config", "table"),
    (2, "registry", "module", "modules", "impact", "measure", "quantities", "terms", "drivers/", "responses/", "processes/"),
    (3, "world", "settings", "scenario", "load", "flee", "distance", "people", "shares", "observables"),
    (4, "row", "balance", "routes", "ids", "parcel", "population", "follow", "persons", "paths", "enter",
     "choose", "decide", "drive", "turns", "travel", "model", "columns", "crowd", "gone", "status", "attempt", "channel", "ledger", "state", "destination", "depart", "journey", "comm"),
    (5, "observe", "indicators", "describe", "output", "checkpoint", "run"),
    (6, "members", "sweep", "score", "calibrate", "sensitivity", "assimilate", "compare", "report", "bmi"),
]

# Dependencies that only these files of libflow/ may know.
OWNERS = {
    r"hdf5|H5": r"(output|checkpoint)\w*\.[ch]$",
    r"yaml\.h": r"config\w*\.c$",
    r"mpi\.h": r"comm\w*\.[ch]$",
    r"jansson": r"$^",
    r"getopt": r"$^",
}

FORBIDDEN = re.compile(
    r"\b(printf|vprintf|puts|putchar|perror|exit|_exit|_Exit|quick_exit|abort|system|popen|gets|"
    r"strcpy|strcat|sprintf|vsprintf|rand|srand|drand48|random|setlocale|strtok|atoi|atof|alloca|"
    r"signal|gsl_set_error_handler|gsl_set_error_handler_off|longjmp)\s*\("
)
# Memory that the counter of allocations would not see; base.c has the functions that count.
MEMORY = re.compile(r"(?<!->)\b(malloc|calloc|realloc|reallocarray|aligned_alloc|posix_memalign|strdup|strndup)\s*\(")
STREAM = re.compile(r"\b(stdout|stderr|stdin)\b")
ABSOLUTE = re.compile(r"""(?<![\w.$}<:/*~)-])/(?:home|root|work|tmp|usr|opt|var|etc|mnt)/[\w.]""")
ABSOLUTE_GOOD = re.compile(r"#!/usr/bin/env|/usr/bin/python3|\"/tmp/[\w.-]*XXXXXX\"")
MAX_LINES = 600
MAX_BYTES = 1 << 20


def git_files(root):
    """Tracked and new files that git does not ignore."""
    out = subprocess.run(
        ["git", "-c", "safe.directory=*", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True, check=True)
    names = sorted(set(out.stdout.decode().split("\0")) - {""})
    return [n for n in names if (root / n).is_file()]


def strip_c(text):
    """C text without comments, strings and character constants; lines stay where they are."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))
    return re.sub(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", blank, text,
                  flags=re.S)


def layer(name):
    """Layer of a file of libflow/, None when no row fits."""
    best = None
    for number, *words in LAYERS:
        for word in words:
            fits = name.startswith(word) if word.endswith("/") else re.match(
                re.escape(word) + r"(_\w+)?\.\w+$", name)
            if fits and (best is None or len(word) > best[1]):
                best = (number, len(word))
    return best[0] if best else None


def check_library(name, text, problems):
    """Layers, dependencies, forbidden calls of one file of libflow/."""
    short = name[len("libflow/"):]
    own = layer(short)
    if own is None:
        problems.append(f"{name}: not in any layer of tools/check_house.py")
        return
    module = short.startswith(("drivers/", "responses/", "processes/"))
    for number, line in enumerate(text.split("\n"), 1):
        inner = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        outer = re.match(r"\s*#\s*include\s+<([^>]+)>", line)
        if module and inner and inner.group(1) != "flow/module.h":
            problems.append(f"{name}:{number}: a module includes flow/module.h only")
        if inner and not inner.group(1).startswith("flow/"):
            other = layer(inner.group(1))
            if other is None:
                problems.append(f"{name}:{number}: '{inner.group(1)}' is in no layer")
            elif other > own:
                problems.append(f"{name}:{number}: layer {own} includes '{inner.group(1)}' of "
                                f"layer {other}")
        if outer:
            for what, owner in OWNERS.items():
                if re.match(what, outer.group(1)) and not re.search(owner, short):
                    problems.append(f"{name}:{number}: <{outer.group(1)}> does not belong here")
    code = strip_c(text)
    for number, line in enumerate(code.split("\n"), 1):
        for match in FORBIDDEN.finditer(line):
            problems.append(f"{name}:{number}: {match.group(1)}() is not for the library")
        for match in MEMORY.finditer(line) if short != "base.c" else ():
            problems.append(f"{name}:{number}: {match.group(1)}(): memory comes from flow_calloc() and its kin")
        if STREAM.search(line):
            problems.append(f"{name}:{number}: the library uses no standard stream")


def check_app(name, text, problems):
    """Examples know the public headers only, other programs no layer of the model."""
    for number, line in enumerate(text.split("\n"), 1):
        inner = re.match(r'\s*#\s*include\s+["<]([^">]+)[">]', line)
        if not inner:
            continue
        word = inner.group(1)
        if name.startswith("apps/examples/") and line.count('"') and not word.startswith("flow/"):
            problems.append(f"{name}:{number}: an example includes '{word}'")
        if name.startswith("apps/") and re.match(r"hdf5|H5|yaml\.h", word):
            problems.append(f"{name}:{number}: <{word}> does not belong here")
        if name.startswith("apps/libflow/") and layer(word) in (0, 4) and word != "base.h":
            problems.append(f"{name}:{number}: the command includes '{word}' of the model")


def check_header(name, text, problems):
    """Every header has its guard and its @file block."""
    if name.endswith(".h") and name.startswith(("include/", "libflow/", "apps/")):
        if "/// @file" not in text[:200]:
            problems.append(f"{name}: no @file block")
        if not re.search(r"#ifndef \w+_H\n#define \w+_H\n", text):
            problems.append(f"{name}: no include guard")


def check_text(name, text, problems):
    """Length, tabs, blanks at line ends and absolute paths of one text file."""
    lines = text.split("\n")
    if name.endswith((".c", ".h", ".py")) and len(lines) > MAX_LINES + 1:
        if not name.startswith("tests/"):
            problems.append(f"{name}: {len(lines) - 1} lines, more than {MAX_LINES}: split it")
    raw = name.startswith(("tests/data/", "tests/fuzz/", "scenarios/")) or name == "LICENSE"
    for number, line in enumerate(lines, 1):
        if not raw and "\t" in line:
            problems.append(f"{name}:{number}: a tab")
        if not raw and line != line.rstrip():
            problems.append(f"{name}:{number}: blanks at the end of the line")
        if not raw and ABSOLUTE.search(line) and not ABSOLUTE_GOOD.search(line):
            problems.append(f"{name}:{number}: an absolute path")
    if not raw and text and not text.endswith("\n"):
        problems.append(f"{name}: no newline at the end")


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    problems = []
    names = git_files(root)
    for name in names:
        data = (root / name).read_bytes()
        if len(data) > MAX_BYTES:
            problems.append(f"{name}: {len(data)} bytes, more than {MAX_BYTES}")
        try:
            text = data.decode()
        except UnicodeDecodeError:
            if not name.startswith(("tests/data/", "tests/fuzz/", "docs/")) and not name.endswith(".a"):
                problems.append(f"{name}: is no UTF-8 text")
            continue
        if name.startswith("libflow/") and name.endswith((".c", ".h")):
            check_library(name, text, problems)
        if name.startswith("apps/") and name.endswith((".c", ".h")):
            check_app(name, text, problems)
        check_header(name, text, problems)
        if "\0" not in text:
            check_text(name, text, problems)
    for problem in problems:
        print(problem)
    print(f"check_house: {len(names)} files, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
