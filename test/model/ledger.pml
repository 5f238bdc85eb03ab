/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A loan to another process, and packets that it makes of it, with that process killed between any two steps; then the
 * primary reclaims (ledger.c, loan.c, process.c). Each step is one access to memory that both processes share. Steps
 * of all threads are in one order here: README.md says what that leaves out.
 *
 * Shown: the primary gives the reference of the loan up once, and not while the other process lives and has an iovec of
 * it, nor while DPDK has a packet of it; after a reclaim nothing but such packets keeps it; every packet mbuf is on the
 * list of free ones again, once.
 */
#define PACKETS 2 /* mbufs */

#ifndef CLONES
#define CLONES 2
#endif

#define FREE 0
#define LENT 1
#define RETURNED 2
#define ENDING 3

/* The ledger: one loan, and its packets. */
byte loan = LENT; /* its state */
byte count = 1;	  /* of the loan's mbuf */
bool listed;	  /* on the list of returned loans */
bool sent[PACKETS];
bool on_list[PACKETS]; /* of free packets; true at first */
bool there = true, back; /* an iovec is in the queue to the other process, or to the primary */
bool calls, lock;	 /* process->calls and ledger->lock */

/* What the model knows, and the code does not. */
bool dead;	     /* the other process was killed */
byte iovecs;	     /* that it has */
bool dpdk[PACKETS];  /* DPDK has the packet, or it was killed before it gave it to DPDK */
byte given_up;	     /* references of the primary */
bool reclaimed;

#define LOCK(which) atomic { !which -> which = true }
#define UNLOCK(which) which = false

/* The bytes may be used again from here on. */
inline give_up() {
	atomic {
		given_up++;
		assert(given_up == 1);
		assert((dead || iovecs == 0) && !dpdk[0] && !dpdk[1])
	}
}

/* loan_ended() */
inline loan_ended() {
	atomic {
		if
		:: loan == LENT -> loan = RETURNED; won = true
		:: else
		fi
	}
	if
	:: won -> atomic { assert(!listed); listed = true; won = false }
	:: else
	fi
}

/* evpl_ref_give_back() of one count, and the end of the loan's mbuf. `then` is a count of the model. */
inline give_back() {
	if
	:: count == 1 -> last = true /* "alone" */
	:: else -> atomic { count--; last = count == 0 }
	fi;
	if
	:: last -> count = 1; last = false; loan_ended()
	:: else
	fi
}

/* packet_ended() */
inline packet_ended(i) {
	if
	:: sent[i] ->
#ifdef MUTATE_COUNT_FIRST /* packet_ended(): the count is given up before the packet is FREE */
		dpdk[i] = false;
		give_back();
		sent[i] = false;
#else
		atomic { sent[i] = false; dpdk[i] = false }
		give_back();
#endif
		atomic { assert(!on_list[i]); on_list[i] = true } /* evpl_ledger_put_packet() */
	:: else
	fi
}

/* make_packet() */
inline make_packet() {
	atomic {
		if
		:: on_list[0] -> on_list[0] = false; taken = 0
		:: !on_list[0] && on_list[1] -> on_list[1] = false; taken = 1
		:: else -> taken = PACKETS
		fi
	}
	if
	:: taken < PACKETS ->
#ifdef MUTATE_SENT_LATE /* make_packet(): the packet is SENT after DPDK has it */
		atomic { dpdk[taken] = true; iovecs-- }
		sent[taken] = true
#else
		atomic { sent[taken] = true; dpdk[taken] = true; iovecs-- }
#endif
	:: else
	fi
}

/* The program of the other process, which may end anywhere. */
proctype Other() {
	byte clones, taken;
	bool won, last;

	{
	atomic { there -> there = false; iovecs = 1 } /* evpl_process_receive() */
	do
	:: iovecs > 0 && clones < CLONES -> clones++; count++; iovecs++ /* evpl_iovec_clone() */
	:: iovecs > 0 -> iovecs--; give_back() /* evpl_iovec_release() */
	:: iovecs > 0 -> make_packet() /* evpl_loans_tx_burst() */
	:: atomic { iovecs > 0 && !back -> back = true; iovecs-- } /* send_back(): the queue has it from then on */
	:: dpdk[0] && sent[0] -> packet_ended(0) /* a driver in this process */
	:: iovecs == 0 && !dpdk[0] -> break
	od
	} unless { dead }
}

proctype Kill() {
	dead = true
}

/* A driver in the primary, which frees packets that the other process made: evpl_ledger_ended() */
proctype Driver() {
	bool won, last;

	do
	:: dpdk[1] && sent[1] ->
#ifndef MUTATE_NO_LOCK /* evpl_ledger_ended(): the primary's threads without ledger->lock */
		LOCK(lock);
#endif
		packet_ended(1);
#ifndef MUTATE_NO_LOCK
		UNLOCK(lock)
#endif
	:: reclaimed && !dpdk[1] -> break
	od
}

/* evpl_ledger_collect() */
inline collect() {
	if
	:: listed ->
		LOCK(lock);
		atomic { mine = listed; listed = false }
#ifndef MUTATE_NO_ENDING /* take_returned(): the state stays RETURNED */
		if
		:: mine -> loan = ENDING
		:: else
		fi;
#endif
		UNLOCK(lock);
		end_loan()
	:: else
	fi
}

/* end_loans() */
inline end_loan() {
	if
	:: mine -> LOCK(lock); loan = FREE; UNLOCK(lock); give_up(); mine = false
	:: else
	fi
}

/* evpl_buffers_collect() of an alloc, on another thread of the primary */
proctype Alloc() {
	bool mine;

	collect()
}

/* take_back(), with process->calls held */
inline receive() {
	atomic { came = back; back = false }
	if
	:: came && loan == LENT ->
		if
		:: count == 1 -> /* the reference is the iovec's from then on */
			LOCK(lock);
			loan = FREE;
			UNLOCK(lock);
			atomic { given_up++; assert(given_up == 1) }
		:: else -> give_back() /* the primary's reference was cloned before */
		fi
	:: else
	fi;
	came = false
}

/* evpl_ledger_sweep() */
inline sweep(packets) {
	collect();
	LOCK(lock);
	if
	:: packets -> sent[0] = false; sent[1] = false; dpdk[0] = false; dpdk[1] = false
	:: else
	fi;
	left = sent[0] + sent[1]; /* count_sent() */
	if
	:: listed -> listed = false; loan = ENDING; mine = true /* take_returned() */
	:: else
	fi;
	if
	:: (loan == LENT || loan == RETURNED) && left > 0 -> count = left /* take_dead() */
	:: (loan == LENT || loan == RETURNED) && left == 0 -> loan = ENDING; mine = true
	:: else
	fi;
	atomic { on_list[0] = !sent[0]; on_list[1] = !sent[1] } /* list_packets() */
	UNLOCK(lock);
	end_loan();
	left = 0
}

proctype Primary() {
	byte left;
	bool mine, came, won, last;

	do
	:: !dead -> LOCK(calls); collect(); receive(); UNLOCK(calls) /* evpl_process_receive() */
	:: dead -> break
	od;
	LOCK(calls);
	there = false; back = false; /* evpl_ledger_rings_init() */
	sweep(false);
	UNLOCK(calls);
	reclaimed = true;
	_nr_pr == 2; /* init and this one */
	collect();
	/* Only packets that DPDK has keep the loan. The other process had such packets, too, and nobody frees those. */
	assert(sent[0] == dpdk[0] && sent[1] == dpdk[1]);
	assert(on_list[0] == !sent[0] && on_list[1] == !sent[1]);
	assert(loan == FREE || (loan == LENT && count == 1 && dpdk[0]));
	sweep(true); /* EVPL_RECLAIM_PACKETS */
	assert(loan == FREE && given_up == 1 && on_list[0] && on_list[1])
}

init {
	atomic {
		on_list[0] = true;
		on_list[1] = true;
		run Primary(); /* the first, because processes end in the opposite order */
		run Alloc();
		run Driver();
		run Other();
		run Kill()
	}
}
