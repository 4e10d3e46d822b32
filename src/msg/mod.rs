//! The message: the 64 bytes that C programs declare as `zmq_msg_t`, and what travels with them.
//!
//! The room exists so that one type serves both sides. The block in the caller's memory and the
//! element of a pipe are the same [`Msg`], which makes sending a message a move of 64 bytes, and
//! leaves one place that knows how content is owned, shared and given back.

mod content;
mod due;
mod growing;
mod metadata;
mod property;
mod repr;
mod slab;
#[cfg(test)]
mod tests;

pub(crate) use due::{call_due, is_due, may_be_due};
pub(crate) use growing::Growing;
pub(crate) use metadata::Metadata;
pub(crate) use repr::{Kind, Msg};

use crate::sys::depot;

/// Registers what is to be done at the calling thread's end; see `core::settle`.
pub(crate) fn settle() {
    due::settle();
    slab::settle();
    depot::settle();
}
