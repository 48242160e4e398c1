#!/usr/bin/python3
"""Check the result file of an ensemble through xarray: against docs/output.md, and its quantiles
and scores against those that numpy computes from the people of the members.

Usage: members_check.py RESULT.nc docs/output.md
Needs Debian's python3-xarray and python3-netcdf4. Prints every fault; exit status 1 if any.
"""
import re
import sys

import numpy as np
import xarray as xr

from output_check import OPTIONAL, Checker, check_attributes, check_provenance, check_time

QUANTILES = [0.05, 0.25, 0.5, 0.75, 0.95]
TYPES = {"text": "O", "float64": "f8", "int64": "i8", "int32": "i4", "int8": "i1"}


def rows_of(path):
    """Rows of the tables in docs/output.md: of single runs, and those that only ensembles have."""
    single, own = {}, {}
    with open(path, encoding="utf-8") as page:
        for line in page:
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if len(cells) != 5:
                continue
            dims = tuple(part.strip() for part in cells[1].split(",") if part.strip() != "–")
            for name in re.findall(r"`(\w+)`", cells[0]):
                if cells[2] in TYPES:
                    single[name] = (dims, cells[2])
                elif cells[3] in TYPES:
                    own[name] = (dims, cells[3])
    return single, own


def check_variables(check, raw, page):
    single, own = rows_of(page)
    wanted = {}
    for name, (dims, kind) in single.items():
        if dims[0] != "time" or name.startswith("observed"):
            wanted[name] = (dims, kind)
            continue
        wanted[name + "_quantile"] = (("quantile",) + dims, "float64")
        wanted[name + "_mean"] = (dims, "float64")
    wanted.update(own)
    axes = set(raw.dims)
    for name in sorted(set(raw.variables) - axes - set(wanted)):
        check(False, f"{name} is not in the tables of docs/output.md")
    for name, (dims, kind) in wanted.items():
        if name not in raw.variables:
            base = re.sub("_(quantile|mean)$", "", name)
            check(OPTIONAL.fullmatch(base), f"{name} is documented but not in the file")
            continue
        found = raw[name]
        check(found.dims == dims, f"{name} has dimensions {found.dims}, documented are {dims}")
        check(found.dtype.str.lstrip("<|") == TYPES[kind] or (kind == "text" and found.dtype == object),
              f"{name} is {found.dtype}, documented is {kind}")
        check(found.attrs.get("long_name"), f"{name} has no long_name")
        check("_FillValue" not in found.attrs, f"{name} has a _FillValue")
        check(kind == "text" or name in ("place_kind", "time") or "indicator" in name or found.attrs.get("units"),
              f"{name} has no units")


def check_quantiles(check, raw):
    people = raw.people.values.astype(float)
    check(np.array_equal(raw["quantile"].values, QUANTILES), "other quantiles")
    expected = np.quantile(people, QUANTILES, axis=0)
    check(np.allclose(raw.people_quantile, expected, rtol=1e-12, atol=1e-9),
          "people_quantile is not that of people")
    check(np.allclose(raw.people_mean, people.mean(axis=0), rtol=1e-12), "people_mean differs")
    check(people.std(axis=0).max() > 1, "the members hardly differ")
    for name in raw.variables:
        if name.endswith("_quantile"):
            steps = np.diff(raw[name].values, axis=0)
            check(bool((steps >= 0).all()), f"{name} does not rise")


def measures(people, observed):
    """error, ard, mase, rmse of people[time, place], after docs/scores.md."""
    total = observed.sum(axis=1)
    sums = people.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.where(sums > 0, total / sums, 0.0)
    share = np.maximum(total, 1)
    error = (np.abs(people - observed).sum(axis=1) / share).mean()
    ard = (np.abs(people * scale[:, None] - observed).sum(axis=1) / share).mean()
    rmse = np.sqrt(((people - observed) ** 2).mean())
    own = np.abs(people - observed)[31:].mean(axis=0)
    naive = np.abs(observed[30] - observed)[31:].mean(axis=0)
    weight = observed.sum(axis=0)
    good = naive > 0
    mase = (weight[good] * own[good] / naive[good]).sum() / weight[good].sum()
    return error, ard, mase, rmse


def check_scores(check, raw):
    observed = raw.observed.values.astype(float)
    people = raw.people.values[:, :, raw.observed_index.values].astype(float)
    cases = {f"member_{{}}[{m}]": (people[m], m) for m in range(people.shape[0])}
    cases["median_{}"] = (np.median(people, axis=0), None)
    cases["mean_{}"] = (people.mean(axis=0), None)
    for case, (values, m) in cases.items():
        for name, expected in zip(("error", "ard", "mase", "rmse"), measures(values, observed)):
            found = raw[case.split("[")[0].format(name)].values
            found = found if m is None else found[m]
            check(np.isclose(found, expected, rtol=1e-9), f"{case.format(name)} is {found}, not {expected}")
    away = np.abs(people - observed).mean(axis=0)
    apart = np.abs(people[:, None] - people[None, :]).mean(axis=(0, 1))
    check(np.allclose(raw.crps, away - apart / 2, rtol=1e-9, atol=1e-9), "crps differs")
    for percent, low, high in ((50, 0.25, 0.75), (90, 0.05, 0.95)):
        inside = (np.quantile(people, low, axis=0) <= observed) & (observed <= np.quantile(people, high, axis=0))
        check(np.allclose(raw[f"coverage_{percent}"], inside.mean(axis=0)), f"coverage_{percent} differs")


def check_totals(check, raw):
    n = raw.sizes["member"]
    check(raw.attrs["members"] == n, "attribute members differs")
    check(np.array_equal(raw.member, raw.attrs["member"] + np.arange(n)), "numbers of the members")
    check(np.array_equal(raw.member_entered, raw.member_persons + raw.member_left), "people are lost")
    check(raw.attrs["person_steps"] == raw.member_person_steps.sum(), "person_steps differ")
    sums = raw.member_checksum.values.tolist()
    check(len(set(sums)) > n / 2, "many members end the same")
    check(all(re.fullmatch(r"[0-9a-f]{16}", text) for text in sums), "a checksum is none")


def main():
    path, page = sys.argv[1:]
    check = Checker()
    with xr.open_dataset(path, decode_cf=False) as raw, xr.open_dataset(path) as decoded:
        check_attributes(check, raw, members=True)
        check_variables(check, raw, page)
        check_time(check, raw, decoded)
        check_quantiles(check, raw)
        check_scores(check, raw)
        check_totals(check, raw)
        chosen = decoded.people_quantile.sel(quantile=0.5, place=decoded.observed_place.values[0])
        check(chosen.dims == ("time",), "selection by name fails")
        check(decoded.people.dtype == raw.people.dtype, "people are no whole numbers in xarray")
        check({"latitude", "longitude"} <= set(decoded.people.coords), "people have no coordinates")
    check_provenance(check, path)
    print(f"{check.checks} checks, {check.faults} faults")
    return 1 if check.faults > 0 else 0


if __name__ == "__main__":
    sys.exit(main())
