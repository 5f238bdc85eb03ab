/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "http.h"
#include "http_fields.h"
#include "http_path.h"
#include "http_response.h"

struct text {
	char *out;
	size_t room, length;
};

static void __attribute__((format(printf, 2, 3))) add_format(struct text *t, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(t->out + t->length, t->room - t->length, format, args);
	va_end(args);
	/* Text that does not fit sets the length to the room. http_response_format() checks that at its end. */
	t->length = (size_t)n < t->room - t->length ? t->length + (size_t)n : t->room;
}

const char *
http_status_name(unsigned status, unsigned *r_index)
{
	static const struct {
		unsigned status;
		const char *name;
	} statuses[] = {
#define ROW(status, name) {status, name},
		HTTP_STATUSES(ROW)
#undef ROW
	};
	unsigned i = 0;

	_Static_assert(sizeof(statuses) / sizeof(statuses[0]) == HTTP_STATUS_COUNT, "the list and its length");
	while (i < HTTP_STATUS_COUNT - 1 && statuses[i].status != status)
		i++;
	if (r_index != NULL)
		*r_index = i;
	return statuses[i].name;
}

/* The Date field's text, made once per second. */
static const char *
date_text(time_t *r_now)
{
	static char text[HTTP_DATE_ROOM];
	static time_t made;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	if (now.tv_sec != made) {
		made = now.tv_sec;
		http_date_format(made, text);
	}
	*r_now = made;
	return text;
}

static void
add_validators(struct text *t, const struct http_response *r)
{
	time_t now;
	const char *today = date_text(&now);

	if (r->etag != NULL)
		add_format(t, "ETag: %s\r\n", r->etag);
	if (r->last_modified != NULL)
		add_format(t, "Last-Modified: %s\r\n", r->modified > now ? today : r->last_modified);
}

static void
add_location(struct text *t, const struct http_response *r)
{
	size_t length;

	add_format(t, "Location: ");
	length = http_location_format(r->location, r->query, t->out + t->length, t->room - t->length);
	t->length = length != 0 ? t->length + length : t->room;
	add_format(t, "\r\n");
}

static void
add_content_fields(struct text *t, const struct http_response *r)
{
	uint64_t length = r->end - r->position;

	add_format(t, "Content-Type: %s\r\nContent-Length: %" PRIu64 "\r\nAccept-Ranges: bytes\r\n", r->type, length);
	if (r->status == 206)
		add_format(t, "Content-Range: bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64 "\r\n", r->position, r->end - 1,
			   r->total);
	add_format(t, "\r\n");
}

static void
add_text(struct text *t, const struct http_response *r, const char *name)
{
	char own[64];
	const char *body = r->text;

	if (body == NULL) {
		snprintf(own, sizeof(own), "%u %s\n", r->status, name);
		body = own;
	}
	add_format(t, "Content-Type: %s\r\nContent-Length: %zu\r\n", r->type != NULL ? r->type : "text/plain",
		   strlen(body));
	add_format(t, "\r\n%s", r->without_body ? "" : body);
}

size_t
http_response_format(const struct http_response *r, char *out, size_t room)
{
	const char *name = http_status_name(r->status, NULL);
	struct text t = {.out = out, .room = room};
	time_t now;

	add_format(&t, "HTTP/1.1 %u %s\r\nServer: evpl-httpd\r\nDate: %s\r\n", r->status, name, date_text(&now));
	/* "keep-alive" is what an HTTP/1.0 client asked for. Later ones take it as the default. */
	add_format(&t, "Connection: %s\r\n", r->close ? "close" : "keep-alive");
	add_validators(&t, r);
	if (r->allow != NULL)
		add_format(&t, "Allow: %s\r\n", r->allow);
	if (r->location != NULL)
		add_location(&t, r);
	if (r->status == 416)
		add_format(&t, "Content-Range: bytes */%" PRIu64 "\r\n", r->total);
	if (r->status == 503)
		add_format(&t, "Retry-After: 1\r\n");
	if (r->status == 304)
		add_format(&t, "\r\n");
	else if (r->has_content)
		add_content_fields(&t, r);
	else
		add_text(&t, r, name);
	return t.length < room ? t.length : 0;
}
