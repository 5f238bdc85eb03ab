/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Texts that users and other processes give: the command lines of evpl-fwd, evpl-httpd and evpl-load, the environment
 * of the tracing plug-in, and the parameters of the library's telemetry commands.
 *
 * An input is: which of them, and the text. In a command line and in an environment a line is a word.
 */
#include <setjmp.h>
#include <string.h>

#include <rte_telemetry.h>

#include "fuzz.h"
#include "ground.h"
#include "input.h"
#include "program.h"

#include "../../apps/fwd/options.h"
#include "../../apps/httpd/options.h"
#include "../../apps/load/options.h"
#include "../../src/plugin/option.h"

#define WORDS_MAX 40u
#define COMMANDS_MAX 32u
#define TEXTS_MAX 256u

enum kind { FWD, HTTPD, LOAD, ENVIRONMENT, TELEMETRY, KINDS };

static struct evpl *evpl;
static struct evpl_iovec held[8];

/* The library's telemetry commands. This file stands for librte_telemetry, which only a socket can ask. */
static struct {
	const char *name;
	telemetry_cb answer;
} commands[COMMANDS_MAX];
static unsigned command_count;
static struct rte_tel_data *answers[COMMANDS_MAX * 32];
static unsigned answer_count;

int
rte_telemetry_register_cmd(const char *name, telemetry_cb answer, const char *help)
{
	(void)help;
	if (strncmp(name, "/evpl", 5) == 0 && command_count < COMMANDS_MAX) {
		commands[command_count].name = name;
		commands[command_count++].answer = answer;
	}
	return 0;
}

/* An answer has answers in it, which librte_telemetry frees when it prints them. */
struct rte_tel_data *
rte_tel_data_alloc(void)
{
	struct rte_tel_data *(*real)(void);

	program_next(&real, sizeof(real), "rte_tel_data_alloc");
	fuzz_check(answer_count < RTE_DIM(answers));
	return answers[answer_count++] = real();
}

void
rte_tel_data_free(struct rte_tel_data *data)
{
	void (*real)(struct rte_tel_data *);

	program_next(&real, sizeof(real), "rte_tel_data_free");
	for (unsigned i = 0; i < answer_count; i++) {
		if (answers[i] == data)
			answers[i] = answers[--answer_count];
	}
	real(data);
}

/* The plug-in ends the program when its environment is wrong (--wrap). */
static jmp_buf refused;
static bool may_exit;

_Noreturn void __real_exit(int status);
_Noreturn void __wrap_exit(int status);
_Noreturn void
__wrap_exit(int status)
{
	if (may_exit)
		longjmp(refused, 1);
	__real_exit(status);
}

/* Each word lies in memory that is exactly as long as it. */
struct words {
	char *word[WORDS_MAX + 1];
	unsigned n;
};

static void
add_word(struct words *w, const uint8_t *text, size_t length)
{
	char *word = malloc(length + 1);

	fuzz_check(word != NULL);
	memcpy(word, text, length);
	word[length] = '\0';
	w->word[w->n++] = word;
}

static void
split(struct input *in, struct words *w)
{
	while (in->left > 0 && w->n < WORDS_MAX) {
		const uint8_t *end = memchr(in->at, '\n', in->left);
		size_t length = end != NULL ? (size_t)(end - in->at) : in->left;
		const uint8_t *text = input_bytes(in, &length);

		input_u8(in);
		add_word(w, text, length);
	}
	w->word[w->n] = NULL;
}

static void
check_fwd(const struct fwd_options *o)
{
	uint32_t length = 0;

	fuzz_check(o->mode != NULL && o->burst >= 1 && o->burst <= FWD_BURST_MAX);
	fuzz_check(o->port_count <= RTE_MAX_ETHPORTS && o->segment_count <= FWD_SEGMENTS_MAX);
	fuzz_check(o->rxq > 0 || o->txq > 0);
	for (unsigned i = 0; i < o->segment_count; i++)
		length += o->segments[i];
	fuzz_check(o->segment_count == 0 || length == o->length);
	options_check_lengths(o, 1024);
}

static void
parse_fwd(struct words *w)
{
	static struct fwd_options o;
	int rc = options_parse((int)w->n, w->word, &o);

	fuzz_check(rc >= -1 && rc <= (int)w->n);
	if (rc > 0)
		check_fwd(&o);
}

static void
parse_host(struct words *w, const struct command *command, void *values, struct host_options *host, int (*check)(void))
{
	int rc = command_parse(command, (int)w->n, w->word, values);

	fuzz_check(rc >= -1 && rc <= (int)w->n);
	if (rc > 0 && host_options_check(host) == 0)
		check();
}

static void
parse_environment(struct words *w)
{
	extern char **environ;
	char **before = environ;
	unsigned kept = 0;

	for (unsigned i = 0; i < w->n; i++) {
		/* It would make a file of that name. */
		if (strncmp(w->word[i], "EVPL_TRACE_FILE=", 16) == 0)
			free(w->word[i]);
		else
			w->word[kept++] = w->word[i];
	}
	w->n = kept;
	w->word[kept] = NULL;
	environ = w->word;
	may_exit = true;
	if (setjmp(refused) == 0) {
		plugin_options_read();
		fuzz_check(plugin_options.sample >= 1 && plugin_options.depth >= 1 && plugin_options.leaks <= LEAKS_NO);
		fuzz_check(plugin_options.bytes <= BYTES_NO && plugin_options.quarantine <= 1000000);
	}
	may_exit = false;
	environ = before;
}

static void
ask(struct input *in)
{
	unsigned which = input_below(in, command_count);
	size_t length = in->left;
	struct words w = {.n = 0};

	add_word(&w, in->at, length);
	commands[which].answer(commands[which].name, length > 0 ? w.word[0] : NULL, rte_tel_data_alloc());
	while (answer_count > 0)
		rte_tel_data_free(answers[answer_count - 1]);
	free(w.word[0]);
}

static void
start(void)
{
	static const struct evpl_global_config config = {.slab_size = 1 << 20, .buffer_size = 16 << 10};

	evpl = ground_start("fuzz-options", &config, NULL);
	fuzz_need(command_count > 0);
}

/* What telemetry tells of. */
static void
hold(void)
{
	for (unsigned i = 0; i < RTE_DIM(held); i++)
		fuzz_check(evpl_iovec_alloc(evpl, 1000, 0, 1, 0, &held[i]) == 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	enum kind kind = (enum kind)input_below(&in, KINDS);
	FILE *out = stdout, *err = stderr;
	static FILE *nothing;
	struct words w = {.n = 0};

	if (evpl == NULL)
		start();
	if (kind == TELEMETRY) {
		hold();
		ask(&in);
		evpl_iovecs_release(evpl, held, (int)RTE_DIM(held));
		return 0;
	}
	if (nothing == NULL)
		nothing = fopen("/dev/null", "we");
	fuzz_need(nothing != NULL);
	if (kind != ENVIRONMENT)
		add_word(&w, (const uint8_t *)"program", 7);
	split(&in, &w);
	stdout = stderr = nothing;
	if (kind == FWD)
		parse_fwd(&w);
	else if (kind == HTTPD)
		parse_host(&w, &httpd_command, &httpd_options, &httpd_options.host, httpd_options_check);
	else if (kind == LOAD)
		parse_host(&w, &load_command, &load_values, &load_values.host, load_options_check);
	else
		parse_environment(&w);
	stdout = out;
	stderr = err;
	while (w.n > 0)
		free(w.word[--w.n]);
	return 0;
}
