/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * In a tracing build the library proper is compiled under other names, and calls_*.c put calls with the public
 * names over it. So the one knows nothing of the other, and a program that was compiled for a plain library, whose inline
 * functions need the names below that are not public, does not link with a tracing one.
 */
#define evpl_create evpl_plain_create
#define evpl_destroy evpl_plain_destroy
#define evpl_cleanup evpl_plain_cleanup
#define evpl_iovec_alloc evpl_plain_iovec_alloc
#define evpl_iovec_reserve evpl_plain_iovec_reserve
#define evpl_iovec_commit evpl_plain_iovec_commit
#define evpl_iovec_release evpl_plain_iovec_release
#define evpl_iovecs_alloc evpl_plain_iovecs_alloc
#define evpl_iovecs_release evpl_plain_iovecs_release
#define evpl_iovec_clone evpl_plain_iovec_clone
#define evpl_iovec_clone_segment evpl_plain_iovec_clone_segment
#define evpl_iovec_move evpl_plain_iovec_move
#define evpl_iovec_move_segment evpl_plain_iovec_move_segment
#define evpl_iovec_data evpl_plain_iovec_data
#define evpl_iovec_length evpl_plain_iovec_length
#define evpl_iovec_set_length evpl_plain_iovec_set_length
#define evpl_iovecs_to_mbuf evpl_plain_iovecs_to_mbuf
#define evpl_iovecs_from_mbuf evpl_plain_iovecs_from_mbuf
#define evpl_packets_alloc evpl_plain_packets_alloc
#define evpl_rx_burst evpl_plain_rx_burst
#define evpl_tx_burst evpl_plain_tx_burst

#define evpl_iovec_alloc_slow evpl_plain_iovec_alloc_slow
#define evpl_iovec_reserve_slow evpl_plain_iovec_reserve_slow
#define evpl_iovec_commit_slow evpl_plain_iovec_commit_slow
#define evpl_iovec_release_slow evpl_plain_iovec_release_slow
#define evpl_iovecs_alloc_slow evpl_plain_iovecs_alloc_slow
#define evpl_iovecs_release_slow evpl_plain_iovecs_release_slow
#define evpl_packets_release evpl_plain_packets_release
#define evpl_iovec_clone_overflow evpl_plain_iovec_clone_overflow
#define evpl_iovec_grow evpl_plain_iovec_grow
#define evpl_iovec_stop evpl_plain_iovec_stop
