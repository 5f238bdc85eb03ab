/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * Tracing builds (meson -Diovec_trace=true): the same calls, which know the line that they are called from.
 *
 * Each call is a macro over the function of the same name. A program that takes a function's address, or is written
 * in another language, calls the function itself: its return address stands for the line then. The functions
 * below are the macros' and no API.
 */
#ifndef EVPL_TRACE_H
#define EVPL_TRACE_H

#include <evpl/evpl_core.h>
#include <evpl/evpl_mbuf.h>
#include <evpl/evpl_memory.h>

#if EVPL_IOVEC_TRACE && !defined(EVPL_BELOW_TRACE)

#ifdef __cplusplus
extern "C" {
#endif

/** A place in a program's text: constant, one per call. */
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
EVPL_EXPORT int evpl_iovec_reserve_at(const struct evpl_site *site, struct evpl *evpl, unsigned length,
				      unsigned alignment, unsigned max_vec, struct evpl_iovec *r_iovec);
EVPL_EXPORT void evpl_iovec_commit_at(const struct evpl_site *site, struct evpl *evpl, unsigned alignment,
				      struct evpl_iovec *iovecs, int niovs);
EVPL_EXPORT void evpl_iovec_release_at(const struct evpl_site *site, struct evpl *evpl, struct evpl_iovec *iovec);
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
EVPL_EXPORT uint16_t evpl_rx_burst_at(const struct evpl_site *site, struct evpl *evpl, uint16_t port_id,
				      uint16_t queue_id, struct evpl_iovec *r_iovecs, uint16_t n);
EVPL_EXPORT uint16_t evpl_tx_burst_at(const struct evpl_site *site, struct evpl *evpl, uint16_t port_id,
				      uint16_t queue_id, struct evpl_iovec *iovecs, uint16_t n);

#ifdef __cplusplus
}
#endif

/* A counter in the name, so that a call in the arguments of another one shadows nothing. */
#define EVPL_TRACE_CALL(call, ...) EVPL_TRACE_CALL_1(__COUNTER__, call, __VA_ARGS__)
#define EVPL_TRACE_CALL_1(n, call, ...) EVPL_TRACE_CALL_2(n, call, __VA_ARGS__)
#define EVPL_TRACE_CALL_2(n, call, ...)                                                                                \
	(__extension__({                                                                                               \
		static const struct evpl_site evpl_site_##n = {__FILE__, __func__, __LINE__};                          \
		call##_at(&evpl_site_##n, __VA_ARGS__);                                                                \
	}))
#define EVPL_TRACE_CALL_0(call)                                                                                        \
	(__extension__({                                                                                               \
		static const struct evpl_site evpl_site = {__FILE__, __func__, __LINE__};                              \
		call##_at(&evpl_site);                                                                                 \
	}))

#define evpl_create(...) EVPL_TRACE_CALL(evpl_create, __VA_ARGS__)
#define evpl_destroy(...) EVPL_TRACE_CALL(evpl_destroy, __VA_ARGS__)
#define evpl_cleanup() EVPL_TRACE_CALL_0(evpl_cleanup)
#define evpl_iovec_alloc(...) EVPL_TRACE_CALL(evpl_iovec_alloc, __VA_ARGS__)
#define evpl_iovec_reserve(...) EVPL_TRACE_CALL(evpl_iovec_reserve, __VA_ARGS__)
#define evpl_iovec_commit(...) EVPL_TRACE_CALL(evpl_iovec_commit, __VA_ARGS__)
#define evpl_iovec_release(...) EVPL_TRACE_CALL(evpl_iovec_release, __VA_ARGS__)
#define evpl_iovecs_release(...) EVPL_TRACE_CALL(evpl_iovecs_release, __VA_ARGS__)
#define evpl_iovec_clone(...) EVPL_TRACE_CALL(evpl_iovec_clone, __VA_ARGS__)
#define evpl_iovec_clone_segment(...) EVPL_TRACE_CALL(evpl_iovec_clone_segment, __VA_ARGS__)
#define evpl_iovec_move(...) EVPL_TRACE_CALL(evpl_iovec_move, __VA_ARGS__)
#define evpl_iovec_move_segment(...) EVPL_TRACE_CALL(evpl_iovec_move_segment, __VA_ARGS__)
#define evpl_iovec_data(...) EVPL_TRACE_CALL(evpl_iovec_data, __VA_ARGS__)
#define evpl_iovec_length(...) EVPL_TRACE_CALL(evpl_iovec_length, __VA_ARGS__)
#define evpl_iovec_set_length(...) EVPL_TRACE_CALL(evpl_iovec_set_length, __VA_ARGS__)
#define evpl_iovecs_to_mbuf(...) EVPL_TRACE_CALL(evpl_iovecs_to_mbuf, __VA_ARGS__)
#define evpl_iovecs_from_mbuf(...) EVPL_TRACE_CALL(evpl_iovecs_from_mbuf, __VA_ARGS__)
#define evpl_rx_burst(...) EVPL_TRACE_CALL(evpl_rx_burst, __VA_ARGS__)
#define evpl_tx_burst(...) EVPL_TRACE_CALL(evpl_tx_burst, __VA_ARGS__)

#endif /* tracing */

#endif /* EVPL_TRACE_H */
