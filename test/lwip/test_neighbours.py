#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""The neighbours of evpl-httpd on a link: how many it knows at once, and which of their claims it does not trust."""
import re
import socket
import struct
import subprocess
import time

import httpd
import netns
from harness import TIMEOUT, Program, Skip, case, check, check_equal, main
from httpd import Tap
from rawnd import ADVERTISEMENT, ICMPV6, RawHosts6
from rawtcp import ACK, ALL, ARP, AT_ONCE, MAC, RST, SYN, RawTcp

NEIGHBOURS = 1000       # lwIP had room for 127
BUFFERS = 256           # that it receives into
ROUNDS = 4


def rooms():
    """Neighbours of IPv4 and of IPv6 that this build knows, as --help tells."""
    help_text = subprocess.run([httpd.httpd_path(), "--help"], capture_output=True, text=True, check=True).stdout
    return [int(n) for n in re.search(r"(\d+) neighbours of IPv4 and (\d+) of IPv6", help_text).groups()]


def need_room(room):
    httpd.need_source()
    if room < NEIGHBOURS:
        raise Skip(f"this build knows {room} neighbours")


def all_of(waiting, ask, answers, what):
    """Asks for some of those that wait, and takes out whose answer comes, until none waits."""
    waiting, end = set(waiting), time.monotonic() + TIMEOUT
    while waiting:
        check(time.monotonic() < end, f"{len(waiting)} {what} never came")
        some = set(sorted(waiting)[:AT_ONCE])
        for one in some:
            ask(one)
        for answer in answers(time.monotonic() + 1):
            waiting.discard(answer)
            some.discard(answer)
            if not some:
                break


@case("more neighbours than before: nobody is forgotten")
def many(directory):
    need_room(rooms()[0])
    addresses = [struct.pack("!I", 0xc6130000 + i) for i in range(1, NEIGHBOURS + 1)]
    asked = 0
    with Tap(directory, addresses=["--ip=198.18.0.1/15"]) as _, RawTcp("evpl0") as raw:
        def told(until):
            for kind, body in raw.frames(until):
                if kind == ARP and body[7] == 2:
                    yield body[24:28]

        def accepted(until):
            nonlocal asked
            for kind, body in raw.frames(until):
                asked += kind == ARP and body[7] == 1
                if kind == 0x0800 and body[9] == socket.IPPROTO_TCP and body[33] == SYN | ACK:
                    raw.send(20000, 80, 1001, 0, RST, address=body[16:20])
                    yield body[16:20]

        raw.addresses.update(addresses)
        all_of(addresses, lambda address: raw.arp(1, address, ALL), told, "answers to ARP")
        all_of(addresses, lambda address: raw.send(20000, 80, 1000, 0, SYN, address=address), accepted,
               "answers to a SYN")
        check_equal(asked, 0, "ARP requests for neighbours that had told their addresses")


@case("more neighbours of IPv6 than before: nobody is forgotten")
def many6(directory):
    """lwIP counted them with 8 bits."""
    need_room(rooms()[1])
    if not httpd.IPV6:
        raise Skip("this kernel has no IPv6")
    addresses = [socket.inet_pton(socket.AF_INET6, f"fd18::1:{i:x}") for i in range(NEIGHBOURS)]
    with Tap(directory) as _, RawHosts6("evpl0", addresses) as raw:
        def told(until):
            for kind, target, body in raw.packets(until):
                if kind == ICMPV6 and body[0] == ADVERTISEMENT:
                    yield target

        def accepted(until):
            for kind, target, body in raw.packets(until):
                if kind == socket.IPPROTO_TCP and body[13] == SYN | ACK:
                    raw.segment(target, RST, 1001)
                    yield target

        all_of(addresses, raw.solicit, told, "advertisements")
        all_of(addresses, lambda address: raw.segment(address, SYN), accepted, "answers to a SYN")
        check_equal(raw.asked, 0, "solicitations to a group, for neighbours that had told their addresses")


def warnings(directory, *options):
    run = Program(httpd.httpd_path(), directory, ["net_null0,no-rx=1"],
                  [*options, "--duration=0.01", f"--folder={directory}"], memory=512).end()
    check_equal(run.rc, 0, f"exit code with {options}")
    return run.err.count("warning:")


@case("more connections than neighbours: one warning")
def warning(directory):
    room = min(rooms())
    for connections, lines in ((room, 0), (room + 1, 1)):
        check_equal(warnings(directory, f"--connections={connections}"), lines, f"warnings with {connections}")


@case("no warning of what nobody chose and no build changes")
def no_warning(directory):
    httpd.need_source()
    if rooms()[0] < 4096:
        raise Skip("this build was told to know fewer neighbours")
    check_equal(warnings(directory), 0, "warnings without --connections")


@case("short ARP frames")
def short_arp(directory):
    """lwIP read on behind their end, where an earlier frame's request was, and answered that."""
    other = bytes((198, 18, 0, 99))
    with Tap(directory, "--rxd=64", f"--total-num-mbufs={BUFFERS}") as run, RawTcp("evpl0") as raw:
        request = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + MAC + other + bytes(6) + raw.server
        head = ALL + MAC + struct.pack("!H", ARP)

        def answered(until):
            for kind, body in raw.frames(until):
                if kind == ARP and body[7] == 2:
                    yield body[24:28]

        def answer(ask):
            end = time.monotonic() + TIMEOUT
            while time.monotonic() < end:
                ask()
                for address in answered(time.monotonic() + 1):
                    return address
            raise AssertionError("a whole request was not answered")

        # Until every buffer holds one: they are used in turn.
        for _ in range(2 * BUFFERS):
            check_equal(answer(lambda: raw.socket.send(head + request)), other, "answer to a whole request")
        # One that is answered would be answered before the whole request behind it.
        for _ in range(ROUNDS):
            for length in range(len(request)):
                raw.socket.send(head + request[:length])
            check_equal(answer(lambda: raw.arp(1, raw.address, ALL)), raw.address, "first answer behind short requests")
    check_equal(run.report["ports"][0]["rx_short"], ROUNDS * len(request), "short frames counted")


netns.enter()
main(__doc__)
