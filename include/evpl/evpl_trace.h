/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * Tracing builds (meson -Diovec_trace=true): the same calls, but each knows the source line that it is called from.
 *
 * Each call is a macro over the function of the same name. A program that takes the address of a function, or that is
 * written in another language, calls the function itself; the report then has the return address instead of the line.
 * If a struct's member has the name of a call, write its name in parentheses: (ops->evpl_create)(NULL). The functions
 * below are for the macros only and are not an API.
 */
#ifndef EVPL_TRACE_H
#define EVPL_TRACE_H

#include <evpl/evpl_core.h>
#include <evpl/evpl_mbuf.h>
#include <evpl/evpl_memory.h>
#include <evpl/evpl_ring.h>

#if EVPL_IOVEC_TRACE && !defined(EVPL_BELOW_TRACE)

#ifdef __cplusplus
extern "C" {
#endif

/** A place in a program's source: constant, one per call. */
struct evpl_site {
	const char *file;
	const char *function;
	unsigned line;
};

EVPL_EXPORT struct evpl *evpl_create_at(const struct evpl_site *site, const struct evpl_thread_config *config);
EVPL_EXPORT void evpl_destroy_at(const struct evpl_site *site, struct evpl *evpl);
EVPL_EXPORT int evpl_cleanup_at(const struct evpl_site *site);
EVPL_EXPORT int evpl_iovec_alloc_at(const struct evpl_site *site, struct evpl *evpl, unsigned length,
				    unsigned alignment, unsigned max_iovecs, unsigned flags,
				    struct evpl_iovec *r_iovec);
EVPL_EXPORT int evpl_iovecs_alloc_at(const struct evpl_site *site, struct evpl *evpl, unsigned length,
				     unsigned alignment, unsigned flags, struct evpl_iovec *r_iovecs, unsigned n);
EVPL_EXPORT int evpl_iovec_reserve_at(const struct evpl_site *site, struct evpl *evpl, unsigned length,
				      unsigned alignment, unsigned max_vec, struct evpl_iovec *r_iovec);
EVPL_EXPORT void evpl_iovec_commit_at(const struct evpl_site *site, struct evpl *evpl, unsigned alignment,
				      struct evpl_iovec *iovecs, int niovs);
EVPL_EXPORT void evpl_iovec_release_at(const struct evpl_site *site, struct evpl *evpl, struct evpl_iovec *iovec);
EVPL_EXPORT int evpl_iovec_alloc_hot_at(const struct evpl_site *site, struct evpl *evpl, unsigned length,
					unsigned alignment, unsigned flags, struct evpl_iovec *r_iovec);
EVPL_EXPORT int evpl_iovec_release_hot_at(const struct evpl_site *site, struct evpl *evpl, struct evpl_iovec *iovec);
EVPL_EXPORT void evpl_iovecs_release_at(const struct evpl_site *site, struct evpl *evpl, struct evpl_iovec *iovecs,
					int niov);
EVPL_EXPORT void evpl_iovec_clone_at(const struct evpl_site *site, struct evpl_iovec *dst, struct evpl_iovec *src);
EVPL_EXPORT void evpl_iovec_clone_segment_at(const struct evpl_site *site, struct evpl_iovec *dst,
					     const struct evpl_iovec *src, unsigned offset, unsigned length);
EVPL_EXPORT void evpl_iovec_move_at(const struct evpl_site *site, struct evpl_iovec *dst, struct evpl_iovec *src);
EVPL_EXPORT void evpl_iovec_move_segment_at(const struct evpl_site *site, struct evpl_iovec *dst,
					    struct evpl_iovec *src, unsigned offset, unsigned length);
EVPL_EXPORT void *evpl_iovec_data_at(const struct evpl_site *site, const struct evpl_iovec *iovec);
EVPL_EXPORT unsigned evpl_iovec_length_at(const struct evpl_site *site, const struct evpl_iovec *iovec);
EVPL_EXPORT void evpl_iovec_set_length_at(const struct evpl_site *site, struct evpl_iovec *iovec, unsigned length);
EVPL_EXPORT struct rte_mbuf *evpl_iovecs_to_mbuf_at(const struct evpl_site *site, struct evpl *evpl,
						    struct evpl_iovec *iovecs, int niovs);
EVPL_EXPORT int evpl_iovecs_from_mbuf_at(const struct evpl_site *site, struct evpl *evpl, struct rte_mbuf *mbuf,
					 unsigned flags, unsigned max_iovecs, struct evpl_iovec *r_iovec);
EVPL_EXPORT int evpl_packets_alloc_at(const struct evpl_site *site, struct evpl *evpl, struct rte_mempool *pool,
				      unsigned length, unsigned flags, struct evpl_iovec *r_iovecs, unsigned n);
EVPL_EXPORT uint16_t evpl_rx_burst_at(const struct evpl_site *site, struct evpl *evpl, uint16_t port_id,
				      uint16_t queue_id, struct evpl_iovec *r_iovecs, uint16_t n);
EVPL_EXPORT uint16_t evpl_tx_burst_at(const struct evpl_site *site, struct evpl *evpl, uint16_t port_id,
				      uint16_t queue_id, struct evpl_iovec *iovecs, uint16_t n);
EVPL_EXPORT void evpl_ring_free_at(const struct evpl_site *site, struct evpl *evpl, struct evpl_ring *ring);
EVPL_EXPORT unsigned evpl_ring_enqueue_burst_at(const struct evpl_site *site, struct evpl_ring *ring,
						struct evpl_iovec *iovecs, unsigned n, unsigned *r_free_space);
EVPL_EXPORT unsigned evpl_ring_dequeue_burst_at(const struct evpl_site *site, struct evpl_ring *ring,
						struct evpl_iovec *r_iovecs, unsigned n, unsigned *r_available);

/*
 * The two most frequent calls first go to functions that do only the usual case. In any other case these return 0, and
 * the inline function calls the general one. So they do not have to save values across a call. The arguments are
 * checked here, inline, because the compiler may know them. This makes alloc + release faster: 8.8 ns instead of 9.8
 * ns, without watching bytes.
 */
static inline int
evpl_iovec_alloc_first_at(const struct evpl_site *site, struct evpl *evpl, unsigned length, unsigned alignment,
			  unsigned max_iovecs, unsigned flags, struct evpl_iovec *r_iovec)
{
	if (max_iovecs != 0 && length != 0 && flags <= EVPL_IOVEC_FLAG_SHARED && (alignment & (alignment - 1)) == 0 &&
	    evpl_iovec_alloc_hot_at(site, evpl, length, alignment, flags, r_iovec) != 0)
		return 1;
	return evpl_iovec_alloc_at(site, evpl, length, alignment, max_iovecs, flags, r_iovec);
}

static inline void
evpl_iovec_release_first_at(const struct evpl_site *site, struct evpl *evpl, struct evpl_iovec *iovec)
{
	if (evpl_iovec_release_hot_at(site, evpl, iovec) == 0)
		evpl_iovec_release_at(site, evpl, iovec);
}

#ifdef __cplusplus
}
#endif

/*
 * The address of the struct evpl_site of the place where the macro stands. In C the name has a counter, so that a call
 * in the arguments of another call shadows nothing. In C++ it is a function object, which is also allowed outside of
 * functions.
 */
#ifdef __cplusplus
#define EVPL_SITE                                                                                                      \
	([](const char *function) -> const evpl_site * {                                                               \
		static const evpl_site site = {__FILE__, function, __LINE__};                                          \
		return &site;                                                                                          \
	}(__builtin_FUNCTION()))
#else
#define EVPL_SITE EVPL_SITE_1(__COUNTER__)
#define EVPL_SITE_1(n) EVPL_SITE_2(n)
#define EVPL_SITE_2(n)                                                                                                 \
	(__extension__({                                                                                               \
		static const struct evpl_site evpl_site_##n = {__FILE__, __func__, __LINE__};                          \
		&evpl_site_##n;                                                                                        \
	}))
#endif

#define evpl_cleanup() evpl_cleanup_at(EVPL_SITE)
#define evpl_create(...) evpl_create_at(EVPL_SITE, __VA_ARGS__)
#define evpl_destroy(...) evpl_destroy_at(EVPL_SITE, __VA_ARGS__)
#define evpl_iovec_alloc(...) evpl_iovec_alloc_first_at(EVPL_SITE, __VA_ARGS__)
#define evpl_iovecs_alloc(...) evpl_iovecs_alloc_at(EVPL_SITE, __VA_ARGS__)
#define evpl_iovec_reserve(...) evpl_iovec_reserve_at(EVPL_SITE, __VA_ARGS__)
#define evpl_iovec_commit(...) evpl_iovec_commit_at(EVPL_SITE, __VA_ARGS__)
#define evpl_iovec_release(...) evpl_iovec_release_first_at(EVPL_SITE, __VA_ARGS__)
#define evpl_iovecs_release(...) evpl_iovecs_release_at(EVPL_SITE, __VA_ARGS__)
#define evpl_iovec_clone(...) evpl_iovec_clone_at(EVPL_SITE, __VA_ARGS__)
#define evpl_iovec_clone_segment(...) evpl_iovec_clone_segment_at(EVPL_SITE, __VA_ARGS__)
#define evpl_iovec_move(...) evpl_iovec_move_at(EVPL_SITE, __VA_ARGS__)
#define evpl_iovec_move_segment(...) evpl_iovec_move_segment_at(EVPL_SITE, __VA_ARGS__)
#define evpl_iovec_data(...) evpl_iovec_data_at(EVPL_SITE, __VA_ARGS__)
#define evpl_iovec_length(...) evpl_iovec_length_at(EVPL_SITE, __VA_ARGS__)
#define evpl_iovec_set_length(...) evpl_iovec_set_length_at(EVPL_SITE, __VA_ARGS__)
#define evpl_iovecs_to_mbuf(...) evpl_iovecs_to_mbuf_at(EVPL_SITE, __VA_ARGS__)
#define evpl_iovecs_from_mbuf(...) evpl_iovecs_from_mbuf_at(EVPL_SITE, __VA_ARGS__)
#define evpl_packets_alloc(...) evpl_packets_alloc_at(EVPL_SITE, __VA_ARGS__)
#define evpl_rx_burst(...) evpl_rx_burst_at(EVPL_SITE, __VA_ARGS__)
#define evpl_tx_burst(...) evpl_tx_burst_at(EVPL_SITE, __VA_ARGS__)
#define evpl_ring_free(...) evpl_ring_free_at(EVPL_SITE, __VA_ARGS__)
#define evpl_ring_enqueue_burst(...) evpl_ring_enqueue_burst_at(EVPL_SITE, __VA_ARGS__)
#define evpl_ring_dequeue_burst(...) evpl_ring_dequeue_burst_at(EVPL_SITE, __VA_ARGS__)

#endif /* tracing */

#endif /* EVPL_TRACE_H */
