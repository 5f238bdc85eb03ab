#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""DPDK programs under the tracing plug-in: small ones of our own (programs/), evpl-fwd and evpl-httpd, and the tests of
test/dpdk.

Each program of our own also runs with a planted bug, which must be reported: a silent plug-in proves nothing else. With
--all: other kinds of memory.
"""
import os
import subprocess
import sys

from traced import (COPY, EAL, FREE, PAGES, TIMEOUT, Fwd, Skip, case, check, check_equal, check_silent, cpus, eal_flags,
                    environment, long_case, main, netns, read, reports)

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lwip"))
import httpd  # noqa: E402 pylint: disable=wrong-import-position

# The planted bug, as the report names it.
BUGS = {
    "chains": "double free of an mbuf",
    "forward": "write after free",
    "fragments": "write after free",
    "pipeline": "1 of 1023 mbufs are not free at its end",
    "pools": "free of what is no object of the pool",
}
NULL = ["net_null0" + COPY, "net_null1" + COPY]


def run(argv, **variables):
    with environment(**variables):
        done = subprocess.run(argv, capture_output=True, timeout=TIMEOUT, errors="replace", check=False)
    return done.returncode, done.stdout + done.stderr


def program(name, *words, flags=None, **variables):
    vdevs = [f"--vdev=net_null0,size=200{COPY}", "--vdev=net_ring0"] if name == "forward" else []
    return run([os.environ["EVPL_PROGRAMS"], *(flags or eal_flags(2)), *EAL, *vdevs, "--", name, *words], **variables)


def silent(_, name, *flags, pools="all", **variables):
    code, said = program(name, flags=[*eal_flags(2), *flags] if flags else None, EVPL_TRACE_POOLS=pools, **variables)
    check_silent(said)
    check_equal(code, 0, f"exit code\n{said}")


def planted(_, name):
    code, said = program(name, "bug", EVPL_TRACE_POOLS="all")
    check(code == -6 and any(BUGS[name] in report for report in reports(said)),
          f"'{BUGS[name]}' was not reported, exit code {code}\n{said}")


@case("pools_go_while_asked")
def asked(_):
    """A pool that is about to go may be in an answer, so what is said does not matter; a crash does."""
    code, said = program("asked", EVPL_TRACE_FILE="/dev/null")
    check_equal(code, 0, f"exit code\n{said}")


for _name in BUGS:
    case(f"{_name}_all_pools", _name)(silent)
    case(f"{_name}_with_a_bug", _name)(planted)
    long_case(f"{_name}_named_pools", _name)(lambda directory, name: silent(directory, name, pools="named"))
    long_case(f"{_name}_every_third", _name)(lambda d, name: silent(d, name, EVPL_TRACE_SAMPLE="3"))
    long_case(f"{_name}_short", _name)(lambda d, name: silent(d, name, EVPL_TRACE_DEPTH="1", EVPL_TRACE_QUARANTINE="0"))
    long_case(f"{_name}_no_guards", _name)(lambda d, name: silent(d, name, EVPL_TRACE_GUARDS="no",
                                                                  EVPL_TRACE_BYTES="no"))


@case("eal_does_not_start")
def eal(_):
    """There is no such memory. What the program says then, and its exit code, are as without the plug-in."""
    flags = eal_flags(1, memory=200000000)
    plain = run([os.environ["EVPL_PROGRAMS"], *flags, "--", "chains"])
    traced = program("chains", flags=flags)
    check_equal(plain[0], 2, "exit code without the plug-in")
    check_equal(traced, plain, "exit code and output")


HUGE = {
    "virtual_addresses": ["--in-memory", "--iova-mode=va"],
    "physical_addresses": ["--in-memory", "--iova-mode=pa"],
}


def huge(_, name, flags):
    free = int(read(FREE)) if os.path.exists(FREE) else 0
    if free < PAGES:
        raise Skip(f"{PAGES} free huge pages of 2 MiB are needed, and there are {free}")
    code, said = program(name, flags=[f"--lcores={cpus(2)}", "--no-pci", "--no-telemetry", "-m", "256", *flags],
                         EVPL_TRACE_POOLS="all")
    check_silent(said)
    check_equal(code, 0, f"exit code\n{said}")


for _kind, _flags in HUGE.items():
    for _name in BUGS:
        long_case(f"{_name}_huge_pages_{_kind}", _name, _flags)(huge)


def fwd(directory, mode, *options):
    with environment(EVPL_TRACE_POOLS="all"):
        done = Fwd(directory, NULL, [f"--forward-mode={mode}", "--packets=20000", *options], eal=EAL,
                   path=os.environ["EVPL_FWD_SHARED"]).end()
    check_silent(done.err)
    done.clean()


case("evpl_fwd_mbufs", "macswap", "--rx-pool=mbuf")(fwd)
case("evpl_fwd_slabs", "5tswap", "--rx-pool=slab")(fwd)
for _mode in ("io", "tee", "csum", "icmpecho", "flowgen", "txonly", "rxonly"):
    long_case(f"evpl_fwd_{_mode}", _mode, "--rx-pool=mbuf")(fwd)
    long_case(f"evpl_fwd_{_mode}_shared", _mode, "--shared")(fwd)


def serve(directory, *options):
    netns.need("curl")
    with environment(EVPL_TRACE_POOLS="all"):
        link = httpd.Tap(directory, *options, eal=EAL)
    with link as run_httpd:
        httpd.download("file", run_httpd.file("file", 3 * httpd.MIB))
    check_silent(run_httpd.err)


case("evpl_httpd_mbufs", "--copy")(serve)
case("evpl_httpd_slabs")(serve)


@case("tests_of_dpdk_s_libraries")
def tests(_):
    """The programs of test/dpdk, which prove their bytes themselves."""
    folder = os.environ["EVPL_DPDK_TESTS"]
    names = sorted(name for name in os.listdir(folder) if name.startswith("dpdk-") and "." not in name)
    check(len(names) > 5, f"no programs in {folder}")
    eal = " ".join(["--no-huge --iova-mode=va --no-pci --no-shconf --no-telemetry -m 256 --log-level=error",
                    f"--lcores={cpus(2)}", *EAL])
    for name in names:
        code, said = run([os.path.join(folder, name)], EVPL_TRACE_POOLS="all", EVPL_TEST_EAL=eal)
        check_silent(said)
        check_equal(code, 0, f"{name}: exit code\n{said}")


if __name__ == "__main__":
    netns.enter()
    main(__doc__)
