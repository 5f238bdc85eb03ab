#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""Packets of iovecs, and clones of them, that end in a secondary process.

Two processes can share memory only through huge pages. Without 160 free pages of 2 MiB, or without mount(2),
the case is skipped.
"""
import os
import subprocess
import time

from harness import Skip, case, check, check_equal, main, read
from pages import mounted

TRACE = "1" in os.environ.get("EVPL_TEST_TRACE", "")


def run(argv, directory, name):
    """A process whose output is in a file."""
    with open(os.path.join(directory, name), "w", encoding="utf-8") as out:
        return subprocess.Popen(argv, stdout=out, stderr=out, stdin=subprocess.DEVNULL)


@case("bytes are right there, and all is home here")
def there(directory):
    """200 rounds of 32 packets."""
    if TRACE:
        raise Skip("packets of a tracing build end by a callback, which another process does not have")
    processes = []
    with mounted(directory) as options:
        eal = [os.environ["EVPL_SECONDARY"], *options]
        cpus = sorted(os.sched_getaffinity(0))
        try:
            processes.append(run([*eal, "--lcores", f"0@{cpus[0]}", "-m", "256"], directory, "primary"))
            deadline = time.monotonic() + 60
            while "ready" not in read(os.path.join(directory, "primary")):
                check(processes[0].poll() is None and time.monotonic() < deadline, "the primary did not start: "
                      + read(os.path.join(directory, "primary")))
                time.sleep(0.05)
            processes.append(run([*eal, "--lcores", f"1@{cpus[-1]}", "--proc-type=secondary"], directory, "secondary"))
            for process, name in reversed(list(zip(processes, ("primary", "secondary")))):
                check_equal(process.wait(timeout=120), 0,
                            f"exit status of the {name}: {read(os.path.join(directory, name))}")
        finally:
            for process in processes:
                if process.poll() is None:
                    process.kill()
                    process.wait()


main(__doc__)
