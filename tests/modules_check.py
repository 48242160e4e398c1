"""Check what libflow says of modules and quantities: JSON Schema, docs/modules.md, result file.

Usage: modules_check.py LIBFLOW ROOT RESULT.nc
"""
import json
import subprocess
import sys


def ask(libflow, *words):
    out = subprocess.run([libflow, "describe", "--json", *words], check=True, capture_output=True)
    return json.loads(out.stdout)


def check_schema(libflow):
    """The schema takes what the loader takes, and refuses what it refuses."""
    try:
        import jsonschema
    except ImportError:
        print("skipped in part: no python3-jsonschema")
        return []
    schema = ask(libflow, "--schema")
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    base = {"libflow": 1}
    good = [{"drought": None}, {"drought": {"rate": 0.1, "on": False}},
            {"drought": [{"name": "a"}, {"index": "spi"}]}]
    bad = [{"drought": 3}, {"drought": {"rat": 0.1}}, {"drought": {"rate": -1}}, {"drought": []},
           {"drought": [{"index": "wet"}]}, {"drought": [{"rate": "x"}]},
           {"drought": {"index": "wet"}}, {"conflict_events": []}]
    faults = [f"the schema refuses {g}" for g in good if not validator.is_valid({**base, **g})]
    return faults + [f"the schema takes {b}" for b in bad if validator.is_valid({**base, **b})]


def check_docs(libflow, root):
    """docs/modules.md has a row for each quantity and each module."""
    text = open(f"{root}/docs/modules.md", encoding="utf-8").read()
    rows = []
    terms = ask(libflow, "quantities")["terms"]
    seen = set()
    for q in ask(libflow, "quantities")["quantities"]:
        if q["kind"] in seen:
            continue
        seen.add(q["kind"])
        by = "" if q["by"] == "" else f"_{q['by'].upper()}"
        rows.append(f"| {q['kind']}{by} | {q['over']} | {q['unit']} | {q['rule']} | {q['neutral']:g} "
                    f"| {q['min']:g} to {q['max']:g} | {q['kind_long_name']} |")
    for by, list_ in terms.items():
        rows += [f"| {by.upper()} | {t['name']} | {t['long_name']} |" for t in list_]
    for m in ask(libflow, "modules")["modules"]:
        rows.append(f"| {m['name']} | {m['kind']} | {', '.join(m['writes'])} | {m['help']} |")
    return [f"docs/modules.md lacks the line\n{row}" for row in rows if row + "\n" not in text]


def check_result(path):
    """Columns come to what the rule says, as xarray sees them."""
    try:
        import numpy as np
        import xarray as xr
    except ImportError:
        print("skipped in part: no python3-xarray")
        return []
    with xr.open_dataset(path) as r:
        both = r.hazard_drought__drought_rain + r.hazard_drought__drought_food
        faults = []
        if not np.allclose(both, r.hazard_drought, rtol=1e-15, atol=0):
            faults.append("hazard_drought is not the sum of its columns")
        if not float(r.hazard_drought.sel(place="Alder")[-1]) > 0.0:
            faults.append("no drought at Alder")
        if r.hazard_drought.attrs.get("cell_methods") != "time: point":
            faults.append("hazard_drought has no cell_methods")
        return faults


def main():
    libflow, root, result = sys.argv[1:4]
    faults = check_schema(libflow) + check_docs(libflow, root) + check_result(result)
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
