/* SPDX-License-Identifier: BSD-3-Clause */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rte_eal.h>

#include "pool_ops.h"
#include "support.h"

extern char **environ;

#define EAL_LINE                                                                                                       \
	"--no-huge --iova-mode=va --no-pci --no-shconf --no-telemetry -m " RTE_STR(HOME_MEMORY) " --log-level=error"
#define MAX_WORDS 64

static char self[PATH_MAX];
static struct CMUnitTest *running; /* the cases; skipped ones have names of our own */
static size_t n_running;

/* The first two cores that this process may run on, in the format of EAL's -l. @return their number. */
static unsigned
first_cores(char *list, size_t size)
{
	unsigned n = 0;
	cpu_set_t set;

	list[0] = '\0';
	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return 0;
	for (unsigned core = 0; core < CPU_SETSIZE && n < 2; core++) {
		size_t used = strlen(list);

		if (!CPU_ISSET(core, &set))
			continue;
		snprintf(list + used, size - used, n ? ",%u" : "%u", core);
		n++;
	}
	return n;
}

int
program_start_eal(const char *program)
{
	const char *line = getenv("EVPL_TEST_EAL");
	static char words[2048], cores[32], name[256];
	static char pool_ops_option[] = "--mbuf-pool-ops-name=" TEST_POOL_OPS;
	char *argv[MAX_WORDS];
	char *rest = NULL;
	int argc = 0;

	snprintf(name, sizeof(name), "%s", program);
	argv[argc++] = name;
	if (line == NULL) {
		first_cores(cores, sizeof(cores));
		snprintf(words, sizeof(words), EAL_LINE " -l %s", cores);
	} else {
		snprintf(words, sizeof(words), "%s", line);
	}
	for (char *word = strtok_r(words, " ", &rest); word && argc < MAX_WORDS - 2; word = strtok_r(NULL, " ", &rest))
		argv[argc++] = word;
	if (pool_ops_register())
		argv[argc++] = pool_ops_option;
	argv[argc] = NULL;
	return rte_eal_init(argc, argv);
}

/*
 * gcov writes its counts when a process exits, and a child that is stopped does not exit. So a copy of the child exits,
 * with the same counts.
 */
static void
count_then_abort(int number)
{
	pid_t copy = fork();

	if (copy == 0)
		exit(0);
	if (copy > 0)
		waitpid(copy, NULL, 0);
	signal(number, SIG_DFL);
	raise(number);
}

static int
run_child(const struct program *program, const char *name)
{
	struct rlimit none = {0, 0};

	for (size_t i = 0; i < program->n_children; i++) {
		const struct child *child = &program->children[i];

		if (strcmp(child->name, name) != 0)
			continue;
		setrlimit(RLIMIT_CORE, &none);
		if (getenv("EVPL_TEST_COVERAGE") != NULL)
			signal(SIGABRT, count_then_abort);
		if (!child->without_eal && program_start_eal(program->name) < 0)
			return 99;
		child->run();
		return 0;
	}
	fprintf(stderr, "no child is named %s\n", name);
	return 98;
}

void
program_skips(const char *function, const char *reason)
{
	size_t length = strlen(function);

	for (size_t i = 0; i < n_running; i++) {
		const char *name = running[i].name;
		char *skipped;

		if (strncmp(name, function, length) != 0 || (name[length] != '\0' && name[length] != ':') ||
		    strstr(name, " # SKIP ") != NULL)
			continue;
		if (asprintf(&skipped, "%s # SKIP %s", name, reason) >= 0)
			running[i].name = skipped; /* kept until the program ends */
	}
}

void
program_next(void *function, size_t size, const char *name)
{
	void *symbol = dlsym(RTLD_NEXT, name);

	if (symbol == NULL)
		abort();
	memcpy(function, &symbol, size); /* ISO C has no cast from an object's pointer to a function's */
}

int
program_main(const struct program *program, int argc, char **argv)
{
	char cores[32];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	int failed;

	if (n < 0) {
		perror("/proc/self/exe");
		return 99;
	}
	self[n] = '\0';
	if (argc == 3 && strcmp(argv[1], "--child") == 0)
		return run_child(program, argv[2]);
	if (first_cores(cores, sizeof(cores)) < program->min_cores) {
		printf("1..0 # SKIP fewer than %u cores: threads would only take turns\n", program->min_cores);
		return 0;
	}
	if (program_start_eal(program->name) < 0) {
		fprintf(stderr, "rte_eal_init: %s\n", rte_strerror(rte_errno));
		return 99;
	}
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	n_running = program->n_cases;
	running = calloc(n_running, sizeof(*running));
	if (running == NULL)
		return 99;
	memcpy(running, program->cases, n_running * sizeof(*running));
	failed = _cmocka_run_group_tests(program->name, running, n_running, program->setup, program->teardown);
	if (failed == 0)
		rte_eal_cleanup();
	return failed != 0;
}

/* An emulator (Meson's exe_wrapper) runs programs of another architecture. Its words go before the program's. */
static unsigned
add_wrapper(char **argv, unsigned room)
{
	static char words[PATH_MAX];
	const char *wrapper = getenv("MESON_EXE_WRAPPER");
	char *rest = NULL;
	unsigned n = 0;

	snprintf(words, sizeof(words), "%s", wrapper != NULL ? wrapper : "");
	for (char *word = strtok_r(words, " ", &rest); word && n < room; word = strtok_r(NULL, " ", &rest))
		argv[n++] = word;
	return n;
}

/* The emulator adds a line of its own about a signal that ends the child. */
static void
cut_words_of_emulator(char *err)
{
	char *line = strstr(err, "qemu: uncaught target signal");

	if (line != NULL && getenv("MESON_EXE_WRAPPER") != NULL && (line == err || line[-1] == '\n'))
		*line = '\0';
}

/* Runs a child to its end. @return the status that wait() returns; err has what the child wrote to stderr. */
static int
run_to_end(const char *name, char *err, size_t size)
{
	char child_option[] = "--child", child_name[128];
	char *argv[MAX_WORDS];
	unsigned argc = add_wrapper(argv, MAX_WORDS - 4);
	posix_spawn_file_actions_t actions;
	size_t used = 0;
	int status = 0, error, ends[2];
	pid_t pid;

	snprintf(child_name, sizeof(child_name), "%s", name);
	argv[argc++] = self;
	argv[argc++] = child_option;
	argv[argc++] = child_name;
	argv[argc] = NULL;
	assert_int_equal(pipe(ends), 0);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addclose(&actions, ends[0]);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
	error = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	assert_int_equal(error, 0);
	for (;;) {
		ssize_t n = read(ends[0], err + used, size - 1 - used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		used += (size_t)n;
	}
	err[used] = '\0';
	cut_words_of_emulator(err);
	close(ends[0]);
	while (waitpid(pid, &status, 0) < 0)
		assert_int_equal(errno, EINTR);
	return status;
}

void
child_assert_stops(const char *name, const char *const *words)
{
	char err[4096];
	int status = run_to_end(name, err, sizeof(err));
	const char *end = strchr(err, '\n');

	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT)
		fail_msg("%s was not stopped: status 0x%x, stderr \"%s\"", name, (unsigned)status, err);
	while (EVPL_IOVEC_TRACE && end != NULL && strncmp(end + 1, "  ", 2) == 0)
		end = strchr(end + 1, '\n');
	if (end == NULL || end[1] != '\0')
		fail_msg("%s: not exactly one line or report on stderr: \"%s\"", name, err);
	for (; *words != NULL; words++) {
		if (strstr(err, *words) == NULL)
			fail_msg("%s: \"%s\" is missing in \"%s\"", name, *words, err);
	}
}

void
child_assert_ends(const char *name)
{
	char err[4096];
	int status = run_to_end(name, err, sizeof(err));

	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("%s did not end well: status 0x%x, stderr \"%s\"", name, (unsigned)status, err);
}
