#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""evpl-bench: every case runs and has figures, programs can read what is written for them, and wrong command lines are
refused. Speed is not tested, because other tests run at the same time. usage: test_bench.py EVPL_BENCH [WORD...]"""
import csv
import io
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import traceback
import xml.etree.ElementTree

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BENCH = sys.argv[1]
CASES = []

# What must be there to be found: the rows of the table.
ROWS = """alloc/local/64 alloc/local/256 alloc/local/1500 alloc/local/9000 alloc/shared/64 alloc/shared/9000
reserve/1500 hold/local/32/in-order hold/local/256/in-order hold/shared/256/in-order hold/local/4096/random
hold/shared/32/reverse touch/local/32/in-order touch/local/32/round-robin touch/shared/4096/random clone/local/1500
clone/shared/1500 segment/local/60K segment/shared/60K handover/shared/1:1 handover/shared/2:2 packet/build/local
packet/build/shared packet/forward/64 plain-thread/local/64 plain-thread/shared/64 scale/local/64 scale/shared/64
growth/first-alloc growth/longest-stall growth/tail slabs/1 slabs/1024 memory/64 memory/256 memory/1500 age/local/1x64 age/shared/256x1500
sample/local/64""".split()

# What is wrong, and a word that the line must have.
WRONG = [
    (["--", "--rounds=0"], "rounds"),
    (["--", "--rounds=1000"], "1000"),
    (["--", "--rounds=-1"], "rounds"),
    (["--", "--rounds=x"], "x"),
    (["--", "--rounds"], "rounds"),
    (["--", "--batch=0"], "batch"),
    (["--", "--filter="], "filter"),
    (["--", "--filter=no-such-case"], "no-such-case"),
    (["--", "--quick=1"], "quick"),
    (["--", "--no-such-option"], "no-such-option"),
    (["--", "-x"], "-x"),
    (["--", "alloc"], "alloc"),
    (["--", "--json", "--csv"], "--csv"),
    (["--rounds=3"], "--rounds=3"),
]


class Skip(Exception):
    """This machine cannot run the case."""


def case(name):
    def register(function):
        CASES.append((name, function))
        return function
    return register


def check(condition, *message):
    if not condition:
        raise AssertionError(" ".join(str(m) for m in message))


def run(*options, eal=True, **kwargs):
    """With EAL's flags for this machine before the options."""
    line = [BENCH]
    if eal:
        flags = subprocess.run([os.path.join(ROOT, "scripts/eal-flags"), "--lcores", "2", "--mem", "512"], check=True,
                               text=True, capture_output=True).stdout.split()
        line += [*flags, f"--file-prefix=bench{os.getpid()}", "--"]
    kwargs = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **kwargs}
    return subprocess.run([*line, *options], text=True, timeout=240, check=False, **kwargs)


def listed():
    ran = run("--", "--list", eal=False)
    check(ran.returncode == 0, "--list: exit status", ran.returncode)
    return [line.split()[0] for line in ran.stdout.splitlines()]


@case("--help names every option, without EAL")
def _(_directory):
    for line in (["--help"], ["-h"], ["--", "--help"]):
        ran = run(*line, eal=False)
        check(ran.returncode == 0 and ran.stderr == "", line, ran.returncode, ran.stderr)
        for option in ("rounds", "batch", "quick", "filter", "list", "json", "csv", "help", "version"):
            check("--" + option in ran.stdout, option, "is not in", ran.stdout)


@case("--version names this program and DPDK")
def _(_directory):
    ran = run("--version", eal=False)
    check(ran.returncode == 0 and ran.stdout.startswith("evpl-bench ") and "DPDK" in ran.stdout, ran)


@case("--list has every row that is asked for, once, and runs nothing")
def _(_directory):
    names = listed()
    check(len(names) == len(set(names)), "twice:", names)
    check(not set(ROWS) - set(names), "missing:", set(ROWS) - set(names))


@case("--filter chooses by words of the name")
def _(_directory):
    names = listed()
    ran = run("--", "--list", "--filter=clone,memory/64", eal=False)
    want = [name for name in names if "clone" in name or "memory/64" in name]
    check([line.split()[0] for line in ran.stdout.splitlines()] == want, ran.stdout)


@case("a wrong line: one line on stderr, exit status 2")
def _(_directory):
    for options, word in WRONG:
        ran = run(*options, eal=False)
        check(ran.returncode == 2 and ran.stdout == "", options, "exit status", ran.returncode, ran.stdout)
        check(len(ran.stderr.splitlines()) == 1 and word in ran.stderr, options, ran.stderr)


def check_spread(what, spread):
    values = [spread["min"], spread["median"], spread["max"]]
    check(all(math.isfinite(v) and v > 0 for v in values) and values == sorted(values), what, values)


@case("every case has figures, in the table, as JSON and as CSV alike")
def _(directory):
    files = [os.path.join(directory, name) for name in ("bench.json", "bench.csv")]
    ran = run("--quick", f"--json={files[0]}", "--csv", files[1])
    check(ran.returncode == 0, "exit status", ran.returncode, ran.stdout, ran.stderr)
    with open(files[0], encoding="utf-8") as f:
        report = json.load(f)
    with open(files[1], encoding="utf-8") as f:
        rows = {(row["case"], row["implementation"]): row for row in csv.DictReader(f)}
    names = listed()
    check([c["case"] for c in report["cases"]] == names, "not all cases, or not in order:", report["cases"])
    check(report["rounds"] == 3 and report["date"] and report["cpu"] and "DPDK" in report["dpdk"], report)
    for c in report["cases"]:
        name = c["case"]
        line = [line for line in ran.stdout.splitlines() if line.split(" ")[0] == name]
        check(len(line) == 1, name, "is not one line of the table")
        if "skipped" in c:
            check(c["skipped"] in line[0], line)
            continue
        check(c["implementations"][0]["name"].startswith("evpl"), name, "has no figure of this library")
        check(len(c["implementations"]) >= 2, name, "is compared with nothing")
        for way in c["implementations"]:
            check_spread(name, way)
            check_spread(name, way["ratio"])
            check(len(way["rounds"]) == 3, name, way)
            best = min(way["rounds"]) / min(c["implementations"][0]["rounds"])
            check(math.isclose(way["ratio"]["best"], best, rel_tol=1e-4), name, way)
            row = rows.pop((name, way["name"]))
            check(float(row["median"]) == way["median"] and float(row["ratio"]) == way["ratio"]["median"], name, row)
            check(float(row["ratio_best"]) == way["ratio"]["best"], name, row)
        check(c["implementations"][0]["ratio"]["median"] == 1, name)
    check(not rows, "only in the CSV:", rows)


@case("--json and --csv alone have stdout to themselves")
def _(_directory):
    ran = run("--quick", "--filter=memory", "--json")
    check(ran.returncode == 0 and len(json.loads(ran.stdout)["cases"]) == 3, ran)
    check("memory/64" in ran.stderr, "no table on stderr:", ran.stderr)
    ran = run("--quick", "--filter=memory/64", "--csv")
    check({row["case"] for row in csv.DictReader(io.StringIO(ran.stdout))} == {"memory/64"}, ran)


@case("--rounds is how many figures each implementation has")
def _(_directory):
    ran = run("--rounds=5", "--batch=100", "--filter=alloc/local/64", "--json")
    ways = json.loads(ran.stdout)["cases"][0]["implementations"]
    check([len(way["rounds"]) for way in ways] == [5] * len(ways), ran)


@case("the table says when, where and on what it was measured")
def _(_directory):
    ran = run("--quick", "--filter=memory/64")
    head = " ".join(ran.stdout.splitlines()[:4])
    for word in ("evpl-bench", "DPDK", "huge pages", "3 rounds", "lcores"):
        check(word in head, word, "is not in", head)


@case("one lcore: cases that need two say so, and are skipped")
def _(_directory):
    flags = subprocess.run([os.path.join(ROOT, "scripts/eal-flags"), "--lcores", "1", "--mem", "512"], check=True,
                           text=True, capture_output=True).stdout.split()
    ran = run(*flags, f"--file-prefix=bench{os.getpid()}", "--", "--quick", "--filter=scale", eal=False)
    lines = [line for line in ran.stdout.splitlines() if line.startswith("scale/")]
    check(ran.returncode == 0 and len(lines) == 2 and all("needs 2 lcores" in line for line in lines), ran)


@case("a file that cannot be written: exit status 1, and a line")
def _(directory):
    ran = run("--quick", "--filter=memory/64", f"--json={directory}/no/such/file")
    check(ran.returncode == 1 and "no/such/file" in ran.stderr, ran)
    if os.path.exists("/dev/full"):
        with open("/dev/full", "w", encoding="utf-8") as full:
            ran = run("--quick", "--filter=memory/64", stdout=full)
        check(ran.returncode == 1 and "written" in ran.stderr, ran)


@case("scripts/bench-plot draws the ratios")
def _(directory):
    if shutil.which("gnuplot") is None:
        raise Skip("no gnuplot")
    path = os.path.join(directory, "bench.csv")
    run("--quick", "--filter=memory,clone", f"--csv={path}")
    plot = [os.path.join(ROOT, "scripts/bench-plot"), path]
    ran = subprocess.run(plot, text=True, capture_output=True, timeout=60, check=False)
    check(ran.returncode == 0 and ran.stderr == "", ran.stderr)
    text = "".join(xml.etree.ElementTree.fromstring(ran.stdout).itertext())
    for word in ("memory/64", "clone/shared/1500", "pktmbuf"):
        check(word in text, word, "is not in the picture")


@case("the scripts refuse a wrong line: one line or the usage, exit status 2 or 1")
def _(directory):
    for script, arguments, status in (("compare-trace", ["--no-such-option"], 2), ("compare-trace", ["--rounds=0"], 2),
                                      ("bench-plot", [], 2), ("bench-plot", [f"{directory}/none.csv"], 1)):
        ran = subprocess.run([os.path.join(ROOT, "scripts", script), *arguments], text=True, capture_output=True,
                             timeout=60, check=False)
        check(ran.returncode == status and ran.stdout == "" and ran.stderr, script, arguments, ran)


def main():
    words = sys.argv[2:]
    chosen = [c for c in CASES if not words or any(word in c[0] for word in words)]
    failed = 0
    print(f"1..{len(chosen)}", flush=True)
    for number, (name, function) in enumerate(chosen, 1):
        end, result = "", "ok"
        try:
            with tempfile.TemporaryDirectory(prefix="evpl-bench-") as directory:
                function(directory)
        except Skip as reason:
            end = f" # SKIP {reason}"
        except Exception:                      # a broken case must not hide the ones after it
            failed, result = failed + 1, "not ok"
            print("".join(f"# {line}\n" for line in traceback.format_exc().splitlines()), end="")
        print(f"{result} {number} - {name}{end}", flush=True)
    sys.exit(1 if failed else 0)


main()
