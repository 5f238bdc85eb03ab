/* SPDX-License-Identifier: BSD-3-Clause */
/* A case of reservations runs with small, usual and large buffers. */
#ifndef TEST_EVERY_SIZE_H
#define TEST_EVERY_SIZE_H

#include "support.h"

static const struct evpl_global_config buffers_1k = {
	.slab_size = 64 << 10, .buffer_size = 1 << 10, .packet_mbufs = 255};
static const struct evpl_global_config buffers_2m = {.slab_size = 8 << 20, .buffer_size = 2 << 20, .packet_mbufs = 255};

/** The three cases of @p function. */
#define EVERY_SIZE(function)                                                                                           \
	home_case_named(#function ": 1 KiB", function, buffers_1k),                                                    \
		home_case_named(#function ": 64 KiB", function, home_small),                                           \
		home_case_named(#function ": 2 MiB", function, buffers_2m)

#endif /* TEST_EVERY_SIZE_H */
