#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""The neighbours of evpl-httpd on a link: how many it knows at once, and what it takes no neighbour's word for."""
import socket
import struct
import time

import httpd
import netns
from harness import TIMEOUT, case, check, check_equal, main
from httpd import Tap
from rawtcp import ACK, ALL, ARP, MAC, SYN, RawTcp

NEIGHBOURS = 1000       # lwIP had room for 127
AT_ONCE = 50            # packets that a tap device has room for


def ask_all(raw, addresses):
    """A SYN from each; those whose SYN is answered. ARP requests of the server are answered, and counted."""
    asked, answered = 0, set()
    for i in range(0, len(addresses), AT_ONCE):
        for address in addresses[i:i + AT_ONCE]:
            raw.send(20000, 80, 1000, 0, SYN, address=address)
        end = time.monotonic() + 0.2
        for kind, body in raw.frames(end):
            if kind == ARP and body[7] == 1:
                asked += 1
            elif kind == 0x0800 and body[9] == socket.IPPROTO_TCP and body[33] == SYN | ACK:
                answered.add(body[16:20])
    return asked, answered


@case("more neighbours than before: nobody is forgotten")
def many(directory):
    httpd.need_source()
    addresses = [struct.pack("!I", 0xc6130000 + i) for i in range(1, NEIGHBOURS + 1)]
    with Tap(directory, "--backlog=255", addresses=["--ip=198.18.0.1/15"]) as _, RawTcp("evpl0") as raw:
        raw.addresses.update(addresses)
        missing, end = set(addresses), time.monotonic() + TIMEOUT
        while missing:
            check(time.monotonic() < end, f"{len(missing)} neighbours never answered")
            for address in sorted(missing):
                raw.arp(1, address, ALL)
            for kind, body in raw.frames(time.monotonic() + 0.5):
                if kind == ARP and body[7] == 2:
                    missing.discard(body[24:28])
        asked, answered = ask_all(raw, addresses)
        check(answered, "no SYN was answered")
        check_equal(asked, 0, "ARP requests for neighbours that had told their addresses")


@case("short ARP frames")
def short_arp(directory):
    """lwIP read on behind their end, where an earlier frame's request was, and answered that."""
    whole = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + b"\x02\xde\xad\xbe\xef\x01" + bytes((198, 18, 0, 99)) + bytes(6)
    short = 28 * 4
    with Tap(directory, "--rxd=64", "--total-num-mbufs=256") as run, RawTcp("evpl0") as raw:
        request = whole + raw.server
        head = ALL + MAC + struct.pack("!H", ARP)
        answers = 0
        for _ in range(10):      # until every buffer holds one
            for _ in range(AT_ONCE):
                raw.socket.send(head + request)
            answers += sum(kind == ARP and body[7] == 2 for kind, body in raw.frames(time.monotonic() + 0.2))
        check(answers > 0, "no whole request was answered")
        answers = 0
        for length in list(range(28)) * 4:
            raw.socket.send(head + request[:length])
        answers += sum(kind == ARP and body[7] == 2 for kind, body in raw.frames(time.monotonic() + 1))
        check_equal(answers, 0, "answers to short requests")
        check(httpd.ping(httpd.SERVER), "no answer to ping")
    check_equal(run.report["ports"][0]["rx_short"], short, "short frames counted")


netns.enter()
main(__doc__)
