#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""usage: hostile.py [--list] [--empty] [--max BYTES] FILE

Writes a pcap of malformed frames: frames that are cut short, frames with lengths, offsets and chains that lead
beyond their bytes, and frames that are too large for one mbuf. The frames and their order are always the same.

  --list       also print number, size and name of each frame
  --empty      begin with a frame of no bytes
  --max BYTES  leave out longer frames (DPDK 22.11: net_pcap writes the first 16,128 bytes of a chained one)
"""
import argparse
import struct

ETHER = bytes.fromhex('020000000b01 020000000a01')
A4, B4 = bytes([10, 9, 0, 1]), bytes([10, 9, 0, 2])
A6, B6 = (bytes.fromhex('fd000009') + bytes(11) + bytes([n]) for n in (1, 2))
TCP, UDP, ICMP, ICMP6, FRAGMENT, HOP, ROUTING, DESTINATION = 6, 17, 1, 58, 44, 0, 43, 60


def checksum(data):
    data += b'\0' * (len(data) % 2)
    total = sum(struct.unpack(f'>{len(data) // 2}H', data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total ^ 0xffff


def summed(data, at, pseudo=b''):
    """data with its checksum filled in at this offset."""
    return data[:at] + struct.pack('>H', checksum(pseudo + data)) + data[at + 2:]


def false(data, at):
    """data with another checksum at this offset than the one it has."""
    return data[:at] + bytes(byte ^ 0x5a for byte in data[at:at + 2]) + data[at + 2:]


def ether(kind, body):
    return ETHER + struct.pack('>H', kind) + body


def ipv4(protocol, body, version=4, ihl=None, total=None, fragment=0, ident=0x4242, options=b'', ttl=64):
    """An IPv4 packet; its header checksum is true over the bytes that its IHL claims, as far as they exist."""
    ihl = 5 + len(options) // 4 if ihl is None else ihl
    total = 20 + len(options) + len(body) if total is None else total
    head = struct.pack('>BBHHHBBH', version << 4 | ihl, 0, total, ident, fragment, ttl, protocol, 0) + A4 + B4 + options
    claimed = max(20, min(ihl * 4, len(head) + len(body)))
    whole = summed((head + body)[:claimed], 10) + (head + body)[claimed:]
    return ether(0x0800, whole)


def ipv6(protocol, body, version=6, length=None):
    length = len(body) if length is None else length
    return ether(0x86dd, struct.pack('>IHBB', version << 28, length, protocol, 64) + A6 + B6 + body)


def pseudo4(protocol, size):
    return A4 + B4 + struct.pack('>BBH', 0, protocol, size)


def pseudo6(protocol, size):
    return A6 + B6 + struct.pack('>II', size, protocol)


def tcp(payload=b'', offset=5, options=b'', pseudo=pseudo4):
    segment = struct.pack('>HHIIBBHHH', 40000, 80, 1, 0, offset << 4, 0x18, 512, 0, 0) + options + payload
    return summed(segment, 16, pseudo(TCP, len(segment)))


def udp(payload=b'', length=None, pseudo=pseudo4):
    datagram = struct.pack('>HHHH', 40000, 9, 8 + len(payload) if length is None else length, 0) + payload
    return summed(datagram, 6, pseudo(UDP, len(datagram)))


def echo(payload=b'', kind=8):
    return summed(struct.pack('>BBHHH', kind, 0, 0, 7, 1) + payload, 2)


def arp(kind=1, hardware=1, protocol=0x0800, hlen=6, plen=4):
    return struct.pack('>HHBBH', hardware, protocol, hlen, plen, kind) + ETHER[6:] + A4 + bytes(6) + B4


def tag(vid, kind):
    """What follows the EtherType of a VLAN tag: the tag's value and the next EtherType."""
    return struct.pack('>HH', vid, kind)


def pattern(size):
    return bytes(i % 251 for i in range(size))


def hostile():
    """(name, frame) of every frame."""
    data = pattern(64)
    good_tcp, good_udp, good_echo = ipv4(TCP, tcp(data)), ipv4(UDP, udp(data)), ipv4(ICMP, echo(data))
    good_tcp6, good_udp6 = ipv6(TCP, tcp(data, pseudo=pseudo6)), ipv6(UDP, udp(data, pseudo=pseudo6))
    good_arp, vlan = ether(0x0806, arp()), ether(0x8100, tag(42, 0x0800) + good_tcp[14:])

    # Cut short: within each header and at its ends.
    for size in (1, 2, 5, 6, 7, 11, 12, 13, 14, 15, 20, 33, 34, 35, 37, 38, 47, 53, 54, 55):
        yield f'tcp cut to {size}', good_tcp[:size]
    for size in (34, 35, 38, 41, 42, 43):
        yield f'udp cut to {size}', good_udp[:size]
    for size in (34, 35, 36, 38, 41, 42, 43):
        yield f'icmp echo cut to {size}', good_echo[:size]
    for size in (14, 15, 20, 21, 22, 28, 32, 38, 41):
        yield f'arp cut to {size}', good_arp[:size]
    for size in (14, 15, 18, 20, 21, 53, 54, 55, 58, 61, 62, 67, 73):
        yield f'tcp over ipv6 cut to {size}', good_tcp6[:size]
    for size in (14, 15, 16, 17, 18, 19, 37, 38, 57):
        yield f'vlan cut to {size}', vlan[:size]

    # IPv4 headers that lie.
    for version in (0, 1, 5, 6, 15):
        yield f'ipv4 of version {version}', ipv4(TCP, tcp(data), version=version)
    for ihl in (0, 1, 4):
        yield f'ipv4 of ihl {ihl}', ipv4(TCP, tcp(data), ihl=ihl)
    yield 'ipv4 of ihl 15 beyond the end', ipv4(UDP, udp()[:6], ihl=15)
    yield 'ipv4 of ihl 15, nothing behind', ipv4(TCP, b'', ihl=15, total=60)
    yield 'ipv4 of ihl 15 to the last byte', ipv4(TCP, b'', options=b'\1' * 40)
    yield 'ipv4 with an option beyond its options', ipv4(TCP, tcp(data), options=b'\x07\xff\x04\0')
    yield 'ipv4 with an option of length 0', ipv4(TCP, tcp(data), options=b'\x07\0\0\0')
    for total in (0, 1, 19, 20, 21, 39, 40):
        yield f'ipv4 of total length {total}, less than the frame', ipv4(TCP, tcp(data), total=total)
    for total in (105, 1500, 9000, 65535):
        yield f'ipv4 of total length {total}, more than the frame', ipv4(TCP, tcp(data), total=total)
    yield 'ipv4 with bytes behind its total length', ipv4(UDP, udp(data)) + b'\xff' * 30
    yield 'ipv4 with a false checksum', good_udp[:24] + b'\xde\xad' + good_udp[26:]
    yield 'ipv4 of ttl 0', ipv4(UDP, udp(data), ttl=0)
    yield 'ipv4 of ttl 1', ipv4(UDP, udp(data), ttl=1)

    # Fragments.
    yield 'fragment, first', ipv4(UDP, udp(data)[:32], fragment=0x2000)
    yield 'fragment, overlapping the first', ipv4(UDP, data[:32], fragment=0x2000 | 2)
    yield 'fragment, overlapping both', ipv4(UDP, data, fragment=1)
    yield 'fragment, beyond 65535 bytes', ipv4(UDP, data, fragment=0x1fff)
    yield 'fragment, beyond 65535 bytes, with more to come', ipv4(ICMP, data, fragment=0x2000 | 0x1fff)
    yield 'fragment, of a size that is no multiple of 8', ipv4(UDP, data[:13], fragment=0x2000 | 4)
    yield 'fragment, empty', ipv4(UDP, b'', fragment=0x2000 | 8)
    yield 'fragment, first, of a tcp header cut short', ipv4(TCP, tcp(data)[:8], fragment=0x2000)
    yield 'fragment, first, of a udp length that the others may complete', \
        ipv4(UDP, udp(data, length=65535)[:32], fragment=0x2000)
    yield 'fragment, first, of udp length 7', ipv4(UDP, udp(data, length=7)[:32], fragment=0x2000)
    yield 'fragment, first, of a tcp data offset beyond it', ipv4(TCP, tcp(data, offset=15)[:56], fragment=0x2000)
    yield 'fragment, first, of tcp data offset 4', ipv4(TCP, tcp(data, offset=4)[:56], fragment=0x2000)
    yield 'fragment, first, of a tcp header to its end', ipv4(TCP, tcp(data, offset=15)[:64], fragment=0x2000)
    yield 'fragment, last, whose bytes would be a udp header that lies', ipv4(UDP, udp(data, length=7), fragment=4)
    yield 'fragment, don\'t fragment besides', ipv4(UDP, data, fragment=0x6000 | 3)
    yield 'fragment, of an echo request', ipv4(ICMP, data, fragment=0x2000 | 5)
    yield 'ipv4 with the evil bit', ipv4(UDP, udp(data), fragment=0x8000)

    # TCP, UDP and ICMP that lie.
    for offset in (0, 1, 4):
        yield f'tcp of data offset {offset}', ipv4(TCP, tcp(data, offset=offset))
    yield 'tcp of data offset 15 beyond the end', ipv4(TCP, tcp(offset=15))
    yield 'tcp with an option of length 0', ipv4(TCP, tcp(data, offset=6, options=b'\x02\0\0\0'))
    yield 'tcp with an option beyond its options', ipv4(TCP, tcp(data, offset=6, options=b'\x02\xff\0\0'))
    yield 'tcp that ends before its header', ipv4(TCP, tcp()[:19])
    for length in (0, 1, 7, 8, 9):
        yield f'udp of length {length}, less than the packet', ipv4(UDP, udp(data, length=length))
    for length in (73, 1480, 65535):
        yield f'udp of length {length}, more than the packet', ipv4(UDP, udp(data, length=length))
    # The same with a false checksum: who sums up what such a length says, or what IP says, changes it.
    for offset in (0, 4, 6, 15):
        yield f'tcp of data offset {offset} in 20 bytes, false checksum', ipv4(TCP, false(tcp(offset=offset), 16))
    yield 'tcp of data offset 15 to the last byte, false checksum', \
        ipv4(TCP, false(tcp(options=b'\1' * 40, offset=15), 16))
    yield 'tcp of data offset 15, one byte short', ipv4(TCP, false(tcp(options=b'\1' * 39, offset=15), 16))
    yield 'tcp whose options lie in the padding', ipv4(TCP, false(tcp(offset=6), 16)) + b'\1' * 6
    for length in (0, 7, 8, 9, 71, 72, 73, 65535):
        yield f'udp of length {length} in 72 bytes, false checksum', ipv4(UDP, false(udp(data, length=length), 6))
    yield 'udp whose length takes the padding in', ipv4(UDP, false(udp(data, length=102), 6)) + b'\xff' * 30
    yield 'udp of length 73, no checksum', ipv4(UDP, udp(data, length=73)[:6] + b'\0\0' + data)
    yield 'udp of length 7 in a packet longer than its frame', ipv4(UDP, false(udp(data, length=7), 6), total=600)
    for length in (7, 8, 41, 73):
        yield f'udp of length {length} over ipv6, false checksum', ipv6(UDP, false(udp(data, length=length), 6))
    for offset in (4, 15):
        yield f'tcp of data offset {offset} over ipv6, false checksum', ipv6(TCP, false(tcp(offset=offset), 16))
    yield 'vlan, udp of length 73', ether(0x8100, tag(42, 0x0800) + ipv4(UDP, false(udp(data, length=73), 6))[14:])
    yield 'udp that ends before its header', ipv4(UDP, udp()[:7])
    yield 'udp of length 0 over ipv6', ipv6(UDP, udp(data, length=0, pseudo=pseudo6))
    for size in range(0, 8):
        yield f'icmp of {size} bytes', ipv4(ICMP, echo()[:size])
    yield 'icmp echo with a false checksum', ipv4(ICMP, echo(data)[:2] + b'\xde\xad' + echo(data)[4:])
    yield 'icmp echo of an odd size', ipv4(ICMP, echo(data[:33]))
    yield 'icmp echo whose packet is longer than its frame', ipv4(ICMP, echo(data), total=600)
    yield 'icmp echo shorter than its frame', ipv4(ICMP, echo(data), total=24)
    yield 'icmp echo behind ihl 15 beyond the end', ipv4(ICMP, echo()[:4], ihl=15)
    yield 'unknown protocol', ipv4(253, data)

    # IPv6.
    for version in (0, 4, 15):
        yield f'ipv6 of version {version}', ipv6(TCP, tcp(data, pseudo=pseudo6), version=version)
    for length in (0, 1, 65535):
        yield f'ipv6 of payload length {length}', ipv6(UDP, udp(data, pseudo=pseudo6), length=length)
    yield 'ipv6 extension cut after 1 byte', ipv6(HOP, b'\x3c')
    yield 'ipv6 extension cut after 2 bytes', ipv6(HOP, b'\x3c\0')
    yield 'ipv6 extension of 255 units beyond the end', ipv6(DESTINATION, bytes([TCP, 255]) + bytes(6))
    yield 'ipv6 extensions, the last one beyond the end', ipv6(HOP, bytes([DESTINATION, 0, 1, 4, 0, 0, 0, 0]) +
                                                              bytes([ROUTING, 1]) + bytes(14) + bytes([TCP, 200]))
    yield 'ipv6 extensions, 100 in a row', ipv6(DESTINATION, bytes([DESTINATION, 0, 1, 4, 0, 0, 0, 0]) * 99 +
                                                bytes([59, 0, 1, 4, 0, 0, 0, 0]))
    yield 'ipv6 extensions that end at the end', ipv6(HOP, bytes([TCP, 0, 1, 4, 0, 0, 0, 0]))
    yield 'ipv6 fragment header cut', ipv6(FRAGMENT, bytes([UDP, 0, 0, 1]))
    yield 'ipv6 fragment, beyond 65535 bytes', ipv6(FRAGMENT, struct.pack('>BBHI', UDP, 0, 0xfff8 | 1, 9) + data)
    yield 'ipv6 fragment of a fragment', ipv6(FRAGMENT, struct.pack('>BBHI', FRAGMENT, 0, 1, 9) * 4 + data)
    yield 'ipv6 routing header, segments left beyond the end', ipv6(ROUTING, bytes([UDP, 0, 0, 255, 0, 0, 0, 0]) +
                                                                   udp(data, pseudo=pseudo6))
    yield 'ipv6 with no next header and bytes behind', ipv6(59, data)
    yield 'ipv6 jumbogram', ipv6(HOP, bytes([UDP, 0, 0xc2, 4, 0, 1, 0, 0]) + data, length=0)
    yield 'icmpv6 of 3 bytes', ipv6(ICMP6, b'\x80\0\0')
    yield 'udp over ipv6 cut', good_udp6[:57]

    # ARP.
    yield 'arp of hardware length 255', ether(0x0806, arp(hlen=255))
    yield 'arp of address lengths 0', ether(0x0806, arp(hlen=0, plen=0))
    yield 'arp of protocol length 255', ether(0x0806, arp(plen=255))
    yield 'arp of an unknown operation', ether(0x0806, arp(kind=0xffff))
    yield 'arp of an unknown hardware and protocol', ether(0x0806, arp(hardware=0xffff, protocol=0xffff))

    # Tags.
    yield 'vlan with nothing behind', ether(0x8100, tag(42, 0x0800))
    yield 'vlan of vid 4095, priority 7', ether(0x8100, tag(0xffff, 0x0800) + good_udp[14:])
    yield 'vlan in vlan with nothing behind', ether(0x8100, tag(1, 0x8100) + tag(2, 0x0800))
    yield 'vlan in vlan whose second tag is cut', ether(0x8100, tag(1, 0x8100) + b'\0')
    yield 'vlan stack of 40 with nothing behind', ether(0x8100, tag(7, 0x8100) * 39 + tag(7, 0x0800))
    yield 'vlan stack to the end', ether(0x8100, tag(7, 0x8100) * 12)
    yield 'qinq', ether(0x88a8, tag(100, 0x8100) + tag(7, 0x0800) + good_udp[14:])
    yield 'qinq with nothing behind', ether(0x88a8, tag(100, 0x8100))
    yield 'qinq of the old ethertype', ether(0x9100, tag(100, 0x8100) + tag(7, 0x0800) + good_tcp[14:])
    yield 'qinq, ipv4 of ihl 15 beyond the end', \
        ether(0x88a8, tag(1, 0x8100) + tag(2, 0x0800) + ipv4(TCP, tcp()[:8], ihl=15)[14:])
    yield 'mpls with nothing behind', ether(0x8847, b'\0\0\x11\x40')

    # Ethernet.
    yield '802.3 length beyond the end', ether(1500, b'\xaa\xaa\x03' + data)
    yield '802.3 length 0', ether(0, data)
    yield 'ethertype 0xffff', ether(0xffff, data)
    yield 'from and to ff:ff:ff:ff:ff:ff', b'\xff' * 12 + good_udp[12:]
    yield 'all zero', bytes(60)
    yield 'all ones', b'\xff' * 60

    # Long ones: several mbufs each, where an mbuf has 2 KiB.
    for size in (1514, 1518, 1519, 2047, 2048, 2049, 4096, 9000, 16128):
        yield f'udp in a frame of {size}', ipv4(UDP, udp(pattern(size - 42)))
    yield 'tcp in a frame of 9000', ipv4(TCP, tcp(pattern(9000 - 54)))
    yield 'udp over ipv6 in a frame of 9000', ipv6(UDP, udp(pattern(9000 - 62), pseudo=pseudo6))
    yield 'icmp echo in a frame of 9000', ipv4(ICMP, echo(pattern(9000 - 42)))
    yield 'frame of 9000 whose ipv4 is 40 bytes', ipv4(TCP, tcp(pattern(9000 - 54)), total=40)
    yield 'frame of 9000 full of vlan tags', ether(0x8100, tag(7, 0x8100) * 2246 + b'\0\0')
    yield 'udp in a frame of 60000', ipv4(UDP, udp(pattern(60000 - 42)))
    yield 'icmp echo in a frame of 60000', ipv4(ICMP, echo(pattern(60000 - 42)))
    yield 'udp in a frame of 65535', ipv4(UDP, udp(pattern(65535 - 42)))


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split('usage: ')[1])
    parser.add_argument('--list', action='store_true')
    parser.add_argument('--empty', action='store_true')
    parser.add_argument('--max', type=int, default=65535)
    parser.add_argument('file')
    options = parser.parse_args()
    frames = ([('no bytes', b'')] if options.empty else []) + list(hostile())
    frames = [(name, frame) for name, frame in frames if len(frame) <= options.max]
    with open(options.file, 'wb') as f:
        f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
        for number, (name, frame) in enumerate(frames, 1):
            if options.list:
                print(f'{number:4} {len(frame):6} {name}')
            f.write(struct.pack('<IIII', number, 0, len(frame), len(frame)) + frame)


if __name__ == '__main__':
    main()
