/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The stash of a context: its thread takes and puts buffers without an atomic operation, while another thread takes
 * the whole stash back (stash.h, stash.c, and stash_take() and evpl_buffer_give_back() in buffer.c).
 *
 * Shown: never are two threads at the stash; each sees what the one before did; no buffer is lost, and none is there
 * twice; nobody waits for ever.
 */
#define THREADS 2
#define PLACES 2
#define BAGS 1
#include "memory.pml"

/* Threads. */
#define OWNER 0
#define TAKER 1

/* Places: struct evpl_stash_guard. */
#define BUSY 0
#define WANTED 1

#define BUFFERS 3
#define VISITS 3 /* of the owner */
#define TAKES 2	 /* of the stash, by another thread */

#ifdef MUTATE_ENTER_READS_FIRST /* evpl_stash_enter(): the load before the store */
#define READS_FIRST
#endif
#ifdef MUTATE_NO_MEMBARRIER /* evpl_stashes_take_back(): fence_all() fences only the own thread */
#define fence_all() skip
#endif
#ifdef MUTATE_LEAVE_RELAXED /* evpl_stash_leave(): the store of busy does not release */
#define LEAVE RELAXED
#else
#define LEAVE RELEASE
#endif
#ifdef MUTATE_ENTER_RELAXED /* evpl_stash_enter(): the load of wanted does not acquire */
#define ENTER RELAXED
#else
#define ENTER ACQUIRE
#endif
#ifdef MUTATE_WANT_RELAXED /* want_all(): the store of false does not release */
#define WANT RELAXED
#else
#define WANT RELEASE
#endif

/* The buffers are not atomic: each visit needs to see the visits before. */
byte stash = 2, slabs = BUFFERS - 2, in_use; /* how many are where */
bool inside;			   /* a thread is at the stash */

inline visit(thread) {
	d_step {
		assert(!inside);
		inside = true
	}
	assert_settled(thread);
	use_bytes(thread)
}

/* A thread's last step at the stash. */
inline end_visit() {
	inside = false
}

/* evpl_stash_guard_wait(): leaves, waits while `wanted` is true, and enters again. */
inline enter() {
	do
	::
#ifdef READS_FIRST
		load(OWNER, WANTED, ENTER, wanted);
		store(OWNER, BUSY, RELAXED, 1);
#else
		store(OWNER, BUSY, RELAXED, 1);
		load(OWNER, WANTED, ENTER, wanted);
#endif
		if
		:: wanted == 0 -> break
		:: else
		fi;
		store(OWNER, BUSY, LEAVE, 0);
		do
		:: load(OWNER, WANTED, ACQUIRE, wanted);
			if
			:: wanted == 0 -> break
			:: else
			fi
		od
	od
}

proctype Owner() {
	byte wanted, visits;

	do
	:: visits < VISITS ->
		visits++;
		enter();
		visit(OWNER);
		if
		:: stash > 0 -> stash--; in_use++ /* stash_take() */
		:: in_use > 0 -> in_use--; stash++ /* evpl_buffer_give_back() */
		:: stash > 1 -> stash--; slabs++ /* stash_make_room() */
		:: stash == 0 && slabs > 0 -> d_step { slabs--; in_use++ } /* evpl_slab_take() */
		fi;
		end_visit();
		store(OWNER, BUSY, LEAVE, 0)
	:: else -> break
	od
}

/* evpl_stashes_take_back(), with evpl_global.lock held. */
proctype Taker() {
	byte busy, takes;

	do
	:: takes < TAKES ->
		takes++;
		store(TAKER, WANTED, RELEASE, 1); /* want_all(true) */
		fence_all();
		do
		:: load(TAKER, BUSY, ACQUIRE, busy); /* wait_while(busy) */
			if
			:: busy == 0 -> break
			:: else
			fi
		od;
		visit(TAKER);
		d_step { slabs = slabs + stash; stash = 0 } /* evpl_stash_flush(), close_stashes() */
		end_visit();
		store(TAKER, WANTED, WANT, 0) /* want_all(false) */
	:: else -> break
	od
}

init {
	atomic {
		place_init(BUSY, 0);
		place_init(WANTED, 0);
		run Owner();
		run Taker()
	}
	_nr_pr == 1;
	assert(stash + slabs + in_use == BUFFERS)
}
