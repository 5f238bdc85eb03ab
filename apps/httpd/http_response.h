/* SPDX-License-Identifier: BSD-3-Clause */
/* The head of an HTTP response, and the short bodies that say what is wrong. */
#ifndef HTTPD_HTTP_RESPONSE_H
#define HTTPD_HTTP_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* NULL and 0: there is no such field. */
struct http_response {
	unsigned status;
	bool close;
	bool without_body;    /* for HEAD: it has the length, but the bytes are not sent */
	const char *text;     /* the whole body; NULL, and no content: the status's name */
	const char *type;     /* of the content, or the text; "text/plain" */
	const char *allow;    /* 405: the allowed methods */
	const char *location; /* 301: the path, without the "/" that its end lacks */
	const char *query;    /* 301: the query behind it */
	const char *etag;
	const char *last_modified;
	time_t modified;  /* as a number; if in the future, the field has the Date instead (RFC 9110, 8.8.2.1) */
	bool has_content; /* bytes [position, end) of total follow, from elsewhere */
	uint64_t position, end, total;
};

/* Room for a response's head and text, without the location. */
#define HTTP_RESPONSE_ROOM 512

/* RFC 9110's name of the status. *r_index is its place in HTTP_STATUSES; r_index may be NULL. */
const char *http_status_name(unsigned status, unsigned *r_index);

/*
 * Writes the head, and the body if that is a text. Returns the bytes; 0: room is too small. HTTP_RESPONSE_ROOM and the
 * location's length suffice.
 */
size_t http_response_format(const struct http_response *r, char *out, size_t room);

#endif /* HTTPD_HTTP_RESPONSE_H */
