/* SPDX-License-Identifier: BSD-3-Clause */
/* What the trials of the library's calls have in common: a library that runs, a context, and what a context can do. */
#ifndef CALLS_H
#define CALLS_H

#include "trial.h"

/** Slabs of 4 MiB, and two classes of buffers. */
extern const struct evpl_global_config calls_config;

extern struct evpl *calls_evpl; /* the context; NULL: none */

/** Starts the library. */
void calls_begin(void);

/** The same, and makes a context. */
void calls_begin_context(void);

/** Ends the context, proves that everything is home, and stops the library. */
void calls_end(void);

/** Takes, shares, sends and gives back. Every byte must be right. */
void calls_use(struct evpl *evpl);
void calls_use_context(void);

/** Ends the pause in which no slab is made because there was no memory for one: memory comes back. */
void calls_end_pause(void);

/* The cases. */
void init_with_defaults(void **state);
void init_with_preallocated_slabs(void **state);
void init_has_a_helper_for_each_further_slab(void **state);
void init_without_memory_for_slabs_says_so(void **state);
void init_with_a_keeper(void **state);
void keeper_makes_slabs(void **state);
void init_with_far_packets(void **state);
void first_start_without_operations(void **state);
void first_start_without_a_command(void **state);
void create_default(void **state);
void create_with_quota(void **state);
void create_for_a_group(void **state);
void create_with_samples(void **state);
void create_with_far_packets(void **state);
void cleanup_deferred_with_an_iovec(void **state);
void notify_of_slabs(void **state);
void notify_of_pressure(void **state);
void process_is_created(void **state);
void process_is_reclaimed(void **state);
void process_is_freed(void **state);
void process_attaches(void **state);
void ports_are_checked(void **state);
void telemetry_answers(void **state);
void leak_report_is_true(void **state);
void holders_are_logged(void **state);

void alloc_makes_a_small_slab(void **state);
void alloc_makes_a_large_slab(void **state);
void alloc_splits(void **state);
void alloc_of_many_makes_slabs(void **state);
void reserve_makes_a_slab(void **state);
void alloc_with_memory_of_the_node_for_a_shelf(void **state);
void alloc_without_memory_of_the_node_for_a_shelf(void **state);
void allocs_without_memory_look_for_it_rarely(void **state);
void alloc_tries_again_by_itself(void **state);
void alloc_from_another_stash(void **state);
void growth_to_the_end(void **state);
void wait_makes_a_slab(void **state);
void to_mbuf(void **state);
void to_mbuf_far(void **state);
void tx_burst(void **state);
void packets_of_a_plain_pool(void **state);
void rx_burst_copies_chains(void **state);
void rx_pool_is_created(void **state);
void ring_is_created(void **state);
void external_slab_is_added(void **state);
void clones_beyond_16_bits(void **state);

/* Processes of their own. */
void child_without_operations(void);
void child_without_a_command(void);

#endif /* CALLS_H */
