//! Sockets: one file per messaging pattern, the parts that patterns share, and the socket itself.

mod client;
mod dealer;
mod dgram;
mod dish;
mod endpoints;
mod kind;
mod monitor;
mod option_calls;
mod pair;
mod parts;
mod pattern;
mod publisher;
mod pull;
mod push;
mod radio;
mod rep;
mod req;
mod router;
mod routing;
mod server;
mod socket;
mod stream;
mod sub;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod transfer;
mod xpub;
mod xsub;

pub(crate) use kind::Kind;
pub(crate) use monitor::MonitorRequest;
pub(crate) use socket::Socket;
pub(crate) use transfer::{DONTWAIT, POLLIN, POLLOUT, SNDMORE};
