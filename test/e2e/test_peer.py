#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""evpl-fwd and dpdk-testpmd in two processes, joined by shared memory: memif, and vhost-user with virtio_user.

virtio_user behaves more like hardware than the other virtual ports: it posts RX mbufs in advance, and it frees sent
mbufs late, in a later burst or when the port closes. memif takes chains apart and puts them together. testpmd reads the
frames from a pcap file, sends them to evpl-fwd, and writes what evpl-fwd sends back to another file.
"""
import functools
import os
import tempfile

import testpmd
from frames import corpus, ones_sum, read_pcap, write_pcap
from harness import Fwd, Skip, case, check, check_equal, check_frames, main
from oracle import expect, peer_mac
from wires import traffic

WIRES = {
    # name: (testpmd's device, evpl-fwd's device); testpmd listens, and starts first. The rings hold all frames at once.
    "memif": ("net_memif0,role=server,id=0,socket-abstract=no,socket={0}/wire",
              "net_memif0,role=client,id=0,socket-abstract=no,socket={0}/wire"),
    "virtio_user": ("net_vhost0,iface={0}/wire", "net_virtio_user0,path={0}/wire,queues=1,queue_size=1024"),
    "virtio_user_packed": ("net_vhost0,iface={0}/wire",
                           "net_virtio_user0,path={0}/wire,queues=1,queue_size=1024,"
                           "packed_vq=1,mrg_rxbuf=0,in_order=0"),
}


class Link:
    """testpmd on one end, with a pcap file to read from and one to write to, and evpl-fwd on the other."""

    def __init__(self, directory, wire, frames, options):
        testpmd.need()
        theirs, ours = (text.format(directory) for text in WIRES[wire])
        self.out = f"{directory}/out.pcap"
        write_pcap(f"{directory}/in.pcap", frames)
        files = f"net_pcap0,rx_pcap={directory}/in.pcap,tx_pcap={self.out}"
        self.peer = testpmd.Testpmd(directory, [files, theirs], [])
        # It must wait for evpl-fwd, not drop: the ring is full where a frame takes many small mbufs.
        self.peer.set_mode("io", "retry")
        self.peer.tell("set burst tx delay 100 retry 100000")
        # virtio takes two descriptors per packet it sends: 512 packets fit, which is more than there are.
        descriptors = ["--rxd=1024", "--txd=1024"] if "virtio" in wire else []
        self.fwd = Fwd(directory, [ours], ["--port-topology=loop", *descriptors, *options])
        self.peer.ask("show port info 1", "Link status: up", self.fwd)
        self.peer.tell("start")

    def end(self, size):
        """What arrived, when it is that many bytes. testpmd stops first: its drivers cannot lose a peer in a burst."""
        testpmd.wait_for_size(self.out, size)
        self.peer.stop_forwarding()
        self.fwd.stop().clean()
        self.peer.quit()
        return read_pcap(self.out)


MEMIF_GOOD = 4096   # bytes: memif of DPDK 24.11 changes what comes behind, or crashes


@functools.cache
def memif_is_broken():
    """Whether memif of this DPDK changes a long frame from testpmd to testpmd, where no evpl-fwd is."""
    with tempfile.TemporaryDirectory(prefix="evpl-e2e-") as directory:
        return pass_by_memif(directory)


def pass_by_memif(directory):
    """Sends a long frame, and returns whether it came out different, or a testpmd crashed."""
    sent = [bytes(i * 7 % 251 for i in range(2 * MEMIF_GOOD))]
    sides = []
    for number, role in enumerate(("server", "client")):
        place = f"{directory}/memif-{role}"
        os.mkdir(place)
        write_pcap(f"{place}/in.pcap", sent if role == "server" else [])
        sides.append(testpmd.Testpmd(place, [
            f"net_pcap0,rx_pcap={place}/in.pcap,tx_pcap={place}/out.pcap",
            f"net_memif0,role={role},id=0,socket-abstract=no,socket={directory}/memif-wire"], []))
        if role == "server":
            sides[number].set_mode("io", "retry")
    for side in sides:
        side.ask("show port info 1", "Link status: up")
    for side in reversed(sides):
        side.tell("start")
    out = f"{directory}/memif-client/out.pcap"
    testpmd.wait_for_size(out, testpmd.pcap_size(sent), lambda: all(side.child.poll() is None for side in sides))
    if any(side.child.poll() is not None for side in sides):
        return True
    for side in sides:
        side.stop_forwarding()
    for side in sides:
        side.quit()
    got = read_pcap(out)
    return len(got) > 0 and got != sent


def echo(directory, wire, mode, *options):
    """evpl-fwd sends every frame back over the wire it came by, as the mode makes it."""
    testpmd.need()
    frames = [f for f in traffic() + corpus() if len(f) <= 1518 or "packed" not in wire]
    broken = wire == "memif" and memif_is_broken()
    if broken:
        frames = [f for f in frames if len(f) <= MEMIF_GOOD]
    link = Link(directory, wire, frames, [f"--forward-mode={mode}", *options])
    got = link.end(testpmd.pcap_size(frames))
    # csum puts the port's own address into the frames, which is random here: it is taken from the first.
    own = got[0][6:12] if got else b""
    want = expect(mode, frames, own, peer_mac(0))
    check_frames(got, want, f"{wire}: back from evpl-fwd {mode}")
    check_equal(link.fwd.total("rx_packets"), len(frames), "packets received")
    check_equal(link.fwd.total("tx_packets"), len(want), "packets sent")
    check_equal(link.fwd.dropped(), {}, "packets dropped")
    if broken:
        raise Skip(f"frames over {MEMIF_GOOD} bytes: memif of this DPDK changes them from testpmd to testpmd, too. "
                   "All others came back exact")


def generated(directory, wire, mode, *options):
    """What evpl-fwd makes out of its own buffers arrives in order, while the driver still holds many of them."""
    count = 10000
    link = Link(directory, wire, [], [f"--forward-mode={mode}", *options])
    got = link.end(24 + count * (16 + 1500))
    check(count <= len(got) <= link.fwd.total("tx_packets"), f"{len(got)} frames arrived")
    # What found no room was made again, so that nothing is missing.
    check(set(link.fwd.dropped()) <= {"tx_full"}, f"drops: {link.fwd.dropped()}")
    for i, frame in enumerate(got):
        last = 0x0AFD0000 + i % 1024 if mode == "flowgen" else 0xC6120002
        length = 1496 if mode == "flowgen" else 1500
        check(len(frame) == length and int.from_bytes(frame[30:34], "big") == last and
              ones_sum(frame[14:34]) == 0xFFFF and not any(frame[42:]), f"frame {i} arrived different: {frame.hex()}")


for _wire in ("memif", "virtio_user"):
    for _mode in ("macswap", "5tswap", "csum"):
        case(f"peer_{_wire}_{_mode}_comes_back_exact", _wire, _mode)(echo)
        case(f"peer_{_wire}_{_mode}_shared_segments_of_128_comes_back_exact", _wire, _mode,
             "--shared", "--mbuf-size=256", "--mtu=1500")(echo)
    case(f"peer_{_wire}_flowgen_arrives_in_order", _wire, "flowgen", "--txpkts=1500")(generated)
    case(f"peer_{_wire}_txonly_segments_arrive", _wire, "txonly", "--txpkts=42,500,958", "--shared")(generated)
# A packed ring without mergeable buffers: frames have to fit one mbuf there.
case("peer_virtio_user_packed_5tswap_comes_back_exact", "virtio_user_packed", "5tswap")(echo)


if __name__ == "__main__":
    main(__doc__)
