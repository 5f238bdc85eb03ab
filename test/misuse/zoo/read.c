/* SPDX-License-Identifier: BSD-3-Clause */
#include "zoo.h"

/*
 * A byte is read after the packet that held the bytes ended.
 * expect: nothing
 * why: only the address sanitizer and memcheck see reads
 * needs: bytes
 */
ZOO_CASE(after_packet_end)

static void
after_packet_end_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;
	struct rte_mbuf *packet;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	p = evpl_iovec_data(&iovec);
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
	rte_pktmbuf_free(packet);
	(void)p[7]; /* read */
}

static void
after_packet_end_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;
	struct rte_mbuf *packet;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	p = evpl_iovec_data(&iovec);
	p[7] = 1;
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
	(void)p[7];
	rte_pktmbuf_free(packet);
}

/*
 * A byte is read after release.
 * expect: nothing
 * why: only the address sanitizer and memcheck see reads
 * needs: bytes
 */
ZOO_CASE(after_release)

static void
after_release_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	p = evpl_iovec_data(&iovec);
	evpl_iovec_release(evpl, &iovec);
	(void)p[7]; /* read */
}

static void
after_release_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	p = evpl_iovec_data(&iovec);
	p[7] = 1;
	(void)p[7];
	evpl_iovec_release(evpl, &iovec);
}

/*
 * A byte is read before the start.
 * expect: nothing
 * why: only the address sanitizer and memcheck see reads
 * needs: bytes
 */
ZOO_CASE(before_start)

static void
before_start_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	p = evpl_iovec_data(&iovec);
	(void)p[-1]; /* read */
	evpl_iovec_release(evpl, &iovec);
}

static void
before_start_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	p = evpl_iovec_data(&iovec);
	p[0] = 1;
	(void)p[0];
	evpl_iovec_release(evpl, &iovec);
}

/*
 * A byte of a buffer is read that no iovec was ever given.
 * expect: nothing
 * why: only the address sanitizer and memcheck see reads
 * needs: bytes
 */
ZOO_CASE(never_taken)

static void
never_taken_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	p = evpl_iovec_data(&iovec);
	(void)p[30000]; /* read */
	evpl_iovec_release(evpl, &iovec);
}

static void
never_taken_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 30001, 0, 1, flags, &iovec);
	p = evpl_iovec_data(&iovec);
	p[30000] = 1;
	(void)p[30000];
	evpl_iovec_release(evpl, &iovec);
}

/*
 * A byte is read behind the end.
 * expect: nothing
 * why: only the address sanitizer and memcheck see reads
 * needs: bytes
 */
ZOO_CASE(past_end)

static void
past_end_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	p = evpl_iovec_data(&iovec);
	(void)p[64]; /* read */
	evpl_iovec_release(evpl, &iovec);
}

static void
past_end_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	p = evpl_iovec_data(&iovec);
	p[63] = 1;
	(void)p[63];
	evpl_iovec_release(evpl, &iovec);
}

/*
 * A byte is read behind the end of what was committed.
 * expect: nothing
 * why: only the address sanitizer and memcheck see reads
 * needs: bytes
 * flags: LOCAL
 */
ZOO_CASE(past_end_committed)

static void
past_end_committed_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec);
	evpl_iovec_set_length(&iovec, 10);
	evpl_iovec_commit(evpl, 0, &iovec, 1);
	p = evpl_iovec_data(&iovec);
	(void)p[10]; /* read */
	evpl_iovec_release(evpl, &iovec);
}

static void
past_end_committed_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec);
	evpl_iovec_set_length(&iovec, 10);
	evpl_iovec_commit(evpl, 0, &iovec, 1);
	p = evpl_iovec_data(&iovec);
	p[9] = 1;
	(void)p[9];
	evpl_iovec_release(evpl, &iovec);
}

/*
 * A byte is read behind the end of 61 bytes.
 * expect: nothing
 * why: only the address sanitizer and memcheck see reads
 * needs: bytes
 */
ZOO_CASE(past_end_odd)

static void
past_end_odd_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 61, 0, 1, flags, &iovec);
	p = evpl_iovec_data(&iovec);
	(void)p[61]; /* read */
	evpl_iovec_release(evpl, &iovec);
}

static void
past_end_odd_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 61, 0, 1, flags, &iovec);
	p = evpl_iovec_data(&iovec);
	p[60] = 1;
	(void)p[60];
	evpl_iovec_release(evpl, &iovec);
}
