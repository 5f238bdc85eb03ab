# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034 # the callers use them
# A fresh Debian in a folder (debootstrap), to build and run something there as root. For scripts that source this file.

# debian_sources: prints Debian's main sections that apt has here, as SITE RELEASE.
debian_sources() {
	# shellcheck disable=SC2016 # for apt
	apt-get indextargets --format '$(ORIGIN) $(COMPONENT) $(SITE) $(RELEASE)' 'Identifier: Packages' |
		awk '$1 == "Debian" && $2 == "main" { print $3, $4 }' | sort -u
}

# debian_can: sets debian_here, the release of this machine, and debian_mirror. Without what is needed it sets
# debian_missing, and fails.
debian_can() {
	local tool
	debian_missing='not root'
	[ "$(id -u)" = 0 ] || return 1
	for tool in debootstrap apt-get unshare; do
		debian_missing="no $tool (Debian: debootstrap)"
		command -v "$tool" >/dev/null || return 1
	done
	# shellcheck disable=SC1091 # every Debian has it
	debian_here=$(. /etc/os-release && echo "${VERSION_CODENAME-}")
	# Another release is in the same place.
	debian_mirror=$(debian_sources | awk -v suite="$debian_here" '$2 == suite { print $1; exit }')
	debian_missing='apt has no package lists of Debian (apt-get update)'
	[ -n "$debian_mirror" ] && [ -n "$debian_here" ]
}

# debian_inside ROOT COMMAND [FOLDER]: runs a shell command in that Debian, which has FOLDER as /source, read-only. What
# it mounts and starts ends with it. debian_sys_options: for the mount of /sys.
debian_inside() {
	# shellcheck disable=SC2016 # for the shells there
	unshare --mount --pid --fork --kill-child sh -euc '
		mount -t proc proc "$0/proc"
		mount -t sysfs -o "$4" sysfs "$0/sys"
		# Terminals of its own, for programs that open one.
		mkdir -p "$0/dev/pts"
		mount -t devpts -o newinstance,ptmxmode=666 devpts "$0/dev/pts" || true
		if [ -n "$3" ]; then
			mkdir -p "$0/source"
			mount --bind "$3" "$0/source"
			mount -o remount,bind,ro "$0/source"
		fi
		exec chroot "$0" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
			DEBIAN_FRONTEND=noninteractive DEB_BUILD_OPTIONS="$2" sh -euc "$1"
	' "$1" "$2" "${DEB_BUILD_OPTIONS-}" "${3-}" "${debian_sys_options-rw}"
}

# debian_fresh ROOT RELEASE: makes a Debian with apt as here: the mirror, proxies, and whether old lists will do,
# because a mirror may be late (Acquire::Check-Valid-Until).
debian_fresh() {
	local root=$1 suite=$2 file
	debootstrap --variant=minbase "$suite" "$root" "$debian_mirror" || return 1
	apt-config dump | grep -iE '^Acquire::.*(Proxy|Check-Valid-Until)' >"$root/etc/apt/apt.conf.d/90here" || true
	file=/etc/ssl/certs/ca-certificates.crt
	[ ! -e $file ] || install -D -m 644 $file "$root$file"
	cp -L /etc/resolv.conf "$root/etc/resolv.conf"
	printf 'APT::Install-Recommends "false";\nDpkg::Use-Pty "0";\n' >"$root/etc/apt/apt.conf.d/90small"
	echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/fast" # nobody keeps it
	# Updates and security, if this machine has them for the same release.
	debian_sources | awk -v suite="$suite" 'index($2, suite "-") == 1 { print "deb", $1, $2, "main" }' \
		>>"$root/etc/apt/sources.list"
	debian_inside "$root" 'apt-get update'
}

# debian_keep ROOT RELEASE PACKAGE...: makes a Debian with these packages, unless it is there from an earlier call. A
# package of another architecture is NAME:ARCHITECTURE.
debian_keep() {
	local root=$1 suite=$2 foreign=
	shift 2
	[ "$(cat "$root/.complete" 2>/dev/null)" != "$*" ] || return 0
	rm -rf --one-file-system "$root"
	debian_fresh "$root" "$suite" || return 1
	[[ " $* " != *:arm64\ * ]] || foreign='dpkg --add-architecture arm64; apt-get update;'
	debian_inside "$root" "$foreign apt-get install -y $*" || return 1
	mkdir -p "$root/build"
	echo "$*" >"$root/.complete"
}
