/* SPDX-License-Identifier: BSD-3-Clause */
/* How lwIP is built from its source: for one thread that polls ports, for many connections, for speed. */
#ifndef LWIPOPTS_H
#define LWIPOPTS_H

/* The raw API on one thread: no locks, no system underneath but sys.c. */
#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_SOCKET 0
#define LWIP_NETCONN 0
/* Timers of lwIP's own are allocated when they are set, and lost for good when memory runs out at that moment. */
#define LWIP_TIMERS_CUSTOM 1

/* All of lwIP's memory comes from memory.c, whose blocks are iovecs. */
#define MEM_LIBC_MALLOC 1
#define MEMP_MEM_MALLOC 1
#define MEM_ALIGNMENT 8
#define mem_clib_malloc glue_malloc
#define mem_clib_calloc glue_calloc
#define mem_clib_free glue_free

/* pbufs. */
#define LWIP_SUPPORT_CUSTOM_PBUF 1
#define LWIP_NETIF_TX_SINGLE_PBUF 0
#define LWIP_PBUF_REF_T u16_t

/* Ethernet and IP. */
#define LWIP_ARP 1
/*
 * Addresses on the ports' links: twice the connections that are allowed by default. lwIP looks through them once for each
 * connection, and for packets that are of none: hints of connections are 16 bits.
 */
#define ARP_TABLE_SIZE 8192
#define ARP_QUEUEING 1
#define ARP_QUEUE_LEN 1 /* TCP sends again; so many wait for each of 8,192 addresses that need not exist */
#define ETHARP_TABLE_MATCH_NETIF 1
#define LWIP_NETIF_HWADDRHINT 1
#define LWIP_IPV4 1
#define IP_REASS_MAX_PBUFS 128
#define LWIP_IPV6 1
#define LWIP_IPV6_NUM_ADDRESSES 4
#define LWIP_IPV6_AUTOCONFIG 0
/* The glue does it: ip6_fragment.h. */
#define LWIP_IPV6_FRAG 0
/* Tables of IPv6 are walked with 8-bit counters. */
#define LWIP_ND6_NUM_NEIGHBORS 127
#define LWIP_ND6_NUM_DESTINATIONS 127
#define LWIP_ND6_QUEUEING 0 /* one packet for each, as with ARP: the queue has no limit, and is walked for each packet */
/* Addresses are used at once: they are given by hand, or made of the port's own MAC. */
#define LWIP_IPV6_DUP_DETECT_ATTEMPTS 0

/*
 * TCP. Windows as Linux has them on a fast local network. Segments as long as the MTU of the port lets them be, jumbo frames of
 * 9,000 bytes included. Queues are as long as usual segments need them to be, of which most networks have more in the same bytes.
 */
#define TCP_MSS 8960
#define USUAL_MSS 1460
#define LWIP_WND_SCALE 1
#define TCP_RCV_SCALE 3
#define TCP_WND (256 * 1024)
#define TCP_SND_BUF (512 * 1024)
#define TCP_SND_QUEUELEN (4 * TCP_SND_BUF / USUAL_MSS)
#define TCP_SNDLOWAT (16 * USUAL_MSS)
#define TCP_OVERSIZE USUAL_MSS
#define LWIP_TCP_SACK_OUT 1
#define TCP_OOSEQ_MAX_BYTES TCP_WND
#define TCP_OOSEQ_BYTES_LIMIT(pcb) glue_ooseq_bytes()
/* A window of full segments, of up to three pbufs each. Of single bytes there would be a quarter of a million, searched for each. */
#define TCP_OOSEQ_MAX_PBUFS (3 * TCP_WND / USUAL_MSS)
#define TCP_LISTEN_BACKLOG 1
#define TCP_DEFAULT_LISTEN_BACKLOG 255
#define LWIP_TCP_KEEPALIVE 1
/*
 * The unit of the retransmission time-out and of tcp_poll() is two intervals. The least time-out is three units: 300 ms,
 * near Linux's 200, where lwIP's own 250 ms would make it 1.5 s.
 */
#define TCP_TMR_INTERVAL 50
#define LWIP_TCP_RTO_TIME 1000
/* TIME_WAIT lasts twice this. lwIP looks through all of its connections for each packet of a new one. */
#define TCP_MSL 5000UL
/* A peer that guessed sequence numbers could speak for others. */
#define LWIP_HOOK_TCP_ISN(local_ip, local_port, remote_ip, remote_port) glue_tcp_isn()

/* Segments that would end the program, or start a connection anew: tcp_filter.c, tcp_time_wait.c. */
#define LWIP_HOOK_TCP_INPACKET_PCB(pcb, header, length, first_length, second, p)                                       \
	glue_tcp_passes(pcb, header, length, first_length, second, p)
/*
 * A connection's segment is about to be sent: tcp_fin.c takes FIN off first, then tcp_again.c counts what is sent again. An RST
 * may be of no pcb, or of one that listens, whose struct is shorter than that of a connection.
 */
#define LWIP_HOOK_TCP_OUT_ADD_TCPOPTS(p, header, pcb, options)                                                         \
	((pcb) == NULL || (pcb)->state == LISTEN                                                                       \
		 ? (options)                                                                                           \
		 : glue_tcp_leaves(p, header, pcb, glue_tcp_sends(pcb, header, options)))

/* Ports compute and check sums where they can: told per netif, and for received frames one by one (netif.c). */
#define LWIP_CHECKSUM_CTRL_PER_NETIF 1
#define LWIP_CHECKSUM_ON_COPY 0

/* Counters, for the report. */
#define LWIP_STATS 1
#define LWIP_STATS_LARGE 1
#define MEM_STATS 0
#define MEMP_STATS 0
#define SYS_STATS 0
#define MIB2_STATS 1

#endif /* LWIPOPTS_H */
