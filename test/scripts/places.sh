#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# scripts/places with stand-ins for Meson and Ninja. Prints TAP.
#
# What would break: a place whose tests fail could look like one that passed, or like one that was skipped. A failed
# place could end the run before the others. Another DPDK could be built, and the machine's be tested.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=test/scripts/tap.sh
. test/scripts/tap.sh
stage_installed 1000

stand_in ninja <<'END'
[ "$(cat "$work/bad")" != "build ${2##*/}" ] || [ "$3" = build.ninja ] || exit 1
echo "build ${2##*/} ${*:3}" >>"$work/calls"
END
stand_in a-cc <<'END'
echo "a-cc (Some 9.9-9) 1.2"
END
stand_in meson <<'END'
if [ "$1" = setup ]; then
	mkdir -p "$2/meson-private" "$2/meson-info" && touch "$2/build.ninja"
	echo '[{"command": "ccache a-cc -c a.c -o a.o"}]' >"$2/compile_commands.json"
	echo "setup ${2##*/} ${*:3} ${PKG_CONFIG_PATH-} ${LD_LIBRARY_PATH-}" >>"$work/calls"
	exit
fi
case $* in
*--tests) echo '[{"suite": ["evpl-dpdk:unit"], "depends": ["a"]}, {"suite": ["evpl-dpdk:bench"], "depends": ["b"]}]' ;;
*--targets)
	printf '[{"id": "a", "filename": ["%s/a-test"]}, {"id": "b", "filename": ["%s/b"]}]\n' "$PWD/$2" "$PWD/$2"
	;;
*--dependencies) echo '[{"name": "libdpdk", "version": "99.1"}]' ;;
esac
[ "$1" = test ] || exit 0
log-test "${3##*/}" "$3/meson-logs/places.json"
END

# places BAD ARGUMENT...: BAD names what fails.
places() {
	rm -rf "$work/calls" "$root/build-places"
	echo "$1" >"$work/bad"
	shift
	PATH=$bin "$root/scripts/places" "$@"
}

unknown() {
	result 2 'unknown place or option: attic' places '' shared attic
}
passes() {
	result 0 $'\n\\| shared \\| passed \\| 99.1 \\| gcc 1.2 \\| 1 passed, 0 failed \\| 0:..? \\|$' \
		places '' static shared &&
		result 0 'static \| passed' cat "$root/build-places/table.md"
}
# Only what the suites need is built.
builds_little() {
	places '' --suites unit shared && grep -q '^build shared a-test$' "$work/calls"
}
failed_test() {
	result 1 'static \| FAILED \| 99.1 \| gcc 1.2 \| 0 passed, 1 failed .*shared \| passed' \
		places 'test static' static shared
}
failed_build() {
	result 1 'static \| FAILED \|  \|  \| ended early.*shared \| passed' places 'build static' static shared
}
skipped() {
	result 0 'user \| skipped \|  \|  \| skipped: not root .*shared \| passed' places '' user shared
}
other_dpdk() {
	mkdir -p "$work/prefix/lib/pkgconfig" && echo 'Version: 99.1' >"$work/prefix/lib/pkgconfig/libdpdk.pc" &&
		result 0 'dpdk-99.1 \| passed' places '' --dpdk "$work/prefix" dpdk-99.1 &&
		grep -q "^setup dpdk-99.1 .* $work/prefix/lib/pkgconfig.* $work/prefix/lib" "$work/calls"
}
no_dpdk() {
	mkdir -p "$work/empty" && result 2 'no DPDK in' places '' --dpdk "$work/empty"
}

echo 1..9
ok 'scripts/places --list' result 0 '^root .*arm64 ' places '' --list
ok 'a place that does not exist' unknown
ok 'two places pass' passes
ok 'only the programs of the suites are built' builds_little
ok 'a failed test' failed_test
ok 'a build that fails' failed_build
ok 'a place that cannot be had' skipped
ok 'another DPDK' other_dpdk
ok 'a folder without DPDK' no_dpdk
