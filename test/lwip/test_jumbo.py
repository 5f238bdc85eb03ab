#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""evpl-httpd with --mtu=9000, over net_af_packet on veth. It sends segments of 8,960 bytes to a peer that takes
them, and of 1,460 bytes to a peer that does not. All bytes must arrive, and every buffer must come home. (test_load
does this without a kernel, over virtio_user.)"""
import httpd
import netns
from harness import TIMEOUT, Skip, case, check, check_equal, main
from httpd import MIB, SLOW, Veth, download, downloads, echo, held_echo, need_source, upload

SIZE = (2 if SLOW else 10) * MIB
SECONDS = 120
KINDS = ("drop", "dup", "reorder", "corrupt")


class Jumbo(Veth):
    """Its own side of the veth has 1,500 bytes until evpl-httpd sets it."""
    RINGS = ",framesz=9216,blocksz=36864,framecnt=1024"
    MTU = 9000


class Mixed(Jumbo):
    KERNEL_MTU = 1500


def mean(h):
    """Bytes of a frame, of those sent."""
    return sum(p["tx_bytes"] for p in h.report["ports"]) / sum(p["tx_packets"] for p in h.report["ports"])


def check_long(h):
    """Those of acknowledgements are short, and how many of these there are is for the kernel to say."""
    check(mean(h) > 1514, f"frames of {mean(h):.0f} bytes")


def transfers(directory, link, *options):
    """Downloads, an upload and echoes; the stopped evpl-httpd."""
    netns.need("curl")
    with link(directory, *options) as h:
        digest = h.file("file", SIZE)
        download("file", digest, seconds=SECONDS)
        downloads(directory, "file", digest, 8, SECONDS)
        upload(directory, SIZE, SECONDS)
        echo(directory, SIZE // 4, 4, SECONDS)
    return h


@case("long segments")
def long(directory):
    need_source()
    h = transfers(directory, Jumbo)
    check("mtu 9000" in netns.ip("link show evpl1"), "the interface has another MTU")
    check_long(h)
    port = h.report["ports"][0]
    # Of a packet 512 bytes are copied at most, however the kernel's acknowledgements cut it.
    check(port["tx_bytes_copied"] <= 512 * port["tx_packets"], "payload was copied")


@case("a peer with an MTU of 1,500")
def mixed(directory):
    h = transfers(directory, Mixed)
    check(mean(h) < 1514, f"frames of {mean(h):.0f} bytes")


@case("copied")
def copied(directory):
    need_source()
    check_long(transfers(directory, Jumbo, "--copy"))


@case("drop, dup, reorder, corrupt, 0.5 % each")
def bad_network(directory):
    h = transfers(directory, Jumbo, "--fault-seed=7",
                  *(f"--{way}-{kind}=0.5%" for way in ("rx", "tx") for kind in KINDS))
    rx, tx = h.report["rx_faults"], h.report["tx_faults"]
    # The downloads have 9 * SIZE: enough frames for each kind, however long they are. Of the others there may be few.
    check(all(tx[kind] > 0 for kind in KINDS), f"faults of some kinds only: {rx}, {tx}")


@case("short of mbufs to receive into")
def starving(directory):
    """8 mbufs may be kept. One client's echo holds more as long as that one does not read: what comes beyond is
    copied."""
    with Jumbo(directory, "--total-num-mbufs=72", "--rx-hold=72", "--progress-timeout=600", "--idle-timeout=600") as h:
        with held_echo(SECONDS):
            echo(directory, SIZE // 4, 16, SECONDS)
    port = h.report["ports"][0]
    check(h.report["zero_copy"] is False or 0 < port["rx_copied"] < port["rx_packets"],
          f"{port['rx_copied']} of {port['rx_packets']} packets copied")


@case("a budget of less than two segments")
def small_budget(directory):
    netns.need("curl")
    with Jumbo(directory, "--send-budget=4K") as h:
        download("file", h.file("file", SIZE), seconds=SECONDS)


@case("a ping of 8,000 bytes")
def ping(directory):
    with Jumbo(directory):
        check(httpd.ping(httpd.SERVER, TIMEOUT, 3, 8000), "no three answers")


def refused(directory, vdev, words, *options, eal=()):
    """Exit status 1, and the line that says why."""
    h = httpd.Httpd(directory, vdev, "--mtu=9000", *options, eal=eal).end()
    check_equal(h.rc, 1, "exit code")
    check(words in h.err, f"not a word of it:\n{h.err}")


@case("rings whose frames are too short: 1", "",
      "its frames hold an MTU of 1968, not of 9000: give --vdev a larger framesz")
@case("mbufs that are too short: 1", Jumbo.RINGS, "its frames of 9184 bytes do not fit into mbufs with room for 2048",
      "--mbuf-size=2176")
def refusals(directory, rings, words, *options):
    netns.need()
    netns.ip("link add evpl0 type veth peer name evpl1")
    refused(directory, f"net_af_packet0,iface=evpl1{rings}", words, *options)


@case("a port that is refused leaves the others as they were")
def second_port(directory):
    netns.need()
    netns.ip("link add evpl0 type veth peer name evpl1")
    refused(directory, "net_af_packet1,iface=evpl1", "port 1 (net_af_packet1): its frames hold an MTU",
            eal=[f"--vdev=net_af_packet0,iface=evpl0{Jumbo.RINGS}"])
    for link in ("evpl0", "evpl1"):
        check("mtu 1500" in netns.ip(f"link show {link}"), f"{link} has another MTU now")


@case("a driver that takes no such frames: 1")
def tap(directory):
    netns.need_tap()
    h = httpd.Httpd(directory, "net_tap0,iface=evpl2", "--mtu=9000", "--duration=1").end()
    if h.rc == 0:
        raise Skip("this DPDK's net_tap takes them")
    check_equal(h.rc, 1, "exit code")
    check("port 0 (net_tap0): configure: Invalid argument" in h.err, f"not a word of it:\n{h.err}")


netns.enter()
main(__doc__)
