# SPDX-License-Identifier: BSD-3-Clause
"""A look at a program in other formats than the screen: Prometheus's text, and a picture (SVG)."""
import argparse
import html

from .view import AGE_NAMES, COLORS, View, age_class, duration

COUNTERS = set("""slabs_made slabs_made_ahead slabs_given_back refills whole_buffers rewinds remote_returns other_node
splits spills bytes_taken allocs releases takes buffers_taken rx_linearized rx_too_long rx_no_memory alloc_einval
alloc_emsgsize alloc_enomem send_einval send_emsgsize send_enomem send_eoverflow rx_packets rx_bytes rx_missed
rx_errors rx_no_mbuf tx_packets tx_bytes tx_errors reclaimed""".split())


def prometheus(look):
    metrics = {}

    def add(prefix, values, **labels):
        for name, value in values.items():
            if isinstance(value, int) and not name.startswith("_") and name != "first":
                counter = name in COUNTERS
                if name.endswith("_ms"):
                    name, value = name[:-3] + "_seconds", value / 1000
                what = metrics.setdefault(f"evpl_{prefix}{name}" + ("_total" if counter else ""), (counter, name, []))
                text = ",".join('%s="%s"' % (k, str(v).translate({34: r'\"', 92: r'\\', 10: r'\n'}))
                                for k, v in {"pid": look["pid"], "program": look["program"], **labels}.items())
                what[2].append(f"{{{text}}} {value}")

    add("", {"info": 1}, **{k: look["info"][k] for k in ("version", "build", "dpdk", "packets", "iova", "allocs")})
    add("limit_", {k: v for k, v in look["info"].items() if isinstance(v, int)})
    add("", look["stats"])
    for key, value in look["contexts"].items():
        add("context_", value, context=key)
    for key, value in look["slabs"].items():
        add("slab_", value, slab=key)
    for key, value in look["ports"].items():
        add("port_", value, port=key, name=value["name"])
    for value in look["pools"].values():
        add("pool_", value, pool=value["name"], kind=value["kind"])
    for value in look["processes"].values():
        states = {state: int(value["state"] == state) for state in ("attached", "dead")}
        add("process_", {**{k: v for k, v in value.items() if k != "pid"}, **states}, name=value["name"])
    for value in look["held"]:
        add("held_", {k: v for k, v in value.items() if k != "where"}, where=value["where"])
    lines = []
    for name, (counter, field, samples) in sorted(metrics.items()):
        lines += [f"# HELP {name} {field} of libevpl-dpdk: see telemetry*.md.",
                  f"# TYPE {name} {'counter' if counter else 'gauge'}", *(name + sample for sample in samples)]
    return "\n".join(lines) + "\n"


def svg(look, maps, left_out):
    """A picture of the maps. A cell says on hover what the buffer is."""
    cell, across, y, out = 12, 64, 20, []

    def text(x, words, weight="normal"):
        out.append(f'<text x="{x}" y="{y}" font-weight="{weight}">{html.escape(words)}</text>')

    def box(left, top, high, color, title=""):
        end = f"><title>{title}</title></rect>" if title else "/>"
        out.append(f'<rect x="{left}" y="{top}" width="11" height="{high}" fill="{color}"{end}')

    view = View(look, None, argparse.Namespace(ascii=True, color=False))
    head = view.head()
    text(10, head[0], "bold")
    for line in [*head[1:4], head[5]]:
        y += 16
        text(10, line)
    y += 20
    x = 10
    for (_, color), name in zip(COLORS, AGE_NAMES):
        box(x, y - 10, 11, color)
        text(x + 16, name)
        x += 90
    y += 18
    text(10, "height: how much of the buffer iovecs were made of; light grey: free; dark grey: in a stash")
    for key, whole in maps.items():
        y += 26
        text(10, view.slab_line(key), "bold")
        y += 6
        rows = -(-len(whole["state"]) // across)
        for i, state in enumerate(whole["state"]):
            left, top = 10 + i % across * cell, y + i // across * cell
            used = state not in ("free", "stash")
            box(left, top, 11, "#bbb" if state == "stash" else "#eee")
            if used:
                high = max(2, round(11 * whole["fill"][i] / 100))
                box(left, top + 11 - high, high, COLORS[age_class(whole["age_ms"][i])][1],
                    f'buffer {i}: {state}, {whole["fill"][i]} % carved, {whole["iovecs"][i]} iovecs, '
                    f'{whole["packets"][i]} packets, {duration(whole["age_ms"][i])}, context {whole["context"][i]}')
        y += rows * cell + 4
    if left_out:
        y += 20
        text(10, f"{left_out} more slabs are not drawn")
    for line in view.held()[:9]:
        y += 18
        text(10, line)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{across * cell + 20}" height="{y + 14}" '
            f'font-family="monospace" font-size="12" xml:space="preserve"><rect width="100%" height="100%" fill="#fff"/>\n'
            + "\n".join(out) + "\n</svg>\n")
