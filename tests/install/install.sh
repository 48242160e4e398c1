#!/bin/sh
# An installed libflow serves a stranger by CMake and by pkg-config, shared and static, even after
# its tree was moved. Usage: install.sh BUILD_FOLDER
set -eu

build=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset CMAKE_PREFIX_PATH PKG_CONFIG_PATH LD_LIBRARY_PATH || true

fail()
{
    echo "install.sh: $*" >&2
    exit 1
}

quiet()
{
    "$@" >"$work/log" 2>&1 || {
        cat "$work/log" >&2
        fail "'$*' fails"
    }
}

# use NAME PREFIX: build and run the stranger both ways.
use()
{
    name=$1
    prefix=$2
    pc=$(find "$prefix" -name flow.pc)
    [ -n "$pc" ] || fail "$name: no flow.pc"
    quiet cmake -S "$root/tests/install" -B "$work/$name-cmake" -DCMAKE_PREFIX_PATH="$prefix"
    quiet cmake --build "$work/$name-cmake"
    quiet "$work/$name-cmake/stranger" "$root/scenarios/two-towns"
    grep -q '^10000 people after 20 days$' "$work/log" || fail "$name: CMake: $(cat "$work/log")"
    PKG_CONFIG_PATH=$(dirname "$pc")
    export PKG_CONFIG_PATH
    libdir=$(dirname "$PKG_CONFIG_PATH")
    # shellcheck disable=SC2046 # words on purpose
    quiet "${CC:-cc}" -std=c17 -o "$work/$name-pc" "$root/tests/install/main.c" \
        $(pkg-config --cflags --libs flow) -Wl,-rpath,"$libdir"
    quiet "$work/$name-pc" "$root/scenarios/two-towns"
    [ "$(pkg-config --modversion flow)" = "$("$prefix/bin/libflow" --version | cut -d' ' -f2)" ] ||
        fail "$name: versions differ"
}

quiet cmake --install "$build" --prefix "$work/first"
mv "$work/first" "$work/moved"
if grep -rIl "$work/first" "$work/moved" | grep -q .; then fail "installed files know their prefix"; fi
if grep -rIlF -e "$root/include" -e "$root/libflow" -e "$build" "$work/moved" | grep -q .; then
    fail "installed files know the checkout"
fi

headers=$(cd "$work/moved/include" && find . -type f | sort)
[ "$headers" = "$(cd "$root/include" && find . -name '*.h' | sort)" ] || fail "headers: $headers"

library=$(find "$work/moved" -name libflow.so)
[ -n "$library" ] || fail "no libflow.so"
nm -D --defined-only "$library" | sed 's/.* //' | sort >"$work/symbols"
while read -r symbol; do
    cat "$root"/include/flow/*.h | grep -q "[ *]$symbol(" || fail "$symbol is visible, but not public"
done <"$work/symbols"
cat "$root"/include/flow/*.h | grep -o 'flow_[a-z_]*(' | tr -d '(' | sort -u |
    while read -r symbol; do
        grep -qx "$symbol" "$work/symbols" || echo "$symbol"
    done >"$work/really"
[ ! -s "$work/really" ] || fail "public, but not visible: $(cat "$work/really")"

use shared "$work/moved"

# The same from C++, with its warnings.
command -v c++ >/dev/null || fail "no C++ compiler (Debian: g++)"
# shellcheck disable=SC2046 # words on purpose
quiet c++ -std=c++17 -Wall -Wextra -pedantic -Werror -o "$work/plus" \
    "$root/tests/install/main.cpp" $(pkg-config --cflags --libs flow) -Wl,-rpath,"$libdir"
quiet "$work/plus" "$root/scenarios/two-towns"
grep -q '^people of 2 places: 30000 persons in 3 members$' "$work/log" ||
    fail "C++: $(cat "$work/log")"

quiet cmake -S "$root" -B "$work/static" -DBUILD_SHARED_LIBS=OFF -DCMAKE_BUILD_TYPE=Debug \
    -DFLOW_TESTS=OFF -DFLOW_BENCH=OFF -DFLOW_EXAMPLES=OFF
quiet cmake --build "$work/static" --parallel
quiet cmake --install "$work/static" --prefix "$work/archive"
use static "$work/archive"
echo "install.sh: all good"
