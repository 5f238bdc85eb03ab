#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""scripts/evpl-top, on programs that run: each of its forms, and each of its ends.

What would break: a figure that is not the program's; a line that is longer than the terminal, or a screen that is
higher; text that Prometheus or a browser does not read; a terminal that stays as the live screen has it; a traceback.
"""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree

from harness import ROOT, TIMEOUT, Fwd, Skip, case, check, check_equal, eal_flags, main, read, spawn
from terminal import Terminal

TOP = os.path.join(ROOT, "scripts", "evpl-top")
NOBODY = 65534


class Places:
    """The program places.c, or another one that holds something, in a runtime directory of its own."""
    def __init__(self, directory, *args, prefix=None, program="places", ready="holds"):
        name = f"e2e-{program}"
        program = os.environ.get(f"EVPL_{program.upper()}") or os.path.join(ROOT, "build", "test", "e2e", name)
        if not os.access(program, os.X_OK):
            raise Skip(f"{name} is not built")
        os.environ["RUNTIME_DIRECTORY"] = directory
        argv = [program, *eal_flags(telemetry=True), *(["--", *args] if args else [])]
        at = argv.index("--file-prefix") + 1
        self.prefix = argv[at] = prefix or argv[at]
        self.out = os.path.join(directory, f"{self.prefix}.{time.monotonic_ns()}.out")
        self.path = os.path.join(directory, "dpdk", self.prefix, "dpdk_telemetry.v2")
        self.child = spawn(argv, self.out, stdin=subprocess.PIPE)
        wait(lambda: ready in read(self.out) or self.child.poll() is not None, "the program holds something")
        check(self.child.poll() is None, read(self.out))

    def end(self):
        self.child.stdin.close()
        check_equal(self.child.wait(TIMEOUT), 0, "exit code of the program")


def wait(condition, what):
    end = time.monotonic() + TIMEOUT
    while not condition():
        check(time.monotonic() < end, f"never: {what}")
        time.sleep(0.02)


def top(*args, rc=0, **more):
    """What evpl-top prints; with an error: the line on stderr."""
    ran = subprocess.run([TOP, *args], text=True, encoding="utf-8", capture_output=True, timeout=TIMEOUT, check=False,
                         stdin=subprocess.DEVNULL, env={**os.environ, "LC_ALL": "C.UTF-8"}, **more)
    check_equal(ran.returncode, rc,
                f"exit status of evpl-top {' '.join(args)}: {ran.stdout[-500:]}{ran.stderr}; status")
    check_equal(ran.stdout if rc else ran.stderr, "", "the other stream")
    return ran.stderr if rc else ran.stdout


@case("once_says_what_is_held")
def once(directory):
    places = Places(directory)
    said = top("-f", places.prefix, "--once", "--delay=0", "--ascii")
    lines = said.splitlines()
    check(lines[0].startswith(f"e2e-places (pid {places.child.pid})  libevpl-dpdk "), lines[0])
    check(re.search(r"^bytes +pinned 384 KiB +carved \d+ KiB +live ~\d+ KiB +waste ~\d+%$", said, re.M), said)
    check(re.search(r"^CONTEXT +lcore +node +held +pinned +iovecs.*\n +0 +0 +\d+ +5 +320 KiB +15 +2 ", said, re.M),
          said)
    check(re.search(r"^SLAB 0 node \d+, 16 x 64\.0 KiB: \d+ free, \d stash, 2 cur, 3 held, 1 lent, ", said, re.M), said)
    cells = lines[-1]
    check_equal((len(cells), sum(c.isdigit() for c in cells), set(cells) - set("012345.:")), (16, 6, set()), "the map")
    check("\033" not in said and max(map(len, lines)) <= 100, f"colours, or a long line: {said}")
    places.end()


def need_page(said):
    """The page shows what is printed: the same words above the table of contexts."""
    def words(text):
        lines = re.search(r"^slabs .*?^CONTEXT .*?$", text, re.M | re.S)[0].splitlines()
        return [re.findall(r"[A-Za-z/]{4,}", line) for line in lines]
    for shown, printed in zip(words(read(os.path.join(ROOT, "apps/README.md"))), words(said), strict=True):
        check_equal(shown, printed, "words of a line of apps/README.md")


@case("once_has_the_rates_of_a_running_evpl_fwd")
def rates(directory):
    os.environ["RUNTIME_DIRECTORY"] = directory
    fwd = Fwd(directory, ["net_null0"], ["--forward-mode=txonly", "--txpkts=32,32", "--stats-period=0.1",
                                         "--sample-period=16"], telemetry=True)
    fwd.wait_shown(r"^ +all +\S+(?: [GMk])? +\S+ +(?![0 ])", "a packet's departure")
    said = top("-f", fwd.argv[fwd.argv.index("--file-prefix") + 1], "--delay=0.5", "--once")
    check(re.search(r"^evpl-fwd \(pid \d+\) ", said), said)
    check(re.search(r"^rates/s +refills \S+ .*  taken (?!0 B)[\d.]+ [KMG]?i?B  allocs ", said, re.M), said)
    need_page(said)
    check(re.search(r"^0 net_null0 +up +0 +(?!0 )\S+ ", said, re.M), f"no port that sends: {said}")
    fwd.stop().clean()


@case("json_has_every_slab_and_buffer")
def json_form(directory):
    places = Places(directory, "40")
    look = json.loads(top("-f", places.prefix, "--json"))
    check_equal((look["pid"], look["program"]), (places.child.pid, "e2e-places"), "the program")
    check_equal([sorted(map(int, look[group])) for group in ("slabs", "contexts", "maps")], [list(range(40))] * 3,
                "numbers of slabs, contexts and maps, which need several answers")
    for name in ("state", "fill", "iovecs", "packets", "age_ms", "context"):
        check_equal({len(m[name]) for m in look["maps"].values()}, {300}, f"{name} of the buffers of each slab")
    check_equal(sum(m["state"].count("held") + m["state"].count("current") for m in look["maps"].values()), 40 * 300,
                "buffers that are in use")
    check_equal(len(json.loads(top("-f", places.prefix, "--json", "--slabs=3"))["maps"]), 3, "maps of three slabs")
    places.end()


@case("prometheus_has_every_figure")
def prometheus_form(directory):
    places = Places(directory)
    said = top("-f", places.prefix, "--prometheus")
    names = set()
    for line in said.splitlines():
        match = re.fullmatch(r'(evpl_[a-z_]+)\{(?:[a-z]+="(?:[^"\\]|\\.)*",?)+\} [0-9.]+(?:e-\d+)?'
                             r'|# (?:HELP|TYPE) .+', line)
        check(match, f"a strange line: {line}")
        names.add(match[1])
    for name, value in (("evpl_bytes_pinned", 6 * 65536), ("evpl_remote_returns_total", 1), ("evpl_iovecs", 16)):
        check(re.search(rf"^{name}\{{.*\}} {value}$", said, re.M), f"{name} is not {value}")
    fwd = Fwd(directory, ["net_null0"], ["--forward-mode=txonly", "--stats-period=0.1"], telemetry=True)
    fwd.wait_shown(r"^ +all +\S+(?: [GMk])? +\S+ +(?![0 ])", "a packet's departure")
    of_ports = top("-f", fwd.argv[fwd.argv.index("--file-prefix") + 1], "--prometheus")
    check(re.search(r'^evpl_port_tx_packets_total\{.*name="net_null0"\} [1-9]', of_ports, re.M), of_ports)
    names |= set(re.findall(r"^(evpl_\w+)\{", of_ports, re.M))
    fwd.stop().clean()
    board = json.loads(read(os.path.join(ROOT, "scripts", "evpl-top-grafana.json")))
    wanted = {name for panel in board["panels"] for target in panel["targets"]
              for name in re.findall(r"evpl_\w+", target["expr"])}
    # Nothing is sampled here.
    missing = sorted(name for name in wanted - names if not name.startswith("evpl_held_"))
    check_equal(missing, [], "names of the dashboard that Prometheus never gets")
    places.end()


@case("process_that_holds_iovecs_is_shown")
def process(directory):
    """lender.c says which iovecs these are."""
    if "1" in os.environ.get("EVPL_TEST_TRACE", ""):
        raise Skip("a tracing build lends nothing")
    lender = Places(directory, program="lender", ready="lent to")
    pid = re.search(r"lent to (\d+)", read(lender.out))[1]
    said = top("-f", lender.prefix, "--once", "--delay=0")
    check(re.search(rf"^PROCESS +state +pid .*\nworker +attached +{pid} +7 of 64 +1 of 32 +3 +1 +0$", said, re.M), said)
    check(re.search(r"^iovecs +7 live", said, re.M), said)
    said = top("-f", lender.prefix, "--prometheus")
    for name, value in (("iovecs_lent", 7), ("waiting_there", 3), ("reclaimed_total", 0), ("attached", 1), ("dead", 0)):
        check(re.search(rf'^evpl_process_{name}\{{.*name="worker"\}} {value}$', said, re.M), said)
    look = json.loads(top("-f", lender.prefix, "--json"))
    check_equal([(p["name"], p["pid"], p["iovecs_lent"]) for p in look["processes"].values()],
                [("worker", int(pid), 7)], "the process in JSON")
    lender.child.stdin.write("kill\n")
    lender.child.stdin.flush()
    wait(lambda: "killed" in read(lender.out), "the other process is killed")
    check(re.search(rf"^worker +dead +{pid} +7 of 64 ", top("-f", lender.prefix, "--once", "--delay=0"), re.M), "dead")
    lender.end()


@case("promtool_reads_it")
def promtool(directory):
    if shutil.which("promtool") is None:
        raise Skip("no promtool (Debian: prometheus)")
    places = Places(directory)
    ran = subprocess.run(["promtool", "check", "metrics"], input=top("-f", places.prefix, "--prometheus"), text=True,
                         capture_output=True, timeout=TIMEOUT, check=False)
    check_equal((ran.returncode, ran.stdout + ran.stderr), (0, ""), "promtool")
    places.end()


@case("svg_is_a_picture_of_the_buffers")
def svg_form(directory):
    places = Places(directory)
    path = os.path.join(directory, "map.svg")
    top("-f", places.prefix, f"--svg={path}")
    picture = xml.etree.ElementTree.fromstring(read(path))
    names = {"s": "http://www.w3.org/2000/svg"}
    titles = [title.text for title in picture.findall(".//s:title", names)]
    check_equal(len(titles), 6, f"buffers that are held: {titles}")
    check(any("lent" in title and "0 iovecs, 2 packets" in title for title in titles), titles)
    width, height = (float(picture.get(name)) for name in ("width", "height"))
    for rect in picture.findall("s:rect", names)[1:]:
        check(float(rect.get("x")) + 11 <= width and float(rect.get("y")) + float(rect.get("height")) <= height,
              "a rectangle outside")
    check(top("-f", places.prefix, "--svg=-").startswith("<svg "), "no SVG on stdout")
    check("No such file" in top("-f", places.prefix, f"--svg={directory}/none/map.svg", rc=2), "no such folder")
    places.end()


class Live:
    """evpl-top on a terminal."""
    def __init__(self, directory, width, height, *args, **environment):
        self.terminal = Terminal(width, height)
        self.err_path = os.path.join(directory, f"top.{time.monotonic_ns()}.err")
        with open(self.err_path, "wb") as errors:
            self.child = subprocess.Popen([TOP, "--delay=0.1", *args], stdin=self.terminal.slave, stderr=errors,
                                          stdout=self.terminal.slave,
                                          env={**os.environ, "LC_ALL": "C.UTF-8", **environment})

    def describe(self):
        return read(self.err_path)

    def wait_for(self, pattern):
        return self.terminal.wait_for(pattern, self)

    def press(self, key):
        os.write(self.terminal.master, key.encode())

    def end(self, rc=0, error=""):
        """Waits for its end, which leaves the terminal as it was."""
        wait(lambda: self.terminal.read() or self.child.poll() is not None, "evpl-top ends")
        self.terminal.read()
        check_equal((self.child.returncode, read(self.err_path)), (rc, error), "exit status, and stderr")
        check(self.terminal.scrolled == 0, "it scrolled")
        self.terminal.close()

    def kill(self):
        self.child.kill()
        self.child.wait()


@case("live_screen_fits_80x24", 80, 24, "40")
@case("live_screen_fits_200x50", 200, 50, "40")
@case("live_screen_fits_200x50_with_one_slab", 200, 50)
@case("live_screen_fits_80x24_with_one_slab", 80, 24)
@case("live_screen_fits_40x8", 40, 8)
@case("live_screen_fits_12x2", 12, 2)
def fits(directory, width, height, *args):
    places = Places(directory, *args)
    live = Live(directory, width, height, "-f", places.prefix, "--count=3")
    wait(lambda: live.terminal.read() or live.child.poll() is not None, "three looks")
    live.terminal.read()
    lines = live.terminal.lines()
    check(lines[0].startswith("e2e-places (pid"[:width]), lines[0])
    if height >= 24:
        check({line[:6] for line in lines} >= {"CONTEX", "SLAB 0"}, lines)
        check(any(set(line) & set("▁▂▃▄▅▆▇█") for line in lines), f"no map: {lines}")
    # The terminal wraps a line that is longer, and then the next one is a row further down than it should be.
    check(sum(bool(re.match("e2e-places", line)) for line in lines) == 1, lines)
    live.end()
    places.end()


@case("live_screen_follows_a_new_size_and_keys")
def keys(directory):
    places = Places(directory, "40")
    live = Live(directory, 80, 24, "-f", places.prefix, NO_COLOR="1")
    live.wait_for(r"^SLAB 0 ")
    check("\033[3" not in live.terminal.text, "colours in spite of NO_COLOR")
    live.press("n")
    live.wait_for(r"\A(?![^\0]*^SLAB 0 )[^\0]*^SLAB [1-9]\d* ")
    live.press("p")
    live.wait_for(r"^SLAB 0 ")
    live.terminal.resize(120, 40)
    live.child.send_signal(signal.SIGWINCH)
    live.wait_for(r"^SLAB 10 ")
    live.press("q")
    live.end()
    places.end()


@case("sigint_ends_the_live_screen_and_restores_the_terminal", signal.SIGINT, 0)
@case("sigterm_ends_the_live_screen_and_restores_the_terminal", signal.SIGTERM, 143)
def interrupted(directory, number, rc):
    places = Places(directory)
    live = Live(directory, 80, 24, "-f", places.prefix)
    live.wait_for(r"^SLAB 0 ")
    live.child.send_signal(number)
    wait(lambda: live.terminal.read() or live.child.poll() is not None, "evpl-top ends")
    live.terminal.read()
    for on, off in (("?1049h", "?1049l"), ("?25l", "?25h")):
        text = live.terminal.text
        check(0 <= text.find(f"\033[{on}") < text.rfind(f"\033[{off}"), f"{off} does not come at last")
    live.end(rc)
    places.end()


@case("program_that_ends_is_named_and_the_next_one_found")
def comes_and_goes(directory):
    places = Places(directory)
    live, quits = (Live(directory, 80, 24, "-f", places.prefix, *args) for args in ((), ("--quit",)))
    for one in (live, quits):
        one.wait_for(r"^SLAB 0 ")
    places.end()
    pid = places.child.pid
    live.wait_for(rf"^e2e-places \(pid {pid}\) has ended")
    quits.end(3, f"evpl-top: e2e-places (pid {pid}) has ended\n")
    following = Places(directory, prefix=places.prefix)
    live.wait_for(rf"^e2e-places \(pid {following.child.pid}\)")
    live.press("q")
    live.end()
    following.end()


@case("closed_pipe_ends_it_without_a_word")
def closed_pipe(directory):
    places = Places(directory, "40")
    for form in ("--json", "--prometheus", "--svg=-", "--once"):
        with subprocess.Popen([TOP, "-f", places.prefix, "--delay=0", form], stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.PIPE) as child:
            child.stdout.close()
            check_equal((child.stderr.read(), child.wait(TIMEOUT)), ("", 0), f"stderr and exit status of {form}")
    places.end()


@case("which_program_is_meant")
def choice(directory):
    one = Places(directory)
    two = Places(directory)
    check_equal(json.loads(top("--json", f"--pid={two.child.pid}"))["pid"], two.child.pid, "by pid")
    listed = top("--list")
    for places in (one, two):
        check(f"-f {places.prefix}  e2e-places (pid {places.child.pid})" in listed, listed)
    check("several programs run" in top("--json", rc=2), "it chose one of several")
    three = Places(directory, prefix=two.prefix)            # without shared configuration DPDK counts such sockets
    check_equal([json.loads(top("--json", "-f", two.prefix, *args))["pid"] for args in ((), ("-i", "1"))],
                [two.child.pid, three.child.pid], "instances of one prefix")
    check(f"-f {two.prefix} -i 1  e2e-places (pid {three.child.pid})" in top("--list"), "the list has instances")
    for places in (one, two, three):
        places.end()


@case("nothing_runs")
def nothing(directory):
    os.environ["RUNTIME_DIRECTORY"] = directory
    if os.path.isdir("/var/run/dpdk") and not os.access("/var/run/dpdk", os.R_OK | os.X_OK):
        raise Skip("this user may not look at the programs of root")
    for args in (("-f", "none"), ("-f", "none", "--once"), ("-f", "none", "--json", "-i", "3")):
        said = top(*args, rc=3)
        check(said.startswith("evpl-top: ") and "no program runs there" in said and said.count("\n") == 1, said)
    left = os.path.join(directory, "dpdk", "left", "dpdk_telemetry.v2")      # as a program leaves it that was killed
    os.makedirs(os.path.dirname(left))
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
        s.bind(left)
    check("no program runs there" in top("-f", "left", rc=3), "a socket that nobody listens on")
    check("has pid 1" in top("--pid=1", "-f", "none", rc=3), "a pid without telemetry")


@case("wrong_options_are_named_in_a_line")
def options(directory):
    os.environ["RUNTIME_DIRECTORY"] = directory
    for args, word in ((["--no-such"], "--no-such"), (["--delay=x"], "delay"), (["--delay=-1"], "range"),
                       (["--json", "--once"], "--json"), (["--once", "--svg=-"], "--svg"), (["surplus"], "surplus")):
        said = top(*args, rc=2)
        check(word in said and said.startswith("evpl-top: ") and said.count("\n") == 1, said)
    check(top("--help").startswith("usage: evpl-top "), "--help")


def fake(path, answers):
    """A socket that answers as DPDK does, but as it is told: a number of bytes, or nothing at all."""
    os.makedirs(os.path.dirname(path))
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(path)
    listener.listen()

    def serve():
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            client.send(json.dumps({"version": "DPDK", "pid": os.getpid(), "max_output_len": 16384}).encode())
            while command := client.recv(1024).decode():
                said = answers.get(command)
                if said is None:
                    break
                client.send(said.encode())
            client.close()
    threading.Thread(target=serve, daemon=True).start()
    return listener


@case("program_without_the_library_or_without_an_answer")
def strange(directory):
    os.environ["RUNTIME_DIRECTORY"] = directory
    for name, answers, word, rc in (("other", {"/": '{"/": ["/", "/info"]}'}, "does not use libevpl-dpdk", 1),
                                    ("broken", {"/": '{"/": ["/", '}, "does not answer", 1),
                                    ("closes", {}, "has ended", 3)):
        listener = fake(os.path.join(directory, "dpdk", name, "dpdk_telemetry.v2"), answers)
        check(word in top("-f", name, "--once", rc=rc), f"{name}: not {word}")
        listener.close()


@case("ordinary_user_asks_if_he_may")
def users(directory):
    if os.geteuid() != 0:
        raise Skip("this user cannot become another one")
    places = Places(directory)

    def as_nobody(rc):
        return subprocess_of_nobody(["--json", "-f", places.prefix], rc)

    def subprocess_of_nobody(args, rc):
        # Python reads the script before it becomes the other user, who may not look into this tree.
        program = f"import os, runpy, sys; sys.path[0] = {os.path.dirname(TOP)!r}; import argparse, locale, select, " \
                  "shutil, signal, termios, tty, evpl_top.formats, evpl_top.program, evpl_top.view; " \
                  f"code = compile(open({TOP!r}).read(), {TOP!r}, 'exec'); " \
                  f"os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY}); exec(code, {{'__name__': '__main__', " \
                  f"'__file__': {TOP!r}}})"
        ran = subprocess.run([sys.executable, "-B", "-c", program, *args], text=True, capture_output=True,
                             timeout=TIMEOUT, check=False, env={**os.environ, "LC_ALL": "C.UTF-8"})
        check_equal(ran.returncode, rc, f"exit status of another user's evpl-top: {ran.stderr}; status")
        return ran.stdout if rc == 0 else ran.stderr

    folders = [directory, os.path.join(directory, "dpdk"), os.path.dirname(places.path)]
    os.chmod(directory, 0o711)
    os.chmod(folders[1], 0o711)
    os.chmod(folders[2], 0o700)
    said = as_nobody(4)
    check("not permitted" in said and places.path in said and said.count("\n") == 1, said)
    os.chmod(folders[2], 0o711)
    os.chmod(places.path, 0o600)
    check("not permitted" in as_nobody(4), "without the right to write to the socket")
    check("not permitted" in subprocess_of_nobody(["--list"], 4), "--list without the right to look")
    os.chmod(places.path, 0o666)
    check_equal(json.loads(as_nobody(0))["pid"], places.child.pid, "the program that it may ask")
    places.end()


main(__doc__)
