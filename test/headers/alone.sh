#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# usage: alone.sh LANGUAGE STANDARD INCLUDE_FOLDER HEADER... -- COMPILER [FLAG...]
# Compiles a file with only one public header, included twice, for each header. There must be no warning. Prints TAP.
#
# What would break: a header could need another one before it. A C++ compiler, or stricter flags, could refuse it. It
# could cause warnings in another project's build.
set -u
language=$1 standard=$2 include=$3
shift 3
headers=
while [ "$1" != -- ]; do
	headers="$headers $1"
	shift
done
shift

set -- $headers -- "$@"
n=0
for header in $headers; do
	n=$((n + 1))
	shift
done
shift
echo "1..$n"
i=0
status=0
for header in $headers; do
	i=$((i + 1))
	name=evpl/$(basename "$header")
	if errors=$(printf '#include <%s>\n#include <%s>\n' "$name" "$name" |
		"$@" -x "$language" -std="$standard" -Wall -Wextra -Wpedantic -Werror -Wundef -I"$include" \
			-fsyntax-only - 2>&1)
	then
		echo "ok $i - $name as $standard"
	else
		echo "not ok $i - $name as $standard"
		echo "$errors" | sed 's/^/# /'
		status=1
	fi
done
exit $status
