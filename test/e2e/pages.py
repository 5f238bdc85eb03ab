# SPDX-License-Identifier: BSD-3-Clause
"""Huge pages for two processes that share memory: only these can be shared."""
import contextlib
import fcntl
import os
import subprocess

from harness import Skip, read

FREE = "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages"
TOTAL = os.path.join(os.path.dirname(FREE), "nr_hugepages")
PAGES = 160    # of 2 MiB: 256 MiB for EAL's -m, and some for its own tables


@contextlib.contextmanager
def reserved(wanted):
    """With EVPL_TEST_RESERVE=1, as in CI, asks the kernel for pages that are missing, and gives them back. Yields the
    number of free pages. One test at a time has them: another one would take pages that are free here and not yet used.
    """
    if not os.path.exists(FREE):
        yield 0
        return
    with open(FREE, encoding="ascii") as one_at_a_time:
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        with asked_for(wanted) as free:
            yield free


@contextlib.contextmanager
def asked_for(wanted):
    free = int(read(FREE))
    before = None
    if free < wanted and os.environ.get("EVPL_TEST_RESERVE") == "1" and os.access(TOTAL, os.W_OK):
        before = int(read(TOTAL))
        with open(TOTAL, "w", encoding="ascii") as pages:
            pages.write(str(before + wanted - free))
        free = int(read(FREE))
    try:
        yield free
    finally:
        if before is not None:
            with open(TOTAL, "w", encoding="ascii") as pages:
                pages.write(str(before))


@contextlib.contextmanager
def mounted(directory):
    """A hugetlbfs. Yields EAL's options for both processes."""
    with reserved(PAGES) as free:
        if free < PAGES:
            raise Skip(f"less than {PAGES} free huge pages of 2 MiB")
        huge = os.path.join(directory, "huge")
        os.mkdir(huge)
        if subprocess.run(["mount", "-t", "hugetlbfs", "-o", "pagesize=2M", "none", huge], check=False,
                          capture_output=True).returncode != 0:
            raise Skip("no right to mount a hugetlbfs")
        try:
            # The address sanitizer has EAL's default address, and the one that the kernel finds for the first process
            # can be taken in the second. This one is free in both.
            yield ["--no-pci", "--huge-dir", huge, "--iova-mode=va", "--no-telemetry", "--base-virtaddr=0x200000000000",
                   f"--file-prefix=evpl-{os.path.basename(directory)}-{os.getpid()}"]
        finally:
            subprocess.run(["umount", "-l", huge], check=False)
