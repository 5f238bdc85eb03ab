#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""usage: recipes.py SOURCE BUILD VERSION

Compares the recipes of scripts/package with what this build installs, without building a package. TAP.

What would break: a new file that no package has; a release whose packages have another version; a new version node of
the symbols, which programs do not depend on; a new soname in a package with the old name; a licence that differs."""
import fnmatch
import json
import os
import re
import subprocess
import sys

SOURCE, BUILD, VERSION = sys.argv[1:]
PACKAGE = os.path.join(SOURCE, "scripts/package")
# debian/rules and the spec file take these from where `ninja doc` puts them, if it was there.
DOCUMENTATION = ("share/man/man[137]", "share/doc/libevpl-dpdk")
RPM = {"bindir": "bin", "libdir": "lib", "includedir": "include", "datadir": "share", "mandir": "share/man",
       "docdir": "share/doc"}


def text(*path):
    with open(os.path.join(SOURCE, *path), encoding="utf-8") as f:
        return f.read()


def installed():
    """What `meson install` installs, below its prefix, with lib for the library folder."""
    options = {o["name"]: o["value"] for o in json.loads(
        subprocess.check_output(["meson", "introspect", "--buildoptions", BUILD]))}
    files = json.loads(subprocess.check_output(["meson", "introspect", "--installed", BUILD])).values()
    paths = [os.path.relpath(path, options["prefix"]) for path in files]
    return [re.sub(rf"^{re.escape(options['libdir'])}/", "lib/", path) for path in paths]


def covers(pattern, path):
    return fnmatch.fnmatchcase(path, pattern) or fnmatch.fnmatchcase(path, pattern + "/*")


def debian_patterns():
    """{package: patterns}"""
    patterns = {"documentation": DOCUMENTATION}
    for name in sorted(os.listdir(os.path.join(PACKAGE, "debian"))):
        if name.endswith(".install") or name == "not-installed":
            lines = text(PACKAGE, "debian", name).split()
            patterns[name] = [re.sub(r"^usr/", "", line).replace("lib/*/", "lib/") for line in lines]
    return patterns


def rpm_patterns(paths):
    """What the spec file's lists name: those under %files, and those that its shell function finds."""
    spec = text(PACKAGE, "evpl-dpdk.spec").replace("%{name}", "evpl-dpdk")
    spec = re.sub(r"%\{_(\w+)\}", lambda m: RPM.get(m[1], m[1]), spec)
    named = re.findall(r"^(?:%license )?((?:bin|lib|share)\S*)$", spec, re.M)
    found = [path for line in re.findall(r"^list (.*) >", spec, re.M) for path in line.split()]
    return named + found + list(DOCUMENTATION)


def wrong_debian(paths):
    patterns = debian_patterns()
    for path in paths:
        owners = [name for name, list_ in patterns.items() if any(covers(pattern, path) for pattern in list_)]
        if len(owners) != 1:
            yield f"{path}: in {' and '.join(owners) or 'no package'}"
    for name, list_ in patterns.items():
        for pattern in list_ if name != "documentation" else ():
            if not any(covers(pattern, path) for path in paths):
                yield f"{name}: {pattern} is not installed"


def wrong_rpm(paths):
    patterns = rpm_patterns(paths)
    return [f"{path}: not under %files" for path in paths if not any(covers(p, path) for p in patterns)]


def wrong_versions(paths):
    del paths
    for what, found in (("debian/changelog", re.match(r"evpl-dpdk \((.*)-", text(PACKAGE, "debian/changelog"))),
                        ("evpl-dpdk.spec", re.search(r"^Version: *(\S+)$", text(PACKAGE, "evpl-dpdk.spec"), re.M)),
                        ("evpl-dpdk.spec, %changelog", re.search(r"%changelog\n\*.* - (\S+)-", text(PACKAGE, "evpl-dpdk.spec")))):
        if not found or found[1] != VERSION:
            yield f"{what}: {found and found[1]}, not {VERSION}"


def wrong_setup(paths):
    del paths
    listed = " ".join(re.findall(r"^\tdeb:(?:build|package)\) echo ([^;]*) ;;", text("scripts/setup"), re.M)).split()
    source = text(PACKAGE, "debian/control").split("\n\n")[0]
    for package in re.findall(r"^ ([a-z][a-z0-9-]+)", source[source.index("Build-Depends"):], re.M):
        if re.sub("-compat$", "", package) not in listed:
            yield f"scripts/setup: neither build nor package has {package}, which debian/control needs"


def wrong_sonames(paths):
    for path in paths:
        soname = re.search(r"libevpl-dpdk\.so\.(\d+)$", path)
        if soname and f"Package: libevpl-dpdk{soname[1]}\n" not in text(PACKAGE, "debian/control"):
            yield f"debian/control: no package libevpl-dpdk{soname[1]}"


def wrong_nodes(paths):
    del paths
    for node in re.findall(r"^(EVPL_\S+) \{", text("src/libevpl-dpdk.map"), re.M):
        if f" (symver){node} " not in text(PACKAGE, "debian/libevpl-dpdk0.symbols"):
            yield f"debian/libevpl-dpdk0.symbols: no {node}"


def wrong_licence(paths):
    del paths
    words = re.sub(r"^ \.?", "", text(PACKAGE, "debian/copyright"), flags=re.M).split()
    licence = text("LICENSE").split("\n\n", 2)[2].split()
    if words[-len(licence):] != licence:
        yield "debian/copyright: not the words of LICENSE"


CHECKS = (("each installed file is in one Debian package", wrong_debian), ("and in an RPM package", wrong_rpm),
          ("the packages have this version", wrong_versions),
          ("scripts/setup installs what the Debian packages' build needs", wrong_setup),
          ("the Debian package has the soname's name", wrong_sonames),
          ("its symbols file has each version node", wrong_nodes), ("its copyright file has LICENSE's words", wrong_licence))
print(f"1..{len(CHECKS)}")
failed, all_paths = False, installed()
for number, (title, check) in enumerate(CHECKS, 1):
    wrong = list(check(all_paths))
    failed = failed or bool(wrong)
    print(f"{'not ' if wrong else ''}ok {number} - {title}")
    for line in wrong:
        print(f"# {line}")
sys.exit(failed)
