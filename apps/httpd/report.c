/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <string.h>

#include <lwip/stats.h>

#include <rte_cycles.h>

#include "../common/library.h"
#include "report.h"

uint64_t
report_turn(struct report_cycles *c, const struct httpd_ports *ports, uint64_t from)
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
report_take(struct httpd_report *r, const struct httpd_ports *ports)
{
	r->ports = ports;
	connections_stats(&r->connections);
	http_stats(&r->http);
	services_stats(&r->services);
	load_stats(&r->load);
	files_stats(&r->files);
	fault_stats_get(&r->faults);
	evpl_stats_get(&r->held);
	glue_memory_stats_get(&r->memory);
#if LWIP_STATS && MIB2_STATS
	r->tcp = (struct httpd_tcp_stats)
	{
		.sent = lwip_stats.tcp.xmit, .received = lwip_stats.tcp.recv, .dropped = lwip_stats.tcp.drop,
		.bad_checksum = lwip_stats.tcp.chkerr, .no_memory = lwip_stats.tcp.memerr,
#if GLUE_LWIP_SOURCE
		.retransmitted = (uint32_t)glue_tcp_again(),
#else
		.retransmitted = lwip_stats.mib2.tcpretranssegs,
#endif
	};
#endif
}

static uint64_t
lost(const struct httpd_report *r)
{
	return library_in_use(&r->lost) + r->lost_mbufs;
}

bool
report_take_lost(struct httpd_report *r, unsigned lost_mbufs)
{
	evpl_stats_get(&r->lost);
	r->lost_mbufs = lost_mbufs;
	return lost(r) == 0;
}

void
report_line(const struct httpd_report *r, FILE *out)
{
	const struct connection_stats *c = &r->connections;

	if (r->load.is_on) {
		fprintf(out, "%.1f s: %" PRIu64 " requests answered, %" PRIu64 " body bytes, %" PRIu64
			" refused, %" PRIu64 " broken\n",
			r->seconds, r->load.requests, r->load.body_bytes, r->load.refused, r->load.broken);
		fflush(out);
		return;
	}
	fprintf(out,
		"%.1f s: %u connections, %" PRIu64 " requests, %" PRIu64
		" body bytes, %u buffers, %u RX and %u packet mbufs "
		"in use, %" PRIu64 " blocks of lwIP's\n",
		r->seconds, c->active, r->http.requests, r->http.body_bytes, r->held.buffers_in_use,
		r->held.rx_buffers_in_use, r->held.packet_mbufs_in_use, r->memory.blocks);
	fflush(out);
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
report_load(const struct load_stats *l, FILE *out)
{
	if (!l->is_on)
		return;
	fprintf(out,
		"load: %" PRIu64 " requests, %" PRIu64 " body bytes in %.2f s: %.0f requests/s, %.1f MB/s; %" PRIu64
		" refused, %" PRIu64 " broken, %" PRIu64 " different\n",
		l->requests, l->body_bytes, l->seconds, l->seconds > 0 ? (double)l->requests / l->seconds : 0,
		l->seconds > 0 ? (double)l->body_bytes / l->seconds / 1e6 : 0, l->refused, l->broken, l->different);
}

static void
print_port(const struct httpd_port *p, FILE *out)
{
	const struct glue_netif_stats *s = &p->glue.stats;

	fprintf(out,
		"port %u (%s): received %" PRIu64 " packets, %" PRIu64 " bytes (%" PRIu64 " copied, %" PRIu64
		" no memory, %" PRIu64 " refused, %" PRIu64 " too short; port: %" PRIu64 " missed, %" PRIu64
		" no RX mbuf)\n",
		p->dev.id, p->dev.name, s->rx_packets, s->rx_bytes, s->rx_copied, s->rx_no_memory, s->rx_refused,
		s->rx_short, p->missed, p->no_mbuf);
	fprintf(out,
		"  sent %" PRIu64 " packets, %" PRIu64 " bytes, of which %" PRIu64 " copied (%" PRIu64
		" whole packets; not sent: %" PRIu64 " no memory, %" PRIu64 " TX full, %" PRIu64 " refused)\n",
		s->tx_packets, s->tx_bytes, s->tx_bytes_copied, s->tx_linear, s->tx_no_memory, s->tx_full,
		p->glue.queue.refused);
}

void
report_print(const struct httpd_report *r, FILE *out)
{
	const struct connection_stats *c = &r->connections;

	fprintf(out, "\n%u port%s, %.2f s, lwIP: %s\n", r->ports->count, r->ports->count == 1 ? "" : "s", r->seconds,
		EVPL_HTTPD_LWIP);
	for (unsigned i = 0; i < r->ports->count; i++)
		print_port(&r->ports->port[i], out);
	fprintf(out, "connections: %" PRIu64 " accepted, peak %u, %" PRIu64 " closed, %" PRIu64 " reset by the peer",
		c->accepted, c->peak, c->closed, c->reset);
	for (unsigned i = 0; i < CONNECTION_ABORTS; i++) {
		if (c->aborted[i] != 0)
			fprintf(out, ", %" PRIu64 " aborted: %s", c->aborted[i], connection_abort_names[i]);
	}
	fprintf(out, "\nHTTP: %" PRIu64 " requests, %" PRIu64 " body bytes, %" PRIu64 " uploaded;", r->http.requests,
		r->http.body_bytes, r->http.upload_bytes);
	for (unsigned i = 0; i < HTTP_STATUS_COUNT; i++) {
		if (r->http.responses[i].count != 0)
			fprintf(out, " %u: %" PRIu64, r->http.responses[i].status, r->http.responses[i].count);
	}
	fprintf(out,
		"\nechoed %" PRIu64 " bytes (%" PRIu64 " copied), discarded %" PRIu64 ", generated %" PRIu64 "\n"
		"files: %u held, %" PRIu64 " bytes; %" PRIu64 " read, %" PRIu64 " hits\n"
		"TCP: %u segments sent, %u again, %u received, %u dropped (%u bad checksums), %u times no memory\n",
		r->services.echo_bytes, r->services.echo_copied, r->services.discard_bytes, r->services.chargen_bytes,
		r->files.files, r->files.bytes, r->files.loads, r->files.hits, r->tcp.sent, r->tcp.retransmitted,
		r->tcp.received, r->tcp.dropped, r->tcp.bad_checksum, r->tcp.no_memory);
	report_load(&r->load, out);
	print_faults("received", r->faults.rx, out);
	print_faults("sent", r->faults.tx, out);
	fprintf(out, "memory: %u slabs, %" PRIu64 " bytes", r->held.slabs, r->held.slab_bytes);
	if (r->memory.limit != 0)
		fprintf(out, "; lwIP's: peak %" PRIu64 " of %" PRIu64 " bytes, %" PRIu64 " requests found none",
			r->memory.peak_bytes, r->memory.limit, r->memory.failed);
	fprintf(out, "\n");
	if (lost(r) != 0)
		fprintf(out,
			"still away: %u buffers, %u RX mbufs, %u packet mbufs, %u overflow mbufs, %u plain mbufs\n",
			r->lost.buffers_in_use, r->lost.rx_buffers_in_use, r->lost.packet_mbufs_in_use,
			r->lost.overflow_mbufs_in_use, r->lost_mbufs);
	fprintf(out, "%" PRIu64 " lost buffers\n", lost(r));
}

/* One member of a JSON object: its key, with the comma that it needs. */
static void
json_u64(FILE *out, const char *key, uint64_t value)
{
	fprintf(out, "\"%s\": %" PRIu64 ", ", key, value);
}

static void
json_end(FILE *out, const char *key, uint64_t value, const char *end)
{
	fprintf(out, "\"%s\": %" PRIu64 "}%s", key, value, end);
}

static void
json_port(const struct httpd_port *p, FILE *out)
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

static void
json_connections(const struct connection_stats *c, FILE *out)
{
	fprintf(out, "\"connections\": {");
	json_u64(out, "accepted", c->accepted);
	json_u64(out, "active", c->active);
	json_u64(out, "peak", c->peak);
	json_u64(out, "closed", c->closed);
	json_u64(out, "reset", c->reset);
	json_u64(out, "idle", c->idle);
	json_u64(out, "late", c->late);
	json_u64(out, "no_pcb", c->no_pcb);
	json_u64(out, "rx_refused", c->rx_refused);
	json_u64(out, "no_memory", c->no_memory);
	fprintf(out, "\"aborted\": {");
	/* The first is no reason. */
	for (unsigned i = 1; i < CONNECTION_ABORTS; i++)
		fprintf(out, "%s\"%s\": %" PRIu64, i == 1 ? "" : ", ", connection_abort_names[i], c->aborted[i]);
	fprintf(out, "}},\n");
}

static void
json_http(const struct http_stats *h, FILE *out)
{
	fprintf(out, "\"http\": {");
	json_u64(out, "requests", h->requests);
	json_u64(out, "body_bytes", h->body_bytes);
	json_u64(out, "upload_bytes", h->upload_bytes);
	json_u64(out, "waits_for_file", h->waits_for_file);
	json_u64(out, "no_memory", h->no_memory);
	fprintf(out, "\"responses\": {");
	for (unsigned i = 0; i < HTTP_STATUS_COUNT; i++)
		fprintf(out, "%s\"%u\": %" PRIu64, i == 0 ? "" : ", ", h->responses[i].status, h->responses[i].count);
	fprintf(out, "}},\n");
}

static void
json_files(const struct files_stats *f, FILE *out)
{
	fprintf(out, "\"files\": {");
	json_u64(out, "held", f->files);
	json_u64(out, "bytes", f->bytes);
	json_u64(out, "peak_bytes", f->peak_bytes);
	json_u64(out, "loads", f->loads);
	json_u64(out, "bytes_read", f->bytes_read);
	json_u64(out, "hits", f->hits);
	json_u64(out, "evictions", f->evictions);
	json_u64(out, "changed", f->changed);
	json_u64(out, "no_room", f->no_room);
	json_u64(out, "no_memory", f->no_memory);
	json_end(out, "broken", f->broken, ",\n");
}

static void
json_faults(const char *key, const uint64_t *counts, FILE *out)
{
	fprintf(out, "\"%s\": {", key);
	for (unsigned i = 0; i < FAULT_KINDS; i++)
		fprintf(out, "%s\"%s\": %" PRIu64, i == 0 ? "" : ", ", fault_names[i], counts[i]);
	fprintf(out, "},\n");
}

static void
json_load(const struct load_stats *l, FILE *out)
{
	fprintf(out, "\"load\": {\"seconds\": %.3f, ", l->seconds);
	json_u64(out, "requests", l->requests);
	json_u64(out, "body_bytes", l->body_bytes);
	json_u64(out, "refused", l->refused);
	json_u64(out, "broken", l->broken);
	json_end(out, "different", l->different, ",\n");
}

static void
json_memory(const struct httpd_report *r, FILE *out)
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
report_json(const void *report, FILE *out)
{
	const struct httpd_report *r = report;

	fprintf(out, "{\"seconds\": %.3f, \"lwip\": \"%s\", \"zero_copy\": %s,\n\"ports\": [", r->seconds,
		EVPL_HTTPD_LWIP, glue_zero_copy() ? "true" : "false");
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
	json_connections(&r->connections, out);
	json_http(&r->http, out);
	fprintf(out, "\"services\": {");
	json_u64(out, "echo_bytes", r->services.echo_bytes);
	json_u64(out, "echo_copied", r->services.echo_copied);
	json_u64(out, "discard_bytes", r->services.discard_bytes);
	json_end(out, "chargen_bytes", r->services.chargen_bytes, ",\n");
	json_load(&r->load, out);
	json_files(&r->files, out);
	fprintf(out, "\"tcp\": {");
	json_u64(out, "sent", r->tcp.sent);
	json_u64(out, "retransmitted", r->tcp.retransmitted);
	json_u64(out, "received", r->tcp.received);
	json_u64(out, "dropped", r->tcp.dropped);
	json_u64(out, "bad_checksum", r->tcp.bad_checksum);
	json_end(out, "no_memory", r->tcp.no_memory, ",\n");
	json_faults("rx_faults", r->faults.rx, out);
	json_faults("tx_faults", r->faults.tx, out);
	json_memory(r, out);
}
