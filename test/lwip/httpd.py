# SPDX-License-Identifier: BSD-3-Clause
"""Runs evpl-httpd on a link whose other end is the Linux kernel: over net_tap; over net_af_packet on veth; and over
memif or virtio_user to another process, evpl-fwd, which has a tap device."""
import contextlib
import functools
import hashlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
import netns                                                                                    # noqa: E402
from harness import TIMEOUT, Fwd, Program, Skip, check, check_equal, spawn                      # noqa: E402

SERVER, SERVER6 = "198.18.0.1", "fd18::1"
KERNEL, KERNEL6 = "198.18.0.2", "fd18::2"
MIB = 1 << 20
IPV6 = os.path.exists("/proc/net/if_inet6")
# Builds that check every call, or every byte, take several times as long.
SLOW = os.environ.get("EVPL_TEST_TRACE") == "1" or os.environ.get("EVPL_SANITIZED") == "1"
ADDRESSES = [f"--ip={SERVER}/24", f"--ip={SERVER6}/64"]

netns.PACKAGES.update(curl="curl", nc="netcat-openbsd")


def httpd_path():
    path = os.environ.get("EVPL_HTTPD")
    if not path or not os.access(path, os.X_OK):
        raise Skip("no evpl-httpd: this build found no lwIP (scripts/setup lwip)")
    return path


def load_path():
    httpd_path()
    return os.environ["EVPL_LOAD"]


def has_source():
    """Whether lwIP is the one that was built from its source."""
    version = subprocess.run([httpd_path(), "--version"], text=True, capture_output=True, check=True).stdout
    return "built from source" in version


def need_source():
    """For what Debian's library was built without: limits on half-open connections, on bytes out of order, on
    memory."""
    if not has_source():
        raise Skip("this lwIP is Debian's library, which has no such limit")


class Httpd(Program):
    """One evpl-httpd; it serves `directory`/www."""

    def __init__(self, directory, vdev, *options, memory=512, eal=(), addresses=ADDRESSES):
        self.folder = os.path.join(directory, "www")
        os.makedirs(self.folder, exist_ok=True)
        super().__init__(httpd_path(), directory, [vdev], [f"--folder={self.folder}", *addresses, *options],
                         memory=memory, eal=eal)

    def lost(self):
        return sum(self.report["lost"].values())

    def file(self, name, size):
        """A file of random bytes to serve; its digest."""
        data = random.randbytes(size)
        with open(os.path.join(self.folder, name), "wb") as f:
            f.write(data)
        return hashlib.sha256(data).hexdigest()


def wait_for(condition, what, run):
    end = time.monotonic() + TIMEOUT
    while not condition():
        check(run.child.poll() is None and time.monotonic() < end, f"{what} never happened\n{run.describe()}")
        time.sleep(0.01)


def exists(link):
    with contextlib.suppress(RuntimeError):
        return netns.ip(f"link show {link}") is not None
    return False


def configure(link, mtu=1500):
    netns.ip(f"link set {link} mtu {mtu} up")
    netns.ip(f"addr add {KERNEL}/24 dev {link}")
    if IPV6:
        netns.ip(f"addr add {KERNEL6}/64 dev {link} nodad")


class Link:
    """evpl-httpd and what connects it to the kernel; `with` it, and at the end every buffer must be home."""

    def __init__(self, directory, *options, **kw):
        netns.need()
        self.bridge = None
        self.start(directory, options, kw)

    def start(self, directory, options, kw):
        raise NotImplementedError

    def bridged(self, directory, vdev):
        """evpl-fwd between a port and a tap device, which is the kernel's."""
        netns.need_tap()
        self.bridge = Fwd(directory, [vdev, "net_tap0,iface=evpl0"], ["--forward-mode=io"])
        wait_for(lambda: exists("evpl0"), "the tap device", self.bridge)
        configure("evpl0")

    def end_bridge(self):
        self.bridge.stop()

    def __enter__(self):
        wait_for(lambda: ping(SERVER), "an answer to ping", self.httpd)
        return self.httpd

    def __exit__(self, failed, *_):
        self.httpd.stop(signal.SIGTERM)     # virtio_user must end before vhost
        if self.bridge is not None:
            self.end_bridge()
        if failed is None:
            self.httpd.clean()
        else:
            print("".join(f"# {line}\n" for line in self.httpd.describe().splitlines()), end="")


class Tap(Link):
    def start(self, directory, options, kw):
        netns.need_tap()
        self.httpd = Httpd(directory, "net_tap0,iface=evpl0", *options, **kw)
        wait_for(lambda: exists("evpl0"), "the tap device", self.httpd)
        configure("evpl0")


class Veth(Link):
    """Offloads off, for af_packet sees frames as the kernel leaves them: with half a checksum, and longer than the
    MTU."""
    MTU = 1500
    KERNEL_MTU = None       # the same
    RINGS = ""              # arguments of net_af_packet's

    def start(self, directory, options, kw):
        netns.need("ethtool")
        netns.ip("link add evpl0 type veth peer name evpl1")
        for link in ("evpl0", "evpl1"):
            subprocess.run(["ethtool", "-K", link, "tx", "off", "tso", "off", "gso", "off", "gro", "off"], check=True,
                           capture_output=True)
        netns.ip("link set evpl1 up")
        configure("evpl0", self.KERNEL_MTU or self.MTU)
        self.httpd = Httpd(directory, f"net_af_packet0,iface=evpl1,qpairs=1{self.RINGS}", f"--mtu={self.MTU}", *options,
                           **kw)


class Memif(Link):
    def start(self, directory, options, kw):
        memif = f"net_memif0,id=0,socket-abstract=no,socket={directory}/memif.sock"
        self.httpd = Httpd(directory, memif + ",role=server", *options, **kw)
        wait_for(lambda: os.path.exists(f"{directory}/memif.sock"), "the memif socket", self.httpd)
        self.bridged(directory, memif + ",role=client")


    def end_bridge(self):
        """net_memif of 22.11 may crash when its peer goes while it polls: what evpl-fwd did is not looked at here."""
        self.bridge.child.kill()
        self.bridge.child.wait()


class Vhost(Link):
    """virtio_user keeps what it sends until the ring is used again: packets outlive the call that sent them by long."""

    def start(self, directory, options, kw):
        self.bridged(directory, f"net_vhost0,iface={directory}/vhost.sock,queues=1")
        self.httpd = Httpd(directory, f"net_virtio_user0,path={directory}/vhost.sock,queues=1", *options, **kw)


LINKS = {"tap": Tap, "veth": Veth, "memif": Memif, "vhost": Vhost}


# ---- clients -------------------------------------------------------------------------------------------------------

def ping(address, seconds=1, count=1, size=56):
    """Whether so many pings are answered within that time, with as many tries as it needs."""
    done = subprocess.run(["ping", "-q", "-i", "0.2", "-c", str(count), "-w", str(seconds), "-s", str(size), address],
                          capture_output=True, check=False)
    return done.returncode == 0


def url(path, server=SERVER):
    return f"http://[{server}]/{path}" if ":" in server else f"http://{server}/{path}"


def curl(*arguments, seconds=TIMEOUT):
    """What curl prints; it must succeed."""
    done = subprocess.run(["curl", "-sS", "-f", "--max-time", str(seconds), *arguments], capture_output=True,
                          check=False)
    check(done.returncode == 0, f"curl {' '.join(arguments)}: {done.stderr.decode()}")
    return done.stdout


def download(path, digest, server=SERVER, seconds=TIMEOUT):
    check_equal(hashlib.sha256(curl(url(path, server), seconds=seconds)).hexdigest(), digest, f"sha256 of /{path}")


def downloads(directory, path, digest, count, seconds=TIMEOUT):
    """So many curls at once; each file must be the same."""
    runs = [spawn(["curl", "-sS", "-f", "--max-time", str(seconds), "-o", f"{directory}/out{i}", url(path)],
                  f"{directory}/curl{i}.log") for i in range(count)]
    for i, run in enumerate(runs):
        with open(f"{directory}/curl{i}.log", encoding="utf-8") as log:
            check_equal(run.wait(seconds + 10), 0, f"exit code of curl {i} ({log.read().strip()})")
        with open(f"{directory}/out{i}", "rb") as f:
            check_equal(hashlib.sha256(f.read()).hexdigest(), digest, f"sha256 of download {i}")
        os.unlink(f"{directory}/out{i}")


def echo(directory, size, count=1, seconds=TIMEOUT):
    """Random bytes through the echo port by nc, in so many connections at once; they must come back."""
    if not shutil.which("nc"):
        raise Skip("nc is not installed (Debian: netcat-openbsd)")
    runs = []
    for i in range(count):
        data = random.randbytes(size)
        with open(f"{directory}/echo{i}", "wb") as f:
            f.write(data)
        with open(f"{directory}/echo{i}", "rb") as f:
            runs.append((hashlib.sha256(data).hexdigest(),
                         spawn(["nc", "-N", "-w", str(seconds), SERVER, "7"], f"{directory}/back{i}", stdin=f)))
    for i, (digest, run) in enumerate(runs):
        check_equal(run.wait(seconds + 10), 0, f"exit code of nc {i}")
        with open(f"{directory}/back{i}", "rb") as f:
            check_equal(hashlib.sha256(f.read()).hexdigest(), digest, f"sha256 of echo {i}")
        os.unlink(f"{directory}/back{i}")
        os.unlink(f"{directory}/echo{i}")


@contextlib.contextmanager
def held_echo(seconds=TIMEOUT):
    """One client of echo that reads nothing before the end: the server holds most of its 140 KB meanwhile. They must
    come back."""
    data = random.randbytes(140 * 1000)
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)        # before the window is announced
        s.settimeout(seconds)
        s.connect((SERVER, 7))
        s.sendall(data)
        yield
        s.shutdown(socket.SHUT_WR)
        back = bytearray()
        while block := s.recv(65536):
            back += block
        check(bytes(back) == data, f"{len(back)} bytes of {len(data)} came back, or others")


def upload(directory, size, seconds=TIMEOUT):
    """Random bytes to /_/discard by curl; the answer must be of those."""
    data = random.randbytes(size)
    with open(f"{directory}/upload", "wb") as f:
        f.write(data)
    answer = json.loads(curl("-T", f"{directory}/upload", url("_/discard"), seconds=seconds))
    check_equal(answer, {"bytes": size, "crc32": f"{zlib.crc32(data):08x}"}, "the answer to the upload")


@functools.cache
def pattern():
    """One period of /_/bytes: see apps/httpd/http.h."""
    x, period = 1, bytearray()
    for _ in range(65521):
        x = (x * 1103515245 + 12345) % (1 << 31)
        period.append(x >> 16 & 255)
    return bytes(period)


def check_pattern(argv, size, seconds=600):
    """Whether the program writes the first bytes of /_/bytes, and no more."""
    period = pattern() * 64
    at = 0
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as run:
        # Whole periods at a time, so that each comparison starts where the pattern does.
        while at < size:
            want = period[:size - at]
            got = run.stdout.read(len(want))
            check(got == want, f"bytes {at} to {at + len(got)} of {size} differ")
            at += len(got)
        check(run.stdout.read(1) == b"", "more bytes than asked for")
        check_equal(run.wait(seconds), 0, f"exit code of {argv[0]}")
