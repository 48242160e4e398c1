#!/bin/sh
# `libflow check` and the refusals of `libflow run`, with the places of the problems.
# Usage: check.sh LIBFLOW
set -eu

libflow=${1:-${LIBFLOW:-libflow}}
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$root/scenarios/two-towns" "$work/towns"
cd "$work"

fail()
{
    echo "check.sh: $*" >&2
    exit 1
}

# json FILE EXPRESSION: a Python expression over the object o is true.
json()
{
    python3 -c '
import json, sys
o = json.load(open(sys.argv[1]))
assert eval(sys.argv[2]), sys.argv[2]' "$1" "$2" 2>py.err || fail "$(tail -1 py.err): $(cat "$1")"
}

"$libflow" check towns >out 2>err || fail "two towns have problems: $(cat out err)"
grep -q "^towns can run: 2 places, 2 directed links, 20 days from 2024-01-01" out || fail "$(cat out)"
"$libflow" check towns --json >out.json
json out.json 'o["schema"] == "libflow.check.1" and o["good"] is True and o["problems"] == []'
json out.json 'o["places"] == 2 and o["links"] == 2 and o["days"] == 20 and o["start"] == "2024-01-01"'
"$libflow" check towns/scenario.yaml >out || fail "the file itself: $(cat out)"
"$libflow" check towns/ -d 7 >out || fail "7 days: $(cat out)"
grep -q " 7 days " out || fail "--days does nothing: $(cat out)"

status=0
"$libflow" check towns -d 21 >out 2>err || status=$?
[ "$status" = 1 ] || fail "more days than there are give $status"
grep -q "towns/scenario.yaml:[0-9]*:[0-9]*: 21 days are asked for, the scenario has 20" err out ||
    fail "unclear: $(cat err)"
status=0
"$libflow" check nowhere >out 2>err || status=$?
[ "$status" = 1 ] || fail "a missing folder gives $status"
grep -q "nowhere: there is no such folder" err || fail "unclear: $(cat err)"
status=0
"$libflow" check nowhere --json >out.json 2>err || status=$?
[ "$status" = 1 ] || fail "a missing folder with --json gives $status"
json out.json 'o["good"] is False and "no such folder" in o["problems"][0]["text"]'

# Two problems in two files come together, each with its place.
cp -r towns broken
sed 's/^hop:/hop:\n  camp_wieght: 2/' towns/scenario.yaml >broken/scenario.yaml
cmp -s towns/scenario.yaml broken/scenario.yaml && printf 'hop: {camp_wieght: 2}\n' >>broken/scenario.yaml
printf 'Ash,Brich,100\n' >>broken/links.csv
status=0
"$libflow" check broken >out 2>err || status=$?
[ "$status" = 1 ] || fail "a broken folder gives $status"
[ ! -s err ] || fail "the result is on standard error: $(cat err)"
grep -q "scenario.yaml:[0-9]*:[0-9]*: .*camp_wieght.*camp_weight" out || fail "no key: $(cat out)"
grep -q "links.csv:[0-9]*:[0-9]*: .*Brich.*Birch" out || fail "no link: $(cat out)"
grep -q "^broken cannot run: 2 problems\.$" out || fail "no count: $(cat out)"
"$libflow" check broken --json >out.json && fail "--json hides the problems"
json out.json 'o["good"] is False and len(o["problems"]) == 2'
json out.json 'all(p["line"] > 0 and p["column"] > 0 and p["text"] for p in o["problems"])'
json out.json '{p["file"].split("/")[-1] for p in o["problems"]} == {"scenario.yaml", "links.csv"}'

status=0
"$libflow" run broken -o broken.nc >out 2>err || status=$?
[ "$status" = 1 ] || fail "run of a broken folder gives $status"
[ ! -s out ] || fail "run of a broken folder prints: $(cat out)"
grep -q "links.csv:[0-9]*:[0-9]*: .*Brich" err || fail "run does not say why: $(cat err)"
[ -z "$(find . -name "broken.nc*")" ] || fail "run of a broken folder leaves a file"

# Overrides are checked like the file.
for bad in hop.camp_wieght=2 hop.camp_weight=-1 hop.camp_weight=abc hop.camp_weight hop.camp_weight=; do
    status=0
    "$libflow" check towns --set "$bad" >out 2>err || status=$?
    [ "$status" = 1 ] || fail "--set $bad gives $status"
    grep -q -e "--set.*camp_w" out || fail "--set $bad is unclear: $(cat out err)"
done
"$libflow" check towns --set hop.camp_weight=2 --set period.days=3 >out || fail "$(cat out)"
grep -q " 3 days " out || fail "--set does nothing: $(cat out)"

# A table that can have no effect is warned of.
cp -r "$root/scenarios/three-causes" idle
head -n 1 "$root/scenarios/three-causes/flood.csv" >idle/flood.csv
"$libflow" check idle >out || fail "$(cat out)"
grep -q "flood.csv: warning: the table has no rows" out || fail "an empty table: $(cat out)"
sed 's/2024/2031/' "$root/scenarios/three-causes/flood.csv" >idle/flood.csv
"$libflow" check idle >out || fail "$(cat out)"
grep -q "flood.csv:[0-9]*:[0-9]*: warning: the first date is after" out || fail "later: $(cat out)"
sed 's/2024/1924/' "$root/scenarios/three-causes/flood.csv" >idle/flood.csv
"$libflow" check idle >out || fail "$(cat out)"
grep -q "flood.csv:[0-9]*:[0-9]*: warning: the last date is more" out || fail "older: $(cat out)"

# Options are listed, and each is loaded as a whole: what only one of them needs is found, too.
cp -r "$root/scenarios/two-towns" choices
cat >>choices/scenario.yaml <<'END'
options:
  - {name: nothing, title: No response}
  - {name: crowded, set: {hop.camp_weight: 0.5}}
END
"$libflow" check choices >out || fail "options: $(cat out)"
grep -q "^  nothing (baseline): No response$" out || fail "no baseline: $(cat out)"
"$libflow" check choices --json >out.json || fail "options: $(cat out.json)"
json out.json '[p["name"] for p in o["options"]] == ["nothing", "crowded"]'
"$libflow" run choices --option crowded -q -o crowded.nc
"$libflow" info crowded.nc | grep -q "^  option  *crowded$" || fail "info hides the option"
"$libflow" info crowded.nc --json >out.json
json out.json 'o["option"] == "crowded"'
echo "  - {name: warned, set: {warning: {}}}" >>choices/scenario.yaml
"$libflow" check choices >out && fail "an option without its table is taken"
grep -q "warnings.*(option warned)$" out || fail "no option is named: $(cat out)"
"$libflow" check choices --option crowded >out || fail "the other options stand in the way"
status=0
"$libflow" run choices --option crowdde -q -o none.nc 2>err || status=$?
[ "$status" = 1 ] || fail "an unknown option gives $status"
grep -q "there is no option 'crowdde'; did you mean 'crowded'" err || fail "which: $(cat err)"
