/* SPDX-License-Identifier: BSD-3-Clause */
#include "plugin/telemetry.h"

#include "base.h"
#include "held/place.h"
#include "plugin/held.h"
#include "plugin/option.h"
#include "plugin/report.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <rte_telemetry.h>

struct pools {
	struct rte_tel_data *data;
	unsigned told;
};

/*
 * A pool's name as a key. Telemetry takes letters, digits, '_' and '/' there. If a character had to be replaced, a
 * number follows, so that no two keys are equal.
 */
static void
make_key(char *key, size_t size, const char *name, unsigned number)
{
	size_t n = 0;

	for (; name[n] != '\0' && n < size - 1; n++)
		key[n] = (char)(isalnum((unsigned char)name[n]) || name[n] == '/' ? name[n] : '_');
	key[n] = '\0';
	if (strcmp(key, name) != 0)
		snprintf(key + n, size - n, "_%u", number);
}

static void
add_pool(struct traced_pool *pool, void *arg)
{
	struct pools *pools = arg;
	struct rte_tel_data *one = rte_tel_data_alloc();
	unsigned free_now = traced_pool_free_count(pool);
	char key[RTE_MEMPOOL_NAMESIZE + 16];

	if (one == NULL)
		return;
	make_key(key, sizeof(key), pool->mempool->name, pools->told++);
	rte_tel_data_start_dict(one);
	rte_tel_data_add_dict_string(one, "name", pool->mempool->name);
	evpl_compat_tel_add_uint(one, "objects", pool->count);
	evpl_compat_tel_add_uint(one, "free", free_now);
	evpl_compat_tel_add_uint(one, "held", pool->count > free_now ? pool->count - free_now : 0);
	evpl_compat_tel_add_uint(one, "of_mbufs", pool->of_mbufs);
	evpl_compat_tel_add_uint(one, "records_bytes", pool->memory->len);
	if (rte_tel_data_add_dict_container(pools->data, key, one, 0) != 0)
		rte_tel_data_free(one); /* there are too many pools */
}

static int
tell_pools(const char *command, const char *parameters, struct rte_tel_data *data)
{
	struct pools pools = {.data = data};

	(void)command;
	(void)parameters;
	rte_tel_data_start_dict(data);
	evpl_compat_tel_add_uint(data, "bugs", report_bugs());
	held_walk_safely(add_pool, &pools);
	return 0;
}

struct question {
	const char *pool; /* NULL: all */
	struct rte_tel_data *data;
	unsigned told; /* places */
};

#define MOST_TOLD 16u /* places: so many always fit into an answer */
#define BETWEEN " < "

/* Takes the folders out of "function (folder/file:line)", in place. */
static void
cut_folders(char *text)
{
	char *to = text, *start = NULL;

	for (const char *from = text; *from != '\0'; from++) {
		if (*from == '/' && start != NULL)
			to = start;
		else
			*to++ = *from;
		if (*from == '(')
			start = to;
		else if (*from == ')')
			start = NULL;
	}
	*to = '\0';
}

static bool
is_of_dpdk(const char *frame)
{
	const char *object = strchr(frame, '(');

	return strncmp(frame, "rte_", 4) == 0 || strncmp(frame, "__rte_", 6) == 0 ||
	       (object != NULL && strncmp(object, "(librte_", 8) == 0);
}

/*
 * The calls of a place, as far as telemetry can hold them. If there are too many, DPDK's own calls are left out first,
 * from the innermost one on, and then the outermost calls. So the program's own calls stay.
 */
static void
say_calls(char *where, size_t size, trace_place place)
{
	char all[4096] = "", *text = all, *end;
	FILE *out = fmemopen(all, sizeof(all), "w");

	if (out == NULL)
		return;
	report_frames(out, place, BETWEEN);
	fclose(out);
	cut_folders(all);
	while (strlen(text) >= size && is_of_dpdk(text) && (end = strstr(text, BETWEEN)) != NULL)
		text = end + strlen(BETWEEN);
	while (strlen(text) >= size) {
		end = strrchr(text, '<');
		if (end == NULL)
			break;
		end[-1] = '\0';
	}
	snprintf(where, size, "%s", text);
}

/* Names are looked up as in a report, with its lock. */
static void
say_where(char *where, size_t size, const struct place *place)
{
	flockfile(plugin_options.out);
	if (place->others)
		snprintf(where, size, "other places");
	else if (place->where != 0)
		say_calls(where, size, place->where);
	report_line_commands(NULL);
	funlockfile(plugin_options.out);
}

static void
say_thread(char *thread, size_t size, const struct place *place)
{
	FILE *text = place->where != 0 ? fmemopen(thread, size, "w") : NULL;

	if (text == NULL)
		return;
	trace_say_thread(text, place->where);
	fclose(text);
}

/* A dictionary for each place, because DPDK 22.11 has no dictionaries in arrays. */
static void
add_place(const struct question *question, const struct traced_pool *pool, const struct place *place)
{
	char where[RTE_TEL_MAX_STRING_LEN] = "", thread[64] = "", name[32];
	struct rte_tel_data *one = rte_tel_data_alloc();

	if (one == NULL)
		return;
	say_where(where, sizeof(where), place);
	say_thread(thread, sizeof(thread), place);
	rte_tel_data_start_dict(one);
	rte_tel_data_add_dict_string(one, "pool", pool->mempool->name);
	evpl_compat_tel_add_uint(one, "count", place->count);
	evpl_compat_tel_add_uint(one, "wrong_refcnt", held_has_wrong_count(place));
	evpl_compat_tel_add_uint(one, "oldest_ms", (uint64_t)(evpl_place_age_s(place) * 1e3));
	rte_tel_data_add_dict_string(one, "thread", thread);
	rte_tel_data_add_dict_string(one, "where", where);
	snprintf(name, sizeof(name), "place_%u", question->told);
	if (rte_tel_data_add_dict_container(question->data, name, one, 0) != 0)
		rte_tel_data_free(one);
}

static void
add_held(struct traced_pool *pool, void *arg)
{
	struct question *question = arg;
	struct place *places;
	uint64_t total;

	if (question->pool != NULL && strcmp(question->pool, pool->mempool->name) != 0)
		return;
	places = held_places(pool, &total);
	for (unsigned i = 0; places != NULL && i < EVPL_PLACES && places[i].count > 0; i++, question->told++) {
		if (question->told < MOST_TOLD)
			add_place(question, pool, &places[i]);
	}
	free(places);
}

static int
tell_held(const char *command, const char *parameters, struct rte_tel_data *data)
{
	struct question question = {.pool = parameters != NULL && *parameters != '\0' ? parameters : NULL,
				    .data = data};

	(void)command;
	rte_tel_data_start_dict(data);
	held_walk_safely(add_held, &question);
	if (question.told > MOST_TOLD)
		evpl_compat_tel_add_uint(data, "more_places", question.told - MOST_TOLD);
	return 0;
}

static void
begin_command(const char *name, telemetry_cb answer, const char *help)
{
	int rc = rte_telemetry_register_cmd(name, answer, help);

	if (rc == 0)
		return;
	fprintf(plugin_options.out, "evpl_trace: telemetry has no command %s: %s\n", name, strerror(-rc));
	report_flush();
}

void
plugin_telemetry_begin(void)
{
	begin_command("/evpl_trace/pools", tell_pools, "Traced pools and the bugs so far. No parameters");
	begin_command("/evpl_trace/held", tell_held,
		      "Where the objects that are not free were taken. Parameter: a pool's name, or none for all");
}
