#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# usage: subproject.sh SOURCE STATIC COMPILER...
# Builds a small project that has this one as a subproject. STATIC: true or false, whether static DPDK libraries can be
# linked here. Prints TAP.
#
# What would break: dependency('libevpl-dpdk') could find nothing, or an installed library. The subproject could need what
# only its own tests and applications need. A path could be that of the parent project.
set -u
source=$1 static=$2
shift 2
eal="--no-huge --iova-mode=va --no-pci --no-shconf --no-telemetry -m 128 --log-level=error"

work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 99' HUP INT TERM

i=0 status=0
# check NAME COMMAND...: ok when the command succeeds.
check() {
	name=$1 i=$((i + 1))
	shift
	if "$@" >"$work/log" 2>&1; then
		echo "ok $i - $name"
	else
		echo "not ok $i - $name"
		sed 's/^/# /' "$work/log"
		status=1
	fi
}
configure() {
	cp -R "$source/test/install/subproject" "$work/parent" && cp "$source/test/install/consumer/outside.c" "$work/parent" &&
		ln -s "$source" "$work/parent/subprojects/evpl-dpdk" &&
		meson setup "$work/build" "$work/parent" --force-fallback-for=libevpl-dpdk -Dwith_static="$static" \
			-Devpl-dpdk:buildtype=debug # a copy that is installed here is not meant
}
# The parent project's programs and the library are built, and nothing else of the subproject.
build_all() {
	ninja -C "$work/build" && test ! -e "$work/build/subprojects/evpl-dpdk/apps" && test ! -e "$work/build/subprojects/evpl-dpdk/test"
}
run() {
	# shellcheck disable=SC2086 # a list of words
	"$work/build/$1" $eal | grep -qx hello
}
uses_subproject() {
	ldd "$work/build/shared" | grep -q "libevpl-dpdk.so.* => $work/build/"
}
uses_none() {
	! ldd "$work/build/static" | grep -E 'libevpl-dpdk|librte_'
}
# An application that is asked for is there.
ask_for_apps() {
	meson setup --reconfigure "$work/build" "$work/parent" -Devpl-dpdk:apps=true -Devpl-dpdk:lwip=disabled &&
		ninja -C "$work/build" -t targets all | grep -q '^subprojects/evpl-dpdk/apps/fwd/evpl-fwd:'
}

export CC="$*"
[ "$static" = true ] && echo 1..7 || echo 1..5
check "a project with this one as a subproject is configured" configure
check "it builds, without the subproject's applications and tests" build_all
check "its program runs" run shared
check "it uses the subproject's shared library" uses_subproject
if [ "$static" = true ]; then
	check "its program with static: true runs" run static
	check "that needs no shared library of ours or DPDK's" uses_none
fi
check "the subproject builds its applications if it is asked to" ask_for_apps
exit $status
