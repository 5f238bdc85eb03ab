# SPDX-License-Identifier: BSD-3-Clause
"""Prints cases as TAP. Runs evpl-fwd and similar programs as child processes, and checks their reports."""
import ctypes
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TIMEOUT = 60            # seconds after which a child hangs, for any reason

_cases = []


class Skip(Exception):
    """What a case raises when this machine cannot run it; the text says what is missing."""


def case(name, *args):
    """Registers a function as a test case; with args, as one more case of that function."""
    def register(function):
        _cases.append((name, function, args))
        return function
    return register


def main(doc):
    """Runs the cases whose names contain one of the words on the command line (all without words), as TAP."""
    words = [w for w in sys.argv[1:] if not w.startswith("-")]
    if "-h" in sys.argv or "--help" in sys.argv:
        print(doc.strip() + "\n\nusage: %s [--list] [WORD...]   cases whose name has a WORD; all without\n"
              "EVPL_FWD names the evpl-fwd to test (else: the one in build/); EVPL_E2E_KEEP=1 keeps the files"
              % sys.argv[0])
        return
    chosen = [c for c in _cases if not words or any(w in c[0] for w in words)]
    if "--list" in sys.argv:
        print("\n".join(c[0] for c in chosen))
        return
    if fwd_path() is None:
        print("Bail out! evpl-fwd was not found: build it, or name it in EVPL_FWD")
        sys.exit(1)
    print(f"1..{len(chosen)}", flush=True)
    failed = 0
    for number, (name, function, args) in enumerate(chosen, 1):
        directory = tempfile.mkdtemp(prefix="evpl-e2e-")
        try:
            function(directory, *args)
            print(f"ok {number} - {name}", flush=True)
        except Skip as reason:
            print(f"ok {number} - {name} # SKIP {reason}", flush=True)
        except Exception as error:             # a broken case must not hide the ones after it
            failed += 1
            print(f"not ok {number} - {name}", flush=True)
            text = str(error) if isinstance(error, AssertionError) and str(error) else traceback.format_exc()
            print("".join(f"# {line}\n" for line in text.splitlines()), end="", flush=True)
        finally:
            kill_children()
            if not os.environ.get("EVPL_E2E_KEEP"):
                shutil.rmtree(directory, ignore_errors=True)
    sys.exit(1 if failed else 0)


def check(condition, *message):
    """assert that also works under python -O, with a message made of its arguments."""
    if not condition:
        raise AssertionError(" ".join(str(m) for m in message))


def check_equal(got, want, what):
    check(got == want, f"{what}: got {got!r}, expected {want!r}")


def check_frames(got, want, what):
    """Byte for byte and in order; the message shows the first difference."""
    for i, (a, b) in enumerate(zip(got, want)):
        if a != b:
            at = next((k for k in range(min(len(a), len(b))) if a[k] != b[k]), min(len(a), len(b)))
            raise AssertionError(f"{what}: frame {i} differs at byte {at} ({len(a)} bytes, expected {len(b)})\n"
                                 f"got      {a[:96].hex()}\nexpected {b[:96].hex()}")
    check(len(got) == len(want), f"{what}: {len(got)} frames, expected {len(want)}")


# ---- evpl-fwd ------------------------------------------------------------------------------------------------------

def fwd_path():
    for path in (os.environ.get("EVPL_FWD"), os.path.join(ROOT, "build", "apps", "fwd", "evpl-fwd")):
        if path and os.access(path, os.X_OK):
            return path
    return None


def dpdk_version():
    """The version of evpl-fwd's DPDK: (22, 11)."""
    said = subprocess.run([fwd_path(), "--version"], text=True, capture_output=True, check=True).stdout
    return tuple(map(int, re.search(r"DPDK (\d+)\.(\d+)", said).groups()))


def cpus(count):
    """EAL's --lcores for that many lcores, on the CPUs that this process may use, in turn.

    Programs that run at the same time, of this test or of several, begin on different ones: both poll.
    """
    allowed = sorted(os.sched_getaffinity(0))
    first = os.getpid() + next(_programs)
    return ",".join(f"{i}@{allowed[(i + first) % len(allowed)]}" for i in range(count))


_serial = itertools.count(1)
_programs = itertools.count()


def eal_flags(lcores=1, memory=256, telemetry=False):
    """No huge pages, no NIC, no files left behind, and any number of them at once."""
    return [f"--lcores={cpus(lcores)}", "--no-huge", "--iova-mode=va", "--no-pci", "--no-shconf",
            *([] if telemetry else ["--no-telemetry"]), "-m", str(memory), "--file-prefix",
            f"evpl-e2e-{os.getpid()}-{next(_serial)}", "--log-level=.,error"]


_children = []
_libc = ctypes.CDLL(None)


def _die_with_parent():
    _libc.prctl(1, signal.SIGKILL)          # PR_SET_PDEATHSIG: a test that is killed leaves nothing running


def spawn(argv, log, errors=None, stdout=None, stdin=subprocess.DEVNULL):
    """A child whose output goes to files (a pipe that nobody reads would stop it); kill_children() ends it.

    stdout is written to the file `log`, unless a descriptor is given; stderr to `errors`, or the same as stdout.
    """
    with open(log, "wb") as out, open(errors or os.devnull, "wb") as err:
        child = subprocess.Popen(argv, stdin=stdin, stdout=out if stdout is None else stdout,
                                 stderr=err if errors else subprocess.STDOUT, preexec_fn=_die_with_parent, text=True)
    _children.append(child)
    return child


def read(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        return f.read()


def kill_children():
    while _children:
        child = _children.pop()
        if child.poll() is None:
            child.kill()
            child.wait()


class Program:
    """A program of ours: started at once; end() waits for it and returns itself with rc, out, err and report."""

    def __init__(self, path, directory, vdevs, options, lcores=1, memory=256, eal=(), stdout=None, telemetry=False,
                 flags=None):
        self.name = os.path.basename(path)
        base = os.path.join(directory, f"{self.name}-{next(_serial)}")
        self.out_path, self.err_path, self.json_path = base + ".out", base + ".err", base + ".json"
        self.argv = [path, *(flags or eal_flags(lcores, memory, telemetry)), *eal, *(f"--vdev={v}" for v in vdevs),
                     "--", "--json", self.json_path, *(str(o) for o in options)]
        self.child = spawn(self.argv, self.out_path, self.err_path, stdout)

    def stop(self, how=signal.SIGINT):
        self.child.send_signal(how)
        return self.end()

    def end(self):
        try:
            self.rc = self.child.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
            raise AssertionError(f"{self.name} did not end within {TIMEOUT} s\n{self.describe()}") from None
        self.out, self.err = read(self.out_path), read(self.err_path)
        try:
            self.report = json.loads(read(self.json_path))
        except (OSError, ValueError):       # it ended before it wrote one: clean() tells
            self.report = None
        return self

    def describe(self):
        tail = "\n".join((read(self.out_path)[-3000:] + read(self.err_path)[-3000:]).splitlines()[-40:])
        return f"{' '.join(self.argv)}\n{tail}"

    def clean(self):
        """Asserts what every good run ends with: exit code 0, a report, every buffer home. Returns self."""
        check(self.rc == 0, f"exit code {self.rc}, expected 0\n{self.describe()}")
        check(self.report is not None, f"no JSON report\n{self.describe()}")
        check(self.lost() == 0, f"{self.lost()} buffers lost\n{self.describe()}")
        check("runtime error:" not in self.err, f"undefined behaviour\n{self.describe()}")      # of a UBSan build
        return self

    def lost(self):
        """Buffers that did not come home."""
        raise NotImplementedError


class Fwd(Program):
    """One evpl-fwd."""

    def __init__(self, *args, path=None, **kw):
        super().__init__(path or fwd_path(), *args, **kw)

    def wait_shown(self, pattern, what):
        """Until a line of its output, as of the table of --stats-period, is like that, however long it takes up to
        TIMEOUT."""
        end = time.monotonic() + TIMEOUT
        while not re.search(pattern, read(self.out_path), re.MULTILINE):
            check(self.child.poll() is None and time.monotonic() < end, f"{what} never happened\n{self.describe()}")
            time.sleep(0.02)

    def wait_received(self):
        self.wait_shown(r"^ +all +(?![0 ])", "a packet's receipt")

    def wait_dropped(self):
        self.wait_shown(r"^ +all .* [1-9]\d* +\d+$", "a packet's drop")

    def total(self, field):
        return self.report["total"][field]

    def port(self, index):
        return self.report["ports"][index]

    def lost(self):
        return self.report["lost"]["total"]

    def dropped(self):
        """Every packet that was neither sent nor used up, by why; none: {}."""
        return {why[len("dropped_"):]: n for why, n in self.report["total"].items() if why.startswith("dropped_") and n}


def run_fwd(*args, **kw):
    """evpl-fwd from start to its own, good end."""
    return Fwd(*args, **kw).end().clean()
