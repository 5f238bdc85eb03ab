/* SPDX-License-Identifier: BSD-3-Clause */
#include "table.h"

#include <inttypes.h>
#include <string.h>

#include <rte_cycles.h>

#include <evpl/evpl.h>

#include "mode.h"

bool
fwd_clock_due(struct fwd_clock *clock, double seconds)
{
	double periods;

	if (clock->period_s <= 0)
		return false;
	periods = seconds / clock->period_s;
	if (periods < (double)clock->next)
		return false;
	clock->next = (uint64_t)periods + 1;
	return true;
}

void
fwd_table_init(struct fwd_table *t, const struct fwd_run *run, const struct fwd_ports *ports, struct fwd_xstats *xstats,
	       FILE *out)
{
	memset(t, 0, sizeof(*t));
	t->run = run;
	t->ports = ports;
	t->xstats = xstats;
	screen_init(&t->screen, out);
}

/* ---- the sample -------------------------------------------------------------------------------------------------- */

static void
add_row(struct fwd_table_row *sum, const struct fwd_table_row *row)
{
	sum->rx_packets += row->rx_packets;
	sum->rx_bits += row->rx_bits;
	sum->tx_packets += row->tx_packets;
	sum->tx_bits += row->tx_bits;
	sum->dropped += row->dropped;
	sum->missed += row->missed;
}

static void
sample_port(struct fwd_table *t, unsigned i)
{
	const struct fwd_port *p = &t->ports->port[i];
	const struct fwd_counters *before = &t->last[i];
	struct rte_eth_stats stats = {0};
	struct fwd_counters now;

	fwd_run_counters(t->run, i, &now);
	if (!fwd_port_is_here(p) || rte_eth_stats_get(p->dev.id, &stats) != 0)
		memset(&stats, 0, sizeof(stats));
	t->rows[i] = (struct fwd_table_row){
		.rx_packets = (double)(now.rx_packets - before->rx_packets) / t->seconds,
		.rx_bits = 8 * (double)(now.rx_bytes - before->rx_bytes) / t->seconds,
		.tx_packets = (double)(now.tx_packets - before->tx_packets) / t->seconds,
		.tx_bits = 8 * (double)(now.tx_bytes - before->tx_bytes) / t->seconds,
		.dropped = now.drop_full + now.drop_malformed + now.drop_memory,
		.missed = stats.imissed + stats.rx_nombuf,
	};
	t->last[i] = now;
}

static void
sample_figures(struct fwd_table *t)
{
	uint64_t now = rte_rdtsc();
	struct fwd_table_row *sum = &t->rows[t->ports->count];

	t->seconds = (double)(now - (t->sampled != 0 ? t->sampled : t->run->started)) / (double)rte_get_tsc_hz();
	t->sampled = now;
	memset(sum, 0, sizeof(*sum));
	for (unsigned i = 0; i < t->ports->count; i++) {
		sample_port(t, i);
		add_row(sum, &t->rows[i]);
	}
	fwd_ports_memory(t->ports, &t->memory);
	fwd_xstats_read(t->xstats);
}

/* ---- how it looks ------------------------------------------------------------------------------------------------ */

enum column { PORT, NAME, RX_PPS, RX_MBIT, TX_PPS, TX_MBIT, DROPPED, MISSED, COLUMNS };

/* All of them together have 79 characters. The name gets more if the terminal has more. */
static const struct {
	const char *heading;
	int width;
	bool left;
} columns[COLUMNS] = {
	[PORT] = {"port", 4, false},	      [NAME] = {"", 12, true},	       [RX_PPS] = {"RX pps", 9, false},
	[RX_MBIT] = {"RX Mbit/s", 10, false}, [TX_PPS] = {"TX pps", 9, false}, [TX_MBIT] = {"TX Mbit/s", 10, false},
	[DROPPED] = {"dropped", 9, false},    [MISSED] = {"missed", 9, false},
};

/* What a narrow terminal does without, in this order. */
static const enum column dispensable[] = {RX_MBIT, TX_MBIT, NAME, MISSED, DROPPED, TX_PPS};

struct cells {
	char text[COLUMNS][RTE_ETH_NAME_MAX_LEN];
};

/* What fits into the width. */
struct layout {
	unsigned chosen; /* columns, as a bit mask */
	unsigned name;	 /* the width of names */
};

static unsigned
longest_name(const struct fwd_ports *ports)
{
	unsigned longest = 0;

	for (unsigned i = 0; i < ports->count; i++)
		longest = RTE_MAX(longest, (unsigned)strlen(ports->port[i].dev.name));
	return longest;
}

static struct layout
choose_layout(const struct fwd_ports *ports, unsigned width)
{
	unsigned chosen = (1u << COLUMNS) - 1, needed = COLUMNS - 1, name = (unsigned)columns[NAME].width, more;

	for (unsigned i = 0; i < COLUMNS; i++)
		needed += (unsigned)columns[i].width;
	for (unsigned i = 0; i < RTE_DIM(dispensable) && needed > width; i++) {
		chosen &= ~(1u << dispensable[i]);
		needed -= (unsigned)columns[dispensable[i]].width + 1;
	}
	more = width > needed ? width - needed : 0;
	if (longest_name(ports) > name)
		name += RTE_MIN(more, longest_name(ports) - name);
	return (struct layout){.chosen = chosen, .name = name};
}

static void
draw_cells(struct screen *s, const struct layout *l, const struct cells *cells)
{
	char line[256] = "";
	size_t length = 0;

	for (unsigned i = 0; i < COLUMNS; i++) {
		int width = i == NAME ? (int)l->name : columns[i].width;

		if ((l->chosen & 1u << i) == 0)
			continue;
		/* A name is cut; a number never is. */
		length += (size_t)snprintf(line + length, sizeof(line) - length,
					   columns[i].left ? "%s%-*.*s" : "%s%*.*s", length == 0 ? "" : " ", width,
					   columns[i].left ? width : (int)sizeof(cells->text[i]), cells->text[i]);
	}
	screen_line(s, "%s", line);
}

/* Such as "12.34 M". */
static void
write_scaled(char *buf, size_t size, double v)
{
	if (v >= 1e9)
		snprintf(buf, size, "%.2f G", v / 1e9);
	else if (v >= 1e6)
		snprintf(buf, size, "%.2f M", v / 1e6);
	else if (v >= 1e3)
		snprintf(buf, size, "%.2f k", v / 1e3);
	else
		snprintf(buf, size, "%.0f  ", v);
}

/* All digits, if there is room for them. */
static void
write_count(char *buf, size_t size, uint64_t n)
{
	if (n < 1000000000)
		snprintf(buf, size, "%" PRIu64, n);
	else
		write_scaled(buf, size, (double)n);
}

static void
draw_row(struct screen *s, const struct layout *l, const char *label, const char *name, const struct fwd_table_row *row)
{
	struct cells c;

	snprintf(c.text[PORT], sizeof(c.text[PORT]), "%s", label);
	snprintf(c.text[NAME], sizeof(c.text[NAME]), "%.*s", (int)sizeof(c.text[NAME]) - 1, name);
	write_scaled(c.text[RX_PPS], sizeof(c.text[RX_PPS]), row->rx_packets);
	snprintf(c.text[RX_MBIT], sizeof(c.text[RX_MBIT]), "%.1f", row->rx_bits / 1e6);
	write_scaled(c.text[TX_PPS], sizeof(c.text[TX_PPS]), row->tx_packets);
	snprintf(c.text[TX_MBIT], sizeof(c.text[TX_MBIT]), "%.1f", row->tx_bits / 1e6);
	write_count(c.text[DROPPED], sizeof(c.text[DROPPED]), row->dropped);
	write_count(c.text[MISSED], sizeof(c.text[MISSED]), row->missed);
	draw_cells(s, l, &c);
}

/* As many ports as there is room for, if the sum needs a line, too. */
static void
draw_ports(struct fwd_table *t, const struct layout *l)
{
	unsigned count = t->ports->count, room = screen_room(&t->screen), shown = count;

	if (count + 1 > room)
		shown = room > 2 ? room - 2 : 0;
	for (unsigned i = 0; i < shown; i++) {
		const struct fwd_port *p = &t->ports->port[i];
		char label[8];

		snprintf(label, sizeof(label), "%u", p->dev.id);
		draw_row(&t->screen, l, label, p->dev.name, &t->rows[i]);
	}
	if (shown < count && room >= 2)
		screen_line(&t->screen, "(and %u more)", count - shown);
	draw_row(&t->screen, l, "all", "", &t->rows[count]);
}

static void
draw_memory(struct fwd_table *t)
{
	const struct evpl_stats *m = &t->memory;
	char text[256];

	snprintf(text, sizeof(text),
		 "%u slab%s (%.1f MiB); in use: %u of %u buffers, %u of %u RX mbufs, %u of %u packet mbufs", m->slabs,
		 m->slabs == 1 ? "" : "s", (double)m->slab_bytes / 1048576.0, m->buffers_in_use, m->buffers,
		 m->rx_buffers_in_use, m->rx_buffers, m->packet_mbufs_in_use, m->packet_mbufs);
	screen_text(&t->screen, text);
}

static void
draw_xstats(struct fwd_table *t)
{
	for (unsigned i = 0; i < t->xstats->count; i++) {
		const struct fwd_xstat *x = &t->xstats->list[i];
		uint64_t more = x->value > x->before ? x->value - x->before : 0;
		char rate[24];

		if (screen_room(&t->screen) == 1 && i + 1 < t->xstats->count) {
			screen_line(&t->screen, "(and %u more)", t->xstats->count - i);
			return;
		}
		write_scaled(rate, sizeof(rate), (double)more / t->seconds);
		screen_line(&t->screen, "%4u %-32s %20" PRIu64 " %9s/s", x->port->dev.id, x->name, x->value, rate);
	}
}

static void
draw_figures(struct fwd_table *t)
{
	struct screen *s = &t->screen;
	struct cells headings;
	struct layout layout;

	screen_begin(s);
	layout = choose_layout(t->ports, s->width);
	/* In a terminal of one or two lines the sum counts most. */
	if (s->height > 2)
		screen_line(s, "%s after %.0f s", t->run->options->mode->name,
			    (double)(t->sampled - t->run->started) / (double)rte_get_tsc_hz());
	for (unsigned i = 0; i < COLUMNS; i++)
		snprintf(headings.text[i], sizeof(headings.text[i]), "%s", columns[i].heading);
	if (s->height > 1)
		draw_cells(s, &layout, &headings);
	draw_ports(t, &layout);
	draw_memory(t);
	draw_xstats(t);
	screen_end(s);
}

void
fwd_table_draw(struct fwd_table *t)
{
	sample_figures(t);
	draw_figures(t);
}

void
fwd_table_redraw(struct fwd_table *t)
{
	if (t->sampled != 0)
		draw_figures(t);
}
