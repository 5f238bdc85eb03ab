#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""usage: calls.py SOURCE COMPILER [FLAG...]

Compares src/trace/calls.def, the list of all calls, with what cannot be made of it. TAP.

What would break: a new public call that a symbol map, the checks of a tracing build or its macros lack; a call whose
parameters differ between its declaration, its evpl_pvt_x_at() and its checked body."""
import os
import re
import subprocess
import sys

from tap import report

SOURCE, COMPILER = sys.argv[1], sys.argv[2:]
KINDS = "CALL|CALL_VOID|CALL_BARE|SAME|PLAIN|TRACE"
# Compiled with the macros of evpl_trace.h: the compiler stops where a row and a declaration differ.
MATCH = """
#include <evpl/evpl.h>
#define UNPACK(...) __VA_ARGS__
#define AT(name) evpl_pvt_##name##_at
#define BOTH(type, name, params) type(evpl_##name) params; type AT(name)(const struct evpl_pvt_site *, UNPACK params);
#define CALL(type, name, id, params, args) BOTH(type, name, params)
#define CALL_VOID(name, id, params, args) BOTH(void, name, params)
#define CALL_BARE(type, name, id) type(evpl_##name)(void); type evpl_pvt_##name##_at(const struct evpl_pvt_site *);
#include "trace/calls.def"
"""


def text(path):
    with open(os.path.join(SOURCE, path), encoding="utf-8") as f:
        return re.sub(r"/\*.*?\*/", "", f.read(), flags=re.S)


def rows():
    """{kind: {name}}, and names that have two rows."""
    kinds, seen, twice = {kind: set() for kind in KINDS.split("|")}, set(), set()
    for kind, args in re.findall(rf"^({KINDS})\(([^()]*)", text("src/trace/calls.def"), re.M):
        words = [word.strip() for word in args.split(",")]
        name = "evpl_" + (words[1] if kind in ("CALL", "CALL_BARE") else words[0])
        if name in seen:
            twice.add(name)
        seen.add(name)
        kinds[kind].add(name)
    return kinds, twice


def exported(path):
    names = set()
    for node in re.findall(r"global:(.*?)(?:local:|\})", text(path), re.S):
        names |= set(re.findall(r"(\w+);", node))
    return names


def declared(path):
    """Functions of a header that other programs may link with."""
    return set(re.findall(r"^EVPL_PVT_(?:EXPORT|HOT)\s[^;{]*?\b(evpl_\w+)\(", text(path), re.M))


def differ(one, name_one, two, name_two):
    return [f"{name} is in {name_one}, and not in {name_two}" for name in sorted(one - two)] + \
        [f"{name} is in {name_two}, and not in {name_one}" for name in sorted(two - one)]


def compiled():
    flags = ["-DEVPL_IOVEC_TRACE=1", f"-I{SOURCE}/include", f"-I{SOURCE}/src"]
    flags += ["-std=c11", "-x", "c", "-fsyntax-only", "-"]
    ran = subprocess.run([*COMPILER, *flags], input=MATCH, text=True, capture_output=True, check=False)
    return ran.stderr.splitlines() if ran.returncode != 0 else []


def main():
    kinds, twice = rows()
    checked = kinds["CALL"] | kinds["CALL_VOID"] | kinds["CALL_BARE"]
    public = checked | kinds["SAME"]
    at = {name.replace("evpl_", "evpl_pvt_", 1) + "_at" for name in checked}
    api = set()
    for header in ("core", "memory", "mbuf", "port", "pressure", "process", "ring", "slab", "version"):
        api |= declared(f"include/evpl/evpl_{header}.h")
    trace_h = text("include/evpl/evpl_trace.h")
    macros = set(re.findall(r"^#define (evpl_\w+)\(", trace_h, re.M))
    tests = {
        "each call has one row": sorted(twice),
        "the public headers declare the public rows": differ(api, "a header", public, "calls.def"),
        "evpl_inline_pvt.h declares the rows PLAIN":
            differ(declared("include/evpl/evpl_inline_pvt.h") - public, "the header", kinds["PLAIN"], "calls.def"),
        "evpl_trace.h has a macro for each checked call": differ(macros, "evpl_trace.h", checked, "calls.def"),
        "evpl_trace.h declares the other half of each checked call":
            differ(declared("include/evpl/evpl_trace.h"), "evpl_trace.h", at | kinds["TRACE"], "calls.def"),
        "the plain symbol map has what a plain build exports":
            differ(exported("src/libevpl-dpdk.map"), "the map", public | kinds["PLAIN"], "calls.def"),
        "the tracing symbol map has what a tracing build exports":
            differ(exported("src/libevpl-dpdk-trace.map"), "the map", public | at | kinds["TRACE"], "calls.def"),
        "rows and declarations have the same parameters": compiled(),
    }
    report(tests)


main()
