#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""The port of lwIP as somebody takes it: apps/lwip is copied to an empty place, beside its example and an installed
copy of the library, built there by the example's own meson.build, and its echo is asked by the kernel over net_tap.

What would break: a file of apps/lwip that includes something above that folder, or needs a flag that only this build
gives."""
import os
import random
import re
import shutil
import signal
import socket
import subprocess

from httpd import KERNEL, SERVER, configure, exists, need_source, ping, wait_for
import netns
from harness import ROOT, TIMEOUT, Program, Skip, case, check, check_equal, main

BUILD, LIBDIR, PREFIX = (os.environ.get(f"EVPL_{name}") for name in ("BUILD_ROOT", "LIBDIR", "PREFIX"))


def run(*command, **environment):
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env={**os.environ, **environment}, check=False)
    check(done.returncode == 0, f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout[-6000:]}")
    return done.stdout


def install(directory):
    """An installed copy of the library; the folder of its pkg-config files, told where it has been put."""
    run("meson", "install", "-C", BUILD, "--no-rebuild", "--tags", "devel,runtime", DESTDIR=f"{directory}/installed")
    folder = f"{directory}/installed{PREFIX}/{LIBDIR}/pkgconfig"
    for name in os.listdir(folder):
        with open(f"{folder}/{name}", encoding="ascii") as f:
            text = re.sub(r"(?m)^prefix=.*$", f"prefix={directory}/installed{PREFIX}", f.read())
        with open(f"{folder}/{name}", "w", encoding="ascii") as f:
            f.write(text)
    return folder


class Echo(Program):
    """The example, which knows no options but EAL's."""

    def __init__(self, directory, path):
        super().__init__(path, directory, ["net_tap0,iface=evpl0"], [], memory=512)


@case("apps/lwip, copied to an empty place beside an installed library, builds; what it echoes is what was sent")
def copied(directory):
    need_source()
    if os.environ.get("EVPL_SANITIZED") == "1":
        raise Skip("the sanitizers' own library is not in an outside program")
    for name in ("meson", "ninja", "pkg-config"):
        if shutil.which(name) is None:
            raise Skip(f"{name} is not installed")
    place = f"{directory}/place"
    shutil.copytree(f"{ROOT}/apps/lwip", f"{place}/lwip")
    for name in os.listdir(f"{place}/lwip/example"):
        shutil.copy(f"{place}/lwip/example/{name}", place)
    folder = install(directory)
    run("meson", "setup", f"{place}/build", place, "--pkg-config-path", folder)
    run("ninja", "-C", f"{place}/build", "-j1")
    netns.need_tap()
    # The installed library, not the build's; and a DPDK that is in the path already.
    libraries = [os.path.dirname(folder), *filter(None, [os.environ.get("LD_LIBRARY_PATH")])]
    os.environ["LD_LIBRARY_PATH"] = ":".join(libraries)
    echo = Echo(directory, f"{place}/build/echo")
    wait_for(lambda: exists("evpl0"), "the tap device", echo)
    configure("evpl0")
    wait_for(lambda: ping(SERVER), "an answer to ping", echo)
    data = random.randbytes(300000)
    with socket.create_connection((SERVER, 7), TIMEOUT, (KERNEL, 0)) as s:
        s.settimeout(TIMEOUT)
        back = bytearray()
        for at in range(0, len(data), 30000):
            s.sendall(data[at:at + 30000])
            while len(back) < at + 30000:
                back += s.recv(65536)
    check(bytes(back) == data, f"{len(back)} bytes of {len(data)} came back, or others")
    check_equal(echo.stop(signal.SIGINT).rc, 0, f"exit code: {echo.describe()}\n")


netns.enter()
main(__doc__)
