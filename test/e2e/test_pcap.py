#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""evpl-fwd from pcap file to pcap file: the output must be, byte for byte, what the mode makes of the input.

net_pcap writes what is sent to a file. It receives into mbufs of evpl-fwd's own RX pool; a frame that is longer than
one mbuf becomes a chain. So this test finds wrong bytes, wrong order, wrong lengths, and frames that are cut at a
segment's end. Every run reads real traffic on one port, and the frames of frames.corpus() on the other.
"""
from frames import corpus, mac
from harness import case, check_frames, main, run_fwd
from oracle import MODES
from wires import Wires, traffic


def forward(directory, mode, options, lcores):
    """Real traffic into port 0, the corpus into port 1; ports are paired."""
    wires = Wires(directory, [traffic(), corpus()])
    run = wires.run(f"--forward-mode={mode}", *options, lcores=lcores)
    wires.check_forwarded(run, mode, to={0: 1, 1: 0})


# What must not change the bytes: how many packets at a time, who may touch a reference, how many lcores, into how
# many segments a frame falls (192 bytes of buffer less 128 of headroom split headers), how small the library's
# own buffers are.
VARIATIONS = {
    "": ([], 1),
    "_burst1": (["--burst=1"], 1),
    "_burst512": (["--burst=512"], 1),
    "_shared": (["--shared"], 1),
    "_two_lcores": (["--nb-cores=2"], 3),
    "_two_lcores_shared": (["--nb-cores=2", "--shared"], 3),
    "_segments_of_2048": (["--mbuf-size=2176"], 1),
    "_segments_of_64": (["--mbuf-size=192"], 1),
    "_segments_of_64_shared_two_lcores": (["--mbuf-size=192", "--shared", "--nb-cores=2", "--burst=7"], 3),
    "_mbuf_pool": (["--rx-pool=mbuf"], 1),
    "_mbuf_pool_segments_of_64": (["--rx-pool=mbuf", "--mbuf-size=192"], 1),
    "_small_buffers": (["--buffer-size=9216", "--slab-size=65536", "--mbuf-size=256"], 1),
}

for _mode in MODES:
    for _name, (_options, _lcores) in VARIATIONS.items():
        case(f"pcap_{_mode}{_name}_bytes_exact", _mode, _options, _lcores)(forward)


@case("pcap_mac_eth_peer_is_the_destination")
def mac_eth_peer(directory):
    wires = Wires(directory, [traffic(), corpus()])
    run = wires.run("--forward-mode=mac", "--eth-peer=0,02:12:34:56:78:9a", "--eth-peer=1,0e:fe:dc:ba:98:76")
    wires.check_forwarded(run, "mac", to={0: 1, 1: 0}, peers={0: mac("02:12:34:56:78:9a"), 1: mac("0e:fe:dc:ba:98:76")})


@case("pcap_io_chained_three_ports_each_to_the_next")
def chained(directory):
    wires = Wires(directory, [traffic(), corpus(), corpus()[:20]])
    run = wires.run("--port-topology=chained", "--forward-mode=io")
    wires.check_forwarded(run, "io", to={0: 1, 1: 2, 2: 0})


@case("pcap_macswap_loop_back_where_it_came_from")
def loop(directory):
    wires = Wires(directory, [traffic(), corpus()])
    run = wires.run("--port-topology=loop", "--forward-mode=macswap")
    wires.check_forwarded(run, "macswap", to={0: 0, 1: 1})


@case("pcap_mac_paired_odd_port_pairs_with_itself")
def odd(directory):
    wires = Wires(directory, [traffic(), corpus(), corpus()[:20]])
    run = wires.run("--port-topology=paired", "--forward-mode=mac")
    wires.check_forwarded(run, "mac", to={0: 1, 1: 0, 2: 2})


@case("pcap_mac_portmask_leaves_other_ports_alone")
def portmask(directory):
    wires = Wires(directory, [traffic(), corpus(), corpus()[:20]])
    run = wires.run("--portmask=0x5", "--forward-mode=mac", packets=len(traffic()) + 20)
    wires.inputs[1] = [[]]
    wires.check_forwarded(run, "mac", to={0: 2, 1: 1, 2: 0})


@case("pcap_io_two_queues_each_keeps_its_order")
def queues(directory):
    wires = Wires(directory, [[traffic(), corpus()], [corpus()[::-1], traffic()[::-1]]])
    run = wires.run("--rxq=2", "--txq=2", "--nb-cores=2", "--forward-mode=io", lcores=3)
    wires.check_forwarded(run, "io", to={0: 1, 1: 0})


@case("pcap_io_two_lcores_two_queues_four_ports")
def crowd(directory):
    a, b = traffic(), corpus()
    wires = Wires(directory, [[a, b], [b, a], [a[:50], b[:50]], [b[50:], a[50:]]])
    run = wires.run("--rxq=2", "--txq=2", "--nb-cores=2", "--forward-mode=macswap", lcores=3)
    wires.check_forwarded(run, "macswap", to={0: 1, 1: 0, 2: 3, 3: 2})


@case("pcap_io_thousands_of_frames_recycle_every_buffer")
def many(directory):
    """Far more frames than the receive pool has mbufs, so that each is used again and again."""
    a, b = traffic() * 60, corpus() * 120
    wires = Wires(directory, [a, b])
    run = wires.run("--forward-mode=io", "--total-num-mbufs=1024")
    wires.check_forwarded(run, "io", to={0: 1, 1: 0})


@case("pcap_packets_stops_after_exactly_1", 1)
@case("pcap_packets_stops_after_exactly_31", 31)
@case("pcap_packets_stops_after_exactly_33", 33)
def packets(directory, count):
    """The frames behind the N-th stay in the file."""
    wires = Wires(directory, [corpus(), []])
    wires.run("--forward-mode=io", packets=count)
    check_frames(wires.sent(1), corpus()[:count], f"frames sent of --packets {count}")


@case("pcap_io_nothing_in_nothing_out")
def nothing(directory):
    wires = Wires(directory, [[], []])
    run = run_fwd(directory, wires.vdevs, ["--forward-mode=io", "--duration=1"])
    wires.check_forwarded(run, "io", to={0: 1, 1: 0})


if __name__ == "__main__":
    main(__doc__)
