#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""What a running evpl-fwd reports about held iovecs: SIGUSR1, and telemetry's /evpl commands.

Neither may stop or disturb evpl-fwd: it goes on forwarding, and every buffer is home at the end.
"""
import os
import re
import signal
import time

from harness import Fwd, case, check, check_equal, main, read
from telemetry import ask, socket_of

VDEVS = ["net_null0", "net_null1"]
TRACE = "1" in os.environ.get("EVPL_TEST_TRACE", "")
LINE = re.compile(r"  \d+ iovecs?, \d+ bytes, oldest \d+\.\d s, taken (by|in) evpl_\w+|"
                  r"  \d+ iovecs?, \d+ bytes, oldest .* taken in .*")


def wait_for(path, words, times=1):
    """Until a file holds the words so many times."""
    for _ in range(600):
        if os.path.exists(path) and read(path).count(words) >= times:
            return
        time.sleep(0.05)
    raise AssertionError(f"{path} never had {words!r} {times} times:\n{read(path)}")


def judge(report, sampled):
    """A report's first line, and the form of the others."""
    lines = [line for line in report.splitlines() if not line.startswith("EAL")]
    if TRACE:
        want = r"evpl_leak_report: iovecs are held: \d+ iovecs?, \d+ bytes"
    elif sampled:
        want = r"evpl_leak_report: held samples, one of 16 allocations(: none)?"
    else:
        want = r"evpl_leak_report: nothing is sampled \(see evpl_global_config\.sample_period\)"
    heads = [line for line in lines if line.startswith("evpl_leak_report")]
    check_equal(len(heads), 3, f"reports in\n{report}")
    for head in heads:
        check(re.fullmatch(want, head), f"{head!r} is not {want!r}")
    for line in lines:
        check(line in heads or LINE.match(line), f"a strange line: {line!r}")


@case("sigusr1_prints_what_is_held_and_stops_nothing", "txonly", ())
@case("sigusr1_with_samples", "txonly", ("--sample-period=16",))
@case("sigusr1_while_forwarding", "macswap", ("--sample-period=16",))
def sigusr1(directory, mode, options):
    run = Fwd(directory, VDEVS, [f"--forward-mode={mode}", "--stats-period=0.1", *options])
    run.wait_shown(r"^ +all +\S+(?: [GMk])? +\S+ +(?![0 ])", "a packet's departure")
    for times in (1, 2, 3):
        run.child.send_signal(signal.SIGUSR1)
        wait_for(run.err_path, "evpl_leak_report", times)
    run.stop().clean()
    check(run.total("tx_packets") > 0, "nothing was sent")
    judge(run.err, bool(options))


@case("telemetry_tells_what_is_in_use_and_held")
def telemetry(directory):
    os.environ["XDG_RUNTIME_DIR"] = directory       # of an EAL that is not root's
    run = Fwd(directory, VDEVS, ["--forward-mode=txonly", "--txpkts=32,32", "--stats-period=0.1", "--sample-period=16"],
              telemetry=True)
    wait_for(run.out_path, "txonly")
    stats, slabs, held, listed = ask(socket_of(run.argv, directory), "/evpl/stats", "/evpl/slabs", "/evpl/held", "/")
    check("/evpl/held" in listed and "/evpl/stats" in listed and "/evpl/slabs" in listed, f"commands: {listed}")
    check(isinstance(stats, dict) and stats["slabs"] >= 1, f"stats: {stats}")
    check(slabs is not None, f"slabs: {slabs}")
    check(held is None or isinstance(held, (list, dict)), f"held: {held}")
    for site in (held.values() if isinstance(held, dict) else held or []):
        check(site["iovecs"] >= 1 and "evpl-fwd" in site["where"] or TRACE, f"a place: {site}")
    run.stop().clean()


main(__doc__)
