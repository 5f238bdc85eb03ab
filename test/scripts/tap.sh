# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# What the tests of the scripts share: cases that print TAP, and programs that stand in for others. $work is a folder that
# is gone at the end.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
number=0

# The tests say what the scripts do by default. scripts/check, in which they may run, sets these.
unset EVPL_BUILD EVPL_OPTIONS

# ok NAME COMMAND...: one case, which passes if the command succeeds. Otherwise the command's output is shown.
ok() {
	local name=$1 result='ok'
	shift
	number=$((number + 1))
	"$@" >"$work/said" 2>&1 </dev/null || result='not ok'
	echo "$result $number - $name"
	[ "$result" = ok ] || sed 's/^/# /' "$work/said"
}

# result STATUS TEXT COMMAND...: the command ends with that exit status, and its output matches the regular expression.
result() {
	local want=$1 text=$2 said got=0
	shift 2
	said=$("$@" 2>&1) || got=$?
	if [ "$got" != "$want" ] || [[ ! $said =~ $text ]]; then
		echo "exit status $got: $said"
		return 1
	fi
}

# is WANT GOT: the two texts are equal.
is() {
	[ "$1" = "$2" ] || { printf 'expected:\n%s\ngot:\n%s\n' "$1" "$2" && return 1; }
}

# stage: makes $root, a folder with the project's scripts, and $bin, a folder with the few programs that they need. There
# the caller puts its stand-ins, with stand_in. They know $work.
stage() {
	local tool
	export work
	root=$work/root bin=$work/bin
	mkdir -p "$root/apps/lwip/lwip/src/core" "$bin"
	touch "$root/apps/lwip/lwip/src/core/tcp.c"
	cp -r scripts "$root/scripts"
	for tool in bash sh env nproc basename cat comm dirname find grep mkdir mktemp mv paste rm sed sleep sort tail tee \
		touch tr uname; do
		ln -s "$(command -v "$tool")" "$bin/$tool"
	done
	# Not a link: the python3 in PATH may be a script that looks for the real one.
	stand_in python3 <<<"exec $(python3 -c 'import sys; print(sys.executable)') \"\$@\""
}

# stand_in NAME < script
stand_in() {
	{
		echo '#!/usr/bin/env bash'
		cat
	} >"$bin/$1"
	chmod +x "$bin/$1"
}

# stage_installed: as stage. All packages are installed, so apt-get is not needed, and the user is number $1.
stage_installed() {
	stage
	stand_in id <<<"echo $1"
	stand_in apt-get <<<'exit 100'
	stand_in dpkg-query <<'END'
printf 'installed %s\n' "$@"
END
	# log-test FOLDER LOG: for a stand-in of Meson, which runs one test. It fails if $work/bad has "test FOLDER".
	stand_in log-test <<'END'
mkdir -p "${2%/*}"
status=0 result=OK
[ "$(cat "$work/bad")" != "test $1" ] || status=1 result=FAIL
printf '{"name": "a-test", "result": "%s", "returncode": %s, "stdout": "", "stderr": ""}\n' $result $status >"$2"
exit $status
END
}
