//! A socket's options as they were at bind or connect, in the forms that connections need.

#![forbid(unsafe_code)]

use std::sync::Arc;

use crate::core::kind::Kind;
use crate::core::lane::{LaneSpec, NO_PART};
use crate::core::options::{DEFAULT_BACKLOG, Mechanism, Options};
use crate::core::pipe::{PipeEnd, PipeSpec, pipe};
#[cfg(feature = "gssapi")]
use crate::kerberos::{Kerberos, Principal, Wishes};
use crate::sys::random;
use crate::transport::Settings;
#[cfg(feature = "gssapi")]
use crate::zmtp::gssapi::Terms;
use crate::zmtp::keys::KeyPair;
use crate::zmtp::{self, ClientKeys, Entropy, Login, Secret};

/// `ZMQ_NOTIFY_CONNECT`
const NOTIFY_CONNECT: i32 = 1;
/// `ZMQ_NOTIFY_DISCONNECT`
const NOTIFY_DISCONNECT: i32 = 2;

/// `ZMQ_RECONNECT_STOP_CONN_REFUSED`
const STOP_REFUSED: i32 = 1;
/// `ZMQ_RECONNECT_STOP_HANDSHAKE_FAILED`
const STOP_HANDSHAKE: i32 = 2;
/// `ZMQ_RECONNECT_STOP_AFTER_DISCONNECT`
const STOP_DISCONNECT: i32 = 4;

/// Those of the options that connections look at themselves. All of them are several times as
/// much, and a client has a profile for its one connection.
pub(super) struct Terms {
    pub(super) kind: Kind,
    pub(super) affinity: u64,
    pub(super) ipv6: bool,
    pub(super) immediate: bool,
    conflate: bool,
    router_raw: bool,
    stream_notify: bool,
    router_notify: i32,
    sndhwm: i32,
    rcvhwm: i32,
    pub(super) in_batch_size: i32,
    pub(super) connect_timeout: i32,
    pub(super) reconnect_ivl: i32,
    pub(super) reconnect_ivl_max: i32,
    reconnect_stop: i32,
    mechanism: Mechanism,
    zap_enforce_domain: bool,
    pub(super) zap_domain: Box<[u8]>,
    hello_msg: Option<Box<[u8]>>,
    disconnect_msg: Option<Box<[u8]>>,
    hiccup_msg: Option<Box<[u8]>>,
}

/// With room for more messages than this, the queue is meant to take in what the program does not.
const DEEP: i32 = 10_000;

impl Terms {
    /// Whether only the newest message counts.
    pub(super) fn conflates(&self) -> bool {
        self.conflate
    }

    /// Whether what has arrived has to be taken in even while the program is slower.
    pub(super) fn is_deep(&self) -> bool {
        self.rcvhwm == 0 || self.rcvhwm > DEEP
    }

    fn new(options: &Options) -> Terms {
        let boxed = |text: &Option<Vec<u8>>| text.as_deref().map(Box::from);
        Terms {
            kind: options.kind,
            affinity: options.affinity,
            ipv6: options.ipv6,
            immediate: options.immediate,
            conflate: options.conflate,
            router_raw: options.router_raw,
            stream_notify: options.stream_notify,
            router_notify: options.router_notify,
            sndhwm: options.sndhwm,
            rcvhwm: options.rcvhwm,
            in_batch_size: options.in_batch_size,
            connect_timeout: options.connect_timeout,
            reconnect_ivl: options.reconnect_ivl,
            reconnect_ivl_max: options.reconnect_ivl_max,
            reconnect_stop: options.reconnect_stop,
            mechanism: options.mechanism,
            zap_enforce_domain: options.zap_enforce_domain,
            zap_domain: options.zap_domain.as_slice().into(),
            hello_msg: boxed(&options.hello_msg),
            disconnect_msg: boxed(&options.disconnect_msg),
            hiccup_msg: boxed(&options.hiccup_msg),
        }
    }
}

/// What all connections of one endpoint share.
pub(crate) struct Profile {
    /// The options, as they were.
    pub(super) options: Terms,
    /// Those of them that concern descriptors.
    pub(super) settings: Settings,
    /// Those of them that concern the protocol.
    pub(super) config: Arc<zmtp::Config>,
}

impl Profile {
    /// A copy of the options; none if the type has no protocol to speak over a network.
    pub(crate) fn new(options: &Options) -> Option<Profile> {
        Some(Profile {
            options: Terms::new(options),
            settings: settings(options),
            config: Arc::new(config(options)?),
        })
    }

    /// The part that concerns descriptors.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What a step of a handshake costs, beside one without cryptography.
    pub(super) fn effort_of_a_step(&self) -> usize {
        match self.options.mechanism {
            Mechanism::Null | Mechanism::Plain => 1,
            Mechanism::Curve => 8,
            #[cfg(feature = "gssapi")]
            Mechanism::Gssapi => 8,
        }
    }

    /// Whether bytes are passed on as they are, without a protocol.
    pub(super) fn raw(&self) -> bool {
        self.options.kind == Kind::Stream || self.options.router_raw
    }

    /// A pipe to the network: the socket's end first. What it may hold is the socket's say alone.
    pub(crate) fn pipe(&self) -> (PipeEnd, PipeEnd) {
        let options = &self.options;
        let conflate = options.conflate && options.kind.conflates();
        // Subscriptions are not replaced by later ones.
        let conflates =
            [conflate && options.kind != Kind::Sub, conflate && options.kind != Kind::Pub];
        pipe(PipeSpec {
            lanes: [
                LaneSpec {
                    conflate: conflates[0],
                    writer_part: options.sndhwm,
                    reader_part: NO_PART,
                },
                LaneSpec {
                    conflate: conflates[1],
                    writer_part: NO_PART,
                    reader_part: options.rcvhwm,
                },
            ],
        })
    }

    /// What is said first on every link.
    pub(super) fn hello(&self) -> Option<&[u8]> {
        use Kind::*;
        let says = matches!(self.options.kind, Dealer | Router | Rep | Client | Server | Peer);
        self.options.hello_msg.as_deref().filter(|_| says)
    }

    /// What the application finds when an accepted peer has gone.
    pub(super) fn farewell(&self) -> Option<&[u8]> {
        self.options.disconnect_msg.as_deref().filter(|_| self.options.kind.hears_farewell())
    }

    /// What the application finds when the link to a connected peer has gone.
    pub(super) fn hiccup(&self) -> Option<&[u8]> {
        use Kind::*;
        let hears = matches!(self.options.kind, Dealer | Client | Peer | Req);
        self.options.hiccup_msg.as_deref().filter(|_| hears)
    }

    /// Whether the application finds an empty message when a link is up.
    pub(super) fn notifies_up(&self) -> bool {
        self.notifies(NOTIFY_CONNECT)
    }

    /// Whether the application finds an empty message when a link is lost.
    pub(super) fn notifies_down(&self) -> bool {
        self.notifies(NOTIFY_DISCONNECT)
    }

    fn notifies(&self, bit: i32) -> bool {
        match self.options.kind {
            Kind::Stream => self.options.stream_notify,
            Kind::Router if self.options.router_raw => true,
            Kind::Router => self.options.router_notify & bit != 0,
            _ => false,
        }
    }

    /// What takes long and has to be done before each attempt at connecting, if anything; an I/O
    /// thread must not do it.
    pub(super) fn preparation(&self) -> Option<Box<dyn FnOnce() + Send>> {
        #[cfg(feature = "gssapi")]
        if let zmtp::Mechanism::Gssapi(terms) = &self.config.mechanism {
            if !terms.server {
                let contexts = Arc::clone(&terms.contexts);
                return Some(Box::new(move || contexts.prepare()));
            }
        }
        None
    }

    /// Whether peers that nobody can judge are turned away.
    pub(super) fn needs_handler(&self) -> bool {
        let options = &self.options;
        match options.mechanism {
            Mechanism::Plain => true,
            // As measured: no option makes names that a third party vouches for too few.
            #[cfg(feature = "gssapi")]
            Mechanism::Gssapi => false,
            Mechanism::Null | Mechanism::Curve => {
                options.zap_enforce_domain && !options.zap_domain.is_empty()
            }
        }
    }

    /// Whether the options contradict each other, so that nobody can be let in: names and passwords
    /// that only a domain may judge, and no domain.
    pub(super) fn refuses_everybody(&self) -> bool {
        let options = &self.options;
        options.mechanism == Mechanism::Plain
            && options.zap_enforce_domain
            && options.zap_domain.is_empty()
    }

    /// Whether a refused attempt is the last one.
    pub(super) fn stops_when_refused(&self) -> bool {
        self.options.reconnect_stop & STOP_REFUSED != 0
    }

    /// Whether a link that is lost in its handshake is the last one.
    pub(super) fn stops_in_handshake(&self) -> bool {
        self.options.reconnect_stop & STOP_HANDSHAKE != 0
    }

    /// Whether nothing is tried any more once the application has disconnected.
    pub(super) fn stops_when_disconnected(&self) -> bool {
        self.options.reconnect_stop & STOP_DISCONNECT != 0
    }
}

fn settings(options: &Options) -> Settings {
    Settings {
        ipv6: options.ipv6,
        sndbuf: options.sndbuf,
        rcvbuf: options.rcvbuf,
        backlog: backlog(options.backlog),
        use_fd: options.use_fd,
        tos: options.tos,
        priority: options.priority,
        busy_poll: options.busy_poll,
        bindtodevice: options.bindtodevice.clone(),
        keepalive: options.tcp_keepalive,
        keepalive_cnt: options.tcp_keepalive_cnt,
        keepalive_idle: options.tcp_keepalive_idle,
        keepalive_intvl: options.tcp_keepalive_intvl,
        maxrt: options.tcp_maxrt,
    }
}

/// How many connections the kernel may hold for a listener that has not taken them yet. When there
/// are more, their peers try again after a second, which a program that left it at 100 did not ask
/// for: then it is as many as Linux allows.
fn backlog(option: i32) -> i32 {
    if option == DEFAULT_BACKLOG { 4096 } else { option }
}

fn config(options: &Options) -> Option<zmtp::Config> {
    // 0 and -1 mean that there is no such timer.
    let timer = |ms: i32| u64::try_from(ms).ok().filter(|ms| *ms > 0);
    let interval = timer(options.heartbeat_ivl);
    let timeout =
        if options.heartbeat_timeout == -1 { interval } else { timer(options.heartbeat_timeout) };
    Some(zmtp::Config {
        socket_type: zmtp::SocketType::from_number(options.kind.number())?,
        routing_id: options.routing_id.clone(),
        properties: options.metadata.clone(),
        mechanism: mechanism(options),
        asks: asks(options),
        entropy: Entropy(|buffer| random::fill(buffer).is_ok()),
        max_body: u64::try_from(options.maxmsgsize).ok(),
        handshake_timeout: timer(options.handshake_ivl),
        heartbeat: zmtp::HeartbeatConfig {
            interval,
            timeout: timeout.filter(|_| interval.is_some()),
            ttl: u16::try_from(options.heartbeat_ttl / 100).unwrap_or(u16::MAX),
        },
        refuse_old: options.mechanism != Mechanism::Null || !options.zap_domain.is_empty(),
    })
}

/// The mechanism, with what it needs.
fn mechanism(options: &Options) -> zmtp::Mechanism {
    match (options.mechanism, options.as_server) {
        (Mechanism::Null, _) => zmtp::Mechanism::Null,
        (Mechanism::Plain, true) => zmtp::Mechanism::PlainServer,
        (Mechanism::Plain, false) => zmtp::Mechanism::PlainClient(Login {
            username: options.plain_username.clone(),
            password: options.plain_password.clone(),
        }),
        (Mechanism::Curve, true) => {
            zmtp::Mechanism::CurveServer(Box::new(KeyPair::from_secret(&options.curve_secretkey)))
        }
        (Mechanism::Curve, false) => zmtp::Mechanism::CurveClient(Box::new(ClientKeys {
            public: options.curve_publickey,
            secret: Secret(options.curve_secretkey.clone()),
            server: options.curve_serverkey,
        })),
        #[cfg(feature = "gssapi")]
        (Mechanism::Gssapi, server) => zmtp::Mechanism::Gssapi(gssapi(options, server)),
    }
}

/// What GSSAPI needs.
#[cfg(feature = "gssapi")]
fn gssapi(options: &Options, server: bool) -> Terms {
    let plaintext = options.gssapi_plaintext;
    let own = Some(&options.gssapi_principal).filter(|name| !name.is_empty());
    let wishes = Wishes {
        server,
        plaintext,
        own: own.map(|name| Principal::new(name, options.gssapi_principal_nametype)),
        service: Principal::new(
            &options.gssapi_service_principal,
            options.gssapi_service_principal_nametype,
        ),
    };
    Terms { server, plaintext, contexts: Arc::new(Kerberos::new(wishes)) }
}

/// Whether the application's handler is asked about peers.
fn asks(options: &Options) -> bool {
    let in_domain = !options.zap_domain.is_empty();
    match (options.mechanism, options.as_server) {
        (Mechanism::Null, _) => in_domain,
        (Mechanism::Plain, true) => true,
        // Without a domain, and where domains are insisted on, keys are enough.
        (Mechanism::Curve, true) => in_domain || !options.zap_enforce_domain,
        (Mechanism::Plain | Mechanism::Curve, false) => false,
        #[cfg(feature = "gssapi")]
        (Mechanism::Gssapi, server) => server,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_holds_more_connections_unless_the_program_says_how_many() {
        assert_eq!([100, 99, 101, 7, 0].map(backlog), [4096, 99, 101, 7, 0]);
    }
}
