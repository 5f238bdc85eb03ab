#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""Runs the cases of mbuf/ under the tracing plug-in, and checks what it says. README.md says how a case states this.

usage: run_mbuf.py [-j N] [--asan | --valgrind] ZOO PLUGIN [WORD...]

ZOO is the program (build/test/misuse/mbuf-zoo), and PLUGIN build/src/plugin/librte_mempool_evpl_trace.so, or "linked":
ZOO has it. Without WORDs all cases are run, as TAP, else those whose names begin with one of them. --asan: ZOO has the
address sanitizer, which must stop at the marked reads and writes; --valgrind: memcheck must.
"""
import os
import re
import shutil
import sys
import tempfile

from cases import (HEX, HERE, ROOT, Case, Program, Run, check_quiet, check_touch, marks, need, pattern, read_cases, tap,
                   workers_of)
import mbuf_choices

sys.path.insert(0, os.path.join(ROOT, "test", "e2e"))
import telemetry                # noqa: E402
from plugin import eal_options  # noqa: E402

PLACES = ["taken", "freed", "again", "found"]       # in this order
MARK = re.compile(r"/\* (taken|freed|again|found|read|written|leaked: [^*]*?)"
                  r"( on a worker| elsewhere| by either| by a child| in a child|, not noted)? \*/")
KEYS = ["expect", "about", "pool", "room", "env", "eal", "found", "lost", "stops", "asked", "depth", "reports",
        "line", "thread", "why"]
AGE = r"(\d+ us|\d+ ms|\d+\.\d s) ago"
UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1}
FRAME = re.compile(r" {12}(\S+) \((.+)\)")


class Place:
    """A marked line of a case."""
    def __init__(self, path, number, function, static, line, where):
        self.path, self.number, self.function = path, number, function
        self.where = (where or "").removeprefix(",").strip()


class Text(Case):
    """A case, and the marks of its lines."""
    def __init__(self, path, name, comment, first, last):
        super().__init__(path, name, comment, KEYS, first, last)
        found = marks(path, first, last, MARK, Place)
        self.find_touch(found)
        self.leaks = [(m.removeprefix("leaked: "), p) for m, p in found if m.startswith("leaked: ")]
        self.events = sorted(((m, p) for m, p in found if m in PLACES), key=lambda event: PLACES.index(event[0]))
        self.env = dict(word.split("=", 1) for word in self.keys.get("env", "").split())
        self.is_list = self.expect.startswith("pool ")
        # With EVPL_TRACE=report it must be said as well, and the program must go on as if nothing had happened.
        self.goes_on = self.expect != "nothing" and not self.is_list and "EVPL_TRACE" not in self.env


class Zoo(Program):
    """The program, with the plug-in."""
    def __init__(self, path, plugin, asan, valgrind):
        super().__init__(path, valgrind)
        self.plugin = None if plugin == "linked" else os.path.abspath(plugin)
        self.load = eal_options(self.plugin) if self.plugin else []
        self.asan = asan
        self.tool = asan or valgrind

    def arguments(self, text, which, prefix):
        cores = sorted(os.sched_getaffinity(0))
        options = ["--no-huge", "--iova-mode=va", "--no-pci", "--no-shconf", "-m", "64", "--log-level=error",
                   f"--lcores=0@{cores[0]},1@{cores[1 % len(cores)]}", "--file-prefix", prefix]
        if not text.keys.get("asked", "").startswith("telemetry"):
            options.append("--no-telemetry")
        options += self.load
        options += text.keys.get("eal", "--mbuf-pool-ops-name=evpl_trace").split()
        return [*options, "--", text.name, which]

    def start(self, text, which, environment, asked=None, report=None):
        """The program, until it has ended. EAL's folder of this run is removed then."""
        with tempfile.TemporaryDirectory(prefix="evpl-zoo-") as directory:
            args = self.arguments(text, which, os.path.basename(directory))
            try:
                return Run(self, args, {**environment, "XDG_RUNTIME_DIR": directory},
                           mbuf_choices.asks(asked, args, directory, report, telemetry))
            finally:
                shutil.rmtree(os.path.dirname(telemetry.socket_of(args, directory)), ignore_errors=True)

    def run(self, text, which):
        """A case. The plug-in's words are run.said, wherever it writes them."""
        with tempfile.NamedTemporaryFile("w+", prefix="evpl-zoo-report-") as report:
            print("what was there before", file=report, flush=True)
            env = {name: value.replace("%f", report.name) for name, value in text.env.items()}
            if which == "bug goes on":
                env["EVPL_TRACE"] = "report"
            run = self.start(text, which.split()[0], env, text.keys.get("asked"), report.name)
            run.said = run.lines
            if "%f" in text.keys.get("env", ""):
                report.seek(0)
                run.said = report.read().splitlines()
                run.wrote = run.err == "" and run.said.pop(0) == "what was there before"
        return run


class Reader:
    """The lines of what the plug-in said, in their order."""
    def __init__(self, zoo, run):
        self.zoo, self.run, self.lines = zoo, run, list(run.said)
        self.offsets = False        # a frame had no line

    def next(self, form, what):
        match = self.lines and re.fullmatch(form, self.lines[0])
        need(match, f"no line \"{what}\"" + (f" but {self.lines[0]!r}" if self.lines else ""))
        self.lines.pop(0)
        return match

    def frames(self):
        """(function, file or object, line or None) of each frame that follows."""
        found = []
        while self.lines and FRAME.fullmatch(self.lines[0]):
            function, where = FRAME.fullmatch(self.lines.pop(0)).groups()
            line = re.fullmatch(r"(.+):(\d+)", where)
            self.offsets = self.offsets or not line
            need(line or re.fullmatch(r".+\+0x[0-9a-f]+", where), f"no place: {where!r}")
            found.append((function, line[1], int(line[2])) if line else (function, where.rpartition("+")[0], None))
        return found

    def commands(self):
        """A command for each module of which a frame had no line."""
        while self.lines and self.lines[0].startswith("  for lines: "):
            match = self.next(rf"  for lines: addr2line -fie (\S+)((?: {HEX})+)", "for lines")
            need(os.path.exists(match[1]), f"no module {match[1]}")
            self.offsets = False
        need(not self.offsets, "no command for a frame without a line")


def check_frames(place, frames, text, zoo, cut=False):
    """
    The first frame of the zoo's own files is the marked line; those before it are DPDK's or the main program's. main()
    follows, unless the frames are cut off.
    """
    inlined = 0
    for i, (function, file, line) in enumerate(frames):
        if line is None:
            # A static DPDK has none, and is in the program.
            need(os.path.realpath(file) != os.path.realpath(zoo.path) or zoo.plugin is None,
                 f"a frame of the zoo has no line: {function}")
        elif os.path.basename(os.path.dirname(file)) == "mbuf":
            need((function, line) == (place.function, place.number),
                 f"{function}, line {line}, expected {place.function}, line {place.number}")
            need(zoo.is_source(file, place.path), f"file {file!r}")
            rest = [frame[0] for frame in frames[i + 1:]]
            if text.keys.get("depth") == "1":
                need(not rest, "frames beyond a depth of 1")
            elif place.where == "" and not cut:
                need("main" in rest, "no frame of main()")
            return
        else:
            need(function.startswith(("rte_", "__rte_", "zoo_")), f"a frame of {function} before the case's")
            inlined += function.startswith(("rte_", "__rte_"))
            need(inlined <= 2, f"{inlined} inline functions of DPDK's before the case's")
    need(False, f"no frame of {os.path.basename(place.path)}")


def check_thread(place, thread, number, lcore, run):
    need(thread, "a thread has no name")
    number = int(number)
    if place.where == "on a worker":
        need(lcore == "lcore 1" and number != run.pid, f"thread {number}, {lcore}, expected lcore 1")
    elif place.where == "elsewhere":
        need(lcore == "no lcore" and number != run.pid, f"thread {number}, {lcore}, expected no lcore")
    elif place.where == "in a child":
        need(lcore == "lcore 0" and number != run.pid, f"thread {number}, {lcore}, expected a child's, lcore 0")
    elif place.where == "by either":
        need((lcore == "lcore 0") == (number == run.pid), f"thread {number} has {lcore}")
    else:
        need(lcore == "lcore 0" and number == run.pid, f"thread {number}, {lcore}, expected the main thread, {run.pid}")


def check_event(reader, word, place, text):
    """Returns the age, in seconds."""
    if place.where == "not noted":
        every = text.env["EVPL_TRACE_SAMPLE"]
        age = reader.next(rf"  {word:9} {AGE}; the place was not noted \(EVPL_TRACE_SAMPLE={every}\)", word)[1]
    elif place.where == "by a child":
        match = reader.next(rf"  {word:9} {AGE} by process (\d+)", word)
        need(int(match[2]) != reader.run.pid, "the child's number")
        age = match[1]
    else:
        match = reader.next(rf"  {word:9} {AGE} by thread (.*) \((\d+)\), (.*), in", word)
        check_thread(place, match[2], match[3], match[4], reader.run)
        need(text.keys.get("thread", match[2]) == match[2], f"the thread's name is {match[2]}")
        check_frames(place, reader.frames(), text, reader.zoo)
        age = match[1]
    number, unit = age.split()
    need(float(number) * UNITS[unit] <= reader.run.seconds + UNITS[unit], f"older than the program: {age}")
    return float(number) * UNITS[unit], UNITS[unit]


def check_about(reader, text):
    pool = text.keys.get("pool", "zoo")
    if "about" in text.keys:
        reader.next(rf"  address   (?:{HEX}|\(nil\)), put into pool {pool}", "address")
        reader.next(rf"  it is     {pattern(text.keys['about'])}", "it is")
    elif "object" in text.expect:
        reader.next(rf"  object    {HEX} of pool {pool}", "object")
    elif text.keys.get("room") == "none":
        reader.next(rf"  mbuf      {HEX} of pool {pool}", "mbuf")
    else:
        reader.next(rf"  mbuf      {HEX} of pool {pool}, data room {HEX}, 2176 bytes", "mbuf")


def check_report(text, reader):
    """All of a report: nothing is missing, and nothing is there that is not expected."""
    reader.next(r"evpl_trace: BUG: " + pattern(text.expect), text.expect)
    check_about(reader, text)
    before = None
    for word, place in text.events:
        # Of two threads that free at once, the second may not know the first one yet.
        if place.where == "by either" and word == "freed" and not reader.lines[0].startswith("  freed "):
            continue
        age, unit = check_event(reader, word, place, text)
        need(before is None or place.where == "by either" or age <= before + unit, f"{word} before it was possible")
        before = age
    if text.keys.get("found") == "at the end":
        reader.next(r"  found     when the pool's objects were looked at", "found")
    reader.commands()


def check_list(text, reader, expect, leaks):
    """A list of what is held: its title, and an event for each mark in any order."""
    reader.next(r"evpl_trace: " + pattern(expect), expect)
    left = list(leaks)
    while left:
        need(reader.lines, f"no line for {left[0][0]}")
        word = next((f"{held}, {form}" for held, _ in left for form in ("taken", "the oldest taken")
                     if reader.lines[0].startswith(f"  {held}, {form} ")), None)
        need(word, f"not a line of the list: {reader.lines[0]!r}")
        need(("oldest" in word) == (not word.startswith("1 ")), f"{word}: one has no oldest")
        wrong = None
        for i, (held, place) in enumerate(left):
            if not word.startswith(f"{held}, "):
                continue
            lines = list(reader.lines)
            try:
                check_event(reader, word, place, text)
                del left[i]
                wrong = None
                break
            except Exception as e:
                reader.lines, wrong = lines, e
        if wrong:
            raise wrong
    reader.commands()


def check_bug(text, which, run, zoo):
    reader = Reader(zoo, run)
    goes_on = which == "bug goes on"
    if text.is_list:
        need(run.code == (-6 if "stops" in text.keys else 0), f"exit code {run.code}")
        check_list(text, reader, text.expect, text.leaks)
    else:
        need(run.code == (0 if goes_on or text.env.get("EVPL_TRACE") == "report" else -6), f"exit code {run.code}")
        check_report(text, reader)
        if "lost" in text.keys and goes_on:
            lost, _, how = text.keys["lost"].partition(",")
            taken = [(lost.split(" of ")[0] + " mbuf" + how, text.events[0][1])]
            check_list(text, reader, f"pool zoo: {lost} mbufs are not free at its end", taken)
    need(not reader.lines, f"more lines than expected: {reader.lines[:1]}")


def judge(text, which, run, zoo):
    need(run.code is not None, "it hangs")
    need(getattr(run, "wrote", True), "the report is not in the file alone, behind what was there")
    if text.keys.get("asked") == "telemetry":
        mbuf_choices.check_telemetry(text, run, which, zoo, check_frames)
        check_quiet(run)
    elif text.keys.get("asked") == "telemetry of many places":
        mbuf_choices.check_many_places(run, which)
        check_quiet(run)
    elif which == "twin":
        check_quiet(run)
        need(run.said == [], "not silent in the file")
    elif zoo.tool and text.touch:
        check_touch(text, run, zoo.asan)
    elif "reports" in text.keys:
        mbuf_choices.check_many(run)
    elif "line" in text.keys:
        need(run.code == 0, f"exit code {run.code}")
        need(run.said == [f"evpl_trace: {text.keys['line']}"], f"said: {run.said}")
    elif text.expect == "nothing":
        check_quiet(run)
    else:
        check_bug(text, which, run, zoo)


def tests_of(zoo):
    """(name, start, judge) of each case, and of the choices by environment variables."""
    texts = read_cases("mbuf", Text)
    names, wanted = set(zoo.names()), {t.name for t in texts if t.touch or not zoo.tool}
    if names != wanted and not (zoo.tool and names > wanted):
        raise SystemExit("Bail out! the program has not all cases of mbuf/: is a file missing in meson.build?")
    if zoo.tool:
        texts = [t for t in texts if t.touch]
    runs = [(t, which) for t in texts for which in ("bug", "bug goes on", "twin")
            if which != "bug goes on" or t.goes_on and not zoo.tool]
    tests = [(f"{t.name} {which}", lambda t=t, which=which: zoo.run(t, which),
              lambda run, t=t, which=which: judge(t, which, run, zoo)) for t, which in runs]
    return tests if zoo.tool else tests + mbuf_choices.tests(zoo, texts)


def main():
    args = sys.argv[1:]
    workers = workers_of(args)
    tools = [a for a in args if a in ("--asan", "--valgrind")]
    args = [a for a in args if a not in tools]
    if len(args) < 2 or args[0].startswith("-"):
        print(__doc__.strip())
        return 2
    zoo = Zoo(args[0], args[1], "--asan" in tools, "--valgrind" in tools)
    words = tuple(args[2:])
    return tap([t for t in tests_of(zoo) if not words or t[0].startswith(words)], workers)


if __name__ == "__main__":
    sys.exit(main())
