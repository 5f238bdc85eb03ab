/* SPDX-License-Identifier: BSD-3-Clause */
#include "report.h"

#include <inttypes.h>

#include <lwip/stats.h>

#include <rte_cycles.h>

#include "../json.h"
#include "../library.h"

uint64_t
host_report_turn(struct report_cycles *c, const struct host_ports *ports, uint64_t from)
{
	uint64_t moves = 0, driver = 0, now = rte_rdtsc();

	for (unsigned i = 0; i < ports->count; i++) {
		moves += ports->port[i].glue.queue.moves;
		driver += ports->port[i].glue.queue.cycles;
	}
	if (moves != c->moves_before) {
		uint64_t busy = now - from, in_driver = driver - c->driver_before;

		if (busy - in_driver > rte_get_tsc_hz() / 1000) {
			c->interrupted++;
		} else {
			c->busy += busy;
			c->driver += in_driver;
		}
	}
	c->moves_before = moves;
	c->driver_before = driver;
	return now;
}

void
host_report_take(struct host_report *r, const struct host_ports *ports)
{
	r->ports = ports;
	fault_stats_get(&r->faults);
	evpl_stats_get(&r->held);
	glue_memory_stats_get(&r->memory);
#if LWIP_STATS && MIB2_STATS
	r->tcp = (struct host_tcp_stats)
	{
		.sent = lwip_stats.tcp.xmit, .received = lwip_stats.tcp.recv, .dropped = lwip_stats.tcp.drop,
		.bad_checksum = lwip_stats.tcp.chkerr, .no_memory = lwip_stats.tcp.memerr,
#if GLUE_LWIP_SOURCE
		.retransmitted = (uint32_t)glue_tcp_sent_again(),
#else
		.retransmitted = lwip_stats.mib2.tcpretranssegs,
#endif
	};
#endif
}

bool
host_report_take_lost(struct host_report *r, unsigned lost_mbufs)
{
	evpl_stats_get(&r->lost);
	r->lost_mbufs = lost_mbufs;
	return library_in_use(&r->lost) + lost_mbufs == 0;
}

static void
print_port(const struct host_port *p, FILE *out)
{
	const struct glue_netif_stats *s = &p->glue.stats;

	fprintf(out,
		"port %u (%s): received %" PRIu64 " packets, %" PRIu64 " bytes (%" PRIu64 " copied, %" PRIu64
		" no memory, %" PRIu64 " refused, %" PRIu64 " too short; port: %" PRIu64 " missed, %" PRIu64
		" no RX mbuf)\n",
		p->dev.id, p->dev.name, s->rx_packets, s->rx_bytes, s->rx_copied, s->rx_no_memory, s->rx_refused,
		s->rx_short, p->missed, p->no_mbuf);
	fprintf(out,
		"  sent %" PRIu64 " packets, %" PRIu64 " bytes, of which %" PRIu64 " copied, with headers (%" PRIu64
		" whole packets; not sent: %" PRIu64 " no memory, %" PRIu64 " TX full, %" PRIu64 " refused)\n",
		s->tx_packets, s->tx_bytes, s->tx_bytes_copied, s->tx_linear, s->tx_no_memory, s->tx_full,
		p->glue.queue.refused);
}

void
host_report_print_begin(const struct host_report *r, FILE *out)
{
	fprintf(out, "\n%u port%s, %.2f s, lwIP: %s\n", r->ports->count, r->ports->count == 1 ? "" : "s", r->seconds,
		HOST_LWIP);
	for (unsigned i = 0; i < r->ports->count; i++)
		print_port(&r->ports->port[i], out);
}

static void
print_faults(const char *direction, const uint64_t *counts, FILE *out)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < FAULT_KINDS; i++)
		sum += counts[i];
	if (sum == 0)
		return;
	fprintf(out, "faults, %s:", direction);
	for (unsigned i = 0; i < FAULT_KINDS; i++)
		fprintf(out, "%s %" PRIu64 " %s", i == 0 ? "" : ",", counts[i], fault_names[i]);
	fprintf(out, "\n");
}

void
host_report_print_end(const struct host_report *r, FILE *out)
{
	fprintf(out,
		"TCP: %u segments sent, %u again, %u received, %u dropped (%u bad checksums), %u times no memory\n",
		r->tcp.sent, r->tcp.retransmitted, r->tcp.received, r->tcp.dropped, r->tcp.bad_checksum,
		r->tcp.no_memory);
	print_faults("received", r->faults.rx, out);
	print_faults("sent", r->faults.tx, out);
	fprintf(out, "memory: %u slabs, %" PRIu64 " bytes", r->held.slabs, r->held.slab_bytes);
	if (r->memory.limit != 0)
		fprintf(out, "; lwIP's: peak %" PRIu64 " of %" PRIu64 " bytes, %" PRIu64 " requests found none",
			r->memory.peak_bytes, r->memory.limit, r->memory.failed);
	fprintf(out, "\n");
	library_print_lost(&r->lost, r->lost_mbufs, out);
}

static void
json_port(const struct host_port *p, FILE *out)
{
	const struct glue_netif_stats *s = &p->glue.stats;

	fprintf(out, "{\"multi_segment\": %s, \"tx_checksum\": %s, \"rx_checksum\": %s, ",
		p->glue.segments > 1 ? "true" : "false", p->tx_checksum ? "true" : "false",
		p->rx_checksum ? "true" : "false");
	json_u64(out, "port", p->dev.id);
	json_u64(out, "rx_packets", s->rx_packets);
	json_u64(out, "rx_bytes", s->rx_bytes);
	json_u64(out, "rx_segments", s->rx_segments);
	json_u64(out, "rx_copied", s->rx_copied);
	json_u64(out, "rx_no_memory", s->rx_no_memory);
	json_u64(out, "rx_refused", s->rx_refused);
	json_u64(out, "rx_short", s->rx_short);
	json_u64(out, "rx_missed", p->missed);
	json_u64(out, "rx_no_mbuf", p->no_mbuf);
	json_u64(out, "tx_packets", s->tx_packets);
	json_u64(out, "tx_bytes", s->tx_bytes);
	json_u64(out, "tx_bytes_copied", s->tx_bytes_copied);
	json_u64(out, "tx_linear", s->tx_linear);
	json_u64(out, "tx_no_memory", s->tx_no_memory);
	json_u64(out, "tx_full", s->tx_full);
	json_end(out, "tx_refused", p->glue.queue.refused, "");
}

void
host_report_json_begin(const struct host_report *r, FILE *out)
{
	fprintf(out, "{\"seconds\": %.3f, \"lwip\": \"%s\", \"zero_copy\": %s,\n\"ports\": [", r->seconds, HOST_LWIP,
		glue_zero_copy() ? "true" : "false");
	for (unsigned i = 0; i < r->ports->count; i++) {
		fprintf(out, i == 0 ? "" : ",\n");
		json_port(&r->ports->port[i], out);
	}
	fprintf(out, "],\n");
	json_u64(out, "cycles_per_second", rte_get_tsc_hz());
	json_u64(out, "busy_cycles", r->cycles.busy);
	json_u64(out, "driver_cycles", r->cycles.driver);
	json_u64(out, "interrupted_turns", r->cycles.interrupted);
	fprintf(out, "\n");
}

static void
json_memory(const struct host_report *r, FILE *out)
{
	fprintf(out, "\"memory\": {");
	json_u64(out, "slabs", r->held.slabs);
	json_u64(out, "slab_bytes", r->held.slab_bytes);
	json_u64(out, "buffers", r->held.buffers);
	json_u64(out, "buffers_in_use", r->held.buffers_in_use);
	json_u64(out, "rx_buffers", r->held.rx_buffers);
	json_u64(out, "rx_buffers_in_use", r->held.rx_buffers_in_use);
	json_u64(out, "packet_mbufs_in_use", r->held.packet_mbufs_in_use);
	json_u64(out, "lwip_bytes", r->memory.bytes);
	json_u64(out, "lwip_peak_bytes", r->memory.peak_bytes);
	json_u64(out, "lwip_limit", r->memory.limit);
	json_end(out, "lwip_failed", r->memory.failed, ",\n");
	fprintf(out, "\"lost\": {");
	json_u64(out, "buffers", r->lost.buffers_in_use);
	json_u64(out, "rx_buffers", r->lost.rx_buffers_in_use);
	json_u64(out, "packet_mbufs", r->lost.packet_mbufs_in_use);
	json_u64(out, "overflow_mbufs", r->lost.overflow_mbufs_in_use);
	json_end(out, "plain_mbufs", r->lost_mbufs, "}\n");
}

void
host_report_json_end(const struct host_report *r, FILE *out)
{
	fprintf(out, "\"tcp\": {");
	json_u64(out, "sent", r->tcp.sent);
	json_u64(out, "retransmitted", r->tcp.retransmitted);
	json_u64(out, "received", r->tcp.received);
	json_u64(out, "dropped", r->tcp.dropped);
	json_u64(out, "bad_checksum", r->tcp.bad_checksum);
	json_end(out, "no_memory", r->tcp.no_memory, ",\n");
	json_counts(out, "rx_faults", fault_names, r->faults.rx, FAULT_KINDS, ",\n");
	json_counts(out, "tx_faults", fault_names, r->faults.tx, FAULT_KINDS, ",\n");
	json_memory(r, out);
}
