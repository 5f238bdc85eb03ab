#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""Runs the cases of zoo/, bug and twin, and checks the reports. README.md says how a case states what is expected.

usage: run.py [-j N] [--valgrind] ZOO [WORD...]    the cases whose names begin with a WORD (all without), as TAP
       run.py [-j N] --table DIR                   builds every mode in DIR, and writes ../README.md's table

ZOO is the program (build/test/misuse/zoo), which knows how it was built.
"""
import concurrent.futures
import glob
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
TIMEOUT = 60                    # seconds after which a program hangs; times ten under valgrind
PLACES = ["created", "owned", "taken", "let go", "misused", "found"]    # in this order
MARK = re.compile(r"/\* (created|owned|taken|let go|misused|found|read|written|leaked: [^*]*?)"
                  r"( elsewhere|, elsewhere)?(?: by address of (\w+))? \*/")
HEX = r"0x[0-9a-f]+"


class Wrong(Exception):
    """What a case raises when the program did something else than it should."""


class Place:
    """A marked line of a case."""
    def __init__(self, path, number, function, static, line, elsewhere, address_of):
        self.path, self.number, self.function, self.static = path, number, function, static
        self.elsewhere = elsewhere
        self.by_address = address_of is not None
        calls = re.findall(r"\b(evpl_\w+)\(", line)
        self.call = address_of or (calls[-1] if calls else None)


KEY = re.compile(r"(expect|flags|needs|plain|found|ends|why): ")
CASE = re.compile(r"/\*\n((?: \*(?: .*)?\n)+?) \*/\nZOO_CASE\((\w+)\)\n")


def marks(path, first, last):
    """The marks in the lines [first, last) of a file, as (mark, place) in their order."""
    found, function, static, before = [], None, False, ""
    with open(path) as f:
        for number, line in enumerate(f, 1):
            if not first <= number < last:
                continue
            start = re.match(r"(\w+)\(", line)
            if start:
                function, static = start[1], before.startswith("static")
            for mark in MARK.finditer(line):
                found.append((mark[1], Place(path, number, function, static, line, bool(mark[2]), mark[3])))
            before = line
    return found


class Text:
    """A case of the zoo: its name, what its comment asks for, and the marks of its lines, [first, last)."""
    def __init__(self, path, name, comment, first, last):
        self.path = path
        self.file, self.case = os.path.basename(path)[:-2], name
        self.name = f"{self.file}_{name}"
        lines = [line[3:] for line in comment.rstrip("\n").split("\n")]
        self.keys = dict(line.split(": ", 1) for line in lines if KEY.match(line))
        self.what = " ".join(line for line in lines if not KEY.match(line))
        self.flags = self.keys.get("flags", "LOCAL SHARED").split()
        self.expect = self.keys["expect"]
        self.marks = marks(path, first, last)
        if self.keys.get("found") == "cleanup":
            self.marks.append(("found", cleanup_place()))
        self.touch = next(((m, p) for m, p in self.marks if m in ("read", "written")), None)


def cleanup_place():
    """The driver's call of evpl_cleanup."""
    path = os.path.join(HERE, "zoo.c")
    with open(path) as f:
        for number, line in enumerate(f, 1):
            if "/* cleanup */" in line:
                return Place(path, number, "zoo_run", True, line, False, None)
    raise SystemExit("zoo.c has no /* cleanup */")


class Zoo:
    """The program, as it was built, and under valgrind if asked for."""
    def __init__(self, path, valgrind=False):
        self.path = os.path.abspath(path)
        self.build = os.path.dirname(os.path.dirname(os.path.dirname(self.path)))   # where file names begin
        self.valgrind = valgrind
        said = subprocess.run([self.path, "--mode"], capture_output=True, text=True, check=True).stdout
        self.trace, self.bytes, self.asan = (f"{word}=1" in said for word in ("trace", "bytes", "asan"))
        self.tool = "ASan" if self.asan else "memcheck" if valgrind else None

    def texts(self):
        return subprocess.run([self.path, "--list"], capture_output=True, text=True, check=True).stdout.split()

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


class Run:
    """What a program did: its exit code (negative: a signal; None: it hung), stderr, and memcheck's log."""
    def __init__(self, zoo, args):
        command, self.log = [zoo.path, *args], ""
        timeout = TIMEOUT
        env = dict(os.environ)
        # Twins must be silent, so leaks of DPDK's drivers are not looked for here.
        env["ASAN_OPTIONS"] = "detect_leaks=0:" + env.get("ASAN_OPTIONS", "")
        with tempfile.NamedTemporaryFile(prefix="evpl-zoo-") as log:
            if zoo.valgrind:
                # Fair: threads that wait by spinning would keep the others out.
                command = ["valgrind", "--quiet", "--fair-sched=try", "--error-exitcode=66",
                           f"--log-file={log.name}", *command]
                timeout *= 10
            child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                     stderr=subprocess.PIPE, env=env, errors="replace")
            self.pid = child.pid
            try:
                self.err = child.communicate(timeout=timeout)[1]
                self.code = child.returncode
            except subprocess.TimeoutExpired:
                child.kill()
                self.err = child.communicate()[1]
                self.code = None
            self.log = open(log.name, errors="replace").read()
        self.lines = self.err.splitlines()

    def word(self):
        """One or two words, for the table."""
        said = []
        if re.search(r"Invalid (read|write)", self.log):
            said.append("memcheck report")
        if "ERROR: AddressSanitizer: use-after-poison" in self.err:
            said.append("ASan report")
        elif "ERROR: AddressSanitizer" in self.err:
            said.append("ASan: crash")
        elif "evpl: BUG: " in self.err:
            said.append("report")
        elif re.search(r"^evpl_\w+: .*\d+ iovecs?, \d+ bytes", self.err, re.M) and self.code == 0:
            said.append("list")
        elif self.code is None:
            said.append("hangs")
        elif self.code == -6:
            said.append("stops" if re.match(r"evpl_\w+: .*\n\Z", self.err) else "aborts")
        elif self.code < 0:
            said.append("crashes")
        elif self.code not in (0, 66):
            said.append("corrupts")
        if not said:
            said.append("nothing" if not self.err else "one line" if len(self.lines) == 1 else "lines")
        return ", ".join(said)

    def __str__(self):
        return f"exit code {self.code}, stderr:\n{self.err}" + (f"memcheck:\n{self.log}" if self.log else "")


def pattern(words):
    """Words of a case's comment, where %p stands for any address."""
    return re.escape(words).replace("%p", HEX)


def need(condition, message):
    if not condition:
        raise Wrong(message)


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
    need(os.path.realpath(os.path.join(zoo.build, file)) == os.path.realpath(place.path), f"file {file!r}")
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
    lines = [line for line in run.lines if not line.startswith("EVPL: cleanup: still held")]
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


def check_touch(text, run, zoo):
    """The tool stops, or notes, the read or write itself."""
    mark, place = text.touch
    kind = {"read": "read", "written": "write"}[mark]
    if zoo.asan:
        need(run.code not in (0, None), "it did not stop")
        need("ERROR: AddressSanitizer: use-after-poison" in run.err, "no use-after-poison")
        need(re.search(rf"{kind.upper()} of size 1 at ", run.err), f"not a {kind}")
        need("evpl: BUG" not in run.err, "it went on")
        top = re.search(r"#0 \S+ in (\w+) (\S+?):(\d+)", run.err)
    else:
        need(run.code not in (0, None), "memcheck's errors are no failure")
        first = re.search(r"Invalid (\w+) of size 1\n==\d+==    at \S+: (\w+) \(([^:)]+):(\d+)\)", run.log)
        need(first, f"no \"Invalid {kind}\"")
        need(run.log.index(first[0]) == run.log.index("Invalid "), "another error came first")
        need(first[1] == kind, f"not a {kind}")
        top = re.search(r"at \S+: (\w+) \(([^:)]+):(\d+)\)", first[0])
    need(top and (top[1], os.path.basename(top[2]), int(top[3])) ==
         (place.function, os.path.basename(place.path), place.number),
         f"not at {place.function} ({os.path.basename(place.path)}:{place.number})")


def check_quiet(run):
    need(run.code == 0, f"exit code {run.code}, expected 0")
    need(run.err == "", "not silent")
    need(run.log == "", "memcheck is not silent")


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
        check_touch(text, run, zoo)
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
    texts = []
    for path in glob.glob(os.path.join(HERE, "zoo", "*.c")):
        with open(path) as f:
            source = f.read()
        begins = list(CASE.finditer(source))
        if len(begins) != source.count("ZOO_CASE("):
            raise SystemExit(f"{path}: a ZOO_CASE without its comment before it")
        lines = [source.count("\n", 0, begin.start()) + 1 for begin in begins] + [source.count("\n") + 1]
        texts += [Text(path, begin[2], begin[1], lines[i], lines[i + 1]) for i, begin in enumerate(begins)]
    return sorted(texts, key=lambda text: text.name)


def tap(zoo, words, workers):
    texts = read_texts()
    if {t.name for t in texts} != set(zoo.texts()):
        print("Bail out! the program has not all cases of zoo/: is a file missing in meson.build?")
        return 1
    cases = [(f"{t.name} {flags} {which}", t, which, flags)
             for t in texts for flags in t.flags for which in ("bug", "twin")]
    cases = [c for c in cases if not words or c[0].startswith(tuple(words))]
    print(f"1..{len(cases)}", flush=True)
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        runs = [pool.submit(zoo.run, text, which, flags) for _, text, which, flags in cases]
        for number, ((name, text, which, flags), run) in enumerate(zip(cases, runs), 1):
            run = run.result()
            try:
                judge(text, which, flags, run, zoo)
                print(f"ok {number} - {name}", flush=True)
            except Wrong as wrong:
                failed += 1
                print(f"not ok {number} - {name}\n# {wrong}")
                print("".join(f"#   {line}\n" for line in str(run).splitlines()[:40]), end="", flush=True)
    return 1 if failed else 0


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
                lambda t, zoo=zoo: {flags: zoo.run(t, "bug", flags).word() for flags in t.flags}, texts)))
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
    cores = min(2, len(os.sched_getaffinity(0)))
    workers = cores if "--valgrind" in args else 2 * cores      # half of a run's time EAL waits, to measure the clock
    if "-j" in args:
        at = args.index("-j")
        workers = int(args[at + 1])
        del args[at:at + 2]
    if len(args) == 2 and args[0] == "--table":
        return table(args[1], workers)
    valgrind = "--valgrind" in args
    args = [a for a in args if a != "--valgrind"]
    if not args or args[0].startswith("-"):
        print(__doc__.strip())
        return 0 if args else 2
    return tap(Zoo(args[0], valgrind), args[1:], workers)


sys.exit(main())
