/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdbool.h>
#include <string.h>

#include <lwip/netif.h>
#include <lwip/pbuf.h>
#include <lwip/prot/ethernet.h>
#include <lwip/timeouts.h>

#include "fault.h"
#include "port.h"

#define OVERTAKEN_MAX 3u
#define HELD_MS 3u

/* One direction of one netif. */
struct direction {
	double percent[FAULT_KINDS];
	double due[FAULT_KINDS]; /* frames until the next one */
	uint64_t *count;	 /* in struct fault_stats */
	err_t (*pass)(struct pbuf *p, struct netif *netif);
	struct netif *netif;
	bool shared;	    /* frames belong to lwIP, which may send them again */
	struct pbuf *held;  /* the frame that others overtake */
	unsigned overtaken; /* frames that must still overtake it */
};

static struct {
	struct netif *netif;
	netif_input_fn input;
	netif_linkoutput_fn linkoutput;
	struct direction rx, tx;
} lines[PORTS_MAX];
static unsigned line_count;
static uint64_t random_state;
static struct fault_stats counts;

const char *const fault_names[FAULT_KINDS] = {"drop", "dup", "reorder", "corrupt"};

/* splitmix64 */
static uint64_t
random_next(void)
{
	uint64_t z = random_state += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	return z ^ z >> 31;
}

/* A distance from 1 to twice the mean less 1. The upper limit lets tests rely on a fault. */
static double
distance_next(double percent)
{
	/* 53 bits are a double's precision. */
	return 1 + (double)(random_next() >> 11) * 0x1p-53 * 2 * (100 / percent - 1);
}

static bool
is_due(struct direction *w, enum fault_kind kind)
{
	if (w->percent[kind] <= 0 || --w->due[kind] > 0)
		return false;
	w->due[kind] += distance_next(w->percent[kind]);
	w->count[kind]++;
	return true;
}

static unsigned
line_index(const struct netif *netif)
{
	unsigned i = 0;

	while (lines[i].netif != netif)
		i++;
	return i;
}

static err_t
pass_input(struct pbuf *p, struct netif *netif)
{
	err_t error;

#if LWIP_CHECKSUM_CTRL_PER_NETIF
	/* A checksum that the port found good may be wrong now. */
	netif->chksum_flags |= NETIF_CHECKSUM_CHECK_IP | NETIF_CHECKSUM_CHECK_TCP | NETIF_CHECKSUM_CHECK_UDP;
#endif
	error = lines[line_index(netif)].input(p, netif);
	if (error != ERR_OK)
		pbuf_free(p);
	return ERR_OK;
}

static err_t
pass_output(struct pbuf *p, struct netif *netif)
{
	err_t error = lines[line_index(netif)].linkoutput(netif, p);

	pbuf_free(p);
	return error;
}

static bool
is_ip(const struct pbuf *p)
{
	const struct eth_hdr *ether = p->payload;

	return p->len > SIZEOF_ETH_HDR && p->tot_len > SIZEOF_ETH_HDR &&
	       (ether->type == PP_HTONS(ETHTYPE_IP) || ether->type == PP_HTONS(ETHTYPE_IPV6));
}

static void
corrupt_payload(struct pbuf *p)
{
	unsigned at = SIZEOF_ETH_HDR + (unsigned)(random_next() % (p->tot_len - SIZEOF_ETH_HDR));

	pbuf_put_at(p, (u16_t)at, pbuf_get_at(p, (u16_t)at) ^ (u8_t)(1u << random_next() % 8));
}

/* Makes the frame writable, and ours to keep. A frame that lwIP sends stays lwIP's, so it is copied. */
static bool
make_private(const struct direction *w, struct pbuf **p)
{
	struct pbuf *copy;

	if (!w->shared)
		return true;
	copy = pbuf_clone(PBUF_RAW, PBUF_RAM, *p);
	if (copy == NULL)
		return false;
	pbuf_free(*p);
	*p = copy;
	return true;
}

static void send_held(void *argument);

static err_t
pass_on(struct direction *w, struct pbuf *p)
{
	err_t error = w->pass(p, w->netif);

	if (w->held != NULL && w->overtaken-- <= 1)
		send_held(w);
	return error;
}

static void
drop_held(struct direction *w)
{
	sys_untimeout(send_held, w);
	if (w->held != NULL)
		pbuf_free(w->held);
	w->held = NULL;
}

/* Sends the frame that others were to overtake. */
static void
send_held(void *argument)
{
	struct direction *w = argument;
	struct pbuf *p = w->held;

	sys_untimeout(send_held, w);
	w->held = NULL;
	if (p != NULL)
		w->pass(p, w->netif);
}

/* Takes one reference to a frame through all faults. */
static err_t
pass_through_faults(struct direction *w, struct pbuf *p)
{
	if (is_due(w, FAULT_DROP)) {
		pbuf_free(p);
		return ERR_OK;
	}
	if (is_ip(p) && is_due(w, FAULT_CORRUPT) && make_private(w, &p))
		corrupt_payload(p);
	if (is_due(w, FAULT_DUP)) {
		struct pbuf *twin = pbuf_clone(PBUF_RAW, PBUF_RAM, p);

		if (twin != NULL)
			pass_on(w, twin);
	}
	if (w->held == NULL && is_due(w, FAULT_REORDER) && make_private(w, &p)) {
		w->held = p;
		w->overtaken = 1 + (unsigned)(random_next() % OVERTAKEN_MAX);
		sys_timeout(HELD_MS, send_held, w);
		return ERR_OK;
	}
	return pass_on(w, p);
}

static err_t
faulty_input(struct pbuf *p, struct netif *netif)
{
	return pass_through_faults(&lines[line_index(netif)].rx, p);
}

static err_t
faulty_output(struct netif *netif, struct pbuf *p)
{
	pbuf_ref(p);
	return pass_through_faults(&lines[line_index(netif)].tx, p);
}

static void
direction_init(struct direction *w, struct netif *netif, const double *percent, uint64_t *count)
{
	memcpy(w->percent, percent, sizeof(w->percent));
	w->count = count;
	w->netif = netif;
	for (unsigned i = 0; i < FAULT_KINDS; i++)
		w->due[i] = percent[i] > 0 ? distance_next(percent[i]) : 0;
}

bool
fault_any(const double percent[FAULT_KINDS])
{
	for (unsigned i = 0; i < FAULT_KINDS; i++) {
		if (percent[i] > 0)
			return true;
	}
	return false;
}

void
fault_attach(struct netif *netif, const struct fault_options *o)
{
	unsigned i = line_count;

	if (!fault_any(o->rx) && !fault_any(o->tx))
		return;
	if (i == 0)
		random_state = o->seed;
	lines[i].netif = netif;
	lines[i].input = netif->input;
	lines[i].linkoutput = netif->linkoutput;
	direction_init(&lines[i].rx, netif, o->rx, counts.rx);
	direction_init(&lines[i].tx, netif, o->tx, counts.tx);
	lines[i].rx.pass = pass_input;
	lines[i].tx.pass = pass_output;
	lines[i].tx.shared = true;
	line_count++;
	netif->input = faulty_input;
	netif->linkoutput = faulty_output;
}

void
fault_stop(void)
{
	for (unsigned i = 0; i < line_count; i++) {
		lines[i].netif->input = lines[i].input;
		lines[i].netif->linkoutput = lines[i].linkoutput;
		drop_held(&lines[i].rx);
		drop_held(&lines[i].tx);
	}
	line_count = 0;
}

void
fault_stats_get(struct fault_stats *stats)
{
	*stats = counts;
}
