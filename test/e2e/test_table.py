#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""evpl-fwd's live table on a terminal: it fits, whatever the terminal's size, and there is always one."""
import re
import signal

from harness import Fwd, case, check, check_equal, main
from terminal import Terminal

NULL2 = ["net_null0", "net_null1"]
TITLE = r"^macswap after (\d+) s$"
SUM = r"^ all +\d"


def start(directory, terminal, vdevs=None, options=()):
    return Fwd(directory, vdevs or NULL2, ["--forward-mode=macswap", "--stats-period=0.2", *options],
               stdout=terminal.slave)


def finish(terminal, run):
    """Stopped, it must have scrolled by no more than its report is long."""
    scrolled = terminal.scrolled
    run.stop().clean()
    terminal.close()
    return scrolled


def table(terminal, run):
    """The lines of a second or later table."""
    terminal.wait_for(SUM, run)
    seen = terminal.text.count("\033[J")
    while terminal.text.count("\033[J") < seen + 2:
        terminal.wait_for(SUM, run)
    lines = terminal.lines()
    while lines and not lines[-1]:
        lines.pop()
    return lines


@case("table_80_by_24_shows_all_columns")
def usual(directory):
    terminal = Terminal(80, 24)
    run = start(directory, terminal)
    lines = table(terminal, run)
    check_equal(finish(terminal, run), 0, "lines that scrolled")
    check(re.match(TITLE, lines[0]), f"no title first\n{lines}")
    check_equal(lines[1].split(), "port RX pps RX Mbit/s TX pps TX Mbit/s dropped missed".split(), "the headings")
    for line, start_of in zip(lines[2:5], ("   0 net_null0 ", "   1 net_null1 ", " all ")):
        check(line.startswith(start_of), f"'{start_of}' was expected: {line!r}")
        check_equal(len(line), len(lines[1]), "the row's length, and the headings'")
    check("slab" in lines[5] and "packet mbufs" in "".join(lines[5:]).replace("packetmbufs", "packet mbufs"),
          f"no memory\n{lines}")
    check(all(len(line) < 80 for line in lines), f"too long\n{lines}")


def narrow(directory, width, height, headings):
    terminal = Terminal(width, height)
    run = start(directory, terminal)
    lines = table(terminal, run)
    check_equal(finish(terminal, run), 0, "lines that scrolled")
    check(len(lines) < height or height == 1, f"{len(lines)} lines on a terminal of {height}\n{lines}")
    shown = next((line for line in lines if line.startswith("port")), "port")
    check_equal(shown.split(), headings.split(), "the headings")


for _size, _headings in (((70, 24), "port RX pps TX pps TX Mbit/s dropped missed"),
                         ((60, 24), "port RX pps TX pps dropped missed"), ((40, 12), "port RX pps TX pps dropped"),
                         ((30, 24), "port RX pps TX pps"), ((20, 24), "port RX pps"), ((80, 4), None), ((80, 3), None),
                         ((200, 100), "port RX pps RX Mbit/s TX pps TX Mbit/s dropped missed")):
    case(f"table_{_size[0]}_by_{_size[1]}", *_size, _headings or "port RX pps RX Mbit/s TX pps TX Mbit/s dropped missed")(
        narrow)


@case("table_of_more_ports_than_lines_has_their_sum")
def many(directory):
    terminal = Terminal(80, 10)
    run = start(directory, terminal, [f"net_null{i}" for i in range(12)])
    lines = table(terminal, run)
    check_equal(finish(terminal, run), 0, "lines that scrolled")
    # A title, headings, 5 ports, "(and 7 more)", the sum: nine lines, and the cursor's.
    check_equal([line.split()[0] for line in lines[2:7]], ["0", "1", "2", "3", "4"], "ports that are shown")
    check_equal(lines[7], "(and 7 more)", "the ports that are left out")
    check(re.match(SUM, lines[8]) and len(lines) == 9, f"no sum\n{lines}")


@case("table_shows_as_much_of_a_name_as_there_is_room_for")
def names(directory):
    for width, shown in ((80, "net_null_012"), (83, "net_null_012345"), (100, "net_null_0123456789")):
        terminal = Terminal(width, 24)
        run = start(directory, terminal, ["net_null_0123456789", "net_null1"])
        lines = table(terminal, run)
        check_equal(finish(terminal, run), 0, "lines that scrolled")
        check_equal(lines[2].split()[1], shown, f"the name on {width} columns")
        check_equal({len(line) for line in lines[1:5]}, {67 + len(shown)}, "the lengths of rows")


@case("table_is_drawn_again_when_the_terminal_changes")
def resized(directory):
    """The same table, as its title shows, and not only the next one. A slow machine may need more than one try."""
    terminal = Terminal(80, 24)
    run = Fwd(directory, NULL2, ["--forward-mode=macswap", "--stats-period=2"], stdout=terminal.slave)
    for attempt in range(10):
        before = terminal.wait_for(TITLE, run)[1]
        width, height, headings = ((40, 12, r"^port +RX pps +TX pps +dropped$"),
                                   (100, 30, r"^port +RX pps +RX Mbit/s +TX pps"))[attempt % 2]
        terminal.resize(width, height)
        run.child.send_signal(signal.SIGWINCH)
        terminal.wait_for(headings, run)
        after = terminal.wait_for(TITLE, run)[1]
        lines = terminal.lines()
        check_equal(sum(bool(re.match(TITLE, line)) for line in lines), 1, "tables on the screen")
        check(all(len(line) < width for line in lines), f"too long\n{lines}")
        if after == before:
            break
    else:
        raise AssertionError("only the next table had the new size")
    check_equal(finish(terminal, run), 0, "lines that scrolled")


@case("table_with_extended_statistics")
def xstats(directory):
    terminal = Terminal(80, 12)
    run = start(directory, terminal, options=["--display-xstats=rx_good_packets,tx_good_packets,rx_good_bytes"])
    terminal.wait_for(r"^   0 rx_good_packets +[1-9]\d* +\S+ ?[GMk]? */s$", run)
    terminal.wait_for(r"^\(and \d more\)$", run)
    lines = table(terminal, run)
    check_equal(finish(terminal, run), 0, "lines that scrolled")
    check_equal(len(lines), 11, "lines")


if __name__ == "__main__":
    main(__doc__)
