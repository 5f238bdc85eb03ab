#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""The TCP of evpl-httpd, seen by a peer that checks every sequence number: the place of FIN, and clients that come back
in TIME_WAIT."""
import random
import time

import httpd
import netns
from harness import TIMEOUT, case, check, check_equal, main
from httpd import Tap
from rawtcp import ACK, FIN, PSH, RST, SYN, RawTcp

LAST = b"GET /file HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
NUMBERS = 1 << 32
MARKER = 30000  # a port of ours
SIZE = 700      # of the file: with the head of its response more than a window


def received(raw, port, seconds=TIMEOUT):
    """Segments for that port of ours: number, acknowledged, flags, length."""
    for _, got, seq, ack, flags, length in raw.data(seconds):
        if got == port:
            yield seq, ack, flags, length


def first_of(raw, port, what, wanted):
    """The first segment for that port of ours that is wanted: number, acknowledged, flags."""
    for seq, ack, flags, _ in received(raw, port):
        if wanted(ack, flags):
            return seq, ack, flags
    raise AssertionError(f"no {what}")


def is_of_new_connection(_ack, flags):
    """Or of a refusal; what the old one sends again does not count."""
    return flags & (SYN | RST)


def received_so_far(raw, port):
    """Segments for that port of ours, before the answer to a SYN that is sent now."""
    got = []
    raw.send(MARKER, 80, 1000, 0, SYN)
    for _, to, seq, ack, flags, _ in raw.data(TIMEOUT):
        if to == MARKER:
            raw.send(MARKER, 80, 1001, 0, RST)
            return got
        if to == port:
            got.append((seq, ack, flags))
    raise AssertionError("no answer to a SYN")


def opened(raw, port, isn, window):
    """A connection that begins with that number of ours: the server's next number. A SYN or its answer that is lost
    comes again."""
    end = time.monotonic() + TIMEOUT
    while time.monotonic() < end:
        raw.send(port, 80, isn, 0, SYN, window=max(window, 2000))
        for seq, ack, flags, _ in received(raw, port, 1):
            if flags == SYN | ACK:
                check_equal(ack, (isn + 1) % NUMBERS, "acknowledged of the SYN")
                return seq + 1
    raise AssertionError(f"no connection from port {port}")


def fetched(raw, port, isn, window=20000):
    """One response, after which the server ends, and then we: our next number, the server's, bytes, and those with
    FIN behind them."""
    server = opened(raw, port, isn, window)
    first, ours, fins, end = server, isn + 1 + len(LAST), [], time.monotonic() + TIMEOUT
    raw.send(port, 80, isn + 1, server, ACK | PSH, LAST, window=window)
    while time.monotonic() < end:
        for seq, _, flags, length in received(raw, port, 0.05):
            if flags & FIN:
                fins.append((seq + length - first) % NUMBERS)
            if (seq - server) % NUMBERS <= 0 < length or (seq == server % NUMBERS and flags & FIN):
                server = seq + length
                if flags & FIN and length + seq - first >= SIZE:
                    # The second time says that we have the answer, too.
                    raw.send(port, 80, ours, server + 1, ACK | FIN, window=window)
                    ours += 1
                    first_of(raw, port, "acknowledgement of our FIN", lambda ack, _: ack == ours % NUMBERS)
                    return ours, server + 1, server - first, fins
            raw.send(port, 80, ours, server, ACK, window=window)
    raise AssertionError(f"the response had {server - first} bytes and no end")


@case("a small window: FIN behind the last byte")
def small_window(directory):
    """lwIP divides a segment that the window does not let go, and left FIN on both parts."""
    httpd.need_source()
    with Tap(directory, "--progress-timeout=600", "--idle-timeout=600") as server, RawTcp("evpl0") as raw:
        server.file("file", SIZE)
        for port, window in enumerate((20000, 900, 700, 300, 100), 20000):
            _, _, size, fins = fetched(raw, port, 1000, window)
            check(SIZE < size < SIZE + 1000, f"{size} bytes of a file of {SIZE} with its head")
            check_equal(set(fins), {size}, f"bytes before FIN with a window of {window}")


@case("back from the same port during TIME_WAIT")
def time_wait(directory):
    """A SYN with a number behind all that the old connection sent opens a new one, whose numbers are not the old
    one's."""
    httpd.need_source()
    with Tap(directory) as server, RawTcp("evpl0") as raw:
        server.file("file", SIZE)
        for port, further in enumerate((0, 1, 5000, 1 << 20, (1 << 31) - 1), 20000):
            ours, theirs, _, _ = fetched(raw, port, random.randrange(NUMBERS))
            raw.send(port, 80, ours + further, 0, SYN)
            what = f"answer to a SYN {further} behind the old connection"
            seq, *answer = first_of(raw, port, what, is_of_new_connection)
            check_equal(answer, [(ours + further + 1) % NUMBERS, SYN | ACK], what)
            check(0 < (seq - theirs) % NUMBERS < 1 << 31, "the new numbers are not behind the old ones")
            fetched(raw, port, ours + further)


@case("an old SYN, and what a client answers, during TIME_WAIT")
def time_wait_old(directory):
    """A SYN with an older number is answered with what comes next; only an RST with just that makes way."""
    httpd.need_source()
    with Tap(directory) as server, RawTcp("evpl0") as raw:
        server.file("file", SIZE)
        ours, theirs, _, _ = fetched(raw, 20000, 1000)
        received_so_far(raw, 20000)
        for before, rst in ((1, ours - 1), (1 << 30, ours + 1)):
            raw.send(20000, 80, ours - before, 0, SYN)
            check_equal(received_so_far(raw, 20000), [(theirs % NUMBERS, ours, ACK)], "answers to an old SYN")
            raw.send(20000, 80, rst, 0, RST)
        raw.send(20000, 80, ours, 0, RST)
        again = ours - (1 << 30)
        raw.send(20000, 80, again, 0, SYN)
        _, *answer = first_of(raw, 20000, "answer after the RST", is_of_new_connection)
        check_equal(answer, [(again + 1) % NUMBERS, SYN | ACK], "answer after the RST")


netns.enter()
main(__doc__)
