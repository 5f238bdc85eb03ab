/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/queue.h>

#include "../common/crc32.h"
#include "../common/error.h"
#include "glue.h"
#include "http.h"
#include "http_exchange.h"
#include "tcp/connection.h"

_Static_assert(sizeof(struct exchange) <= CONNECTION_STATE, "an exchange is a connection's state");

static struct http_options options;
static struct http_stats stats;
static LIST_HEAD(, exchange) waiting;

static struct exchange *
exchange_of(struct connection *c)
{
	return (struct exchange *)c->state;
}

static void
release_head(struct exchange *x)
{
	if (x->head.bytes != NULL)
		evpl_iovec_release(glue_evpl(), &x->head_iovec);
	x->head = (struct http_head){0};
}

static void
release_file(struct exchange *x)
{
	if (x->waiting)
		LIST_REMOVE(x, wait_link);
	x->waiting = false;
	if (x->file != NULL)
		files_put(x->file);
	x->file = NULL;
}

/* Gives back the room that the head did not need: most heads are short. */
static void
shrink_head_room(struct exchange *x)
{
	evpl_iovec_set_length(&x->head_iovec, x->head.length);
	evpl_iovec_commit(glue_evpl(), 0, &x->head_iovec, 1);
}

static bool
reserve_head_room(struct exchange *x)
{
	if (x->head.bytes != NULL)
		return true;
	if (evpl_iovec_reserve(glue_evpl(), options.head_size, 0, 1, &x->head_iovec) != 1) {
		stats.no_memory++;
		return false;
	}
	x->head.bytes = evpl_iovec_data(&x->head_iovec);
	x->head.room = options.head_size;
	x->head.line_room = options.line_size;
	return true;
}

/* The functions of the phases return false when they wait for something. They are then called again. */

static bool
read_head(struct connection *c, struct exchange *x)
{
	unsigned status = 0;

	while (c->rx != NULL && x->phase == PHASE_HEAD) {
		size_t taken;

		if (!reserve_head_room(x))
			return false;
		if (c->wait == CONNECTION_IDLE)
			connection_expect(c, CONNECTION_LATE);
		status = http_head_take(&x->head, c->rx->payload, c->rx->len, &taken);
		connection_consume(c, (unsigned)taken);
		if (status != 0)
			exchange_refuse(x, status);
		if (x->head.ended) {
			shrink_head_room(x);
			exchange_begin(x);
		}
	}
	/* Half a request never becomes a whole one. */
	if (x->phase == PHASE_HEAD && c->eof)
		connection_close(c);
	if (x->phase == PHASE_HEAD)
		return false;
	connection_expect(c, CONNECTION_TRANSFER);
	return true;
}

static bool
send_continue(struct connection *c, struct exchange *x)
{
	static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
	const unsigned length = sizeof(text) - 1;
	struct evpl_iovec iovec;
	bool sent;

	if (connection_room(c) < length || evpl_iovec_alloc(glue_evpl(), length, 0, 1, 0, &iovec) != 1)
		return false;
	memcpy(evpl_iovec_data(&iovec), text, length);
	sent = connection_write(c, &iovec, 0, length, false);
	evpl_iovec_release(glue_evpl(), &iovec);
	if (sent)
		x->phase = PHASE_BODY;
	return sent;
}

static bool
read_body(struct connection *c, struct exchange *x)
{
	while (c->rx != NULL && x->upload_left > 0) {
		unsigned n = c->rx->len < x->upload_left ? c->rx->len : (unsigned)x->upload_left;

		x->upload_crc = crc32_update(x->upload_crc, c->rx->payload, n);
		x->upload_left -= n;
		x->upload_bytes += n;
		stats.upload_bytes += n;
		connection_consume(c, n);
	}
	if (x->upload_left > 0) {
		if (c->eof)
			connection_close(c);
		return false;
	}
	snprintf(x->upload_text, sizeof(x->upload_text), "{\"bytes\": %" PRIu64 ", \"crc32\": \"%08" PRIx32 "\"}\n",
		 x->upload_bytes, x->upload_crc);
	x->response.text = x->upload_text;
	x->response.type = "application/json";
	exchange_respond(x, 200);
	return true;
}

/* Sends the head in one iovec, with the body if that is a text. */
static bool
send_response(struct connection *c, struct exchange *x)
{
	struct http_response *r = &x->response;
	unsigned room = r->location != NULL ? exchange_response_room() : HTTP_RESPONSE_ROOM;
	bool more = r->has_content && !r->without_body;
	struct evpl_iovec iovec;
	unsigned length;
	bool sent;

	if (evpl_iovec_reserve(glue_evpl(), room, 0, 1, &iovec) != 1) {
		stats.no_memory++;
		return false;
	}
	length = (unsigned)http_response_format(r, evpl_iovec_data(&iovec), room);
	evpl_iovec_set_length(&iovec, length);
	evpl_iovec_commit(glue_evpl(), 0, &iovec, 1);
	sent = connection_room(c) >= length && connection_write(c, &iovec, 0, length, more);
	evpl_iovec_release(glue_evpl(), &iovec);
	if (!sent)
		return false;
	release_head(x);
	if (!more)
		r->position = r->end;
	x->phase = PHASE_CONTENT;
	return true;
}

static void
wait_for_file(struct exchange *x)
{
	if (x->waiting)
		return;
	stats.waits_for_file++;
	LIST_INSERT_HEAD(&waiting, x, wait_link);
	x->waiting = true;
}

static bool
send_content(struct connection *c, struct exchange *x)
{
	struct http_response *r = &x->response;
	uint64_t from = r->position, end = r->end;

	if (from < end && x->file != NULL && x->file->broken) {
		connection_abort(c, CONNECTION_BROKEN);
		return false;
	}
	if (x->file != NULL && x->file->loaded < end)
		end = x->file->loaded;
	connection_send(c, x->content, &r->position, end);
	stats.body_bytes += r->position - from;
	if (r->position < r->end) {
		if (r->position == end)
			wait_for_file(x);
		return false;
	}
	release_file(x);
	x->phase = PHASE_HEAD;
	connection_expect(c, CONNECTION_IDLE);
	if (r->close)
		connection_close(c);
	return !r->close;
}

static bool
run_phase(struct connection *c, struct exchange *x)
{
	switch (x->phase) {
	case PHASE_HEAD:
		return read_head(c, x);
	case PHASE_CONTINUE:
		return send_continue(c, x);
	case PHASE_BODY:
		return read_body(c, x);
	case PHASE_RESPOND:
		return send_response(c, x);
	default:
		return send_content(c, x);
	}
}

static void
http_advance(struct connection *c)
{
	struct exchange *x = exchange_of(c);

	x->connection = c;
	while (run_phase(c, x))
		continue;
}

/* The head did not come to its end in time. */
static void
refuse_late_head(struct connection *c)
{
	exchange_refuse(exchange_of(c), 408);
	connection_expect(c, CONNECTION_TRANSFER);
}

static void
release_exchange(struct connection *c)
{
	release_head(exchange_of(c));
	release_file(exchange_of(c));
}

void
http_poll(void)
{
	struct exchange *x, *next;

	if (!files_load())
		return;
	for (x = LIST_FIRST(&waiting); x != NULL; x = next) {
		next = LIST_NEXT(x, wait_link);
		if (x->response.position >= x->file->loaded && !x->file->broken)
			continue;
		LIST_REMOVE(x, wait_link);
		x->waiting = false;
		connection_wake(x->connection);
	}
}

static struct connection_server server = {
	.name = "http",
	.advance = http_advance,
	.late = refuse_late_head,
	.ended = release_exchange,
};

int
http_start(const struct http_options *o)
{
	options = *o;
	server.late_s = o->request_s;
	if (exchange_start() != 0) {
		error_line("no memory for the HTTP server");
		return -1;
	}
	return connections_listen(&server, o->port);
}

void
http_stop(void)
{
	exchange_stop();
}

void
http_stats(struct http_stats *s)
{
	*s = stats;
	exchange_stats(s);
}
