/* SPDX-License-Identifier: BSD-3-Clause */
/* A request's path: the file that it names. */
#ifndef HTTPD_HTTP_PATH_H
#define HTTPD_HTTP_PATH_H

#include <stddef.h>

/*
 * The file that a request's path names, relative to the served folder: percent-decoded once, "index.html" behind a "/" at its
 * end. No segment begins with a dot (so neither "..", nor files meant to be hidden), is empty, or holds a slash that was encoded.
 * Returns 0, 400 (a broken escape, a NUL), 404 (no such name can be), or 414 (more than room, with its NUL).
 */
unsigned http_path_decode(const char *path, char *name, size_t room);

#endif /* HTTPD_HTTP_PATH_H */
