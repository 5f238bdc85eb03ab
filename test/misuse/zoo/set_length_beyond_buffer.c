/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The length is set to more than a buffer has.
 * expect: a length beyond what was taken: 4294967295 of 64 bytes
 * plain: beyond the end of the buffer or packet
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	evpl_iovec_set_length(&iovec, UINT32_MAX);	 /* misused */
	evpl_iovec_release(evpl, &iovec);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, evpl_buffer_size(), 0, 1, flags, &iovec);
	evpl_iovec_set_length(&iovec, 1);
	evpl_iovec_set_length(&iovec, evpl_buffer_size());
	evpl_iovec_release(evpl, &iovec);
}
