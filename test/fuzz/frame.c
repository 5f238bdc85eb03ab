/* SPDX-License-Identifier: BSD-3-Clause */
#include "frame.h"

#include <string.h>

#define ICMP 1 /* its checksum has no pseudo header */

const uint8_t our_mac[6] = {2, 0, 0, 0, 0, 1}, peer_mac[6] = {2, 0, 0, 0, 0, 2};
const uint8_t our_ip4[4] = {198, 18, 0, 1}, our_ip6[16] = {0xfd, 0x18, [15] = 1};

static uint32_t
sum_words(const uint8_t *bytes, size_t length, uint32_t sum)
{
	for (size_t i = 0; i < length; i++)
		sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
	return sum;
}

static void
put_sum(uint8_t *at, uint32_t sum)
{
	while (sum > UINT16_MAX)
		sum = (sum & UINT16_MAX) + (sum >> 16);
	at[0] = (uint8_t)(~sum >> 8);
	at[1] = (uint8_t)~sum;
}

void
frame_put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

void
frame_put32(uint8_t *at, uint32_t value)
{
	frame_put16(at, value >> 16);
	frame_put16(at + 2, value & UINT16_MAX);
}

uint32_t
frame_get32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

void
frame_ip4_checksum(uint8_t *frame)
{
	uint8_t *ip = frame + ETHERNET;

	frame_put16(ip + 10, 0);
	put_sum(ip + 10, sum_words(ip, IP4, 0));
}

size_t
frame_headers(uint8_t *frame, bool v6, uint8_t protocol, uint8_t host, size_t length)
{
	uint8_t *ip = frame + ETHERNET;

	memcpy(frame, our_mac, 6);
	memcpy(frame + 6, peer_mac, 6);
	frame_put16(frame + 12, v6 ? 0x86dd : 0x0800);
	memset(ip, 0, frame_ip(v6));
	if (v6) {
		ip[0] = 0x60;
		frame_put16(ip + 4, (unsigned)length);
		ip[6] = protocol;
		ip[7] = 255; /* as neighbour discovery wants it */
		memcpy(ip + 8, our_ip6, 16);
		ip[23] = host;
		memcpy(ip + 24, our_ip6, 16);
	} else {
		ip[0] = 0x45;
		frame_put16(ip + 2, (unsigned)(IP4 + length));
		ip[8] = 64;
		ip[9] = protocol;
		memcpy(ip + 12, our_ip4, 4);
		ip[15] = host;
		memcpy(ip + 16, our_ip4, 4);
		frame_ip4_checksum(frame);
	}
	return ETHERNET + frame_ip(v6) + length;
}

void
frame_checksum(uint8_t *frame, bool v6, uint8_t protocol, size_t at, size_t length)
{
	uint8_t *ip = frame + ETHERNET, *bytes = ip + frame_ip(v6);
	uint32_t pseudo = (uint32_t)length + protocol;

	if (at + 2 > length)
		return;
	frame_put16(bytes + at, 0);
	pseudo = v6 ? sum_words(ip + 8, 32, pseudo) : sum_words(ip + 12, 8, pseudo);
	put_sum(bytes + at, sum_words(bytes, length, protocol == ICMP ? 0 : pseudo));
}
