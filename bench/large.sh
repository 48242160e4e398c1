#!/bin/sh
# A large grid, whole and divided over ranks: processor seconds and memory of every process.
# Usage: bench/large.sh BUILD_FOLDER [SIDE [DAYS]]   SIDE x SIDE places, 400 by default; 10 days
set -eu

build=$(cd "$1" && pwd)
side=${2:-400}
days=${3:-10}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_plm_rsh_agent= \
    OMPI_MCA_mpi_yield_when_idle=1 OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1

mkdir grid
awk -v n="$side" 'BEGIN {
    print "name,kind,country,region,latitude,longitude,population,capacity,initial_idps" >"grid/places.csv"
    print "from,to,length_km" >"grid/links.csv"
    for (y = 0; y < n; y++) for (x = 0; x < n; x++) {
        camp = (x * 7 + y * 13) % 29 == 0
        printf "p%d_%d,%s,%s,r%d,%.3f,%.3f,%s,%s,%d\n", x, y, camp ? "camp" : "town",
            x < n / 2 ? "West" : "East", y % 5, y / n * 80, x / n * 80,
            camp ? "" : 1000, camp ? 2000 : "", camp ? 0 : 20 + (x + 3 * y) % 23 >"grid/places.csv"
        if (x < n - 1) printf "p%d_%d,p%d_%d,%d\n", x, y, x + 1, y, 100 + (x * 31 + y * 17) % 400 >"grid/links.csv"
        if (y < n - 1) printf "p%d_%d,p%d_%d,%d\n", x, y, x, y + 1, 100 + (x * 11 + y * 23) % 400 >"grid/links.csv"
    }
}'
middle=$((side / 2))
cat >grid/conflict.csv <<END
place,start,end,intensity
p${middle}_$middle,2024-01-01,,1
END
cat >grid/scenario.yaml <<END
libflow: 1
title: A large grid
period: {start: 2024-01-01, days: $days}
spawn: {mode: conflict, rate_kind: pop_ratio, rate: 0.05}
output: {only: people}
END

format='  %U s of processor, %S s of the system, %M KB'
for n in 0 1 2 4; do
    if [ $n = 0 ]; then
        echo "one process, not divided:"
        env time -f "$format" "$build/libflow" run grid -o 0.nc -t 1 --json >out 2>err
    else
        command -v "${MPIRUN:-mpirun}" >/dev/null && [ -x "$build/libflow-mpi" ] || break
        echo "$n processes:"
        "${MPIRUN:-mpirun}" -n $n env time -f "$format" "$build/libflow-mpi" run grid -o $n.nc \
            -t 1 --divide --json >out 2>err
    fi
    grep 'of processor' err
    grep -e checksum -e '"bytes"' -e cut_links -e load_s out
done
