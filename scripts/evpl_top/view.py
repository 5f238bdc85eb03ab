# SPDX-License-Identifier: BSD-3-Clause
"""The screen: looks at a program as text, one after the other."""
import re
import time

AGES = (1000, 10_000, 60_000, 600_000, 3_600_000)       # milliseconds below which a buffer has that colour
COLORS = ((32, "#3a9d4a"), (36, "#2aa5b5"), (34, "#3b6fd4"), (33, "#d9a900"), (35, "#b04fc0"), (31, "#d03030"))
AGE_NAMES = ("<1 s", "<10 s", "<1 min", "<10 min", "<1 h", ">1 h")
BLOCKS = " ▁▂▃▄▅▆▇█"


def number(n):
    for unit in ("", "k", "M", "G", "T"):
        if n < (10000 if unit == "" else 1000) or unit == "T":
            return f"{n:.0f}{unit}" if unit == "" or n >= 100 else f"{n:.1f}{unit}"
        n /= 1000
    return ""


def size(n):
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if n < 1024 or unit == "TiB":
            return f"{n:.0f} {unit}" if unit == "B" or n >= 100 else f"{n:.1f} {unit}"
        n /= 1024
    return ""


def duration(ms):
    s = ms / 1000
    if s < 100:
        return f"{s:.1f} s"
    return f"{s / 60:.0f} min" if s < 6000 else f"{s / 3600:.0f} h" if s < 360000 else f"{s / 86400:.0f} d"


def age_class(ms):
    return sum(ms >= limit for limit in AGES)


def per_second(now, before, name):
    """The rate of a counter between two looks at the same thing; '-' where there was none before."""
    if before is None or now["_time"] <= before["_time"] or now.get(name, 0) < before.get(name, 0):
        return None
    return (now.get(name, 0) - before.get(name, 0)) / (now["_time"] - before["_time"])


def rate(now, before, name, show=number):
    value = per_second(now, before, name)
    return "-" if value is None else show(value)


def table(head, rows, left=0):
    """Lines of columns, the first `left` of which are text."""
    rows = [[str(cell) for cell in row] for row in [head, *rows]]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    return ["  ".join(c.ljust(w) if i < left else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths))).rstrip()
            for row in rows]


def node(values):
    """The NUMA node of a context or slab; ext0: group 0 of external slabs."""
    return values["node"] if values["node"] < 1000 else f"ext{values['node'] - 1000}"


class View:
    """Two looks at a program, as lines."""
    def __init__(self, now, before, options):
        self.now, self.before, self.options = now, before, options
        for look in (now, before):
            for group in ("contexts", "slabs", "ports") if look else ():
                for value in look[group].values():
                    value["_time"] = look["time"]
            if look:
                look["stats"]["_time"] = look["time"]

    def old(self, group, key):
        return self.before[group].get(key) if self.before else None

    def head(self):
        info, s = self.now["info"], self.now["stats"]
        old = self.before["stats"] if self.before else None
        approximate = {"counted": "", "estimated": "~"}.get(info["allocs"])
        allocs = "unknown" if approximate is None else approximate + rate(s, old, "allocs")
        waste = 100 - 100 * s["bytes_live"] // s["bytes_pinned"] if s["bytes_pinned"] else 0
        failed = sum(v for n, v in s.items() if re.match(r"(alloc|send)_e|rx_(no_memory|too_long)", n))
        return [
            f"{self.now['program']} (pid {self.now['pid']})  libevpl-dpdk {info['version']} {info['build']},"
            f" {info['dpdk']}  {time.strftime('%H:%M:%S', time.localtime(self.now['time']))}",
            f"slabs    {s['slabs']} of {size(s['slab_bytes'])}   buffers {number(s['buffers_in_use'])} in use of"
            f" {number(s['buffers'])}   away at most {number(s['buffers_away_peak'])}"
            f" (lately {number(s['buffers_away_peak_read'])})",
            f"bytes    pinned {size(s['bytes_pinned'])}   carved {size(s['bytes_carved'])}"
            f"   live ~{size(s['bytes_live'])}   waste ~{waste}%",
            f"iovecs   {number(s['iovecs'])} live, oldest {duration(s['oldest_ms'])}"
            f"   packets {number(s['packet_mbufs_in_use'])} of {number(s['packet_mbufs'])}"
            f" (peak {number(s['packet_mbufs_away_peak'])})   RX {number(s['rx_buffers_in_use'])} of"
            f" {number(s['rx_buffers'])}",
            f"rates/s  refills {rate(s, old, 'refills')}  rewinds {rate(s, old, 'rewinds')}"
            f"  remote {rate(s, old, 'remote_returns')}  taken {rate(s, old, 'bytes_taken', size)}  allocs {allocs}",
            f"so far   ENOMEM {number(s['alloc_enomem'])}   failures {number(failed)}   splits {number(s['splits'])}"
            f"   spills {number(s['spills'])}   other node {number(s['other_node'])}   orphans {s['buffers_orphaned']}"]

    def contexts(self):
        rows = [(key, c["lcore"] if c["lcore"] >= 0 else "-", node(c), c["buffers_held"], size(c["bytes_pinned"]),
                 number(c["iovecs"]), number(c["packets"]), duration(c["oldest_ms"]),
                 rate(c, self.old("contexts", key), "bytes_taken", size), number(c["alloc_enomem"]))
                for key, c in self.now["contexts"].items()]
        return table(("CONTEXT", "lcore", "node", "held", "pinned", "iovecs", "packets", "oldest", "taken/s", "ENOMEM"),
                     rows)

    def ports(self):
        rows = [(f"{key} {p['name']}", "up" if p["link"] else "down",
                 *(rate(p, self.old("ports", key), name) for name in ("rx_packets", "tx_packets")),
                 *(number(p[name]) for name in ("rx_missed", "rx_no_mbuf", "tx_errors")),
                 number(p["rx_mbufs_in_use"]) if p["rx_pool"] else "-") for key, p in self.now["ports"].items()]
        return table(("PORT", "link", "rx/s", "tx/s", "missed", "no mbuf", "tx err", "mbufs"), rows, 1) if rows else []

    def processes(self):
        rows = [(p["name"], p["state"], p["pid"], *(f"{number(p[lent])} of {number(p[most])}" for lent, most in
                                                    (("iovecs_lent", "iovecs"), ("packets_sent", "packets"))),
                 number(p["waiting_there"]), number(p["waiting_here"]), number(p["reclaimed"]))
                for p in self.now["processes"].values()]
        return table(("PROCESS", "state", "pid", "lent", "packets", "waiting there", "here", "reclaimed"), rows,
                     2) if rows else []

    def held(self):
        rows = [(size(h["bytes"]), number(h["iovecs"]), duration(h["oldest_ms"]), h["where"]) for h in self.now["held"]]
        lines = table(("bytes", "iovecs", "oldest", "HELD BY (" + ("estimates" if any(h["estimate"] for h in
                      self.now["held"]) else "all") + ")"), [row[:3] + ("",) for row in rows])
        return [line + "  " + row[3] if row else line for line, row in zip(lines, [None, *rows])] if rows else []

    def slab_line(self, key):
        s = self.now["slabs"][key]
        held = s["buffers_held"] - s["buffers_current"] - s["buffers_lent"]
        return (f"SLAB {key} node {node(s)}, {s['buffers']} x {size(s['buffer_size'])}: {s['buffers_free']} free,"
                f" {s['buffers_stashed']} stash, {s['buffers_current']} cur, {held} held, {s['buffers_lent']} lent,"
                f" {duration(s['oldest_ms'])}")

    def cells(self, whole, each):
        """A map, each of whose cells is `each` buffers: the sign and the colour, which is 0 for none."""
        out = []
        for i in range(0, len(whole["state"]), each):
            states = whole["state"][i:i + each]
            used = [k for k, state in enumerate(states, i) if state not in ("free", "stash")]
            if not used:
                out.append((":" if "stash" in states else ".", 0))
                continue
            age = age_class(max(whole["age_ms"][k] for k in used))
            fill = sum(whole["fill"][k] for k in used) / len(states)
            digits = self.options.ascii or not self.options.color
            cell = str(age) if digits else BLOCKS[max(1, round(fill * 8 / 100))]
            out.append((cell, COLORS[age][0] if self.options.color else 0))
        return out

    @staticmethod
    def painted(cells):
        """Text of cells, with a control sequence where the colour changes."""
        out, now = [], 0
        for sign, color in cells:
            out.append(sign if color == now else f"\033[{color}m{sign}")
            now = color
        return "".join(out) + ("\033[0m" if now else "")

    def legend(self):
        signs = range(len(AGES) + 1)
        if self.options.color and not self.options.ascii:
            signs = [f"\033[{color}m{BLOCKS[8]}\033[0m" for color, _ in COLORS]
        return "age: " + "  ".join(f"{sign} {name}" for sign, name in zip(signs, AGE_NAMES)) + "   . free  : stash"

    def slabs(self, ask_map, width, height, first):
        """Maps of as many slabs as fit, from number `first` on; and how many these are."""
        keys = [key for key in sorted(self.now["slabs"]) if key >= first]
        if not keys or height < 3:
            return [], 0
        shown = keys[:max(1, (height - 2) // 2)]
        rows_each = max(1, (height - 2) // len(shown) - 1)
        lines = [self.legend()]
        for key in shown:
            whole = ask_map(key)
            if not whole:
                continue
            each = 1
            while -(-len(whole["state"]) // each) > rows_each * width:
                each *= 2
            cells = self.cells(whole, each)
            lines.append(self.slab_line(key) + (f"   ({each} per cell)" if each > 1 else ""))
            lines += [self.painted(cells[i:i + width]) for i in range(0, len(cells), width)]
        if len(keys) > len(shown):
            lines.append(f"... {len(keys) - len(shown)} more slabs: n and p show the next and the previous ones")
        return lines, len(shown)

    def screen(self, ask_map, width, height=None, first=0):
        """Lines of at most `width` characters, at most `height` of them (None: all); and how many slabs these show."""
        lines = self.head()
        parts = [self.contexts(), self.ports(), self.processes(), self.held()]
        room = 10**6 if height is None else height - len(lines)
        maps = room if height is None else max(room // 2, 4)
        for i, part in enumerate(parts):
            most = len(part) if height is None else max((room - maps) // (len(parts) - i), 3)
            if len(part) > most:
                part = [*part[:most - 1], f"... {len(part) - most + 1} more"]
            if part and len(part) <= room:
                lines += part
                room -= len(part)
                maps = min(max(maps, 4), room) if height is not None else maps
        if height is None:
            room = 10 * len(self.now["slabs"]) + 2
        slabs, shown = self.slabs(ask_map, width, room, first)
        lines = [clip(line, width) for line in lines + slabs]
        return lines[:height], shown


def clip(line, width):
    """At most so many characters, of which control sequences are none."""
    if len(line) <= width:
        return line
    out, n = [], 0
    for part in re.findall(r"\033\[[0-9;]*m|[^\033]", line):
        if part[0] != "\033":
            n += 1
            if n > width:
                break
        out.append(part)
    return "".join(out) + ("\033[0m" if "\033" in line else "")
