#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# `--help` of each script. Prints TAP.
#
# What would break: a script without a help text, or one that works instead of printing it; lines that a terminal of 120
# columns cuts.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=test/scripts/tap.sh
. test/scripts/tap.sh
export COLUMNS=120 LC_ALL=C.UTF-8

# helps SCRIPT: the text is on stdout, nothing is on stderr, and no line is too long.
helps() {
	"$1" --help >"$work/text" 2>"$work/error" || return 1
	[ -s "$work/text" ] && is '' "$(cat "$work/error")" && is '' "$(grep -E '.{121}' "$work/text")"
}

scripts=()
for script in scripts/* scripts/package/*; do
	[ ! -f "$script" ] || [ ! -x "$script" ] || scripts+=("$script")
done
echo "1..${#scripts[@]}"
for script in "${scripts[@]}"; do
	ok "$script --help" helps "$script"
done
