/* SPDX-License-Identifier: BSD-3-Clause */
#include "library.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>

#include <rte_errno.h>

#include "error.h"

/* The default 0 means the library's own default. */
const struct option_row library_rows[LIBRARY_ROWS] = {
	OPTION_BYTES(struct evpl_global_config, slab_size, "slab-size", "BYTES", "bytes of a slab (16M)",
		     EVPL_MIN_BUFFER_SIZE, UINT64_C(64) << 30, 0),
	OPTION_BYTES(struct evpl_global_config, buffer_size, "buffer-size", "BYTES", "bytes of a small buffer (64K)",
		     EVPL_MIN_BUFFER_SIZE, UINT32_MAX - 63, 0),
	OPTION_BYTES(struct evpl_global_config, large_buffer_size, "large-buffer-size", "BYTES",
		     "bytes of a large buffer (2M); the same as --buffer-size: no large ones", EVPL_MIN_BUFFER_SIZE,
		     UINT32_MAX - 64, 0),
	OPTION_NUMBER(struct evpl_global_config, max_slabs, "max-slabs", "N",
		      "the most slabs (as many as EAL can have)", 1, EVPL_MAX_SLABS, 0),
	OPTION_NUMBER(struct evpl_global_config, preallocate_slabs, "preallocate-slabs", "N",
		      "slabs to make at the start, and never to give back (0)", 0, EVPL_MAX_SLABS, 0),
	OPTION_BYTES(struct evpl_global_config, low_watermark, "low-watermark", "BYTES",
		     "make a slab ahead of need when fewer bytes of buffers are free (0: do not)", 0, UINT64_C(1) << 40,
		     0),
	OPTION_BYTES(struct evpl_global_config, high_watermark, "high-watermark", "BYTES",
		     "bytes of free buffers to keep when slabs are given back (those of --low-watermark)", 0,
		     UINT64_C(1) << 40, 0),
	OPTION_NUMBER(struct evpl_global_config, idle_trim_ms, "idle-trim", "MS",
		      "give a slab back after so many idle milliseconds (0: never)", 0, UINT32_MAX, 0),
	OPTION_NUMBER(struct evpl_global_config, sample_period, "sample-period", "N",
		      "note the caller of every Nth allocation (not of received packets), for SIGUSR1 and telemetry "
		      "(0: none)",
		      0, UINT32_MAX, 0),
	OPTION_FLAG(struct evpl_global_config, far_packets, "far-packets",
		    "send external buffers only, for ports that cannot take others (a line names such a port)"),
};

/* Whether a size fits into another. A size that was not given (0) follows the others. */
static bool
size_fits(const char *name, uint64_t size, const char *in, uint64_t room)
{
	if (size <= room || room == 0)
		return true;
	error_line("%s=%" PRIu64 " is more than %s=%" PRIu64, name, size, in, room);
	return false;
}

int
library_check(const struct evpl_global_config *config)
{
	bool fit =
		size_fits("--buffer-size", config->buffer_size, "a slab, --slab-size", config->slab_size) &&
		size_fits("--large-buffer-size", config->large_buffer_size, "a slab, --slab-size", config->slab_size) &&
		size_fits("--buffer-size", config->buffer_size, "--large-buffer-size", config->large_buffer_size) &&
		size_fits("--preallocate-slabs", config->preallocate_slabs, "--max-slabs", config->max_slabs) &&
		size_fits("--low-watermark", config->low_watermark, "--high-watermark", config->high_watermark);

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

void
library_print_lost(const struct evpl_stats *lost, unsigned plain_mbufs, FILE *out)
{
	uint64_t all = library_in_use(lost) + plain_mbufs;

	if (all != 0) {
		fprintf(out, "still away: %u buffers, %u RX mbufs, %u packet mbufs, %u overflow mbufs",
			lost->buffers_in_use, lost->rx_buffers_in_use, lost->packet_mbufs_in_use,
			lost->overflow_mbufs_in_use);
		if (plain_mbufs != 0)
			fprintf(out, ", %u plain mbufs", plain_mbufs);
		fprintf(out, "\n");
	}
	fprintf(out, "%" PRIu64 " lost buffers\n", all);
}
