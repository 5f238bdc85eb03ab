/* SPDX-License-Identifier: BSD-3-Clause */
#include "note.h"

#include "ref.h"

#include <rte_malloc.h>

static void
note_ended(void *addr, void *opaque)
{
	struct evpl_note *note = opaque;
	struct rte_mbuf *ref = note->ref;

	RTE_SET_USED(addr);
	evpl_compat_ext_ended(&note->shinfo);
	if (note->extra)
		rte_free(note);
	else
		__atomic_store_n(&note->ref, NULL, __ATOMIC_RELEASE);
	evpl_ref_drop(NULL, ref, EVPL_IOVEC_FLAG_SHARED, 1);
}

static void
note_init(struct evpl_note *note, bool extra)
{
	*note = (struct evpl_note){.shinfo = {.free_cb = note_ended, .fcb_opaque = note}, .extra = extra};
}

uint16_t
evpl_note_size(void)
{
	return RTE_ALIGN(sizeof(struct evpl_note), RTE_MBUF_PRIV_ALIGN);
}

void
evpl_note_init(struct rte_mempool *pool, void *opaque, void *object, unsigned index)
{
	RTE_SET_USED(pool);
	RTE_SET_USED(opaque);
	RTE_SET_USED(index);
	note_init(rte_mbuf_to_priv(object), false);
}

static __rte_noinline struct evpl_note *
note_extra(void)
{
	struct evpl_note *note = rte_malloc("evpl", sizeof(*note), 0);

	if (note != NULL)
		note_init(note, true);
	return note;
}

struct evpl_note *
evpl_note_take(struct rte_mbuf *m, struct rte_mbuf *ref)
{
	struct evpl_note *note = rte_mbuf_to_priv(m);

	if (unlikely(__atomic_load_n(&note->ref, __ATOMIC_ACQUIRE) != NULL))
		note = note_extra();
	if (unlikely(note == NULL))
		return NULL;
	note->ref = ref;
	rte_mbuf_ext_refcnt_set(&note->shinfo, 1);
	return note;
}
