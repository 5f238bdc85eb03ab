/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Random programs over the whole API, each step of which is compared with a reference.
 *
 * What would break: combinations that nobody thought of. A program that finds a fault is shrunk, and printed as C and
 * as hex. Prints TAP.
 */
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "operations.h"
#include "shrink.h"
#include "trial.h"

#define DEFAULT_STEPS (TEST_FUZZ_SLOW ? 100000u : 10000000u)
#define LONGEST 16384u /* bytes of a program */

static const char usage[] =
	"usage: programs [--steps=N] [--seed=S] [--seconds=N] [--no-shrink]\n"
	"       programs --hex=PROGRAM | FILE\n"
	"\n"
	"Runs random programs of calls of the API, and compares each step with a reference. A program that finds a\n"
	"fault is shrunk, and printed as C and as hex. With --hex, or a file, runs that program and prints it as C.\n"
	"\n"
	"  --steps=N    operations, all programs together\n"
	"  --seconds=N  stop after that time, whatever --steps says\n"
	"  --seed=S     the seed of the first program; the next one has S + 1\n"
	"  --no-shrink  print the program as it is\n";

struct options {
	uint64_t steps, seed, seconds;
	bool keep;
	const char *hex;
};

static void
print_hex(const uint8_t *program, size_t size)
{
	printf("# --hex=");
	for (size_t i = 0; i < size; i++)
		printf("%02x", program[i]);
	printf("\n");
}

static void
report(uint8_t *program, size_t size, bool keep)
{
	if (!keep)
		size = shrink(program, size);
	printf("# The program as C, %u operations:\n", shrink_count(program, size));
	trial_print(program, size);
	print_hex(program, size);
}

/* Most programs are long: what they need builds up. Some are short, so that the end comes at any state. */
static size_t
generate(uint8_t *program, uint64_t seed)
{
	struct dice dice;
	size_t size;

	dice_init(&dice, seed);
	size = dice_below(&dice, 8) == 0 ? 1 + dice_below(&dice, 256) : LONGEST / 2 + dice_below(&dice, LONGEST / 2);
	for (size_t i = 0; i < size; i++)
		program[i] = (uint8_t)dice_below(&dice, 256);
	return size;
}

static int
run_random(const struct options *o)
{
	static uint8_t program[LONGEST];
	struct trial t = {0};
	uint64_t done = 0, seed = o->seed, steps;
	time_t began = time(NULL), said = began;

	printf("1..1\n# seed %" PRIu64 "\n", seed);
	while (done < o->steps && (o->seconds == 0 || (uint64_t)(time(NULL) - began) < o->seconds)) {
		size_t size = generate(program, seed);

		fflush(stdout);
		if (!trial_run(&t, program, size, &steps)) {
			printf("# The program of seed %" PRIu64 " found a fault (status 0x%x).\n", seed,
			       (unsigned)t.status);
			fflush(stdout);
			report(program, size, o->keep);
			printf("not ok 1 - programs of seeds %" PRIu64 " to %" PRIu64 "\n", o->seed, seed);
			return 1;
		}
		done += steps;
		seed++;
		if (time(NULL) - said >= 10) {
			said = time(NULL);
			printf("# %" PRIu64 " steps in %" PRIu64 " programs, %ld s, the next seed is %" PRIu64 "\n",
			       done, seed - o->seed, (long)(said - began), seed);
		}
	}
	trial_end(&t);
	printf("ok 1 - %" PRIu64 " programs from seed %" PRIu64 "\n# %" PRIu64 " steps in %ld s\n", seed - o->seed,
	       o->seed, done, (long)(time(NULL) - began));
	return 0;
}

static size_t
read_hex(const char *hex, uint8_t *program)
{
	size_t n = 0;
	unsigned byte;

	for (; n < LONGEST && sscanf(hex + 2 * n, "%2x", &byte) == 1; n++)
		program[n] = (uint8_t)byte;
	return n;
}

static int
run_one(const char *hex, const char *file)
{
	static uint8_t program[LONGEST];
	struct trial t = {0};
	uint64_t steps;
	size_t size = 0;

	if (hex != NULL) {
		size = read_hex(hex, program);
	} else {
		FILE *f = fopen(file, "rb");

		if (f == NULL) {
			perror(file);
			return 2;
		}
		size = fread(program, 1, sizeof(program), f);
		fclose(f);
	}
	trial_print(program, size);
	t.quiet = true;
	if (!trial_run(&t, program, size, &steps))
		return 1;
	trial_end(&t);
	return 0;
}

int
main(int argc, char **argv)
{
	static const struct option known[] = {
		{"steps", required_argument, NULL, 's'},
		{"seed", required_argument, NULL, 'r'},
		{"seconds", required_argument, NULL, 't'},
		{"hex", required_argument, NULL, 'x'},
		{"no-shrink", no_argument, NULL, 'n'},
		{"serve", no_argument, NULL, 'v'},
		{"print", no_argument, NULL, 'p'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	struct options o = {.steps = DEFAULT_STEPS, .seed = 1};
	int option;

	signal(SIGPIPE, SIG_IGN);
	while ((option = getopt_long(argc, argv, "h", known, NULL)) != -1) {
		switch (option) {
		case 's':
			o.steps = strtoull(optarg, NULL, 10);
			break;
		case 'r':
			o.seed = strtoull(optarg, NULL, 10);
			break;
		case 't':
			o.seconds = strtoull(optarg, NULL, 10);
			break;
		case 'x':
			o.hex = optarg;
			break;
		case 'n':
			o.keep = true;
			break;
		case 'v':
			return trial_serve(false);
		case 'p':
			return trial_serve(true);
		case 'h':
			return fputs(usage, stdout) < 0;
		default:
			return fputs(usage, stderr), 2;
		}
	}
	if (o.hex != NULL || optind < argc)
		return run_one(o.hex, argv[optind]);
	return run_random(&o);
}
