//! Sockets: one file per messaging pattern, the parts that patterns share, and the socket itself.

mod client;
mod dealer;
mod dgram;
mod endpoints;
mod kind;
mod monitor;
mod option_calls;
mod pair;
mod parts;
mod pattern;
mod pull;
mod push;
mod rep;
mod req;
mod router;
mod routing;
mod server;
mod socket;
mod stream;
#[cfg(test)]
mod testing;
mod transfer;

pub(crate) use kind::Kind;
pub(crate) use monitor::MonitorRequest;
pub(crate) use socket::Socket;
pub(crate) use transfer::{DONTWAIT, POLLIN, POLLOUT, SNDMORE};
