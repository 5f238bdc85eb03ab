#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""evpl-fwd's command line: a wrong one causes one clear line on stderr and exit code 2, and nothing else happens."""
import json
import os
import re
import shutil
import subprocess
import time

import harness
from harness import TIMEOUT, Fwd, Skip, case, check, check_equal, fwd_path, main, read, run_fwd, spawn

NULL2 = ["net_null0", "net_null1"]
OPTIONS = ("forward-mode nb-cores rxq txq burst portmask port-topology stats-period total-num-mbufs mbuf-size txpkts "
           "rx-pool eth-peer duration packets json shared buffer-size large-buffer-size slab-size max-slabs "
           "preallocate-slabs low-watermark high-watermark idle-trim sample-period far-packets external-slab").split()
MODES = "io mac macswap 5tswap rxonly txonly flowgen csum icmpecho tee".split()

# What is wrong, and a word that the line must have: the option, or the value that is not one.
WRONG = [
    (["--forward-mode=nosuch"], "nosuch"),
    (["--forward-mode="], "forward-mode"),
    (["--forward-mode=IO"], "IO"),
    (["--nb-cores=0"], "nb-cores"),
    (["--nb-cores=-1"], "nb-cores"),
    (["--nb-cores=one"], "one"),
    (["--nb-cores=2"], "nb-cores"),                         # there is one lcore
    (["--nb-cores=99999999999999999999"], "nb-cores"),
    (["--coremask=0"], "coremask"),
    (["--coremask=0x2g"], "coremask"),
    (["--coremask=0x1"], "lcore 0 is the main one"),
    (["--coremask=0x2"], "no lcore 1"),
    (["--rxq=0"], "rxq"),
    (["--rxq=2"], "txq"),                                   # each RX queue needs a TX queue
    (["--rxq=65536", "--txq=65536"], "rxq"),
    (["--rxq=1.5"], "rxq"),
    (["--txq=0"], "txq"),
    (["--burst=0"], "burst"),
    (["--burst=513"], "513"),
    (["--burst=32x"], "32x"),
    (["--burst="], "burst"),
    (["--burst= 32"], "burst"),
    (["--portmask=0"], "portmask"),
    (["--portmask=xyz"], "xyz"),
    (["--portmask=0x4"], "port 2"),                         # there are ports 0 and 1
    (["--portmask="], "portmask"),
    (["--portmask=0x"], "portmask"),
    (["--portmask=0xfffffffffffffffff"], "portmask"),
    (["--portlist=0,0"], "portlist"),
    (["--portlist=1-0"], "portlist"),
    (["--portlist=0,"], "portlist"),
    (["--port-topology=ring"], "ring"),
    (["--stats-period=-1"], "stats-period"),
    (["--stats-period=often"], "often"),
    (["--duration=-1"], "duration"),
    (["--duration=nan"], "duration"),
    (["--duration=inf"], "duration"),
    (["--duration="], "duration"),
    (["--packets=0"], "packets"),
    (["--packets=-5"], "packets"),
    (["--packets=1e3"], "packets"),
    (["--packets=18446744073709551617"], "packets"),
    (["--total-num-mbufs=0"], "total-num-mbufs"),
    (["--total-num-mbufs=many"], "many"),
    (["--mbuf-size=128"], "mbuf-size"),                     # nothing but headroom
    (["--mbuf-size=65536"], "mbuf-size"),
    (["--rx-pool=heap"], "heap"),
    (["--buffer-size=10"], "buffer-size"),
    (["--buffer-size=1M", "--slab-size=64K"], "slab-size"),
    (["--buffer-size=128K", "--slab-size=127K"], "slab-size"),
    (["--large-buffer-size=1000"], "large-buffer-size"),
    (["--large-buffer-size=4G"], "large-buffer-size"),
    (["--large-buffer-size="], "large-buffer-size"),
    (["--large-buffer-size=2M", "--slab-size=1M"], "slab-size"),
    (["--buffer-size=64K", "--large-buffer-size=32K"], "large-buffer-size=32768"),
    (["--buffer-size=1M", "--large-buffer-size=512K", "--slab-size=4M"], "large-buffer-size=524288"),
    (["--slab-size=1"], "slab-size"),
    (["--slab-size=16Q"], "16Q"),
    (["--slab-size=99999999999G"], "slab-size"),
    (["--quota=x"], "quota"),
    (["--max-slabs=0"], "max-slabs"),
    (["--max-slabs=100000"], "max-slabs"),
    (["--sample-period=x"], "sample-period"),
    (["--sample-period=-1"], "sample-period"),
    (["--eth-peer=0"], "eth-peer"),
    (["--eth-peer=0,02:00:00:00:00"], "eth-peer"),
    (["--eth-peer=0,02:00:00:00:00:0g"], "eth-peer"),
    (["--eth-peer=99,02:00:00:00:00:01"], "eth-peer"),
    (["--eth-peer=,02:00:00:00:00:01"], "eth-peer"),
    (["--txpkts=0"], "txpkts"),
    (["--txpkts=41"], "txpkts"),                            # less than its headers
    (["--txpkts=64,"], "txpkts"),
    (["--txpkts=64,x"], "txpkts"),
    (["--txpkts=65536"], "txpkts"),
    (["--forward-mode=txonly", "--txpkts=5000", "--buffer-size=4K"], "txpkts"),
    (["--forward-mode=txonly", "--txpkts=5000", "--slab-size=4K"], "txpkts"),
    (["--forward-mode=flowgen", "--txpkts=5000", "--slab-size=4K"], "txpkts"),
    (["--forward-mode=flowgen", "--txpkts=42"], "txpkts"),
    (["--tx-ip=1.2.3.4"], "tx-ip"),
    (["--tx-ip=1.2.3.4,1.2.3.400"], "tx-ip"),
    (["--tx-udp=70000"], "tx-udp"),
    (["--flowgen-flows=0"], "flowgen-flows"),
    (["--mtu=10"], "mtu"),
    (["--mtu=1500", "--max-pkt-len=1518"], "mtu"),
    (["--json"], "json"),                                   # and no value behind it
    (["--json="], "json"),
    (["--shared=yes"], "this option takes no value"),
    (["--nosuch"], "--nosuch: no such option"),
    (["--mb=1"], "--mbuf-size, --mbcache"),
    (["--interactive"], "no interactive prompt"),
    (["-i"], "no interactive prompt"),
    (["--rxq-share"], "shared"),
    (["--nb-ports=3"], "there are 2"),
    (["--nb-ports=0"], "nb-ports"),
    (["--tx-first", "--forward-mode=rxonly"], "rxonly"),
    (["--display-xstats=nosuch,nosuch2"], "nosuch"),
    (["--display-xstats="], "display-xstats"),
    (["--display-xstats=" + "x" * 64], "too long"),
    (["--port-numa-config=(0,0"], "port-numa-config"),
    (["--port-numa-config=(1,7)"], "NUMA node 7"),          # no test machine has so many
    (["--ring-numa-config=(0,2,7)"], "NUMA node 7"),
    (["--socket-num=7"], "NUMA node 7"),
    (["--eth-peers-configfile=/nowhere"], "/nowhere"),
    (["--nosuch=1"], "--nosuch"),
    (["-z"], "-z:"),
    (["-xy"], "-x:"),                                       # of a cluster, the one
    (["-burst=32"], "-b:"),
    (["-\u00e9"], "-\\xc3:"),
    (["surplus"], "surplus"),
    (["--forward-mode=io", "surplus", "--burst=32"], "surplus"),
    (["--forward-mode=tee", "--portmask=1"], "tee"),        # nowhere to send to
]


@case("options_help_tells_every_option_and_mode")
def show_help(_directory):
    for arguments in (["--help"], ["-h"], ["--", "--help"], ["-l", "0", "--no-huge", "--", "--help"]):
        done = subprocess.run([fwd_path(), *arguments], capture_output=True, text=True, timeout=20, check=False)
        check_equal((done.returncode, done.stderr), (0, ""), f"exit code and stderr of {arguments}")
        for option in OPTIONS:
            check(f"--{option}" in done.stdout, f"--help says nothing of --{option}")
        for option in ("duration", "stats-period"):
            check(re.search(rf"--{option}=.*\(.*0: no", done.stdout), f"--help says nothing of --{option}=0")
        for mode in MODES:
            check(re.search(rf"^ +{mode}\b", done.stdout, re.MULTILINE), f"--help says nothing of the mode {mode}")


def wrong(directory, options, word):
    run = Fwd(directory, NULL2, [*options, "--duration=1"] if options[-1:] not in (["--json"], ["--rxq-share"])
              else options).end()
    check(run.rc == 2, f"exit code {run.rc}, expected 2\n{run.describe()}")
    check_equal(run.out, "", "stdout")
    lines = run.err.splitlines()
    check(len(lines) == 1 and lines[0].startswith("evpl-fwd: ") and word in lines[0] and len(lines[0]) < 200,
          f"stderr must be one line that has '{word}':\n{run.err}")
    check(run.report is None, "a report was written")


for _options, _word in WRONG:
    case(f"options_wrong {' '.join(_options)}", _options, _word)(wrong)


@case("options_wrong ours before the --")
def misplaced(directory):
    run = Fwd(directory, NULL2, ["--duration=1"], eal=["--burst=16"]).end()
    check_equal((run.rc, run.out, len(run.err.splitlines())), (2, "", 1), "exit code, stdout, lines on stderr")
    check("--burst=16" in run.err, run.err)


@case("options_refused before the --")
def refused_before(_directory):
    """As users of testpmd forget the --: our words, and not the usage text of EAL."""
    for arguments in (["-i"], ["--no-huge", "-i"], ["--interactive"]):
        done = subprocess.run([fwd_path(), *arguments], capture_output=True, text=True, timeout=20, check=False)
        check_equal((done.returncode, done.stdout, len(done.stderr.splitlines())), (2, "", 1), f"{arguments}: {done}")
        check("--interactive: no interactive prompt" in done.stderr, done.stderr)


@case("options_of_testpmd_are_never_unknown")
def of_testpmd(_directory):
    """Its own --help tells which there are; whatever this version has, each is there, noted or refused."""
    if not shutil.which("dpdk-testpmd"):
        raise Skip("dpdk-testpmd is not installed (Debian: dpdk-dev)")
    told = subprocess.run(["dpdk-testpmd", *harness.eal_flags(2), "--", "--help"], capture_output=True, text=True,
                          timeout=TIMEOUT, check=False).stdout
    # That of 26.11 has one by another name than its own parser.
    names = set(re.findall(r"^  --([a-z0-9-]+)(?=[:= ])", told, re.MULTILINE)) - {"help", "txonly-nb-flows"}
    if "tx-first" not in names:
        raise Skip("dpdk-testpmd does not tell its options here")
    for name in sorted(names):
        done = subprocess.run([fwd_path(), "--no-huge", "--", f"--{name}=x"], capture_output=True, text=True,
                              timeout=20, check=False)
        # With a value that is none: an option that has one says so, a flag that it takes none.
        check("no such option" not in done.stderr and "beginning of several" not in done.stderr,
              f"--{name} of testpmd: {done.stderr}")


@case("options_of_testpmd_that_change_nothing_have_one_note")
def of_testpmd_noted(directory):
    run = run_fwd(directory, NULL2, ["-a", "--numa", "--no-flush-rx", "--mbcache=512", "--rx-offloads=0x0",
                                     "--hot-plug", "--no-lsc-interrupt", "--rxd=512", "--packets=100"])
    lines = run.err.splitlines()
    check_equal(len(lines), 1, f"lines on stderr ({run.err!r})")
    check("note: accepted, but without effect here: --auto-start, --numa, --no-flush-rx, --mbcache, --rx-offloads, "
          "--no-lsc-interrupt, --hot-plug (" in lines[0], lines[0])


@case("options_nb_ports_takes_the_first_ones")
def nb_ports(directory):
    run = run_fwd(directory, [*NULL2, "net_null2"], ["--nb-ports=2", "--portlist=2,0,1", "--packets=100"])
    check_equal([p["port"] for p in run.report["ports"]], [2, 0], "ports")


@case("options_coremask_names_the_lcores_that_forward")
def coremask(directory):
    for options, lcores in ((["--coremask=0xc"], 2), (["--coremask=8"], 1), (["--coremask=0xe", "--nb-cores=2"], 2)):
        run = run_fwd(directory, NULL2, [*options, "--packets=100"], lcores=4)
        check_equal(run.report["lcores"], lcores, f"lcores of {options}")
    run = Fwd(directory, NULL2, ["--coremask=0x6", "--nb-cores=3", "--packets=100"], lcores=4).end()
    check_equal((run.rc, len(run.err.splitlines())), (2, 1), f"exit code, lines ({run.err!r})")


@case("options_record_core_cycles_as_testpmd_prints_them")
def cycles(directory):
    for mode, lcores in (("macswap", 1), ("txonly", 2), ("rxonly", 3)):
        run = run_fwd(directory, NULL2, [f"--forward-mode={mode}", "--record-core-cycles", "--packets=20000",
                                         f"--nb-cores={max(lcores - 1, 1)}"], lcores=lcores)
        pattern = rf"^CPU cycles/packet=([0-9.]+) \(total cycles=(\d+) / total {mode} packets=20000\) at (\d+) MHz Clock$"
        match = re.search(pattern, run.out, re.MULTILINE)
        check(match, f"no line of cycles\n{run.out}")
        check_equal(int(match[2]), run.report["cycles"], "cycles")
        check(0 < run.report["cycles"] and abs(float(match[1]) - run.report["cycles"] / 20000) < 0.01, match[0])
    run = run_fwd(directory, NULL2, ["--packets=100"])
    check("cycles" not in run.report and "cycles" not in run.out, "cycles that nobody asked for")


@case("options_display_xstats_in_table_and_report")
def xstats(directory):
    run = Fwd(directory, ["net_null0", "net_null1"], ["--display-xstats=rx_good_packets,,rx_q1_packets", "--rxq=2",
                                                      "--txq=2", "--nb-ports=2", "--stats-period=0.1"])
    run.wait_shown(r"^   1 rx_q1_packets +[1-9]", "a statistic")
    run.stop().clean()
    for index in (0, 1):
        port = run.port(index)
        check_equal(list(port["xstats"]), ["rx_good_packets", "rx_q1_packets"], "names")
        # net_null counts what it delivered, all of which evpl-fwd received.
        check_equal(port["xstats"]["rx_good_packets"], port["rx_packets"], "rx_good_packets")
        check(f"port {index} (net_null{index}): rx_q1_packets {port['xstats']['rx_q1_packets']}" in run.out, run.out)


@case("options_numa_nodes_that_there_are")
def numa(directory):
    for options in (["--port-numa-config=(0,0),(1,0)"], ["--ring-numa-config=(0,3,0)"], ["--no-numa"],
                    ["--socket-num=0"]):
        run = run_fwd(directory, NULL2, [*options, "--packets=100"])
        check_equal((run.err, run.total("tx_packets")), ("", 100), f"stderr and packets of {options}")


@case("options_rss_that_the_port_cannot_do_is_noted")
def rss(directory):
    for options, notes in ((["--rss-udp"], 0), (["--rss-ip", "--rss-level-inner"], 2), (["--disable-rss"], 0)):
        run = run_fwd(directory, NULL2, [*options, "--rxq=2", "--txq=2", "--packets=100"])
        check_equal(run.err.count("note: port "), notes, f"notes of {options}: {run.err}")


@case("options_last_of_the_same_wins")
def repeated(directory):
    run = run_fwd(directory, NULL2, ["--packets=10", "--packets=77", "--forward-mode=io", "--forward-mode=macswap"])
    check_equal(run.total("rx_packets"), 77, "packets received")


def numbers(text):
    """Every whole number in a text, thousands separators taken out."""
    return {int(n.replace(",", "")) for n in re.findall(r"\d[\d,]*", text)}


@case("options_large_buffers_rule_the_other_sizes")
def large_buffers(directory):
    """Slabs that were not asked for have room for one, and small buffers are no larger."""
    for size, slab, buffer in ((32 << 20, 32 << 20, 64 << 10), (4096, 16 << 20, 4096)):
        run = run_fwd(directory, NULL2, ["--forward-mode=txonly", "--txpkts=64,64", "--packets=1000",
                                          f"--large-buffer-size={size}"])
        memory = run.report["memory"]
        check(memory["slabs"] > 0, "no slab")
        check_equal(memory["buffers"], memory["slabs"] * slab // buffer, f"buffers with --large-buffer-size={size}")
        # And less than a sixteenth for what lies before the buffers.
        check(0 <= memory["slab_bytes"] - memory["slabs"] * slab <= memory["slabs"] * slab // 16,
              f"bytes of slabs with --large-buffer-size={size}: {memory['slab_bytes']}")


@case("options_far_packets_are_sent_as_near_ones_are")
def far_packets(directory):
    """Packets that are made, and received ones of another pool, go out."""
    for mode in ("txonly", "io"):
        run = run_fwd(directory, NULL2, [f"--forward-mode={mode}", "--packets=1000", "--rx-pool=mbuf", "--far-packets"])
        check(run.total("tx_packets") >= 1000, f"{mode}: {run.out}")


@case("options_external_slab_has_the_bytes_that_are_sent")
def external_slab(directory):
    """The file has them after the end, too: nothing else is in its memory."""
    path = os.path.join(directory, "slab")
    with open(path, "wb") as file:
        file.truncate(1 << 20)
    for mode in ("txonly", "flowgen"):
        run = run_fwd(directory, NULL2, [f"--forward-mode={mode}", "--packets=1000", f"--external-slab={path}"])
        check(run.total("tx_packets") >= 1000, f"{mode}: {run.out}")
        check(run.report["memory"]["buffers"] in (15, 16), f"{mode}: {run.report['memory']}")
    with open(path, "rb") as file:
        data = file.read()
    check_equal(len(data), 1 << 20, "bytes of the file")
    if "1" not in os.environ.get("EVPL_TEST_TRACE", ""):
        check(b"\x08\x00\x45\x00" in data, "no packet is in the file")
    for wrong, size, word in (("none", None, "No such file"), ("short", 100, "has 100 bytes"),
                              ("small", 4096, "Invalid")):
        path = os.path.join(directory, wrong)
        if size is not None:
            with open(path, "wb") as file:
                file.truncate(size)
        done = Fwd(directory, NULL2, [f"--external-slab={path}", "--packets=10"]).end()
        check_equal(done.rc, 1, f"exit code with {wrong}\n{done.err}")
        check(f"--external-slab={path}" in done.err and word in done.err, done.err)


@case("options_json_says_what_the_printed_report_says")
def json_report(directory):
    run = run_fwd(directory, ["net_null0,size=77", "net_null1,size=99"], ["--packets=12347", "--forward-mode=macswap"])
    printed = numbers(run.out)
    for port in (0, 1):
        for field in ("rx_packets", "tx_packets"):
            check(run.port(port)[field] in printed, f"port {port}'s {field} is not in the report\n{run.out}")
    check(12347 in printed, f"the sum is not in the report\n{run.out}")
    check_equal(run.port(0)["rx_packets"] + run.port(1)["rx_packets"], run.total("rx_packets"), "ports' sum received")
    check_equal(run.port(0)["tx_packets"], run.port(1)["rx_packets"], "port 0 sent, port 1 received")
    check_equal(run.port(0)["rx_bytes"], 77 * run.port(0)["rx_packets"], "bytes received by port 0")


@case("options_json_to_stdout_is_only_json")
def json_stdout(directory):
    run = Fwd(directory, NULL2, ["--packets=1000", "--json=-"]).end()
    check_equal(run.rc, 0, "exit code")
    json.loads(run.out)


@case("options_json_replaces_an_older_file")
def json_again(directory):
    path = os.path.join(directory, "old.json")
    with open(path, "w", encoding="ascii") as f:
        f.write("x" * 100000)
    run = Fwd(directory, NULL2, ["--packets=1000", f"--json={path}"]).end()
    check_equal(run.rc, 0, "exit code")
    with open(path, encoding="utf-8") as f:
        json.load(f)


def json_unwritable(directory, where):
    """Found before anything is forwarded: no report follows, and it does not take the half minute."""
    path = directory + where
    run = Fwd(directory, NULL2, ["--duration=30", f"--json={path}"])
    started = time.monotonic()
    run.end()
    check(run.rc == 1, f"exit code {run.rc}, expected 1\n{run.describe()}")
    check_equal(run.out, "", "stdout")
    check(len(run.err.splitlines()) == 1 and path in run.err, f"one line that names the file was expected:\n{run.err}")
    check(time.monotonic() - started < 15, "it forwarded first")


case("options_json_in_no_folder_is_a_failure_at_once", "/nowhere/report.json")(json_unwritable)
case("options_json_to_a_folder_is_a_failure_at_once", "/")(json_unwritable)


@case("options_json_that_fills_the_disk_is_a_failure")
def json_full(directory):
    run = Fwd(directory, NULL2, ["--packets=1000", "--json=/dev/full"]).end()
    check(run.rc == 1, f"exit code {run.rc}, expected 1\n{run.describe()}")
    check(len(run.err.splitlines()) == 1 and "/dev/full" in run.err, f"one line was expected:\n{run.err}")


@case("options_json_file_of_a_run_without_report")
def json_untouched(directory):
    """What was there stays until a report replaces it, and what was not there is not left behind empty."""
    old, new = os.path.join(directory, "old.json"), os.path.join(directory, "new.json")
    with open(old, "w", encoding="ascii") as f:
        f.write("an older report")
    for path in (old, new):
        run = Fwd(directory, NULL2, ["--portlist=0,5", f"--json={path}"]).end()
        check_equal(run.rc, 2, "exit code")
    check_equal(read(old), "an older report", "the older file")
    check(not os.path.exists(new), "an empty file was left")


@case("options_json_of_the_last_run_stays_while_the_next_forwards")
def json_meanwhile(directory):
    path = os.path.join(directory, "old.json")
    with open(path, "w", encoding="ascii") as f:
        f.write("an older report")
    run = Fwd(directory, NULL2, ["--stats-period=0.1", f"--json={path}"])
    end = time.monotonic() + TIMEOUT
    while "port" not in read(run.out_path) and time.monotonic() < end and run.child.poll() is None:
        time.sleep(0.02)
    check_equal(read(path), "an older report", "the older file, while it forwards")
    check_equal(run.stop().rc, 0, "exit code")
    check_equal(json.loads(read(path))["program"], "evpl-fwd", "the file's program")


@case("options_json_into_a_pipe")
def json_pipe(directory):
    """As in --json=>(jq ...): what cannot be cut is written to as it is."""
    path = os.path.join(directory, "pipe")
    os.mkfifo(path)
    reader = spawn(["cat", path], os.path.join(directory, "read"))
    run = Fwd(directory, NULL2, ["--packets=1000", f"--json={path}"]).end()
    check_equal((run.rc, reader.wait(TIMEOUT)), (0, 0), "exit codes")
    check_equal(json.loads(read(os.path.join(directory, "read")))["total"]["rx_packets"], 1000, "packets received")


@case("options_more_packet_mbufs_than_there_can_be")
def packet_mbufs(directory):
    """Full rings of 64 queues, 64 segments each: more than the library takes, and than there is memory for."""
    segments = ",".join(["2"] * 64)
    run = Fwd(directory, NULL2, ["--forward-mode=txonly", "--txq=64", "--txd=65535", f"--txpkts={segments}",
                                 "--total-num-mbufs=4096", "--packets=1000"]).end()
    check(run.rc == 1, f"exit code {run.rc}, expected 1\n{run.describe()}")
    lines = [line for line in run.err.splitlines() if line.startswith("evpl-fwd: ") and "note:" not in line]
    check(len(lines) == 1 and all(word in lines[0] for word in ("--txq", "--txd", "--txpkts")),
          f"one line that names the options was expected:\n{run.err}")
    check_equal(run.lost(), 0, "lost buffers")


@case("options_port_that_cannot_take_iovecs_is_refused")
def refused(directory):
    """net_af_xdp sends other bytes than an attached mbuf's: evpl_port_check() says so, before anything is set up."""
    run = Fwd(directory, ["net_af_xdp0,iface=lo"], ["--packets=10"]).end()
    if "no ports" in run.err:
        raise Skip("no net_af_xdp driver, or no right to it")
    lines = [line for line in run.err.splitlines() if line.startswith("evpl-fwd: ")]
    check_equal((run.rc, len(lines)), (1, 1), f"exit code, lines of evpl-fwd's own ({run.err!r})")
    check("port 0 (net_af_xdp0)" in lines[0] and "attached" in lines[0], f"the reason is missing: {lines[0]}")


if __name__ == "__main__":
    main(__doc__)
