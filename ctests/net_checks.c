/* Checks that name tcp, ipc or udp but reach no network: who may use them, and with what. */
#include "test.h"

TEST (a41_has_the_transports)
{
    CHECK_INT (zmq_has ("ipc"), 1);
}

TEST (h203_no_io_threads_give_emthread)
{
    CHECK_OK (zmq_ctx_set (context (), ZMQ_IO_THREADS, 0));
    void *socket = new_socket (ZMQ_DEALER);
    CHECK_FAIL (zmq_bind (socket, "tcp://127.0.0.1:*"), EMTHREAD);
    CHECK_FAIL (zmq_connect (socket, "tcp://127.0.0.1:1"), EMTHREAD);
    CHECK_FAIL (zmq_bind (socket, "ipc://*"), EMTHREAD);
    CHECK_FAIL (zmq_connect (socket, "ipc://@nobody"), EMTHREAD);
    /* which is found out before the address is parsed */
    CHECK_FAIL (zmq_bind (socket, "tcp://nonsense"), EMTHREAD);
    CHECK_STR (last_endpoint (socket), "");
}

TEST (h204_affinity_without_a_thread_gives_emthread)
{
    void *socket = new_socket (ZMQ_DEALER);
    uint64_t mask = 2;
    CHECK_OK (zmq_setsockopt (socket, ZMQ_AFFINITY, &mask, sizeof mask));
    CHECK_FAIL (zmq_bind (socket, "tcp://127.0.0.1:*"), EMTHREAD);
    CHECK_FAIL (zmq_connect (socket, "tcp://127.0.0.1:1"), EMTHREAD);
    mask = 1;
    CHECK_OK (zmq_setsockopt (socket, ZMQ_AFFINITY, &mask, sizeof mask));
    CHECK_OK (zmq_bind (socket, "tcp://127.0.0.1:*"));
}

TEST (a61_udp_is_for_radio_dish_and_dgram)
{
    for (int type = ZMQ_PAIR; type <= ZMQ_STREAM; type++) {
        void *socket = new_socket (type);
        CHECK_FAIL (zmq_bind (socket, "udp://127.0.0.1:5555"), ENOCOMPATPROTO);
        CHECK_FAIL (zmq_connect (socket, "udp://127.0.0.1:5555"), ENOCOMPATPROTO);
        CHECK_FAIL (zmq_unbind (socket, "udp://127.0.0.1:5555"), ENOCOMPATPROTO);
        CHECK_FAIL (zmq_disconnect (socket, "udp://127.0.0.1:5555"), ENOCOMPATPROTO);
        close_socket (socket);
    }
}

TEST (h269_monitor_address_of_udp_is_enocompatproto)
{
    CHECK_FAIL (zmq_socket_monitor (new_socket (ZMQ_DEALER), "udp://127.0.0.1:1", ZMQ_EVENT_ALL),
                ENOCOMPATPROTO);
}

TEST (h184_linger_0_lets_term_return_at_once)
{
    void *push = new_socket (ZMQ_PUSH);
    CHECK_OK (set_int (push, ZMQ_LINGER, 0));
    CHECK_OK (zmq_connect (push, "ipc://@nobody-listens-here"));
    CHECK_INT (send_str (push, "lost", 0), 4);
    int64_t before = now_ms ();
    finish ();
    CHECK (now_ms () - before < 2000);
}
