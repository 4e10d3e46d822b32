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
//!   them. Whom to ask, and how, is `zap`;
//! - what it agreed on stays in `established::Established`: frames that come are opened there, and
//!   `frames` is where those that go are sealed, both by what `sealing` has a variant for.
//!
//! The mechanism GSSAPI is part of builds with the cargo feature `gssapi`, and of every build for
//! tests, as it knows contexts of GSSAPI only as a trait: what is tested without a Kerberos server
//! needs no library of the system either.

#![forbid(unsafe_code)]

mod command;
mod config;
mod curve;
mod decoder;
mod encoder;
mod established;
mod frames;
mod framing;
mod greeting;
#[cfg(any(test, feature = "gssapi"))]
pub(crate) mod gssapi;
mod handshake;
mod heartbeat;
pub(crate) mod keys;
mod metadata;
mod null;
mod outgoing;
mod peer_error;
mod plain;
mod reader;
mod sealing;
mod security_error;
mod session;
mod shape;
mod socket_type;
#[cfg(test)]
mod tests;
mod verdict;
pub(crate) mod z85;
pub(crate) mod zap;

pub(crate) use config::{ClientKeys, Config, Entropy, HeartbeatConfig, Login, Mechanism, Secret};
pub(crate) use outgoing::Outgoing;
pub(crate) use peer_error::{Failure, NoDetail, PeerError, Stage};
pub(crate) use security_error::{HandlerError, SecurityError};
pub(crate) use session::{Event, Peer, Session, Version};
pub(crate) use socket_type::SocketType;
pub(crate) use verdict::{Credentials, Status, Verdict};
