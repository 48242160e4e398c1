#!/bin/sh
# `libflow compare`: tables, JSON and file tell the same; refusals; a stopped comparison.
# Usage: compare.sh LIBFLOW
set -eu

libflow=${1:-${LIBFLOW:-libflow}}
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$root/scenarios/somalia-floods-2018" "$work/floods"
cd "$work"
cat >>floods/scenario.yaml <<'END'

baseline: nothing
options:
  - {name: repair, title: Houses are rebuilt twice as fast, set: {flood.rebuild: 0.04}}
  - {name: nothing, title: Nothing changes}
  - {name: same, title: Nothing changes either}
END

fail()
{
    echo "compare.sh: $*" >&2
    exit 1
}

# The tables, at most 100 columns wide.
"$libflow" compare floods --members 6 --days 40 --threads 2 -o c.nc >out 2>err || fail "$(cat err)"
[ ! -s err ] || fail "something on standard error: $(cat err)"
grep -q "^  nothing (baseline): Nothing changes$" out || fail "no baseline: $(cat out)"
grep -q "^  same .*no difference$" out || fail "the same is not the same: $(cat out)"
grep -q "^  repair .*100 %$" out || fail "nothing is better: $(cat out)"
grep -q "Who gains and who loses" out || fail "nobody gains or loses: $(cat out)"
grep -q "Harm this scenario does not tell of" out || fail "harm is passed over: $(cat out)"
grep -q "turning people back" out || fail "no word on use: $(cat out)"
python3 -c 'assert all(len(line) <= 101 for line in open("out", encoding="utf-8"))' || fail "a line of more than 100 columns: $(cat out)"

# JSON and the file hold the same numbers, for any number of threads.
"$libflow" compare floods --members 6 --days 40 --threads 1 --json >out.json
python=${PYTHON:-/usr/bin/python3}
if "$python" -c 'import netCDF4' 2>/dev/null; then
    "$python" "$root/tests/compare_check.py" out.json c.nc || fail "JSON and file differ"
else
    echo "compare.sh: no python3-netcdf4, the file is not looked at"
fi

# Options chosen; the baseline is always there.
"$libflow" compare floods --options repair --members 2 --days 9 --json >out.json
python3 -c 'import json; o = json.load(open("out.json")); assert [p["name"] for p in o["options"]] == ["repair", "nothing"], o["options"]' || fail "the baseline is lost"

# refused STATUS TEXT ARGUMENT...
refused()
{
    wanted=$1 words=$2 status=0
    shift 2
    "$libflow" compare "$@" >out 2>err || status=$?
    [ "$status" = "$wanted" ] || fail "$* gives $status, not $wanted: $(cat err)"
    grep -q -- "$words" err || fail "$*: $(cat err)"
    [ ! -s out ] || fail "$* prints a result: $(cat out)"
}
refused 1 "there is no option 'repiar'; did you mean 'repair'" floods --options repiar
refused 64 "only the baseline is named" floods --options nothing
refused 64 "named twice" floods --options repair,repair
refused 64 "members 1 is outside" floods --members 1
refused 1 "has no options" "$root/scenarios/two-towns"
refused 73 "exists already; -f replaces it" floods --members 2 --days 3 -o c.nc
refused 73 "no/such" floods --members 2 --days 3 -o no/such/c.nc

# Stopped by a signal: nothing half-written, the old file untouched.
before=$(cksum c.nc)
"$libflow" compare floods --members 100000 --threads 2 -q -f -o c.nc 2>err &
pid=$!
sleep 1
kill -TERM "$pid"
status=0
wait "$pid" || status=$?
[ "$status" = 143 ] || fail "SIGTERM gives $status: $(cat err)"
grep -q "the comparison was stopped after" err || fail "no word on the end: $(cat err)"
[ "$(cksum c.nc)" = "$before" ] || fail "a stopped comparison changes the file"
[ -z "$(find . -name '*.part')" ] || fail "a part file is left"
