/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lwip/tcp.h>
#include <lwip/timeouts.h>

#include <rte_cycles.h>

#include "../common/error.h"
#include "../common/host/address.h"
#include "answer.h"
#include "glue.h"
#include "load.h"

#define REQUEST_MAX 4096
/*
 * At most OPEN_AT_ONCE connections are opened every OPEN_MS. More would be too many for a server's backlog, or for the
 * packets that lwIP keeps while it asks for a MAC address.
 */
#define OPEN_MS 20
#define OPEN_AT_ONCE 64u
#define CONNECT_S 30  /* extra time for the first connection and the first answer */
#define GRACE_S 30    /* for answers that have begun when --time is over */
#define WRITE_AGAIN 1 /* tcp_poll()'s steps */

/* A connection, and the progress of its answer. */
struct asker {
	struct tcp_pcb *pcb; /* NULL: must be opened */
	bool done;	     /* will not be opened again */
	bool asked;	     /* lwIP has the request */
	struct answer answer;
};

static struct load_options options;
static struct load_stats stats;
static struct asker *askers;
static unsigned done_count;
static struct evpl_iovec request;
static ip_addr_t server;
static uint64_t started, last_answered; /* TSC: of the first request, or of load_start() if there was none */
static bool any_asked, any_connected, any_answered;
static uint32_t first_crc;

/* Reads ADDRESS/PATH of one host. Returns the path with its slash. NULL: target has another form. */
static const char *
parse_target(const char *target, ip_addr_t *address)
{
	const char *path = strchr(target, '/');
	struct address parsed;
	char text[64];

	if (path == NULL || (size_t)(path - target) >= sizeof(text) || strlen(path) > REQUEST_MAX / 2 ||
	    strpbrk(path, " \t\r\n") != NULL)
		return NULL;
	memcpy(text, target, (size_t)(path - target));
	text[path - target] = '\0';
	if (strchr(text, ',') != NULL || !address_parse(text, false, &parsed) || !ipaddr_aton(text, address))
		return NULL;
	if (ip_addr_isany(address) || ip_addr_ismulticast(address) || ip_addr_isloopback(address) ||
	    (IP_IS_V4(address) && ip4_addr_get_u32(ip_2_ip4(address)) == IPADDR_BROADCAST))
		return NULL;
	return path;
}

bool
load_target_valid(const char *target)
{
	ip_addr_t address;

	return parse_target(target, &address) != NULL;
}

/* Forgets the pcb, which is gone or ends soon, and its answer. */
static void
reset_asker(struct asker *a)
{
	*a = (struct asker){0};
}

/* After this call lwIP calls no function of ours for the connection. */
static struct tcp_pcb *
detach_asker(struct asker *a)
{
	struct tcp_pcb *pcb = a->pcb;

	glue_detach(pcb);
	reset_asker(a);
	return pcb;
}

static err_t
abort_asker(struct asker *a)
{
	tcp_abort(detach_asker(a));
	return ERR_ABRT;
}

static void
close_asker(struct asker *a)
{
	tcp_close(detach_asker(a));
	a->done = true;
	done_count++;
}

/* The first answer counts however late it is. Otherwise a slow machine would never have one. */
static bool
time_is_over(double seconds)
{
	if (stats.requests + stats.refused + stats.broken == 0)
		seconds += CONNECT_S;
	return options.seconds > 0 && (double)(rte_rdtsc() - started) >= seconds * (double)rte_get_tsc_hz();
}

/* Sends the same bytes, in place, on every connection. Without memory, on_poll() tries again. */
static void
send_request(struct asker *a)
{
	if (glue_write(a->pcb, &request, 0, evpl_iovec_length(&request), 0) != ERR_OK)
		return;
	a->asked = true;
	answer_begin(&a->answer);
	if (!any_asked)
		started = rte_rdtsc();
	any_asked = true;
	tcp_output(a->pcb);
}

static void
finish_answer(struct asker *a)
{
	bool over = time_is_over(options.seconds);

	if (!any_answered)
		first_crc = a->answer.crc;
	else if (a->answer.crc != first_crc)
		stats.different++;
	any_answered = true;
	a->asked = false;
	if (over) {
		close_asker(a);
		return;
	}
	stats.requests++;
	stats.body_bytes += a->answer.body_bytes;
	last_answered = rte_rdtsc();
	send_request(a);
}

/* Takes one pbuf's bytes. False: they are no answer, or there was no request. */
static bool
take_answer(struct asker *a, const char *bytes, unsigned length)
{
	while (length > 0) {
		int n;

		if (!a->asked)
			return false;
		n = answer_take(&a->answer, bytes, length, options.check);
		if (n < 0)
			return false;
		bytes += n;
		length -= (unsigned)n;
		if (answer_is_whole(&a->answer))
			finish_answer(a);
	}
	return true;
}

static err_t
on_recv(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t error)
{
	struct asker *a = arg;
	bool good = true;

	(void)error;
	if (p == NULL) {
		stats.broken++;
		return abort_asker(a);
	}
	/* This must come first: if lwIP believes that bytes are unread, a close sends RST. */
	tcp_recved(pcb, p->tot_len);
	for (const struct pbuf *q = p; q != NULL && good; q = q->next)
		good = take_answer(a, q->payload, q->len);
	pbuf_free(p);
	if (good)
		return ERR_OK;
	stats.refused++;
	return a->done ? ERR_OK : abort_asker(a);
}

static err_t
on_poll(void *arg, struct tcp_pcb *pcb)
{
	struct asker *a = arg;

	(void)pcb;
	if (!a->asked)
		send_request(a);
	return ERR_OK;
}

static err_t
on_connected(void *arg, struct tcp_pcb *pcb, err_t error)
{
	(void)error;
	/* lwIP would also poll while it connects, so this is set only now. */
	tcp_poll(pcb, on_poll, WRITE_AGAIN);
	any_connected = true;
	send_request(arg);
	return ERR_OK;
}

static void
on_error(void *arg, err_t error)
{
	(void)error;
	stats.broken++;
	reset_asker(arg);
}

/* False: no memory, or the address cannot be reached. */
static bool
open_connection(struct asker *a)
{
	struct tcp_pcb *pcb = tcp_new_ip_type(IP_GET_TYPE(&server));

	if (pcb == NULL)
		return false;
	tcp_nagle_disable(pcb);
	tcp_arg(pcb, a);
	tcp_recv(pcb, on_recv);
	tcp_err(pcb, on_error);
	a->pcb = pcb;
	if (tcp_connect(pcb, &server, options.port, on_connected) == ERR_OK)
		return true;
	stats.broken++;
	abort_asker(a);
	return false;
}

/* --time is over: ends a connection that waits for no answer. After GRACE_S it ends every connection. */
static void
end_connection(struct asker *a)
{
	bool late = time_is_over(options.seconds + GRACE_S);

	if (a->done || (a->asked && !late))
		return;
	if (a->asked)
		stats.broken++;
	if (a->pcb != NULL)
		abort_asker(a);
	a->done = true;
	done_count++;
}

/*
 * Opens closed connections, or ends open ones; then sets its own timer. The first one is alone: it finds the MAC
 * address.
 */
static void
open_and_end_connections(void *arg)
{
	unsigned opened = any_connected ? 0 : OPEN_AT_ONCE - 1;

	for (unsigned i = 0; i < options.connections; i++) {
		struct asker *a = &askers[i];

		if (time_is_over(options.seconds))
			end_connection(a);
		else if (a->pcb == NULL && opened++ < OPEN_AT_ONCE && !open_connection(a))
			break;
		else if (!any_connected)
			break;
	}
	sys_timeout(OPEN_MS, open_and_end_connections, arg);
}

int
load_start(const struct load_options *o)
{
	char text[REQUEST_MAX];
	const char *path = parse_target(o->target, &server);
	bool v6 = IP_IS_V6_VAL(server);
	int length = snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: %s%.*s%s:%u\r\n\r\n", path, v6 ? "[" : "",
			      (int)(path - o->target), o->target, v6 ? "]" : "", o->port);

	options = *o;
	started = rte_rdtsc();
	askers = calloc(o->connections, sizeof(*askers));
	if (askers == NULL || evpl_iovec_alloc(glue_evpl(), (unsigned)length, 0, 1, 0, &request) != 1) {
		error_line("no memory for --connections=%u", o->connections);
		return -1;
	}
	memcpy(evpl_iovec_data(&request), text, (size_t)length);
	open_and_end_connections(NULL);
	return 0;
}

void
load_stop(void)
{
	sys_untimeout(open_and_end_connections, NULL);
	for (unsigned i = 0; askers != NULL && i < options.connections; i++) {
		if (askers[i].pcb != NULL)
			abort_asker(&askers[i]);
	}
	free(askers);
	askers = NULL;
	if (request.ref != NULL)
		evpl_iovec_release(glue_evpl(), &request);
}

bool
load_is_done(void)
{
	return askers != NULL && done_count == options.connections;
}

void
load_stats(struct load_stats *s)
{
	stats.seconds = stats.requests == 0 ? 0 : (double)(last_answered - started) / (double)rte_get_tsc_hz();
	*s = stats;
}
