#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""usage: census.py FILE

Counts the frames of a pcap by kind, and verifies every IPv4, TCP, UDP, ICMP and ICMPv6 checksum. Checksums of
fragmented packets are verified after reassembly. Prints a table. Exits 1 if a checksum is wrong, or if a kind is
missing that test/data/traffic.pcap must have.
"""
import collections
import struct
import sys

MUST = ['ARP', 'VLAN', 'QinQ', 'IPv4', 'IPv4 options', 'IPv4 fragment', 'IPv6', 'IPv6 fragment', 'TCP SYN', 'TCP FIN',
        'TCP RST', 'TCP over IPv4', 'TCP over IPv6', 'UDP over IPv4', 'UDP over IPv6', 'UDP without checksum',
         'ICMP echo', 'ICMP unreachable',
        'ICMPv6 echo', 'ICMPv6 neighbour discovery', 'ICMPv6 unreachable', 'jumbo (over 1518 bytes)', 'jumbo TCP']


def frames(path):
    """The frames of a pcap file (either byte order, micro- or nanoseconds)."""
    with open(path, 'rb') as f:
        data = f.read()
    order = {b'\xd4\xc3\xb2\xa1': '<', b'\x4d\x3c\xb2\xa1': '<',
             b'\xa1\xb2\xc3\xd4': '>', b'\xa1\xb2\x3c\x4d': '>'}[data[:4]]
    if struct.unpack(order + 'I', data[20:24])[0] != 1:
        sys.exit(f'{path}: link type is not Ethernet')
    at = 24
    while at < len(data):
        size, wire = struct.unpack(order + 'II', data[at + 8:at + 16])
        if size != wire:
            sys.exit(f'{path}: a frame of {wire} bytes was cut to {size}')
        yield data[at + 16:at + 16 + size]
        at += 16 + size


def checksum(data):
    """The Internet checksum; 0 over data that includes a true one."""
    if len(data) % 2:
        data += b'\0'
    total = sum(struct.unpack(f'>{len(data) // 2}H', data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total ^ 0xffff


class Census:
    def __init__(self):
        self.counts = collections.Counter()
        self.verified = collections.Counter()
        self.false = []
        self.parts = collections.defaultdict(dict)
        self.number = 0

    def kind(self, *names):
        for name in names:
            self.counts[name] += 1

    def verify(self, what, data):
        self.verified[what] += 1
        if checksum(data) != 0:
            self.false.append(f'frame {self.number}: false {what} checksum')

    def frame(self, frame):
        self.number += 1
        self.size = len(frame)
        self.kind('all')
        if self.size > 1518:
            self.kind('jumbo (over 1518 bytes)')
        ethertype, rest = struct.unpack('>H', frame[12:14])[0], frame[14:]
        tags = 0
        while ethertype in (0x8100, 0x88a8):
            ethertype, rest, tags = struct.unpack('>H', rest[2:4])[0], rest[4:], tags + 1
        if tags:
            self.kind('VLAN' if tags == 1 else 'QinQ')
        {0x0806: self.arp, 0x0800: self.ipv4, 0x86dd: self.ipv6}.get(ethertype, lambda _: self.kind('other'))(rest)

    def arp(self, _):
        self.kind('ARP')

    def ipv4(self, data):
        self.kind('IPv4')
        head = (data[0] & 15) * 4
        total, ident, fragment = struct.unpack('>HHH', data[2:8])
        self.verify('IPv4 header', data[:head])
        if head > 20:
            self.kind('IPv4 options')
        body = data[head:total]
        protocol, addresses = data[9], data[12:20]
        if fragment & 0x3fff:
            self.kind('IPv4 fragment')
            body = self.reassemble((addresses, ident, protocol), (fragment & 0x1fff) * 8, fragment & 0x2000, body)
        if body is not None:
            self.transport(4, protocol, addresses, body)

    def ipv6(self, data):
        self.kind('IPv6')
        length, protocol = struct.unpack('>HB', data[4:7])
        addresses, body = data[8:40], data[40:40 + length]
        while protocol in (0, 43, 60):
            protocol, body = body[0], body[8 + body[1] * 8:]
        if protocol == 44:
            self.kind('IPv6 fragment')
            protocol, _, offset, ident = struct.unpack('>BBHI', body[:8])
            body = self.reassemble((addresses, ident, protocol), offset & 0xfff8, offset & 1, body[8:])
        if body is not None:
            self.transport(6, protocol, addresses, body)

    def reassemble(self, key, offset, more, body):
        parts = self.parts[key]
        parts[offset] = (body, more)
        whole, at = b'', 0
        while at in parts:
            whole += parts[at][0]
            if not parts[at][1]:
                del self.parts[key]
                return whole
            at = len(whole)
        return None

    def transport(self, version, protocol, addresses, body):
        pseudo = addresses + (struct.pack('>BBH', 0, protocol, len(body)) if version == 4 else
                              struct.pack('>II', len(body), protocol))
        over = f' over IPv{version}'
        if protocol == 6:
            self.kind('TCP' + over)
            for name, bit in (('SYN', 2), ('FIN', 1), ('RST', 4)):
                if body[13] & bit:
                    self.kind('TCP ' + name)
            if self.size > 1518:
                self.kind('jumbo TCP')
            self.verify('TCP' + over, pseudo + body)
        elif protocol == 17:
            self.kind('UDP' + over)
            if body[6:8] == b'\0\0':
                self.kind('UDP without checksum')
            else:
                self.verify('UDP' + over, pseudo + body)
        elif protocol == 1 and version == 4:
            self.kind({0: 'ICMP echo', 8: 'ICMP echo', 3: 'ICMP unreachable'}.get(body[0], 'ICMP other'))
            self.verify('ICMP', body)
        elif protocol == 58 and version == 6:
            names = {1: 'unreachable', 128: 'echo', 129: 'echo', 133: 'neighbour discovery', 134: 'neighbour discovery',
                     135: 'neighbour discovery', 136: 'neighbour discovery', 143: 'multicast listener'}
            self.kind('ICMPv6 ' + names.get(body[0], 'other'))
            self.verify('ICMPv6', pseudo + body)
        else:
            self.kind('other')


def main():
    if len(sys.argv) != 2 or sys.argv[1] in ('-h', '--help'):
        print(__doc__.strip())
        sys.exit(0 if len(sys.argv) == 2 else 2)
    census = Census()
    for frame in frames(sys.argv[1]):
        census.frame(frame)
    print('| kind | frames |\n|---|---|')
    for name in ['all'] + sorted(set(census.counts) - {'all'}):
        print(f'| {name} | {census.counts[name]} |')
    print('\n| checksum | verified |\n|---|---|')
    for name in sorted(census.verified):
        print(f'| {name} | {census.verified[name]} |')
    faults = census.false + [f'no frame of kind {name}' for name in MUST if not census.counts[name]]
    faults += [f'{len(census.parts)} packets with fragments missing'] if census.parts else []
    for fault in faults:
        print(f'{sys.argv[1]}: {fault}', file=sys.stderr)
    sys.exit(1 if faults else 0)


if __name__ == '__main__':
    main()
