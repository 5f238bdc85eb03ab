#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""The commands of DPDK's telemetry that a running evpl-fwd answers, and the page that documents them.

include/telemetry.md has a heading for each command, and below it a table with one line per field: `| field | unit |
meaning |`. Commands, fields and units of the page must be those of the program, in the program's order, and the example
below the table must have the same fields.
"""
import json
import os
import re
import subprocess
import time

from harness import ROOT, Fwd, Skip, case, check, check_equal, eal_flags, main, read, spawn
from telemetry import ask, socket_of

PAGE = os.path.join(ROOT, "include", "telemetry.md")
VDEVS = ["net_null0", "net_null1"]
WITHOUT_UNITS = ("/evpl/units", "/evpl_fwd/ports")     # they have no units
TRACE = "1" in os.environ.get("EVPL_TEST_TRACE", "")


def documented():
    """{command: [(field, unit)]} of the page, and {command: the answer in its example}."""
    fields, examples = {}, {}
    for command, text in re.findall(r"^## `(/\S+?)(?:,\S+)?`$(.*?)(?=^## |\Z)", read(PAGE), re.M | re.S):
        fields[command] = re.findall(r"^\| `(\w+)` \| ([^|]+?) \| [^|]+ \|$", text, re.M)
        example = re.search(r"^```json\n(.*?)^```", text, re.M | re.S)
        check(example, f"{command} has no example")
        examples[command] = json.loads(example[1])
    return fields, examples


def names_of(answer):
    """The fields of an answer: its own, or those of the first dictionary in it."""
    inside = [value for value in answer.values() if isinstance(value, dict)]
    return list(inside[0] if inside else answer)


class Run:
    """An evpl-fwd that runs, and its socket."""
    def __init__(self, directory, *options):
        os.environ["XDG_RUNTIME_DIR"] = directory       # of an EAL that is not root's
        self.fwd = Fwd(directory, VDEVS, ["--forward-mode=txonly", "--txpkts=32,32", "--stats-period=0.1", *options],
                       telemetry=True)
        self.fwd.wait_shown(r"^ +all +\S+(?: [GMk])? +\S+ +(?![0 ])", "a packet's departure")
        self.path = socket_of(self.fwd.argv, directory)

    def ask(self, *commands):
        return ask(self.path, *commands)


@case("page_has_the_commands_and_their_fields")
def page(directory):
    fields, examples = documented()
    run = Run(directory, "--sample-period=4")
    listed, = run.ask("/")
    ours = [command for command in listed if command.startswith("/evpl")]
    check_equal(sorted(fields), sorted(ours), "commands of the page, and of the program")
    for command in ours:
        if command in WITHOUT_UNITS:
            continue
        answer, units = run.ask(command, f"/evpl/units,{command}")
        check_equal([tuple(pair) for pair in units.items()], fields[command], f"fields and units of {command}")
        if answer and (command != "/evpl/held" or any(answer.values())):
            check_equal(names_of(answer), list(units), f"fields of the answer of {command}")
        check_equal(names_of(examples[command]), list(units), f"fields of the example of {command}")
    answer, = run.ask("/evpl_fwd/ports")
    check_equal(list(answer), ["port_0", "port_1", "total"], "ports")
    for one in (*answer.values(), *examples["/evpl_fwd/ports"].values()):
        check_equal(list(one), [name for name, _ in fields["/evpl_fwd/ports"]], "fields of /evpl_fwd/ports")
    check_equal(sorted(run.ask("/evpl/units")[0]), sorted(c for c in ours if c not in WITHOUT_UNITS),
                "commands that have units")
    run.fwd.stop().clean()


@case("figures_are_those_of_the_program")
def figures(directory):
    run = Run(directory)
    info, stats, contexts, slabs, pools = run.ask("/evpl/info", "/evpl/stats", "/evpl/contexts", "/evpl/slabs",
                                                  "/evpl/pools")
    check_equal(info["build"].split()[0], "tracing" if TRACE else "plain", "kind of build")
    check(re.fullmatch(r"\d+\.\d+\.\d+", info["version"]) and info["dpdk"].startswith("DPDK"), f"versions: {info}")
    check_equal((info["users"], info["buffer_size"]), (1, 65536), "limits")
    check(512 < info["max_slabs"] <= 65536, f"max_slabs is EAL's limit: {info}")
    check_equal(stats["slabs_made"] - stats["slabs_given_back"], stats["slabs"], "slabs that came, and that went")
    check_equal((stats["contexts"], contexts["contexts"], stats["contexts_peak"]), (1, 1, 1), "contexts")
    context = contexts["context_0"]
    check(context["buffers_taken"] >= 1 and context["stash_size"] == 64, f"a context: {context}")
    check_equal(slabs["slabs"], stats["slabs"], "slabs")
    shown = [slab for slab in slabs.values() if isinstance(slab, dict)]
    check(all(s["buffers_away"] <= s["buffers_away_peak"] <= s["buffers"] for s in shown), f"slabs: {slabs}")
    check_equal(sum(slab["buffers"] for slab in shown), stats["buffers"], "buffers of the slabs")
    check(any(p["kind"] == "packets" and p["mbufs"] == stats["packet_mbufs"] for p in pools.values()
              if isinstance(p, dict)), f"pools: {pools}")
    check_equal([name for name in run.ask("/evpl/slabs,1000")[0] if name != "slabs"], [], "slabs from 1000 on")
    before, after = run.ask("/evpl_fwd/ports", "/evpl_fwd/ports")
    check(0 < before["total"]["tx_packets"] <= after["total"]["tx_packets"], f"counters: {before}, {after}")
    check_equal(before["total"]["name"], "txonly", "the mode")
    run.fwd.stop().clean()


def hold(directory):
    """Starts holder.c. The process, and its socket."""
    holder = os.environ.get("EVPL_HOLDER") or os.path.join(ROOT, "build", "test", "e2e", "e2e-holder")
    if not os.access(holder, os.X_OK):
        raise Skip("e2e-holder is not built")
    os.environ["XDG_RUNTIME_DIR"] = directory
    argv, out = [holder, *eal_flags(telemetry=True)], os.path.join(directory, "holder.out")
    child = spawn(argv, out, stdin=subprocess.PIPE)
    for _ in range(1200):
        if "holds" in read(out) or child.poll() is not None:
            break
        time.sleep(0.05)
    check("holds" in read(out), f"the holder never held anything:\n{read(out)}")
    return child, socket_of(argv, directory)


@case("samples_are_scaled_and_called_estimates")
def samples(directory):
    child, path = hold(directory)
    held, report = ask(path, "/evpl/held", "/evpl/info")
    sites = [site for site in held.values() if site["sampled_bytes"] % 1000 == 0]
    check(sites, f"no site has iovecs of 1,000 bytes: {held}")
    scale = 1 if TRACE else report["sample_period"]
    for site in held.values():
        check_equal(site["estimate"], int(not TRACE), "estimate")
        check_equal((site["iovecs"], site["bytes"]), (site["sampled_iovecs"] * scale, site["sampled_bytes"] * scale),
                    "scaled")
    check_equal(sites[0]["iovecs"], 64, "iovecs that are held, which are 64 in fact")
    # Compiled without optimisation, the address is that of the inline function. Either is static.
    check(re.search("hold_in_a_static_function|evpl_iovec_alloc", sites[0]["where"]), f"no name: {sites[0]}")
    child.stdin.close()
    check_equal(child.wait(60), 0, "exit code of the holder")


@case("failures_are_counted_by_kind")
def failures(directory):
    child, path = hold(directory)
    stats, contexts, slabs = ask(path, "/evpl/stats", "/evpl/contexts", "/evpl/slabs")
    for where in (stats, contexts["context_0"]):
        check_equal({name: n for name, n in where.items() if name.startswith(("alloc_", "send_"))},
                    {"alloc_einval": 1, "alloc_emsgsize": 1, "alloc_enomem": 1, "send_einval": 1, "send_emsgsize": 0,
                     "send_enomem": 0, "send_eoverflow": 0}, "failures")
    slab = slabs["slab_0"]
    check_equal((slab["buffers_away"], slab["buffers_away_peak"]), (slab["buffers"], slab["buffers"]),
                "buffers away, and the peak, of a slab that is spent")
    child.stdin.close()
    check_equal(child.wait(60), 0, "exit code of the holder")


main(__doc__)
