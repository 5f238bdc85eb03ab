#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""usage: run.py BUILD PREFIX LIBDIR
       run.py --capture FILE     writes apps/examples/in.pcap

Installs the library into an empty folder, copies apps/examples beside it, and builds the copy with make and with Meson,
as somebody would who takes it for a project of his own. Then runs each program with the command in its first comment.
What it prints must be what the comment says, and the frames that it sends must be right. TAP.

What would break: an example that needs a file of this tree, that no longer compiles, or whose comment is wrong; one
that loses a buffer or believes a length in a packet."""
import fcntl
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TESTS, "e2e"))
from frames import (ETH_IPV4, MAC_A, MAC_B, UDP, arp, corpus, eth, ipv4, mac, ones_sum, read_pcap, udp,  # noqa: E402
                    write_pcap)

EXAMPLES = os.path.join(os.path.dirname(TESTS), "apps", "examples")
PROGRAMS = ("echo", "pipeline", "zero-copy-file", "reserve-commit", "external-stack")
EAL = ["--iova-mode=va", "--no-shconf", "--no-telemetry", "--log-level=error"]
PCAP_MAC = mac("02:70:63:61:70:00")     # what net_pcap0 gives itself
FILE = bytes(i * 7 + i // 251 & 0xFF for i in range(100000))


def datagram(payload, **ip):
    return eth(ipv4(udp(payload, dport=7, length=ip.pop("udp_length", None)), UDP, **ip), ETH_IPV4)


REQUESTS = [datagram(b"hello") + bytes(13), datagram(b"0123456789" * 5)]
PACKETS = [
    REQUESTS[0],
    arp(),
    datagram(b"more than there is", length=1000),
    REQUESTS[1],
    datagram(b"a wrong length", udp_length=100),
    datagram(b"a fragment", flags_offset=0x2000),
    eth(b"", ETH_IPV4),
    eth(ipv4(udp(b"another port", dport=8), UDP), ETH_IPV4),
]


def request(frame):
    """The datagram's bytes behind the Ethernet header, without padding; None: not a request."""
    if len(frame) < 42 or frame[12:15] != b"\x08\x00\x45" or frame[0] & 1 or frame[23] != UDP:
        return None
    length, udp_length = struct.unpack_from(">H", frame, 16)[0], struct.unpack_from(">H", frame, 38)[0]
    if struct.unpack_from(">H", frame, 20)[0] & 0x3FFF or not 28 <= length <= len(frame) - 14:
        return None
    sport, dport = struct.unpack_from(">HH", frame, 34)
    return frame[14:14 + length] if udp_length == length - 20 and dport == 7 != sport else None


def swapped(frame, ip):
    """The answer, without a checksum of UDP."""
    addresses, ports = ip[16:20] + ip[12:16], ip[22:24] + ip[20:22]
    return frame[6:12] + frame[:6] + frame[12:14] + ip[:12] + addresses + ports + ip[24:26] + bytes(2) + ip[28:]


def need(held, what):
    if not held:
        raise AssertionError(what)


def need_frames(sent, expected):
    need(len(sent) == len(expected), f"{len(sent)} frames were sent, expected {len(expected)}")
    for i, (one, other) in enumerate(zip(sent, expected)):
        need(one == other, f"frame {i} is {one.hex()}, expected {other.hex()}")


def run(command, **more):
    return subprocess.run(command, text=True, capture_output=True, check=False, timeout=500, **more)


def need_run(command, **more):
    ran = run(command, **more)
    need(ran.returncode == 0, f"{command}: exit code {ran.returncode}\n{ran.stdout}{ran.stderr}")
    return ran.stdout


class Copy:
    """The installed library and the copied folder."""
    def __init__(self, work, build, install_prefix, install_libdir):
        self.place = os.path.join(work, "examples")
        self.work = work
        prefix = os.path.join(work, "root") + install_prefix
        libdir = os.path.join(prefix, install_libdir)
        need_run(["meson", "install", "-C", build], env={**os.environ, "DESTDIR": os.path.join(work, "root")})
        self.pkg_config = os.path.join(libdir, "pkgconfig")
        for name in os.listdir(self.pkg_config):
            path = os.path.join(self.pkg_config, name)
            with open(path, encoding="utf-8") as f:
                text = re.sub(r"^prefix=.*", f"prefix={prefix}", f.read(), flags=re.M)
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
        shutil.copytree(EXAMPLES, self.place)
        paths = [self.pkg_config, *filter(None, [os.environ.get("PKG_CONFIG_PATH")])]
        # This test may itself be run by make or ninja: their settings are not for the copy.
        self.env = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "CFLAGS", "LDFLAGS")}
        libraries = [libdir, *filter(None, [os.environ.get("LD_LIBRARY_PATH")])]      # where DPDK may be
        self.env |= {"PKG_CONFIG_PATH": ":".join(paths), "LD_LIBRARY_PATH": ":".join(libraries)}

    def make(self):
        need_run(["make", "-C", self.place, "CFLAGS=-O2 -Werror"], env=self.env)

    def meson(self):
        build = os.path.join(self.work, "build")
        need_run(["meson", "setup", "--werror", build, self.place], env=self.env)
        need_run(["ninja", "-C", build], env=self.env)
        for name in PROGRAMS:
            need(os.access(os.path.join(build, name), os.X_OK), f"Meson made no {name}")

    def comment(self, name):
        """The command in the first comment of a program, and what it prints."""
        with open(os.path.join(self.place, f"{name}.c"), encoding="utf-8") as f:
            text = re.sub(r"^ \* ?", "", re.search(r"/\*\n(.*?) \*/", f.read().split("\n", 1)[1], re.S)[1], flags=re.M)
        found = re.search(r"^\t((?:seq \d+ \| )?\./.*)\n\nprints.*:\n\n((?:\t.*\n?)+)", text, re.M)
        need(found, f"{name}.c does not say what it prints")
        return found[1], [line.strip() for line in found[2].splitlines()]

    def play(self, name, packets=None, wanted=None):
        """Runs the command of the comment; @return what it printed and sent, and what the comment says."""
        wanted = wanted or len(packets or PACKETS)
        command, says = self.comment(name)
        capture = os.path.join(self.place, "in.pcap")
        if packets is None:
            shutil.copy(os.path.join(EXAMPLES, "in.pcap"), capture)
        else:
            write_pcap(capture, packets)
        # Both lcores on a CPU that this process may use.
        command = command.replace("-l 0,1", f"'--lcores=(0-1)@{min(os.sched_getaffinity(0))}'")
        command = command.replace("--no-pci", " ".join(["--no-pci", *EAL]))
        command = re.sub(r" -- 8$", f" -- {wanted}", command)
        printed = need_run(["sh", "-c", command], cwd=self.place, env=self.env)
        out = os.path.join(self.place, "out.pcap")
        return printed.splitlines(), read_pcap(out) if os.path.exists(out) else [], says


def capture(_copy):
    """The folder's capture has the packets that the cases below expect answers to."""
    need_frames(read_pcap(os.path.join(EXAMPLES, "in.pcap")), PACKETS)


def echo(copy):
    printed, sent, says = copy.play("echo")
    need(printed == says, f"it printed {printed}, and says {says}")
    need_frames(sent, [swapped(frame, request(frame)) for frame in REQUESTS])


def echo_hostile(copy):
    frames = [frame for frame in corpus() if frame] + [frame[:i] for frame in REQUESTS for i in range(1, len(frame))]
    _, sent, _ = copy.play("echo", frames)
    need_frames(sent, [swapped(frame, request(frame)) for frame in frames if request(frame) is not None])


def pipeline(copy):
    printed, sent, says = copy.play("pipeline")
    need(printed == says, f"it printed {printed}, and says {says}")
    need_frames(sent, [frame if i % 2 == 0 else frame[6:12] + PCAP_MAC + frame[12:]
                       for i, frame in enumerate(PACKETS)])


def pipeline_of_more(copy):
    """The port has more packets than are wanted: those that were received are sent, and no more are received."""
    printed, sent, _ = copy.play("pipeline", PACKETS * 100, wanted=8)
    received, gone, dropped = map(int, re.findall(r"\d+", printed[0]))
    need(8 <= received < 8 + 32 and gone == len(sent) and gone + dropped == received, f"it printed {printed}")


def zero_copy_file(copy):
    with open(os.path.join(copy.place, "FILE"), "wb") as f:
        f.write(FILE)
    printed, sent, says = copy.play("zero-copy-file")
    need(printed == says, f"it printed {printed}, and says {says}")
    for receiver in range(1, 4):
        got = [frame for frame in sent if frame[30:34] == bytes([198, 18, 0, receiver])]
        need(b"".join(frame[42:] for frame in got) == FILE, f"receiver {receiver} got other bytes")
        need(all(ones_sum(frame[14:34]) == 0xFFFF for frame in got), "a header checksum is wrong")


def reserve_commit(copy):
    printed, _, says = copy.play("reserve-commit")
    need(printed == says, f"it printed {printed}, and says {says}")


def external_stack(copy):
    printed, sent, says = copy.play("external-stack")
    need(printed == says, f"it printed {printed}, and says {says}")
    answers = [b"answer %d: " % (i + 1) + request(frame)[28:] for i, frame in enumerate(REQUESTS)]
    need([frame[42:] for frame in sent] == answers, f"it sent {sent}")
    for frame, asked in zip(sent, REQUESTS):
        need(frame[:12] == asked[6:12] + asked[:6] and frame[26:34] == asked[30:34] + asked[26:30], "wrong addresses")
        need(frame[34:38] == asked[36:38] + asked[34:36], "wrong ports")
        need(ones_sum(frame[14:34]) == 0xFFFF, "the header checksum is wrong")
        need(struct.unpack_from(">H", frame, 16)[0] == len(frame) - 14, "wrong length")


def external_stack_hostile(copy):
    frames = [frame for frame in corpus() if frame] + [frame[:i] for frame in REQUESTS for i in range(1, len(frame))]
    copy.play("external-stack", frames)


# Asks until the answer comes: the program may need any time to start.
ASK = """
import socket, time
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.settimeout(0.2)
end = time.monotonic() + 100
while time.monotonic() < end:
    client.sendto(b"hello", ("198.18.0.2", 7))
    try:
        print(client.recvfrom(100)[0].decode())
        break
    except OSError:
        pass
"""


def kernel(copy):
    """What the page says to type. The kernel leaves the checksums of its packets to the other end of a veth."""
    with open(os.path.join(copy.place, "README.md"), encoding="utf-8") as f:
        block = re.search(r"```sh\n(ip link.*?)```", f.read(), re.S)[1].strip()
    enter = ["unshare", "-n"] if os.getuid() == 0 else ["unshare", "-Urn"]
    if not shutil.which("ip") or run([*enter, "ip", "link", "add", "evpl0", "type", "veth"]).returncode != 0:
        return "no ip, or no right to make a network namespace"
    for name, answer in ("echo", "hello"), ("external-stack", "answer "):
        *links, command = block.splitlines()
        command = command.replace("./echo", f"./{name}").replace("--no-pci", " ".join(["--no-pci", *EAL]))
        command += f" -l {min(os.sched_getaffinity(0))}"
        said = need_run([*enter, "sh", "-ec", "\n".join([
            *links, f"{command} &", '"$0" -c "$1" || true', "kill -INT $!", "wait $!"]), sys.executable, ASK],
                        cwd=copy.place, env=copy.env)
        need(said.startswith(answer), f"{name}: {said!r}")
    return None


def two_at_once(copy):
    """EAL refuses a second program with one name for its files, and sets no error number, which is no success."""
    folder = os.path.join("/var/run/dpdk" if os.getuid() == 0 else f"{copy.work}/dpdk", f"examples{os.getpid()}")
    try:
        os.makedirs(folder)
    except OSError as error:
        return str(error)
    try:
        with open(f"{folder}/config", "w", encoding="ascii") as lock:
            fcntl.lockf(lock, fcntl.LOCK_EX)
            ran = run(["./reserve-commit", "--no-huge", "--no-pci", "--no-telemetry",
                       f"--file-prefix={os.path.basename(folder)}"], cwd=copy.place, stdin=subprocess.DEVNULL,
                      env={**copy.env, "XDG_RUNTIME_DIR": copy.work})
    finally:
        shutil.rmtree(folder)
    need(ran.returncode == 1 and "EAL does not start: its own messages" in ran.stderr, f"it said {ran.stderr}")
    return None


def said_plainly(copy):
    """No port, no file, no second lcore: a line on stderr and exit code 1, and no buffer is lost."""
    eal = ["--no-huge", "-m", "256", "--no-pci", "-l", str(min(os.sched_getaffinity(0))), *EAL]
    for command in (["echo"], ["external-stack"], ["pipeline"], ["zero-copy-file", "--", "FILE", "1"],
                    ["zero-copy-file"], ["zero-copy-file", "--vdev=net_null0", "--", "no such file", "1"]):
        ran = run([f"./{command[0]}", *eal, *command[1:]], cwd=copy.place, env=copy.env)
        need(ran.returncode == 1, f"{command}: exit code {ran.returncode}")
        need(ran.stderr.count("\n") >= 1 and "evpl_cleanup" not in ran.stderr, f"{command}: {ran.stderr}")


def main():
    if sys.argv[1] == "--capture":
        write_pcap(sys.argv[2], PACKETS)
        return
    build, prefix, libdir = sys.argv[1:4]
    tests = {
        "make builds the copied folder": Copy.make,
        "Meson builds it, too": Copy.meson,
        "in.pcap": capture,
        "echo": echo,
        "echo: packets that are cut short or lie": echo_hostile,
        "pipeline": pipeline,
        "pipeline: fewer packets than there are": pipeline_of_more,
        "zero-copy-file": zero_copy_file,
        "reserve-commit": reserve_commit,
        "external-stack": external_stack,
        "external-stack: packets that are cut short or lie": external_stack_hostile,
        "echo and external-stack answer the kernel over veth": kernel,
        "what cannot work is said, and nothing is lost": said_plainly,
        "two programs with one name for EAL's files": two_at_once,
    }
    print(f"1..{len(tests)}")
    failed = 0
    with tempfile.TemporaryDirectory(prefix="evpl-examples-") as work:
        copy = Copy(work, build, prefix, libdir)
        for i, (name, test) in enumerate(tests.items(), 1):
            try:
                skipped = test(copy)
                print(f"ok {i} - {name}{f' # SKIP {skipped}' if skipped else ''}", flush=True)
            except (AssertionError, subprocess.TimeoutExpired) as error:
                failed += 1
                print(f"not ok {i} - {name}")
                print("".join(f"# {line}\n" for line in str(error).splitlines()), end="", flush=True)
    sys.exit(failed != 0)


main()
