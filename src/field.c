/* SPDX-License-Identifier: BSD-3-Clause */
#include "field.h"

#include <rte_telemetry.h>

static void
add_field(struct rte_tel_data *d, const struct evpl_field *field, const void *from)
{
	const char *at = (const char *)from + field->offset;

	switch (field->kind) {
	case EVPL_FIELD_U32:
		evpl_compat_tel_add_uint(d, field->name, *(const uint32_t *)(const void *)at);
		break;
	case EVPL_FIELD_U64:
		evpl_compat_tel_add_uint(d, field->name, *(const uint64_t *)(const void *)at);
		break;
	case EVPL_FIELD_INT:
		rte_tel_data_add_dict_int(d, field->name, *(const int *)(const void *)at);
		break;
	case EVPL_FIELD_TEXT:
		rte_tel_data_add_dict_string(d, field->name, *(const char *const *)(const void *)at);
		break;
	}
}

void
evpl_fields_add(struct rte_tel_data *d, const struct evpl_field *fields, unsigned n, const void *from)
{
	for (unsigned i = 0; i < n; i++)
		add_field(d, &fields[i], from);
}

bool
evpl_fields_add_dict(struct rte_tel_data *d, const char *name, const struct evpl_field *fields, unsigned n,
		     const void *from)
{
	struct rte_tel_data *inside = rte_tel_data_alloc();

	if (inside == NULL)
		return false;
	rte_tel_data_start_dict(inside);
	evpl_fields_add(inside, fields, n, from);
	if (rte_tel_data_add_dict_container(d, name, inside, 0) == 0)
		return true;
	rte_tel_data_free(inside);
	return false;
}

static void
append_value(struct rte_tel_data *d, const struct evpl_field *field, const char *at)
{
	if (field->kind == EVPL_FIELD_TEXT)
		rte_tel_data_add_array_string(d, *(const char *const *)(const void *)at);
	else if (field->kind == EVPL_FIELD_U32)
		evpl_compat_tel_append_uint(d, *(const uint32_t *)(const void *)at);
	else if (field->kind == EVPL_FIELD_U64)
		evpl_compat_tel_append_uint(d, *(const uint64_t *)(const void *)at);
}

bool
evpl_fields_add_columns(struct rte_tel_data *d, const struct evpl_field *fields, unsigned fields_n, const void *from,
			size_t size, unsigned n)
{
	for (unsigned i = 0; i < fields_n; i++) {
		struct rte_tel_data *column = rte_tel_data_alloc();

		if (column == NULL)
			return false;
		if (fields[i].kind == EVPL_FIELD_TEXT)
			rte_tel_data_start_array(column, RTE_TEL_STRING_VAL);
		else
			evpl_compat_tel_start_uints(column);
		for (unsigned k = 0; k < n; k++)
			append_value(column, &fields[i], (const char *)from + k * size + fields[i].offset);
		if (rte_tel_data_add_dict_container(d, fields[i].name, column, 0) != 0) {
			rte_tel_data_free(column);
			return false;
		}
	}
	return true;
}

void
evpl_fields_add_units(struct rte_tel_data *d, const struct evpl_field *fields, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		rte_tel_data_add_dict_string(d, fields[i].name, fields[i].unit);
}
