/* SPDX-License-Identifier: BSD-3-Clause */
/* A request's path: the file that it names, and the location of that path with a "/" at its end. */
#ifndef HTTPD_HTTP_PATH_H
#define HTTPD_HTTP_PATH_H

#include <stddef.h>

/*
 * Finds the file that a request's path names, relative to the served folder. The path is percent-decoded once, and
 * "index.html" follows a "/" at its end. No segment is empty, begins with a dot (so there is no "..", and no file that
 * is meant to be hidden), or has an encoded slash.
 * Returns 0, 400 (a broken escape, a NUL), 404 (no such name can exist), or 414 (longer than room, with its NUL).
 */
unsigned http_path_decode(const char *path, char *name, size_t room);

/*
 * Writes path, "/", and the query behind a "?" (NULL: no query), as in a Location field. It escapes characters that no
 * URI may have. Browsers read a backslash as a slash, so without that the path could name another host.
 * Returns the length, or 0 if it does not fit into room, with its NUL.
 */
size_t http_location_format(const char *path, const char *query, char *out, size_t room);

#endif /* HTTPD_HTTP_PATH_H */
