/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "glue.h"
#include "http.h"
#include "http_exchange.h"
#include "http_fields.h"
#include "http_path.h"
#include "http_text.h"

#define GENERATED "/_/bytes/"
#define DISCARD "/_/discard"

/* A response's head is sent in one piece, so it must fit into the smallest --send-budget. */
#define LONGEST_HEAD 4096

static struct content pattern;
static uint64_t responses[HTTP_STATUS_COUNT];

unsigned
exchange_response_room(void)
{
	return evpl_buffer_size() < LONGEST_HEAD ? evpl_buffer_size() : LONGEST_HEAD;
}

void
exchange_respond(struct exchange *x, unsigned status)
{
	unsigned index;

	http_status_name(status, &index);
	responses[index]++;
	x->response.status = status;
	x->phase = PHASE_RESPOND;
}

void
exchange_refuse(struct exchange *x, unsigned status)
{
	x->response = (struct http_response){.close = true, .without_body = http_head_is_of_head(&x->head)};
	exchange_respond(x, status);
}

static void
refuse_method(struct exchange *x, const char *allow)
{
	x->response.allow = allow;
	exchange_respond(x, 405);
}

/* Finds the bytes of the content that the client wants: 200, 206 or 416. */
static void
respond_content(struct exchange *x, const struct http_request *request, const struct content *content, uint64_t length,
		const char *range)
{
	struct http_response *r = &x->response;
	enum http_range kind;

	r->total = length;
	r->position = 0;
	r->end = length;
	/* RFC 9110, 14.2: only GET has a Range. */
	kind = request->method == HTTP_GET ? http_range_parse(range, length, &r->position, &r->end) : HTTP_RANGE_WHOLE;
	if (kind == HTTP_RANGE_UNSATISFIABLE) {
		r->type = NULL;
		exchange_respond(x, 416);
		return;
	}
	r->has_content = true;
	x->content = content;
	exchange_respond(x, kind == HTTP_RANGE_PART ? 206 : 200);
}

/* Whether a date field's time is the file's last change, or later. */
static bool
is_unmodified_since(const char *date, const struct file *file)
{
	time_t time = http_date_parse(date);

	return time != -1 && file->modified <= time;
}

/* RFC 9110, 13.2.2, for a file, or (NULL) for content without validators. Returns 0, 304 or 412. */
static unsigned
check_preconditions(const struct http_request *request, const struct file *file)
{
	const char *etag = file != NULL ? file->etag : NULL;
	const char *unmodified = file != NULL ? request->if_unmodified_since : NULL;
	const char *modified = file != NULL ? request->if_modified_since : NULL;

	if (request->if_match.count > 0) {
		if (!http_etag_listed(&request->if_match, etag, false))
			return 412;
	} else if (unmodified != NULL && http_date_parse(unmodified) != -1) {
		if (!is_unmodified_since(unmodified, file))
			return 412;
	}
	if (request->if_none_match.count > 0)
		return http_etag_listed(&request->if_none_match, etag, true) ? 304 : 0;
	return modified != NULL && is_unmodified_since(modified, file) ? 304 : 0;
}

/* The Range field, unless the client means another version of the file. */
static const char *
applicable_range(const struct http_request *request, const struct file *file)
{
	const char *condition = request->if_range;
	time_t date;

	if (condition == NULL || strcmp(condition, file->etag) == 0)
		return request->range;
	date = http_date_parse(condition);
	return date != -1 && date == file->modified ? request->range : NULL;
}

/* Redirects to the path with a "/" at its end: 301. 414: that location is too long. */
static unsigned
redirect_to_folder(struct exchange *x, const struct http_request *request)
{
	char location[LONGEST_HEAD];
	unsigned room = exchange_response_room() - HTTP_RESPONSE_ROOM;

	if (http_location_format(request->path, request->query, location, room) == 0)
		return 414;
	x->response.location = request->path;
	x->response.query = request->query;
	return 301;
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
			status = redirect_to_folder(x, request);
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
		exchange_respond(x, status);
		return;
	}
	r->type = x->file->type;
	r->etag = x->file->etag;
	r->last_modified = x->file->last_modified;
	r->modified = x->file->modified;
	status = check_preconditions(request, x->file);
	if (status != 0) {
		r->type = NULL;
		exchange_respond(x, status);
		return;
	}
	respond_content(x, request, &x->file->content, x->file->content.length, applicable_range(request, x->file));
}

static void
respond_generated(struct exchange *x, const struct http_request *request, const char *number)
{
	uint64_t length;
	const char *end = http_number_parse(number, &length);
	unsigned status;

	if (end == number || *end != '\0' || length > INT64_MAX) {
		exchange_respond(x, 404);
		return;
	}
	status = check_preconditions(request, NULL);
	if (status != 0) {
		exchange_respond(x, status);
		return;
	}
	x->response.type = "application/octet-stream";
	/* The pattern has no validator, so an If-Range cannot match. */
	respond_content(x, request, &pattern, length, request->if_range == NULL ? request->range : NULL);
}

static void
begin_upload(struct exchange *x, const struct http_request *request)
{
	if (request->method != HTTP_PUT && request->method != HTTP_POST) {
		refuse_method(x, "PUT, POST");
		return;
	}
	/* There is no content, so neither an entity tag nor "*" can match. */
	if (request->if_match.count > 0) {
		x->response.close |= request->length > 0;
		exchange_respond(x, 412);
		return;
	}
	x->upload_left = request->length;
	x->upload_bytes = 0;
	x->upload_crc = 0;
	x->phase = request->expects_continue ? PHASE_CONTINUE : PHASE_BODY;
}

void
exchange_begin(struct exchange *x)
{
	struct http_request request;
	unsigned status = http_request_parse(&x->head, &request);
	bool gets = request.method == HTTP_GET || request.method == HTTP_HEAD;

	if (status != 0) {
		exchange_refuse(x, status);
		return;
	}
	x->response = (struct http_response){.close = request.close, .without_body = request.method == HTTP_HEAD};
	if (request.method != HTTP_OTHER && strcmp(request.path, DISCARD) == 0) {
		begin_upload(x, &request);
		return;
	}
	/* The server does not wait for a body that it does not use. */
	x->response.close |= request.length > 0;
	if (!gets)
		refuse_method(x, "GET, HEAD");
	else if (strncmp(request.path, GENERATED, sizeof(GENERATED) - 1) == 0)
		respond_generated(x, &request, request.path + sizeof(GENERATED) - 1);
	else
		respond_file(x, &request);
}

static char
next_pattern_byte(uint64_t at, void *state)
{
	uint32_t *x = state;

	(void)at;
	*x = (*x * UINT32_C(1103515245) + 12345) & INT32_MAX;
	return (char)(*x >> 16);
}

int
exchange_start(void)
{
	uint32_t x = 1;

	return content_generate(&pattern, glue_evpl(), HTTP_PATTERN_PERIOD, next_pattern_byte, &x);
}

void
exchange_stop(void)
{
	content_release(&pattern, glue_evpl());
}

void
exchange_stats(struct http_stats *s)
{
#define ROW(status, name) status,
	static const unsigned statuses[] = {HTTP_STATUSES(ROW)};
#undef ROW

	s->requests = 0;
	for (unsigned i = 0; i < HTTP_STATUS_COUNT; i++) {
		s->responses[i].status = statuses[i];
		s->responses[i].count = responses[i];
		s->requests += responses[i];
	}
}
