/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Iovecs on their way to another process and back, and packets that it makes of them.
 */
#include "attach.h"
#include "buffer.h"
#include "class.h"
#include "global.h"
#include "ledger.h"
#include "overflow.h"
#include "packet_pool.h"
#include "process.h"
#include "ref.h"
#include "stats.h"

#include <pthread.h>

#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_memory.h>

#define BURST 32u

/* Whether both processes map these bytes: EAL's own memory, in pages that it shares. */
static bool
is_shared_memory(struct evpl_process *process, const struct evpl_iovec *iovec)
{
	const struct rte_memseg_list *list = process->memory;

	if (list == NULL || (uintptr_t)iovec->data - (uintptr_t)list->base_va >= list->len) {
		list = rte_mem_virt2memseg_list(iovec->data);
		if (list == NULL || list->external)
			return false;
		process->memory = list;
	}
	return true;
}

static void
set_origin(struct evpl_loan *loan, uintptr_t origin, rte_iova_t iova, uintptr_t shinfo)
{
	loan->origin = origin;
	loan->iova = iova;
	loan->shinfo = shinfo;
}

/* What near packets on the loan's bytes need: as evpl_attach_unstocked() finds it. Far packets would need more. */
static void
find_origin(struct evpl_loan *loan)
{
	struct rte_mbuf *base = evpl_overflow_root(loan->iovec.ref), *from;
	struct rte_mbuf *mbuf = evpl_buffer_of(base);
	struct evpl_buffer *buffer = mbuf == base ? evpl_buffer(mbuf) : NULL;
	uintptr_t on = 0;

	set_origin(loan, 0, RTE_BAD_IOVA, 0);
	if (!evpl_global.near || (buffer == NULL && RTE_MBUF_HAS_EXTBUF(base)))
		return;
	if (buffer == NULL && evpl_packet_is_near(base))
		on = (uintptr_t)base->shinfo;
	if (on & EVPL_ON_BUFFER)
		buffer = (struct evpl_buffer *)(on - EVPL_ON_BUFFER);
	if (buffer != NULL) {
		if (buffer->slab->lead != 0)
			set_origin(loan, buffer->room, buffer->iova, buffer->shinfo);
		return;
	}
	from = rte_mbuf_from_indirect(base);
	set_origin(loan, (uintptr_t)(from + 1), rte_mbuf_iova_get(base), 0);
	if (loan->iova != RTE_BAD_IOVA)
		loan->iova += (uintptr_t)(from + 1) - (uintptr_t)base->buf_addr;
	if (on & EVPL_ON_MBUF)
		loan->shinfo = on;
	else
		loan->shinfo = (uintptr_t)(RTE_MBUF_CLONED(base) ? from : base) | EVPL_ON_MBUF;
}

/*
 * The loan's mbuf never goes to DPDK. Its data end where the iovec ends, for evpl_iovec_set_length(); they begin where
 * 16 bits allow.
 */
static void
fill_loan(struct evpl_loan *loan)
{
	const struct evpl_iovec *iovec = &loan->iovec;
	uint16_t length = (uint16_t)RTE_MIN(iovec->length, (uint32_t)UINT16_MAX);

	loan->mbuf.buf_addr = (char *)iovec->data + iovec->length - length;
	loan->mbuf.data_off = 0;
	loan->mbuf.buf_len = loan->mbuf.data_len = length;
	rte_mbuf_refcnt_set(&loan->mbuf, 1);
	find_origin(loan);
	/* Before the iovec enters the queue, which releases it to the other process. */
	__atomic_store_n(&loan->state, EVPL_LOAN_LENT, __ATOMIC_RELEASE);
}

/* Makes a loan of an iovec. False with rte_errno: it stays as it was. */
static bool
lend(struct evpl_process *process, struct evpl_iovec *iovec, struct evpl_iovec *r_lent)
{
	struct evpl_ledger *ledger = process->ledger;
	struct evpl_loan *loan;

	if (iovec->ref == NULL || !(iovec->flags & EVPL_IOVEC_FLAG_SHARED)) {
		rte_errno = EINVAL;
		return false;
	}
	if (!is_shared_memory(process, iovec)) {
		rte_errno = ENOTSUP;
		return false;
	}
	loan = evpl_ledger_take_loan(ledger);
	if (loan == NULL && evpl_processes_collect())
		loan = evpl_ledger_take_loan(ledger);
	if (loan == NULL) {
		rte_errno = ENOBUFS;
		return false;
	}
	*r_lent = (struct evpl_iovec){iovec->data, iovec->length, EVPL_IOVEC_FLAG_SHARED, &loan->mbuf};
	evpl_iovec_move(&loan->iovec, iovec);
	fill_loan(loan);
	return true;
}

/* Up to BURST iovecs. There is always room in the queue: it has room for all loans. */
static unsigned
send_some(struct evpl_process *process, struct evpl_iovec *iovecs, unsigned n)
{
	struct evpl_iovec lent[BURST];
	unsigned made = 0;

	while (made < n && lend(process, &iovecs[made], &lent[made]))
		made++;
	return evpl_ring_enqueue_burst(process->ledger->there, lent, made, NULL);
}

static unsigned
send_there(struct evpl_process *process, struct evpl_iovec *iovecs, unsigned n)
{
	unsigned done = 0, some, sent;

	pthread_mutex_lock(&process->calls);
	if (__atomic_load_n(&process->ledger->user, __ATOMIC_ACQUIRE) != EVPL_LEDGER_ATTACHED) {
		rte_errno = ENOTCONN;
		n = 0;
	}
	while (done < n) {
		some = RTE_MIN(n - done, BURST);
		sent = send_some(process, &iovecs[done], some);
		done += sent;
		if (sent < some)
			break;
	}
	pthread_mutex_unlock(&process->calls);
	return done;
}

static unsigned
send_back(struct evpl_ledger *ledger, struct evpl_iovec *iovecs, unsigned n)
{
	unsigned own = 0, sent;

	while (own < n && iovecs[own].ref != NULL && evpl_ledger_loan(ledger, iovecs[own].ref) != NULL)
		own++;
	sent = evpl_ring_enqueue_burst(ledger->back, iovecs, own, NULL);
	if (sent < n)
		rte_errno = sent < own ? ENOBUFS : EINVAL;
	return sent;
}

unsigned
evpl_process_send(struct evpl_process *process, struct evpl_iovec *iovecs, unsigned n)
{
	if (unlikely(process == NULL || iovecs == NULL)) {
		rte_errno = EINVAL;
		return 0;
	}
	if (n == 0)
		return 0;
	n = RTE_MIN(n, EVPL_RING_MAX_CAPACITY);
	return evpl_is_primary() ? send_there(process, iovecs, n) : send_back(process->ledger, iovecs, n);
}

/* The iovec of the other process becomes one of the primary's. False: it is none of a loan, or was sent twice. */
static bool
take_back(struct evpl_ledger *ledger, struct evpl_iovec *iovec)
{
	struct evpl_loan *loan = evpl_ledger_loan(ledger, iovec->ref);
	void *data = iovec->data;
	uint32_t length = iovec->length;
	struct evpl_iovec *lent;

	if (loan == NULL || __atomic_load_n(&loan->state, __ATOMIC_RELAXED) != EVPL_LOAN_LENT)
		return false;
	lent = &loan->iovec;
	if (evpl_compat_ref_load(&loan->mbuf) == 1) { /* this one: nobody else can count on the loan any more */
		evpl_iovec_move(iovec, lent);
		iovec->data = data;
		evpl_pvt_iovec_set_view(iovec, length, iovec->flags);
		evpl_ledger_put_loan(ledger, loan);
		return true;
	}
	evpl_pvt_iovec_view_of(iovec, data, length, lent->ref, lent->flags);
	/* The other process may have given up all the rest meanwhile. */
	evpl_ref_drop(NULL, &loan->mbuf, EVPL_IOVEC_FLAG_SHARED, 1);
	return true;
}

unsigned
evpl_process_receive(struct evpl_process *process, struct evpl_iovec *r_iovecs, unsigned n)
{
	struct evpl_ledger *ledger;
	unsigned kept = 0;

	if (unlikely(process == NULL || r_iovecs == NULL)) {
		rte_errno = EINVAL;
		return 0;
	}
	ledger = process->ledger;
	n = RTE_MIN(n, EVPL_RING_MAX_CAPACITY);
	if (!evpl_is_primary())
		return evpl_ring_dequeue_burst(ledger->there, r_iovecs, n, NULL);
	pthread_mutex_lock(&process->calls);
	/* Also where the primary only receives, so that lent mbufs of an RX pool go back to it. */
	(void)evpl_ledger_collect(ledger);
	n = evpl_ring_dequeue_burst(ledger->back, r_iovecs, n, NULL);
	for (unsigned i = 0; i < n; i++) {
		if (kept != i)
			r_iovecs[kept] = r_iovecs[i];
		kept += take_back(ledger, &r_iovecs[kept]);
	}
	pthread_mutex_unlock(&process->calls);
	return kept;
}

/* The ledger that has the loan; NULL: the iovec is none. */
static struct evpl_ledger *
ledger_of(const struct evpl_iovec *iovec)
{
	const struct rte_mbuf *m = iovec->ref;
	struct evpl_ledger *ledger;

	if (m == NULL || !evpl_packet_is_ours(m))
		return NULL;
	ledger = evpl_packets_of(m->pool)->ledger;
	return ledger != NULL && evpl_ledger_loan(ledger, m) != NULL ? ledger : NULL;
}

/* A packet on the iovec's bytes. The iovec's count of the loan becomes the packet's. NULL with rte_errno. */
static struct rte_mbuf *
make_packet(const struct evpl_iovec *iovec)
{
	struct evpl_ledger *ledger = ledger_of(iovec);
	struct evpl_loan_packet *packet;
	const struct evpl_loan *loan;
	uintptr_t offset;

	if (ledger == NULL || iovec->length == 0) {
		rte_errno = EINVAL;
		return NULL;
	}
	if (iovec->length > UINT16_MAX) {
		rte_errno = EMSGSIZE;
		return NULL;
	}
	loan = evpl_ledger_loan(ledger, iovec->ref);
	offset = (uintptr_t)iovec->data - loan->origin;
	if (loan->origin == 0 || offset > UINT16_MAX) {
		rte_errno = ENOTSUP;
		return NULL;
	}
	packet = evpl_ledger_take_packet(ledger);
	if (packet == NULL) {
		rte_errno = ENOMEM;
		return NULL;
	}
	evpl_attach_fill(&packet->mbuf, (uintptr_t)iovec->data, (uint16_t)iovec->length,
			 loan->iova == RTE_BAD_IOVA ? RTE_BAD_IOVA : loan->iova + offset, 0, loan->shinfo,
			 (uint16_t)offset);
	packet->loan = (uint32_t)(loan - ledger->loans);
	/* From here on a sweep leaves the packet and its loan. */
	__atomic_store_n(&packet->state, EVPL_PACKET_SENT, __ATOMIC_RELEASE);
	return &packet->mbuf;
}

/* The packet is not sent: the count of the loan is the iovec's again. */
static void
undo_packet(struct rte_mbuf *m)
{
	struct evpl_loan_packet *packet = (struct evpl_loan_packet *)m;

	__atomic_store_n(&packet->state, EVPL_PACKET_FREE, __ATOMIC_RELEASE);
	evpl_ledger_put_packet(evpl_packets_of(m->pool)->ledger, packet);
}

struct rte_mbuf *
evpl_loans_to_mbuf(struct evpl_iovec *iovecs, int niovs)
{
	struct rte_mbuf *head = NULL, **tail = &head, *next;
	uint64_t bytes = 0;
	int i;

	for (i = 0; i < niovs; i++) {
		if (i == UINT16_MAX)
			rte_errno = EMSGSIZE;
		*tail = i < UINT16_MAX ? make_packet(&iovecs[i]) : NULL;
		if (*tail == NULL)
			break;
		bytes += iovecs[i].length;
		tail = &(*tail)->next;
	}
	if (i < niovs) {
		int error = rte_errno;

		for (; head != NULL; head = next) {
			next = head->next;
			undo_packet(head);
		}
		evpl_send_failed(NULL, error);
		return NULL;
	}
	head->nb_segs = (uint16_t)niovs;
	head->pkt_len = (uint32_t)bytes; /* below 2^32: 65,535 segments of 65,535 bytes at most */
	return head;
}

uint16_t
evpl_loans_tx_burst(uint16_t port_id, uint16_t queue_id, struct evpl_iovec *iovecs, uint16_t n)
{
	struct rte_mbuf *packets[BURST];
	unsigned done = 0, some, made, sent;
	int error;

	do {
		some = RTE_MIN(n - done, BURST);
		error = 0;
		for (made = 0; made < some && error == 0; made += error == 0) {
			packets[made] = make_packet(&iovecs[done + made]);
			if (packets[made] == NULL)
				error = rte_errno;
		}
		sent = made > 0 ? rte_eth_tx_burst(port_id, queue_id, packets, (uint16_t)made) : 0;
		for (unsigned i = sent; i < made; i++)
			undo_packet(packets[i]);
		done += sent;
	} while (sent == some && done < n);
	if (sent == made && error != 0)
		evpl_send_failed(NULL, error);
	rte_errno = sent < made ? 0 : error; /* a full queue is no error, even if an error came after it */
	return (uint16_t)done;
}
