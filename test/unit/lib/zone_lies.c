/* SPDX-License-Identifier: BSD-3-Clause */
#include "zone_lies.h"

#include <errno.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_memzone.h>

#include "support.h"

struct zone_lies zone_lies;
static atomic_int own; /* id of the thread */

void
zone_lies_begin(void)
{
	atomic_store(&own, gettid());
	atomic_store(&zone_lies.no_memory, false);
	atomic_store(&zone_lies.calls, 0);
	atomic_store(&zone_lies.contiguous, 0);
	atomic_store(&zone_lies.others, 0);
}

const struct rte_memzone *
rte_memzone_reserve_aligned(const char *name, size_t length, int socket_id, unsigned flags, unsigned align)
{
	const struct rte_memzone *(*real)(const char *, size_t, int, unsigned, unsigned);

	atomic_fetch_add(&zone_lies.calls, 1);
	if (flags & RTE_MEMZONE_IOVA_CONTIG)
		atomic_fetch_add(&zone_lies.contiguous, 1);
	if (gettid() != atomic_load(&own))
		atomic_fetch_add(&zone_lies.others, 1);
	if (atomic_load(&zone_lies.no_memory)) {
		rte_errno = ENOMEM;
		return NULL;
	}
	if (!rte_eal_has_hugepages())
		flags &= ~(unsigned)RTE_MEMZONE_IOVA_CONTIG;
	program_next(&real, sizeof(real), "rte_memzone_reserve_aligned");
	return real(name, length, socket_id, flags, align);
}
