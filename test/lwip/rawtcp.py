# SPDX-License-Identifier: BSD-3-Clause
"""TCP segments that no kernel would send, on a packet socket: half-open connections, and bytes out of order."""
import os
import socket
import struct
import time

from harness import TIMEOUT
from httpd import SERVER

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
MAC = bytes.fromhex("02aabbccdd77")
ARP, IPV4 = 0x0806, 0x0800
ALL = b"\xff" * 6
ETH_P_ALL = 3
AT_ONCE = 50    # frames that a device has room for


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data[:len(data) & ~1])) + (data[-1] << 8 if len(data) % 2 else 0)
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


class RawTcp:
    """A host with any number of addresses, each of which answers to ARP; the kernel's own stack knows of none."""

    def __init__(self, link, address="198.18.0.77"):
        self.addresses = {socket.inet_aton(address)}
        self.address = socket.inet_aton(address)
        self.server = socket.inet_aton(SERVER)
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.socket.bind((link, 0))
        self.socket.settimeout(0.2)
        self.server_mac = ALL
        self.server_mac = self.find()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def arp(self, operation, sender, mac):
        body = struct.pack("!HHBBH", 1, IPV4, 6, 4, operation) + MAC + sender + mac + self.server
        self.socket.send(mac + MAC + struct.pack("!H", ARP) + body)

    def frames(self, until):
        """What the server sends to us up to that time, as (kind, frame behind the Ethernet header); ARP is answered."""
        while time.monotonic() < until:
            try:
                frame, where = self.socket.recvfrom(4096)
            except TimeoutError:
                continue
            if where[2] == socket.PACKET_OUTGOING:
                continue
            kind, body = struct.unpack("!H", frame[12:14])[0], frame[14:]
            if kind == ARP and body[7] == 1 and body[24:28] in self.addresses:
                self.arp(2, body[24:28], body[8:14])
            yield kind, body

    def find(self):
        end = time.monotonic() + TIMEOUT
        while time.monotonic() < end:
            self.arp(1, self.address, ALL)
            for kind, body in self.frames(time.monotonic() + 1):
                if kind == ARP and body[7] == 2 and body[14:18] == self.server:
                    return body[8:14]
        raise AssertionError("the server does not answer to ARP")

    def send_all(self, segments, **kw):
        """One after the other, no faster than the server takes them: a device's queue that is full loses some."""
        for i, segment in enumerate(segments):
            if i % AT_ONCE == 0:
                self.find()
            self.send(*segment, **kw)

    def packet(self, port, to, seq, ack, flags, data=b"", address=None, window=65535, options=b""):
        """One segment from our port to the server's port `to`, with its IP header."""
        source = self.address if address is None else address
        tcp = struct.pack("!HHIIBBHHH", port, to, seq % (1 << 32), ack % (1 << 32), 5 + len(options) // 4 << 4, flags,
                          window, 0, 0) + options + data
        pseudo = source + self.server + struct.pack("!BBH", 0, socket.IPPROTO_TCP, len(tcp))
        tcp = tcp[:16] + struct.pack("!H", checksum(pseudo + tcp)) + tcp[18:]
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 1, 0, 64, socket.IPPROTO_TCP, 0, source, self.server)
        return self.summed(ip + tcp)

    @staticmethod
    def summed(packet):
        """With the right checksum of its IP header, however long that is."""
        packet = packet[:10] + b"\0\0" + packet[12:]
        header = packet[:(packet[0] & 15) * 4] if packet else b""
        return packet[:10] + struct.pack("!H", checksum(header)) + packet[12:]

    def send(self, *segment, **kw):
        """The packet of that segment."""
        self.socket.send(self.server_mac + MAC + struct.pack("!H", IPV4) + self.packet(*segment, **kw))

    def data(self, seconds):
        """TCP segments that come, as (address, port, sequence number, acknowledged, flags, bytes of data)."""
        for kind, body in self.frames(time.monotonic() + seconds):
            if kind == IPV4 and body[9] == socket.IPPROTO_TCP and body[16:20] in self.addresses:
                port, seq, ack = struct.unpack("!HII", body[22:32])
                length = struct.unpack("!H", body[2:4])[0] - 20 - (body[32] >> 4) * 4
                yield body[16:20], port, seq, ack, body[33], length

    def segments(self, seconds):
        """The same without their lengths."""
        for segment in self.data(seconds):
            yield segment[:5]

    def open(self, port, to, window=65535, options=b""):
        """A connection; the next sequence number that each side expects: ours is 1001."""
        self.send(port, to, 1000, 0, SYN, window=window, options=options)
        for _, got, seq, _, flags in self.segments(TIMEOUT):
            if got == port and flags & SYN:
                self.send(port, to, 1001, seq + 1, ACK, window=window)
                return 1001, seq + 1
        raise AssertionError(f"no SYN of the server for port {port}")

    def flood(self, to, addresses, ports):
        """A SYN from each port of each address, whose connections nobody goes on with."""
        for last in addresses:
            self.addresses.add(socket.inet_aton(f"198.18.0.{last}"))
        for address in sorted(self.addresses - {self.address}):
            for port in ports:
                self.send(port, to, int.from_bytes(os.urandom(4), "big"), 0, SYN, address=address)
