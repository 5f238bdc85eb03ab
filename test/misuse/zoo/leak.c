/* SPDX-License-Identifier: BSD-3-Clause */
#include "zoo.h"

/*
 * The library is stopped while iovecs are live.
 * expect: evpl_cleanup: iovecs are still held: 3 iovecs, 160 bytes
 * ends: well
 */
ZOO_CASE(at_cleanup)

static void
at_cleanup_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovecs[3];

	for (unsigned i = 0; i < 2; i++)
		evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovecs[i]); /* leaked: 2 iovecs, 128 bytes */
	evpl_iovec_clone_segment(&iovecs[2], &iovecs[1], 0, 32);     /* leaked: 1 iovec, 32 bytes */
	zoo_check(evpl_cleanup() == -EBUSY, "-EBUSY");
	evpl_iovecs_release(evpl, iovecs, 3);
}

static void
at_cleanup_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovecs[3];

	zoo_check(evpl_init(NULL) == 0, "a second user");
	for (unsigned i = 0; i < 3; i++)
		evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovecs[i]);
	zoo_check(evpl_cleanup() == 0, "of two users");
	evpl_iovecs_release(evpl, iovecs, 3);
}

/*
 * A context is destroyed while LOCAL iovecs that were taken through it are live.
 * expect: evpl_destroy: LOCAL iovecs that were taken through it are still held: 3 iovecs, 192 bytes
 * ends: well
 * flags: LOCAL
 */
ZOO_CASE(at_destroy)

static void
at_destroy_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl *context = evpl_create(NULL);
	struct evpl_iovec iovecs[3];

	for (unsigned i = 0; i < 3; i++)
		evpl_iovec_alloc(context, 64, 0, 1, flags, &iovecs[i]); /* leaked: 3 iovecs, 192 bytes */
	evpl_destroy(context);
	evpl_iovecs_release(evpl, iovecs, 3);
}

static void
at_destroy_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl *context = evpl_create(NULL);
	struct evpl_iovec iovecs[3];

	for (unsigned i = 0; i < 3; i++)
		evpl_iovec_alloc(context, 64, 0, 1, flags, &iovecs[i]);
	evpl_iovecs_release(context, iovecs, 3);
	evpl_destroy(context);
}

/*
 * Of two contexts of a thread one is destroyed while LOCAL iovecs that were taken through it are live; the other's
 * are not lost.
 * expect: evpl_destroy: LOCAL iovecs that were taken through it are still held: 1 iovec, 64 bytes
 * ends: well
 * flags: LOCAL
 */
ZOO_CASE(at_destroy_of_one_context)

static void
at_destroy_of_one_context_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl *context = evpl_create(NULL);
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 32, 0, 1, flags, &another);
	evpl_iovec_alloc(context, 64, 0, 1, flags, &iovec); /* leaked: 1 iovec, 64 bytes */
	evpl_destroy(context);
	evpl_iovec_release(evpl, &iovec);
	evpl_iovec_release(evpl, &another);
}

static void
at_destroy_of_one_context_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl *context = evpl_create(NULL);
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 32, 0, 1, flags, &another);
	evpl_iovec_alloc(context, 64, 0, 1, flags, &iovec);
	evpl_iovec_release(context, &iovec);
	evpl_destroy(context);
	evpl_iovec_release(evpl, &another);
}

/*
 * A context is destroyed while LOCAL iovecs of evpl_packets_alloc that were taken through it are live.
 * expect: evpl_destroy: LOCAL iovecs that were taken through it are still held: 3 iovecs, 192 bytes
 * ends: well
 * flags: LOCAL
 */
ZOO_CASE(of_packets_alloc_at_destroy)

static void
of_packets_alloc_at_destroy_bug(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = evpl_rx_pool_create("zoo", 63, 0, SOCKET_ID_ANY);
	struct evpl *context = evpl_create(NULL);
	struct evpl_iovec iovecs[3];

	evpl_packets_alloc(context, pool, 64, flags, iovecs, 3); /* leaked: 3 iovecs, 192 bytes */
	evpl_destroy(context);
	evpl_iovecs_release(evpl, iovecs, 3);
}

static void
of_packets_alloc_at_destroy_twin(struct evpl *evpl, unsigned flags)
{
	struct rte_mempool *pool = evpl_rx_pool_create("zoo", 63, 0, SOCKET_ID_ANY);
	struct evpl *context = evpl_create(NULL);
	struct evpl_iovec iovecs[3];

	evpl_packets_alloc(context, pool, 64, flags, iovecs, 3);
	evpl_iovecs_release(context, iovecs, 3);
	evpl_destroy(context);
}

/*
 * The library is stopped while packets on watched bytes are still under way.
 * expect: evpl_cleanup: iovecs are still held: 0 iovecs, 0 bytes
 * needs: bytes
 * ends: well
 */
ZOO_CASE(of_packets_at_cleanup)

static void
of_packets_at_cleanup_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	struct rte_mbuf *packets[2];

	for (unsigned i = 0; i < 2; i++) {
		evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
		packets[i] = evpl_iovecs_to_mbuf(evpl, &iovec, 1); /* leaked: 2 packets, 128 bytes */
	}
	zoo_check(evpl_cleanup() == -EBUSY, "-EBUSY");
	rte_pktmbuf_free_bulk(packets, 2);
}

static void
of_packets_at_cleanup_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	struct rte_mbuf *packets[2];

	zoo_check(evpl_init(NULL) == 0, "a second user");
	for (unsigned i = 0; i < 2; i++) {
		evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
		packets[i] = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
	}
	zoo_check(evpl_cleanup() == 0, "of two users");
	rte_pktmbuf_free_bulk(packets, 2);
}

/*
 * What is held is asked for: the line that moved an iovec last, and the received packet.
 * expect: evpl_leak_report: iovecs are held: 2 iovecs, 110 bytes
 * ends: well
 */
ZOO_CASE(report_after_move)

static void
report_after_move_bug(struct evpl *evpl, unsigned flags)
{
	struct rte_mbuf *packet = rte_pktmbuf_alloc(zoo_pool(32));
	struct evpl_iovec iovec, another, received;

	rte_pktmbuf_append(packet, 100);
	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_move_segment(&another, &iovec, 1, 10);	  /* leaked: 1 iovec, 10 bytes */
	evpl_iovecs_from_mbuf(evpl, packet, flags, 1, &received); /* leaked: 1 iovec, 100 bytes */
	evpl_leak_report(stderr);
	evpl_iovec_release(evpl, &another);
	evpl_iovec_release(evpl, &received);
}

static void
report_after_move_twin(struct evpl *evpl, unsigned flags)
{
	struct rte_mbuf *packet = rte_pktmbuf_alloc(zoo_pool(32));
	struct evpl_iovec iovec, another, received;

	rte_pktmbuf_append(packet, 100);
	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_move_segment(&another, &iovec, 1, 10);
	evpl_iovecs_from_mbuf(evpl, packet, flags, 1, &received);
	evpl_iovec_release(evpl, &another);
	evpl_iovec_release(evpl, &received);
}

/*
 * What is held is asked for: another thread took some of it, and has ended.
 * expect: evpl_leak_report: iovecs are held: 2 iovecs, 164 bytes
 * ends: well
 * flags: SHARED
 */
ZOO_CASE(report_by_thread)

static void
elsewhere(void *arg)
{
	struct evpl *evpl = evpl_create(NULL);

	evpl_iovec_alloc(evpl, 100, 0, 1, EVPL_IOVEC_FLAG_SHARED, arg); /* leaked: 1 iovec, 100 bytes, elsewhere */
	evpl_destroy(evpl);
}

static void
report_by_thread_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovecs[2];

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovecs[0]); /* leaked: 1 iovec, 64 bytes */
	threads_run_elsewhere(elsewhere, &iovecs[1]);
	evpl_leak_report(stderr);
	evpl_iovecs_release(evpl, iovecs, 2);
}

static void
report_by_thread_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovecs[2];

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovecs[0]);
	threads_run_elsewhere(elsewhere, &iovecs[1]);
	evpl_iovecs_release(evpl, iovecs, 2);
}

/*
 * What is held is asked for at any time: two places, one of them twice.
 * expect: evpl_leak_report: iovecs are held: 3 iovecs, 228 bytes
 * ends: well
 */
ZOO_CASE(report_of_two_places)

static void
report_of_two_places_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovecs[3];

	for (unsigned i = 0; i < 2; i++)
		evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovecs[i]); /* leaked: 2 iovecs, 128 bytes */
	evpl_iovec_alloc(evpl, 100, 0, 1, flags, &iovecs[2]);	     /* leaked: 1 iovec, 100 bytes */
	evpl_leak_report(stderr);
	evpl_iovecs_release(evpl, iovecs, 3);
}

static void
report_of_two_places_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovecs[3];
	char *said = NULL;
	size_t size = 0;
	FILE *out;

	for (unsigned i = 0; i < 3; i++)
		evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovecs[i]);
	evpl_iovecs_release(evpl, iovecs, 3);
	out = open_memstream(&said, &size);
	evpl_leak_report(out);
	fclose(out);
	zoo_check(!EVPL_IOVEC_TRACE || strcmp(said, "evpl_leak_report: iovecs are held: 0 iovecs, 0 bytes\n") == 0,
		  said);
	free(said);
}
