# SPDX-License-Identifier: BSD-3-Clause
"""What the tests of hostile clients have in common: evpl-httpd with two files to serve, and sockets that do as they are
told."""
import socket
import subprocess
import time

from httpd import KERNEL, MIB, SERVER, Tap, download, url, wait_for
import netns
from harness import TIMEOUT, check, check_equal, read

HOST = b"Host: a\r\n"
GET = b"GET /small HTTP/1.1\r\n" + HOST + b"\r\n"
SMALL = 1000            # bytes of /small
LARGE = 4 * MIB         # of /large
NEVER = "600"           # seconds of a time-out that must not end a case


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
