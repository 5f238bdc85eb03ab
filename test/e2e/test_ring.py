#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""evpl-fwd over net_ring: the very mbufs it sends come back to it, on any lcore, and nothing is copied in between.

A ring port delivers the mbufs that were sent, and frees none. So packets that are attached to a buffer become iovecs
again, are sent again, and end on another lcore than the one they began on. Packets that are still in the ring when
evpl-fwd stops must be taken out, or their buffers are lost.
"""
from frames import corpus, udp_frame
from harness import Fwd, case, check, check_equal, check_frames, main, run_fwd
from oracle import peer_mac, transform
from wires import Wires, traffic

RING_SLOTS = 1023


def through_ring(directory, mode, *options, lcores=1, frames=None):
    """pcap -> ring -> pcap: port 0 to the ring of port 1, and from there to port 2, as the chain of ports goes."""
    frames = frames or traffic() + corpus()
    wires = Wires(directory, [frames, [], []])
    wires.vdevs[1] = "net_ring1"
    run = run_fwd(directory, wires.vdevs, [f"--forward-mode={mode}", "--port-topology=chained",
                                           "--packets", 2 * len(frames), "--duration", 30, *options], lcores=lcores)
    check_equal(run.total("rx_packets"), 2 * len(frames), "packets received")
    # The ring port's own address is not known, but the second hop writes over what the first wrote of it; net_pcap
    # counts its ports by itself, so port 2 is its second.
    want = [transform(mode, transform(mode, f, bytes(6), peer_mac(1)), wires.mac(1), peer_mac(2)) for f in frames]
    check_frames(wires.sent(2), want, f"{mode}: port 2 sent")


for _mode in ("io", "mac", "macswap", "5tswap", "csum"):
    case(f"ring_{_mode}_sent_twice_bytes_exact", _mode)(through_ring)
    case(f"ring_{_mode}_shared_segments_of_64_bytes_exact", _mode, "--shared", "--mbuf-size=192")(through_ring)


@case("ring_io_handed_from_lcore_to_lcore")
def hand_over(directory):
    """Received on one lcore, sent into the ring, received and freed on another."""
    for options in ([], ["--shared"]):
        frames = [udp_frame(60 + i % 1400, i) for i in range(RING_SLOTS)]
        through_ring(directory, "io", "--nb-cores=3", *options, lcores=4, frames=frames)


@case("ring_tee_clone_in_the_ring_while_its_bytes_are_sent")
def tee(directory):
    """Port 2 gets every frame twice: from port 0, and from the ring, which holds a clone meanwhile."""
    frames = traffic() + corpus()
    wires = Wires(directory, [frames, [], []])
    wires.vdevs[1] = "net_ring1"
    run = run_fwd(directory, wires.vdevs, ["--forward-mode=tee", "--packets", 2 * len(frames), "--duration", 30])
    check_equal(run.total("rx_packets"), 2 * len(frames), "packets received")
    check_frames(wires.sent(0), frames, "port 0 sent")
    check_equal(sorted(wires.sent(2)), sorted(frames + frames), "frames sent by port 2")


@case("ring_flowgen_receives_what_it_sent")
def flowgen(directory):
    run = run_fwd(directory, ["net_ring0"], ["--forward-mode=flowgen", "--port-topology=loop", "--packets=100000"])
    check_equal(run.total("tx_packets"), 100000, "packets sent")
    left = 100000 - run.total("rx_packets")
    check(0 <= left <= RING_SLOTS, f"{left} packets neither received nor in the ring")


@case("ring_flowgen_two_ports_on_the_same_rings_two_lcores")
def shared_rings(directory):
    """What either port sends, either receives: both lcores free what the other allocated."""
    vdevs = ["net_ring0,nodeaction=R0:0:CREATE", "net_ring1,nodeaction=R0:0:ATTACH"]
    for options in ([], ["--shared"]):
        run = run_fwd(directory, vdevs, ["--forward-mode=flowgen", "--nb-cores=2", "--packets=200000", *options],
                      lcores=3)
        check_equal(run.total("tx_packets"), 200000, "packets sent")


def until_dropped(directory, *options):
    """txonly into a ring that nobody reads, until it could not send a packet."""
    run = Fwd(directory, ["net_ring0"],
              ["--forward-mode=txonly", "--port-topology=loop", "--stats-period=0.1", *options])
    run.wait_dropped()
    return run.stop().clean()


@case("ring_txonly_full_ring_drops_and_loses_nothing")
def full(directory):
    run = until_dropped(directory)
    check_equal(run.total("tx_packets"), RING_SLOTS, "packets sent")
    check(list(run.dropped()) == ["tx_full"], f"drops: {run.dropped()}")


@case("ring_txonly_packets_left_in_the_ring_come_home")
def left(directory):
    run = run_fwd(directory, ["net_ring0"], ["--forward-mode=txonly", "--port-topology=loop", "--packets=700",
                                             "--shared", "--txpkts=20,300,1000"])
    check_equal(run.total("tx_packets"), 700, "packets sent")


@case("ring_txonly_more_tx_than_rx_queues_come_home", "txonly")
@case("ring_flowgen_more_tx_than_rx_queues_come_home", "flowgen")
def more_tx_queues(directory, mode):
    """A ring for every queue that is sent to, of which --rxq alone would empty one."""
    for vdevs in (["net_ring0"], ["net_ring0", "net_ring1"]):
        run = run_fwd(directory, vdevs, [f"--forward-mode={mode}", "--rxq=1", "--txq=3", "--packets=1000"])
        check_equal(run.total("tx_packets"), 1000, "packets sent")


@case("ring_txonly_one_slab_runs_out_of_buffers_and_recovers_them")
def exhausted(directory):
    """Packets of two segments that nobody takes from the ring hold more than one slab's buffers."""
    run = until_dropped(directory, "--txpkts=1500,1500", "--max-slabs=1", "--slab-size=262144", "--buffer-size=4096")
    sent = run.total("tx_packets")
    check(0 < sent <= 64, f"{sent} packets sent, of 64 buffers that hold two segments each")
    check(run.dropped()["no_memory"] > 0, f"drops: {run.dropped()}")


@case("ring_txonly_pool_runs_out_of_mbufs_and_recovers_them", "slab")
@case("ring_txonly_plain_pool_runs_out_of_mbufs_and_recovers_them", "mbuf")
def exhausted_pool(directory, pool):
    """Packets of one segment are mbufs of the RX pool from the start."""
    run = until_dropped(directory, "--txpkts=1500", f"--rx-pool={pool}", "--total-num-mbufs=300")
    sent = run.total("tx_packets")
    check(0 < sent <= 300, f"{sent} packets sent, of 300 mbufs")
    check(run.dropped()["no_memory"] > 0, f"drops: {run.dropped()}")


if __name__ == "__main__":
    main(__doc__)
