//! Connections: what moves bytes between a descriptor, the protocol and a pipe.
//!
//! ```text
//!  application │  I/O thread
//!              │
//!  socket ◀──pipe──▶ Peer ─┬─ Side   the pipe, and what outlives a link
//!              │           ├─ Dialer  how to get the next link (connecting sides only)
//!              │           └─ Link    descriptor, session, bytes under way
//!  socket ◀─ Owner ─ Listener ──▶ a new Peer for every accepted descriptor
//! ```
//!
//! - A [`peer::Peer`] is one peer of a socket. An accepted one lives as long as its link; one that
//!   was connected lives until it is disconnected and has link after link.
//! - Everything a peer owns is behind one lock, and whoever holds that lock may move its bytes:
//!   the I/O thread that the peer was given to, which runs it as a job, or the thread that uses the
//!   socket ([`inline`]). Nothing in [`link`] depends on which thread that is.
//! - The socket and its peers share the pipe and nothing else. What a socket wants of a peer, it
//!   says through the pipe or leaves as an order; what a peer has to tell, it tells the
//!   [`owner::Owner`].
//!
//! When a peer's link breaks, `side` decides what becomes of messages, and `peer` what comes next:
//! the end, or another attempt.

#![forbid(unsafe_code)]

mod brood;
mod dialer;
mod ending;
mod inline;
mod inquiry;
mod link;
mod listener;
mod owner;
mod patience;
mod peer;
mod profile;
mod replay;
mod side;

pub(crate) use listener::{ListenerHandle, start_listener};
pub(crate) use owner::{Event, Happening, Owner};
pub(crate) use peer::{PeerHandle, start_connecting};
pub(crate) use profile::Profile;
