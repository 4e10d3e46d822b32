/* Options whose value is text, bytes, a key or a wide integer, and what options do to each
 * other. */
#include "test.h"

enum
{
    OPT_METADATA = 95,
    OPT_SOCKS_USERNAME = 99,
    OPT_SOCKS_PASSWORD = 100,
    OPT_TOPICS_COUNT = 116
};

static const char public_text[] = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID";
static const char secret_text[] = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs";

/* A string option reads back as `text_`, with its terminator, and zeroes behind it. */
#define CHECK_TEXT(socket_, option_, text_)                                                        \
    do {                                                                                           \
        char t_buffer[600];                                                                        \
        memset (t_buffer, 'x', sizeof t_buffer);                                                   \
        size_t t_size = sizeof t_buffer;                                                           \
        CHECK_OK (zmq_getsockopt (socket_, option_, t_buffer, &t_size));                           \
        CHECK_STR (t_buffer, text_);                                                               \
        CHECK_INT (t_size, strlen (text_) + 1);                                                    \
        for (size_t t_i = t_size; t_i < sizeof t_buffer; t_i++)                                    \
            CHECK_INT (t_buffer[t_i], 0);                                                          \
        t_size = strlen (text_);                                                                   \
        if (t_size)                                                                                \
            CHECK_FAIL (zmq_getsockopt (socket_, option_, t_buffer, &t_size), EINVAL);             \
        t_size = strlen (text_) + 1;                                                               \
        CHECK_OK (zmq_getsockopt (socket_, option_, t_buffer, &t_size));                           \
    } while (0)

TEST (h015_last_endpoint_of_a_fresh_socket)
{
    void *socket = new_socket (ZMQ_PAIR);
    char buffer[8] = "xxxxxxx";
    size_t size = sizeof buffer;
    CHECK_OK (zmq_getsockopt (socket, ZMQ_LAST_ENDPOINT, buffer, &size));
    CHECK_INT (size, 1);
    CHECK_STR (buffer, "");
    size = 0;
    CHECK_FAIL (zmq_getsockopt (socket, ZMQ_LAST_ENDPOINT, buffer, &size), EINVAL);
}

TEST (a52_last_endpoint_needs_room_for_the_terminator)
{
    void *socket = new_socket (ZMQ_PAIR);
    CHECK_OK (zmq_bind (socket, "inproc://abc"));
    CHECK_TEXT (socket, ZMQ_LAST_ENDPOINT, "inproc://abc");
}

TEST (a53_affinity_is_eight_bytes)
{
    void *socket = new_socket (ZMQ_PUSH);
    uint64_t value = 1;
    size_t size = sizeof value;
    CHECK_OK (zmq_getsockopt (socket, ZMQ_AFFINITY, &value, &size));
    CHECK_INT (value, 0);
    value = UINT64_MAX;
    CHECK_OK (zmq_setsockopt (socket, ZMQ_AFFINITY, &value, sizeof value));
    value = 0;
    CHECK_OK (zmq_getsockopt (socket, ZMQ_AFFINITY, &value, &size));
    CHECK (value == UINT64_MAX);
    CHECK_FAIL (set_int (socket, ZMQ_AFFINITY, 1), EINVAL);
    size = 4;
    CHECK_FAIL (zmq_getsockopt (socket, ZMQ_AFFINITY, &value, &size), EINVAL);
    unsigned char wide[16] = {0};
    CHECK_FAIL (zmq_setsockopt (socket, ZMQ_AFFINITY, wide, 16), EINVAL);
    size = 16;
    CHECK_FAIL (zmq_getsockopt (socket, ZMQ_AFFINITY, wide, &size), EINVAL);
}

TEST (a53_maxmsgsize_is_eight_bytes)
{
    void *socket = new_socket (ZMQ_PULL);
    int64_t value = 0;
    size_t size = sizeof value;
    CHECK_OK (zmq_getsockopt (socket, ZMQ_MAXMSGSIZE, &value, &size));
    CHECK_INT (value, -1);
    static const int64_t values[] = {0, 5, INT64_MAX, INT64_MIN, -1};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        CHECK_OK (zmq_setsockopt (socket, ZMQ_MAXMSGSIZE, &values[i], sizeof values[i]));
        CHECK_OK (zmq_getsockopt (socket, ZMQ_MAXMSGSIZE, &value, &size));
        CHECK_INT (value, values[i]);
    }
    CHECK_FAIL (set_int (socket, ZMQ_MAXMSGSIZE, 1), EINVAL);
    size = 4;
    CHECK_FAIL (zmq_getsockopt (socket, ZMQ_MAXMSGSIZE, &value, &size), EINVAL);
}

TEST (a53_heartbeat_ttl_is_cut_to_tenths_of_a_second)
{
    void *socket = new_socket (ZMQ_DEALER);
    CHECK_INT (get_int (socket, ZMQ_HEARTBEAT_TTL), 0);
    static const struct
    {
        int set, get;
    } values[] = {{99, 0},          {100, 100}, {199, 100}, {6553599, 6553500},
                  {6553500, 6553500}, {-99, 0},   {0, 0}};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        CHECK_OK (set_int (socket, ZMQ_HEARTBEAT_TTL, values[i].set));
        CHECK_INT (get_int (socket, ZMQ_HEARTBEAT_TTL), values[i].get);
    }
    CHECK_OK (set_int (socket, ZMQ_HEARTBEAT_TTL, 500));
    CHECK_FAIL (set_int (socket, ZMQ_HEARTBEAT_TTL, 6553600), EINVAL);
    CHECK_FAIL (set_int (socket, ZMQ_HEARTBEAT_TTL, -100), EINVAL);
    CHECK_FAIL (zmq_setsockopt (socket, ZMQ_HEARTBEAT_TTL, "12345678", 8), EINVAL);
    CHECK_INT (get_int (socket, ZMQ_HEARTBEAT_TTL), 500);
}

TEST (a53_routing_id)
{
    static const int types[] = {ZMQ_DEALER, ZMQ_ROUTER, ZMQ_REQ, ZMQ_PULL, ZMQ_SUB};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        void *socket = new_socket (types[i]);
        char buffer[300];
        char longest[256];
        size_t size = 0;
        CHECK_OK (zmq_getsockopt (socket, ZMQ_ROUTING_ID, buffer, &size));
        CHECK_INT (size, 0);
        CHECK_FAIL (zmq_setsockopt (socket, ZMQ_ROUTING_ID, "", 0), EINVAL);
        CHECK_FAIL (zmq_setsockopt (socket, ZMQ_ROUTING_ID, NULL, 0), EINVAL);
        memset (longest, 'i', sizeof longest);
        CHECK_FAIL (zmq_setsockopt (socket, ZMQ_ROUTING_ID, longest, 256), EINVAL);
        CHECK_OK (zmq_setsockopt (socket, ZMQ_ROUTING_ID, longest, 255));
        memset (buffer, 'x', sizeof buffer);
        size = sizeof buffer;
        CHECK_OK (zmq_getsockopt (socket, ZMQ_ROUTING_ID, buffer, &size));
        CHECK_INT (size, 255);
        CHECK (memcmp (buffer, longest, 255) == 0);
        for (size_t k = 255; k < sizeof buffer; k++)
            CHECK_INT (buffer[k], 0);
        size = 254;
        CHECK_FAIL (zmq_getsockopt (socket, ZMQ_ROUTING_ID, buffer, &size), EINVAL);
        CHECK_INT (size, 254);
        /* a leading zero byte is reserved on paper only */
        CHECK_OK (zmq_setsockopt (socket, ZMQ_ROUTING_ID, "\0ab", 3));
        size = 3;
        CHECK_OK (zmq_getsockopt (socket, ZMQ_ROUTING_ID, buffer, &size));
        CHECK (size == 3 && memcmp (buffer, "\0ab", 3) == 0);
        close_socket (socket);
    }
}

TEST (a53_subscribe_belongs_to_sub)
{
    void *sub = new_socket (ZMQ_SUB);
    char topic[1000];
    memset (topic, 't', sizeof topic);
    CHECK_OK (zmq_setsockopt (sub, ZMQ_SUBSCRIBE, "", 0));
    CHECK_OK (zmq_setsockopt (sub, ZMQ_SUBSCRIBE, NULL, 0));
    CHECK_OK (zmq_setsockopt (sub, ZMQ_SUBSCRIBE, topic, sizeof topic));
    CHECK_OK (zmq_setsockopt (sub, ZMQ_UNSUBSCRIBE, topic, sizeof topic));
    CHECK_OK (zmq_setsockopt (sub, ZMQ_UNSUBSCRIBE, "never", 5));
    CHECK_OK (zmq_setsockopt (sub, ZMQ_SUBSCRIBE, "four", 4));
    static const int others[] = {ZMQ_PAIR, ZMQ_PUB,  ZMQ_XPUB,   ZMQ_XSUB,  ZMQ_REQ,   ZMQ_REP,
                                 ZMQ_PUSH, ZMQ_PULL, ZMQ_DEALER, ZMQ_ROUTER, ZMQ_STREAM};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        void *other = new_socket (others[i]);
        CHECK_FAIL (zmq_setsockopt (other, ZMQ_SUBSCRIBE, "a", 1), EINVAL);
        CHECK_FAIL (zmq_setsockopt (other, ZMQ_UNSUBSCRIBE, "a", 1), EINVAL);
        CHECK_FAIL (zmq_setsockopt (other, ZMQ_SUBSCRIBE, "", 0), EINVAL);
    }
}

TEST (a56_subscribe_on_xpub_needs_manual_mode)
{
    static const int types[] = {ZMQ_XPUB, ZMQ_PUB};
    for (int i = 0; i < 2; i++) {
        void *xpub = new_socket (types[i]);
        CHECK_FAIL (zmq_setsockopt (xpub, ZMQ_SUBSCRIBE, "a", 1), EINVAL);
        CHECK_OK (set_int (xpub, ZMQ_XPUB_MANUAL, 1));
        CHECK_OK (zmq_setsockopt (xpub, ZMQ_SUBSCRIBE, "a", 1));
        CHECK_OK (zmq_setsockopt (xpub, ZMQ_UNSUBSCRIBE, "a", 1));
        CHECK_OK (set_int (xpub, ZMQ_XPUB_MANUAL, 0));
        CHECK_FAIL (zmq_setsockopt (xpub, ZMQ_SUBSCRIBE, "a", 1), EINVAL);
        CHECK_FAIL (zmq_setsockopt (xpub, ZMQ_UNSUBSCRIBE, "a", 1), EINVAL);
    }
}

TEST (a53_welcome_message_takes_any_length)
{
    static char text[2000];
    void *xpub = new_socket (ZMQ_XPUB);
    CHECK_OK (zmq_setsockopt (xpub, ZMQ_XPUB_WELCOME_MSG, text, sizeof text));
    CHECK_OK (zmq_setsockopt (xpub, ZMQ_XPUB_WELCOME_MSG, "four", 4));
    CHECK_OK (zmq_setsockopt (xpub, ZMQ_XPUB_WELCOME_MSG, NULL, 0));
    CHECK_OK (zmq_setsockopt (new_socket (ZMQ_PUB), ZMQ_XPUB_WELCOME_MSG, "w", 1));
    CHECK_FAIL (zmq_setsockopt (new_socket (ZMQ_SUB), ZMQ_XPUB_WELCOME_MSG, "w", 1), EINVAL);
}

/* Options of the classes STR255 and STR16: `longest_` bytes at most, NULL clears. */
static void check_string_option (int option_, size_t longest_)
{
    void *socket = new_socket (ZMQ_DEALER);
    char text[600];
    memset (text, 's', sizeof text);
    CHECK_TEXT (socket, option_, "");
    CHECK_FAIL (zmq_setsockopt (socket, option_, "", 0), EINVAL);
    CHECK_OK (zmq_setsockopt (socket, option_, "value and more", 5));
    CHECK_TEXT (socket, option_, "value");
    CHECK_FAIL (zmq_setsockopt (socket, option_, text, longest_ + 1), EINVAL);
    CHECK_TEXT (socket, option_, "value");
    CHECK_OK (zmq_setsockopt (socket, option_, text, longest_));
    text[longest_] = 0;
    CHECK_TEXT (socket, option_, text);
    CHECK_OK (zmq_setsockopt (socket, option_, "four", 4));
    CHECK_TEXT (socket, option_, "four");
}

TEST (a53_bindtodevice)
{
    check_string_option (ZMQ_BINDTODEVICE, 16);
    void *socket = new_socket (ZMQ_DEALER);
    CHECK_OK (set_str (socket, ZMQ_BINDTODEVICE, "eth9"));
    CHECK_FAIL (zmq_setsockopt (socket, ZMQ_BINDTODEVICE, NULL, 5), EINVAL);
    CHECK_TEXT (socket, ZMQ_BINDTODEVICE, "eth9");
    CHECK_OK (zmq_setsockopt (socket, ZMQ_BINDTODEVICE, NULL, 0));
    CHECK_TEXT (socket, ZMQ_BINDTODEVICE, "");
}

TEST (a53_socks_proxy_has_no_length_limit)
{
    void *socket = new_socket (ZMQ_DEALER);
    char text[501];
    memset (text, 'p', sizeof text);
    text[500] = 0;
    CHECK_TEXT (socket, ZMQ_SOCKS_PROXY, "");
    CHECK_OK (set_str (socket, ZMQ_SOCKS_PROXY, text));
    CHECK_TEXT (socket, ZMQ_SOCKS_PROXY, text);
    CHECK_FAIL (zmq_setsockopt (socket, ZMQ_SOCKS_PROXY, "", 0), EINVAL);
    CHECK_FAIL (zmq_setsockopt (socket, ZMQ_SOCKS_PROXY, NULL, 5), EINVAL);
    CHECK_TEXT (socket, ZMQ_SOCKS_PROXY, text);
    CHECK_OK (zmq_setsockopt (socket, ZMQ_SOCKS_PROXY, NULL, 0));
    CHECK_TEXT (socket, ZMQ_SOCKS_PROXY, "");
}

TEST (a53_socks_credentials)
{
    static const int options[] = {OPT_SOCKS_USERNAME, OPT_SOCKS_PASSWORD};
    for (int i = 0; i < 2; i++) {
        void *socket = new_socket (ZMQ_DEALER);
        char text[257];
        memset (text, 's', sizeof text);
        CHECK_TEXT (socket, options[i], "");
        CHECK_OK (zmq_setsockopt (socket, options[i], "name", 4));
        CHECK_TEXT (socket, options[i], "name");
        CHECK_FAIL (zmq_setsockopt (socket, options[i], text, 256), EINVAL);
        CHECK_TEXT (socket, options[i], "name");
        CHECK_OK (zmq_setsockopt (socket, options[i], "", 0));
        CHECK_TEXT (socket, options[i], "");
        CHECK_OK (zmq_setsockopt (socket, options[i], text, 255));
        CHECK_OK (zmq_setsockopt (socket, options[i], NULL, 0));
        CHECK_TEXT (socket, options[i], "");
    }
}

TEST (a53_zap_domain_cannot_be_cleared)
{
    check_string_option (ZMQ_ZAP_DOMAIN, 255);
    void *socket = new_socket (ZMQ_DEALER);
    CHECK_OK (set_str (socket, ZMQ_ZAP_DOMAIN, "global"));
    CHECK_FAIL (zmq_setsockopt (socket, ZMQ_ZAP_DOMAIN, NULL, 0), EINVAL);
    CHECK_TEXT (socket, ZMQ_ZAP_DOMAIN, "global");
}

TEST (a51_a_terminator_inside_the_length_is_stored)
{
    void *socket = new_socket (ZMQ_DEALER);
    char buffer[64];
    size_t size = sizeof buffer;
    CHECK_OK (zmq_setsockopt (socket, ZMQ_PLAIN_USERNAME, "admin", 6));
    CHECK_OK (zmq_getsockopt (socket, ZMQ_PLAIN_USERNAME, buffer, &size));
    CHECK_INT (size, 7);
    CHECK (memcmp (buffer, "admin\0", 7) == 0);
}

TEST (a53_plain_credentials)
{
    check_string_option (ZMQ_PLAIN_USERNAME, 255);
    check_string_option (ZMQ_PLAIN_PASSWORD, 255);
    static const int options[] = {ZMQ_PLAIN_USERNAME, ZMQ_PLAIN_PASSWORD};
    for (int i = 0; i < 2; i++) {
        void *socket = new_socket (ZMQ_DEALER);
        CHECK_OK (set_str (socket, options[i], "secret"));
        CHECK_INT (get_int (socket, ZMQ_MECHANISM), ZMQ_PLAIN);
        CHECK_FAIL (zmq_setsockopt (socket, options[i], NULL, 5), EINVAL);
        CHECK_INT (get_int (socket, ZMQ_MECHANISM), ZMQ_PLAIN);
        CHECK_OK (zmq_setsockopt (socket, options[i], NULL, 0));
        CHECK_INT (get_int (socket, ZMQ_MECHANISM), ZMQ_NULL);
        CHECK_TEXT (socket, options[i], "secret");
    }
}

TEST (a55_plain_server)
{
    void *socket = new_socket (ZMQ_DEALER);
    CHECK_INT (get_int (socket, ZMQ_MECHANISM), ZMQ_NULL);
    CHECK_OK (set_int (socket, ZMQ_PLAIN_SERVER, 1));
    CHECK_INT (get_int (socket, ZMQ_MECHANISM), ZMQ_PLAIN);
    CHECK_INT (get_int (socket, ZMQ_PLAIN_SERVER), 1);
    CHECK_INT (get_int (socket, ZMQ_CURVE_SERVER), 0);
    /* a user name makes it a client */
    CHECK_OK (set_str (socket, ZMQ_PLAIN_USERNAME, "admin"));
    CHECK_INT (get_int (socket, ZMQ_MECHANISM), ZMQ_PLAIN);
    CHECK_INT (get_int (socket, ZMQ_PLAIN_SERVER), 0);
    CHECK_OK (set_int (socket, ZMQ_PLAIN_SERVER, 1));
    CHECK_OK (set_int (socket, ZMQ_PLAIN_SERVER, 0));
    CHECK_INT (get_int (socket, ZMQ_MECHANISM), ZMQ_NULL);
}

TEST (a55_the_last_mechanism_wins)
{
    void *socket = new_socket (ZMQ_DEALER);
    CHECK_OK (set_int (socket, ZMQ_PLAIN_SERVER, 1));
    CHECK_OK (set_str (socket, ZMQ_CURVE_SECRETKEY, secret_text));
    CHECK_INT (get_int (socket, ZMQ_MECHANISM), ZMQ_CURVE);
    /* the server role stays */
    CHECK_INT (get_int (socket, ZMQ_CURVE_SERVER), 1);
    CHECK_INT (get_int (socket, ZMQ_PLAIN_SERVER), 0);
    CHECK_OK (set_str (socket, ZMQ_CURVE_SERVERKEY, public_text));
    CHECK_INT (get_int (socket, ZMQ_CURVE_SERVER), 0);
    CHECK_OK (set_int (socket, ZMQ_CURVE_SERVER, 1));
    CHECK_INT (get_int (socket, ZMQ_CURVE_SERVER), 1);
    CHECK_OK (zmq_setsockopt (socket, ZMQ_PLAIN_PASSWORD, NULL, 0));
    CHECK_INT (get_int (socket, ZMQ_MECHANISM), ZMQ_NULL);
    CHECK_INT (get_int (socket, ZMQ_CURVE_SERVER), 0);
    CHECK_OK (set_str (socket, ZMQ_CURVE_PUBLICKEY, public_text));
    CHECK_INT (get_int (socket, ZMQ_CURVE_SERVER), 1);
    CHECK_OK (set_int (socket, ZMQ_CURVE_SERVER, 0));
    CHECK_INT (get_int (socket, ZMQ_MECHANISM), ZMQ_NULL);
}

TEST (a54_curve_keys)
{
    static const int options[] = {ZMQ_CURVE_PUBLICKEY, ZMQ_CURVE_SECRETKEY,
                                  ZMQ_CURVE_SERVERKEY};
    uint8_t raw[32], zeros[32] = {0}, got[64];
    char text[64];
    CHECK (zmq_z85_decode (raw, public_text) == raw);
    for (int i = 0; i < 3; i++) {
        void *socket = new_socket (ZMQ_DEALER);
        size_t size = 32;
        CHECK_OK (zmq_getsockopt (socket, options[i], got, &size));
        CHECK (memcmp (got, zeros, 32) == 0);
        static const size_t refused[] = {0, 4, 31, 33, 39, 42, 64};
        for (size_t k = 0; k < sizeof refused / sizeof *refused; k++) {
            char junk[64] = {0};
            CHECK_FAIL (zmq_setsockopt (socket, options[i], junk, refused[k]), EINVAL);
        }
        char unterminated[42], wrong[41] = "\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\""
                                           "\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"";
        memcpy (unterminated, public_text, 40);
        unterminated[40] = 'x';
        CHECK_FAIL (zmq_setsockopt (socket, options[i], unterminated, 41), EINVAL);
        CHECK_FAIL (zmq_setsockopt (socket, options[i], wrong, 41), EINVAL);
        CHECK_INT (get_int (socket, ZMQ_MECHANISM), ZMQ_NULL);
        for (int form = 0; form < 3; form++) {
            close_socket (socket);
            socket = new_socket (ZMQ_DEALER);
            const void *value = form == 0 ? (const void *) raw : public_text;
            CHECK_OK (zmq_setsockopt (socket, options[i], value, form == 0 ? 32 : 39 + form));
            CHECK_INT (get_int (socket, ZMQ_MECHANISM), ZMQ_CURVE);
            size = 32;
            CHECK_OK (zmq_getsockopt (socket, options[i], got, &size));
            CHECK (memcmp (got, raw, 32) == 0);
            size = 41;
            CHECK_OK (zmq_getsockopt (socket, options[i], text, &size));
            CHECK_STR (text, public_text);
            CHECK_INT (size, 41);
        }
        static const size_t unreadable[] = {0, 4, 31, 33, 40, 42, 64};
        for (size_t k = 0; k < sizeof unreadable / sizeof *unreadable; k++) {
            size = unreadable[k];
            CHECK_FAIL (zmq_getsockopt (socket, options[i], got, &size), EINVAL);
            CHECK_INT (size, unreadable[k]);
        }
    }
}

TEST (a53_connect_routing_id_has_no_upper_limit)
{
    static char longest[1000] = "long";
    static const int types[] = {ZMQ_ROUTER, ZMQ_REP, ZMQ_STREAM};
    for (int i = 0; i < 3; i++) {
        void *socket = new_socket (types[i]);
        CHECK_OK (zmq_setsockopt (socket, ZMQ_CONNECT_ROUTING_ID, "i", 1));
        CHECK_OK (zmq_setsockopt (socket, ZMQ_CONNECT_ROUTING_ID, longest, sizeof longest));
        CHECK_FAIL (zmq_setsockopt (socket, ZMQ_CONNECT_ROUTING_ID, "", 0), EINVAL);
        CHECK_FAIL (zmq_setsockopt (socket, ZMQ_CONNECT_ROUTING_ID, NULL, 0), EINVAL);
    }
    CHECK_FAIL (set_str (new_socket (ZMQ_DEALER), ZMQ_CONNECT_ROUTING_ID, "id"), EINVAL);
    CHECK_FAIL (set_str (new_socket (ZMQ_REQ), ZMQ_CONNECT_ROUTING_ID, "id"), EINVAL);
}

TEST (a53_ipc_filters_are_four_byte_sets)
{
    static const int options[] = {ZMQ_IPC_FILTER_PID, ZMQ_IPC_FILTER_UID, ZMQ_IPC_FILTER_GID};
    void *socket = new_socket (ZMQ_DEALER);
    for (int i = 0; i < 3; i++) {
        CHECK_OK (set_int (socket, options[i], 1));
        CHECK_OK (set_int (socket, options[i], 2));
        CHECK_OK (zmq_setsockopt (socket, options[i], NULL, 0));
        CHECK_FAIL (zmq_setsockopt (socket, options[i], "12345678", 8), EINVAL);
        CHECK_FAIL (zmq_setsockopt (socket, options[i], "", 0), EINVAL);
        CHECK_FAIL (zmq_setsockopt (socket, options[i], NULL, 8), EINVAL);
    }
}

TEST (a54_tcp_accept_filter)
{
    static const char *const good[] = {"127.0.0.1",  "10.0.0.0/8", "1.2.3.4/0", "1.2.3.4/32",
                                       "127.1",      "1",          "10.0.0.0/8x"};
    static const char *const bad[] = {"1.2.3.4/",   "1.2.3.4/-1", "1.2.3.4/33", "1.2.3.4/x",
                                      "localhost",  "*",          "lo",         "1.2.3.4:80",
                                      "::1",        "[::1]",      "fe80::/64"};
    static const char *const good6[] = {"::1", "[::1]", "fe80::/64", "::/0", "::1/128",
                                        "1.2.3.4/33", "1.2.3.4"};
    void *socket = new_socket (ZMQ_DEALER);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (set_str (socket, ZMQ_TCP_ACCEPT_FILTER, good[i]) != 0)
            FAIL ("%s got %s", good[i], errno_name (errno));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (set_str (socket, ZMQ_TCP_ACCEPT_FILTER, bad[i]) == 0 || errno != EINVAL)
            FAIL ("%s is not EINVAL", bad[i]);
    CHECK_OK (set_int (socket, ZMQ_IPV6, 1));
    for (size_t i = 0; i < sizeof good6 / sizeof *good6; i++)
        if (set_str (socket, ZMQ_TCP_ACCEPT_FILTER, good6[i]) != 0)
            FAIL ("%s with IPv6 got %s", good6[i], errno_name (errno));
    CHECK_FAIL (set_str (socket, ZMQ_TCP_ACCEPT_FILTER, "::1/129"), EINVAL);
    CHECK_OK (zmq_setsockopt (socket, ZMQ_TCP_ACCEPT_FILTER, NULL, 0));
    CHECK_FAIL (zmq_setsockopt (socket, ZMQ_TCP_ACCEPT_FILTER, "", 0), EINVAL);
    char longest[257];
    memset (longest, '1', sizeof longest);
    CHECK_FAIL (zmq_setsockopt (socket, ZMQ_TCP_ACCEPT_FILTER, longest, 256), EINVAL);
}

TEST (a54_metadata_is_a_name_and_a_value)
{
    void *socket = new_socket (ZMQ_DEALER);
    static const char *const good[] = {"X-a:b", "X-:v1", "X-a:b:c", "X-name:value", "X-name:other"};
    static const char *const bad[] = {"a:b c d", "x-a:bc", "X-abc", "X-abc:", ":value", "X-:v"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (set_str (socket, OPT_METADATA, good[i]) != 0)
            FAIL ("%s got %s", good[i], errno_name (errno));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (set_str (socket, OPT_METADATA, bad[i]) == 0 || errno != EINVAL)
            FAIL ("%s is not EINVAL", bad[i]);
    CHECK_FAIL (zmq_setsockopt (socket, OPT_METADATA, NULL, 0), EINVAL);
    CHECK_FAIL (zmq_setsockopt (socket, OPT_METADATA, "", 0), EINVAL);
    char name[300];
    memset (name, 'n', sizeof name);
    memcpy (name, "X-", 2);
    name[255] = ':';
    CHECK_OK (zmq_setsockopt (socket, OPT_METADATA, name, 258));
    name[255] = 'n';
    name[256] = ':';
    CHECK_FAIL (zmq_setsockopt (socket, OPT_METADATA, name, 258), EINVAL);
}

SINCE_4_3_5 (a53_topics_are_counted)
{
    void *xpub, *sub;
    inproc_pair (ZMQ_XPUB, ZMQ_SUB, &xpub, &sub);
    CHECK_OK (set_str (sub, ZMQ_SUBSCRIBE, "a"));
    CHECK_OK (set_str (sub, ZMQ_SUBSCRIBE, "b"));
    settle (xpub);
    CHECK_INT (get_int (sub, OPT_TOPICS_COUNT), 2);
    CHECK_INT (get_int (xpub, OPT_TOPICS_COUNT), 2);
    CHECK_OK (set_str (sub, ZMQ_UNSUBSCRIBE, "a"));
    settle (xpub);
    CHECK_INT (get_int (sub, OPT_TOPICS_COUNT), 1);
    CHECK_INT (get_int (xpub, OPT_TOPICS_COUNT), 1);
}

TEST (a56_ipv6_and_ipv4only_are_one_switch)
{
    void *socket = new_socket (ZMQ_DEALER);
    CHECK_OK (set_int (socket, ZMQ_IPV6, 1));
    CHECK_INT (get_int (socket, ZMQ_IPV4ONLY), 0);
    CHECK_OK (set_int (socket, ZMQ_IPV4ONLY, 1));
    CHECK_INT (get_int (socket, ZMQ_IPV6), 0);
}

TEST (h215_int_options_read_back)
{
    void *socket = new_socket (ZMQ_DEALER);
    static const int options[] = {ZMQ_RCVBUF, ZMQ_SNDBUF, ZMQ_USE_FD};
    for (int i = 0; i < 3; i++) {
        CHECK_INT (get_int (socket, options[i]), -1);
        CHECK_OK (set_int (socket, options[i], 4096));
        CHECK_INT (get_int (socket, options[i]), 4096);
    }
}

TEST (h214_timeouts)
{
    char buffer[4];
    void *pair = new_socket (ZMQ_PAIR);
    CHECK_FAIL (set_int (pair, ZMQ_RCVTIMEO, -2), EINVAL);
    CHECK_FAIL (set_int (pair, ZMQ_SNDTIMEO, -2), EINVAL);
    CHECK_OK (set_int (pair, ZMQ_RCVTIMEO, 0));
    CHECK_OK (set_int (pair, ZMQ_SNDTIMEO, 0));
    CHECK_FAIL (zmq_recv (pair, buffer, 4, 0), EAGAIN);
    CHECK_FAIL (zmq_send (pair, "a", 1, 0), EAGAIN);
    CHECK_OK (set_int (pair, ZMQ_RCVTIMEO, 60));
    CHECK_OK (set_int (pair, ZMQ_SNDTIMEO, 60));
    int64_t before = now_ms ();
    CHECK_FAIL (zmq_recv (pair, buffer, 4, 0), EAGAIN);
    CHECK (now_ms () - before >= 58);
    before = now_ms ();
    CHECK_FAIL (zmq_send (pair, "a", 1, 0), EAGAIN);
    CHECK (now_ms () - before >= 58);
    before = now_ms ();
    CHECK_OK (set_int (pair, ZMQ_RCVTIMEO, -1));
    CHECK_FAIL (zmq_recv (pair, buffer, 4, ZMQ_DONTWAIT), EAGAIN);
    CHECK (now_ms () - before < 1000);
}

TEST (h178_hwm_reads_back_at_once)
{
    void *a, *b;
    inproc_pair (ZMQ_PUSH, ZMQ_PULL, &a, &b);
    CHECK_OK (set_int (a, ZMQ_SNDHWM, 5));
    CHECK_INT (get_int (a, ZMQ_SNDHWM), 5);
    CHECK_FAIL (set_int (a, ZMQ_SNDHWM, -1), EINVAL);
    CHECK_INT (get_int (a, ZMQ_SNDHWM), 5);
    CHECK_FAIL (set_int (b, ZMQ_RCVHWM, -1), EINVAL);
}
