/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HTTPD_CRC32_H
#define HTTPD_CRC32_H

#include <stddef.h>
#include <stdint.h>

/*
 * The CRC-32 of Ethernet, gzip and PNG over more bytes: crc is 0 at first, and what the last call returned after. As zlib's crc32().
 * rte_net_crc.h has it too, but not for bytes that come in pieces, and rte_hash_crc.h has another polynomial.
 */
uint32_t crc32_update(uint32_t crc, const void *data, size_t length);

#endif /* HTTPD_CRC32_H */
