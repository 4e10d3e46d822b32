//! `libzmq.so.5` in Rust: the C ABI of libzmq 4.3.5, independent of its code.
//!
//! The rooms, in the order in which they may know of each other (each knows only those below it):
//!
//! | room | what lives there |
//! |---|---|
//! | `ffi` | `extern "C"` and nothing else, one file per section of `zmq.h` |
//! | `poll` | `zmq_poll`, poller, proxy, timers: the behaviour behind `ffi` |
//! | `socket` | the socket, its parts, and one file per messaging pattern |
//! | `core` | context, threads, mailboxes, queues, pipes, options, registry, monitor |
//! | `zmtp` | sans-IO protocol: bytes in, bytes and events out |
//! | `transport` | endpoints, listeners and streams of tcp and ipc, look-ups of names |
//! | `msg` | the 64-byte message |
//! | `sys` | every libc call |
//!
//! `unsafe` may stand in `ffi`, `sys`, the representation of messages (`msg::repr`, `msg::content`,
//! `msg::due`, `msg::growing`) and `core::queue`; every other file forbids it.

mod core;
mod error;
pub mod ffi;
mod msg;
mod poll;
#[cfg(test)]
mod published;
mod socket;
mod sys;
#[allow(dead_code, unused_imports, reason = "the I/O threads that run connections come next")]
mod transport;
#[allow(dead_code, unused_imports, reason = "connections use it, and there are none yet")]
mod zmtp;
