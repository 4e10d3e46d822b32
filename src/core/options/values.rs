//! The values of the options of one socket.
//!
//! Plain fields, because patterns, pipes and sessions read them all the time; only the table
//! writes them, so that no value gets here that the rules do not allow.

#![forbid(unsafe_code)]

use std::collections::BTreeSet;
use std::net::IpAddr;

use zeroize::Zeroizing;

use super::accept_filter::AcceptFilter;
use super::parse;
use crate::core::kind::Kind;
use crate::error::Result;

/// `ZMQ_BACKLOG`, unless the program says something else.
pub(crate) const DEFAULT_BACKLOG: i32 = 100;

/// How peers prove who they are; the numbers are those of `zmq.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mechanism {
    /// Not at all.
    Null = 0,
    /// By a name and a password, in clear.
    Plain = 1,
    /// By keys, and with encryption.
    Curve = 2,
    /// By tickets, and with encryption unless it is not wanted.
    #[cfg(feature = "gssapi")]
    Gssapi = 3,
}

/// What a context gives to the sockets created in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ContextDefaults {
    /// The first value of `ZMQ_IPV6`.
    pub(crate) ipv6: bool,
    /// Whether closing a socket may keep the context waiting for unsent messages.
    pub(crate) blocky: bool,
    /// Whether received messages may share the buffer they arrived in.
    pub(crate) zero_copy: bool,
}

/// The options of one socket. A field without a word has the name of its option, in lower case, and
/// is described with the number of that option.
///
/// Secrets are wiped when they are replaced and when the socket goes.
#[derive(Clone)]
pub(crate) struct Options {
    /// Fixed for the life of the socket; not what peers are told (a raw ROUTER has none).
    pub(crate) kind: Kind,
    /// From the context, not an option of its own.
    #[cfg_attr(not(test), expect(dead_code, reason = "decoders ask, and there are none yet"))]
    pub(crate) zero_copy: bool,
    pub(crate) last_endpoint: Vec<u8>,

    pub(crate) affinity: u64,
    pub(crate) routing_id: Vec<u8>,
    pub(crate) linger: i32,
    pub(crate) sndhwm: i32,
    pub(crate) rcvhwm: i32,
    pub(crate) sndtimeo: i32,
    pub(crate) rcvtimeo: i32,
    pub(crate) maxmsgsize: i64,
    pub(crate) immediate: bool,
    pub(crate) conflate: bool,
    pub(crate) invert_matching: bool,
    /// Set by the ROUTER pattern, readable on every socket.
    pub(crate) router_notify: i32,
    /// Set by the ROUTER pattern: bytes are passed on as they are.
    pub(crate) router_raw: bool,
    /// Set by the STREAM pattern.
    pub(crate) stream_notify: bool,
    pub(crate) hello_msg: Option<Vec<u8>>,
    pub(crate) disconnect_msg: Option<Vec<u8>>,
    pub(crate) hiccup_msg: Option<Vec<u8>>,
    pub(crate) metadata: Vec<(Vec<u8>, Vec<u8>)>,

    pub(crate) sndbuf: i32,
    pub(crate) rcvbuf: i32,
    pub(crate) in_batch_size: i32,
    pub(crate) out_batch_size: i32,
    pub(crate) backlog: i32,
    pub(crate) use_fd: i32,
    pub(crate) reconnect_ivl: i32,
    pub(crate) reconnect_ivl_max: i32,
    pub(crate) reconnect_stop: i32,
    pub(crate) connect_timeout: i32,
    pub(crate) handshake_ivl: i32,
    pub(crate) heartbeat_ivl: i32,
    /// In milliseconds, a multiple of 100: the wire carries tenths of a second.
    pub(crate) heartbeat_ttl: i32,
    /// -1: as long as `heartbeat_ivl`.
    pub(crate) heartbeat_timeout: i32,

    pub(crate) ipv6: bool,
    pub(crate) tos: i32,
    pub(crate) priority: i32,
    pub(crate) busy_poll: i32,
    pub(crate) bindtodevice: Vec<u8>,
    pub(crate) loopback_fastpath: bool,
    pub(crate) tcp_keepalive: i32,
    pub(crate) tcp_keepalive_cnt: i32,
    pub(crate) tcp_keepalive_idle: i32,
    pub(crate) tcp_keepalive_intvl: i32,
    pub(crate) tcp_maxrt: i32,
    pub(crate) tcp_accept_filter: Vec<AcceptFilter>,
    pub(crate) ipc_filter_pid: BTreeSet<i32>,
    pub(crate) ipc_filter_uid: BTreeSet<u32>,
    pub(crate) ipc_filter_gid: BTreeSet<u32>,
    pub(crate) rate: i32,
    pub(crate) recovery_ivl: i32,
    pub(crate) multicast_hops: i32,
    pub(crate) multicast_maxtpdu: i32,
    pub(crate) multicast_loop: bool,
    pub(crate) socks_proxy: Vec<u8>,
    pub(crate) socks_username: Vec<u8>,
    pub(crate) socks_password: Zeroizing<Vec<u8>>,

    pub(crate) mechanism: Mechanism,
    /// The role in `mechanism`; it outlives a change of the mechanism.
    pub(crate) as_server: bool,
    pub(crate) plain_username: Vec<u8>,
    pub(crate) plain_password: Zeroizing<Vec<u8>>,
    pub(crate) curve_publickey: [u8; 32],
    pub(crate) curve_secretkey: Zeroizing<[u8; 32]>,
    pub(crate) curve_serverkey: [u8; 32],
    #[cfg(feature = "gssapi")]
    pub(crate) gssapi_principal: Vec<u8>,
    #[cfg(feature = "gssapi")]
    pub(crate) gssapi_service_principal: Vec<u8>,
    #[cfg(feature = "gssapi")]
    pub(crate) gssapi_plaintext: bool,
    #[cfg(feature = "gssapi")]
    pub(crate) gssapi_principal_nametype: i32,
    #[cfg(feature = "gssapi")]
    pub(crate) gssapi_service_principal_nametype: i32,
    pub(crate) zap_domain: Vec<u8>,
    pub(crate) zap_enforce_domain: bool,
    pub(crate) wss_key_pem: Zeroizing<Vec<u8>>,
    pub(crate) wss_cert_pem: Vec<u8>,
    pub(crate) wss_trust_pem: Vec<u8>,
    pub(crate) wss_hostname: Vec<u8>,
    pub(crate) wss_trust_system: bool,
}

impl Options {
    /// The options of a fresh socket.
    pub(crate) fn new(kind: Kind, context: ContextDefaults) -> Options {
        // What these types have to send is subscriptions, which nobody waits for.
        let lingers = context.blocky && !matches!(kind, Kind::Sub | Kind::Xsub | Kind::Dish);
        Options {
            kind,
            zero_copy: context.zero_copy,
            last_endpoint: Vec::new(),
            affinity: 0,
            routing_id: Vec::new(),
            linger: if lingers { -1 } else { 0 },
            sndhwm: 1000,
            rcvhwm: 1000,
            sndtimeo: -1,
            rcvtimeo: -1,
            maxmsgsize: -1,
            immediate: false,
            conflate: false,
            invert_matching: false,
            router_notify: 0,
            router_raw: false,
            stream_notify: true,
            hello_msg: None,
            disconnect_msg: None,
            hiccup_msg: None,
            metadata: Vec::new(),
            sndbuf: -1,
            rcvbuf: -1,
            in_batch_size: 8192,
            out_batch_size: 8192,
            backlog: DEFAULT_BACKLOG,
            use_fd: -1,
            reconnect_ivl: 100,
            reconnect_ivl_max: 0,
            reconnect_stop: 0,
            connect_timeout: 0,
            handshake_ivl: 30_000,
            heartbeat_ivl: 0,
            heartbeat_ttl: 0,
            heartbeat_timeout: -1,
            ipv6: context.ipv6,
            tos: 0,
            priority: 0,
            busy_poll: 0,
            bindtodevice: Vec::new(),
            loopback_fastpath: false,
            tcp_keepalive: -1,
            tcp_keepalive_cnt: -1,
            tcp_keepalive_idle: -1,
            tcp_keepalive_intvl: -1,
            tcp_maxrt: 0,
            tcp_accept_filter: Vec::new(),
            ipc_filter_pid: BTreeSet::new(),
            ipc_filter_uid: BTreeSet::new(),
            ipc_filter_gid: BTreeSet::new(),
            rate: 100,
            recovery_ivl: 10_000,
            multicast_hops: 1,
            multicast_maxtpdu: 1500,
            multicast_loop: true,
            socks_proxy: Vec::new(),
            socks_username: Vec::new(),
            socks_password: Zeroizing::new(Vec::new()),
            mechanism: Mechanism::Null,
            as_server: false,
            plain_username: Vec::new(),
            plain_password: Zeroizing::new(Vec::new()),
            curve_publickey: [0; 32],
            curve_secretkey: Zeroizing::new([0; 32]),
            curve_serverkey: [0; 32],
            #[cfg(feature = "gssapi")]
            gssapi_principal: Vec::new(),
            #[cfg(feature = "gssapi")]
            gssapi_service_principal: Vec::new(),
            #[cfg(feature = "gssapi")]
            gssapi_plaintext: false,
            #[cfg(feature = "gssapi")]
            gssapi_principal_nametype: 0,
            #[cfg(feature = "gssapi")]
            gssapi_service_principal_nametype: 0,
            zap_domain: Vec::new(),
            zap_enforce_domain: false,
            wss_key_pem: Zeroizing::new(Vec::new()),
            wss_cert_pem: Vec::new(),
            wss_trust_pem: Vec::new(),
            wss_hostname: Vec::new(),
            wss_trust_system: false,
        }
    }

    /// Whether a peer at this address may connect by TCP.
    pub(crate) fn admits_tcp(&self, peer: IpAddr) -> bool {
        let filters = &self.tcp_accept_filter;
        filters.is_empty() || filters.iter().any(|filter| filter.matches(peer))
    }

    /// Whether this socket is the server of `mechanism`.
    pub(super) fn serves(&self, mechanism: Mechanism) -> bool {
        self.as_server && self.mechanism == mechanism
    }

    /// Takes on, or gives up, the role of the server; giving up ends every mechanism, even another.
    pub(super) fn serve(&mut self, mechanism: Mechanism, on: bool) {
        self.as_server = on;
        self.mechanism = if on { mechanism } else { Mechanism::Null };
    }

    /// The effect of a PLAIN user name or password; `false` when it is empty, and so was not kept.
    pub(super) fn choose_plain(&mut self, credential: &[u8]) -> bool {
        if credential.is_empty() {
            self.mechanism = Mechanism::Null;
            return false;
        }
        self.as_server = false;
        self.mechanism = Mechanism::Plain;
        true
    }

    /// Adds an address range, or removes them all.
    pub(super) fn add_accept_filter(&mut self, text: &[u8]) -> Result<()> {
        if text.is_empty() {
            self.tcp_accept_filter.clear();
        } else {
            self.tcp_accept_filter.push(AcceptFilter::parse(text, self.ipv6)?);
        }
        Ok(())
    }

    /// Adds a property; a name given before keeps its value.
    pub(super) fn add_property(&mut self, text: &[u8]) -> Result<()> {
        let (name, value) = parse::property(text)?;
        if !self.metadata.iter().any(|(known, _)| *known == name) {
            self.metadata.push((name, value));
        }
        Ok(())
    }
}
