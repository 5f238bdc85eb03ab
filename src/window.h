/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A context's current buffers.
 */
#ifndef EVPL_SRC_WINDOW_H
#define EVPL_SRC_WINDOW_H

#include "base.h"

struct evpl_class;
struct evpl_context;

void evpl_window_close(struct evpl_context *ctx, unsigned kind); /* gives the buffer back */
void evpl_windows_close_idle(struct evpl_context *ctx);		 /* whose buffers nothing holds */
bool evpl_window_is_home(const struct evpl_context *ctx, unsigned kind);
bool evpl_window_rewind(struct evpl_context *ctx, unsigned kind, const struct evpl_class *class);
void evpl_window_install(struct evpl_context *ctx, unsigned kind, struct rte_mbuf *buffer);
bool evpl_window_ensure_stock(struct evpl_context *ctx, unsigned kind); /* at least one reference to hand out */
void evpl_window_halve_stock(struct evpl_pvt_window *w, unsigned kind); /* half of a full stock back */

#endif /* EVPL_SRC_WINDOW_H */
