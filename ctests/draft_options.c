/* Socket options that only a draft build knows. */
#include "draft.h"

static const int all_types[] = {
    ZMQ_PAIR, ZMQ_PUB,    ZMQ_SUB,    ZMQ_REQ,    ZMQ_REP,  ZMQ_DEALER, ZMQ_ROUTER,
    ZMQ_PULL, ZMQ_PUSH,   ZMQ_XPUB,   ZMQ_XSUB,   ZMQ_STREAM, ZMQ_SERVER, ZMQ_CLIENT,
    ZMQ_RADIO, ZMQ_DISH,  ZMQ_GATHER, ZMQ_SCATTER, ZMQ_DGRAM, ZMQ_PEER,  ZMQ_CHANNEL};
#define ALL_TYPES (sizeof all_types / sizeof *all_types)

TEST (a53_batch_sizes)
{
    static const int options[] = {ZMQ_IN_BATCH_SIZE, ZMQ_OUT_BATCH_SIZE};
    for (size_t t = 0; t < ALL_TYPES; t++)
        for (int i = 0; i < 2; i++) {
            void *socket = new_socket (all_types[t]);
            CHECK_INT (get_int (socket, options[i]), 8192);
            CHECK_FAIL (set_int (socket, options[i], 0), EINVAL);
            CHECK_FAIL (set_int (socket, options[i], -1), EINVAL);
            CHECK_OK (set_int (socket, options[i], 1));
            CHECK_INT (get_int (socket, options[i]), 1);
            CHECK_FAIL (zmq_setsockopt (socket, options[i], "12345678", 8), EINVAL);
            close_socket (socket);
        }
}

TEST (a53_router_notify)
{
    for (size_t t = 0; t < ALL_TYPES; t++) {
        void *socket = new_socket (all_types[t]);
        CHECK_INT (get_int (socket, ZMQ_ROUTER_NOTIFY), 0);
        if (all_types[t] == ZMQ_ROUTER || all_types[t] == ZMQ_REP) {
            for (int value = 3; value >= 0; value--) {
                CHECK_OK (set_int (socket, ZMQ_ROUTER_NOTIFY, value));
                CHECK_INT (get_int (socket, ZMQ_ROUTER_NOTIFY), value);
            }
            CHECK_OK (set_int (socket, ZMQ_ROUTER_NOTIFY, ZMQ_NOTIFY_DISCONNECT));
            CHECK_FAIL (set_int (socket, ZMQ_ROUTER_NOTIFY, 4), EINVAL);
            CHECK_FAIL (set_int (socket, ZMQ_ROUTER_NOTIFY, -1), EINVAL);
            CHECK_INT (get_int (socket, ZMQ_ROUTER_NOTIFY), ZMQ_NOTIFY_DISCONNECT);
        } else
            CHECK_FAIL (set_int (socket, ZMQ_ROUTER_NOTIFY, 1), EINVAL);
        close_socket (socket);
    }
}

TEST (a53_priority_and_busy_poll)
{
    void *socket = new_socket (ZMQ_DEALER);
    CHECK_INT (get_int (socket, ZMQ_PRIORITY), 0);
    CHECK_OK (set_int (socket, ZMQ_PRIORITY, 6));
    CHECK_INT (get_int (socket, ZMQ_PRIORITY), 6);
    CHECK_FAIL (set_int (socket, ZMQ_PRIORITY, -1), EINVAL);
    CHECK_INT (get_int (socket, ZMQ_PRIORITY), 6);
    CHECK_OK (set_int (socket, ZMQ_BUSY_POLL, 1));
    CHECK_OK (set_int (socket, ZMQ_BUSY_POLL, -1));
    CHECK_FAIL (zmq_setsockopt (socket, ZMQ_BUSY_POLL, "12345678", 8), EINVAL);
}

/* A reference writes the value and answers EINVAL all the same. */
TEST (a53_busy_poll_is_readable)
{
    void *socket = new_socket (ZMQ_DEALER);
    CHECK_INT (get_int (socket, ZMQ_BUSY_POLL), 0);
    CHECK_OK (set_int (socket, ZMQ_BUSY_POLL, 50));
    CHECK_INT (get_int (socket, ZMQ_BUSY_POLL), 50);
}

TEST (a54_special_messages_take_any_bytes)
{
    static const int options[] = {ZMQ_HELLO_MSG, ZMQ_DISCONNECT_MSG, ZMQ_HICCUP_MSG};
    static char longer[3000];
    for (size_t t = 0; t < ALL_TYPES; t++)
        for (int i = 0; i < 3; i++) {
            void *socket = new_socket (all_types[t]);
            char value[16];
            size_t size = sizeof value;
            CHECK_OK (zmq_setsockopt (socket, options[i], "H", 1));
            CHECK_OK (zmq_setsockopt (socket, options[i], "four", 4));
            CHECK_OK (zmq_setsockopt (socket, options[i], longer, sizeof longer));
            CHECK_OK (zmq_setsockopt (socket, options[i], NULL, 0));
            CHECK_OK (zmq_setsockopt (socket, options[i], "", 0));
            CHECK_FAIL (zmq_getsockopt (socket, options[i], value, &size), EINVAL);
            close_socket (socket);
        }
}

TEST (a53_xsub_verbose_unsubscribe)
{
    void *xsub = new_socket (ZMQ_XSUB);
    CHECK_OK (set_int (xsub, ZMQ_XSUB_VERBOSE_UNSUBSCRIBE, 1));
    CHECK_OK (set_int (xsub, ZMQ_XSUB_VERBOSE_UNSUBSCRIBE, -1));
    CHECK_OK (set_int (xsub, ZMQ_XSUB_VERBOSE_UNSUBSCRIBE, 0));
    CHECK_FAIL (set_int (new_socket (ZMQ_SUB), ZMQ_XSUB_VERBOSE_UNSUBSCRIBE, 1), EINVAL);
    CHECK_FAIL (set_int (new_socket (ZMQ_DEALER), ZMQ_XSUB_VERBOSE_UNSUBSCRIBE, 1), EINVAL);
}

TEST (a53_topics_count)
{
    for (size_t t = 0; t < ALL_TYPES; t++) {
        void *socket = new_socket (all_types[t]);
        int type = all_types[t];
        char wide[16];
        size_t size = sizeof wide;
        memset (wide, 'x', sizeof wide);
        if (type == ZMQ_PUB || type == ZMQ_XPUB || type == ZMQ_SUB || type == ZMQ_XSUB) {
            CHECK_INT (get_int (socket, ZMQ_TOPICS_COUNT), 0);
            CHECK_OK (zmq_getsockopt (socket, ZMQ_TOPICS_COUNT, wide, &size));
            CHECK_INT (size, 4);
            for (int i = 0; i < 16; i++)
                CHECK_INT (wide[i], 0);
            size = 3;
            CHECK_FAIL (zmq_getsockopt (socket, ZMQ_TOPICS_COUNT, wide, &size), EINVAL);
        } else
            CHECK_FAIL (zmq_getsockopt (socket, ZMQ_TOPICS_COUNT, wide, &size), EINVAL);
        close_socket (socket);
    }
}

TEST (a51_norm_options_are_not_built_in)
{
    void *socket = new_socket (ZMQ_PUB);
    for (int option = 117; option <= 124; option++) {
        int value = 1;
        size_t size = sizeof value;
        CHECK_FAIL (set_int (socket, option, 1), EINVAL);
        CHECK_FAIL (zmq_getsockopt (socket, option, &value, &size), EINVAL);
    }
}

TEST (a53_xpub_nodrop_of_radio)
{
    void *radio = new_socket (ZMQ_RADIO);
    CHECK_OK (set_int (radio, ZMQ_XPUB_NODROP, 1));
    CHECK_FAIL (set_int (radio, ZMQ_XPUB_VERBOSE, 1), EINVAL);
    CHECK_FAIL (set_int (radio, ZMQ_XPUB_MANUAL, 1), EINVAL);
    CHECK_FAIL (set_int (radio, ZMQ_XPUB_NODROP, -1), EINVAL);
}
