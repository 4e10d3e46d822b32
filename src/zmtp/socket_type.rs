//! Types of sockets as peers see them: number, name, and who talks to whom.

#![forbid(unsafe_code)]

use std::fmt;

/// A type of socket, with its number on the wire (which is the one in `zmq.h`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs, reason = "the names are those of the constants in zmq.h")]
pub(crate) enum SocketType {
    Pair = 0,
    Pub = 1,
    Sub = 2,
    Req = 3,
    Rep = 4,
    Dealer = 5,
    Router = 6,
    Pull = 7,
    Push = 8,
    Xpub = 9,
    Xsub = 10,
    Stream = 11,
    Server = 12,
    Client = 13,
    Radio = 14,
    Dish = 15,
    Gather = 16,
    Scatter = 17,
    Dgram = 18,
    Peer = 19,
    Channel = 20,
}

impl SocketType {
    /// All of them, each at the index that is its number.
    pub(crate) const ALL: [SocketType; 21] = {
        use SocketType::*;
        [
            Pair, Pub, Sub, Req, Rep, Dealer, Router, Pull, Push, Xpub, Xsub, Stream, Server,
            Client, Radio, Dish, Gather, Scatter, Dgram, Peer, Channel,
        ]
    };

    /// The type with a number of `zmq.h`.
    pub(crate) fn from_number(number: i32) -> Option<SocketType> {
        SocketType::ALL.get(usize::try_from(number).ok()?).copied()
    }

    /// The number, as old greetings carry it.
    pub(crate) fn number(self) -> u8 {
        self as u8
    }

    /// The value of the property `Socket-Type`.
    pub(crate) fn name(self) -> &'static str {
        use SocketType::*;
        match self {
            Pair => "PAIR",
            Pub => "PUB",
            Sub => "SUB",
            Req => "REQ",
            Rep => "REP",
            Dealer => "DEALER",
            Router => "ROUTER",
            Pull => "PULL",
            Push => "PUSH",
            Xpub => "XPUB",
            Xsub => "XSUB",
            Stream => "STREAM",
            Server => "SERVER",
            Client => "CLIENT",
            Radio => "RADIO",
            Dish => "DISH",
            Gather => "GATHER",
            Scatter => "SCATTER",
            Dgram => "DGRAM",
            Peer => "PEER",
            Channel => "CHANNEL",
        }
    }

    /// The types that it talks to.
    pub(crate) fn peers(self) -> &'static [SocketType] {
        use SocketType::*;
        match self {
            Pair => &[Pair],
            Pub | Xpub => &[Sub, Xsub],
            Sub | Xsub => &[Pub, Xpub],
            Req => &[Rep, Router],
            Rep => &[Req, Dealer],
            Dealer => &[Rep, Dealer, Router],
            Router => &[Req, Dealer, Router],
            Pull => &[Push],
            Push => &[Pull],
            Stream => &[],
            Server => &[Client],
            Client => &[Server],
            Radio => &[Dish],
            Dish => &[Radio],
            Gather => &[Scatter],
            Scatter => &[Gather],
            Dgram => &[Dgram],
            Peer => &[Peer],
            Channel => &[Channel],
        }
    }

    /// Whether it talks to a peer that says it is of a type.
    pub(crate) fn accepts(self, name: &[u8]) -> bool {
        self.peers().iter().any(|peer| peer.name().as_bytes() == name)
    }

    /// Whether it tells its routing id to peers of ZMTP 3.
    pub(super) fn announces_routing_id(self) -> bool {
        matches!(self, SocketType::Req | SocketType::Dealer | SocketType::Router)
    }

    /// Whether it takes subscriptions.
    pub(super) fn publishes(self) -> bool {
        matches!(self, SocketType::Pub | SocketType::Xpub)
    }
}

impl fmt::Display for SocketType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
