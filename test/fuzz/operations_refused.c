/* SPDX-License-Identifier: BSD-3-Clause */
/* Calls with arguments that are refused: each says why, and changes nothing. */
#include <errno.h>

#include "hold.h"
#include "operations.h"

/* The call is printed as it stands there, so its variables have the names of printed.c. */
#define refuses(w, call, error)                                                                                        \
	do {                                                                                                           \
		rte_errno = 0;                                                                                         \
		expect((w), (call), "the call is not refused");                                                        \
		expect((w), rte_errno == (error), "error %d instead of %d", rte_errno, (error));                       \
		say((w), "%s", "assert_true(" #call ");");                                                             \
	} while (0)

static void
refuse_alloc(struct world *w, struct evpl *evpl, unsigned which)
{
	struct evpl_iovec iovec = {0};
	uint32_t large = w->large;

	switch (which % 8) {
	case 0:
		refuses(w, evpl_iovec_alloc(evpl, 1, 3, 1, LOCAL, &iovec) == -1, EINVAL);
		break;
	case 1:
		refuses(w, evpl_iovec_alloc(evpl, 1, 0, 0, SHARED, &iovec) == -1, EINVAL);
		break;
	case 2:
		refuses(w, evpl_iovec_alloc(evpl, 1, 0, 1, 2, &iovec) == -1, EINVAL);
		break;
	case 3:
		refuses(w, evpl_iovec_alloc(NULL, 1, 0, 1, LOCAL, &iovec) == -1, EINVAL);
		break;
	case 4:
		refuses(w, evpl_iovec_alloc(evpl, 3 * large, 0, 2, SHARED, &iovec) == -1, EMSGSIZE);
		break;
	case 5:
		refuses(w, evpl_iovec_alloc(evpl, UINT32_MAX, 64, 1, LOCAL, &iovec) == -1, EMSGSIZE);
		break;
	case 6:
		refuses(w, evpl_iovecs_alloc(evpl, large + 1, 0, LOCAL, &iovec, 1) == -1, EMSGSIZE);
		break;
	default:
		refuses(w, evpl_iovec_alloc(evpl, 0, 0, 1, SHARED, &iovec) == 0, 0);
		break;
	}
}

static void
refuse_packet(struct world *w, struct evpl *evpl, unsigned which)
{
	struct rte_mempool *foreign = world_foreign;
	struct evpl_iovec iovec = {0};
	uint16_t port = world_port;

	switch (which % 8) {
	case 0:
		refuses(w, evpl_iovecs_to_mbuf(evpl, &iovec, 0) == NULL, EINVAL);
		break;
	case 1:
		refuses(w, evpl_iovecs_to_mbuf(evpl, NULL, 1) == NULL, EINVAL);
		break;
	case 2:
		refuses(w, evpl_iovecs_from_mbuf(evpl, NULL, LOCAL, 1, &iovec) == -1, EINVAL);
		break;
	case 3:
		refuses(w, evpl_packets_alloc(evpl, foreign, 0, LOCAL, &iovec, 1) == -1, EINVAL);
		break;
	case 4:
		refuses(w, evpl_packets_alloc(evpl, foreign, 2049, LOCAL, &iovec, 1) == -1, EMSGSIZE);
		break;
	case 5:
		refuses(w, evpl_packets_alloc(evpl, NULL, 1, LOCAL, &iovec, 1) == -1, EINVAL);
		break;
	case 6:
		refuses(w, evpl_rx_burst(evpl, port, 0, NULL, 1) == 0, EINVAL);
		break;
	default:
		refuses(w, evpl_tx_burst(evpl, port, 0, NULL, 1) == 0, EINVAL);
		break;
	}
}

static void
refuse_other(struct world *w, unsigned which)
{
	static struct evpl_wait wait;

	switch (which % 7) {
	case 0:
		expect(w, evpl_rx_pool_destroy(world_foreign) == -EINVAL, "a foreign pool is destroyed");
		break;
	case 1:
		expect(w, evpl_alloc_wait_cancel(NULL, &wait) == -EINVAL, "a wait of no context");
		break;
	case 2:
		expect(w, evpl_slab_remove_external(&wait) == -ENOENT, "a slab that never was");
		break;
	case 3:
		expect(w, evpl_alloc_wait_poll(NULL) == 0, "a wait of no context");
		break;
	case 4:
		evpl_iovecs_release(NULL, NULL, 0);
		break;
	case 5:
		evpl_destroy(NULL);
		break;
	default:
		evpl_ring_free(NULL, NULL);
		break;
	}
}

static void
refuse(struct world *w)
{
	struct context *c = operations_context(w);
	unsigned which = operations_draw(w, 256);

	if (c == NULL)
		return;
	if (which < 192)
		say(w, "evpl = %s;", world_name(w, c));
	if (which < 96)
		refuse_alloc(w, c->evpl, which);
	else if (which < 192)
		refuse_packet(w, c->evpl, which);
	else
		refuse_other(w, which);
}

const struct operation operations_refused[] = {{"a refused call", refuse, 2, 2}, {0}};
