/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The text of an HTTP/1 request (RFC 9112): finds the end of its head, reads it, and decides whether to trust it. There
 * is no network, no file and no memory of its own here: bytes go in, a struct or a status comes out.
 *
 * It refuses everything that lets two readers disagree about the end of a request: line ends other than CRLF, folded
 * lines, space before a colon, two lengths, a length beside Transfer-Encoding.
 */
#ifndef HTTPD_HTTP_REQUEST_H
#define HTTPD_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http_fields.h"

/* A request's head, its empty line included, collected from pieces of any size. */
struct http_head {
	char *bytes;	    /* the caller's, `room` bytes */
	unsigned room;	    /* longest head; a longer one is status 431 */
	unsigned line_room; /* longest request line without CRLF; a longer one is status 414 */
	unsigned length;    /* bytes collected */
	unsigned line;	    /* start of the last line */
	bool ended;	    /* the empty line has come */
};

/*
 * Takes the head's bytes from data: all bytes, or those up to the empty line. *r_taken is their number. Empty lines
 * before the request line are skipped.
 * Returns 0, or the status to refuse the request with: 400, 414, 431. It must not be called again after a status.
 */
unsigned http_head_take(struct http_head *head, const char *data, size_t length, size_t *r_taken);

/*
 * Whether the request is a HEAD, as far as its head is known. The request may be refused, incomplete or parsed. If it
 * is a HEAD, its answer has no body, whatever the status.
 */
bool http_head_is_of_head(const struct http_head *head);

enum http_method {
	HTTP_GET,
	HTTP_HEAD,
	HTTP_PUT,
	HTTP_POST,
	HTTP_OTHER, /* RFC 9110 or 5789 knows it, but this server does not use it */
};

/* Texts lie in the head's bytes; NULL: there is no such field. */
struct http_request {
	enum http_method method;
	char *path;	   /* as sent, from its "/" on, without the query */
	const char *query; /* as sent, behind its "?" */
	bool close;	   /* the connection ends after the response */
	bool expects_continue;
	bool has_length;
	uint64_t length; /* bytes of the body; 0 without has_length */
	const char *range;
	const char *if_range;
	struct http_list if_match, if_none_match;
	const char *if_modified_since; /* "" if there were two */
	const char *if_unmodified_since;
};

/*
 * Reads a head that has ended, and changes its bytes.
 * Returns 0, or the status to refuse the request with before the connection is closed: 400, 411 (chunks, whose length
 * is not known before they come), 413 (a body where none is allowed), 417, 501, 505.
 */
unsigned http_request_parse(struct http_head *head, struct http_request *request);

#endif /* HTTPD_HTTP_REQUEST_H */
