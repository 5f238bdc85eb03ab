/* SPDX-License-Identifier: BSD-3-Clause */
#include "zoo.h"

/*
 * A segment is cloned that is out of range: behind the end, of no length.
 * expect: a segment out of range: offset 65, length 0, of 64 bytes
 * plain: the segment is out of range
 */
ZOO_CASE(clone_beyond)

static void
clone_beyond_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);   /* taken */
	evpl_iovec_clone_segment(&another, &iovec, 65, 0); /* misused */
	evpl_iovec_release(evpl, &another);
	evpl_iovec_release(evpl, &iovec);
}

static void
clone_beyond_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone_segment(&another, &iovec, 64, 0);
	evpl_iovec_release(evpl, &another);
	evpl_iovec_release(evpl, &iovec);
}

/*
 * A segment is cloned that is out of range: so that offset + length is 0 in 32 bits.
 * expect: a segment out of range: offset 8, length 4294967288, of 64 bytes
 * plain: the segment is out of range
 */
ZOO_CASE(clone_length_wraps)

static void
clone_length_wraps_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);	       /* taken */
	evpl_iovec_clone_segment(&another, &iovec, 8, UINT32_MAX - 7); /* misused */
	evpl_iovec_release(evpl, &another);
	evpl_iovec_release(evpl, &iovec);
}

static void
clone_length_wraps_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone_segment(&another, &iovec, 8, 56);
	evpl_iovec_release(evpl, &another);
	evpl_iovec_release(evpl, &iovec);
}

/*
 * A segment is cloned that is out of range: so that offset + length is 1 in 32 bits.
 * expect: a segment out of range: offset 4294967295, length 2, of 64 bytes
 * plain: the segment is out of range
 */
ZOO_CASE(clone_sum_wraps)

static void
clone_sum_wraps_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);	   /* taken */
	evpl_iovec_clone_segment(&another, &iovec, UINT32_MAX, 2); /* misused */
	evpl_iovec_release(evpl, &another);
	evpl_iovec_release(evpl, &iovec);
}

static void
clone_sum_wraps_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone_segment(&another, &iovec, 0, 1);
	evpl_iovec_release(evpl, &another);
	evpl_iovec_release(evpl, &iovec);
}

/*
 * A segment is cloned that is out of range: one byte too long.
 * expect: a segment out of range: offset 60, length 5, of 64 bytes
 * plain: the segment is out of range
 */
ZOO_CASE(clone_too_long)

static void
clone_too_long_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);   /* taken */
	evpl_iovec_clone_segment(&another, &iovec, 60, 5); /* misused */
	evpl_iovec_release(evpl, &another);
	evpl_iovec_release(evpl, &iovec);
}

static void
clone_too_long_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone_segment(&another, &iovec, 60, 4);
	evpl_iovec_release(evpl, &another);
	evpl_iovec_release(evpl, &iovec);
}

/*
 * A segment is moved that is out of range: behind the end, of no length.
 * expect: a segment out of range: offset 65, length 0, of 64 bytes
 * plain: the segment is out of range
 */
ZOO_CASE(move_beyond)

static void
move_beyond_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);  /* taken */
	evpl_iovec_move_segment(&another, &iovec, 65, 0); /* misused */
	evpl_iovec_release(evpl, &another);
}

static void
move_beyond_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_move_segment(&another, &iovec, 64, 0);
	evpl_iovec_release(evpl, &another);
}

/*
 * A segment is moved that is out of range: so that offset + length is 0 in 32 bits.
 * expect: a segment out of range: offset 8, length 4294967288, of 64 bytes
 * plain: the segment is out of range
 */
ZOO_CASE(move_length_wraps)

static void
move_length_wraps_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);	      /* taken */
	evpl_iovec_move_segment(&another, &iovec, 8, UINT32_MAX - 7); /* misused */
	evpl_iovec_release(evpl, &another);
}

static void
move_length_wraps_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_move_segment(&another, &iovec, 8, 56);
	evpl_iovec_release(evpl, &another);
}

/*
 * A segment is moved that is out of range: so that offset + length is 1 in 32 bits.
 * expect: a segment out of range: offset 4294967295, length 2, of 64 bytes
 * plain: the segment is out of range
 */
ZOO_CASE(move_sum_wraps)

static void
move_sum_wraps_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);	  /* taken */
	evpl_iovec_move_segment(&another, &iovec, UINT32_MAX, 2); /* misused */
	evpl_iovec_release(evpl, &another);
}

static void
move_sum_wraps_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_move_segment(&another, &iovec, 0, 1);
	evpl_iovec_release(evpl, &another);
}

/*
 * A segment is moved that is out of range: one byte too long.
 * expect: a segment out of range: offset 60, length 5, of 64 bytes
 * plain: the segment is out of range
 */
ZOO_CASE(move_too_long)

static void
move_too_long_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);  /* taken */
	evpl_iovec_move_segment(&another, &iovec, 60, 5); /* misused */
	evpl_iovec_release(evpl, &another);
}

static void
move_too_long_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_move_segment(&another, &iovec, 60, 4);
	evpl_iovec_release(evpl, &another);
}
