#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""usage: check.py DOC MAP [PROGRAM...]

Checks the reference that the build made in folder DOC: HTML, and man pages of sections 1, 3 and 7. TAP.

What would break: a public call without a page, because its comment is missing or its header is not read; a comment
that Doxygen reads otherwise than it was meant; a page that man shows wrongly; a reference that leads nowhere; an option
of a program that its page lacks."""
import glob
import json
import os
import re
import shutil
import subprocess
import sys

DOC, MAP, PROGRAMS = sys.argv[1], sys.argv[2], sys.argv[3:]


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def pages():
    """{(name, section): text}"""
    paths = [path for folder in ("man3", "man7", ".") for path in glob.glob(os.path.join(DOC, folder, "*.[137]"))]
    return {tuple(os.path.basename(path).rsplit(".", 1)): read(path) for path in paths}


def exported():
    """The public calls: not the private ones, and not those that only the macros of a tracing build call."""
    names = re.findall(r"^\t(evpl_\w+);", read(MAP), re.M)
    return [name for name in names if not name.startswith("evpl_pvt_") and not name.endswith("_at")]


def without_page():
    wrong = [] if exported() else ["no symbol was found in " + MAP]
    for name in exported():
        page = pages().get((name, "3"), "")
        wrong += [f"{name}(3) has no {part}" for part in (f".Fo {name}", ".Sh DESCRIPTION", ".Xr libevpl-dpdk 7")
                  if part not in page]
    return wrong + ([] if ("libevpl-dpdk", "7") in pages() else ["there is no libevpl-dpdk(7)"])


def without_words():
    return [f"{name}({section})" for (name, section), text in pages().items() if "(no words)" in text]


def without_errors():
    """A call whose page says that rte_errno or a negative errno tells why has a list of errors."""
    return [f"{name}({section}) names no error" for (name, section), text in pages().items()
            if section == "3" and re.search(r"rte_errno says why|negative errno", text.split(".Sh RETURN VALUES")[-1])
            and ".Sh RETURN VALUES" in text and ".Sh ERRORS" not in text]


def not_in_html():
    html = "".join(read(path) for path in glob.glob(os.path.join(DOC, "html", "*_8h.html")))
    return [name for name in exported() if not re.search(rf">{name}\b", html)]


def dangling():
    known = set(pages())
    return [f"{name}({section}) refers to {to[0]}({to[1]})" for (name, section), text in pages().items()
            for to in re.findall(r"^\.Xr (\S+) (\d)", text, re.M) if to not in known]


def programs():
    """Each program has a page, with the options that its --help begins lines with."""
    wrong = []
    for program in PROGRAMS:
        name = os.path.basename(program)
        said = subprocess.run([program, "--help"], capture_output=True, text=True, check=True).stdout
        options = [rf".It Sy {option}" for option in re.findall(r"^  (-\S+?)(?:,? |$)", said, re.M)]
        parts = [".Sh SYNOPSIS", ".Sh DESCRIPTION", ".Sh EXIT STATUS", *options]
        page = pages().get((name, "1"), "")
        wrong += [f"{name}(1) has no {part}" for part in parts if part not in page]
        wrong += [] if len(options) > 5 else [f"{name} --help has no options"]
    return wrong


def lint():
    paths = [os.path.join(DOC, "." if section == "1" else f"man{section}", f"{name}.{section}")
             for name, section in pages()]
    return subprocess.run(["mandoc", "-Tlint", "-Wwarning", *paths], text=True, stdout=subprocess.PIPE,
                          check=False).stdout.splitlines()


def warnings():
    path = os.path.join(DOC, "warnings.txt")
    return read(path).splitlines() if os.path.exists(path) else []


def not_installed():
    """meson install puts the folders of pages and of HTML, and the programs' pages, where man and people look."""
    path = os.path.join(DOC, "../../meson-info/intro-installed.json")
    installed = {os.path.realpath(at): to for at, to in json.loads(read(path)).items()}
    wanted = {"man3": r"man/man3", "man7": r"man/man7", "html": r"doc/libevpl-dpdk/html"}
    wanted.update({f"{name}.1": rf"man/man1/{name}.1" for name, section in pages() if section == "1"})
    return [f"{what}: {installed.get(os.path.realpath(os.path.join(DOC, what)))}" for what, to in wanted.items()
            if not re.search(rf"/{to}$", installed.get(os.path.realpath(os.path.join(DOC, what)), ""))]


def main():
    tests = {
        "Doxygen has no warning": warnings,
        "each exported public call has a page": without_page,
        "each page and each member has words": without_words,
        "each call that can fail names its errors": without_errors,
        "each exported public call is in the HTML": not_in_html,
        "each reference leads to a page": dangling,
        "the programs' pages have their options and their exit status": programs,
        "meson install has a place for all of it": not_installed,
        "mandoc has no warning": lint,
    }
    print(f"1..{len(tests)}")
    failed = 0
    for i, (name, check) in enumerate(tests.items(), 1):
        if check is lint and not shutil.which("mandoc"):
            print(f"ok {i} - {name} # SKIP no mandoc")
            continue
        wrong = check()
        failed += bool(wrong)
        print(f"{'not ok' if wrong else 'ok'} {i} - {name}")
        for line in wrong:
            print(f"# {line}")
    sys.exit(failed != 0)


main()
