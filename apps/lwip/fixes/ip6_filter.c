/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPv6 packets that lwIP 2.1.3 must not see. Two kinds end the program, and anybody can send them:
 *
 *	ICMPv6 "packet too big" with an MTU of 48 to 55    ip6_frag() never ends (RFC 8200 has none below 1,280)
 *	a fragment header behind a fragment header         ip6_reass() stops at an assertion
 *
 * Other kinds are of no use to a host. So only these may follow the IPv6 header: TCP, UDP, ICMPv6, hop-by-hop options
 * before MLD, or a fragment of TCP, UDP or an ICMPv6 echo. (A "packet too big" is never longer than 1,280 bytes, so it
 * has no fragments: RFC 4443.)
 */
#include "ip6_filter.h"

#include <stdint.h>

#define ETHERNET 14u
#define IP6 40u

enum { HOP_OPTIONS = 0, TCP = 6, UDP = 17, FRAGMENT = 44, ICMP6 = 58 };
enum { TOO_BIG = 2, ECHO_REQUEST = 128, ECHO_REPLY = 129, MLD_QUERY = 130, MLD_DONE = 132, MLD2_REPORT = 143 };

#define MTU_MIN 1280u /* RFC 8200 */

static bool
icmp6_passes(const uint8_t *icmp)
{
	/* lwIP ignores the upper 16 bits of the MTU. */
	return icmp[0] != TOO_BIG || (icmp[4] == 0 && icmp[5] == 0 && (unsigned)(icmp[6] << 8 | icmp[7]) >= MTU_MIN);
}

static bool
fragment_passes(const uint8_t *fragment)
{
	bool first = fragment[2] == 0 && (fragment[3] & 0xf8) == 0;
	const uint8_t *icmp = fragment + 8;

	if (fragment[0] != ICMP6)
		return fragment[0] == TCP || fragment[0] == UDP;
	return !first || icmp[0] == ECHO_REQUEST || icmp[0] == ECHO_REPLY;
}

static bool
hop_options_pass(const uint8_t *options)
{
	const uint8_t *icmp = options + 8;

	return options[0] == ICMP6 && options[1] == 0 &&
	       ((icmp[0] >= MLD_QUERY && icmp[0] <= MLD_DONE) || icmp[0] == MLD2_REPORT);
}

bool
ip6_filter_is_too_big(const struct pbuf *frame)
{
	const uint8_t *ethernet = frame->payload, *ip6 = ethernet + ETHERNET;

	return frame->len > ETHERNET + IP6 && ethernet[12] == 0x86 && ethernet[13] == 0xdd && ip6[6] == ICMP6 &&
	       ip6[IP6] == TOO_BIG;
}

bool
ip6_filter_passes(const struct pbuf *frame)
{
	const uint8_t *ethernet = frame->payload, *ip6 = ethernet + ETHERNET, *next = ip6 + IP6;

	if (frame->len < ETHERNET || ethernet[12] != 0x86 || ethernet[13] != 0xdd)
		return true;
	if (frame->len < ETHERNET + IP6)
		return false;
	if (ip6[6] == TCP || ip6[6] == UDP)
		return true;
	/* The code below reads at most these bytes of the other protocols. */
	if (frame->len < ETHERNET + IP6 + 16)
		return ip6[6] == ICMP6 && frame->len >= ETHERNET + IP6 + 8 && icmp6_passes(next);
	switch (ip6[6]) {
	case ICMP6:
		return icmp6_passes(next);
	case FRAGMENT:
		return fragment_passes(next);
	case HOP_OPTIONS:
		return hop_options_pass(next);
	default:
		return false;
	}
}
