#!/bin/sh
# `libflow calibrate`: what it prints of a table of flows, and what it refuses.
# Usage: calibrate.sh LIBFLOW
set -eu

libflow=${1:-${LIBFLOW:-libflow}}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fail()
{
    echo "calibrate.sh: $*" >&2
    exit 1
}

json()
{
    python3 -c '
import json, math, sys
o = json.load(open(sys.argv[1]))
assert eval(sys.argv[2]), sys.argv[2]' "$1" "$2" 2>py.err || fail "$(tail -1 py.err): $(cat "$1")"
}

refuse()
{
    expected=$1
    text=$2
    shift 2
    status=0
    "$libflow" calibrate "$@" >out 2>err || status=$?
    [ "$status" = "$expected" ] || fail "$* gives $status, not $expected: $(cat err)"
    grep -q -e "$text" err || fail "$* is unclear: $(cat err)"
    [ ! -s out ] || fail "$* prints: $(cat out)"
}

# Ash has two ways to go, and three times as many people take the nearer one in both years.
cat >flows.csv <<'END'
orig,dest,year,people,km,near,size
Ash,Ash,2001,999,1,true,10
Ash,Birch,2001,30,10,TRUE,10
Ash,Cedar,2001,10,30,FALSE,10
Ash,Birch,2002,60,10,TRUE,10
Ash,Cedar,2002,20,30,FALSE,10
END
"$libflow" calibrate flows.csv --feature near --test 2002 --json >out.json
json out.json 'o["schema"] == "libflow.calibrate.1" and o["model"] == "logit" and o["test"] == "years"'
json out.json 'abs(o["coefficients"][0]["coefficient"] - math.log(3)) < 1e-12'
json out.json 'abs(o["coefficients"][0]["standard_error"] - math.sqrt(1/30 + 1/10)) < 1e-12'
json out.json 'o["people"] == 40 and o["people_held_out"] == 80 and o["pairs"] == 2'
# Half as many people leave in 2001: 2 (30 + 10) / (40 + 80).
json out.json 'abs(o["cpc"]["fit"] - 1) < 1e-12 and abs(o["cpc_held_out"]["fit"] - 2/3) < 1e-12'
json out.json 'abs(o["cpc_held_out"]["persistence"] - 2/3) < 1e-12 and o["cpc"]["gravity"] is None'

"$libflow" calibrate flows.csv --feature 'way=ln(km)' --samples 5 >out 2>err || fail "$(cat err)"
grep -q "^way  *-1\.0000 " out || fail "three times as far is a third: $(cat out)"
grep -q "1 rows from a place to itself are left out" out || fail "no word of own rows: $(cat out)"
"$libflow" calibrate flows.csv --feature 'ln1p(km)' --poisson --test 2002-2003 >out || fail "$(cat out)"
grep -q "^constant " out || fail "no constant: $(cat out)"

refuse 64 "FLOWS.csv is missing"
refuse 64 "feature is missing" flows.csv
refuse 64 "test '2OO1' is not a year" flows.csv --feature near --test 2OO1
refuse 64 "exclude each other" flows.csv --feature near --test 2001 --leave-out-origins
refuse 64 "exclude each other" flows.csv --feature near --poisson --leave-out-origins
refuse 1 "no year from 1999 to 2000" flows.csv --feature near --test 1999-2000
refuse 1 "nowhere.csv" nowhere.csv --feature near
refuse 1 "flows.csv:1: .*'kn'.*km" flows.csv --feature 'ln(kn)'
refuse 1 "feature size does not vary" flows.csv --feature size
refuse 1 "feature far is a sum of the features before it" flows.csv --feature near --feature 'far=ln(km)'

sed 's/,30,FALSE/,0,FALSE/' flows.csv >zero.csv
refuse 1 "zero.csv:4:[0-9]*: ln(km) of 0 is no number" zero.csv --feature 'ln(km)'
sed 's/2002,60/2001,60/' flows.csv >twice.csv
refuse 1 "twice.csv:5:[0-9]*: a second flow from 'Ash' to 'Birch' in one year" twice.csv --feature near
sed 's/,60,/,-60,/' flows.csv >negative.csv
refuse 1 "negative.csv:5:[0-9]*: flow = -60 is outside" negative.csv --feature near

# Summarise with a real table, where it is.
data=${LIBFLOW_DATA:-$OLDPWD/../shared/data}/internal-migration/korea_2012_2017.csv
if [ -f "$data" ]; then
    "$libflow" calibrate "$data" --feature 'ln(dist_pw)' --feature 'ln(dest_pop)' \
        --feature contig --distance dist_pw --population dest_pop --origin-population orig_pop \
        --test 2017 --json >out.json
    json out.json 'o["cpc_held_out"]["fit"] > 0.84 and 0.73 < o["cpc_held_out"]["radiation"] < 0.75'
else
    echo "calibrate.sh: no Korean flows at $data; that part is skipped"
fi
