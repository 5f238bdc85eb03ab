#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""Runs the cases of zoo/, bug and twin, and checks the reports. README.md says how a case states what is expected.

usage: run.py [-j N] [--valgrind] ZOO [WORD...]    the cases whose names begin with a WORD (all without), as TAP
       run.py [-j N] --table DIR                   builds every mode in DIR, and writes ../README.md's table

ZOO is the program (build/test/misuse/zoo), which knows how it was built.
"""
import concurrent.futures
import os
import re
import subprocess
import sys

from cases import (HEX, HERE, ROOT, Case, Program, Run, check_quiet, check_touch, marks, need, pattern, read_cases, tap,
                   workers_of)

PLACES = ["created", "owned", "taken", "let go", "misused", "found"]    # in this order
MARK = re.compile(r"/\* (created|owned|taken|let go|misused|found|read|written|leaked: [^*]*?)"
                  r"( elsewhere|, elsewhere)?(?: by address of (\w+))? \*/")
KEYS = ["expect", "flags", "needs", "plain", "found", "ends", "why"]


class Place:
    """A marked line of a case."""
    def __init__(self, path, number, function, static, line, elsewhere, address_of):
        self.path, self.number, self.function, self.static = path, number, function, static
        self.elsewhere = bool(elsewhere)
        self.by_address = address_of is not None
        calls = re.findall(r"\b(evpl_\w+)\(", line)
        self.call = address_of or (calls[-1] if calls else None)


class Text(Case):
    """A case of the zoo, and the marks of its lines."""
    def __init__(self, path, name, comment, first, last):
        super().__init__(path, name, comment, KEYS, first, last)
        self.flags = self.keys.get("flags", "LOCAL SHARED").split()
        self.marks = marks(path, first, last, MARK, Place)
        self.find_touch(self.marks)
        if self.keys.get("found") == "cleanup":
            self.marks.append(("found", cleanup_place()))


def cleanup_place():
    """The driver's call of evpl_cleanup."""
    path = os.path.join(HERE, "zoo.c")
    with open(path) as f:
        for number, line in enumerate(f, 1):
            if "/* cleanup */" in line:
                return Place(path, number, "zoo_run", True, line, False, None)
    raise SystemExit("zoo.c has no /* cleanup */")


class Zoo(Program):
    """The program, as it was built, and under valgrind if asked for."""
    def __init__(self, path, valgrind=False):
        super().__init__(path, valgrind)
        said = subprocess.run([self.path, "--mode"], capture_output=True, text=True, check=True).stdout
        self.trace, self.bytes, self.asan = (f"{word}=1" in said for word in ("trace", "bytes", "asan"))
        self.tool = "ASan" if self.asan else "memcheck" if valgrind else None

    def run(self, text, which, flags):
        return Run(self, [text.name, which, flags])

    def symbol(self, offset):
        """The function that has an address of the program, from its symbol table."""
        said = subprocess.run(["nm", "-S", self.path], capture_output=True, text=True, check=True).stdout
        for line in said.splitlines():
            words = line.split()
            if len(words) == 4 and words[2] in "tT" and 0 <= offset - int(words[0], 16) < int(words[1], 16):
                return words[3]
        return None


def word_of(run):
    """One or two words, for the table."""
    said = []
    if re.search(r"Invalid (read|write)", run.log):
        said.append("memcheck report")
    if "ERROR: AddressSanitizer: use-after-poison" in run.err:
        said.append("ASan report")
    elif "ERROR: AddressSanitizer" in run.err:
        said.append("ASan: crash")
    elif "evpl: BUG: " in run.err:
        said.append("report")
    elif re.search(r"^evpl_\w+: .*\d+ iovecs?, \d+ bytes", run.err, re.M) and run.code == 0:
        said.append("list")
    elif run.code is None:
        said.append("hangs")
    elif run.code == -6:
        said.append("stops" if re.match(r"evpl_\w+: .*\n\Z", run.err) else "aborts")
    elif run.code < 0:
        said.append("crashes")
    elif run.code not in (0, 66):
        said.append("corrupts")
    if not said:
        said.append("nothing" if not run.err else "one line" if len(run.lines) == 1 else "lines")
    return ", ".join(said)


def check_thread(place, thread, number, lcore, run):
    need(thread, "a thread has no name")
    if place.elsewhere:
        need(int(number) != run.pid, "a place of another thread names the main thread")
        need(lcore == "no lcore", f"a plain thread has {lcore!r}")
    else:
        need(int(number) == run.pid, f"thread {number} is not the main thread, {run.pid}")
        need(re.fullmatch(r"lcore \d+", lcore), f"the main thread has {lcore!r}")


def check_where(place, where, zoo):
    """ "function (file:line)", or, of a call by address, "symbol (object+offset)"."""
    match = re.fullmatch(r"(\S+) \((.+)\)", where)
    need(match, f"no place: {where!r}")
    function, rest = match[1], match[2]
    if place.by_address:
        # The compiler may make a copy of a static function, such as f.constprop.0.
        need(function.split(".")[0] == place.function, f"symbol {function}, expected {place.function}")
        obj, _, offset = rest.rpartition("+")
        need(os.path.realpath(obj) == os.path.realpath(zoo.path), f"object {obj!r} is not {zoo.path!r}")
        at = zoo.symbol(int(offset, 16) - 1)    # the call ends where it returns to
        need(at == place.function, f"{offset} is in {at}, expected {place.function}")
        return
    file, _, line = rest.rpartition(":")
    need(function == place.function, f"function {function!r}, expected {place.function!r}")
    need(zoo.is_source(file, place.path), f"file {file!r}")
    need(line == str(place.number), f"line {line}, expected {place.number}")


def check_place(word, place, line, run, zoo):
    if word == "owned":
        match = re.fullmatch(r"  owned     since its first use in ()(.*), thread (.*) \((\d+)\), (.*)", line)
    else:
        match = re.fullmatch(rf"  {word:9} by (\S+) in (.*), thread (.*) \((\d+)\), (.*)", line)
    need(match, f"not a line of \"{word}\": {line!r}")
    if word != "owned":
        need(match[1] == place.call, f"{word} by {match[1]}, expected {place.call}")
    check_where(place, match[2], zoo)
    check_thread(place, match[3], match[4], match[5], run)


def check_report(text, run, zoo, flags):
    """All of a report: nothing is missing, and nothing is there that is not expected."""
    lines = list(run.lines)
    need(run.code == -6, f"exit code {run.code}, expected SIGABRT")
    need(lines and re.fullmatch(r"evpl: BUG: " + pattern(text.expect), lines[0]),
         f"first line, expected: {text.expect}")
    lines.pop(0)
    address = rf"(?:{HEX}|\(nil\))"
    if text.expect.startswith("write "):
        about = rf"  bytes     {HEX}, \d+, {flags}"
    elif text.expect.startswith("a context"):
        about = rf"  context   {HEX}"
    elif text.expect.startswith("an mbuf"):
        about = rf"  mbuf      {HEX} of mempool \S+"
    else:
        taken = any(mark == "taken" for mark, _ in text.marks)
        kind = "(LOCAL|SHARED)" if not taken else flags
        if taken and text.name.endswith("received") or "direct" in text.name:
            kind = "(LOCAL|SHARED)"
        about = rf"  iovec     {HEX}: data {address}, length \d+, {kind}"
    if text.expect != "a NULL instead of an iovec":
        need(lines and re.fullmatch(about, lines[0]), f"second line, expected: {about}")
        lines.pop(0)
    if text.expect.startswith("a copy made"):
        copied = rf"  copied    from the iovec at {HEX}; memcpy and an rte_ring copy, too: see evpl_ring.h"
        need(lines and re.fullmatch(copied, lines[0]), "no line \"copied\"")
        lines.pop(0)
    for word in PLACES:
        for mark, place in text.marks:
            if mark == word:
                need(lines, f"no line \"{word}\"")
                check_place(word, place, lines.pop(0), run, zoo)
    need(not lines, "more lines than expected")


def check_list(text, run, zoo):
    """A list of what is held: its title, and a line for each mark in any order."""
    need(run.code == 0, f"exit code {run.code}, expected 0")
    # EAL's log says why evpl_cleanup failed.
    lines = [line for line in run.lines if not line.startswith("EVPL: cleanup: ")]
    need(lines and re.fullmatch(pattern(text.expect), lines[0]), f"first line, expected: {text.expect}")
    left = lines[1:]
    for mark, place in text.marks:
        held = mark.removeprefix("leaked: ")
        done = "sent" if " packet" in held else "taken"
        form = rf"  {held}, oldest \d+\.\d s, {done} by {place.call} in (.*), thread (.*) \((\d+)\), (.*)"
        match = next((m for m in (re.fullmatch(form, line) for line in left) if m), None)
        need(match, f"no line for {held} by {place.call}")
        left.remove(match[0])
        check_where(place, match[1], zoo)
        check_thread(place, match[2], match[3], match[4], run)
    need(not left, "more lines than expected")


def judge(text, which, flags, run, zoo):
    need(run.code is not None, "it hangs")
    watched = zoo.bytes or text.keys.get("needs") != "bytes"
    if which == "twin":
        check_quiet(run)
    elif not zoo.trace:
        if "plain" in text.keys:
            need(run.code == -6 and len(run.lines) == 1 and text.keys["plain"] in run.err,
                 f"not stopped with one line that has: {text.keys['plain']}")
    elif zoo.tool and zoo.bytes and text.touch:
        check_touch(text, run, zoo.asan)
    elif not watched:
        pass                    # nobody looks at bytes: what happens is in the table
    elif text.expect == "nothing":
        check_quiet(run)
    elif text.keys.get("ends") == "well":
        check_list(text, run, zoo)
        need(run.log == "", "memcheck is not silent")
    else:
        check_report(text, run, zoo, flags)


def read_texts():
    """All cases of zoo/, by name."""
    return read_cases("zoo", Text)


def run_all(zoo, words, workers):
    texts = read_texts()
    if {t.name for t in texts} != set(zoo.names()):
        print("Bail out! the program has not all cases of zoo/: is a file missing in meson.build?")
        return 1
    tests = [(f"{t.name} {flags} {which}",
              lambda t=t, which=which, flags=flags: zoo.run(t, which, flags),
              lambda run, t=t, which=which, flags=flags: judge(t, which, flags, run, zoo))
             for t in texts for flags in t.flags for which in ("bug", "twin")]
    return tap([t for t in tests if not words or t[0].startswith(tuple(words))], workers)


MODES = [   # name, meson's options, under valgrind
    ("plain", ["-Diovec_trace=false"], False),
    ("tracing", ["-Diovec_trace=true"], False),
    ("tracing, no bytes", ["-Diovec_trace=true", "-Diovec_trace_bytes=false"], False),
    ("tracing + ASan", ["-Diovec_trace=true", "-Db_sanitize=address", "-Db_lundef=false"], False),
    ("tracing + memcheck", ["-Diovec_trace=true"], True),
]


def table(directory, workers):
    texts, columns = read_texts(), []
    for name, options, valgrind in MODES:
        build = os.path.join(directory, re.sub(r"\W+", "-", "-".join(options)).strip("-"))
        if not os.path.exists(os.path.join(build, "build.ninja")):
            subprocess.run(["meson", "setup", build, ROOT, "-Dapps=false", *options], check=True)
        subprocess.run(["ninja", "-C", build, f"-j{workers}", "test/misuse/zoo"], check=True)
        zoo = Zoo(os.path.join(build, "test", "misuse", "zoo"), valgrind)
        with concurrent.futures.ThreadPoolExecutor(workers) as pool:
            columns.append(list(pool.map(
                lambda t, zoo=zoo: {flags: word_of(zoo.run(t, "bug", flags)) for flags in t.flags}, texts)))
        print(f"# {name}: done", flush=True)
    lines = ["| bug | " + " | ".join(m[0] for m in MODES) + " |", "|---" * (len(MODES) + 1) + "|"]
    rows = []       # (file, cases, cells): cases of one file that fare alike share a row
    for i, text in enumerate(texts):
        cells = []
        for column in columns:
            said = list(dict.fromkeys(column[i].values()))
            cells.append(said[0] if len(said) == 1 else "; ".join(f"{f}: {w}" for f, w in column[i].items()))
        row = next((r for r in rows if r[0] == text.file and r[2] == cells), None)
        if row is not None:
            row[1].append(text.case)
        else:
            rows.append((text.file, [text.case], cells))
    for file, cases, cells in rows:
        shown = ", ".join(f"`{case}`" for case in cases)
        lines.append(f"| {file}: {shown} | " + " | ".join(cells) + " |")
    path = os.path.join(os.path.dirname(HERE), "README.md")
    with open(path) as f:
        readme = f.read()
    begin, end = "<!-- table -->\n", "<!-- end of table -->\n"
    head, rest = readme.split(begin)
    with open(path, "w") as f:
        f.write(head + begin + "\n".join(lines) + "\n" + end + rest.split(end)[1])
    return 0


def main():
    args = sys.argv[1:]
    workers = workers_of(args)
    if len(args) == 2 and args[0] == "--table":
        return table(args[1], workers)
    valgrind = "--valgrind" in args
    args = [a for a in args if a != "--valgrind"]
    if not args or args[0].startswith("-"):
        print(__doc__.strip())
        return 0 if args else 2
    return run_all(Zoo(args[0], valgrind), args[1:], workers)


sys.exit(main())
