#!/bin/sh
# Help, version, wrong use and exit statuses of the command.
# Usage: usage.sh LIBFLOW
set -eu

libflow=${1:-${LIBFLOW:-libflow}}
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fail()
{
    echo "usage.sh: $*" >&2
    exit 1
}

# expect STATUS TEXT-ON-STDERR WORD...: nothing on standard output.
expect()
{
    wanted=$1
    text=$2
    shift 2
    status=0
    "$libflow" "$@" >out 2>err || status=$?
    [ "$status" = "$wanted" ] || fail "'$*' exits with $status, not $wanted: $(cat err)"
    [ ! -s out ] || fail "'$*' prints to standard output: $(cat out)"
    grep -qF -- "$text" err || fail "'$*' says '$(cat err)', not '$text'"
}

# shows TEXT WORD...: status 0, nothing on standard error.
shows()
{
    text=$1
    shift
    "$libflow" "$@" >out 2>err || fail "'$*' fails: $(cat err)"
    [ ! -s err ] || fail "'$*' prints to standard error: $(cat err)"
    grep -qF -- "$text" out || fail "'$*' does not show '$text': $(cat out)"
}

version=$(sed -n 's/^#define FLOW_VERSION "\(.*\)"/\1/p' "$root/include/flow/flow.h")
shows "libflow $version" --version
shows "Commands:" help
shows "Commands:" --help
shows "Commands:" -h
shows "Commands:" help help
commands=$("$libflow" help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' | grep -v '^help$')
[ "$(echo "$commands" | wc -l)" -ge 5 ] || fail "few commands: $commands"
for command in $commands; do
    shows "Usage: libflow $command" help "$command"
    cp out by-help
    shows "Usage: libflow $command" "$command" --help
    cmp -s out by-help || fail "two helps of $command"
    shows "Usage: libflow $command" "$command" -h
    [ "$(awk 'length > 80' out | wc -l)" = 0 ] || fail "help of $command is wider than 80 columns"
    shows "  -h, --help" "$command" --help
    expect 64 "libflow $command: unknown option '--hepl'; did you mean '--help'?" "$command" --hepl
    expect 64 "libflow $command: unknown option '-Z'" "$command" -Z
    expect 64 "libflow $command: option '--help' takes no value" "$command" --help=1
    expect 64 "' too many" "$command" keys extra more
done

expect 64 "a command is missing"
expect 64 "unknown command 'rnu'; did you mean 'run'?" rnu
expect 64 "unknown command 'xyzzyx'" xyzzyx
expect 64 "unknown option '--versoin'" --versoin
expect 64 "unknown command 'nothing'" help nothing
expect 64 "one 'b' too many" help run b
expect 64 "SCENARIO is missing" run
expect 64 "SCENARIO is missing" check --json
expect 64 "OUT.nc is missing" score
expect 64 "OUT.nc is missing" info
expect 64 "option '-o' needs a value" run x -o
expect 64 "option '--seed' needs a value" run x --seed
expect 64 "--output needs a OUT.nc, not an empty text" run x -o ""
expect 64 "--seed 'abc' is not a whole number" run x --seed abc
expect 64 "--seed '1.5' is not a whole number" run x --seed 1.5
expect 64 "--seed -1 is outside [0, 9223372036854775807]" run x --seed=-1
expect 64 "--seed 99999999999999999999 is outside [0, 9223372036854775807]" \
    run x --seed 99999999999999999999
expect 64 "--days 3000000000 is outside [1, 100000]" run x --days 3000000000
expect 64 "--days 0 is outside" run x --days 0
expect 64 "--threads 0 is outside [1, 1024]" run x -t 0
expect 64 "nothing is called 'hop.camp_weigth'; did you mean 'hop.camp_weight'?" \
    describe hop.camp_weigth
expect 64 "nothing is called 'zzzzzzzzzzz'" describe zzzzzzzzzzz
[ "$("$libflow" run x --sead 2>&1 >/dev/null | tail -1)" = "See: libflow run --help" ] ||
    fail "no pointer to the help"

shows "hop.camp_weight" describe
shows "hop.camp_weight" describe keys
shows "hop.camp_weight" describe hop
shows "hop.camp_weight = 1" describe hop.camp_weight
shows "people" describe observables
shows "idp_camp" describe places

# Standard output that cannot be written is an error.
if [ -w /dev/full ]; then
    status=0
    "$libflow" describe >/dev/full 2>err || status=$?
    [ "$status" = 74 ] || fail "a full standard output gives $status"
    grep -q "cannot write to standard output: No space left" err || fail "unclear: $(cat err)"
fi
