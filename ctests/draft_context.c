/* zmq_ctx_set_ext, zmq_ctx_get_ext, and the draft context option. */
#include "draft.h"

TEST (a42_ext_of_null_is_efault)
{
    int value = 1;
    size_t size = sizeof value;
    CHECK_FAIL (zmq_ctx_set_ext (NULL, ZMQ_IO_THREADS, &value, sizeof value), EFAULT);
    CHECK_FAIL (zmq_ctx_get_ext (NULL, ZMQ_IO_THREADS, &value, &size), EFAULT);
}

TEST (a42_ext_int_options_are_four_bytes)
{
    static const int options[] = {ZMQ_IO_THREADS, ZMQ_MAX_SOCKETS, ZMQ_MAX_MSGSZ,
                                  ZMQ_ZERO_COPY_RECV, ZMQ_IPV6, ZMQ_BLOCKY};
    void *ctx = context ();
    for (int i = 0; i < 6; i++) {
        int64_t wide = 1;
        int value = 1, got = 77;
        CHECK_OK (zmq_ctx_set_ext (ctx, options[i], &value, sizeof value));
        CHECK_FAIL (zmq_ctx_set_ext (ctx, options[i], &wide, sizeof wide), EINVAL);
        CHECK_FAIL (zmq_ctx_set_ext (ctx, options[i], &value, 3), EINVAL);
        CHECK_FAIL (zmq_ctx_set_ext (ctx, options[i], &value, 0), EINVAL);
        size_t size = sizeof got;
        CHECK_OK (zmq_ctx_get_ext (ctx, options[i], &got, &size));
        CHECK_INT (got, 1);
        CHECK_INT (size, 4);
        size = 8;
        CHECK_FAIL (zmq_ctx_get_ext (ctx, options[i], &wide, &size), EINVAL);
        CHECK_INT (size, 8);
        size = 3;
        CHECK_FAIL (zmq_ctx_get_ext (ctx, options[i], &wide, &size), EINVAL);
    }
}

TEST (a42_ext_read_only_and_unknown)
{
    void *ctx = context ();
    int value = 64;
    size_t size = sizeof value;
    CHECK_FAIL (zmq_ctx_set_ext (ctx, ZMQ_MSG_T_SIZE, &value, sizeof value), EINVAL);
    CHECK_OK (zmq_ctx_get_ext (ctx, ZMQ_MSG_T_SIZE, &value, &size));
    CHECK_INT (value, 64);
    CHECK_OK (zmq_ctx_get_ext (ctx, ZMQ_SOCKET_LIMIT, &value, &size));
    CHECK_INT (value, 65535);
    CHECK_FAIL (zmq_ctx_set_ext (ctx, 11, &value, sizeof value), EINVAL);
    CHECK_FAIL (zmq_ctx_get_ext (ctx, 11, &value, &size), EINVAL);
    CHECK_FAIL (zmq_ctx_get_ext (ctx, ZMQ_THREAD_AFFINITY_CPU_ADD, &value, &size), EINVAL);
}

TEST (a42_name_prefix_as_text)
{
    void *ctx = context ();
    char buffer[20];
    size_t size;
    CHECK_OK (zmq_ctx_set_ext (ctx, ZMQ_THREAD_NAME_PREFIX, "MyPrefix9", 9));
    memset (buffer, 'x', sizeof buffer);
    size = sizeof buffer;
    CHECK_OK (zmq_ctx_get_ext (ctx, ZMQ_THREAD_NAME_PREFIX, buffer, &size));
    CHECK (memcmp (buffer, "MyPrefix9xxxxxxxxxxx", 20) == 0);
    CHECK_INT (size, 20);
    size = 9;
    CHECK_OK (zmq_ctx_get_ext (ctx, ZMQ_THREAD_NAME_PREFIX, buffer, &size));
    size = 8;
    CHECK_FAIL (zmq_ctx_get_ext (ctx, ZMQ_THREAD_NAME_PREFIX, buffer, &size), EINVAL);
    CHECK_INT (zmq_ctx_get (ctx, ZMQ_THREAD_NAME_PREFIX), 0);
    CHECK_OK (zmq_ctx_set_ext (ctx, ZMQ_THREAD_NAME_PREFIX, "12ab7", 5));
    CHECK_INT (zmq_ctx_get (ctx, ZMQ_THREAD_NAME_PREFIX), 12);
}

TEST (a42_name_prefix_lengths)
{
    void *ctx = context ();
    CHECK_OK (zmq_ctx_set_ext (ctx, ZMQ_THREAD_NAME_PREFIX, "a", 1));
    CHECK_OK (zmq_ctx_set_ext (ctx, ZMQ_THREAD_NAME_PREFIX, "0123456789abcdef", 16));
    CHECK_FAIL (zmq_ctx_set_ext (ctx, ZMQ_THREAD_NAME_PREFIX, "0123456789abcdefg", 17), EINVAL);
    CHECK_FAIL (zmq_ctx_set_ext (ctx, ZMQ_THREAD_NAME_PREFIX, "a", 0), EINVAL);
    CHECK_FAIL (zmq_ctx_set_ext (ctx, ZMQ_THREAD_NAME_PREFIX, NULL, 0), EINVAL);
}

TEST (a42_name_prefix_of_four_bytes_is_a_number)
{
    void *ctx = context ();
    int value = 4711, got = 0;
    char buffer[16] = "";
    size_t size = sizeof got;
    CHECK_OK (zmq_ctx_set_ext (ctx, ZMQ_THREAD_NAME_PREFIX, &value, sizeof value));
    CHECK_OK (zmq_ctx_get_ext (ctx, ZMQ_THREAD_NAME_PREFIX, &got, &size));
    CHECK_INT (got, 4711);
    size = sizeof buffer;
    CHECK_OK (zmq_ctx_get_ext (ctx, ZMQ_THREAD_NAME_PREFIX, buffer, &size));
    CHECK_STR (buffer, "4711");
}
