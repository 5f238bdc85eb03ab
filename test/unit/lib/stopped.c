/* SPDX-License-Identifier: BSD-3-Clause */
#include "stopped.h"

#include <errno.h>

size_t stopped_heap;

int
stopped_setup(void **state)
{
	(void)state;
	if (evpl_buffer_size() != 0)
		fail_msg("not run: an earlier case failed and left the library running");
	stopped_heap = home_heap();
	return 0;
}

int
stopped_teardown(void **state)
{
	(void)state;
	assert_int_equal(evpl_cleanup(), -EPERM); /* as often cleaned up as started */
	assert_int_equal(home_heap(), stopped_heap);
	return 0;
}
