/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The twelve lines of C on the README's first screen. What would break: they do not compile, they copy the page, or a
 * reference is lost.
 */
#include <evpl/evpl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "program.h"

struct rte_mbuf *packet_of(struct evpl *evpl, const void *header, unsigned length, struct evpl_iovec *page);

#include "twelve.inc"

#define CLIENTS 3

static const char head[54] = "fifty-four bytes: Ethernet, IPv4 and TCP";
static int number, status;

static void
case_is(bool good, const char *name)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++number, name);
	status |= !good;
}

/* Whether the packet is the header, and behind it the page's own bytes. */
static bool
shows(const struct rte_mbuf *packet, const struct evpl_iovec *page)
{
	return packet != NULL && packet->nb_segs == 2 && packet->pkt_len == sizeof(head) + evpl_iovec_length(page) &&
	       memcmp(rte_pktmbuf_mtod(packet, void *), head, sizeof(head)) == 0 &&
	       rte_pktmbuf_mtod(packet->next, void *) == evpl_iovec_data(page);
}

int
main(void)
{
	struct rte_mbuf *packets[CLIENTS];
	struct evpl_iovec page;
	bool all = true;

	if (program_start_eal("twelve") < 0 || evpl_init(NULL) != 0)
		return 1;
	struct evpl *evpl = evpl_create(NULL);
	if (evpl == NULL || evpl_iovec_alloc(evpl, 1000, 0, 1, 0, &page) != 1)
		return 1;

	puts("1..3");
	for (int i = 0; i < CLIENTS; i++) {
		packets[i] = packet_of(evpl, head, sizeof(head), &page);
		all &= shows(packets[i], &page);
	}
	case_is(all, "each packet is its header and the page, not copied");
	case_is(evpl_iovec_length(&page) == 1000, "the page is still there");
	for (int i = 0; i < CLIENTS; i++)
		rte_pktmbuf_free(packets[i]);
	evpl_iovec_release(evpl, &page);
	evpl_destroy(evpl);
	case_is(evpl_cleanup() == 0, "every reference came back");
	return status;
}
