#!/bin/sh
# libflow report: what it refuses, and that a page holds what it must. tools/web looks at pages in a
# browser.
set -u
libflow=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
fail()
{
    echo "report: $*" >&2
    exit 1
}

"$libflow" run scenarios/two-towns -o "$dir/a.nc" -q || fail "no result"

"$libflow" report "$dir/a.nc" -o "$dir/a.html" >"$dir/out" || fail "no page"
[ "$(cat "$dir/out")" = "Report: $dir/a.html" ] || fail "says: $(cat "$dir/out")"
grep -q 'default-src .none.' "$dir/a.html" || fail "no policy against the network"
grep -q '"title":"Two towns"' "$dir/a.html" || fail "no title"
grep -q '@libflow-data@\|@script@\|@borders@' "$dir/a.html" && fail "the template is not filled"
[ -e "$dir/a.html.part" ] && fail "a part is left"

"$libflow" report "$dir/a.nc" -o "$dir/a.html" 2>"$dir/err"
[ $? -eq 73 ] || fail "replaces a page unasked"
grep -q "exists; --force replaces it" "$dir/err" || fail "says: $(cat "$dir/err")"
"$libflow" report "$dir/a.nc" -o "$dir/a.html" --force -q || fail "--force does not replace"

# The same result makes the same page.
"$libflow" report "$dir/a.nc" -o "$dir/b.html" -q || fail "no second page"
cmp -s "$dir/a.html" "$dir/b.html" || fail "two pages of one result differ"

"$libflow" report "$dir/none.nc" -o "$dir/c.html" 2>"$dir/err"
[ $? -eq 1 ] && grep -q "cannot read '.*none.nc'" "$dir/err" || fail "missing result: $(cat "$dir/err")"
[ -e "$dir/c.html" ] && fail "a page of nothing"
"$libflow" report "$dir/a.html" -o "$dir/c.html" 2>"$dir/err"
[ $? -eq 1 ] && grep -q "no HDF5 file" "$dir/err" || fail "a page as result: $(cat "$dir/err")"
"$libflow" report "$dir/a.nc" -o "$dir/no/c.html" 2>"$dir/err"
[ $? -eq 73 ] && grep -q "cannot create" "$dir/err" || fail "missing folder: $(cat "$dir/err")"

# Borders of one's own.
printf '{"type": "FeatureCollection", "features": []}' >"$dir/own.geojson"
"$libflow" report "$dir/a.nc" -o "$dir/d.html" --borders "$dir/own.geojson" -q || fail "borders"
grep -q '"borders":{"type":"FeatureCollection"' "$dir/d.html" || fail "borders are not in the page"
printf '{"type": "Topology"}' >"$dir/own.geojson"
"$libflow" report "$dir/a.nc" -o "$dir/e.html" --borders "$dir/own.geojson" 2>"$dir/err"
[ $? -eq 1 ] && grep -q 'FeatureCollection' "$dir/err" || fail "wrong borders: $(cat "$dir/err")"
printf '{"type": ' >"$dir/own.geojson"
"$libflow" report "$dir/a.nc" -o "$dir/e.html" --borders "$dir/own.geojson" 2>"$dir/err"
[ $? -eq 1 ] && grep -q 'own.geojson:1:' "$dir/err" || fail "broken borders: $(cat "$dir/err")"
[ -e "$dir/e.html" ] && fail "a page with broken borders"

# Tables for spreadsheets and maps.
"$libflow" report "$dir/a.nc" --table people --every 5 -o "$dir/t.csv" -q || fail "no table"
head -1 "$dir/t.csv" | grep -q '^date,location_code,admin1_code,admin2_code,country,region,name,' ||
    fail "columns: $(head -1 "$dir/t.csv")"
/usr/bin/python3 - "$dir/t.csv" "$dir/a.nc" <<'END' || fail "the table is not what the result holds"
import csv, sys
from netCDF4 import Dataset
rows = list(csv.DictReader(open(sys.argv[1], encoding="utf-8")))
result = Dataset(sys.argv[2])
names, people = list(result["place"][:]), result["people"][:]
dates = sorted({row["date"] for row in rows})
last = [row for row in rows if row["date"] == dates[-1]]
assert len(last) == len(names) and len(dates) == -(-people.shape[0] // 5), (len(last), len(dates))
for row in last:
    assert int(row["population"]) == people[-1, names.index(row["name"])], row
END
"$libflow" report "$dir/a.nc" --table people --hxl -o "$dir/h.csv" -q || fail "no table with tags"
sed -n 2p "$dir/h.csv" | grep -q '^#date+reported,#country+code' || fail "tags: $(sed -n 2p "$dir/h.csv")"
"$libflow" report "$dir/a.nc" --table flows --every 1000 -o "$dir/f.csv" -q || fail "no table of flows"
/usr/bin/python3 - "$dir/f.csv" "$dir/a.nc" <<'END' || fail "the table of flows is not what the result holds"
import csv, sys
from netCDF4 import Dataset
rows = list(csv.DictReader(open(sys.argv[1], encoding="utf-8")))
assert sum(int(row["population"]) for row in rows) == Dataset(sys.argv[2])["link_entered"][:].sum()
END
"$libflow" report "$dir/a.nc" --table people -o "$dir/m.geojson" -q || fail "no map"
/usr/bin/python3 -c 'import json, sys
kinds = {f["geometry"]["type"] for f in json.load(open(sys.argv[1]))["features"]}
assert kinds == {"Point", "LineString"}, kinds' "$dir/m.geojson" || fail "the map is no GeoJSON"
"$libflow" report "$dir/a.nc" --table people -o "$dir/t.txt" 2>"$dir/err"
[ $? -eq 64 ] && grep -q "does not end in .csv or .geojson" "$dir/err" || fail "says: $(cat "$dir/err")"
"$libflow" report "$dir/a.nc" --table roads 2>"$dir/err"
[ $? -eq 64 ] && grep -q "'roads' is not people or flows" "$dir/err" || fail "says: $(cat "$dir/err")"

# Figures for papers.
for end in svg png pdf; do
    for figure in map places; do
        "$libflow" report "$dir/a.nc" --figure $figure -o "$dir/$figure.$end" -q || fail "no $figure.$end"
    done
done
[ "$(head -c 4 "$dir/map.pdf")" = "%PDF" ] && grep -q "<svg" "$dir/places.svg" &&
    head -c 4 "$dir/map.png" | grep -q PNG || fail "figures of another kind"
[ "$(wc -c <"$dir/map.png")" -gt 20000 ] || fail "an empty map"
"$libflow" report "$dir/a.nc" --figure map --table people 2>"$dir/err"
[ $? -eq 64 ] || fail "a figure and a table at once"

echo "report: good"
