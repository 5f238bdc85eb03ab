#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# usage: check.sh BUILD_FOLDER    runs the commands of the README, and prints TAP (scripts/test itself runs this)
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=test/scripts/tap.sh
. test/scripts/tap.sh
export EVPL_BUILD=$1
export EVPL_WATCH_S=3600 # a slow machine does not make the output longer
# The build folder is used as it is. This file tells scripts/build how the folder was configured. If scripts/run asked
# for other options, or if $CC has changed, scripts/build would configure the folder again, under the running tests. It
# does not touch a folder without this file.
mark=$EVPL_BUILD/.configured
restore() {
	[ ! -e "$work/configured" ] || mv "$work/configured" "$mark"
	rm -rf "$work"
}
trap restore EXIT
trap 'exit 143' TERM
[ ! -e "$mark" ] || mv "$mark" "$work/configured"

# ends_with LINE COMMAND...: the command succeeds, and LINE is the last line that it prints.
ends_with() {
	local line=$1 said
	shift
	said=$("$@" 2>&1) || { echo "$said" && return 1; }
	[ "$(tail -n 1 <<<"$said")" = "$line" ] || { echo "$said" && return 1; }
}

# status N COMMAND...: the command ends with that exit status and prints one line.
status() {
	local want=$1 said got=0
	shift
	said=$("$@" 2>&1) || got=$?
	[ "$got:$(wc -l <<<"$said")" = "$want:1" ] || { echo "exit status $got: $said" && return 1; }
}

# tallied LINE LOG...: scripts/tally prints LINE for a log of `meson test`, and its exit status is the right one.
tallied() {
	local line=$1 want=0 got=0 said
	shift
	printf '%s\n' "$@" >"$work/log.json"
	[[ $line = *' 0 failed'* && $line != '0 '* ]] || want=1
	said=$(scripts/tally "$work/log.json") || got=$?
	[ "$got:$(tail -n 1 <<<"$said")" = "$want:$line" ] || { echo "exit status $got: $said" && return 1; }
}

tap() {
	printf '{"name": "t", "result": "%s", "returncode": %s, "stdout": "%s", "stderr": ""}' "$1" "$2" "$3"
}

echo 1..11
ok 'scripts/run forwards the capture, then at full rate, and loses nothing' ends_with '0 lost buffers' scripts/run
ok 'scripts/run gives its arguments to evpl-fwd' \
	ends_with '0 lost buffers' scripts/run --forward-mode=macswap --duration=0.2
ok 'scripts/run takes EAL arguments before --' \
	ends_with '0 lost buffers' scripts/run --vdev=net_ring0 -- --port-topology=loop --duration=0.2
ok 'scripts/run of a wrong option: one line, exit status 2' status 2 scripts/run --no-such-option
ok 'scripts/eal-flags of a wrong number: one line, exit status 2' status 2 scripts/eal-flags --lcores none
ok 'scripts/tally counts the cases of a TAP program' \
	tallied '2 passed, 0 failed, 1 skipped' "$(tap OK 0 '1..3\nok 1 - a\nok 2 - b\nok 3 - c # SKIP d\n')"
ok 'scripts/tally counts a failed case' tallied '1 passed, 1 failed' "$(tap FAIL 1 '1..2\nok 1 - a\nnot ok 2 - b\n')"
ok 'scripts/tally counts a crash behind good cases' tallied '1 passed, 1 failed' "$(tap ERROR -11 '1..2\nok 1 - a\n')"
ok 'scripts/tally counts a program that said nothing as failed' tallied '0 passed, 1 failed' "$(tap SKIP 0 '')"
ok 'scripts/tally counts a program without TAP as one' tallied '1 passed, 0 failed' "$(tap OK 0 'hello')"
ok 'scripts/tally counts a program that hangs as failed' tallied '0 passed, 1 failed' "$(tap TIMEOUT -15 '')"
