#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""evpl-fwd and evpl-httpd when what they call outside fails (faulty.h), when a signal comes at any moment, and when a
limit of the system is hit. A fault ends the program with exit code 1 and an error line, or it is survived, and the run
is a good one; it never ends by a signal, hangs, or leaves something behind.

--all makes each fault, instead of a few of them. --count=N: so many signals of each kind (default 5, or 3 kills).
--seed=N repeats the moments of an earlier run."""
import contextlib
import glob
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import time

sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", folder) for folder in ("lwip", "e2e")]
import httpd                                                                                    # noqa: E402
from harness import Fwd, Skip, case, check, check_equal, cpus, main, read                       # noqa: E402

SAMPLE = 4              # faults of each program, without --all
MOST = 5000             # faults of a program: more would be a loop
NO_GROUP = 96           # exit code


def option(name, default):
    return next((int(a.split("=")[1]) for a in sys.argv if a.startswith(f"--{name}=")), default)


ALL = "--all" in sys.argv
SEED = option("seed", random.SystemRandom().randrange(1 << 32))
moments = random.Random(SEED)


def faulty():
    path = os.environ.get("EVPL_FAULTY")
    if not path or not os.path.exists(path):
        raise Skip("no object that makes faults: this build has a sanitizer, or no applications")
    return path


@contextlib.contextmanager
def environment(**values):
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


# ---- the programs --------------------------------------------------------------------------------------------------

def fwd_null(directory, **kw):
    return Fwd(directory, ["net_null0", "net_null1"], ["--forward-mode=macswap", "--duration=0.1"],
               lcores=2, **kw)


def fwd_ring(directory, **kw):
    """Packets of iovecs, with all options that take memory of their own."""
    return Fwd(directory, ["net_ring0"], ["--forward-mode=flowgen", "--duration=0.1", "--low-watermark=1M",
                                          "--preallocate-slabs=2", "--sample-period=100", "--quota=64M",
                                          "--display-xstats=rx_good_packets"],
               lcores=2, **kw)


def fwd_external(directory, **kw):
    """On the main lcore alone, from a file."""
    slab = os.path.join(directory, "slab")
    with open(slab, "wb") as f:
        f.truncate(8 << 20)
    return Fwd(directory, ["net_ring0"], ["--forward-mode=txonly", "--duration=0.1", f"--external-slab={slab}"],
               lcores=1, **kw)


class Httpd(httpd.Httpd):
    """The shared build, without a link to anywhere."""

    def __init__(self, directory, **kw):
        with environment(EVPL_HTTPD=os.environ.get("EVPL_HTTPD_SHARED", "")):
            super().__init__(directory, "net_ring0", "--duration=0.1", **kw)


PROGRAMS = {"fwd_null": fwd_null, "fwd_ring": fwd_ring, "fwd_external": fwd_external, "httpd": Httpd}


# ---- faults --------------------------------------------------------------------------------------------------------

def check_end(run, what):
    """What every end must be."""
    check(run.rc in (0, 1), f"{what}: exit code {run.rc}\n{run.describe()}")
    if run.rc == 0:
        run.clean()
        return
    lines = [line for line in run.err.splitlines() if re.match(r"evpl-(fwd|httpd)\S*: (?!note: )", line)]
    check(lines, f"{what}: it failed without a line\n{run.describe()}")
    check("assert" not in run.err.lower(), f"{what}\n{run.describe()}")
    check(run.report is not None or not os.path.exists(run.json_path), f"{what}: an empty report was left")


def run_with_fault(name, directory, fault):
    """EVPL_FAULT=fault. What faulty.h says of the fault (None: there are not so many calls), how many calls there were,
    and the run."""
    said = os.path.join(directory, "fault")
    for path in glob.glob(os.path.join(directory, "*")):       # of the run before
        if os.path.isfile(path):
            os.unlink(path)
    with environment(LD_PRELOAD=faulty(), EVPL_FAULT=str(fault), EVPL_FAULT_FILE=said):
        run = PROGRAMS[name](directory)
    run.end()
    lines = read(said).splitlines()
    fault = next((line for line in lines if line.startswith("fault ")), None)
    calls = next((int(line.split()[1]) for line in lines if line.startswith("calls ")), None)
    check_end(run, fault or "without a fault")
    return fault, calls, run


def chosen_faults(name, directory):
    """The numbers of the faults to make: all, or some that are far apart."""
    if ALL:
        return range(1, MOST)
    _, calls, run = run_with_fault(name, directory, 0)
    check_equal(run.rc, 0, "exit code without a fault")
    check(calls, "no call was counted")
    step = max(1, calls // SAMPLE)
    return range(moments.randrange(step) + 1, calls + 1, step)


@case("each fault ends evpl-fwd on net_null with a line, or is survived", "fwd_null")
@case("each fault ends evpl-fwd on net_ring with a line, or is survived", "fwd_ring")
@case("each fault ends evpl-fwd in external memory with a line, or is survived", "fwd_external")
@case("each fault ends evpl-httpd with a line, or is survived", "httpd")
def faults(directory, name):
    places, wrong, survived, made = set(), [], 0, 0
    for number in chosen_faults(name, directory):
        try:
            fault, _, run = run_with_fault(name, directory, number)
        except AssertionError as error:
            wrong.append(str(error))
            continue
        if fault is None:
            break
        made += 1
        survived += run.rc == 0
        places.add(tuple(fault.split()[2:]))
        if ALL:
            print(f"# {name} {fault}: {'survived' if run.rc == 0 else 'ended'}", flush=True)
    print(f"# {name}: {made} faults of {len({p[0] for p in places})} functions at {len(places)} places, "
          f"{survived} of them survived (--seed={SEED})", flush=True)
    check(not wrong, "\n".join(wrong))


@case("memory for the options: exit code 1, not that of wrong options", "fwd_null", "calloc:1", 1, "out of memory")
@case("the stream of the report: no empty file is left", "fwd_null", "fdopen:1", 1, "--json=")
@case("an lcore that EAL refuses: an end", "fwd_null", "rte_eal_remote_launch:1", 1, "lcore 1 cannot be launched")
@case("a callback of ethdev's: a note", "fwd_null", "rte_eth_dev_callback_register:1", 0, "nothing tells if it goes")
@case("a port whose statistics cannot be read: not said to have none", "fwd_ring", "rte_eth_xstats_get_id_by_name:1",
      1, "extended statistics: No such device")
def found(directory, name, fault, rc, words):
    """Faults that did something else once."""
    said, _, run = run_with_fault(name, directory, fault)
    check(said is not None, "there was no fault")
    check_equal(run.rc, rc, f"exit code\n{run.err}")
    check(words in run.err, f"not a word of it:\n{run.err}")


# ---- signals -------------------------------------------------------------------------------------------------------

def start_seconds(start, directory):
    """How long a run of 0.1 s takes here and now, and what it needs is in memory."""
    begin = time.monotonic()
    start(directory).end().clean()
    return time.monotonic() - begin


@case("SIGINT at a random moment of evpl-fwd", "fwd_null")
@case("SIGINT at a random moment of evpl-httpd", "httpd")
def interrupted(directory, name):
    """Before the program catches signals, the signal ends it; afterwards it ends in good order, with its report."""
    start = PROGRAMS[name]
    faulty()
    most = start_seconds(start, directory)
    ends = {}
    for _ in range(option("count", 5)):
        run = start(directory)
        time.sleep(moments.random() * most)
        run.stop(signal.SIGINT)
        ends[run.rc] = ends.get(run.rc, 0) + 1
        if run.rc != -signal.SIGINT:
            run.clean()
    print(f"# {name}: exit codes {ends} (--seed={SEED})", flush=True)


def shared_flags(directory):
    """EAL's options of a program whose files are kept, and found by the next one of that prefix."""
    return [f"--lcores={cpus(2)}", "--no-huge", "--iova-mode=va", "--no-pci", "-m", "256", "--log-level=.,error",
            f"--file-prefix=evpl-faults-{os.getpid()}-{os.path.basename(directory)}"]


@case("SIGKILL at a random moment, and a new start with the same --file-prefix")
def killed(directory):
    flags = shared_flags(directory)

    def start(folder):
        return fwd_null(folder, flags=flags)

    faulty()
    most = start_seconds(start, directory)
    for _ in range(option("count", 3)):
        run = start(directory)
        time.sleep(moments.random() * most)
        run.child.kill()
        run.child.wait()
        start(directory).end().clean()
    print(f"# --seed={SEED}", flush=True)


# ---- limits --------------------------------------------------------------------------------------------------------

def started_by(directory, words):
    """A script that starts evpl-fwd by these words of the shell."""
    script = os.path.join(directory, "evpl-fwd-limited")
    with open(script, "w", encoding="utf-8") as f:
        f.write(f'#!/bin/sh\n{words} {os.environ["EVPL_FWD"]} "$@"\n')
    os.chmod(script, 0o755)
    return script


@case("RLIMIT_MEMLOCK small")
def no_locked_memory(directory):
    """Nothing here locks memory: only drivers of devices do. The limit binds a process without CAP_IPC_LOCK."""
    faulty()
    drop = "setpriv --bounding-set=-ipc_lock" if os.getuid() == 0 and shutil.which("setpriv") else ""
    before = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    resource.setrlimit(resource.RLIMIT_MEMLOCK, (4096, before[1]))
    try:
        fwd_ring(directory, path=started_by(directory, f"exec {drop}")).end().clean()
    finally:
        resource.setrlimit(resource.RLIMIT_MEMLOCK, before)


@contextlib.contextmanager
def memory_group(limit):
    """A control group with a limit of memory, of either version. Yields the file that takes a process in."""
    name = f"evpl-faults-{os.getpid()}"
    own = dict(line.strip().split(":", 2)[1:] for line in open("/proc/self/cgroup", encoding="ascii"))
    choices = [("/sys/fs/cgroup/memory" + own.get("memory", ""), "memory.limit_in_bytes"),
               ("/sys/fs/cgroup" + own.get("", ""), "memory.max")]
    for parent, file in choices:
        folder = os.path.join(parent, name)
        try:
            os.mkdir(folder)
        except OSError:
            continue
        try:
            with open(os.path.join(folder, file), "w", encoding="ascii") as f:
                f.write(str(limit))
        except OSError:
            os.rmdir(folder)
            continue
        try:
            yield os.path.join(folder, "cgroup.procs")
        finally:
            for _ in range(1000):
                with contextlib.suppress(OSError):
                    os.rmdir(folder)
                    break
                time.sleep(0.01)
        return
    raise Skip("no right to make a control group with a limit of memory")


@case("a limit of a control group is hit")
def out_of_group_memory(directory):
    """The kernel kills the program, as include/evpl/evpl_core.h says of evpl_cleanup(), or lets it end. The next one
    starts as if nothing had been."""
    faulty()
    with memory_group(48 << 20) as procs:
        limited = started_by(directory, f"echo $$ >{procs} || exit {NO_GROUP}\nexec")
        run = fwd_ring(directory, flags=shared_flags(directory), path=limited).end()
    if run.rc == NO_GROUP:
        raise Skip("no right to put a process into a control group")
    check(run.rc in (0, 1, -signal.SIGKILL), f"exit code {run.rc}\n{run.describe()}")
    print(f"# exit code {run.rc}", flush=True)
    fwd_ring(directory, flags=shared_flags(directory)).end().clean()


@case("out of huge pages in the middle of growth")
def out_of_huge_pages(directory):
    """faults-calls takes all huge pages, which are free again afterwards."""
    del directory
    faulty()
    free = "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages"
    if not os.path.exists(free) or not 32 <= int(read(free)) <= 512:
        raise Skip("not between 32 and 512 free huge pages of 2 MiB")
    before = read(free)
    env = {**os.environ, "CMOCKA_MESSAGE_OUTPUT": "TAP",
           "EVPL_TEST_EAL": "--in-memory --iova-mode=va --no-pci --no-telemetry --log-level=error -l 0"}
    run = subprocess.run([os.environ["EVPL_CALLS"], "growth_to_the_end"], text=True, capture_output=True, check=False,
                         env=env)
    check_equal(run.returncode, 0, run.stdout + run.stderr)
    check_equal(read(free), before, "free huge pages")


main(__doc__)
