# SPDX-License-Identifier: BSD-3-Clause
"""Programs under the tracing plug-in. A correct one must do what it does without it, and the plug-in say nothing."""
import contextlib
import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "e2e"))

# pylint: disable=wrong-import-position,unused-import
import harness  # noqa: E402
import netns  # noqa: E402,F401
import testpmd  # noqa: E402
from frames import read_pcap, write_pcap  # noqa: E402,F401
from harness import (TIMEOUT, Fwd, Skip, case, check, check_equal, cpus, dpdk_version,  # noqa: E402,F401
                     eal_flags, main, read, spawn)
from pages import FREE, reserved  # noqa: E402,F401
from plugin import eal_options  # noqa: E402
from wires import TRAFFIC  # noqa: E402,F401

ALL = "--all" in sys.argv       # also the cases that take longer than CI has time for
BUILD = os.path.join(harness.ROOT, "build")     # meson names the programs; by hand they are there
for _name, _path in {"EVPL_FWD_SHARED": "test/e2e/evpl-fwd-shared", "EVPL_HTTPD": "test/plugin/evpl-httpd-shared",
                     "EVPL_PLUGIN": "src/plugin/librte_mempool_evpl_trace.so", "EVPL_DPDK_TESTS": "test/dpdk",
                     "EVPL_PROGRAMS": "test/plugin/plugin-programs"}.items():
    os.environ.setdefault(_name, os.path.join(BUILD, _path))
PLUGIN = os.environ["EVPL_PLUGIN"]
EAL = [*eal_options(PLUGIN), "--mbuf-pool-ops-name=evpl_trace"]
PAGES = 192                     # of 2 MiB, for two processes
WORD = "evpl_trace: "           # how each line of the plug-in's begins
# So that net_null reads what it sends. With this option it frees nothing of it from 25.07 on: each packet is a leak.
COPY = ",copy=1" if dpdk_version() < (25, 7) else ""


def long_case(name, *args):
    """As case(), but only with --all."""
    return harness.case(name, *args) if ALL else lambda function: function


@contextlib.contextmanager
def environment(**values):
    """The plug-in's variables for the programs that are started inside: the first bug, and the first leak, stops."""
    saved = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("EVPL_TRACE")]:
        del os.environ[name]
    os.environ.update({"EVPL_TRACE": "stop", "EVPL_TRACE_LEAKS": "stop", **values})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(saved)


def reports(text):
    """What the plug-in said: its lines, and those that belong to them."""
    return re.findall(rf"^.*{WORD}.*\n(?:  .*\n)*", text, re.M)


def check_silent(text):
    said = reports(text)
    check(not said, "the plug-in said:\n" + "".join(said))


class Testpmd(testpmd.Testpmd):
    """dpdk-testpmd, traced."""

    def __init__(self, directory, vdevs, options=(), pools="all", leaks="stop", eal=(), **more):
        with environment(EVPL_TRACE_POOLS=pools, EVPL_TRACE_LEAKS=leaks):
            super().__init__(directory, vdevs, list(options), [*EAL, *eal], **more)

    def packets(self):
        """How many were received, or sent, since forwarding began."""
        before = len(self.log())
        self.tell("show fwd stats all")
        self.wait_for("++++++++++++\n", before)
        text = self.log()[before:]
        numbers = re.findall(r"[RT]X-packets: (\d+)", text[text.find("Accumulated"):])
        return max(map(int, numbers), default=0)

    def forward(self, mode, start="start", packets=1000):
        """Forwards in that mode until there were so many packets."""
        self.set_mode(mode)
        self.tell(start)
        end = time.monotonic() + TIMEOUT
        while self.packets() < packets:
            check(time.monotonic() < end, f"{mode}: fewer than {packets} packets\n{self.log()[-2000:]}")
            time.sleep(0.01)
        self.stop_forwarding()

    def end(self):
        try:
            self.quit()
        finally:
            check_silent(self.log())
