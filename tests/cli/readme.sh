#!/bin/sh
# The README tells the truth: its C example is the compiled one, its links and commands exist; docs/command.md is the help.
# Usage: readme.sh LIBFLOW
set -eu

libflow=${1:-${LIBFLOW:-libflow}}
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail()
{
    echo "readme.sh: $*" >&2
    exit 1
}

sed -n '/^```c$/,/^```$/p' README.md | sed '1d;$d' >"$work/readme.c"
cmp "$work/readme.c" apps/examples/run_scenario.c || fail "the example is not apps/examples/run_scenario.c"

tools/command_md.sh "$libflow" >"$work/command.md"
cmp "$work/command.md" docs/command.md ||
    fail "docs/command.md is old: tools/command_md.sh LIBFLOW >docs/command.md"

for file in README.md CONTRIBUTING.md docs/*.md scenarios/*/README.md; do
    [ -f "$file" ] || continue
    grep -o '](\([^)#]*\)' "$file" | sed 's/](//' | grep -v '^https\{0,1\}:' >"$work/links" || true
    while read -r link; do
        [ -e "$(dirname "$file")/$link" ] || fail "$file: '$link' does not exist"
    done <"$work/links"
done

"$libflow" help >"$work/help"
sed -n '/^```sh$/,/^```$/p' README.md | grep -o '^libflow [a-z]*' | sort -u | while read -r _ command; do
    grep -q "^  $command " "$work/help" || fail "there is no 'libflow $command'"
done
grep -o '^tools/[a-z.]*' README.md | while read -r tool; do
    [ -x "$tool" ] || fail "$tool cannot be run"
done
