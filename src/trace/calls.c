/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The public functions of a tracing build. Every call has two. The macros of evpl_trace.h tell evpl_x_at() the line of
 * the call, and evpl_x() takes its return address instead. Both end in traced_x().
 */
#include "trace/calls.h" /* last: from here on the names are the public ones */

#define CALL(type, name, id, params, args)                                                                             \
	EVPL_EXPORT type evpl_##name params;                                                                           \
	EVPL_EXPORT type evpl_##name##_at(const struct evpl_site *site, UNPACK params);                                \
	type evpl_##name params                                                                                        \
	{                                                                                                              \
		return traced_##name(AT_RETURN, UNPACK args);                                                          \
	}                                                                                                              \
	type evpl_##name##_at(const struct evpl_site *site, UNPACK params)                                             \
	{                                                                                                              \
		return traced_##name(AT_SITE(site), UNPACK args);                                                      \
	}
#define CALL_VOID(name, id, params, args)                                                                              \
	EVPL_EXPORT void evpl_##name params;                                                                           \
	EVPL_EXPORT void evpl_##name##_at(const struct evpl_site *site, UNPACK params);                                \
	void evpl_##name params                                                                                        \
	{                                                                                                              \
		traced_##name(AT_RETURN, UNPACK args);                                                                 \
	}                                                                                                              \
	void evpl_##name##_at(const struct evpl_site *site, UNPACK params)                                             \
	{                                                                                                              \
		traced_##name(AT_SITE(site), UNPACK args);                                                             \
	}
#define CALL_BARE(type, name, id)                                                                                      \
	EVPL_EXPORT type evpl_##name(void);                                                                            \
	EVPL_EXPORT type evpl_##name##_at(const struct evpl_site *site);                                               \
	type evpl_##name(void)                                                                                         \
	{                                                                                                              \
		return traced_##name(AT_RETURN);                                                                       \
	}                                                                                                              \
	type evpl_##name##_at(const struct evpl_site *site)                                                            \
	{                                                                                                              \
		return traced_##name(AT_SITE(site));                                                                   \
	}
#include "trace/calls.def"
