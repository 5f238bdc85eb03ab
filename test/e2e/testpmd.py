# SPDX-License-Identifier: BSD-3-Clause
"""dpdk-testpmd as a child process: it gives a second answer for every mode, and is the peer at the other end of a
wire."""
import os
import re
import shutil
import subprocess
import time

from harness import TIMEOUT, Skip, check, eal_flags, read, spawn


def need():
    """Skips the case when dpdk-testpmd is missing."""
    if not shutil.which("dpdk-testpmd"):
        raise Skip("dpdk-testpmd is not installed (Debian: dpdk-dev)")


class Testpmd:
    """Interactive: what it says goes to a file, what it is told through a pipe. Its main lcore does not forward."""

    def __init__(self, directory, vdevs, options, eal=(), flags=None, name="testpmd"):
        need()
        self.log_path = os.path.join(directory, f"{name}.log")
        # Line by line: what it prints to a file would else come out when it ends.
        self.child = spawn(["stdbuf", "-oL", "dpdk-testpmd", *(flags or eal_flags(2)), *eal,
                            *(f"--vdev={v}" for v in vdevs), "--", "--interactive", "--no-flush-rx", "--no-mlockall",
                            "--total-num-mbufs=8192", "--nb-cores=1", *options], self.log_path, stdin=subprocess.PIPE)
        self.wait_for("testpmd>")

    def log(self):
        return read(self.log_path)

    def tell(self, command):
        self.child.stdin.write(command + "\n")
        self.child.stdin.flush()

    def wait_for(self, text, after=0):
        """Until the log, from that offset on, has the text. It fails at once when a command is refused."""
        end = time.monotonic() + TIMEOUT
        while text not in self.log()[after:]:
            check(self.child.poll() is None and time.monotonic() < end and "\nBad arguments\n" not in self.log()[after:],
                  f"dpdk-testpmd never said '{text}'\n{self.log()[-2000:]}")
            time.sleep(0.01)

    def ask(self, command, answer, other=None):
        """Repeats a command until what it prints has the answer, as long as the other program runs."""
        end = time.monotonic() + TIMEOUT
        while True:
            before = len(self.log())
            self.tell(command)
            time.sleep(0.05)
            if answer in self.log()[before:]:
                return
            check(other is None or other.child.poll() is None, "evpl-fwd ended before its time" + (
                f"\n{other.end().describe()}" if other is not None and other.child.poll() is not None else ""))
            check(time.monotonic() < end, f"'{command}' never answered '{answer}'\n{self.log()[-2000:]}")

    def answer(self, command, answer):
        """Tells it a command, and waits until it has said the answer to it."""
        before = len(self.log())
        self.tell(command)
        self.wait_for(answer, before)

    def modes(self):
        """The forward modes that it has: those depend on its version, and on how it was built."""
        self.answer("help config", "Set packet forwarding mode")
        return re.search(r"^set fwd \((.+)\)$", self.log(), re.M)[1].split("|")

    def set_mode(self, mode, retry=""):
        """Without an answer it would go on in the mode before. That is what it does after a mode that it has not."""
        self.answer(f"set fwd {mode} {retry}", f"Set {mode} packet forwarding mode")

    def stop_forwarding(self):
        before = len(self.log())
        self.tell("stop")
        self.wait_for("Done.", before)

    def quit(self):
        self.tell("quit")
        self.child.stdin.close()
        check(self.child.wait(TIMEOUT) == 0, f"dpdk-testpmd ended with {self.child.returncode}\n{self.log()[-2000:]}")
        refused = re.findall(r"^testpmd> .*\n(?:Bad arguments|Command not found|Ambiguous command)$", self.log(), re.M)
        check(not refused, "dpdk-testpmd refused:\n" + "\n".join(refused))


def wait_for_size(path, size, alive=lambda: True):
    """Until a pcap file has that many bytes, for at most 20 seconds, and as long as alive() is true."""
    end = time.monotonic() + 20
    while time.monotonic() < end and alive() and (not os.path.exists(path) or os.path.getsize(path) < size):
        time.sleep(0.01)


def pcap_size(frames):
    return 24 + sum(16 + len(f) for f in frames)
