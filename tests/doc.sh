#!/bin/sh
# The reference documentation is made without a warning, and has every public function.
# Usage: doc.sh. Exit status 77: skipped.
set -eu

cd "$(dirname "$0")/.."
command -v doxygen >/dev/null || { echo "skipped: no doxygen"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail()
{
    echo "doc.sh: $*" >&2
    exit 1
}

# make NAME [SETTING]...: the documentation of the Doxyfile with other settings.
make()
{
    name=$1
    shift
    mkdir -p "$work/$name"
    {
        cat Doxyfile
        echo "OUTPUT_DIRECTORY = $work/$name"
        printf '%s\n' "$@"
    } | doxygen - >"$work/$name.log" 2>&1
}

make good GENERATE_XML=YES || fail "warnings: $(cat "$work/good.log")"
[ ! -s "$work/good.log" ] || fail "doxygen says: $(cat "$work/good.log")"

# Every function of the headers is there, with a sentence on itself and on each parameter.
cat include/flow/*.h | tr '\n' ' ' | grep -o 'FLOW_API [^;]*;' |
    grep -o 'flow_[a-z0-9_]*(' | tr -d '(' | sort -u >"$work/declared"
[ "$(wc -l <"$work/declared")" -gt 30 ] || fail "hardly any functions: $(cat "$work/declared")"
python3 - "$work/good/xml" "$work/declared" <<'PY' || fail "undocumented functions"
import glob
import sys
import xml.etree.ElementTree as tree

functions = {}
for path in glob.glob(sys.argv[1] + "/*_8h.xml"):
    for member in tree.parse(path).iter("memberdef"):
        if member.get("kind") == "function":
            functions[member.findtext("name")] = member
faults = 0
for name in open(sys.argv[2], encoding="utf-8").read().split():
    member = functions.get(name)
    brief = "" if member is None else "".join(member.find("briefdescription").itertext()).strip()
    if not brief:
        print(f"{name} is not documented")
        faults += 1
sys.exit(1 if faults > 0 else 0)
PY

# The test can fail: a function without a word, a parameter without one.
mkdir "$work/include"
printf '/// @file bad.h\n/// A file.\n\n/// A function.\n/// @param a a number.\nvoid flow_bad(int a, int b);\n' \
    >"$work/include/bad.h"
if make bad "INPUT = $work/include"; then fail "an undocumented parameter is no error"; fi
grep -q "parameter 'b'" "$work/bad.log" || fail "another error: $(cat "$work/bad.log")"
printf '/// @file bad.h\n/// A file.\n\nvoid flow_worse(void);\n' >"$work/include/bad.h"
if make worse "INPUT = $work/include"; then fail "an undocumented function is no error"; fi
grep -q "flow_worse" "$work/worse.log" || fail "another error: $(cat "$work/worse.log")"
