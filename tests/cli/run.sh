#!/bin/sh
# `libflow run`, `score` and `info`: reports, JSON, result files, refusals, and being stopped.
# Usage: run.sh LIBFLOW
set -eu

libflow=${1:-${LIBFLOW:-libflow}}
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cp "$libflow" "$work/libflow"
libflow=$work/libflow
cp -r "$root/scenarios/two-towns" "$work/towns"
cp -r "$root/scenarios/south-sudan-2013" "$work/south"
cd "$work"

fail()
{
    echo "run.sh: $*" >&2
    exit 1
}

json()
{
    python3 -c '
import json, sys
o = json.load(open(sys.argv[1]))
assert eval(sys.argv[2]), sys.argv[2]' "$1" "$2" 2>py.err || fail "$(tail -1 py.err): $(cat "$1")"
}

# refuse STATUS TEXT WORD...
refuse()
{
    wanted=$1
    text=$2
    shift 2
    status=0
    "$libflow" "$@" >out 2>err || status=$?
    [ "$status" = "$wanted" ] || fail "'$*' exits with $status, not $wanted: $(cat err)"
    [ ! -s out ] || fail "'$*' prints: $(cat out)"
    grep -qF -- "$text" err || fail "'$*' says '$(cat err)', not '$text'"
}

# A run without -o names its result after the scenario and says so.
"$libflow" run towns >out 2>err || fail "two towns: $(cat err)"
[ ! -s err ] || fail "no terminal, but: $(cat err)"
[ -f towns.nc ] || fail "no towns.nc"
grep -q "^Result file: towns.nc " out || fail "no word of the result file: $(cat out)"
grep -q "person-steps per second" out || fail "no speed: $(cat out)"
grep -q "^2 places, 2 directed links, 20 days from 2024-01-01$" out || fail "no sizes: $(cat out)"
grep -q "10,000 people entered" out || fail "no people: $(cat out)"
for path in towns/ towns/. towns/scenario.yaml; do
    rm -f towns.nc
    "$libflow" run "$path" --quiet >out 2>err || fail "$path: $(cat err)"
    [ -z "$(cat out err)" ] || fail "--quiet says: $(cat out err)"
    [ -f towns.nc ] || fail "$path: no towns.nc, but $(ls)"
done

# Steps of other lengths are counted and dated as they are.
"$libflow" run towns -o steps.nc --set movement.rule=none --set period.step=6h >out 2>err ||
    fail "six hours: $(cat err)"
grep -q ", 80 steps of 6 hours from 2024-01-01$" out || fail "no steps: $(cat out)"
"$libflow" info steps.nc >out
grep -q "period        80 steps of 6 hours from 2024-01-01 to 2024-01-20$" out ||
    fail "no steps: $(cat out)"
"$libflow" info steps.nc --json >out
json out 'o["steps"] == 80 and o["days"] == 20 and o["step_days"] == 0.25'
"$libflow" check towns --set movement.rule=none --set period.step=week >out
grep -q ", 3 weeks from 2024-01-01," out || fail "no weeks: $(cat out)"

# An existing file stays as it is without --force.
before=$(cksum <towns.nc)
refuse 73 "towns.nc" run towns
grep -q "exists" err || fail "unclear: $(cat err)"
grep -q -e "-f replaces it" err || fail "no way out: $(cat err)"
[ "$before" = "$(cksum <towns.nc)" ] || fail "the existing file was changed"
"$libflow" run towns --force --seed 5 --quiet || fail "--force does not replace"
[ "$before" != "$(cksum <towns.nc)" ] || fail "--force does not replace"

# JSON: all promised members; the same checksum for any number of threads, another for a seed.
"$libflow" run towns -o a.nc --json -t 1 >a.json 2>err || fail "$(cat err)"
"$libflow" run towns -o b.nc --json -t 2 >b.json 2>err || fail "$(cat err)"
"$libflow" run towns -o c.nc --json -s 1 >c.json 2>err || fail "$(cat err)"
json a.json 'o["schema"] == "libflow.run.1" and o["days"] == 20 and o["members"] == 1'
json a.json 'o["persons"] == 10000 == o["entered"] - o["left"] and o["person_steps"] == 200000'
json a.json 'o["threads"] == 1 and o["output"] == "a.nc" and 0 <= o["step_s"] <= o["wall_s"]'
json a.json 'o["warnings"] == [] and o["observed"] == [] and "score" not in o'
sum() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["checksum"])' "$1"; }
[ "$(sum a.json)" = "$(sum b.json)" ] || fail "threads change the result"
[ "$(sum a.json)" != "$(sum c.json)" ] || fail "the seed changes nothing"
json b.json 'o["threads"] == 2'

# Info tells how it was made.
"$libflow" info c.nc >out || fail "info fails"
grep -q "command .*libflow run towns -o c.nc --json -s 1$" out || fail "no command line: $(cat out)"
grep -q "seed  *1$" out || fail "no seed: $(cat out)"
"$libflow" info c.nc --json >i.json
ln -s "$libflow" l
./l run towns -o l.nc --quiet || fail "fails under a short name"
./l info l.nc | grep -q "command .*libflow run towns -o l.nc --quiet$" || fail "no command line of l"
json i.json 'o["schema"] == "libflow.info.1" and o["seed"] == 1 and o["days"] == 20'
[ "$(sum c.json)" = "$(sum i.json)" ] || fail "info has another checksum"

# A scenario with observations: tables, lines and scores.
"$libflow" run south -o s.nc >out 2>err || fail "$(cat err)"
grep -q "^camp  *simulated  *observed  *error" out || fail "no table of camps: $(cat out)"
[ "$(grep -c "^  simulated \|^  observed " out)" = 2 ] || fail "no lines over time: $(cat out)"
for word in "^libflow, all " "^  equal " "^  cap " "^  dist1 " "^  dist2 " "^  first " "^  real1 " \
    "^  day30 " "^Skill "; do
    grep -q "$word" out || fail "no $word: $(cat out)"
done
python3 -c 'assert all(len(line) <= 81 for line in open("out", encoding="utf-8"))' 2>err ||
    fail "lines over 80 columns: $(cat out)"
LC_ALL=C "$libflow" run south -o t.nc >plain
LC_ALL=C grep -q "$(printf '[\200-\377]')" plain && fail "not ASCII in the C locale: $(cat plain)"
"$libflow" run south -o u.nc --json >u.json
json u.json 'len(o["observed"]) == 10 and set(o["score"]["trivial"]) == {"equal", "cap", "dist1", "dist2", "first", "real1", "day30"}'
"$libflow" score s.nc >out || fail "score fails"
grep -q "^libflow, all " out || fail "no score: $(cat out)"
"$libflow" score s.nc --json >score.json
json score.json 'o["schema"] == "libflow.score.1" and len(o["observed"]) == 10'
json score.json 'all(isinstance(o[k], float) for k in ("error", "ard", "mase", "rmse", "skill"))'
json score.json 'abs(o["skill"] - (1 - o["error"] / min(t["error"] for t in o["trivial"].values()))) < 1e-12'
json score.json 'all(k in c for c in o["observed"] for k in ("error", "ard", "mase", "rmse"))'
python3 -c '
import json
a, b = json.load(open("u.json"))["score"], json.load(open("score.json"))
assert a["error"] == b["error"] and a["trivial"] == b["trivial"]' || fail "run and score differ"

# Files that are no results, and scenarios without observations.
refuse 1 "towns.nc" score towns.nc
refuse 1 "nothing.nc" info nothing.nc
echo "this is no result" >text.nc
refuse 1 "text.nc" info text.nc
refuse 1 "text.nc" score text.nc
refuse 1 "towns" info towns

# Result files that cannot be made.
mkdir folder.nc
refuse 73 "folder.nc" run towns -o folder.nc --force
refuse 73 "none/a.nc" run towns -o none/a.nc
refuse 73 "text.nc/a.nc" run towns -o text.nc/a.nc
mkdir closed
chmod a-w closed
as=
if [ "$(id -u)" = 0 ]; then
    as="setpriv --reuid=65534 --regid=65534 --clear-groups"
    chmod 755 "$work" "$libflow"
    chmod -R a+rX towns
    $as true 2>/dev/null || as=skip
fi
if [ "$as" != skip ]; then
    status=0
    $as "$libflow" run towns -o closed/a.nc >out 2>err || status=$?
    [ "$status" = 73 ] || fail "a read-only folder gives $status: $(cat err)"
    grep -q "closed/a.nc.*Permission denied" err || fail "unclear: $(cat err)"
fi

# A full disk (file size limit of 512-byte blocks) leaves nothing.
status=0
(
    trap '' XFSZ
    ulimit -f 40
    "$libflow" run towns --set period.days=30000 -o full.nc
) >out 2>err || status=$?
[ "$status" = 74 ] || fail "a full disk gives $status: $(cat err)"
[ -z "$(find . -name 'full.nc*')" ] || fail "a full disk leaves a file"

# Stopped half-way: the status of the signal, and no file. 100,000 days take long enough.
for signal in TERM:143 INT:130; do
    env --default-signal="${signal%:*}" "$libflow" run towns --set period.days=100000 -o long.nc \
        >out 2>err &
    pid=$!
    n=0
    while [ ! -e long.nc.part ]; do
        n=$((n + 1))
        [ $n -lt 1000 ] || fail "no long.nc.part after 10 s"
        sleep 0.01
    done
    kill -s "${signal%:*}" $pid
    status=0
    wait $pid || status=$?
    [ "$status" = "${signal#*:}" ] || fail "SIG${signal%:*} gives $status: $(cat err)"
    grep -q "the run was stopped after [0-9]* of 100000 steps" err || fail "unclear: $(cat err)"
    [ -z "$(find . -name 'long.nc*')" ] || fail "SIG${signal%:*} leaves a file"
done

# Killed: the name of the result stays free, and the next run succeeds.
"$libflow" run towns --set period.days=100000 -o long.nc >out 2>err &
pid=$!
while [ ! -e long.nc.part ]; do sleep 0.01; done
kill -s KILL $pid
wait $pid 2>/dev/null || true
[ ! -e long.nc ] || fail "a killed run leaves a result"
"$libflow" run towns -o long.nc --quiet || fail "the next run fails"
[ ! -e long.nc.part ] || fail "long.nc.part stays"
