#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""dpdk-dumpcap captures what a running evpl-fwd sends. It is a second process, so this needs huge pages that both map.

The packets are received mbufs (io), and clones that are sent through two ports (tee). dumpcap gets a copy that
evpl-fwd's own process makes, so no other process frees our packets.

evpl-fwd ends first. A capture that ends while packets go on may crash the program that it captures
(test/plugin/README.md).
"""
import os
import shutil
import signal
import subprocess
import time

from frames import read_pcap, udp_frame, write_pcap
from harness import TIMEOUT, Fwd, Skip, case, check, check_equal, cpus, main, read, spawn

PAGES = 192             # of 2 MiB: evpl-fwd's, and dumpcap's own mbufs
CAPTURED = 500
FREE = "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages"


def huge_pages(directory):
    """A mount of huge pages of the case's own, or a reason to skip it."""
    if not shutil.which("dpdk-dumpcap"):
        raise Skip("dpdk-dumpcap is not installed (Debian: dpdk-dev)")
    free = int(read(FREE)) if os.path.exists(FREE) else 0
    if free < PAGES:
        raise Skip(f"a second process needs {PAGES} free huge pages of 2 MiB, and there are {free}")
    if os.geteuid() != 0:
        raise Skip("not root: huge pages cannot be mounted")
    mount = os.path.join(directory, "huge")
    os.mkdir(mount)
    done = subprocess.run(["mount", "-t", "hugetlbfs", "-o", "pagesize=2M", "none", mount], capture_output=True,
                          text=True, check=False)
    if done.returncode != 0:
        raise Skip(f"huge pages cannot be mounted: {done.stderr.strip()}")
    return mount


def capture(directory, mode):
    mount = huge_pages(directory)
    try:
        prefix = f"evpl-capture-{os.getpid()}"
        sent, got = os.path.join(directory, "in.pcap"), os.path.join(directory, "out.pcap")
        frames = [udp_frame(60 + 37 * i, i) for i in range(38)]
        write_pcap(sent, frames)
        run = Fwd(directory, [f"net_pcap0,rx_pcap={sent},infinite_rx=1", "net_null0,no-rx=1", "net_null1,no-rx=1"],
                  [f"--forward-mode={mode}", "--stats-period=0.1"],
                  flags=[f"--lcores={cpus(1)}", "--iova-mode=va", "--no-pci", "--no-telemetry", "-m", "256",
                         "--huge-dir", mount, "--file-prefix", prefix, "--log-level=.,error"],
                  path=os.environ.get("EVPL_FWD_SHARED"))
        end = time.monotonic() + TIMEOUT
        while "port" not in read(run.out_path) and time.monotonic() < end and run.child.poll() is None:
            time.sleep(0.02)
        log = os.path.join(directory, "dumpcap.out")
        dumpcap = spawn(["dpdk-dumpcap", f"--file-prefix={prefix}", "-i", "net_null0", "-P", "-s", "9000", "-w", got],
                        log)
        end = time.monotonic() + TIMEOUT
        while not os.path.exists(got) or os.path.getsize(got) < CAPTURED * max(map(len, frames)):
            check(dumpcap.poll() is None and time.monotonic() < end, f"too little was captured\n{read(log)}")
            time.sleep(0.02)
        run.stop().clean()
        dumpcap.send_signal(signal.SIGINT)  # it may have seen that evpl-fwd has ended, and end already
        check_equal(dumpcap.wait(TIMEOUT), 0, f"exit code of dpdk-dumpcap\n{read(log)}")
        captured = read_pcap(got)
        check(len(captured) >= CAPTURED, f"only {len(captured)} frames were captured")
        for i, frame in enumerate(captured):
            check(frame in frames,
                  f"frame {i} of the capture, of {len(frame)} bytes, was never sent: {frame[:64].hex()}")
        check_equal({len(f) for f in captured}, {len(f) for f in frames}, "lengths of the frames captured")
    finally:
        subprocess.run(["umount", "-l", mount], check=False)


for _mode in ("io", "tee"):
    case(f"capture_of_what_{_mode}_sends", _mode)(capture)


if __name__ == "__main__":
    main(__doc__)
