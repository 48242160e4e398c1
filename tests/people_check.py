#!/usr/bin/python3
"""Check what result files say of people, through xarray.

Usage: people_check.py all RESULT.nc docs/output.md   everybody was followed: trajectories hold all
                                                      counts
       people_check.py sample SAMPLE.nc ALL.nc        a share of them was followed
       people_check.py hidden HIDDEN.nc ALL.nc        counts below the limit are hidden
       people_check.py members MEMBERS.nc ALL.nc      quantiles by class
       people_check.py chosen CHOSEN.nc NAME...       the variables with time are those
Needs Debian's python3-xarray and python3-netcdf4. Prints every fault; exit status 1 if any.
"""
import sys

import numpy as np
import xarray as xr

from output_check import Checker, check_variables, documented


def opened(path, group=None):
    return xr.open_dataset(path, group=group, decode_cf=False)


def state_at(tracks, step, step_days):
    """Index of the row of each person that holds at the end of a step, -1: not there yet."""
    end = np.cumsum(tracks.row_size.values)
    first = end - tracks.row_size.values
    begun = np.concatenate([[0], np.cumsum(tracks.time.values <= (step + 1e-6) * step_days)])
    n = begun[end] - begun[first]
    return np.where(n > 0, first + n - 1, -1)


def counts(place, n_place, classes=None, n_class=1):
    """People at each place, by class where there are classes."""
    there = place >= 0
    index = place[there] * n_class + (classes[there] if classes is not None else 0)
    return np.bincount(index, minlength=n_place * n_class).reshape(n_place, n_class)


def check_sums(check, raw):
    pairs = {"departures_by_cause": "departures", "arrivals_by_cause": "arrivals",
             "link_entered_by_cause": "link_entered"}
    pairs.update({name: "people" for name in raw.variables if name.startswith("people_by_")})
    for part, whole in pairs.items():
        if part in raw.variables:
            last = raw[part].dims[-1]
            check(bool((raw[part].sum(last) == raw[whole]).all()), f"{part} is not {whole}")
            check(raw[part].sum() > 0, f"{part} is empty")
            check(raw[last].dtype == object, f"{last} has no names")
    check(bool((raw.people.sum("place") + raw.link_people.sum("link") == raw.persons).all()),
          "persons are lost")
    if "households" in raw.variables:
        there = raw.households.sum("place") + raw.link_households.sum("link")
        check(bool((there == raw.households_present).all()), "households are lost")
        check(bool((raw.households_entered == raw.households_present + raw.households_left).all()),
              "households that entered are not those that are there or left")
        check(bool((raw.households <= raw.people).all()), "more households than persons")


def check_whole(check, raw, tracks):
    """Every count of every step is that of the trajectories."""
    n_place, days = raw.sizes["place"], raw.attrs["step_days"]
    by = [(name, raw[name].dims[-1]) for name in raw.variables if name.startswith("people_by_")]
    by = [(name, dim) for name, dim in by if dim in tracks.variables]
    check(len(by) > 0, "no class to compare")
    for step in range(raw.sizes["time"]):
        row = state_at(tracks, step, days)
        there = row >= 0
        place = np.where(there, tracks.place.values[row], -1)
        link = np.where(there, tracks.link.values[row], -1)
        check(np.array_equal(counts(place, n_place)[:, 0], raw.people.values[step]),
              f"people of step {step}")
        check(np.array_equal(counts(link, raw.sizes["link"])[:, 0], raw.link_people.values[step]),
              f"link_people of step {step}")
        for name, dim in by:
            own = tracks[dim].values
            classes = own[row] if tracks[dim].dims == ("row",) else own
            check(np.array_equal(counts(place, n_place, classes, raw.sizes[dim]),
                                 raw[name].values[step]), f"{name} of step {step}")
        if "household" in tracks.variables:
            head = np.concatenate([[True], np.diff(tracks.household.values) != 0])
            check(np.array_equal(counts(place[head], n_place)[:, 0], raw.households.values[step]),
                  f"households of step {step}")
    for name, dim in by:
        meanings = tracks[dim].attrs.get("flag_meanings")
        if meanings is not None:
            check(meanings.split()[:raw.sizes[dim]] == [str(name).replace(" ", "_") for name in raw[dim].values],
                  f"flags of {dim}")


def check_group(check, raw, tracks):
    check(tracks.attrs["featureType"] == "trajectory", "featureType")
    check(tracks.attrs["Conventions"] == "CF-1.11", "Conventions of the group")
    check("real person" in tracks.attrs["comment"], "no word about disclosure")
    check(tracks.person.attrs["cf_role"] == "trajectory_id", "cf_role")
    check(tracks.row_size.attrs["sample_dimension"] == "row", "sample_dimension")
    check(tracks.row_size.sum() == tracks.sizes["row"], "row_size does not add up")
    check(bool((tracks.row_size >= 1).all()), "somebody has no row")
    check(np.array_equal(tracks.person, np.arange(tracks.sizes["person"])), "person")
    end = np.cumsum(tracks.row_size.values)
    first = end - tracks.row_size.values
    rises = np.diff(tracks.time.values) >= 0
    rises[end[:-1] - 1] = True
    check(bool(rises.all()), "time goes back within a person")
    check(np.array_equal(tracks.place.values[first], tracks.origin), "who enters elsewhere")
    at_place, on_link = tracks.place.values >= 0, tracks.link.values >= 0
    check(not bool((at_place & on_link).any()), "somebody is at a place and on a link")
    near = np.where(on_link, raw.link_from.values[tracks.link.values], tracks.place.values)
    for name in ("latitude", "longitude"):
        expected = np.where(near >= 0, raw[name].values[near], np.nan).astype(np.float32)
        check(np.array_equal(tracks[name].values, expected, equal_nan=True), f"wrong {name}")
    for name, found in tracks.variables.items():
        check(found.attrs.get("long_name"), f"{name} of the trajectories has no long_name")
        check("_FillValue" not in found.attrs, f"{name} of the trajectories has a _FillValue")


def check_all(check, path, page):
    with opened(path) as raw, opened(path, "trajectories") as tracks:
        check_variables(check, raw, documented(page))
        check_sums(check, raw)
        check_group(check, raw, tracks)
        check(tracks.attrs["individuals"] == "all", "individuals")
        check(tracks.sizes["person"] == raw.attrs["entered"], "not everybody is there")
        check_whole(check, raw, tracks)
    with xr.open_dataset(path, group="trajectories") as decoded:
        check(np.issubdtype(decoded.time.dtype, np.datetime64), "xarray decodes no time")


def check_sample(check, path, whole):
    with opened(path) as raw, opened(path, "trajectories") as tracks, opened(whole) as other:
        check_group(check, raw, tracks)
        check(tracks.attrs["individuals"] == "sample", "individuals")
        for name in other.data_vars:
            check(raw[name].identical(other[name]), f"{name} depends on who is followed")
        share = float(tracks.attrs["sample_share"])
        for step in range(raw.sizes["time"]):
            row = state_at(tracks, step, raw.attrs["step_days"])
            place = np.where(row >= 0, tracks.place.values[row], -1)
            found = counts(place, raw.sizes["place"])[:, 0]
            check(bool((found <= raw.people.values[step]).all()), f"too many at step {step}")
        # Units are followed with this chance; sizes vary the number of persons besides.
        size = tracks.household_size.values if "household" in tracks.variables else np.array([1])
        n = raw.attrs["entered"]
        error = np.sqrt(n * share * size.max())
        check(abs(tracks.sizes["person"] - n * share) < 5 * error,
              f"{tracks.sizes['person']} of {n} are no share of {share}")
        if "household" in tracks.variables:
            number, members = np.unique(tracks.household.values, return_counts=True)
            check(np.array_equal(members, tracks.household_size.values[
                np.searchsorted(tracks.household.values, number)]), "a household is not whole")


def check_hidden(check, path, whole):
    with opened(path) as raw, opened(whole) as other, xr.open_dataset(path) as decoded:
        least = int(raw.attrs["suppress_below"])
        hidden = 0
        for name in raw.data_vars:
            if "_FillValue" not in raw[name].attrs:
                check(raw[name].identical(other[name]), f"{name} differs")
                continue
            value, plain = raw[name].values, other[name].values
            small = (plain > 0) & (plain < least)
            check(np.array_equal(value, np.where(small, -1, plain)), f"{name} is hidden wrongly")
            check(raw[name].attrs["_FillValue"] == -1, f"{name} has another _FillValue")
            check(np.array_equal(np.isnan(decoded[name].values), small), f"{name} shows no gaps")
            hidden += small.sum()
        for name in ("people", "departures", "people_by_cause", "households", "link_people"):
            check("_FillValue" in raw[name].attrs, f"{name} is not hidden")
        check("_FillValue" not in raw.persons.attrs, "totals are hidden")
        check(hidden > 100, "hardly anything is hidden")


def check_members(check, path, whole):
    with opened(path) as raw, opened(whole) as other:
        for name in other.variables:
            dims = other[name].dims
            if dims[:1] != ("time",) or name in ("time", "observed", "observed_total"):
                continue
            quantile, mean = raw[name + "_quantile"], raw[name + "_mean"]
            check(quantile.dims == ("quantile",) + dims, f"{name}_quantile has {quantile.dims}")
            check(mean.dims == dims, f"{name}_mean has {mean.dims}")
            check(bool((np.diff(quantile.values, axis=0) >= 0).all()), f"{name} does not rise")
        parts = raw.people_by_cause_mean.sum("cause")
        check(np.allclose(parts, raw.people_mean), "causes of the mean are not its people")
        parts = raw.departures_by_cause_mean.sum("cause")
        check(np.allclose(parts, raw.departures_mean), "causes of departures do not add up")
        low, high = raw.people_by_cause_quantile[0], raw.people_by_cause_quantile[-1]
        check(int((high > low).sum()) > 50, "the members hardly differ by cause")
        check(np.array_equal(raw.cause, other.cause), "names of causes differ")


def check_chosen(check, path, *names):
    with opened(path) as raw:
        found = {name for name in raw.variables if raw[name].dims[:1] == ("time",)} - {"time"}
        check(found == set(names), f"{sorted(found ^ set(names))} differ")


def main():
    check = Checker()
    what = {"all": check_all, "sample": check_sample, "hidden": check_hidden,
            "members": check_members, "chosen": check_chosen}
    what[sys.argv[1]](check, *sys.argv[2:])
    print(f"{check.checks} checks, {check.faults} faults")
    return 1 if check.faults > 0 else 0


if __name__ == "__main__":
    sys.exit(main())
