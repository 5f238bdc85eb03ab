/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The references of a SHARED window's buffer: its owner counts with plain additions to a stock of prepaid references,
 * other threads clone, send and release iovecs with atomics (window.c, ref.h, buffer.c, evpl_inline_pvt.h). Packets are
 * here as far as a rewind needs them; packets.pml has the rest.
 *
 * Shown: the buffer comes home once per life, and not while an iovec or a packet is left; it is not rewound while one
 * is; whoever gives a count up does not touch the buffer after that; who rewinds it or brings it home comes after
 * everybody's last use of the bytes; it comes home at last.
 */
/* --all also searches -DLIVES=2 */
#define THREADS 3
#define PLACES 2
#define BAGS 4
#include "memory.pml"

/* Threads. The owner is the one that has the window. */
#define OWNER 0
#define REMOTE 1
#define OTHER 2

/* Places. */
#define REFCNT 0  /* the mbuf's refcnt */
#define PACKETS 1 /* *buffer.packets */

/* Bags: a queue to each thread, with room for one iovec, and the slab's list of free buffers. */
#define SLAB 3

#define PREPAID_STEP 2
#define PREPAID_MAX 4

/* How often each thing is done in a life. */
#ifdef MUTATE_PUT_RELAXED
#define LIVES 2
#endif
#ifndef LIVES
#define LIVES 1
#endif
#ifndef ALLOCS
#define ALLOCS 2
#endif
#ifndef REWINDS
#define REWINDS 1
#endif
#ifndef CLONES
#define CLONES 1
#endif
#ifndef SENT
#define SENT 1
#endif

#ifdef MUTATE_PACKETS_FIRST /* evpl_window_is_home(): the two loads the other way round */
#define PACKETS_FIRST
#endif
#ifdef MUTATE_HOME_RELAXED /* evpl_window_is_home(): the load of the refcnt does not acquire */
#define HOME_LOAD RELAXED
#else
#define HOME_LOAD ACQUIRE
#endif
#ifdef MUTATE_SUB_RELAXED /* evpl_compat_count_sub(): neither releases nor acquires */
#define SUB RELAXED
#else
#define SUB ACQ_REL
#endif
#ifdef MUTATE_SUB_ACQUIRE /* evpl_compat_count_sub(): does not release */
#undef SUB
#define SUB ACQUIRE
#endif
#ifdef MUTATE_ALONE_RELAXED /* evpl_ref_give_back(): the load that reads 1 does not acquire */
#define ALONE RELAXED
#else
#define ALONE ACQUIRE
#endif
#ifdef MUTATE_ALONE_TWO /* evpl_ref_give_back(): "alone" with one other reference left */
#define IS_ALONE count <= 2
#else
#define IS_ALONE count == 1
#endif

byte iovecs, packets;	 /* that are left, whoever has them */
bool free = true;	 /* the buffer is home */
byte homes, lives;
bool over;		 /* there is no further life */
bool queue[THREADS];	 /* an iovec is on its way to the thread */
byte clones, sent;	 /* so far in this life */

#define MINUS(n) (256 - n)

/* An access to the buffer, or to its bytes: before it, the buffer must not be home. */
#define TOUCH(thread) assert(!free); use_bytes(thread)

/* In one step with a thread's last access: it has neither an iovec nor a packet any more. */
#define REST(thread) if :: own + mine == 0 -> rest(thread) :: else fi

/* mark_home() and evpl_shelf_put(). Nobody has anything of the buffer then. */
inline come_home(thread) {
	atomic {
		assert(!free && iovecs == 0 && packets == 0);
		assert_settled(thread);
		homes++;
		store(thread, PACKETS, RELEASE, 1);
#ifndef MUTATE_PUT_RELAXED /* evpl_shelf_put(): does not release */
		pass_on(thread, SLAB, 1);
#endif
		free = true;
		rest(thread)
	}
}

/* evpl_ref_end(), and reference_last() */
inline reference_end(thread) {
	atomic {
		assert(iovecs == 0); /* so nobody else is at the refcnt */
		load(thread, REFCNT, RELAXED, count);
		if
		:: count != 1 -> store(thread, REFCNT, RELAXED, 1)
		:: else
		fi
	}
	atomic {
		load(thread, PACKETS, ALONE, count);
		if
		:: count == 1 -> count = 0
		:: else
		fi
	}
	atomic {
		if
		:: count != 0 ->
			add(thread, PACKETS, SUB, MINUS(1), count);
			if
			:: count != 0 -> REST(thread)
			:: else
			fi
		:: else
		fi
	}
	if
	:: count == 0 -> come_home(thread)
	:: else
	fi
}

/* evpl_ref_drop(), evpl_ref_give_back() of one SHARED reference */
inline release(thread) {
	atomic {
		TOUCH(thread);
		load(thread, REFCNT, ALONE, count);
		if
		:: IS_ALONE -> iovecs--; count = 0
		:: else
		fi
	}
	atomic {
		if
		:: count != 0 ->
			add(thread, REFCNT, SUB, MINUS(1), count);
			iovecs--;
			if
			:: count != 0 -> REST(thread)
			:: else
			fi
		:: else
		fi
	}
	if
	:: count == 0 -> reference_end(thread)
	:: else
	fi;
	count = 0
}

/* evpl_pvt_iovec_view_of() */
inline clone(thread) {
	add(thread, REFCNT, RELAXED, 1, count);
	iovecs++;
	count = 0
}

/* attach_buffer(), without a TX cache. The iovec is released after it. */
inline send(thread) {
	add(thread, PACKETS, RELAXED, 1, count);
	packets++;
	count = 0
}

/* evpl_buffer_packet_ended(), without a TX cache */
inline packet_end(thread) {
	atomic {
		TOUCH(thread);
		add(thread, PACKETS, SUB, MINUS(1), count);
		packets--;
		if
		:: count != 0 -> REST(thread)
		:: else
		fi
	}
	if
	:: count == 0 -> come_home(thread)
	:: else
	fi;
	count = 0
}

/* A queue of the program, such as evpl_ring. */
inline send_iovec(thread, to) {
	use_bytes(thread);
	pass_on(thread, to, 1);
	queue[to] = true
}

inline receive_iovec(thread) {
	learn(thread, thread, 1);
	queue[thread] = false
}

/* evpl_window_is_home(), evpl_window_rewind(). No iovec is left, so no thread can attach one more packet. */
inline rewind() {
#ifdef PACKETS_FIRST
	load(OWNER, PACKETS, ACQUIRE, more);
	load(OWNER, REFCNT, HOME_LOAD, count);
#else
	load(OWNER, REFCNT, HOME_LOAD, count);
	if
	:: count == prepaid -> load(OWNER, PACKETS, ACQUIRE, more)
	:: else
	fi;
#endif
	if
	:: count == prepaid && more == 1 ->
		atomic {
			assert(iovecs == 0 && packets == 0);
			assert_settled(OWNER);
			TOUCH(OWNER)
		}
	:: else
	fi;
	count = 0;
	more = 0
}

/* evpl_window_install() of a buffer that take_top() has taken */
inline install() {
	atomic {
		learn(OWNER, SLAB, 1);
		free = false;
		lives++; clones = 0; sent = 0;
		load_plain(OWNER, REFCNT, count);
		load_plain(OWNER, PACKETS, more);
		assert(count == 1 && more == 1);
		count = 0; more = 0;
		assert_settled(OWNER);
		TOUCH(OWNER);
		store(OWNER, REFCNT, RELAXED, PREPAID_STEP);
		prepaid = PREPAID_STEP
	}
}

/* evpl_window_close(); evpl_buffer_note_held() writes to the buffer before the stock is given back. */
inline close() {
	atomic {
		assert(!free);
		add(OWNER, REFCNT, SUB, MINUS(prepaid), count);
		prepaid = 0;
		if
		:: count != 0 -> REST(OWNER)
		:: else
		fi
	}
#ifdef MUTATE_CLOSE_TOUCHES /* evpl_window_close(): evpl_buffer_note_held() after stock_return() */
	assert(!free);
#endif
	if
	:: count == 0 -> reference_end(OWNER)
	:: else
	fi;
	count = 0
}

/* Its stock is its own; nobody else reads it. */
proctype Owner() {
	byte prepaid, own, mine, allocs, rewinds, count, more;

	do
	:: lives < LIVES ->
		install();
		allocs = 0;
		rewinds = 0;
		do
		:: atomic {
			allocs < ALLOCS && prepaid > 1 -> /* evpl_iovec_alloc() */
			allocs++;
			prepaid--;
			iovecs++;
			if
			:: !queue[REMOTE] -> send_iovec(OWNER, REMOTE)
			:: !queue[OTHER] -> send_iovec(OWNER, OTHER)
			:: own++
			fi
		}
		:: atomic { own > 0 -> own--; iovecs--; prepaid++ } /* evpl_pvt_window_refund() */
		:: atomic { queue[OWNER] -> receive_iovec(OWNER); iovecs--; prepaid++ } /* likewise */
		:: prepaid == 1 -> /* evpl_window_ensure_stock() */
			add(OWNER, REFCNT, RELAXED, PREPAID_STEP, count);
			prepaid = prepaid + PREPAID_STEP
		:: prepaid >= PREPAID_MAX -> /* evpl_window_halve_stock() */
			add(OWNER, REFCNT, SUB, MINUS(PREPAID_STEP), count);
			prepaid = prepaid - PREPAID_STEP
		:: rewinds < REWINDS -> rewinds++; rewind()
		:: break
		od;
		close();
		do
		:: own > 0 -> own--; release(OWNER)
		:: atomic { queue[OWNER] -> receive_iovec(OWNER); own++ }
		:: own == 0 && free -> break /* for ever here: the buffer is lost */
		od
	:: else -> break
	od;
	over = true
}

proctype Remote(byte self) {
	byte own, mine, count;

	do
	:: atomic { queue[self] -> receive_iovec(self); own++ }
	:: atomic { self == REMOTE && own > 0 && clones < CLONES -> clones++; own++; TOUCH(self); clone(self) }
	:: atomic { own > 0 && sent < SENT -> sent++; mine++; own--; TOUCH(self); send(self) }; release(self)
	:: atomic { self == REMOTE && own > 0 && !queue[OWNER] -> own--; send_iovec(self, OWNER); REST(self) }
	:: own > 0 -> own--; release(self)
	:: mine > 0 -> mine--; packet_end(self)
	:: over -> break
	od
}

init {
	atomic {
		place_init(REFCNT, 1);
		place_init(PACKETS, 1);
		pass_on(OWNER, SLAB, 1);
		rest(REMOTE);
		rest(OTHER);
		run Owner();
		run Remote(REMOTE);
		run Remote(OTHER)
	}
	_nr_pr == 1;
	assert(free && homes == LIVES)
}
