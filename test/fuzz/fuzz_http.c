/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bytes of a connection to evpl-httpd, through its whole request path, without lwIP: this file stands for
 * tcp/connection.c. The bytes are given twice: once in one piece to a peer that takes everything, and once in the
 * pieces that the input says, to a peer that takes little at a time. Both must get the same answers.
 *
 * An input is: the number of cuts, the length of each piece, the peer's room, and the bytes.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "ground.h"
#include "input.h"

#include "glue.h"
#include "http.h"
#include "http_exchange.h"
#include "tcp/connection.h"

#define CUTS_MAX 31u
#define OUT_MAX 65536u
#define TURNS_MAX 4096u
#define BIG (160u * 1024)
/* No request can have these bytes echoed. */
#define SECRET "\x01\xfesecret\xff\x02"

static struct evpl *evpl;
static const struct connection_server *server;
static char folder[] = "/tmp/evpl-fuzz-http-XXXXXX";

/* The peer of the only connection. */
static struct {
	struct connection c;
	size_t out_length;
	unsigned room, room_each; /* bytes that it takes now, and in each turn */
	bool woken, over;
	uint8_t out[OUT_MAX];
} peer;

struct answers {
	size_t length;
	bool closed, aborted;
	uint8_t bytes[OUT_MAX];
};

/* What http.c calls. */

struct evpl *
glue_evpl(void)
{
	return evpl;
}

int
connections_listen(const struct connection_server *s, uint16_t port)
{
	(void)port;
	server = s;
	return 0;
}

void
connection_consume(struct connection *c, unsigned n)
{
	while (n > 0) {
		struct pbuf *p = c->rx;
		u16_t some = (u16_t)LWIP_MIN(n, p->len);

		fuzz_check(p != NULL && some > 0);
		p->payload = (char *)p->payload + some;
		p->len = (u16_t)(p->len - some);
		n -= some;
		if (p->len == 0) {
			c->rx = p->next;
			free(p);
		}
	}
}

unsigned
connection_room(const struct connection *c)
{
	(void)c;
	return peer.room;
}

/* The peer goes away when it has enough. */
static void
take(const void *bytes, size_t n)
{
	size_t some = LWIP_MIN(n, OUT_MAX - peer.out_length);

	memcpy(peer.out + peer.out_length, bytes, some);
	peer.out_length += some;
	peer.over |= peer.out_length == OUT_MAX;
}

/* A head is lines of visible characters that end with CRLF, and an empty line. Nothing of a request begins a line. */
static size_t
check_head(const char *head, size_t length)
{
	static const char *const names[] = {
		"Server: ",	   "Date: ",	     "Connection: ",	 "ETag: ",
		"Last-Modified: ", "Allow: ",	     "Location: ",	 "Content-Range: ",
		"Retry-After: 1",  "Content-Type: ", "Content-Length: ", "Accept-Ranges: bytes",
	};
	size_t at = 0;

	fuzz_check(length > 13 && memcmp(head, "HTTP/1.1 ", 9) == 0);
	for (unsigned line = 0;; line++) {
		const char *end = memmem(head + at, length - at, "\r\n", 2);
		size_t n, i = 0;

		fuzz_check(end != NULL);
		n = (size_t)(end - head) - at;
		if (n == 0)
			return at + 2;
		for (size_t k = 0; k < n; k++)
			fuzz_check(head[at + k] >= ' ' && head[at + k] <= '~');
		while (line > 0 && i < RTE_DIM(names) && strncmp(head + at, names[i], strlen(names[i])) != 0)
			i++;
		fuzz_check(i < RTE_DIM(names));
		at += n + 2;
	}
}

/* Two runs may see two seconds. */
static void
hide_date(char *head, size_t length)
{
	char *date = memmem(head, length, "\r\nDate: ", 8);

	if (date != NULL)
		memset(date + 8, 'D', HTTP_DATE_ROOM - 1);
}

bool
connection_write(struct connection *c, struct evpl_iovec *iovec, unsigned offset, unsigned length, bool more)
{
	const struct exchange *x = (const struct exchange *)(const void *)c->state;
	char *head = (char *)evpl_iovec_data(iovec) + offset;
	size_t body;

	fuzz_check(length > 0 && length <= peer.room && offset + length <= evpl_iovec_length(iovec));
	peer.room -= length;
	body = length - check_head(head, length);
	/* What follows in the same iovec is a text; there is none before content, for HEAD, or for "100 Continue". */
	fuzz_check(body == 0 || (!more && !x->response.without_body));
	hide_date(head, length);
	take(head, length);
	return true;
}

void
connection_send(struct connection *c, const struct content *content, uint64_t *position, uint64_t end)
{
	(void)c;
	while (*position < end && peer.room > 0 && !peer.over) {
		struct content_piece piece = content_at(content, *position, LWIP_MIN(end - *position, peer.room));

		fuzz_check(piece.length > 0 && piece.length <= LWIP_MIN(end - *position, peer.room));
		fuzz_check((uint64_t)piece.offset + piece.length <= evpl_iovec_length(piece.iovec));
		take((const char *)evpl_iovec_data(piece.iovec) + piece.offset, piece.length);
		*position += piece.length;
		peer.room -= piece.length;
	}
}

void
connection_expect(struct connection *c, enum connection_wait wait)
{
	c->wait = wait;
}

void
connection_close(struct connection *c)
{
	c->closing = true;
}

void
connection_abort(struct connection *c, enum connection_abort reason)
{
	c->abort = reason;
}

void
connection_wake(struct connection *c)
{
	fuzz_check(c == &peer.c);
	peer.woken = true;
}

/* The connection. */

static bool
is_over(void)
{
	return peer.over || peer.c.closing || peer.c.abort != CONNECTION_GOES_ON;
}

/* Turns of the program's loop, until nothing happens any more. */
static void
run_turns(void)
{
	for (unsigned turn = 0; turn < TURNS_MAX && !is_over(); turn++) {
		size_t before = peer.out_length;
		const struct pbuf *rx = peer.c.rx;

		peer.room = peer.room_each;
		peer.woken = false;
		server->advance(&peer.c);
		http_poll();
		if (!peer.woken && before == peer.out_length && rx == peer.c.rx)
			return;
	}
}

/* A piece lies in memory that is exactly as long as it. */
static void
give(const uint8_t *data, size_t length)
{
	struct pbuf *p, **last = &peer.c.rx;

	if (length == 0 || is_over())
		return;
	p = malloc(sizeof(*p) + length);
	fuzz_check(p != NULL);
	memset(p, 0, sizeof(*p));
	p->payload = p + 1;
	p->len = p->tot_len = (u16_t)length;
	memcpy(p->payload, data, length);
	while (*last != NULL)
		last = &(*last)->next;
	*last = p;
	run_turns();
}

static void
begin(unsigned room)
{
	memset(&peer.c, 0, sizeof(peer.c));
	peer.c.server = server;
	peer.out_length = 0;
	peer.room_each = room;
	peer.over = false;
}

static void
finish(struct answers *answers)
{
	struct evpl_stats stats;

	peer.c.eof = true;
	run_turns();
	answers->length = peer.out_length;
	answers->closed = peer.c.closing;
	answers->aborted = peer.c.abort != CONNECTION_GOES_ON;
	memcpy(answers->bytes, peer.out, peer.out_length);
	server->ended(&peer.c);
	while (peer.c.rx != NULL)
		connection_consume(&peer.c, peer.c.rx->len);
	fuzz_check(memmem(answers->bytes, answers->length, SECRET, sizeof(SECRET) - 1) == NULL);
	evpl_stats_get(&stats);
	fuzz_check(stats.buffers_in_use - stats.buffers_current < 16);
}

/* Set-up. */

/* The path of a name in our own folder. */
static const char *
path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void
write_file(const char *name, size_t size, const char *pattern)
{
	size_t length = strlen(pattern);
	struct timespec old[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};
	int fd = open(path_of(name), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0644);

	fuzz_need(fd >= 0);
	for (size_t at = 0; at < size; at += length)
		fuzz_need(write(fd, pattern, LWIP_MIN(length, size - at)) > 0);
	fuzz_need(futimens(fd, old) == 0);
	close(fd);
}

/* The served folder is "www" in a folder of our own. */
static void
make_folder(void)
{
	fuzz_need(mkdtemp(folder) != NULL && mkdir(path_of("www"), 0755) == 0);
	fuzz_need(mkdir(path_of("www/sub"), 0755) == 0 && mkdir(path_of("www/empty"), 0755) == 0);
	write_file("outside", sizeof(SECRET) - 1, SECRET);
	write_file("www/.hidden", sizeof(SECRET) - 1, SECRET);
	write_file("www/index.html", 100, "index\n");
	write_file("www/sub/index.html", 300, "sub\n");
	write_file("www/sub/a b", 0, "-");
	write_file("www/big.txt", BIG, "0123456789abcdefghijklmnopqrstuvwxyz\n");
	fuzz_need(symlink("../outside", path_of("www/link")) == 0);
}

static void
remove_folder(void)
{
	static const char *const names[] = {
		"outside",     "www/.hidden", "www/index.html", "www/sub/index.html", "www/sub/a b",
		"www/big.txt", "www/link",    "www/sub",	"www/empty",	      "www",
	};

	for (unsigned i = 0; i < RTE_DIM(names); i++)
		fuzz_check(remove(path_of(names[i])) == 0);
	rmdir(folder);
}

static void
stop(void)
{
	http_stop();
	files_stop();
	remove_folder();
}

static void
start(void)
{
	static const struct evpl_global_config config = {.slab_size = 1 << 20, .buffer_size = 64 << 10};
	static const struct http_options http = {.port = 80, .head_size = 1024, .line_size = 512, .request_s = 10};
	struct files_options files = {.cache = 1 << 20};

	evpl = ground_start("fuzz-http", &config, stop);
	make_folder();
	files.folder = path_of("www");
	fuzz_need(files_start(&files, evpl) == 0 && http_start(&http) == 0);
	fuzz_need(server != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct answers whole, cut;
	struct input in = {data, size};
	unsigned cuts = input_below(&in, CUTS_MAX + 1), room;
	size_t lengths[CUTS_MAX];

	if (evpl == NULL)
		start();
	for (unsigned i = 0; i < cuts; i++)
		lengths[i] = input_u8(&in);
	room = 100 * input_u8(&in);
	if (in.left > UINT16_MAX)
		in.left = UINT16_MAX;

	begin(1u << 30);
	give(in.at, in.left);
	finish(&whole);

	begin(room + 4096); /* the longest head of a response fits */
	for (unsigned i = 0; i < cuts; i++) {
		const uint8_t *piece = input_bytes(&in, &lengths[i]);

		give(piece, lengths[i]);
	}
	give(in.at, in.left);
	finish(&cut);

	/* A peer that has enough gets an end at another place. */
	if (whole.length == OUT_MAX || cut.length == OUT_MAX) {
		fuzz_check(memcmp(whole.bytes, cut.bytes, LWIP_MIN(whole.length, cut.length)) == 0);
		return 0;
	}
	fuzz_check(whole.length == cut.length && memcmp(whole.bytes, cut.bytes, cut.length) == 0);
	fuzz_check(whole.closed == cut.closed && whole.aborted == cut.aborted);
	return 0;
}
