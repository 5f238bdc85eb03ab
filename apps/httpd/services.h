/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Echo (RFC 862), discard (RFC 863) and chargen (RFC 864) over TCP. Echo sends from the received buffers themselves. It
 * holds them until the peer acknowledges them. The receive window opens only then.
 */
#ifndef HTTPD_SERVICES_H
#define HTTPD_SERVICES_H

#include <stdint.h>

struct services_options {
	uint16_t echo_port;    /* --echo-port=N (7); 0: no echo server */
	uint16_t discard_port; /* --discard-port=N (9); the same */
	uint16_t chargen_port; /* --chargen-port=N (19); the same */
	/* --echo-pbufs=N (128): pbufs that a connection's echo may hold in lwIP, of bytes and headers; 2 to 4,096 */
	unsigned echo_pbufs;
};

struct services_stats {
	uint64_t echo_bytes;  /* sent back */
	uint64_t echo_copied; /* of these, copied: the pbuf had no iovec */
	uint64_t discard_bytes;
	uint64_t chargen_bytes;
};

/* 0, or -1 after one error line: no memory, or a port is taken. Call it after connections_start(). */
int services_start(const struct services_options *options);

/* After connections_stop(). */
void services_stop(void);

void services_stats(struct services_stats *stats);

#endif /* HTTPD_SERVICES_H */
