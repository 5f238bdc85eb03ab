#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""Frames that are cut short, have false lengths, or are longer than an mbuf, through every forward mode.

A forwarder that trusts a header reads or writes beyond the frame's bytes. Then it crashes, sends a neighbour's bytes,
or writes over a neighbour. The frames before and behind each malformed frame are other malformed ones, and all of them
are compared byte for byte. A mode must not change what it cannot parse, and must count it.
"""
import importlib.util
import os

from frames import corpus, udp_frame
from harness import ROOT, case, check, check_equal, check_frames, main, run_fwd
from oracle import MODES
from wires import Wires


def hostile():
    """The frames of test/data/hostile.py, one without a byte among them."""
    path = os.path.join(ROOT, "test", "data", "hostile.py")
    spec = importlib.util.spec_from_file_location("hostile", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    frames = [frame for _, frame in module.hostile()]
    return frames[:7] + [b""] + frames[7:] + [b""]


VARIATIONS = {
    "": [],
    "_burst1_shared": ["--burst=1", "--shared"],
    "_segments_of_64": ["--mbuf-size=192", "--total-num-mbufs=8192"],
    "_mbuf_pool_segments_of_64": ["--rx-pool=mbuf", "--mbuf-size=192", "--total-num-mbufs=8192"],
    "_segments_of_72_burst512": ["--mbuf-size=200", "--burst=512", "--total-num-mbufs=16384"],
}


def forward(directory, mode, options):
    """Hostile frames into both ports, in opposite order, good ones behind them."""
    bad, good = hostile(), corpus()
    wires = Wires(directory, [bad + good, good + bad[::-1]])
    run = wires.run(f"--forward-mode={mode}", *options)
    wires.check_forwarded(run, mode, to={0: 1, 1: 0})


for _mode in MODES:
    for _name, _options in VARIATIONS.items():
        case(f"hostile_{_mode}{_name}_passed_on_exact", _mode, _options)(forward)


@case("hostile_tee_three_ports_passed_on_exact")
def tee(directory):
    bad = hostile()
    wires = Wires(directory, [bad, [], []])
    run = wires.run("--forward-mode=tee")
    for port in (1, 2):
        check_frames(wires.sent(port), [f for f in bad if f], f"tee: port {port} sent")
    check_equal(wires.sent(0), [], "frames sent to where they came from")
    check_equal(run.dropped(), {"malformed": 2 * bad.count(b"")}, "packets dropped")


@case("hostile_flowgen_receives_and_drops_them")
def flowgen(directory):
    bad = hostile()
    wires = Wires(directory, [bad, []])
    run = run_fwd(directory, wires.vdevs, ["--forward-mode=flowgen", "--packets=20000"])
    check_equal((run.total("rx_packets"), run.total("consumed")), (len(bad), len(bad)), "packets received, used up")
    check_equal(run.total("tx_packets"), 20000, "packets sent")


@case("hostile_frame_longer_than_a_buffer_is_counted_not_cut")
def too_long(directory):
    """A chain that no buffer of the library can hold in one piece is dropped as a whole, and counted."""
    frames = [udp_frame(n, n) for n in (1000, 2048, 2049, 3000, 60, 9000, 2000)]
    fit = [f for f in frames if len(f) <= 2048]
    wires = Wires(directory, [frames, []])
    run = run_fwd(directory, wires.vdevs, ["--forward-mode=io", "--mbuf-size=1024", "--buffer-size=2048",
                                           "--slab-size=262144", "--packets", len(fit), "--duration", 30])
    check_frames(wires.sent(1), fit, "port 1 sent")
    check_equal(run.total("tx_packets"), len(fit), "packets sent")
    check_equal(run.dropped(), {"too_long": len(frames) - len(fit)}, "packets dropped")
    check(run.report["memory"]["linearized"] >= 3, "packets of several segments were received")


if __name__ == "__main__":
    main(__doc__)
