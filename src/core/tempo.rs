//! Whether a socket sends now and then, or in a burst.
//!
//! A message that nothing follows is best written by the thread that sent it. In a burst that would
//! cost a system call for each message, where the I/O thread writes hundreds with one. A message
//! belongs to a burst if the one before it was sent a moment ago; the time that the thread itself
//! spent on writing that does not count.
//!
//! In a long burst the I/O thread does not sleep over an empty pipe, but looks again after a while
//! (`Turn::nap`), so that nobody has to wake it; and the sender writes what has gathered
//! ([`Gathering`]) whenever that is worth a system call. So the message passes through one thread
//! only, and nothing waits for longer than a nap.

#![forbid(unsafe_code)]

use super::spin;
use crate::sys::clock;

/// A pause of so many nanoseconds ends a burst. In that time a program receives the answer to a
/// message at the very earliest, while a loop that does nothing but send takes a tenth of it.
const PAUSE: u64 = 3_000;

/// How a socket sends.
#[derive(Debug, Default)]
pub(crate) struct Tempo {
    /// The moment of the last send that the I/O thread was not at work for; none at first.
    last: u64,
    /// How many pipes the socket has.
    pub(crate) pipes: u32,
}

impl Tempo {
    /// Whether the socket has paused, so that its thread may write itself.
    pub(crate) fn is_calm(&mut self) -> bool {
        if !spin::may_work_inline() {
            return false;
        }
        let now = clock::nanos();
        let before = std::mem::replace(&mut self.last, now);
        now.saturating_sub(before) > PAUSE
    }

    /// From now on time counts.
    pub(crate) fn beat(&mut self) {
        self.last = clock::nanos();
    }
}

/// So many messages are worth a system call of the thread that sends them.
const MANY: u32 = 1024;
/// Or as many as come in so many nanoseconds, for each pipe of the socket that has its share of them.
const LONG: u64 = 40_000;
/// More pipes than this do not count.
const CROWD: u32 = 12;
/// Messages between two glances at the clock.
const GLANCE: u32 = 16;

/// The messages of a burst in one pipe that, as far as their sender knows, nobody has written yet.
#[derive(Debug)]
pub(crate) struct Gathering {
    /// How many there are.
    count: u32,
    /// How many there have to be for a closer look.
    look_at: u32,
    /// When somebody wrote last.
    since: u64,
    /// A message among them has a release function, or one before them had.
    left: bool,
}

impl Default for Gathering {
    /// No connection gathers anything before its I/O thread has been told of a burst.
    fn default() -> Gathering {
        Gathering { count: 0, look_at: u32::MAX, since: 0, left: false }
    }
}

impl Gathering {
    /// One more; whether it is time for a closer look.
    #[inline]
    pub(crate) fn add(&mut self) -> bool {
        self.count = self.count.wrapping_add(1);
        self.count >= self.look_at
    }

    /// The closer look: whether they are worth a system call.
    pub(crate) fn is_due(&mut self, tempo: &Tempo) -> bool {
        self.look_at = self.count.saturating_add(GLANCE);
        let long = LONG * u64::from(tempo.pipes.min(CROWD));
        self.count >= MANY || clock::nanos().saturating_sub(self.since) >= long
    }

    /// Whether there is anything that could be written.
    pub(crate) fn is_pending(&self) -> bool {
        self.count > 0 && self.look_at != u32::MAX
    }

    /// A burst has begun, of which the I/O thread is told.
    pub(crate) fn begin(&mut self) {
        if spin::may_work_inline() {
            self.clear();
        }
    }

    /// They are written, or somebody is at it who may write all that is in the pipe.
    pub(crate) fn clear(&mut self) {
        *self = Gathering { count: 0, look_at: GLANCE, since: clock::nanos(), left: false };
    }

    /// Leaves the message that is being sent to the I/O thread, and those that follow while it may
    /// be there. Where it is written its release function is called, and a program may hold a lock
    /// of its own while it sends.
    #[cold]
    pub(crate) fn leave(&mut self) {
        *self = Gathering { left: true, ..Gathering::default() };
    }

    /// Whether the message that is being sent is left to the I/O thread. The pipe was empty before
    /// it, so that the next ones need not be.
    pub(crate) fn is_left(&mut self) -> bool {
        std::mem::take(&mut self.left)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_gathering_is_due_when_it_is_large() {
        let mut gathering = Gathering::default();
        assert!(!gathering.add());
        gathering.clear();
        let tempo = Tempo { pipes: u32::MAX, ..Tempo::default() };
        let due = (1..=MANY).find(|_| gathering.add() && gathering.is_due(&tempo));
        assert!(due.is_some_and(|count| count > GLANCE));
        gathering.clear();
        assert!(!gathering.is_pending());
    }

    #[test]
    fn a_message_right_after_another_belongs_to_a_burst() {
        let mut tempo = Tempo::default();
        assert!(tempo.is_calm());
        // A thread that is put aside in between has paused; that does not happen every time.
        let burst = (0..1000).any(|_| {
            tempo.beat();
            !tempo.is_calm()
        });
        assert!(burst);
        std::thread::sleep(std::time::Duration::from_micros(100));
        assert!(tempo.is_calm());
    }
}
