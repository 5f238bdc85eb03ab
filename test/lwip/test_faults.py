#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""evpl-httpd with faults: lost, doubled, overtaken and damaged frames, in both directions; packets in several
segments; a port without mbufs to receive into; no slab left. TCP must recover, all bytes must arrive, and every
buffer must come home."""
import hashlib
import itertools
import os

import httpd
import netns
from harness import case, check, check_equal, main, read
from httpd import MIB, SLOW, download, downloads, echo, held_echo, upload
from rawtcp import ACK, PSH, RawTcp

SIZE = (1 if SLOW else 2) * MIB
HELD = 50           # requests for memory that find none
PATIENT = ["--progress-timeout=600", "--idle-timeout=600", "--request-timeout=600"]
SECONDS = 120       # lost segments cost a retransmission time-out each, at worst


def transfers(directory, link, *options):
    """A download, an upload and an echo; the stopped evpl-httpd."""
    netns.need("curl")
    with link(directory, *options) as h:
        download("file", h.file("file", SIZE), seconds=SECONDS)
        upload(directory, SIZE, SECONDS)
        echo(directory, SIZE // 4, 2, SECONDS)
    return h


def total(h, field):
    return sum(port[field] for port in h.report["ports"])


def fault(directory, link, kinds, percent):
    h = transfers(directory, link, "--fault-seed=7",
                  *(f"--{way}-{kind}={percent}%" for way in ("rx", "tx") for kind in kinds))
    rx, tx = h.report["rx_faults"], h.report["tx_faults"]
    # SIZE has 700 frames at least, each way, and of half a percent each 400 have one (fault.h).
    for kind in kinds:
        check(rx[kind] > 0 and tx[kind] > 0, f"no frame of one direction was a fault of kind {kind}: {rx}, {tx}")
    return h


for name, kind in httpd.LINKS.items():
    if name == "tap":
        for faults in (["drop"], ["dup"], ["reorder"], ["corrupt"]):
            case(f"{name}: {faults[0]} 1 %", kind, faults, 1)(fault)
    case(f"{name}: drop, dup, reorder, corrupt, 0.5 % each", kind, ["drop", "dup", "reorder", "corrupt"], 0.5)(fault)


@case("damaged frames are told by their checksums")
def corrupt(directory):
    """Of each 100 frames one is damaged at least, so seven of those with the file's bytes, and of those with the
    upload's."""
    h = fault(directory, httpd.Tap, ["corrupt"], 2)
    if not httpd.has_source():
        return                          # Debian's library counts nothing: that all bytes arrived was checked
    check(h.report["tcp"]["bad_checksum"] > 0, "lwIP took all of them")
    check(h.report["tcp"]["retransmitted"] > 0, "nothing was sent again")


@case("what time-outs send again is counted")
def timed_out(directory):
    """A byte that is never acknowledged comes again, without anybody asking for it."""
    httpd.need_source()
    with httpd.Tap(directory, *PATIENT) as h, RawTcp("evpl0") as raw:
        seq, ack = raw.open(20000, 7)
        raw.send(20000, 7, seq, ack, ACK | PSH, b"x")
        came = itertools.islice((1 for *_, length in raw.data(SECONDS) if length > 0), 2)
        check_equal(sum(came), 2, "times that the byte came")
    check(h.report["tcp"]["retransmitted"] > 0, "nothing was sent again")


@case("packets in several segments", httpd.Tap)
@case("packets in several segments, from vhost", httpd.Vhost)
def small_rooms(directory, link):
    h = transfers(directory, link, "--mbuf-size=448")      # 320 bytes behind the headroom
    # How many packets are short, as acknowledgements are, or copied is for the kernel to say.
    check(total(h, "rx_segments") > total(h, "rx_packets") - total(h, "rx_copied"), "packets came in one segment")


@case("a port that is short of mbufs to receive into", httpd.Tap)
@case("a port that is short of mbufs, vhost", httpd.Vhost)
def starving(directory, link):
    """Little more than the ring holds: 40 may be kept. One client's echo holds more as long as that one does not
    read."""
    netns.need("curl")
    with link(directory, "--rxd=256", "--total-num-mbufs=360", *PATIENT) as h:
        digest = h.file("file", SIZE)
        with held_echo(SECONDS):
            echo(directory, SIZE // 4, 16, SECONDS)
            upload(directory, SIZE, SECONDS)
            download("file", digest, seconds=SECONDS)
    if not httpd.has_source():
        return                          # Debian's library copies what it sends, so that an echo holds no mbufs
    check(total(h, "rx_copied") > 0 or total(h, "rx_no_mbuf") > 0, "there were always mbufs")


def check_failed(h):
    failed = h.report["memory"]["lwip_failed"] + h.report["http"]["no_memory"]
    check(failed >= HELD, f"memory was there again after {failed} requests for some")


@case("no slab left in the middle of transfers", httpd.Tap)
@case("no slab left in the middle of transfers, vhost", httpd.Vhost)
def no_slabs(directory, link):
    httpd.need_source()
    netns.need("curl")
    # 768 KiB in all, for up to 256 KiB under way of each connection; and none before so many requests for some found
    # none.
    options = ("--slab-size=256K", "--buffer-size=16K", "--max-slabs=3", f"--hold-slabs={HELD}", *PATIENT)
    count, size = 16 if SLOW else 32, 500000
    with link(directory, *options) as h:
        digest = hashlib.sha256((httpd.pattern() * 8)[:size]).hexdigest()
        downloads(directory, f"_/bytes/{size}", digest, count, SECONDS)
        echo(directory, SIZE // 4, 8, SECONDS)
    check_failed(h)
    with link(directory, *options) as h:
        echo(directory, SIZE // 4, 8, SECONDS)
    check_failed(h)


@case("an address of a port that is not there: 2", "--ip=3,198.18.3.1/24", "--ip: there is no port 3")
@case("a gateway of a port that is not there: 2", "--gateway=1,198.18.0.9", "--gateway: there is no port 1")
def no_port(directory, option, words):
    h = httpd.Httpd(directory, "net_null0", option).end()
    check_equal(h.rc, 2, "exit code")
    check(words in h.err, f"not a word of it:\n{h.err}")


@case("a start that fails leaves the report of the last run")
def no_start(directory):
    """The ports are up already when the folder is looked for."""
    old, new = (os.path.join(directory, name) for name in ("old.json", "new.json"))
    with open(old, "w", encoding="ascii") as f:
        f.write("an older report")
    for path in (old, new):
        # lwIP 2.2 knows few IPv6 neighbours, and evpl-httpd warns of many connections there.
        h = httpd.Httpd(directory, "net_null0", "--folder=/nowhere", "--connections=100", f"--json={path}").end()
        check_equal(h.rc, 1, "exit code")
        check("/nowhere" in h.err and len(h.err.splitlines()) == 1, f"one line was expected:\n{h.err}")
    check_equal(read(old), "an older report", "the older file")
    check(not os.path.exists(new), "an empty file was left")


netns.enter()
main(__doc__)
