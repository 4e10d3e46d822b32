//! The protocol, without I/O: bytes in, bytes and events out.
//!
//! It is a room of its own so that all of it can be tested and fuzzed one byte at a time: nothing
//! in here knows a socket, a thread, a clock or a type of the operating system. Whatever of that
//! kind it needs (time, entropy) is handed in.

#![forbid(unsafe_code)]

pub(crate) mod keys;
pub(crate) mod z85;
