//! Whether a socket sends now and then, or in a burst.
//!
//! A message that nothing follows is best written by the thread that sent it. In a burst that would
//! cost a system call for each message, where the I/O thread writes hundreds with one. A message
//! belongs to a burst if the one before it was sent a moment ago; the time that the thread itself
//! spent on writing that does not count.

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
    /// The next message is for the I/O thread.
    left: bool,
}

impl Tempo {
    /// Leaves the message that is being sent to the I/O thread. Where it is written, its release
    /// function is called, and a program may hold a lock of its own while it sends.
    pub(crate) fn leave_it(&mut self) {
        self.left = true;
    }

    /// Whether the socket has paused, so that its thread may write itself.
    pub(crate) fn is_calm(&mut self) -> bool {
        if std::mem::take(&mut self.left) || !spin::may_work_inline() {
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

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

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
