//! Sockets: one file per messaging pattern, the parts that patterns share, and the socket itself.

mod endpoints;
mod kind;
mod monitor;
mod option_calls;
mod pattern;
mod socket;
mod transfer;

pub(crate) use kind::Kind;
pub(crate) use monitor::MonitorRequest;
pub(crate) use socket::Socket;
pub(crate) use transfer::{DONTWAIT, POLLIN, POLLOUT, SNDMORE};
