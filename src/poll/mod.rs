//! Waiting for several things at once: the behaviour behind the polling, proxy and timer
//! functions, without their C signatures.

#![forbid(unsafe_code)]

pub(crate) mod timers;
