/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <string.h>

#include <rte_cycles.h>

#include "../common/library.h"
#include "mode.h"
#include "report.h"

void
fwd_report_take(struct fwd_report *r, const struct fwd_run *run, const struct fwd_ports *ports,
		struct fwd_xstats *xstats)
{
	memset(r, 0, sizeof(*r));
	r->run = run;
	r->ports = ports;
	r->options = run->options;
	r->xstats = xstats;
	fwd_xstats_read(xstats);
	r->cycles = fwd_run_cycles(run);
	r->seconds = (double)(run->stopped - run->started) / (double)rte_get_tsc_hz();
	for (unsigned i = 0; i < ports->count; i++) {
		fwd_run_counters(run, i, &r->port[i]);
		fwd_counters_add(&r->total, &r->port[i]);
		r->missed += ports->port[i].stats.imissed;
		r->no_mbuf += ports->port[i].stats.rx_nombuf;
	}
	fwd_ports_memory(ports, &r->held);
	r->total.drop_memory += r->held.rx_no_memory; /* it is not known of which port */
}

bool
fwd_report_take_lost(struct fwd_report *r)
{
	fwd_ports_memory(r->ports, &r->lost);
	return fwd_report_lost(r) == 0;
}

uint64_t
fwd_report_lost(const struct fwd_report *r)
{
	return library_in_use(&r->lost);
}

uint64_t
fwd_report_dropped(const struct fwd_report *r)
{
	return r->total.drop_full + r->total.drop_malformed + r->total.drop_memory + r->held.rx_too_long + r->missed +
	       r->no_mbuf;
}

/* Packets or bits per second, as a double, because this is not the data path. */
static double
per_second(const struct fwd_report *r, uint64_t count)
{
	return r->seconds > 0 ? (double)count / r->seconds : 0;
}

/* What the cycles are divided by. */
static uint64_t
counted_packets(const struct fwd_report *r)
{
	return r->options->mode->generates ? r->total.tx_packets : r->total.rx_packets;
}

/* The words are testpmd's. */
static void
print_cycles(const struct fwd_report *r, FILE *out)
{
	if (!r->options->record_cycles || counted_packets(r) == 0)
		return;
	fprintf(out,
		"CPU cycles/packet=%.2f (total cycles=%" PRIu64 " / total %s packets=%" PRIu64 ") at %" PRIu64
		" MHz Clock\n",
		(double)r->cycles / (double)counted_packets(r), r->cycles, r->options->mode->name, counted_packets(r),
		rte_get_tsc_hz() / 1000000);
}

static void
print_xstats(const struct fwd_report *r, const struct fwd_port *p, FILE *out)
{
	for (unsigned i = 0; i < r->xstats->count; i++) {
		const struct fwd_xstat *x = &r->xstats->list[i];

		if (x->port == p)
			fprintf(out, "port %u (%s): %s %" PRIu64 "\n", p->dev.id, p->dev.name, x->name, x->value);
	}
}

void
fwd_report_print(const struct fwd_report *r, FILE *out)
{
	const struct fwd_counters *t = &r->total;

	fprintf(out, "\n%s, %u port%s, %u lcore%s, %.2f s\n", r->options->mode->name, r->ports->count,
		r->ports->count == 1 ? "" : "s", r->run->lcore_count, r->run->lcore_count == 1 ? "" : "s", r->seconds);
	for (unsigned i = 0; i < r->ports->count; i++) {
		const struct fwd_port *p = &r->ports->port[i];
		const struct fwd_counters *c = &r->port[i];

		fprintf(out,
			"port %u (%s): received %" PRIu64 ", sent %" PRIu64 ", dropped %" PRIu64 " (port: %" PRIu64
			" RX errors, %" PRIu64 " TX errors)\n",
			p->dev.id, p->dev.name, c->rx_packets, c->tx_packets,
			c->drop_full + c->drop_malformed + c->drop_memory + p->stats.imissed + p->stats.rx_nombuf,
			p->stats.ierrors, p->stats.oerrors);
		print_xstats(r, p, out);
	}
	fprintf(out, "memory: %u slab%s (%.1f MiB), %u buffers, %u RX mbufs, %u packet mbufs, %" PRIu64 " linearized\n",
		r->held.slabs, r->held.slabs == 1 ? "" : "s", (double)r->held.slab_bytes / 1048576.0, r->held.buffers,
		r->held.rx_buffers, r->held.packet_mbufs, r->held.rx_linearized);

	fprintf(out, "received  %" PRIu64 " packets, %" PRIu64 " bytes (%.3f Mpps)\n", t->rx_packets, t->rx_bytes,
		per_second(r, t->rx_packets) / 1e6);
	fprintf(out, "sent      %" PRIu64 " packets, %" PRIu64 " bytes (%.3f Mpps)\n", t->tx_packets, t->tx_bytes,
		per_second(r, t->tx_packets) / 1e6);
	fprintf(out,
		"dropped   %" PRIu64 " packets: %" PRIu64 " TX full, %" PRIu64 " malformed, %" PRIu64
		" no memory, %" PRIu64 " too long, %" PRIu64 " missed, %" PRIu64 " no RX mbuf\n",
		fwd_report_dropped(r), t->drop_full, t->drop_malformed, t->drop_memory, r->held.rx_too_long, r->missed,
		r->no_mbuf);
	fprintf(out, "consumed  %" PRIu64 " packets; %" PRIu64 " malformed ones seen\n", t->rx_consumed,
		t->rx_malformed);
	print_cycles(r, out);
	library_print_lost(&r->lost, 0, out);
}

/* A port's name comes from the command line, so it is quoted as JSON requires. */
static void
print_string(FILE *out, const char *s)
{
	fputc('"', out);
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			fprintf(out, "\\%c", *s);
		else if ((unsigned char)*s < 0x20 || (unsigned char)*s >= 0x7f)
			fprintf(out, "\\u%04x", (unsigned char)*s);
		else
			fputc(*s, out);
	}
	fputc('"', out);
}

static void
print_counters(FILE *out, const struct fwd_counters *c)
{
	fprintf(out,
		"\"rx_packets\": %" PRIu64 ", \"rx_bytes\": %" PRIu64 ", \"tx_packets\": %" PRIu64
		", \"tx_bytes\": %" PRIu64 ", \"consumed\": %" PRIu64 ", \"malformed\": %" PRIu64
		", \"dropped_tx_full\": %" PRIu64 ", \"dropped_malformed\": %" PRIu64
		", \"dropped_no_memory\": %" PRIu64,
		c->rx_packets, c->rx_bytes, c->tx_packets, c->tx_bytes, c->rx_consumed, c->rx_malformed, c->drop_full,
		c->drop_malformed, c->drop_memory);
}

static void
print_xstats_json(const struct fwd_report *r, const struct fwd_port *p, FILE *out)
{
	const char *before = ", \"xstats\": {";

	for (unsigned i = 0; i < r->xstats->count; i++) {
		const struct fwd_xstat *x = &r->xstats->list[i];

		if (x->port != p)
			continue;
		fputs(before, out);
		print_string(out, x->name);
		fprintf(out, ": %" PRIu64, x->value);
		before = ", ";
	}
	if (before[2] == '\0')
		fputc('}', out);
}

void
fwd_report_json(const void *report, FILE *out)
{
	const struct fwd_report *r = report;

	fprintf(out, "{\n  \"program\": \"evpl-fwd\",\n  \"version\": \"%s\",\n  \"mode\": \"%s\",\n", EVPL_FWD_VERSION,
		r->options->mode->name);
	fprintf(out, "  \"seconds\": %.6f,\n  \"lcores\": %u,\n  \"burst\": %u,\n", r->seconds, r->run->lcore_count,
		r->options->burst);
	fprintf(out, "  \"rx_pps\": %.1f,\n  \"tx_pps\": %.1f,\n", per_second(r, r->total.rx_packets),
		per_second(r, r->total.tx_packets));
	if (r->options->record_cycles)
		fprintf(out, "  \"cycles\": %" PRIu64 ",\n  \"cycles_hz\": %" PRIu64 ",\n", r->cycles,
			rte_get_tsc_hz());
	fprintf(out, "  \"ports\": [");
	for (unsigned i = 0; i < r->ports->count; i++) {
		const struct fwd_port *p = &r->ports->port[i];

		fprintf(out, "%s\n    {\"port\": %u, \"name\": ", i == 0 ? "" : ",", p->dev.id);
		print_string(out, p->dev.name);
		fprintf(out, ", ");
		print_counters(out, &r->port[i]);
		fprintf(out,
			", \"port_rx_missed\": %" PRIu64 ", \"port_rx_no_mbuf\": %" PRIu64
			", \"port_rx_errors\": %" PRIu64 ", \"port_tx_errors\": %" PRIu64 ", \"gone\": %s",
			p->stats.imissed, p->stats.rx_nombuf, p->stats.ierrors, p->stats.oerrors,
			fwd_port_is_here(p) ? "false" : "true");
		print_xstats_json(r, p, out);
		fputc('}', out);
	}
	fprintf(out, "\n  ],\n  \"total\": {");
	print_counters(out, &r->total);
	fprintf(out,
		", \"dropped_too_long\": %" PRIu64 ", \"dropped_missed\": %" PRIu64 ", \"dropped_no_mbuf\": %" PRIu64
		", \"dropped\": %" PRIu64 "},\n",
		r->held.rx_too_long, r->missed, r->no_mbuf, fwd_report_dropped(r));
	fprintf(out,
		"  \"memory\": {\"slabs\": %u, \"slab_bytes\": %" PRIu64 ", \"buffers\": %u, \"rx_mbufs\": %u, "
		"\"packet_mbufs\": %u, \"linearized\": %" PRIu64 "},\n",
		r->held.slabs, r->held.slab_bytes, r->held.buffers, r->held.rx_buffers, r->held.packet_mbufs,
		r->held.rx_linearized);
	fprintf(out,
		"  \"lost\": {\"buffers\": %u, \"rx_mbufs\": %u, \"packet_mbufs\": %u, \"overflow_mbufs\": %u, "
		"\"total\": %" PRIu64 "}\n}\n",
		r->lost.buffers_in_use, r->lost.rx_buffers_in_use, r->lost.packet_mbufs_in_use,
		r->lost.overflow_mbufs_in_use, fwd_report_lost(r));
}
