/* SPDX-License-Identifier: BSD-3-Clause */
#include "library.h"

#include <errno.h>
#include <inttypes.h>

#include <rte_errno.h>

#include "error.h"

int
library_check(const struct evpl_global_config *config)
{
	/* One that was not given follows the other. */
	if (config->slab_size == 0 || config->buffer_size <= config->slab_size)
		return 0;
	error_line("--buffer-size=%u is more than a slab, --slab-size=%" PRIu64, config->buffer_size,
		   config->slab_size);
	return -1;
}

int
library_start(const struct evpl_global_config *config)
{
	int rc = evpl_init(config);

	if (rc == 0)
		return 0;
	error_line("the library does not start: %s%s", rte_strerror(-rc),
		   rc == -EINVAL ? " (see --slab-size, --buffer-size, --max-slabs)" : "");
	return rc == -EINVAL ? 2 : 1;
}

int
library_stop(void)
{
	int rc = evpl_cleanup();

	if (rc == 0)
		return 0;
	error_line("the library does not stop: %s", rte_strerror(-rc));
	return 1;
}

uint64_t
library_in_use(const struct evpl_stats *s)
{
	return (uint64_t)s->buffers_in_use + s->rx_buffers_in_use + s->packet_mbufs_in_use + s->overflow_mbufs_in_use;
}
