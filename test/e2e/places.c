/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Has one buffer in each state that telemetry knows, until its standard input ends. Then it gives all back. Takes EAL's
 * options. One slab, of 16 buffers of 64 KiB; two contexts, of which the second is gone:
 *
 *	current   10 iovecs of 5,000 bytes were taken, of which 5 are released
 *	current   the last iovec of a request for one and a half buffers, SHARED
 *	held      the first iovec of that request, SHARED
 *	held      30 iovecs of 2,048 bytes were taken, of which 8 are left
 *	held      by an iovec that the second context took
 *	lent      to a packet: no iovec is left
 *	stash     one that was released here, and one of the second context that came home here
 *	free      all others
 *
 * With a number behind EAL's options it has that many slabs of 300 buffers instead, all of them spent, and as many
 * contexts. So telemetry needs several answers. With one more argument these buffers come home, the slabs go, and one
 * buffer of a new slab is taken.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_mbuf.h>

#include <evpl/evpl.h>

#define SHARED EVPL_IOVEC_FLAG_SHARED
#define SIZE (64u << 10)
#define CLONES 60000u

static struct evpl_iovec split[2], thirty[30], ten[10], orphan, clones[CLONES];
static struct rte_mbuf *packet;

/* Returns after the first call that failed. */
static bool
take(struct evpl *evpl, unsigned length, unsigned flags, struct evpl_iovec *iovec)
{
	return evpl_iovec_alloc(evpl, length, 0, 1, flags, iovec) == 1;
}

static bool
by_the_second(struct evpl *evpl, struct evpl_iovec *home)
{
	if (!take(evpl, SIZE / 2 + 1, SHARED, home) || !take(evpl, SIZE / 2 + 1, SHARED, &orphan))
		return false;
	evpl_destroy(evpl);
	return true;
}

/* In that order a buffer leaves the window when the next one comes. */
static bool
by_the_first(struct evpl *evpl)
{
	struct evpl_iovec whole, sent;

	for (unsigned i = 0; i < 30; i++) {
		if (!take(evpl, 2048, 0, &thirty[i]))
			return false;
	}
	if (!take(evpl, SIZE, 0, &whole) || !take(evpl, SIZE, 0, &sent))
		return false;
	evpl_iovec_release(evpl, &whole);
	packet = evpl_iovecs_to_mbuf(evpl, &sent, 1);
	for (unsigned i = 0; i < 10; i++) {
		if (!take(evpl, 5000, 0, &ten[i]))
			return false;
	}
	evpl_iovecs_release(evpl, ten, 5);
	evpl_iovecs_release(evpl, thirty, 22);
	return packet != NULL && evpl_iovec_alloc(evpl, SIZE + SIZE / 2, 0, 2, SHARED, split) == 2;
}

/* More references than 16 bits count. */
static void
spill(struct evpl *evpl)
{
	for (unsigned i = 0; i < CLONES; i++)
		evpl_iovec_clone(&clones[i], &split[0]);
	evpl_iovecs_release(evpl, clones, CLONES);
}

static void
wait_for_end(void)
{
	char byte;

	printf("holds\n");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
}

static const struct evpl_thread_config small_stash = {.stash_buffers = 1};

static void
release_many(struct evpl *evpl[], unsigned contexts, unsigned n)
{
	evpl_iovecs_release(NULL, clones, (int)n);
	for (unsigned i = 0; i < contexts; i++)
		evpl_destroy(evpl[i]);
}

/* One context, and one buffer of a new slab. */
static bool
begin_anew(struct evpl **evpl)
{
	if (evpl_trim() == 0)
		return false;
	*evpl = evpl_create(&small_stash);
	return *evpl != NULL && take(*evpl, 4096, SHARED, &clones[0]);
}

static int
hold_many(unsigned slabs, bool anew)
{
	const struct evpl_global_config config = {.slab_size = 300 * 4096,
						  .buffer_size = 4096,
						  .large_buffer_size = 4096,
						  .max_slabs = slabs,
						  .packet_mbufs = 63};
	struct evpl *evpl[64] = {NULL};
	unsigned n = 0;

	if (slabs > 64 || evpl_init(&config) != 0)
		return 1;
	for (unsigned i = 0; i < slabs; i++) {
		evpl[i] = evpl_create(&small_stash);
		if (evpl[i] == NULL)
			return 1;
	}
	while (n < CLONES && take(evpl[n % slabs], 4096, SHARED, &clones[n]))
		n++;
	if (n != slabs * 300)
		return 3;
	if (anew) {
		release_many(evpl, slabs, n);
		if (!begin_anew(&evpl[0]))
			return 3;
		slabs = n = 1;
	}
	wait_for_end();
	release_many(evpl, slabs, n);
	return evpl_cleanup() == 0 ? 0 : 3;
}

int
main(int argc, char **argv)
{
	const struct evpl_global_config config = {.slab_size = 16 * SIZE,
						  .buffer_size = SIZE,
						  .large_buffer_size = SIZE,
						  .max_slabs = 1,
						  .packet_mbufs = 63};
	struct evpl *evpl, *other;
	struct evpl_iovec home;
	int used = rte_eal_init(argc, argv);

	if (used >= 0 && argc > used + 1)
		return hold_many((unsigned)atoi(argv[used + 1]), argc > used + 2);
	if (used < 0 || evpl_init(&config) != 0 || (evpl = evpl_create(NULL)) == NULL ||
	    (other = evpl_create(NULL)) == NULL)
		return 1;
	if (!by_the_second(other, &home) || !by_the_first(evpl))
		return 2;
	evpl_iovec_release(evpl, &home);
	spill(evpl);
	wait_for_end();
	rte_pktmbuf_free(packet);
	evpl_iovecs_release(evpl, split, 2);
	evpl_iovecs_release(evpl, thirty + 22, 8);
	evpl_iovecs_release(evpl, ten + 5, 5);
	evpl_iovec_release(evpl, &orphan);
	evpl_destroy(evpl);
	return evpl_cleanup() == 0 ? 0 : 3;
}
