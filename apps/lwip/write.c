/* SPDX-License-Identifier: BSD-3-Clause */
/* What programs write: iovecs and received pbufs, which lwIP's TCP sends in place. */
#include <lwip/priv/tcp_priv.h>
#include <lwip/tcp.h>

#include "fixes/tcp_order.h"
#include "glue.h"
#include "glue_memory.h"

#if GLUE_LWIP_SOURCE
/*
 * tcp_write() makes the last unsent PBUF_ROM longer if the new bytes follow it in memory. But that pbuf holds one
 * iovec, and the bytes behind may belong to another one: iovecs in a buffer are neighbours. Returns the pbuf that must
 * not become longer, or NULL.
 */
static struct pbuf *
last_of_another_iovec(const struct tcp_pcb *pcb, const char *bytes, unsigned length)
{
	struct tcp_seg *segment = pcb->unsent;
	struct evpl_iovec *held;
	struct pbuf *p;

	if (segment == NULL)
		return NULL;
	while (segment->next != NULL)
		segment = segment->next;
	for (p = segment->p; p->next != NULL; p = p->next)
		;
	if (!pbuf_match_type(p, PBUF_ROM) || (const char *)p->payload + p->len != bytes)
		return NULL;
	held = glue_memory_held(p);
	if (held != NULL && bytes + length <= (const char *)evpl_iovec_data(held) + evpl_iovec_length(held))
		return NULL;
	return p;
}

static err_t
write_held(struct tcp_pcb *pcb, struct evpl_iovec *iovec, const char *bytes, unsigned length, u8_t flags)
{
	struct pbuf *another = last_of_another_iovec(pcb, bytes, length);
	err_t error;

	/* lwIP appends to no pbuf whose bytes may change. */
	if (another != NULL)
		another->type_internal |= PBUF_TYPE_FLAG_DATA_VOLATILE;
	glue_memory_hold(iovec);
	error = tcp_write(pcb, bytes, (u16_t)length, flags);
	glue_memory_hold(NULL);
	if (another != NULL)
		another->type_internal &= (u8_t)~PBUF_TYPE_FLAG_DATA_VOLATILE;
	return error;
}
#endif

err_t
glue_write(struct tcp_pcb *pcb, struct evpl_iovec *iovec, unsigned offset, unsigned length, u8_t flags)
{
	unsigned whole = evpl_iovec_length(iovec);
	const char *bytes;

	if (length == 0 || length > UINT16_MAX || offset > whole || length > whole - offset)
		return ERR_ARG;
	if (!tcp_order_is_kept(pcb))
		return ERR_MEM;
	bytes = (const char *)evpl_iovec_data(iovec) + offset;
#if GLUE_LWIP_SOURCE
	if (glue_zero_copy())
		return write_held(pcb, iovec, bytes, length, flags & TCP_WRITE_FLAG_MORE);
#endif
	return tcp_write(pcb, bytes, (u16_t)length, (flags & TCP_WRITE_FLAG_MORE) | TCP_WRITE_FLAG_COPY);
}

err_t
glue_write_pbuf(struct tcp_pcb *pcb, struct pbuf *p, unsigned length, u8_t flags)
{
	struct evpl_iovec *iovec = glue_pbuf_iovec(p);

	if (length == 0 || length > p->len)
		return ERR_ARG;
	if (iovec == NULL && !tcp_order_is_kept(pcb))
		return ERR_MEM;
	if (iovec == NULL)
		return tcp_write(pcb, p->payload, (u16_t)length, (flags & TCP_WRITE_FLAG_MORE) | TCP_WRITE_FLAG_COPY);
	return glue_write(pcb, iovec, (unsigned)((char *)p->payload - (char *)evpl_iovec_data(iovec)), length, flags);
}
