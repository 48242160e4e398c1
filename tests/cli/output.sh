#!/bin/sh
# A result opens in ncdump and xarray and says what docs/output.md says; refusals leave no file.
# Usage: output.sh LIBFLOW (or LIBFLOW in the environment). Exit status 77: skipped.
set -eu

libflow=${1:-${LIBFLOW:-libflow}}
root=$(cd "$(dirname "$0")/../.." && pwd)
python=${PYTHON:-/usr/bin/python3}

fail()
{
    echo "output.sh: $*" >&2
    exit 1
}

command -v ncdump >/dev/null || { echo "skipped: no ncdump (netcdf-bin)"; exit 77; }
"$python" -c 'import netCDF4, xarray' 2>/dev/null ||
    { echo "skipped: no python3-xarray, python3-netcdf4"; exit 77; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/toy/input_csv" "$work/toy/source_data"
cd "$work"

cat >toy/input_csv/locations.csv <<'END'
#name,region,country,latitude,longitude,location_type,conflict_date,population
Town_A,North,Aland,10.5,-3.25,conflict_zone,0,25000
Town_C,South,Aland,11.5,-3.5,town,,17000
Camp_B,East,Bland,12.25,-2.75,camp,,6000
Camp_D,West,Bland,9.75,-4.5,camp,,4000
END
cat >toy/input_csv/routes.csv <<'END'
#name1,name2,distance,forced_redirection
Town_A,Town_C,113,0
Town_C,Camp_B,97,0
Town_C,Camp_D,131,0
END
printf '#closure_type,name1,name2,closure_start,closure_end\n' >toy/input_csv/closures.csv
{
    echo '#Day,Town_A'
    day=0
    while [ $day -lt 40 ]; do
        echo "$day,1"
        day=$((day + 1))
    done
} >toy/input_csv/conflicts.csv
printf 'StartDate,2016-02-20\nLength,40\n' >toy/input_csv/sim_period.csv
printf 'total,refugees.csv\nCamp_B,b.csv\nCamp_D,d.csv\n' >toy/source_data/data_layout.csv
printf '2016-02-20,0\n2016-03-05,900\n2016-04-20,2500\n' >toy/source_data/refugees.csv
printf '2016-02-20,0\n2016-03-05,600\n2016-04-20,1500\n' >toy/source_data/b.csv
printf '2016-02-20,0\n2016-03-05,300\n2016-04-20,1000\n' >toy/source_data/d.csv

"$libflow" run toy -o run.nc >run.out 2>run.err || fail "run fails: $(cat run.err)"
[ -f run.nc ] || fail "no run.nc"
[ ! -e run.nc.part ] || fail "run.nc.part is left"

ncdump -h run.nc >header || fail "ncdump cannot read the header"
ncdump -t -v time,place,people run.nc >dump || fail "ncdump cannot read the data"
grep -q 'int64 people(time, place)' header || fail "ncdump sees no people"
grep -q 'string place(place)' header || fail "ncdump sees no names"
tr -d '\n ' <dump | grep -q '"2016-02-29","2016-03-01"' || fail "ncdump sees no dates"
"$python" "$root/tests/output_check.py" run.nc "$root/docs/output.md" || fail "output_check.py"

"$libflow" run toy -o members.nc --members 30 --seed 4 >members.out 2>members.err ||
    fail "members fail: $(cat members.err)"
ncdump -h members.nc >header || fail "ncdump cannot read the header of an ensemble"
ncdump -v member,quantile,people,member_checksum members.nc >dump ||
    fail "ncdump cannot read an ensemble"
grep -q 'int people(member, time, place)' header || fail "ncdump sees no members"
grep -q 'double people_quantile(quantile, time, place)' header || fail "ncdump sees no quantiles"
"$python" "$root/tests/members_check.py" members.nc "$root/docs/output.md" ||
    fail "members_check.py"

before=$(cksum <run.nc)
if "$libflow" run toy -o run.nc >/dev/null 2>again.err; then fail "an existing file is replaced"; fi
grep -q 'run.nc.*exists' again.err || fail "unclear text: $(cat again.err)"
[ "$before" = "$(cksum <run.nc)" ] || fail "the existing file was changed"

if "$libflow" run toy -o none/run.nc >/dev/null 2>none.err; then fail "a missing folder is no error"; fi
grep -q "cannot write 'none/run.nc.part': No such file or directory" none.err ||
    fail "unclear text: $(cat none.err)"

# The size limit counts blocks of 512 bytes: 16 KiB are full before the first day.
if (trap '' XFSZ; ulimit -f 32; "$libflow" run toy -o full.nc >/dev/null 2>full.err); then
    fail "a full disk is no error"
fi
grep -q "cannot write 'full.nc.part'" full.err || fail "unclear text: $(cat full.err)"
[ -z "$(find . -name 'full.nc*')" ] || fail "a full disk leaves $(find . -name 'full.nc*')"
