/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <rte_cycles.h>

#include <evpl/evpl.h>

#include "mode.h"
#include "table.h"

#define CURSOR_UP "\033[%uA"
#define CLEAR_LINE "\033[K"

/* A whole table. It reaches the terminal in one write, and so does not flicker. */
struct text {
	char bytes[16384];
	size_t length;
	unsigned lines;
	bool in_place;
};

static void __attribute__((format(printf, 2, 3))) add_line(struct text *t, const char *format, ...)
{
	size_t room = sizeof(t->bytes) - t->length;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(t->bytes + t->length, room, format, args);
	va_end(args);
	if (n < 0 || (size_t)n + sizeof(CLEAR_LINE "\n") > room)
		return;
	t->length += (size_t)n;
	t->length += (size_t)snprintf(t->bytes + t->length, sizeof(t->bytes) - t->length, "%s\n",
				      t->in_place ? CLEAR_LINE : "");
	t->lines++;
}

/* 7 characters, such as "12.34 M". */
static const char *
rate(char *buf, size_t size, double v)
{
	if (v >= 1e9)
		snprintf(buf, size, "%.2f G", v / 1e9);
	else if (v >= 1e6)
		snprintf(buf, size, "%.2f M", v / 1e6);
	else if (v >= 1e3)
		snprintf(buf, size, "%.2f k", v / 1e3);
	else
		snprintf(buf, size, "%.0f  ", v);
	return buf;
}

static void
add_row(struct text *text, const char *label, const char *name, const struct fwd_counters *now,
	const struct fwd_counters *before, uint64_t missed, double seconds)
{
	uint64_t dropped = now->drop_full + now->drop_malformed + now->drop_memory;
	char rx[16], tx[16];

	add_line(text, "%5s %-14.14s %10s %10.1f %10s %10.1f %12" PRIu64 " %12" PRIu64, label, name,
		 rate(rx, sizeof(rx), (double)(now->rx_packets - before->rx_packets) / seconds),
		 (double)(now->rx_bytes - before->rx_bytes) * 8e-6 / seconds,
		 rate(tx, sizeof(tx), (double)(now->tx_packets - before->tx_packets) / seconds),
		 (double)(now->tx_bytes - before->tx_bytes) * 8e-6 / seconds, dropped, missed);
}

void
fwd_table_init(struct fwd_table *t, const struct fwd_run *run, const struct fwd_ports *ports, FILE *out)
{
	memset(t, 0, sizeof(*t));
	t->run = run;
	t->ports = ports;
	t->out = out;
	t->in_place = isatty(fileno(out)) != 0;
}

void
fwd_table_draw(struct fwd_table *t)
{
	struct fwd_counters sum = {0}, sum_before = {0};
	struct text text = {.in_place = t->in_place};
	uint64_t now = rte_rdtsc(), missed = 0;
	double hz = (double)rte_get_tsc_hz();
	double seconds = (double)(now - (t->drawn != 0 ? t->drawn : t->run->started)) / hz;
	struct evpl_stats stats;
	char label[8];

	if (t->in_place && t->lines != 0)
		text.length = (size_t)snprintf(text.bytes, sizeof(text.bytes), CURSOR_UP, t->lines);
	add_line(&text, "%s after %.0f s", t->run->options->mode->name, (double)(now - t->run->started) / hz);
	add_line(&text, "%5s %-14s %10s %10s %10s %10s %12s %12s", "port", "", "RX pps", "RX Mbit/s", "TX pps",
		 "TX Mbit/s", "dropped", "missed");
	for (unsigned i = 0; i < t->ports->count; i++) {
		const struct fwd_port *p = &t->ports->port[i];
		struct rte_eth_stats port_stats = {0};
		struct fwd_counters c;

		fwd_run_counters(t->run, i, &c);
		if (rte_eth_stats_get(p->dev.id, &port_stats) != 0)
			memset(&port_stats, 0, sizeof(port_stats));
		snprintf(label, sizeof(label), "%u", p->dev.id);
		add_row(&text, label, p->dev.name, &c, &t->last[i], port_stats.imissed + port_stats.rx_nombuf, seconds);
		fwd_counters_add(&sum, &c);
		fwd_counters_add(&sum_before, &t->last[i]);
		missed += port_stats.imissed + port_stats.rx_nombuf;
		t->last[i] = c;
	}
	add_row(&text, "all", "", &sum, &sum_before, missed, seconds);
	fwd_ports_memory(t->ports, &stats);
	add_line(&text, "%u slab%s (%.1f MiB); in use: %u of %u buffers, %u of %u RX mbufs, %u of %u packet mbufs",
		 stats.slabs, stats.slabs == 1 ? "" : "s", (double)stats.slab_bytes / 1048576.0, stats.buffers_in_use,
		 stats.buffers, stats.rx_buffers_in_use, stats.rx_buffers, stats.packet_mbufs_in_use,
		 stats.packet_mbufs);
	fwrite(text.bytes, 1, text.length, t->out);
	fflush(t->out);
	t->lines = text.lines;
	t->drawn = now;
}
