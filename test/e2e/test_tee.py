#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""tee: every packet is sent through every other port, and all ports share the same bytes.

Each packet that is sent is a clone of the iovec. Frames would differ if the first port's driver freed the bytes before
the second port has sent them, or if two receives got the same buffer. A buffer would be lost if a reference were kept.
"""
from frames import corpus, udp_frame
from harness import case, check, check_equal, check_frames, main, run_fwd
from wires import Wires, traffic


def one_source(directory, ports, *options):
    """Everything comes in on port 0."""
    frames = traffic() + corpus()
    wires = Wires(directory, [frames] + [[]] * (ports - 1))
    run = wires.run("--forward-mode=tee", *options)
    for port in range(1, ports):
        check_frames(wires.sent(port), frames, f"port {port} sent")
    check_equal(wires.sent(0), [], "frames sent to where they came from")
    check_equal(run.total("tx_packets"), (ports - 1) * len(frames), "packets sent")


def all_sources(directory, ports, *options, queues=1, lcores=1):
    """Frames come in everywhere at once, each telling by its bytes where from; several times what the pool holds."""
    sources = [[[udp_frame(60 + (i * 13 + port) % 1400, 10000 * port + 2000 * queue + i) for i in range(1500)]
                for queue in range(queues)] for port in range(ports)]
    wires = Wires(directory, sources)
    run = wires.run("--forward-mode=tee", f"--rxq={queues}", f"--txq={queues}", *options, lcores=lcores)
    for port in range(ports):
        for queue in range(queues):
            got = wires.sent(port, queue)
            for source in range(ports):
                mine = set(sources[source][queue])
                want = sources[source][queue] if source != port else []
                check_frames([f for f in got if f in mine], want, f"port {port} queue {queue} sent of port {source}'s")
            check_equal(len(got), (ports - 1) * 1500, f"frames sent by port {port} queue {queue}")
    check_equal(run.total("tx_packets"), (ports - 1) * wires.total(), "packets sent")


for _ports in (2, 3, 4):
    for _name, _options in {"": [], "_shared": ["--shared"], "_burst512": ["--burst=512"],
                            "_segments_of_64": ["--mbuf-size=192"], "_mbuf_pool": ["--rx-pool=mbuf"]}.items():
        case(f"tee_{_ports}_ports{_name}_each_gets_every_frame", _ports, *_options)(one_source)

case("tee_4_ports_all_receiving", 4)(all_sources)
case("tee_4_ports_all_receiving_shared_burst_7", 4, "--shared", "--burst=7")(all_sources)


@case("tee_packet_mbufs_for_every_clone_in_flight")
def budget(directory):
    """A clone takes a packet mbuf, and of an mbuf with its own data a second one, as long as a TX ring holds it."""
    for pool, each in (("slab", 1), ("mbuf", 2)):
        run = run_fwd(directory, ["net_null0", "net_null1"], ["--forward-mode=tee", "--txd=8192", "--packets=1000",
                                                              f"--rx-pool={pool}", "--total-num-mbufs=4096"])
        got = run.report["memory"]["packet_mbufs"]
        check(got >= each * 2 * 8192, f"--rx-pool={pool}: {got} packet mbufs for two TX rings of 8192")


@case("tee_3_ports_two_queues_on_two_lcores")
def two_lcores(directory):
    all_sources(directory, 3, "--nb-cores=2", queues=2, lcores=3)


if __name__ == "__main__":
    main(__doc__)
