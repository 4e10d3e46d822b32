//! Sockets: one file per messaging pattern, the parts that patterns share, and the socket itself.

#![forbid(unsafe_code)]

mod client;
mod dealer;
mod dgram;
mod dish;
mod endpoints;
mod monitor;
mod network;
mod option_calls;
mod owner;
mod pair;
mod parts;
mod passage;
mod pattern;
mod patterns;
mod publisher;
mod pull;
mod push;
mod radio;
mod rep;
mod req;
mod router;
mod routing;
mod server;
mod state;
mod stream;
mod sub;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod transfer;
mod wait;
mod xpub;
mod xsub;

pub(crate) use monitor::MonitorRequest;
pub(crate) use passage::Passage;
pub(crate) use state::Socket;
pub(crate) use transfer::{DONTWAIT, POLLIN, POLLOUT, SNDMORE};
pub(crate) use wait::Together;
