/* SPDX-License-Identifier: BSD-3-Clause */
/* One HTTP answer, taken as its bytes come. It must be HTTP/1.1 with status 200 and one Content-Length. */
#ifndef LOAD_ANSWER_H
#define LOAD_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#define ANSWER_HEAD_MAX 2048

struct answer {
	bool in_body; /* the head is whole */
	uint64_t body_left, body_bytes;
	uint32_t crc; /* of the body; 0 if it is not wanted */
	unsigned head_length;
	char head[ANSWER_HEAD_MAX + 1];
};

/* Call it before the first byte. */
void answer_begin(struct answer *a);

/* Takes bytes up to the end of the head or of the answer. Returns their number; negative: this is no such answer. */
int answer_take(struct answer *a, const char *bytes, unsigned length, bool want_crc);

bool answer_is_whole(const struct answer *a);

#endif /* LOAD_ANSWER_H */
