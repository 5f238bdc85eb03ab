/* SPDX-License-Identifier: BSD-3-Clause */
#include "operations.h"

#include <pthread.h>
#include <semaphore.h>

#include "lent.h"

#define ALL_EACH 256u /* steps from one check of everything to the next */

/* The first ones need another process. */
#define WITH_PROCESS 3u
static const struct operation *const files[] = {operations_process, operations_there,	operations_there_packet,
						operations_take,    operations_view,	operations_packet,
						operations_port,    operations_life,	operations_memory,
						operations_wait,    operations_refused, operations_control};

/* The operation that each byte chooses: as many bytes as its weight; and how many of them need another process. */
static const struct operation *chosen[256];
static unsigned with_process;

static void
choose(void)
{
	unsigned n = 0;

	if (chosen[0] != NULL)
		return;
	for (unsigned i = 0; i < DIM(files); i++) {
		for (const struct operation *o = files[i]; o->name != NULL; o++) {
			for (unsigned k = 0; k < o->weight; k++) {
				if (n == DIM(chosen))
					abort(); /* the weights are more than 256 */
				chosen[n++] = o;
			}
		}
		if (i < WITH_PROCESS)
			with_process = n;
	}
	while (n < DIM(chosen)) /* what is left */
		chosen[n++] = &operations_take[0];
}

const char *
operations_name(uint8_t byte)
{
	choose();
	return chosen[byte]->name;
}

size_t
operations_length(const uint8_t *bytes, size_t size)
{
	size_t length;

	choose();
	length = 1u + chosen[bytes[0]]->arguments;
	return RTE_MIN(length, size);
}

uint32_t
operations_draw(struct world *w, uint32_t n)
{
	uint32_t value = 0;

	if (w->argument < w->end)
		value = *w->argument++;
	if (n > 256 && w->argument < w->end)
		value |= (uint32_t)*w->argument++ << 8;
	return value % n;
}

uint32_t
operations_length_drawn(struct world *w)
{
	uint32_t kind = operations_draw(w, 32), value = operations_draw(w, 65536);
	const uint32_t limits[] = {
		1,     w->small - 1, w->small,	   w->small + 1, w->large - 1,	w->large, w->large + 1, 2 * w->large,
		65535, 65536,	     w->small / 2, 64,		 w->small - 32, 4096,	  2 * w->small};

	if (kind == 0)
		return limits[value % DIM(limits)];
	if (kind == 1)
		return 1 + (uint32_t)((uint64_t)value * w->large * 3 >> 16);
	if (kind <= 3)
		return 1 + (uint32_t)((uint64_t)value * w->small >> 16);
	return 1 + value % RTE_MIN(w->small / 4, 600u);
}

unsigned
operations_alignment(struct world *w)
{
	uint32_t value = operations_draw(w, 256);

	if (value < 128)
		return 0;
	return 1u << (value % (value >= 240 ? 13 : 7));
}

/* ---------------------------------------------------------------------------------------------------------------- */

static struct game {
	struct world world;
	const uint8_t *at, *end; /* what is left of the program */
	sem_t go[PLAYERS];
	pthread_t helper;
	bool started;
	void (*task)(unsigned player); /* what the helper does when it may go */
} game;

static void
one_step(struct world *w)
{
	bool stands_in = *game.at < with_process && w->lent == NULL;
	const struct operation *o = stands_in ? &operations_take[0] : chosen[*game.at];
	size_t length = operations_length(game.at, (size_t)(game.end - game.at));

	w->argument = game.at + 1;
	w->end = game.at += length;
	w->operation = o->name;
	w->step++;
	o->run(w);
	if (w->step % ALL_EACH == 0)
		world_check(w);
	w->over = game.at == game.end;
}

static void
steps(unsigned player)
{
	struct world *w = &game.world;

	while (!w->over && w->turn == player)
		one_step(w);
}

static void
leave(unsigned player)
{
	world_leave(&game.world, player, player == 0);
}

static void
wait_for(unsigned player)
{
	while (sem_wait(&game.go[player]) != 0)
		;
}

/* The second player's thread. It lives as long as the process. */
static void *
help(void *arg)
{
	for (;;) {
		wait_for(1);
		game.task(1);
		sem_post(&game.go[0]);
	}
	return arg;
}

/* Has a player do something, on its thread. */
static void
let(unsigned player, void (*task)(unsigned))
{
	if (player == 0) {
		task(0);
		return;
	}
	game.task = task;
	sem_post(&game.go[1]);
	wait_for(0);
}

static void
start_helper(void)
{
	if (game.started)
		return;
	game.started = true;
	choose();
	sem_init(&game.go[0], 0, 0);
	sem_init(&game.go[1], 0, 0);
	if (pthread_create(&game.helper, NULL, help, NULL) != 0)
		abort();
}

uint64_t
operations_run(const uint8_t *program, size_t size, FILE *print)
{
	struct world *w = &game.world;
	unsigned shown = 0;

	world_prepare();
	start_helper();
	w->print = print;
	world_begin(w, size > 0 ? program[0] : 0);
	game.at = program + RTE_MIN(size, (size_t)1);
	game.end = program + size;
	w->over = game.at == game.end;
	while (!w->over) {
		if (shown != w->turn)
			say(w, "/* on %s thread */", w->turn == 0 ? "the first" : "another");
		shown = w->turn;
		let(w->turn, steps);
	}
	let(1, leave);
	let(0, leave);
	world_end(w);
	return w->step;
}
