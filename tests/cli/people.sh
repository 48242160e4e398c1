#!/bin/sh
# What results say of people: causes, classes, households, trajectories of all or of a sample, small
# counts hidden, variables chosen.
# Usage: people.sh LIBFLOW (or LIBFLOW in the environment). Exit status 77: skipped.
set -eu

libflow=${1:-${LIBFLOW:-libflow}}
root=$(cd "$(dirname "$0")/../.." && pwd)
python=${PYTHON:-/usr/bin/python3}

fail()
{
    echo "people.sh: $*" >&2
    exit 1
}

command -v ncdump >/dev/null || { echo "skipped: no ncdump (netcdf-bin)"; exit 77; }
"$python" -c 'import netCDF4, xarray' 2>/dev/null ||
    { echo "skipped: no python3-xarray, python3-netcdf4"; exit 77; }

run()
{
    "$libflow" run "$@" >out 2>err || fail "run $* fails: $(cat err)"
}
check()
{
    "$python" "$root/tests/people_check.py" "$@" || fail "people_check.py $*"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# Two drivers, households, journeys of more than a day.
cp -R "$root/tests/data/two-drivers" causes
sed "s/^movement:.*/movement: {rule: destination}\\
destination: {speed: 25}\\
people: {axes: 'origin, status, gender'}/" "$root/tests/data/two-drivers/scenario.yaml" \
    >causes/scenario.yaml
cat >causes/attributes.csv <<'END'
attribute,value,place,weight
gender,female,,52
gender,male,,48
age,3,,20
age,17,,22
age,41,,50
age,70,,8
household_size,1,,3
household_size,2,,2
household_size,5,,4
END

run causes -o all.nc --individuals all --history --set output.also=link_entered_by_cause
check all all.nc "$root/docs/output.md"
ncdump -h all.nc >header || fail "ncdump cannot read the header"
grep -q 'int64 departures_by_cause(time, place, cause)' header || fail "ncdump sees no causes"
grep -q 'group: trajectories' header || fail "ncdump sees no trajectories"
ncdump -t -g trajectories -v time,place,cause all.nc | tail -n 5 >dump ||
    fail "ncdump cannot read trajectories"

run causes -o sample.nc --sample 0.2 --history --set output.also=link_entered_by_cause
check sample sample.nc all.nc
run causes -o hidden.nc --set output.suppress_below=10 --set output.also=link_entered_by_cause
grep -q 'output.suppress_below' out || fail "the report does not say what is hidden"
check hidden hidden.nc all.nc
run causes -o members.nc --members 20 --set output.also=link_entered_by_cause
check members members.nc all.nc
run causes -o chosen.nc --set 'output.only=people_by_gender,link_*' --set output.without=link_open
check chosen chosen.nc people conflict people_by_gender link_people link_entered link_queue \
    link_entered_by_cause link_households

if "$libflow" run causes -o no.nc --individuals all --history --set output.suppress_below=10 \
    >out 2>err; then fail "histories and hidden counts go together"; fi
grep -q 'choose one of them' err || fail "unclear text: $(cat err)"
[ -z "$(find . -name 'no.nc*')" ] || fail "a refusal leaves $(find . -name 'no.nc*')"

# The same result again, stopped and resumed: trajectories, too.
run causes -o straight.nc --individuals all --history --days 30 --seed 3
run causes -o part.nc --individuals all --history --days 30 --seed 3 --checkpoint ck --every 11
rm part.nc
run causes -o part.nc --individuals all --history --days 30 --seed 3 --checkpoint ck --resume ck
for name in straight part; do # without attributes: some tell of the run itself
    ncdump -g trajectories $name.nc | sed '1d;/^[[:space:]]*:/d' >$name
done
cmp straight part || fail "a resumed run has other trajectories"

# The size limit counts blocks of 512 bytes: the disk is full while trajectories are written.
if (trap '' XFSZ; ulimit -f 800; "$libflow" run causes -o full.nc --individuals all --history \
    >/dev/null 2>err); then fail "a full disk is no error"; fi
grep -q "cannot write 'full.nc.part'" err || fail "unclear text: $(cat err)"
[ -z "$(find . -name 'full.nc*')" ] || fail "a full disk leaves $(find . -name 'full.nc*')"

# A conflict with people who hop.
run "$root/scenarios/south-sudan-2013" -o hop.nc --days 40 --individuals all --history \
    --set people.axes=cause,status
check all hop.nc "$root/docs/output.md"
