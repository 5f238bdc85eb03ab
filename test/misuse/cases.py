# SPDX-License-Identifier: BSD-3-Clause
"""What the zoos have in common: cases in files of C whose comments say what is expected, and how programs run them."""
import concurrent.futures
import glob
import os
import re
import subprocess
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
TIMEOUT = 60                    # seconds after which a program hangs; times ten under valgrind
HEX = r"0x[0-9a-f]+"
CASE = re.compile(r"/\*\n((?: \*(?: .*)?\n)+?) \*/\nZOO_CASE\((\w+)\)\n")
# Fair: threads that wait by spinning would keep the others out.
VALGRIND = ["valgrind", "--quiet", "--fair-sched=try", "--error-exitcode=66"]


class Wrong(Exception):
    """What a case raises when the program did something else than it should."""


def need(condition, message):
    if not condition:
        raise Wrong(message)


def pattern(words):
    """Words of a case's comment, where %p stands for any address, and %n for any number."""
    return re.escape(words).replace("%p", HEX).replace("%n", r"\d+")


def marks(path, first, last, comment, place):
    """The comments of that form in the lines [first, last) of a file, as (mark, place) in their order."""
    found, function, static, before = [], None, False, ""
    with open(path) as f:
        for number, line in enumerate(f, 1):
            if not first <= number < last:
                continue
            start = re.match(r"(\w+)\(", line)
            if start:
                function, static = start[1], before.startswith("static")
            for mark in comment.finditer(line):
                found.append((mark[1], place(path, number, function, static, line, *mark.groups()[1:])))
            before = line
    return found


class Case:
    """
    A case: its name, what its comment asks for by which keys, and the lines [first, last) of its file. In the comment a
    line that is indented goes on with the line above it.
    """
    def __init__(self, path, name, comment, keys, first, last):
        self.path, self.first, self.last = path, first, last
        self.file, self.case = os.path.basename(path)[:-2], name
        self.name = f"{self.file}_{name}"
        key = re.compile(rf"({'|'.join(keys)}): ")
        whole = re.sub(r"\n \*   +", " ", comment.rstrip("\n"))
        lines = [line[3:] for line in whole.split("\n")]
        self.keys = dict(line.split(": ", 1) for line in lines if key.match(line))
        self.what = " ".join(line for line in lines if not key.match(line))
        self.expect = self.keys["expect"]
        self.touch = None       # the marked line that reads or writes what it must not

    def find_touch(self, found):
        self.touch = next(((m, p) for m, p in found if m in ("read", "written")), None)


def read_cases(folder, make):
    """All cases of the folder's files, by name."""
    cases = []
    for path in glob.glob(os.path.join(HERE, folder, "*.c")):
        with open(path) as f:
            source = f.read()
        begins = list(CASE.finditer(source))
        if len(begins) != source.count("ZOO_CASE("):
            raise SystemExit(f"{path}: a ZOO_CASE without its comment before it")
        lines = [source.count("\n", 0, begin.start()) + 1 for begin in begins] + [source.count("\n") + 1]
        cases += [make(path, begin[2], begin[1], lines[i], lines[i + 1]) for i, begin in enumerate(begins)]
    return sorted(cases, key=lambda case: case.name)


class Program:
    """A program of cases."""
    def __init__(self, path, valgrind=False):
        self.path = os.path.abspath(path)
        self.build = os.path.dirname(os.path.dirname(os.path.dirname(self.path)))   # where file names begin
        self.valgrind = valgrind

    def names(self):
        return subprocess.run([self.path, "--list"], capture_output=True, text=True, check=True).stdout.split()

    def is_source(self, file, path):
        """Whether a report means that file."""
        return os.path.realpath(os.path.join(self.build, file)) == os.path.realpath(path)


class Run:
    """What a program did: its exit code (negative: a signal; None: it hung), stderr, and memcheck's log."""
    def __init__(self, program, args, environment=None, ask=None):
        """ask: called when the program has written a line, with the process; then its stdin ends."""
        command, self.log = [program.path, *args], ""
        timeout = TIMEOUT
        env = {**os.environ, **(environment or {})}
        # Twins must be silent, so leaks of DPDK's drivers are not looked for here.
        env["ASAN_OPTIONS"] = "detect_leaks=0:" + env.get("ASAN_OPTIONS", "")
        with tempfile.NamedTemporaryFile(prefix="evpl-zoo-") as log:
            if program.valgrind:
                command = [*VALGRIND, f"--log-file={log.name}", *command]
                timeout *= 10
            begin = time.monotonic()
            child = subprocess.Popen(command, stdin=subprocess.PIPE if ask else subprocess.DEVNULL,
                                     stdout=subprocess.PIPE if ask else subprocess.DEVNULL,
                                     stderr=subprocess.PIPE, env=env, text=True, errors="replace")
            self.pid = child.pid
            if ask and child.stdout.readline():
                self.answer = ask(child)
            try:
                self.err = child.communicate(timeout=timeout)[1]
                self.code = child.returncode
            except subprocess.TimeoutExpired:
                child.kill()
                self.err = child.communicate()[1]
                self.code = None
            self.seconds = time.monotonic() - begin
            self.log = open(log.name, errors="replace").read()
        self.lines = self.err.splitlines()

    def __str__(self):
        return f"exit code {self.code}, stderr:\n{self.err}" + (f"memcheck:\n{self.log}" if self.log else "")


def check_touch(case, run, asan):
    """The address sanitizer stops, or memcheck notes, the read or write itself."""
    mark, place = case.touch
    kind = {"read": "read", "written": "write"}[mark]
    if asan:
        need(run.code not in (0, None), "it did not stop")
        need("ERROR: AddressSanitizer: use-after-poison" in run.err, "no use-after-poison")
        need(re.search(rf"{kind.upper()} of size 1 at ", run.err), f"not a {kind}")
        need("BUG: " not in run.err, "it went on")
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


def workers_of(args):
    """How many programs to run at once: takes -j N out of the arguments."""
    cores = min(2, len(os.sched_getaffinity(0)))
    workers = cores if "--valgrind" in args else 2 * cores      # half of a run's time EAL waits, to measure the clock
    if "-j" in args:
        at = args.index("-j")
        workers = int(args[at + 1])
        del args[at:at + 2]
    return workers


def tap(tests, workers):
    """Runs (name, start, judge): start() returns a Run, of which judge(run) may be wrong."""
    print(f"1..{len(tests)}", flush=True)
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        runs = [pool.submit(start) for _, start, _ in tests]
        for number, ((name, _, judge), run) in enumerate(zip(tests, runs), 1):
            run = run.result()
            try:
                judge(run)
                print(f"ok {number} - {name}", flush=True)
            except Wrong as wrong:
                failed += 1
                print(f"not ok {number} - {name}\n# {wrong}")
                print("".join(f"#   {line}\n" for line in str(run).splitlines()[:40]), end="", flush=True)
    return 1 if failed else 0
