#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# usage: printed.sh FUZZ-PROGRAMS COMPILER...   A compiler command with the flags of a test. Prints TAP.
# What would break: a program that found a fault is printed as C that cannot be pasted into a test.
set -euo pipefail

programs=$1
shift
file=$(mktemp --suffix=.c)
trap 'rm -f "$file"' EXIT
status=0

# bytes FIRST SEED: a program of one configuration, in hex. From 224 on it has a second process.
bytes() {
	python3 -B -c 'import random, sys
random.seed(int(sys.argv[2]))
print("%02x" % int(sys.argv[1]) + random.randbytes(12000).hex())' "$1" "$2"
}

echo 1..3
for number in 1 2 3; do
	if "$programs" "--hex=$(bytes $((number * 75)) $number)" >"$file" && [ "$(wc -l <"$file")" -gt 1000 ] &&
		"$@" -fsyntax-only "$file" >&2; then
		echo "ok $number - the C of program $number can be compiled"
	else
		echo "not ok $number - the C of program $number can be compiled"
		status=1
	fi
done
exit $status
