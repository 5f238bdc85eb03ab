/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The steps of threads on memory.h. Each of them is one atomic access, and any other thread may come between two.
 * A model defines THREADS, PLACES and BAGS, and then includes this file.
 */
#ifndef WRITES
#define WRITES 10 /* values of a place at a time; a model that needs more stops with an error */
#endif
c_decl {
enum { N_THREADS = THREADS, N_PLACES = PLACES, N_BAGS = BAGS, N_WRITES = WRITES };
\#include "memory.h"
};
c_state "struct memory memory" "Global"

#define RELAXED 0
#define ACQUIRE 1
#define RELEASE 2
#define ACQ_REL 3

/* Arguments of a step, and its results. Between two steps they are 0. */
byte t_, p_, o_, a_, r_, n_;
bool two_stores_race; /* the thread does not know the newest value, over which it writes */
bool too_few_writes;  /* not an error of the library: -DWRITES= */

#define STEP(thread, place, order) t_ = thread; p_ = place; o_ = order
#define STEP_END t_ = 0; p_ = 0; o_ = 0; a_ = 0; r_ = 0; n_ = 0

inline place_init(place, value) {
	d_step {
		STEP(0, place, 0);
		a_ = value;
		c_code { memory_init(&now.memory, now.p_, now.a_); };
		STEP_END;
	}
}

/* The value may be an old one. */
inline load(thread, place, order, result) {
	atomic {
		STEP(thread, place, order);
		c_code { now.n_ = memory_newer(&now.memory, now.t_, now.p_); };
		do
		:: a_ < n_ -> a_++
		:: break
		od;
		c_code { now.r_ = memory_load(&now.memory, now.t_, now.p_, now.o_, now.a_); };
		result = r_;
		STEP_END
	}
}

/* A load of a variable that is not atomic there: no other thread may write it at that time. */
inline load_plain(thread, place, result) {
	d_step {
		STEP(thread, place, RELAXED);
		c_code { now.n_ = memory_newer(&now.memory, now.t_, now.p_); };
		assert(n_ == 0);
		c_code { now.r_ = memory_load(&now.memory, now.t_, now.p_, now.o_, 0); };
		result = r_;
		STEP_END
	}
}

/* What an atomic exchange reads: the newest value. */
inline newest(thread, place, order, result) {
	d_step {
		STEP(thread, place, order);
		c_code {
			now.n_ = memory_newer(&now.memory, now.t_, now.p_);
			now.r_ = memory_load(&now.memory, now.t_, now.p_, now.o_, now.n_);
		};
		result = r_;
		STEP_END
	}
}

inline store(thread, place, order, value) {
	d_step {
		a_ = value;
		STEP(thread, place, order);
		c_code {
			now.two_stores_race = !memory_store(&now.memory, now.t_, now.p_, now.o_, now.a_);
			now.too_few_writes = now.memory.broken;
		};
		assert(!too_few_writes);
		assert(!two_stores_race);
		STEP_END
	}
}

/* An atomic addition; the result is the new value. */
inline add(thread, place, order, n, result) {
	d_step {
		a_ = n;
		STEP(thread, place, order);
		c_code {
			now.r_ = memory_add(&now.memory, now.t_, now.p_, now.o_, (signed char)now.a_);
			now.too_few_writes = now.memory.broken;
		};
		assert(!too_few_writes);
		result = r_;
		STEP_END
	}
}

inline use_bytes(thread) {
	d_step {
		t_ = thread;
		c_code { memory_use(&now.memory, now.t_); };
		STEP_END
	}
}

/* No other thread may still use the bytes, or have used them at the same time. */
inline assert_settled(thread) {
	d_step {
		t_ = thread;
		c_code { now.n_ = memory_is_settled(&now.memory, now.t_); };
		assert(n_ != 0);
		STEP_END
	}
}

/* What the thread knows goes into the bag; `counts`: a thread that takes it then gets something with it. */
inline pass_on(thread, bag, counts) {
	a_ = counts; t_ = thread; p_ = bag;
	c_code { memory_hand(&now.memory, now.t_, now.p_, now.a_); };
	STEP_END
}

/* The thread learns what is in the bag; `empties`: so that the bag is empty. */
inline learn(thread, bag, empties) {
	t_ = thread; p_ = bag; a_ = empties;
	c_code { memory_take(&now.memory, now.t_, now.p_, now.a_); };
	STEP_END
}

/* The thread holds nothing any more. */
inline rest(thread) {
	t_ = thread;
	c_code { memory_rest(&now.memory, now.t_); };
	STEP_END
}

/* The thread comes after all others have ended. */
inline come_last(thread) {
	t_ = thread;
	c_code { memory_come_last(&now.memory, now.t_); };
	STEP_END
}

inline fence_all() {
	c_code { memory_fence_all(&now.memory); }
}
