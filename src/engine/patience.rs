//! When a peer that owes an answer to a PING may be late.
//!
//! The PING stands behind whatever was written before it. A peer that does not read, because its
//! application has all it can take, cannot answer, and is not dead; neither is one that is working
//! off a long queue. What can be known of that from this side is asked here: whether the kernel
//! holds bytes that the peer has no room for, and whether it takes some.

#![forbid(unsafe_code)]

use crate::transport::Stream;

/// What was known when the peer was late the last time.
#[derive(Debug, Default)]
pub(super) struct Patience {
    /// Bytes that the kernel has taken so far.
    pub(super) written: u64,
    /// As many of them as the peer had taken.
    taken: u64,
    /// The peer had no room.
    held_up: bool,
}

impl Patience {
    /// Whether the peer may be late once more.
    pub(super) fn excuses(&mut self, stream: &Stream) -> bool {
        let Ok(backlog) = stream.backlog() else { return false };
        let taken = self.written.saturating_sub(backlog.queued as u64);
        let goes_on = backlog.long && taken > self.taken;
        // A peer that has just got room had no time to answer.
        let was_held_up = std::mem::replace(&mut self.held_up, backlog.held_up);
        self.taken = taken;
        backlog.held_up || goes_on || was_held_up
    }
}
