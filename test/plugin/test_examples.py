#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""DPDK's own examples under the tracing plug-in, built from /usr/share/dpdk/examples (Debian: dpdk-doc).

Each is compiled, and runs for some seconds, so only three are run without --all. What an example holds when it is told to
end is not looked at (EVPL_TRACE_LEAKS=no): many do not free it.
"""
import contextlib
import glob
import os
import signal
import socket
import subprocess
import time

from traced import (ALL, COPY, EAL, TIMEOUT, TRAFFIC, Skip, check, check_silent, cpus, environment, harness, main,
                    netns, read, read_pcap, spawn, write_pcap)

EXAMPLES = "/usr/share/dpdk/examples"
SAMPLE = {"skeleton", "l2fwd", "l3fwd"}     # what runs without --all
SECONDS = 5 if ALL else 1
# Folder: (ports, EAL's further options, the example's own). PCAP is a file of real traffic without an end, TAP a device
# that gets this traffic: some examples want offloads that net_pcap has not.
RUNS = {
    "skeleton": ("PCAP PCAP", "", ""),
    "l2fwd": ("PCAP NULL", "", "-p 3 -T 1"),
    "l2fwd-jobstats": ("PCAP NULL", "", "-p 3"),
    "l2fwd-keepalive": ("PCAP NULL", "3", "-p 3"),
    "l3fwd": ("TAP TAP", "1", "-p 3 -P --parse-ptype --config (0,0,0),(1,0,0) --lookup=lpm"),
    "l3fwd-graph": ("PCAP PCAP", "", "-p 3 -P --config (0,0,1),(1,0,1)"),
    "ip_reassembly": ("PCAP PCAP", "", "-p 3 -q 2"),
    "packet_ordering": ("PCAP NULL", "3", "-p 3"),
    "rxtx_callbacks": ("PCAP PCAP", "", ""),
    "distributor": ("PCAP PCAP", "5", "-p 3"),
    "qos_meter": ("PCAP NULL", "1", "-p 3"),
    "server_node_efd/server": ("PCAP NULL", "", "-p 3 -n 1 -f 1024"),
    "multi_process/symmetric_mp": ("PCAP PCAP", "", "-p 3 --num-procs=1 --proc-id=0"),
    "multi_process/client_server_mp/mp_server": ("PCAP PCAP", "", "-p 3 -n 1"),
    "eventdev_pipeline": ("PCAP PCAP", "5 --vdev=event_sw0", "-r1 -t1 -e4 -w E -s1 -n0 -c32"),
    "ptpclient": ("PCAP PCAP", "", "-T 0 -p 3"),
    "service_cores": ("", "3", ""),
    "helloworld": ("", "", ""),
    "timer": ("", "", ""),
    "bond": ("", f"3 --vdev=net_null0{COPY} --vdev=net_null1{COPY}", ""),
}


def build(directory, name):
    folder = os.path.join(EXAMPLES, name)
    if not os.path.isdir(folder):
        raise Skip(f"{folder} is not there (Debian: dpdk-doc)")
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "libdpdk"], capture_output=True, text=True, check=True)
    out = os.path.join(directory, "example")
    sources = [path for path in sorted(glob.glob(f"{folder}/*.c"))
               if not any(word in path for word in ("altivec", "neon", "route_parse.c"))]
    includes = [f"-I{folder}", f"-I{EXAMPLES}/common", f"-I{os.path.dirname(folder)}/shared"]
    done = subprocess.run(["cc", "-O2", "-g1", "-w", "-DALLOW_EXPERIMENTAL_API", *includes, "-o", out, *sources,
                           *flags.stdout.split(), "-lm", "-lrte_net_bond", "-lpthread"], capture_output=True, text=True,
                          check=False)
    check(done.returncode == 0, f"{name} cannot be built: {done.stderr[-1000:]}")
    return out


def vdev(kind, i, pcap):
    if kind == "TAP":
        netns.need()
        netns.need_tap()
        return f"--vdev=net_tap{i},iface=evpl{i}"
    return (f"--vdev=net_null{i}{COPY}" if kind == "NULL" else
            f"--vdev=net_pcap{i},rx_pcap={pcap},rx_pcap={pcap},tx_pcap=/dev/null,tx_pcap=/dev/null,infinite_rx=1")


def feed(pcap):
    """Sends real traffic to the taps that are there."""
    for link in ("evpl0", "evpl1"):
        with contextlib.suppress(OSError, RuntimeError), socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
            netns.ip(f"link set {link} up")
            wire.bind((link, 0))
            for frame in read_pcap(pcap):
                wire.send(frame)


def example(directory, name):
    ports, more, own = RUNS[name]
    program = build(directory, name)
    pcap = os.path.join(directory, "in.pcap")
    write_pcap(pcap, [frame for frame in read_pcap(TRAFFIC) if 14 <= len(frame) <= 1518])
    vdevs = [vdev(kind, i, pcap) for i, kind in enumerate(ports.split())]
    words = more.split()
    lcores = int(words.pop(0)) if words and words[0].isdigit() else 2
    results = []
    for plugin in ([], EAL):
        flags = [f"--lcores={cpus(lcores)}", "--no-huge", "--iova-mode=va", "--no-pci", "--no-shconf",
                 "--no-telemetry", "-m", "1024", "--file-prefix", f"evpl-examples-{os.getpid()}-{len(plugin)}"]
        log = os.path.join(directory, f"log{len(plugin)}")
        with environment(EVPL_TRACE_POOLS="all", EVPL_TRACE_LEAKS="no"):
            child = spawn(["stdbuf", "-oL", program, *flags, *plugin, *vdevs, *words, "--", *own.split()], log)
        end = time.monotonic() + SECONDS
        while child.poll() is None and time.monotonic() < end:
            if "TAP" in ports:
                feed(pcap)
            time.sleep(0.05)
        early = child.poll()
        if early is None:
            child.send_signal(signal.SIGINT)
            try:
                child.wait(TIMEOUT)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        results.append((early, child.returncode))
        if plugin:
            check_silent(read(log))
    killed = (None, -signal.SIGKILL)        # one that waits for a thread of its own for ever, traced or not
    check(results[0] == results[1] or killed in results, f"exit codes before and after SIGINT: {results}\n{read(log)[-1500:]}")
    if results[0][0] not in (None, 0):
        raise Skip(f"it does not run here, traced or not: {read(log)[-300:]!r}")


for _name in RUNS if ALL else sorted(SAMPLE):
    harness.case(_name.replace("/", "_"), _name)(example)


if __name__ == "__main__":
    netns.enter()
    main(__doc__)
