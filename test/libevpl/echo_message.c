/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Echo of messages. The client sends a header with the length, and a payload of 1 MiB behind it, in at most eight
 * iovecs. The server, on another thread, sends back the very iovecs that it received.
 */
#include <pthread.h>

#include "startup.h"
#include "wire.h"

#define ROUNDS 8
#define MAX_IOVECS 64 /* of a message that was received: a packet's segments have 65,535 bytes at most */

static struct wire wire;

static void *
server_thread(void *arg)
{
	struct evpl *evpl = evpl_create(NULL);
	struct evpl_iovec iov[MAX_IOVECS];

	(void)arg;
	check(evpl != NULL);
	for (unsigned round = 0; round < ROUNDS; round++) {
		int niov = wire_recvv(evpl, wire.request, iov, MAX_IOVECS);

		wire_sendv(evpl, wire.reply, iov, niov);
	}
	evpl_destroy(evpl);
	return NULL;
}

static void
send_message(struct evpl *evpl, uint64_t seed)
{
	struct evpl_iovec iov[8];
	uint32_t length = TRANSFER_SIZE;
	int niov;

	check(evpl_iovec_alloc(evpl, sizeof(length), 0, 1, 0, &iov[0]) == 1);
	niov = evpl_iovec_alloc(evpl, TRANSFER_SIZE, 0, 7, 0, &iov[1]);
	check(niov >= 1 && niov <= 7);
	memcpy(evpl_iovec_data(&iov[0]), &length, sizeof(length));
	check(iovecs_fill(&iov[1], niov, seed) == TRANSFER_SIZE);
	wire_sendv(evpl, wire.request, iov, 1 + niov);
}

static void
receive_message(struct evpl *evpl, uint64_t seed)
{
	struct evpl_iovec iov[MAX_IOVECS];
	int niov = wire_recvv(evpl, wire.reply, iov, MAX_IOVECS);
	uint32_t length;

	check(evpl_iovec_length(&iov[0]) >= sizeof(length));
	memcpy(&length, evpl_iovec_data(&iov[0]), sizeof(length));
	check(length == TRANSFER_SIZE);
	/* Behind the header, which may have an iovec of its own or not. */
	evpl_iovec_move_segment(&iov[0], &iov[0], sizeof(length),
				evpl_iovec_length(&iov[0]) - (unsigned)sizeof(length));
	check(startup_holds(iov, niov, length, seed, 0));
	evpl_iovecs_release(evpl, iov, niov);
}

int
main(void)
{
	struct evpl *evpl;
	pthread_t server;

	startup("echo_message");
	wire_open(&wire);
	evpl = evpl_create(NULL);
	check(evpl != NULL);
	check(pthread_create(&server, NULL, server_thread, NULL) == 0);
	for (unsigned round = 0; round < ROUNDS; round++) {
		send_message(evpl, round);
		receive_message(evpl, round);
	}
	pthread_join(server, NULL);
	wire_close(&wire);
	evpl_destroy(evpl);
	return shutdown_and_check();
}
