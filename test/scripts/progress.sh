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

# $work/absent names a package that is not installed.
stand_in dpkg-query <<'END'
for package in "$@"; do [ "$package" = "$(cat "$work/absent" 2>/dev/null)" ] || echo "installed $package"; done
END
# $work/bad names a folder that cannot be built, or whose test fails.
stand_in ninja <<'END'
echo "build $2" >>"$work/calls"
printf '%sCompiling\n\n' "${NINJA_STATUS/\%f of \%t/3 of 40}"
[ "$(cat "$work/bad")" != "build $2" ] || exit 1
while [ -e "$work/wait" ] && ! grep -q 'building 3 of 40: Compiling, 0 min' "$work/said"; do
	sleep 0.1
done
END
for tool in dnf dpdk-testpmd ip taskset unshare; do
	stand_in $tool <<'END'
exit 1
END
done
stand_in meson <<'END'
if [ "$1" = setup ]; then
	mkdir -p "$2/meson-private" && touch "$2/build.ninja"
	echo "$*" >>"$work/setups"
	exit
fi
echo "test $3" >>"$work/calls"
log-test "$3" "$3/meson-logs/tests.json"
END

# fresh [BAD]
fresh() {
	rm -f "$work/calls" "$work/wait" "$work/absent"
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
	EVPL_WATCH_S=0.2 PATH=$bin "$root/scripts/build" slow &&
		is $'scripts/build: configuring slow\nscripts/build: building slow' "$(grep '^scripts/build' "$work/said")"
}

build() {
	PATH=$bin "$root/scripts/build" "$@"
}

# The tests can be built: all are one folder. They cannot: the folder of scripts/run is left as it is.
programs() {
	rm -rf "$root/both" "$work/setups"
	echo cmake >"$work/absent"
	build both --programs -- a && build both --programs -- b && is 'setup both -Dtests=false' "$(cat "$work/setups")" || return 1
	rm "$work/absent"
	build both --programs -- a && build both -- b && is $'setup both -Dtests=false\nsetup both' "$(cat "$work/setups")"
}

# compares SCRIPT ARGUMENT...: a build that fails is said by scripts/build alone, and was asked for without tests.
compares() {
	local script=$1
	shift
	fresh 'build build'
	rm -rf "$root/build" "$work/setups"
	echo cmake >"$work/absent"
	result 1 'could not build build$' env PATH="$bin:$PATH" "$root/scripts/$script" "$@" || return 1
	rm "$work/absent"
	is 'setup build -Dtests=false' "$(cat "$work/setups")"
}

moved() {
	rm -rf "$work/setups" "$work/moved"
	build there && cp -r "$root" "$work/moved" && PATH=$bin "$work/moved/scripts/build" there && build there &&
		is $'setup there\nsetup there' "$(cat "$work/setups")"
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

by_hand() {
	fresh
	rm -rf "$root"/build*
	mkdir -p "$root/build-trace/meson-info" && touch "$root/build-trace/build.ninja"
	echo -n '[]' >"$root/build-trace/meson-info/intro-tests.json"
	result 1 '^scripts/test: build-trace was configured by hand, without tests\. Remove it, or ' run_test || return 1
	echo -n '[{}]' >"$root/build-trace/meson-info/intro-tests.json"
	result 0 '3 passed, 0 failed$' run_test
}

# packs KIND: while the tree is packed, that is said; so is an error.
packs() {
	cat >"$root/scripts/package/source" <<-'END'
		#!/usr/bin/env bash
		for _ in {1..300}; do
			grep -q "scripts/package/$KIND: packing the tree: 0 min" "$work/said" && echo 'source: an error' >&2 && exit 1
			sleep 0.1
		done
		exit 1
	END
	local got=0
	env KIND="$1" EVPL_WATCH_S=0.2 PATH="$bin:$PATH" "$root/scripts/package/$1" "$work/packages" || got=$?
	is '1 source: an error' "$got $(tail -n 1 "$work/said")"
}

echo 1..16
ok 'scripts/watch keeps the output in the log, and the exit status' keeps_log
ok 'scripts/watch --show passes the output on, and the exit status' result 4 $'^one\ntwo$' \
	watch name --show bash -c 'echo one; printf two; exit 4'
ok 'scripts/watch --show names the program that it waits for' waiting
ok 'scripts/watch of a command that does not exist' result 127 '^$' watch name "$work/log" no-such-command
ok 'scripts/build says how far Ninja is' builds
ok 'scripts/build --programs leaves the tests out if they cannot be built, and else is as without' programs
ok 'scripts/compare-testpmd builds what scripts/run builds' compares compare-testpmd --plugin io
ok 'scripts/compare-copy builds what scripts/run builds' compares compare-copy --port=virtio
ok 'scripts/build configures again if the project was moved' moved
ok 'scripts/test builds and tests the plain build before the others' plain_first
ok 'scripts/test names the test that failed, and its log' failed_test
ok 'scripts/test counts a build that failed' failed_build
ok 'scripts/test --trace makes one build' one_build
ok 'scripts/test says that a folder was configured by hand, without tests' by_hand
ok 'scripts/package/deb says that it packs the tree' packs deb
ok 'scripts/package/rpm says that it packs the tree' packs rpm
