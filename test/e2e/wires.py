# SPDX-License-Identifier: BSD-3-Clause
"""Ports made of pcap files: the frames that each port receives, and the frames that each port must have sent."""
import os

from frames import mac, read_pcap, write_pcap
from harness import ROOT, check_equal, check_frames, run_fwd
from oracle import expect, malformed, peer_mac

TRAFFIC = os.path.join(ROOT, "test", "data", "traffic.pcap")


def traffic():
    """Real traffic: TCP, UDP, ICMP, ARP, IPv6, VLAN, fragments, jumbo frames."""
    return read_pcap(TRAFFIC)


class Wires:
    """net_pcap ports 0, 1, …: queue q of port p reads inputs[p][q] and writes a file of its own.

    inputs is one list of frames per port, or one list of such lists per port with more queues than one.
    """

    def __init__(self, directory, inputs):
        self.directory = directory
        self.inputs = [i if i and isinstance(i[0], list) else [i] for i in inputs]
        self.vdevs = []
        for port, queues in enumerate(self.inputs):
            vdev = f"net_pcap{port}"
            for queue, frames in enumerate(queues):
                write_pcap(self.path("in", port, queue), frames)
                vdev += f",rx_pcap={self.path('in', port, queue)},tx_pcap={self.path('out', port, queue)}"
            self.vdevs.append(vdev)

    def path(self, way, port, queue=0):
        return os.path.join(self.directory, f"{way}-{port}-{queue}.pcap")

    def mac(self, port):
        """The address net_pcap gives itself: 02:'p':'c':'a':'p':index."""
        return mac("02:70:63:61:70:%02x" % port)

    def total(self):
        return sum(len(frames) for queues in self.inputs for frames in queues)

    def sent(self, port, queue=0):
        return read_pcap(self.path("out", port, queue))

    def run(self, *options, lcores=1, packets=None):
        """evpl-fwd until every frame was received; clean, and everything received."""
        packets = self.total() if packets is None else packets
        run = run_fwd(self.directory, self.vdevs, [*options, "--packets", packets, "--duration", 30], lcores=lcores)
        check_equal(run.total("rx_packets"), packets, "packets received")
        return run

    def check_forwarded(self, run, mode, to, peers=None):
        """What came in on port p, as the mode makes it, must have left port to[p], and nothing else; counts are exact.

        icmpecho answers on the port where the question came in, whatever `to` says.
        """
        want = {(port, queue): [] for port, queues in enumerate(self.inputs) for queue in range(len(queues))}
        for port, queues in enumerate(self.inputs):
            out = port if mode == "icmpecho" else to[port]
            peer = (peers or {}).get(out) or peer_mac(out)
            for queue, frames in enumerate(queues):
                want[out, queue] += expect(mode, frames, self.mac(out), peer)
        for (port, queue), frames in want.items():
            check_frames(self.sent(port, queue), frames, f"{mode}: port {port} queue {queue} sent")
        everything = [frame for queues in self.inputs for frames in queues for frame in frames]
        sent = [frame for frames in want.values() for frame in frames]
        check_equal(run.total("rx_bytes"), sum(map(len, everything)), "bytes received")
        check_equal(run.total("tx_packets"), len(sent), "packets sent")
        check_equal(run.total("tx_bytes"), sum(map(len, sent)), "bytes sent")
        check_equal(run.total("malformed"), sum(malformed(mode, f) for f in everything), "packets counted as malformed")
        # What came in and did not go out was either used up, as the mode wants it, or is counted as malformed.
        unsendable = sum(not f or mode == "icmpecho" and malformed(mode, f) for f in everything)
        unsendable = 0 if mode == "rxonly" else unsendable
        check_equal(run.dropped(), {"malformed": unsendable} if unsendable else {}, "packets dropped")
        check_equal(run.total("consumed"), len(everything) - len(sent) - unsendable, "packets used up")
