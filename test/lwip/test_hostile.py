#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""Hostile, slow and half-open clients of evpl-httpd. The limit that is meant for a client refuses it and counts it.
Other clients are served meanwhile, and at the end every buffer is home. Over net_tap, with limits so low and
time-outs so short that they are reached."""
import contextlib
import random
import socket
import struct
import threading
import time

from httpd import KERNEL, MIB, SLOW, pattern
import netns
from harness import TIMEOUT, case, check, check_equal, main
from hostile import GET, HOST, NEVER, SMALL, Server, ask, connect, rest

LAST = b"GET /small HTTP/1.1\r\nConnection: close\r\n" + HOST + b"\r\n"
BUFFER = 4096           # of a socket that hardly reads
SOON = "5"              # of one that ends what a case is about; good clients have as long, on a slow machine, too


def statuses(got):
    """Of all responses, in turn. Bodies are random: none holds what a response begins with."""
    return [line[:3].decode() for line in got.split(b"HTTP/1.1 ")[1:]]


def reset(s):
    """RST, not FIN."""
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()


def at_once(*clients):
    """Runs them in threads of their own; the first failure is the case's."""
    failures = []

    def run(client):
        try:
            client()
        except (AssertionError, OSError) as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(client,)) for client in clients]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if failures:
        raise failures[0]


# ---- time ----------------------------------------------------------------------------------------------------------

@case("slow heads: 408")
def slow_heads(directory):
    """A byte now and then keeps a connection from being idle, and would keep it for ever."""
    def client(text):
        got, end = b"", time.monotonic() + TIMEOUT
        with connect() as s:
            s.sendall(text)
            s.settimeout(0.2)
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                while time.monotonic() < end:
                    with contextlib.suppress(TimeoutError):
                        block = s.recv(4096)
                        if not block:
                            break
                        got += block
                    s.sendall(b"x")
        check_equal(statuses(got)[-1:], ["408"], f"the answer to a head that never ends after {text!r}")

    with Server(directory, f"--request-timeout={SOON}", f"--idle-timeout={NEVER}",
                f"--progress-timeout={NEVER}") as server:
        at_once(*[lambda text=text: client(text) for text in (b"G", b"GET / HTTP/1.1\r\n", GET + b"GET /small") * 4],
                server.served)
        server.served()
    server.counted(late=12, reset=0, accepted=15)
    server.answered(3, {"408": 12, "200": 4})


@case("silence: FIN")
def idle(directory):
    with Server(directory, f"--idle-timeout={SOON}", f"--request-timeout={NEVER}",
                f"--progress-timeout={NEVER}") as server:
        at_once(*[lambda text=text, port=port: check_equal(ask(text, port)[1], "FIN", f"end of {text!r} to port {port}")
                  for text, port in ((b"", 80), (GET, 80), (b"", 7), (b"x", 7), (b"", 9), (b"x", 9))], server.served)
        server.wait_alone()
    server.counted(idle=6, closed=8, reset=0)


@case("clients that do not read: RST")
def not_reading(directory):
    """What is on its way to one is bounded, and not for long."""
    budget, asked = 16384, b"GET /_/bytes/1000000000 HTTP/1.1\r\n" + HOST + b"\r\n"

    with Server(directory, f"--progress-timeout={SOON}", f"--send-budget={budget}",
                f"--idle-timeout={NEVER}") as server:
        clients = [(text, port, connect(port, BUFFER)) for text, port in [(asked, 80)] * 6 + [
            (b"GET /large HTTP/1.1\r\n" + HOST + b"\r\n", 80), (b"", 19)]]
        for text, _, s in clients:
            s.sendall(text)
        server.served()
        server.wait_alone()
        # Their windows are closed, so they may not have taken the RST: what they send when they read at last has
        # another.
        for text, port, s in clients:
            check_equal(rest(s)[1], "RST", f"the end of one that asked {text[:30]!r} of port {port}, and did not read")
            s.close()
        server.served()
    server.counted(stalled=8, reset=0)
    # The kernel takes twice its buffer, and a segment that it has begun.
    most = 8 * (budget + 4 * BUFFER) + 3 * SMALL
    sent = server.report["http"]["body_bytes"] + server.report["services"]["chargen_bytes"]
    check(sent <= most, f"{sent} bytes were on their way to clients that do not read, expected at most {most}")


@case("clients that send, and do not read: RST")
def only_sending(directory):
    """The answers wait, so requests must, and what is echoed: TCP's window closes, and nothing moves until time is
    over."""
    taken = []

    def client(text, port):
        sent = 0
        with connect(port, BUFFER) as s:
            try:
                while sent < 64 * MIB:
                    sent += s.send(text)
            except ConnectionResetError:
                taken.append(sent)
                return
        raise AssertionError(f"port {port} took {sent} bytes of one that does not read")

    with Server(directory, f"--progress-timeout={SOON}", "--send-budget=64K", f"--idle-timeout={NEVER}") as server:
        at_once(*[lambda: client(b"x" * 65536, 7)] * 3, *[lambda: client(GET * 1000, 80)] * 3, server.served)
        server.served()
    server.counted(stalled=6, reset=0)
    check(server.report["services"]["echo_bytes"] <= 3 * (65536 + 4 * BUFFER), "echo went over the budget")


@case("uploads that stop: RST")
def slow_uploads(directory):
    head = b"PUT /_/discard HTTP/1.1\r\n" + HOST + b"Content-Length: 1000000\r\n\r\n"

    def client():
        with connect() as s:
            s.sendall(head)
            end = time.monotonic() + TIMEOUT
            with contextlib.suppress(ConnectionResetError, BrokenPipeError):
                while time.monotonic() < end:
                    s.sendall(b"x")
                    time.sleep(0.05)
                raise AssertionError("an upload of single bytes was never ended")

    with Server(directory, f"--progress-timeout={SOON}", f"--idle-timeout={NEVER}",
                f"--request-timeout={NEVER}") as server:
        at_once(*[client] * 4, server.served)
    server.counted(stalled=4, reset=0)
    check(0 < server.report["http"]["upload_bytes"] < 4 * 4096, "uploads moved, or not at all")


# ---- numbers -------------------------------------------------------------------------------------------------------

@case("too many connections: RST")
def too_many(directory):
    """Of six that one address opens, four stay; of six more of another, two."""
    with Server(directory, "--connections=6", "--peer-connections=4") as server:
        netns.ip("addr add 198.18.0.3/24 dev evpl0")
        stay = []
        for source, most in ((KERNEL, 4), ("198.18.0.3", 2)):
            for _ in range(6):
                with contextlib.suppress(ConnectionResetError):
                    s = connect(source=source)
                    s.sendall(GET)
                    check_equal(s.recv(1), b"H", "the answer's first byte")
                    stay.append((source, s))
            check_equal(sum(who == source for who, _ in stay), most, f"connections of {source}")
        for _, s in stay:
            s.shutdown(socket.SHUT_WR)
            check_equal(rest(s)[1], "FIN", "the end of one that stayed")
            s.close()
        server.served()
        server.wait_alone()
    server.counted(too_many_of_one=2, too_many=4, peak=6, accepted=8, closed=8)


# ---- requests ------------------------------------------------------------------------------------------------------

@case("lines and heads too long: 414, 431")
def too_long(directory):
    """The longest that may be, one byte more, and what never ends."""
    def line(length):
        return b"GET /small?" + b"a" * (length - 20) + b" HTTP/1.1"

    def head(length):
        start = b"GET /small HTTP/1.1\r\n" + HOST
        return start + b"X: " + b"y" * (length - len(start) - 7) + b"\r\n\r\n"

    with Server(directory, "--max-request-line=200", "--max-head=1K") as server:
        for text, want in ((line(200) + b"\r\n" + HOST + b"\r\n", "200"), (line(201) + b"\r\n" + HOST + b"\r\n", "414"),
                           (head(1024), "200"), (head(1025), "431"),
                           (b"a" * 100000, "414"), (LAST[:-2] + b"Z: " + b"z" * 100000, "431"),
                           (LAST[:-2] + b"Z: z\r\n" * 20000, "431")):
            with connect() as s:
                s.sendall(text)
                s.shutdown(socket.SHUT_WR)
                got, end = rest(s)
            check_equal((statuses(got), end), ([want], "FIN"), f"the answer to {len(text)} bytes, {text[:30]!r}...")
        server.served()
    server.answered(2, {"200": 2, "414": 2, "431": 3})
    server.counted(reset=0)


UPLOAD = b"POST /_/discard HTTP/1.1\r\n" + HOST
# Each could be two requests to one program, and one to another.
SMUGGLING = [
    ("400", UPLOAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"),
    ("400", UPLOAD + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"),
    ("400", UPLOAD + b"Content-Length: 5, 5\r\n\r\nhello"),
    ("400", UPLOAD + b"Content-Length: +5\r\n\r\nhello"),
    ("400", UPLOAD + b"Content-Length: 0x5\r\n\r\nhello"),
    ("400", UPLOAD + b"Content-Length: -1\r\n\r\nhello"),
    ("400", UPLOAD + b"Content-Length:\r\n\r\nhello"),
    ("413", UPLOAD + b"Content-Length: 18446744073709551621\r\n\r\nhello"),
    ("400", UPLOAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("400", UPLOAD + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"),
    ("400", UPLOAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"),
    ("411", UPLOAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("501", UPLOAD + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
    ("400", UPLOAD + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"),
    ("400", UPLOAD + b"Content-Length : 5\r\n\r\nhello"),
    ("400", UPLOAD + b"X: y\r\n Content-Length: 5\r\n\r\nhello"),
    ("400", UPLOAD + b"X: y\rContent-Length: 5\r\n\r\nhello"),
    ("400", UPLOAD + b"X: y\0\r\nContent-Length: 5\r\n\r\nhello"),
    ("400", UPLOAD + b"Content-Length: 5\n\nhello"),
    ("400", UPLOAD + b"X: y\nContent-Length: 5\r\n\r\nhello"),
    ("400", UPLOAD + HOST + b"\r\n"),
    ("400", b"GET /small HTTP/1.1\r\n\r\n"),
    ("400", b"GET  /small HTTP/1.1\r\n" + HOST + b"\r\n"),
    ("400", b" GET /small HTTP/1.1\r\n" + HOST + b"\r\n"),
    ("400", b"GET /small\r\n\r\n"),
    ("413", b"GET /small HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\n\r\nhello"),
]


@case("shapes of requests that smuggle others: one answer, and the end")
def smuggling(directory):
    counts = {}
    with Server(directory) as server:
        for want, text in SMUGGLING:
            got, end = ask(text + GET)
            check_equal((statuses(got), end), ([want], "FIN"), f"the answer to {text!r}")
            counts[want] = counts.get(want, 0) + 1
        server.served()
        server.wait_alone()
    server.answered(2, counts)
    server.counted(reset=0, closed=len(SMUGGLING) + 2)


@case("200 requests at once, and in pieces")
def pipelined(directory):
    with Server(directory) as server:
        body = server.bytes("small")
        got, end = ask(GET * 199 + LAST)
        check_equal((got.count(body), len(statuses(got)), end), (200, 200, "FIN"), "bodies, heads, end")
        text = GET * 49 + LAST
        with connect() as s:
            def pieces():
                for i in range(0, len(text), 7):
                    s.sendall(text[i:i + 7])

            sender = threading.Thread(target=pieces)
            sender.start()
            got, end = rest(s)
            sender.join()
        check_equal((got.count(body), len(statuses(got)), end), (50, 50, "FIN"), "bodies, heads, end, of pieces")
    server.answered(1, {"200": 250})
    server.counted(accepted=3, reset=0)


@case("garbage")
def garbage(directory):
    """Valid requests of which some bytes were changed, lost, doubled or moved: each answer is one of HTTP's, each is
    counted."""
    rng = random.Random(7)
    seeds = [GET, LAST, GET * 3, UPLOAD + b"Content-Length: 5\r\n\r\nhello" + GET,
             b"HEAD /small HTTP/1.0\r\nRange: bytes=1-5\r\nIf-None-Match: \"x\", W/\"y\"\r\n\r\n",
             b"GET /small HTTP/1.1\r\n" + HOST + b"Range: bytes=-500\r\n"
             b"If-Modified-Since: Mon, 23 Nov 2026 22:00:00 GMT\r\n\r\n",
             UPLOAD + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello", bytes(range(256))]

    def spoilt():
        data = bytearray(rng.choice(seeds))
        for _ in range(rng.randrange(6)):
            at, length = rng.randrange(len(data) + 1), rng.randrange(1, 9)
            piece = data[at:at + length]
            data[at:at + length] = rng.choice((b"", rng.randbytes(length), piece * 2, piece[::-1],
                                               rng.choice((b"\r", b"\n", b"\0", b" ", b":", b"%", b"\r\n\r\n",
                                                           b"/../"))))
        return bytes(data)

    count, seen = 200 if SLOW else 400, {}
    with Server(directory) as server:
        for _ in range(count):
            data = spoilt()
            cut = rng.randrange(len(data) + 1)
            with connect() as s:
                s.sendall(data[:cut])
                s.sendall(data[cut:])
                s.shutdown(socket.SHUT_WR)
                got, end = rest(s)
            check_equal(end, "FIN", f"the end of {data!r}")
            for status in statuses(got):
                seen[status] = seen.get(status, 0) + 1
        server.served()
        server.wait_alone()
    seen.pop("100", None)           # an interim response is none of the answers
    check(len(seen) > 4 and seen["200"] > 50 and seen["400"] > 50, f"garbage meets few paths: {seen}")
    server.answered(2, seen)
    server.counted(closed=count + 2, reset=0)


# ---- connections that end early ------------------------------------------------------------------------------------

@case("half-closed clients")
def half_closed(directory):
    """A client that has sent its FIN still gets its answer; half a request is none."""
    with Server(directory) as server:
        got, end = ask(b"GET /large HTTP/1.1\r\n" + HOST + b"\r\n", half=True)
        check(got.endswith(server.bytes("large")) and end == "FIN", "a download that was half-closed is not whole")
        got, end = ask(b"GET /_/bytes/300000 HTTP/1.1\r\n" + HOST + b"\r\n", half=True)
        check(got.endswith((pattern() * 5)[:300000]) and end == "FIN", "nor is that of bytes that are computed")
        for text, port in ((b"", 80), (b"GET / HT", 80), (UPLOAD + b"Content-Length: 10\r\n\r\nabc", 80),
                           (b"", 7), (b"x", 9)):
            check_equal(ask(text, port, half=True), (b"", "FIN"), f"{text!r} and FIN, to port {port}")
        data = random.randbytes(100000)
        check_equal(ask(data[:20000], 7, half=True), (data[:20000], "FIN"), "what is echoed behind a FIN")
        server.served()
        server.wait_alone()
    server.counted(closed=10, reset=0)


@case("resets in the middle")
def resets(directory):
    """Of downloads, of echoes whose bytes come back, of uploads and of heads."""
    count = 25
    with Server(directory) as server:
        for _ in range(count):
            for text, port, reads in ((b"GET /large HTTP/1.1\r\n" + HOST + b"\r\n", 80, 5000), (b"x" * 60000, 7, 5000),
                                      (UPLOAD + b"Content-Length: 1000000\r\n\r\n" + b"x" * 50000, 80, 0),
                                      (b"GET", 80, 0)):
                s = connect(port)
                s.sendall(text)
                if reads:
                    s.recv(reads)
                reset(s)
        server.served()
        server.wait_alone()
    server.counted(reset=4 * count, closed=2)
    check_equal(server.report["files"]["loads"], 2, "files read: what one download waited for, the next found")


netns.enter()
main(__doc__)
