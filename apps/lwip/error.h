/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HTTPD_ERROR_H
#define HTTPD_ERROR_H

/* One line on stderr, "evpl-httpd: ...". */
void httpd_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif /* HTTPD_ERROR_H */
