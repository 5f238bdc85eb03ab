#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# scripts/watch, scripts/build and scripts/test with stand-ins for Meson and Ninja. Prints TAP.
#
# What would break: a build or a test could be silent for minutes. A user would wait for three builds before the first
# test runs. The last lines could say that all is well if a build or a test failed.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=test/scripts/tap.sh
. test/scripts/tap.sh
stage_installed 0

# $work/bad names a folder that cannot be built, or whose test fails.
stand_in ninja <<'END'
echo "build $2" >>"$work/calls"
printf '%sCompiling\n\n' "${NINJA_STATUS/\%f of \%t/3 of 40}"
[ "$(cat "$work/bad")" != "build $2" ] || exit 1
while [ -e "$work/wait" ] && ! grep -q 'building 3 of 40: Compiling, 0 min' "$work/said"; do
	sleep 0.1
done
END
stand_in meson <<'END'
if [ "$1" = setup ]; then
	mkdir -p "$2/meson-private" && touch "$2/build.ninja"
	exit
fi
echo "test $3" >>"$work/calls"
log-test "$3" "$3/meson-logs/tests.json"
END

# fresh [BAD]
fresh() {
	rm -f "$work/calls" "$work/wait"
	echo "${1-}" >"$work/bad"
}

watch() {
	"$root/scripts/watch" "$@"
}

# A program that ends when scripts/watch has printed its name.
waiting() {
	cat >"$work/patient" <<-'END'
		#!/usr/bin/env bash
		while ! grep -q 'name: running patient, 0 min' "$work/said"; do sleep 0.1; done
	END
	chmod +x "$work/patient"
	EVPL_WATCH_S=0.2 watch name --show bash -c "'$work/patient'; echo end"
}

keeps_log() {
	result 3 '^$' watch name "$work/log" bash -c 'echo output; echo error >&2; exit 3' &&
		is $'output\nerror' "$(cat "$work/log")"
}

run_test() {
	PATH=$bin "$root/scripts/test" "$@"
}

builds() {
	fresh
	touch "$work/wait"
	EVPL_WATCH_S=0.2 PATH=$bin "$root/scripts/build" slow
}

plain_first() {
	fresh
	result 0 '== plain build \(1 of 3\): building in build.*== asan build \(3 of 3\): tested in 0 min [0-9]+ s'$'\n''all passed in 0 min [0-9]+ s'$'\n''3 passed, 0 failed$' run_test &&
		is $'build build\ntest build\nbuild build-trace\ntest build-trace\nbuild build-asan\ntest build-asan' "$(cat "$work/calls")"
}

failed_test() {
	fresh 'test build-trace'
	result 1 $'\nfailed after 0 min [0-9]+ s: a-test \(see build-trace/meson-logs/tests.txt\)\n2 passed, 1 failed$' run_test
}

failed_build() {
	fresh 'build build-trace'
	result 1 $'could not build build-trace\nfailed after .*: the trace build, which could not be built\n1 passed, 1 failed$' run_test
}

one_build() {
	fresh
	result 0 '== trace build \(1 of 1\)' run_test --trace && is $'build build-trace\ntest build-trace' "$(cat "$work/calls")"
}

echo 1..9
ok 'scripts/watch keeps the output in the log, and the exit status' keeps_log
ok 'scripts/watch --show passes the output on, and the exit status' result 4 $'^one\ntwo$' \
	watch name --show bash -c 'echo one; printf two; exit 4'
ok 'scripts/watch --show names the program that it waits for' waiting
ok 'scripts/watch of a command that does not exist' result 127 '^$' watch name "$work/log" no-such-command
ok 'scripts/build says how far Ninja is' builds
ok 'scripts/test builds and tests the plain build before the others' plain_first
ok 'scripts/test names the test that failed, and its log' failed_test
ok 'scripts/test counts a build that failed' failed_build
ok 'scripts/test --trace makes one build' one_build
