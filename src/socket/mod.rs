//! Sockets: one file per messaging pattern, the parts that patterns share, and the socket itself.

mod dish;
mod endpoints;
mod kind;
mod monitor;
mod option_calls;
mod parts;
mod pattern;
mod publisher;
mod radio;
mod socket;
mod sub;
mod transfer;
mod xpub;
mod xsub;

pub(crate) use kind::Kind;
pub(crate) use monitor::MonitorRequest;
pub(crate) use socket::Socket;
pub(crate) use transfer::{DONTWAIT, POLLIN, POLLOUT, SNDMORE};
