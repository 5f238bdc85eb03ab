# SPDX-License-Identifier: BSD-3-Clause
"""A client of DPDK's telemetry socket, as dpdk-telemetry.py is."""
import json
import os
import socket


def socket_of(argv, directory):
    """The socket of a program with that command line. directory: XDG_RUNTIME_DIR of a program that is not root's."""
    prefix = argv[argv.index("--file-prefix") + 1]
    place = "/var/run" if os.geteuid() == 0 else directory
    return f"{place}/dpdk/{prefix}/dpdk_telemetry.v2"


def ask(path, *commands):
    """The answers of a telemetry socket, after its greeting."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
        s.settimeout(30)
        s.connect(path)
        s.recv(16384)
        answers = []
        for command in commands:
            s.send(command.encode())
            answers.append(json.loads(s.recv(65536))[command.split(",")[0]])
        return answers
