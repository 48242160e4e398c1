"""Check docs/themes.md: each of the 24 themes has one row, and all that the row names is there.

Usage: themes_check.py LIBFLOW ROOT [TABLE]
"""
import json
import pathlib
import re
import subprocess
import sys

libflow, root = sys.argv[1], pathlib.Path(sys.argv[2])
page = pathlib.Path(sys.argv[3]) if len(sys.argv) > 3 else root / "docs/themes.md"
problems = []


def described(what):
    text = subprocess.run([libflow, "describe", what, "--json"], check=True, capture_output=True,
                          text=True).stdout
    return json.loads(text)[what]


modules = {m["name"] for m in described("modules")}
keys = {k["key"] for k in described("keys")}
for name in modules:
    text = subprocess.run([libflow, "describe", name, "--json"], check=True, capture_output=True,
                          text=True).stdout
    keys.update(k["key"] for k in json.loads(text)["keys"])
sections = modules | {key.split(".")[0] for key in keys if "." in key}
observables = {o["name"] for o in described("observables")}
observables |= {q["name"] for q in described("quantities")}


def names(cell):
    return re.findall(r"`([^`]+)`", cell)


def problem(theme, text):
    problems.append(f"{theme}: {text}")


def check_test(theme, name):
    """`tests/test_x.c: name_of_the_test`, or a script."""
    path, _, case = name.partition(": ")
    file = root / path
    if not file.is_file():
        problem(theme, f"no file {path}")
    elif path.endswith(".c") and not re.search(rf"(Test|Theory)\(.*\b{case}[,)]", file.read_text()):
        problem(theme, f"no test '{case}' in {path}")


def check_scenario(theme, name, used):
    file = root / "scenarios" / name / "scenario.yaml"
    if not file.is_file():
        problem(theme, f"no scenario {name}")
        return
    text = file.read_text()
    if not any(re.search(rf"^\s*(- )?['\"]?{section}[.:]", text, re.M) for section in used):
        problem(theme, f"scenario {name} has none of {', '.join(used)}")


rows = {}
for line in page.read_text().splitlines():
    cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
    if not re.fullmatch(r"S\d+", cells[0]):
        continue
    if cells[0] in rows:
        problem(cells[0], "two rows")
    rows[cells[0]] = cells
for number in range(1, 25):
    theme = f"S{number}"
    cells = rows.get(theme)
    if cells is None or len(cells) != 7:
        problem(theme, "no row of seven cells")
        continue
    _, _, module, parameter, observable, test, scenario = cells
    for what, cell in (("module", module), ("parameter", parameter), ("observable", observable),
                       ("test", test), ("scenario", scenario)):
        if not names(cell):
            problem(theme, f"names no {what}")
    for name in names(module):
        if name not in sections:
            problem(theme, f"no module or section '{name}'")
    for name in names(parameter):
        if name not in keys:
            problem(theme, f"no parameter '{name}'")
    for name in names(observable):
        if name not in observables:
            problem(theme, f"no observable '{name}'")
    for name in names(test):
        check_test(theme, name)
    for name in names(scenario):
        check_scenario(theme, name, names(module))
if set(rows) - {f"S{n}" for n in range(1, 25)}:
    problem("table", "rows of other themes")
for text in problems:
    print(f"themes_check.py: {text}", file=sys.stderr)
sys.exit(1 if problems else 0)
