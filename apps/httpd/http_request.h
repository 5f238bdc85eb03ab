/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The text of an HTTP/1 request (RFC 9112): where its head ends, what it says, and whether that is to be believed. No
 * network, no files, no memory of its own: bytes in, a struct or a status out.
 *
 * Everything in which two readers could disagree about where a request ends is refused: line ends other than CRLF, folded
 * lines, space before a colon, two lengths, a length beside Transfer-Encoding.
 */
#ifndef HTTPD_HTTP_REQUEST_H
#define HTTPD_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http_fields.h"

/* A request's head, up to and with its empty line, collected from pieces of any size. */
struct http_head {
	char *bytes;	    /* room for `room` bytes, the caller's */
	unsigned room;	    /* longest head: more is status 431 */
	unsigned line_room; /* longest request line without its CRLF: more is status 414 */
	unsigned length;    /* bytes collected */
	unsigned line;	    /* where the last line begins */
	bool ended;	    /* the empty line is there */
};

/*
 * Takes what belongs to the head from data: all of it, or up to the empty line; *r_taken says how much. Empty lines before
 * the request line are taken and forgotten.
 * Returns 0, or the status to refuse the request with: 400, 414, 431; nothing more must be taken then.
 */
unsigned http_head_take(struct http_head *head, const char *data, size_t length, size_t *r_taken);

/*
 * Whether the request is a HEAD, as far as its head is known: it may be refused, or not have ended, or be parsed already. Its
 * answer has no body then, whatever the status.
 */
bool http_head_is_of_head(const struct http_head *head);

enum http_method {
	HTTP_GET,
	HTTP_HEAD,
	HTTP_PUT,
	HTTP_POST,
	HTTP_OTHER, /* one that RFC 9110 or 5789 knows, and this server has no use for */
};

/* Texts lie in the head's bytes; NULL: the field is not there. */
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
	const char *if_modified_since; /* "" where there were two */
	const char *if_unmodified_since;
};

/*
 * Reads a head that has ended; its bytes are changed.
 * Returns 0, or the status to refuse the request with, and to close the connection after: 400, 411 (chunks, which
 * say no length before they come), 413 (a body where there must be none), 417, 501, 505.
 */
unsigned http_request_parse(struct http_head *head, struct http_request *request);

#endif /* HTTPD_HTTP_REQUEST_H */
