/* SPDX-License-Identifier: BSD-3-Clause */
/* How lwIP is built from its source: for one thread that polls ports, for many connections, for speed. */
#ifndef LWIPOPTS_H
#define LWIPOPTS_H

/* The raw API on one thread: no locks, and no system but sys.c. */
#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_SOCKET 0
#define LWIP_NETCONN 0
/* lwIP allocates its own timers when it sets them. If memory runs out at that moment, the timer is lost for good. */
#define LWIP_TIMERS_CUSTOM 1

/* All of lwIP's memory comes from memory.c, whose blocks are iovecs. */
#define MEMP_MEM_MALLOC 1
#define MEM_ALIGNMENT 8
#if __has_include("lwip/acd.h") /* lwIP 2.2 and later: there MEM_LIBC_MALLOC always means malloc() */
#define MEM_CUSTOM_ALLOCATOR 1
#define MEM_CUSTOM_MALLOC glue_malloc
#define MEM_CUSTOM_CALLOC glue_calloc
#define MEM_CUSTOM_FREE glue_free
#else
#define MEM_LIBC_MALLOC 1
#define mem_clib_malloc glue_malloc
#define mem_clib_calloc glue_calloc
#define mem_clib_free glue_free
#endif

/* pbufs. */
#define LWIP_SUPPORT_CUSTOM_PBUF 1
#define LWIP_NETIF_TX_SINGLE_PBUF 0
#define LWIP_PBUF_REF_T u16_t

/* Ethernet and IP. */
#define LWIP_ARP 1
/*
 * Addresses on the ports' links, for IPv4 and for IPv6. The default is twice the connections that are allowed by
 * default; -Dlwip_neighbours tells the build another number. lwIP searches all of them for an address that it does not
 * know (neighbours.h). lwIP counts IPv6 neighbours with 8 bits, unless the build makes them 16 (nd6_wide.c).
 */
#ifndef GLUE_NEIGHBOURS
#define GLUE_NEIGHBOURS 8192
#endif
#ifndef GLUE_NEIGHBOURS6
#define GLUE_NEIGHBOURS6 127
#endif
#define ARP_TABLE_SIZE GLUE_NEIGHBOURS
#define ARP_QUEUEING 1
#define ARP_QUEUE_LEN 4 /* packets per address; TCP sends again. 8,192 addresses that do not exist keep 50 MB */
#define ETHARP_TABLE_MATCH_NETIF 1
#define LWIP_NETIF_HWADDRHINT 1
#define LWIP_IPV4 1
#define IP_REASS_MAX_PBUFS 128
#define LWIP_IPV6 1
#define LWIP_IPV6_NUM_ADDRESSES 4
#define LWIP_IPV6_AUTOCONFIG 0
/* The glue fragments instead: ip6_fragment.h. */
#define LWIP_IPV6_FRAG 0
#define LWIP_ND6_NUM_NEIGHBORS GLUE_NEIGHBOURS6
#define LWIP_ND6_NUM_DESTINATIONS GLUE_NEIGHBOURS6
#define LWIP_ND6_QUEUEING 1 /* up to as many packets as with ARP: nd6_wide.c */
#define MEMP_NUM_ND6_QUEUE 64
/* Addresses are used at once: they are set by hand, or made of the port's own MAC. */
#define LWIP_IPV6_DUP_DETECT_ATTEMPTS 0

/*
 * TCP. Windows are as large as Linux has them on a fast local network. Segments are as long as the port's MTU allows,
 * including jumbo frames of 9,000 bytes. Queues have the length that usual segments need: in most networks these are
 * shorter, so the same bytes are more segments.
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
/*
 * A window of full segments, of up to three pbufs each. A window of single bytes would be a quarter of a million pbufs,
 * and each new one would search them all.
 */
#define TCP_OOSEQ_MAX_PBUFS (3 * TCP_WND / USUAL_MSS)
#define TCP_LISTEN_BACKLOG 1
#define TCP_DEFAULT_LISTEN_BACKLOG 255
#define LWIP_TCP_KEEPALIVE 1
/*
 * The retransmission time-out and tcp_poll() count in units of two intervals. The least time-out is three units: 300
 * ms, near Linux's 200. lwIP's own interval of 250 ms would make it 1.5 s.
 */
#define TCP_TMR_INTERVAL 50
#define LWIP_TCP_RTO_TIME 1000
/* TIME_WAIT lasts twice this. lwIP searches all of its connections for each packet of a new one. */
#define TCP_MSL 5000UL
/* A peer that guesses sequence numbers could send as another one. */
#define LWIP_HOOK_TCP_ISN(local_ip, local_port, remote_ip, remote_port) glue_tcp_isn()

/* tcp_filter.c, tcp_time_wait.c: segments that would end the program, or begin a connection anew. */
#define LWIP_HOOK_TCP_INPACKET_PCB(pcb, header, length, first_length, second, p)                                       \
	glue_tcp_filter(pcb, header, length, first_length, second, p)
/*
 * A connection's segment is about to be sent. tcp_fin.c takes FIN off first, then tcp_again.c counts what is sent
 * again. An RST may have no pcb, or a listening one, whose struct is shorter than that of a connection.
 */
#define LWIP_HOOK_TCP_OUT_ADD_TCPOPTS(p, header, pcb, options)                                                         \
	((pcb) == NULL || (pcb)->state == LISTEN                                                                       \
		 ? (options)                                                                                           \
		 : glue_tcp_count_again(p, header, pcb, glue_tcp_unset_early_fin(pcb, header, options)))

/* Ports compute and check sums where they can. lwIP is told per netif, and per received frame (netif.c). */
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
