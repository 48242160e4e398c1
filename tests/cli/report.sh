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

echo "report: good"
