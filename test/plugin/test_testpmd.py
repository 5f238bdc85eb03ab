#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""dpdk-testpmd under the tracing plug-in: every forward mode over drivers that need no hardware.

With --all: more drivers, and more of testpmd's options.
"""
import os
import re
import subprocess

from traced import (COPY, TIMEOUT, TRAFFIC, Testpmd, case, check, check_equal, long_case, main, netns, read_pcap,
                    reports, write_pcap)

KNOWN = {"io", "mac", "macswap", "flowgen", "rxonly", "txonly", "csum", "icmpecho", "noisy", "5tswap", "shared_rxq"}
CLOCKS = {"ieee1588"}               # it needs ports with a clock, which no driver without hardware has
NULL = ["net_null0,size=256" + COPY, "net_null1,size=1000" + COPY]
MAKERS = ["txonly", "flowgen"]      # modes that need no frames
SHARED = "--rxq-share=2"              # without it testpmd crashes in the mode shared_rxq, traced or not
STAYERS = ["io", "mac", "macswap", "csum", "5tswap", "noisy"]   # modes that send what they receive


def each_mode(directory, vdevs, options=(), modes=None, **more):
    """modes: None for all that this testpmd has."""
    run = Testpmd(directory, vdevs, options, **more)
    if modes is None:
        modes = [mode for mode in run.modes() if mode not in CLOCKS]
        check(KNOWN <= set(modes), f"modes that are missing: {KNOWN - set(modes)}")
    for mode in modes:
        run.forward(mode)
    run.end()


case("null_named_pools", NULL, ["--mbcache=250", SHARED])(
    lambda directory, *args: each_mode(directory, *args, pools="named"))
case("null_all_pools", NULL, [SHARED])(each_mode)


@case("null_segments")
def segments(directory):
    """Chains, packets that are received into several mbufs, and sent by a driver that frees them all."""
    run = Testpmd(directory, ["net_null0,size=1500" + COPY, "net_null1,size=60" + COPY],
                  ["--txpkts=60,60,200,1000", "--burst=64"])
    for split in ("off", "on", "rand"):
        run.tell(f"set txsplit {split}")
        run.forward("txonly")
        run.forward("csum")
    run.end()


@case("null_ports_stop_and_start")
def restart(directory):
    run = Testpmd(directory, NULL, ["--rxq=2", "--txq=2"])
    for queues in (1, 2, 2):
        run.forward("macswap")
        for command in ("port stop all", f"port config all rxq {queues}", f"port config all txq {queues}",
                        "port start all"):
            run.tell(command)
        run.forward("flowgen")
    run.tell("port stop 1")
    run.tell("port close 1")
    run.tell("port start 0")
    run.forward("io")
    run.tell("port attach net_null5" + COPY)
    run.tell("port start all")
    run.forward("io")
    run.end()


def alloc(directory, kind, *eal):
    each_mode(directory, NULL, [f"--mp-alloc={kind}"], ["macswap", "txonly", "csum"], eal=eal)


case("pools_in_anonymous_memory", "anon")(alloc)
case("pools_in_external_memory", "xmem")(alloc)
case("pools_with_pinned_external_buffers", "xbuf")(alloc)
long_case("pools_in_native_memory", "native")(alloc)
long_case("pools_in_one_file", "native", "--single-file-segments")(alloc)
long_case("legacy_memory", "native", "--legacy-mem")(alloc)


@case("ring")
def ring(directory):
    """Mbufs go round. At the end rxonly throws away what is in the rings."""
    run = Testpmd(directory, ["net_ring0", "net_ring1"])
    for mode in STAYERS:
        run.forward(mode, "start tx_first 4")
    run.forward("txonly", packets=256)
    run.forward("rxonly", packets=256)
    run.end()


@case("ring_with_mbufs_left")
def left(directory):
    """Nobody takes them out, so they are lost, and that is reported."""
    run = Testpmd(directory, ["net_ring0", "net_ring1"])
    run.forward("io", "start tx_first 4")
    run.tell("quit")
    check_equal(run.child.wait(TIMEOUT), -6, f"exit code\n{run.log()[-2000:]}")
    check(any("are not free at its end" in report for report in reports(run.log())), f"not reported\n{run.log()}")


def offloads(run):
    """GRO and GSO of the csum mode."""
    for command in ("set port 0 gro on", "set port 1 gro on", "set gro flush 1", "set port 0 gso on",
                    "set port 1 gso on", "set gso segsz 600", "csum set ip sw 0", "csum set tcp sw 0",
                    "csum set udp sw 0", "csum set ip sw 1", "csum set tcp sw 1", "csum set udp sw 1"):
        run.tell(command)


def files(directory, how, times=1):
    """Two ports that receive real traffic."""
    path = os.path.join(directory, "in.pcap")
    write_pcap(path, [frame for frame in read_pcap(TRAFFIC) if len(frame) >= 14] * times)
    return [f"net_pcap{i},rx_pcap={path}{how}" for i in range(2)]


@case("pcap_chains")
def chains(directory):
    """Frames of up to 9 KiB in small mbufs. What is sent is written."""
    for mode in ("macswap", "csum", "5tswap", "icmpecho", "noisy"):
        vdevs = files(directory, f",tx_pcap={directory}/out", 10)
        run = Testpmd(directory, [vdev + str(i) for i, vdev in enumerate(vdevs)], ["--mbuf-size=512"])
        run.forward(mode, packets=3900)
        run.end()


@case("pcap_gro_and_gso")
def gro(directory):
    run = Testpmd(directory, files(directory, ",infinite_rx=1"), ["--mbuf-size=9728"])
    offloads(run)
    for _ in range(2):
        run.forward("csum", packets=20000)
        run.tell("set gro flush 2")
    run.end()


def pair(mtu=1500):
    netns.need()
    netns.ip("link add evpl0 type veth peer name evpl1")
    for link in ("evpl0", "evpl1"):
        netns.ip(f"link set {link} mtu {mtu} up")


@case("af_packet")
def af_packet(directory):
    pair()
    run = Testpmd(directory, ["net_af_packet0,iface=evpl0", "net_af_packet1,iface=evpl1"])
    for mode in STAYERS:
        run.forward(mode, "start tx_first")
    run.forward("txonly")
    run.end()


@case("tap")
def tap(directory):
    """Two taps on a bridge: what the one sends, the other gets."""
    netns.need()
    netns.need_tap()
    run = Testpmd(directory, ["net_tap0,iface=evpl0", "net_tap1,iface=evpl1"])
    netns.ip("link add evpl2 type bridge")
    for link in ("evpl0", "evpl1"):
        netns.ip(f"link set {link} master evpl2 up")
    netns.ip("link set evpl2 up")
    for mode in (*MAKERS, *STAYERS):
        run.forward(mode, "start" if mode in MAKERS else "start tx_first", packets=64)
    run.end()


@case("memif")
def memif(directory):
    """Both ends in one process."""
    run = Testpmd(directory, [f"net_memif{i},role={role},id=0,socket-abstract=no,socket={directory}/wire"
                              for i, role in enumerate(("server", "client"))])
    run.ask("show port info 1", "Link status: up")
    for mode in STAYERS:
        run.forward(mode, "start tx_first")
    run.forward("txonly")
    run.end()


@long_case("memif_without_copies")
def zero_copy(directory):
    """The client's mbufs are what the server reads and writes. It keeps those of its rings when its port is closed."""
    server = Testpmd(directory, [f"net_memif0,role=server,id=0,socket-abstract=no,socket={directory}/wire"],
                     name="server")
    client = Testpmd(directory, [f"net_memif0,role=client,id=0,socket-abstract=no,socket={directory}/wire,zero-copy=yes"],
                     eal=["--single-file-segments"], leaks="no", name="client")
    server.ask("show port info 0", "Link status: up")
    server.set_mode("macswap")
    server.tell("start")
    for mode in ("txonly", "flowgen"):
        client.forward(mode)
    server.stop_forwarding()
    client.end()
    server.end()


@long_case("af_xdp")
def af_xdp(directory):
    """The driver keeps the mbufs that the kernel had, when its port is closed."""
    pair()
    run = Testpmd(directory, ["net_af_xdp0,iface=evpl0", "net_af_xdp1,iface=evpl1"], leaks="no")
    for mode in STAYERS:
        run.forward(mode, "start tx_first")
    run.forward("txonly")
    run.end()


def vhost(directory, theirs="", ours=""):
    """Two processes, both traced. The one behind vhost makes frames, and the other returns them."""
    there = Testpmd(directory, [f"net_vhost0,iface={directory}/wire{theirs}"], name="vhost")
    here = Testpmd(directory, [f"net_virtio_user0,path={directory}/wire,queues=1{ours}"], name="virtio")
    there.ask("show port info 0", "Link status: up")
    for mode in ("macswap", "csum", "5tswap", "rxonly"):
        here.set_mode(mode)
        here.tell("start")
        there.forward("flowgen")
        here.stop_forwarding()
    here.forward("txonly", packets=200)
    here.end()
    there.end()


case("vhost_and_virtio_user")(vhost)
long_case("vhost_and_virtio_user_packed", "", ",packed_vq=1,mrg_rxbuf=0,in_order=0")(vhost)
long_case("vhost_and_virtio_user_in_order", "", ",in_order=1,mrg_rxbuf=1")(vhost)
long_case("vhost_and_virtio_user_vectors", "", ",mrg_rxbuf=0,in_order=1,vectorized=1")(vhost)
long_case("vhost_and_virtio_user_packed_vectors", "", ",packed_vq=1,mrg_rxbuf=0,in_order=1,vectorized=1")(vhost)


def member():
    """What testpmd and the driver call a port of a bonding port."""
    version = subprocess.run(["pkg-config", "--modversion", "libdpdk"], capture_output=True, text=True, check=True).stdout
    return "slave" if tuple(map(int, re.findall(r"\d+", version)[:2])) < (23, 11) else "member"


def bonding(directory, mode):
    word = member()
    run = Testpmd(directory, [*NULL, f"net_bonding0,mode={mode},{word}=net_null0,{word}=net_null1"])
    for forward in (*MAKERS, *STAYERS) if mode != 4 else ("txonly",):
        run.forward(forward)
    run.tell(f"remove bonding {word} 1 2")
    run.forward("macswap")
    run.end()


for _mode in range(7):
    (case if _mode in (1, 3) else long_case)(f"bonding_mode_{_mode}", _mode)(bonding)


if __name__ == "__main__":
    netns.enter()
    main(__doc__)
