# SPDX-License-Identifier: BSD-3-Clause
"""The plug-in's choices by environment variables, what it says when it is asked, and programs without lines."""
import os
import re
import signal
import socket
import subprocess
import tempfile
import time

from cases import HEX, TIMEOUT, check_quiet, need

WORDS = {   # wrong values, and what must be said of them
    "EVPL_TRACE": (["", "no", "Stop", "stop,report"], "must be stop or report"),
    "EVPL_TRACE_LEAKS": (["yes"], "must be list, stop or no"),
    "EVPL_TRACE_POOLS": (["every"], "must be named or all"),
    "EVPL_TRACE_BYTES": (["1"], "must be some, all or no"),
    "EVPL_TRACE_FIELDS": (["all"], "must be yes or no"),
    "EVPL_TRACE_GUARDS": (["64"], "must be yes or no"),
    "EVPL_TRACE_SAMPLE": (["0", "1000001", "2x"], "must be a number from 1 to 1000000"),
    "EVPL_TRACE_DEPTH": (["17", "-1"], "must be a number from 1 to 16"),
    "EVPL_TRACE_QUARANTINE": (["1000001", "18446744073709551617"], "must be a number from 0 to 1000000"),
    "EVPL_TRACE_FILE": (["/proc/no-such-folder/report"], "cannot be written: No such file or directory"),
    "EVPL_TRACE_SAMPEL": (["2"], "there is no such variable"),
}
RIGHT = {"EVPL_TRACE": "stop", "EVPL_TRACE_LEAKS": "list", "EVPL_TRACE_POOLS": "named", "EVPL_TRACE_BYTES": "all",
         "EVPL_TRACE_FIELDS": "yes", "EVPL_TRACE_GUARDS": "yes", "EVPL_TRACE_SAMPLE": "1000000",
         "EVPL_TRACE_DEPTH": "16", "EVPL_TRACE_QUARANTINE": "1000000"}


def wait_for_more(path, size):
    """Waits until the file is longer, and ends with a line. Short lists are written at once."""
    end = time.monotonic() + TIMEOUT
    while time.monotonic() < end:
        with open(path) as f:
            text = f.read()
        if len(text) > size and text.endswith("\n"):
            return
        time.sleep(0.01)


def asks(how, args, directory, report, telemetry):
    """What run.py does when a case is ready; None: nothing."""
    def by_signal(child):
        size = os.path.getsize(report)
        child.send_signal(signal.SIGUSR1)
        if args[-1] == "bug" and how == "SIGUSR1":
            wait_for_more(report, size)

    def by_telemetry(child):
        return telemetry.ask(telemetry.socket_of(args, directory), "/evpl_trace/pools", "/evpl_trace/held",
                             "/evpl_trace/held,zoo", "/evpl_trace/held,other")

    return {None: None, "SIGUSR1": by_signal, "SIGUSR1 too late": by_signal, "telemetry": by_telemetry,
            "telemetry of many places": by_telemetry}[how]


def check_telemetry(text, run, which, zoo, check_frames):
    pools, every, zoos, others = run.answer
    held = 3 if which == "bug" else 0
    need(pools["bugs"] == (1 if which == "bug" else 0), f"bugs: {pools}")
    # Telemetry takes no '-' in a key.
    for key, name, n in ("zoo", "zoo", held), ("other", "other", 0), ("a_third_2", "a-third", 0):
        pool = pools[key]
        need(pool["name"] == name, f"{key}: {pool}")
        need((pool["objects"], pool["free"], pool["held"], pool["of_mbufs"]) == (63, 63 - n, n, 1), f"{name}: {pool}")
        need(pool["records_bytes"] > 63 * 64, f"{name}: {pool}")
    whole, part = ({name: {**place, "oldest_ms": 0} for name, place in some.items()} for some in (every, zoos))
    need(whole == part, f"{every} is not {zoos}")
    need(others == {}, f"of a pool whose mbufs are home: {others}")
    if which == "twin":
        need(zoos == {}, f"held: {zoos}")
        return
    need(len(zoos) == len(text.leaks), f"held: {zoos}")
    most_first = sorted(text.leaks, key=lambda leak: -int(leak[0].split()[0]))
    for number, (count, place) in enumerate(most_first):
        entry = zoos[f"place_{number}"]
        need((entry["pool"], entry["count"]) == ("zoo", int(count.split()[0])), f"held: {entry}")
        need(entry["wrong_refcnt"] == 0, f"held: {entry}")
        need(entry["oldest_ms"] <= run.seconds * 1e3, f"older than the program: {entry}")
        lcore = 1 if place.where == "on a worker" else 0
        thread = re.fullmatch(r"thread (\S+) \((\d+)\), lcore (\d+)", entry["thread"])
        need(thread and int(thread[3]) == lcore and (int(thread[2]) == run.pid) == (lcore == 0), f"thread: {entry}")
        # Telemetry's strings have 128 bytes: files have no folders there, and the outermost calls may be left out.
        frames = re.findall(r"(\S+) \(([^)]+):(\d+)\)", entry["where"])
        need(all("/" not in file for _, file, _ in frames), f"folders: {entry}")
        paths = {os.path.basename(place.path): place.path}
        check_frames(place, [(f, paths.get(file, file), int(line)) for f, file, line in frames], text, zoo, cut=True)


def check_many_places(run, which):
    """Sixteen places, each with the case's own line, and the number of the others."""
    every = run.answer[1]
    more = every.pop("more_places", None)
    need((len(every), more) == ((16, 4) if which == "bug" else (0, None)), f"held: {every}, {more}")
    for entry in every.values():
        need(re.search(r"of_many_places_bug \(leak\.c:\d+\)", entry["where"]), f"held: {entry}")


def check_many(run):
    """After a thousand reports there is one line instead of more."""
    reports = sum(line.startswith("evpl_trace: BUG: ") for line in run.said)
    need(run.code == 0, f"exit code {run.code}")
    need(reports == 1000, f"{reports} reports")
    need(run.said[-1] == "evpl_trace: 1000 bugs were shown; no more are", f"last line: {run.said[-1]}")
    need(sum("no more are" in line for line in run.said) == 1, "said more than once")


def refused(name, value, words):
    def judge(run):
        need(run.code == 1, f"exit code {run.code}, expected 1")
        need(run.err == f"evpl_trace: {name}={value}: {words}\n", f"expected: {words}")
    return judge


def run_stripped(zoo, text):
    """A copy without lines, of which addr2line is asked what the report says it should be asked."""
    with tempfile.TemporaryDirectory(prefix="evpl-zoo-") as directory:
        copy = os.path.join(directory, "stripped")
        subprocess.run(["objcopy", "--strip-debug", zoo.path, copy], check=True)
        run = type(zoo)(copy, zoo.plugin or "linked", False, False).start(text, "bug", {})
    run.at = [re.fullmatch(rf" {{12}}(\w+) \({re.escape(copy)}\+{HEX}\)", line) for line in run.lines]
    run.asked = ""
    for line in run.lines:
        command = re.fullmatch(rf"  for lines: (addr2line -fie) {re.escape(copy)}((?: {HEX})+)", line)
        if command:
            run.asked = subprocess.run([*command[1].split(), zoo.path, *command[2].split()],
                                       capture_output=True, text=True, check=True).stdout
    return run


def judge_stripped(text):
    def judge(run):
        need(run.code == -6, f"exit code {run.code}")
        function = text.events[0][1].function
        need(sum(bool(match) and match[1] == function for match in run.at) == 3, "not three frames with a module")
        for word, place in text.events:
            need(re.search(rf"^{function}\n\S*{os.path.basename(place.path)}:{place.number}\b", run.asked, re.M),
                 f"addr2line does not know the line of \"{word}\":\n{run.asked}")
    return judge


def judge_full(run):
    need(run.code == -6, f"exit code {run.code}")
    need(run.lines == ["evpl_trace: a report could not be written to EVPL_TRACE_FILE"], f"said: {run.lines}")


def run_with_server(zoo, text):
    """Somebody listens where debug information is said to be served. DPDK's driver, which frees the mbuf, has none."""
    with socket.create_server(("127.0.0.1", 0)) as server, tempfile.TemporaryDirectory(prefix="evpl-zoo-") as cache:
        run = zoo.start(text, "bug", {"DEBUGINFOD_URLS": f"http://127.0.0.1:{server.getsockname()[1]}/",
                                      "DEBUGINFOD_TIMEOUT": "1", "DEBUGINFOD_CACHE_PATH": cache})
        server.setblocking(False)
        run.was_asked = True
        try:
            server.accept()
        except BlockingIOError:
            run.was_asked = False
    return run


def judge_server(run):
    need(run.code == -6 and any("double free" in line for line in run.lines), f"exit code {run.code}")
    need(not run.was_asked, "a report asked a server for debug information")


def tests(zoo, texts):
    """As tests_of() in run_mbuf.py."""
    text = next(t for t in texts if t.name == "double_free_single")

    found = [(f"wrong {name}={value}", lambda name=name, value=value: zoo.start(text, "twin", {name: value}),
              refused(name, value, words))
             for name, (values, words) in WORDS.items() for value in values]
    found.append(("right values", lambda: zoo.start(text, "twin", RIGHT), check_quiet))
    found.append(("full file", lambda: zoo.start(text, "bug", {"EVPL_TRACE_FILE": "/dev/full"}), judge_full))
    sent = next(t for t in texts if t.name == "sent_freed")
    found.append(("no server is asked", lambda: run_with_server(zoo, sent), judge_server))
    found.append(("without lines", lambda: run_stripped(zoo, text), judge_stripped(text)))
    return found
