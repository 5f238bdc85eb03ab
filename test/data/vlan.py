#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""usage: vlan.py DEVICE NAME TPID:VID [TPID:VID]

Makes a VLAN device NAME over DEVICE, as `ip link add type vlan` does, for kernels without VLAN devices. NAME is a tap.
Its frames are sent through DEVICE with these tags (the outer one first), and received without them. Runs until it is
killed. Needs root.
"""
import fcntl
import os
import select
import socket
import struct
import sys

SOL_PACKET, PACKET_AUXDATA, PACKET_OUTGOING = 263, 8, 4
TP_STATUS_VLAN_VALID, TP_STATUS_VLAN_TPID_VALID = 0x10, 0x40
TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454ca, 2, 0x1000


def receive(wire):
    """A frame as it was on the wire: the kernel takes the outer tag off and reports it beside the frame."""
    frame, extras, _, address = wire.recvmsg(65536, 256)
    if address[2] == PACKET_OUTGOING:
        return b''
    for level, kind, data in extras:
        if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
            status, tci, tpid = struct.unpack('IHH', data[0:4] + data[16:20])
            if status & TP_STATUS_VLAN_VALID:
                tpid = tpid if status & TP_STATUS_VLAN_TPID_VALID else 0x8100
                frame = frame[:12] + struct.pack('>HH', tpid, tci) + frame[12:]
    return frame


def main():
    if len(sys.argv) < 4:
        print(__doc__.strip())
        sys.exit(2)
    tags = b''.join(struct.pack('>HH', int(tpid, 16), int(vid))
                    for tpid, vid in (tag.split(':') for tag in sys.argv[3:]))
    tap = os.open('/dev/net/tun', os.O_RDWR)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack('16sH22x', sys.argv[2].encode(), IFF_TAP | IFF_NO_PI))
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    wire.bind((sys.argv[1], 3))
    wire.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    while True:
        ready, _, _ = select.select([tap, wire], [], [])
        if tap in ready:
            frame = os.read(tap, 65536)
            wire.send(frame[:12] + tags + frame[12:])
        if wire in ready:
            frame = receive(wire)
            behind = frame[12 + len(tags):14 + len(tags)]
            if frame[12:12 + len(tags)] == tags and behind not in (b'\x81\x00', b'\x88\xa8'):
                os.write(tap, frame[:12] + frame[12 + len(tags):])


if __name__ == '__main__':
    main()
