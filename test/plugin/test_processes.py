#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""Two processes that share memory, under the tracing plug-in: dpdk-dumpcap, dpdk-pdump, and a server with a client.

Only huge pages can be shared. Without 192 free pages of 2 MiB, or without the right to mount them, the cases are
skipped. With EVPL_TEST_RESERVE=1, as in CI, a case asks the kernel for the pages, and gives them back.
"""
import contextlib
import os
import shutil
import signal
import subprocess
import time

from traced import (COPY, EAL, PAGES, TIMEOUT, Skip, case, check, check_equal, check_silent, cpus, environment,
                    long_case, main, read, reports, reserved, spawn)


@contextlib.contextmanager
def shared(directory, program=None):
    """EAL's options of the primary process, and its prefix, with huge pages of the case's own."""
    with reserved(PAGES) as free:
        yield from mounted(directory, program, free)


def mounted(directory, program, free):
    if program and not shutil.which(program):
        raise Skip(f"{program} is not installed (Debian: dpdk-dev)")
    if free < PAGES:
        raise Skip(f"a second process needs {PAGES} free huge pages of 2 MiB, and there are {free}")
    mount = os.path.join(directory, "huge")
    os.mkdir(mount)
    done = subprocess.run(["mount", "-t", "hugetlbfs", "-o", "pagesize=2M", "none", mount], capture_output=True,
                          text=True, check=False)
    if done.returncode != 0:
        raise Skip(f"huge pages cannot be mounted: {done.stderr.strip()}")
    try:
        prefix = f"evpl-plugin-{os.getpid()}"
        yield ["--iova-mode=va", "--no-pci", "--no-telemetry", "--huge-dir", mount, "--file-prefix", prefix,
               "--log-level=.,error"], prefix
    finally:
        subprocess.run(["umount", "-l", mount], check=False)


def wait_until(done, child, log):
    end = time.monotonic() + TIMEOUT
    while not done():
        check(child.poll() is None and time.monotonic() < end, f"it ended early, or nothing happened\n{read(log)}")
        time.sleep(0.02)


def capture(directory, pools, program, plugin):
    """A second process captures what a program receives. Its mbufs are of a pool of its own, and the program takes them.

    The program receives nothing while the capture ends. A capture frees its pool then, and DPDK before 25.11 does not
    wait until the program has left its callback: README.md.

    dpdk-testpmd of Debian cannot be captured, traced or not: it numbers the mempool operations in another order than
    dpdk-dumpcap.
    """
    with shared(directory, f"dpdk-{program}") as (flags, prefix), environment(EVPL_TRACE_POOLS=pools):
        said, got, log = (os.path.join(directory, name) for name in ("program.log", "out.pcap", "capture.log"))
        run = spawn([os.environ["EVPL_PROGRAMS"], f"--lcores={cpus(1)}", "-m", "256", *flags, *EAL,
                     f"--vdev=net_null0,size=200{COPY}", "--", "captured"], said)
        wait_until(lambda: "ready" in read(said), run, said)
        if program == "dumpcap":
            command = ["dpdk-dumpcap", f"--file-prefix={prefix}", "-i", "net_null0", "-P", "-s", "9000", "-w", got]
        else:
            command = ["dpdk-pdump", f"--lcores={cpus(1)}", *flags, *(EAL if plugin else []), "--", "--pdump",
                       f"port=0,queue=*,rx-dev={got},total-num-mbufs=2047"]
        child = spawn(command, log)
        wait_until(lambda: os.path.exists(got) and os.path.getsize(got) > 1000, child, log)
        run.send_signal(signal.SIGTERM)
        wait_until(lambda: "quiet" in read(said), run, said)
        child.send_signal(signal.SIGINT)
        codes = [child.wait(TIMEOUT)]
        run.send_signal(signal.SIGTERM)
        codes.append(run.wait(TIMEOUT))
        check_silent(read(said) + read(log))
        check_equal(codes, [0, 0], f"exit codes of {program} and the program\n{read(log)}{read(said)}")


for _pools in ("named", "all"):
    case(f"dumpcap_of_{_pools}_pools", _pools, "dumpcap", False)(capture)
    long_case(f"pdump_of_{_pools}_pools", _pools, "pdump", False)(capture)
    (case if _pools == "all" else long_case)(f"pdump_with_the_plug_in_of_{_pools}_pools",
                                             _pools, "pdump", True)(capture)


def client_and_server(directory, pools, *words):
    """Both are traced. What the one takes, the other frees. Returns the exit codes, and what the two said."""
    with shared(directory) as (flags, _), environment(EVPL_TRACE_POOLS=pools):
        logs = [os.path.join(directory, name) for name in ("server", "client")]
        start = [os.environ["EVPL_PROGRAMS"], *flags, *EAL]
        primary = spawn([*start, f"--lcores={cpus(1)}", "-m", "128", "--", "server", *words], logs[0])
        end = time.monotonic() + TIMEOUT
        wait_until(lambda: "ready" in read(logs[0]), primary, logs[0])
        secondary = spawn([*start, f"--lcores={cpus(1)}", "--proc-type=secondary", "--", "client"], logs[1])
        if words:    # whichever frees it second stops; the other one waits for what never comes
            while primary.poll() is None and secondary.poll() is None and time.monotonic() < end:
                time.sleep(0.02)
            primary.kill()
            secondary.kill()
        return [primary.wait(TIMEOUT), secondary.wait(TIMEOUT)], read(logs[0]) + read(logs[1])


def silent(directory, pools):
    codes, said = client_and_server(directory, pools)
    check_silent(said)
    check_equal(codes, [0, 0], f"exit codes\n{said}")


case("server_and_client_named_pools", "named")(silent)
case("server_and_client_all_pools", "all")(silent)


@case("server_and_client_with_a_bug")
def planted(directory):
    _, said = client_and_server(directory, "all", "bug")
    check(any("double free of an mbuf" in report for report in reports(said)), f"not reported\n{said}")


if __name__ == "__main__":
    main(__doc__)
