//! Sockets: one file per messaging pattern, the parts that patterns share, and the socket itself.

mod endpoints;
mod kind;
mod monitor;
mod option_calls;
mod parts;
mod pattern;
mod socket;
mod transfer;

mod client;
mod dealer;
mod dgram;
mod dish;
mod pair;
mod peer;
mod publisher;
mod pull;
mod push;
mod radio;
mod rep;
mod req;
mod router;
mod server;
mod stream;
mod sub;
mod xpub;
mod xsub;

pub(crate) use kind::Kind;
pub(crate) use monitor::MonitorRequest;
pub(crate) use socket::Socket;
pub(crate) use transfer::{DONTWAIT, POLLIN, POLLOUT, SNDMORE};
