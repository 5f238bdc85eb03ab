# SPDX-License-Identifier: BSD-3-Clause
"""Frames as bytes: pcap files, checksums, and a builder for every kind of frame the tests send."""
import ipaddress
import struct

ETH_IPV4, ETH_ARP, ETH_VLAN, ETH_QINQ, ETH_IPV6 = 0x0800, 0x0806, 0x8100, 0x88A8, 0x86DD
ICMP, TCP, UDP, GRE, ICMPV6, SCTP = 1, 6, 17, 47, 58, 132

MAC_A, MAC_B = "02:aa:00:00:00:01", "02:bb:00:00:00:02"
IP_A, IP_B = "192.0.2.1", "198.51.100.2"
IP6_A, IP6_B = "2001:db8::1", "2001:db8:1::2"


# ---- pcap files ----------------------------------------------------------------------------------------------------

def read_pcap(path):
    """Every frame of a classic pcap file (either byte order, micro- or nanoseconds), in order."""
    with open(path, "rb") as f:
        blob = f.read()
    magic = blob[:4]
    order = {b"\xd4\xc3\xb2\xa1": "<", b"\x4d\x3c\xb2\xa1": "<",
             b"\xa1\xb2\xc3\xd4": ">", b"\xa1\xb2\x3c\x4d": ">"}.get(magic)
    if order is None:
        raise ValueError(f"{path}: not a pcap file")
    frames, at = [], 24
    while at < len(blob):
        _, _, caplen, length = struct.unpack_from(order + "IIII", blob, at)
        frame = blob[at + 16:at + 16 + caplen]
        if len(frame) != caplen or caplen != length:
            raise ValueError(f"{path}: frame {len(frames)} is cut ({len(frame)} of {length} bytes)")
        frames.append(frame)
        at += 16 + caplen
    return frames


def write_pcap(path, frames):
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for i, frame in enumerate(frames):
            f.write(struct.pack("<IIII", 1700000000 + i // 1000000, i % 1000000, len(frame), len(frame)))
            f.write(frame)


# ---- checksums -----------------------------------------------------------------------------------------------------

def ones_sum(data):
    """The 16-bit one's complement sum of RFC 1071 (odd data counts a zero byte more)."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def checksum(data):
    return ~ones_sum(data) & 0xFFFF


def l4_checksum(addresses, proto, l4_length, l4):
    """UDP's or TCP's checksum over pseudo header and bytes, whose own checksum field must be 0."""
    pseudo = addresses + (struct.pack(">BBH", 0, proto, l4_length) if len(addresses) == 8
                          else struct.pack(">IHBB", l4_length, 0, 0, proto))
    value = checksum(pseudo + l4)
    return 0xFFFF if value == 0 and proto == UDP else value


def crc32c(data):
    """SCTP's checksum (RFC 9260, appendix A), bit by bit."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


# ---- builder -------------------------------------------------------------------------------------------------------

def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def eth(payload, ethertype, dst=MAC_B, src=MAC_A, tags=()):
    """An Ethernet frame; tags are (TPID, TCI) pairs, outermost first."""
    head = mac(dst) + mac(src)
    for tpid, tci in tags:
        head += struct.pack(">HH", tpid, tci)
    return head + struct.pack(">H", ethertype) + payload


def ipv4(payload, proto, src=IP_A, dst=IP_B, ttl=64, ident=1, flags_offset=0, options=b"", length=None, csum=None):
    """length and csum are right unless given."""
    head_length = 20 + len(options)
    length = head_length + len(payload) if length is None else length
    head = struct.pack(">BBHHHBBH", 0x40 | head_length // 4, 0, length, ident, flags_offset, ttl, proto, 0)
    head += addresses(src, dst) + options
    value = checksum(head) if csum is None else csum
    return head[:10] + struct.pack(">H", value) + head[12:] + payload


def ipv6(payload, proto, src=IP6_A, dst=IP6_B, hops=64, length=None):
    return struct.pack(">IHBB16s16s", 6 << 28, len(payload) if length is None else length, proto, hops,
                       ipaddress.ip_address(src).packed, ipaddress.ip_address(dst).packed) + payload


def addresses(src, dst):
    return ipaddress.ip_address(src).packed + ipaddress.ip_address(dst).packed


def udp(payload, sport=1111, dport=2222, src=IP_A, dst=IP_B, csum=None, length=None):
    length = 8 + len(payload) if length is None else length
    head = struct.pack(">HHHH", sport, dport, length, 0)
    value = l4_checksum(addresses(src, dst), UDP, 8 + len(payload), head + payload) if csum is None else csum
    return head[:6] + struct.pack(">H", value) + payload


def tcp(payload, sport=3333, dport=80, src=IP_A, dst=IP_B, flags=0x18, options=b"", csum=None):
    head = struct.pack(">HHIIBBHHH", sport, dport, 7, 9, (20 + len(options)) // 4 << 4, flags, 8192, 0, 0) + options
    value = l4_checksum(addresses(src, dst), TCP, len(head) + len(payload), head + payload) if csum is None else csum
    return head[:16] + struct.pack(">H", value) + head[18:] + payload


def icmp(payload, kind=8, code=0, ident=0x1234, seq=1):
    head = struct.pack(">BBHHH", kind, code, 0, ident, seq)
    return head[:2] + struct.pack(">H", checksum(head + payload)) + head[4:] + payload


def arp(op=1, sha=MAC_A, spa=IP_A, tha="00:00:00:00:00:00", tpa=IP_B):
    return (struct.pack(">HHBBH", 1, ETH_IPV4, 6, 4, op) + mac(sha) + ipaddress.ip_address(spa).packed +
            mac(tha) + ipaddress.ip_address(tpa).packed)


def pattern(length, seed=0):
    """Bytes that differ from frame to frame and from place to place."""
    return bytes((seed * 37 + i * 7 + (i >> 8)) & 0xFF for i in range(length))


def udp_frame(length, seed=0, **kw):
    """A UDP frame of exactly that many bytes (42 at least)."""
    return eth(ipv4(udp(pattern(length - 42, seed), sport=1024 + seed % 60000), UDP), ETH_IPV4, **kw)


def fragments(l4, proto, size, ident=77):
    """The IPv4 fragments of one datagram, `size` bytes of payload each (a multiple of 8)."""
    return [ipv4(l4[at:at + size], proto, ident=ident, flags_offset=(0x2000 if at + size < len(l4) else 0) | at // 8)
            for at in range(0, len(l4), size)]


def zero_checksum_payload():
    """UDP payload whose checksum comes out as 0, which is sent as 0xffff (RFC 768)."""
    head = udp(b"\0\0", csum=0)
    return struct.pack(">H", l4_checksum(addresses(IP_A, IP_B), UDP, len(head), head))


def corpus():
    """Well-formed frames of every kind the modes tell apart, right and wrong checksums, all sizes up to jumbo.

    Every length is covered around the sizes where a driver starts another segment.
    """
    u, t, e = udp(pattern(30, 1)), tcp(pattern(31, 2)), icmp(pattern(56, 3))
    u6 = udp(pattern(33, 4), src=IP6_A, dst=IP6_B)
    t6 = tcp(pattern(29, 5), src=IP6_A, dst=IP6_B, options=bytes.fromhex("0204058001030307"))
    vlan, qinq = (ETH_VLAN, 0x2005), (ETH_QINQ, 0x0064)
    nop = b"\x01\x01\x01\x00"
    zero = zero_checksum_payload()
    out = [
        eth(ipv4(u, UDP), ETH_IPV4),
        eth(ipv4(t, TCP), ETH_IPV4),
        eth(ipv4(e, ICMP), ETH_IPV4),
        eth(ipv4(u, UDP, csum=0x1234), ETH_IPV4),                                   # wrong IP checksum
        eth(ipv4(udp(pattern(30, 6), csum=0x4321), UDP), ETH_IPV4),                  # wrong UDP checksum
        eth(ipv4(udp(pattern(31, 6), csum=0x4321), UDP), ETH_IPV4),                  # ... and an odd length
        eth(ipv4(udp(pattern(30, 7), csum=0), UDP), ETH_IPV4),                       # no UDP checksum
        eth(ipv4(udp(zero, csum=0x1111), UDP), ETH_IPV4),                            # right one is 0xffff
        eth(ipv4(tcp(pattern(9, 8), csum=0), TCP), ETH_IPV4),                        # wrong TCP checksum
        eth(ipv4(tcp(b"", flags=0x10), TCP), ETH_IPV4) + bytes(6),                   # an ACK, padded to 60 bytes
        eth(ipv4(udp(b""), UDP), ETH_IPV4),                                          # nothing in it
        eth(ipv4(u, UDP, options=nop), ETH_IPV4),
        eth(ipv4(tcp(pattern(20, 9), csum=7), TCP, options=nop * 10), ETH_IPV4),     # the longest IP header
        eth(ipv4(tcp(b"", options=nop * 10), TCP), ETH_IPV4),                        # the longest TCP header
        eth(ipv6(u6, UDP), ETH_IPV6),
        eth(ipv6(t6, TCP), ETH_IPV6),
        eth(ipv6(udp(pattern(21, 4), csum=5), UDP), ETH_IPV6),
        eth(ipv6(tcp(pattern(21, 4), csum=5), TCP), ETH_IPV6),
        eth(ipv6(icmp(pattern(8, 3), kind=128), ICMPV6), ETH_IPV6),
        eth(ipv6(bytes([UDP, 0, 1, 4, 0, 0, 0, 0]) + u6, 0), ETH_IPV6),              # hop-by-hop before UDP
        eth(ipv6(bytes([UDP, 0, 0, 1, 0, 0, 0, 9]) + u6, 44), ETH_IPV6),             # a first fragment
        eth(ipv4(u, UDP), ETH_IPV4, tags=[vlan]),
        eth(ipv4(udp(pattern(40, 2), csum=9), UDP), ETH_IPV4, tags=[vlan]),
        eth(ipv4(t, TCP), ETH_IPV4, tags=[qinq, vlan]),
        eth(ipv6(t6, TCP), ETH_IPV6, tags=[vlan]),
        eth(ipv4(e, ICMP), ETH_IPV4, tags=[vlan]),
        eth(ipv4(icmp(pattern(48, 1), ident=0xFFFF, seq=0xFFFF), ICMP), ETH_IPV4),
        eth(ipv4(icmp(b"", kind=0), ICMP), ETH_IPV4),                                # an echo reply
        eth(ipv4(icmp(pattern(36), kind=3, code=3), ICMP), ETH_IPV4),                # port unreachable
        eth(ipv4(icmp(pattern(36), kind=8, code=1), ICMP), ETH_IPV4),                # not an echo request
        eth(ipv4(e, ICMP, dst="224.0.0.1"), ETH_IPV4, dst="01:00:5e:00:00:01"),      # a multicast ping
        eth(ipv4(e, ICMP, src="192.0.2.6", dst="224.0.0.5"), ETH_IPV4, dst="01:00:5e:00:00:05"),
        eth(ipv4(e, ICMP, dst="255.255.255.255"), ETH_IPV4, dst="ff:ff:ff:ff:ff:ff"),
        eth(ipv4(e, ICMP), ETH_IPV4, dst="ff:ff:ff:ff:ff:ff"),                       # to all of a subnet
        eth(ipv4(e, ICMP, dst="255.255.255.255"), ETH_IPV4),
        eth(ipv4(e, ICMP, src="224.0.0.1"), ETH_IPV4),                               # a group asks
        eth(ipv4(e, ICMP), ETH_IPV4, src="01:00:5e:00:00:01"),
        eth(arp(), ETH_ARP, dst="ff:ff:ff:ff:ff:ff"),
        eth(arp(), ETH_ARP, dst="ff:ff:ff:ff:ff:ff", tags=[vlan]),
        eth(arp(tpa=IP_A), ETH_ARP, dst="ff:ff:ff:ff:ff:ff"),                        # an announcement
        eth(arp(spa="0.0.0.0"), ETH_ARP, dst="ff:ff:ff:ff:ff:ff"),                   # a probe
        eth(arp(tpa="224.0.0.1"), ETH_ARP, dst="ff:ff:ff:ff:ff:ff"),
        eth(arp(sha="01:00:5e:00:00:01"), ETH_ARP, dst="ff:ff:ff:ff:ff:ff"),
        eth(arp() + bytes(18), ETH_ARP, dst="ff:ff:ff:ff:ff:ff"),                    # padded, as NICs do
        eth(arp(op=2, tha=MAC_B), ETH_ARP),
        eth(pattern(100), 100),                                                      # 802.3 with a length
        eth(pattern(50), 0x88CC),                                                    # LLDP
        eth(b"", 0x88B5),                                                            # a header and nothing else
        eth(ipv4(struct.pack(">HHII", 5, 6, 7, 0xDEADBEEF) + pattern(16), SCTP), ETH_IPV4),
        eth(ipv4(struct.pack(">HH", 0, ETH_IPV4) + ipv4(u, UDP), GRE), ETH_IPV4),
        eth(ipv4(ipv4(u, UDP), 4), ETH_IPV4),                                        # IP in IP
        eth(ipv4(udp(struct.pack(">II", 8 << 24, 0) + eth(ipv4(u, UDP), ETH_IPV4), dport=4789), UDP), ETH_IPV4),
    ]
    sizes = [60, 64, 65, 127, 128, 129, 255, 256, 257, 511, 512, 1023, 1024, 1025, 1500, 1514, 1518,
             2047, 2048, 2049, 2175, 2176, 2177, 4096, 4097, 9000, 9014, 9018]
    out += [udp_frame(n, n) for n in sizes]
    out += [eth(ipv4(tcp(pattern(n, n), csum=1), TCP), ETH_IPV4) for n in (1000, 1460, 5001, 8960)]
    out += [eth(ipv6(udp(pattern(n, n), src=IP6_A, dst=IP6_B, csum=1), UDP), ETH_IPV6) for n in (1401, 8000)]
    out += [eth(ipv4(icmp(pattern(n, n)), ICMP), ETH_IPV4) for n in (1472, 4000, 8972)]
    out += ip_fragments()
    return out


def ip_fragments():
    """Fragmented datagrams: only the first fragment has the header that ports and checksums are in."""
    datagrams = fragments(udp(pattern(4000, 11)), UDP, 1480) + fragments(icmp(pattern(3000, 12)), ICMP, 1480, ident=78)
    datagrams += fragments(tcp(pattern(600, 13)), TCP, 256, ident=79)
    return [eth(f, ETH_IPV4) for f in datagrams]
