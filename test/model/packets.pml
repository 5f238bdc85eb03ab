/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The second count of a buffer: packets end on any thread, while its owner attaches more of them, and while TX caches
 * keep counts in stock (tx_cache.c, buffer.h, buffer.c, attach.c, packet_pool.c).
 *
 * Shown: the buffer comes home once, and not while a reference or a packet is left; it is not rewound while a packet is
 * left; whoever gives a count up does not touch the buffer after that; who rewinds it or brings it home comes after
 * everybody's last use of the bytes; when nothing but stock is left, an alloc that looks for memory brings it home.
 *
 * What a thread reads of its own stores, and no other thread can change meanwhile, is in one step with the next access.
 */
/* --all also searches -DLIVES=2 */
/* --all also searches -DSENDERS=2 */
/* --all also searches -DON_PACKETS=1 */
#if defined(MUTATE_UNCLAIM_RELAXED) || defined(MUTATE_CLAIM_RELAXED)
#define SENDERS 2
#define REWINDS 0
#define LOOKS 0
#endif
#ifndef SENDERS
#define SENDERS 1 /* threads with a TX cache and references */
#endif
#define THREADS 4
#define PLACES 4
#define BAGS 7
#include "memory.pml"

/* Threads. */
#define SENDER 0 /* has the window */
#define SECOND 1 /* sends from it, too; with SENDERS 2 */
#define DRIVER 2 /* has no TX cache */
#define ALLOC 3	 /* finds no buffer, and looks into the TX caches */

/* Places. struct evpl_buffer has them. */
#define PACKETS 0
#define STOCK 1
#define CACHE 2
#define ENDED 3

/*
 * Bags: a queue of packets to each thread, a lock of each TX cache, the refcnt (references.pml shows its order), and the
 * slab's list of free buffers.
 */
#define LOCK(cache) (3 + (cache))
#define REFCNT 5
#define SLAB 6

#define COUNTS 2 /* that a claim buys */

/* How often each thing is done in a life. */
#if defined(MUTATE_PUT_RELAXED) || defined(MUTATE_ENDED_STAYS)
#define LIVES 2
#endif
#ifndef LIVES
#define LIVES 1
#endif
#ifndef ATTACHES
#define ATTACHES 2
#endif
#if !defined(ON_PACKETS) && defined(MUTATE_PACKETS_FIRST)
#define ON_PACKETS 1
#endif
#ifndef ON_PACKETS
#define ON_PACKETS 0 /* packets that are made of packets; the sender gets one back */
#endif
#ifndef REWINDS
#define REWINDS 1
#endif
#ifndef LOOKS
#define LOOKS 1
#endif

#ifdef MUTATE_PACKETS_FIRST /* evpl_buffer_is_spent(): the two loads the other way round */
#define PACKETS_FIRST
#endif
#ifdef MUTATE_STOCK_RELAXED /* evpl_buffer_set_stock(): does not release */
#define STOCK_ORDER RELAXED
#else
#define STOCK_ORDER RELEASE
#endif
#ifdef MUTATE_UNCLAIM_RELAXED /* evpl_tx_cache_unclaim(): the store of `cache` does not release */
#define UNCLAIM RELAXED
#else
#define UNCLAIM RELEASE
#endif
#ifdef MUTATE_CLAIM_RELAXED /* evpl_tx_cache_claim(): the exchange of `cache` does not acquire */
#define CLAIM RELAXED
#else
#define CLAIM ACQUIRE
#endif
#ifdef MUTATE_SUB_RELAXED /* evpl_compat_count_sub(): neither releases nor acquires */
#define SUB RELAXED
#else
#define SUB ACQ_REL
#endif
#ifdef MUTATE_LOAD_RELAXED /* evpl_compat_count_load(): does not acquire */
#define LOAD RELAXED
#else
#define LOAD ACQUIRE
#endif

#define MINUS(n) (256 - (n))

byte refs;	   /* references: iovecs, and the window's stock */
byte packets;	   /* that are left */
bool home;
bool locked[2];	   /* a TX cache's lock */
bool claimed[2];   /* its claims[] has the buffer; with its lock held */
bool queue[3];	   /* a packet is on its way to the thread */
byte attaches, on_packets; /* so far in this life */
byte lives = 1, ended_senders;

/* An access to the buffer: it must not be home. Its memory may be gone then. */
#define TOUCH assert(!home)
#define USE(thread) assert(!home); use_bytes(thread)

/*
 * In one step with a thread's last access: it has neither a reference nor a packet nor a claim, so it reads nothing of
 * the buffer.
 */
#define REST if :: !holds && own == 0 && (self > SECOND || !claimed[self]) -> rest(self) :: else fi

/* evpl_buffer_counts_ended(), mark_home(), evpl_shelf_put(). Nobody has anything of the buffer then. */
inline come_home(thread) {
	atomic {
		assert(!home && refs == 0 && packets == 0 && !claimed[0] && !claimed[1]);
		assert_settled(thread);
		store(thread, PACKETS, RELEASE, 1);
#ifndef MUTATE_ENDED_STAYS /* mark_home(): `ended` stays set */
		store(thread, ENDED, RELAXED, 0);
#endif
#ifndef MUTATE_PUT_RELAXED /* evpl_shelf_put(): does not release */
		pass_on(thread, SLAB, 1);
#endif
		home = true;
		rest(thread)
	}
}

#include "tx_cache.pml"

/* evpl_buffer_packet_ended(), and the same in pool_enqueue(), on a thread with a TX cache */
inline packet_end() {
	atomic { USE(self); load(self, CACHE, RELAXED, owner) }
	if
	:: owner == self + 1 ->
		atomic { TOUCH; load(self, ENDED, RELAXED, ended) }
		if
		:: !ended ->
			atomic {
				TOUCH;
				load(self, STOCK, RELAXED, stock);
				store(self, STOCK, STOCK_ORDER, stock + 1);
				packets--; stock = 0
			}
		:: else ->
			give_up_count(packets, leaves);
			if
			:: leaves -> come_home(self)
			:: else
			fi
		fi
	:: else -> packet_end_elsewhere()
	fi;
	owner = 0; ended = 0; leaves = 0; count = 0
}

/* The same on any other thread */
inline packet_end_elsewhere() {
	atomic {
		USE(self);
		add(self, PACKETS, SUB, MINUS(1), count);
		packets--;
		if
		:: count != 0 -> REST
		:: else
		fi
	}
	if
	:: count == 0 -> come_home(self)
	:: else
	fi;
	count = 0
}

/* evpl_attach_stocked(), attach_buffer(). The thread has a reference. */
inline attach() {
	atomic {
		TOUCH;
		load(self, CACHE, RELAXED, owner);
		if
		:: owner == self + 1 -> load_plain(self, STOCK, stock); stocked = stock > 1; stock = 0
		:: else
		fi
	}
	if
	:: !stocked && (owner == 0 || owner == self + 1) -> claim()
	:: else
	fi;
	if
	:: stocked ->
		atomic {
			TOUCH;
			load_plain(self, STOCK, stock);
			store(self, STOCK, STOCK_ORDER, stock - 1);
			packets++; own++; stock = 0; stocked = false
		}
	:: else -> /* another thread has the claim */
		atomic {
			TOUCH; /* reached with -DSENDERS=2 */
			add(self, PACKETS, RELAXED, 1, count);
			packets++; own++; count = 0 /* reached with -DSENDERS=2 */
		}
	fi;
	owner = 0
}

/* evpl_window_is_home(), after the refcnt has shown that no iovec is left; evpl_window_rewind() */
inline rewind() {
	atomic { TOUCH; learn(self, REFCNT, 0); load(self, PACKETS, LOAD, count) }
	atomic {
		TOUCH;
		load(self, CACHE, RELAXED, owner);
		if
		:: owner == self + 1 -> load_plain(self, STOCK, stock)
		:: else
		fi;
		if
		:: count == 1 + stock -> assert(packets == 0); assert_settled(self); use_bytes(self)
		:: else
		fi;
		count = 0; owner = 0; stock = 0
	}
}

/* evpl_ref_give_back(), and reference_last() if it was the last */
inline reference_end() {
	atomic {
		USE(self);
		pass_on(self, REFCNT, 0);
		if
		:: refs > 1 -> refs--; REST
		:: else -> last = true; learn(self, REFCNT, 0)
		fi
	}
	if
	:: last ->
		atomic { TOUCH; load(self, CACHE, RELAXED, owner); store(self, ENDED, RELEASE, 1) }
		if
		:: owner == self + 1 -> give_up_count(refs, leaves)
		:: else ->
			atomic {
				TOUCH;
				load(self, PACKETS, LOAD, count);
				if
				:: count == 1 -> refs--; leaves = true
				:: else
				fi
			}
			if
			:: !leaves ->
				atomic {
					TOUCH;
					add(self, PACKETS, SUB, MINUS(1), count);
					refs--;
					if
					:: count != 0 -> REST
					:: else
					fi
				}
				leaves = count == 0
			:: else
			fi
		fi;
		if
		:: leaves -> come_home(self)
		:: else
		fi
	:: else
	fi;
	last = false; owner = 0; leaves = 0; count = 0
}

/* evpl_buffer_take() of what evpl_shelf_put() has put there */
inline take() {
	atomic {
		learn(self, SLAB, 1);
		learn(self, REFCNT, 1);
		load_plain(self, PACKETS, count);
		load_plain(self, CACHE, owner);
		load_plain(self, STOCK, stock);
		assert(count == 1 && owner == 0 && stock == 0); /* reached with -DLIVES=2 */
		count = 0;
		home = false; holds = true; has_window = true; refs = 1;
		attaches = 0; on_packets = 0; rewinds = 0;
		assert_settled(self);
		use_bytes(self)
	}
}

inline send_packet(to) {
	use_bytes(self);
	pass_on(self, to, 1);
	queue[to] = true
}

inline receive_packet() {
	learn(self, self, 1);
	queue[self] = false
}

proctype Sender(byte self) {
	byte own, rewinds, owner, stock, count;
	bool stocked, ended, leaves, last, holds = true, has_window = self == SENDER;

	do
	:: atomic { home && lives < LIVES -> lives++; take() }
	:: atomic { holds && attaches < ATTACHES -> attaches++ }; attach()
	:: atomic { holds && has_window && refs == 1 && rewinds < REWINDS -> rewinds++ }; rewind()
	:: holds -> holds = false; has_window = false; reference_end()
	:: atomic { own > 0 && !queue[DRIVER] -> own--; send_packet(DRIVER); REST }
#if ON_PACKETS > 0
	:: atomic { queue[self] -> receive_packet(); own++ }
#endif
	:: own > 0 -> own--; packet_end()
	:: claimed[self] -> /* a newer claim takes its place, or the thread ends */
		lock(self, self);
		if
		:: claimed[self] -> give_up_claim(self, self)
		:: else
		fi;
		atomic { unlock(self, self); REST }
	:: atomic { /* the thread may keep its claim, and do nothing */
		!holds && own == 0 && packets == 0 && (lives == LIVES || !home) -> ended_senders++; break
	}
	od
}

/* A thread that frees packets which others made; it also sends one that it has received. */
proctype Driver() {
	byte self = DRIVER, own, count;
	bool holds;

	do
	:: atomic { queue[self] -> receive_packet(); own++ }
#if ON_PACKETS > 0
	:: atomic {
		own > 0 && on_packets < ON_PACKETS -> /* attach_buffer(), for the iovec of a packet */
		on_packets++;
		USE(self);
		add(self, PACKETS, RELAXED, 1, count);
		packets++; own++; count = 0
	}
	:: atomic { own > 0 && !queue[SENDER] && on_packets > 0 -> own--; send_packet(SENDER); REST }
#endif
	:: own > 0 -> own--; packet_end_elsewhere()
	:: ended_senders == SENDERS && packets == 0 -> break
	od
}

/* The last look comes after all threads have done what they do. */
proctype Alloc() {
	byte self = ALLOC, looks, stock, count;
	bool ended, leaves;

	do
	:: looks < LOOKS ->
		looks++;
		reap(0, false);
#if SENDERS > 1
		reap(1, false)
#endif
	:: _nr_pr == 2 -> break
	od;
	if
	:: !home ->
		reap(0, true);
#if SENDERS > 1
		reap(1, true)
#endif
	:: else
	fi;
	assert(home)
}

init {
	atomic {
		place_init(PACKETS, 1);
		place_init(STOCK, 0);
		place_init(CACHE, 0);
		place_init(ENDED, 0);
#if SENDERS == 1
		rest(SECOND);
#endif
		rest(DRIVER);
		rest(ALLOC);
		refs = SENDERS;
		run Alloc(); /* the first, because processes end in the opposite order */
		run Sender(SENDER);
#if SENDERS > 1
		run Sender(SECOND);
#endif
		run Driver()
	}
}
