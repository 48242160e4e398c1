#!/bin/sh
# `libflow run --members`, and score and info of such files: reports, JSON, refusals, signals.
# Usage: members.sh LIBFLOW
set -eu

libflow=${1:-${LIBFLOW:-libflow}}
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$libflow" "$work/libflow"
libflow=$work/libflow
cp -r "$root/scenarios/two-towns" "$work/towns"
cp -r "$root/scenarios/south-sudan-2013" "$work/south"
cd "$work"

fail()
{
    echo "members.sh: $*" >&2
    exit 1
}

json()
{
    python3 -c '
import json, sys
o = json.load(open(sys.argv[1]))
assert eval(sys.argv[2]), sys.argv[2]' "$1" "$2" 2>py.err || fail "$(tail -1 py.err): $(cat "$1")"
}

sum()
{
    python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["checksum"])' "$1"
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

# Without observations: how many people, and where most of them are.
"$libflow" run towns -m 12 >out 2>err || fail "two towns: $(cat err)"
[ ! -s err ] || fail "no terminal, but: $(cat err)"
[ -f towns.nc ] || fail "no towns.nc"
grep -q "^12 members, from number 0. In the median" out || fail "no members: $(cat out)"
grep -q "10,000$" out || fail "no people: $(cat out)"
grep -Eq "^Birch +7,[0-9]{3} +7,[0-9]{3}-7,[0-9]{3}$" out || fail "no band: $(cat out)"
grep -q "^Result file: towns.nc " out || fail "no word of the result file: $(cat out)"
refuse 1 "holds no observations" score towns.nc

# With observations: bands beside counts, scores of members, CRPS, coverage, trivial models.
"$libflow" run south -m 5 -d 40 -o s.nc >out 2>err || fail "$(cat err)"
grep -q "^camp  *median  *5 % to 95 %  *observed  *CRPS" out || fail "no table of camps: $(cat out)"
grep -Eq "^Adjumani +[0-9,]+ +[0-9,]+-[0-9,]+ +[0-9,]+ +[0-9,]+ +[01]\.[0-9]{2}" out ||
    fail "no row of a camp: $(cat out)"
for word in "^median of members " "^each member, *5 % " "^ *median  *0" "^ *95 % " \
    "^mean of members " "^CRPS  *0" "^CRPS skill " "^within 50 % band " "^within 90 % band " \
    "^  equal " "^  cap " "^  day30 " "^Skill "; do
    grep -q "$word" out || fail "no $word: $(cat out)"
done
python3 -c 'assert all(len(line) <= 81 for line in open("out", encoding="utf-8"))' 2>err ||
    fail "lines over 80 columns: $(cat out)"
"$libflow" score s.nc >score.out || fail "score fails"
sed -n '/^scores/,/^Skill/p' out >a
sed -n '/^scores/,/^Skill/p' score.out >b
[ -s a ] || fail "no scores: $(cat out)"
cmp -s a b || fail "run and score differ: $(diff a b)"

# JSON: the promised members; medians; the same for any number of threads.
"$libflow" run south -m 5 -d 40 -o s1.nc --json -t 1 >s1.json 2>err || fail "$(cat err)"
"$libflow" run south -m 5 -d 40 -o s2.nc --json -t 2 >s2.json 2>err || fail "$(cat err)"
[ "$(sum s1.json)" = "$(sum s2.json)" ] || fail "threads change the result"
json s2.json 'o["schema"] == "libflow.run.1" and o["members"] == 5 and o["threads"] == 2'
json s2.json 'o["days"] == 40 and o["persons"] == o["entered"] - o["left"] > 0'
json s2.json 'o["ensemble"]["members"] == 5 and o["ensemble"]["first_member"] == 0'
json s2.json 'o["ensemble"]["persons"]["q50"] == o["persons"]'
json s2.json 'set(o["ensemble"]["of_members"]["error"]) == {"mean", "q05", "q25", "q50", "q75", "q95"}'
json s2.json 'all(isinstance(o["ensemble"][k], float) for k in ("crps", "crps_skill", "coverage_50", "coverage_90"))'
json s2.json 'abs(o["ensemble"]["crps_skill"] - (1 - o["ensemble"]["crps"] / min(t["error"] for t in o["score"]["trivial"].values()))) < 1e-12'
json s2.json 'all(c["simulated_last_spread"]["q05"] <= c["simulated_last"] + 0.5 and c["crps"] >= 0 for c in o["observed"])'
"$libflow" score s2.nc --json >score.json || fail "score fails"
json score.json 'o["schema"] == "libflow.score.1" and o["ensemble"]["members"] == 5 and len(o["observed"]) == 10'
python3 -c '
import json
a, b = json.load(open("s2.json")), json.load(open("score.json"))
assert a["ensemble"] == b["ensemble"] and a["score"]["error"] == b["error"]
assert a["observed"] == b["observed"]' || fail "run and score differ"

# One member of many is the run with its number.
"$libflow" run south -d 40 -o one.nc --json --member 3 >one.json 2>err || fail "$(cat err)"
json one.json 'o["members"] == 1 and "ensemble" not in o'
if command -v ncdump >/dev/null; then
    ncdump -v member_checksum s2.nc | grep -q "\"$(sum one.json)\"" ||
        fail "member 3 of the ensemble is not the run of member 3"
fi
"$libflow" info one.nc | grep -q "^  member  *3$" || fail "info knows no member: $("$libflow" info one.nc)"
"$libflow" run south -d 40 -m 1 -o m3.nc --json --member 3 --quiet >m3.json 2>err || fail "$(cat err)"
json m3.json 'o["members"] == 1 and o["ensemble"]["first_member"] == 3'
python3 -c '
import json
a, b = json.load(open("one.json")), json.load(open("m3.json"))
assert a["persons"] == b["persons"] and a["score"] == b["score"]' || fail "one member is another run"

# Info.
"$libflow" info s.nc >out || fail "info fails"
grep -q "^  members  *5, from number 0$" out || fail "info knows no members: $(cat out)"
"$libflow" info s2.nc --json >info.json || fail "info fails"
json info.json 'o["schema"] == "libflow.info.1" and o["members"] == 5 and o["member"] == 0'
[ "$(sum info.json)" = "$(sum s2.json)" ] || fail "info has another checksum"

# Numbers out of range, existing files, full disks.
refuse 64 "--members 0 is outside [1, 1000000]" run towns -m 0
refuse 64 "--member -1 is outside [0, 4294967295]" run towns --member -1
refuse 64 "'many' is not a whole number" run towns --members many
refuse 73 "towns.nc" run towns -m 3
refuse 73 "none/a.nc" run towns -m 3 -o none/a.nc
status=0
(
    trap '' XFSZ
    ulimit -f 60
    "$libflow" run south -d 40 -m 5 -o full.nc
) >out 2>err || status=$?
[ "$status" = 74 ] || fail "a full disk gives $status: $(cat err)"
[ "$(wc -l <err)" = 1 ] || fail "more than one message: $(cat err)"
[ -z "$(find . -name 'full.nc*')" ] || fail "a full disk leaves a file"

# Stopped half-way: the status of the signal, one message, and no file.
for signal in TERM:143 INT:130; do
    env --default-signal="${signal%:*}" "$libflow" run towns -m 1000000 -o long.nc >out 2>err &
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
    grep -q "the run was stopped after [0-9]* of 1000000 members" err || fail "unclear: $(cat err)"
    [ "$(wc -l <err)" = 1 ] || fail "more than one message: $(cat err)"
    [ -z "$(find . -name 'long.nc*')" ] || fail "SIG${signal%:*} leaves a file"
done
