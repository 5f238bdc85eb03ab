#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""`scripts/run httpd` as root and as a plain user: the curl line that it prints gets the file, without a change, and
nothing is left when it ends. Nothing is installed or built here; if that were needed, the case is skipped."""
import contextlib
import os
import re
import shutil
import signal
import subprocess
import time

from httpd import httpd_path
import netns
from harness import ROOT, TIMEOUT, Skip, case, check, check_equal, main, read, spawn

NOBODY = 65534


def plain_user():
    """The words in front of a command that make it a user's without rights who may make namespaces; [] for who is
    one already."""
    user = []
    if os.getuid() == 0:
        user = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        if not shutil.which("setpriv"):
            raise Skip("setpriv is not installed (Debian: util-linux)")
    if not shutil.which("unshare") or not shutil.which("nsenter"):
        raise Skip("unshare and nsenter are not installed (Debian: util-linux)")
    done = subprocess.run([*user, "unshare", "-Urn", "true"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Skip(f"a plain user may not make a network namespace: {done.stderr.strip()}")
    for path in (httpd_path(), f"{ROOT}/scripts/run", f"{ROOT}/README.md"):
        if subprocess.run([*user, "test", "-r", path], check=False).returncode != 0:
            raise Skip(f"a plain user cannot read {path}")
    return user


def root():
    if os.getuid() != 0:
        raise Skip("not root")
    done = subprocess.run(["ip", "netns", "add", name := f"evpl-run-{os.getpid()}"], capture_output=True,
                          text=True, check=False)
    if done.returncode != 0:
        raise Skip(f"no right to make a network namespace: {done.stderr.strip()}")
    netns.ip(f"netns del {name}")
    return []


def build_folder(directory):
    """A build folder with the evpl-httpd of this one: built already, for scripts/run would build it where it is."""
    os.chmod(directory, 0o777)              # a plain user's Ninja writes there
    folder = f"{directory}/build"
    os.makedirs(f"{folder}/apps/httpd")
    os.chmod(folder, 0o777)
    os.symlink(os.path.realpath(httpd_path()), f"{folder}/apps/httpd/evpl-httpd")
    with open(f"{folder}/build.ninja", "w", encoding="ascii") as f:
        f.write("build apps/httpd/evpl-httpd: phony\n")
    return folder


def need(*programs):
    for program in programs:
        if not shutil.which(program):
            raise Skip(f"{program} is not installed (Debian: {netns.PACKAGES.get(program, program)})")
    netns.need_tap()
    missing = subprocess.run([f"{ROOT}/scripts/setup", "--missing", "build", "lwip"], capture_output=True,
                             text=True, check=True)
    if missing.stdout:
        raise Skip(f"scripts/run would install {' '.join(missing.stdout.split())}")
    if not os.path.exists(f"{ROOT}/apps/lwip/lwip/src/core/tcp.c"):
        raise Skip("scripts/run would fetch lwIP")


class Run:
    """scripts/run httpd, until it has printed what to type; `with` it. It ends as by Ctrl-C, or by SIGTERM."""

    def __init__(self, directory, user, how, *arguments):
        self.how = how
        self.out = f"{directory}/out"
        environment = [f"EVPL_BUILD={build_folder(directory)}", f"TMPDIR={directory}"]
        command = ["setsid", "env", "-C", ROOT, *environment, *user, f"{ROOT}/scripts/run", "httpd", *arguments]
        self.child = spawn(command, self.out)

    def __enter__(self):
        end = time.monotonic() + TIMEOUT
        while not (line := re.search(r"^  (.* curl .*)$", self.said(), re.MULTILINE)):
            check(self.child.poll() is None and time.monotonic() < end, f"no curl line was printed:\n{self.said()}")
            time.sleep(0.02)
        self.line = line[1]
        return self

    def __exit__(self, failed, *_):
        # A terminal tells all of its processes.
        with contextlib.suppress(ProcessLookupError):
            (os.killpg if self.how == signal.SIGINT else os.kill)(self.child.pid, self.how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.child.wait(TIMEOUT)
        if self.child.poll() is None:
            os.killpg(self.child.pid, signal.SIGKILL)
        if failed is None:
            check_equal(self.child.wait(), 0, f"exit code of scripts/run; it said:\n{self.said()}\n")
            check_equal(self.said().splitlines()[-1], "0 lost buffers", "its last line")
            check_equal(re.findall("^EAL: .*", self.said(), re.MULTILINE), [], "lines of EAL")

    def said(self):
        return read(self.out)


def type_line(user, line):
    done = subprocess.run([*user, "bash", "-c", line], cwd="/", capture_output=True, timeout=TIMEOUT, check=False)
    check(done.returncode == 0, f"{line}: exit code {done.returncode}: {done.stderr.decode()}")
    return done.stdout


def processes(directory):
    """Command lines of all processes that name the directory."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/environ", "rb") as f:
            if directory.encode() in f.read():
                found.append(read(f"/proc/{pid}/cmdline"))
    return found


def serves(directory, rights, how, arguments, expected):
    need("ip", "curl", "setsid")
    user = rights()
    with Run(directory, user, how, *(a.format(directory=directory) for a in arguments)) as run:
        got = type_line(user, run.line)
    with open(expected.format(directory=directory), "rb") as f:
        check(got == f.read(), f"{run.line}: other bytes than those of {f.name}: {got[:200]!r}")
    check_equal(sorted(os.listdir(directory)), ["build", "out"] + (["www"] if arguments else []), "files left")
    check_equal(processes(directory), [], "processes left")
    check(f"evpl-httpd-{run.child.pid}" not in netns.ip("netns list"), "a namespace is left")


def other_folder(directory, rights):
    os.makedirs(f"{directory}/www")
    with open(f"{directory}/www/a-file.bin", "wb") as f:
        f.write(os.urandom(100000))
    serves(directory, rights, signal.SIGTERM, ("--folder={directory}/www", "--http-port=8080"),
           "{directory}/www/a-file.bin")


for name, rights in ("root", root), ("a plain user", plain_user):
    case(f"{name}: this project's README.md", rights, signal.SIGINT, (), f"{ROOT}/README.md")(serves)
    case(f"{name}: another folder, another port", rights)(other_folder)


main(__doc__)
