/* SPDX-License-Identifier: BSD-3-Clause */
#include "library.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>

#include <rte_errno.h>

#include "error.h"

/* Whether a size fits into another. A size that was not given (0) follows the others. */
static bool
fits(const char *name, uint64_t size, const char *in, uint64_t room)
{
	if (size <= room || room == 0)
		return true;
	error_line("%s=%" PRIu64 " is more than %s=%" PRIu64, name, size, in, room);
	return false;
}

int
library_check(const struct evpl_global_config *config)
{
	bool fit = fits("--buffer-size", config->buffer_size, "a slab, --slab-size", config->slab_size) &&
		   fits("--large-buffer-size", config->large_buffer_size, "a slab, --slab-size", config->slab_size) &&
		   fits("--buffer-size", config->buffer_size, "--large-buffer-size", config->large_buffer_size);

	return fit ? 0 : -1;
}

int
library_start(const struct evpl_global_config *config)
{
	int rc = evpl_init(config);

	if (rc == 0)
		return 0;
	error_line("the library does not start: %s%s", rte_strerror(-rc),
		   rc == -EINVAL ? " (see --slab-size, --buffer-size, --large-buffer-size, --max-slabs)" : "");
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
