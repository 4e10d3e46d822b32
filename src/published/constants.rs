//! The numbers of `zmq.h`, section by section.
//!
//! What the code has a name for is taken from there; the rest are numbers that only callers use.
//! `make header` has them written to the file named by [`OUTPUT`]; without it, the test compares
//! them with the header of the repository.

#![forbid(unsafe_code)]

use std::env;
use std::fmt::Write as _;
use std::fs;

use super::read;

use crate::core::kind::Kind;
use crate::core::options::{ALIASES, Mechanism, TABLE};
use crate::socket::{DONTWAIT, SNDMORE};

/// The environment variable that names the file to write.
const OUTPUT: &str = "ZMQ_OXIDE_CONSTANTS";

/// One `#define`.
struct Constant {
    section: &'static str,
    name: String,
    value: String,
    draft: bool,
}

/// All of them, those of one section together and in the order of the header.
fn constants() -> Vec<Constant> {
    let mut all = Vec::new();
    let mut section = |section, draft, rows: &[(&str, String)]| {
        all.extend(rows.iter().map(|(name, value)| Constant {
            section,
            name: format!("ZMQ_{name}"),
            value: value.clone(),
            draft,
        }));
    };
    context(&mut section);
    socket_types(&mut section);
    options(&mut section);
    small(&mut section);
    events(&mut section);
    protocol_errors(&mut section);
    all
}

/// Adds a section: its title, whether it is draft, names without prefix and values.
type Add<'a> = dyn FnMut(&'static str, bool, &[(&str, String)]) + 'a;

/// Rows with decimal values, in brackets where an operator in front could go astray.
fn decimal<'a>(rows: &[(&'a str, i32)]) -> Vec<(&'a str, String)> {
    let text = |value: i32| if value < 0 { format!("({value})") } else { value.to_string() };
    rows.iter().map(|&(name, value)| (name, text(value))).collect()
}

fn context(add: &mut Add<'_>) {
    use crate::core::ctx_options::*;
    let stable = decimal(&[
        ("IO_THREADS", IO_THREADS),
        ("MAX_SOCKETS", MAX_SOCKETS),
        ("SOCKET_LIMIT", SOCKET_LIMIT),
        ("THREAD_PRIORITY", THREAD_PRIORITY),
        ("THREAD_SCHED_POLICY", THREAD_SCHED_POLICY),
        ("MAX_MSGSZ", MAX_MSGSZ),
        ("MSG_T_SIZE", MSG_T_SIZE),
        ("THREAD_AFFINITY_CPU_ADD", THREAD_AFFINITY_CPU_ADD),
        ("THREAD_AFFINITY_CPU_REMOVE", THREAD_AFFINITY_CPU_REMOVE),
        ("THREAD_NAME_PREFIX", THREAD_NAME_PREFIX),
        ("BLOCKY", BLOCKY),
    ]);
    add("Context options", false, &stable);
    add("Context options", true, &decimal(&[("ZERO_COPY_RECV", ZERO_COPY_RECV)]));
    let fresh = CtxOptions::new();
    let defaults = decimal(&[
        ("IO_THREADS_DFLT", fresh.io_threads),
        ("MAX_SOCKETS_DFLT", fresh.max_sockets),
        ("THREAD_PRIORITY_DFLT", fresh.thread_priority),
        ("THREAD_SCHED_POLICY_DFLT", fresh.thread_sched_policy),
    ]);
    add("Context defaults", false, &defaults);
}

fn socket_types(add: &mut Add<'_>) {
    for kind in Kind::ALL {
        let name = format!("{kind:?}").to_uppercase();
        let draft = kind.number() > Kind::Stream.number();
        add("Socket types", draft, &decimal(&[(&name, kind.number())]));
    }
    let old = [("XREQ", "ZMQ_DEALER".to_owned()), ("XREP", "ZMQ_ROUTER".to_owned())];
    add("Deprecated socket types", false, &old);
}

fn options(add: &mut Add<'_>) {
    for row in TABLE {
        let section = if row.deprecated { "Deprecated socket options" } else { "Socket options" };
        let name = row.name.trim_start_matches("ZMQ_");
        add(section, row.draft, &decimal(&[(name, row.number)]));
    }
    for &(alias, number) in ALIASES {
        let row = TABLE.iter().find(|row| row.number == number).expect("an alias has a row");
        add("Deprecated names of socket options", false, &[(alias, row.name.to_owned())]);
    }
}

/// Everything that comes in twos and threes.
fn small(add: &mut Add<'_>) {
    let flags = decimal(&[("DONTWAIT", DONTWAIT), ("SNDMORE", SNDMORE)]);
    add("Send and receive flags", false, &flags);
    add("Deprecated flags", false, &[("NOBLOCK", "ZMQ_DONTWAIT".to_owned())]);
    add("Message properties", false, &decimal(&[("MORE", 1), ("SRCFD", 2), ("SHARED", 3)]));
    let mechanisms = decimal(&[
        ("NULL", Mechanism::Null as i32),
        ("PLAIN", Mechanism::Plain as i32),
        ("CURVE", Mechanism::Curve as i32),
        ("GSSAPI", 3),
    ]);
    add("Security mechanisms", false, &mechanisms);
    let names = decimal(&[
        ("GSSAPI_NT_HOSTBASED", 0),
        ("GSSAPI_NT_USER_NAME", 1),
        ("GSSAPI_NT_KRB5_PRINCIPAL", 2),
    ]);
    add("GSSAPI name types", false, &names);
    add("Groups", false, &decimal(&[("GROUP_MAX_LENGTH", 255)]));
    let polling = decimal(&[
        ("POLLIN", 1),
        ("POLLOUT", 2),
        ("POLLERR", 4),
        ("POLLPRI", 8),
        ("POLLITEMS_DFLT", 16),
    ]);
    add("Poll flags", false, &polling);
    add("Devices", false, &decimal(&[("STREAMER", 1), ("FORWARDER", 2), ("QUEUE", 3)]));
    let names = [
        ("MSG_PROPERTY_ROUTING_ID", r#""Routing-Id""#.to_owned()),
        ("MSG_PROPERTY_SOCKET_TYPE", r#""Socket-Type""#.to_owned()),
        ("MSG_PROPERTY_USER_ID", r#""User-Id""#.to_owned()),
        ("MSG_PROPERTY_PEER_ADDRESS", r#""Peer-Address""#.to_owned()),
    ];
    add("Message property names", true, &names);
    let notify = decimal(&[("NOTIFY_CONNECT", 1), ("NOTIFY_DISCONNECT", 2)]);
    add("Router notifications", true, &notify);
    let reasons = decimal(&[
        ("RECONNECT_STOP_CONN_REFUSED", 1),
        ("RECONNECT_STOP_HANDSHAKE_FAILED", 2),
        ("RECONNECT_STOP_AFTER_DISCONNECT", 4),
    ]);
    add("Reasons to stop reconnecting", true, &reasons);
    let modes = decimal(&[
        ("NORM_FIXED", 0),
        ("NORM_CC", 1),
        ("NORM_CCL", 2),
        ("NORM_CCE", 3),
        ("NORM_CCE_ECNONLY", 4),
    ]);
    add("NORM modes", true, &modes);
}

fn events(add: &mut Add<'_>) {
    let names = [
        "CONNECTED",
        "CONNECT_DELAYED",
        "CONNECT_RETRIED",
        "LISTENING",
        "BIND_FAILED",
        "ACCEPTED",
        "ACCEPT_FAILED",
        "CLOSED",
        "CLOSE_FAILED",
        "DISCONNECTED",
        "MONITOR_STOPPED",
        "HANDSHAKE_FAILED_NO_DETAIL",
        "HANDSHAKE_SUCCEEDED",
        "HANDSHAKE_FAILED_PROTOCOL",
        "HANDSHAKE_FAILED_AUTH",
    ];
    for (bit, name) in names.iter().enumerate() {
        add("Monitor events", false, &[(&format!("EVENT_{name}"), format!("0x{:04X}", 1 << bit))]);
    }
    add("Monitor events", false, &[("EVENT_ALL", "0xFFFF".to_owned())]);
    let draft = [
        ("EVENT_PIPES_STATS", "0x10000".to_owned()),
        ("EVENT_ALL_V1", "ZMQ_EVENT_ALL".to_owned()),
        ("EVENT_ALL_V2", "(ZMQ_EVENT_ALL_V1 | ZMQ_EVENT_PIPES_STATS)".to_owned()),
    ];
    add("Monitor events", true, &draft);
    let versions = decimal(&[("CURRENT_EVENT_VERSION", 1), ("CURRENT_EVENT_VERSION_DRAFT", 2)]);
    add("Monitor event versions", true, &versions);
}

fn protocol_errors(add: &mut Add<'_>) {
    let errors = [
        ("ZMTP_UNSPECIFIED", 0x1000_0000),
        ("ZMTP_UNEXPECTED_COMMAND", 0x1000_0001),
        ("ZMTP_INVALID_SEQUENCE", 0x1000_0002),
        ("ZMTP_KEY_EXCHANGE", 0x1000_0003),
        ("ZMTP_MALFORMED_COMMAND_UNSPECIFIED", 0x1000_0011),
        ("ZMTP_MALFORMED_COMMAND_MESSAGE", 0x1000_0012),
        ("ZMTP_MALFORMED_COMMAND_HELLO", 0x1000_0013),
        ("ZMTP_MALFORMED_COMMAND_INITIATE", 0x1000_0014),
        ("ZMTP_MALFORMED_COMMAND_ERROR", 0x1000_0015),
        ("ZMTP_MALFORMED_COMMAND_READY", 0x1000_0016),
        ("ZMTP_MALFORMED_COMMAND_WELCOME", 0x1000_0017),
        ("ZMTP_INVALID_METADATA", 0x1000_0018),
        ("ZMTP_CRYPTOGRAPHIC", 0x1100_0001),
        ("ZMTP_MECHANISM_MISMATCH", 0x1100_0002),
        ("ZAP_UNSPECIFIED", 0x2000_0000),
        ("ZAP_MALFORMED_REPLY", 0x2000_0001),
        ("ZAP_BAD_REQUEST_ID", 0x2000_0002),
        ("ZAP_BAD_VERSION", 0x2000_0003),
        ("ZAP_INVALID_STATUS_CODE", 0x2000_0004),
        ("ZAP_INVALID_METADATA", 0x2000_0005),
        ("WS_UNSPECIFIED", 0x3000_0000),
    ];
    for (name, value) in errors {
        let row = (&*format!("PROTOCOL_ERROR_{name}"), format!("0x{value:08X}"));
        add("Protocol errors", false, &[row]);
    }
}

/// The `#define` lines of a part of the header.
fn defines(text: &str) -> Vec<(&str, &str)> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("#define "));
    lines
        .filter_map(|line| line.split_once(' '))
        .map(|(name, value)| (name, value.trim()))
        .collect()
}

#[test]
fn the_header_has_the_numbers_of_the_tables() {
    let constants = constants();
    if let Some(path) = env::var_os(OUTPUT) {
        let mut text = String::new();
        for Constant { section, name, value, draft } in &constants {
            let stage = if *draft { "draft" } else { "stable" };
            writeln!(text, "{stage}\t{section}\t{name}\t{value}").expect("a string takes it");
        }
        fs::write(path, text).expect("the file named can be written");
        return;
    }
    let header = read("include/zmq.h");
    let (stable, draft) = header
        .rsplit_once("#ifdef ZMQ_BUILD_DRAFT_API")
        .expect("the header has a part for the draft API");
    for (part, is_draft) in [(stable, false), (draft, true)] {
        let defines = defines(part);
        for constant in constants.iter().filter(|constant| constant.draft == is_draft) {
            let found = defines.iter().find(|(name, _)| *name == constant.name);
            assert_eq!(
                found.map(|(_, value)| *value),
                Some(constant.value.as_str()),
                "{}: run `make header`",
                constant.name
            );
        }
    }
}
