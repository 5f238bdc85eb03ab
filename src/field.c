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

void
evpl_fields_add_units(struct rte_tel_data *d, const struct evpl_field *fields, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		rte_tel_data_add_dict_string(d, fields[i].name, fields[i].unit);
}
