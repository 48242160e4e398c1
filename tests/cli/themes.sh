#!/bin/sh
# The table of themes in docs/themes.md names modules, parameters, observables, tests and scenarios
# that are there.
# Usage: themes.sh LIBFLOW
set -eu

libflow=${1:-${LIBFLOW:-libflow}}
root=$(cd "$(dirname "$0")/../.." && pwd)
python=${PYTHON:-/usr/bin/python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$python" "$root/tests/themes_check.py" "$libflow" "$root"

# What is not there is found, whatever it is.
sed -e '/^| S3 /d' -e '/^| S15 /s/`needs`/`neads`/' -e '/^| S16 /s/counter_trafficking.identify/&s/' \
    -e '/^| S19 /s/mortality`/mortalities`/' -e '/^| S11 /s/cash_before/cash_long_before/' \
    -e '/^| S17 /s/germany-2015/germany-2014/' "$root/docs/themes.md" >"$work/wrong.md"
if "$python" "$root/tests/themes_check.py" "$libflow" "$root" "$work/wrong.md" 2>"$work/found"; then
    echo "themes.sh: a wrong table passes" >&2
    exit 1
fi
for theme in S3 S11 S15 S16 S17 S19; do
    if ! grep -q "$theme:" "$work/found"; then
        echo "themes.sh: nothing is said of $theme" >&2
        exit 1
    fi
done
