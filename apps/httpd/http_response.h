/* SPDX-License-Identifier: BSD-3-Clause */
/* The head of an HTTP response, and the short bodies that say what went wrong. */
#ifndef HTTPD_HTTP_RESPONSE_H
#define HTTPD_HTTP_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* NULL and 0: there is none. */
struct http_response {
	unsigned status;
	bool close;
	bool without_body;    /* to HEAD: the length is told, the bytes are not sent */
	const char *text;     /* the whole body; without it and without a content: the status's name */
	const char *type;     /* of the content, or the text; "text/plain" */
	const char *allow;    /* 405: the methods that there are */
	const char *location; /* 301: the path, without the "/" that is missed at its end */
	const char *query;    /* 301: what is behind it */
	const char *etag;
	const char *last_modified;
	time_t modified;  /* the same; in the future: the field says the Date instead (RFC 9110, 8.8.2.1) */
	bool has_content; /* bytes [position, end) of total follow, from elsewhere */
	uint64_t position, end, total;
};

/* Room for a response's head and text, beside a location. */
#define HTTP_RESPONSE_ROOM 512

/* What RFC 9110 calls the status; its place in HTTP_STATUSES in *r_index, which may be NULL. */
const char *http_status_name(unsigned status, unsigned *r_index);

/*
 * Writes the head, and the body if that is a text. Returns the bytes, or 0 when room does not suffice: HTTP_RESPONSE_ROOM, and
 * the location.
 */
size_t http_response_format(const struct http_response *r, char *out, size_t room);

#endif /* HTTPD_HTTP_RESPONSE_H */
