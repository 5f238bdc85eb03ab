/* SPDX-License-Identifier: BSD-3-Clause */
#include "../common/error.h"
#include "glue.h"
#include "services.h"
#include "tcp/connection.h"
#include "tcp/content.h"

/* RFC 864: lines of 72 characters. Each line starts with the second character of the line before. */
#define CHARGEN_FIRST ' '
#define CHARGEN_CHARACTERS 95
#define CHARGEN_LINE 72
#define CHARGEN_PERIOD (CHARGEN_CHARACTERS * (CHARGEN_LINE + 2))

static struct services_options options;
static struct services_stats stats;
static struct content chargen;

/* Writes the first pbuf's bytes, as many as there is room for. Returns their number; 0: wait. */
static unsigned
echo_first_pbuf(struct connection *c)
{
	struct pbuf *p = c->rx;
	unsigned length = LWIP_MIN(p->len, connection_room(c));
	bool in_iovec = glue_pbuf_iovec(p) != NULL;

	if (length == 0 || tcp_sndqueuelen(c->pcb) >= options.echo_pbufs + c->unacked / CONNECTION_PBUF_BYTES)
		return 0;
	/* Each copy takes the memory of a segment. */
	if (!in_iovec && c->unacked > 0 && glue_memory_is_low())
		return 0;
	if (!connection_write_pbuf(c, p, length))
		return 0;
	if (!in_iovec || !glue_zero_copy())
		stats.echo_copied += length;
	return length;
}

static void
echo_advance(struct connection *c)
{
	while (c->rx != NULL) {
		unsigned sent = echo_first_pbuf(c);

		if (sent == 0)
			return;
		stats.echo_bytes += sent;
		connection_free_rx(c, sent);
	}
	if (c->eof)
		connection_close(c);
}

static void
echo_acknowledged(struct connection *c, unsigned n)
{
	tcp_recved(c->pcb, (u16_t)n);
}

static void
discard_advance(struct connection *c)
{
	stats.discard_bytes += connection_discard(c);
	if (c->eof)
		connection_close(c);
}

/* What the peer sends to it is discarded. */
static void
chargen_advance(struct connection *c)
{
	uint64_t *position = (uint64_t *)c->state, from = *position;

	connection_discard(c);
	connection_expect(c, CONNECTION_TRANSFER);
	connection_send(c, &chargen, position, UINT64_MAX);
	stats.chargen_bytes += *position - from;
	if (c->eof)
		connection_close(c);
}

static char
chargen_byte(uint64_t at, void *state)
{
	unsigned line = (unsigned)(at / (CHARGEN_LINE + 2)), column = (unsigned)(at % (CHARGEN_LINE + 2));

	(void)state;
	if (column < CHARGEN_LINE)
		return (char)(CHARGEN_FIRST + (line + column) % CHARGEN_CHARACTERS);
	return column == CHARGEN_LINE ? '\r' : '\n';
}

static const struct connection_server echo_server = {
	.name = "echo",
	.advance = echo_advance,
	.acknowledged = echo_acknowledged,
};

static const struct connection_server discard_server = {
	.name = "discard",
	.advance = discard_advance,
};

static const struct connection_server chargen_server = {
	.name = "chargen",
	.advance = chargen_advance,
};

int
services_start(const struct services_options *o)
{
	options = *o;
	if (content_generate(&chargen, glue_evpl(), CHARGEN_PERIOD, chargen_byte, NULL) != 0) {
		error_line("no memory for chargen's characters");
		return -1;
	}
	if (connections_listen(&echo_server, o->echo_port) != 0 ||
	    connections_listen(&discard_server, o->discard_port) != 0)
		return -1;
	return connections_listen(&chargen_server, o->chargen_port);
}

void
services_stop(void)
{
	content_release(&chargen, glue_evpl());
}

void
services_stats(struct services_stats *s)
{
	*s = stats;
}
