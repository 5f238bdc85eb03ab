/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * evpl_process.h: the life of a place for another process. process_attach.c has what happens at the same time as
 * evpl_attach(), process_loan.c what is lent, process_packet.c packets that are made of it, and process_kill.c the
 * death of the other process in the middle of a call.
 *
 * What would break: a process could attach to what is not its library's, or two to one place. A dead process could keep
 * what it held, or a living one could lose it.
 */
#include <unistd.h>

#include <rte_eal.h>
#include <rte_mempool.h>
#include <rte_memzone.h>

#include "logged.h"
#include "process_there.h"

static void
plays_not(struct evpl_process *process)
{
	(void)process;
}

static void
impossible_arguments_are_refused(void **state)
{
	struct evpl_process_info info;
	struct evpl_process *process;
	struct evpl_iovec iovec;

	(void)state;
	plain_builds_only();
	assert_null(evpl_process_create(NULL, 0, 0));
	assert_int_equal(rte_errno, EINVAL);
	assert_null(evpl_process_create("", 0, 0));
	assert_null(evpl_process_create("seventeen_letters", 0, 0));
	assert_null(evpl_process_create("a/b", 0, 0));
	assert_null(evpl_process_create("worker", EVPL_PROCESS_MAX + 1, 0));
	assert_null(evpl_process_create("worker", 0, EVPL_PROCESS_MAX + 1));
	assert_int_equal(rte_errno, EINVAL);
	assert_null(evpl_attach("worker"));
	assert_int_equal(rte_errno, ENOTSUP);
	assert_null(evpl_process_find("worker"));
	assert_int_equal(rte_errno, ENOENT);
	process = process_create(0, 0);
	assert_null(evpl_process_create("worker", 0, 0));
	assert_int_equal(rte_errno, EEXIST);
	assert_ptr_equal(evpl_process_find("worker"), process);
	assert_int_equal(evpl_process_get(process, NULL), -EINVAL);
	assert_int_equal(evpl_process_get(NULL, &info), -EINVAL);
	assert_int_equal(evpl_process_get(process, &info), 0);
	assert_int_equal(info.iovecs, EVPL_DEFAULT_PROCESS_IOVECS);
	assert_int_equal(info.packets, EVPL_DEFAULT_PROCESS_PACKETS);
	assert_int_equal(info.pid, 0);
	assert_int_equal(evpl_reclaim(NULL, 0), -EINVAL);
	assert_int_equal(evpl_reclaim(process, 2), -EINVAL);
	assert_int_equal(evpl_process_send(NULL, &iovec, 1), 0);
	assert_int_equal(rte_errno, EINVAL);
	rte_errno = 0;
	assert_int_equal(evpl_process_send(process, &iovec, 0), 0);
	assert_int_equal(rte_errno, 0);
	assert_int_equal(evpl_process_receive(process, NULL, 1), 0);
	assert_int_equal(rte_errno, EINVAL);
	assert_int_equal(evpl_process_free(process), 0);
	assert_int_equal(evpl_process_free(NULL), 0);
	assert_int_equal(evpl_detach(NULL), 0);
	process = process_create(0, 0);
	assert_int_equal(evpl_detach(process), -ENOTSUP); /* this is the primary */
	assert_int_equal(evpl_process_free(process), 0);
}

static void
a_tracing_build_lends_nothing(void **state)
{
	(void)state;
	if (!EVPL_IOVEC_TRACE) {
		program_skips(__func__, "a plain build lends");
		return;
	}
	assert_null(evpl_process_create("worker", 0, 0));
	assert_int_equal(rte_errno, ENOTSUP);
	assert_null(evpl_attach("worker"));
	assert_int_equal(rte_errno, ENOTSUP);
}

/* The program sees in time that the other process is not there, and keeps the iovecs. */
static void
nothing_is_sent_to_nobody(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_process *process;
	struct evpl_iovec iovec;

	plain_builds_only();
	process = process_create(0, 0);
	iovec_take(evpl, PROCESS_LENGTH, SHARED, &iovec, 1);
	assert_int_equal(evpl_process_send(process, &iovec, 1), 0);
	assert_int_equal(rte_errno, ENOTCONN);
	iovec_assert(&iovec, 1, 0);
	evpl_iovec_release(evpl, &iovec);
	assert_int_equal(evpl_process_free(process), 0);
}

static void
only_shared_iovecs_of_shared_memory_are_sent(void **state)
{
	static char own[RTE_PKTMBUF_HEADROOM + PROCESS_LENGTH];
	struct rte_mbuf_ext_shared_info shinfo = {.refcnt = 1};
	struct evpl *evpl = home_context(state);
	struct evpl_process *process;
	struct evpl_iovec iovecs[2];
	struct rte_mempool *pool;
	struct rte_mbuf *m;
	struct there there;

	there_only();
	process = process_create(0, 0);
	pool = rte_pktmbuf_pool_create("headers", 7, 0, 0, 0, SOCKET_ID_ANY);
	assert_non_null(pool);
	there_begin(&there, "worker", plays_not);
	iovec_take(evpl, PROCESS_LENGTH, LOCAL, &iovecs[0], 1);
	assert_int_equal(evpl_process_send(process, iovecs, 1), 0);
	assert_int_equal(rte_errno, EINVAL);
	evpl_iovec_release(evpl, &iovecs[0]);
	m = rte_pktmbuf_alloc(pool);
	assert_non_null(m);
	rte_pktmbuf_attach_extbuf(m, own, RTE_BAD_IOVA, sizeof(own), &shinfo);
	rte_mbuf_ext_refcnt_update(&shinfo, 1); /* DPDK calls no callback */
	assert_non_null(rte_pktmbuf_append(m, PROCESS_LENGTH));
	assert_int_equal(evpl_iovecs_from_mbuf(evpl, m, SHARED, 1, iovecs), 1);
	assert_int_equal(evpl_process_send(process, iovecs, 1), 0);
	assert_int_equal(rte_errno, ENOTSUP);
	evpl_iovec_release(evpl, &iovecs[0]);
	there_end(&there);
	assert_int_equal(evpl_reclaim(process, 0), 0);
	assert_int_equal(evpl_process_free(process), 0);
	rte_mempool_free(pool);
}

static void
plays_leaving(struct evpl_process *process)
{
	there_check(evpl_detach(process) == 0);
}

/* What waits in the queue of a process that leaves is released. */
static void
detach_releases_what_waits(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_process *process;
	struct there there;

	there_only();
	process = process_create(0, 0);
	there_begin(&there, "worker", plays_leaving);
	process_send_streams(evpl, process, PROCESS_LENGTH, PROCESS_MANY, 0);
	there_end(&there);
	process_assert_lent(process, EVPL_PROCESS_ABSENT, 0, 0);
	assert_int_equal(evpl_process_free(process), 0);
}

static void
plays_errors(struct evpl_process *process)
{
	struct evpl_process_info info;

	there_check(process == NULL);
	process = evpl_process_find("worker"); /* the primary's, which a child of fork() has, too */
	there_check(process != NULL);
	there_check(evpl_process_free(process) == -ENOTSUP);
	there_check(evpl_process_get(process, &info) == -ENOTSUP);
	there_check(evpl_reclaim(process, 0) == -ENOTSUP);
	there_check(evpl_attach("other") == NULL && rte_errno == ENOENT);
	there_check(evpl_attach("a/b") == NULL && rte_errno == EINVAL);
	there_check(evpl_process_create("other", 0, 0) == NULL && rte_errno == ENOTSUP);
	there_check(evpl_attach("worker") == NULL && rte_errno == EBUSY);
}

static void
plays_dead(struct evpl_process *process)
{
	struct evpl_iovec iovecs[PROCESS_MANY];

	there_check(evpl_process_receive(process, iovecs, 3) == 3);
	there_check(evpl_process_send(process, iovecs, 1) == 1);
	there_wait();
	there_wait();
}

static void
plays_too_early(struct evpl_process *process)
{
	(void)process;
	there_check(evpl_attach("worker") == NULL && rte_errno == EOWNERDEAD);
}

/* Iovecs in its hands and in both queues; then another process takes its place. */
static void
a_dead_process_is_found_and_reclaimed(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_process_info info;
	struct evpl_process *process;
	struct there there, second;

	there_only();
	process = process_create(0, 0);
	there_begin(&there, "worker", plays_dead);
	process_send_streams(evpl, process, 30000, 9, 0);
	there_go(&there);
	there_waits(&there);
	there_begin(&second, NULL, plays_errors);
	there_end(&second);
	assert_int_equal(evpl_process_get(process, &info), 0);
	assert_int_equal(info.pid, there.pid);
	assert_int_equal(info.waiting_there, 6);
	assert_int_equal(info.waiting_here, 1);
	process_assert_lent(process, EVPL_PROCESS_ATTACHED, 9, 0);
	there_kill(&there);
	process_assert_lent(process, EVPL_PROCESS_DEAD, 9, 0);
	assert_int_equal(evpl_process_free(process), -EBUSY);
	there_begin(&second, NULL, plays_too_early);
	there_end(&second);
	assert_int_equal(evpl_reclaim(evpl_process_find("worker"), 0), 9);
	process_assert_lent(process, EVPL_PROCESS_ABSENT, 0, 0);
	assert_int_equal(evpl_process_get(process, &info), 0);
	assert_int_equal(info.waiting_there + info.waiting_here, 0);
	assert_int_equal(info.reclaimed, 9);
	home_assert_held(0);
	there_begin(&there, "worker", plays_leaving);
	process_send_streams(evpl, process, PROCESS_LENGTH, PROCESS_MANY, 0);
	there_end(&there);
	process_assert_lent(process, EVPL_PROCESS_ABSENT, 0, 0);
	assert_int_equal(evpl_process_free(process), 0);
}

static int expected;

static void
plays_attach(struct evpl_process *process)
{
	(void)process;
	there_check(evpl_attach("worker") == NULL);
	there_check(rte_errno == expected);
}

static void
assert_attach_fails(int error)
{
	struct there there;

	expected = error;
	there_begin(&there, NULL, plays_attach);
	there_end(&there);
}

static struct rte_mempool *loans_pool;

static void
find_loans_pool(struct rte_mempool *pool, void *arg)
{
	(void)arg;
	if (strncmp(pool->name, "evpl_loans_", 11) == 0)
		loans_pool = pool;
}

/* Where the primary's ledger has these bytes; the test writes something else there. */
static char *
bytes_in_ledger(const void *bytes, size_t size)
{
	const struct rte_memzone *zone = rte_memzone_lookup("evpl_process_worker");
	char *found;

	assert_non_null(zone);
	found = memmem(zone->addr, zone->len, bytes, size);
	assert_non_null(found);
	return found;
}

static char *
text_in_ledger(const char *text)
{
	return bytes_in_ledger(text, strlen(text));
}

/* In the child: what the log says of the ledger. */
static const char *expected_words;

static void
plays_attach_with_words(struct evpl_process *process)
{
	char *text;

	log_begin();
	plays_attach(process);
	text = log_end();
	there_check(strstr(text, expected_words) != NULL);
	free(text);
}

static void
assert_attach_says(const char *words)
{
	struct there there;

	expected = EPROTO;
	expected_words = words;
	there_begin(&there, NULL, plays_attach_with_words);
	there_end(&there);
}

static void
another_library_is_not_attached_to(void **state)
{
	struct evpl_process *process;
	void *ledger;
	char *text;

	(void)state;
	there_only();
	process = process_create(0, 0);
	text = text_in_ledger(evpl_version());
	text[0]++;
	assert_attach_fails(EPROTO);
	text[0]--;
	text = text_in_ledger("evpl ledger");
	text[0]++;
	assert_attach_fails(EPROTO);
	text[0] = '\0'; /* as while the primary is in evpl_process_create() */
	assert_attach_fails(ENOENT);
	text[0] = 'e';
	ledger = rte_memzone_lookup("evpl_process_worker")->addr;
	text = bytes_in_ledger(&ledger, sizeof(ledger)); /* its own address */
	text[0]++;
	assert_attach_says("another address");
	text[0]--;
	text -= sizeof(uint64_t); /* sizes of its structs */
	text[0]++;
	assert_attach_says("structs are not those of this process");
	text[0]--;
	rte_mempool_walk(find_loans_pool, NULL);
	assert_non_null(loans_pool);
	loans_pool->ops_index--;
	assert_attach_fails(EXDEV);
	loans_pool->ops_index++;
	assert_int_equal(evpl_process_free(process), 0);
	assert_attach_fails(ENOENT);
}

/* It has the name of a place, and is too short for a ledger. */
static void
other_memzone_is_not_attached_to(void **state)
{
	const struct rte_memzone *zone;

	(void)state;
	there_only();
	zone = rte_memzone_reserve("evpl_process_worker", 64, SOCKET_ID_ANY, 0);
	assert_non_null(zone);
	snprintf(zone->addr, zone->len, "evpl ledger");
	assert_attach_says("not this library's");
	assert_int_equal(rte_memzone_free(zone), 0);
}

static const char *runtime_dir; /* NULL: EAL's */

/* The library's calls come here first. */
const char *
rte_eal_get_runtime_dir(void)
{
	static const char *(*real)(void);

	if (runtime_dir != NULL)
		return runtime_dir;
	program_next(&real, sizeof(real), "rte_eal_get_runtime_dir");
	return real();
}

/* The primary's path is in memory that the other process reads. It has 255 characters. */
static void
create_with_a_long_path_is_enametoolong(void **state)
{
	char path[257] = "", name[32];
	const size_t rest = (size_t)snprintf(name, sizeof(name), "/evpl_process_%d_worker", (int)getpid());

	(void)state;
	plain_builds_only();
	memset(path, '/', 256 - rest);
	runtime_dir = path;
	assert_null(evpl_process_create("worker", 0, 0));
	assert_int_equal(rte_errno, ENAMETOOLONG);
	path[255 - rest] = '\0';
	memcpy(path, "/tmp", 4);
	assert_int_equal(strlen(path) + rest, 255);
	assert_int_equal(evpl_process_free(process_create(0, 0)), 0);
	runtime_dir = NULL;
}

static void
create_without_init_is_eperm(void **state)
{
	(void)state;
	plain_builds_only();
	assert_null(evpl_process_create("worker", 0, 0));
	assert_int_equal(rte_errno, EPERM);
}

static void
before_eal(void)
{
	if (evpl_process_create("worker", 0, 0) != NULL || rte_errno != ENODEV)
		exit(1);
	if (evpl_attach("worker") != NULL || rte_errno != ENODEV)
		exit(2);
}

static void
calls_before_eal_are_enodev(void **state)
{
	(void)state;
	child_assert_ends("before_eal");
}

static const struct child child = {.name = "before_eal", .run = before_eal, .without_eal = true};

int
main(int argc, char **argv)
{
	static const struct CMUnitTest cases[] = {
		home_case(impossible_arguments_are_refused, home_small),
		home_case(a_tracing_build_lends_nothing, home_small),
		home_case(nothing_is_sent_to_nobody, home_small),
		home_case(only_shared_iovecs_of_shared_memory_are_sent, home_small),
		home_case(detach_releases_what_waits, home_small),
		home_case(a_dead_process_is_found_and_reclaimed, home_small),
		home_case(another_library_is_not_attached_to, home_small),
		home_case(other_memzone_is_not_attached_to, home_small),
		home_case(create_with_a_long_path_is_enametoolong, home_small),
		cmocka_unit_test(create_without_init_is_eperm),
		cmocka_unit_test(calls_before_eal_are_enodev),
	};
	static const struct program program = {
		.name = "process", .cases = cases, .n_cases = DIM(cases), .children = &child, .n_children = 1};

	return program_main(&program, argc, argv);
}
