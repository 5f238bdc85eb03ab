/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tables of fields: what a figure is called, its unit, and where it is in a struct. Telemetry answers with all fields
 * of a table. So a new figure is a member of the struct, a row of the table in telemetry.c, and a line of
 * include/telemetry*.md (a test compares these pages with the answers).
 */
#ifndef EVPL_SRC_FIELD_H
#define EVPL_SRC_FIELD_H

#include "base.h"

#include <stddef.h>

struct rte_tel_data;

enum evpl_field_kind { EVPL_FIELD_U32, EVPL_FIELD_U64, EVPL_FIELD_INT, EVPL_FIELD_TEXT };

struct evpl_field {
	const char *name;
	const char *unit;
	enum evpl_field_kind kind;
	size_t offset;
};

/* A member that is a uint32_t, a uint64_t, an int or a const char *. */
#define EVPL_FIELD(type, member, unit) EVPL_FIELD_NAMED(#member, type, member, unit)
#define EVPL_FIELD_NAMED(name, type, member, unit)                                                                     \
	{                                                                                                              \
		name, unit, EVPL_FIELD_KIND(((type *)0)->member), offsetof(type, member)                               \
	}
#define EVPL_FIELD_KIND(member)                                                                                        \
	_Generic(member,                                                                                               \
		uint32_t: EVPL_FIELD_U32,                                                                              \
		uint64_t: EVPL_FIELD_U64,                                                                              \
		int: EVPL_FIELD_INT,                                                                                   \
		const char *: EVPL_FIELD_TEXT)

/* Adds the fields of the struct at `from` to a dictionary. */
void evpl_fields_add(struct rte_tel_data *d, const struct evpl_field *fields, unsigned n, const void *from);
/* The same, as a dictionary inside the dictionary d. False: no memory, or no room in d. */
bool evpl_fields_add_dict(struct rte_tel_data *d, const char *name, const struct evpl_field *fields, unsigned n,
			  const void *from);
/*
 * Adds each field as an array with one element per struct; there are n structs of `size` bytes from `from` on. Fields
 * that are an int cannot be shown so. False: no memory.
 */
bool evpl_fields_add_columns(struct rte_tel_data *d, const struct evpl_field *fields, unsigned fields_n,
			     const void *from, size_t size, unsigned n);
/* Adds the units, by the names of the fields. */
void evpl_fields_add_units(struct rte_tel_data *d, const struct evpl_field *fields, unsigned n);

#endif /* EVPL_SRC_FIELD_H */
