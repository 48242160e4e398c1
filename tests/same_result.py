#!/usr/bin/python3
"""Compare two result files: every dimension, variable and attribute, all values bit for bit.

Usage: same_result.py A.nc B.nc [GROUP]...
Groups named may be in one of them only.
Only what tells of the run itself may differ: times, command line, threads.
Needs Debian's python3-netcdf4. Prints every difference; exit status 1 if any.
"""
import sys

import netCDF4
import numpy as np

OWN = {"history", "date_created", "command_line", "threads"}


def bits(value):
    """A value as something that is equal only when all bits are."""
    array = np.asarray(value)
    return (array.dtype.str, array.shape, array.tolist() if array.dtype == object
            else array.tobytes())


def differences(a, b, where, apart=()):
    """Texts of what differs between two groups, and the number of values compared."""
    found, n = [], 0
    for kind in ("dimensions", "variables", "groups"):
        names = [[k for k in getattr(group, kind) if k not in apart] for group in (a, b)]
        if names[0] != names[1]:
            found.append(f"{where}: {kind} {names[0]} and {names[1]}")
    for name in a.dimensions:
        if name in b.dimensions and len(a.dimensions[name]) != len(b.dimensions[name]):
            found.append(f"{where}{name}: lengths differ")
    pairs = [(where + "attributes", a, b)]
    for name in a.variables:
        if name not in b.variables:
            continue
        x, y = a.variables[name], b.variables[name]
        for variable in (x, y):
            variable.set_auto_maskandscale(False)
        pairs.append((where + name, x, y))
        if x.dimensions != y.dimensions or bits(x[...]) != bits(y[...]):
            found.append(f"{where}{name}: values differ")
        n += x.size
    for what, x, y in pairs:
        own = OWN if what == "/attributes" else set()
        names = [[k for k in group.ncattrs() if k not in own] for group in (x, y)]
        if names[0] != names[1]:
            found.append(f"{what}: attributes {names[0]} and {names[1]}")
        for k in names[0]:
            if k in names[1] and bits(x.getncattr(k)) != bits(y.getncattr(k)):
                found.append(f"{what}: attribute {k} is {x.getncattr(k)!r} and {y.getncattr(k)!r}")
    for name in a.groups:
        if name in b.groups and name not in apart:
            more, m = differences(a.groups[name], b.groups[name], f"{where}{name}/")
            found += more
            n += m
    return found, n


def main():
    with netCDF4.Dataset(sys.argv[1]) as a, netCDF4.Dataset(sys.argv[2]) as b:
        found, n = differences(a, b, "/", sys.argv[3:])
        if "checksum" not in a.ncattrs() or n == 0:
            found.append("this is no complete result")
    for text in found:
        print(text)
    print(f"{n} values compared, {len(found)} differences")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
