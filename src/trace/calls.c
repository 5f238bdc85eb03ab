/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The exported functions of a tracing build. Every call has two. The macros of evpl_trace.h tell evpl_pvt_x_at() the
 * line of the call, and evpl_x() takes its return address instead. Both end in traced_x().
 */
#include "trace/calls.h" /* last: from here on the names are the public ones */

#define CALL(type, name, id, params, args)                                                                             \
	EVPL_PVT_EXPORT type evpl_##name params;                                                                       \
	EVPL_PVT_EXPORT type evpl_pvt_##name##_at(const struct evpl_pvt_site *site, UNPACK params);                    \
	type evpl_##name params                                                                                        \
	{                                                                                                              \
		return traced_##name(AT_RETURN, UNPACK args);                                                          \
	}                                                                                                              \
	type evpl_pvt_##name##_at(const struct evpl_pvt_site *site, UNPACK params)                                     \
	{                                                                                                              \
		return traced_##name(AT_SITE(site), UNPACK args);                                                      \
	}
#define CALL_VOID(name, id, params, args)                                                                              \
	EVPL_PVT_EXPORT void evpl_##name params;                                                                       \
	EVPL_PVT_EXPORT void evpl_pvt_##name##_at(const struct evpl_pvt_site *site, UNPACK params);                    \
	void evpl_##name params                                                                                        \
	{                                                                                                              \
		traced_##name(AT_RETURN, UNPACK args);                                                                 \
	}                                                                                                              \
	void evpl_pvt_##name##_at(const struct evpl_pvt_site *site, UNPACK params)                                     \
	{                                                                                                              \
		traced_##name(AT_SITE(site), UNPACK args);                                                             \
	}
#define CALL_BARE(type, name, id)                                                                                      \
	EVPL_PVT_EXPORT type evpl_##name(void);                                                                        \
	EVPL_PVT_EXPORT type evpl_pvt_##name##_at(const struct evpl_pvt_site *site);                                   \
	type evpl_##name(void)                                                                                         \
	{                                                                                                              \
		return traced_##name(AT_RETURN);                                                                       \
	}                                                                                                              \
	type evpl_pvt_##name##_at(const struct evpl_pvt_site *site)                                                    \
	{                                                                                                              \
		return traced_##name(AT_SITE(site));                                                                   \
	}
#include "trace/calls.def"
