#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# usage: check.sh BUILD SOURCE PREFIX LIBDIR MAP COMPILER [FLAG...]
# Installs the build into a folder of its own, and uses that copy as a program of another project would. Prints TAP.
#
# What would break: only the build tree could have a header, a library or a line of the pkg-config file. A static
# library could link, but find no mempool handler when it runs. Symbols could be exported by accident, or be forgotten.
# The tracing plug-in could lie elsewhere than the pkg-config file says.
set -u
build=$1 source=$2 prefix=$3 libdir=$4 map=$5
shift 5
here=$source/test/install/consumer
eal="--no-huge --iova-mode=va --no-pci --no-shconf --no-telemetry -m 128 --log-level=error"

pkg_config_path=${PKG_CONFIG_PATH:-}
work=$(mktemp -d "$build/install-check-XXXXXX") || exit 99 # EAL loads no driver from below /tmp
trap 'rm -rf "$work"' EXIT
trap 'exit 99' HUP INT TERM

i=0 status=0
ok() {
	i=$((i + 1))
	echo "ok $i - $1"
}
not_ok() {
	i=$((i + 1))
	echo "not ok $i - $1"
	sed 's/^/# /' "$work/log"
	status=1
}
skip() {
	i=$((i + 1))
	echo "ok $i - $1 # SKIP $2"
}
# check NAME COMMAND...: ok when the command succeeds.
check() {
	name=$1
	shift
	if "$@" >"$work/log" 2>&1; then ok "$name"; else not_ok "$name"; fi
}

echo 1..27

# Its pkg-config files name the prefix that it is meant for, so they are told where it has been put. (--define-prefix and a
# sysroot would move DPDK's own files as well.)
install_copy() {
	DESTDIR=$work/copy meson install -C "$build" || return 1
	sed -i "s|^prefix=.*|prefix=$work/copy$prefix|" "$work/copy$prefix/$libdir/pkgconfig"/*.pc
}
flags() {
	# shellcheck disable=SC2086 # a list of words
	PKG_CONFIG_PATH=$work/copy$prefix/$libdir/pkgconfig:${PKG_CONFIG_PATH:-} pkg-config $1 libevpl-dpdk
}
compile() {
	kind=$1 options=$2
	shift 2
	list=$(flags "$options") || return 1
	# shellcheck disable=SC2086 # a list of words
	"$@" -Wall -Wextra -Werror "$here/outside.c" -o "$work/outside-$kind" $list
}
# with_copy COMMAND...: the command finds the copy, and a DPDK that is in LD_LIBRARY_PATH already.
with_copy() {
	LD_LIBRARY_PATH=$work/copy$prefix/$libdir${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} "$@"
}
run_shared() {
	# shellcheck disable=SC2086
	with_copy "$work/outside-shared" $eal | grep -qx hello
}
run_static() {
	# shellcheck disable=SC2086
	"$work/outside-static" $eal | grep -qx hello
}
uses_shared() {
	with_copy ldd "$work/outside-shared" | grep -q "libevpl-dpdk.so.* => $work/copy"
}
uses_other_dpdk() {
	mkdir "$work/dpdk" && cp "$(ldd "$work/outside-shared" | sed -n 's/.*librte_eal.* => \([^ ]*\).*/\1/p')" "$work/dpdk" &&
		(LD_LIBRARY_PATH=$work/dpdk && with_copy ldd "$work/outside-shared" | grep -q "librte_eal.so.* => $work/dpdk/")
}
uses_none() {
	! ldd "$work/outside-static" | grep -E 'libevpl-dpdk|librte_'
}
# The program that the README shows first, as somebody would copy it.
compile_readme() {
	sed -n '/^```c$/,/^```$/{/^```/d;p;}' "$source/README.md" >"$work/readme.c" && test -s "$work/readme.c" || return 1
	list=$(flags "--cflags --libs") || return 1
	# shellcheck disable=SC2086
	"$@" -Wall -Wextra -Werror "$work/readme.c" -o "$work/readme" $list
}
run_readme() {
	# shellcheck disable=SC2086
	with_copy "$work/readme" $eal --vdev=net_null0 | grep -qx world
}
# changing: takes out of a report what changes from run to run.
changing() {
	sed 's/0x[0-9a-f]*/N/g; s/([0-9]*), lcore [0-9]*$/(N), lcore N/'
}
# The README's program with the wrong line that the page asks for: its report must be the page's.
report_readme() {
	sed 's/^\(\s*\)puts(/\1evpl_iovec_release(evpl, \&hello);\n&/' "$work/readme.c" >"$work/server.c"
	list=$(flags "--cflags --libs") || return 1
	# shellcheck disable=SC2086
	(cd "$work" && "$@" -g server.c -o server $list) || return 1
	# shellcheck disable=SC2086
	! with_copy "$work/server" $eal --vdev=net_null0 2>"$work/said" || return 1
	grep -A 4 '^evpl: BUG: ' "$work/said" | changing >"$work/report" && test -s "$work/report" || return 1
	grep -A 4 '^evpl: BUG: ' "$source/README.md" | changing | diff - "$work/report"
}
# A whole project of somebody else, in a folder of its own: consumer cmake|meson PROGRAM COMPILER...
consumer() {
	tool=$1 program=$2
	shift 2
	export CC="$*" PKG_CONFIG_PATH="$work/copy$prefix/$libdir/pkgconfig:$pkg_config_path"
	if [ ! -e "$work/$tool/build/build.ninja" ]; then
		mkdir "$work/$tool" && cp "$here"/* "$work/$tool" || return 1
		case $tool in
		cmake) cmake -G Ninja -S "$work/cmake" -B "$work/cmake/build" ;;
		meson) meson setup "$work/meson/build" "$work/meson" ;;
		esac || return 1
	fi
	ninja -C "$work/$tool/build" "$program"
}
run_consumer() {
	# shellcheck disable=SC2086
	"$work/$1/build/$2" $eal | grep -qx hello
}
# consumer_checks TOOL static|skip COMPILER...
consumer_checks() {
	tool=$1 static=$2
	shift 2
	if ! command -v "$tool" >/dev/null; then
		for name in builds runs "builds, static" "runs, static"; do skip "a project with $tool $name" "no $tool here"; done
		return
	fi
	check "a project with $tool builds" consumer "$tool" shared "$@"
	check "it runs" run_consumer "$tool" shared
	if [ "$static" = static ]; then
		check "the same with static libraries builds" consumer "$tool" static "$@"
		check "it runs" run_consumer "$tool" static
	else
		for name in builds runs; do skip "the same with static libraries $name" "what DPDK needs is not there whole"; done
	fi
}
licensed() {
	find "$work/copy$prefix" -name LICENSE | grep -q . && cmp "$source/LICENSE" "$(find "$work/copy$prefix" -name LICENSE)"
}
# evpl-top finds its parts where they were installed, and not in the source tree.
run_top() {
	(cd / && "$work/copy$prefix/bin/evpl-top" --help) | grep -q '^usage: evpl-top'
}
# What DPDK's own pkg-config file asks for, without this library.
dpdk_links_statically() {
	echo 'int main(void) { return 0; }' >"$work/empty.c"
	# shellcheck disable=SC2046
	"$@" "$work/empty.c" -o "$work/empty" $(pkg-config --cflags --libs --static libdpdk)
}
# Whether what Meson's `static: true` takes of libelf is whole. On Debian 13 its libelf.a lacks a part.
meson_has_libelf() {
	mkdir "$work/elf" || return 1
	echo 'void *elf_begin(int, int, void *); int main(void) { return elf_begin(0, 0, 0) != 0; }' >"$work/elf/elf.c"
	printf '%s\n' "project('elf', 'c')" "executable('elf', 'elf.c', dependencies: dependency('libelf', static: true))" \
		>"$work/elf/meson.build"
	CC="$*" meson setup "$work/elf/build" "$work/elf" && ninja -C "$work/elf/build"
}
symbols() {
	nm -D --defined-only "$work/copy$prefix/$libdir/libevpl-dpdk.so" |
		awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort >"$work/exported"
	sed -n '/^global:/,/^local:/s/^[[:space:]]*\([a-z_0-9]*\);$/\1/p' "$map" | sort >"$work/listed"
	test -s "$work/listed" && diff "$work/listed" "$work/exported"
}

# The tracing plug-in, from where the pkg-config file says that it is.
variable() {
	PKG_CONFIG_PATH=$work/copy$prefix/$libdir/pkgconfig:$pkg_config_path pkg-config "--variable=$1" libevpl-dpdk
}
# traced PROGRAM OPTION...: the plug-in must name the double free of consumer/traced.c.
traced() {
	program=$1
	shift
	# shellcheck disable=SC2086
	"$program" $eal "$@" --mbuf-pool-ops-name=evpl_trace >"$work/traced.log" 2>&1
	grep -q '^evpl_trace: BUG: double free of an mbuf$' "$work/traced.log" || { cat "$work/traced.log"; return 1; }
}
compile_traced() {
	# shellcheck disable=SC2046
	"$@" -Wall -Wextra -Werror "$here/traced.c" -o "$work/traced" $(pkg-config --cflags --libs libdpdk)
}
run_traced() {
	traced "$work/traced" -d "$(variable trace_plugin)"
}
# EAL loads what is in DPDK's own folder in each program. There the plug-in is quiet, unless somebody asks for it.
in_dpdk_folder() {
	# shellcheck disable=SC2086,SC2016
	$enter -m sh -ec 'mount --bind "$0" "$1" && shift && exec "$@"' "$work/pmds" "$dpdk_folder" "$@" $eal \
		--mbuf-pool-ops-name=ring_mp_mc >"$work/quiet.log" 2>&1
}
can_mount() {
	enter="unshare -Ur"
	[ "$(id -u)" != 0 ] || enter=unshare
	# shellcheck disable=SC2046
	dpdk_folder=$(echo RTE_EAL_PMD_PATH |
		"$@" -E -P -include rte_build_config.h $(pkg-config --cflags-only-I libdpdk) - | tail -n 1 | tr -d '"')
	mkdir "$work/pmds" && cp -a "$dpdk_folder/." "$work/pmds" && cp "$(variable trace_plugin)" "$work/pmds" &&
		$enter -m mount --bind "$work/pmds" "$dpdk_folder"
}
quiet_plugin() {
	in_dpdk_folder "$work/traced" && ! grep evpl_trace: "$work/quiet.log" &&
		in_dpdk_folder env EVPL_TRACE=stop "$work/traced" &&
		grep "evpl_trace: none of the program's .* pools was traced" "$work/quiet.log"
}
compile_traced_static() {
	# shellcheck disable=SC2046
	"$@" -Wall -Wextra -Werror "$here/traced.c" -o "$work/traced-static" $(pkg-config --cflags libdpdk) \
		"$(variable trace_object)" $(pkg-config --static --libs libdpdk) -ldw
}
# Whether everybody may write to a folder above this one: EAL loads no driver then.
is_open() {
	folder=$work
	while [ "$folder" != / ]; do
		[ -z "$(find "$folder" -maxdepth 0 -perm -o+w)" ] || return 0
		folder=$(dirname "$folder")
	done
	return 1
}

check "meson install puts a copy into an empty folder" install_copy
check "the licence is among it" licensed
check "the exported symbols are those of the map" symbols
check "an outside program builds with pkg-config --cflags --libs" compile shared "--cflags --libs" "$@"
check "it uses the installed shared library" uses_shared
check "it uses a DPDK that LD_LIBRARY_PATH names" uses_other_dpdk
check "it runs" run_shared
check "the program in the README builds" compile_readme "$@"
check "it prints what it says" run_readme
if flags --cflags | grep -q EVPL_IOVEC_TRACE; then
	check "with the wrong line that the README names it gets the README's report" report_readme "$@"
else
	skip "with the wrong line that the README names it gets the README's report" "no tracing build"
fi
if [ -e "$work/copy$prefix/bin/evpl-fwd" ]; then
	check "the installed evpl-top runs" run_top
else
	skip "the installed evpl-top runs" "no applications here"
fi
if is_open; then
	for name in "a program of plain DPDK builds" "the installed tracing plug-in names its bug" \
		"in DPDK's own folder it says nothing to programs that do not ask"; do
		skip "$name" "everybody may write to $folder"
	done
else
	check "a program of plain DPDK builds" compile_traced "$@"
	check "the installed tracing plug-in names its bug" run_traced
	if can_mount "$@" >"$work/log" 2>&1; then
		check "in DPDK's own folder it says nothing to programs that do not ask" quiet_plugin
	else
		skip "in DPDK's own folder it says nothing to programs that do not ask" "no right to mount, or no such folder"
	fi
fi
static=skip
if dpdk_links_statically "$@" >"$work/log" 2>&1; then
	static=static
	check "an outside program builds with pkg-config --static" compile static "--cflags --libs --static" "$@"
	check "it needs no shared library of ours or DPDK's" uses_none
	check "it runs" run_static
	check "a program with static DPDK libraries takes evpl_trace.o" compile_traced_static "$@"
	check "the tracing plug-in in it names its bug" traced "$work/traced-static"
else
	missing=$(grep -o 'cannot find -l[^: ]*' "$work/log" | sort -u | tr '\n' ',')
	for name in "an outside program builds with pkg-config --static" "it needs no shared library" "it runs" \
		"a program with static DPDK libraries takes evpl_trace.o" "the tracing plug-in in it names its bug"; do
		skip "$name" "DPDK itself does not link statically here: $missing (Debian: apt install libsystemd-dev)"
	done
fi
consumer_checks cmake "$static" "$@"
[ "$static" = skip ] || meson_has_libelf "$@" >"$work/log" 2>&1 || static=skip
consumer_checks meson "$static" "$@"
exit $status
