/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The HTTP/1.1 server (RFC 9110, 9112). It serves files by GET and HEAD, from iovecs that all downloads share, and two
 * paths for tests:
 *
 *	GET /_/bytes/N        N bytes (0 to 2^63 - 1) that any program can compute: see HTTP_PATTERN_PERIOD
 *	PUT, POST /_/discard  takes a body of any length, and answers {"bytes": N, "crc32": "xxxxxxxx"}: zlib's CRC
 *
 * It needs connections_start(), and files_start() before that.
 */
#ifndef HTTPD_HTTP_H
#define HTTPD_HTTP_H

#include <stdint.h>

/*
 * The bytes of /_/bytes/N repeat after this many bytes. The number is a prime, so that a test finds bytes that are
 * shifted by whole segments or buffers.
 * x = 1; each byte: x = (x * 1103515245 + 12345) mod 2^31, byte = x >> 16 & 255.
 */
#define HTTP_PATTERN_PERIOD 65521

struct http_options {
	uint16_t port;	    /* --http-port=N (80); 0: no HTTP server */
	unsigned head_size; /* --max-head=BYTES (8K): longest head of a request, else 431; 256 to 32K */
	unsigned line_size; /* --max-request-line=BYTES (4K): longest request line, else 414; 64 to --max-head */
	/* --request-timeout=SECONDS (10): from the first byte of a head to its last, else 408; at least 1 */
	unsigned request_s;
};

/* The statuses that this server answers with. */
#define HTTP_STATUSES(X)                                                                                               \
	X(200, "OK")                                                                                                   \
	X(206, "Partial Content")                                                                                      \
	X(301, "Moved Permanently")                                                                                    \
	X(304, "Not Modified")                                                                                         \
	X(400, "Bad Request")                                                                                          \
	X(404, "Not Found")                                                                                            \
	X(405, "Method Not Allowed")                                                                                   \
	X(408, "Request Timeout")                                                                                      \
	X(411, "Length Required")                                                                                      \
	X(412, "Precondition Failed")                                                                                  \
	X(413, "Content Too Large")                                                                                    \
	X(414, "URI Too Long")                                                                                         \
	X(416, "Range Not Satisfiable")                                                                                \
	X(417, "Expectation Failed")                                                                                   \
	X(431, "Request Header Fields Too Large")                                                                      \
	X(501, "Not Implemented")                                                                                      \
	X(503, "Service Unavailable")                                                                                  \
	X(505, "HTTP Version Not Supported")

#define HTTP_STATUS_COUNT 18

struct http_stats {
	uint64_t requests; /* answered, or being answered: the sum of responses[].count */
	struct {
		unsigned status;
		uint64_t count;
	} responses[HTTP_STATUS_COUNT]; /* in the order of HTTP_STATUSES */
	uint64_t body_bytes;		/* of responses, handed to lwIP */
	uint64_t upload_bytes;
	uint64_t waits_for_file; /* times that a download had to wait for the disk */
	uint64_t no_memory;	 /* times that a request or a response's head had to wait for a buffer */
};

/* 0, or -1 after one error line: no memory, or the port is taken. */
int http_start(const struct http_options *options);

/* After connections_stop(). */
void http_stop(void);

/*
 * Continues to read files, and sends what has waited for them. Call it once per turn of the main loop. If there is
 * nothing to read, it costs one load.
 */
void http_poll(void);

void http_stats(struct http_stats *stats);

#endif /* HTTPD_HTTP_H */
