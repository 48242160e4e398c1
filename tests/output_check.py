#!/usr/bin/python3
"""Check a result file the way its users see it, through xarray, and against docs/output.md.

Usage: output_check.py RESULT.nc docs/output.md
Needs Debian's python3-xarray and python3-netcdf4. Prints every fault; exit status 1 if any.
"""
import re
import sys

import numpy as np
import xarray as xr

TEXT_ATTRIBUTES = ("title", "history", "date_created", "scenario", "scenario_format", "seed")
NUMBER_ATTRIBUTES = ("member", "threads", "period_days", "days", "persons", "entered", "left",
                     "person_steps")
TYPES = {"text": "O", "float64": "f8", "int64": "i8", "int32": "i4", "int8": "i1"}


# Variables that only some scenarios have: with a total series, under the destination rule, with
# household sizes.
OPTIONAL = re.compile(r"observed_total|\w+_by_cause|people_in_queue|link_queue|trapped|"
                      r"(link_)?households|households_\w+|iso3|admin[12]_code|"
                      # with the status of people, with a ledger
                      r"deaths|(dead|missing)_total|people_by_status|redisplaced|claims?_\w+|resettled|"
                      r"waiting_to_pass|attempts\w*|fees_paid|cost_(total|asked)|budget_left|ledger\w*|indicator_\w+")


class Checker:
    """Counts and prints faults."""

    def __init__(self):
        self.faults = 0
        self.checks = 0

    def __call__(self, good, text):
        self.checks += 1
        if not good:
            self.faults += 1
            print(f"fault: {text}")


def documented(path):
    """Rows "`name` | dimensions | type | unit" of the tables in docs/output.md."""
    rows = {}
    with open(path, encoding="utf-8") as page:
        for line in page:
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if len(cells) != 5 or cells[2] not in TYPES:
                continue
            names = re.findall(r"`(\w+)`", cells[0])
            units = [unit.strip() for unit in cells[3].split(",")]
            for i, name in enumerate(names):
                rows[name] = (tuple(part.strip() for part in cells[1].split(",")), cells[2],
                              units[min(i, len(units) - 1)])
    return rows


def check_variables(check, raw, rows):
    axes = set(raw.dims)
    modules = {name for name in raw.variables if "__" in name}
    modules |= {name.split("__")[0] for name in modules}  # docs/modules.md lists them
    for name in sorted(set(raw.variables) - axes - modules):
        by = re.fullmatch(r"people_by_(\w+)", name)
        if by:
            rows[name] = (("time", "place", raw[name].dims[-1]), "int64", "1")
        check(name in rows, f"{name} is not in the tables of docs/output.md")
    for name, (dims, kind, unit) in rows.items():
        if name not in raw.variables:
            absent = "observed_place" in dims and "observed_place" not in raw.dims
            check(absent or OPTIONAL.fullmatch(name), f"{name} is documented but not in the file")
            continue
        found = raw[name]
        check(found.dims == dims, f"{name} has dimensions {found.dims}, documented are {dims}")
        check(found.dtype.str.lstrip("<|") == TYPES[kind] or (kind == "text" and found.dtype == object),
              f"{name} is {found.dtype}, documented is {kind}")
        if unit != "–":
            check(found.attrs.get("units") == unit,
                  f"{name} has units {found.attrs.get('units')!r}, documented is {unit!r}")
    for name, found in raw.variables.items():
        check(found.attrs.get("long_name"), f"{name} has no long_name")
        check("_FillValue" not in found.attrs, f"{name} has a _FillValue")
        if found.dims[:1] == ("time",) and name != "time":
            check(found.attrs.get("cell_methods") in ("time: point", "time: sum"),
                  f"{name} has cell_methods {found.attrs.get('cell_methods')!r}")


def check_time(check, raw, decoded):
    unit = raw.time.attrs["units"]
    match = re.fullmatch(r"days since (\d{4}-\d\d-\d\d) 00:00:00", unit)
    check(match, f"time has units {unit!r}")
    n = raw.sizes["time"]
    check(np.array_equal(raw.time.values, np.arange(n)), "time is not 0, 1, 2, ...")
    days = np.datetime64(match.group(1)) + np.arange(n)
    check(np.array_equal(decoded.time.values.astype("datetime64[D]"), days), "dates are wrong")
    check(raw.time.attrs.get("axis") == "T", "time is no T axis")
    check(raw.time.attrs.get("standard_name") == "time", "time has no standard name")
    check(raw.attrs["period_days"] == n == raw.attrs["days"], "days of the period are missing")


def check_meaning(check, raw, decoded):
    people = raw.people.sum("place") + (raw.link_people.sum("link") if "link" in raw.dims else 0)
    check(bool((people == raw.persons).all()), "people at places and on links are not all persons")
    gone = sum(raw[name] for name in ("left_total", "dead_total", "missing_total") if name in raw)
    check(bool((raw.entered_total == raw.persons + gone).all()),
          "entered is not persons + left")
    check(int(raw.persons[-1]) == raw.attrs["persons"], "attribute persons differs")
    check(int(raw.entered_total[-1]) == raw.attrs["entered"], "attribute entered differs")
    check(int(raw.persons[-1]) > 0, "nobody is there")
    check(bool((raw.displaced.cumsum("time").sum("place") == raw.entered_total).all()),
          "displaced does not add up to entered_total")
    flags = raw.place_kind.attrs
    check(len(flags["flag_values"]) == len(flags["flag_meanings"].split()), "flags do not match")
    check(bool(np.isin(raw.place_kind, flags["flag_values"]).all()), "unknown kind of place")
    for name in ("people", "arrivals", "conflict", "population"):
        check({"latitude", "longitude"} <= set(decoded[name].coords), f"{name} has no coordinates")
    for k in range(raw.sizes.get("link", 0)):
        ends = (str(raw.place.values[raw[end].values[k]]) for end in ("link_from", "link_to"))
        check(str(raw.link.values[k]) == "->".join(ends), f"link {k} has a wrong name")
    for i, place in enumerate(raw.observed_index.values):
        check(raw.observed_place.values[i] == raw.place.values[place], f"observed {i} is misplaced")
        check(raw.network_km.values[i, place] == 0, f"observed {i} is far from itself")
    chosen = decoded.people.sel(place=decoded.observed_place.values[0])
    check(chosen.dtype == np.int64 and chosen.dims == ("time",), "selection by name fails")


def check_attributes(check, raw, members=False):
    check(raw.attrs.get("Conventions") == "CF-1.11", "Conventions")
    check(raw.attrs.get("source", "").startswith("libflow "), "source")
    check(re.fullmatch(r"[0-9a-f]{16}", raw.attrs.get("checksum", "")), "checksum")
    check(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ ", raw.attrs.get("history", "")), "history")
    for name in TEXT_ATTRIBUTES:
        check(isinstance(raw.attrs.get(name), str) and raw.attrs[name], f"attribute {name}")
    for name in NUMBER_ATTRIBUTES:
        if members and name in ("persons", "entered", "left"):
            continue
        check(np.issubdtype(np.asarray(raw.attrs.get(name)).dtype, np.integer), f"attribute {name}")


def check_provenance(check, path):
    with xr.open_dataset(path, group="provenance") as group:
        check(group.sizes["parameter"] > 30, "hardly any parameters")
        row = group.sel(parameter="hop.camp_weight")
        check(float(row.parameter_value.item()) > 0, "hop.camp_weight has no value")
        check(set(group.parameter_tag.values.tolist()) <= set("VDRA-"), "unknown evidence tag")
        check(group.sizes["input"] > 2, "hardly any input files")
        check(any("Camp_B" in str(text) for text in group.input_text.values), "input text is missing")
        for name in ("libflow", "compiler", "build_flags", "gsl", "hdf5"):
            check(group.attrs.get(name), f"provenance attribute {name}")


def main():
    path, page = sys.argv[1:]
    check = Checker()
    with xr.open_dataset(path, decode_cf=False) as raw, xr.open_dataset(path) as decoded:
        check_attributes(check, raw)
        check_variables(check, raw, documented(page))
        check_time(check, raw, decoded)
        check_meaning(check, raw, decoded)
    check_provenance(check, path)
    print(f"{check.checks} checks, {check.faults} faults")
    return 1 if check.faults > 0 else 0


if __name__ == "__main__":
    sys.exit(main())
