/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HTTPD_CRC32_H
#define HTTPD_CRC32_H

#include <stddef.h>
#include <stdint.h>

/*
 * Adds bytes to the CRC-32 of Ethernet, gzip and PNG, as zlib's crc32() does: crc is 0 in the first call, then what the
 * last call returned. rte_net_crc.h has this CRC, but not for bytes that come in pieces. rte_hash_crc.h has another
 * polynomial.
 */
uint32_t crc32_update(uint32_t crc, const void *data, size_t length);

#endif /* HTTPD_CRC32_H */
