//! `libzmq.so.5` in Rust: the C ABI of libzmq 4.3.5, independent of its code.
//!
//! The rooms, in the order in which they may know of each other (each knows only those below it):
//!
//! | room | what lives there |
//! |---|---|
//! | `commands` | what the programs that come with the library do |
//! | `ffi` | `extern "C"` and nothing else, one file per section of `zmq.h` |
//! | `key_pair` | CURVE keys as texts, for the two above |
//! | `poll` | `zmq_poll`, poller, proxy, timers: the behaviour behind `ffi` |
//! | `socket` | the socket, its parts, and one file per messaging pattern |
//! | `engine` | listeners, peers and links: bytes between descriptors, the protocol and pipes |
//! | `core` | context, threads, mailboxes, queues, pipes, options, registry, monitor |
//! | `transport` | how peers are reached: endpoints, addresses, sockets of the system |
//! | `kerberos` | contexts of GSSAPI; only with the cargo feature `gssapi` |
//! | `zmtp` | sans-IO protocol: bytes in, bytes and events out |
//! | `crypto` | authenticated encryption with the boxes of NaCl, for CURVE |
//! | `msg` | the 64-byte message |
//! | `sys` | every libc call |
//!
//! `unsafe` may stand in `ffi`, `sys`, the representation of messages (`msg::repr`, `msg::content`,
//! `msg::slab`, `msg::due`, `msg::growing`), `core::queue` and `crypto::wide`; every other file forbids it.

pub mod commands;
mod core;
mod crypto;
mod engine;
mod error;
pub mod ffi;
#[cfg(fuzzing)]
pub mod fuzzing;
#[cfg(feature = "gssapi")]
mod kerberos;
mod key_pair;
mod msg;
mod poll;
#[cfg(test)]
mod published;
mod socket;
mod sys;
mod transport;
mod zmtp;
