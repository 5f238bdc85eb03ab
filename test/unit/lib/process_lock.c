/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The file of a process (src/process.c) and the lock on it: one that fails for another reason than that somebody has
 * it, a file that a former primary has left, and one with a descriptor that is seldom. The library's calls of fcntl()
 * come here first.
 *
 * What would break: a machine without memory for locks, or a folder without locks, would look as if another process had
 * the place. A person would search for that process. And a place could stay taken when its process has left.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/random.h>
#include <sys/wait.h>
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

/* The place is free after evpl_detach(), although a child of fork() still has the file open. */
static void
plays_with_a_child(struct evpl_process *process)
{
	pid_t pid = fork();

	if (pid == 0) {
		for (;;)
			pause();
	}
	there_check(pid > 0);
	there_check(evpl_detach(process) == 0);
	process = evpl_attach("worker");
	kill(pid, SIGKILL);
	there_check(waitpid(pid, NULL, 0) == pid);
	there_check(process != NULL);
	there_check(evpl_detach(process) == 0);
}

static void
child_of_fork_does_not_keep_the_place(void **state)
{
	struct evpl_process *process;
	struct there there;

	(void)state;
	there_only();
	process = process_create(0, 0);
	there_begin(&there, "worker", plays_with_a_child);
	there_end(&there);
	assert_int_equal(evpl_process_free(process), 0);
}

static void
plays_without_input(struct evpl_process *process)
{
	there_check(evpl_detach(process) == 0);
	there_check(close(STDIN_FILENO) == 0);
	process = evpl_attach("worker");
	there_check(process != NULL);
	there_check(evpl_detach(process) == 0);
	there_check(open("/dev/null", O_RDONLY) == STDIN_FILENO); /* the file is closed again */
}

/* The file of a place may have the descriptor 0, as in a daemon. */
static void
process_without_standard_input_works(void **state)
{
	struct evpl_process *process;
	struct there there;
	int input;

	(void)state;
	there_only();
	input = dup(STDIN_FILENO);
	close(STDIN_FILENO);
	process = process_create(0, 0);
	assert_int_equal(evpl_process_free(process), 0);
	assert_int_equal(open("/dev/null", O_RDONLY), STDIN_FILENO);
	process = process_create(0, 0);
	there_begin(&there, "worker", plays_without_input);
	there_end(&there);
	assert_int_equal(evpl_process_free(process), 0);
	if (input >= 0) {
		assert_int_equal(dup2(input, STDIN_FILENO), STDIN_FILENO);
		close(input);
	}
}

/* The file of a primary that had the same process id, and that another process still locks. */
static void
file_of_a_former_primary_is_replaced(void **state)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	struct evpl_process *process;
	struct there there;
	char path[256];
	int file;

	(void)state;
	there_only();
	snprintf(path, sizeof(path), "%s/evpl_process_%d_worker", rte_eal_get_runtime_dir(), (int)getpid());
	file = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
	assert_true(file >= 0);
	assert_int_equal(fcntl(file, F_OFD_SETLK, &lock), 0);
	process = process_create(0, 0);
	there_begin(&there, "worker", plays_leaving);
	there_end(&there);
	assert_int_equal(evpl_process_free(process), 0);
	close(file);
}

static bool has_no_random;

/* The library's call comes here first. */
ssize_t
getrandom(void *buffer, size_t length, unsigned flags)
{
	static ssize_t (*real)(void *, size_t, unsigned);

	if (has_no_random) {
		errno = ENOSYS;
		return -1;
	}
	if (real == NULL)
		program_next(&real, sizeof(real), "getrandom");
	return real(buffer, length, flags);
}

static void
plays_without_random_numbers(struct evpl_process *process)
{
	struct evpl_iovec iovecs[2];
	struct rte_mbuf *m[2];

	(void)process;
	has_no_random = true;
	process = evpl_attach("worker");
	there_check(process != NULL);
	there_wait();
	there_check(evpl_process_receive(process, iovecs, 2) == 2);
	for (unsigned i = 0; i < 2; i++) {
		m[i] = evpl_iovecs_to_mbuf(NULL, &iovecs[i], 1);
		there_check(m[i] != NULL);
	}
	rte_pktmbuf_free(m[0]);
	there_check(evpl_detach(process) == 0);
	rte_pktmbuf_free(m[1]); /* too late: it is no longer this process that has the ledger */
}

/* The number that tells processes apart is made of the time then. */
static void
process_without_random_numbers_has_a_number(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_process *process;
	struct there there;

	there_only();
	process = process_create(0, 0);
	there_begin(&there, NULL, plays_without_random_numbers);
	there_go(&there);
	there_waits(&there);
	process_send_streams(evpl, process, PROCESS_LENGTH, 2, 0);
	there_end(&there);
	process_assert_lent(process, EVPL_PROCESS_ABSENT, 1, 1);
	assert_int_equal(evpl_reclaim(process, EVPL_RECLAIM_PACKETS), 1);
	process_assert_lent(process, EVPL_PROCESS_ABSENT, 0, 0);
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
		home_case(child_of_fork_does_not_keep_the_place, home_small),
		home_case(process_without_standard_input_works, home_small),
		home_case(file_of_a_former_primary_is_replaced, home_small),
		home_case(process_without_random_numbers_has_a_number, home_small),
	};
	static const struct program program = {.name = "process_lock", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
