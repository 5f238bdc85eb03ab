#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""evpl-fwd against dpdk-testpmd: both get the same pcap files and the same forward mode, and must write the same files.

The other tests expect what this project understands the modes to mean. Here another program gives the answer. So a
misunderstanding that evpl-fwd and its tests share is found. Frames that the two programs treat differently on purpose
(see oracle.py) are left out.
"""
import os

import testpmd
from frames import ETH_ARP, ICMP, SCTP, corpus
from harness import Skip, case, check, check_equal, check_frames, main, run_fwd
from oracle import MODES, icmp_echo, parse
from wires import Wires, traffic


HOP_BY_HOP = 0


def alike(mode, frame):
    """Whether both programs are to do the same with a frame."""
    at = parse(frame)
    if mode in ("5tswap", "csum") and at.fragment or mode == "csum" and at.proto == SCTP:
        return False
    # testpmd's icmpecho answers requests to groups, as the group, and ARP announcements.
    if mode == "icmpecho" and (at.proto == ICMP or at.ethertype == ETH_ARP) and icmp_echo(frame, bytes(6)) is None:
        return False
    # It knows one VLAN tag and no IP options.
    return not (mode == "icmpecho" and (at.l3 > 18 or at.ethertype and frame[12:14] == b"\x88\xa8" or
                                         at.version == 4 and at.l4 - at.l3 > 20))


def with_sum_of(mode, theirs, ours):
    """testpmd's frame, with evpl-fwd's UDP checksum where testpmd has none.

    evpl-fwd leaves alone what is behind IPv6 extension headers. From DPDK 25.03 on testpmd goes on behind them, and
    calls rte_ipv6_udptcp_cksum_mbuf(), which must not be called for such packets. It takes the IPv6 header's length
    for UDP's, finds too few bytes, and returns 0xffff.
    """
    at = parse(theirs)
    if mode != "csum" or at.version != 6 or theirs[at.l3 + 6] != HOP_BY_HOP:
        return theirs
    field = at.l3 + 40 + 8 * (1 + theirs[at.l3 + 41]) + 6        # of UDP, which the corpus has there
    if theirs[field:field + 2] != b"\xff\xff":
        return theirs
    return theirs[:field] + ours[field:field + 2] + theirs[field + 2:]


def differ(directory, mode):
    testpmd.need()
    outputs = []
    inputs = [[f for f in frames if alike(mode, f)] for frames in (traffic(), corpus())]
    check(sum(map(len, inputs)) > 250, "too few frames left to compare")
    for name in ("evpl", "testpmd"):
        place = os.path.join(directory, name)
        os.mkdir(place)
        wires = Wires(place, inputs)
        if name == "evpl":
            wires.run(f"--forward-mode={mode}")
        else:
            other = testpmd.Testpmd(place, wires.vdevs, [f"--forward-mode={mode}"])
            other.tell("start")
            # testpmd cannot be asked for a number of packets: it is stopped when it has read both files.
            other.ask("show fwd stats all", "RX-packets: %-14d" % wires.total())
            other.stop_forwarding()
            other.quit()
        outputs.append([wires.sent(0), wires.sent(1)])
    for ours, theirs, port in zip(*outputs, (0, 1)):
        theirs[:len(ours)] = [with_sum_of(mode, *frames) for frames in zip(theirs, ours)]
        check_frames(ours, theirs, f"{mode}: port {port} sent, compared with dpdk-testpmd")


for _mode in MODES:
    case(f"testpmd_{_mode}_sends_the_same_bytes", _mode)(differ)


# What is behind them in a packet that testpmd makes is what the mbuf had before.
HEADERS = 42


def headers(frames):
    return [frame[:HEADERS] for frame in frames]


@case("testpmd_tx_first_sends_the_same_burst")
def tx_first(directory):
    testpmd.need()
    outputs = []
    received = [[f for f in corpus() if len(f) > HEADERS][:20], []]
    for name in ("evpl", "testpmd"):
        place = os.path.join(directory, name)
        os.mkdir(place)
        wires = Wires(place, received)
        if name == "evpl":
            wires.run("--forward-mode=io", "--tx-first", lcores=2)
        else:
            other = testpmd.Testpmd(place, wires.vdevs, ["--forward-mode=io"])
            other.tell("start tx_first")
            other.ask("show fwd stats all", "RX-packets: %-14d" % wires.total())
            other.stop_forwarding()
            other.quit()
        outputs.append([headers(wires.sent(0)), headers(wires.sent(1))])
    check_equal([len(frames) for frames in outputs[0]], [32, 32 + 20], "frames sent by each port")
    for port in (0, 1):
        check_frames(outputs[0][port], outputs[1][port], f"port {port} sent, compared with dpdk-testpmd")


@case("testpmd_txonly_multi_flow_sends_the_same_flows")
def multi_flow(directory):
    testpmd.need()
    ours = Wires(directory, [[]])
    run_fwd(directory, ours.vdevs, ["--forward-mode=txonly", "--txonly-multi-flow", "--packets=600"], lcores=2)
    place = os.path.join(directory, "testpmd")
    os.mkdir(place)
    theirs = Wires(place, [[]])
    other = testpmd.Testpmd(place, theirs.vdevs, ["--forward-mode=txonly", "--txonly-multi-flow"])
    other.tell("start")
    testpmd.wait_for_size(theirs.path("out", 0), 1 << 20)
    other.stop_forwarding()
    other.quit()
    frames = theirs.sent(0)[:600]
    if len({frame[34:36] for frame in frames}) > 1:
        raise Skip("this dpdk-testpmd varies the UDP port instead")
    check_frames(headers(ours.sent(0)), headers(frames), "sent, compared with dpdk-testpmd")


if __name__ == "__main__":
    main(__doc__)
