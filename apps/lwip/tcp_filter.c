/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TCP segments that lwIP 2.1.3 must not see (lwipopts.h, LWIP_HOOK_TCP_INPACKET_PCB): each made it stop at an assertion, and so
 * ended the program, for any peer of a connection.
 *
 *	a number half of all numbers away from the one that comes next      "insane offset!": both before and behind it
 *	an MSS option without SYN                                           what is queued is longer than a segment may be
 *	a SYN with a window of 0 or 1, then a larger window                 likewise: the first half of it is 0, "no limit"
 *
 * And a second SYN before the handshake is done would bring a larger MSS, which lwIP does not compare with the MTU any more: its
 * options do not count.
 */
#include <stdbool.h>
#include <string.h>

#include <lwip/priv/tcp_priv.h>

#define OPTION_END 0
#define OPTION_NOP 1
#define OPTION_MSS 2
/* Twice the least MSS (RFC 9293). Half of the largest window is the most that lwIP puts into a segment. */
#define SYN_WINDOW_MIN (2 * 536)

static u8_t
option_at(const struct tcp_hdr *header, u16_t at, u16_t first_length, const u8_t *second)
{
	return at < first_length ? ((const u8_t *)(header + 1))[at] : second[at - first_length];
}

static bool
has_mss(const struct tcp_hdr *header, u16_t length, u16_t first_length, const u8_t *second)
{
	u16_t at = 0;

	while (at < length) {
		u8_t kind = option_at(header, at, first_length, second);

		if (kind == OPTION_MSS)
			return true;
		if (kind == OPTION_END)
			return false;
		if (kind == OPTION_NOP) {
			at++;
			continue;
		}
		if (at + 1 >= length || option_at(header, (u16_t)(at + 1), first_length, second) < 2)
			return false;
		at = (u16_t)(at + option_at(header, (u16_t)(at + 1), first_length, second));
	}
	return false;
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
is_far(const struct tcp_pcb *pcb, const struct tcp_hdr *header)
{
	u32_t distance = header->seqno - pcb->rcv_nxt;

	return distance > UINT32_MAX / 4 && distance < UINT32_MAX - UINT32_MAX / 4;
}

/* ERR_OK: lwIP may have it. The header is in this machine's byte order, and without its options. */
err_t
glue_tcp_passes(struct tcp_pcb *pcb, struct tcp_hdr *header, u16_t length, u16_t first_length, const u8_t *second)
{
	if ((TCPH_FLAGS(header) & TCP_SYN) != 0) {
		header->wnd = LWIP_MAX(header->wnd, SYN_WINDOW_MIN);
		if (pcb->state == SYN_RCVD)
			hide_options(header, length, first_length, second);
		return ERR_OK;
	}
	if (pcb->state == LISTEN || pcb->state == SYN_SENT || pcb->state == TIME_WAIT)
		return ERR_OK;
	if (is_far(pcb, header) || has_mss(header, length, first_length, second)) {
		TCP_STATS_INC(tcp.drop);
		return ERR_VAL;
	}
	return ERR_OK;
}
