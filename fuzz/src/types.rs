//! Numbers of the types of sockets that need to be known by name.
#![allow(missing_docs, reason = "the names are those of the constants in zmq.h")]

pub const PAIR: u8 = 0;
pub const PUB: u8 = 1;
pub const SUB: u8 = 2;
pub const REQ: u8 = 3;
pub const DEALER: u8 = 5;
pub const ROUTER: u8 = 6;
pub const XPUB: u8 = 9;
pub const XSUB: u8 = 10;
pub const SERVER: u8 = 12;
pub const CLIENT: u8 = 13;
pub const RADIO: u8 = 14;
pub const DISH: u8 = 15;
pub const GATHER: u8 = 16;
pub const SCATTER: u8 = 17;
pub const PEER: u8 = 19;
pub const CHANNEL: u8 = 20;

/// How many there are.
pub const COUNT: u8 = 21;

/// Whether messages have one part only.
pub fn has_single_parts(socket_type: u8) -> bool {
    matches!(socket_type, SERVER | CLIENT | GATHER | SCATTER | PEER | CHANNEL)
}

/// Whether it takes subscriptions.
pub fn publishes(socket_type: u8) -> bool {
    matches!(socket_type, PUB | XPUB)
}
