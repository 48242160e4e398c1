#!/bin/sh
# Modules from the command line to the result file; the example of a module outside the library;
# the list of quantities and modules in docs/modules.md.
# Usage: modules.sh LIBFLOW
set -eu

libflow=${1:-${LIBFLOW:-libflow}}
root=$(cd "$(dirname "$0")/../.." && pwd)
python=${PYTHON:-/usr/bin/python3}
data=$root/tests/data/two-drivers
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail()
{
    echo "modules.sh: $*" >&2
    exit 1
}

# The example.
example=$(dirname "$libflow")/own_module
[ -x "$example" ] || fail "no $example (FLOW_EXAMPLES=OFF?)"
"$example" "$root/scenarios/two-towns" >"$work/out" || fail "the example fails"
cat >"$work/expected" <<'END'
day 0: locusts 0.00000, river 0.000
day 1: locusts 0.00000, river 0.000
day 2: locusts 0.00250, river 0.030
day 3: locusts 0.00438, river 0.030
day 4: locusts 0.00578, river 0.030
END
cmp "$work/out" "$work/expected" || fail "the example says $(cat "$work/out")"

# The example of choices made by a program.
example=$(dirname "$libflow")/own_rows
"$example" "$root/scenarios/two-towns" >"$work/out" || fail "the example of rows fails"
cat >"$work/expected" <<'END'
step 0: hazard of flood 0.01, of conflict 0.00, 95 left
step 1: hazard of flood 0.02, of conflict 0.00, 187 left
step 2: hazard of flood 0.03, of conflict 0.50, 3088 left
step 3: hazard of flood 0.04, of conflict 0.50, 2141 left
10000 people
END
cmp "$work/out" "$work/expected" || fail "the example says $(cat "$work/out")"

# Switching on and off.
"$libflow" check "$data" >/dev/null || fail "the scenario has problems"
status=0
"$libflow" check "$data" --set drought.rain.index=wet >"$work/out" 2>"$work/err" || status=$?
[ "$status" = 1 ] || fail "a wrong choice gives status $status"
grep -q "drought.index: 'wet' is none of vhi, spi, phase" "$work/out" "$work/err" ||
    fail "a wrong choice is not told: $(cat "$work/err")"

# The result file.
command -v ncdump >/dev/null || { echo "skipped: no ncdump (netcdf-bin)"; exit 77; }
"$libflow" run "$data" -q -o "$work/both.nc" >/dev/null || fail "run fails"
"$libflow" run "$data" -q -o "$work/one.nc" --set drought.rain.on=false >/dev/null ||
    fail "run without rain fails"
ncdump -h "$work/both.nc" >"$work/header"
for line in 'double hazard_conflict(time, place)' 'double hazard_conflict__conflict_events(time, place)' \
    'double hazard_drought__drought_rain(time, place)' 'hazard_drought__drought_food:units = "d-1"' \
    'hazard_drought:long_name = "hazard that a person leaves the place because of drought"' \
    ':step_days = 1.'; do
    grep -qF "$line" "$work/header" || fail "the header lacks '$line'"
done
! ncdump -h "$work/one.nc" | grep -q drought_rain || fail "what is off is in the file"
! grep -q 'hazard_flood' "$work/header" || fail "what nobody writes is in the file"
ncdump -v hazard_conflict "$work/both.nc" | sed -n '/^data:/,/^group:/p' >"$work/both"
ncdump -v hazard_conflict "$work/one.nc" | sed -n '/^data:/,/^group:/p' >"$work/one"
cmp "$work/both" "$work/one" || fail "switching one module off changes another's column"
"$libflow" run "$data" -q -o "$work/hours.nc" --set period.step=12h >/dev/null ||
    fail "run with steps of 12 hours fails"
ncdump -v time "$work/hours.nc" | grep -q 'time = 0, 0.5, 1, 1.5' || fail "hours are no halves of days"

# Parameters in the provenance, the JSON Schema, the manual.
ncdump -v parameter "$work/both.nc" >"$work/parameters"
for key in drought.rain.index drought.food.phase_rate conflict_events.share conflict_events.on; do
    grep -qF "\"$key\"" "$work/parameters" || fail "the provenance lacks $key"
done
"$python" "$root/tests/modules_check.py" "$libflow" "$root" "$work/both.nc"
