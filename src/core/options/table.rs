//! The option table: one row per socket option, from which set, get, tests and documents are made.
//!
//! Rows are in the order of their numbers. A column that most rows share (generic, stable, built
//! in) has a default, and a method behind the row says otherwise.

#![forbid(unsafe_code)]

use std::collections::BTreeSet;

use zeroize::Zeroizing;

use super::numbers;
use super::spec::SetRule::{
    AcceptFilter, Blob, Credential, Element, Key, Long, Metadata, Never, Switch, SwitchAny,
    SwitchFrom0,
};
use super::spec::{Access, Effect, GetRule, OptionSpec, Owner, SetRule};
use super::values::{Mechanism, Options};
use crate::core::kind::Kind::*;

/// Any int.
const ANY: SetRule = SetRule::Int { min: i32::MIN, max: i32::MAX };
/// Ids and names that have to fit a length byte, and cannot be taken back.
const BINARY_255: SetRule = SetRule::Binary { max: 255 };
/// Names that have to fit a length byte.
const TEXT_255: SetRule = SetRule::Text { max: 255 };

/// An int of this size or more.
const fn from(min: i32) -> SetRule {
    SetRule::Int { min, max: i32::MAX }
}

/// An int between these two.
const fn within(min: i32, max: i32) -> SetRule {
    SetRule::Int { min, max }
}

/// One row: name, set rule, get rule, default, effect, access.
macro_rules! row {
    ($name:ident, $set:expr, $get:ident, $default:literal, $effect:ident, $access:expr) => {
        OptionSpec {
            number: numbers::$name,
            name: concat!("ZMQ_", stringify!($name)),
            draft: false,
            deprecated: false,
            built_in: true,
            set: $set,
            get: GetRule::$get,
            default: $default,
            owner: Owner::Generic,
            effect: Effect::$effect,
            access: $access,
        }
    };
}

/// Access to a field that is an int.
macro_rules! int {
    ($field:ident) => {
        Access::Int(|o| o.$field, |o, value| o.$field = value)
    };
}

/// Access to a field that is a `bool`.
macro_rules! switch {
    ($field:ident) => {
        Access::Int(|o| i32::from(o.$field), |o, value| o.$field = value != 0)
    };
}

/// Access to a field of bytes.
macro_rules! bytes {
    ($field:ident) => {
        Access::Bytes(|o| &o.$field, |o, value| o.$field = value.to_vec())
    };
}

/// Access to a field of bytes that are wiped.
macro_rules! secret {
    ($field:ident) => {
        Access::Bytes(|o| &o.$field, |o, value| o.$field = Zeroizing::new(value.to_vec()))
    };
}

/// Access to a field that is a message or none.
macro_rules! message {
    ($field:ident) => {
        Access::Bytes(
            |o| o.$field.as_deref().unwrap_or_default(),
            |o, value| o.$field = Some(value.to_vec()).filter(|message| !message.is_empty()),
        )
    };
}

/// Access to a field that is a set of numbers.
macro_rules! ids {
    ($field:ident, $int:ident) => {
        Access::Element(|o, id| put(&mut o.$field, id.map($int::from_ne_bytes)))
    };
}

/// Access to what belongs to GSSAPI: nowhere in builds without it.
macro_rules! gssapi {
    ($access:expr) => {{
        #[cfg(feature = "gssapi")]
        {
            $access
        }
        #[cfg(not(feature = "gssapi"))]
        {
            Access::Elsewhere
        }
    }};
}

/// The row that every socket option has.
#[rustfmt::skip] // One row, one line, where it fits.
pub(crate) const TABLE: &[OptionSpec] = &[
    row!(AFFINITY, Long, Exact, "0", Endpoint, Access::U64(|o| o.affinity, |o, v| o.affinity = v)),
    row!(ROUTING_ID, BINARY_255, AtLeast, "", Endpoint, bytes!(routing_id)),
    row!(SUBSCRIBE, Blob, Never, "", Now, Access::Elsewhere).only(&[Sub, Pub, Xpub]),
    row!(UNSUBSCRIBE, Blob, Never, "", Now, Access::Elsewhere).only(&[Sub, Pub, Xpub]),
    row!(RATE, from(1), Exact, "100", Endpoint, int!(rate)),
    row!(RECOVERY_IVL, from(0), Exact, "10000", Endpoint, int!(recovery_ivl)),
    row!(SNDBUF, from(-1), Exact, "-1", Endpoint, int!(sndbuf)),
    row!(RCVBUF, from(-1), Exact, "-1", Endpoint, int!(rcvbuf)),
    row!(RCVMORE, Never, AtLeast, "0", ReadOnly, Access::Elsewhere).of_socket(),
    row!(FD, Never, AtLeast, "", ReadOnly, Access::Elsewhere).of_socket(),
    row!(EVENTS, Never, AtLeast, "", ReadOnly, Access::Elsewhere).of_socket(),
    row!(TYPE, Never, Exact, "", ReadOnly, Access::IntView(|o| o.kind.number())),
    row!(LINGER, from(-1), Exact, "-1", Now, int!(linger)),
    row!(RECONNECT_IVL, from(-1), Exact, "100", Endpoint, int!(reconnect_ivl)),
    row!(BACKLOG, from(0), Exact, "100", Endpoint, int!(backlog)),
    row!(RECONNECT_IVL_MAX, from(0), Exact, "0", Endpoint, int!(reconnect_ivl_max)),
    row!(MAXMSGSIZE, Long, Exact, "-1", Endpoint,
        Access::I64(|o| o.maxmsgsize, |o, value| o.maxmsgsize = value)),
    row!(SNDHWM, from(0), Exact, "1000", Now, int!(sndhwm)),
    row!(RCVHWM, from(0), Exact, "1000", Now, int!(rcvhwm)),
    row!(MULTICAST_HOPS, from(1), Exact, "1", Endpoint, int!(multicast_hops)),
    row!(RCVTIMEO, from(-1), Exact, "-1", Now, int!(rcvtimeo)),
    row!(SNDTIMEO, from(-1), Exact, "-1", Now, int!(sndtimeo)),
    row!(IPV4ONLY, Switch, Exact, "1", Endpoint,
        Access::Int(|o| i32::from(!o.ipv6), |o, value| o.ipv6 = value == 0)).deprecated(),
    row!(LAST_ENDPOINT, Never, Text, "", ReadOnly,
        Access::BytesView(|o| &o.last_endpoint)),
    row!(ROUTER_MANDATORY, SwitchFrom0, Never, "0", Now, Access::Elsewhere).only(&[Router, Rep]),
    row!(TCP_KEEPALIVE, within(-1, 1), Exact, "-1", Endpoint, int!(tcp_keepalive)),
    row!(TCP_KEEPALIVE_CNT, from(-1), Exact, "-1", Endpoint, int!(tcp_keepalive_cnt)),
    row!(TCP_KEEPALIVE_IDLE, from(-1), Exact, "-1", Endpoint, int!(tcp_keepalive_idle)),
    row!(TCP_KEEPALIVE_INTVL, from(-1), Exact, "-1", Endpoint, int!(tcp_keepalive_intvl)),
    row!(TCP_ACCEPT_FILTER, AcceptFilter, Never, "", Endpoint,
        Access::Parsed(Options::add_accept_filter)).deprecated(),
    row!(IMMEDIATE, Switch, Exact, "0", Endpoint, switch!(immediate)),
    row!(XPUB_VERBOSE, SwitchFrom0, Never, "0", Now, Access::Elsewhere).only(&[Pub, Xpub]),
    row!(ROUTER_RAW, SwitchFrom0, Never, "0", Endpoint, Access::Elsewhere)
        .only(&[Router, Rep]).deprecated(),
    row!(IPV6, Switch, Exact, "0", Endpoint, switch!(ipv6)),
    row!(MECHANISM, Never, Exact, "0", ReadOnly, Access::IntView(|o| o.mechanism as i32)),
    row!(PLAIN_SERVER, Switch, Exact, "0", Endpoint,
        Access::Int(|o| i32::from(o.serves(Mechanism::Plain)),
            |o, value| o.serve(Mechanism::Plain, value != 0))),
    row!(PLAIN_USERNAME, TEXT_255, Text, "", Endpoint,
        Access::Bytes(|o| &o.plain_username,
            |o, value| if o.choose_plain(value) { o.plain_username = value.to_vec() })),
    row!(PLAIN_PASSWORD, TEXT_255, Text, "", Endpoint,
        Access::Bytes(|o| &o.plain_password,
            |o, value| if o.choose_plain(value) { o.plain_password = value.to_vec().into() })),
    row!(CURVE_SERVER, Switch, Exact, "0", Endpoint,
        Access::Int(|o| i32::from(o.serves(Mechanism::Curve)),
            |o, value| o.serve(Mechanism::Curve, value != 0))),
    row!(CURVE_PUBLICKEY, Key, Key, "", Endpoint, Access::Key(|o| &o.curve_publickey, |o, key| {
        o.mechanism = Mechanism::Curve;
        o.curve_publickey = *key;
    })),
    row!(CURVE_SECRETKEY, Key, Key, "", Endpoint, Access::Key(|o| &o.curve_secretkey, |o, key| {
        o.mechanism = Mechanism::Curve;
        *o.curve_secretkey = *key;
    })),
    row!(CURVE_SERVERKEY, Key, Key, "", Endpoint, Access::Key(|o| &o.curve_serverkey, |o, key| {
        o.mechanism = Mechanism::Curve;
        o.as_server = false;
        o.curve_serverkey = *key;
    })),
    row!(PROBE_ROUTER, SwitchFrom0, Never, "0", Attach, Access::Elsewhere)
        .only(&[Req, Rep, Dealer, Router]),
    row!(REQ_CORRELATE, SwitchFrom0, Never, "0", Now, Access::Elsewhere).only(&[Req]),
    row!(REQ_RELAXED, SwitchFrom0, Never, "0", Now, Access::Elsewhere).only(&[Req]),
    row!(CONFLATE, Switch, Exact, "0", Endpoint, switch!(conflate)),
    row!(ZAP_DOMAIN, BINARY_255, Text, "", Endpoint, bytes!(zap_domain)),
    row!(ROUTER_HANDOVER, SwitchFrom0, Never, "0", Attach, Access::Elsewhere).only(&[Router, Rep]),
    row!(TOS, from(0), Exact, "0", Endpoint, int!(tos)),
    row!(IPC_FILTER_PID, Element, Never, "", Endpoint, ids!(ipc_filter_pid, i32)).deprecated(),
    row!(IPC_FILTER_UID, Element, Never, "", Endpoint, ids!(ipc_filter_uid, u32)).deprecated(),
    row!(IPC_FILTER_GID, Element, Never, "", Endpoint, ids!(ipc_filter_gid, u32)).deprecated(),
    row!(CONNECT_ROUTING_ID, SetRule::Binary { max: usize::MAX }, Never, "", NextConnect,
        Access::Elsewhere).only(&[Router, Rep, Stream]),
    row!(GSSAPI_SERVER, Switch, Exact, "0", Endpoint, gssapi!(Access::Int(
        |o| i32::from(o.serves(Mechanism::Gssapi)),
        // Unlike that of the others, this role is given up without giving up the mechanism.
        |o, value| (o.mechanism, o.as_server) = (Mechanism::Gssapi, value != 0)))).with_gssapi(),
    row!(GSSAPI_PRINCIPAL, BINARY_255, Text, "", Endpoint, gssapi!(Access::Bytes(
        |o| &o.gssapi_principal, |o, value| {
            o.mechanism = Mechanism::Gssapi;
            o.gssapi_principal = value.to_vec();
        }))).with_gssapi(),
    row!(GSSAPI_SERVICE_PRINCIPAL, BINARY_255, Text, "", Endpoint, gssapi!(Access::Bytes(
        |o| &o.gssapi_service_principal, |o, value| {
            (o.mechanism, o.as_server) = (Mechanism::Gssapi, false);
            o.gssapi_service_principal = value.to_vec();
        }))).with_gssapi(),
    row!(GSSAPI_PLAINTEXT, Switch, Exact, "0", Endpoint, gssapi!(switch!(gssapi_plaintext)))
        .with_gssapi(),
    row!(HANDSHAKE_IVL, from(0), Exact, "30000", Endpoint, int!(handshake_ivl)),
    row!(SOCKS_PROXY, SetRule::Text { max: usize::MAX }, Text, "", Endpoint, bytes!(socks_proxy)),
    row!(XPUB_NODROP, SwitchFrom0, Never, "0", Now, Access::Elsewhere).only(&[Pub, Xpub, Radio]),
    row!(XPUB_MANUAL, SwitchFrom0, Never, "0", Now, Access::Elsewhere).only(&[Pub, Xpub]),
    row!(XPUB_WELCOME_MSG, Blob, Never, "", Attach, Access::Elsewhere).only(&[Pub, Xpub]),
    row!(STREAM_NOTIFY, Switch, Never, "1", Endpoint, Access::Elsewhere).only(&[Stream]),
    row!(INVERT_MATCHING, SwitchAny, Exact, "0", Now, switch!(invert_matching)),
    row!(HEARTBEAT_IVL, from(0), Exact, "0", Endpoint, int!(heartbeat_ivl)),
    // Tenths of a second in 16 bits, rounded toward zero: so that -99 passes, as 0.
    row!(HEARTBEAT_TTL, within(-99, 6_553_599), Exact, "0", Endpoint,
        Access::Int(|o| o.heartbeat_ttl, |o, value| o.heartbeat_ttl = value / 100 * 100)),
    row!(HEARTBEAT_TIMEOUT, from(0), Exact, "-1", Endpoint, int!(heartbeat_timeout)),
    row!(XPUB_VERBOSER, SwitchFrom0, Never, "0", Now, Access::Elsewhere).only(&[Pub, Xpub]),
    row!(CONNECT_TIMEOUT, from(0), Exact, "0", Endpoint, int!(connect_timeout)),
    row!(TCP_MAXRT, from(0), Exact, "0", Endpoint, int!(tcp_maxrt)),
    row!(THREAD_SAFE, Never, AtLeast, "", ReadOnly,
        Access::IntView(|o| i32::from(o.kind.thread_safe()))),
    row!(MULTICAST_MAXTPDU, from(1), Exact, "1500", Endpoint, int!(multicast_maxtpdu)),
    row!(VMCI_BUFFER_SIZE, Long, Never, "0", Endpoint, Access::Elsewhere).not_built_in(),
    row!(VMCI_BUFFER_MIN_SIZE, Long, Never, "0", Endpoint, Access::Elsewhere).not_built_in(),
    row!(VMCI_BUFFER_MAX_SIZE, Long, Never, "0", Endpoint, Access::Elsewhere).not_built_in(),
    row!(VMCI_CONNECT_TIMEOUT, ANY, Never, "-1", Endpoint, Access::Elsewhere).not_built_in(),
    row!(USE_FD, from(-1), Exact, "-1", Endpoint, int!(use_fd)),
    row!(GSSAPI_PRINCIPAL_NAMETYPE, within(0, 2), Exact, "0", Endpoint,
        gssapi!(int!(gssapi_principal_nametype))).with_gssapi(),
    row!(GSSAPI_SERVICE_PRINCIPAL_NAMETYPE, within(0, 2), Exact, "0", Endpoint,
        gssapi!(int!(gssapi_service_principal_nametype))).with_gssapi(),
    row!(BINDTODEVICE, SetRule::Text { max: 16 }, Text, "", Endpoint, bytes!(bindtodevice)),
    row!(ZAP_ENFORCE_DOMAIN, SwitchAny, Exact, "0", Endpoint, switch!(zap_enforce_domain)).draft(),
    row!(LOOPBACK_FASTPATH, SwitchAny, Exact, "0", Nothing, switch!(loopback_fastpath)).draft(),
    row!(METADATA, Metadata, Never, "", Endpoint, Access::Parsed(Options::add_property)).draft(),
    row!(MULTICAST_LOOP, SwitchAny, Exact, "1", Endpoint, switch!(multicast_loop)).draft(),
    row!(ROUTER_NOTIFY, within(0, 3), Exact, "0", Endpoint, Access::IntView(|o| o.router_notify))
        .only(&[Router, Rep]).draft(),
    row!(XPUB_MANUAL_LAST_VALUE, SwitchFrom0, Never, "0", Now, Access::Elsewhere)
        .only(&[Pub, Xpub]).draft(),
    row!(SOCKS_USERNAME, Credential, Text, "", Endpoint, bytes!(socks_username)).draft(),
    row!(SOCKS_PASSWORD, Credential, Text, "", Endpoint, secret!(socks_password)).draft(),
    row!(IN_BATCH_SIZE, from(1), Exact, "8192", Endpoint, int!(in_batch_size)).draft(),
    row!(OUT_BATCH_SIZE, from(1), Exact, "8192", Endpoint, int!(out_batch_size)).draft(),
    row!(WSS_KEY_PEM, Blob, Never, "", Endpoint, secret!(wss_key_pem)).draft(),
    row!(WSS_CERT_PEM, Blob, Never, "", Endpoint, bytes!(wss_cert_pem)).draft(),
    row!(WSS_TRUST_PEM, Blob, Never, "", Endpoint, bytes!(wss_trust_pem)).draft(),
    row!(WSS_HOSTNAME, Blob, Never, "", Endpoint, bytes!(wss_hostname)).draft(),
    row!(WSS_TRUST_SYSTEM, Switch, Never, "0", Endpoint, switch!(wss_trust_system)).draft(),
    row!(ONLY_FIRST_SUBSCRIBE, SwitchFrom0, Never, "0", Now, Access::Elsewhere)
        .only(&[Pub, Xpub, Xsub]).draft(),
    row!(RECONNECT_STOP, ANY, Exact, "0", Endpoint, int!(reconnect_stop)).draft(),
    row!(HELLO_MSG, Blob, Never, "", Endpoint, message!(hello_msg)).draft(),
    row!(DISCONNECT_MSG, Blob, Never, "", Endpoint, message!(disconnect_msg)).draft(),
    row!(PRIORITY, from(0), Exact, "0", Endpoint, int!(priority)).draft(),
    row!(BUSY_POLL, ANY, Exact, "0", Endpoint, int!(busy_poll)).draft(),
    row!(HICCUP_MSG, Blob, Never, "", Endpoint, message!(hiccup_msg)).draft(),
    row!(XSUB_VERBOSE_UNSUBSCRIBE, SwitchAny, Never, "0", Now, Access::Elsewhere)
        .only(&[Xsub]).draft(),
    row!(TOPICS_COUNT, Never, AtLeast, "0", ReadOnly, Access::Elsewhere)
        .only(&[Pub, Xpub, Sub, Xsub]).draft(),
    row!(NORM_MODE, within(0, 4), Exact, "1", Endpoint, Access::Elsewhere).draft().not_built_in(),
    row!(NORM_UNICAST_NACK, Switch, Exact, "0", Endpoint, Access::Elsewhere)
        .draft().not_built_in(),
    row!(NORM_BUFFER_SIZE, from(1), Exact, "2048", Endpoint, Access::Elsewhere)
        .draft().not_built_in(),
    row!(NORM_SEGMENT_SIZE, from(1), Exact, "1400", Endpoint, Access::Elsewhere)
        .draft().not_built_in(),
    row!(NORM_BLOCK_SIZE, within(1, 255), Exact, "16", Endpoint, Access::Elsewhere)
        .draft().not_built_in(),
    row!(NORM_NUM_PARITY, within(0, 254), Exact, "4", Endpoint, Access::Elsewhere)
        .draft().not_built_in(),
    row!(NORM_NUM_AUTOPARITY, within(0, 254), Exact, "0", Endpoint, Access::Elsewhere)
        .draft().not_built_in(),
    row!(NORM_PUSH, Switch, Exact, "0", Endpoint, Access::Elsewhere).draft().not_built_in(),
];

/// Adds an element to a set, or empties the set.
fn put<T: Ord>(set: &mut BTreeSet<T>, element: Option<T>) {
    match element {
        Some(element) => {
            set.insert(element);
        }
        None => set.clear(),
    }
}
