/* The minimum that a program linked against libzmq.so.5 takes for granted: symbols, layouts,
 * constants, error texts. */
#include "test.h"
#include <dlfcn.h>

static const char *const stable_symbols[] = {
    "zmq_errno", "zmq_strerror", "zmq_version", "zmq_has", "zmq_ctx_new", "zmq_ctx_term",
    "zmq_ctx_shutdown", "zmq_ctx_set", "zmq_ctx_get", "zmq_init", "zmq_term", "zmq_ctx_destroy",
    "zmq_msg_init", "zmq_msg_init_size", "zmq_msg_init_data", "zmq_msg_send", "zmq_msg_recv",
    "zmq_msg_close", "zmq_msg_move", "zmq_msg_copy", "zmq_msg_data", "zmq_msg_size",
    "zmq_msg_more", "zmq_msg_get", "zmq_msg_set", "zmq_msg_gets", "zmq_socket", "zmq_close",
    "zmq_setsockopt", "zmq_getsockopt", "zmq_bind", "zmq_connect", "zmq_unbind",
    "zmq_disconnect", "zmq_send", "zmq_send_const", "zmq_recv", "zmq_socket_monitor", "zmq_poll",
    "zmq_proxy", "zmq_proxy_steerable", "zmq_device", "zmq_sendmsg", "zmq_recvmsg",
    "zmq_sendiov", "zmq_recviov", "zmq_z85_encode", "zmq_z85_decode", "zmq_curve_keypair",
    "zmq_curve_public", "zmq_atomic_counter_new", "zmq_atomic_counter_set",
    "zmq_atomic_counter_inc", "zmq_atomic_counter_dec", "zmq_atomic_counter_value",
    "zmq_atomic_counter_destroy", "zmq_timers_new", "zmq_timers_destroy", "zmq_timers_add",
    "zmq_timers_cancel", "zmq_timers_set_interval", "zmq_timers_reset", "zmq_timers_timeout",
    "zmq_timers_execute", "zmq_stopwatch_start", "zmq_stopwatch_intermediate",
    "zmq_stopwatch_stop", "zmq_sleep", "zmq_threadstart", "zmq_threadclose"};

static const char *const draft_symbols[] = {
    "zmq_ctx_set_ext", "zmq_ctx_get_ext", "zmq_join", "zmq_leave", "zmq_connect_peer",
    "zmq_msg_set_routing_id", "zmq_msg_routing_id", "zmq_msg_set_group", "zmq_msg_group",
    "zmq_msg_init_buffer", "zmq_poller_new", "zmq_poller_destroy", "zmq_poller_size",
    "zmq_poller_add", "zmq_poller_modify", "zmq_poller_remove", "zmq_poller_add_fd",
    "zmq_poller_modify_fd", "zmq_poller_remove_fd", "zmq_poller_wait", "zmq_poller_wait_all",
    "zmq_poller_fd", "zmq_socket_get_peer_state", "zmq_socket_monitor_versioned",
    "zmq_socket_monitor_pipes_stats", "zmq_ppoll", "zmq_disconnect_peer"};

static void check_symbols (const char *const *names_, size_t count_)
{
    for (size_t i = 0; i < count_; i++)
        if (!dlsym (RTLD_DEFAULT, names_[i]))
            FAIL ("%s is not exported", names_[i]);
}

TEST (a13_stable_symbols_are_exported)
{
    CHECK_INT (sizeof stable_symbols / sizeof *stable_symbols, 70);
    check_symbols (stable_symbols, 70);
}

OURS_ONLY (a14_draft_symbols_are_exported, "distributions build without the draft API")
{
    check_symbols (draft_symbols, sizeof draft_symbols / sizeof *draft_symbols);
}

TEST (a11_soname_loads_the_same_file)
{
    CHECK (dlopen ("libzmq.so.5", RTLD_NOW | RTLD_NOLOAD) != NULL);
}

TEST (a13_symbols_are_unversioned)
{
    /* A versioned symbol would answer here only under its version. */
    CHECK (dlvsym (RTLD_DEFAULT, "zmq_version", "ZMQ_5") == NULL);
    CHECK (dlsym (RTLD_DEFAULT, "zmq_version") == (void *) zmq_version);
}

TEST (a21_layouts)
{
    CHECK_INT (sizeof (zmq_msg_t), 64);
    CHECK_INT (_Alignof (zmq_msg_t), 8);
    CHECK_INT (sizeof (zmq_pollitem_t), 16);
    CHECK_INT (_Alignof (zmq_pollitem_t), 8);
    CHECK_INT (__builtin_offsetof (zmq_pollitem_t, socket), 0);
    CHECK_INT (__builtin_offsetof (zmq_pollitem_t, fd), 8);
    CHECK_INT (__builtin_offsetof (zmq_pollitem_t, events), 12);
    CHECK_INT (__builtin_offsetof (zmq_pollitem_t, revents), 14);
    CHECK_INT (sizeof (zmq_fd_t), sizeof (int));
}

TEST (a31_error_numbers)
{
    CHECK_INT (EFSM, 156384763);
    CHECK_INT (ENOCOMPATPROTO, 156384764);
    CHECK_INT (ETERM, 156384765);
    CHECK_INT (EMTHREAD, 156384766);
    CHECK_INT (ZMQ_HAUSNUMERO, 156384712);
}

TEST (a31_error_texts)
{
    CHECK_STR (zmq_strerror (EFSM), "Operation cannot be accomplished in current state");
    CHECK_STR (zmq_strerror (ENOCOMPATPROTO),
               "The protocol is not compatible with the socket type");
    CHECK_STR (zmq_strerror (ETERM), "Context was terminated");
    CHECK_STR (zmq_strerror (EMTHREAD), "No thread available");
    CHECK_STR (zmq_strerror (EHOSTUNREACH), "Host unreachable");
    CHECK_STR (zmq_strerror (0), "Success");
    CHECK_STR (zmq_strerror (99999), "Unknown error 99999");
    CHECK_STR (zmq_strerror (-1), "Unknown error -1");
    CHECK_STR (zmq_strerror (EINVAL), strerror (EINVAL));
    CHECK_STR (zmq_strerror (EAGAIN), strerror (EAGAIN));
}

TEST (a41_version_is_4_3)
{
    int major, minor, patch;
    zmq_version (&major, &minor, &patch);
    CHECK_INT (major, 4);
    CHECK_INT (minor, 3);
    CHECK (patch >= 4);
    if (ours ())
        CHECK_INT (patch, 5);
}

TEST (a41_errno_is_that_of_the_calling_thread)
{
    errno = ENOENT;
    CHECK (zmq_errno () == ENOENT);
    zmq_close (NULL);
    CHECK (zmq_errno () == ENOTSOCK);
    CHECK (errno == ENOTSOCK);
}

static void *errno_of_new_thread (void *arg_)
{
    (void) arg_;
    return (void *) (intptr_t) zmq_errno ();
}

TEST (a41_errno_is_thread_local)
{
    zmq_close (NULL);
    CHECK (zmq_errno () == ENOTSOCK);
    CHECK_INT ((intptr_t) join (start (errno_of_new_thread, NULL)), 0);
}

TEST (a41_has_names_match_exactly)
{
    static const char *const unknown[] = {"tcp", "inproc", "udp",   "plain", "null", "",
                                          "CURVE", "ws",   "wss",   "epgm",  "IPC",  "curve "};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        if (zmq_has (unknown[i]) != 0)
            FAIL ("zmq_has (\"%s\") got non-zero", unknown[i]);
}

OURS_ONLY (a41_has_draft, "distributions build without the draft API")
{
    CHECK_INT (zmq_has ("draft"), 1);
}

TEST (a83_recv_into_three_bytes)
{
    void *a, *b;
    inproc_pair (ZMQ_PAIR, ZMQ_PAIR, &a, &b);
    char buffer[8] = "xxxxxxx";
    CHECK_INT (send_str (a, "hello", 0), 5);
    CHECK_INT (zmq_recv (b, buffer, 3, 0), 5);
    CHECK (memcmp (buffer, "helxxxx", 8) == 0);
    EXPECT_NOTHING (b);
}

TEST (a83_double_msg_close)
{
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_OK (zmq_msg_close (&msg));
    CHECK_FAIL (zmq_msg_close (&msg), EFAULT);
}
