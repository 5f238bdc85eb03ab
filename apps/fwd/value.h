/* SPDX-License-Identifier: BSD-3-Clause */
/* The values that only evpl-fwd's options have. ../common/value.h has the others. */
#ifndef FWD_VALUE_H
#define FWD_VALUE_H

#include "../common/value.h"
#include "options.h"

/* Each function sets the option that it is named after. options is a struct fwd_options. */
void value_mode(struct value *v, void *options);
void value_topology(struct value *v, void *options);
void value_rx_pool(struct value *v, void *options);
void value_coremask(struct value *v, void *options);
void value_portmask(struct value *v, void *options);
void value_portlist(struct value *v, void *options);
void value_peer(struct value *v, void *options);
void value_peers_file(struct value *v, void *options);
void value_segments(struct value *v, void *options);
void value_addresses(struct value *v, void *options);
void value_udp(struct value *v, void *options);

/* value_port.c */
void value_port_numa(struct value *v, void *options);
void value_ring_numa(struct value *v, void *options);
void value_node(struct value *v, void *options);
void value_rss_ip(struct value *v, void *options);
void value_rss_udp(struct value *v, void *options);
void value_rss_none(struct value *v, void *options);
void value_rss_inner(struct value *v, void *options);
void value_rss_outer(struct value *v, void *options);

#endif /* FWD_VALUE_H */
