#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""The answers of evpl-httpd, byte by byte, that need a connection to be seen: which bytes are a body, and how status,
fields and the state of a file depend on each other. test/unit/httpd/http_*.c tests what depends on texts alone. Over
net_tap."""
import os
import socket
import subprocess

from httpd import SERVER, Tap, httpd_path
import netns
from harness import TIMEOUT, case, check, check_equal, main

HOST = b"Host: a\r\n"
CLOSE = HOST + b"Connection: close\r\n\r\n"


def exchange(text):
    """Sends it, and returns (status, {field: value}, bytes behind the head), all that comes before FIN."""
    got = bytearray()
    with socket.create_connection((SERVER, 80), TIMEOUT) as s:
        s.sendall(text)
        while block := s.recv(65536):
            got += block
    head, _, body = bytes(got).partition(b"\r\n\r\n")
    line, *fields = head.decode("latin-1").split("\r\n")
    return int(line.split()[1]), dict(f.split(": ", 1) for f in fields), body


@case("HEAD: no body, whatever the status")
def head_requests(directory):
    with Tap(directory, "--max-request-line=200", "--max-head=1K", "--request-timeout=5") as httpd:
        httpd.file("small", 100)
        for want, text in (
                (200, b"HEAD /small HTTP/1.1\r\n" + CLOSE),
                (404, b"HEAD /none HTTP/1.1\r\n" + CLOSE),
                (405, b"HEAD /_/discard HTTP/1.1\r\n" + CLOSE),
                (400, b"HEAD /small HTTP/1.1\r\n\r\n"),
                (400, b"HEAD /small HTTP/1.1\n"),
                (400, b"HEAD /\xc3\xbc HTTP/1.1\r\n" + CLOSE),
                (408, b"HEAD /small HTTP/1.1\r\n"),
                (411, b"HEAD /small HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + CLOSE),
                (413, b"HEAD /small HTTP/1.1\r\nContent-Length: 1\r\n" + CLOSE),
                (414, b"HEAD /" + b"a" * 1000),
                (417, b"HEAD /small HTTP/1.1\r\nExpect: x\r\n" + CLOSE),
                (431, b"HEAD /small HTTP/1.1\r\nX: " + b"x" * 2000),
                (505, b"HEAD /small HTTP/5.0\r\n" + CLOSE)):
            status, fields, body = exchange(text)
            check_equal((status, body), (want, b""), f"status of, and bytes behind, the head for {text[:60]!r}")
            check(int(fields["Content-Length"]) > 0, f"no length of what GET would get: {fields}")


@case("a folder without its slash: 301, which keeps the query")
def redirects(directory):
    """The location must also fit where little does: the least budget, and the least buffer."""
    with Tap(directory, "--send-budget=4096", "--buffer-size=1024", "--max-head=960",
             "--max-request-line=960") as httpd:
        for name in ("dir", "a b", "\\\\evil"):
            os.mkdir(os.path.join(httpd.folder, name))
        for target, want in (("/dir", "/dir/"), ("/dir?x=1&y=%2F2", "/dir/?x=1&y=%2F2"), ("/dir?", "/dir/?"),
                             ("/a%20b?/", "/a%20b/?/"), ("http://a/dir?x", "/dir/?x"), ("/\\\\evil", "/%5C%5Cevil/")):
            status, fields, _ = exchange(b"GET " + target.encode() + b" HTTP/1.1\r\n" + CLOSE)
            check_equal((status, fields.get("Location")), (301, want), f"the answer to GET {target}")
        check_equal(exchange(b"GET //evil HTTP/1.1\r\n" + CLOSE)[0], 404, "status of a path that could be a host")
        for length, want in ((400, 301), (900, 414)):
            status, _, _ = exchange(b"GET /dir?" + b"x" * length + b" HTTP/1.1\r\n" + CLOSE)
            check_equal(status, want, f"status of a query of {length} bytes")


@case("preconditions, in their order, and what they leave of a range")
def preconditions(directory):
    date, later, earlier = ("Sun, 06 Nov 1994 08:49:%d GMT" % second for second in (37, 38, 36))
    with Tap(directory) as httpd:
        for name, size in (("file.png", 100), ("empty", 0)):
            httpd.file(name, size)
            os.utime(os.path.join(httpd.folder, name), (784111777, 784111777))
        etag = exchange(b"GET /file.png HTTP/1.1\r\n" + CLOSE)[1]["ETag"]
        part = "Range: bytes=10-19"
        for path, want, *lines in (
                ("file.png", 304, 'If-None-Match: "a"', f"If-None-Match: {etag}"),
                ("file.png", 200, 'If-None-Match: "a"', f"If-Modified-Since: {date}"),
                ("file.png", 304, f"If-Modified-Since: {date}"),
                ("file.png", 200, f"If-Modified-Since: {earlier}"),
                ("file.png", 200, f"If-Modified-Since: {later}", f"If-Modified-Since: {later}"),
                ("file.png", 412, f"If-Unmodified-Since: {earlier}", f"If-None-Match: {etag}"),
                ("file.png", 200, 'If-Match: "a"', f"If-Match: {etag}", f"If-Unmodified-Since: {earlier}"),
                ("file.png", 412, f"If-Match: W/{etag}"),
                ("file.png", 304, f"If-None-Match: W/{etag}", part),
                ("file.png", 206, part, f"If-Range: {etag}"), ("file.png", 206, part, f"If-Range: {date}"),
                ("file.png", 206, part, "If-Range: Sunday, 06-Nov-94 08:49:37 GMT"),
                ("file.png", 200, part, f"If-Range: W/{etag}"), ("file.png", 200, part, f"If-Range: {later}"),
                ("file.png", 416, "Range: bytes=100-"), ("file.png", 412, "Range: bytes=100-", 'If-Match: "a"'),
                ("empty", 200, "Range: bytes=-5"), ("empty", 416, "Range: bytes=0-"),
                ("_/bytes/100", 206, part), ("_/bytes/100", 200, part, f"If-Range: {etag}"),
                ("_/bytes/100", 412, f"If-Match: {etag}"), ("_/bytes/100", 200, "If-Match: *"),
                ("_/bytes/100", 304, "If-None-Match: *"), ("_/bytes/100", 200, f"If-Modified-Since: {date}")):
            status, fields, body = exchange("\r\n".join([f"GET /{path} HTTP/1.1", *lines, ""]).encode() + CLOSE)
            check_equal(status, want, f"status of /{path} with {lines}")
            check_equal(len(body), 0 if status == 304 else int(fields["Content-Length"]), "bytes of the body")
            if status in (412, 416):
                check_equal(fields["Content-Type"], "text/plain", f"type of the text of {status}")


@case("bodies that nobody reads: the connection ends")
def unread_bodies(directory):
    """Else they are taken for the next request."""
    inner = b"GET /_/bytes/1 HTTP/1.1\r\n" + CLOSE
    length = b"Content-Length: %d\r\n" % len(inner)
    with Tap(directory):
        for want, line in ((405, b"DELETE /_/discard HTTP/1.1\r\n"), (405, b"POST /file HTTP/1.1\r\n"),
                           (412, b"PUT /_/discard HTTP/1.1\r\nIf-Match: *\r\n"),
                           (400, b"PUT /_/discard HTTP/1.1\r\nContent-Range: bytes 0-1/2\r\n")):
            status, fields, body = exchange(line + length + HOST + b"\r\n" + inner)
            check_equal((status, fields["Connection"]), (want, "close"), f"the answer to {line}")
            check_equal(body.count(b"HTTP/1.1"), 0, "second answers")


@case("buffers that fit nothing: told at once")
def sizes(_directory):
    for options, word in ((["--large-buffer-size=1000"], "large-buffer-size"),
                          (["--large-buffer-size=2M", "--slab-size=1M"], "slab-size"),
                          (["--buffer-size=64K", "--large-buffer-size=32K"], "large-buffer-size"),
                          (["--buffer-size=4K"], "max-head"), (["--large-buffer-size=4K"], "max-head"),
                          (["--slab-size=4K"], "max-head")):
        done = subprocess.run([httpd_path(), "--", *options], capture_output=True, text=True, timeout=TIMEOUT,
                              check=False)
        check_equal((done.returncode, len(done.stderr.splitlines())), (2, 1), f"exit code and lines of {options}")
        check(word in done.stderr, f"nothing of {word}: {done.stderr}")
    help_text = subprocess.run([httpd_path(), "--help"], capture_output=True, text=True, check=True).stdout
    check("--large-buffer-size=" in help_text, "--help says nothing of --large-buffer-size")


netns.enter()
main(__doc__)
