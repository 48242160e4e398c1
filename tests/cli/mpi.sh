#!/bin/sh
# libflow-mpi: any number of ranks, and a killed one, give the study of one process.
# Usage: mpi.sh LIBFLOW
set -eu

libflow=${1:-${LIBFLOW:-libflow}}
together=$(dirname "$libflow")/libflow-mpi
mpirun=${MPIRUN:-mpirun}
root=$(cd "$(dirname "$0")/../.." && pwd)
[ -x "$together" ] || { echo "skipped: libflow-mpi was not built"; exit 77; }
command -v "$mpirun" >/dev/null || { echo "skipped: no $mpirun"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
libflow=$(cd "$(dirname "$libflow")" && pwd)/$(basename "$libflow")
together=$(cd "$(dirname "$together")" && pwd)/libflow-mpi
cp -r "$root/scenarios/south-sudan-2013" "$work/south"
cd "$work"
unset SLURM_ARRAY_TASK_ID SLURM_ARRAY_TASK_COUNT SLURM_ARRAY_TASK_MIN SLURM_ARRAY_TASK_STEP || true
# More ranks than cores, as root in containers, without a secure shell; MPICH ignores all of it.
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_plm_rsh_agent= \
    OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMP_NUM_THREADS=1

fail()
{
    echo "mpi.sh: $*" >&2
    exit 1
}

if ! timeout 60 "$mpirun" -n 1 "$together" --version >out 2>&1; then
    echo "skipped: $mpirun does not start a program: $(tail -3 out)"
    exit 77
fi

cat >plan.yaml <<'END'
scenario: south
days: 10
design: latin_hypercube
n: 24
seed: 3
replicates: 3
vary:
  - {key: hop.max_move_speed, min: 200, max: 500}
  - {key: hop.camp_weight, distribution: loguniform, min: 0.5, max: 4}
indicators: [{name: error}, {name: persons}]
series: {of: people, every: 10}
END
"$libflow" sweep plan plan.yaml -o plan.csv -q
"$libflow" sweep run plan.csv -o serial -q
"$libflow" sweep collect serial -o serial.nc -q
for n in 1 2 4; do
    timeout 300 "$mpirun" -n $n "$together" sweep run plan.csv -o ranks$n --json >out 2>err ||
        fail "$n ranks fail: $(cat err)"
    grep -q '"runs": 72,' out || fail "$n ranks do not do 72 runs: $(cat out)"
    grep -q "\"threads\": $n," out || fail "not $n ranks: $(cat out)"
    "$libflow" sweep collect ranks$n -o ranks$n.nc -q
    cmp serial.nc ranks$n.nc || fail "the study of $n ranks differs"
done

# A killed rank ends them all; the next start does what is missing.
sed -e 's/days: 10/days: 50/' plan.yaml >long.yaml
"$libflow" sweep plan long.yaml -o long.csv -q
"$libflow" sweep run long.csv -o whole -q
"$libflow" sweep collect whole -o whole.nc -q
"$mpirun" -n 4 "$together" sweep run long.csv -o killed -q >out 2>&1 &
pid=$!
tries=0
until [ "$(find killed -name '*.runs' 2>/dev/null | wc -l)" -ge 5 ] || [ $tries -ge 300 ]; do
    sleep 0.1
    tries=$((tries + 1))
done
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
done=$(find killed -name '*.runs' | wc -l)
{ [ "$done" -ge 5 ] && [ "$done" -lt 24 ]; } || fail "killed after $done of 24 files: too late"
timeout 300 "$mpirun" -n 3 "$together" sweep run long.csv -o killed --json >out 2>err ||
    fail "after a killed rank: $(cat err)"
"$libflow" sweep collect killed -o killed.nc -q
cmp whole.nc killed.nc || fail "the study after a killed rank differs"
