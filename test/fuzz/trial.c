/* SPDX-License-Identifier: BSD-3-Clause */
#include "trial.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "operations.h"

#define LONGEST_S 600 /* a program takes some milliseconds; one that takes this long hangs */
#define MOST_BYTES (64u << 20)

extern char **environ;

static void
start(struct trial *t, const char *mode)
{
	char self[] = "/proc/self/exe", option[32];
	char *argv[] = {self, option, NULL};
	posix_spawn_file_actions_t actions;
	int in[2], out[2];

	snprintf(option, sizeof(option), "%s", mode);
	if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) {
		perror("pipe");
		exit(2);
	}
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, out[1], 3);
	if (t->quiet)
		posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	if (posix_spawn(&t->pid, self, &actions, NULL, argv, environ) != 0) {
		perror("posix_spawn");
		exit(2);
	}
	posix_spawn_file_actions_destroy(&actions);
	close(in[0]);
	close(out[1]);
	t->to = fdopen(in[1], "w");
	t->from = fdopen(out[0], "r");
}

void
trial_end(struct trial *t)
{
	if (t->pid == 0)
		return;
	fclose(t->to);
	fclose(t->from);
	while (waitpid(t->pid, &t->status, 0) < 0)
		;
	t->pid = 0;
}

static bool
answers(struct trial *t, uint64_t *steps)
{
	struct pollfd end = {.fd = fileno(t->from), .events = POLLIN};

	if (poll(&end, 1, LONGEST_S * 1000) == 0) {
		fprintf(stderr, "the program has not ended after %u s\n", LONGEST_S);
		kill(t->pid, SIGABRT);
	}
	return fread(steps, sizeof(*steps), 1, t->from) == 1;
}

bool
trial_run(struct trial *t, const uint8_t *program, size_t size, uint64_t *steps)
{
	if (t->pid == 0)
		start(t, "--serve");
	if (fwrite(&size, sizeof(size), 1, t->to) == 1 && fwrite(program, 1, size, t->to) == size &&
	    fflush(t->to) == 0 && answers(t, steps))
		return true;
	trial_end(t);
	return false;
}

void
trial_print(const uint8_t *program, size_t size)
{
	struct trial t = {0};
	uint64_t steps;

	fflush(NULL);
	start(&t, "--print");
	if (fwrite(&size, sizeof(size), 1, t.to) == 1 && fwrite(program, 1, size, t.to) == size && fflush(t.to) == 0)
		(void)answers(&t, &steps);
	trial_end(&t);
}

int
trial_serve(bool print)
{
	struct rlimit none = {0, 0};
	size_t size;

	setrlimit(RLIMIT_CORE, &none);
	while (fread(&size, sizeof(size), 1, stdin) == 1 && size <= MOST_BYTES) {
		uint8_t *program = malloc(size > 0 ? size : 1);
		uint64_t steps;

		if (program == NULL || fread(program, 1, size, stdin) != size)
			return 2;
		steps = operations_run(program, size, print ? stdout : NULL);
		fflush(stdout);
		free(program);
		if (write(3, &steps, sizeof(steps)) != sizeof(steps))
			return 2;
	}
	return 0;
}
