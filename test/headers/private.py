#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""usage: private.py SOURCE COMPILER [FLAG...]

Compiles each header of src alone, in a plain and in a tracing build, and looks for circles of them. TAP.

What would break: a header that needs another one first, so that the order of includes decides what compiles; headers
that need each other, so that neither can be read alone; a file of the library proper that asks what kind of build it
is, or that includes sampling or tracing other than by trace/hooks.h."""
import glob
import os
import re
import subprocess
import sys
import tempfile

from tap import report

SOURCE, COMPILER = sys.argv[1], sys.argv[2:]
SRC = os.path.join(SOURCE, "src")
HOOKS = ("trace/hooks.h", "trace/hook_state.h")


def read(name):
    with open(os.path.join(SRC, name), encoding="utf-8") as f:
        return f.read()


def files(*patterns):
    return sorted(os.path.relpath(path, SRC) for pattern in patterns for path in glob.glob(os.path.join(SRC, pattern)))


def includes(name):
    return re.findall(r'^#include "([^"]+)"', read(name), re.M)


def errors(name, generated, flags):
    """What the compiler says of a header as the only thing in a file, included twice."""
    folders = [f"-I{SRC}", f"-I{SOURCE}/include", f"-I{generated}"]
    warnings = ["-Wall", "-Wextra", "-Werror", "-Wno-unused-function"]
    ran = subprocess.run([*COMPILER, "-D_GNU_SOURCE", "-DEVPL_PVT_BUILDING", *folders, "-std=c11", *warnings, *flags,
                          "-x", "c", "-fsyntax-only", "-"],
                         input=f'#include "{name}"\n' * 2, text=True, capture_output=True, check=False)
    return ran.stderr.splitlines() if ran.returncode != 0 else []


def alone(generated, names, flags):
    return [line for name in names for line in errors(name, generated, flags)]


def circle(names):
    """A header and those by which it includes itself, or nothing."""
    def walk(name, path):
        if name in path:
            return [*path[path.index(name):], name]
        for other in includes(name):
            found = walk(other, [*path, name]) if other in names and other not in done else []
            if found:
                return found
        done.add(name)
        return []

    done = set()
    return next((found for found in (walk(name, []) for name in names) if found), [])


def hooks_passed():
    wrong = []
    for name in files("*.[ch]"):
        for other in includes(name):
            if other.startswith(("trace/", "held/")) and other not in HOOKS:
                wrong.append(f"{name} includes {other}")
        if name != "base.h" and re.search(r"\bEVPL_(IOVEC_TRACE|TRACE_BYTES)\b", read(name)):
            wrong.append(f"{name} asks for the kind of build")
    return wrong


def main():
    headers = files("*.h", "held/*.h", "trace/*.h")
    plain = [name for name in headers if not name.startswith("trace/") or name in HOOKS]
    with tempfile.TemporaryDirectory(prefix="evpl-headers-") as generated:
        names = [os.path.join(generated, name) for name in ("trace_names.h", "trace_names_end.h")]
        subprocess.run([sys.executable, "-B", f"{SRC}/trace/names.py", f"{SRC}/trace/calls.def", *names], check=True)
        traced = ["-DEVPL_IOVEC_TRACE=1", "-DEVPL_TRACE_BYTES=1"]
        tests = {
            "each header compiles alone in a plain build": alone(generated, plain, []),
            "each header compiles alone in a tracing build":
                alone(generated, [name for name in headers if name != "held/sample.h"], traced),
            "no header includes itself by others": circle(headers),
            "the library proper knows sampling and tracing by trace/hooks.h only": hooks_passed(),
        }
    report(tests)


main()
