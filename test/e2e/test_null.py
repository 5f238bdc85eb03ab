#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""evpl-fwd over net_null, which always has packets and always takes them: counts, limits, lack of memory, ways to
stop."""
import os
import signal

from harness import Fwd, case, check, check_equal, dpdk_version, main, run_fwd

NULL2 = ["net_null0", "net_null1"]


def exact(directory, count, options, lcores):
    """--packets is exact, however many lcores and queues take part."""
    run = run_fwd(directory, NULL2, ["--forward-mode=macswap", "--packets", count, *options], lcores=lcores)
    check_equal(run.total("rx_packets"), count, "packets received")
    check_equal(run.total("tx_packets"), count, "packets sent")
    check_equal(run.total("rx_bytes"), 64 * count, "bytes received")


for _count in (1, 31, 33, 100003):
    case(f"null_packets_{_count}_exact", _count, [], 1)(exact)
    case(f"null_packets_{_count}_exact_two_lcores_four_queues", _count,
         ["--rxq=4", "--txq=4", "--nb-cores=2"], 3)(exact)
case("null_packets_exact_burst_512_shared", 100003, ["--burst=512", "--shared"], 1)(exact)
case("null_packets_exact_burst_1", 10007, ["--burst=1"], 1)(exact)


@case("null_duration_ends_it_and_every_queue_works")
def duration(directory):
    run = run_fwd(directory, NULL2, ["--forward-mode=io", "--duration=1", "--rxq=4", "--txq=4"])
    check_equal(run.total("tx_packets"), run.total("rx_packets"), "packets sent")
    for port in (0, 1):
        check(run.port(port)["rx_packets"] > 0, f"port {port} received nothing")


@case("null_bytes_counted_as_the_packets_are_long")
def sizes(directory):
    for size in (60, 1500):
        run = run_fwd(directory, [f"{v},size={size}" for v in NULL2], ["--packets=5000"])
        check_equal((run.total("rx_bytes"), run.total("tx_bytes")), (5000 * size, 5000 * size), "bytes received, sent")


def mode_runs(directory, mode, options):
    """Random bytes in net_null's buffers are hostile frames of a kind; nothing is asserted but counts and buffers."""
    run = run_fwd(directory, NULL2, [f"--forward-mode={mode}", "--packets=50000", *options])
    generated = mode in ("txonly", "flowgen")
    check_equal(run.total("tx_packets" if generated else "rx_packets"), 50000, "packets counted by --packets")


for _mode in ("io", "mac", "macswap", "5tswap", "rxonly", "csum", "icmpecho", "tee", "txonly", "flowgen"):
    case(f"null_{_mode}_every_buffer_home", _mode, [])(mode_runs)
    case(f"null_{_mode}_shared_every_buffer_home", _mode, ["--shared"])(mode_runs)
    case(f"null_{_mode}_mbuf_pool_every_buffer_home", _mode, ["--rx-pool=mbuf"])(mode_runs)


@case("null_rx_pool_as_small_as_it_gets")
def small_pool(directory):
    """Fewer mbufs than the lcores' caches like to hold: receiving stalls at times, and loses nothing."""
    run = run_fwd(directory, NULL2, ["--forward-mode=io", "--total-num-mbufs=128", "--burst=64", "--duration=0.5"])
    check_equal(run.total("tx_packets"), run.total("rx_packets"), "packets sent")


@case("null_one_slab_is_enough_for_what_is_freed_at_once")
def one_slab(directory):
    run = run_fwd(directory, NULL2, ["--forward-mode=flowgen", "--max-slabs=1", "--slab-size=262144",
                                     "--buffer-size=4096", "--packets=200000"])
    check_equal(run.total("tx_packets"), 200000, "packets sent")


def stopped(directory, how, lcores, options):
    """A signal ends it in good order: with its report, and with nothing lost."""
    run = Fwd(directory, NULL2, ["--forward-mode=macswap", "--stats-period=0.1", *options], lcores=lcores)
    run.wait_received()                         # before, it may not have set its signal handlers yet
    run.stop(how).clean()
    check(run.total("rx_packets") > 0, "nothing was received")
    check_equal(run.total("tx_packets"), run.total("rx_packets"), "packets sent")


for _signal in (signal.SIGINT, signal.SIGTERM):
    case(f"null_{_signal.name}_ends_with_a_report", _signal, 1, [])(stopped)
    case(f"null_{_signal.name}_two_lcores_ends_with_a_report", _signal, 3,
         ["--nb-cores=2", "--rxq=2", "--txq=2"])(stopped)


@case("null_live_table_while_it_runs")
def table(directory):
    """Without a terminal the table is printed again and again, a title line each."""
    run = Fwd(directory, NULL2, ["--forward-mode=io", "--stats-period=0.1"])
    run.wait_shown(r"(?s)(?:^io after \d+ s$.*?){3}", "three tables")
    run.stop().clean()
    for word in ("pps", "dropped", "slab", "in use"):
        check(word in run.out, f"the table says nothing of '{word}':\n{run.out}")


@case("null_report_ends_with_what_became_of_packets_and_buffers")
def report(directory):
    run = run_fwd(directory, NULL2, ["--forward-mode=io", "--packets=4711"])
    lines = run.out.splitlines()[-5:]
    for line, words in zip(lines, ("received 4711", "sent 4711", "dropped 0", "consumed 0", "0 lost buffers")):
        check(" ".join(line.split()).startswith(words), f"'{words}' was expected: {line}")


@case("null_nobody_reads_its_output")
def closed_pipe(directory):
    """As in `evpl-fwd | head -1`: the ports are closed and the report is written all the same."""
    reader, writer = os.pipe()
    os.close(reader)
    run = Fwd(directory, NULL2, ["--forward-mode=io", "--stats-period=0.05", "--duration=1"], stdout=writer).end()
    os.close(writer)
    check(run.rc in (0, 1), f"exit code {run.rc}")
    check_equal(run.lost(), 0, "lost buffers")


@case("null_report_that_cannot_be_written_is_an_error")
def full_disk(directory):
    with open("/dev/full", "wb") as full:
        run = Fwd(directory, NULL2, ["--forward-mode=io", "--packets=100"], stdout=full.fileno()).end()
    check_equal(run.rc, 1, "exit code")
    check("report" in run.err, run.err)
    check_equal(run.lost(), 0, "lost buffers")


@case("null_chains_are_noted_where_the_port_does_not_announce_them")
def chains(directory):
    """evpl_port_check() says so, and evpl-fwd goes on; without chains there is nothing to say. From DPDK 25.07 on
    net_null announces chains, and evpl-fwd switches them on."""
    run = run_fwd(directory, ["net_null0"], ["--forward-mode=txonly", "--packets=100", "--txpkts=30,30"])
    notes = [line for line in run.err.splitlines() if "note: port 0 (net_null0): does not announce" in line]
    check_equal(len(notes), 0 if dpdk_version() >= (25, 7) else 1, f"notes ({run.err!r})")
    run = run_fwd(directory, ["net_null0"], ["--forward-mode=txonly", "--packets=100"])
    check_equal(run.err, "", "stderr")


@case("null_no_ports_is_an_error_not_a_crash")
def no_ports(directory):
    run = Fwd(directory, [], ["--duration=1"]).end()
    check(run.rc in (1, 2), f"exit code {run.rc}\n{run.describe()}")
    check_equal(len(run.err.splitlines()), 1, f"lines on stderr ({run.err!r})")


if __name__ == "__main__":
    main(__doc__)
