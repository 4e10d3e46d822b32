//! The numbers of `zmq.h`: socket options, their old names, and socket types.
//!
//! They stand alone so that a search for a name finds one line, and so that the patterns can name
//! an option without knowing the table.

#![forbid(unsafe_code)]

/// Which I/O threads may serve this socket.
pub(crate) const AFFINITY: i32 = 4;
/// The id a peer's ROUTER will know this socket by.
pub(crate) const ROUTING_ID: i32 = 5;
/// Adds a topic.
pub(crate) const SUBSCRIBE: i32 = 6;
/// Removes a topic.
pub(crate) const UNSUBSCRIBE: i32 = 7;
/// Multicast rate.
pub(crate) const RATE: i32 = 8;
/// Multicast recovery interval.
pub(crate) const RECOVERY_IVL: i32 = 9;
/// Size of the kernel's send buffer.
pub(crate) const SNDBUF: i32 = 11;
/// Size of the kernel's receive buffer.
pub(crate) const RCVBUF: i32 = 12;
/// Whether more parts of the message follow.
pub(crate) const RCVMORE: i32 = 13;
/// The descriptor that tells of events.
pub(crate) const FD: i32 = 14;
/// Readable, writable.
pub(crate) const EVENTS: i32 = 15;
/// The type of the socket.
pub(crate) const TYPE: i32 = 16;
/// How long unsent messages are kept after close.
pub(crate) const LINGER: i32 = 17;
/// First wait before a reconnection.
pub(crate) const RECONNECT_IVL: i32 = 18;
/// Length of the queue of unaccepted connections.
pub(crate) const BACKLOG: i32 = 19;
/// Longest wait before a reconnection.
pub(crate) const RECONNECT_IVL_MAX: i32 = 21;
/// Largest message accepted from a peer.
pub(crate) const MAXMSGSIZE: i32 = 22;
/// High-water mark of outgoing messages.
pub(crate) const SNDHWM: i32 = 23;
/// High-water mark of incoming messages.
pub(crate) const RCVHWM: i32 = 24;
/// Multicast time to live.
pub(crate) const MULTICAST_HOPS: i32 = 25;
/// How long a receive may block.
pub(crate) const RCVTIMEO: i32 = 27;
/// How long a send may block.
pub(crate) const SNDTIMEO: i32 = 28;
/// The inverse view of `IPV6`.
pub(crate) const IPV4ONLY: i32 = 31;
/// The endpoint bound or connected last.
pub(crate) const LAST_ENDPOINT: i32 = 32;
/// Sending to an unknown routing id is an error.
pub(crate) const ROUTER_MANDATORY: i32 = 33;
/// SO_KEEPALIVE.
pub(crate) const TCP_KEEPALIVE: i32 = 34;
/// TCP_KEEPCNT.
pub(crate) const TCP_KEEPALIVE_CNT: i32 = 35;
/// TCP_KEEPIDLE.
pub(crate) const TCP_KEEPALIVE_IDLE: i32 = 36;
/// TCP_KEEPINTVL.
pub(crate) const TCP_KEEPALIVE_INTVL: i32 = 37;
/// Adds an address range that may connect.
pub(crate) const TCP_ACCEPT_FILTER: i32 = 38;
/// Queue only to completed connections.
pub(crate) const IMMEDIATE: i32 = 39;
/// Report every subscription.
pub(crate) const XPUB_VERBOSE: i32 = 40;
/// Raw TCP on a ROUTER.
pub(crate) const ROUTER_RAW: i32 = 41;
/// Whether IPv6 is used.
pub(crate) const IPV6: i32 = 42;
/// The security mechanism in force.
pub(crate) const MECHANISM: i32 = 43;
/// PLAIN, in the role of the server.
pub(crate) const PLAIN_SERVER: i32 = 44;
/// User name for PLAIN.
pub(crate) const PLAIN_USERNAME: i32 = 45;
/// Password for PLAIN.
pub(crate) const PLAIN_PASSWORD: i32 = 46;
/// CURVE, in the role of the server.
pub(crate) const CURVE_SERVER: i32 = 47;
/// Own public key.
pub(crate) const CURVE_PUBLICKEY: i32 = 48;
/// Own secret key.
pub(crate) const CURVE_SECRETKEY: i32 = 49;
/// Public key of the server.
pub(crate) const CURVE_SERVERKEY: i32 = 50;
/// Greet each new peer with an empty message.
pub(crate) const PROBE_ROUTER: i32 = 51;
/// Match replies to requests.
pub(crate) const REQ_CORRELATE: i32 = 52;
/// Allow a new request before the reply.
pub(crate) const REQ_RELAXED: i32 = 53;
/// Keep only the last message.
pub(crate) const CONFLATE: i32 = 54;
/// Domain told to the authenticator.
pub(crate) const ZAP_DOMAIN: i32 = 55;
/// A routing id in use passes to the newcomer.
pub(crate) const ROUTER_HANDOVER: i32 = 56;
/// IP type of service.
pub(crate) const TOS: i32 = 57;
/// Adds a process that may connect over ipc.
pub(crate) const IPC_FILTER_PID: i32 = 58;
/// Adds a user who may connect over ipc.
pub(crate) const IPC_FILTER_UID: i32 = 59;
/// Adds a group that may connect over ipc.
pub(crate) const IPC_FILTER_GID: i32 = 60;
/// Routing id for the next connection made.
pub(crate) const CONNECT_ROUTING_ID: i32 = 61;
/// GSSAPI, in the role of the server.
pub(crate) const GSSAPI_SERVER: i32 = 62;
/// GSSAPI principal.
pub(crate) const GSSAPI_PRINCIPAL: i32 = 63;
/// GSSAPI principal of the server.
pub(crate) const GSSAPI_SERVICE_PRINCIPAL: i32 = 64;
/// GSSAPI without encryption.
pub(crate) const GSSAPI_PLAINTEXT: i32 = 65;
/// How long a handshake may take.
pub(crate) const HANDSHAKE_IVL: i32 = 66;
/// SOCKS5 proxy for connections made.
pub(crate) const SOCKS_PROXY: i32 = 68;
/// Block rather than drop at the high-water mark.
pub(crate) const XPUB_NODROP: i32 = 69;
/// The application decides about subscriptions.
pub(crate) const XPUB_MANUAL: i32 = 71;
/// First message to each subscriber.
pub(crate) const XPUB_WELCOME_MSG: i32 = 72;
/// Report connections of a STREAM.
pub(crate) const STREAM_NOTIFY: i32 = 73;
/// Deliver what does not match.
pub(crate) const INVERT_MATCHING: i32 = 74;
/// Interval between heartbeats.
pub(crate) const HEARTBEAT_IVL: i32 = 75;
/// How long the peer may wait for a heartbeat.
pub(crate) const HEARTBEAT_TTL: i32 = 76;
/// How long to wait for the answer to a heartbeat.
pub(crate) const HEARTBEAT_TIMEOUT: i32 = 77;
/// Report every subscription and every cancellation.
pub(crate) const XPUB_VERBOSER: i32 = 78;
/// How long a TCP connection attempt may take.
pub(crate) const CONNECT_TIMEOUT: i32 = 79;
/// TCP_USER_TIMEOUT.
pub(crate) const TCP_MAXRT: i32 = 80;
/// Whether several threads may use the socket.
pub(crate) const THREAD_SAFE: i32 = 81;
/// Largest multicast packet.
pub(crate) const MULTICAST_MAXTPDU: i32 = 84;
/// VMCI buffer size.
pub(crate) const VMCI_BUFFER_SIZE: i32 = 85;
/// Smallest VMCI buffer size.
pub(crate) const VMCI_BUFFER_MIN_SIZE: i32 = 86;
/// Largest VMCI buffer size.
pub(crate) const VMCI_BUFFER_MAX_SIZE: i32 = 87;
/// VMCI connection timeout.
pub(crate) const VMCI_CONNECT_TIMEOUT: i32 = 88;
/// Use this listening descriptor.
pub(crate) const USE_FD: i32 = 89;
/// Kind of name in `GSSAPI_PRINCIPAL`.
pub(crate) const GSSAPI_PRINCIPAL_NAMETYPE: i32 = 90;
/// Kind of name in `GSSAPI_SERVICE_PRINCIPAL`.
pub(crate) const GSSAPI_SERVICE_PRINCIPAL_NAMETYPE: i32 = 91;
/// SO_BINDTODEVICE.
pub(crate) const BINDTODEVICE: i32 = 92;
/// An empty domain no longer switches the authenticator off.
pub(crate) const ZAP_ENFORCE_DOMAIN: i32 = 93;
/// Windows loopback fast path.
pub(crate) const LOOPBACK_FASTPATH: i32 = 94;
/// Adds a property announced in the handshake.
pub(crate) const METADATA: i32 = 95;
/// Multicast loops back to this host.
pub(crate) const MULTICAST_LOOP: i32 = 96;
/// Report peers that come and go.
pub(crate) const ROUTER_NOTIFY: i32 = 97;
/// Manual subscriptions, with a last value for each.
pub(crate) const XPUB_MANUAL_LAST_VALUE: i32 = 98;
/// User name at the SOCKS5 proxy.
pub(crate) const SOCKS_USERNAME: i32 = 99;
/// Password at the SOCKS5 proxy.
pub(crate) const SOCKS_PASSWORD: i32 = 100;
/// Bytes per read.
pub(crate) const IN_BATCH_SIZE: i32 = 101;
/// Bytes per write.
pub(crate) const OUT_BATCH_SIZE: i32 = 102;
/// Key of a wss server.
pub(crate) const WSS_KEY_PEM: i32 = 103;
/// Certificate of a wss server.
pub(crate) const WSS_CERT_PEM: i32 = 104;
/// Certificates a wss client trusts.
pub(crate) const WSS_TRUST_PEM: i32 = 105;
/// Name a wss client expects.
pub(crate) const WSS_HOSTNAME: i32 = 106;
/// A wss client trusts the system's certificates.
pub(crate) const WSS_TRUST_SYSTEM: i32 = 107;
/// Only the first frame can be a subscription.
pub(crate) const ONLY_FIRST_SUBSCRIBE: i32 = 108;
/// Which failures end reconnecting.
pub(crate) const RECONNECT_STOP: i32 = 109;
/// First message to each peer.
pub(crate) const HELLO_MSG: i32 = 110;
/// Message received when a peer is gone.
pub(crate) const DISCONNECT_MSG: i32 = 111;
/// SO_PRIORITY.
pub(crate) const PRIORITY: i32 = 112;
/// SO_BUSY_POLL.
pub(crate) const BUSY_POLL: i32 = 113;
/// Message received when a connection is lost.
pub(crate) const HICCUP_MSG: i32 = 114;
/// Pass every cancellation on.
pub(crate) const XSUB_VERBOSE_UNSUBSCRIBE: i32 = 115;
/// Number of topics subscribed.
pub(crate) const TOPICS_COUNT: i32 = 116;
/// NORM mode.
pub(crate) const NORM_MODE: i32 = 117;
/// NORM unicast NACK.
pub(crate) const NORM_UNICAST_NACK: i32 = 118;
/// NORM buffer size.
pub(crate) const NORM_BUFFER_SIZE: i32 = 119;
/// NORM segment size.
pub(crate) const NORM_SEGMENT_SIZE: i32 = 120;
/// NORM block size.
pub(crate) const NORM_BLOCK_SIZE: i32 = 121;
/// NORM parity segments.
pub(crate) const NORM_NUM_PARITY: i32 = 122;
/// NORM proactive parity segments.
pub(crate) const NORM_NUM_AUTOPARITY: i32 = 123;
/// NORM push mode.
pub(crate) const NORM_PUSH: i32 = 124;

/// Old names of options, without prefix: each is a pure renaming.
pub(crate) const ALIASES: &[(&str, i32)] = &[
    ("IDENTITY", ROUTING_ID),
    ("CONNECT_RID", CONNECT_ROUTING_ID),
    ("DELAY_ATTACH_ON_CONNECT", IMMEDIATE),
    ("FAIL_UNROUTABLE", ROUTER_MANDATORY),
    ("ROUTER_BEHAVIOR", ROUTER_MANDATORY),
];
