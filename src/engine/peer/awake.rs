//! How a peer stays awake while its socket sends much.
//!
//! The room exists because waking a thread costs more than a message does. In a burst the I/O thread
//! does not say that it sleeps, but naps and looks again, so that nobody need tell it of messages; when
//! little comes it asks for notices as ever. Whether to nap or to sleep is decided here and nowhere
//! else; how long a nap is, the I/O thread knows, and what the sender does meanwhile stands in
//! [`inline`](crate::engine::inline).

#![forbid(unsafe_code)]

use super::{Stage, State, Step};
use crate::core::io_thread::Io;
use crate::core::spin::may_work_inline;
use crate::sys::clock;

/// A socket that has sent so many frames between two looks is in a burst.
const BURST: usize = 16;
/// So is one whose burst goes on in so many nanoseconds after the pipe was found empty: who is told of a
/// message comes too early for the next one, and would have to be told of each.
const AGAIN: u64 = 50_000;

impl State {
    /// Moves bytes for a socket that has begun to send. If it sends much, this goes on without
    /// being told of every message.
    pub(super) fn pump_awake(&mut self, burst: bool, io: &mut Io<'_>) -> Step {
        self.side.awake = may_work_inline() && self.leaving.is_none();
        let goes_on = burst && self.side.awake && clock::nanos().saturating_sub(self.slept) < AGAIN;
        self.side.taken = if goes_on { BURST } else { 0 };
        self.pump_and_rest(io)
    }

    /// Some time has passed for which the pipe was left alone.
    pub(super) fn napped(&mut self, io: &mut Io<'_>) -> Step {
        if !self.side.awake {
            return Ok(());
        }
        if std::mem::take(&mut self.side.pushed) {
            // The sender is at it.
            self.side.taken = 0;
            io.turn.nap();
            return Ok(());
        }
        self.pump_and_rest(io)
    }

    /// Moves bytes, and then naps if there were many, or else sleeps.
    fn pump_and_rest(&mut self, io: &mut Io<'_>) -> Step {
        self.pump(io)?;
        // It may never have been awake, or the link is lost just now.
        if !self.side.awake {
            return Ok(());
        }
        if std::mem::take(&mut self.side.taken) >= BURST && matches!(self.stage, Stage::Up(_)) {
            io.turn.nap();
            return Ok(());
        }
        self.side.awake = false;
        self.sleeps();
        if self.side.falls_asleep() { Ok(()) } else { self.pump(io) }
    }

    /// From now on the socket has to tell of what it sends.
    pub(super) fn sleeps(&mut self) {
        if may_work_inline() {
            self.slept = clock::nanos();
        }
    }
}
