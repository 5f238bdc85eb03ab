/* SPDX-License-Identifier: BSD-3-Clause */
/* One request and its response, and what a request is answered with. http.c reads the one and sends the other. */
#ifndef HTTPD_HTTP_EXCHANGE_H
#define HTTPD_HTTP_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <evpl/evpl.h>

#include "files.h"
#include "http_request.h"
#include "http_response.h"
#include "tcp/content.h"

struct connection;
struct http_stats;

enum phase {
	PHASE_HEAD,	/* a request's head is read */
	PHASE_CONTINUE, /* "100 Continue" is to be sent */
	PHASE_BODY,	/* an upload is read */
	PHASE_RESPOND,	/* a response's head is to be sent */
	PHASE_CONTENT,	/* a response's content is sent */
};

/* One request and its response: what a connection is about at a time. */
struct exchange {
	enum phase phase;
	struct http_head head;
	struct evpl_iovec head_iovec; /* its bytes; held while head.bytes is not NULL */
	struct http_response response;
	struct file *file;	       /* NULL: none, or let go of */
	const struct content *content; /* the file's, or the pattern */
	uint64_t upload_left, upload_bytes;
	uint32_t upload_crc;
	char upload_text[64]; /* the answer */
	bool waiting;	      /* in http.c's list, for its file to be read on */
	LIST_ENTRY(exchange) wait_link;
	struct connection *connection;
};

/* The head has ended: decides what comes next, an upload's body or the response. */
void exchange_begin(struct exchange *x);

/* Room for the longest head of a response: one with a location. */
unsigned exchange_response_room(void);

/* What is in x->response goes out with that status. */
void exchange_respond(struct exchange *x, unsigned status);

/* Of a request that cannot be believed, so neither can what follows it: the connection ends. */
void exchange_refuse(struct exchange *x, unsigned status);

/* Makes what /_/bytes/ sends. 0, or -1: no memory. */
int exchange_start(void);
void exchange_stop(void);

/* Fills requests and responses. */
void exchange_stats(struct http_stats *stats);

#endif /* HTTPD_HTTP_EXCHANGE_H */
