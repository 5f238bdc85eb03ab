/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Unwinding takes about a microsecond for each frame. The same calls come again and again, so a thread keeps what it
 * found, with the places on its stack where each return address lay. Where the same function is called from the same
 * address, on a stack of the same height, and all those places hold the same return addresses, the calls are the same:
 * each return address tells how large the frame is in which the next one lies. This look takes about 5 ns.
 *
 * A function with alloca() or an array of variable length has frames of different sizes. A return address of an earlier
 * call may lie in such an array. These functions find their frame by its base pointer, so this must be the same, too.
 */
#include "trace/stack.h"

#include "trace/pattern.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unwind.h>

#define STACKS 8192u
#define STACK_READER __attribute__((no_sanitize("address"))) /* of all frames */
#define KNOWN 256u					     /* call stacks that a thread keeps at hand */

struct stack {
	unsigned depth;
	uintptr_t frames[TRACE_STACK_DEPTH];
};

struct word {
	const uintptr_t *at;
	uintptr_t value;
};

struct known {
	uintptr_t frame, address; /* as trace_stack_here() got them; 0: free */
	uint64_t where;
	unsigned depth, word_count;
	struct word words[2 * TRACE_STACK_DEPTH]; /* return addresses and base pointers, outwards */
	uintptr_t frames[TRACE_STACK_DEPTH];
};

struct trace_stacks {
	struct known known[KNOWN];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct stack stacks[STACKS];
static unsigned count;
void (*trace_stacks_full)(unsigned known);
static uint16_t table[2 * STACKS]; /* open addressing; one more than the number of a stack, 0: free */

/* The same calls give the same number. Returns NULL if there is no room for more. */
static const struct stack *
intern(const struct known *known)
{
	static bool said;
	bool full = false;
	uint64_t hash = 0;
	struct stack *found = NULL;

	for (unsigned i = 0; i < known->depth; i++)
		hash = (hash ^ known->frames[i]) * UINT64_C(0x9E3779B97F4A7C15); /* 2^64 / golden ratio */
	pthread_mutex_lock(&lock);
	for (unsigned at = (unsigned)(hash >> 32) % (2 * STACKS);; at = (at + 1) % (2 * STACKS)) {
		if (table[at] == 0 && count == STACKS) {
			full = !said;
			said = true;
			break;
		}
		if (table[at] == 0) {
			found = &stacks[count++];
			found->depth = known->depth;
			memcpy(found->frames, known->frames, known->depth * sizeof(found->frames[0]));
			table[at] = (uint16_t)count;
			break;
		}
		found = &stacks[table[at] - 1];
		if (found->depth == known->depth &&
		    memcmp(found->frames, known->frames, known->depth * sizeof(found->frames[0])) == 0)
			break;
		found = NULL;
	}
	pthread_mutex_unlock(&lock);
	if (full && trace_stacks_full != NULL)
		trace_stacks_full(STACKS);
	return found;
}

void
trace_stack_forked(void)
{
	pthread_mutex_init(&lock, NULL);
}

/*
 * A word of the stack, or what a register was: perhaps nothing that the program has ever written. memcheck would call
 * it a fault to look at that.
 */
static inline uintptr_t
perhaps(uintptr_t word)
{
	if (unlikely(trace_hiding))
		trace_reveal(&word, sizeof(word));
	return word;
}

struct walk {
	struct known *known;
	unsigned wanted;
	bool may_be_known;    /* the stack's words tell whether the calls are the same */
	const uintptr_t *end; /* of the last frame's callees: the last frame begins there */
	struct word base;     /* the last frame's base pointer, where a callee saved it; NULL: not known */
};

#if defined(__x86_64__)

#define BASE_REGISTER 6	  /* rbp, as DWARF counts */
#define MOST_SAVED 6	  /* registers that a function saves at the end of its frame */
#define MOST_ALIGNED 512u /* words: a frame is not aligned to more */

static void
add_word(struct known *known, const uintptr_t *at, uintptr_t value)
{
	known->words[known->word_count++] = (struct word){at, value};
}

/* The first frame. What the mempool called has saved the base pointer at its frame's address. */
STACK_READER static void
begin_bases(struct walk *walk, struct _Unwind_Context *context, const uintptr_t *at)
{
	const uintptr_t *saved = (const uintptr_t *)walk->known->frame;

	walk->base = (struct word){saved, perhaps(_Unwind_GetGR(context, BASE_REGISTER))};
	if (perhaps(*saved) != walk->base.value)
		walk->base.at = NULL;
	walk->end = at + 1;
	walk->may_be_known = true;
}

/* Where the function whose frame this is has saved its caller's base pointer; NULL: not found. */
STACK_READER static const uintptr_t *
find_saved(const uintptr_t *frame, const uintptr_t *at, uintptr_t base)
{
	for (unsigned i = 1; i <= MOST_SAVED && at - i >= frame; i++) {
		if (perhaps(at[-(int)i]) == base)
			return at - i;
	}
	return NULL;
}

/* The frame that ends with this return address: the word that tells its size, if there is one. */
STACK_READER static void
note_base(struct walk *walk, struct _Unwind_Context *context, const uintptr_t *at)
{
	uintptr_t base = perhaps(_Unwind_GetGR(context, BASE_REGISTER));
	/* Its old value may be anything, so it is a pointer only where it is known to lie in the stack. */
	uintptr_t was = walk->base.value, next = was + sizeof(*at);

	if (next == (uintptr_t)at && walk->base.at != NULL)
		add_word(walk->known, walk->base.at, was);
	else if (next == (uintptr_t)at)
		walk->may_be_known = false;
	else if ((was & 7) == 0 && was >= (uintptr_t)walk->end && next < (uintptr_t)at &&
		 was + MOST_ALIGNED * sizeof(*at) > (uintptr_t)at && perhaps(*(const uintptr_t *)next) == *at)
		walk->may_be_known = false; /* its end depends on its alignment: it has a copy of the return address */
	if (base != walk->base.value)
		walk->base = (struct word){find_saved(walk->end, at, base), base};
	walk->end = at + 1;
}

#endif

/* Each frame, from this file's functions outwards. Those before the wanted return address are left out. */
STACK_READER static _Unwind_Reason_Code
step(struct _Unwind_Context *context, void *arg)
{
	struct walk *walk = arg;
	struct known *known = walk->known;
	uintptr_t address = _Unwind_GetIP(context);

	if (address == 0)
		return _URC_END_OF_STACK;
	if (known->depth == 0 && address != known->address)
		return _URC_NO_REASON;
#if defined(__x86_64__)
	const uintptr_t *at = (const uintptr_t *)_Unwind_GetCFA(context) - 1;

	if (known->depth == 0)
		begin_bases(walk, context, at);
	else if (perhaps(*at) != address)
		walk->may_be_known = false;
	else
		note_base(walk, context, at);
	if (known->depth > 0)
		add_word(known, at, address);
#endif
	known->frames[known->depth++] = address;
	return known->depth >= walk->wanted ? _URC_END_OF_STACK : _URC_NO_REASON;
}

STACK_READER static inline __attribute__((always_inline)) bool
has_words(const struct known *known, bool hiding)
{
	for (unsigned i = 0; i < known->word_count; i++) {
		uintptr_t word = *known->words[i].at;

		if (hiding)
			trace_reveal(&word, sizeof(word));
		if (word != known->words[i].value)
			return false;
	}
	return true;
}

STACK_READER static bool
is_same(const struct known *known, uintptr_t frame, uintptr_t address)
{
	if (known->frame != frame || known->address != address)
		return false;
	return unlikely(trace_hiding) ? has_words(known, true) : has_words(known, false);
}

static __attribute__((noinline)) uint64_t
unwind(struct known *known, uintptr_t frame, uintptr_t address, unsigned depth)
{
	static _Thread_local volatile bool busy __attribute__((tls_model("initial-exec")));
	struct walk walk = {.known = known, .wanted = depth};
	const struct stack *stack;

	if (busy) /* the program's signal handler came in between */
		return address;
	busy = true;
	known->frame = frame;
	known->address = address;
	known->depth = known->word_count = 0;
	_Unwind_Backtrace(step, &walk);
	stack = known->depth > 1 ? intern(known) : NULL;
	known->where = stack != NULL ? (uint64_t)(uintptr_t)stack : address;
	if (!walk.may_be_known)
		known->address = 0;
	busy = false;
	return known->where;
}

uint64_t
trace_stack_here(struct trace_thread *me, const void *frame, uintptr_t address, unsigned depth)
{
	uintptr_t height = (uintptr_t)frame;
	struct known *known;

	if (depth <= 1)
		return address;
	if (unlikely(me->stacks == NULL)) {
		me->stacks = calloc(1, sizeof(*me->stacks));
		if (me->stacks == NULL)
			return address;
	}
	known = &me->stacks->known[((height ^ address) * UINT64_C(0x9E3779B97F4A7C15)) >> 56];
	if (likely(is_same(known, height, address)))
		return known->where;
	return unwind(known, height, address, RTE_MIN(depth, TRACE_STACK_DEPTH));
}

unsigned
trace_stack_frames(uint64_t where, uintptr_t frames[TRACE_STACK_DEPTH])
{
	const struct stack *stack = (const struct stack *)(uintptr_t)where;

	if (stack >= stacks && stack < stacks + STACKS) {
		memcpy(frames, stack->frames, sizeof(stack->frames));
		return stack->depth;
	}
	frames[0] = (uintptr_t)where;
	return 1;
}
