/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The other side, instead of serving: asks an HTTP server for one path, again and again, on many connections, as wrk does; but
 * from iovecs, over a DPDK port, so that two of these programs meet without a kernel between them.
 */
#ifndef HTTPD_LOAD_H
#define HTTPD_LOAD_H

#include <stdbool.h>
#include <stdint.h>

struct load_options {
	const char *target;   /* --load=ADDRESS/PATH; NULL: serve */
	unsigned connections; /* --load-connections=N (16); 1 to 4,096 */
	double seconds;	      /* --load-time=SECONDS (0): answers behind it do not count but the first; 0: no end */
	bool check;	      /* --load-check: bodies are compared, by their CRC-32 */
	uint16_t port;	      /* the server's: --http-port */
};

struct load_stats {
	bool is_on;
	uint64_t requests; /* answered in full, by HTTP/1.1 with status 200 and a Content-Length, in --load-time */
	uint64_t body_bytes;
	uint64_t refused;   /* answered otherwise */
	uint64_t broken;    /* connections that were not opened, that the server ended, or that waited in vain */
	uint64_t different; /* bodies that are not the first one's */
	double seconds;	    /* from the first request to the last of these answers */
};

/* Whether target can be asked: "198.18.0.1/file", "fd18::1/file". */
bool load_target_valid(const char *target);

/* 0, or -1: no memory, one line says so. */
int load_start(const struct load_options *options);

/* Ends all connections with RST. */
void load_stop(void);

/* All connections were closed, for --load-time is over. */
bool load_is_done(void);

void load_stats(struct load_stats *stats);

#endif /* HTTPD_LOAD_H */
