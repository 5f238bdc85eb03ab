/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <lwip/tcp.h>
#include <lwip/timeouts.h>

#include <rte_cycles.h>

#include "../common/error.h"
#include "crc32.h"
#include "glue.h"
#include "load.h"

#define HEAD_MAX 2048
#define REQUEST_MAX 4096
#define CONNECT_AGAIN_MS 100
#define WRITE_AGAIN 1 /* tcp_poll()'s steps */

/* A connection, and how far its answer has come. */
struct asker {
	struct tcp_pcb *pcb; /* NULL: to be opened */
	bool done;	     /* and will not be opened again */
	bool asked;	     /* the request is lwIP's */
	bool in_body;
	uint64_t body_left;
	uint32_t crc;
	unsigned head_length;
	char head[HEAD_MAX + 1];
};

static struct load_options options;
static struct load_stats stats;
static struct asker *askers;
static unsigned done_count;
static struct evpl_iovec request;
static ip_addr_t server;
static uint64_t first_asked, last_answered; /* TSC */
static uint32_t first_crc;

/* ADDRESS/PATH; the path with its slash. NULL: it is none. */
static const char *
parse_target(const char *target, ip_addr_t *address)
{
	const char *path = strchr(target, '/');
	char text[64];

	if (path == NULL || (size_t)(path - target) >= sizeof(text) || strlen(path) > REQUEST_MAX / 2 ||
	    strpbrk(path, " \t\r\n") != NULL)
		return NULL;
	memcpy(text, target, (size_t)(path - target));
	text[path - target] = '\0';
	return ipaddr_aton(text, address) ? path : NULL;
}

bool
load_target_valid(const char *target)
{
	ip_addr_t address;

	return parse_target(target, &address) != NULL;
}

/* The answer is not waited for any more: lwIP's pcb is gone, or goes. */
static void
forget(struct asker *a)
{
	*a = (struct asker){0};
}

/* lwIP calls us no more. */
static struct tcp_pcb *
detach(struct asker *a)
{
	struct tcp_pcb *pcb = a->pcb;

	tcp_arg(pcb, NULL);
	tcp_recv(pcb, NULL);
	tcp_err(pcb, NULL);
	tcp_poll(pcb, NULL, 0);
	forget(a);
	return pcb;
}

static err_t
abort_asker(struct asker *a)
{
	tcp_abort(detach(a));
	return ERR_ABRT;
}

static void
close_asker(struct asker *a)
{
	tcp_close(detach(a));
	a->done = true;
	done_count++;
}

static bool
is_over(void)
{
	return options.seconds > 0 && (double)(rte_rdtsc() - first_asked) >= options.seconds * (double)rte_get_tsc_hz();
}

/* From where it lies, for every connection the same bytes. Without memory, on_poll() tries again. */
static void
ask(struct asker *a)
{
	if (glue_write(a->pcb, &request, 0, evpl_iovec_length(&request), 0) != ERR_OK)
		return;
	a->asked = true;
	a->in_body = false;
	a->head_length = 0;
	a->crc = 0;
	if (first_asked == 0)
		first_asked = rte_rdtsc();
	tcp_output(a->pcb);
}

static void
answered(struct asker *a)
{
	stats.requests++;
	last_answered = rte_rdtsc();
	if (stats.requests == 1)
		first_crc = a->crc;
	else if (a->crc != first_crc)
		stats.different++;
	a->asked = false;
	if (is_over())
		close_asker(a);
	else
		ask(a);
}

/* A whole head: its status must be 200, and its length known. */
static bool
begin_body(struct asker *a)
{
	const char *line = strstr(a->head, "\r\n");

	if (strncmp(a->head, "HTTP/1.1 200 ", 13) != 0)
		return false;
	for (; line != NULL; line = strstr(line + 2, "\r\n")) {
		char *end;

		if (strncasecmp(line + 2, "Content-Length:", 15) != 0)
			continue;
		a->body_left = strtoull(line + 17, &end, 10);
		a->in_body = true;
		return *end == '\r';
	}
	return false;
}

/* Takes the head's bytes; how many they were. Negative: this is no answer. */
static int
take_head(struct asker *a, const char *bytes, unsigned length)
{
	unsigned before = a->head_length, n = LWIP_MIN(length, HEAD_MAX - before), whole;
	const char *end;

	memcpy(a->head + before, bytes, n);
	a->head[before + n] = '\0';
	end = strstr(a->head + (before > 3 ? before - 3 : 0), "\r\n\r\n");
	if (end == NULL) {
		a->head_length += n;
		return a->head_length < HEAD_MAX && strlen(a->head) == a->head_length ? (int)n : -1;
	}
	whole = (unsigned)(end + 4 - a->head);
	a->head[whole] = '\0';
	return begin_body(a) ? (int)(whole - before) : -1;
}

static unsigned
take_body(struct asker *a, const char *bytes, unsigned length)
{
	unsigned n = (unsigned)LWIP_MIN(length, a->body_left);

	if (options.check)
		a->crc = crc32_update(a->crc, bytes, n);
	stats.body_bytes += n;
	a->body_left -= n;
	return n;
}

/* One pbuf's bytes. False: they are no answer, or nobody asked. */
static bool
take(struct asker *a, const char *bytes, unsigned length)
{
	while (length > 0) {
		int n;

		if (!a->asked)
			return false;
		n = a->in_body ? (int)take_body(a, bytes, length) : take_head(a, bytes, length);
		if (n < 0)
			return false;
		bytes += n;
		length -= (unsigned)n;
		if (a->in_body && a->body_left == 0)
			answered(a);
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
	/* First: what lwIP does not know to be read makes a close an RST. */
	tcp_recved(pcb, p->tot_len);
	for (const struct pbuf *q = p; q != NULL && good; q = q->next)
		good = take(a, q->payload, q->len);
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
		ask(a);
	return ERR_OK;
}

static err_t
on_connected(void *arg, struct tcp_pcb *pcb, err_t error)
{
	(void)error;
	/* Not before: lwIP polls while it connects, too. */
	tcp_poll(pcb, on_poll, WRITE_AGAIN);
	ask(arg);
	return ERR_OK;
}

static void
on_error(void *arg, err_t error)
{
	(void)error;
	stats.broken++;
	forget(arg);
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

/* Opens what is not open; again and again. */
static void
open_all(void *arg)
{
	for (unsigned i = 0; i < options.connections; i++) {
		if (askers[i].pcb == NULL && !askers[i].done && !open_connection(&askers[i]))
			break;
	}
	sys_timeout(CONNECT_AGAIN_MS, open_all, arg);
}

int
load_start(const struct load_options *o)
{
	char text[REQUEST_MAX];
	const char *path = parse_target(o->target, &server);
	int length = snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: %.*s\r\n\r\n", path,
			      (int)(path - o->target), o->target);

	options = *o;
	askers = calloc(o->connections, sizeof(*askers));
	if (askers == NULL || evpl_iovec_alloc(glue_evpl(), (unsigned)length, 1, 1, 0, &request) != 1) {
		error_line("no memory for --load-connections=%u", o->connections);
		return -1;
	}
	memcpy(evpl_iovec_data(&request), text, (size_t)length);
	open_all(NULL);
	return 0;
}

void
load_stop(void)
{
	sys_untimeout(open_all, NULL);
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
	stats.seconds = stats.requests == 0 ? 0 : (double)(last_answered - first_asked) / (double)rte_get_tsc_hz();
	*s = stats;
}
