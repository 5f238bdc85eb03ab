/* SPDX-License-Identifier: BSD-3-Clause */
#include "lent.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>

#include <rte_ethdev.h>

#include "hold.h"

static struct lent only;

void
lent_say(const struct world *w, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("\t/* there: ", w->print);
	vfprintf(w->print, format, args);
	fputs(" */\n", w->print);
	va_end(args);
}

void
lent_does(struct world *w, enum child_deed deed)
{
	int status;

	child_board->deed = deed;
	expect(w, child_does(&status), "the other process has ended: status 0x%x", (unsigned)status);
	expect(w, child_board->wrong == 0, "in the other process, s[%u] has not the bytes that were written",
	       child_board->part[child_board->wrong - 1].slot);
}

static void
make_child(struct world *w)
{
	struct lent *l = w->lent;

	l->pid = child_begin();
	expect(w, l->pid > 0, "no other process: %s", strerror(errno));
	l->lives = true;
	l->children++;
	say(w, "pid = fork(); /* the child is another secondary process; it has struct evpl_iovec s[%u] */",
	    CHILD_IOVECS);
}

void
lent_begin(struct world *w)
{
	if (!child_is_possible())
		return;
	w->lent = &only;
	only = (struct lent){0};
	only.process = evpl_process_create(CHILD_PLACE, LENT_LOANS, LENT_PACKETS);
	expect(w, only.process != NULL, "no place for another process: error %d", rte_errno);
	say(w, "struct evpl_process_info info;");
	say(w, "pid_t pid;");
	say(w, "struct evpl_process *other = evpl_process_create(\"%s\", %u, %u);", CHILD_PLACE, LENT_LOANS,
	    LENT_PACKETS);
	lent_attach(w);
}

/* ---------------------------------------------------------------------------------------------------------------- */

static bool
is_in_chain(const struct rte_mbuf *m, const struct rte_mbuf *mbuf)
{
	while (m != NULL && m != mbuf)
		m = m->next;
	return m != NULL;
}

static bool
is_on_iovec(const struct world *w, const struct rte_mbuf *mbuf)
{
	for (unsigned i = 0; i < w->views.n; i++) {
		if (w->view[w->views.live[i]].iovec.ref == mbuf)
			return true;
	}
	for (unsigned i = 0; i < RINGS; i++) {
		for (unsigned k = 0; k < w->ring[i].n; k++) {
			if (w->ring[i].view[k].iovec.ref == mbuf)
				return true;
		}
	}
	return false;
}

/* Whether a packet or an iovec has an mbuf that the child sent. */
static bool
is_used(const struct world *w, const struct rte_mbuf *mbuf)
{
	if (is_on_iovec(w, mbuf))
		return true;
	for (unsigned i = 0; i < w->packets.n; i++) {
		if (is_in_chain(w->packet[w->packets.live[i]].mbuf, mbuf))
			return true;
	}
	for (unsigned i = 0; i < LENT_KEPT; i++) {
		if (is_in_chain(w->lent->kept[i].mbuf, mbuf))
			return true;
	}
	for (unsigned i = 0; i < w->n_flight; i++) {
		if (is_in_chain(w->flight[(w->first_flight + i) % FLIGHTS].mbuf, mbuf))
			return true;
	}
	return false;
}

static bool
is_held(const struct world *w, const struct rte_mbuf *mbuf)
{
	return lent_count(w, mbuf) > 0 || is_used(w, mbuf);
}

/* The packets go round once. */
void
lent_look_into_port(struct world *w)
{
	bool unknown = false;

	for (unsigned i = 0; i < w->n_flight; i++)
		unknown |= w->flight[(w->first_flight + i) % FLIGHTS].mbuf == NULL;
	for (unsigned i = 0; unknown && i < w->n_flight; i++) {
		struct rte_mbuf **mbuf = &w->flight[(w->first_flight + i) % FLIGHTS].mbuf;

		expect(w, rte_eth_rx_burst(world_port, 0, mbuf, 1) == 1, "the port lost a packet");
		expect(w, rte_eth_tx_burst(world_port, 0, mbuf, 1) == 1, "the port sends nothing");
	}
}

static bool
forget_packets(struct world *w)
{
	struct lent *l = w->lent;
	bool some = false;

	if (lent_packets(w) == 0)
		return false;
	lent_look_into_port(w);
	for (unsigned i = 0; i < LENT_PACKETS; i++) {
		struct sent *sent = &l->sent[i];

		if (sent->mbuf == NULL || sent->lost || is_held(w, sent->mbuf))
			continue;
		sent->mbuf = NULL;
		some = true;
	}
	return some;
}

void
lent_lose(struct world *w, struct sent *sent)
{
	lent_look_into_port(w);
	sent->lost = !is_held(w, sent->mbuf);
}

static unsigned
packets_on(const struct lent *l, unsigned loan)
{
	unsigned n = 0;

	for (unsigned i = 0; i < LENT_PACKETS; i++)
		n += l->sent[i].mbuf != NULL && l->sent[i].loan == loan;
	return n;
}

static void
end_loan(struct world *w, struct loan *loan)
{
	loan->lasts = false;
	w->lent->late |= lent_find(w, loan->ref) != NULL;
	hold_let_go(w, &loan->piece, 1);
}

static bool
end_loans(struct world *w)
{
	struct lent *l = w->lent;
	bool some = false;

	for (unsigned i = 0; i < LENT_LOANS; i++) {
		if (!l->loan[i].lasts || l->loan[i].iovecs > 0 || packets_on(l, i) > 0)
			continue;
		end_loan(w, &l->loan[i]);
		some = true;
	}
	return some;
}

/* A loan may be on a packet of another one. */
void
lent_settle(struct world *w)
{
	bool some;

	if (w->lent == NULL)
		return;
	do {
		some = forget_packets(w);
		some = end_loans(w) || some;
	} while (some);
}

unsigned
lent_count(const struct world *w, const void *ref)
{
	unsigned n = 0;

	for (unsigned i = 0; w->lent != NULL && i < LENT_LOANS; i++)
		n += w->lent->loan[i].lasts && (ref == NULL || w->lent->loan[i].ref == ref);
	return n;
}

unsigned
lent_packets(const struct world *w)
{
	unsigned n = 0;

	for (unsigned i = 0; i < LENT_PACKETS; i++)
		n += w->lent->sent[i].mbuf != NULL;
	return n;
}

struct sent *
lent_find(struct world *w, const struct rte_mbuf *mbuf)
{
	for (unsigned i = 0; i < LENT_PACKETS; i++) {
		if (w->lent->sent[i].mbuf == mbuf)
			return &w->lent->sent[i];
	}
	return NULL;
}

/* ---------------------------------------------------------------------------------------------------------------- */

void
lent_check(struct world *w)
{
	struct lent *l = w->lent;
	struct evpl_process_info info;
	enum evpl_process_state state = EVPL_PROCESS_ABSENT;
	unsigned loans, packets;

	lent_settle(w);
	l->late = false;
	loans = lent_count(w, NULL);
	packets = lent_packets(w);
	if (l->dead)
		state = EVPL_PROCESS_DEAD;
	else if (l->attached)
		state = EVPL_PROCESS_ATTACHED;
	expect(w, evpl_process_get(l->process, &info) == 0, "evpl_process_get() fails");
	say(w, "evpl_process_get(other, &info); /* %u iovecs and %u packets */", info.iovecs_lent, info.packets_sent);
	expect(w, info.state == state, "state %d instead of %d", info.state, state);
	expect(w, info.pid == l->pid_attached, "process id %d instead of %d", info.pid, l->pid_attached);
	expect(w, info.iovecs == LENT_LOANS && info.packets == LENT_PACKETS && strcmp(info.name, CHILD_PLACE) == 0,
	       "%u iovecs, %u packets, name %s", info.iovecs, info.packets, info.name);
	expect(w, info.iovecs_lent == loans, "%u iovecs are lent instead of %u", info.iovecs_lent, loans);
	expect(w, info.packets_sent == packets, "%u packets are sent instead of %u", info.packets_sent, packets);
	expect(w, info.waiting_there == l->there.n && info.waiting_here == l->back.n,
	       "%u iovecs wait there instead of %u, and %u here instead of %u", info.waiting_there, l->there.n,
	       info.waiting_here, l->back.n);
	expect(w, info.reclaimed == l->reclaimed, "%" PRIu64 " loans are reclaimed instead of %" PRIu64, info.reclaimed,
	       l->reclaimed);
}

void
lent_collect(struct world *w)
{
	lent_settle(w);
	if (w->lent->late)
		lent_check(w);
}

void
lent_kill(struct world *w)
{
	struct lent *l = w->lent;

	child_kill();
	say(w, "kill(pid, SIGKILL);");
	for (unsigned i = 0; i < LENT_KEPT; i++) {
		struct packet *p = &l->kept[i];

		for (const struct rte_mbuf *m = p->mbuf; m != NULL; m = m->next)
			lent_find(w, m)->lost = true;
		hold_let_go(w, p->piece, p->n);
		*p = (struct packet){0};
	}
	memset(l->iovec, 0, sizeof(l->iovec)); /* their loans still count them */
	l->dead |= l->attached;
	l->lives = l->attached = false;
}

/* What a reclaim takes back: loans of which no packet is left. @return how many. */
static unsigned
take_back(struct world *w)
{
	struct lent *l = w->lent;
	unsigned n = 0;

	l->there.n = l->back.n = 0;
	for (unsigned i = 0; i < LENT_LOANS; i++) {
		l->loan[i].iovecs = 0;
		if (!l->loan[i].lasts || packets_on(l, i) > 0)
			continue;
		end_loan(w, &l->loan[i]);
		n++;
	}
	return n;
}

void
lent_reclaim(struct world *w)
{
	struct lent *l = w->lent;
	unsigned flags = EVPL_RECLAIM_PACKETS, n;
	int rc;

	lent_settle(w);
	for (unsigned i = 0; i < LENT_PACKETS; i++) { /* what only loans are on goes with them */
		if (l->sent[i].mbuf != NULL && !l->sent[i].lost && is_used(w, l->sent[i].mbuf))
			flags = 0;
	}
	rc = evpl_reclaim(l->process, flags);
	say(w, "evpl_reclaim(other, %u); /* %d */", flags, rc);
	if (l->attached) {
		expect(w, rc == -EBUSY, "evpl_reclaim() says %d, and the other process is alive", rc);
		return;
	}
	for (unsigned i = 0; flags != 0 && i < LENT_PACKETS; i++)
		l->sent[i].mbuf = NULL;
	n = take_back(w);
	expect(w, rc == (int)n, "evpl_reclaim() says %d instead of %u", rc, n);
	l->reclaimed += n;
	l->dead = false;
}

void
lent_attach(struct world *w)
{
	struct lent *l = w->lent;

	if (!l->lives)
		make_child(w);
	lent_does(w, CHILD_ATTACHES);
	there(w, "evpl_attach(\"%s\") is %s", CHILD_PLACE, child_board->result ? "not NULL" : "NULL");
	expect(w, child_board->result == !l->dead, "evpl_attach() %s, and the last one %s",
	       child_board->result ? "attaches" : "fails", l->dead ? "is dead" : "is not dead");
	expect(w, !l->dead || child_board->error == EOWNERDEAD, "error %d instead of %d", child_board->error,
	       EOWNERDEAD);
	if (l->dead) {
		lent_reclaim(w);
		return;
	}
	l->attached = true;
	l->pid_attached = l->pid;
}

/* ---------------------------------------------------------------------------------------------------------------- */

void
lent_end(struct world *w)
{
	struct lent *l = w->lent;

	if (l == NULL)
		return;
	lent_check(w);
	if (l->lives)
		lent_kill(w);
	lent_reclaim(w);
	lent_check(w);
	expect(w, lent_count(w, NULL) == 0 && lent_packets(w) == 0, "something is still lent");
	say(w, "evpl_process_free(other);");
	expect(w, evpl_process_free(l->process) == 0, "the place of a process is in use, although all is released");
	w->lent = NULL;
}
