#!/bin/sh
# `libflow sweep` and `sensitivity`: known indices, the same study whoever runs it, restarts, faults.
# Usage: sweep.sh LIBFLOW
set -eu

libflow=${1:-${LIBFLOW:-libflow}}
python=${PYTHON:-/usr/bin/python3}
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'chmod -R u+w "$work" 2>/dev/null; rm -rf "$work"' EXIT
"$python" -c 'import netCDF4' 2>/dev/null || { echo "skipped: no python3-netcdf4"; exit 77; }
cp "$libflow" "$work/libflow"
libflow=$work/libflow
cp -r "$root/scenarios/two-towns" "$work/towns"
cp -r "$root/scenarios/south-sudan-2013" "$work/south"
cd "$work"
unset SLURM_ARRAY_TASK_ID SLURM_ARRAY_TASK_COUNT SLURM_ARRAY_TASK_MIN SLURM_ARRAY_TASK_STEP || true

fail()
{
    echo "sweep.sh: $*" >&2
    exit 1
}

# json FILE EXPRESSION: of the object o.
json()
{
    "$python" -c '
import json, sys
o = json.load(open(sys.argv[1]))
assert eval(sys.argv[2]), sys.argv[2]' "$1" "$2" 2>py.err || fail "$(tail -1 py.err): $(cat "$1")"
}

# study FILE STATEMENT: of the netCDF4 data set d.
study()
{
    "$python" -c '
import sys, netCDF4, numpy
d = netCDF4.Dataset(sys.argv[1])
d.set_auto_mask(False)
exec(sys.argv[2])' "$1" "$2" 2>py.err || fail "$1: $(tail -1 py.err)"
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

# Known answer through plan, run, collect and sensitivity: Ishigami's function with noise of
# variance 1 has S = (0.293, 0.413, 0), T = (0.520, 0.413, 0.227), luck 1 / 14.845 = 0.067.
cat >ishigami.yaml <<'END'
test: ishigami
noise: 1
design: saltelli
n: 2048
replicates: 2
seed: 11
files: 24
vary:
  - {key: x1, min: -3.141592653589793, max: 3.141592653589793}
  - {key: x2, min: -3.141592653589793, max: 3.141592653589793}
  - {key: x3, min: -3.141592653589793, max: 3.141592653589793}
END
"$libflow" sweep plan ishigami.yaml -o ishigami.csv --json >plan.json || fail "no plan"
json plan.json 'o["points"] == o["rows"] == 2048 * 5 and o["runs"] == 20480 and o["keys"] == 3'
"$libflow" sweep run ishigami.csv -o ishigami -t 2 --json >run.json 2>err || fail "$(cat err)"
json run.json 'o["runs"] == o["runs_of_study"] == 20480 and o["found_done"] == 0'
"$libflow" sweep collect ishigami -o ishigami.nc -q || fail "no study"
"$libflow" sensitivity ishigami.nc --json >s.json || fail "no indices"
json s.json 'o["schema"] == "libflow.sensitivity.1" and o["design"] == "saltelli"'
json s.json 'all(abs(k["first"]["value"] - w) < 0.05 for k, w in zip(o["indicators"][0]["keys"], (0.293, 0.413, 0)))'
json s.json 'all(abs(k["total"]["value"] - w) < 0.05 for k, w in zip(o["indicators"][0]["keys"], (0.520, 0.413, 0.227)))'
json s.json 'abs(o["indicators"][0]["luck"]["value"] - 0.067) < 0.01'
json s.json 'all(k["total"]["low"] < k["total"]["value"] < k["total"]["high"] for k in o["indicators"][0]["keys"])'
"$libflow" sensitivity ishigami.nc --samples 50 >out || fail "no table"
grep -Eq "^x1 +0\.[23]" out || fail "no row of x1: $(cat out)"
grep -q "^luck " out || fail "no row of luck: $(cat out)"
for reads in info score; do
    refuse 1 "'ishigami.nc' is a study of many runs, not the result of one" $reads ishigami.nc
done
refuse 1 "'ishigami.nc' is a study of many runs" report ishigami.nc -o page.html
refuse 64 "the study has no indicator 'z'" sensitivity ishigami.nc -i z

# The same function by Morris: the third factor acts through the first one only.
sed -e 's/saltelli/morris/' -e 's/n: 2048/n: 200/' -e '/noise/d' ishigami.yaml >morris.yaml
"$libflow" sweep plan morris.yaml -o morris.csv -q
"$libflow" sweep run morris.csv -o morris -q
"$libflow" sweep collect morris -o morris.nc -q
"$libflow" sensitivity morris.nc --json >m.json || fail "no effects"
json m.json 'o["indicators"][0]["method"] == "morris"'
json m.json 'all(k["mu_star"]["value"] > 2 for k in o["indicators"][0]["keys"])'
json m.json 'abs(o["indicators"][0]["keys"][2]["mu"]) < 3 and o["indicators"][0]["keys"][2]["sigma"] > 5'

# Any threads, shards, order and restarts: the same bytes.
"$libflow" sweep run ishigami.csv -o one -t 1 -q
for i in 3 1 2; do "$libflow" sweep run ishigami.csv -o three --shard $i/3 -t 2 -q; done
for id in 17 15 16; do
    SLURM_ARRAY_TASK_ID=$id SLURM_ARRAY_TASK_COUNT=3 SLURM_ARRAY_TASK_MIN=15 \
        "$libflow" sweep run ishigami.csv -o slurm -t 1 --json -q >run.json
    json run.json '5000 < o["runs"] < 9000 and o["found_done"] == 0'
done
for folder in one three slurm; do
    "$libflow" sweep collect $folder -o $folder.nc -q
    cmp ishigami.nc $folder.nc || fail "the study of '$folder' differs"
done
"$libflow" sweep run ishigami.csv -o one --json >run.json
json run.json 'o["runs"] == 0 and o["found_done"] == 20480'

# A scenario: what varies reaches the model, a member is the single run, series fit the members.
cat >south.yaml <<'END'
scenario: south
days: 30
seed: 5
replicates: 4
set: [hop.awareness_level=1]
design: grid
vary:
  - {key: hop.max_move_speed, values: [200, 360]}
  - {key: hop.start_on_foot, values: [true, false]}
indicators:
  - {name: error}
  - {name: kakuma, of: people, place: Kakuma}
  - {name: road, of: link_people, time: mean}
  - {name: tenth, of: people, day: 10}
series: {of: "people, arrivals", every: 7}
END
"$libflow" sweep plan south.yaml -o south.csv >out || fail "no plan"
grep -q "^south.csv: 4 rows of design grid, 4 different points, 16 runs$" out || fail "$(cat out)"
"$libflow" sweep run south.csv -o s -q
"$libflow" sweep collect s -o s.nc -q
study s.nc 'assert d.dimensions["point"].size == 4 and d.dimensions["member"].size == 4'
study s.nc 'assert list(d["hop.max_move_speed"][:]) == [200, 200, 360, 360] and d["hop.max_move_speed"].units == "km d-1"'
study s.nc 'assert list(d["hop.start_on_foot"][:]) == ["true", "false"] * 2'
study s.nc 'assert list(d["time"][:]) == [6, 13, 20, 27, 29] and d["people_quantile"].shape[:3] == (4, 5, 5)'
"$libflow" run south -d 30 -s 5 --member 2 --set hop.awareness_level=1 --set hop.max_move_speed=360 \
    --set hop.start_on_foot=true -o single.nc --json -q >single.json
"$python" - <<'END' || fail "a member of a point is not the single run"
import json, netCDF4, numpy
d, r = netCDF4.Dataset("s.nc"), netCDF4.Dataset("single.nc")
o = json.load(open("single.json"))
d.set_auto_mask(False)
place = list(r["place"][:])
people = r["people"][:]
assert abs(d["error"][2, 2] - o["score"]["error"]) < 1e-14  # JSON has 15 digits
assert d["kakuma"][2, 2] == people[-1, place.index("Kakuma")]
assert d["tenth"][2, 2] == people[9].sum()
assert abs(d["road"][2, 2] - r["link_people"][:].sum(axis=1).mean()) < 1e-9
assert numpy.allclose(d["error_mean"][:], d["error"][:].mean(axis=1))
assert numpy.allclose(d["error_sd"][:], d["error"][:].std(axis=1, ddof=1))
# The last day of the series and the indicator are the same numbers.
k = list(d["place"][:]).index("Kakuma")
assert numpy.allclose(d["people_mean"][:, -1, k], d["kakuma"][:].mean(axis=1))
assert numpy.allclose(d["people_quantile"][:, 2, -1, k], numpy.median(d["kakuma"][:], axis=1))
END

# The study as a whole, in room that does not grow; blocks of replicates; stopped, killed, resumed.
cat >towns.yaml <<'END'
scenario: towns
design: sobol
n: 64
seed: 2
replicates: 20
block: 6
files: 20
vary:
  - {key: hop.max_move_speed, min: 100, max: 400}
  - {key: hop.default_movechance, min: 0.1, max: 0.9}
indicators: [{name: birch, of: people, place: Birch}, {name: persons}]
series: {of: people, every: 5, keep: study}
END
"$libflow" sweep plan towns.yaml -o towns.csv -q
"$libflow" sweep run towns.csv -o t -t 2 -q
"$libflow" sweep collect t -o t.nc -q
"$python" - <<'END' || fail "the series of the study do not fit the members"
import netCDF4, numpy
d = netCDF4.Dataset("t.nc")
d.set_auto_mask(False)
k = list(d["place"][:]).index("Birch")
x = d["birch"][:].ravel()
assert x.size == 1280
assert abs(d["people_mean"][-1, k] - x.mean()) < 1e-6 and d["people_max"][-1, k] == x.max()
assert d["people_min"][-1, k] == x.min() and abs(d["people_sd"][-1, k] / x.std(ddof=1) - 1) < 1e-6
q = numpy.quantile(x, d["quantile"][:])
assert (abs(d["people_quantile"][:, -1, k] - q) <= q / 32 + 1).all(), (d["people_quantile"][:, -1, k], q)
END
i=0
while [ $i -lt 20 ]; do
    i=$((i + 1))
    "$libflow" sweep run towns.csv -o killed -t 2 -q >/dev/null 2>&1 &
    pid=$!
    sleep 0.0$((i % 10))
    kill -9 $pid 2>/dev/null || true
    wait $pid 2>/dev/null || true
done
"$libflow" sweep run towns.csv -o killed -q
"$libflow" sweep collect killed -o killed.nc -q
cmp t.nc killed.nc || fail "a study whose processes were killed differs"
[ -z "$(find killed -name '*tmp*' -o -name '*.part*')" ] || fail "left over: $(ls killed)"

# A stopped run saves its runs and says 75; the next start goes on.
sed 's/days: 30/days: 60/; s/replicates: 4/replicates: 400/' south.yaml >long.yaml
"$libflow" sweep plan long.yaml -o long.csv -q
status=0
"$libflow" sweep run long.csv -o long --time-limit 3 -t 2 >out 2>err || status=$?
[ $status = 75 ] || fail "a time limit gives $status: $(cat err)"
grep -Eq "stopped after [1-9][0-9]* of 1600 runs" err || fail "unclear: $(cat err)"
[ -n "$(find long -name '*.part')" ] || fail "nothing is saved: $(ls long)"
for signal in TERM USR1; do
    "$libflow" sweep run long.csv -o long -t 1 -q >out 2>err &
    pid=$!
    sleep 2
    kill -s $signal $pid
    status=0
    wait $pid || status=$?
    [ $status = 75 ] || fail "SIG$signal gives $status: $(cat err)"
done
refuse 75 "files of runs are missing" sweep collect long -o long.nc
[ ! -e long.nc ] || fail "a study without all runs"

# Faults.
refuse 1 "another plan is run in this folder" sweep run south.csv -o t
refuse 73 "it exists" sweep plan towns.yaml -o towns.csv
refuse 73 "it exists" sweep collect t -o t.nc
refuse 64 "is none of plan, run, collect" sweep rnu x
refuse 64 "-o FOLDER is missing" sweep run towns.csv
refuse 64 "--shard '4/3' is not I/N" sweep run towns.csv -o t --shard 4/3
sed 's/min: 100/min: -100/' towns.yaml >bad.yaml
refuse 1 "bad.yaml:9:5: hop.max_move_speed=-" sweep plan bad.yaml -o bad.csv
sed 's/hop.default_movechance/hop.defalt_movechance/' towns.yaml >bad.yaml
refuse 1 "bad.yaml:10:5: hop.defalt_movechance=" sweep plan bad.yaml -o bad.csv
sed 's/place: Birch/place: Brich/' towns.yaml >bad.yaml
refuse 1 "bad.yaml:11:14: there is no place 'Brich'" sweep plan bad.yaml -o bad.csv
refuse 1 "no HDF5" sensitivity towns.csv
# Root may write everywhere, so it becomes nobody.
mkdir closed && chmod a-w closed
as=
if [ "$(id -u)" = 0 ]; then
    as="setpriv --reuid=65534 --regid=65534 --clear-groups"
    chmod 755 "$work" "$libflow"
    chmod -R a+rX .
    $as true 2>/dev/null || as=skip
fi
if [ "$as" != skip ]; then
    status=0
    $as "$libflow" sweep run south.csv -o closed/s >out 2>err || status=$?
    [ "$status" = 73 ] || fail "a read-only folder gives $status: $(cat err)"
    grep -q "closed/s.*Permission denied" err || fail "unclear: $(cat err)"
    [ ! -e closed/s ] || fail "a folder is left"
fi
# The size limit counts blocks of 512 bytes.
status=0
(trap '' XFSZ; ulimit -f 8; "$libflow" sweep run ishigami.csv -o full -q >out 2>err) || status=$?
[ $status = 74 ] || fail "a full disk gives $status: $(cat err)"
grep -q "cannot write 'full/" err || fail "unclear text: $(cat err)"
"$libflow" sweep run ishigami.csv -o full -q
"$libflow" sweep collect full -o full.nc -q
cmp ishigami.nc full.nc || fail "a study after a full disk differs"
