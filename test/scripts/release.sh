#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# usage: release.sh SOURCE    tries scripts/release --dry-run in a repository of its own, and prints TAP
#
# What would break: a release with two versions (in the packages, too), with a changelog that has no date, with changes
# that are in no commit, or under a tag that exists; a dry run that changes something.
set -uo pipefail
source=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 143' TERM
# Nothing of the caller's repository or configuration.
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
number=0 status=0
cd "$work" || exit 1

commit() {
	git add -A && git -c user.name=test -c user.email=test@localhost commit -qm "$1"
}

# fresh: a repository that is ready for a release.
fresh() {
	rm -rf "$work/repository"
	mkdir -p "$work/repository"/{scripts/package/debian,include/evpl,test/abi}
	cd "$work/repository" || exit 1
	cp "$source/scripts/release" scripts
	cp "$source/meson.build" .
	cp "$source/include/evpl/evpl_version.h" include/evpl
	cp "$source/scripts/package/evpl-dpdk.spec" scripts/package
	cp "$source/scripts/package/debian/changelog" scripts/package/debian
	echo record >test/abi/machine.abi
	printf '# Changelog\n\n## %s - 2026-01-01\n\n### Added\n\n* all of it\n' "$version" >CHANGELOG.md
	git init -q . && commit first
}

# says STATUS TEXT: a dry run ends with that status, one line has the text, and nothing has changed.
says() {
	local want=$1 text=$2 got=0 said before after
	before=$(git status --porcelain && git tag && ls -A)
	said=$(scripts/release --dry-run 2>&1) || got=$?
	after=$(git status --porcelain && git tag && ls -A)
	[ "$got" = "$want" ] && grep -qF -- "$text" <<<"$said" && [ "$before" = "$after" ] && return
	echo "exit status $got, before: $before, after: $after"
	echo "$said"
	return 1
}

ok() {
	local name=$1 result=ok
	shift
	number=$((number + 1))
	"$@" >"$work/said" 2>&1 || result='not ok' status=1
	echo "$result $number - $name"
	[ "$result" = ok ] || sed 's/^/# /' "$work/said"
}

version=$(sed -n "s/^ *version: '\([0-9.]*\)',.*/\1/p" "$source/meson.build" | head -n 1)
echo 1..12
fresh
ok 'a repository that is ready is ready' says 0 "$version is ready: would make"
ok 'it would be tagged' says 0 "+ git tag -a v$version"
sed -i 's/2026-01-01/unreleased/' CHANGELOG.md && commit undated
ok 'a changelog without a date is not ready' says 1 "not with \"## $version - YYYY-MM-DD\""
fresh
sed -i 's/^### Added$/### News/' CHANGELOG.md && commit news
ok 'a section of another name is not ready' says 1 'CHANGELOG.md:5: no section of Keep a Changelog: ### News'
fresh
sed -i '/^### /d' CHANGELOG.md && commit loose
ok 'an entry without a section is not ready' says 1 'CHANGELOG.md:6: an entry outside of a section: * all of it'
fresh
sed -i 's/^#define EVPL_VERSION_PATCH .*/#define EVPL_VERSION_PATCH 99/' include/evpl/evpl_version.h && commit version
ok 'another version in the header is not ready' says 1 "meson.build has $version"
for change in 's/^Version:.*/Version: 9.8.7/ scripts/package/evpl-dpdk.spec' \
	's/^\(\*.* - \).*-/\19.8.7-/ scripts/package/evpl-dpdk.spec' \
	's/([^-]*-/(9.8.7-/ scripts/package/debian/changelog'; do
	fresh
	sed -i "${change% *}" "${change##* }" && commit package
	ok "another version in a package is not ready: $change" says 1 "has 9.8.7, meson.build has $version"
done
fresh
echo change >>meson.build
ok 'changes that are in no commit are not ready' says 1 'the work tree has changes'
fresh
git tag "v$version"
ok 'a tag that exists is not ready' says 1 "the tag v$version exists already"
fresh
sed "s/^## $version - unreleased/## $version - 2026-01-01/" "$source/CHANGELOG.md" >CHANGELOG.md && commit real
ok "this project's changelog has the form" says 0 "$version is ready: would make"
[ $status = 0 ]
