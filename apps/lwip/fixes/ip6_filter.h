/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef GLUE_IP6_FILTER_H
#define GLUE_IP6_FILTER_H

#include <stdbool.h>

#include <lwip/pbuf.h>

/* Whether lwIP may see a frame whose headers are in its first pbuf. Only some IPv6 frames may not. */
bool ip6_filter_passes(const struct pbuf *frame);

/* Whether a frame that passes is an ICMPv6 "packet too big". After such a frame packets are sent in fragments. */
bool ip6_filter_is_too_big(const struct pbuf *frame);

#endif /* GLUE_IP6_FILTER_H */
