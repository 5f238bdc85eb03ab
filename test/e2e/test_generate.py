#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""txonly and flowgen: every byte of the packets that they write into pcap files.

Packets are built in buffers that were used before. A byte that a mode does not write would be one of an earlier packet.
"""
from frames import ETH_IPV4, UDP, eth, ipv4, udp
from harness import case, check, check_equal, check_frames, main, run_fwd
from oracle import peer_mac
from wires import Wires


def text(address):
    return address.hex(":")


def txonly_frame(wires, port, length=64, peer=None, src="198.18.0.1", dst="198.18.0.2", sport=9, dport=9):
    """UDP without checksum, zero bytes as payload, from the port to its peer."""
    datagram = udp(bytes(length - 42), sport, dport, csum=0)
    packet = ipv4(datagram, UDP, src, dst, ident=0)
    return eth(packet, ETH_IPV4, dst=text(peer or peer_mac(port)), src=text(wires.mac(port)))


def flowgen_frame(flow, length=64):
    """testpmd's flowgen: addresses of its own, --txpkts less FCS, destination addresses counted up."""
    datagram = udp(bytes(length - 4 - 42), 1000, 1001, csum=0)
    dst = "10.253.%d.%d" % (flow >> 8, flow & 255)
    packet = ipv4(datagram, UDP, "10.254.0.0", dst, ident=0)
    return eth(packet, ETH_IPV4, dst="00:01:02:03:04:01", src="00:01:02:03:04:00")


def generate(directory, mode, count, *options, ports=1, lcores=1):
    wires = Wires(directory, [[]] * ports)
    topology = "loop" if ports == 1 else "paired"
    options = [f"--forward-mode={mode}", f"--port-topology={topology}", "--packets", count, "--duration", 30, *options]
    run = run_fwd(directory, wires.vdevs, options, lcores=lcores)
    check_equal(run.total("tx_packets"), count, "packets sent")
    check_equal(run.dropped(), {}, "packets dropped")
    return wires, run


def multi_flow_frame(wires, number, length, lcore):
    """testpmd's --txonly-multi-flow: 256 source addresses, made from the destination and the lcore's number."""
    return txonly_frame(wires, 0, length, src=f"198.18.{number & 255}.{2 + lcore}")


VARIATIONS = {"": [], "_shared": ["--shared"], "_burst1": ["--burst=1"], "_burst512": ["--burst=512"],
              "_small_buffers": ["--buffer-size=2048", "--slab-size=65536"]}


def txonly(directory, length, txpkts, options):
    wires, run = generate(directory, "txonly", 1500, f"--txpkts={txpkts}", *options)
    check_frames(wires.sent(0), [txonly_frame(wires, 0, length)] * 1500, "port 0 sent")
    check_equal(run.total("tx_bytes"), 1500 * length, "bytes sent")


for _name, _options in VARIATIONS.items():
    case(f"generate_txonly{_name}_bytes_exact", 64, "64", _options)(txonly)
    case(f"generate_txonly_1500_bytes{_name}_exact", 1500, "1500", _options)(txonly)
    # Segments that cut through the headers, an odd one, one of a single byte.
    case(f"generate_txonly_five_segments{_name}_bytes_exact", 1014, "14,1,30,69,900", _options)(txonly)
case("generate_txonly_shortest_bytes_exact", 42, "42", [])(txonly)
case("generate_txonly_9000_bytes_exact", 9000, "9000", [])(txonly)
case("generate_txonly_jumbo_of_three_segments_bytes_exact", 9000, "3000,3000,3000", ["--shared"])(txonly)


@case("generate_txonly_addresses_ports_peer")
def txonly_options(directory):
    wires, _ = generate(directory, "txonly", 100, "--tx-ip=192.0.2.7,203.0.113.9", "--tx-udp=1234,65535",
                        "--eth-peer=0,0a:0b:0c:0d:0e:0f")
    frame = txonly_frame(wires, 0, 64, bytes.fromhex("0a0b0c0d0e0f"), "192.0.2.7", "203.0.113.9", 1234, 65535)
    check_frames(wires.sent(0), [frame] * 100, "port 0 sent")


def multi_flow(directory, length, txpkts, options, lcores=1):
    wires, _ = generate(directory, "txonly", 600, "--txonly-multi-flow", f"--txpkts={txpkts}", *options, lcores=lcores)
    check_frames(wires.sent(0), [multi_flow_frame(wires, i, length, lcores - 1) for i in range(600)], "port 0 sent")


case("generate_txonly_multi_flow_addresses_of_testpmd", 64, "64", [])(multi_flow)
case("generate_txonly_multi_flow_second_lcore", 64, "64", [], 2)(multi_flow)
case("generate_txonly_multi_flow_third_lcore", 64, "64", ["--coremask=4"], 3)(multi_flow)
case("generate_txonly_multi_flow_shared_large", 3000, "3000", ["--shared"])(multi_flow)
case("generate_txonly_multi_flow_five_segments", 1014, "14,1,30,69,900", [])(multi_flow)


@case("generate_tx_first_sends_one_burst_of_txonly_before_the_mode")
def tx_first(directory):
    """One per stream, and then only what is received."""
    received = [eth(b"payload" * 10, 0xFFFF)] * 50
    for mode, options, length in (("io", [], 64), ("io", ["--txpkts=20,30,50"], 100), ("tee", ["--burst=8"], 64),
                                  ("icmpecho", ["--txpkts=3000"], 3000)):
        wires = Wires(directory, [received, []])
        run_fwd(directory, wires.vdevs, [f"--forward-mode={mode}", "--tx-first", "--packets=50", "--duration=30",
                                         *options])
        burst = 8 if mode == "tee" else 32
        for port in (0, 1):
            check_frames(wires.sent(port)[:burst], [txonly_frame(wires, port, length)] * burst, f"port {port} sent first")
        check_frames(wires.sent(1)[burst:], [] if mode == "icmpecho" else received, f"{mode}: port 1 sent then")
        check_frames(wires.sent(0)[burst:], [], f"{mode}: port 0 sent then")


@case("generate_tx_first_feeds_a_loop")
def tx_first_loop(directory):
    """What it is for: a burst that goes round for ever."""
    for lcores in (1, 2):
        run = run_fwd(directory, ["net_ring0"], ["--forward-mode=macswap", "--port-topology=loop", "--tx-first",
                                                 "--packets=5000", "--duration=30"], lcores=lcores)
        check_equal(run.total("rx_packets"), 5000, "packets received")
        check_equal(run.total("tx_packets"), 5032, "packets sent")


@case("generate_tx_first_of_a_mode_that_sends_anyway_is_exact")
def tx_first_txonly(directory):
    for mode, frame in (("txonly", lambda wires, i: txonly_frame(wires, 0)), ("flowgen", lambda _, i: flowgen_frame(i))):
        wires, _ = generate(directory, mode, 100, "--tx-first")
        check_frames(wires.sent(0), [frame(wires, i) for i in range(100)], f"{mode}: port 0 sent")


for _option, _lengths in (("--buffer-size=32M", (64, 60000)), ("--slab-size=32K", (64, 32768))):
    for _length in _lengths:
        # The size that was not given follows the other.
        case(f"generate_txonly_{_length}_bytes {_option} alone", _length, str(_length), [_option])(txonly)
# A buffer of 1025 bytes is one of 1088 or more, as the library rounds to whole cache lines.
case("generate_txonly_1088_bytes --buffer-size=1025", 1088, "1088", ["--buffer-size=1025"])(txonly)


def flowgen(directory, length, options):
    wires, _ = generate(directory, "flowgen", 2500, f"--txpkts={length}", *options)
    check_frames(wires.sent(0), [flowgen_frame(i % 1024, length) for i in range(2500)], "port 0 sent")


for _name, _options in VARIATIONS.items():
    case(f"generate_flowgen{_name}_bytes_exact", 64, _options)(flowgen)
    case(f"generate_flowgen_1518_bytes{_name}_exact", 1518, _options)(flowgen)


@case("generate_flowgen_three_flows_in_turn")
def few_flows(directory):
    wires, _ = generate(directory, "flowgen", 100, "--flowgen-flows=3")
    check_frames(wires.sent(0), [flowgen_frame(i % 3) for i in range(100)], "port 0 sent")


@case("generate_flowgen_where_buffers_held_other_bytes")
def used_buffers(directory):
    """Jumbo frames that come in meanwhile are put together in the buffers that packets are made in."""
    wires = Wires(directory, [[eth(b"\xff" * 9000, 0xFFFF)] * 500])
    run_fwd(directory, wires.vdevs, ["--forward-mode=flowgen", "--port-topology=loop", "--packets=3000",
                                     "--txpkts=1500", "--mbuf-size=1024"])
    check_frames(wires.sent(0), [flowgen_frame(i % 1024, 1500) for i in range(3000)], "port 0 sent")


def two_ports(directory, options, lcores):
    """--packets counts both ports' packets together."""
    wires, _ = generate(directory, "txonly", 3001, *options, ports=2, lcores=lcores)
    sent = [wires.sent(0), wires.sent(1)]
    check_equal(len(sent[0]) + len(sent[1]), 3001, "frames sent")
    for port in (0, 1):
        check_equal(set(sent[port]) - {txonly_frame(wires, port)}, set(), f"other frames sent by port {port}")
        check(lcores > 1 or len(sent[port]) > 1000, f"port {port} sent only {len(sent[port])}")


case("generate_txonly_two_ports", [], 1)(two_ports)
case("generate_txonly_two_ports_two_lcores", ["--nb-cores=2"], 3)(two_ports)


if __name__ == "__main__":
    main(__doc__)
