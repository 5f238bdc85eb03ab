/* SPDX-License-Identifier: BSD-3-Clause */
/* Iovecs of 1,000 bytes of every kind, filled with pattern 42, for the tests of counts. */
#ifndef EVPL_TEST_COUNTED_H
#define EVPL_TEST_COUNTED_H

#include "support.h"

void make_local(struct evpl *evpl, void *arg, struct evpl_iovec *iovec);
void make_shared(struct evpl *evpl, void *arg, struct evpl_iovec *iovec);
void make_received_local(struct evpl *evpl, void *pool, struct evpl_iovec *iovec);
void make_received_shared(struct evpl *evpl, void *pool, struct evpl_iovec *iovec);

#endif /* EVPL_TEST_COUNTED_H */
