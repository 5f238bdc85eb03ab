#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""evpl-httpd and real clients (curl, nc, the kernel's sockets) over each kind of link: all bytes must arrive, and at
the end every buffer is home. Everything happens in network namespaces of the test. What this machine cannot do is
skipped."""
import random
import socket
import threading

import httpd
from httpd import IPV6, LINKS, MIB, SERVER, SERVER6, SLOW, check_pattern, curl, download, downloads, echo, url
import netns
from harness import case, check, check_equal, main


def large(directory, link):
    netns.need("curl")
    with link(directory) as h:
        digest = h.file("large", 10 * MIB)
        download("large", digest)
        if IPV6:
            download("large", digest, SERVER6)
    if h.report["zero_copy"]:
        # Headers are, of as many packets as the kernel's acknowledgements make of it.
        copied, sent = (sum(p[field] for p in h.report["ports"]) for field in ("tx_bytes_copied", "tx_bytes"))
        check(copied < sent // 2, f"{copied} bytes of {sent} were copied")


def parallel(directory, link):
    netns.need("curl")
    with link(directory) as h:
        downloads(directory, "shared", h.file("shared", MIB), 64)
    check_equal(h.report["files"]["bytes_read"], MIB, "bytes read, for all clients together")
    check_equal(h.report["connections"]["accepted"], 64, "connections")


def echoes(directory, link):
    with link(directory) as h:
        echo(directory, 10 * MIB)
        echo(directory, MIB, 8)
    check_equal(h.report["services"]["echo_bytes"], 18 * MIB, "bytes echoed")


def upload(directory, link):
    netns.need("curl")
    with link(directory):
        httpd.upload(directory, 10 * MIB)


def requests(directory, link):
    """One connection, several requests: a file, its head, parts of it, one that is not there."""
    netns.need("curl")
    with link(directory) as h:
        digest = h.file("file", 100000)
        download("file", digest)
        with open(f"{h.folder}/file", "rb") as f:
            data = f.read()
        got = curl("-r", "1000-70000", url("file"), "--next", "-sS", "-r", "-500", url("file"), "--next", "-sS",
                   url("file"))
        check(got == data[1000:70001] + data[-500:] + data, "the parts are not the file's")
        check("Content-Length: 100000" in curl("-I", url("file")).decode(), "HEAD has another length")
        status = curl("-o", "/dev/null", "-w", "%{http_code}", url("file"), "--next", "-sS", "-o", "/dev/null", "-w",
                      "%{http_code}", url("none"))
        check_equal(status, b"200404", "statuses")
    check_equal(h.report["connections"]["accepted"], 4, "connections of four curls")
    check_equal(h.report["http"]["requests"], 7, "requests")


def load(directory, link):
    """As iperf3 does: eight connections each way at once, as much as goes through."""
    size = (1 if SLOW else 4) * MIB
    failures = []

    def send():
        try:
            with socket.create_connection((SERVER, 9), 30) as s:
                s.settimeout(60)
                block = random.randbytes(MIB)
                for _ in range(size // MIB):
                    s.sendall(block)
                s.shutdown(socket.SHUT_WR)
                check(s.recv(1) == b"", "discard answers")
        except (OSError, AssertionError) as error:
            failures.append(f"discard: {error}")

    def receive():
        got = bytearray()
        try:
            with socket.create_connection((SERVER, 19), 30) as s:
                s.settimeout(60)
                while len(got) < size:
                    got += s.recv(MIB)
        except OSError as error:
            failures.append(f"chargen: {error}")
        # RFC 864: lines of 72 characters, each line begins one further on.
        ring = bytes(range(32, 127)) * 2
        lines = b"".join(ring[i:i + 72] + b"\r\n" for i in range(95))
        whole = lines * (len(got) // len(lines) + 1)
        if bytes(got) != whole[:len(got)]:
            failures.append("chargen: not the characters in turn")

    with link(directory) as h:
        threads = [threading.Thread(target=f) for f in (send, receive) for _ in range(8)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    check(not failures, "; ".join(failures))
    check_equal(h.report["services"]["discard_bytes"], 8 * size, "bytes discarded")


for name, kind in LINKS.items():
    for what in (large, parallel, echoes, upload, requests, load):
        case(f"{name}: {what.__name__}", kind)(what)


def endless(directory, link, size):
    netns.need("curl")
    with link(directory) as h:
        check_pattern(["curl", "-sS", "-f", url(f"_/bytes/{size}")], size)
    check_equal(h.report["http"]["body_bytes"], size, "bytes sent")


# 256 MiB are 185,000 frames: a ring's index of 16 bits wraps twice. It is 1 GiB where no second program forwards them.
for name, kind in LINKS.items():
    mib = 64 if SLOW else 1024 if name in ("tap", "veth") else 256
    case(f"{name}: {mib} MiB from one iovec", kind, mib * MIB)(endless)


netns.enter()
main(__doc__)
