/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TCP segments that lwIP 2.1.3 must not see as they are (lwipopts.h, LWIP_HOOK_TCP_INPACKET_PCB). Any peer of a
 * connection could send one, and end the program at an assertion. This file drops the segment, or changes the segment
 * or the connection.
 *
 *	a sequence number half of all numbers away from the next one       "insane offset!": it counts as before it too
 *	an MSS option without SYN                                          a queued segment is longer than allowed
 *	a SYN with a window of 0 or 1, then a larger window                the same: half of it is 0, which is no limit
 *	SYN and ACK together, for a connection that the peer opens         "insane offset!": lwIP believes its number
 *	an MSS too small for the options of SYN, which was not sent again  "mss_local is too small"
 *	an ACK of all that waits for a window to open                      "persist ticking with empty send buffer"
 *	a window of 64 KiB for what does not fit into the other one        "Can't split segment into length 0"
 *	bytes behind the window                                            see tcp_window.h
 *
 * The options of a second SYN before the handshake is done are hidden: they could bring a larger MSS, which lwIP no
 * longer compares with the MTU. An option kind in the header's last byte is hidden, too: lwIP would read its length
 * behind the header.
 */
#include <stdbool.h>
#include <string.h>

#include "tcp_time_wait.h"
#include "tcp_window.h"

#define OPTION_END 0
#define OPTION_NOP 1
#define OPTION_MSS 2
/* Twice the least MSS (RFC 9293). lwIP puts at most half of the largest window into a segment. */
#define SYN_WINDOW_MIN (2 * 536)
/* Linux has the same. SYN's options need 12, and a write of 32 KiB must fit into TCP_SND_QUEUELEN. */
#define MSS_MIN 48

static u8_t
option_at(const struct tcp_hdr *header, u16_t at, u16_t first_length, const u8_t *second)
{
	return at < first_length ? ((const u8_t *)(header + 1))[at] : second[at - first_length];
}

static void
option_set(struct tcp_hdr *header, u16_t at, u16_t first_length, const u8_t *second, u8_t value)
{
	if (at < first_length)
		((u8_t *)(header + 1))[at] = value;
	else
		LWIP_CONST_CAST(u8_t *, second)[at - first_length] = value;
}

/* The offset of the next option. length: there is no next option, or this one is not whole. */
static u16_t
option_next(const struct tcp_hdr *header, u16_t at, u16_t length, u16_t first_length, const u8_t *second)
{
	u8_t kind = option_at(header, at, first_length, second), size = 1;

	if (kind == OPTION_END || at + 1 >= length)
		return length;
	if (kind != OPTION_NOP)
		size = option_at(header, (u16_t)(at + 1), first_length, second);
	return size == 0 || (size == 1 && kind != OPTION_NOP) ? length : (u16_t)LWIP_MIN(at + size, length);
}

static bool
has_mss(const struct tcp_hdr *header, u16_t length, u16_t first_length, const u8_t *second)
{
	for (u16_t at = 0; at < length; at = option_next(header, at, length, first_length, second)) {
		if (option_at(header, at, first_length, second) == OPTION_MSS)
			return true;
	}
	return false;
}

/* Hides an option in the last byte that should have a length: there is no room for it. */
static void
hide_cut_option(struct tcp_hdr *header, u16_t length, u16_t first_length, const u8_t *second)
{
	u16_t at = 0;

	while (at + 1 < length)
		at = option_next(header, at, length, first_length, second);
	if (at + 1 != length || option_at(header, at, first_length, second) <= OPTION_NOP)
		return;
	option_set(header, at, first_length, second, OPTION_NOP);
}

static void
raise_mss(struct tcp_hdr *header, u16_t length, u16_t first_length, const u8_t *second)
{
	for (u16_t at = 0; at + 3 < length; at = option_next(header, at, length, first_length, second)) {
		u16_t low = (u16_t)(at + 3);

		if (option_at(header, at, first_length, second) != OPTION_MSS ||
		    option_at(header, (u16_t)(at + 1), first_length, second) != 4 ||
		    option_at(header, (u16_t)(at + 2), first_length, second) != 0)
			continue;
		if (option_at(header, low, first_length, second) < MSS_MIN)
			option_set(header, low, first_length, second, MSS_MIN);
	}
}

static void
hide_options(struct tcp_hdr *header, u16_t length, u16_t first_length, const u8_t *second)
{
	u16_t here = LWIP_MIN(length, first_length);

	memset(header + 1, OPTION_NOP, here);
	if (length > here)
		memset(LWIP_CONST_CAST(u8_t *, second), OPTION_NOP, (size_t)(length - here));
}

/* No window is longer than a quarter of all numbers. */
static bool
has_far_number(const struct tcp_pcb *pcb, const struct tcp_hdr *header)
{
	u32_t distance = header->seqno - pcb->rcv_nxt;

	return distance > UINT32_MAX / 4 && distance < UINT32_MAX - UINT32_MAX / 4;
}

/* Whether lwIP must decide again if it probes a closed window: the bytes may be acknowledged now, or may fit. */
static bool
may_end_persist(const struct tcp_pcb *pcb, const struct tcp_hdr *header)
{
	return pcb->persist_backoff > 0 && (TCPH_FLAGS(header) & TCP_ACK) != 0 &&
	       (TCP_SEQ_GT(header->ackno, pcb->lastack) || SND_WND_SCALE(pcb, header->wnd) > UINT16_MAX);
}

static err_t
drop_segment(void)
{
	TCP_STATS_INC(tcp.drop);
	return ERR_VAL;
}

/* ERR_OK: lwIP may see the segment. The header is in this machine's byte order, and p begins behind its options. */
err_t
glue_tcp_filter(struct tcp_pcb *pcb, struct tcp_hdr *header, u16_t length, u16_t first_length, const u8_t *second,
		struct pbuf *p)
{
	if (pcb->state == TIME_WAIT && tcp_time_wait_ends(pcb, header, length, first_length, p))
		return ERR_VAL;
	/* This comes after TIME_WAIT, which has a segment summed and filtered again. */
	hide_cut_option(header, length, first_length, second);
	if ((TCPH_FLAGS(header) & TCP_SYN) != 0) {
		header->wnd = LWIP_MAX(header->wnd, SYN_WINDOW_MIN);
		raise_mss(header, length, first_length, second);
		if (pcb->state != SYN_RCVD)
			return ERR_OK;
		hide_options(header, length, first_length, second);
		/* A peer that has sent us a SYN acknowledges ours without another SYN. */
		return (TCPH_FLAGS(header) & (TCP_ACK | TCP_RST)) != TCP_ACK ? ERR_OK : drop_segment();
	}
	if (pcb->state == LISTEN || pcb->state == SYN_SENT || pcb->state == TIME_WAIT)
		return ERR_OK;
	if (has_far_number(pcb, header) || has_mss(header, length, first_length, second))
		return drop_segment();
	/* tcp_output() starts it again, after this segment. */
	if (may_end_persist(pcb, header))
		pcb->persist_backoff = 0;
	tcp_window_cut(pcb, header, p);
	return ERR_OK;
}
