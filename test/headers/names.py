#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""usage: names.py HEADERS

Reads the installed headers in the folder HEADERS. TAP.

What would break: a name that programs must not use, but that looks like one that they may use. A name for programs is
documented with /** in a header for programs. Any other name begins with evpl_pvt_ or EVPL_PVT_, or with evpl_compat_ or
EVPL_COMPAT_ where it stands for a name of DPDK."""
import glob
import os
import re
import sys

from tap import report

PRIVATE = re.compile(r"(evpl|EVPL)_(pvt|PVT|compat|COMPAT)_")
# Macros of others: DPDK's headers ask for this one.
FOREIGN = {"ALLOW_EXPERIMENTAL_API"}


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def without_comments(text):
    return re.sub(r"/\*.*?\*/", "", text, flags=re.S)


def enumerators(body):
    return set(re.findall(r"^\s*(\w+)", re.sub(r"\([^()]*\)", "", body).replace(",", "\n"), re.M))


def macros(text):
    guard = re.search(r"^#ifndef (\w+_H)$", text, re.M).group(1)
    return set(re.findall(r"^#define (\w+)", text, re.M)) - {guard}


def declared(text):
    """All names that a header declares. The bodies of public inline functions are not declarations."""
    text = without_comments(text)
    names = macros(text)
    text = re.sub(r"^#(?:.*\\\n)*.*$", "", text, flags=re.M)
    names |= set(re.findall(r"^(?:typedef )?(?:struct|enum|union) (\w+) \{", text, re.M))
    names |= set(re.findall(r"^typedef [^{}]*?(\w+);", text, re.M))
    for body in re.findall(r"\benum \w*\s*\{(.*?)\}", text, re.S):
        names |= enumerators(body)
    names |= set(re.findall(r"^static inline [^;{]*?(\w+)\(", text, re.M))
    names |= set(re.findall(r"^EVPL_PVT_(?:EXPORT|HOT)\s[^;{]*?(\w+)\(", text, re.M))
    return names


def undocumented_macros(text):
    """Macros without a comment for Doxygen, be it above them or on their line."""
    comment = r"/\*\*(?:[^*]|\*(?!/))*\*/"
    documented = set(re.findall(comment + r"\n(?:#ifndef \w+\n)?#define (\w+)", text))
    documented |= set(re.findall(r"^#define (\w+)[^\n]*/\*\*<", text, re.M))
    return macros(without_comments(text)) - documented


def unprefixed(names, public):
    return sorted(name for name in names - public - FOREIGN if not PRIVATE.match(name))


def main():
    texts = {os.path.basename(path): read(path) for path in sorted(glob.glob(os.path.join(sys.argv[1], "*.h")))}
    private = [name for name in texts if name.endswith("_pvt.h")]
    mixed = "evpl_trace.h"  # macros that have the names of public calls, and what these macros call
    public = set().union(*(declared(texts[name]) for name in texts if name not in private and name != mixed))
    public.add("evpl") # struct evpl is evpl_core.h's; programs only have pointers
    tests = {f"{name} has private names only": unprefixed(declared(texts[name]), public) for name in [*private, mixed]}
    for name in texts:
        if name not in private and name != mixed:
            tests[f"{name} documents each macro for programs"] = unprefixed(undocumented_macros(texts[name]), set())
    report(tests)


main()
