/* SPDX-License-Identifier: BSD-3-Clause */
/* A request's path: the file that it names, and the location of the same with a "/" at its end. */
#ifndef HTTPD_HTTP_PATH_H
#define HTTPD_HTTP_PATH_H

#include <stddef.h>

/*
 * The file that a request's path names, relative to the served folder: percent-decoded once, "index.html" behind a "/" at its
 * end. No segment begins with a dot (so neither "..", nor files meant to be hidden), is empty, or holds a slash that was encoded.
 * Returns 0, 400 (a broken escape, a NUL), 404 (no such name can be), or 414 (more than room, with its NUL).
 */
unsigned http_path_decode(const char *path, char *name, size_t room);

/*
 * Writes path, "/", and behind a "?" the query (NULL: none), as a Location field has them: what no URI may hold is escaped, so
 * that a backslash, which browsers take for a slash, does not become the beginning of another host's name.
 * Returns the length, or 0 when it does not fit into room, with its NUL.
 */
size_t http_location_format(const char *path, const char *query, char *out, size_t room);

#endif /* HTTPD_HTTP_PATH_H */
