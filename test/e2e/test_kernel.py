#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""evpl-fwd against the real Linux TCP/IP stack, over net_tap and over net_af_packet on veth.

The kernel checks the frames: it drops frames with a wrong length, address or checksum. The sockets compare the bytes.
Everything happens in network namespaces of the test. Without the right to make one, every case is skipped.
"""
import contextlib
import hashlib
import os
import re
import socket
import struct
import subprocess
import threading
import time

import netns
from frames import checksum, icmp, pattern
from harness import TIMEOUT, Fwd, Skip, case, check, check_equal, main, read

OURS, THEIRS = "10.77.0.1", "10.77.0.2"
OURS6, THEIRS6 = "fd77::1", "fd77::2"
IPV6 = os.path.exists("/proc/net/if_inet6")         # some kernels are booted without


def wait_for(condition, what, run=None):
    end = time.monotonic() + TIMEOUT
    while not condition():
        ended = run is not None and run.child.poll() is not None
        check(not ended and time.monotonic() < end, f"{what} never happened" + (f"\n{run.describe()}" if run else ""))
        time.sleep(0.01)


def exists(link):
    with contextlib.suppress(RuntimeError):
        return netns.ip(f"link show {link}") is not None
    return False


def configure(link, address, address6, mtu=1500):
    netns.ip(f"link set {link} mtu {mtu} up")
    netns.ip(f"addr add {address}/24 dev {link}")
    if IPV6:
        netns.ip(f"addr add {address6}/64 dev {link} nodad")


def mac_of(link):
    return re.search(r"link/ether (\S+)", netns.ip(f"link show {link}")).group(1)


# ---- one port, one stack: what the kernel sends comes back to it ---------------------------------------------------

def tap(directory, mode, *options, mtu=1500):
    """A tap device of ours whose other end is evpl-fwd sending everything back."""
    netns.need_tap()
    run = Fwd(directory, ["net_tap0,iface=evpl0"], [f"--forward-mode={mode}", "--port-topology=loop", *options])
    wait_for(lambda: exists("evpl0"), "the tap device", run)
    configure("evpl0", OURS, OURS6, mtu)
    return run


def vhost_net(directory, mode, *options, mtu=1500):
    """A tap device again, whose other end is a virtio_user port by way of the kernel's vhost-net: sent late, and in
    place."""
    netns.need_tap()
    try:
        os.close(os.open("/dev/vhost-net", os.O_RDWR))
    except OSError as error:
        raise Skip(f"no vhost-net in this kernel, or no right to it: {error}") from None
    run = Fwd(directory, ["net_virtio_user0,path=/dev/vhost-net,queues=1,queue_size=1024,iface=evpl0"],
              [f"--forward-mode={mode}", "--port-topology=loop", *options])
    wait_for(lambda: exists("evpl0"), "the tap device", run)
    configure("evpl0", OURS, OURS6, mtu)
    return run


def veth(directory, mode, *options, mtu=1500, devargs="qpairs=1"):
    """A veth pair: evpl-fwd sends back what arrives at its far end. Offloads off, or frames are not what they seem."""
    netns.ip("link add evpl0 type veth peer name evpl1")
    for link in ("evpl0", "evpl1"):
        subprocess.run(["ethtool", "-K", link, "tx", "off", "tso", "off", "gso", "off", "gro", "off"],
                       check=True, capture_output=True)
    netns.ip(f"link set evpl1 mtu {mtu} up")
    configure("evpl0", OURS, OURS6, mtu)
    return Fwd(directory, [f"net_af_packet0,iface=evpl1,{devargs}"],
               [f"--forward-mode={mode}", "--port-topology=loop", *options])


def ping(address, size, ident, seq, seconds=5):
    """One ICMP echo by a raw socket; True when the very same bytes came back."""
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as s:
        payload = pattern(size, seq)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        s.settimeout(seconds)
        s.sendto(icmp(payload, ident=ident, seq=seq), (address, 0))
        end = time.monotonic() + seconds
        with contextlib.suppress(TimeoutError):
            while time.monotonic() < end:
                data, (source, _) = s.recvfrom(65536)
                message = data[(data[0] & 15) * 4:]
                if message[0] == 0 and source == address and struct.unpack_from(">HH", message, 4) == (ident, seq):
                    check(message[8:] == payload, f"ping of {size} bytes came back different")
                    check_equal(checksum(message), 0, "ICMP checksum of the reply")
                    return True
    return False


def ping_until_answered(address, run):
    """The first answer also shows that evpl-fwd runs and that addresses are resolved."""
    wait_for(lambda: ping(address, 8, 1, 1, 0.2), f"an answer from {address}", run)


def finish(run):
    """Stops it; clean, nothing dropped for want of room or memory."""
    return run.stop().clean()


@case("kernel_tap_icmpecho_answers_arp_and_ping", tap)
@case("kernel_vhost_net_icmpecho_answers_arp_and_ping", vhost_net)
@case("kernel_af_packet_icmpecho_answers_arp_and_ping", veth)
def echo(directory, wire):
    """No neighbour is set: the kernel asks who has the address, and evpl-fwd must tell it."""
    netns.need("ethtool")
    run = wire(directory, "icmpecho")
    ping_until_answered(THEIRS, run)
    sizes = (0, 1, 2, 17, 18, 56, 57, 1000, 1471, 1472)
    for seq, size in enumerate(sizes, 2):
        check(ping(THEIRS, size, 7, seq), f"no answer to a ping of {size} bytes")
    check("lladdr" in netns.ip(f"neigh show {THEIRS}"), "the kernel knows no neighbour")
    finish(run)
    check(run.total("tx_packets") >= len(sizes) + 2, "fewer packets sent than were received")


def pings(run, sizes):
    ping_until_answered(THEIRS, run)
    for seq, size in enumerate(sizes, 2):
        check(ping(THEIRS, size, 8, seq), f"no answer to a ping of {size} bytes")
    finish(run)


SOL_PACKET, PACKET_AUXDATA, VLAN_VALID = 263, 8, 16


def tags_back(s, marker):
    """Sends the same packet in VLAN 100 and without a tag; the tags of what comes back, in order, until the second
    does."""
    tags, body = [], struct.pack(">H", 0x88B5) + marker
    for tag in (b"\x81\0\0\x64", b""):
        s.send(bytes.fromhex("020000000001020000000002") + tag + body)
    while None not in tags:
        data, about, _, where = s.recvmsg(2048, 256)
        if where[2] == socket.PACKET_OUTGOING or marker not in data:
            continue
        for level, kind, value in about:
            if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
                status, _, _, _, _, tci, _ = struct.unpack("=IIIHHHH", value[:20])
                tags.append(tci if status & VLAN_VALID else None)
    return tags


@case("kernel_af_packet_io_keeps_vlan_tags")
def keeps_tags(directory):
    """The kernel hands a frame's tag over beside its bytes: what comes back must have it, wherever received packets
    lie by default."""
    netns.need("ethtool")
    run = veth(directory, "io")
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as s:
        s.bind(("evpl0", 0))
        s.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        s.settimeout(0.2)

        def is_forwarded():
            with contextlib.suppress(TimeoutError):
                return bool(tags_back(s, b"is it running? " * 3))
            return False

        wait_for(is_forwarded, "a frame that comes back", run)
        s.settimeout(TIMEOUT)
        check_equal(tags_back(s, b"which tag has it? " * 3), [100, None], "tags")
    finish(run)
    check("VLAN" not in run.err, "the driver lost tags")


@case("kernel_af_packet_rx_pool_slab_tells_that_it_loses_vlan_tags")
def tells_of_tags(directory):
    netns.need("ethtool")
    run = veth(directory, "io", "--rx-pool=slab")
    wait_for(lambda: "without their VLAN tags" in read(run.err_path), "the note", run)
    finish(run)


@case("kernel_tap_icmpecho_ping_in_chains_of_mbufs")
def chains(directory):
    """Frames of 1,514 bytes fall into twelve mbufs of 128 bytes."""
    netns.need()
    pings(tap(directory, "icmpecho", "--mbuf-size=256", "--mtu=1500"), (0, 86, 87, 1000, 1472))


@case("kernel_af_packet_icmpecho_jumbo_ping_of_8972_bytes")
def jumbo(directory):
    """(net_tap of DPDK 22.11 sends no frame longer than its MTU, which can be 1,500 at most.)"""
    netns.need("ethtool")
    frames = "framesz=16384,blocksz=65536,framecnt=256"
    pings(veth(directory, "icmpecho", "--mbuf-size=16640", "--total-num-mbufs=4096", mtu=9000, devargs=frames),
          (0, 1500, 7999, 8000, 8972))


@case("kernel_tap_icmpecho_ping_program_sees_no_loss")
def ping_program(directory):
    netns.need("ping")
    run = tap(directory, "icmpecho", "--shared")
    ping_until_answered(THEIRS, run)
    done = subprocess.run(["ping", "-n", "-c", "50", "-i", "0.004", "-s", "1200", "-W", "5", "-p", "e5", THEIRS],
                          capture_output=True, text=True, check=False)
    check("50 received, 0% packet loss" in done.stdout and "wrong data" not in done.stdout, done.stdout + done.stderr)
    finish(run)


@case("kernel_tap_icmpecho_arping_program_is_answered")
def arping_program(directory):
    netns.need("arping")
    run = tap(directory, "icmpecho")
    ping_until_answered(THEIRS, run)
    done = subprocess.run(["arping", "-c", "1", "-w", "10", "-I", "evpl0", "10.77.0.99"],
                          capture_output=True, text=True, check=False)
    check(re.search(r"Received [1-9]", done.stdout), done.stdout + done.stderr)
    finish(run)


def datagrams_return(family, ours, theirs, sizes):
    """Sends datagrams to an address that is nobody's and gets every one back from there, content and all."""
    with socket.socket(family, socket.SOCK_DGRAM) as s:
        s.bind((ours, 0))
        s.connect((theirs, 4242))
        s.settimeout(10)
        for i, size in enumerate(sizes):
            payload = pattern(size, i)
            s.send(payload)
            try:
                got = s.recv(65536)
            except TimeoutError:
                raise AssertionError(f"datagram {i} of {size} bytes did not come back") from None
            check(got == payload, f"datagram {i} of {size} bytes came back as {len(got)} bytes, or different")


def swap_echo(directory, wire, *options, sizes=tuple(range(0, 1473, 23)) + (1472,), sizes6=(0, 1, 700, 1452)):
    """5tswap turns every datagram into one from its destination: the socket that sent it receives it."""
    run = wire(directory, "5tswap", *options)
    for address in (THEIRS, THEIRS6) if IPV6 else (THEIRS,):
        netns.ip(f"neigh replace {address} lladdr 02:00:00:00:00:99 nud permanent dev evpl0")
    first_return(run)
    datagrams_return(socket.AF_INET, OURS, THEIRS, sizes)
    if IPV6:
        datagrams_return(socket.AF_INET6, OURS6, THEIRS6, sizes6)
    finish(run)
    check(run.total("tx_packets") >= len(sizes) + IPV6 * len(sizes6), "fewer packets sent than were received")


def first_return(run):
    """Until evpl-fwd forwards: the first datagrams may find nobody there."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((OURS, 0))
        s.connect((THEIRS, 4242))
        s.settimeout(0.2)

        def returned():
            with contextlib.suppress(TimeoutError, OSError):
                s.send(b"anybody?")
                return s.recv(100) == b"anybody?"
            return False
        wait_for(returned, "the return of a datagram", run)


@case("kernel_tap_5tswap_udp_socket_gets_its_own_back")
def swap_tap(directory):
    netns.need()
    swap_echo(directory, tap)


@case("kernel_tap_5tswap_fragments_get_back")
def swap_tap_fragments(directory):
    """Only a datagram's first fragment has ports to swap; in the others those bytes are payload and must stay."""
    netns.need()
    swap_echo(directory, tap, "--mbuf-size=256", "--mtu=1500", sizes=(1473, 3000, 9000, 20000), sizes6=(3,))


@case("kernel_af_packet_5tswap_udp_socket_gets_its_own_back")
def swap_veth(directory):
    netns.need("ethtool")
    swap_echo(directory, veth, "--shared")


# ---- two stacks, evpl-fwd between them -----------------------------------------------------------------------------

@contextlib.contextmanager
def between(directory, wire, mode, *options, lcores=1):
    """evpl-fwd as the cable from our stack to another one; the other end of it is theirs to configure."""
    if wire == "tap":
        netns.need_tap()
    other = netns.Stack()
    if wire == "tap":
        run = Fwd(directory, ["net_tap0,iface=evpl0", "net_tap1,iface=evpl2"],
                  [f"--forward-mode={mode}", *options], lcores)
        wait_for(lambda: exists("evpl0") and exists("evpl2"), "the tap devices", run)
        # The driver sets them up (its own qdisc, promiscuous) when its port starts, which must find them here.
        wait_for(lambda: "PROMISC" in netns.ip("link show evpl0") and "PROMISC" in netns.ip("link show evpl2"),
                 "both ports' start", run)
        other.take("evpl2")
        far = "evpl2"
    else:
        for near, far in (("evpl0", "evpl1"), ("evpl3", "evpl2")):
            netns.ip(f"link add {near} type veth peer name {far}")
        other.take("evpl3")
        far = "evpl3"
        off = ["tso", "off", "gso", "off", "gro", "off"] + ([] if mode == "csum" else ["tx", "off"])
        for link in ("evpl0", "evpl1", "evpl2"):
            subprocess.run(["ethtool", "-K", link, *off], check=True, capture_output=True)
        with other:
            subprocess.run(["ethtool", "-K", "evpl3", *off], check=True, capture_output=True)
        for link in ("evpl1", "evpl2"):
            netns.ip(f"link set {link} up")
        with other:
            their_mac = mac_of(far)
        peers = [f"--eth-peer=0,{mac_of('evpl0')}", f"--eth-peer=1,{their_mac}"] if mode == "csum" else []
        run = Fwd(directory, ["net_af_packet0,iface=evpl1", "net_af_packet1,iface=evpl2"],
                  [f"--forward-mode={mode}", *peers, *options], lcores)
    configure("evpl0", OURS, OURS6)
    with other:
        configure(far, THEIRS, THEIRS6)
    try:
        ping_until_answered(THEIRS, run)
        yield run, other
    finally:
        other.close()


def tcp_both_ways(other, family, ours, theirs, size=3 << 20):
    """A TCP connection through evpl-fwd: as many bytes each way, compared by their digest."""
    data = os.urandom(1 << 16) * (size >> 16)
    with other:
        listener = socket.create_server((theirs, 5000), family=family)

    def serve(result):
        with listener, listener.accept()[0] as s:
            s.settimeout(TIMEOUT)
            received = hashlib.sha256()
            while chunk := s.recv(1 << 16):
                received.update(chunk)
                s.sendall(chunk)
            result.append(received.hexdigest())

    def send(s):
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)

    served = []
    server = threading.Thread(target=serve, args=(served,), daemon=True)
    server.start()
    with socket.create_connection((theirs, 5000), timeout=TIMEOUT, source_address=(ours, 0)) as s:
        sender = threading.Thread(target=send, args=(s,), daemon=True)
        sender.start()
        back = hashlib.sha256()
        while chunk := s.recv(1 << 16):
            back.update(chunk)
        sender.join(TIMEOUT)
    server.join(TIMEOUT)
    want = hashlib.sha256(data).hexdigest()
    check(served == [want], "the other stack received other bytes than were sent")
    check(back.hexdigest() == want, "other bytes came back than were sent")


def datagrams_arrive(other, sizes):
    """Datagrams, fragmented where they are long, from one stack to the other."""
    with other:
        receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        receiver.bind((THEIRS, 6000))
    with receiver, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        receiver.settimeout(10)
        for i, size in enumerate(sizes):
            payload = pattern(size, i)
            s.sendto(payload, (THEIRS, 6000))
            try:
                check(receiver.recv(65536) == payload, f"a datagram of {size} bytes arrived different")
            except TimeoutError:
                raise AssertionError(f"a datagram of {size} bytes did not arrive") from None


def cable(directory, wire, *options, mode="io", lcores=1):
    netns.need("ethtool")
    with between(directory, wire, mode, *options, lcores=lcores) as (run, other):
        tcp_both_ways(other, socket.AF_INET, OURS, THEIRS)
        if IPV6:
            tcp_both_ways(other, socket.AF_INET6, OURS6, THEIRS6, 1 << 20)
        # net_af_packet's sockets have the kernel put fragments together, and then cannot send the whole.
        datagrams_arrive(other, (1, 1471, 1472) + ((1473, 8000, 20000) if wire == "tap" else ()))
        finish(run)
    check_equal(run.total("rx_packets"), run.total("tx_packets") + sum(run.dropped().values()),
                "packets received, and what became of them")


@case("kernel_tap_io_tcp_and_udp_between_two_stacks")
def cable_tap(directory):
    cable(directory, "tap")


@case("kernel_tap_io_two_lcores_shared")
def cable_tap_lcores(directory):
    cable(directory, "tap", "--nb-cores=2", "--shared", lcores=3)


@case("kernel_af_packet_io_tcp_and_udp_between_two_stacks")
def cable_veth(directory):
    cable(directory, "veth")


@case("kernel_af_packet_csum_completes_what_the_kernel_left_to_hardware")
def cable_csum(directory):
    """With TX checksums offloaded the kernel sends partial ones: without csum's work no connection comes up."""
    cable(directory, "veth", mode="csum")


if __name__ == "__main__":
    netns.enter()
    main(__doc__)
