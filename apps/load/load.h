/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Asks an HTTP server for one path, again and again, on many connections, as wrk does. It sends from iovecs over a DPDK
 * port, so that no kernel lies between it and evpl-httpd.
 */
#ifndef LOAD_LOAD_H
#define LOAD_LOAD_H

#include <stdbool.h>
#include <stdint.h>

struct load_options {
	const char *target;   /* --target=ADDRESS/PATH */
	unsigned connections; /* --connections=N (16); 1 to 4,096 */
	double seconds;	      /* --time=SECONDS (0): later answers do not count, but the first does; 0: no end */
	bool check;	      /* --check: compares the bodies by their CRC-32 */
	uint16_t port;	      /* --http-port=N (80): the server's */
};

struct load_stats {
	uint64_t requests; /* answered in full, by HTTP/1.1 with status 200 and a Content-Length, within --time */
	uint64_t body_bytes;
	uint64_t refused;   /* answered otherwise */
	uint64_t broken;    /* connections that failed to open, that the server ended, or that waited in vain */
	uint64_t different; /* bodies that differ from the first one */
	double seconds;	    /* from the first request to the last of these answers */
};

/* Whether target has the right form: "198.18.0.1/file", "fd18::1/file". */
bool load_target_valid(const char *target);

/* 0, or -1 after one error line: no memory. */
int load_start(const struct load_options *options);

/* Ends all connections with RST. */
void load_stop(void);

/* Whether --time is over, and all connections are closed. */
bool load_is_done(void);

void load_stats(struct load_stats *stats);

#endif /* LOAD_LOAD_H */
