//! Whether a type of socket knows messages of several frames.
//!
//! The thread-safe types do not: two threads that send frames of two messages in turn could not be
//! told apart. They refuse to send such messages, and what a foreign peer sends them is thrown
//! away whole.

#![forbid(unsafe_code)]

use super::fair_queue::FairQueue;
use crate::core::pipes::{PipeKey, Pipes};
use crate::error::{Error, Result};
use crate::msg::Msg;

/// How many frames a message may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Frames {
    /// Any number.
    Many,
    /// Exactly one.
    One,
}

impl Frames {
    /// Refuses a frame that announces more where only one is allowed.
    #[inline]
    pub(crate) fn check(self, msg: &Msg) -> Result<()> {
        match self {
            Frames::One if msg.more() => Err(Error::Invalid),
            Frames::One | Frames::Many => Ok(()),
        }
    }

    /// Reads the next frame that the type may show.
    #[inline(always)]
    pub(crate) fn recv(
        self,
        queue: &mut FairQueue,
        pipes: &mut Pipes,
        msg: &mut Msg,
    ) -> Result<PipeKey> {
        let key = match self {
            Frames::Many => queue.recv(pipes, msg),
            Frames::One => queue.recv_single(pipes, msg),
        };
        key.ok_or(Error::Again)
    }
}
