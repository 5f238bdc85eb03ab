/* SPDX-License-Identifier: BSD-3-Clause */
#include "report.h"

#include <inttypes.h>

#include "../common/json.h"

void
report_take(struct httpd_report *r)
{
	connections_stats(&r->connections);
	http_stats(&r->http);
	services_stats(&r->services);
	files_stats(&r->files);
}

void
report_line(const struct httpd_report *r, const struct host_report *host, FILE *out)
{
	fprintf(out,
		"%.1f s: %u connections, %" PRIu64 " requests, %" PRIu64
		" body bytes, %u buffers, %u RX and %u packet mbufs "
		"in use, %" PRIu64 " blocks of lwIP's\n",
		host->seconds, r->connections.active, r->http.requests, r->http.body_bytes, host->held.buffers_in_use,
		host->held.rx_buffers_in_use, host->held.packet_mbufs_in_use, host->memory.blocks);
}

void
report_print(const struct httpd_report *r, FILE *out)
{
	const struct connection_stats *c = &r->connections;

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
		"files: %u held, %" PRIu64 " bytes; %" PRIu64 " read, %" PRIu64 " hits\n",
		r->services.echo_bytes, r->services.echo_copied, r->services.discard_bytes, r->services.chargen_bytes,
		r->files.files, r->files.bytes, r->files.loads, r->files.hits);
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
	json_u64(out, "retried", c->retried);
	/* CONNECTION_GOES_ON, the first value, is no reason. */
	json_counts(out, "aborted", connection_abort_names + 1, c->aborted + 1, CONNECTION_ABORTS - 1, "},\n");
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

void
report_json(const struct httpd_report *r, FILE *out)
{
	json_connections(&r->connections, out);
	json_http(&r->http, out);
	fprintf(out, "\"services\": {");
	json_u64(out, "echo_bytes", r->services.echo_bytes);
	json_u64(out, "echo_copied", r->services.echo_copied);
	json_u64(out, "discard_bytes", r->services.discard_bytes);
	json_end(out, "chargen_bytes", r->services.chargen_bytes, ",\n");
	json_files(&r->files, out);
}
