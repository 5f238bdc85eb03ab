/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Echo (RFC 862), discard (RFC 863) and chargen (RFC 864) over TCP. What is echoed goes out from the very buffers that it came
 * in: they are held until the peer acknowledges, and the peer may send no more than that in between.
 */
#ifndef HTTPD_SERVICES_H
#define HTTPD_SERVICES_H

#include <stdint.h>

struct services_options {
	uint16_t echo_port;    /* --echo-port=N (7); 0: no such server */
	uint16_t discard_port; /* --discard-port=N (9); the same */
	uint16_t chargen_port; /* --chargen-port=N (19); the same */
	/* --echo-pbufs=N (128): that a connection's echo may hold in lwIP, received bytes and headers; 2 to 4,096 */
	unsigned echo_pbufs;
};

struct services_stats {
	uint64_t echo_bytes;  /* sent back */
	uint64_t echo_copied; /* of these, copied: there was no iovec behind the pbuf */
	uint64_t discard_bytes;
	uint64_t chargen_bytes;
};

/* 0, or -1: no memory, or a port is taken; one line says so. connections_start() comes before. */
int services_start(const struct services_options *options);

/* After connections_stop(). */
void services_stop(void);

void services_stats(struct services_stats *stats);

#endif /* HTTPD_SERVICES_H */
