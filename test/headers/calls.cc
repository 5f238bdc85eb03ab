// SPDX-License-Identifier: BSD-3-Clause
/*
 * Every call of the API in C++, in all places where an expression may stand.
 *
 * What would break: in a tracing build the calls are macros that note the line, and what they expand to must be an
 * expression also outside of functions, after "::", and in an inline function of a header. Without EAL nothing can be
 * taken, so the calls that need something are compiled, and not made.
 */
#include <cstring>

#include <evpl/evpl.h>

namespace
{

/* At namespace scope: before main(). */
struct evpl *const none = evpl_create(nullptr);
const int left_before_begin = ::evpl_cleanup();

/* In a default member initialiser, and in a base or member initialiser. */
class context
{
      public:
	context() = default;
	explicit context(const struct evpl_thread_config &config) : made(::evpl_create(&config))
	{
	}
	context(const context &) = delete;
	context &operator=(const context &) = delete;
	~context()
	{
		evpl_destroy(made);
	}
	struct evpl *
	get() const
	{
		return made;
	}

      private:
	struct evpl *made = evpl_create(nullptr);
};

/* In a default argument, in a template, and in the arguments of another call. */
struct evpl *
or_none(struct evpl *evpl = ::evpl_create(nullptr))
{
	return evpl != nullptr ? evpl : none;
}

template <typename T>
T *
take(struct evpl *evpl, struct evpl_iovec &iovec)
{
	if (::evpl_iovec_alloc(evpl, sizeof(T), alignof(T), 1, EVPL_IOVEC_FLAG_SHARED, &iovec) != 1)
		return nullptr;
	return static_cast<T *>(std::memset(evpl_iovec_data(&iovec), 0, ::evpl_iovec_length(&iovec)));
}

inline void
all_of_them(struct evpl *evpl, struct rte_mempool *pool)
{
	struct evpl_iovec a, b, c[2];

	if (take<long>(evpl, a) == nullptr || evpl_iovec_reserve(evpl, 100, 0, 1, &b) != 1)
		return;
	evpl_iovec_set_length(&b, evpl_iovec_length(&a));
	::evpl_iovec_commit(evpl, 0, &b, 1);
	::evpl_iovec_clone(&c[0], &a);
	evpl_iovec_clone_segment(&c[1], &b, 0, 1);
	::evpl_iovecs_release(evpl, c, 2);
	evpl_iovec_move(&c[0], &a);
	evpl_iovec_move_segment(&c[1], &b, 0, 1);
	struct rte_mbuf *packet = ::evpl_iovecs_to_mbuf(evpl, c, 2);
	if (packet != nullptr && ::evpl_iovecs_from_mbuf(evpl, packet, 0, 2, c) == 2)
		evpl_iovecs_release(evpl, c, 2);
	if (evpl_packets_alloc(evpl, pool, 60, 0, c, 2) == 2 && evpl_tx_burst(evpl, 0, 0, c, 1) == 0)
		evpl_iovec_release(evpl, &c[0]);
	if (::evpl_rx_burst(evpl, 0, 0, c, 1) == 1)
		::evpl_iovec_release(evpl, &c[0]);
	struct evpl_ring *ring = ::evpl_ring_create("ring", 2, SOCKET_ID_ANY, 0);
	if (ring != nullptr && evpl_ring_enqueue_burst(ring, c, 2, nullptr) == 2 && ::evpl_ring_count(ring) == 2)
		::evpl_iovecs_release(evpl, c, (int)evpl_ring_dequeue_burst(ring, c, 2, nullptr));
	evpl_ring_free(evpl, ring);
	struct evpl_port_limit limit[EVPL_PORT_LIMITS];
	if (::evpl_port_check(0, limit, EVPL_PORT_LIMITS) > 0 && limit[0].is_error)
		return;
	/* By its address, with no macro. */
	void (*release)(struct evpl *, struct evpl_iovec *) = ::evpl_iovec_release;
	release(evpl, &c[1]);
}

} // namespace

int
main()
{
	const struct evpl_thread_config config = {};
	context made, with_config(config);
	void (*volatile calls)(struct evpl *, struct rte_mempool *) = all_of_them;

	/* Before evpl_init() there is no context, and it is no crash to ask. */
	if (none != nullptr || made.get() != nullptr || with_config.get() != nullptr || or_none() != nullptr)
		return 1;
	struct evpl_iovec iovec;
	if (take<long>(none, iovec) != nullptr)
		return 2;
	return left_before_begin != 0 && calls != nullptr && ::evpl_cleanup() == left_before_begin ? 0 : 3;
}
