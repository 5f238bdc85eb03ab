/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/queue.h>

#include "connection.h"
#include "crc32.h"
#include "error.h"
#include "files.h"
#include "glue.h"
#include "http.h"
#include "http_request.h"
#include "http_response.h"

/* Room for a response's head, beside a location. */
#define RESPONSE_ROOM 512

#define GENERATED "/_/bytes/"
#define DISCARD "/_/discard"

enum phase {
	PHASE_HEAD,	/* a request's head is read */
	PHASE_CONTINUE, /* "100 Continue" is to be sent */
	PHASE_BODY,	/* an upload is read */
	PHASE_RESPOND,	/* a response's head is to be sent */
	PHASE_CONTENT,	/* a response's content is sent */
};

/* One request and its response: what a connection is about at a time. */
struct exchange {
	enum phase phase;
	struct http_head head;
	struct evpl_iovec head_iovec; /* its bytes; held while head.bytes is not NULL */
	struct http_response response;
	struct file *file;	       /* NULL: none, or let go of */
	const struct content *content; /* the file's, or the pattern */
	uint64_t upload_left, upload_bytes;
	uint32_t upload_crc;
	char upload_text[64]; /* the answer */
	bool waiting;	      /* in `waiting`, for its file to be read on */
	LIST_ENTRY(exchange) wait_link;
	struct connection *connection;
};

_Static_assert(sizeof(struct exchange) <= CONNECTION_STATE, "an exchange is a connection's state");

static struct http_options options;
static struct http_stats stats;
static struct content pattern;
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

static void
respond(struct exchange *x, unsigned status)
{
	unsigned index;

	http_status_name(status, &index);
	stats.responses[index].count++;
	x->response.status = status;
	x->phase = PHASE_RESPOND;
}

/* Of a request that cannot be believed, so neither can what follows it. */
static void
refuse(struct exchange *x, unsigned status)
{
	x->response = (struct http_response){.close = true};
	respond(x, status);
}

static void
refuse_method(struct exchange *x, const char *allow)
{
	x->response.allow = allow;
	respond(x, 405);
}

/* Which bytes of the content are wanted; 200, 206 or 416. */
static void
respond_content(struct exchange *x, const struct http_request *request, const struct content *content, uint64_t length,
		const char *range)
{
	struct http_response *r = &x->response;
	enum http_range kind;

	r->total = length;
	r->position = 0;
	r->end = length;
	/* RFC 9110, 14.2: a Range is GET's. */
	kind = request->method == HTTP_GET ? http_range_parse(range, length, &r->position, &r->end) : HTTP_RANGE_WHOLE;
	if (kind == HTTP_RANGE_UNSATISFIABLE) {
		respond(x, 416);
		return;
	}
	r->has_content = true;
	x->content = content;
	respond(x, kind == HTTP_RANGE_PART ? 206 : 200);
}

/* Whether a date field's time is not before the file's last change. */
static bool
is_since(const char *date, const struct file *file)
{
	time_t time = http_date_parse(date);

	return time != -1 && file->modified <= time;
}

/* RFC 9110, 13.2.2. Returns 0, 304 or 412. */
static unsigned
check_preconditions(const struct http_request *request, const struct file *file)
{
	if (request->if_match != NULL) {
		if (!http_etag_listed(request->if_match, file->etag, false))
			return 412;
	} else if (request->if_unmodified_since != NULL && http_date_parse(request->if_unmodified_since) != -1) {
		if (!is_since(request->if_unmodified_since, file))
			return 412;
	}
	if (request->if_none_match != NULL)
		return http_etag_listed(request->if_none_match, file->etag, true) ? 304 : 0;
	return request->if_modified_since != NULL && is_since(request->if_modified_since, file) ? 304 : 0;
}

/* The Range field, unless it is meant for another version of the file. */
static const char *
range_of(const struct http_request *request, const struct file *file)
{
	const char *condition = request->if_range;
	bool same =
		condition == NULL || strcmp(condition, file->etag) == 0 || strcmp(condition, file->last_modified) == 0;

	return same ? request->range : NULL;
}

static void
respond_file(struct exchange *x, const struct http_request *request)
{
	struct http_response *r = &x->response;
	char name[4096];
	unsigned status = http_path_decode(request->path, name, sizeof(name));

	if (status == 0) {
		switch (files_get(name, &x->file)) {
		case FILES_OK:
			break;
		case FILES_FOLDER:
			r->location = request->path;
			status = 301;
			break;
		case FILES_NO_ROOM:
			status = 503;
			break;
		default:
			status = 404;
			break;
		}
	}
	if (status == 0 && x->file->broken)
		status = 503;
	if (status != 0) {
		respond(x, status);
		return;
	}
	r->type = x->file->type;
	r->etag = x->file->etag;
	r->last_modified = x->file->last_modified;
	status = check_preconditions(request, x->file);
	if (status != 0) {
		r->type = NULL;
		respond(x, status);
		return;
	}
	respond_content(x, request, &x->file->content, x->file->content.length, range_of(request, x->file));
}

static void
respond_generated(struct exchange *x, const struct http_request *request, const char *number)
{
	uint64_t length = 0;

	for (; *number >= '0' && *number <= '9' && length < UINT64_MAX / 20; number++)
		length = length * 10 + (uint64_t)(*number - '0');
	if (*number != '\0' || number[-1] == '/' || length > INT64_MAX) {
		respond(x, 404);
		return;
	}
	x->response.type = "application/octet-stream";
	respond_content(x, request, &pattern, length, request->range);
}

static void
begin_upload(struct exchange *x, const struct http_request *request)
{
	if (request->method != HTTP_PUT && request->method != HTTP_POST) {
		refuse_method(x, "PUT, POST");
		return;
	}
	x->upload_left = request->length;
	x->upload_bytes = 0;
	x->upload_crc = 0;
	x->phase = request->expects_continue ? PHASE_CONTINUE : PHASE_BODY;
}

/* Heads are short, and most come whole: what was not needed is taken next, for the response. */
static void
give_head_room_back(struct exchange *x)
{
	evpl_iovec_set_length(&x->head_iovec, x->head.length);
	evpl_iovec_commit(glue_evpl(), 1, &x->head_iovec, 1);
}

/* A head is complete: what is to be done. */
static void
begin_request(struct exchange *x)
{
	struct http_request request;
	unsigned status = http_request_parse(&x->head, &request);
	bool gets = request.method == HTTP_GET || request.method == HTTP_HEAD;

	if (status != 0) {
		refuse(x, status);
		return;
	}
	x->response = (struct http_response){.close = request.close, .without_body = request.method == HTTP_HEAD};
	if (request.method != HTTP_OTHER && strcmp(request.path, DISCARD) == 0) {
		begin_upload(x, &request);
		return;
	}
	/* A body that nobody wants is not waited for. */
	x->response.close |= request.length > 0;
	if (!gets)
		refuse_method(x, "GET, HEAD");
	else if (strncmp(request.path, GENERATED, sizeof(GENERATED) - 1) == 0)
		respond_generated(x, &request, request.path + sizeof(GENERATED) - 1);
	else
		respond_file(x, &request);
}

static bool
take_head_room(struct exchange *x)
{
	if (x->head.bytes != NULL)
		return true;
	if (evpl_iovec_reserve(glue_evpl(), options.head_size, 1, 1, &x->head_iovec) != 1) {
		stats.no_memory++;
		return false;
	}
	x->head.bytes = evpl_iovec_data(&x->head_iovec);
	x->head.room = options.head_size;
	x->head.line_room = options.line_size;
	return true;
}

/*
 * The functions of the phases return false when they wait for something, and are called again then.
 */

static bool
read_head(struct connection *c, struct exchange *x)
{
	unsigned status = 0;

	while (c->rx != NULL && x->phase == PHASE_HEAD) {
		size_t taken;

		if (!take_head_room(x))
			return false;
		if (c->wait == CONNECTION_IDLE)
			connection_expect(c, CONNECTION_LATE);
		status = http_head_take(&x->head, c->rx->payload, c->rx->len, &taken);
		connection_consume(c, (unsigned)taken);
		if (status != 0)
			refuse(x, status);
		if (x->head.ended) {
			give_head_room_back(x);
			begin_request(x);
		}
	}
	/* Half a request will never be a whole one. */
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

	if (connection_room(c) < length || evpl_iovec_alloc(glue_evpl(), length, 1, 1, 0, &iovec) != 1)
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
	respond(x, 200);
	return true;
}

/* Head, and body where that is a text, in one iovec. */
static bool
send_response(struct connection *c, struct exchange *x)
{
	struct http_response *r = &x->response;
	unsigned room = RESPONSE_ROOM + (r->location != NULL ? (unsigned)strlen(r->location) : 0);
	bool more = r->has_content && !r->without_body;
	struct evpl_iovec iovec;
	unsigned length;
	bool sent;

	if (evpl_iovec_reserve(glue_evpl(), room, 1, 1, &iovec) != 1) {
		stats.no_memory++;
		return false;
	}
	length = (unsigned)http_response_format(r, evpl_iovec_data(&iovec), room);
	evpl_iovec_set_length(&iovec, length);
	evpl_iovec_commit(glue_evpl(), 1, &iovec, 1);
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
phase_done(struct connection *c, struct exchange *x)
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
advance(struct connection *c)
{
	struct exchange *x = exchange_of(c);

	x->connection = c;
	while (phase_done(c, x))
		continue;
}

/* A head that does not come to its end. */
static void
late(struct connection *c)
{
	refuse(exchange_of(c), 408);
	connection_expect(c, CONNECTION_TRANSFER);
}

static void
ended(struct connection *c)
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

static int
make_pattern(void)
{
	uint32_t x = 1;

	if (content_init(&pattern, HTTP_PATTERN_PERIOD) != 0)
		return -1;
	while (content_held(&pattern) < HTTP_PATTERN_PERIOD) {
		struct evpl_iovec *iovec = content_grow(&pattern, glue_evpl());
		uint8_t *bytes;

		if (iovec == NULL)
			return -1;
		bytes = evpl_iovec_data(iovec);
		for (unsigned i = 0; i < evpl_iovec_length(iovec); i++) {
			x = (x * UINT32_C(1103515245) + 12345) & INT32_MAX;
			bytes[i] = (uint8_t)(x >> 16);
		}
	}
	return 0;
}

static struct connection_server server = {
	.name = "http",
	.advance = advance,
	.late = late,
	.ended = ended,
};

int
http_start(const struct http_options *o)
{
	err_t err;

	options = *o;
	server.late_s = o->request_s;
	if (make_pattern() != 0) {
		httpd_error("no memory for the HTTP server");
		return -1;
	}
	err = o->port != 0 ? connections_listen(&server, o->port) : ERR_OK;
	if (err != ERR_OK)
		httpd_error("--http-port=%u: %s", o->port, err == ERR_USE ? "another server has it" : "no memory");
	return err == ERR_OK ? 0 : -1;
}

void
http_stop(void)
{
	content_release(&pattern, glue_evpl());
}

void
http_stats(struct http_stats *s)
{
#define ROW(status, name) status,
	static const unsigned statuses[] = {HTTP_STATUSES(ROW)};
#undef ROW

	*s = stats;
	for (unsigned i = 0; i < HTTP_STATUS_COUNT; i++) {
		s->responses[i].status = statuses[i];
		s->requests += s->responses[i].count;
	}
}
