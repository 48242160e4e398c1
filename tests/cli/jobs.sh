#!/bin/sh
# docs/clusters.md shows the scripts of docs/jobs as they are; those that need no cluster are run.
# Usage: jobs.sh LIBFLOW
set -eu

libflow=${1:-${LIBFLOW:-libflow}}
python=${PYTHON:-/usr/bin/python3}
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
cp "$libflow" "$work/bin/libflow"
PATH=$work/bin:$PATH
export PATH
unset SLURM_ARRAY_TASK_ID SLURM_ARRAY_TASK_COUNT SLURM_ARRAY_TASK_MIN SLURM_ARRAY_TASK_STEP || true

fail()
{
    echo "jobs.sh: $*" >&2
    exit 1
}

"$python" - "$root" <<'END' || fail "docs/clusters.md and docs/jobs differ"
import pathlib, sys
docs = pathlib.Path(sys.argv[1]) / "docs"
text = (docs / "clusters.md").read_text()
scripts = sorted((docs / "jobs").iterdir())
assert len(scripts) >= 4
for script in scripts:
    assert script.read_text() in text, script
END

cp -r "$root/scenarios/two-towns" "$work/towns"
cd "$work"
cat >plan.yaml <<'END'
scenario: towns
design: sobol
n: 32
replicates: 3
vary: [{key: hop.max_move_speed, min: 100, max: 400}]
indicators: [{name: birch, of: people, place: Birch}]
END
libflow sweep plan plan.yaml -o plan.csv -q
libflow sweep run plan.csv -o serial -q
libflow sweep collect serial -o serial.nc -q
ran=
if command -v parallel >/dev/null && parallel --version 2>/dev/null | grep -q "GNU parallel"; then
    # One shard fails at first: its log says so, and the second start does it.
    mkdir gnu
    cp plan.csv gnu/plan.csv
    sed '1s/$/,x/' plan.csv >other.csv
    if parallel --joblog gnu.log --resume-failed libflow sweep run {} -o gnu -q ::: other.csv \
        >out 2>&1; then
        fail "a table that is no plan is run"
    fi
    rm gnu.log
    sh "$root/docs/jobs/parallel.sh" plan.csv gnu >out 2>&1 || fail "GNU parallel: $(cat out)"
    [ "$(wc -l <gnu.log)" = 17 ] || fail "not sixteen shards: $(cat gnu.log)"
    libflow sweep collect gnu -o gnu.nc -q
    cmp serial.nc gnu.nc || fail "the study of GNU parallel differs"
    ran="GNU parallel"
fi
if command -v snakemake >/dev/null; then
    mkdir snake
    cp plan.yaml snake/
    cp -r towns snake/
    (cd snake && snakemake -s "$root/docs/jobs/Snakefile" --cores 2 --config plan=plan.yaml) \
        >out 2>&1 || fail "Snakemake: $(tail -20 out)"
    "$python" -c 'import netCDF4' 2>/dev/null || exit 0
    "$python" - <<'END' || fail "the study of Snakemake differs"
import netCDF4
a, b = netCDF4.Dataset("serial.nc"), netCDF4.Dataset("snake/study.nc")
assert (a["birch"][:] == b["birch"][:]).all() and a.checksum == b.checksum
END
    ran="$ran${ran:+, }Snakemake"
fi
[ -n "$ran" ] || { echo "skipped: neither GNU parallel nor Snakemake"; exit 77; }
echo "jobs.sh: $ran"
