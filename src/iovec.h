/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cold half of the iovec calls, for the rest of the library.
 */
#ifndef EVPL_SRC_IOVEC_H
#define EVPL_SRC_IOVEC_H

#include "base.h"

int evpl_iovec_take(struct evpl *evpl, unsigned length, unsigned alignment, unsigned max_iovecs, unsigned flags,
		    bool reserve, struct evpl_iovec *r_iovec);

/* evpl_iovec_alloc_slow() for a call of the library's own, whose caller is to be told. In sample.c, or, of a tracing build, iovec.c. */
int evpl_iovec_alloc_from(struct evpl *evpl, unsigned length, unsigned alignment, unsigned max_iovecs, unsigned flags,
			  struct evpl_iovec *r_iovec, uintptr_t caller);

#endif /* EVPL_SRC_IOVEC_H */
