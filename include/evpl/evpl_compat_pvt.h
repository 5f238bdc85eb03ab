/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * Every difference between the APIs of DPDK versions (22.11 and later), and nothing else. (src/port_check.c knows which
 * versions of a driver have which defects.) This is not an API: the inline half of evpl_memory.h needs the reference
 * counts, and the library's sources need the rest.
 */
#ifndef EVPL_COMPAT_PVT_H
#define EVPL_COMPAT_PVT_H

#include <rte_config.h> /* only this one before the macro: DPDK's other headers ask for ALLOW_EXPERIMENTAL_API */

/*
 * rte_eth_dev_conf_get is experimental in every version so far. Only the library is compiled with experimental calls,
 * not the programs that include this header.
 */
#if defined(EVPL_PVT_BUILDING) && !defined(ALLOW_EXPERIMENTAL_API)
#define ALLOW_EXPERIMENTAL_API
#endif

#include <sys/types.h> /* ssize_t: DPDK's headers use it, but declare it only with a GNU -std */

#include <rte_mbuf.h>
#include <rte_version.h>

/*
 * Reference counts. When DPDK's rte_mbuf_refcnt_update and rte_mbuf_ext_refcnt_update read 1, they use a plain store
 * instead of an atomic addition. If two holders of one reference add at the same moment, one update is lost. The
 * functions below always use an atomic. The fields became RTE_ATOMIC(uint16_t) in 23.11.
 */
#if RTE_VERSION >= RTE_VERSION_NUM(23, 11, 0, 0)
#include <rte_stdatomic.h>
typedef RTE_ATOMIC(uint16_t) evpl_compat_count;
#define EVPL_COMPAT_COUNT_LOAD(p) rte_atomic_load_explicit((p), rte_memory_order_acquire)
#define EVPL_COMPAT_COUNT_STORE(p, n) rte_atomic_store_explicit((p), (n), rte_memory_order_release)
#define EVPL_COMPAT_COUNT_ADD(p, n) rte_atomic_fetch_add_explicit((p), (uint16_t)(n), rte_memory_order_relaxed)
#define EVPL_COMPAT_COUNT_SUB(p, n) rte_atomic_fetch_sub_explicit((p), (uint16_t)(n), rte_memory_order_acq_rel)
#else
typedef uint16_t evpl_compat_count;
#define EVPL_COMPAT_COUNT_LOAD(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define EVPL_COMPAT_COUNT_STORE(p, n) __atomic_store_n((p), (n), __ATOMIC_RELEASE)
#define EVPL_COMPAT_COUNT_ADD(p, n) __atomic_fetch_add((p), (uint16_t)(n), __ATOMIC_RELAXED)
#define EVPL_COMPAT_COUNT_SUB(p, n) __atomic_fetch_sub((p), (uint16_t)(n), __ATOMIC_ACQ_REL)
#endif

#if defined(__SANITIZE_THREAD__)
#define EVPL_COMPAT_TSAN
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define EVPL_COMPAT_TSAN
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** Counts @p n more; returns the new count. Pairs with nothing: whoever adds already holds a count. */
static inline uint16_t
evpl_compat_count_add(evpl_compat_count *count, uint16_t n)
{
	return (uint16_t)(EVPL_COMPAT_COUNT_ADD(count, n) + n);
}

/** Counts @p n less; returns the new count. Releases our writes, acquires those of threads that counted less before. */
static inline uint16_t
evpl_compat_count_sub(evpl_compat_count *count, uint16_t n)
{
	return (uint16_t)(EVPL_COMPAT_COUNT_SUB(count, n) - n);
}

/** Returns the count. Pairs with evpl_compat_count_sub(): acquires what was written before it. */
static inline uint16_t
evpl_compat_count_load(evpl_compat_count *count)
{
	return EVPL_COMPAT_COUNT_LOAD(count);
}

/** Sets the count; releases our writes to the threads that load it. */
static inline void
evpl_compat_count_store(evpl_compat_count *count, uint16_t n)
{
	EVPL_COMPAT_COUNT_STORE(count, n);
}

/** Counts @p n more references of @p m; returns the new count. Pairs with nothing: whoever adds holds one. */
static inline uint16_t
evpl_compat_ref_add(struct rte_mbuf *m, uint16_t n)
{
	return evpl_compat_count_add(&m->refcnt, n);
}

/** Gives @p n references back; returns the new count. The order is that of evpl_compat_count_sub(). */
static inline uint16_t
evpl_compat_ref_sub(struct rte_mbuf *m, uint16_t n)
{
	return evpl_compat_count_sub(&m->refcnt, n);
}

/** Returns the count. Pairs with evpl_compat_ref_sub(): acquires what was written before it. */
static inline uint16_t
evpl_compat_ref_load(struct rte_mbuf *m)
{
	return evpl_compat_count_load(&m->refcnt);
}

/** Sets the count; releases our writes to the threads that load it. */
static inline void
evpl_compat_ref_store(struct rte_mbuf *m, uint16_t n)
{
	evpl_compat_count_store(&m->refcnt, n);
}

/** As evpl_compat_ref_add, on the count of packets that share an external buffer. */
static inline uint16_t
evpl_compat_ext_add(struct rte_mbuf_ext_shared_info *shinfo, uint16_t n)
{
	return evpl_compat_count_add(&shinfo->refcnt, n);
}

/** As evpl_compat_ref_sub, on the count of packets that share an external buffer. */
static inline uint16_t
evpl_compat_ext_sub(struct rte_mbuf_ext_shared_info *shinfo, uint16_t n)
{
	return evpl_compat_count_sub(&shinfo->refcnt, n);
}

/** As evpl_compat_ref_load; pairs with the decrement in rte_pktmbuf_free of a packet. */
static inline uint16_t
evpl_compat_ext_load(struct rte_mbuf_ext_shared_info *shinfo)
{
	return evpl_compat_count_load(&shinfo->refcnt);
}

/*
 * For a callback at the end of an external buffer: acquires what other threads did with the bytes before they gave
 * their references back.
 * DPDK's last decrement reads the 1 that they left without an acquire, and then stores 0 plainly, so only a fence
 * after that read pairs with them. Thread sanitizer does not know fences; for it the load is enough.
 */
static inline void
evpl_compat_ext_ended(struct rte_mbuf_ext_shared_info *shinfo)
{
	(void)evpl_compat_ext_load(shinfo);
#ifndef EVPL_COMPAT_TSAN
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
#endif
}

#ifdef __cplusplus
}
#endif

/* Telemetry: before 23.03 the unsigned calls were named _u64. 25.11 has no calls of that name. */
#if RTE_VERSION >= RTE_VERSION_NUM(23, 3, 0, 0)
#define evpl_compat_tel_add_uint(d, name, value) rte_tel_data_add_dict_uint((d), (name), (value))
#define evpl_compat_tel_start_uints(d) rte_tel_data_start_array((d), RTE_TEL_UINT_VAL)
#define evpl_compat_tel_append_uint(d, value) rte_tel_data_add_array_uint((d), (value))
#else
#define evpl_compat_tel_add_uint(d, name, value) rte_tel_data_add_dict_u64((d), (name), (value))
#define evpl_compat_tel_start_uints(d) rte_tel_data_start_array((d), RTE_TEL_U64_VAL)
#define evpl_compat_tel_append_uint(d, value) rte_tel_data_add_array_u64((d), (value))
#endif

#ifdef EVPL_PVT_BUILDING

#include <rte_memzone.h>

/* The most memzones of a process. Since 23.07 a program can ask EAL for more before rte_eal_init(). */
static inline unsigned
evpl_compat_memzones(void)
{
#if RTE_VERSION >= RTE_VERSION_NUM(23, 7, 0, 0)
	return (unsigned)rte_memzone_max_get();
#else
	return RTE_MAX_MEMZONE;
#endif
}

/* Control threads: 23.11 has another type and function for them, and no longer the ones before. */
#if RTE_VERSION >= RTE_VERSION_NUM(23, 11, 0, 0)
#include <rte_thread.h>
typedef rte_thread_t evpl_compat_thread;
typedef uint32_t evpl_compat_thread_result;
#define evpl_compat_thread_create(thread, name, function, arg)                                                         \
	rte_thread_create_control((thread), (name), (function), (arg))
#define evpl_compat_thread_join(thread) ((void)rte_thread_join((thread), NULL))
#define evpl_compat_thread_detach(thread) ((void)rte_thread_detach(thread))
#else
#include <pthread.h>
#include <rte_lcore.h>
typedef pthread_t evpl_compat_thread;
typedef void *evpl_compat_thread_result;
#define evpl_compat_thread_create(thread, name, function, arg)                                                         \
	rte_ctrl_thread_create((thread), (name), NULL, (function), (arg))
#define evpl_compat_thread_join(thread) ((void)pthread_join((thread), NULL))
#define evpl_compat_thread_detach(thread) ((void)pthread_detach(thread))
#endif

#endif /* EVPL_PVT_BUILDING */

#endif /* EVPL_COMPAT_PVT_H */
