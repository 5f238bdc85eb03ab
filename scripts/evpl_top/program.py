# SPDX-License-Identifier: BSD-3-Clause
"""Programs that run with DPDK's telemetry: how they are found and asked."""
import glob
import json
import os
import socket
import time

SOCKET = "dpdk_telemetry.v2"


class Problem(Exception):
    """What ends evpl-top: a line for the user, and the exit status."""
    def __init__(self, text, status):
        super().__init__(text)
        self.status = status


class Gone(Problem):
    def __init__(self, text):
        super().__init__(text, 3)


def runtime_dirs():
    """Where EAL's sockets are: this user's, as DPDK finds it, and root's."""
    own = os.environ.get("RUNTIME_DIRECTORY") or ("/var/run" if os.getuid() == 0
                                                  else os.environ.get("XDG_RUNTIME_DIR", "/tmp"))
    return list(dict.fromkeys(os.path.join(d, "dpdk") for d in (own, "/var/run")))


class Program:
    """A connection to a program's telemetry."""
    def __init__(self, path):
        self.path, self.socket = path, socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(10)
        try:
            self.socket.connect(path)
            self.hello = json.loads(self._receive(16384))
        except PermissionError as error:
            raise Problem(f"{path}: not permitted: ask as the user who started the program, or as root", 4) from error
        except (FileNotFoundError, NotADirectoryError, ConnectionError) as error:
            raise Gone(f"{path}: no program runs there") from error
        except (OSError, ValueError) as error:
            raise Problem(f"{path}: does not answer: {error}", 1) from error
        self.pid = self.hello["pid"]
        try:
            with open(f"/proc/{self.pid}/cmdline", encoding="utf-8", errors="replace") as f:
                self.name = os.path.basename(f.read().split("\0")[0]) or "?"
        except OSError:
            self.name = "?"

    def _receive(self, size):
        said = self.socket.recv(size)
        if not said:
            raise ConnectionResetError("closed")        # it has ended, or has as many clients as it can have
        return said.decode(errors="replace")

    def ask(self, command):
        try:
            self.socket.send(command.encode(), socket.MSG_NOSIGNAL)
            return next(iter(json.loads(self._receive(max(self.hello["max_output_len"], 65536))).values()))
        except (ConnectionError, BrokenPipeError) as error:
            raise Gone(f"{self.name} (pid {self.pid}) has ended") from error
        except (OSError, ValueError, StopIteration) as error:
            raise Problem(f"{self.name} (pid {self.pid}) does not answer: {error}", 1) from error

    def pages(self, command, total):
        """The dictionaries of an answer that comes in parts, by their numbers."""
        found, first = {}, 0
        while True:
            answer = self.ask(f"{command},{first}")
            part = {int(name.rsplit("_", 1)[1]): value for name, value in answer.items() if isinstance(value, dict)}
            found.update(part)
            if not part or len(found) >= answer[total]:
                return found
            first = max(part) + 1

    def map_of(self, slab):
        """All buffers of a slab, field by field."""
        whole = self.ask(f"/evpl/map,{slab}")
        while whole and len(whole["state"]) < whole["buffers"]:
            part = self.ask(f"/evpl/map,{slab},{len(whole['state'])}")
            if not part.get("state"):
                break
            for name, value in part.items():
                if isinstance(value, list):
                    whole[name] += value
        return whole

    def processes(self):
        """Those that iovecs are lent to. An older library does not know them."""
        return self.pages("/evpl/processes", "processes") if "/evpl/processes" in self.commands else {}

    def look(self):
        if not hasattr(self, "commands"):
            self.commands = self.ask("/")
            if "/evpl/map" not in self.commands:
                raise Problem(f"{self.name} (pid {self.pid}) does not use libevpl-dpdk, or an older one", 1)
        held = self.ask("/evpl/held")
        return {"time": time.time(), "program": self.name, "pid": self.pid, "info": self.ask("/evpl/info"),
                "stats": self.ask("/evpl/stats"), "contexts": self.pages("/evpl/contexts", "contexts"),
                "ports": self.pages("/evpl/ports", "ports"), "pools": self.pages("/evpl/pools", "pools"),
                "slabs": self.pages("/evpl/slabs", "slabs"), "processes": self.processes(),
                "held": [h for h in held.values() if isinstance(h, dict)]}


def sockets(prefix="*"):
    found = [path for d in runtime_dirs() for path in glob.glob(os.path.join(d, prefix, SOCKET + "*"))]
    return sorted({os.path.realpath(path): path for path in found}.values())


def live_programs(prefix="*"):
    """Those that answer, and what is wrong with the others."""
    programs, problems = [], []
    for path in sockets(prefix):
        try:
            programs.append(Program(path))
        except Problem as problem:
            if not isinstance(problem, Gone):
                problems.append(problem)
    return programs, problems


def unreadable():
    """A runtime directory, or a folder in it, that this user may not look into."""
    for d in runtime_dirs():
        for folder in (d, *glob.glob(os.path.join(d, "*"))):
            if os.path.isdir(folder) and not os.access(folder, os.R_OK | os.X_OK):
                return folder
    return None


def nothing(what):
    folder = unreadable()
    if folder:
        return Problem(f"{what}, as far as this user may look: {folder} is not permitted", 4)
    return Gone(f"{what} (see --list; EAL's --no-telemetry leaves no socket)")


def attach(options):
    if options.pid is not None:
        programs, problems = live_programs(options.file_prefix or "*")
        for program in programs:
            if program.pid == options.pid:
                return program
        raise problems[0] if problems else nothing(f"no program with telemetry has pid {options.pid}")
    end = SOCKET + (f":{options.instance}" if options.instance else "")
    wrong = None
    for d in runtime_dirs():
        try:
            return Program(os.path.join(d, options.file_prefix or "rte", end))
        except Problem as problem:
            wrong = problem if wrong is None or isinstance(wrong, Gone) else wrong
    if not isinstance(wrong, Gone):
        raise wrong
    if options.file_prefix or options.instance:
        raise nothing(str(wrong))
    programs, problems = live_programs()
    if len(programs) == 1:
        return programs[0]
    if programs:
        raise Problem("several programs run, choose one:\n" + list_text(programs), 2)
    raise problems[0] if problems else nothing("no program with DPDK's telemetry runs")


def list_text(programs):
    lines = []
    for program in programs:
        instance = os.path.basename(program.path).partition(":")[2]
        prefix = os.path.basename(os.path.dirname(program.path))
        lines.append(f"-f {prefix}{f' -i {instance}' if instance else ''}  {program.name} (pid {program.pid})")
    return "\n".join(lines)
