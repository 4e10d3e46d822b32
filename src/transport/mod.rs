//! How peers are reached: what endpoint strings mean, and the sockets behind tcp and ipc.
//!
//! Nothing here knows what the bytes mean that go through. Everything returns at once except
//! look-ups of host names, which `zmq_bind` waits for and connecting does not
//! ([`resolver`]). `inproc` has no more here than its name; its meeting place is the context's
//! registry.

#![forbid(unsafe_code)]

mod endpoint;
mod ipc;
mod listener;
mod resolver;
mod settings;
pub(crate) mod spelling;
mod stream;
mod target;
mod tcp;
#[cfg(test)]
mod testing;

pub(crate) use crate::sys::net_local::is_member;
pub(crate) use endpoint::{Endpoint, Scheme};
pub(crate) use listener::{Listener, OpenError};
pub(crate) use resolver::look_up;
pub(crate) use settings::Settings;
pub(crate) use stream::{Progress, Stream};
pub(crate) use target::{Address, Target, numeric_endpoint};
#[cfg(fuzzing)]
pub(crate) use tcp::listening_address;
