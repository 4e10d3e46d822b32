//! `COMPATIBILITY.md`: what of the C surface is there, row by row.
//!
//! A row's state comes from where the code has it: a function is there if `src/ffi` defines it, a
//! transport if an endpoint of it parses, an event if the monitor names it. What no source can say
//! (that an option is kept but nothing acts on it yet) stands in the lists of this file.

#![forbid(unsafe_code)]

use std::env;
use std::fs;

use super::differences::DIFFERENCES;
use super::{in_package, read};
use crate::core::kind::Kind;
use crate::core::options::{self, Effect, GetRule, OptionSpec, Owner, SetRule, TABLE};
use crate::transport::{Endpoint, Scheme};

/// The file in the package.
const FILE: &str = "COMPATIBILITY.md";
/// The environment variable that has the file written instead of compared.
const WRITE: &str = "ZMQ_OXIDE_WRITE";

/// How much of something there is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Implemented,
    Partial,
    NotYet,
}

impl State {
    fn text(self) -> &'static str {
        match self {
            State::Implemented => "implemented",
            State::Partial => "partial",
            State::NotYet => "**not yet**",
        }
    }
}

/// A table of the file.
struct Section {
    title: &'static str,
    introduction: &'static str,
    columns: &'static str,
    rows: Vec<(State, String)>,
}

/// What a function does not do yet.
const PARTIAL_FUNCTIONS: &[(&str, &str)] = &[
    ("zmq_bind", "inproc, tcp and ipc"),
    ("zmq_connect", "inproc, tcp and ipc; ENOTSUP with a SOCKS proxy set"),
    ("zmq_connect_peer", "as `zmq_connect`"),
];

/// Options that exist only in builds with GSSAPI. What is said of them has to be true of both, as
/// the file is one.
const GSSAPI: [i32; 6] = [
    options::GSSAPI_SERVER,
    options::GSSAPI_PRINCIPAL,
    options::GSSAPI_SERVICE_PRINCIPAL,
    options::GSSAPI_PLAINTEXT,
    options::GSSAPI_PRINCIPAL_NAMETYPE,
    options::GSSAPI_SERVICE_PRINCIPAL_NAMETYPE,
];

/// Options that are checked and kept, and that nothing acts on yet, and what they wait for.
const WAITING: &[(&str, &[i32])] = &[
    ("SOCKS proxies", &[options::SOCKS_PROXY, options::SOCKS_USERNAME, options::SOCKS_PASSWORD]),
    (
        "`wss://`",
        &[
            options::WSS_KEY_PEM,
            options::WSS_CERT_PEM,
            options::WSS_TRUST_PEM,
            options::WSS_HOSTNAME,
            options::WSS_TRUST_SYSTEM,
        ],
    ),
    (
        "multicast",
        &[
            options::RATE,
            options::RECOVERY_IVL,
            options::MULTICAST_HOPS,
            options::MULTICAST_MAXTPDU,
            options::MULTICAST_LOOP,
        ],
    ),
];

fn functions() -> Section {
    let mut sources = String::new();
    for entry in fs::read_dir(in_package("src/ffi")).expect("the room is there") {
        let path = entry.expect("the room can be read").path();
        sources += &fs::read_to_string(path).expect("sources are text");
    }
    let list = read("admin/api.txt");
    let names = list.lines().filter(|line| line.starts_with("zmq_"));
    let rows = names.map(|line| {
        let (name, stage) = line.split_once(' ').unwrap_or((line, ""));
        let defined = sources.contains(&format!("pub unsafe extern \"C\" fn {name}("));
        let partial = PARTIAL_FUNCTIONS.iter().find(|row| row.0 == name);
        let state = match (defined, partial) {
            (false, _) => State::NotYet,
            (true, Some(_)) => State::Partial,
            (true, None) => State::Implemented,
        };
        (state, format!("`{name}` | {stage} | {}", partial.map_or("", |row| row.1)))
    });
    Section {
        title: "Functions",
        introduction: "The 70 stable functions, the 26 drafts, and `zmq_disconnect_peer`.",
        columns: "function | stage | remark",
        rows: rows.collect(),
    }
}

/// What values an option takes, in the words of the table.
fn values(rule: SetRule) -> String {
    match rule {
        SetRule::Never => "read-only".to_owned(),
        SetRule::Int { min: i32::MIN, max: i32::MAX } => "int".to_owned(),
        SetRule::Int { min, max: i32::MAX } => format!("int ≥ {min}"),
        SetRule::Int { min, max } => format!("int {min} to {max}"),
        SetRule::Switch => "0 or 1".to_owned(),
        SetRule::SwitchFrom0 => "int ≥ 0, not 0 is on".to_owned(),
        SetRule::SwitchAny => "int, not 0 is on".to_owned(),
        SetRule::Long => "8 bytes".to_owned(),
        SetRule::Text { max: usize::MAX } => "text".to_owned(),
        SetRule::Text { max } => format!("text up to {max}"),
        SetRule::Binary { max: usize::MAX } => "bytes".to_owned(),
        SetRule::Binary { max } => format!("1 to {max} bytes"),
        SetRule::Blob => "any bytes".to_owned(),
        SetRule::Credential => "text up to 255".to_owned(),
        SetRule::Element => "4 bytes, collected".to_owned(),
        SetRule::Key => "key".to_owned(),
        SetRule::AcceptFilter => "address range, collected".to_owned(),
        SetRule::Metadata => "`X-name:value`, collected".to_owned(),
    }
}

/// The state of an option, and why it is not the best one.
fn option_state(row: &OptionSpec) -> (State, String) {
    if GSSAPI.contains(&row.number) {
        let remark = "in builds with the cargo feature `gssapi`; EINVAL in others";
        return (State::Partial, remark.to_owned());
    }
    if !row.built_in {
        let remark = "EINVAL, as in a libzmq built without what it belongs to";
        return (State::NotYet, remark.to_owned());
    }
    match WAITING.iter().find(|(_, numbers)| numbers.contains(&row.number)) {
        Some((what, _)) => (State::Partial, format!("checked and kept; waits for {what}")),
        None if row.number == options::OUT_BATCH_SIZE => {
            (State::Implemented, "batches find their size themselves".to_owned())
        }
        None => (State::Implemented, String::new()),
    }
}

fn socket_options() -> Section {
    let rows = TABLE.iter().map(|row| {
        let (state, remark) = option_state(row);
        let types = match row.owner {
            Owner::Generic | Owner::Socket => "all".to_owned(),
            Owner::Pattern(types) => {
                types.iter().map(|kind| name_of_kind(*kind)).collect::<Vec<_>>().join(", ")
            }
        };
        let stage = match (row.draft, row.deprecated) {
            (true, _) => "draft",
            (false, true) => "deprecated",
            (false, false) => "",
        };
        let get = if row.get == GetRule::Never { "no" } else { "yes" };
        let OptionSpec { number, name, default, .. } = row;
        let what = format!("{number} | `{name}` | {stage} | {types}");
        (state, format!("{what} | {} | {get} | {default} | {remark}", values(row.set)))
    });
    Section {
        title: "Socket options",
        introduction: "From the table that `zmq_setsockopt` and `zmq_getsockopt` work with.",
        columns: "no. | option | stage | socket types | values | readable | default | remark",
        rows: rows.collect(),
    }
}

fn context_options() -> Section {
    let rows = [
        ("ZMQ_IO_THREADS", State::Implemented, ""),
        ("ZMQ_MAX_SOCKETS", State::Implemented, ""),
        ("ZMQ_SOCKET_LIMIT", State::Implemented, ""),
        ("ZMQ_THREAD_PRIORITY", State::Implemented, ""),
        ("ZMQ_THREAD_SCHED_POLICY", State::Implemented, ""),
        ("ZMQ_MAX_MSGSZ", State::Implemented, "kept, and enforced by no release of libzmq either"),
        ("ZMQ_MSG_T_SIZE", State::Implemented, ""),
        ("ZMQ_THREAD_AFFINITY_CPU_ADD", State::Implemented, ""),
        ("ZMQ_THREAD_AFFINITY_CPU_REMOVE", State::Implemented, ""),
        ("ZMQ_THREAD_NAME_PREFIX", State::Implemented, ""),
        (
            "ZMQ_ZERO_COPY_RECV",
            State::Implemented,
            "long messages are never copied, whatever it says",
        ),
        ("ZMQ_IPV6", State::Implemented, ""),
        ("ZMQ_BLOCKY", State::Implemented, ""),
    ];
    Section {
        title: "Context options",
        introduction: "",
        columns: "option | remark",
        rows: rows.map(|(name, state, remark)| (state, format!("`{name}` | {remark}"))).into(),
    }
}

/// The name of a socket type in `zmq.h`, without prefix.
fn name_of_kind(kind: Kind) -> String {
    format!("{kind:?}").to_uppercase()
}

fn socket_types() -> Section {
    let rows = Kind::ALL.map(|kind| {
        let (state, remark) = match kind {
            Kind::Dgram => (State::Partial, "needs UDP"),
            Kind::Pair
            | Kind::Pub
            | Kind::Sub
            | Kind::Req
            | Kind::Rep
            | Kind::Dealer
            | Kind::Router
            | Kind::Pull
            | Kind::Push
            | Kind::Xpub
            | Kind::Xsub
            | Kind::Stream
            | Kind::Server
            | Kind::Client
            | Kind::Radio
            | Kind::Dish
            | Kind::Gather
            | Kind::Scatter
            | Kind::Peer
            | Kind::Channel => (State::Implemented, ""),
        };
        let stage = if kind.number() > Kind::Stream.number() { "draft" } else { "" };
        let safe = if kind.thread_safe() { "yes" } else { "no" };
        (state, format!("`ZMQ_{}` | {stage} | {safe} | {remark}", name_of_kind(kind)))
    });
    Section {
        title: "Socket types",
        introduction: "Their rules are complete; what they can be connected over is said below.",
        columns: "type | stage | thread-safe | remark",
        rows: rows.into(),
    }
}

fn transports() -> Section {
    let names = [
        "inproc", "tcp", "ipc", "ws", "wss", "udp", "tipc", "vmci", "vsock", "pgm", "epgm", "norm",
    ];
    let rows = names.map(|name| {
        let endpoint = format!("{name}://x");
        let scheme = Endpoint::parse(endpoint.as_bytes()).map(|endpoint| endpoint.scheme);
        let built = matches!(scheme, Ok(Scheme::Inproc | Scheme::Tcp | Scheme::Ipc));
        let state = if built { State::Implemented } else { State::NotYet };
        (state, format!("`{name}://` | {}", if built { "" } else { "EPROTONOSUPPORT" }))
    });
    Section {
        title: "Transports",
        introduction: "",
        columns: "transport | remark",
        rows: rows.into(),
    }
}

fn mechanisms() -> Section {
    let rows = [
        ("NULL", State::Implemented, "ZMTP 3.1, 3.0, 2.0 and 1.0"),
        ("PLAIN", State::Implemented, "both roles, judged by a ZAP handler"),
        ("CURVE", State::Implemented, "both roles, judged by a ZAP handler if there is one"),
        (
            "GSSAPI",
            State::Partial,
            "both roles, with Kerberos; in builds with the cargo feature `gssapi`, which is off by \
             default",
        ),
    ];
    Section {
        title: "Security mechanisms",
        introduction: "They belong to the handshake of a connection, which inproc has not.",
        columns: "mechanism | remark",
        rows: rows.map(|(name, state, remark)| (state, format!("{name} | {remark}"))).into(),
    }
}

fn events() -> Section {
    let header = read("include/zmq.h");
    let sources = [read("src/socket/monitor.rs"), read("src/engine/owner.rs")].concat();
    let names = header.lines().filter_map(|line| {
        let name = line.strip_prefix("#define ")?.split(' ').next()?;
        (name.starts_with("ZMQ_EVENT_") && !name.starts_with("ZMQ_EVENT_ALL")).then_some(name)
    });
    let rows = names.map(|name| {
        let sent = sources.contains(&format!("`{name}`"));
        let state = if sent { State::Implemented } else { State::NotYet };
        (state, format!("`{name}` | {}", if sent { "" } else { "closing never fails" }))
    });
    Section {
        title: "Monitor events",
        introduction: "In both versions of the format.",
        columns: "event | remark",
        rows: rows.collect(),
    }
}

/// The whole file.
fn render() -> String {
    let sections = [
        functions(),
        socket_types(),
        transports(),
        mechanisms(),
        socket_options(),
        context_options(),
        events(),
    ];
    let mut text = String::from(
        "# Compatibility with libzmq 4.3.5\n\n\
         Made from the sources by `make compatibility`, and compared with them by `make test`. Do \
         not edit.\n\n\
         | | implemented | partial | not yet |\n|---|---|---|---|\n",
    );
    let mut add = |line: String| {
        text += &line;
        text.push('\n');
    };
    for section in &sections {
        let count = |state| section.rows.iter().filter(|row| row.0 == state).count();
        let [done, partial, open] = [State::Implemented, State::Partial, State::NotYet].map(count);
        let anchor = section.title.to_lowercase().replace(' ', "-");
        add(format!("| [{}](#{anchor}) | {done} | {partial} | {open} |", section.title));
    }
    add("\nWhat differs on purpose stands [at the end](#intended-differences).".to_owned());
    for section in &sections {
        add(format!("\n## {}\n", section.title));
        if !section.introduction.is_empty() {
            add(format!("{}\n", section.introduction));
        }
        add(format!("| {} | state |", section.columns));
        add(format!("|{}", "---|".repeat(section.columns.split(" | ").count() + 1)));
        for (state, cells) in &section.rows {
            add(format!("| {cells} | {} |", state.text()));
        }
    }
    add("\n## Intended differences\n".to_owned());
    add("Everything else is meant to be as in libzmq; what is not is a defect.\n".to_owned());
    add("| when | libzmq 4.3.5 | here | pinned by |\n|---|---|---|---|".to_owned());
    for row in DIFFERENCES {
        let tests = row.tests.iter().map(|test| format!("`{test}`")).collect::<Vec<_>>();
        let tests = tests.join(", ");
        add(format!("| {} | {} | {} | {tests} |", row.when, row.reference, row.here));
    }
    text
}

#[test]
fn compatibility_table_is_current() {
    let text = render();
    if env::var_os(WRITE).is_some() {
        fs::write(in_package(FILE), text).expect("the package can be written");
        return;
    }
    assert!(
        fs::read_to_string(in_package(FILE)).is_ok_and(|file| file == text),
        "{FILE} is stale: run `make compatibility`"
    );
}

#[test]
fn options_of_gssapi_are_built_in_with_it() {
    for row in TABLE {
        let expected = row.name.starts_with("ZMQ_GSSAPI_");
        assert_eq!(GSSAPI.contains(&row.number), expected, "{}", row.name);
        assert!(!expected || row.built_in == cfg!(feature = "gssapi"), "{}", row.name);
    }
}

#[test]
fn lists_name_what_exists() {
    let list = read("admin/api.txt");
    for (name, _) in PARTIAL_FUNCTIONS {
        assert!(list.lines().any(|line| line.split(' ').next() == Some(name)), "{name}");
    }
    for number in WAITING.iter().flat_map(|(_, numbers)| *numbers) {
        let row = options::find(*number).expect("an option");
        assert_eq!(row.effect, Effect::Endpoint, "{} needs no place in the list", row.name);
    }
    let header = read("include/zmq.h");
    for (_, cells) in context_options().rows {
        let name = cells.split('`').nth(1).expect("a name");
        assert!(header.contains(&format!("#define {name} ")), "{name}");
    }
}
