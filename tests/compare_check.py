"""The JSON of `libflow compare` and its file hold the same numbers.

Usage: compare_check.py OUT.json OUT.nc
"""
import json
import math
import sys

import netCDF4


def same(a, b):
    """Equal to the digits of JSON, or undefined in both."""
    return math.isnan(b) if a is None else math.isclose(a, b, rel_tol=1e-9)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        told = json.load(file)
    data = netCDF4.Dataset(sys.argv[2])
    data.set_auto_mask(False)
    assert told["schema"] == "libflow.compare.1" and told["members"] == 6
    options, names = list(data["option"][:]), list(data["indicator"][:])
    assert options == ["repair", "nothing", "same"] == [p["name"] for p in told["options"]]
    assert [p["baseline"] for p in told["options"]] == [False, True, False]
    assert sorted(told["indicators"]) == sorted(names)
    value = {name: data[name][:] for name in data.variables if data[name].dtype != str}
    assert value["level"].shape == (3, 6, len(names)), value["level"].shape
    for i, option in enumerate(options):
        for k, name in enumerate(names):
            one = told["indicators"][name]["options"][option]
            assert same(one["level"]["mean"], value["level_mean"][i, k]), (option, name)
            assert same(one["difference"]["mean"], value["difference_mean"][i, k]), (option, name)
            assert same(one["better"], value["better"][i, k]), (option, name)
            for q, level in enumerate(["0.05", "0.25", "0.5", "0.75", "0.95"]):
                assert same(one["level"]["quantiles"][level], value["level_quantile"][i, q, k])
                assert same(one["difference"]["quantiles"][level],
                            value["difference_quantile"][i, q, k])
    k = names.index("displaced_days")
    assert abs(value["level"][0, :, k].mean() / value["level_mean"][0, k] - 1) < 1e-12
    place = {(a, b): i for i, (a, b) in enumerate(zip(data["part_indicator"][:], data["part_name"][:]))}
    for part in told["parts"]:
        i = place[(part["indicator"], part["part"])]
        at = options.index(part["option"])
        assert same(part["difference"], value["part_difference_mean"][at, i]), part
        assert same(part["level"], value["part_level_mean"][at, i]), part
    assert any(p["part"] == "cause: flood" for p in told["parts"])
    assert data.baseline == "nothing" and "turning people back" in data.responsible_use
    assert "flood.rebuild" in list(data["provenance"]["parameter"][:])
    print(len(names) * len(options), "indicators,", len(told["parts"]), "parts")


if __name__ == "__main__":
    main()
