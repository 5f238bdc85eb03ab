# SPDX-License-Identifier: BSD-3-Clause
"""IPv6 hosts on a packet socket. They ask for the server's address, answer when the server asks for theirs, and send
SYNs."""
import socket
import struct

from httpd import SERVER6
from rawtcp import MAC, SYN, RawTcp, checksum

IPV6, ICMPV6 = 0x86dd, 58
SOLICITATION, ADVERTISEMENT = 135, 136
SERVER = socket.inet_pton(socket.AF_INET6, SERVER6)


class RawHosts6(RawTcp):
    """Any number of addresses; `asked` counts solicitations to a group, for hosts whose MAC the server does not
    know."""

    def __init__(self, link, addresses):
        super().__init__(link)
        self.addresses6 = set(addresses)
        self.asked = 0

    def send6(self, source, kind, body, at):
        """A packet; its checksum goes into the body there."""
        pseudo = source + SERVER + struct.pack("!II", len(body), kind)
        body = body[:at] + struct.pack("!H", checksum(pseudo + body)) + body[at + 2:]
        self.socket.send(self.server_mac + MAC + struct.pack("!HIHBB", IPV6, 6 << 28, len(body), kind, 255) + source
                         + SERVER + body)

    def solicit(self, source):
        """Asks for the server's MAC, and so tells its own."""
        self.send6(source, ICMPV6, struct.pack("!BBHI", SOLICITATION, 0, 0, 0) + SERVER + b"\1\1" + MAC, 2)

    def segment(self, source, flags, seq=1000, ack=0):
        tcp = struct.pack("!HHIIBBHHH", 20000, 80, seq, ack, 5 << 4, flags, 65535, 0, 0)
        self.send6(source, socket.IPPROTO_TCP, tcp, 16)

    def packets(self, until):
        """What the server sends to our addresses up to that time, as (kind, destination, bytes behind the header)."""
        for kind, packet in self.frames(until):
            if kind != IPV6:
                continue
            target, body = packet[24:40], packet[40:]
            if packet[6] == ICMPV6 and body[0] == SOLICITATION and body[8:24] in self.addresses6:
                self.asked += target[0] == 0xff
                answer = struct.pack("!BBHI", ADVERTISEMENT, 0, 0, 3 << 29) + body[8:24] + b"\2\1" + MAC
                self.send6(body[8:24], ICMPV6, answer, 2)
            elif target in self.addresses6:
                yield packet[6], target, body
