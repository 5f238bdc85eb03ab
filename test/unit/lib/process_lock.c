/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A lock on the file of a process (src/process.c) that fails for another reason than that somebody has it. The
 * library's calls of fcntl() come here first.
 *
 * What would break: a machine without memory for locks, or a folder without locks, would look as if another process had
 * the place. A person would search for that process.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <unistd.h>

#include <rte_eal.h>

#include "logged.h"
#include "process_there.h"

/* The calls of that command and type that fail from now on. */
static struct {
	int command;
	short type;
	int error;
	unsigned times;
} fails;

/* With 64 bits for offsets, as the library has it, this is fcntl64(). */
int
fcntl(int file, int command, ...)
{
	static int (*real)(int file, int command, ...);
	void *argument;
	va_list args;

	va_start(args, command);
	argument = va_arg(args, void *);
	va_end(args);
	if (fails.times > 0 && command == fails.command && ((const struct flock *)argument)->l_type == fails.type) {
		fails.times--;
		errno = fails.error;
		return -1;
	}
	if (real == NULL)
		program_next(&real, sizeof(real), "fcntl64");
	return real(file, command, argument);
}

static void
let_fail(int command, short type, int error, unsigned times)
{
	fails.command = command;
	fails.type = type;
	fails.error = error;
	fails.times = times;
}

/* The line that the call logs; the caller frees it. */
static char *
line_of(const char *call, pid_t primary, int error)
{
	char *line;

	if (asprintf(&line, "%s: cannot lock or unlock %s/evpl_process_%d_worker: %s", call, rte_eal_get_runtime_dir(),
		     (int)primary, strerror(error)) < 0)
		abort();
	return line;
}

static void
assert_says(const char *call, int error)
{
	char *line = line_of(call, getpid(), error);

	assert_logged(line);
	free(line);
}

static const int errors[] = {ENOLCK, EBADF, EIO};

/* In the child: an attach that fails by that error, in its first question or in its lock. */
static void
attach_fails(int command, int error)
{
	char *line = line_of("evpl_attach", getppid(), error), *is;

	let_fail(command, F_WRLCK, error, 1);
	log_begin();
	there_check(evpl_attach("worker") == NULL);
	there_check(rte_errno == error);
	is = log_end();
	there_check(strncmp(is, "EVPL: ", 6) == 0 && strncmp(is + 6, line, strlen(line)) == 0);
	there_check(strcmp(is + 6 + strlen(line), "\n") == 0);
	free(is);
	free(line);
}

static void
plays_without_locks(struct evpl_process *process)
{
	for (unsigned i = 0; i < DIM(errors); i++) {
		attach_fails(F_OFD_GETLK, errors[i]);
		attach_fails(F_OFD_SETLK, errors[i]);
	}
	process = evpl_attach("worker");
	there_check(process != NULL);
	there_check(evpl_detach(process) == 0);
}

static void
attach_without_locks_has_their_errno(void **state)
{
	struct evpl_process *process;
	struct there there;

	(void)state;
	there_only();
	process = process_create(0, 0);
	there_begin(&there, NULL, plays_without_locks);
	there_end(&there);
	assert_int_equal(evpl_process_free(process), 0);
}

static void
plays_interrupted(struct evpl_process *process)
{
	static const int commands[] = {F_OFD_GETLK, F_OFD_SETLK};

	for (unsigned i = 0; i < DIM(commands); i++) {
		let_fail(commands[i], F_WRLCK, EINTR, 3);
		process = evpl_attach("worker");
		there_check(process != NULL);
		there_check(fails.times == 0);
		there_check(evpl_detach(process) == 0);
	}
}

static void
attach_that_is_interrupted_goes_on(void **state)
{
	struct evpl_process *process;
	struct there there;

	(void)state;
	there_only();
	process = process_create(0, 0);
	there_begin(&there, NULL, plays_interrupted);
	there_end(&there);
	assert_int_equal(evpl_process_free(process), 0);
}

static void
create_without_locks_has_their_errno(void **state)
{
	static const short types[] = {F_WRLCK, F_UNLCK};
	char *line;

	(void)state;
	there_only();
	for (unsigned i = 0; i < DIM(types); i++) {
		let_fail(F_OFD_SETLK, types[i], ENOLCK, 1);
		log_begin();
		assert_null(evpl_process_create("worker", 0, 0));
		assert_int_equal(rte_errno, ENOLCK);
		assert_true(asprintf(&line, "evpl_process_create: worker: %s", rte_strerror(ENOLCK)) > 0);
		assert_logged(line);
		free(line);
		assert_int_equal(evpl_process_free(process_create(0, 0)), 0);
	}
}

static void
free_without_locks_has_their_errno(void **state)
{
	struct evpl_process *process;

	(void)state;
	there_only();
	process = process_create(0, 0);
	for (unsigned i = 0; i < DIM(errors); i++) {
		let_fail(F_OFD_SETLK, F_WRLCK, errors[i], 1);
		log_begin();
		assert_int_equal(evpl_process_free(process), -errors[i]);
		assert_says("evpl_process_free", errors[i]);
		assert_ptr_equal(evpl_process_find("worker"), process);
	}
	assert_int_equal(evpl_process_free(process), 0);
}

static void
plays_leaving(struct evpl_process *process)
{
	there_check(evpl_detach(process) == 0);
}

/* Nobody knows whether it is alive. So it counts as attached. */
static void
process_that_cannot_be_asked_for_is_attached(void **state)
{
	struct evpl_process_info info;
	struct evpl_process *process;
	struct there there;

	(void)state;
	there_only();
	process = process_create(7, 0);
	there_begin(&there, "worker", plays_leaving);
	for (unsigned i = 0; i < DIM(errors); i++) {
		let_fail(F_OFD_GETLK, F_WRLCK, errors[i], 1);
		log_begin();
		assert_int_equal(evpl_process_get(process, &info), -errors[i]);
		assert_says("evpl_process_get", errors[i]);
		assert_int_equal(info.state, EVPL_PROCESS_ATTACHED);
		assert_int_equal(info.pid, there.pid);
		assert_int_equal(info.iovecs, 7);
	}
	there_end(&there);
	process_assert_lent(process, EVPL_PROCESS_ABSENT, 0, 0);
	assert_int_equal(evpl_process_free(process), 0);
}

/* The place of a dead process stays as it is. If it cannot be unlocked, a further call does it. */
static void
reclaim_without_locks_has_their_errno(void **state)
{
	static const short types[] = {F_WRLCK, F_UNLCK};
	struct evpl_process *process;
	struct there there;

	(void)state;
	there_only();
	process = process_create(0, 0);
	for (unsigned i = 0; i < DIM(types); i++) {
		there_begin(&there, "worker", plays_leaving);
		there_kill(&there);
		let_fail(F_OFD_SETLK, types[i], ENOLCK, 1);
		log_begin();
		assert_int_equal(evpl_reclaim(process, 0), -ENOLCK);
		assert_says("evpl_reclaim", ENOLCK);
		process_assert_lent(process, types[i] == F_WRLCK ? EVPL_PROCESS_DEAD : EVPL_PROCESS_ABSENT, 0, 0);
		assert_int_equal(evpl_reclaim(process, 0), 0);
		there_begin(&there, "worker", plays_leaving);
		there_end(&there);
	}
	assert_int_equal(evpl_process_free(process), 0);
}

int
main(int argc, char **argv)
{
	static const struct CMUnitTest cases[] = {
		home_case(attach_without_locks_has_their_errno, home_small),
		home_case(attach_that_is_interrupted_goes_on, home_small),
		home_case(create_without_locks_has_their_errno, home_small),
		home_case(free_without_locks_has_their_errno, home_small),
		home_case(process_that_cannot_be_asked_for_is_attached, home_small),
		home_case(reclaim_without_locks_has_their_errno, home_small),
	};
	static const struct program program = {.name = "process_lock", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
