#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""Frames that no kernel sends, to evpl-httpd. What lwIP must not see is refused and counted, and what one client can
hold is bounded. Other clients are served meanwhile, and at the end every buffer is home."""
import itertools
import random
import socket
import struct
import time

import httpd
import netns
from harness import TIMEOUT, Skip, case, check, check_equal, main
from hostile import GET, HOST, NEVER, Server, ask, rest
from httpd import MIB, download, pattern
from rawtcp import ACK, IPV4, MAC, PSH, RST, SYN, RawTcp, checksum


def check_held(server, most):
    """Whether the clients were held to about the limit of RX mbufs; without one they hold 4,300. The ring
    (--rxd=256) has 256 and one more; what waits to be looked at when the program ends is held, too."""
    held = server.report["memory"]["rx_buffers_in_use"] - 257
    check(most // 4 < held <= 5 * most // 2, f"{held} RX mbufs were held, expected about {most}")


@case("half-open connections")
def half_open(directory):
    """As many as --backlog are answered; the others are not, and keep no one from other servers. What a client gives
    up is free at once, and what it does not, after 20 s."""
    httpd.need_source()
    backlog, given_up = 8, 3

    def flood(raw, port, most, known=()):
        """SYNs from a thousand addresses and ports; those that were answered, with what their next number would be.
        Ends a second after as many were as may be."""
        raw.flood(80, range(100, 200), range(port, port + 10))
        answered, enough, end = {}, False, time.monotonic() + TIMEOUT
        while not enough and time.monotonic() < end:
            enough = len(answered) >= most
            for address, theirs, _, ack, flags in raw.segments(1):
                if flags == SYN | ACK and (address, theirs) not in known:
                    answered[address, theirs] = ack
        return answered

    with Server(directory, f"--backlog={backlog}") as server, RawTcp("evpl0") as raw:
        first = flood(raw, 5000, backlog)
        check_equal(len(first), backlog, "SYNs that were answered")
        check_equal(ask(b"hello", 7, half=True), (b"hello", "FIN"), "echo, meanwhile")
        for address, port in list(first)[:given_up]:
            raw.send(port, 80, first[address, port], 0, RST, address=address)
        check_equal(len(flood(raw, 6000, given_up, first)), given_up, "SYNs that were answered after so many RSTs")
        server.served_at_last()
        server.wait_alone()
    server.counted(accepted=4, closed=4, reset=0)


@case("single bytes out of order")
def out_of_order(directory):
    """Each waits for the byte before it, in an mbuf of its own: they are counted, not only their bytes."""
    httpd.need_source()
    connections, count = 3, 1500
    with Server(directory, "--rxd=256", f"--idle-timeout={NEVER}", f"--request-timeout={NEVER}") as server, \
            RawTcp("evpl0") as raw:
        opened = {port: raw.open(port, 80) for port in range(20000, 20000 + connections)}
        for port, (seq, ack) in opened.items():
            raw.send_all((port, 80, seq + 10 + 2 * i, ack, ACK | PSH, b"x") for i in range(count))
        server.served()
    # 3 * TCP_WND / TCP_MSS of lwipopts.h, for each
    check_held(server, connections * 540)


def ping_raw(raw, tag, sequence):
    """An echo request from the raw host, behind that VLAN tag."""
    message = struct.pack("!BBHHH", 8, 0, 0, 77, sequence)
    message = message[:2] + struct.pack("!H", checksum(message)) + message[4:]
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(message), 1, 0, 64, 1, 0) + raw.address + raw.server
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    raw.socket.send(raw.server_mac + MAC + tag + b"\x08\0" + head + message)


def first_echo_reply(raw):
    """The sequence number of the first echo reply that comes, the kernel's own pings aside."""
    for kind, body in raw.frames(time.monotonic() + TIMEOUT):
        if kind == IPV4 and body[9] == 1 and body[16:20] == raw.address and body[20] == 0:
            return struct.unpack("!H", body[26:28])[0]
    raise AssertionError("no echo reply")


@case("frames of other VLANs over net_af_packet")
def other_vlans(directory):
    """The kernel hands their tag over beside the bytes, and without it they look like the link's own. VLAN 0 is no
    VLAN."""
    with httpd.Veth(directory) as server, RawTcp("evpl0") as raw:
        ping_raw(raw, b"\x81\0\0\x64", 1)
        ping_raw(raw, b"\x81\0\0\0", 2)
        check_equal(first_echo_reply(raw), 2, "the first ping that is answered")
    check_equal(server.report["ports"][0]["rx_refused"], 1, "packets refused")


def ip6(raw, kind, payload):
    """A packet from the kernel's address to the server's."""
    source, to = (socket.inet_pton(socket.AF_INET6, a) for a in (httpd.KERNEL6, httpd.SERVER6))
    if kind == 58:      # the checksum, over a header that is not sent
        data = source + to + struct.pack("!II", len(payload), 58) + payload
        total = sum(struct.unpack(f"!{len(data) // 2}H", data))
        while total >> 16:
            total = (total & 0xffff) + (total >> 16)
        payload = payload[:2] + struct.pack("!H", ~total & 0xffff) + payload[4:]
    raw.socket.send(raw.server_mac + b"\x02\0\0\0\0\x4d" + b"\x86\xdd" +
                    struct.pack("!IHBB", 6 << 28, len(payload), kind, 64) + source + to + payload)


def ip6_fragment(kind, offset, more, payload):
    return struct.pack("!BBHI", kind, 0, offset << 3 | more, 77) + payload


@case("IPv6 packets that lwIP must not see")
def ip6_traps(directory):
    """The first two made it loop and abort. What is refused is counted, and IPv6 goes on."""
    if not httpd.IPV6:
        raise Skip("this kernel has no IPv6")
    netns.need("curl", "ping")
    with Server(directory) as server, RawTcp("evpl0") as raw:
        about = struct.pack("!IHBB", 6 << 28, 20, 6, 64)
        about += b"".join(socket.inet_pton(socket.AF_INET6, a) for a in (httpd.SERVER6, httpd.KERNEL6)) + bytes(20)
        for mtu in (48, 55, 60, 1279, 1 << 16):
            ip6(raw, 58, struct.pack("!BBHI", 2, 0, 0, mtu) + about)
        ip6(raw, 44, ip6_fragment(44, 0, 1, ip6_fragment(58, 1, 1, bytes(8))))
        ip6(raw, 44, ip6_fragment(44, 2, 0, bytes(16)))
        ip6(raw, 44, ip6_fragment(58, 0, 1, struct.pack("!BBHI", 2, 0, 0, 48)))
        ip6(raw, 43, bytes(24))
        ip6(raw, 0, struct.pack("!BB6x", 44, 0) + bytes(16))
        check(httpd.ping(httpd.SERVER6, TIMEOUT), "no answer to an IPv6 ping")
        check(httpd.ping(httpd.SERVER6, TIMEOUT, size=6000), "no answer to one in fragments")
        httpd.curl(httpd.url("_/bytes/100000", httpd.SERVER6))
        server.served()
    check_equal(server.report["ports"][0]["rx_refused"], 10, "packets refused")


@case("a second SYN with a larger MSS")
def second_syn(directory):
    """lwIP took it as it was, for longer segments than the port's MTU, and sent those in fragments."""
    httpd.need_source()
    with Server(directory) as server, RawTcp("evpl0") as raw:
        for mss in (1460, 65535, 0):
            raw.send(20000, 19, 1000, 0, SYN, options=struct.pack("!BBH", 2, 4, mss))
            seq = next(seq for _, got, seq, _, flags in raw.segments(TIMEOUT) if got == 20000 and flags & SYN)
        raw.send(20000, 19, 1001, seq + 1, ACK)
        long = (body[6:8] + body[2:4] for kind, body in raw.frames(time.monotonic() + TIMEOUT)
                if kind == 0x0800 and body[9] == socket.IPPROTO_TCP and len(body) > 100)
        lengths = list(itertools.islice(long, 3))       # as many as lwIP sends before the first acknowledgement
        check_equal(max(lengths), struct.pack("!HH", 0, 1500), "fragment and length fields of the longest packet")
        server.served()


@case("segments that lwIP must not see")
def tcp_traps(directory):
    """Each ended the program: a number half of all away; an MSS without SYN, and a window after one of 1, below what
    is queued."""
    httpd.need_source()
    with Server(directory, f"--idle-timeout={NEVER}", f"--progress-timeout={NEVER}") as server, RawTcp("evpl0") as raw:
        seq, ack = raw.open(20000, 80)
        for far in (1 << 31, (1 << 31) - 1, (1 << 31) + 1):
            raw.send(20000, 80, seq + far, ack, ACK | PSH, b"x")
        for port, mss, window in ((20001, 10, 2000), (20002, 100, 1000), (20003, None, 2000), (20004, None, 0)):
            seq, ack = raw.open(port, 19, window=1, options=struct.pack("!BBH", 2, 4, 1460))
            for turn in range(4):
                ack += turn == 0 and mss is None    # of what is sent for a window of 1
                # What is not acknowledged comes again, and a closed window is tried.
                data = (number + length for _, got, number, _, _, length in raw.data(TIMEOUT)
                        if got == port and length > 0)
                number = next(data, None)
                check(number is not None, f"chargen sent nothing to port {port}")
                ack = max(ack, number)
                options = b"" if mss is None else struct.pack("!BBH", 2, 4, mss)
                raw.send(port, 19, seq, ack, ACK, window=window, options=options)
        server.served()


@case("packet too big: the rest comes in fragments")
@case("packet too big, and losses", "--tx-drop=2%", "--fault-seed=3")
def too_big(directory, *options):
    """No port sums those, so lwIP must, of segments that it has sent before, too. Anybody can send such a packet.
    What was sent in fragments and lost ended lwIP 2.1.3: its own fragments move the pointers of what TCP keeps."""
    if not httpd.IPV6:
        raise Skip("this kernel has no IPv6")
    if options:
        httpd.need_source()
    size = 3 * MIB
    with Server(directory, *options) as server, RawTcp("evpl0") as raw:
        with socket.create_connection((httpd.SERVER6, 80), TIMEOUT) as s:
            s.sendall(b"GET /_/bytes/%d HTTP/1.1\r\nConnection: close\r\n" % size + HOST + b"\r\n")
            got = s.recv(4096)
            about = struct.pack("!IHBB", 6 << 28, 1000, 6, 64)
            about += b"".join(socket.inet_pton(socket.AF_INET6, a) for a in (httpd.SERVER6, httpd.KERNEL6)) + bytes(20)
            ip6(raw, 58, struct.pack("!BBHI", 2, 0, 0, 1280) + about)
            got += rest(s)[0]
        body = got[got.index(b"\r\n\r\n") + 4:]
        check(body == (pattern() * 49)[:size], f"{len(body)} bytes of {size} came, or others")
        server.served()


@case("single bytes to an echo that cannot answer")
def closed_window(directory):
    httpd.need_source()
    connections, count = 3, 1500
    with Server(directory, "--rxd=256", f"--progress-timeout={NEVER}", f"--idle-timeout={NEVER}") as server, \
            RawTcp("evpl0") as raw:
        opened = {port: raw.open(port, 7) for port in range(20000, 20000 + connections)}
        for port, (seq, ack) in opened.items():
            raw.send_all(((port, 7, seq + i, ack, ACK | PSH, b"x") for i in range(count)), window=0)
        server.served()
    # --rx-pbufs, --echo-pbufs, and the one that lwIP keeps
    check_held(server, connections * (32 + 128 + 2))
    check(server.report["connections"]["rx_refused"] > 0, "nothing was refused")


@case("runts, tags and noise")
def noise(directory):
    """Frames of all kinds that end anywhere, and packets whose headers say of them what is not so."""
    dice = random.Random(5)
    kinds = (0x0800, 0x86dd, 0x0806, 0x8100, 0x88a8, 0x8847, 0, 46, 0xffff)

    with Server(directory) as server, RawTcp("evpl0") as raw:
        def send(kind, body):
            raw.socket.send(raw.server_mac + MAC + struct.pack("!H", kind) + body)

        for kind in kinds:
            for length in range(90):
                for first in (b"", b"\x45", b"\x60", struct.pack("!HHBB", 1, 0x0800, 6, 4)):
                    send(kind, (first + dice.randbytes(length))[:length])
        server.served()
        seq, ack = raw.open(20000, 80)
        whole = raw.packet(20000, 80, seq, ack, ACK | PSH, GET)
        for _ in range(5000):
            body = bytearray(whole[:dice.choice([len(whole), dice.randrange(len(whole) + 1)])])
            for _ in range(dice.randrange(1, 4)):
                if body:
                    at = dice.randrange(min(len(body), 56))
                    body[at] = dice.choice([0, 1, 0x7f, 0x80, 0xff, dice.randrange(256)])
            send(0x0800, raw.summed(bytes(body)))
        send(0x8100, b"\0\1\x08\0" + whole)
        server.served()


def hoard(directory, port, first, window):
    """As many connections as 1 MiB of memory is for, each of which sends 140 KB that the server can do nothing with."""
    httpd.need_source()
    with Server(directory, "--lwip-memory=1M", "--rx-hold=1", f"--idle-timeout={NEVER}", f"--request-timeout={NEVER}",
                f"--progress-timeout={NEVER}") as server, RawTcp("evpl0") as raw:
        for ours in range(20000, 20031):
            seq, ack = raw.open(ours, port)
            raw.send_all(((ours, port, seq + first + 1400 * i, ack, ACK | PSH, b"x" * 1400) for i in range(100)),
                         window=window)
        download("large", server.large)
        server.served()
    memory = server.report["memory"]
    check(MIB // 2 < memory["lwip_peak_bytes"] < MIB and memory["lwip_failed"] == 0,
          f"of 1 MiB, lwIP had {memory['lwip_peak_bytes']} bytes, and was refused {memory['lwip_failed']} times")


@case("those who would take all memory, out of order")
def hoard_out_of_order(directory):
    hoard(directory, 80, 10, 65535)


@case("those who would take all memory, of an echo")
def hoard_echo(directory):
    hoard(directory, 7, 0, 0)


netns.enter()
main(__doc__)
