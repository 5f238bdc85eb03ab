#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""A port goes away while evpl-fwd forwards: one line says so, the report follows, and the exit code is 1.

unplug.c, loaded into evpl-fwd, makes a device of net_null go away. The interfaces of net_tap and net_af_packet are
deleted by the kernel, in a network namespace of the test.
"""
import contextlib
import os

import netns
from harness import Fwd, Skip, case, check, check_equal, main

NULL2 = ["net_null0", "net_null1"]


@contextlib.contextmanager
def environment(**values):
    """For the programs that are started meanwhile."""
    os.environ.update(values)
    try:
        yield
    finally:
        for name in values:
            del os.environ[name]


def gone(run, port, name, why):
    """It ends by itself, with what a port's end leads to."""
    run.end()
    lines = [line for line in run.err.splitlines() if ": port " in line]
    check(len(lines) == 1 and f"port {port} ({name}) went away while it forwarded: {why}" in lines[0],
          f"one line about the port was expected\n{run.describe()}")
    check(run.rc == 1, f"exit code {run.rc}, expected 1\n{run.describe()}")
    check(run.report is not None, f"no JSON report\n{run.describe()}")
    check_equal([p["gone"] for p in run.report["ports"]], [i == port for i in range(len(run.report["ports"]))],
                "which ports are gone")
    check_equal(run.lost(), 0, "lost buffers")


def unplugged(directory, how, why, lcores, options):
    path, plugin = os.environ.get("EVPL_FWD_SHARED"), os.environ.get("EVPL_UNPLUG")
    if not path or not plugin:
        raise Skip("EVPL_FWD_SHARED and EVPL_UNPLUG are not set: run it by meson test")
    when = os.path.join(directory, "now")
    with environment(LD_PRELOAD=plugin, UNPLUG_WHEN=when, UNPLUG_HOW=how, UNPLUG_PORT="net_null1",
                     ASAN_OPTIONS="verify_asan_link_order=0"):
        run = Fwd(directory, NULL2, ["--forward-mode=macswap", "--stats-period=0.1", *options], path=path, lcores=lcores)
    run.wait_received()
    with open(when, "w", encoding="ascii"):
        pass
    gone(run, 1, "net_null1", why)


for _how, _why in (("event", "its driver reports that the device was removed"), ("device", "its device was unplugged")):
    case(f"removal_{_how}_on_the_only_lcore", _how, _why, 1, [])(unplugged)
    case(f"removal_{_how}_on_two_lcores", _how, _why, 3, ["--nb-cores=2"])(unplugged)


def tap(directory):
    netns.need()
    netns.need_tap()
    return Fwd(directory, ["net_tap0,iface=evpl0", "net_tap1,iface=evpl1"], ["--stats-period=0.1"])


def shown(run):
    run.wait_shown(r"^ +all ", "forwarding")


@case("removal_tap_that_is_deleted")
def tap_deleted(directory):
    run = tap(directory)
    shown(run)
    netns.ip("link del evpl1")
    gone(run, 1, "net_tap1", "its network interface was deleted")


@case("removal_tap_that_moves_to_another_stack_or_is_down_is_not_one")
def tap_moved(directory):
    run = tap(directory)
    shown(run)
    other = netns.Stack()
    netns.ip("link set evpl0 up")
    netns.ip("link set evpl0 down")
    other.take("evpl1")
    with other:
        netns.ip("link set evpl1 up")
    # Another port's end is told later than the move.
    netns.ip("link del evpl0")
    gone(run, 0, "net_tap0", "its network interface was deleted")
    other.close()


@case("removal_of_what_af_packet_is_bound_to")
def af_packet(directory):
    netns.need()
    netns.ip("link add evpl0 type veth peer name evpl1")
    netns.ip("link set evpl1 up")
    run = Fwd(directory, ["net_af_packet0,iface=evpl1"], ["--stats-period=0.1"])
    shown(run)
    netns.ip("link del evpl0")
    gone(run, 0, "net_af_packet0", "its network interface was deleted")


@case("removal_from_a_bridge_is_not_one")
def bridge(directory):
    """The kernel then tells of a deleted link, too, but of the bridge's family."""
    run = tap(directory)
    shown(run)
    try:
        netns.ip("link add evpl7 type bridge")
    except RuntimeError as error:
        raise Skip(f"this kernel has no bridges: {error}") from None
    netns.ip("link set evpl1 master evpl7")
    netns.ip("link set evpl1 nomaster")
    netns.ip("link del evpl0")
    gone(run, 0, "net_tap0", "its network interface was deleted")


@case("removal_of_another_interface_is_not_one")
def other_interface(directory):
    run = tap(directory)
    shown(run)
    netns.ip("link add evpl7 type veth peer name evpl8")
    netns.ip("link del evpl7")
    netns.ip("link del evpl0")
    gone(run, 0, "net_tap0", "its network interface was deleted")


if __name__ == "__main__":
    netns.enter()
    main(__doc__)
