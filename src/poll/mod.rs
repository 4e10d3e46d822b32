//! Waiting for several things at once: the behaviour behind the polling, proxy and timer
//! functions, without their C signatures.
//!
//! There is one mechanism for waiting, in `wait`; `zmq_poll`, the poller and the proxy differ in
//! what they hand to it and in how they report the outcome.

#![forbid(unsafe_code)]

#[expect(clippy::module_inception, reason = "`zmq_poll` is one of the things in the room")]
pub(crate) mod poll;
pub(crate) mod poller;
pub(crate) mod proxy;
#[cfg(test)]
mod testing;
pub(crate) mod timers;
mod wait;

pub(crate) use wait::{Item, with_slots};

pub(crate) use crate::socket::{POLLIN, POLLOUT};

/// `ZMQ_POLLERR`
pub(crate) const POLLERR: i16 = 4;
/// `ZMQ_POLLPRI`
pub(crate) const POLLPRI: i16 = 8;

/// Refuses events that `zmq.h` does not name.
fn check_events(events: i16) -> crate::error::Result<()> {
    if events & !(POLLIN | POLLOUT | POLLERR | POLLPRI) == 0 {
        Ok(())
    } else {
        Err(crate::error::Error::Invalid)
    }
}
