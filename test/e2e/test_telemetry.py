#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""The commands of DPDK's telemetry that a running evpl-fwd answers, and the pages that document them.

One of PAGES has a heading for each command, and below it a table with one line per field: `| field | unit | meaning |`.
Commands, fields and units of the pages must be those of the program, in the program's order, and the example below the
table must have the same fields.
"""
import json
import os
import re
import shutil
import subprocess
import time

from harness import ROOT, Fwd, Skip, case, check, check_equal, eal_flags, main, read, spawn
from telemetry import ask, socket_of

PAGES = [os.path.join(ROOT, *name.split("/"))
         for name in ("include/telemetry.md", "include/telemetry_memory.md", "apps/fwd/README.md")]
VDEVS = ["net_null0", "net_null1"]
WITHOUT_UNITS = ("/evpl/units", "/evpl_fwd/ports")     # they have no units
TRACE = "1" in os.environ.get("EVPL_TEST_TRACE", "")


def documented():
    """{command: [(field, unit)]} of the pages, and {command: the answer in its example}."""
    fields, examples = {}, {}
    text = "\n".join(map(read, PAGES))
    for command, section in re.findall(r"^## `(/\S+?)(?:,\S+)?`$(.*?)(?=^##? |\Z)", text, re.M | re.S):
        check(command not in fields, f"two sections have {command}")
        fields[command] = re.findall(r"^\| `(\w+)` \| ([^|]+?) \| [^|]+ \|$", section, re.M)
        example = re.search(r"^```json\n(.*?)^```", section, re.M | re.S)
        check(example, f"{command} has no example")
        examples[command] = json.loads(example[1])
    return fields, examples


def names_of(answer):
    """The fields of an answer: its own, those of the first dictionary in it, or those that are columns of a table."""
    inside = [value for value in answer.values() if isinstance(value, dict)]
    columns = [name for name, value in answer.items() if isinstance(value, list)]
    return list(inside[0] if inside else columns or answer)


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
        if answer and (command not in ("/evpl/held", "/evpl/processes") or any(answer.values())):
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


def wait_for(child, out, word):
    for _ in range(1200):
        if word in read(out) or child.poll() is not None:
            break
        time.sleep(0.05)
    check(word in read(out), f"the program never said \"{word}\":\n{read(out)}")


def hold(directory, program="holder", *arguments, ready="holds"):
    """Starts holder.c, lender.c or places.c. The process, and its socket."""
    holder = (os.environ.get(f"EVPL_{program.upper()}")
              or os.path.join(ROOT, "build", "test", "e2e", f"e2e-{program}"))
    if not os.access(holder, os.X_OK):
        raise Skip(f"e2e-{program} is not built")
    os.environ["XDG_RUNTIME_DIR"] = directory
    argv, out = [holder, *eal_flags(telemetry=True), *arguments], os.path.join(directory, "holder.out")
    child = spawn(argv, out, stdin=subprocess.PIPE)
    wait_for(child, out, ready)
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


@case("each_buffer_is_where_the_program_has_it")
def places(directory):
    child, path = hold(directory, "places")
    info, stats, contexts, slabs = ask(path, "/evpl/info", "/evpl/stats", "/evpl/contexts", "/evpl/slabs")
    table, rest, none = ask(path, "/evpl/map,0", "/evpl/map,0,14", "/evpl/map,1")
    slab = slabs["slab_0"]
    stashed = 2 if TRACE and info["build"] == "tracing" else 1      # its free buffers wait before they are used again
    states = {"current": 2, "held": 3, "lent": 1, "stash": stashed, "free": 10 - stashed}
    check_equal({state: table["state"].count(state) for state in states}, states, "states of the map")
    check_equal([slab[f"buffers_{name}"] for name in ("current", "held", "lent", "stashed", "free")],
                [2, 6, 1, stashed, 10 - stashed],
                "states of the slab, whose held ones are those of the first three")
    check_equal((table["buffers"], table["buffer_size"], table["first"], table["slab"]), (16, 65536, 0, 0), "the map")
    check_equal((rest["first"], rest["state"], rest["fill"]), (14, table["state"][14:], table["fill"][14:]),
                "the map from a buffer on")
    check_equal(none, {}, "the map of a slab that does not exist")
    buffers = list(zip(*(table[name] for name in ("state", "iovecs", "packets", "context"))))
    check_equal(sorted(b for b in buffers if b[0] in ("current", "held", "lent")),
                [("current", 1, 0, 0), ("current", 5, 0, 0), ("held", 1, 0, 0), ("held", 1, 0, 1), ("held", 8, 0, 0),
                 ("lent", 0, 2, 0)], "buffers: state, iovecs, mbufs of packets, context")
    check(all(not any((fill, iovecs, packets, age)) for state, fill, iovecs, packets, age in
              zip(*(table[name] for name in ("state", "fill", "iovecs", "packets", "age_ms")))
              if state in ("free", "stash")), f"nothing is left of a free one: {table}")
    check_equal((stats["iovecs"], stats["packets"], stats["buffers_orphaned"]), (16, 2, 1), "of all")
    check_equal((contexts["context_0"]["iovecs"], contexts["context_0"]["buffers_held"]), (15, 5), "of a context")
    check_equal((slab["takes"], slab["remote_returns"], stats["remote_returns"], stats["splits"]), (8, 1, 1, 1),
                "counts")
    check_equal(stats["refills"] + stats["whole_buffers"], 8, "takes of the contexts")
    check(stats["spills"] >= 60000 - 49152, f"clones beyond 16 bits: {stats['spills']}")
    check_equal([stats[name] for name in ("bytes_pinned", "buffers_away_peak", "buffers_away_peak_read")],
                [6 * 65536, 6 + stashed, 6 + stashed], "bytes pinned, and peaks")
    check(stats["bytes_live"] <= stats["bytes_carved"] <= stats["bytes_pinned"], f"bytes: {stats}")
    if not TRACE:       # no guards, and whole buffers are no longer than the longest iovec
        check_equal(sorted(zip(table["fill"], table["iovecs"]))[-6:],
                    [(50, 1), (51, 1), (77, 5), (94, 8), (100, 0), (100, 1)], "buffers: fill, iovecs")
        carved = 50000 + 32768 + 32769 + 61440 + 2 * 65536
        check_equal((stats["bytes_carved"], stats["bytes_live"]), (carved, carved - 22 * 2048), "carved and live")
    again, = ask(path, "/evpl/slabs")
    check_equal((again["slab_0"]["buffers_away_peak"], again["slab_0"]["buffers_away_peak_read"]), (6 + stashed, 0),
                "peaks of a slab that was read before, since when nothing was taken")
    child.stdin.close()
    check_equal(child.wait(60), 0, "exit code of the program")


LENT = {"name": "worker", "iovecs": 64, "iovecs_lent": 7, "packets": 32, "packets_sent": 1, "waiting_there": 3,
        "waiting_here": 1, "reclaimed": 0}


@case("process_that_holds_iovecs_is_shown")
def lent(directory):
    """lender.c says which iovecs these are."""
    if TRACE:
        raise Skip("a tracing build lends nothing")
    child, path = hold(directory, "lender", ready="lent to")
    out = os.path.join(directory, "holder.out")
    pid = int(re.search(r"lent to (\d+)", read(out))[1])

    def check_process(**fields):
        stats, answer, units, none = ask(path, "/evpl/stats", "/evpl/processes", "/evpl/units,/evpl/processes",
                                         "/evpl/processes,1")
        check_equal(answer, {"process_0": {**LENT, "pid": pid, **fields}, "processes": 1}, "the process")
        check_equal(sorted(answer["process_0"]), sorted(units), "fields")
        check_equal(stats["iovecs"], answer["process_0"]["iovecs_lent"], "iovecs, which are those that are lent")
        check_equal(none, {"processes": 1}, "processes from number 1 on")

    def say(word, wanted):
        child.stdin.write(word + "\n")
        child.stdin.flush()
        wait_for(child, out, wanted)

    check_process(state="attached")
    say("kill", "killed")
    check_process(state="dead")
    say("reclaim", "reclaimed 7")
    check_process(state="absent", iovecs_lent=0, packets_sent=0, waiting_there=0, waiting_here=0, reclaimed=7)
    child.stdin.close()
    check_equal(child.wait(60), 0, "exit code of the lender")


@case("slab_that_the_program_brought_is_called_external")
def external(directory):
    path = os.path.join(directory, "slab")
    with open(path, "wb") as file:
        file.truncate(1 << 20)
    run = Run(directory, f"--external-slab={path}")
    contexts, slabs = run.ask("/evpl/contexts", "/evpl/slabs")
    check_equal(slabs["slabs"], 1, "slabs")
    check_equal([slabs["slab_0"][name] for name in ("kind", "node", "bytes")], ["external", 1000, 1 << 20], "the slab")
    check_equal(contexts["context_0"]["node"], 1000, "node of the context")
    top = subprocess.run([os.path.join(ROOT, "scripts", "evpl-top"), "-f",
                          run.fwd.argv[run.fwd.argv.index("--file-prefix") + 1], "--once"],
                         capture_output=True, text=True, timeout=60, check=False)
    check("SLAB 0 node ext0," in top.stdout, f"evpl-top: {top.stdout}{top.stderr}")
    run.fwd.stop().clean()


@case("figures_of_all_stay_when_slabs_go")
def slabs_that_go(directory):
    child, path = hold(directory, "places", "--", "3", "anew")
    stats, slabs, again, none = ask(path, "/evpl/stats", "/evpl/slabs", "/evpl/stats", "/evpl/map,1")
    check_equal([stats[name] for name in ("slabs", "slabs_made", "slabs_given_back")], [1, 4, 3], "slabs")
    check_equal([stats[name] for name in ("buffers_away_peak", "buffers_away_peak_read")], [900, 900], "peaks")
    check_equal([again[name] for name in ("buffers_away_peak", "buffers_away_peak_read")], [900, 0], "peaks, later")
    check_equal((stats["refills"] + stats["whole_buffers"], stats["remote_returns"]), (901, 897),
                "counts of all: each context brings its last buffer home itself")
    slab = slabs["slab_0"]
    check_equal([slab[name] for name in ("takes", "rewinds", "remote_returns", "buffers_away_peak", "buffers_held")],
                [1, 0, 0, 1, 1], "a slab with the number of one that is gone")
    check_equal((stats["buffers_held"], none), (1, {}), "buffers that are held, and the map of a slab that is gone")
    child.stdin.close()
    check_equal(child.wait(60), 0, "exit code of the program")


@case("dpdk_telemetry_py_reaches_the_commands")
def with_dpdks_client(directory):
    client = shutil.which("dpdk-telemetry.py") or shutil.which("dpdk-telemetry")
    if client is None:
        raise Skip("no dpdk-telemetry.py (Debian 12: dpdk-dev, Debian 13: dpdk)")
    child, path = hold(directory, "places")
    commands = ["/evpl/info", "/evpl/contexts", "/evpl/slabs,0", "/evpl/ports", "/evpl/held", "/evpl/map,0,14"]
    ran = subprocess.run([client, "-f", os.path.basename(os.path.dirname(path))], text=True, capture_output=True,
                         input="\n".join([*commands, "quit", ""]), timeout=60, check=False)
    answers = [json.loads(line) for line in ran.stdout.splitlines()]
    check_equal([list(answer) for answer in answers], [[command.split(",")[0]] for command in commands], ran.stderr)
    check_equal(len(answers[-1]["/evpl/map"]["state"]), 2, "buffers from number 14 on")
    child.stdin.close()
    check_equal(child.wait(60), 0, "exit code of the program")


@case("allocs_are_counted_estimated_or_unknown")
def allocs(directory):
    child, path = hold(directory)
    info, stats = ask(path, "/evpl/info", "/evpl/stats")
    check_equal(info["allocs"], "counted" if TRACE else "estimated", "how allocs are known")
    if TRACE:
        check_equal(stats["allocs"] - stats["releases"], stats["iovecs"], "iovecs that are left")
    else:
        check_equal((stats["allocs"] % 8, stats["releases"]), (0, 0), "a multiple of the period, and nothing")
    child.stdin.close()
    check_equal(child.wait(60), 0, "exit code of the holder")
    child, path = hold(directory, "places")
    info, stats = ask(path, "/evpl/info", "/evpl/stats")
    check_equal((info["allocs"], stats["allocs"] > 0), ("counted", True) if TRACE else ("unknown", False), "allocs")
    child.stdin.close()
    check_equal(child.wait(60), 0, "exit code of the program")


main(__doc__)
