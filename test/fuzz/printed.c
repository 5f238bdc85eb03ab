/* SPDX-License-Identifier: BSD-3-Clause */
#include "printed.h"

#include <inttypes.h>
#include <stdarg.h>

static const char callbacks[] =
	"#include <signal.h>\n#include <unistd.h>\n\n#include <rte_ethdev.h>\n\n#include \"support.h\"\n\n"
	"static void\ncalled_back(struct evpl *evpl, struct evpl_wait *wait, void *arg)\n{\n"
	"\t(void)evpl, (void)wait, (void)arg;\n}\n\n"
	"static void\npressed(enum evpl_pressure_event event, uint64_t used, void *arg)\n{\n"
	"\t(void)event, (void)used, (void)arg;\n}\n\n"
	"static int\ntold(enum evpl_slab_event event, const struct evpl_slab_info *slab, void *arg)\n{\n"
	"\t(void)event, (void)slab, (void)arg;\n\treturn 0;\n}\n\n"
	"static void\nended(void *addr, uint64_t length, void *arg)\n{\n"
	"\t(void)addr, (void)length, (void)arg;\n}\n\n";

static const char variables[] =
	"\tstatic struct evpl *c[%u];\n\tstatic struct evpl_iovec v[%u], r[160], many[EVPL_REF_LIMIT + 64];\n"
	"\tstatic struct rte_mbuf *p[%u];\n\tstatic struct evpl_ring *ring[%u];\n\tstatic struct rte_mempool "
	"*pool[%u];\n"
	"\tstatic struct evpl_wait wait[%u];\n\tstatic struct evpl_port_limit limit[EVPL_PORT_LIMITS];\n"
	"\tstruct rte_mempool *foreign = plain_pool(\"foreign\", %u, 2048 + RTE_PKTMBUF_HEADROOM);\n"
	"\tstruct rte_mempool *clones = plain_pool(\"clones\", %u, 128);\n"
	"\tuint8_t *memory = aligned_alloc(%u, %u);\n\tuint16_t port = port_loop(foreign);\n\tint slabs = 0;\n"
	"\tstruct evpl_iovec iovec = {0};\n\tstruct evpl *evpl = NULL;\n\tuint32_t large;\n\n"
	"\t(void)c, (void)v, (void)r, (void)many, (void)p, (void)ring, (void)pool, (void)wait, (void)limit;\n"
	"\t(void)clones, (void)memory, (void)port, (void)slabs, (void)iovec;\n"
	"\t(void)called_back, (void)pressed, (void)told, (void)ended;\n"
	"\tevpl_init(&config);\n\tlarge = evpl_large_buffer_size();\n\t(void)evpl, (void)large;\n";

void
printed_begin(const struct world *w, const struct evpl_global_config *config)
{
	if (w->print == NULL)
		return;
	fputs(callbacks, w->print);
	fprintf(w->print,
		"static void\nprogram(void)\n{\n"
		"\tconst struct evpl_global_config config = {\n\t\t.slab_size = %" PRIu64 ", .buffer_size = %u, "
		".large_buffer_size = %u, .max_slabs = %u,\n\t\t.packet_mbufs = %u, .sample_period = %u, "
		".far_packets = %u};\n",
		config->slab_size, config->buffer_size, config->large_buffer_size, config->max_slabs,
		config->packet_mbufs, config->sample_period, config->far_packets);
	fprintf(w->print, variables, PLAYERS * CONTEXTS, VIEWS, PACKETS, RINGS, POOLS, WAITS, FOREIGN_MBUFS, CLONES,
		EXTERNAL_BYTES, EXTERNALS * EXTERNAL_BYTES);
}

void
printed_end(const struct world *w)
{
	if (w->print == NULL)
		return;
	fputs("}\n", w->print);
	fflush(w->print);
}

void
world_say(const struct world *w, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputc('\t', w->print);
	vfprintf(w->print, format, args);
	fputc('\n', w->print);
	va_end(args);
}

/* A line may have four such names. */
static const char *
element(const char *array, ptrdiff_t index)
{
	static char name[4][16];
	static unsigned next;
	char *to = name[next++ % DIM(name)];

	snprintf(to, sizeof(name[0]), "%s[%u]", array, (unsigned)index);
	return to;
}

const char *
world_name(const struct world *w, const struct context *c)
{
	return c == NULL ? "NULL" : element("c", c - &w->context[0][0]);
}

const char *
printed_pool(const struct world *w, const struct pool *pool)
{
	return pool == NULL ? "foreign" : element("pool", pool - w->pool);
}
