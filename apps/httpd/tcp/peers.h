/* SPDX-License-Identifier: BSD-3-Clause */
/* How many connections each peer address has. */
#ifndef HTTPD_PEERS_H
#define HTTPD_PEERS_H

#include <stdbool.h>
#include <stdint.h>

/* An IPv6 address, or an IPv4 one in the last four bytes, with the others as in ::ffff:0:0/96. */
struct peer {
	uint8_t address[16];
};

/* Prepares for at most max connections in all. 0, or -1: no memory. */
int peers_start(unsigned max);
void peers_stop(void);

/* Counts one more connection, unless the peer has limit already. */
bool peers_enter(const struct peer *peer, unsigned limit);

/* A counted connection has ended. */
void peers_leave(const struct peer *peer);

#endif /* HTTPD_PEERS_H */
