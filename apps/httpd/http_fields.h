/* SPDX-License-Identifier: BSD-3-Clause */
/* What the values of a request's header fields say (RFC 9110): ranges, entity tags, dates. */
#ifndef HTTPD_HTTP_FIELDS_H
#define HTTPD_HTTP_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum http_range {
	HTTP_RANGE_WHOLE, /* none asked for, or not one that is understood, or several: the answer is the whole */
	HTTP_RANGE_PART,
	HTTP_RANGE_UNSATISFIABLE,
};

/* Of length bytes: what a Range field's text (or NULL) asks for, bytes *r_first up to, not with, *r_end. */
enum http_range http_range_parse(const char *text, uint64_t length, uint64_t *r_first, uint64_t *r_end);

/* Lines of one list field, which together are the list (RFC 9110, 5.3). */
#define HTTP_LIST_LINES 8

struct http_list {
	const char *lines[HTTP_LIST_LINES];
	unsigned count; /* 0: the field is not there */
};

/* One line more; false: there are HTTP_LIST_LINES already. */
bool http_list_add(struct http_list *list, const char *line);

/* Whether a list as of If-None-Match names etag (with its quotes; NULL: there is none, and only "*" names it). weak: W/ in front of one does not matter. */
bool http_etag_listed(const struct http_list *list, const char *etag, bool weak);

/* Whether one of a list's members is the word. */
bool http_list_has_word(const char *list, const char *word);

/* Whether it has a member that is not that word. An empty list has none. */
bool http_list_has_others(const char *list, const char *word);

/* Whether text is a host, and may be a port, as in a Host field and a URI (RFC 3986, 3.2.2): no user, no list. */
bool http_is_host(const char *text, size_t length);

/* The time of an HTTP-date, of which there are three forms (RFC 9110, 5.6.7); -1 when it is none. */
time_t http_date_parse(const char *text);

/* Room for what http_date_format() writes, with its NUL. */
#define HTTP_DATE_ROOM 30

/* "Sun, 06 Nov 1994 08:49:37 GMT"; "" for a year that has no four digits. */
void http_date_format(time_t time, char *text);

#endif /* HTTPD_HTTP_FIELDS_H */
