/* SPDX-License-Identifier: BSD-3-Clause */
/* The values of a request's header fields (RFC 9110): ranges, entity tags, dates. */
#ifndef HTTPD_HTTP_FIELDS_H
#define HTTPD_HTTP_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum http_range {
	HTTP_RANGE_WHOLE, /* no range, several, or an unknown form: the answer is the whole content */
	HTTP_RANGE_PART,
	HTTP_RANGE_UNSATISFIABLE,
};

/* Reads a Range field's text (or NULL) for a content of length bytes: it asks for bytes *r_first to *r_end - 1. */
enum http_range http_range_parse(const char *text, uint64_t length, uint64_t *r_first, uint64_t *r_end);

/* Lines of one list field. Together they are the list (RFC 9110, 5.3). */
#define HTTP_LIST_LINES 8

struct http_list {
	const char *lines[HTTP_LIST_LINES];
	unsigned count; /* 0: there is no such field */
};

/* Adds a line; false: there are HTTP_LIST_LINES already. */
bool http_list_add(struct http_list *list, const char *line);

/*
 * Whether a list as in If-None-Match names etag. etag has its quotes; NULL: there is none, and only "*" names it. weak:
 * a W/ in front of a tag does not matter.
 */
bool http_etag_listed(const struct http_list *list, const char *etag, bool weak);

/* Whether the word is one of a list's members. */
bool http_list_has_word(const char *list, const char *word);

/* Whether the list has a member other than that word. An empty list has none. */
bool http_list_has_others(const char *list, const char *word);

/* Whether text is a host, with or without a port, as in a Host field and a URI (RFC 3986, 3.2.2): no user, no list. */
bool http_is_host(const char *text, size_t length);

/* The time of an HTTP-date in one of its three forms (RFC 9110, 5.6.7); -1 if it is none. */
time_t http_date_parse(const char *text);

/* Room for the text of http_date_format(), with its NUL. */
#define HTTP_DATE_ROOM 30

/* Writes "Sun, 06 Nov 1994 08:49:37 GMT", or "" for a year without four digits. */
void http_date_format(time_t time, char *text);

#endif /* HTTPD_HTTP_FIELDS_H */
