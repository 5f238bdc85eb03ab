/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sends a body as frames of several iovecs: a header of nine bytes, which is written for each frame, and a part of the
 * body, which is a view of it. The last part of each piece of the body is sent as the piece itself.
 */
#include "startup.h"
#include "wire.h"

#define HEADER 9
#define PART 16384
#define MAX_IOVECS 8

static void
write_header(struct evpl *evpl, struct evpl_iovec *header, uint32_t length, uint32_t number)
{
	unsigned char *at;

	check(evpl_iovec_alloc(evpl, HEADER, 0, 1, 0, header) == 1);
	at = evpl_iovec_data(header);
	memcpy(at, &length, sizeof(length));
	memcpy(at + 4, &number, sizeof(number));
	at[8] = 0xA5;
}

/* @return the bytes of the body that the frame brought. */
static unsigned
receive_frame(struct evpl *evpl, uint16_t port, uint32_t number, uint64_t seed, uint64_t offset)
{
	struct evpl_iovec iov[MAX_IOVECS];
	unsigned char header[HEADER];
	uint32_t length, is;
	int niov = wire_recvv(evpl, port, iov, MAX_IOVECS);

	check(evpl_iovec_length(&iov[0]) >= HEADER);
	memcpy(header, evpl_iovec_data(&iov[0]), HEADER);
	memcpy(&length, header, sizeof(length));
	memcpy(&is, header + 4, sizeof(is));
	check(is == number && header[8] == 0xA5);
	evpl_iovec_move_segment(&iov[0], &iov[0], HEADER, evpl_iovec_length(&iov[0]) - HEADER);
	check(startup_holds(iov, niov, length, seed, offset));
	evpl_iovecs_release(evpl, iov, niov);
	return length;
}

static void
send_body(struct evpl *evpl, struct wire *wire, unsigned flags)
{
	struct evpl_iovec body[8], frame[2];
	uint64_t received = 0;
	uint32_t number = 0;
	int niov = evpl_iovec_alloc(evpl, TRANSFER_SIZE, 0, 8, flags, body);

	check(niov >= 1 && niov <= 8);
	check(iovecs_fill(body, niov, flags) == TRANSFER_SIZE);
	for (int i = 0; i < niov; i++) {
		unsigned offset = 0, length = evpl_iovec_length(&body[i]);

		for (; length - offset > PART; offset += PART, number++) {
			write_header(evpl, &frame[0], PART, number);
			evpl_iovec_clone_segment(&frame[1], &body[i], offset, PART);
			wire_sendv(evpl, wire->request, frame, 2);
			received += receive_frame(evpl, wire->request, number, flags, received);
		}
		write_header(evpl, &frame[0], length - offset, number);
		evpl_iovec_move_segment(&frame[1], &body[i], offset, length - offset);
		wire_sendv(evpl, wire->request, frame, 2);
		received += receive_frame(evpl, wire->request, number, flags, received);
		number++;
	}
	check(received == TRANSFER_SIZE);
}

int
main(void)
{
	struct wire wire;
	struct evpl *evpl;

	startup("sendv");
	wire_open(&wire);
	evpl = evpl_create(NULL);
	check(evpl != NULL);
	send_body(evpl, &wire, 0);
	send_body(evpl, &wire, EVPL_IOVEC_FLAG_SHARED);
	wire_close(&wire);
	evpl_destroy(evpl);
	return shutdown_and_check();
}
