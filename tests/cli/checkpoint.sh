#!/bin/sh
# `libflow run --checkpoint --every --resume`: stopped by signals, killed at any moment, damaged,
# out of place, without room; and who is followed one by one.
# Usage: checkpoint.sh LIBFLOW (or LIBFLOW in the environment). Exit status 77: skipped.
set -eu

libflow=${1:-${LIBFLOW:-libflow}}
root=$(cd "$(dirname "$0")/../.." && pwd)
python=${PYTHON:-/usr/bin/python3}
"$python" -c 'import netCDF4' 2>/dev/null || { echo "skipped: no python3-netcdf4"; exit 77; }
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cp "$libflow" "$work/libflow"
libflow=$work/libflow
cp -r "$root/scenarios/two-towns" "$work/towns"
cp -r "$root/scenarios/south-sudan-2013" "$work/south"
cd "$work"

fail()
{
    echo "checkpoint.sh: $*" >&2
    exit 1
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

# same A.nc B.nc: results are equal in all their data.
same()
{
    "$python" "$root/tests/same_result.py" "$@" >compared || fail "$1, $2: $(cat compared)"
}

# wait_for FILE
wait_for()
{
    n=0
    while [ ! -e "$1" ]; do
        n=$((n + 1))
        [ $n -lt 3000 ] || fail "no $1 after 30 s"
        sleep 0.01
    done
}

# The comparison itself sees a difference.
"$libflow" run towns -o a.nc --quiet
"$libflow" run towns -o b.nc --quiet --seed 1
"$libflow" run towns -o c.nc --quiet --threads 2
if "$python" "$root/tests/same_result.py" a.nc b.nc >compared; then fail "no difference seen"; fi
grep -q "^/people: values differ$" compared || fail "unclear: $(cat compared)"
same a.nc c.nc
rm -f a.nc b.nc c.nc

# Stopped by signals again and again, resumed each time on another number of threads.
days=100000
long="run towns --set period.days=$days"
"$libflow" $long -o straight.nc --quiet || fail "the straight run fails"
n=0
resume=
for signal in TERM USR1 INT HUP TERM; do
    env --default-signal=$signal "$libflow" $long -o long.nc --quiet --checkpoint ck $resume \
        --threads $((n % 3 + 1)) >out 2>err &
    pid=$!
    wait_for long.nc.part
    sleep 0.05
    kill -s $signal $pid
    status=0
    wait $pid || status=$?
    [ $status = 75 ] || fail "SIG$signal gives $status: $(cat err)"
    grep -q "the run was stopped after [0-9]* of $days steps; it can be resumed from 'ck'" err ||
        fail "unclear: $(cat err)"
    [ -e ck ] || fail "no checkpoint"
    [ ! -e long.nc ] && [ ! -e long.nc.part ] || fail "SIG$signal leaves a result"
    resume="--resume ck"
    n=$((n + 1))
done
[ -e ck.1 ] || fail "no older checkpoint"
"$libflow" $long -o long.nc --resume ck --json >long.json 2>err || fail "resuming: $(cat err)"
same straight.nc long.nc
"$libflow" info long.nc --json >info.json
"$python" -c '
import json
run, info = json.load(open("long.json")), json.load(open("info.json"))
assert run["checksum"] == info["checksum"] and run["days"] == info["days"] == 100000
assert run["person_steps"] == 100000 * run["persons"]' || fail "JSON of a resumed run"
rm long.nc
"$libflow" $long -o long.nc --resume ck.1 --quiet || fail "the older one fails"
same straight.nc long.nc
rm long.nc ck ck.1 ck.steps

# Without a checkpoint to write, SIGUSR1 ends the process as it always does.
env --default-signal=USR1 "$libflow" $long -o long.nc --quiet &
pid=$!
wait_for long.nc.part
kill -s USR1 $pid
status=0
wait $pid 2>/dev/null || status=$?
[ $status = 138 ] || fail "SIGUSR1 without a checkpoint gives $status"
rm long.nc.part

# Killed at any moment, many times.
kills=0
resume=--force # a run killed before its first checkpoint leaves steps
for moment in 1 3 2 5 4 9 1 6 2 8 3 7 5 1 4 2 9 6; do
    "$libflow" $long -o killed.nc --quiet --checkpoint ck --every 300 $resume 2>err &
    pid=$!
    sleep 0.0$moment
    if kill -s KILL $pid 2>/dev/null; then kills=$((kills + 1)); fi
    wait $pid 2>/dev/null || true
    [ ! -e killed.nc ] || break
    [ ! -e ck ] || resume="--resume ck"
done
[ $kills -gt 3 ] || fail "killed only $kills times"
if [ ! -e killed.nc ] && [ ! -e ck ]; then # a busy machine had no time for one
    "$libflow" $long -o killed.nc --quiet --checkpoint ck --every 300 --force 2>err &
    pid=$!
    wait_for ck
    kill -s KILL $pid 2>/dev/null || true
    wait $pid 2>/dev/null || true
fi
if [ ! -e killed.nc ]; then
    [ -e ck ] || fail "no checkpoint after $kills kills: $(cat err)"
    "$libflow" $long -o killed.nc --quiet --resume ck 2>err || fail "not resumed: $(cat err)"
fi
same straight.nc killed.nc
rm -f ck ck.1 ck.steps killed.nc* straight.nc

# A real scenario with observations, histories of people and regular checkpoints.
who="--individuals all --history"
"$libflow" run south -o straight.nc $who --days 90 --quiet
"$libflow" run south -o s.nc $who --days 90 --quiet --checkpoint ck --every 40
same straight.nc s.nc
for point in ck ck.1; do
    rm s.nc
    "$libflow" run south -o s.nc $who --days 90 --quiet --resume $point || fail "$point fails"
    same straight.nc s.nc
done
rm s.nc

# What does not fit is refused, and nothing is written.
s="run south -o s.nc $who --days 90 --resume ck"
refuse 1 "is of seed 0 and member 0, this run of seed 3 and member 0" $s --seed 3
refuse 1 "is of seed 0 and member 0, this run of seed 0 and member 2" $s --member 2
refuse 1 "it is of other settings of this scenario" $s --set hop.camp_weight=3
refuse 1 "it is of other settings of this scenario" run south -o s.nc $who --resume ck
refuse 1 "'all' when it was saved, 'none' now" run south -o s.nc --days 90 --resume ck
refuse 1 "'all' when it was saved, 'sample' now" run south -o s.nc --days 90 --sample 0.5 --resume ck
refuse 1 "it is of another scenario" run towns -o s.nc $who --resume ck
refuse 1 "cannot read 'nowhere': No such file or directory" run towns -o s.nc --resume nowhere
refuse 1 "'straight.nc' is no checkpoint of libflow" run towns -o s.nc --resume straight.nc
echo "# a remark" >>south/links.csv
refuse 1 "the texts of the input files differ" $s
cp "$root/scenarios/south-sudan-2013/links.csv" south/links.csv
cp -r south elsewhere
"$libflow" run elsewhere -o s.nc $who --days 90 --quiet --resume ck || fail "it may lie elsewhere"
rm s.nc

# Damage is seen, and the older checkpoint is named.
cp ck good
size=$(wc -c <ck)
for at in 0 9 21 30 41 50 60 1000 $((size / 2)) $((size - 1)); do
    cp good ck
    "$python" -c '
import sys
at = int(sys.argv[1])
with open("ck", "r+b") as file:
    file.seek(at)
    byte = file.read(1)
    file.seek(at)
    file.write(bytes([byte[0] ^ 0x10]))' $at
    refuse 1 "ck'" $s
done
grep -q "checkpoint 'ck' is damaged: .*; the one before it is 'ck.1'" err || fail "unclear: $(cat err)"
for n in 0 10 100 $((size - 1)); do
    head -c $n good >ck
    refuse 1 "checkpoint 'ck' is damaged" $s
done
head -c 2000 /dev/zero >ck
refuse 1 "'ck' is no checkpoint of libflow" $s
rm ck
mkdir ck
refuse 1 "cannot read 'ck': it is no regular file" $s
rmdir ck
cp good ck
mv ck.steps away
refuse 1 "'ck.steps' is missing: it holds the result up to the checkpoint" $s
head -c 10000 away >ck.steps
refuse 1 "'ck.steps' is damaged: it ends after" $s
[ -z "$(find . -name 's.nc*')" ] || fail "a refusal leaves $(find . -name 's.nc*')"
mv away ck.steps

# An existing checkpoint is not replaced by another run without a word.
before=$(cksum <ck)
refuse 73 "cannot write 'ck': it exists" run towns -o t.nc --checkpoint ck
grep -q -e "--resume ck goes on from it, -f begins anew" err || fail "no way out: $(cat err)"
[ "$before" = "$(cksum <ck)" ] || fail "the checkpoint was changed"
"$libflow" run towns -o t.nc --checkpoint ck --every 8 --quiet -f || fail "-f does not replace"
rm -f t.nc ck ck.1 ck.steps

# Places where nothing can be written, and a full disk (in 512-byte blocks).
refuse 73 "cannot write 'none/ck.steps': No such file" run towns -o t.nc --checkpoint none/ck
mkdir closed
chmod a-w closed
as=
if [ "$(id -u)" = 0 ]; then
    as="setpriv --reuid=65534 --regid=65534 --clear-groups"
    chmod 777 "$work"
    chmod 755 "$libflow"
    chmod -R a+rX towns
    $as true 2>/dev/null || as=skip
fi
if [ "$as" != skip ]; then
    status=0
    $as "$libflow" run towns -o t.nc --checkpoint closed/ck >out 2>err || status=$?
    [ "$status" = 73 ] || fail "a read-only folder gives $status: $(cat err)"
    grep -q "closed/ck.*Permission denied" err || fail "unclear: $(cat err)"
    [ ! -e t.nc ] && [ ! -e t.nc.part ] || fail "a result is left"
fi
"$libflow" $long -o straight.nc --quiet -f
status=0
(
    trap '' XFSZ
    ulimit -f 2000
    "$libflow" $long -o full.nc --checkpoint ck --every 100
) >out 2>err || status=$?
[ "$status" = 74 ] || fail "a full disk gives $status: $(cat err)"
grep -q "cannot write '.*': File too large" err || fail "unclear: $(cat err)"
[ ! -e full.nc ] && [ ! -e full.nc.part ] || fail "a full disk leaves a result"
"$libflow" $long -o full.nc --resume ck --quiet || fail "not resumed after a full disk"
same straight.nc full.nc
rm -f ck ck.1 ck.steps

# Who is followed changes no count.
for who in "--individuals none" "--individuals all" "--sample 0.2 --history" \
    "--individuals sample --sample 1"; do
    rm -f w.nc
    "$libflow" run towns -o w.nc --quiet $who || fail "$who fails"
    [ -e first.nc ] || cp w.nc first.nc
    same first.nc w.nc trajectories
done
refuse 64 "--individuals 'some' is none of none, sample, all" run towns --individuals some
refuse 64 "--individuals sample and --sample SHARE belong together" run towns --individuals sample
refuse 64 "--individuals sample and --sample SHARE belong together" run towns --individuals all --sample 1
for share in 0 1.5 -1 x nan; do
    refuse 64 "--sample '$share' is no number above 0, at most 1" run towns --sample $share
done
refuse 64 "--history needs --individuals all or --sample SHARE" run towns --history
refuse 64 "--every needs --checkpoint FILE" run towns --every 3
refuse 64 "--members goes with neither" run towns --members 3 --checkpoint ck
refuse 64 "--members goes with neither" run towns --members 3 --individuals all
