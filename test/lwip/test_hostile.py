#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""Hostile, slow and half-open clients of evpl-httpd. The limit that is meant for a client refuses it and counts it.
Other clients are served meanwhile, and at the end every buffer is home. Over net_tap, with limits so low and
time-outs so short that they are reached."""
import contextlib
import itertools
import random
import socket
import struct
import subprocess
import threading
import time

import httpd
import netns
from harness import TIMEOUT, Skip, case, check, check_equal, main, read
from httpd import KERNEL, MIB, SERVER, SLOW, Tap, download, pattern, url, wait_for
from rawtcp import ACK, IPV4, MAC, PSH, RST, SYN, RawTcp, checksum

HOST = b"Host: a\r\n"
GET = b"GET /small HTTP/1.1\r\n" + HOST + b"\r\n"
LAST = b"GET /small HTTP/1.1\r\nConnection: close\r\n" + HOST + b"\r\n"
SMALL = 1000            # bytes of /small
LARGE = 4 * MIB         # of /large
BUFFER = 4096           # of a socket that hardly reads
NEVER = "600"           # seconds of a time-out that must not end a case
SOON = "5"              # of one that ends what a case is about: good clients have as long, on a slow machine, too


class Server(Tap):
    """evpl-httpd, with two files to serve, where `served` tells that it still does; `with` it."""

    def __init__(self, directory, *options, **kw):
        netns.need("curl")
        super().__init__(directory, "--stats-period=0.05", *options, **kw)
        self.small, self.large = self.httpd.file("small", SMALL), self.httpd.file("large", LARGE)

    def __enter__(self):
        super().__enter__()
        self.served()
        return self

    def served(self):
        download("small", self.small)

    def served_at_last(self):
        """The same, with tries as often as it needs within TIMEOUT."""
        end = time.monotonic() + TIMEOUT
        while subprocess.run(["curl", "-s", "-f", "--connect-timeout", "1", "-o", "/dev/null", url("small")],
                             check=False).returncode != 0:
            check(time.monotonic() < end, "nobody is served any more")
        self.served()

    def wait_alone(self):
        """Until a line of --stats-period, from now on, tells of no connection: what clients ended is counted then."""
        lines = len(read(self.httpd.out_path).splitlines())
        wait_for(lambda: any(": 0 connections," in line for line in read(self.httpd.out_path).splitlines()[lines + 1:]),
                 "an end of all connections", self.httpd)

    def bytes(self, name):
        with open(f"{self.httpd.folder}/{name}", "rb") as f:
            return f.read()

    @property
    def report(self):
        return self.httpd.report

    def counted(self, **want):
        """Whether these counters of connections are so; aborted ones by their reason, all others of which are 0."""
        connections = self.report["connections"]
        got = {name: connections[name] for name in want if name in connections}
        got.update({name: n for name, n in connections["aborted"].items() if name in want or n})
        got.pop("stopped", None)
        check_equal(got, want, "connections")

    def answered(self, curls, want):
        """Whether the statuses of responses are so, besides the 200s of so many curls."""
        want = {**want, "200": want.get("200", 0) + curls}
        got = {status: n for status, n in self.report["http"]["responses"].items() if n}
        check_equal(got, {status: n for status, n in want.items() if n}, "responses")


# ---- clients -------------------------------------------------------------------------------------------------------

def connect(port=80, buffer=None, source=KERNEL):
    s = socket.socket()
    if buffer is not None:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)      # before the window is announced
    s.settimeout(TIMEOUT)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    s.bind((source, 0))
    s.connect((SERVER, port))
    return s


def rest(s):
    """All that comes, and how it ends: "FIN" or "RST"."""
    got = bytearray()
    try:
        while block := s.recv(65536):
            got += block
    except ConnectionResetError:
        return bytes(got), "RST"
    return bytes(got), "FIN"


def ask(text, port=80, half=False):
    with connect(port) as s:
        s.sendall(text)
        if half:
            s.shutdown(socket.SHUT_WR)
        return rest(s)


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

    with Server(directory, f"--request-timeout={SOON}", f"--idle-timeout={NEVER}", f"--progress-timeout={NEVER}") as server:
        at_once(*[lambda text=text: client(text) for text in (b"G", b"GET / HTTP/1.1\r\n", GET + b"GET /small") * 4],
                server.served)
        server.served()
    server.counted(late=12, reset=0, accepted=15)
    server.answered(3, {"408": 12, "200": 4})


@case("silence: FIN")
def idle(directory):
    with Server(directory, f"--idle-timeout={SOON}", f"--request-timeout={NEVER}", f"--progress-timeout={NEVER}") as server:
        at_once(*[lambda text=text, port=port: check_equal(ask(text, port)[1], "FIN", f"end of {text!r} to port {port}")
                  for text, port in ((b"", 80), (GET, 80), (b"", 7), (b"x", 7), (b"", 9), (b"x", 9))], server.served)
        server.wait_alone()
    server.counted(idle=6, closed=8, reset=0)


@case("clients that do not read: RST")
def not_reading(directory):
    """What is on its way to one is bounded, and not for long."""
    budget, asked = 16384, b"GET /_/bytes/1000000000 HTTP/1.1\r\n" + HOST + b"\r\n"

    with Server(directory, f"--progress-timeout={SOON}", f"--send-budget={budget}", f"--idle-timeout={NEVER}") as server:
        clients = [(text, port, connect(port, BUFFER)) for text, port in [(asked, 80)] * 6 + [
            (b"GET /large HTTP/1.1\r\n" + HOST + b"\r\n", 80), (b"", 19)]]
        for text, _, s in clients:
            s.sendall(text)
        server.served()
        server.wait_alone()
        # Their windows are closed, so they may not have taken the RST: what they send when they read at last has another.
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

    with Server(directory, f"--progress-timeout={SOON}", f"--idle-timeout={NEVER}", f"--request-timeout={NEVER}") as server:
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
             b"GET /small HTTP/1.1\r\n" + HOST + b"Range: bytes=-500\r\nIf-Modified-Since: Mon, 23 Nov 2026 22:00:00 GMT\r\n\r\n",
             UPLOAD + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello", bytes(range(256))]

    def spoilt():
        data = bytearray(rng.choice(seeds))
        for _ in range(rng.randrange(6)):
            at, length = rng.randrange(len(data) + 1), rng.randrange(1, 9)
            piece = data[at:at + length]
            data[at:at + length] = rng.choice((b"", rng.randbytes(length), piece * 2, piece[::-1],
                                               rng.choice((b"\r", b"\n", b"\0", b" ", b":", b"%", b"\r\n\r\n", b"/../"))))
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
        for text, port in ((b"", 80), (b"GET / HT", 80), (UPLOAD + b"Content-Length: 10\r\n\r\nabc", 80), (b"", 7), (b"x", 9)):
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
                                      (UPLOAD + b"Content-Length: 1000000\r\n\r\n" + b"x" * 50000, 80, 0), (b"GET", 80, 0)):
                s = connect(port)
                s.sendall(text)
                if reads:
                    s.recv(reads)
                reset(s)
        server.served()
        server.wait_alone()
    server.counted(reset=4 * count, closed=2)
    check_equal(server.report["files"]["loads"], 2, "files read: what one download waited for, the next found")


# ---- what no kernel sends ------------------------------------------------------------------------------------------

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
    with Server(directory, "--rxd=256", f"--idle-timeout={NEVER}", f"--request-timeout={NEVER}") as server, RawTcp("evpl0") as raw:
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
                data = (number + length for _, got, number, _, _, length in raw.data(TIMEOUT) if got == port and length > 0)
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
                    body[dice.randrange(min(len(body), 56))] = dice.choice([0, 1, 0x7f, 0x80, 0xff, dice.randrange(256)])
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
            raw.send_all(((ours, port, seq + first + 1400 * i, ack, ACK | PSH, b"x" * 1400) for i in range(100)), window=window)
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
