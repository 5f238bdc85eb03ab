/* SPDX-License-Identifier: BSD-3-Clause */
/* The values that only evpl-fwd's options have. ../common/value.h has the others. */
#ifndef FWD_VALUE_H
#define FWD_VALUE_H

#include "../common/value.h"
#include "options.h"

/* Each function sets the option that it is named after. */
void value_mode(struct value *v, struct fwd_options *o);
void value_topology(struct value *v, struct fwd_options *o);
void value_rx_pool(struct value *v, struct fwd_options *o);
void value_portmask(struct value *v, struct fwd_options *o);
void value_portlist(struct value *v, struct fwd_options *o);
void value_peer(struct value *v, struct fwd_options *o);
void value_segments(struct value *v, struct fwd_options *o);
void value_addresses(struct value *v, struct fwd_options *o);
void value_udp(struct value *v, struct fwd_options *o);

#endif /* FWD_VALUE_H */
