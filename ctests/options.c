/* Every socket option: default, accepted and refused values, length rules, types it is known to. */
#include "test.h"

static const int all_types[] = {ZMQ_PAIR,   ZMQ_PUB,  ZMQ_SUB,  ZMQ_REQ,  ZMQ_REP,  ZMQ_DEALER,
                                ZMQ_ROUTER, ZMQ_PULL, ZMQ_PUSH, ZMQ_XPUB, ZMQ_XSUB, ZMQ_STREAM};
#define ALL_TYPES (sizeof all_types / sizeof *all_types)

/* The names of options that zmq.h shows with the draft API only, but stable builds accept. */
enum
{
    OPT_ZAP_ENFORCE_DOMAIN = 93,
    OPT_LOOPBACK_FASTPATH = 94,
    OPT_MULTICAST_LOOP = 96,
    OPT_XPUB_MANUAL_LAST_VALUE = 98,
    OPT_SOCKS_USERNAME = 99,
    OPT_SOCKS_PASSWORD = 100,
    OPT_ONLY_FIRST_SUBSCRIBE = 108,
    OPT_RECONNECT_STOP = 109
};

#define T(type_) (1u << (type_))
#define EVERY 0xfffu

/* How an int option decides what it accepts: the classes of the option table. */
typedef enum
{
    AT_LEAST, /* limit and above */
    ZERO_ONE, /* exactly 0 or 1 */
    SWITCH,   /* 0 is off, above is on, negative is refused */
    ANY_ON,   /* 0 is off, everything else is on */
    ANY_INT,  /* every value, stored as it is */
    BETWEEN   /* limit to top */
} rule_t;

typedef struct
{
    int option;
    const char *name;
    rule_t rule;
    int limit;
    int top;
    int readable;
    int initial;
    unsigned types;
} int_option_t;

#define ROW(name_, rule_, limit_, top_, readable_, initial_, types_)                               \
    {ZMQ_##name_, #name_, rule_, limit_, top_, readable_, initial_, types_}
#define HIDDEN(name_, rule_, limit_, top_, readable_, initial_, types_)                            \
    {OPT_##name_, #name_, rule_, limit_, top_, readable_, initial_, types_}
#define PUBS (T (ZMQ_PUB) | T (ZMQ_XPUB))
#define ROUTERS (T (ZMQ_ROUTER) | T (ZMQ_REP))

static const int_option_t int_options[] = {
    ROW (RATE, AT_LEAST, 1, 0, 1, 100, EVERY),
    ROW (RECOVERY_IVL, AT_LEAST, 0, 0, 1, 10000, EVERY),
    ROW (SNDBUF, AT_LEAST, -1, 0, 1, -1, EVERY),
    ROW (RCVBUF, AT_LEAST, -1, 0, 1, -1, EVERY),
    ROW (LINGER, AT_LEAST, -1, 0, 1, -1, EVERY & ~(T (ZMQ_SUB) | T (ZMQ_XSUB))),
    ROW (LINGER, AT_LEAST, -1, 0, 1, 0, T (ZMQ_SUB) | T (ZMQ_XSUB)),
    ROW (RECONNECT_IVL, AT_LEAST, -1, 0, 1, 100, EVERY),
    ROW (BACKLOG, AT_LEAST, 0, 0, 1, 100, EVERY),
    ROW (RECONNECT_IVL_MAX, AT_LEAST, 0, 0, 1, 0, EVERY),
    ROW (SNDHWM, AT_LEAST, 0, 0, 1, 1000, EVERY),
    ROW (RCVHWM, AT_LEAST, 0, 0, 1, 1000, EVERY),
    ROW (MULTICAST_HOPS, AT_LEAST, 1, 0, 1, 1, EVERY),
    ROW (RCVTIMEO, AT_LEAST, -1, 0, 1, -1, EVERY),
    ROW (SNDTIMEO, AT_LEAST, -1, 0, 1, -1, EVERY),
    ROW (IPV4ONLY, ZERO_ONE, 0, 0, 1, 1, EVERY),
    ROW (ROUTER_MANDATORY, SWITCH, 0, 0, 0, 0, ROUTERS),
    ROW (TCP_KEEPALIVE, BETWEEN, -1, 1, 1, -1, EVERY),
    ROW (TCP_KEEPALIVE_CNT, AT_LEAST, -1, 0, 1, -1, EVERY),
    ROW (TCP_KEEPALIVE_IDLE, AT_LEAST, -1, 0, 1, -1, EVERY),
    ROW (TCP_KEEPALIVE_INTVL, AT_LEAST, -1, 0, 1, -1, EVERY),
    ROW (IMMEDIATE, ZERO_ONE, 0, 0, 1, 0, EVERY),
    ROW (XPUB_VERBOSE, SWITCH, 0, 0, 0, 0, PUBS),
    ROW (ROUTER_RAW, SWITCH, 0, 0, 0, 0, ROUTERS),
    ROW (IPV6, ZERO_ONE, 0, 0, 1, 0, EVERY),
    ROW (PLAIN_SERVER, ZERO_ONE, 0, 0, 1, 0, EVERY),
    ROW (CURVE_SERVER, ZERO_ONE, 0, 0, 1, 0, EVERY),
    ROW (PROBE_ROUTER, SWITCH, 0, 0, 0, 0,
         ROUTERS | T (ZMQ_REQ) | T (ZMQ_DEALER)),
    ROW (REQ_CORRELATE, SWITCH, 0, 0, 0, 0, T (ZMQ_REQ)),
    ROW (REQ_RELAXED, SWITCH, 0, 0, 0, 0, T (ZMQ_REQ)),
    ROW (CONFLATE, ZERO_ONE, 0, 0, 1, 0, EVERY),
    ROW (ROUTER_HANDOVER, SWITCH, 0, 0, 0, 0, ROUTERS),
    ROW (TOS, AT_LEAST, 0, 0, 1, 0, EVERY),
    ROW (HANDSHAKE_IVL, AT_LEAST, 0, 0, 1, 30000, EVERY),
    ROW (XPUB_NODROP, SWITCH, 0, 0, 0, 0, PUBS),
    ROW (XPUB_MANUAL, SWITCH, 0, 0, 0, 0, PUBS),
    ROW (STREAM_NOTIFY, ZERO_ONE, 0, 0, 0, 1, T (ZMQ_STREAM)),
    ROW (INVERT_MATCHING, ANY_ON, 0, 0, 1, 0, EVERY),
    ROW (HEARTBEAT_IVL, AT_LEAST, 0, 0, 1, 0, EVERY),
    ROW (HEARTBEAT_TIMEOUT, AT_LEAST, 0, 0, 1, -1, EVERY),
    ROW (XPUB_VERBOSER, SWITCH, 0, 0, 0, 0, PUBS),
    ROW (CONNECT_TIMEOUT, AT_LEAST, 0, 0, 1, 0, EVERY),
    ROW (TCP_MAXRT, AT_LEAST, 0, 0, 1, 0, EVERY),
    ROW (MULTICAST_MAXTPDU, AT_LEAST, 1, 0, 1, 1500, EVERY),
    ROW (USE_FD, AT_LEAST, -1, 0, 1, -1, EVERY),
    HIDDEN (ZAP_ENFORCE_DOMAIN, ANY_ON, 0, 0, 1, 0, EVERY),
    HIDDEN (LOOPBACK_FASTPATH, ANY_ON, 0, 0, 1, 0, EVERY),
    HIDDEN (MULTICAST_LOOP, ANY_ON, 0, 0, 1, 1, EVERY),
    HIDDEN (XPUB_MANUAL_LAST_VALUE, SWITCH, 0, 0, 0, 0, PUBS),
    HIDDEN (ONLY_FIRST_SUBSCRIBE, SWITCH, 0, 0, 0, 0, PUBS | T (ZMQ_XSUB)),
    HIDDEN (RECONNECT_STOP, ANY_INT, 0, 0, 1, 0, EVERY),
};
#define INT_OPTIONS (sizeof int_options / sizeof *int_options)

#define ROW_FAIL(row_, type_, ...)                                                                 \
    do {                                                                                           \
        char t_detail[200];                                                                        \
        snprintf (t_detail, sizeof t_detail, __VA_ARGS__);                                         \
        FAIL ("%s on type %d: %s", (row_)->name, type_, t_detail);                                 \
    } while (0)

static int stored (const int_option_t *row_, int value_)
{
    return row_->rule == SWITCH || row_->rule == ANY_ON ? value_ != 0 : value_;
}

static int accepted (const int_option_t *row_, int value_)
{
    switch (row_->rule) {
        case AT_LEAST:
            return value_ >= row_->limit;
        case ZERO_ONE:
            return value_ == 0 || value_ == 1;
        case SWITCH:
            return value_ >= 0;
        case ANY_ON:
        case ANY_INT:
            return 1;
        case BETWEEN:
            return value_ >= row_->limit && value_ <= row_->top;
    }
    return 0;
}

/* Sets a value and checks the answer and what is read afterwards. */
static void try_value (const int_option_t *row_, void *socket_, int type_, int value_)
{
    int before = row_->readable ? get_int (socket_, row_->option) : 0;
    int rc = set_int (socket_, row_->option, value_);
    int error = rc == 0 ? 0 : errno;
    int expected = accepted (row_, value_) ? 0 : EINVAL;
    if (error != expected)
        ROW_FAIL (row_, type_, "value %d got %s, expected %s", value_, errno_name (error),
                  errno_name (expected));
    if (!row_->readable)
        return;
    int after = get_int (socket_, row_->option);
    int wanted = rc == 0 ? stored (row_, value_) : before;
    /* only a server of its mechanism reads back as one */
    if (after != wanted)
        ROW_FAIL (row_, type_, "after %d reads %d, expected %d", value_, after, wanted);
}

TEST (a53_int_options_accept_their_range)
{
    static const int values[] = {0, 1, 2, 3, -1, -2, 100, 65536, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < INT_OPTIONS; i++)
        for (size_t t = 0; t < ALL_TYPES; t++) {
            const int_option_t *row = &int_options[i];
            int type = all_types[t];
            if (!(row->types & T (type)))
                continue;
            void *socket = new_socket (type);
            if (row->readable && get_int (socket, row->option) != row->initial)
                ROW_FAIL (row, type, "default %d", get_int (socket, row->option));
            for (size_t v = 0; v < sizeof values / sizeof *values; v++)
                try_value (row, socket, type, values[v]);
            close_socket (socket);
        }
}

TEST (a53_int_options_want_exactly_four_bytes)
{
    static const size_t sizes[] = {0, 1, 3, 5, 8};
    for (size_t i = 0; i < INT_OPTIONS; i++)
        for (size_t t = 0; t < ALL_TYPES; t++) {
            const int_option_t *row = &int_options[i];
            int type = all_types[t];
            if (!(row->types & T (type)))
                continue;
            void *socket = new_socket (type);
            for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
                char value[16] = {1};
                size_t size = sizes[s];
                if (zmq_setsockopt (socket, row->option, value, size) == 0 || errno != EINVAL)
                    ROW_FAIL (row, type, "set of %zu bytes is not EINVAL", size);
                if (row->readable
                    && (zmq_getsockopt (socket, row->option, value, &size) == 0
                        || errno != EINVAL || size != sizes[s]))
                    ROW_FAIL (row, type, "get of %zu bytes is not EINVAL", sizes[s]);
            }
            close_socket (socket);
        }
}

TEST (a53_options_of_other_types_are_einval)
{
    for (size_t i = 0; i < INT_OPTIONS; i++)
        for (size_t t = 0; t < ALL_TYPES; t++) {
            const int_option_t *row = &int_options[i];
            int type = all_types[t];
            if ((row->types & T (type)) || row->option == ZMQ_LINGER)
                continue;
            void *socket = new_socket (type);
            for (int value = 0; value < 2; value++)
                if (set_int (socket, row->option, value) == 0 || errno != EINVAL)
                    ROW_FAIL (row, type, "set is not EINVAL");
            close_socket (socket);
        }
}

TEST (a53_write_only_options_cannot_be_read)
{
    static const int options[] = {
        ZMQ_SUBSCRIBE,      ZMQ_UNSUBSCRIBE,    ZMQ_ROUTER_MANDATORY, ZMQ_TCP_ACCEPT_FILTER,
        ZMQ_XPUB_VERBOSE,   ZMQ_ROUTER_RAW,     ZMQ_PROBE_ROUTER,     ZMQ_REQ_CORRELATE,
        ZMQ_REQ_RELAXED,    ZMQ_ROUTER_HANDOVER, ZMQ_IPC_FILTER_PID,  ZMQ_IPC_FILTER_UID,
        ZMQ_IPC_FILTER_GID, ZMQ_CONNECT_ROUTING_ID, ZMQ_XPUB_NODROP,  ZMQ_XPUB_MANUAL,
        ZMQ_XPUB_WELCOME_MSG, ZMQ_STREAM_NOTIFY, ZMQ_XPUB_VERBOSER,   95,
        OPT_XPUB_MANUAL_LAST_VALUE, OPT_ONLY_FIRST_SUBSCRIBE};
    for (size_t t = 0; t < ALL_TYPES; t++) {
        void *socket = new_socket (all_types[t]);
        for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
            char value[256];
            size_t sizes[] = {4, 8, sizeof value};
            for (size_t s = 0; s < 3; s++)
                if (zmq_getsockopt (socket, options[i], value, &sizes[s]) == 0
                    || errno != EINVAL)
                    FAIL ("get of option %d on type %d is not EINVAL", options[i], all_types[t]);
        }
        close_socket (socket);
    }
}

TEST (h014_read_only_options_cannot_be_set)
{
    static const int options[] = {ZMQ_RCVMORE, ZMQ_FD,        ZMQ_EVENTS,     ZMQ_TYPE,
                                  ZMQ_LAST_ENDPOINT, ZMQ_MECHANISM, ZMQ_THREAD_SAFE, 116};
    for (size_t t = 0; t < ALL_TYPES; t++) {
        void *socket = new_socket (all_types[t]);
        for (size_t i = 0; i < sizeof options / sizeof *options; i++)
            CHECK_FAIL (set_int (socket, options[i], 1), EINVAL);
        close_socket (socket);
    }
}

TEST (a34_numbers_without_an_option_are_einval)
{
    static const int options[] = {0,  1,  2,   3,   10,  20,  26,  29,         30,       67,
                                  70, 82, 83, 125, 126, 200, 1000, -1, INT32_MAX, INT32_MIN};
    for (size_t t = 0; t < ALL_TYPES; t++) {
        void *socket = new_socket (all_types[t]);
        for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
            char value[64];
            size_t sizes[] = {4, 8, sizeof value};
            CHECK_FAIL (set_int (socket, options[i], 1), EINVAL);
            CHECK_FAIL (zmq_setsockopt (socket, options[i], "text", 3), EINVAL);
            for (size_t s = 0; s < 3; s++)
                CHECK_FAIL (zmq_getsockopt (socket, options[i], value, &sizes[s]), EINVAL);
        }
        close_socket (socket);
    }
}

TEST (a51_vmci_options_are_not_built_in)
{
    void *socket = new_socket (ZMQ_DEALER);
    uint64_t value = 1;
    for (int option = 85; option <= 87; option++)
        CHECK_FAIL (zmq_setsockopt (socket, option, &value, sizeof value), EINVAL);
    CHECK_FAIL (set_int (socket, 88, 1), EINVAL);
    for (int option = 85; option <= 88; option++) {
        size_t size = option == 88 ? 4 : 8;
        CHECK_FAIL (zmq_getsockopt (socket, option, &value, &size), EINVAL);
    }
}

OURS_ONLY (a51_gssapi_options_are_not_built_in, "Debian's library has GSSAPI")
{
    static const int options[] = {62, 63, 64, 65, 90, 91};
    void *socket = new_socket (ZMQ_DEALER);
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        char value[64];
        size_t size = sizeof value, four = 4;
        CHECK_FAIL (set_int (socket, options[i], 0), EINVAL);
        CHECK_FAIL (set_str (socket, options[i], "principal"), EINVAL);
        CHECK_FAIL (zmq_getsockopt (socket, options[i], value, &size), EINVAL);
        CHECK_FAIL (zmq_getsockopt (socket, options[i], value, &four), EINVAL);
    }
}

TEST (h013_linger_with_eight_bytes_is_einval)
{
    void *socket = new_socket (ZMQ_PUSH);
    int64_t value = 0;
    size_t size = sizeof value;
    CHECK_FAIL (zmq_setsockopt (socket, ZMQ_LINGER, &value, sizeof value), EINVAL);
    CHECK_FAIL (zmq_getsockopt (socket, ZMQ_LINGER, &value, &size), EINVAL);
    CHECK_INT (size, 8);
}

TEST (h188_linger_below_minus_one_is_einval)
{
    CHECK_FAIL (set_int (new_socket (ZMQ_PUSH), ZMQ_LINGER, -2), EINVAL);
}

/* A readable int option that takes a larger buffer too. */
static void check_wide (void *socket_, int option_)
{
    unsigned char buffer[24];
    memset (buffer, 0xee, sizeof buffer);
    size_t size = 16;
    if (zmq_getsockopt (socket_, option_, buffer, &size) != 0)
        FAIL ("option %d with 16 bytes got %s", option_, errno_name (errno));
    CHECK_INT (size, 4);
    for (int i = 4; i < 16; i++)
        CHECK_INT (buffer[i], 0);
    for (int i = 16; i < 24; i++)
        CHECK_INT (buffer[i], 0xee);
    int64_t wide = -1;
    size = sizeof wide;
    CHECK_OK (zmq_getsockopt (socket_, option_, &wide, &size));
    CHECK_INT (size, 4);
    CHECK_INT (wide, get_int (socket_, option_));
    size = 3;
    CHECK_FAIL (zmq_getsockopt (socket_, option_, buffer, &size), EINVAL);
    CHECK_INT (size, 3);
}

TEST (h012_events_fd_rcvmore_thread_safe_take_wider_buffers)
{
    for (size_t t = 0; t < ALL_TYPES; t++) {
        void *socket = new_socket (all_types[t]);
        check_wide (socket, ZMQ_RCVMORE);
        check_wide (socket, ZMQ_FD);
        check_wide (socket, ZMQ_EVENTS);
        check_wide (socket, ZMQ_THREAD_SAFE);
        close_socket (socket);
    }
}
