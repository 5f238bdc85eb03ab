/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The value of one option. A wrong one gets its error line here, and is marked as failed.
 */
#ifndef FWD_VALUE_H
#define FWD_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "options.h"

struct fwd_value {
	struct fwd_options *o;
	const char *name; /* of the option */
	const char *text;
	bool failed;
};

uint64_t value_number(struct fwd_value *c, uint64_t min, uint64_t max);
uint64_t value_bytes(struct fwd_value *c, uint64_t min, uint64_t max);
double value_seconds(struct fwd_value *c);

/* Each sets the option it is named after. */
void value_mode(struct fwd_value *c);
void value_topology(struct fwd_value *c);
void value_rx_pool(struct fwd_value *c);
void value_json(struct fwd_value *c);
void value_portmask(struct fwd_value *c);
void value_portlist(struct fwd_value *c);
void value_peer(struct fwd_value *c);
void value_segments(struct fwd_value *c);
void value_addresses(struct fwd_value *c);
void value_udp(struct fwd_value *c);

#endif /* FWD_VALUE_H */
