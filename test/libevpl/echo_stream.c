/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Echo of a stream. 1 MiB is taken in at most eight iovecs, and is sent in pieces, which are views of these iovecs. The
 * server sends each piece back, and the client compares what arrives. One thread runs both ends, as an event loop does.
 */
#include "startup.h"
#include "wire.h"

#define PIECE 1460
#define BURST 32

struct client {
	struct evpl_iovec iov[8];
	int niov, current;
	unsigned offset;   /* in the current one */
	uint64_t received; /* bytes that came back */
};

static struct wire wire;

/* As many pieces as the burst holds, or are left. */
static void
client_send(struct evpl *evpl, struct client *client)
{
	struct evpl_iovec piece[BURST];
	uint16_t n = 0;

	for (; n < BURST && client->current < client->niov; n++) {
		const struct evpl_iovec *from = &client->iov[client->current];
		unsigned left = evpl_iovec_length(from) - client->offset, length = left < PIECE ? left : PIECE;

		evpl_iovec_clone_segment(&piece[n], from, client->offset, length);
		client->offset += length;
		if (length == left) {
			client->current++;
			client->offset = 0;
		}
	}
	check(evpl_tx_burst(evpl, wire.request, 0, piece, n) == n);
}

static void
server_echo(struct evpl *evpl)
{
	struct evpl_iovec piece[BURST];
	uint16_t n = evpl_rx_burst(evpl, wire.request, 0, piece, BURST);

	check(evpl_tx_burst(evpl, wire.reply, 0, piece, n) == n);
}

static void
client_receive(struct evpl *evpl, struct client *client, uint64_t seed)
{
	struct evpl_iovec piece[BURST];
	uint16_t n = evpl_rx_burst(evpl, wire.reply, 0, piece, BURST);

	for (uint16_t i = 0; i < n; i++) {
		unsigned length = evpl_iovec_length(&piece[i]);

		check(startup_holds(&piece[i], 1, length, seed, client->received));
		client->received += length;
	}
	evpl_iovecs_release(evpl, piece, n);
}

int
main(void)
{
	struct evpl *evpl;

	startup("echo_stream");
	wire_open(&wire);
	evpl = evpl_create(NULL);
	check(evpl != NULL);
	for (unsigned flags = 0; flags <= EVPL_IOVEC_FLAG_SHARED; flags++) {
		struct client client = {.current = 0};

		client.niov = evpl_iovec_alloc(evpl, TRANSFER_SIZE, 0, 8, flags, client.iov);
		check(client.niov >= 1 && client.niov <= 8);
		check(iovecs_fill(client.iov, client.niov, flags) == TRANSFER_SIZE);
		while (client.received < TRANSFER_SIZE) {
			client_send(evpl, &client);
			server_echo(evpl);
			client_receive(evpl, &client, flags);
		}
		check(client.received == TRANSFER_SIZE);
		evpl_iovecs_release(evpl, client.iov, client.niov);
	}
	wire_close(&wire);
	evpl_destroy(evpl);
	return shutdown_and_check();
}
