/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Connections that the program has closed, and whose FIN the peer does not acknowledge. lwIP 2.1.3 ends them after 10
 * seconds if the peer's own FIN came first (LAST_ACK). Otherwise it sends FIN 12 times, each time after twice the time,
 * which takes up to hours. The program's limits do not count such connections, so peers that open connections and
 * vanish would take all memory.
 */
#ifndef TCP_ORPHAN_H
#define TCP_ORPHAN_H

/* Ends them with RST, after the time that LAST_ACK has. Looks at each connection: call it every second or so. */
void tcp_orphans_end(void);

#endif /* TCP_ORPHAN_H */
