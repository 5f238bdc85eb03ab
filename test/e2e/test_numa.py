#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""Contexts on two NUMA nodes of which the machine need not know.

EAL learns from /sys/devices/system/node which CPU is on which node. Here this folder is another one, in a mount
namespace of the test's own: two CPUs are on two nodes. Without huge pages EAL serves every node from one heap. So slabs
and contexts are of two nodes, as on a large machine, although the memory is not.
"""
import ctypes
import os

from harness import Skip, case, check, check_equal, eal_flags, main, read, spawn
from telemetry import ask, socket_of

CLONE_NEWNS, CLONE_NEWUSER, MS_REC, MS_PRIVATE = 0x20000, 0x10000000, 0x4000, 1 << 18
NODES = "/sys/devices/system/node"
libc = ctypes.CDLL(None, use_errno=True)


def fake_nodes(cpus):
    """Moves this process into a mount namespace whose node N has the Nth of these CPUs. Returns why it cannot."""
    uid, gid = os.getuid(), os.getgid()
    if libc.unshare(CLONE_NEWNS if uid == 0 else CLONE_NEWNS | CLONE_NEWUSER) != 0:
        return os.strerror(ctypes.get_errno())
    if uid != 0:
        for name, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
            with open(f"/proc/self/{name}", "w", encoding="ascii") as f:
                f.write(text)
    if libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None) != 0 or \
            libc.mount(b"tmpfs", NODES.encode(), b"tmpfs", 0, None) != 0:
        return os.strerror(ctypes.get_errno())
    for node, cpu in enumerate(cpus):
        os.makedirs(f"{NODES}/node{node}/cpu{cpu}")
        with open(f"{NODES}/node{node}/distance", "w", encoding="ascii") as f:
            f.write(" ".join("10" if i == node else "21" for i in range(len(cpus))) + "\n")
    return None


@case("contexts_take_from_their_own_node_and_then_from_the_next")
def two_nodes(directory):
    program = os.environ.get("EVPL_NODES")
    cpus = sorted(os.sched_getaffinity(0))[:2]
    if not program:
        raise Skip("EVPL_NODES does not name the program")
    if len(cpus) < 2:
        raise Skip("it needs two CPUs")
    try:
        why = fake_nodes(cpus)
    except OSError as error:
        why = str(error)
    if why:
        raise Skip(f"no right to make a mount namespace with another {NODES}: {why}")
    os.environ["XDG_RUNTIME_DIR"] = directory       # of an EAL that is not root's
    flags = [f"--lcores=0@{cpus[0]},1@{cpus[1]}", *eal_flags(telemetry=True)[1:]]
    out, inside = os.path.join(directory, "nodes.out"), os.pipe()
    child = spawn([program, *flags], out, out + ".err", stdin=inside[0])
    os.close(inside[0])
    while "holds" not in read(out):
        check(child.poll() is None, f"it ended: {child.returncode}\n{read(out)}{read(out + '.err')}")
    contexts, slabs, stats = ask(socket_of([program, *flags], directory), "/evpl/contexts", "/evpl/slabs", "/evpl/stats")
    check_equal([contexts[f"context_{i}"]["node"] for i in range(2)], [0, 1], "nodes of the contexts")
    check_equal([contexts[f"context_{i}"]["other_node"] for i in range(2)], [2, 0], "buffers from the other node")
    check_equal([slabs[f"slab_{i}"]["node"] for i in range(2)], [0, 1], "nodes of the slabs")
    check_equal([slabs[f"slab_{i}"]["buffers_away"] for i in range(2)], [4, 3], "buffers that are away")
    check_equal(stats["other_node"], 2, "buffers from the other node, in all")
    os.close(inside[1])
    check_equal(child.wait(60), 0, "exit code")


main(__doc__)
