#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""Frames that made evpl-httpd's lwIP stop at an assertion, or hold memory without a limit. It must answer after
each."""
import socket
import struct
import time

import httpd
import netns
from harness import TIMEOUT, Skip, case, check, check_equal, main
from httpd import SERVER, SERVER6, Tap, download, ping, wait_for
from rawtcp import ACK, FIN, IPV4, MAC, PSH, RST, SYN, RawTcp, checksum

HALF = 1 << 31
NUMBERS = 1 << 32
WINDOW = 65535          # of a connection without a window scale
ECHO, CHARGEN = 7, 19
NEVER = ("--idle-timeout=600", "--progress-timeout=600", "--request-timeout=600")


def alive(server):
    wait_for(lambda: ping(SERVER), "an answer to ping", server)


def received(raw, port, seconds=0.2):
    """Segments for that port of ours: number, acknowledged, flags, length."""
    for _, got, seq, ack, flags, length in raw.data(seconds):
        if got == port:
            yield seq, ack, flags, length


@case("SYN and ACK of a half-open connection")
def syn_ack(directory):
    """The ACK is right; the number is any."""
    httpd.need_source()
    with Tap(directory) as server, RawTcp("evpl0") as raw:
        for port, distance in enumerate((HALF, HALF - 1, HALF + 1, 0, -1, 1, 70000, NUMBERS // 4), 20000):
            raw.send(port, 80, 1000, 0, SYN)
            ours = next(seq for seq, _, flags, _ in received(raw, port, TIMEOUT) if flags & SYN)
            raw.send(port, 80, 1001 + distance, ours + 1, SYN | ACK)
            alive(server)


def send_up_to(raw, port, numbers, sent, end):
    """Bytes of an echo that sends nothing back for want of a window, up to that many; some may be there already."""
    seq, ack = numbers
    stop = time.monotonic() + TIMEOUT
    while sent < end:
        check(time.monotonic() < stop, f"{sent} bytes of {end} were acknowledged")
        for at in range(sent, min(sent + 14000, end), 1400):
            raw.send(port, ECHO, seq + at, ack, ACK | PSH, b"x" * min(1400, end - at), window=0)
        for _, got, _, _ in received(raw, port):
            sent = max(sent, got - seq)
            if sent >= min(sent + 14000, end):
                break
    return sent


@case("out of order, behind the window")
def behind_window(directory):
    """Each is queued, and then comes next when there is less room than it has bytes."""
    httpd.need_source()
    early = WINDOW - 10
    shapes = [
        [(early, 1000, 0)],                                     # alone
        [(early, 1000, FIN)],
        [(early, 9, FIN)],                                      # just fits
        [(early, 10, FIN)],                                     # FIN does not
        [(early, 5, 0), (early, 1000, 0)],                      # longer than one with the same number
        [(early, 5, FIN), (early, 1000, FIN)],
        [(early + 5, 1, 0), (early, 1000, FIN)],                # before another one
        [(early - 100, 1, 0), (early + 5, 1, 0), (early, 1000, FIN)],   # between two
        [(early - 100, 1, 0), (early, 1000, FIN)],              # behind one
    ]
    with Tap(directory, *NEVER) as server, RawTcp("evpl0") as raw:
        for port, shape in enumerate(shapes, 20000):
            seq, ack = raw.open(port, ECHO)
            for at, length, flags in shape:
                raw.send(port, ECHO, seq + at, ack, ACK | flags, b"x" * length, window=0)
            send_up_to(raw, port, (seq, ack), 0, early)
            alive(server)
            raw.send(port, ECHO, seq + early, ack, ACK, window=0)
            raw.send(port, ECHO, seq + WINDOW, ack, ACK | RST, window=0)


@case("data up to the window's end that take over a FIN")
def take_over_fin(directory):
    """The FIN waits at the last number of the window, and the data have that number, too."""
    httpd.need_source()
    left = 1000
    with Tap(directory, *NEVER) as server, RawTcp("evpl0") as raw:
        for port, (start, length) in enumerate(((0, left), (0, left + 400), (-1, left + 1), (1, left - 1),
                                                (left - 1, 1)), 20000):
            seq, ack = raw.open(port, ECHO)
            at = send_up_to(raw, port, (seq, ack), 0, WINDOW - left)
            raw.send(port, ECHO, seq + WINDOW - 1, ack, ACK | FIN, window=0)
            raw.send(port, ECHO, seq + at + start, ack, ACK | PSH, b"x" * length, window=0)
            raw.send(port, ECHO, seq + at, ack, ACK | PSH, b"x" * left, window=0)
            alive(server)


@case("an ACK of the byte that a closed window was asked with")
def probed(directory):
    """It was all that waited, so nothing is left to ask for."""
    httpd.need_source()
    with Tap(directory, *NEVER) as server, RawTcp("evpl0") as raw:
        for port in (20000, 20001):
            seq, ack = raw.open(port, ECHO, window=0)
            raw.send(port, ECHO, seq, ack, ACK | PSH, b"x", window=0)
            check(any(length == 1 for _, _, _, length in received(raw, port, TIMEOUT)), "no probe came")
            raw.send(port, ECHO, seq + 1, ack + 1, ACK, window=0)
            # The time of the next probe has come when another connection's has.
            alive(server)


@case("an MSS of nearly nothing")
def least_mss(directory):
    """SYN's own options did not fit into it. Segments have 48 bytes at least, and all of a file comes."""
    httpd.need_source()
    netns.need("curl")
    with Tap(directory, *NEVER) as server, RawTcp("evpl0") as raw:
        for port, mss in enumerate((1, 2, 11, 47, 48, 49, 255, 256), 20000):
            seq, ack = raw.open(port, CHARGEN, options=struct.pack("!BBH", 2, 4, mss))
            lengths = next(length for number, _, _, length in received(raw, port, TIMEOUT) if number == ack and length)
            check_equal(lengths, max(mss, 48), f"bytes of the first segment with an MSS of {mss}")
            raw.send(port, CHARGEN, seq, ack, ACK | RST)
        digest = server.file("file", 100000)
        netns.ip("route replace 198.18.0.0/24 dev evpl0 advmss 28")
        download("file", digest)


def echo6_request(raw, source, size):
    """An ICMPv6 echo request, with its Ethernet header; its sender answers to nothing."""
    me, server = socket.inet_pton(socket.AF_INET6, source), socket.inet_pton(socket.AF_INET6, SERVER6)
    body = struct.pack("!BBHHH", 128, 0, 0, 1, 1) + bytes(size)
    pseudo = me + server + struct.pack("!IBBBB", len(body), 0, 0, 0, socket.IPPROTO_ICMPV6)
    body = body[:2] + struct.pack("!H", checksum(pseudo + body)) + body[4:]
    header = struct.pack("!IHBB", 6 << 28, len(body), socket.IPPROTO_ICMPV6, 64) + me + server
    return raw.server_mac + MAC + struct.pack("!H", 0x86dd) + header + body


@case("answers that wait for a MAC address: one for each IPv6 neighbour")
def unknown_neighbour(directory):
    httpd.need_source()
    if not httpd.IPV6:
        raise Skip("this kernel has no IPv6")
    size, count, neighbours = 1000, 1000, 4
    with Tap(directory) as server, RawTcp("evpl0") as raw:
        for i in range(count):
            raw.socket.send(echo6_request(raw, f"fd18::dead:{i % neighbours}", size))
        alive(server)
    peak = server.report["memory"]["lwip_peak_bytes"]
    check(peak < count * size // 4, f"lwIP had {peak} bytes at once for {neighbours} neighbours that do not answer")


@case("an echo request whose last fragment is empty")
def empty_fragment(directory):
    """Its answer had an empty last part, which ARP's queue does not take."""
    with Tap(directory, "--copy") as server, RawTcp("evpl0") as raw:
        source = socket.inet_aton("198.18.0.99")        # which nobody answers for
        echo = struct.pack("!BBHHH", 8, 0, 0, 1, 1) + bytes(8)
        echo = echo[:2] + struct.pack("!H", checksum(echo)) + echo[4:]
        for at, body, more in ((0, echo, 1), (len(echo), b"", 0)):
            header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(body), 7, more << 13 | at // 8, 64,
                                 socket.IPPROTO_ICMP, 0, source, raw.server)
            raw.socket.send(raw.server_mac + MAC + struct.pack("!H", IPV4) + raw.summed(header + body))
        alive(server)


@case("FIN that nobody acknowledges")
def orphan(directory):
    """The connection ends with RST before long, not after 12 times FIN, each later than the one before."""
    httpd.need_source()
    with Tap(directory, "--idle-timeout=1") as server, RawTcp("evpl0") as raw:
        left = set(range(20000, 20004))
        for port in left:
            raw.open(port, 80)
        end = time.monotonic() + TIMEOUT
        while left:
            check(time.monotonic() < end, f"connections {left} were never ended")
            left -= {port for _, port, _, _, flags in raw.segments(1) if flags & RST}
        alive(server)


netns.enter()
main(__doc__)
