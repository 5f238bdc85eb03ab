/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ledger of one other process. That process may be killed between any two instructions of this file. It takes no
 * lock here. Each thing that it changes for others is one atomic store or exchange: a loan goes on the list of returned
 * ones, a packet leaves the list of free ones or comes back to it. The states show what it did not finish:
 * evpl_ledger_sweep() looks at them alone. It makes the lists and counts of a dead process anew.
 *
 * Threads of the primary take ledger->lock, so a sweep sees nothing of theirs half done. Under the lock no reference is
 * released: that may call mempool operations, also those of this ledger.
 */
#include "ledger.h"

#include "ref.h"
#include "stats.h"

#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_ring_elem.h>

#define WORDS 3u /* an iovec in a ring, see evpl_ring.h */

/* In one atomic store, because others may read it at the same time. */
static void
set_loan_state(struct evpl_loan *loan, enum evpl_loan_state state)
{
	__atomic_store_n(&loan->state, (uint32_t)state, __ATOMIC_RELAXED);
}

static void
set_lent(struct evpl_ledger *ledger, uint32_t n)
{
	__atomic_store_n(&ledger->lent, n, __ATOMIC_RELAXED);
}

uint64_t
evpl_ledger_me(void)
{
	static uint64_t me;
	uint64_t number = __atomic_load_n(&me, __ATOMIC_RELAXED), none = 0;

	if (unlikely(number == 0)) {
		if (getrandom(&number, sizeof(number), 0) != sizeof(number) || number == 0)
			number = rte_rdtsc() ^ (uint64_t)getpid() << 32;
		if (!__atomic_compare_exchange_n(&me, &none, number, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			number = none;
	}
	return number;
}

uint64_t
evpl_ledger_layout(void)
{
	return (uint64_t)sizeof(struct evpl_ledger) << 48 | (uint64_t)sizeof(struct evpl_loan) << 32 |
	       (uint64_t)sizeof(struct evpl_loan_packet) << 16 | (uint64_t)offsetof(struct evpl_loan, iovec);
}

static size_t
ring_size(uint32_t iovecs)
{
	ssize_t size = rte_ring_get_memsize_elem(8, rte_align32pow2(WORDS * iovecs + 1));

	return RTE_ALIGN((size_t)size, (size_t)RTE_CACHE_LINE_SIZE);
}

size_t
evpl_ledger_size(uint32_t loans, uint32_t packets)
{
	return sizeof(struct evpl_ledger) + loans * sizeof(struct evpl_loan) +
	       packets * sizeof(struct evpl_loan_packet) + 2 * ring_size(loans);
}

void
evpl_ledger_rings_init(struct evpl_ledger *ledger)
{
	/* Each end belongs to one process, so a process that is killed in a burst stops no other. */
	(void)rte_ring_init((struct rte_ring *)ledger->there, "evpl_there", WORDS * ledger->loan_count,
			    RING_F_EXACT_SZ);
	(void)rte_ring_init((struct rte_ring *)ledger->back, "evpl_back", WORDS * ledger->loan_count, RING_F_EXACT_SZ);
}

static void
mbuf_init(struct evpl_ledger *ledger, struct rte_mbuf *m)
{
	m->pool = ledger->pool;
	m->nb_segs = 1;
	m->port = RTE_MBUF_PORT_INVALID;
	rte_mbuf_refcnt_set(m, 1);
}

/* Makes the list of free packets of those that are free. */
static void
list_packets(struct evpl_ledger *ledger)
{
	uint64_t changes = (__atomic_load_n(&ledger->packet_top, __ATOMIC_RELAXED) >> 32) + 1;
	uint32_t top = 0;

	for (uint32_t i = ledger->packet_count; i-- > 0;) {
		if (ledger->packets[i].state != EVPL_PACKET_FREE)
			continue;
		ledger->packets[i].next = top;
		top = i + 1;
	}
	__atomic_store_n(&ledger->packet_top, changes << 32 | top, __ATOMIC_RELEASE);
}

void
evpl_ledger_init(struct evpl_ledger *ledger, uint32_t loans, uint32_t packets)
{
	ledger->loan_count = loans;
	ledger->packet_count = packets;
	ledger->loans = (struct evpl_loan *)(ledger + 1);
	ledger->packets = (struct evpl_loan_packet *)(ledger->loans + loans);
	ledger->there = (struct evpl_ring *)(ledger->packets + packets);
	ledger->back = (struct evpl_ring *)((uintptr_t)ledger->there + ring_size(loans));
	evpl_ledger_rings_init(ledger);
	rte_spinlock_init(&ledger->lock);
	for (uint32_t i = 0; i < loans; i++) {
		mbuf_init(ledger, &ledger->loans[i].mbuf);
		ledger->loans[i].next = i + 1 < loans ? i + 2 : 0;
	}
	ledger->free = 1;
	for (uint32_t i = 0; i < packets; i++)
		mbuf_init(ledger, &ledger->packets[i].mbuf);
	list_packets(ledger);
}

/* The last count of a loan has ended. */
static void
loan_ended(struct evpl_ledger *ledger, struct evpl_loan *loan)
{
	uint32_t first = __atomic_load_n(&ledger->returned, __ATOMIC_RELAXED);
	uint32_t number = (uint32_t)(loan - ledger->loans), lent = EVPL_LOAN_LENT;

	/* Released twice: the list must not get a circle. */
	if (!__atomic_compare_exchange_n(&loan->state, &lent, EVPL_LOAN_RETURNED, false, __ATOMIC_RELAXED,
					 __ATOMIC_RELAXED))
		return;
	do {
		loan->next = first;
	} while (!__atomic_compare_exchange_n(&ledger->returned, &first, number + 1, true, __ATOMIC_RELEASE,
					      __ATOMIC_RELAXED));
}

struct evpl_loan_packet *
evpl_ledger_take_packet(struct evpl_ledger *ledger)
{
	uint64_t top = __atomic_load_n(&ledger->packet_top, __ATOMIC_ACQUIRE);
	struct evpl_loan_packet *packet;
	uint64_t next;

	do {
		if ((uint32_t)top == 0)
			return NULL;
		packet = &ledger->packets[(uint32_t)top - 1];
		/* Another thread may take it meanwhile, and change this field. Then it changes the upper half, too. */
		next = ((top >> 32) + 1) << 32 | __atomic_load_n(&packet->next, __ATOMIC_RELAXED);
	} while (!__atomic_compare_exchange_n(&ledger->packet_top, &top, next, true, __ATOMIC_ACQUIRE,
					      __ATOMIC_ACQUIRE));
	return packet;
}

void
evpl_ledger_put_packet(struct evpl_ledger *ledger, struct evpl_loan_packet *packet)
{
	uint32_t number = (uint32_t)(packet - ledger->packets);
	uint64_t top = __atomic_load_n(&ledger->packet_top, __ATOMIC_RELAXED);

	do {
		__atomic_store_n(&packet->next, (uint32_t)top, __ATOMIC_RELAXED);
	} while (!__atomic_compare_exchange_n(&ledger->packet_top, &top, ((top >> 32) + 1) << 32 | (number + 1), true,
					      __ATOMIC_RELEASE, __ATOMIC_RELAXED));
}

/*
 * DPDK has given a packet back. First its state becomes FREE: from then on a sweep does not keep the loan for it. If
 * the process is killed before it gives the count up, the count is too high. The sweep does not look at it.
 */
static void
packet_ended(struct evpl_ledger *ledger, struct evpl_loan_packet *packet)
{
	struct evpl_loan *loan = &ledger->loans[packet->loan];

	/* EVPL_RECLAIM_PACKETS was said too early; or the other process has written over the ledger. */
	if (__atomic_load_n(&packet->state, __ATOMIC_RELAXED) != EVPL_PACKET_SENT || packet->loan >= ledger->loan_count)
		return;
	__atomic_store_n(&packet->state, EVPL_PACKET_FREE, __ATOMIC_RELEASE);
	if (evpl_ref_give_back(&loan->mbuf, EVPL_IOVEC_FLAG_SHARED, 1)) {
		rte_mbuf_refcnt_set(&loan->mbuf, 1);
		loan_ended(ledger, loan);
	}
	evpl_ledger_put_packet(ledger, packet);
}

static void
mbuf_ended(struct evpl_ledger *ledger, struct rte_mbuf *m)
{
	struct evpl_loan *loan = evpl_ledger_loan(ledger, m);

	if (loan != NULL)
		loan_ended(ledger, loan);
	else
		packet_ended(ledger, (struct evpl_loan_packet *)m);
}

int
evpl_ledger_ended(struct evpl_ledger *ledger, void *const *mbufs, unsigned n)
{
	bool locks = evpl_is_primary();

	if (!locks && __atomic_load_n(&ledger->owner, __ATOMIC_ACQUIRE) != evpl_ledger_me())
		return 0;
	if (locks)
		rte_spinlock_lock(&ledger->lock);
	for (unsigned i = 0; i < n; i++)
		mbuf_ended(ledger, mbufs[i]);
	if (locks)
		rte_spinlock_unlock(&ledger->lock);
	return 0;
}

/* Counts the packets of each loan. */
static void
count_sent(struct evpl_ledger *ledger)
{
	for (uint32_t i = 0; i < ledger->loan_count; i++)
		ledger->loans[i].sent = 0;
	for (uint32_t i = 0; i < ledger->packet_count; i++) {
		const struct evpl_loan_packet *packet = &ledger->packets[i];

		if (__atomic_load_n(&packet->state, __ATOMIC_ACQUIRE) == EVPL_PACKET_SENT &&
		    packet->loan < ledger->loan_count)
			ledger->loans[packet->loan].sent++;
	}
}

/* A loan also counts packets, and iovecs that were sent back and that the primary has not received yet. */
uint64_t
evpl_ledger_held(struct evpl_ledger *ledger)
{
	uint64_t sent, held = 0;

	for (uint32_t i = 0; i < ledger->loan_count; i++) {
		struct evpl_loan *loan = &ledger->loans[i];

		if (__atomic_load_n(&loan->state, __ATOMIC_ACQUIRE) != EVPL_LOAN_LENT)
			continue;
		held += evpl_compat_ref_load(&loan->mbuf);
	}
	/*
	 * After the counts, which are loaded with acquire: what ends meanwhile makes the result too high, never too
	 * low.
	 */
	sent = evpl_ledger_sent(ledger) + evpl_ring_count(ledger->back);
	return held > sent ? held - sent : 0;
}

struct evpl_loan *
evpl_ledger_take_loan(struct evpl_ledger *ledger)
{
	struct evpl_loan *loan = NULL;

	rte_spinlock_lock(&ledger->lock);
	if (ledger->free != 0) {
		loan = &ledger->loans[ledger->free - 1];
		ledger->free = loan->next;
		set_lent(ledger, ledger->lent + 1);
	}
	rte_spinlock_unlock(&ledger->lock);
	return loan;
}

void
evpl_ledger_put_loan(struct evpl_ledger *ledger, struct evpl_loan *loan)
{
	rte_spinlock_lock(&ledger->lock);
	set_loan_state(loan, EVPL_LOAN_FREE);
	loan->next = ledger->free;
	ledger->free = (uint32_t)(loan - ledger->loans) + 1;
	set_lent(ledger, ledger->lent - 1);
	rte_spinlock_unlock(&ledger->lock);
}

/* Takes all loans that were returned off their list, with the lock held. The caller must end them. */
static uint32_t
take_returned(struct evpl_ledger *ledger)
{
	uint32_t first = __atomic_exchange_n(&ledger->returned, 0, __ATOMIC_ACQUIRE);

	for (uint32_t link = first; link != 0; link = ledger->loans[link - 1].next)
		set_loan_state(&ledger->loans[link - 1], EVPL_LOAN_ENDING);
	return first;
}

/* Gives up the references of the loans on a list. Returns how many. */
static uint32_t
end_loans(struct evpl_ledger *ledger, uint32_t first)
{
	struct evpl_iovec iovec;
	struct evpl_loan *loan;
	uint32_t n = 0;

	for (uint32_t link = first; link != 0; n++) {
		loan = &ledger->loans[link - 1];
		link = loan->next;
		evpl_iovec_move(&iovec, &loan->iovec);
		evpl_ledger_put_loan(ledger, loan);
		evpl_iovec_release(NULL, &iovec);
	}
	return n;
}

/* A loan may be of an iovec that is on a packet of the other process. The packet's end may return another loan. */
bool
evpl_ledger_collect(struct evpl_ledger *ledger)
{
	bool some = false;
	uint32_t first;

	while (__atomic_load_n(&ledger->returned, __ATOMIC_RELAXED) != 0) {
		rte_spinlock_lock(&ledger->lock);
		first = take_returned(ledger);
		rte_spinlock_unlock(&ledger->lock);
		some = end_loans(ledger, first) > 0 || some;
	}
	return some;
}

/* Puts the loans that only a dead process held before the list `first`. The others count their packets from now on. */
static uint32_t
take_dead(struct evpl_ledger *ledger, uint32_t first)
{
	for (uint32_t i = 0; i < ledger->loan_count; i++) {
		struct evpl_loan *loan = &ledger->loans[i];

		if (loan->state != EVPL_LOAN_LENT && loan->state != EVPL_LOAN_RETURNED)
			continue;
		if (loan->sent > 0) {
			rte_mbuf_refcnt_set(&loan->mbuf, (uint16_t)loan->sent);
			continue;
		}
		set_loan_state(loan, EVPL_LOAN_ENDING);
		loan->next = first;
		first = i + 1;
	}
	return first;
}

uint32_t
evpl_ledger_sweep(struct evpl_ledger *ledger, bool packets)
{
	uint32_t first, n;

	(void)evpl_ledger_collect(ledger);
	rte_spinlock_lock(&ledger->lock);
	for (uint32_t i = 0; packets && i < ledger->packet_count; i++)
		__atomic_store_n(&ledger->packets[i].state, EVPL_PACKET_FREE, __ATOMIC_RELAXED);
	count_sent(ledger);
	first = take_dead(ledger, take_returned(ledger));
	list_packets(ledger);
	rte_spinlock_unlock(&ledger->lock);
	n = end_loans(ledger, first);
	evpl_count(&ledger->reclaimed, n); /* evpl_reclaim() is one thread at a time */
	return n;
}

uint32_t
evpl_ledger_sent(const struct evpl_ledger *ledger)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < ledger->packet_count; i++)
		n += __atomic_load_n(&ledger->packets[i].state, __ATOMIC_RELAXED) == EVPL_PACKET_SENT;
	return n;
}
