/* SPDX-License-Identifier: BSD-3-Clause */
/* Part of packets.pml: what src/tx_cache.c does with one buffer, and when it is spent. */

inline lock(thread, cache) {
	atomic {
		!locked[cache] -> locked[cache] = true;
		if
		:: claimed[cache] -> learn(thread, LOCK(cache), 1)
		:: else /* nothing is in the bag: see unlock() */
		fi
	}
}

inline unlock(thread, cache) {
	atomic {
		if
		:: claimed[cache] -> pass_on(thread, LOCK(cache), 1)
		:: else /* nobody looks at the buffer because of the lock */
		fi;
		locked[cache] = false
	}
}

/* evpl_tx_cache_unclaim(), with the lock held */
inline unclaim(thread, which) {
	claimed[which] = false;
	atomic { TOUCH; store(thread, STOCK, STOCK_ORDER, 0) }
	atomic { TOUCH; store(thread, CACHE, UNCLAIM, 0) }
}

/* give_up_claim(), with the lock held */
inline give_up_claim(thread, which) {
	atomic { TOUCH; load_plain(thread, STOCK, stock) }
	unclaim(thread, which);
	atomic { TOUCH; add(thread, PACKETS, SUB, MINUS(stock), count); stock = 0 }
	if
	:: count == 0 -> come_home(thread)
	:: else
	fi;
	count = 0
}

/* evpl_buffer_is_spent() */
inline is_spent(thread, result) {
#ifdef PACKETS_FIRST
	atomic { TOUCH; load(thread, PACKETS, LOAD, count) }
	atomic { TOUCH; load(thread, STOCK, ACQUIRE, stock) }
#else
	atomic { TOUCH; load(thread, STOCK, ACQUIRE, stock) }
	atomic { TOUCH; load(thread, PACKETS, LOAD, count) }
#endif
	result = count == stock;
	count = 0;
	stock = 0
}

/*
 * evpl_buffer_give_up_count(): one count goes into the stock, after the last reference has ended. `left` is what the
 * count was of.
 */
inline give_up_count(left, leaves) {
	atomic { TOUCH; load(self, STOCK, RELAXED, stock); load(self, PACKETS, LOAD, count) }
	if
	:: count != stock + 1 ->
		atomic { TOUCH; store(self, STOCK, STOCK_ORDER, stock + 1); left--; count = 0; stock = 0 }
#ifdef MUTATE_TOUCHES /* evpl_buffer_give_up_count(): looks at the buffer after the store */
		atomic { TOUCH; load(self, PACKETS, LOAD, count); count = 0 }
#endif
	:: else -> /* evpl_tx_cache_give_up_last() */
#ifndef MUTATE_NO_LOCK /* evpl_tx_cache_give_up_last(): without the lock */
		lock(self, self);
#endif
		atomic { TOUCH; store(self, STOCK, STOCK_ORDER, stock + 1); left--; count = 0; stock = 0 }
		is_spent(self, leaves);
		if
		:: leaves -> unclaim(self, self)
		:: else
		fi;
#ifndef MUTATE_NO_LOCK
		unlock(self, self)
#endif
	fi
}

/* evpl_tx_cache_claim() of a buffer that this TX cache may claim */
inline claim() {
	lock(self, self);
	if
	:: owner == 0 -> /* the exchange fails if another thread was faster */
		atomic {
			TOUCH;
			newest(self, CACHE, CLAIM, owner);
			if
			:: owner == 0 -> store(self, CACHE, RELAXED, self + 1)
			:: else
			fi
		}
	:: else -> owner = 0
	fi;
	if
	:: owner == 0 ->
		atomic { TOUCH; add(self, PACKETS, RELAXED, COUNTS, count); count = 0 }
		atomic {
			TOUCH;
			claimed[self] = true;
			load_plain(self, STOCK, stock);
			store(self, STOCK, STOCK_ORDER, stock + COUNTS);
			stock = 0; stocked = true
		}
	:: else
	fi;
	unlock(self, self)
}

/* evpl_tx_caches_reap() of one TX cache */
inline reap(which, last_look) {
	lock(self, which);
	if
	:: last_look -> atomic { come_last(self) }
	:: else
	fi;
	if
	:: claimed[which] ->
		atomic { TOUCH; load(self, ENDED, ACQUIRE, ended) }
		if
		:: ended -> is_spent(self, leaves)
		:: else
		fi;
		if
		:: leaves -> unclaim(self, which); come_home(self)
		:: else
		fi;
		ended = 0; leaves = 0
	:: else
	fi;
	atomic { unlock(self, which); rest(self) }
}
