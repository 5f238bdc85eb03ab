/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include <lwip/priv/tcp_priv.h>
#include <lwip/sys.h>

#include "../../common/error.h"
#include "connection.h"
#include "fixes/tcp_order.h"
#include "glue.h"

/* The longest write. lwIP takes 65,535 bytes, and a buffer has 65,536. */
#define WRITE_MAX 32768

/* Half a second, in lwIP's slow timer intervals. */
#define POLL_INTERVAL (500 / TCP_SLOW_INTERVAL)

/*
 * Limits of a connection when lwIP's memory is low, so small that all connections fit. The defaults are 4,096
 * connections, and 64 MiB are left then, so a connection has 16 KiB: four unread pbufs and one that lwIP keeps are five
 * times 1,664 bytes when they were copied, and 32 pbufs to be sent, of 16 segments at most, are 16 times 448. (Five
 * jumbo frames are 46,000 bytes: then that half suffices for 1,200 connections.)
 */
#define LOW_RX_PBUFS 4
#define LOW_SEND_PBUFS (glue_zero_copy() ? 32u : 4u) /* each copied one has a whole segment */
/* Bytes that may be written when nothing is queued. They suffice for a response's head, even with short segments. */
#define LOW_SEND_AT_LEAST 1024

const char *const connection_abort_names[CONNECTION_ABORTS] = {
	"none", "too_many", "too_many_of_one", "stalled", "broken", "stopped",
};

static struct connection_limits limits;
static struct connection_stats stats;
static struct connection *all;
static LIST_HEAD(, connection) open_list, free_list;

static void
add_open(struct connection *c)
{
	LIST_INSERT_HEAD(&open_list, c, link);
	stats.accepted++;
	stats.active++;
	if (stats.active > stats.peak)
		stats.peak = stats.active;
}

/* Ends everything of the connection but the pcb, which is gone, or ends soon. */
static void
release_connection(struct connection *c)
{
	if (c->server->ended != NULL)
		c->server->ended(c);
	if (c->rx != NULL)
		pbuf_free(c->rx);
	c->pcb = NULL;
	peers_leave(&c->peer);
	stats.active--;
	LIST_REMOVE(c, link);
	LIST_INSERT_HEAD(&free_list, c, link);
}

/* Continues to close: sends FIN behind our last byte, and ends when the peer has acknowledged all and sent FIN. */
static void
continue_close(struct connection *c)
{
	struct tcp_pcb *pcb = c->pcb;

	connection_discard(c);
	if (!c->fin_sent && tcp_order_is_kept(pcb))
		c->fin_sent = tcp_shutdown(pcb, 0, 1) == ERR_OK;
	if (!c->fin_sent || c->unacked > 0 || !c->eof)
		return;
	stats.closed++;
	glue_detach(pcb);
	release_connection(c);
	tcp_close(pcb);
}

static err_t
abort_now(struct connection *c)
{
	struct tcp_pcb *pcb = c->pcb;

	stats.aborted[c->abort]++;
	glue_detach(pcb);
	release_connection(c);
	tcp_abort(pcb);
	return ERR_ABRT;
}

/* Every callback ends with this call, and returns its value. */
static err_t
advance_or_end(struct connection *c)
{
	if (!c->closing && c->abort == CONNECTION_GOES_ON)
		c->server->advance(c);
	if (c->abort != CONNECTION_GOES_ON)
		return abort_now(c);
	if (c->closing)
		continue_close(c);
	return ERR_OK;
}

static void
append_received(struct connection *c, struct pbuf *p)
{
	p->tot_len = p->len;
	if (c->rx == NULL)
		c->rx = p;
	else
		c->rx_last->next = p;
	c->rx_last = p;
	c->rx_bytes += p->len;
	c->rx_pbufs++;
}

/* Queues p behind rx, unless that would be too many. */
static bool
queue_received(struct connection *c, struct pbuf *p)
{
	unsigned pbufs = c->rx_pbufs + pbuf_clen(p), bytes = c->rx_bytes + p->tot_len;

	if (c->rx != NULL &&
	    (pbufs > limits.rx_pbufs + bytes / CONNECTION_PBUF_BYTES || (pbufs > LOW_RX_PBUFS && glue_memory_is_low())))
		return false;
	while (p != NULL) {
		struct pbuf *next = p->next;

		p->next = NULL;
		/* A small RX mbuf may have held only the headers. */
		if (p->len == 0)
			pbuf_free(p);
		else
			append_received(c, p);
		p = next;
	}
	return true;
}

static err_t
on_recv(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
	struct connection *c = arg;

	(void)pcb;
	(void)err;
	if (p == NULL) {
		c->eof = true;
	} else if (!queue_received(c, p)) {
		stats.rx_refused++;
		return ERR_MEM;
	}
	return advance_or_end(c);
}

static void
restart_progress(struct connection *c)
{
	c->progress_ms = sys_now();
	c->moved = 0;
}

static err_t
on_sent(void *arg, struct tcp_pcb *pcb, u16_t n)
{
	struct connection *c = arg;

	(void)pcb;
	c->unacked -= n;
	c->moved += n;
	if (c->unacked == 0 && c->wait == CONNECTION_IDLE)
		c->since_ms = sys_now();
	if (c->server->acknowledged != NULL && !c->closing)
		c->server->acknowledged(c, n);
	return advance_or_end(c);
}

static void
on_error(void *arg, err_t err)
{
	struct connection *c = arg;

	if (err == ERR_CLSD)
		stats.closed++;
	else
		stats.reset++;
	release_connection(c);
}

static bool
has_passed(uint32_t since_ms, unsigned seconds)
{
	return sys_now() - since_ms >= seconds * 1000;
}

/* Aborts a connection that moves too few bytes. */
static void
check_progress(struct connection *c)
{
	if (!has_passed(c->progress_ms, limits.progress_s))
		return;
	if (c->moved < CONNECTION_PROGRESS)
		c->abort = CONNECTION_STALLED;
	restart_progress(c);
}

static void
check_idle(struct connection *c)
{
	if (c->closing) {
		/* The peer has read all, and does not close. lwIP's own time-outs end the rest. */
		c->eof |= has_passed(c->since_ms, CONNECTION_LINGER_S);
	} else if (has_passed(c->since_ms, limits.idle_s)) {
		stats.idle++;
		connection_close(c);
	}
}

static void
check_timeouts(struct connection *c)
{
	if (c->wait == CONNECTION_LATE && has_passed(c->since_ms, c->server->late_s)) {
		stats.late++;
		c->server->late(c);
	}
	if (c->unacked > 0 || c->wait == CONNECTION_TRANSFER)
		check_progress(c);
	else if (c->wait == CONNECTION_IDLE)
		check_idle(c);
}

static err_t
on_poll(void *arg, struct tcp_pcb *pcb)
{
	struct connection *c = arg;

	(void)pcb;
	check_timeouts(c);
	return advance_or_end(c);
}

void
connections_retry(void)
{
	struct connection *c, *next;

	for (c = LIST_FIRST(&open_list); c != NULL; c = next) {
		next = LIST_NEXT(c, link);
		if (!c->starved)
			continue;
		c->starved = false;
		stats.retried++;
		/* lwIP sends by itself only behind its own callbacks. */
		if (advance_or_end(c) == ERR_OK && c->pcb != NULL)
			tcp_output(c->pcb);
	}
}

static void
peer_of(const struct tcp_pcb *pcb, struct peer *peer)
{
	memset(peer, 0, sizeof(*peer));
	if (IP_IS_V6_VAL(pcb->remote_ip)) {
		memcpy(peer->address, ip_2_ip6(&pcb->remote_ip)->addr, sizeof(peer->address));
	} else {
		peer->address[10] = peer->address[11] = 0xff;
		memcpy(peer->address + 12, &ip_2_ip4(&pcb->remote_ip)->addr, 4);
	}
}

static err_t
abort_new(struct tcp_pcb *pcb, enum connection_abort reason)
{
	stats.aborted[reason]++;
	tcp_abort(pcb);
	return ERR_ABRT;
}

static err_t
on_accept(void *arg, struct tcp_pcb *pcb, err_t err)
{
	struct connection *c = LIST_FIRST(&free_list);
	struct peer peer;

	if (pcb == NULL || err != ERR_OK) {
		stats.no_pcb++;
		return ERR_VAL;
	}
	if (c == NULL)
		return abort_new(pcb, CONNECTION_TOO_MANY);
	peer_of(pcb, &peer);
	if (!peers_enter(&peer, limits.peer_connections))
		return abort_new(pcb, CONNECTION_TOO_MANY_OF_ONE);
	LIST_REMOVE(c, link);
	memset(c, 0, sizeof(*c));
	c->pcb = pcb;
	c->server = arg;
	c->peer = peer;
	add_open(c);
	connection_expect(c, CONNECTION_IDLE);
	tcp_nagle_disable(pcb);
	tcp_arg(pcb, c);
	tcp_recv(pcb, on_recv);
	tcp_sent(pcb, on_sent);
	tcp_err(pcb, on_error);
	tcp_poll(pcb, on_poll, POLL_INTERVAL);
	return advance_or_end(c);
}

int
connections_start(const struct connection_limits *l)
{
	limits = *l;
	if (peers_start(limits.connections) != 0)
		return -1;
	all = calloc(limits.connections, sizeof(*all));
	if (all == NULL)
		return -1;
	for (unsigned i = limits.connections; i-- > 0;)
		LIST_INSERT_HEAD(&free_list, &all[i], link);
	return 0;
}

void
connections_stop(void)
{
	while (!LIST_EMPTY(&open_list)) {
		LIST_FIRST(&open_list)->abort = CONNECTION_STOPPED;
		abort_now(LIST_FIRST(&open_list));
	}
	peers_stop();
	free(all);
	all = NULL;
	LIST_INIT(&free_list);
}

int
connections_listen(const struct connection_server *server, uint16_t port)
{
	void *arg = (void *)(uintptr_t)server;
	err_t error = port != 0 ? glue_listen(port, (u8_t)limits.backlog, on_accept, arg) : ERR_OK;

	if (error == ERR_OK)
		return 0;
	error_line("--%s-port=%u: %s", server->name, port, error == ERR_USE ? "another server has it" : "no memory");
	return -1;
}

void
connections_stats(struct connection_stats *s)
{
	*s = stats;
}

void
connection_free_rx(struct connection *c, unsigned n)
{
	struct pbuf *p;

	c->rx_bytes -= n;
	c->moved += n;
	if (c->wait == CONNECTION_IDLE && !c->closing)
		c->since_ms = sys_now();
	while (n > 0 && n >= (p = c->rx)->len) {
		n -= p->len;
		c->rx = p->next;
		c->rx_pbufs--;
		p->next = NULL;
		pbuf_free(p);
	}
	if (n > 0)
		pbuf_remove_header(c->rx, n);
}

void
connection_consume(struct connection *c, unsigned n)
{
	connection_free_rx(c, n);
	tcp_recved(c->pcb, (u16_t)n);
}

unsigned
connection_discard(struct connection *c)
{
	unsigned n = 0;

	while (c->rx != NULL) {
		n += c->rx->len;
		connection_consume(c, c->rx->len);
	}
	return n;
}

unsigned
connection_room(const struct connection *c)
{
	/* With less than two segments, one would wait for the acknowledgement of the other, which the peer delays. */
	unsigned budget = LWIP_MAX(limits.send_budget, 2u * tcp_mss(c->pcb));
	unsigned room = c->unacked < budget ? budget - c->unacked : 0;

	if (glue_memory_is_low()) {
		unsigned queued = LWIP_MIN(tcp_sndqueuelen(c->pcb), LOW_SEND_PBUFS);

		/* A full segment is at least two pbufs. */
		room = LWIP_MIN(room, LWIP_MAX((LOW_SEND_PBUFS - queued) / 2 * tcp_mss(c->pcb),
					       queued == 0 ? LOW_SEND_AT_LEAST : 0u));
	}
	return LWIP_MIN(room, tcp_sndbuf(c->pcb));
}

/* Counts what lwIP was asked to send. */
static bool
count_written(struct connection *c, unsigned length, err_t error)
{
	c->starved = error != ERR_OK;
	if (error != ERR_OK) {
		stats.no_memory++;
		return false;
	}
	if (c->unacked == 0)
		restart_progress(c);
	c->unacked += length;
	return true;
}

bool
connection_write(struct connection *c, struct evpl_iovec *iovec, unsigned offset, unsigned length, bool more)
{
	return count_written(c, length, glue_write(c->pcb, iovec, offset, length, more ? TCP_WRITE_FLAG_MORE : 0));
}

bool
connection_write_pbuf(struct connection *c, struct pbuf *p, unsigned length)
{
	return count_written(c, length, glue_write_pbuf(c->pcb, p, length, 0));
}

void
connection_send(struct connection *c, const struct content *content, uint64_t *position, uint64_t end)
{
	while (*position < end) {
		uint64_t left = end - *position;
		unsigned room = connection_room(c);
		struct content_piece piece;

		/* Small pieces of a large body would become small segments. */
		if (room < left && room < tcp_mss(c->pcb))
			return;
		piece = content_at(content, *position, LWIP_MIN(left, LWIP_MIN(room, WRITE_MAX)));
		if (!connection_write(c, piece.iovec, piece.offset, piece.length, piece.length < left))
			return;
		*position += piece.length;
	}
}

void
connection_expect(struct connection *c, enum connection_wait wait)
{
	c->wait = wait;
	c->since_ms = sys_now();
	if (c->unacked == 0)
		restart_progress(c);
}

void
connection_close(struct connection *c)
{
	c->closing = true;
	connection_expect(c, CONNECTION_IDLE);
}

void
connection_abort(struct connection *c, enum connection_abort reason)
{
	c->abort = reason;
}

void
connection_wake(struct connection *c)
{
	advance_or_end(c);
	if (c->pcb != NULL)
		tcp_output(c->pcb);
}
