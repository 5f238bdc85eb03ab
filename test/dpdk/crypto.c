/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cryptodev in place on packets made of iovecs: crypto_null, and crypto_openssl with AES-CBC and AES-GCM.
 *
 * What would break: a driver could expect the bytes of a chain in one piece, or write beyond an iovec. In place, DPDK's
 * openssl driver does that for AES-CBC if a segment is shorter than a block of 16 bytes (seen with 64 bytes in six
 * segments; it crashed with nine). So no segment here is that short, but there are borders inside of blocks. Its
 * AES-GCM needs a destination of one segment, and refuses others. The expected results are those of the standards (NIST
 * SP 800-38A F.2.1; test case 3 of the GCM specification), and for long packets the results of the same operation on a
 * plain mbuf.
 */
#include <rte_crypto.h>
#include <rte_cryptodev.h>
#include <rte_dev.h>

#include "frame.h"
#include "support.h"

#define IV_OFFSET (uint16_t)(sizeof(struct rte_crypto_op) + sizeof(struct rte_crypto_sym_op))
#define IV_ROOM 16u
#define LONG 6400u /* 400 blocks */

static const struct evpl_global_config config = {.slab_size = 2 << 20, .packet_mbufs = 1023};

static struct device {
	const char *driver;
	bool present;
	uint8_t id;
	struct rte_mempool *sessions, *ops;
} null_device = {.driver = "crypto_null"}, openssl_device = {.driver = "crypto_openssl"};

static int
open_device(struct device *d)
{
	struct rte_cryptodev_config conf = {.socket_id = 0, .nb_queue_pairs = 1};
	struct rte_cryptodev_qp_conf pair = {.nb_descriptors = 64};
	char name[32];
	int id;

	if (rte_eal_hotplug_add("vdev", d->driver, "") != 0)
		return 0; /* the cases say so */
	id = rte_cryptodev_get_dev_id(d->driver);
	assert_in_range(id, 0, UINT8_MAX);
	d->id = (uint8_t)id;
	snprintf(name, sizeof(name), "s_%s", d->driver);
	d->sessions = rte_cryptodev_sym_session_pool_create(name, 8, rte_cryptodev_sym_get_private_session_size(d->id),
							    0, 0, SOCKET_ID_ANY);
	assert_non_null(d->sessions);
	snprintf(name, sizeof(name), "o_%s", d->driver);
	d->ops = rte_crypto_op_pool_create(name, RTE_CRYPTO_OP_TYPE_SYMMETRIC, 63, 0, IV_ROOM, SOCKET_ID_ANY);
	assert_non_null(d->ops);
	pair.mp_session = d->sessions;
	assert_int_equal(rte_cryptodev_configure(d->id, &conf), 0);
	assert_int_equal(rte_cryptodev_queue_pair_setup(d->id, 0, &pair, SOCKET_ID_ANY), 0);
	assert_int_equal(rte_cryptodev_start(d->id), 0);
	d->present = true;
	return 0;
}

/* Once per program: what the drivers keep of EAL's heap then does not look like a case's. */
static int
open_devices(void **state)
{
	RTE_SET_USED(state);
	return open_device(&null_device) | open_device(&openssl_device);
}

static int
close_devices(void **state)
{
	struct device *const all[] = {&null_device, &openssl_device};

	RTE_SET_USED(state);
	for (unsigned i = 0; i < DIM(all); i++) {
		if (!all[i]->present)
			continue;
		rte_cryptodev_stop(all[i]->id);
		rte_eal_hotplug_remove("vdev", all[i]->driver);
		rte_mempool_free(all[i]->ops);
		rte_mempool_free(all[i]->sessions);
	}
	return 0;
}

/* One kind of operation: a transform and its initial vector. */
struct cipher {
	struct rte_crypto_sym_xform encrypt;
	uint8_t iv[IV_ROOM];
	uint16_t iv_length;
	unsigned segments[4]; /* into which 64 and LONG bytes may be cut in place: 0 ends them */
};

static struct rte_crypto_sym_xform
decrypting(const struct cipher *c)
{
	struct rte_crypto_sym_xform xform = c->encrypt;

	if (xform.type == RTE_CRYPTO_SYM_XFORM_AEAD)
		xform.aead.op = RTE_CRYPTO_AEAD_OP_DECRYPT;
	else
		xform.cipher.op = RTE_CRYPTO_CIPHER_OP_DECRYPT;
	return xform;
}

/* Encrypts or decrypts the packet's first bytes, in place or into another (to != NULL). @return the status. */
static enum rte_crypto_op_status
try(const struct device *d, const struct cipher *c, bool encrypt, struct rte_mbuf *packet, uint32_t length,
    uint8_t *tag, struct rte_mbuf *to)
{
	struct rte_crypto_sym_xform xform = encrypt ? c->encrypt : decrypting(c);
	void *session = rte_cryptodev_sym_session_create(d->id, &xform, d->sessions);
	struct rte_crypto_op *op = rte_crypto_op_alloc(d->ops, RTE_CRYPTO_OP_TYPE_SYMMETRIC), *done = NULL;
	enum rte_crypto_op_status status;

	assert_non_null(session);
	assert_non_null(op);
	assert_int_equal(rte_crypto_op_attach_sym_session(op, session), 0);
	memcpy(rte_crypto_op_ctod_offset(op, uint8_t *, IV_OFFSET), c->iv, c->iv_length);
	op->sym->m_src = packet;
	op->sym->m_dst = to;
	if (xform.type == RTE_CRYPTO_SYM_XFORM_AEAD) {
		op->sym->aead.data.offset = 0;
		op->sym->aead.data.length = length;
		op->sym->aead.digest.data = tag;
		op->sym->aead.aad.data = NULL;
	} else {
		op->sym->cipher.data.offset = 0;
		op->sym->cipher.data.length = length;
	}
	/* What this driver cannot do it does not take; the status says why. */
	if (rte_cryptodev_enqueue_burst(d->id, 0, &op, 1) == 0) {
		assert_int_not_equal(op->status, RTE_CRYPTO_OP_STATUS_SUCCESS);
		done = op;
	}
	for (unsigned tries = 0; tries < 1000000 && done == NULL; tries++)
		(void)rte_cryptodev_dequeue_burst(d->id, 0, &done, 1);
	assert_ptr_equal(done, op);
	assert_ptr_equal(op->sym->m_src, packet);
	status = (enum rte_crypto_op_status)op->status;
	rte_crypto_op_free(op);
	assert_int_equal(rte_cryptodev_sym_session_free(d->id, session), 0);
	return status;
}

/* In place, and well. */
static void
apply(const struct device *d, const struct cipher *c, bool encrypt, struct rte_mbuf *packet, uint32_t length,
      uint8_t *tag)
{
	assert_int_equal(try(d, c, encrypt, packet, length, tag, NULL), RTE_CRYPTO_OP_STATUS_SUCCESS);
}

static const uint8_t key_128[16] = {0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6,
				    0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c};
static const struct cipher aes_cbc = {
	.encrypt = {.type = RTE_CRYPTO_SYM_XFORM_CIPHER,
		    .cipher = {.op = RTE_CRYPTO_CIPHER_OP_ENCRYPT,
			       .algo = RTE_CRYPTO_CIPHER_AES_CBC,
			       .key = {.data = key_128, .length = sizeof(key_128)},
			       .iv = {.offset = IV_OFFSET, .length = 16}}},
	.iv = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
	.iv_length = 16,
	.segments = {1, 2, 3, 4},
};
static const uint8_t cbc_text[64] = {0x6b, 0xc1, 0xbe, 0xe2, 0x2e, 0x40, 0x9f, 0x96, 0xe9, 0x3d, 0x7e, 0x11, 0x73,
				     0x93, 0x17, 0x2a, 0xae, 0x2d, 0x8a, 0x57, 0x1e, 0x03, 0xac, 0x9c, 0x9e, 0xb7,
				     0x6f, 0xac, 0x45, 0xaf, 0x8e, 0x51, 0x30, 0xc8, 0x1c, 0x46, 0xa3, 0x5c, 0xe4,
				     0x11, 0xe5, 0xfb, 0xc1, 0x19, 0x1a, 0x0a, 0x52, 0xef, 0xf6, 0x9f, 0x24, 0x45,
				     0xdf, 0x4f, 0x9b, 0x17, 0xad, 0x2b, 0x41, 0x7b, 0xe6, 0x6c, 0x37, 0x10};
static const uint8_t cbc_cipher[64] = {0x76, 0x49, 0xab, 0xac, 0x81, 0x19, 0xb2, 0x46, 0xce, 0xe9, 0x8e, 0x9b, 0x12,
				       0xe9, 0x19, 0x7d, 0x50, 0x86, 0xcb, 0x9b, 0x50, 0x72, 0x19, 0xee, 0x95, 0xdb,
				       0x11, 0x3a, 0x91, 0x76, 0x78, 0xb2, 0x73, 0xbe, 0xd6, 0xb8, 0xe3, 0xc1, 0x74,
				       0x3b, 0x71, 0x16, 0xe6, 0x9e, 0x22, 0x22, 0x95, 0x16, 0x3f, 0xf1, 0xca, 0xa1,
				       0x68, 0x1f, 0xac, 0x09, 0x12, 0x0e, 0xca, 0x30, 0x75, 0x86, 0xe1, 0xa7};

static const uint8_t key_gcm[16] = {0xfe, 0xff, 0xe9, 0x92, 0x86, 0x65, 0x73, 0x1c,
				    0x6d, 0x6a, 0x8f, 0x94, 0x67, 0x30, 0x83, 0x08};
static const struct cipher aes_gcm = {
	.encrypt = {.type = RTE_CRYPTO_SYM_XFORM_AEAD,
		    .aead = {.op = RTE_CRYPTO_AEAD_OP_ENCRYPT,
			     .algo = RTE_CRYPTO_AEAD_AES_GCM,
			     .key = {.data = key_gcm, .length = sizeof(key_gcm)},
			     .iv = {.offset = IV_OFFSET, .length = 12},
			     .digest_length = 16}},
	.iv = {0xca, 0xfe, 0xba, 0xbe, 0xfa, 0xce, 0xdb, 0xad, 0xde, 0xca, 0xf8, 0x88},
	.iv_length = 12,
	.segments = {1},
};
static const uint8_t gcm_text[64] = {0xd9, 0x31, 0x32, 0x25, 0xf8, 0x84, 0x06, 0xe5, 0xa5, 0x59, 0x09, 0xc5, 0xaf,
				     0xf5, 0x26, 0x9a, 0x86, 0xa7, 0xa9, 0x53, 0x15, 0x34, 0xf7, 0xda, 0x2e, 0x4c,
				     0x30, 0x3d, 0x8a, 0x31, 0x8a, 0x72, 0x1c, 0x3c, 0x0c, 0x95, 0x95, 0x68, 0x09,
				     0x53, 0x2f, 0xcf, 0x0e, 0x24, 0x49, 0xa6, 0xb5, 0x25, 0xb1, 0x6a, 0xed, 0xf5,
				     0xaa, 0x0d, 0xe6, 0x57, 0xba, 0x63, 0x7b, 0x39, 0x1a, 0xaf, 0xd2, 0x55};
static const uint8_t gcm_cipher[64] = {0x42, 0x83, 0x1e, 0xc2, 0x21, 0x77, 0x74, 0x24, 0x4b, 0x72, 0x21, 0xb7, 0x84,
				       0xd0, 0xd4, 0x9c, 0xe3, 0xaa, 0x21, 0x2f, 0x2c, 0x02, 0xa4, 0xe0, 0x35, 0xc1,
				       0x7e, 0x23, 0x29, 0xac, 0xa1, 0x2e, 0x21, 0xd5, 0x14, 0xb2, 0x54, 0x66, 0x93,
				       0x1c, 0x7d, 0x8f, 0x6a, 0x5a, 0xac, 0x84, 0xaa, 0x05, 0x1b, 0xa3, 0x0b, 0x39,
				       0x6a, 0x0a, 0xac, 0x97, 0x3d, 0x58, 0xe0, 0x91, 0x47, 0x3f, 0x59, 0x85};
static const uint8_t gcm_tag[16] = {0x4d, 0x5c, 0x2a, 0xf3, 0x27, 0xcd, 0x64, 0xa6,
				    0x2c, 0xf3, 0x5a, 0xbd, 0x2b, 0xa6, 0xfa, 0xb4};

/* A packet of clone segments of bytes with neighbours on both sides, all in one buffer. */
struct text {
	struct evpl_iovec before, bytes, after;
};

static struct rte_mbuf *
text_packet(struct evpl *evpl, struct text *t, const void *from, uint32_t length, unsigned segments)
{
	struct rte_mbuf *packet = NULL;

	frame_payload(evpl, 100, SHARED, 1, &t->before);
	assert_int_equal(evpl_iovec_alloc(evpl, length, 0, 1, SHARED, &t->bytes), 1);
	memcpy(evpl_iovec_data(&t->bytes), from, length);
	frame_payload(evpl, 100, SHARED, 2, &t->after);
	/* One by one: neighbours would be one segment. */
	for (unsigned i = 0, offset = 0; i < segments; i++) {
		unsigned bytes = length / segments + (i < length % segments);
		struct evpl_iovec segment;
		struct rte_mbuf *m;

		evpl_iovec_clone_segment(&segment, &t->bytes, offset, bytes);
		offset += bytes;
		m = evpl_iovecs_to_mbuf(evpl, &segment, 1);
		assert_non_null(m);
		if (packet == NULL)
			packet = m;
		else
			assert_int_equal(rte_pktmbuf_chain(packet, m), 0);
	}
	return packet;
}

static void
text_end(struct evpl *evpl, struct text *t, struct rte_mbuf *packet)
{
	iovec_assert(&t->before, 1, 0);
	iovec_assert(&t->after, 2, 0);
	evpl_iovec_release(evpl, &t->before);
	evpl_iovec_release(evpl, &t->bytes);
	evpl_iovec_release(evpl, &t->after);
	rte_pktmbuf_free(packet);
}

static void
assert_bytes(const struct rte_mbuf *packet, const void *want, uint32_t length)
{
	uint8_t room[LONG];

	assert_memory_equal(frame_read(packet, 0, length, room), want, length);
}

/* A standard's example, and back. */
static void
example(struct evpl *evpl, const struct cipher *c, const uint8_t *text, const uint8_t *cipher, const uint8_t *tag)
{
	for (unsigned i = 0; i < DIM(c->segments) && c->segments[i] != 0; i++) {
		uint8_t room[16] = {0};
		struct text t;
		struct rte_mbuf *packet = text_packet(evpl, &t, text, 64, c->segments[i]);

		apply(&openssl_device, c, true, packet, 64, room);
		assert_bytes(packet, cipher, 64);
		if (tag != NULL)
			assert_memory_equal(room, tag, 16);
		/* In place: whoever holds the same bytes sees it, and what goes on from here has it. */
		assert_memory_equal(evpl_iovec_data(&t.bytes), cipher, 64);
		packet = frame_there_and_back(evpl, packet);
		assert_bytes(packet, cipher, 64);
		apply(&openssl_device, c, false, packet, 64, room);
		assert_bytes(packet, text, 64);
		text_end(evpl, &t, packet);
	}
}

/* The same bytes, in iovecs and in a plain mbuf. */
static void
comparison(struct evpl *evpl, const struct cipher *c)
{
	struct rte_mempool *pool = plain_pool("crypto", 7, LONG + RTE_PKTMBUF_HEADROOM);
	static uint8_t text[LONG];

	bytes_fill(text, LONG, 9, 0);
	for (unsigned i = 0; i < DIM(c->segments) && c->segments[i] != 0; i++) {
		struct rte_mbuf *plain = filled_mbuf(pool, LONG, 9), *packet;
		uint8_t tag[2][16] = {{0}};
		struct text t;

		packet = text_packet(evpl, &t, text, LONG, c->segments[i]);
		apply(&openssl_device, c, true, plain, LONG, tag[0]);
		apply(&openssl_device, c, true, packet, LONG, tag[1]);
		assert_bytes(packet, rte_pktmbuf_mtod(plain, void *), LONG);
		assert_memory_equal(tag[0], tag[1], 16);
		assert_memory_not_equal(rte_pktmbuf_mtod(plain, void *), text, LONG);
		apply(&openssl_device, c, false, packet, LONG, tag[1]);
		assert_bytes(packet, text, LONG);
		text_end(evpl, &t, packet);
		rte_pktmbuf_free(plain);
	}
	home_assert_pool(pool, 7);
	rte_mempool_free(pool);
}

static bool
ready(const struct device *d, const char *function)
{
	struct rte_cryptodev_info info;

	if (!d->present) {
		program_skips(function, "no such driver (Debian: librte-meta-crypto)");
		return false;
	}
	rte_cryptodev_info_get(d->id, &info);
	if ((info.feature_flags & RTE_CRYPTODEV_FF_IN_PLACE_SGL) == 0) {
		program_skips(function, "the driver takes no chains in place");
		return false;
	}
	return true;
}

static void
crypto_aes_cbc_gives_the_standards_example(void **state)
{
	struct home *home = *state;

	if (ready(&openssl_device, __func__))
		example(home->evpl, &aes_cbc, cbc_text, cbc_cipher, NULL);
}

static void
crypto_aes_gcm_gives_the_specifications_example(void **state)
{
	struct home *home = *state;

	if (ready(&openssl_device, __func__))
		example(home->evpl, &aes_gcm, gcm_text, gcm_cipher, gcm_tag);
}

static void
crypto_aes_cbc_of_iovecs_is_that_of_a_plain_mbuf(void **state)
{
	struct home *home = *state;

	if (ready(&openssl_device, __func__))
		comparison(home->evpl, &aes_cbc);
}

static void
crypto_aes_gcm_of_iovecs_is_that_of_a_plain_mbuf(void **state)
{
	struct home *home = *state;

	if (ready(&openssl_device, __func__))
		comparison(home->evpl, &aes_gcm);
}

/* What a program does with a chain and AEAD: the driver refuses in place, and reads a chain for another packet. */
static void
crypto_aes_gcm_of_a_chain_goes_into_one_iovec(void **state)
{
	struct home *home = *state;

	if (!ready(&openssl_device, __func__))
		return;
	for (unsigned segments = 2; segments <= 11; segments++) {
		uint8_t tag[16] = {0};
		struct text from, to;
		struct rte_mbuf *packet = text_packet(home->evpl, &from, gcm_text, 64, segments);
		struct rte_mbuf *other = text_packet(home->evpl, &to, cbc_text, 64, 1);

		assert_int_equal(try(&openssl_device, &aes_gcm, true, packet, 64, tag, NULL),
				 RTE_CRYPTO_OP_STATUS_ERROR);
		assert_bytes(packet, gcm_text, 64);
		assert_int_equal(try(&openssl_device, &aes_gcm, true, packet, 64, tag, other),
				 RTE_CRYPTO_OP_STATUS_SUCCESS);
		assert_bytes(packet, gcm_text, 64);
		assert_bytes(other, gcm_cipher, 64);
		assert_memory_equal(tag, gcm_tag, 16);
		text_end(home->evpl, &from, packet);
		text_end(home->evpl, &to, other);
	}
}

static void
crypto_null_leaves_iovecs_as_they_are(void **state)
{
	static const struct cipher null_cipher = {
		.encrypt = {.type = RTE_CRYPTO_SYM_XFORM_CIPHER,
			    .cipher = {.op = RTE_CRYPTO_CIPHER_OP_ENCRYPT, .algo = RTE_CRYPTO_CIPHER_NULL}}};
	struct home *home = *state;
	static uint8_t text[LONG];

	if (!ready(&null_device, __func__))
		return;
	bytes_fill(text, LONG, 3, 0);
	for (unsigned segments = 1; segments <= 16; segments += 5) {
		struct text t;
		struct rte_mbuf *packet = text_packet(home->evpl, &t, text, LONG, segments);

		apply(&null_device, &null_cipher, true, packet, LONG, NULL);
		packet = frame_there_and_back(home->evpl, packet);
		apply(&null_device, &null_cipher, false, packet, LONG, NULL);
		assert_bytes(packet, text, LONG);
		text_end(home->evpl, &t, packet);
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest cases[] = {
		home_case(crypto_aes_cbc_gives_the_standards_example, config),
		home_case(crypto_aes_gcm_gives_the_specifications_example, config),
		home_case(crypto_aes_cbc_of_iovecs_is_that_of_a_plain_mbuf, config),
		home_case(crypto_aes_gcm_of_iovecs_is_that_of_a_plain_mbuf, config),
		home_case(crypto_aes_gcm_of_a_chain_goes_into_one_iovec, config),
		home_case(crypto_null_leaves_iovecs_as_they_are, config),
	};
	const struct program program = {.name = "crypto",
					.cases = cases,
					.n_cases = DIM(cases),
					.setup = open_devices,
					.teardown = close_devices};

	return program_main(&program, argc, argv);
}
