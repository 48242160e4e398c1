#!/bin/sh
# A network divided over the ranks of libflow-mpi: any number of ranks and threads gives the data
# and the checksum of one process; a killed rank ends them all.
# Usage: mpi_divided.sh LIBFLOW
set -eu

libflow=${1:-${LIBFLOW:-libflow}}
together=$(dirname "$libflow")/libflow-mpi
mpirun=${MPIRUN:-mpirun}
root=$(cd "$(dirname "$0")/../.." && pwd)
data=${LIBFLOW_DATA:-$root/../shared/data}
[ -x "$together" ] || { echo "skipped: libflow-mpi was not built"; exit 77; }
command -v "$mpirun" >/dev/null || { echo "skipped: no $mpirun"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
libflow=$(cd "$(dirname "$libflow")" && pwd)/$(basename "$libflow")
together=$(cd "$(dirname "$together")" && pwd)/libflow-mpi
cd "$work"
# More ranks than cores, as root in containers, without a secure shell; MPICH ignores all of it.
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_plm_rsh_agent= \
    OMPI_MCA_mpi_yield_when_idle=1 OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1

fail()
{
    echo "mpi_divided.sh: $*" >&2
    exit 1
}

if ! timeout 60 "$mpirun" -n 1 "$together" --version >out 2>&1; then
    echo "skipped: $mpirun does not start a program: $(tail -3 out)"
    exit 77
fi

# What a result says but for its own making.
data_of()
{
    ncdump "$1" | grep -v -e '^netcdf ' -e ':history = ' -e ':date_created = ' \
        -e ':command_line = ' -e ':threads = '
}

# compare NAME SCENARIO RANKS:THREADS... -- OPTION...
compare()
{
    name=$1 scenario=$2
    shift 2
    pairs=
    while [ "$1" != -- ]; do
        pairs="$pairs $1"
        shift
    done
    shift
    "$libflow" run "$scenario" -o whole.nc -f -t 1 --json "$@" >whole 2>err ||
        fail "$name: $(head -5 err)"
    data_of whole.nc >whole.txt
    for pair in $pairs; do
        n=${pair%:*}
        timeout 300 "$mpirun" -n "$n" "$together" run "$scenario" -o part.nc -f \
            -t "${pair#*:}" --divide --json "$@" >part 2>err ||
            fail "$name over $n ranks fails: $(head -5 err)"
        grep -q "\"processes\": $n," part || fail "$name: not $n ranks: $(cat part)"
        [ "$(grep checksum part)" = "$(grep checksum whole)" ] ||
            fail "$name over $n ranks of ${pair#*:} threads: $(grep checksum part)"
        data_of part.nc >part.txt
        cmp -s whole.txt part.txt ||
            fail "$name over $n ranks writes other data: $(diff whole.txt part.txt | head -5)"
    done
    [ "$(grep -c . whole.txt)" -gt 100 ] || fail "$name: the result is empty"
}

# A hundred by a hundred places in a grid: camps that fill, fighting in the middle, a closed road.
mkdir grid
awk 'BEGIN {
    print "name,kind,country,region,latitude,longitude,population,capacity,initial_idps" >"grid/places.csv"
    print "from,to,length_km" >"grid/links.csv"
    for (y = 0; y < 100; y++) for (x = 0; x < 100; x++) {
        camp = (x * 7 + y * 13) % 29 == 0
        printf "p%d_%d,%s,%s,r%d,%.2f,%.2f,%s,%s,%d\n", x, y, camp ? "camp" : "town",
            x < 50 ? "West" : "East", y % 5, y / 10, x / 10,
            camp ? "" : 1000 + (x * y) % 700, camp ? 200 + x : "", camp ? 0 : (x + 3 * y) % 23 >"grid/places.csv"
        if (x < 99) printf "p%d_%d,p%d_%d,%d\n", x, y, x + 1, y, 30 + (x * 31 + y * 17) % 260 >"grid/links.csv"
        if (y < 99) printf "p%d_%d,p%d_%d,%d\n", x, y, x, y + 1, 30 + (x * 11 + y * 23) % 260 >"grid/links.csv"
    }
}'
cat >grid/conflict.csv <<'END'
place,start,end,intensity
p50_50,2024-01-01,,1
p10_80,2024-01-03,2024-01-05,0.5
END
cat >grid/closures.csv <<'END'
kind,from,to,start,end
link,p50_50,p51_50,2024-01-02,2024-01-04
END
cat >grid/scenario.yaml <<'END'
libflow: 1
title: A grid
period: {start: 2024-01-01, days: 8}
spawn: {mode: conflict, rate_kind: pop_ratio, rate: 0.05}
END

south=$root/scenarios/south-sudan-2013
compare "South Sudan" "$south" 1:2 2:1 2:2 4:1 4:2 -- -d 25
compare "South Sudan, camps that fill in small turns" "$south" 3:1 -- -d 12 \
    --set hop.capacity_batch=0.01
compare "Somalia" "$root/scenarios/somalia-floods-2018" 1:1 2:2 4:1 -- -d 60
compare "three causes" "$root/scenarios/three-causes" 2:1 4:2 -- -d 60
compare "two towns, more ranks than places" "$root/scenarios/two-towns" 3:1 -- -d 5
compare "a grid" grid 1:1 2:1 2:2 4:1 4:2 -- -s 5
# Nobody goes on, and no place has a limit: people are there before others travel.
compare "a grid without limits" grid 2:2 3:1 -- --set hop.onward=false \
    --set hop.capacity_scaling=0 --set hop.avoid_short_stints=false
# Every seventh place is closed while people are on their way there: they return to the beginning
# of their link, whoever steps it.
cp -r grid closing
awk 'BEGIN {
    for (y = 0; y < 100; y++) for (x = 0; x < 100; x++) {
        if ((x + y) % 7 == 0) printf "place,p%d_%d,,2024-01-03,2024-01-05\n", x, y
    }
}' >>closing/closures.csv
compare "a grid that closes" closing 2:2 3:1 -- --set hop.max_move_speed=60
if [ -d "$data/conflicts/mali2012" ]; then
    compare "Mali" "$data/conflicts/mali2012" 2:1 4:2 -- -d 25
else
    echo "without Mali: no $data/conflicts/mali2012"
fi

# The report says how.
timeout 60 "$mpirun" -n 2 "$together" run grid -o said.nc -d 1 --divide -t 1 >out 2>err ||
    fail "report: $(cat err)"
tr '\n' ' ' <out | grep -q 'Divided over 2 processes .* places each, .* of .* links from one to' ||
    fail "the report does not say how it was divided: $(cat out)"
[ "$(grep -c 'Result file' out)" = 1 ] || fail "more than one rank reports"

# Refusals, each said once.
refuse()
{
    what=$1
    shift
    status=0
    timeout 60 "$mpirun" -n 3 "$together" run "$@" >out 2>err || status=$?
    [ $status != 0 ] || fail "not refused: $*"
    grep -q -e "$what" err || fail "'$what' is not said: $(cat err)"
    [ ! -e none.nc ] && [ ! -e none.nc.part ] || fail "'$what' leaves a file"
}
refuse '--divide goes with none of' grid -o none.nc --divide --individuals all
refuse '--divide goes with none of' grid -o none.nc --divide --checkpoint none.ckpt
refuse 'nowhere/none.nc' grid -o nowhere/none.nc --divide
[ "$(grep -c 'nowhere/none.nc' err)" = 1 ] || fail "said more than once: $(cat err)"
refuse 'hop.nonsense' grid -o none.nc --divide --set hop.nonsense=1
[ "$(grep -c 'hop.nonsense' err)" = 1 ] || fail "said more than once: $(cat err)"
status=0
"$libflow" run grid -o none.nc --divide >out 2>err || status=$?
[ $status = 64 ] && grep -q 'only libflow-mpi divides' err || fail "libflow divides: $(cat err)"

# A killed rank ends the others; there is no result.
"$mpirun" -n 3 "$together" run grid -o killed.nc --divide -q -t 1 --set hop.capacity_batch=0.001 \
    --set period.days=400 >out 2>&1 &
pid=$!
tries=0
until [ -e killed.nc.part ] || [ $tries -ge 300 ]; do
    sleep 0.1
    tries=$((tries + 1))
done
[ -e killed.nc.part ] || fail "nothing begins: $(cat out)"
# Ranks are known by their command; only those of this test work in this folder.
rank=
for p in /proc/[0-9]*; do
    if [ "$(readlink "$p/cwd" 2>/dev/null)" = "$work" ] &&
        [ "$(readlink "$p/exe" 2>/dev/null)" = "$together" ]; then
        rank=${p#/proc/}
    fi
done
[ -n "$rank" ] || fail "no rank is found: $(cat out)"
kill -9 "$rank"
status=0
wait $pid || status=$?
[ $status != 0 ] || fail "a killed rank is no failure"
[ ! -e killed.nc ] || fail "a killed rank leaves a result"

# One rank that fails in the middle ends the others, which wait for it: here the first one, whose
# result has a name that somebody else took meanwhile.
"$mpirun" -n 3 "$together" run grid -o taken.nc --divide -q -t 1 --set period.days=40 \
    --set hop.capacity_batch=0.01 >out 2>&1 &
pid=$!
tries=0
until [ -e taken.nc.part ] || [ $tries -ge 300 ]; do
    sleep 0.1
    tries=$((tries + 1))
done
echo mine >taken.nc
status=0
wait $pid || status=$?
[ $status = 73 ] || fail "a result that cannot get its name gives $status: $(cat out)"
grep -q 'taken.nc' out || fail "nobody says why: $(cat out)"
[ "$(cat taken.nc)" = mine ] && [ ! -e taken.nc.part ] || fail "a file was lost, or is left"
