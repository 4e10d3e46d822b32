//! The protocol, without I/O: bytes in, bytes and events out.
//!
//! It is a room of its own so that all of it can be tested and fuzzed one byte at a time: nothing
//! in here knows a socket, a thread, a clock or a type of the operating system. Whatever of that
//! kind it needs (time, entropy) is handed in.
//!
//! [`Session`] is the door. A connection passes through greeting, handshake and traffic
//! (`session`), each a state that owns its data. Where a security mechanism fits in:
//!
//! - a variant of `handshake::Handshake` with a file of its own, which gets commands and writes
//!   commands, and whose states are its own; waiting for somebody's verdict on the peer is one of
//!   them;
//! - what it agreed on stays in `established::Established`, whose two narrow places every frame
//!   passes: one where it would be opened, one where it would be sealed.

#![forbid(unsafe_code)]

mod command;
mod config;
mod decoder;
mod encoder;
mod established;
mod framing;
mod greeting;
mod handshake;
mod heartbeat;
pub(crate) mod keys;
mod metadata;
mod null;
mod outgoing;
mod peer_error;
mod reader;
mod session;
mod shape;
mod socket_type;
#[cfg(test)]
mod tests;
pub(crate) mod z85;

pub(crate) use config::{Config, HeartbeatConfig, Mechanism};
pub(crate) use outgoing::Outgoing;
pub(crate) use peer_error::{Failure, NoDetail, PeerError, Stage};
pub(crate) use session::{Event, Peer, Session, Version};
pub(crate) use socket_type::SocketType;
