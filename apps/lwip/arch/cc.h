/* SPDX-License-Identifier: BSD-3-Clause */
/* What lwIP asks of the compiler and the system, where its own guesses (lwip/arch.h) do not suffice. */
#ifndef LWIP_ARCH_CC_H
#define LWIP_ARCH_CC_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* DPDK includes the system's htons() and errno, so lwIP does not bring its own. */
#define LWIP_DONT_PROVIDE_BYTEORDER_FUNCTIONS 1
#define LWIP_ERRNO_STDINCLUDE 1
#define LWIP_TIMEVAL_PRIVATE 0

/* Reassembly keeps notes in the IPv6 header that it replaces. 64-bit pointers do not fit: lwIP copies the header. */
#define IPV6_FRAG_COPYHEADER 1

#define LWIP_PLATFORM_DIAG(arguments)                                                                                  \
	do {                                                                                                           \
		printf arguments;                                                                                      \
	} while (0)
#define LWIP_PLATFORM_ASSERT(message)                                                                                  \
	do {                                                                                                           \
		fprintf(stderr, "lwIP: %s (%s:%d)\n", message, __FILE__, __LINE__);                                    \
		abort();                                                                                               \
	} while (0)

/* sys.c */
uint32_t glue_random(void);
#define LWIP_RAND() glue_random()

/* tcp_filter.c: ERR_OK, or lwIP must not see the segment */
struct pbuf;
struct tcp_pcb;
struct tcp_hdr;
int8_t glue_tcp_filter(struct tcp_pcb *pcb, struct tcp_hdr *header, uint16_t length, uint16_t first_length,
		       const uint8_t *second, struct pbuf *p);
/* tcp_time_wait.c: the first sequence number of a connection */
uint32_t glue_tcp_isn(void);
/* tcp_fin.c */
uint32_t *glue_tcp_unset_early_fin(const struct tcp_pcb *pcb, struct tcp_hdr *header, uint32_t *options);

/* tcp_again.c: counts a segment that is sent again; returns options. */
uint32_t *glue_tcp_count_again(const struct pbuf *p, const struct tcp_hdr *header, const struct tcp_pcb *pcb,
			       uint32_t *options);

/* checksum.c */
uint16_t glue_checksum(const void *data, int length);
#define LWIP_CHKSUM glue_checksum

/* memory.c */
void *glue_malloc(size_t size);
void *glue_calloc(size_t count, size_t size);
void glue_free(void *memory);
/* Bytes out of order that a connection may hold: TCP_WND, or none when memory is low. Peers send them again. */
uint32_t glue_ooseq_bytes(void);

#endif /* LWIP_ARCH_CC_H */
