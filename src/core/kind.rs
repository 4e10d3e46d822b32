//! The types of sockets, and what is known of them without looking at their pattern.

#![forbid(unsafe_code)]

/// A socket type, with its number in `zmq.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub(crate) enum Kind {
    /// `ZMQ_PAIR`
    Pair = 0,
    /// `ZMQ_PUB`
    Pub = 1,
    /// `ZMQ_SUB`
    Sub = 2,
    /// `ZMQ_REQ`
    Req = 3,
    /// `ZMQ_REP`
    Rep = 4,
    /// `ZMQ_DEALER`
    Dealer = 5,
    /// `ZMQ_ROUTER`
    Router = 6,
    /// `ZMQ_PULL`
    Pull = 7,
    /// `ZMQ_PUSH`
    Push = 8,
    /// `ZMQ_XPUB`
    Xpub = 9,
    /// `ZMQ_XSUB`
    Xsub = 10,
    /// `ZMQ_STREAM`
    Stream = 11,
    /// `ZMQ_SERVER`
    Server = 12,
    /// `ZMQ_CLIENT`
    Client = 13,
    /// `ZMQ_RADIO`
    Radio = 14,
    /// `ZMQ_DISH`
    Dish = 15,
    /// `ZMQ_GATHER`
    Gather = 16,
    /// `ZMQ_SCATTER`
    Scatter = 17,
    /// `ZMQ_DGRAM`
    Dgram = 18,
    /// `ZMQ_PEER`
    Peer = 19,
    /// `ZMQ_CHANNEL`
    Channel = 20,
}

impl Kind {
    /// All of them, each at the index that is its number.
    pub(crate) const ALL: [Kind; 21] = [
        Kind::Pair,
        Kind::Pub,
        Kind::Sub,
        Kind::Req,
        Kind::Rep,
        Kind::Dealer,
        Kind::Router,
        Kind::Pull,
        Kind::Push,
        Kind::Xpub,
        Kind::Xsub,
        Kind::Stream,
        Kind::Server,
        Kind::Client,
        Kind::Radio,
        Kind::Dish,
        Kind::Gather,
        Kind::Scatter,
        Kind::Dgram,
        Kind::Peer,
        Kind::Channel,
    ];

    /// The type with a number.
    pub(crate) fn from_number(number: i32) -> Option<Kind> {
        Kind::ALL.get(usize::try_from(number).ok()?).copied()
    }

    /// The number.
    pub(crate) fn number(self) -> i32 {
        self as i32
    }

    /// Whether several threads may use one socket.
    pub(crate) fn thread_safe(self) -> bool {
        use Kind::*;
        match self {
            Server | Client | Radio | Dish | Gather | Scatter | Peer | Channel => true,
            Pair | Pub | Sub | Req | Rep | Dealer | Router | Pull | Push | Xpub | Xsub | Stream
            | Dgram => false,
        }
    }

    /// Whether it may take a short message of one frame from a caller's buffer to where it will lie in a
    /// pipe, or from there, with the socket locked: the types that need not make a message of it for
    /// anything else, in one direction at least, and have no other threads that would wait.
    #[inline]
    pub(crate) fn copies_in_place(self) -> bool {
        use Kind::*;
        matches!(self, Pair | Push | Pull | Dealer | Sub | Xsub)
    }

    /// Whether messages that have arrived are worth keeping a pipe for whose peer has gone.
    ///
    /// PUB reads subscriptions, but those of a peer that has gone mean nothing.
    pub(crate) fn reads(self) -> bool {
        use Kind::*;
        match self {
            Pub | Push | Radio | Scatter => false,
            Pair | Sub | Req | Rep | Dealer | Router | Pull | Xpub | Xsub | Stream | Server
            | Client | Dish | Gather | Dgram | Peer | Channel => true,
        }
    }

    /// Whether its peers say what they want to hear.
    pub(crate) fn is_subscribed_to(self) -> bool {
        matches!(self, Kind::Pub | Kind::Xpub | Kind::Radio)
    }

    /// Whether `ZMQ_CONFLATE` means anything to it.
    pub(crate) fn conflates(self) -> bool {
        matches!(self, Kind::Push | Kind::Pull | Kind::Pub | Kind::Sub | Kind::Dealer)
    }

    /// Whether it sends `ZMQ_HELLO_MSG` over inproc.
    pub(crate) fn says_hello(self) -> bool {
        use Kind::*;
        matches!(self, Dealer | Router | Rep | Req | Server | Client | Peer)
    }

    /// Whether udp is for it.
    pub(crate) fn speaks_udp(self) -> bool {
        matches!(self, Kind::Radio | Kind::Dish | Kind::Dgram)
    }

    /// Whether a second connect to the same network endpoint changes nothing.
    pub(crate) fn connects_once(self) -> bool {
        matches!(self, Kind::Dealer | Kind::Sub | Kind::Pub | Kind::Req)
    }

    /// Whether it can answer questions about peers (ZAP).
    pub(crate) fn answers_questions(self) -> bool {
        matches!(self, Kind::Rep | Kind::Router | Kind::Server)
    }

    /// Whether it receives `ZMQ_DISCONNECT_MSG`.
    pub(crate) fn hears_farewell(self) -> bool {
        matches!(self, Kind::Router | Kind::Rep | Kind::Server | Kind::Peer)
    }
}
