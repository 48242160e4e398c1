#!/bin/sh
# Install what libflow needs from Debian's packages, and only what is missing.
# Usage: tools/setup.sh [build|test|ci|docs]   build: library and command (default); test: and the
#        tests; ci: and clang, formatter, fuzzer, document checks; docs: what draws the pictures.
set -eu

build="gcc libc6-dev make cmake pkg-config libgsl-dev libhdf5-dev libyaml-dev libjansson-dev zlib1g-dev libcairo2-dev fonts-dejavu-core"
test="g++ doxygen python3 libcriterion-dev netcdf-bin python3-xarray python3-netcdf4 python3-jsonschema librandom123-dev libopenmpi-dev openmpi-bin libmetis-dev"
ci="git clang-14 clang-format-14 libclang-rt-14-dev lld-14 wasi-libc libclang-rt-14-dev-wasm32 libomp-14-dev python3-numpy chromium parallel slurmctld slurmd slurm-client munge procps"
docs="python3-xarray python3-netcdf4 python3-matplotlib"

case "${1:-build}" in
build) wanted=$build ;;
test) wanted="$build $test" ;;
ci) wanted="$build $test $ci" ;;
docs) wanted="$build $docs" ;;
*)
    echo "Usage: tools/setup.sh [build|test|ci|docs]" >&2
    exit 64
    ;;
esac

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    echo "setup: this is no Debian; libflow needs what Debian calls: $wanted"
    exit 0
fi

# Node may come from elsewhere; Debian's packages do not stand beside that.
if [ "${1:-build}" = ci ] && { ! command -v node >/dev/null || ! command -v npm >/dev/null; }; then
    wanted="$wanted nodejs npm"
fi

missing=
for package in $wanted; do
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing="$missing $package"
done
if [ -z "$missing" ]; then
    echo "setup: everything needed is installed"
    exit 0
fi

as_root=
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "setup: missing packages; install them as root:" >&2
        echo "  apt-get install$missing" >&2
        exit 1
    fi
    as_root="sudo env"
fi

echo "setup: installing with apt-get:$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
run()
{
    # shellcheck disable=SC2086 # words on purpose
    if ! $as_root "$@" >"$log" 2>&1; then
        cat "$log" >&2
        echo "setup: '$*' failed" >&2
        exit 1
    fi
}
export DEBIAN_FRONTEND=noninteractive
run apt-get -q -o DPkg::Lock::Timeout=300 update
# shellcheck disable=SC2086
run env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends \
    -o DPkg::Lock::Timeout=300 install $missing
echo "setup: done"
