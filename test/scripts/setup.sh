#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# scripts/setup with stand-ins for apt-get, dpkg-query, sudo and id. Prints TAP. Installs nothing.
#
# What would break: a fresh machine has no package lists, so nothing could be installed without `apt-get update`. A user
# who is not root would not learn what to type. Packages would be installed in silence for minutes.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=test/scripts/tap.sh
. test/scripts/tap.sh
stage

stand_in id <<'END'
echo "${FAKE_UID-0}"
END
stand_in dpkg-query <<'END'
for package; do
	! grep -qx -- "$package" "$work/installed" || echo "installed $package"
done
END
stand_in sudo <<'END'
if [ "$1" = -n ]; then
	[ -e "$work/no-password" ]
	exit
fi
echo sudo >>"$work/calls"
FAKE_UID=0 exec "$@"
END
# Knows a package only after `update`. Waits, if told to, until its user has said what it does.
stand_in apt-get <<'END'
[ "$(id -u)" = 0 ] || exit 100
echo "$1" >>"$work/calls"
case "$*" in *' source '*) touch lwip_1.dsc && exit ;; esac
case $1 in
update) touch "$work/lists" ;;
install)
	[ -e "$work/lists" ] || { echo 'E: Unable to locate package' && exit 100; }
	[ ! -e "$work/broken" ] || { echo 'E: disk full' && exit 100; }
	for word; do
		case $word in
		install | -*) ;;
		*) echo "Setting up $word" && echo "$word" >>"$work/installed" ;;
		esac
	done
	while [ -e "$work/wait" ] && ! grep -q 'scripts/setup: Setting up' "$work/said"; do
		sleep 0.1
	done
	;;
esac
END
stand_in dpkg-source <<'END'
mkdir -p lwip/src/core && touch lwip/src/core/tcp.c
END

# fresh [FILE...]: a machine without packages and package lists, but with these files.
fresh() {
	local file
	rm -f "$work"/{installed,lists,calls,no-password,broken,wait}
	touch "$work/installed" "$work/calls"
	for file; do
		touch "$work/$file"
	done
}

setup() {
	PATH=$bin "$root/scripts/setup" "$@"
}

# calls: prints what was called, on one line.
calls() {
	paste -s -d ' ' "$work/calls"
}

root_with_lists() {
	fresh lists
	result 0 "installing [0-9]+ packages: dpkg-dev gcc .*"$'\n'"scripts/setup: installed [0-9]+ packages in 0 min [0-9]+ s$" setup build &&
		is install "$(calls)"
}

root_without_lists() {
	fresh
	result 0 'apt-get update.*installed' setup build && is 'install update install' "$(calls)"
}

nothing_missing() {
	fresh lists
	result 0 installed setup build test && result 0 '^scripts/setup: no package is missing$' setup build test &&
		result 0 '^$' setup --quiet test build && is install "$(calls)"
}

user_without_sudo() {
	fresh
	mv "$bin/sudo" "$work/sudo"
	FAKE_UID=1000 result 1 $'become root first.*\n  apt-get update && apt-get install -y [^\n]*gcc' setup build
	local status=$?
	mv "$work/sudo" "$bin/sudo"
	return $status
}

user_with_sudo() {
	fresh no-password
	FAKE_UID=1000 result 0 installed setup build && is 'sudo install sudo update sudo install' "$(calls)"
}

user_who_asks_for_sudo() {
	fresh
	FAKE_UID=1000 result 0 installed setup --sudo build && is 'sudo install sudo update sudo install' "$(calls)"
}

# The line that is printed works if it is typed.
user_with_password() {
	local said
	fresh
	export FAKE_UID=1000
	said=$(setup build test 2>&1) && echo "no error: $said" && return 1
	is '' "$(calls)" || return
	PATH=$bin sh -c "$(sed -n 's/^  sudo/sudo/p' <<<"$said")" && is 'sudo update install' "$(calls)" &&
		result 0 'no package is missing' setup build test
	local status=$?
	unset FAKE_UID
	return $status
}

broken() {
	local said
	fresh lists broken
	said=$(setup build 2>&1) && echo "no error: $said" && return 1
	[[ $said =~ 'E: disk full'.*'could not install'.*'the output is in '(.+)$ ]] || { echo "$said" && return 1; }
	is 'E: disk full' "$(tail -n 1 "${BASH_REMATCH[1]}")"
	local status=$?
	rm -f "${BASH_REMATCH[1]}"
	return $status
}

# apt-get ends only after scripts/setup has said what apt-get does.
slow() {
	fresh lists wait
	EVPL_WATCH_S=0.2 setup build
}

# A folder that was configured without lwIP has no target evpl-httpd. Ninja runs Meson again if this file is new.
lwip_after_a_build() {
	fresh lists
	rm -rf "$root/apps/lwip/lwip"
	touch -d 2020-01-01 "$root/apps/lwip/meson.build"
	result 0 "fetching lwIP's source package"$'\n'".*: fetched it in 0 min [0-9]+ s$" setup lwip &&
		[ -e "$root/apps/lwip/lwip/src/core/tcp.c" ] &&
		[ -n "$(find "$root/apps/lwip/meson.build" -newermt 2020-01-02)" ] && return
	find "$root/apps"
	return 1
}

# Meson asks dpkg-architecture for the folder that pkg-config and the loader know.
debian_knows_its_folders() {
	result 0 $'(^|\n)dpkg-dev(\n|$)' setup --list build
}

# Nobody has to find out what the packages' build needs.
packages_without_tools() {
	fresh
	mv "$bin/sudo" "$work/sudo"
	FAKE_UID=1000 PATH=$bin result 1 $'become root first.*\n  apt-get update && apt-get install -y [^\n]*debhelper .*git' \
		"$root/scripts/package/deb"
	local status=$?
	mv "$work/sudo" "$bin/sudo"
	return $status
}

# A Debian has no packages of Fedora's names.
packages_of_another_system() {
	fresh
	PATH=$bin result 1 'no Fedora: scripts/package/deb' "$root/scripts/package/rpm" && is '' "$(calls)"
}

clone_without_git() {
	mkdir "$root/.git"
	PATH=$bin result 1 'source: there is no git.*install it first$' "$root/scripts/package/source" "$work/tarball"
	local status=$?
	rmdir "$root/.git"
	return $status
}

echo 1..14
ok 'root: says which packages it installs, and how long it took' root_with_lists
ok 'root without package lists: apt-get update' root_without_lists
ok 'nothing is missing: says so, or nothing with --quiet' nothing_missing
ok 'user without sudo: the command to type, with apt-get update' user_without_sudo
ok 'user with sudo that needs no password: apt-get update, too' user_with_sudo
ok 'user with --sudo: apt-get update, too' user_who_asks_for_sudo
ok 'user with sudo that needs a password: the line to type works' user_with_password
ok 'a package that cannot be installed: the error, and where the log is' broken
ok 'says what apt-get does while it runs' slow
ok "lwIP's source after a build without it: Meson looks again" lwip_after_a_build
ok "the build's packages on Debian have what Meson asks for the library folder" debian_knows_its_folders
ok "scripts/package/deb without what it needs: the command to type" packages_without_tools
ok "scripts/package/rpm on Debian: says what to type instead" packages_of_another_system
ok "a clone cannot be packed without git: says so" clone_without_git
