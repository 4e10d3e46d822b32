/*
 * Compiles only if the header included says what programs built for libzmq 4.3 rely on: every
 * number, every structure, every prototype. Nothing is linked or run.
 *
 * It is compiled against include/zmq.h and against the header of the system's libzmq, with and
 * without the draft API. What is newer than the system's release stands behind its version; the
 * header of this repository gets no such leave.
 */

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#ifdef ZMQ_BUILD_DRAFT_API
#include <signal.h>
#include <sys/select.h>
#endif

#include <zmq.h>

#define NUMBER(name, value) _Static_assert ((name) == (value), #name " is not " #value)
#define TEXT(name, value)                                                      \
    _Static_assert (__builtin_strcmp (name, value) == 0, #name " is not " value)
#define LAYOUT(type, size, alignment)                                          \
    _Static_assert (sizeof (type) == (size), "size of " #type);                \
    _Static_assert (_Alignof (type) == (alignment), "alignment of " #type)
#define FIELD(type, field, offset, field_type)                                 \
    _Static_assert (offsetof (type, field) == (offset), "place of " #field);   \
    _Static_assert (__builtin_types_compatible_p (                             \
                      __typeof__ (((type *) 0)->field), field_type),           \
                    "type of " #field)
#define FUNCTION(name, type)                                                   \
    _Static_assert (__builtin_types_compatible_p (__typeof__ (name), type),    \
                    "prototype of " #name)
#define TYPE(name, type)                                                       \
    _Static_assert (__builtin_types_compatible_p (name, type), "type " #name)

#define NEWER ZMQ_VERSION >= ZMQ_MAKE_VERSION (4, 3, 5)

/* Version and what programs ask for with #ifdef */
#if !defined ZMQ_VERSION_MAJOR || !defined ZMQ_VERSION_MINOR || !defined ZMQ_VERSION_PATCH
#error "no version"
#endif
#if ZMQ_VERSION != ZMQ_VERSION_MAJOR * 10000 + ZMQ_VERSION_MINOR * 100 + ZMQ_VERSION_PATCH
#error "the version is not what it is made of"
#endif
NUMBER (ZMQ_MAKE_VERSION (4, 3, 5), 40305);
NUMBER (ZMQ_DEFINED_STDINT, 1);
NUMBER (ZMQ_HAS_CAPABILITIES, 1);
#ifndef ZMQ_HAVE_TIMERS
#error "ZMQ_HAVE_TIMERS"
#endif
#ifdef ZMQ_EXPORT
#error "ZMQ_EXPORT leaks"
#endif
#if defined ZMQ_HAVE_POLLER != defined ZMQ_BUILD_DRAFT_API
#error "ZMQ_HAVE_POLLER"
#endif
#ifdef EXPECT_OURS /* so that nothing of ours hides behind a version */
NUMBER (ZMQ_VERSION, 40305);
#endif

/* Errors */
NUMBER (ZMQ_HAUSNUMERO, 156384712);
NUMBER (ENOTSUP, 95);
NUMBER (EPROTONOSUPPORT, 93);
NUMBER (ENOBUFS, 105);
NUMBER (ENETDOWN, 100);
NUMBER (EADDRINUSE, 98);
NUMBER (EADDRNOTAVAIL, 99);
NUMBER (ECONNREFUSED, 111);
NUMBER (EINPROGRESS, 115);
NUMBER (ENOTSOCK, 88);
NUMBER (EMSGSIZE, 90);
NUMBER (EAFNOSUPPORT, 97);
NUMBER (ENETUNREACH, 101);
NUMBER (ECONNABORTED, 103);
NUMBER (ECONNRESET, 104);
NUMBER (ENOTCONN, 107);
NUMBER (ETIMEDOUT, 110);
NUMBER (EHOSTUNREACH, 113);
NUMBER (ENETRESET, 102);
NUMBER (EFSM, 156384763);
NUMBER (ENOCOMPATPROTO, 156384764);
NUMBER (ETERM, 156384765);
NUMBER (EMTHREAD, 156384766);

/* Context options */
NUMBER (ZMQ_IO_THREADS, 1);
NUMBER (ZMQ_MAX_SOCKETS, 2);
NUMBER (ZMQ_SOCKET_LIMIT, 3);
NUMBER (ZMQ_THREAD_PRIORITY, 3);
NUMBER (ZMQ_THREAD_SCHED_POLICY, 4);
NUMBER (ZMQ_MAX_MSGSZ, 5);
NUMBER (ZMQ_MSG_T_SIZE, 6);
NUMBER (ZMQ_THREAD_AFFINITY_CPU_ADD, 7);
NUMBER (ZMQ_THREAD_AFFINITY_CPU_REMOVE, 8);
NUMBER (ZMQ_THREAD_NAME_PREFIX, 9);
NUMBER (ZMQ_IPV6, 42);
NUMBER (ZMQ_BLOCKY, 70);
NUMBER (ZMQ_IO_THREADS_DFLT, 1);
NUMBER (ZMQ_MAX_SOCKETS_DFLT, 1023);
NUMBER (ZMQ_THREAD_PRIORITY_DFLT, -1);
NUMBER (ZMQ_THREAD_SCHED_POLICY_DFLT, -1);
NUMBER (ZMQ_POLLITEMS_DFLT, 16);

/* Socket types */
NUMBER (ZMQ_PAIR, 0);
NUMBER (ZMQ_PUB, 1);
NUMBER (ZMQ_SUB, 2);
NUMBER (ZMQ_REQ, 3);
NUMBER (ZMQ_REP, 4);
NUMBER (ZMQ_DEALER, 5);
NUMBER (ZMQ_XREQ, 5);
NUMBER (ZMQ_ROUTER, 6);
NUMBER (ZMQ_XREP, 6);
NUMBER (ZMQ_PULL, 7);
NUMBER (ZMQ_PUSH, 8);
NUMBER (ZMQ_XPUB, 9);
NUMBER (ZMQ_XSUB, 10);
NUMBER (ZMQ_STREAM, 11);

/* Socket options */
NUMBER (ZMQ_AFFINITY, 4);
NUMBER (ZMQ_ROUTING_ID, 5);
NUMBER (ZMQ_SUBSCRIBE, 6);
NUMBER (ZMQ_UNSUBSCRIBE, 7);
NUMBER (ZMQ_RATE, 8);
NUMBER (ZMQ_RECOVERY_IVL, 9);
NUMBER (ZMQ_SNDBUF, 11);
NUMBER (ZMQ_RCVBUF, 12);
NUMBER (ZMQ_RCVMORE, 13);
NUMBER (ZMQ_FD, 14);
NUMBER (ZMQ_EVENTS, 15);
NUMBER (ZMQ_TYPE, 16);
NUMBER (ZMQ_LINGER, 17);
NUMBER (ZMQ_RECONNECT_IVL, 18);
NUMBER (ZMQ_BACKLOG, 19);
NUMBER (ZMQ_RECONNECT_IVL_MAX, 21);
NUMBER (ZMQ_MAXMSGSIZE, 22);
NUMBER (ZMQ_SNDHWM, 23);
NUMBER (ZMQ_RCVHWM, 24);
NUMBER (ZMQ_MULTICAST_HOPS, 25);
NUMBER (ZMQ_RCVTIMEO, 27);
NUMBER (ZMQ_SNDTIMEO, 28);
NUMBER (ZMQ_IPV4ONLY, 31);
NUMBER (ZMQ_LAST_ENDPOINT, 32);
NUMBER (ZMQ_ROUTER_MANDATORY, 33);
NUMBER (ZMQ_TCP_KEEPALIVE, 34);
NUMBER (ZMQ_TCP_KEEPALIVE_CNT, 35);
NUMBER (ZMQ_TCP_KEEPALIVE_IDLE, 36);
NUMBER (ZMQ_TCP_KEEPALIVE_INTVL, 37);
NUMBER (ZMQ_TCP_ACCEPT_FILTER, 38);
NUMBER (ZMQ_IMMEDIATE, 39);
NUMBER (ZMQ_XPUB_VERBOSE, 40);
NUMBER (ZMQ_ROUTER_RAW, 41);
NUMBER (ZMQ_IPV6, 42);
NUMBER (ZMQ_MECHANISM, 43);
NUMBER (ZMQ_PLAIN_SERVER, 44);
NUMBER (ZMQ_PLAIN_USERNAME, 45);
NUMBER (ZMQ_PLAIN_PASSWORD, 46);
NUMBER (ZMQ_CURVE_SERVER, 47);
NUMBER (ZMQ_CURVE_PUBLICKEY, 48);
NUMBER (ZMQ_CURVE_SECRETKEY, 49);
NUMBER (ZMQ_CURVE_SERVERKEY, 50);
NUMBER (ZMQ_PROBE_ROUTER, 51);
NUMBER (ZMQ_REQ_CORRELATE, 52);
NUMBER (ZMQ_REQ_RELAXED, 53);
NUMBER (ZMQ_CONFLATE, 54);
NUMBER (ZMQ_ZAP_DOMAIN, 55);
NUMBER (ZMQ_ROUTER_HANDOVER, 56);
NUMBER (ZMQ_TOS, 57);
NUMBER (ZMQ_IPC_FILTER_PID, 58);
NUMBER (ZMQ_IPC_FILTER_UID, 59);
NUMBER (ZMQ_IPC_FILTER_GID, 60);
NUMBER (ZMQ_CONNECT_ROUTING_ID, 61);
NUMBER (ZMQ_GSSAPI_SERVER, 62);
NUMBER (ZMQ_GSSAPI_PRINCIPAL, 63);
NUMBER (ZMQ_GSSAPI_SERVICE_PRINCIPAL, 64);
NUMBER (ZMQ_GSSAPI_PLAINTEXT, 65);
NUMBER (ZMQ_HANDSHAKE_IVL, 66);
NUMBER (ZMQ_SOCKS_PROXY, 68);
NUMBER (ZMQ_XPUB_NODROP, 69);
NUMBER (ZMQ_XPUB_MANUAL, 71);
NUMBER (ZMQ_XPUB_WELCOME_MSG, 72);
NUMBER (ZMQ_STREAM_NOTIFY, 73);
NUMBER (ZMQ_INVERT_MATCHING, 74);
NUMBER (ZMQ_HEARTBEAT_IVL, 75);
NUMBER (ZMQ_HEARTBEAT_TTL, 76);
NUMBER (ZMQ_HEARTBEAT_TIMEOUT, 77);
NUMBER (ZMQ_XPUB_VERBOSER, 78);
NUMBER (ZMQ_CONNECT_TIMEOUT, 79);
NUMBER (ZMQ_TCP_MAXRT, 80);
NUMBER (ZMQ_THREAD_SAFE, 81);
NUMBER (ZMQ_MULTICAST_MAXTPDU, 84);
NUMBER (ZMQ_VMCI_BUFFER_SIZE, 85);
NUMBER (ZMQ_VMCI_BUFFER_MIN_SIZE, 86);
NUMBER (ZMQ_VMCI_BUFFER_MAX_SIZE, 87);
NUMBER (ZMQ_VMCI_CONNECT_TIMEOUT, 88);
NUMBER (ZMQ_USE_FD, 89);
NUMBER (ZMQ_GSSAPI_PRINCIPAL_NAMETYPE, 90);
NUMBER (ZMQ_GSSAPI_SERVICE_PRINCIPAL_NAMETYPE, 91);
NUMBER (ZMQ_BINDTODEVICE, 92);

/* Old names */
NUMBER (ZMQ_IDENTITY, 5);
NUMBER (ZMQ_CONNECT_RID, 61);
NUMBER (ZMQ_DELAY_ATTACH_ON_CONNECT, 39);
NUMBER (ZMQ_FAIL_UNROUTABLE, 33);
NUMBER (ZMQ_ROUTER_BEHAVIOR, 33);
NUMBER (ZMQ_NOBLOCK, 1);

/* Send/recv flags */
NUMBER (ZMQ_DONTWAIT, 1);
NUMBER (ZMQ_SNDMORE, 2);

/* Message properties */
NUMBER (ZMQ_MORE, 1);
NUMBER (ZMQ_SRCFD, 2);
NUMBER (ZMQ_SHARED, 3);

/* Poll flags */
NUMBER (ZMQ_POLLIN, 1);
NUMBER (ZMQ_POLLOUT, 2);
NUMBER (ZMQ_POLLERR, 4);
NUMBER (ZMQ_POLLPRI, 8);

/* Security mechanisms */
NUMBER (ZMQ_NULL, 0);
NUMBER (ZMQ_PLAIN, 1);
NUMBER (ZMQ_CURVE, 2);
NUMBER (ZMQ_GSSAPI, 3);

/* Gssapi name types */
NUMBER (ZMQ_GSSAPI_NT_HOSTBASED, 0);
NUMBER (ZMQ_GSSAPI_NT_USER_NAME, 1);
NUMBER (ZMQ_GSSAPI_NT_KRB5_PRINCIPAL, 2);

/* Radio/dish */
NUMBER (ZMQ_GROUP_MAX_LENGTH, 255);

/* Device types */
NUMBER (ZMQ_STREAMER, 1);
NUMBER (ZMQ_FORWARDER, 2);
NUMBER (ZMQ_QUEUE, 3);

/* Monitor events */
NUMBER (ZMQ_EVENT_CONNECTED, 0x0001);
NUMBER (ZMQ_EVENT_CONNECT_DELAYED, 0x0002);
NUMBER (ZMQ_EVENT_CONNECT_RETRIED, 0x0004);
NUMBER (ZMQ_EVENT_LISTENING, 0x0008);
NUMBER (ZMQ_EVENT_BIND_FAILED, 0x0010);
NUMBER (ZMQ_EVENT_ACCEPTED, 0x0020);
NUMBER (ZMQ_EVENT_ACCEPT_FAILED, 0x0040);
NUMBER (ZMQ_EVENT_CLOSED, 0x0080);
NUMBER (ZMQ_EVENT_CLOSE_FAILED, 0x0100);
NUMBER (ZMQ_EVENT_DISCONNECTED, 0x0200);
NUMBER (ZMQ_EVENT_MONITOR_STOPPED, 0x0400);
NUMBER (ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, 0x0800);
NUMBER (ZMQ_EVENT_HANDSHAKE_SUCCEEDED, 0x1000);
NUMBER (ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, 0x2000);
NUMBER (ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, 0x4000);
NUMBER (ZMQ_EVENT_ALL, 0xFFFF);

/* Protocol errors */
NUMBER (ZMQ_PROTOCOL_ERROR_ZMTP_UNSPECIFIED, 0x10000000);
NUMBER (ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND, 0x10000001);
NUMBER (ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_SEQUENCE, 0x10000002);
NUMBER (ZMQ_PROTOCOL_ERROR_ZMTP_KEY_EXCHANGE, 0x10000003);
NUMBER (ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED, 0x10000011);
NUMBER (ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_MESSAGE, 0x10000012);
NUMBER (ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_HELLO, 0x10000013);
NUMBER (ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_INITIATE, 0x10000014);
NUMBER (ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_ERROR, 0x10000015);
NUMBER (ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_READY, 0x10000016);
NUMBER (ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_WELCOME, 0x10000017);
NUMBER (ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_METADATA, 0x10000018);
NUMBER (ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC, 0x11000001);
NUMBER (ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH, 0x11000002);
NUMBER (ZMQ_PROTOCOL_ERROR_ZAP_UNSPECIFIED, 0x20000000);
NUMBER (ZMQ_PROTOCOL_ERROR_ZAP_MALFORMED_REPLY, 0x20000001);
NUMBER (ZMQ_PROTOCOL_ERROR_ZAP_BAD_REQUEST_ID, 0x20000002);
NUMBER (ZMQ_PROTOCOL_ERROR_ZAP_BAD_VERSION, 0x20000003);
NUMBER (ZMQ_PROTOCOL_ERROR_ZAP_INVALID_STATUS_CODE, 0x20000004);
NUMBER (ZMQ_PROTOCOL_ERROR_ZAP_INVALID_METADATA, 0x20000005);
NUMBER (ZMQ_PROTOCOL_ERROR_WS_UNSPECIFIED, 0x30000000);

/* Types */
LAYOUT (zmq_msg_t, 64, 8);
FIELD (zmq_msg_t, _, 0, unsigned char[64]);
TYPE (struct zmq_msg_t, zmq_msg_t);
LAYOUT (zmq_pollitem_t, 16, 8);
FIELD (zmq_pollitem_t, socket, 0, void *);
FIELD (zmq_pollitem_t, fd, 8, zmq_fd_t);
FIELD (zmq_pollitem_t, events, 12, short);
FIELD (zmq_pollitem_t, revents, 14, short);
TYPE (struct zmq_pollitem_t, zmq_pollitem_t);
TYPE (zmq_fd_t, int);
TYPE (zmq_free_fn, void (void *, void *));
TYPE (zmq_timer_fn, void (int, void *));
TYPE (zmq_thread_fn, void (void *));
LAYOUT (struct iovec, 16, 8);

/* Functions */
FUNCTION (zmq_errno, int (void));
FUNCTION (zmq_strerror, const char *(int err));
FUNCTION (zmq_version, void (int *major, int *minor, int *patch));
FUNCTION (zmq_has, int (const char *name));
FUNCTION (zmq_ctx_new, void *(void));
FUNCTION (zmq_ctx_term, int (void *ctx));
FUNCTION (zmq_ctx_shutdown, int (void *ctx));
FUNCTION (zmq_ctx_set, int (void *ctx, int option, int value));
FUNCTION (zmq_ctx_get, int (void *ctx, int option));
FUNCTION (zmq_init, void *(int io_threads));
FUNCTION (zmq_term, int (void *ctx));
FUNCTION (zmq_ctx_destroy, int (void *ctx));
FUNCTION (zmq_msg_init, int (zmq_msg_t *m));
FUNCTION (zmq_msg_init_size, int (zmq_msg_t *m, size_t size));
FUNCTION (zmq_msg_init_data, int (zmq_msg_t *m, void *data, size_t size, zmq_free_fn *ffn,
           void *hint));
FUNCTION (zmq_msg_send, int (zmq_msg_t *m, void *sock, int flags));
FUNCTION (zmq_msg_recv, int (zmq_msg_t *m, void *sock, int flags));
FUNCTION (zmq_msg_close, int (zmq_msg_t *m));
FUNCTION (zmq_msg_move, int (zmq_msg_t *dst, zmq_msg_t *src));
FUNCTION (zmq_msg_copy, int (zmq_msg_t *dst, zmq_msg_t *src));
FUNCTION (zmq_msg_data, void *(zmq_msg_t *m));
FUNCTION (zmq_msg_size, size_t (const zmq_msg_t *m));
FUNCTION (zmq_msg_more, int (const zmq_msg_t *m));
FUNCTION (zmq_msg_get, int (const zmq_msg_t *m, int property));
FUNCTION (zmq_msg_set, int (zmq_msg_t *m, int property, int value));
FUNCTION (zmq_msg_gets, const char *(const zmq_msg_t *m, const char *name));
FUNCTION (zmq_socket, void *(void *ctx, int type));
FUNCTION (zmq_close, int (void *sock));
FUNCTION (zmq_setsockopt, int (void *sock, int option, const void *val, size_t len));
FUNCTION (zmq_getsockopt, int (void *sock, int option, void *val, size_t *len));
FUNCTION (zmq_bind, int (void *sock, const char *endpoint));
FUNCTION (zmq_connect, int (void *sock, const char *endpoint));
FUNCTION (zmq_unbind, int (void *sock, const char *endpoint));
FUNCTION (zmq_disconnect, int (void *sock, const char *endpoint));
FUNCTION (zmq_send, int (void *sock, const void *buf, size_t len, int flags));
FUNCTION (zmq_send_const, int (void *sock, const void *buf, size_t len, int flags));
FUNCTION (zmq_recv, int (void *sock, void *buf, size_t len, int flags));
FUNCTION (zmq_socket_monitor, int (void *sock, const char *endpoint, int events));
FUNCTION (zmq_poll, int (zmq_pollitem_t *items, int nitems, long timeout_ms));
FUNCTION (zmq_proxy, int (void *frontend, void *backend, void *capture));
FUNCTION (zmq_proxy_steerable, int (void *frontend, void *backend, void *capture, void *control));
FUNCTION (zmq_device, int (int type, void *frontend, void *backend));
FUNCTION (zmq_sendmsg, int (void *sock, zmq_msg_t *m, int flags));
FUNCTION (zmq_recvmsg, int (void *sock, zmq_msg_t *m, int flags));
FUNCTION (zmq_sendiov, int (void *sock, struct iovec *iov, size_t count, int flags));
FUNCTION (zmq_recviov, int (void *sock, struct iovec *iov, size_t *count, int flags));
FUNCTION (zmq_z85_encode, char *(char *dest, const uint8_t *data, size_t size));
FUNCTION (zmq_z85_decode, uint8_t *(uint8_t *dest, const char *string));
FUNCTION (zmq_curve_keypair, int (char *z85_public, char *z85_secret));
FUNCTION (zmq_curve_public, int (char *z85_public, const char *z85_secret));
FUNCTION (zmq_atomic_counter_new, void *(void));
FUNCTION (zmq_atomic_counter_set, void (void *c, int value));
FUNCTION (zmq_atomic_counter_inc, int (void *c));
FUNCTION (zmq_atomic_counter_dec, int (void *c));
FUNCTION (zmq_atomic_counter_value, int (void *c));
FUNCTION (zmq_atomic_counter_destroy, void (void **c));
FUNCTION (zmq_timers_new, void *(void));
FUNCTION (zmq_timers_destroy, int (void **timers));
FUNCTION (zmq_timers_add, int (void *timers, size_t interval_ms, zmq_timer_fn handler, void *arg));
FUNCTION (zmq_timers_cancel, int (void *timers, int id));
FUNCTION (zmq_timers_set_interval, int (void *timers, int id, size_t interval_ms));
FUNCTION (zmq_timers_reset, int (void *timers, int id));
FUNCTION (zmq_timers_timeout, long (void *timers));
FUNCTION (zmq_timers_execute, int (void *timers));
FUNCTION (zmq_stopwatch_start, void *(void));
FUNCTION (zmq_stopwatch_intermediate, unsigned long (void *w));
FUNCTION (zmq_stopwatch_stop, unsigned long (void *w));
FUNCTION (zmq_sleep, void (int seconds));
FUNCTION (zmq_threadstart, void *(zmq_thread_fn *fn, void *arg));
FUNCTION (zmq_threadclose, void (void *thread));

#ifdef ZMQ_BUILD_DRAFT_API

/* Context options */
NUMBER (ZMQ_ZERO_COPY_RECV, 10);

/* Socket types */
NUMBER (ZMQ_SERVER, 12);
NUMBER (ZMQ_CLIENT, 13);
NUMBER (ZMQ_RADIO, 14);
NUMBER (ZMQ_DISH, 15);
NUMBER (ZMQ_GATHER, 16);
NUMBER (ZMQ_SCATTER, 17);
NUMBER (ZMQ_DGRAM, 18);
NUMBER (ZMQ_PEER, 19);
NUMBER (ZMQ_CHANNEL, 20);

/* Socket options */
NUMBER (ZMQ_ZAP_ENFORCE_DOMAIN, 93);
NUMBER (ZMQ_LOOPBACK_FASTPATH, 94);
NUMBER (ZMQ_METADATA, 95);
NUMBER (ZMQ_MULTICAST_LOOP, 96);
NUMBER (ZMQ_ROUTER_NOTIFY, 97);
NUMBER (ZMQ_XPUB_MANUAL_LAST_VALUE, 98);
NUMBER (ZMQ_SOCKS_USERNAME, 99);
NUMBER (ZMQ_SOCKS_PASSWORD, 100);
NUMBER (ZMQ_IN_BATCH_SIZE, 101);
NUMBER (ZMQ_OUT_BATCH_SIZE, 102);
NUMBER (ZMQ_WSS_KEY_PEM, 103);
NUMBER (ZMQ_WSS_CERT_PEM, 104);
NUMBER (ZMQ_WSS_TRUST_PEM, 105);
NUMBER (ZMQ_WSS_HOSTNAME, 106);
NUMBER (ZMQ_WSS_TRUST_SYSTEM, 107);
NUMBER (ZMQ_ONLY_FIRST_SUBSCRIBE, 108);
NUMBER (ZMQ_RECONNECT_STOP, 109);
NUMBER (ZMQ_HELLO_MSG, 110);
NUMBER (ZMQ_DISCONNECT_MSG, 111);
NUMBER (ZMQ_PRIORITY, 112);

/* Router notify */
NUMBER (ZMQ_NOTIFY_CONNECT, 1);
NUMBER (ZMQ_NOTIFY_DISCONNECT, 2);

/* Reconnect stop */
NUMBER (ZMQ_RECONNECT_STOP_CONN_REFUSED, 0x1);
NUMBER (ZMQ_RECONNECT_STOP_HANDSHAKE_FAILED, 0x2);

/* Event versions */
NUMBER (ZMQ_CURRENT_EVENT_VERSION, 1);
NUMBER (ZMQ_CURRENT_EVENT_VERSION_DRAFT, 2);

/* Property name macros */
TEXT (ZMQ_MSG_PROPERTY_ROUTING_ID, "Routing-Id");
TEXT (ZMQ_MSG_PROPERTY_SOCKET_TYPE, "Socket-Type");
TEXT (ZMQ_MSG_PROPERTY_USER_ID, "User-Id");
TEXT (ZMQ_MSG_PROPERTY_PEER_ADDRESS, "Peer-Address");

/* Monitor events */
NUMBER (ZMQ_EVENT_PIPES_STATS, 0x10000);
NUMBER (ZMQ_EVENT_ALL_V1, 0xFFFF);
NUMBER (ZMQ_EVENT_ALL_V2, 0x1FFFF);

#if NEWER
NUMBER (ZMQ_BUSY_POLL, 113);
NUMBER (ZMQ_HICCUP_MSG, 114);
NUMBER (ZMQ_XSUB_VERBOSE_UNSUBSCRIBE, 115);
NUMBER (ZMQ_TOPICS_COUNT, 116);
NUMBER (ZMQ_NORM_MODE, 117);
NUMBER (ZMQ_NORM_UNICAST_NACK, 118);
NUMBER (ZMQ_NORM_BUFFER_SIZE, 119);
NUMBER (ZMQ_NORM_SEGMENT_SIZE, 120);
NUMBER (ZMQ_NORM_BLOCK_SIZE, 121);
NUMBER (ZMQ_NORM_NUM_PARITY, 122);
NUMBER (ZMQ_NORM_NUM_AUTOPARITY, 123);
NUMBER (ZMQ_NORM_PUSH, 124);
NUMBER (ZMQ_RECONNECT_STOP_AFTER_DISCONNECT, 0x4);
NUMBER (ZMQ_NORM_FIXED, 0);
NUMBER (ZMQ_NORM_CC, 1);
NUMBER (ZMQ_NORM_CCL, 2);
NUMBER (ZMQ_NORM_CCE, 3);
NUMBER (ZMQ_NORM_CCE_ECNONLY, 4);
FUNCTION (zmq_ppoll, int (zmq_pollitem_t *items, int nitems, long timeout_ms,
           const sigset_t *mask));
#endif

LAYOUT (zmq_poller_event_t, 32, 8);
FIELD (zmq_poller_event_t, socket, 0, void *);
FIELD (zmq_poller_event_t, fd, 8, zmq_fd_t);
FIELD (zmq_poller_event_t, user_data, 16, void *);
FIELD (zmq_poller_event_t, events, 24, short);

FUNCTION (zmq_ctx_set_ext, int (void *ctx, int option, const void *val, size_t len));
FUNCTION (zmq_ctx_get_ext, int (void *ctx, int option, void *val, size_t *len));
FUNCTION (zmq_join, int (void *sock, const char *group));
FUNCTION (zmq_leave, int (void *sock, const char *group));
FUNCTION (zmq_connect_peer, uint32_t (void *sock, const char *endpoint));
FUNCTION (zmq_msg_set_routing_id, int (zmq_msg_t *m, uint32_t id));
FUNCTION (zmq_msg_routing_id, uint32_t (zmq_msg_t *m));
FUNCTION (zmq_msg_set_group, int (zmq_msg_t *m, const char *group));
FUNCTION (zmq_msg_group, const char *(zmq_msg_t *m));
FUNCTION (zmq_msg_init_buffer, int (zmq_msg_t *m, const void *buf, size_t size));
FUNCTION (zmq_poller_new, void *(void));
FUNCTION (zmq_poller_destroy, int (void **poller));
FUNCTION (zmq_poller_size, int (void *poller));
FUNCTION (zmq_poller_add, int (void *poller, void *sock, void *user_data, short events));
FUNCTION (zmq_poller_modify, int (void *poller, void *sock, short events));
FUNCTION (zmq_poller_remove, int (void *poller, void *sock));
FUNCTION (zmq_poller_add_fd, int (void *poller, zmq_fd_t fd, void *user_data, short events));
FUNCTION (zmq_poller_modify_fd, int (void *poller, zmq_fd_t fd, short events));
FUNCTION (zmq_poller_remove_fd, int (void *poller, zmq_fd_t fd));
FUNCTION (zmq_poller_wait, int (void *poller, zmq_poller_event_t *ev, long timeout_ms));
FUNCTION (zmq_poller_wait_all, int (void *poller, zmq_poller_event_t *evs, int n, long timeout_ms));
FUNCTION (zmq_poller_fd, int (void *poller, zmq_fd_t *fd));
FUNCTION (zmq_socket_get_peer_state, int (void *sock, const void *id, size_t id_len));
FUNCTION (zmq_socket_monitor_versioned, int (void *sock, const char *endpoint, uint64_t events,
           int event_version, int type));
FUNCTION (zmq_socket_monitor_pipes_stats, int (void *sock));
#ifdef EXPECT_OURS
FUNCTION (zmq_disconnect_peer, int (void *sock, uint32_t routing_id));
#endif
#endif
