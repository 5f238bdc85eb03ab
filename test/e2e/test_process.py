#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""Iovecs that are lent to a secondary process (evpl_process.h): both check all bytes, and the secondary is killed.

Two processes can share memory only through huge pages. Without 160 free pages of 2 MiB, or without mount(2), the cases
are skipped. With EVPL_TEST_RESERVE=1, as in CI, a case asks the kernel for the pages, and gives them back.
EVPL_TEST_KILLS=N says how often the secondary is killed (3; 0 skips both cases). With it the first case takes longer,
too.
unit/lib/process* have the same with a child of the test.
"""
import contextlib
import os
import random
import re
import subprocess
import time

from harness import Skip, case, check, check_equal, main, read
from pages import mounted

TRACE = "1" in os.environ.get("EVPL_TEST_TRACE", "")
KILLS = int(os.environ.get("EVPL_TEST_KILLS", "3"))
IOVECS = 20000 if "EVPL_TEST_KILLS" in os.environ else 3000
TIMEOUT = 240    # a start takes 0.2 s, and much longer on a machine that is busy
PROGRAM = os.environ["EVPL_PROCESS"]
CPUS = sorted(os.sched_getaffinity(0))


class Process:
    """One of the two, with its output in a file."""

    def __init__(self, directory, name, argv):
        self.log = os.path.join(directory, name)
        self.name, self.seen = name, 0
        with open(self.log, "w", encoding="utf-8") as out:
            self.run = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=out, stderr=out, text=True)

    def wait_for(self, word):
        """Waits for a new line that begins with the word, and returns it."""
        end = time.monotonic() + TIMEOUT
        while True:
            dead = self.run.poll() is not None
            text = read(self.log)[self.seen:]
            for line in text.splitlines(keepends=True):
                if line.startswith(word) and line.endswith("\n"):
                    self.seen += text.index(line) + len(line)
                    return line
            check(not dead and time.monotonic() < end, f"no \"{word}\" from the {self.name}, exit status "
                  f"{self.run.returncode}: {read(self.log)[-2000:]}")
            time.sleep(0.002)

    def say(self, line):
        self.run.stdin.write(line + "\n")
        self.run.stdin.flush()

    def ends_well(self):
        check_equal(self.run.wait(timeout=TIMEOUT), 0, f"exit status of the {self.name}: {read(self.log)[-2000:]}")

    def kill(self):
        self.run.kill()
        self.run.wait()
        self.run.stdin.close()


@contextlib.contextmanager
def started(directory):
    """The primary, and a function that starts a secondary."""
    if TRACE:
        raise Skip("a tracing build lends nothing")
    if KILLS == 0:
        raise Skip("EVPL_TEST_KILLS is 0")
    running = []

    def start(name, *argv):
        process = Process(directory, name, argv)
        running.append(process)
        return process

    with mounted(directory) as eal:
        try:
            primary = start("primary", PROGRAM, *eal, "--lcores", f"0@{CPUS[0]}", "-m", "256", "--", "primary")
            primary.wait_for("ready")
            yield primary, lambda *args: start("secondary", PROGRAM, *eal, "--lcores", f"1@{CPUS[-1]}",
                                               "--proc-type=secondary", "--", "secondary", *args)
        finally:
            for process in running:
                process.kill()


@case("bytes are right in both processes, and all is home")
def gentle(directory):
    """The secondary receives some thousand iovecs and detaches; three times."""
    with started(directory) as (primary, secondary):
        for _ in range(3):
            secondary(str(IOVECS)).ends_well()
            primary.say("reclaim")
            primary.wait_for("whole")
        primary.say("quit")
        primary.ends_well()


@case(f"{KILLS} secondaries are killed, and the primary is whole after each")
def killed(directory):
    """At a random moment within 30 ms after it has attached."""
    dice, said = random.Random(19), []
    with started(directory) as (primary, secondary):
        for _ in range(KILLS):
            process = secondary()
            process.wait_for("attached")
            time.sleep(dice.random() * 0.03)
            check(process.run.poll() is None, f"the secondary ended: {read(process.log)}")
            process.kill()
            primary.say("reclaim")
            said.append([int(number) for number in re.findall(r"\d+", primary.wait_for("whole"))])
        primary.say("quit")
        primary.ends_well()
    back, packets, reclaimed, lost = (sum(numbers) for numbers in zip(*said))
    print(f"# {back} iovecs and {packets} packets came from them; {reclaimed} iovecs were reclaimed, and {lost} "
          "packets that had died with them", flush=True)


main(__doc__)
