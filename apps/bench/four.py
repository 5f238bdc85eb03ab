#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""usage: apps/bench/four.py >apps/bench/four.svg

Draws the four figures of the root README's first screen. They are read from the tables of README.md beside this file:
each is the first "median (least–greatest)" behind the beginning of its row."""
import math
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
# The beginning of the row; what the plot calls it.
FIGURES = [
    ("| SHARED clone + release", ["share: one more reference, and its end,", "against rte_pktmbuf_clone and free"]),
    ("| LOCAL alloc 64 + release", ["take and give back 64 bytes,", "against rte_pktmbuf_alloc and free"]),
    ("| SHARED iovecs handed", ["hand over by a raw rte_ring, lcore to lcore,", "against mbufs through the same ring"]),
    ("| with huge pages |", ["forward packets (io, huge pages, net_null),", "evpl-fwd against dpdk-testpmd"]),
]
MACHINE = "AMD EPYC, 2 shared cores, DPDK 22.11.11, November 2026: median, least and greatest of the rounds"
TICKS = [0.5, 1, 2, 5, 10, 20]
WIDTH, LEFT, RIGHT, TOP, ROW = 760, 300, 620, 44, 40
WINS, LOSES = "#1a7f37", "#bc4c00"


def figure(table, row):
    """Returns the median, the least and the greatest of that row, as they are written there."""
    line = next(line for line in table.splitlines() if line.startswith(row))
    return re.search(r"\| ([\d.]+) \(([\d.]+)–([\d.]+)\)", line[len(row) - 1:]).groups()


def place(ratio):
    return round(LEFT + (RIGHT - LEFT) * math.log(ratio / TICKS[0]) / math.log(TICKS[-1] / TICKS[0]), 1)


def text(x, y, words, more=""):
    return f'<text x="{x}" y="{y}" {more}>{words}</text>'


def draw(table):
    bottom = TOP + ROW * len(FIGURES)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{bottom + 44}" '
           f'viewBox="0 0 {WIDTH} {bottom + 44}" font-family="sans-serif" font-size="12" fill="#1f2328">',
           f'<rect width="{WIDTH}" height="{bottom + 44}" fill="#ffffff"/>',
           text(place(1) - 8, 20, "the other is faster", f'text-anchor="end" fill="{LOSES}"'),
           text(place(1) + 8, 20, "iovecs are faster", f'fill="{WINS}"')]
    for tick in TICKS:
        out.append(f'<path d="M{place(tick)} {TOP - 12}V{bottom}" stroke="{"#57606a" if tick == 1 else "#d8dee4"}" '
                   f'stroke-width="{2 if tick == 1 else 1}"/>')
        out.append(text(place(tick), bottom + 16, f"{tick}×", 'text-anchor="middle" fill="#57606a"'))
    for number, (row, name) in enumerate(FIGURES):
        median, least, greatest = figure(table, row)
        y, colour = TOP + ROW * number + 12, WINS if float(median) >= 1 else LOSES
        out += [text(LEFT - 20, y + 14 * line - 3, words, 'text-anchor="end"') for line, words in enumerate(name)]
        out += [f'<path d="M{place(float(least))} {y}H{place(float(greatest))}" stroke="{colour}" stroke-width="3"/>',
                f'<circle cx="{place(float(median))}" cy="{y}" r="6" fill="{colour}"/>',
                text(RIGHT + 12, y + 4, f'<tspan font-weight="bold">{median}</tspan> ({least}–{greatest})')]
    out += [text(20, bottom + 34, MACHINE, 'fill="#57606a" font-size="11"'), "</svg>"]
    return "\n".join(out) + "\n"


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.exit(__doc__)
    with open(os.path.join(HERE, "README.md"), encoding="utf-8") as page:
        sys.stdout.write(draw(page.read()))
