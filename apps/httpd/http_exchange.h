/* SPDX-License-Identifier: BSD-3-Clause */
/* One request and its response: decides what answers a request. http.c reads requests and sends responses. */
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
	PHASE_HEAD,	/* reads a request's head */
	PHASE_CONTINUE, /* has "100 Continue" to send */
	PHASE_BODY,	/* reads an upload */
	PHASE_RESPOND,	/* has a response's head to send */
	PHASE_CONTENT,	/* sends a response's content */
};

/* One request and its response. A connection has one at a time. */
struct exchange {
	enum phase phase;
	struct http_head head;
	struct evpl_iovec head_iovec; /* the head's bytes; held while head.bytes is not NULL */
	struct http_response response;
	struct file *file;	       /* NULL: none, or released */
	const struct content *content; /* the file's, or the pattern */
	uint64_t upload_left, upload_bytes;
	uint32_t upload_crc;
	char upload_text[64]; /* the answer */
	bool waiting;	      /* in http.c's list, until more of its file is read */
	LIST_ENTRY(exchange) wait_link;
	struct connection *connection;
};

/* The head has ended: decides what comes next, an upload's body or the response. */
void exchange_begin(struct exchange *x);

/* Room for the longest head of a response: one with a location. */
unsigned exchange_response_room(void);

/* Sends what is in x->response, with that status. */
void exchange_respond(struct exchange *x, unsigned status);

/* Answers a request that cannot be trusted, and ends the connection: the bytes behind it cannot be trusted, either. */
void exchange_refuse(struct exchange *x, unsigned status);

/* Makes the content of /_/bytes/. 0, or -1: no memory. */
int exchange_start(void);
void exchange_stop(void);

/* Fills in the counters of requests and responses. */
void exchange_stats(struct http_stats *stats);

#endif /* HTTPD_HTTP_EXCHANGE_H */
