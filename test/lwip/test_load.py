#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""evpl-load asks evpl-httpd, over virtio_user and vhost, without a kernel between them. Only vhost copies bytes. No
checksum is computed if the ports agree on that. All bodies must be the same. Needs no rights."""
import os
import re
import signal
import time

from httpd import KERNEL, KERNEL6, MIB, SERVER, SERVER6, Httpd, load_path, need_source, wait_for
from harness import Program, case, check, check_equal, main, read

SECONDS = 1
SOME = [f"--{way}-{kind}=0.5%" for way in ("rx", "tx") for kind in ("drop", "dup", "reorder")]
# On one side only: two wrong bits in one frame may be a right sum.
ALL = [*SOME, "--rx-corrupt=0.5%", "--tx-corrupt=0.5%"]


class Load(Program):
    """The side that asks, on the vhost port."""

    def __init__(self, directory, target, *options):
        self.socket = f"{directory}/vhost.sock"
        super().__init__(load_path(), directory, [f"net_vhost0,iface={self.socket},queues=1"],
                         [f"--target={target}", f"--ip={KERNEL}/24", f"--ip={KERNEL6}/64", *options], memory=512)
        wait_for(lambda: os.path.exists(self.socket), "the vhost socket", self)

    def lost(self):
        return sum(self.report["lost"].values())

    def done(self):
        return any(line.startswith("load:") for line in read(self.out_path).splitlines())


def pair(directory, target, load_options=(), server_options=(), size=MIB):
    """Both sides' reports, when all is home."""
    load = Load(directory, target, "--check", f"--time={SECONDS}", *load_options)
    server = Httpd(directory, f"net_virtio_user0,path={load.socket},queues=1", *server_options)
    server.file("file", size)
    wait_for(load.done, "the end of the load", load)
    server.stop().clean()               # virtio_user must end before vhost
    load.stop().clean()
    got, sent = load.report["load"], server.report["http"]
    check(got["requests"] > 0, f"nothing was answered\n{load.describe()}")
    check_equal(got["body_bytes"], got["requests"] * size, "bytes of bodies")
    check(sent["requests"] >= got["requests"], "more answers than requests")
    check_equal(server.report["connections"]["aborted"]["stalled"], 0, "connections that stalled")
    return load.report["ports"][0], server.report


@case("1 MiB", f"{SERVER}/file")
@case("1 MiB, IPv6", f"{SERVER6}/file")
def whole(directory, target):
    load, report = pair(directory, target)
    server = report["ports"][0]
    if report["zero_copy"]:
        check(server["tx_checksum"] and load["rx_checksum"], "the ports do no checksums")
        # Headers are, of as many packets as acknowledgements make of it.
        check(server["tx_bytes_copied"] < server["tx_bytes"] // 2, "payload was copied")
    check_equal(load["rx_copied"], 0, "packets copied")


@case("1 byte, 64 connections")
def short(directory):
    """It ends when all were seen at once, however long that takes. Requests that the end met are broken."""
    load = Load(directory, f"{SERVER}/file", "--check", "--connections=64", "--time=600")
    server = Httpd(directory, f"net_virtio_user0,path={load.socket},queues=1", "--stats-period=0.1")
    server.file("file", 1)
    wait_for(lambda: ": 64 connections," in read(server.out_path), "64 connections", server)
    server.stop().clean()
    got = load.stop().report["load"]
    check_equal((load.rc, load.lost()), (1 if got["broken"] or not got["requests"] else 0, 0),
                "exit code, buffers lost")
    check_equal((got["refused"], got["different"], got["body_bytes"]), (0, 0, got["requests"]),
                "refused, different, bytes of bodies")
    check_equal(server.report["connections"]["peak"], 64, "connections at once")


@case("both copy")
def copies(directory):
    pair(directory, f"{SERVER}/file", ["--copy"], ["--copy"])


@case("packets in several segments")
def segments(directory):
    load, _ = pair(directory, f"{SERVER}/file", ["--mbuf-size=448"])
    # How many packets are short, as acknowledgements are, depends on who is faster.
    check(load["rx_segments"] > load["rx_packets"] - load["rx_copied"], "packets came in one segment")


@case("jumbo frames", [])
@case("jumbo frames, in several segments", ["--mbuf-size=2176"])
@case("jumbo frames, copied", ["--copy"])
def jumbo(directory, options):
    need_source()
    load, server = pair(directory, f"{SERVER}/file", ["--mtu=9000", *options], ["--mtu=9000", *options])
    check(load["rx_bytes"] > 1514 * load["rx_packets"], f"frames of {load['rx_bytes'] // load['rx_packets']} bytes")
    if server["zero_copy"]:
        check_equal(load["rx_copied"], 0, "packets copied")
        check((load["rx_segments"] > load["rx_packets"]) is (options != []), "segments")


@case("drop, dup, reorder on both sides, corrupt, 0.5 % each")
def faults(directory):
    pair(directory, f"{SERVER}/file", ["--connections=64", *SOME], [*ALL, "--progress-timeout=60"], size=100000)


def failing(load, of):
    """It says so, and loses nothing."""
    check_equal(load.rc, 1, "exit code")
    check("not all was answered" in load.err, f"no word of it:\n{load.err}")
    check(load.report["load"][of] > 0, f"none is {of}: {load.report['load']}")
    check_equal(load.lost(), 0, "buffers lost")


@case("a file that is not there: 1")
def refused(directory):
    load = Load(directory, f"{SERVER}/none", "--stats-period=0.1")
    server = Httpd(directory, f"net_virtio_user0,path={load.socket},queues=1")
    wait_for(lambda: re.search(" [1-9][0-9]* refused", read(load.out_path)), "an answer of 404", load)
    server.stop().clean()
    check(server.report["http"]["responses"]["404"] > 0, "nobody asked")
    failing(load.stop(), "refused")


@case("connections that the server resets: 1")
def reset(directory):
    """It stays, and takes fewer than are asked for."""
    load = Load(directory, f"{SERVER}/file", "--stats-period=0.1", "--connections=4")
    server = Httpd(directory, f"net_virtio_user0,path={load.socket},queues=1", "--peer-connections=2")
    server.file("file", 100)
    wait_for(lambda: re.search(" [1-9][0-9]* broken", read(load.out_path)), "an RST", load)
    server.stop().clean()
    failing(load.stop(), "broken")


@case("a server that ends")
def broken(directory):
    """Its RSTs may be in a ring that nobody reads any more."""
    load = Load(directory, f"{SERVER}/file", "--stats-period=0.1")
    server = Httpd(directory, f"net_virtio_user0,path={load.socket},queues=1")
    server.file("file", MIB)
    wait_for(lambda: re.search(" [1-9][0-9]* requests answered", read(load.out_path)), "an answer", load)
    server.stop().clean()
    load.stop()
    check_equal((load.rc, load.lost()), (1 if load.report["load"]["broken"] else 0, 0), "exit code, buffers lost")
    check(load.report["load"]["requests"] > 0, "it never answered")


@case("no server: 1")
def nobody(directory):
    load = Load(directory, f"{SERVER}/file", "--duration=1").end()
    check_equal(load.report["load"]["requests"], 0, "requests answered")
    check_equal(load.rc, 1, "exit code")
    check_equal(load.lost(), 0, "buffers lost")


@case("one line after a stall")
def stall(directory):
    """A program that was stopped for a second does not print the lines of that second."""
    server = Httpd(directory, "net_null0", "--stats-period=0.1")

    def lines():
        return read(server.out_path).count(" connections,")

    wait_for(lambda: lines() > 0, "a line", server)
    server.child.send_signal(signal.SIGSTOP)
    time.sleep(1)
    server.child.send_signal(signal.SIGCONT)
    before = lines()
    wait_for(lambda: lines() > before + 1, "lines after the stall", server)
    server.stop()
    check(lines() <= server.report["seconds"] / 0.1 - 8, f"{lines()} lines in {server.report['seconds']} s")


main(__doc__)
