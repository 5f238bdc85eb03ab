# SPDX-License-Identifier: BSD-3-Clause
"""Runs test programs, and knows which of them can notice a mutant: those that reach the line, as gcov counts it."""
import concurrent.futures
import fnmatch
import json
import os
import re
import select
import shutil
import signal
import subprocess
import time
import zlib

from evpl_mutate.builder import COUNTED, COVERED, LIBRARY, Broken, run

FAILED = re.compile(rb"^not ok(?!.*# (?:SKIP|TODO))", re.M)
SKIPPED = re.compile(rb"^1\.\.0 # SKIP", re.M)
LEAST_S = 60          # a busy machine may take that long for a program that takes a second
LONG_S = 1            # of CPU; such tests come last
ROW = re.compile(r"^\| (.*?) \| (.*?) \|$", re.M)


def execute(command, environment, limit):
    """Runs a test until it ends, fails or is late. Returns (what happened or None, seconds of CPU, the output)."""
    process = subprocess.Popen(command, env=os.environ | environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, start_new_session=True)
    output, verdict, end = b"", None, time.monotonic() + limit
    while verdict is None:
        left = end - time.monotonic()
        if left <= 0:
            verdict = "time-out"
        elif select.select([process.stdout], [], [], left)[0]:
            some = os.read(process.stdout.fileno(), 65536)
            if not some:
                break
            output += some
            if FAILED.search(output):
                verdict = "failed"
    if verdict is not None:
        end = 0
    while (ended := os.wait4(process.pid, os.WNOHANG))[0] == 0:
        if time.monotonic() >= end:
            verdict = verdict or "time-out"
            try:
                os.killpg(process.pid, signal.SIGKILL)  # its own session: nobody else is in that group
            except ProcessLookupError:
                pass
        time.sleep(0.01)
    status = os.waitstatus_to_exitcode(ended[1])
    process.returncode = status
    process.stdout.close()
    try:
        os.killpg(process.pid, signal.SIGKILL)  # its children, if it left any
    except ProcessLookupError:
        pass
    if verdict is None and status not in (0, 77):
        verdict = f"signal {-status}" if status < 0 else "failed"
    return verdict, ended[2].ru_utime + ended[2].ru_stime, output


def table_of(readme):
    """The table "Which source, which test" of test/README.md: pairs of (names of sources, names of tests)."""
    rows = []
    for sources, tests in ROW.findall(readme):
        rows.append((set(re.findall(r"[\w.*\[\]]+(?=[`/])", sources)), set(re.findall(r"\w+", tests))))
    return rows


def tests_of(rows, path):
    """The tests that the table names for a source."""
    name, found = os.path.basename(path), set()
    for sources, tests in rows:
        if any(fnmatch.fnmatch(name, source) for source in sources):
            found |= tests
    return found


class Suite:
    """The tests, what each of them takes, and the lines that it reaches."""

    def __init__(self, builder, tests, rows):
        self.builder, self.tests, self.rows = builder, tests, rows
        self.kills = {test["name"]: 0 for test in tests}

    def environment(self, test, library):
        """A program that is linked again finds what lies beside the original one: faults-calls has a library there."""
        beside = os.path.dirname(os.path.join(self.builder.build, test["program"]))
        names = {key: value for key, value in test["env"].items() if key != "LD_LIBRARY_PATH"}
        return names | {"LD_LIBRARY_PATH": f"{library}:{beside}"}

    def measure(self, pool):
        """Runs each test once with a library that counts lines. Leaves those out that fail."""
        folder = os.path.join(self.builder.folder, "map")
        library = self.covered(folder)
        known = os.path.join(folder, "tests.json")
        self.known = json.load(open(known)) if os.path.exists(known) else {}
        left = [test for test in self.tests if self.must_run(test)]
        if left:
            self.builder.say(f"running {len(left)} tests once")
        running = {pool.submit(self.look, test, folder, library): test for test in left}
        for done in concurrent.futures.as_completed(running):
            self.known[running[done]["name"]] = done.result()
            with open(known + ".new", "w") as file:
                json.dump(self.known, file)
            os.replace(known + ".new", known)
        for test in self.tests:
            if self.known[test["name"]]["verdict"]:
                self.builder.say(f"left out, for without a mutant it is {self.known[test['name']]['verdict']}: "
                                 f"{test['name']}")
        self.tests = [test for test in self.tests if not self.known[test["name"]]["verdict"]]
        self.lines = {name: {(path, line) for path, lines in known["lines"].items() for line in lines}
                      for name, known in self.known.items()}

    def must_run(self, test):
        """Whether it is another program than the last time, or did not pass then."""
        known = self.known.get(test["name"], {})
        return known.get("program") != self.program_of(test) or known.get("verdict") is not None

    def program_of(self, test):
        """A number that is another one when the program is."""
        with open(os.path.join(self.builder.build, test["program"]), "rb") as file:
            return zlib.crc32(file.read())

    def covered(self, folder):
        """Builds that library, if the sources are others than before."""
        builder, stamp = self.builder, os.path.join(folder, "sources")
        sources = run(["sh", "-c", "cat src/*.[ch] src/held/*.[ch] include/evpl/*.h | sha256sum"], cwd=builder.tree)
        library = os.path.join(folder, "lib", "libevpl-dpdk.so.0")
        if os.path.exists(stamp) and open(stamp).read() == sources:
            return os.path.dirname(library)
        builder.say("building the library that counts lines")
        shutil.rmtree(folder, ignore_errors=True)
        builder.precompile("map", COVERED)
        objects = {}
        for output in builder.objects(LIBRARY):
            objects[output] = os.path.join(folder, os.path.basename(output))
            builder.compile(output, builder.tree, COVERED, objects[output])
        builder.link(LIBRARY, objects, library, ["--coverage"])
        with open(stamp, "w") as file:
            file.write(sources)
        return os.path.dirname(library)

    def look(self, test, folder, library):
        """Runs one test, and reads what gcov counted."""
        place = os.path.join(folder, test["name"])
        shutil.rmtree(place, ignore_errors=True)
        os.makedirs(place)
        environment = self.environment(test, library) | {
            "EVPL_TEST_COVERAGE": "1", "GCOV_PREFIX": place, "GCOV_PREFIX_STRIP": "99"}
        began = time.monotonic()
        program = os.path.join(self.builder.build, test["program"])
        verdict, cpu, output = execute([*test["before"], program, *test["after"]], environment, 20 * test["timeout"])
        if verdict is None and SKIPPED.search(output):
            verdict = "skipped"
        took = time.monotonic() - began
        counts = [name for name in os.listdir(place) if name.endswith(".gcda")]
        for name in counts:
            os.symlink(os.path.join(folder, name.replace(".gcda", ".gcno")),
                       os.path.join(place, name.replace(".gcda", ".gcno")))
        lines = {}
        if counts:
            for text in run(["gcov", "--json-format", "--stdout", *counts], cwd=place).split("\n"):
                for file in json.loads(text)["files"] if text.startswith("{") else []:
                    path = os.path.relpath(os.path.join(self.builder.build, file["file"]), self.builder.tree)
                    if path.startswith(("src/", "include/")):
                        reached = {line["line_number"] for line in file["lines"] if line["count"] > 0}
                        lines[path] = sorted(reached | set(lines.get(path, ())))
        return {"program": self.program_of(test), "verdict": verdict, "cpu": cpu, "took": took, "lines": lines}

    def choose(self, mutant, last, budget):
        """The tests to run for a mutant in lines mutant.line to last, the likeliest first."""
        named = tests_of(self.rows, mutant.path)
        places = {(mutant.path, line) for line in range(mutant.line, last + 1)}
        counted = [test for test in self.tests if test["program"] == COUNTED]
        others = [test for test in self.tests if test["program"] != COUNTED]
        reaching = [test for test in others
                    if self.lines[test["name"]] & places or mutant.path.startswith("include/")
                    or self.builder.has(test["program"], mutant.path)]
        own = [test for test in others if os.path.basename(test["program"]).split("-")[-1] in named]
        chosen = {test["name"]: test for test in reaching or own}

        def order(test):
            name, program = test["name"], os.path.basename(test["program"]).split("-")[-1]
            cpu = self.known[name]["cpu"]
            return (test["rank"], cpu > LONG_S, program not in named, -self.kills[name], cpu)

        tests, spent = [], 0
        for test in sorted(chosen.values(), key=order):
            spent += self.known[test["name"]]["cpu"]
            if budget is None or spent <= budget or not tests:
                tests.append(test)
        # Last, for it is compiled again. No line of it is counted: it tells what the others cannot notice.
        return tests + counted, bool(reaching)

    def kill(self, mutant, place, last, budget):
        """Runs tests until one fails. Returns (verdict, name of the test, number of tests run)."""
        tests, reached = self.choose(mutant, last, budget)
        library = os.path.dirname(place.library) if place.objects else os.path.join(self.builder.build, "src")
        for number, test in enumerate(tests):
            name = test["name"]
            try:
                program = place.program(test["program"], mutant)
            except Broken:
                return "not compiled", "", number
            limit = max(LEAST_S, 5 * self.known[name]["took"])
            command = [*test["before"], program, *test["after"]]
            verdict, _, _ = execute(command, self.environment(test, library), limit)
            if verdict:
                self.kills[name] += 1
                return f"killed ({verdict})", name, number + 1
        return "survived" if reached else "not reached", "", len(tests)
