/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Other processes that iovecs are lent to: process.c and process_attach.c have their life, loan.c what they are lent.
 */
#ifndef EVPL_SRC_PROCESS_H
#define EVPL_SRC_PROCESS_H

#include "base.h"
#include "ledger.h"

#include <pthread.h>
#include <sys/queue.h>

#include <rte_memzone.h>

struct evpl_process_info;
struct rte_memseg_list;

/* Each process has its own, in its own memory. */
struct evpl_process {
	struct evpl_ledger *ledger;
	int file; /* that the other process locks */
	/* The rest is the primary's. */
	pthread_mutex_t calls; /* of sending, receiving and reclaiming; taken outside of all other locks */
	const struct rte_memzone *zone;
	const struct rte_memseg_list *memory; /* where the last iovec that was lent has its bytes */
	char name[EVPL_PROCESS_NAME_MAX + 1];
	char path[EVPL_LEDGER_PATH]; /* of the file */
	TAILQ_ENTRY(evpl_process) entry;
};

extern unsigned evpl_process_count; /* relaxed */

/* The name of the memzone that has the ledger. */
#define EVPL_PROCESS_ZONE "evpl_process_%s"
_Static_assert(sizeof(EVPL_PROCESS_ZONE) + EVPL_PROCESS_NAME_MAX <= RTE_MEMZONE_NAMESIZE, "the name fits a memzone's");

/* What evpl_process_create() and evpl_attach() refuse. Logs why, and sets rte_errno. */
bool evpl_process_may_begin(const char *call, const char *name, bool primary);
/*
 * A lock on a whole file: of the open file, not of the process, so threads and other libraries do not end it. With
 * F_OFD_GETLK it only asks. 0; EBUSY: another open file has it; or the errno of fcntl(), which is logged.
 */
int evpl_process_file_lock(const char *call, const char *path, int file, int command, short type);
void evpl_process_file_close(int file); /* and unlocks it, even if a child of fork() has it open, too */

bool evpl_processes_collect_all(void);
/* Calls f with the info of each one. */
void evpl_processes_walk(void (*f)(const struct evpl_process_info *, void *), void *arg);

/* Gives back what processes have returned, for a thread that needs a buffer or counts them. False: nothing was. */
static inline bool
evpl_processes_collect(void)
{
	return unlikely(__atomic_load_n(&evpl_process_count, __ATOMIC_RELAXED) != 0) && evpl_processes_collect_all();
}

/* In a secondary process, with iovecs that were lent to it: what evpl_iovecs_to_mbuf() and evpl_tx_burst() do there. */
struct rte_mbuf *evpl_loans_to_mbuf(struct evpl_iovec *iovecs, int niovs);
uint16_t evpl_loans_tx_burst(uint16_t port_id, uint16_t queue_id, struct evpl_iovec *iovecs, uint16_t n);

#endif /* EVPL_SRC_PROCESS_H */
