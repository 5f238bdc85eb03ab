/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef GLUE_IP6_FILTER_H
#define GLUE_IP6_FILTER_H

#include <stdbool.h>

#include <lwip/pbuf.h>

/* Whether lwIP may have a frame, whose headers are in its first pbuf: all but some of IPv6's. */
bool ip6_filter_passes(const struct pbuf *frame);

/* Of one that passes: whether packets go out in fragments after it (an ICMPv6 "packet too big"). */
bool ip6_filter_shrinks(const struct pbuf *frame);

#endif /* GLUE_IP6_FILTER_H */
