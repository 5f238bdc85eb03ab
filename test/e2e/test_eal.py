#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""How evpl-fwd starts EAL: what it chooses if there are no options of EAL, and what it says if EAL does not start."""
import fcntl
import json
import os
import re
import shutil
import subprocess

from harness import ROOT, TIMEOUT, Skip, case, check, check_equal, fwd_path, main, read


@case("options_none_for_eal_start_with_what_the_machine_allows")
def no_eal(directory):
    """And the note says what to type to get the same."""
    path = os.path.join(directory, "report.json")
    options = ["--", "--packets=100", f"--json={path}"]
    done = subprocess.run([fwd_path(), *options], capture_output=True, text=True, timeout=TIMEOUT, check=False)
    match = re.search(r"note: no EAL options, so these are used: (.*)", done.stderr)
    check(match, f"no note\n{done.stderr}")
    words = match[1].split()
    check(words[0].startswith("--lcores=0@"), words)
    if "--vdev=net_null0" not in words:
        raise Skip("this machine has a NIC for DPDK")
    check_equal((done.returncode, len(done.stderr.splitlines())), (0, 1), f"exit code, lines on stderr\n{done.stderr}")
    check_equal(json.loads(read(path))["total"]["rx_packets"], 100, "packets received")
    again = subprocess.run([fwd_path(), *words, *options], capture_output=True, text=True, timeout=TIMEOUT, check=False)
    check_equal(again.returncode, 0, f"exit code of the line in the note\n{again.stderr}")
    check("note: no EAL" not in again.stderr, again.stderr)


def no_eal_lcores(_directory, options, highest, cpus):
    """As many lcores as are needed, on the CPUs that there are."""
    allowed = sorted(os.sched_getaffinity(0))[:cpus]
    done = subprocess.run([fwd_path(), "--", "--packets=100", "--json=-", *options], capture_output=True, text=True,
                          timeout=TIMEOUT, check=False, preexec_fn=lambda: os.sched_setaffinity(0, allowed))
    want = ",".join(f"{i}@{allowed[i % len(allowed)]}" for i in range(highest + 1))
    check(f" --lcores={want} " in done.stderr, f"lcores {want} were expected: {done.stderr}")
    if "--vdev=net_null0" in done.stderr:
        check_equal(done.returncode, 0, f"exit code\n{done.stderr}")


case("options_none_for_eal_on_one_cpu_is_one_lcore", [], 0, 1)(no_eal_lcores)
case("options_none_for_eal_lcores_share_cpus", ["--nb-cores=3", "--rxq=2", "--txq=2"], 3, 2)(no_eal_lcores)
case("options_none_for_eal_lcores_of_a_mask", ["--coremask=0x10"], 4, 2)(no_eal_lcores)


def with_huge_pages(free, options):
    """Runs evpl-fwd where the kernel seems to have so many free huge pages, and no hugetlbfs that may be written to."""
    place = "/sys/kernel/mm/hugepages"
    script = f"""umount -a -t hugetlbfs 2>/dev/null || true
        mount -t tmpfs none {place} && mkdir {place}/hugepages-2048kB && cd {place}/hugepages-2048kB
        for name in nr free resv surplus nr_overcommit; do echo 0 >"${{name}}_hugepages"; done
        echo {free} | tee nr_hugepages >free_hugepages && cd - >/dev/null
        exec "$@\""""
    enter = ["unshare", "-m"] if os.getuid() == 0 else ["unshare", "-Urm"]
    if subprocess.run([*enter, "sh", "-ec", script, "sh", "true"], capture_output=True, check=False).returncode:
        raise Skip("no right to mount, or a kernel without huge pages")
    return subprocess.run([*enter, "sh", "-ec", script, "sh", fwd_path(), *options], capture_output=True, text=True,
                          timeout=TIMEOUT, check=False)


def no_huge_pages(_directory, free, options, says, words):
    """Some pages are no help if EAL may not make files of them."""
    rest = ["--no-pci", "--no-shconf", "--no-telemetry", "--vdev=net_null0", "--", "--packets=100"]
    done = with_huge_pages(free, [*options, *rest])
    said = [text for text in done.stderr.splitlines() if text.startswith(f"evpl-fwd: {says}: type ")]
    check_equal((done.returncode, len(said)), (1, 1), f"exit code, lines\n{done.stderr}")
    line = said[0].split(": type ")[1].split()
    check_equal(line, [fwd_path(), *words, *rest], "the line")
    if words == NO_HUGE:
        check_equal(subprocess.run(line, capture_output=True, timeout=TIMEOUT, check=False).returncode, 0, "its exit code")


NO_HUGE = ["--no-huge", "-m", "512"]
case("options_of_eal_without_huge_pages_say_the_line_to_type", 0, [], "no huge page is free", NO_HUGE)(no_huge_pages)
case("options_of_eal_in_memory_without_huge_pages_say_the_line_to_type", 0, ["--in-memory", "-m", "1000000"],
     "no huge page is free", ["--no-huge", "-m", "1000000"])(no_huge_pages)
case("options_of_eal_without_hugetlbfs_say_the_line_to_type", 400, [], "no hugetlbfs is mounted for this user",
     ["--in-memory"])(no_huge_pages)


@case("options_of_eal_that_are_wrong_have_no_line_to_type")
def wrong_of_eal(_directory):
    done = subprocess.run([fwd_path(), "--no-telemetry", "--nosuch"], capture_output=True, text=True, timeout=TIMEOUT,
                          check=False)
    check_equal(done.returncode, 1, f"exit code\n{done.stderr}")
    check("evpl-fwd: EAL does not start: " in done.stderr and "huge page is free" not in done.stderr, done.stderr)


@case("options_of_eal_another_program_has_the_prefix")
def same_prefix(directory):
    """EAL sets no error number then, which is no success."""
    folder = os.path.join("/var/run/dpdk" if os.getuid() == 0 else f"{directory}/dpdk", f"options{os.getpid()}")
    try:
        os.makedirs(folder)
    except OSError as error:
        raise Skip(str(error)) from None
    try:
        with open(f"{folder}/config", "w", encoding="ascii") as lock:
            fcntl.lockf(lock, fcntl.LOCK_EX)
            done = subprocess.run(
                [fwd_path(), "--no-huge", "--no-pci", "--no-telemetry", f"--file-prefix={os.path.basename(folder)}"],
                capture_output=True, text=True, timeout=TIMEOUT, check=False,
                env={**os.environ, "XDG_RUNTIME_DIR": directory})
    finally:
        shutil.rmtree(folder)
    check_equal(done.returncode, 1, f"exit code\n{done.stderr}")
    check("EAL does not start (its own messages" in done.stderr, done.stderr)


@case("options_eal_flags_leave_iova_mode_to_the_caller")
def eal_flags(_directory):
    """With the caller's own devices EAL asks their drivers; without, addresses are virtual."""
    def flags(*arguments):
        return subprocess.run([os.path.join(ROOT, "scripts", "eal-flags"), "--no-huge", "--", *arguments], check=True,
                              capture_output=True, text=True, timeout=20).stdout.split()

    for arguments in ([], ["--vdev=net_null0"], ["--base-virtaddr=0x100000000"]):
        check("--iova-mode=va" in flags(*arguments), f"{arguments}: {flags(*arguments)}")
    for arguments in (["-a", "0000:01:00.0"], ["-a0000:01:00.0"], ["--allow=0000:01:00.0"], ["-b", "0000:01:00.0"],
                      ["--block", "0000:01:00.0"], ["--iova-mode=pa"], ["--iova-mode", "pa"]):
        check(not any("iova" in flag for flag in flags(*arguments)), f"{arguments}: {flags(*arguments)}")


if __name__ == "__main__":
    main(__doc__)
