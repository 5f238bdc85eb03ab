#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""usage: run.py PROGRAM COMPILER [--version VERSION] [--print]

Compares the instructions per operation with a budget. valgrind counts them, so they are the same in every run on every
machine. A change that makes a hot operation slower fails here, however busy the machine is. Prints TAP; --print shows
the counts instead. Without --version the compiler is of the version that the budgets are for."""
import argparse
import math
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile

TIMES = 4000
EAL = ("--no-huge --iova-mode=va --no-pci --no-shconf --no-telemetry -m 256 --log-level=error "
       "--vdev=net_null0,size=64").split()

# x86-64, -O2: instructions of one operation with its share of the loop, as gcc 12 and clang 14 make them with DPDK
# 22.11. SLACK per cent, and at least two instructions, are let pass. Other versions, and the inline functions of
# another DPDK, make other code: OTHER_SLACK per cent are let pass there. (gcc 14 with DPDK 24.11 makes 13 % more of one
# operation.)
SLACK = 8
OTHER_SLACK = 16
COMPILERS = ("gcc", "clang")
VERSIONS = {"gcc": "12", "clang": "14"}
BUDGETS = {
    "local_alloc_release": (34.3, 45.2),
    "shared_alloc_release": (35.3, 42.2),
    "local_clone_release": (40.0, 46.0),
    "shared_clone_release": (42.0, 44.0),
    "local_segment_release": (43.2, 57.7),
    "shared_segment_release": (43.2, 58.7),
    "local_hold_release": (41.4, 51.1),
    "shared_hold_release": (41.3, 51.1),
    "reserve_commit_release": (79.7, 86.0),
    "move": (10.5, 12.5),
    "ring": (37.8, 32.6),
    "bulk_alloc_release": (20.7, 22.4),
    "packets_alloc_release": (83.4, 75.4),
    "to_mbuf_from_mbuf": (570.1, 614.6),
    "forward": (45.4, 47.2),
    "send": (59.1, 50.1),
    "build": (144.3, 128.1),
    "slice": (227.6, 226.0),
    "sampled_alloc_release": (50.1, 60.7),
}
# The driver's work and DPDK's are not ours to keep small: what is counted is what an iovec adds to them.
RAW = {"forward": "raw_forward", "send": "raw_send", "build": "raw_build", "slice": "raw_slice"}


def skip(reason):
    print(f"1..0 # SKIP {reason}")
    sys.exit(0)


def counts(program):
    """{operation: instructions per operation}, of one run."""
    with tempfile.TemporaryDirectory(prefix="evpl-instructions-") as work:
        out = os.path.join(work, "out")
        eal = [*EAL, "-l", str(min(os.sched_getaffinity(0)))]
        ran = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", "--collect-atstart=no",
                              "--toggle-collect=measure_*", program, str(TIMES), *eal],
                             text=True, capture_output=True, timeout=240, check=False)
        if ran.returncode != 0:
            print(f"Bail out! exit status {ran.returncode}: {ran.stderr.strip()}")
            sys.exit(1)
        report = subprocess.run(["callgrind_annotate", "--inclusive=yes", "--threshold=100", out], text=True,
                                capture_output=True, check=True).stdout
        # "13,009 ( 2.51%)  ???:measure_move [...]"
        lines = re.findall(r"^\s*([\d,]+) .*:measure_(\w+)", report, re.M)
        found = {name: int(count.replace(",", "")) / TIMES for count, name in lines}
        return {name: count - found.get(RAW.get(name), 0) for name, count in found.items()}, ran.stdout.split()


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("program")
    parser.add_argument("compiler")
    parser.add_argument("--version")
    parser.add_argument("--print", action="store_true")
    args = parser.parse_args()
    program, compiler = args.program, args.compiler
    if shutil.which("valgrind") is None:
        skip("no valgrind (scripts/setup dev)")
    if platform.machine() != "x86_64":
        skip("the budgets are for x86-64")
    found, names = counts(program)
    if args.print:
        print("".join(f"{name:24} {found[name]:7.1f}\n" for name in names), end="")
        return
    if compiler not in COMPILERS:
        skip(f"no budgets for {compiler}")
    known = args.version is None or args.version.split(".")[0] == VERSIONS[compiler]
    slack = SLACK if known else OTHER_SLACK
    failed = 0
    print(f"1..{len(BUDGETS)}")
    for number, (name, budgets) in enumerate(BUDGETS.items(), 1):
        budget = budgets[COMPILERS.index(compiler)]
        most = max(budget * (1 + slack / 100), budget + 2)
        good = name in found and found[name] <= most
        failed += not good
        print(f"{'ok' if good else 'not ok'} {number} - {name} within its budget")
        print(f"# {found.get(name, math.nan):.1f} instructions, at most {most:.1f}")
    sys.exit(1 if failed else 0)


main()
