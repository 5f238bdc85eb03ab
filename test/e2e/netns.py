# SPDX-License-Identifier: BSD-3-Clause
"""Makes network namespaces for a test, which are gone when it ends. Nothing here can reach the machine's network."""
import contextlib
import ctypes
import os
import re
import shutil
import subprocess

from harness import Skip

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)
_refused = None


def enter():
    """Moves this process into a new network namespace (root, or whoever may make a user namespace).

    To be called before anything else; need() tells a case when it failed.
    """
    global _refused
    uid, gid = os.getuid(), os.getgid()
    try:
        if _libc.unshare(CLONE_NEWNET if uid == 0 else CLONE_NEWUSER | CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        if uid != 0:
            for name, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
                with open(f"/proc/self/{name}", "w", encoding="ascii") as f:
                    f.write(text)
        if shutil.which("ip"):
            ip("link set lo up")
    except (OSError, RuntimeError) as error:
        _refused = f"no right to make a network namespace: {error}"


def need(*programs):
    """Skips the case unless there is a namespace and these programs, and ip. Removes earlier cases' devices."""
    if _refused:
        raise Skip(_refused)
    for program in ("ip", *programs):
        if not shutil.which(program):
            raise Skip(f"{program} is not installed (Debian: {PACKAGES[program]})")
    for link in re.findall(r"^\d+: (evpl\d+)", ip("link"), re.MULTILINE):
        with contextlib.suppress(RuntimeError):     # the other end of a pair goes with the first
            ip(f"link del {link}")


def need_tap():
    """Skips the case unless tap devices can be made."""
    try:
        os.close(os.open("/dev/net/tun", os.O_RDWR))
    except OSError as error:
        raise Skip(f"no tap devices: {error}") from None


PACKAGES = {"ip": "iproute2", "ethtool": "ethtool", "ping": "iputils-ping", "arping": "iputils-arping"}


def ip(command):
    done = subprocess.run(["ip", *command.split()], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"ip {command}: {done.stderr.strip()}")
    return done.stdout


class Stack:
    """A second Linux network stack. Inside `with stack:` this thread and the programs it starts belong to it."""

    def __init__(self):
        self.home = os.open("/proc/self/ns/net", os.O_RDONLY)
        if _libc.unshare(CLONE_NEWNET) != 0:
            raise Skip("no right to make a second network namespace")
        self.fd = os.open("/proc/self/ns/net", os.O_RDONLY)
        ip("link set lo up")
        _libc.setns(self.home, CLONE_NEWNET)

    def __enter__(self):
        if _libc.setns(self.fd, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")

    def __exit__(self, *_):
        if _libc.setns(self.home, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")

    def take(self, link):
        """Moves a network device of ours into it."""
        ip(f"link set {link} netns /proc/{os.getpid()}/fd/{self.fd}")

    def close(self):
        os.close(self.fd)
        os.close(self.home)

