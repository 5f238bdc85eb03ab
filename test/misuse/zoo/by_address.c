/* SPDX-License-Identifier: BSD-3-Clause */
#include "zoo.h"

/*
 * Through a function pointer, in an exported function: double release.
 * expect: double release
 */
ZOO_CASE(exported)

void zoo_release(struct evpl *evpl, struct evpl_iovec *iovec);

__attribute__((noinline)) void
zoo_release(struct evpl *evpl, struct evpl_iovec *iovec)
{
	void (*volatile release)(struct evpl *, struct evpl_iovec *) = evpl_iovec_release;

	release(evpl, iovec); /* let go by address of evpl_iovec_release */
	release = NULL;	      /* else the call would be a jump, and leave no address */
}

static void
exported_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	zoo_release(evpl, &iovec);
	evpl_iovec_release(evpl, &iovec); /* misused */
}

static void
exported_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	zoo_release(evpl, &iovec);
}

/*
 * Through a function pointer, in an exported function, what was released is released again.
 * expect: double release
 */
ZOO_CASE(misused)

void zoo_release_again(struct evpl *evpl, struct evpl_iovec *iovec);

__attribute__((noinline)) void
zoo_release_again(struct evpl *evpl, struct evpl_iovec *iovec)
{
	void (*volatile release)(struct evpl *, struct evpl_iovec *) = evpl_iovec_release;

	release(evpl, iovec); /* misused by address of evpl_iovec_release */
	release = NULL;	      /* else the call would be a jump, and leave no address */
}

static void
misused_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	evpl_iovec_release(evpl, &iovec);		 /* let go */
	zoo_release_again(evpl, &iovec);
}

static void
misused_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	zoo_release_again(evpl, &iovec);
}

/*
 * Through function pointers, in a static function: taken and released twice. Its name is nobody's to know.
 * expect: double release
 */
ZOO_CASE(static)

static __attribute__((noinline)) void
take(struct evpl *evpl, unsigned flags, struct evpl_iovec *iovec)
{
	int (*volatile alloc)(struct evpl *, unsigned, unsigned, unsigned, unsigned, struct evpl_iovec *) =
		evpl_iovec_alloc;

	alloc(evpl, 64, 0, 1, flags, iovec); /* taken by address of evpl_iovec_alloc */
	alloc = NULL;
}

static void
static_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	take(evpl, flags, &iovec);
	evpl_iovec_release(evpl, &iovec); /* let go */
	evpl_iovec_release(evpl, &iovec); /* misused */
}

static void
static_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	take(evpl, flags, &iovec);
	evpl_iovec_release(evpl, &iovec);
}
