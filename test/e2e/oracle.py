# SPDX-License-Identifier: BSD-3-Clause
"""Computes what each forward mode must make of a frame, from the frame's bytes alone.

The modes do what dpdk-testpmd's modes do. They differ in these points, because testpmd would write over bytes that do
not exist, or that are something else:
  - a header that is cut short, or whose fields exceed the frame, is not changed; the bytes behind it are not either;
  - later fragments have no ports (5tswap) and no type (icmpecho), and no fragment has a checksum of its own (csum);
  - csum takes UDP's length from UDP. It does not change the checksum if that length or TCP's data offset cannot be
    true. It computes SCTP's checksum, which testpmd sets to zero;
  - icmpecho skips any number of VLAN tags, and finds ICMP behind the options of the IP header; testpmd knows one tag
    and no options. icmpecho answers no request to a group, or from a group.
test_testpmd.py compares evpl-fwd with testpmd itself on everything else.
"""
import collections
import struct

from frames import (ETH_ARP, ETH_IPV4, ETH_IPV6, ETH_QINQ, ETH_VLAN, ICMP, SCTP, TCP, UDP, checksum, crc32c,
                    l4_checksum, mac, ones_sum)

MODES = ("io", "mac", "macswap", "5tswap", "rxonly", "csum", "icmpecho")
L4_HEADER = {TCP: 20, UDP: 8, ICMP: 8, SCTP: 12}

# l3: offset behind the VLAN tags; version: 4 or 6 with a whole IP header, else 0; l4 and end: where layer 4 begins and,
# by the IP header, ends; proto: 0 unless its whole header is there; honest: the IP header's length fits the frame, and
# what UDP and TCP say of themselves fits that.
Layers = collections.namedtuple("Layers", "ethertype l3 version l4 end proto fragment honest malformed")
NOTHING = Layers(0, 0, 0, 0, 0, 0, False, False, True)


def peer_mac(port):
    """The destination `mac`, `csum` and `txonly` send to, unless --eth-peer says otherwise."""
    return mac("02:00:00:00:00:%02x" % port)


def be16(frame, at):
    return struct.unpack_from(">H", frame, at)[0]


def plausible(frame, proto, l4, end, fragment):
    """Whether a UDP or TCP header, whole at l4, can be true of the packet, or the first fragment of one, that ends
    there.

    RFC 768: "Length is the length in octets of this user datagram including this header and the data. (This means
    the minimum value of the length is eight.)" The datagram lies in the IP packet; of a fragmented one the rest
    comes later. RFC 9293: Data Offset is "the number of 32-bit words in the TCP header"; the fixed ones are five,
    and the header is part of the segment.
    """
    if proto == UDP:
        return 8 <= be16(frame, l4 + 4) and (fragment or l4 + be16(frame, l4 + 4) <= end)
    if proto == TCP:
        words = frame[l4 + 12] >> 4
        return words >= 5 and l4 + 4 * words <= end
    return True


def parse(frame):
    """What is whole and true in the frame."""
    if len(frame) < 14:
        return NOTHING
    kind, l3 = be16(frame, 12), 14
    while kind in (ETH_VLAN, ETH_QINQ):
        if len(frame) < l3 + 4:
            return NOTHING._replace(ethertype=kind, l3=l3)
        kind, l3 = be16(frame, l3 + 2), l3 + 4
    found = Layers(kind, l3, 0, 0, 0, 0, False, False, False)
    head, proto, first = frame[l3:], 0, True
    if kind == ETH_IPV4:
        size = (head[0] & 15) * 4 if head else 0
        if len(head) < 20 or head[0] >> 4 != 4 or size < 20 or size > len(head):
            return found._replace(malformed=True)
        end, offset = be16(head, 2), be16(head, 6)
        honest = size <= end <= len(head)
        proto, first = head[9], offset & 0x1FFF == 0
        found = found._replace(version=4, l4=l3 + size, fragment=offset & 0x3FFF != 0)
    elif kind == ETH_IPV6:
        if len(head) < 40 or head[0] >> 4 != 6:
            return found._replace(malformed=True)
        end = 40 + be16(head, 4)
        honest = end <= len(head)
        proto = head[6]
        found = found._replace(version=6, l4=l3 + 40)
    else:
        return found
    found = found._replace(honest=honest, malformed=not honest, end=l3 + (end if honest else len(head)))
    if first and proto in L4_HEADER:
        if found.end - found.l4 < L4_HEADER[proto]:
            return found._replace(malformed=True)
        if not plausible(frame, proto, found.l4, found.end, found.fragment):
            found = found._replace(honest=False, malformed=True)
        return found._replace(proto=proto)
    return found


def swap(frame, a, size):
    """The same frame with the two neighbouring fields of that size, the first at a, exchanged."""
    return frame[:a] + frame[a + size:a + 2 * size] + frame[a:a + size] + frame[a + 2 * size:]


def five_tuple_swap(frame):
    at = parse(frame)
    if len(frame) >= 14:
        frame = swap(frame, 0, 6)
    if at.version:
        frame = swap(frame, at.l3 + 12, 4) if at.version == 4 else swap(frame, at.l3 + 8, 16)
    return swap(frame, at.l4, 2) if at.proto in (TCP, UDP) else frame


def csum(frame):
    """IPv4, TCP, UDP and SCTP checksums made right; a UDP checksum of 0 (none) stays."""
    at = parse(frame)
    out = bytearray(frame)
    if at.version == 4:
        out[at.l3 + 10:at.l3 + 12] = b"\0\0"
        out[at.l3 + 10:at.l3 + 12] = struct.pack(">H", checksum(bytes(out[at.l3:at.l4])))
    field = {TCP: at.l4 + 16, UDP: at.l4 + 6, SCTP: at.l4 + 8}.get(at.proto)
    if field is None or at.fragment or not at.honest or at.proto == UDP and be16(frame, field) == 0:
        return bytes(out)
    if at.proto == SCTP:
        out[field:field + 4] = bytes(4)
        out[field:field + 4] = struct.pack("<I", crc32c(bytes(out[at.l4:at.end])))
    else:
        out[field:field + 2] = b"\0\0"
        addresses = frame[at.l3 + 12:at.l3 + 20] if at.version == 4 else frame[at.l3 + 8:at.l3 + 40]
        # RFC 8200, 8.1: "for such protocols [as UDP, with a length of their own], that is the length used".
        length = be16(frame, at.l4 + 4) if at.proto == UDP else at.end - at.l4
        value = l4_checksum(addresses, at.proto, length, bytes(out[at.l4:at.l4 + length]))
        out[field:field + 2] = struct.pack(">H", value)
    return bytes(out)


def is_host(address):
    """An IPv4 address that a single host may have."""
    return address not in (bytes(4), b"\xff" * 4) and address[0] >> 4 != 14


def is_unicast(address):
    return not address[0] & 1


def icmp_echo(frame, tx_mac):
    """The reply to an ARP or an ICMP echo request; None for every other frame."""
    at = parse(frame)
    l3, l4 = at.l3, at.l4
    if at.malformed:
        return None
    if at.ethertype == ETH_ARP:
        if len(frame) < l3 + 28 or frame[l3:l3 + 8] != struct.pack(">HHBBH", 1, ETH_IPV4, 6, 4, 1):
            return None
        sha, spa, tpa = frame[l3 + 8:l3 + 14], frame[l3 + 14:l3 + 18], frame[l3 + 24:l3 + 28]
        asks_as_host = is_host(spa) or spa == bytes(4)     # a probe has no address yet
        if not (is_unicast(frame[6:12]) and is_unicast(sha) and asks_as_host and is_host(tpa)) or spa == tpa:
            return None
        body = frame[l3:l3 + 6] + struct.pack(">H", 2) + tx_mac + tpa + sha + spa
        return frame[6:12] + tx_mac + frame[12:l3] + body + frame[l3 + 28:]
    if at.version != 4 or at.proto != ICMP or frame[l4:l4 + 2] != b"\x08\x00":
        return None
    head, src, dst, options = frame[l3:l3 + 12], frame[l3 + 12:l3 + 16], frame[l3 + 16:l3 + 20], frame[l3 + 20:l4]
    # No reply has a group's address as its source, or goes to one.
    if not (is_unicast(frame[0:6]) and is_unicast(frame[6:12]) and is_host(src) and is_host(dst)):
        return None
    # The request's checksum is taken as right and moved by the difference of the two types.
    total = ones_sum(struct.pack(">HH", ~be16(frame, l4 + 2) & 0xFFFF, ~0x0800 & 0xFFFF))
    reply = b"\0\0" + struct.pack(">H", ~total & 0xFFFF) + frame[l4 + 4:]
    return frame[6:12] + frame[0:6] + frame[12:l3] + head + dst + src + options + reply


def transform(mode, frame, tx_mac, peer):
    """The frame that has to leave through a port with that address, or None when none has to."""
    if not frame or mode == "rxonly":
        return None                                 # no bytes: nothing that could be sent
    if mode == "icmpecho":
        return icmp_echo(frame, tx_mac)
    if mode == "5tswap":
        return five_tuple_swap(frame)
    if mode == "macswap" and len(frame) >= 14:
        return swap(frame, 0, 6)
    if mode in ("mac", "csum") and len(frame) >= 14:
        frame = peer + tx_mac + frame[12:]
    return csum(frame) if mode == "csum" else frame


def malformed(mode, frame):
    """Whether the mode has to count the frame as malformed: a header it reads was cut short or lied."""
    if mode in ("mac", "macswap"):
        return len(frame) < 14
    if mode in ("5tswap", "csum", "icmpecho"):
        at = parse(frame)
        return at.malformed or mode == "icmpecho" and at.ethertype == ETH_ARP and len(frame) < at.l3 + 28
    return False


def expect(mode, frames, tx_mac, peer):
    """What leaves, in order, when these frames come in."""
    return [out for out in (transform(mode, f, tx_mac, peer) for f in frames) if out is not None]
