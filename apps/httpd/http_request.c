/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include <strings.h>

#include "http_fields.h"
#include "http_request.h"
#include "http_text.h"

/* A line of the head has ended: checks its CRLF, and whether it is the empty line. Returns 0 or a status. */
static unsigned
finish_line(struct http_head *head)
{
	unsigned length = head->length - head->line;

	if (length < 2 || head->bytes[head->length - 2] != '\r')
		return 400;
	if (length > 2)
		head->line = head->length;
	else if (head->line == 0)
		head->length = 0;
	else
		head->ended = true;
	return 0;
}

unsigned
http_head_take(struct http_head *head, const char *data, size_t length, size_t *r_taken)
{
	unsigned status = 0;

	*r_taken = 0;
	while (!head->ended && status == 0 && *r_taken < length) {
		const char *from = data + *r_taken;
		size_t left = length - *r_taken;
		const char *newline = memchr(from, '\n', left);
		size_t piece = newline != NULL ? (size_t)(newline - from) + 1 : left;
		size_t line = head->length - head->line + piece;

		/* The CRLF may belong to a line that just fits, or may still be in flight. */
		if (head->line == 0 && line > (size_t)head->line_room + 2)
			status = 414;
		else if (piece > head->room - head->length)
			status = 431;
		/* Keeps the start of a head that is too long: it may be the method. */
		if (piece > head->room - head->length)
			piece = head->room - head->length;
		memcpy(head->bytes + head->length, from, piece);
		head->length += (unsigned)piece;
		*r_taken += piece;
		if (newline != NULL && status == 0)
			status = finish_line(head);
	}
	return status;
}

/* The characters of methods and field names (RFC 9110, 5.6.2). */
static bool
is_token_character(char c)
{
	return http_is_digit(c) || http_is_letter(c) || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool
is_token(const char *text)
{
	for (const char *p = text; *p != '\0'; p++) {
		if (!is_token_character(*p))
			return false;
	}
	return text[0] != '\0';
}

bool
http_head_is_of_head(const struct http_head *head)
{
	static const char method[] = "HEAD";
	const unsigned length = sizeof(method) - 1;

	return head->length > length && memcmp(head->bytes, method, length) == 0 &&
	       !is_token_character(head->bytes[length]);
}

/* Visible characters, space, tab, and bytes beyond ASCII: no control character, so no CR either. */
static bool
is_field_value(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

/* Cuts off the line's CRLF; NULL: only the empty line is left. */
static char *
next_line(char **rest)
{
	char *line = *rest, *end = strchr(line, '\n');

	*rest = end + 1;
	end[-1] = '\0';
	return line[0] != '\0' ? line : NULL;
}

static unsigned
parse_method(const char *text, enum http_method *method)
{
	static const struct {
		const char *name;
		enum http_method method;
	} methods[] = {
		{"GET", HTTP_GET},     {"HEAD", HTTP_HEAD},	{"PUT", HTTP_PUT},
		{"POST", HTTP_POST},   {"DELETE", HTTP_OTHER},	{"OPTIONS", HTTP_OTHER},
		{"TRACE", HTTP_OTHER}, {"CONNECT", HTTP_OTHER}, {"PATCH", HTTP_OTHER},
	};

	if (!is_token(text))
		return 400;
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (strcmp(text, methods[i].name) == 0) {
			*method = methods[i].method;
			return 0;
		}
	}
	return 501;
}

/* "/path?query", alone or behind "http://host". "*" and "host:port" belong to methods that have no path. */
static unsigned
parse_target(char *text, struct http_request *request)
{
	static char root[] = "/";
	char *query;

	for (const char *p = text; *p != '\0'; p++) {
		if (*p <= 0x20 || *p >= 0x7f || *p == '#')
			return 400;
	}
	if (strncasecmp(text, "http://", 7) == 0) {
		size_t host = strcspn(text + 7, "/?");

		if (host == 0 || text[7] == ':' || !http_is_host(text + 7, host))
			return 400;
		text += 7 + host;
		request->path = *text != '/' ? root : text;
	} else {
		if (text[0] != '/' && request->method != HTTP_OTHER)
			return 400;
		request->path = text;
	}
	query = strchr(text, '?');
	if (query != NULL) {
		*query = '\0';
		request->query = query + 1;
	}
	return 0;
}

/* "HTTP/1.0" or "HTTP/1.1". A later minor version counts as 1.1. */
static unsigned
parse_version(const char *text, bool *old)
{
	if (strncmp(text, "HTTP/", 5) != 0 || !http_is_digit(text[5]) || text[6] != '.' || !http_is_digit(text[7]) ||
	    text[8] != '\0')
		return 400;
	*old = text[7] == '0';
	return text[5] == '1' ? 0 : 505;
}

static unsigned
parse_request_line(char *line, struct http_request *request, bool *old)
{
	char *target = strchr(line, ' ');
	char *version = target != NULL ? strchr(target + 1, ' ') : NULL;
	unsigned status;

	if (version == NULL)
		return 400;
	*target++ = '\0';
	*version++ = '\0';
	status = parse_version(version, old);
	if (status == 0)
		status = parse_method(line, &request->method);
	if (status == 0)
		status = parse_target(target, request);
	return status;
}

/* Only digits: no sign, no list. Two lengths are refused, even if they are equal. */
static unsigned
parse_length(const char *text, struct http_request *request)
{
	const char *end = http_number_parse(text, &request->length);

	if (request->has_length || end == text || *end != '\0')
		return 400;
	request->has_length = true;
	return request->length == UINT64_MAX ? 413 : 0;
}

/* The fields' values, before they are checked against each other. */
struct fields {
	bool old; /* HTTP/1.0 */
	unsigned hosts;
	bool close, keep_alive;
	bool content_range;
	bool expects, expects_other; /* 100-continue, or something unknown */
	const char *transfer_encoding;
};

static unsigned
parse_host(const char *value, struct fields *f)
{
	f->hosts++;
	return http_is_host(value, strlen(value)) ? 0 : 400;
}

/* Fields that are lists: several lines form one list. *r_known: the field is one of these. */
static unsigned
parse_list(const char *name, const char *value, struct http_request *request, struct fields *f, bool *r_known)
{
	*r_known = true;
	if (strcasecmp(name, "If-Match") == 0)
		return http_list_add(&request->if_match, value) ? 0 : 400;
	if (strcasecmp(name, "If-None-Match") == 0)
		return http_list_add(&request->if_none_match, value) ? 0 : 400;
	if (strcasecmp(name, "Connection") == 0) {
		f->close |= http_list_has_word(value, "close");
		f->keep_alive |= http_list_has_word(value, "keep-alive");
	} else if (strcasecmp(name, "Expect") == 0) {
		f->expects |= http_list_has_word(value, "100-continue");
		f->expects_other |= http_list_has_others(value, "100-continue");
	} else {
		*r_known = false;
	}
	return 0;
}

/* A date field that occurs twice is ignored (RFC 9110, 13.1.3, 13.1.4). True: the field is one of these. */
static bool
parse_date(const char *name, const char *value, struct http_request *request)
{
	const char **date;

	if (strcasecmp(name, "If-Modified-Since") == 0)
		date = &request->if_modified_since;
	else if (strcasecmp(name, "If-Unmodified-Since") == 0)
		date = &request->if_unmodified_since;
	else
		return false;
	*date = *date == NULL ? value : "";
	return true;
}

static unsigned
parse_field(const char *name, const char *value, struct http_request *request, struct fields *f)
{
	const struct {
		const char *name;
		const char **value;
	} texts[] = {
		{"Transfer-Encoding", &f->transfer_encoding},
		{"Range", &request->range},
		{"If-Range", &request->if_range},
	};
	unsigned status;
	bool known;

	if (strcasecmp(name, "Content-Length") == 0)
		return parse_length(value, request);
	if (strcasecmp(name, "Host") == 0)
		return parse_host(value, f);
	f->content_range |= strcasecmp(name, "Content-Range") == 0;
	status = parse_list(name, value, request, f, &known);
	if (known || parse_date(name, value, request))
		return status;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (strcasecmp(name, texts[i].name) == 0) {
			if (*texts[i].value != NULL)
				return 400;
			*texts[i].value = value;
		}
	}
	return 0;
}

static unsigned
parse_field_line(char *line, struct http_request *request, struct fields *f)
{
	char *colon = strchr(line, ':'), *value;
	size_t length;

	if (colon == NULL)
		return 400;
	*colon = '\0';
	/* Not a token: a space before the colon, or a folded line, which begins with one. */
	if (!is_token(line))
		return 400;
	value = colon + 1 + strspn(colon + 1, " \t");
	length = strlen(value);
	if (!is_field_value(value, length))
		return 400;
	while (length > 0 && (value[length - 1] == ' ' || value[length - 1] == '\t'))
		length--;
	value[length] = '\0';
	return parse_field(line, value, request, f);
}

/* There must be no doubt where the body ends. */
static unsigned
check_body(const struct http_request *request, const struct fields *f)
{
	bool gets = request->method == HTTP_GET || request->method == HTTP_HEAD;

	if (f->transfer_encoding != NULL && (request->has_length || f->old))
		return 400;
	if (f->transfer_encoding != NULL)
		return strcasecmp(f->transfer_encoding, "chunked") == 0 ? 411 : 501;
	return gets && request->length > 0 ? 413 : 0;
}

static unsigned
check_fields(struct http_request *request, const struct fields *f)
{
	unsigned status = check_body(request, f);

	if (f->hosts > 1 || (f->hosts == 0 && !f->old))
		return 400;
	if (status != 0)
		return status;
	/* Otherwise a part would be stored as the whole content (RFC 9110, 14.5). */
	if (f->content_range && request->method == HTTP_PUT)
		return 400;
	/* An HTTP/1.0 client does not wait for "100 Continue". */
	if (f->expects_other && !f->old)
		return 417;
	request->expects_continue = f->expects && !f->old && request->length > 0;
	request->close = f->close || (f->old && !f->keep_alive);
	return 0;
}

unsigned
http_request_parse(struct http_head *head, struct http_request *request)
{
	struct fields f = {0};
	char *rest = head->bytes, *line;
	unsigned status;

	memset(request, 0, sizeof(*request));
	if (memchr(head->bytes, '\0', head->length) != NULL)
		return 400;
	status = parse_request_line(next_line(&rest), request, &f.old);
	while (status == 0 && (line = next_line(&rest)) != NULL)
		status = parse_field_line(line, request, &f);
	return status != 0 ? status : check_fields(request, &f);
}
