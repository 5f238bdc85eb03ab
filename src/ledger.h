/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the primary process has lent to another process, in memory that both share. evpl_process.h says what for.
 *
 *	loan    one reference of the primary to some bytes. Its mbuf is what the iovecs of the other process count on.
 *	packet  an mbuf that the other process makes on the bytes of a loan, and gives to DPDK. It has one count of the
 *	        loan.
 *
 * The primary gives the reference of a loan up, and nobody else does: when the loan is returned, or when the other
 * process is dead. So no reference can be given up twice, wherever that process was killed. src/README.md has the
 * argument, step by step.
 */
#ifndef EVPL_SRC_LEDGER_H
#define EVPL_SRC_LEDGER_H

#include "base.h"

#include <rte_eal.h>
#include <rte_mempool.h>
#include <rte_ring.h>
#include <rte_spinlock.h>

enum evpl_loan_state {
	EVPL_LOAN_FREE,
	EVPL_LOAN_LENT,	    /* the other process has it, or it is on its way there or back */
	EVPL_LOAN_RETURNED, /* its last count has ended */
	EVPL_LOAN_ENDING,   /* the primary is giving its reference up */
};
enum evpl_packet_state {
	EVPL_PACKET_FREE, /* or being made */
	EVPL_PACKET_SENT, /* it is DPDK's */
};

struct evpl_loan {
	struct rte_mbuf mbuf;	 /* its refcnt counts iovecs and packets of the other process */
	uint64_t no_buffer;	 /* 0, as in a buffer that no TX cache has claimed: see struct evpl_buffer */
	struct evpl_iovec iovec; /* what was lent: the primary's reference */
	uintptr_t origin;	 /* where priv_size of a packet counts from (attach.h); 0: no packet can be made */
	rte_iova_t iova;	 /* of the origin, for devices, or RTE_BAD_IOVA */
	uintptr_t shinfo;	 /* of a packet: a mark, see attach.h */
	uint32_t state;
	uint32_t next; /* 1 + the number of the next one that is free or returned; 0: none */
	uint32_t sent; /* packets on it; for evpl_ledger_sweep() */
} __rte_cache_aligned;

struct evpl_loan_packet {
	struct rte_mbuf mbuf;
	uint64_t no_buffer; /* 0, likewise */
	uint32_t state;
	uint32_t loan; /* its number */
	uint32_t next; /* 1 + the number of the next free one; 0: none */
} __rte_cache_aligned;

enum evpl_ledger_user { EVPL_LEDGER_ABSENT, EVPL_LEDGER_ATTACHED, EVPL_LEDGER_LEAVING };

#define EVPL_LEDGER_MARK "evpl ledger"
#define EVPL_LEDGER_PATH 256 /* characters */
struct evpl_ledger {
	/* Constant. */
	char mark[16];		     /* EVPL_LEDGER_MARK; begins with 0 until the rest is whole */
	char version[48];	     /* what evpl_version() says in the primary */
	uint64_t layout;	     /* of this struct and its parts */
	const void *self;	     /* its address in the primary */
	char path[EVPL_LEDGER_PATH]; /* of the file that the other process locks */
	struct rte_mempool *pool;
	struct evpl_loan *loans;
	struct evpl_loan_packet *packets;
	struct evpl_ring *there, *back; /* queues to the other process, and to the primary */
	uint32_t loan_count, packet_count;
	/* Of the process that attached last. It writes them. */
	uint32_t user; /* enum evpl_ledger_user */
	int32_t pid;
	uint32_t attached; /* how often one has; stored before user */
	uint64_t owner;	   /* evpl_ledger_me() of that process while it is attached; 0: none is */
	/* The primary's alone. A process that waits for this lock is never killed: the primary ends with it. */
	rte_spinlock_t lock;
	uint32_t free; /* loans: 1 + the number of the first */
	uint32_t lent; /* loans that are not free */
	uint64_t reclaimed;
	/* Both processes change them, without a lock: one atomic each. */
	uint32_t returned __rte_cache_aligned;	 /* loans: 1 + the number of the first */
	uint64_t packet_top __rte_cache_aligned; /* the first free packet, likewise; the upper half counts changes */
};

uint64_t evpl_ledger_layout(void);
size_t evpl_ledger_size(uint32_t loans, uint32_t packets);
void evpl_ledger_init(struct evpl_ledger *ledger, uint32_t loans, uint32_t packets); /* memory that is zero */
void evpl_ledger_rings_init(struct evpl_ledger *ledger);			     /* empty */

uint64_t evpl_ledger_me(void); /* a number that no other process has */

/*
 * The mempool operation, for loans whose last count has ended and for packets that DPDK gives back. It works in the
 * primary and in the process that is attached. A third process could be in here while the primary sweeps. So it does
 * nothing there, and what a third process frees stays lent.
 */
int evpl_ledger_ended(struct evpl_ledger *ledger, void *const *mbufs, unsigned n);

/* In the other process. */
struct evpl_loan_packet *evpl_ledger_take_packet(struct evpl_ledger *ledger); /* NULL: none is free */
void evpl_ledger_put_packet(struct evpl_ledger *ledger, struct evpl_loan_packet *packet);
uint64_t evpl_ledger_held(struct evpl_ledger *ledger); /* iovecs that this process has */

/* In the primary. */
struct evpl_loan *evpl_ledger_take_loan(struct evpl_ledger *ledger);	       /* NULL: none is free */
void evpl_ledger_put_loan(struct evpl_ledger *ledger, struct evpl_loan *loan); /* without its reference */
bool evpl_ledger_collect(struct evpl_ledger *ledger); /* gives back what was returned; false: nothing was */
uint32_t evpl_ledger_sweep(struct evpl_ledger *ledger, bool packets); /* what a dead process held; how many loans */
uint32_t evpl_ledger_sent(const struct evpl_ledger *ledger);	      /* packets */

static inline bool
evpl_is_primary(void)
{
	return rte_eal_process_type() == RTE_PROC_PRIMARY;
}

/* What the other process is doing, as far as it says. */
static inline enum evpl_ledger_user
evpl_ledger_user(const struct evpl_ledger *ledger)
{
	return (enum evpl_ledger_user)__atomic_load_n(&ledger->user, __ATOMIC_ACQUIRE);
}

/* The loan that has this mbuf; NULL: none. */
static inline struct evpl_loan *
evpl_ledger_loan(const struct evpl_ledger *ledger, const struct rte_mbuf *mbuf)
{
	uintptr_t offset = (uintptr_t)mbuf - (uintptr_t)ledger->loans;

	if (offset >= ledger->loan_count * sizeof(struct evpl_loan) || offset % sizeof(struct evpl_loan) != 0)
		return NULL;
	return &ledger->loans[offset / sizeof(struct evpl_loan)];
}

#endif /* EVPL_SRC_LEDGER_H */
