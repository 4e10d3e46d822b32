//! Moving a connection's bytes on another thread than its I/O thread.
//!
//! A connection is a pump behind a lock, and whoever holds the lock may run it. Normally that is its
//! I/O thread; but an application thread that has just sent one message, or that is about to wait
//! for one, would pay for two thread hops where a system call does.
//!
//! What a pump cannot do at once (the lock is taken, the connection is not up, the peer has broken a
//! rule) it leaves to the I/O thread. It waits for nothing but an I/O thread that moves bytes, in
//! `let_go` and where reading is its own business; and no I/O thread waits for a socket. So it may be
//! run under a socket's lock.

#![forbid(unsafe_code)]

use std::os::fd::RawFd;

use super::tempo::Tempo;

/// What came of writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pushed {
    /// Everything that was there is written.
    Done,
    /// Another thread runs the connection at this moment.
    Busy,
    /// The I/O thread has to see to it.
    Left,
}

/// A connection, as seen by the socket that it belongs to.
pub(crate) trait Pump: Send + Sync {
    /// Writes what the socket has sent.
    fn push(&self) -> Pushed;

    /// Reads what has arrived and delivers it. The first call takes the reading over from the I/O
    /// thread, unless that has left it to the socket before; it takes it back when calls stay away, and
    /// whenever there is more to it. False: for the time being it is the I/O thread that has to read.
    fn pull(&self) -> bool;

    /// The descriptor to wait on for the next `pull`; none while the I/O thread reads.
    fn reads_here(&self) -> Option<RawFd>;

    /// Leaves the reading to the I/O thread.
    fn let_go(&self);
}

/// A way to a pump that does not keep its connection.
pub(crate) type PumpRef = std::sync::Weak<dyn Pump>;

/// Runs a pump for a message that the I/O thread does not know of, if this is the time for it; false:
/// the I/O thread has to be told.
pub(super) fn push(pump: Option<&dyn Pump>, tempo: &mut Tempo) -> bool {
    let Some(pump) = pump.filter(|_| tempo.is_calm()) else { return false };
    let pushed = pump.push() == Pushed::Done;
    tempo.beat();
    pushed
}
