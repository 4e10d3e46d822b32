//! A counter that one thread advances and another one watches, with a way to sleep and to close.
//!
//! Both flows of a pipe are gates: *how many frames are written* (advanced by the writer, watched by
//! the reader) and *how many messages are read* (the other way round, watched by a writer at its
//! high-water mark). The watcher that finds nothing new leaves a mark in the same word, so the
//! advancer learns, from the very operation that publishes, whether a wake-up is due. There is no
//! window between looking and sleeping, and nobody is woken who did not ask.

#![forbid(unsafe_code)]

use super::sync::{AtomicU64, Ordering};

/// The watcher has seen this count and wants to be woken by the next one.
const ASLEEP: u64 = 1;
/// The advancer has gone; the count is final.
const CLOSED: u64 = 2;
/// Flag bits below the count.
const SHIFT: u32 = 2;

/// What the watcher sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// The count.
    pub(crate) count: u64,
    /// Whether the count is final.
    pub(crate) closed: bool,
}

impl Seen {
    fn of(word: u64) -> Seen {
        Seen { count: word >> SHIFT, closed: word & CLOSED != 0 }
    }
}

/// The counter; see the module's text.
#[derive(Debug)]
pub(crate) struct Gate(AtomicU64);

impl Gate {
    /// A gate at zero, open, its watcher awake.
    pub(crate) fn new() -> Gate {
        Gate(AtomicU64::new(0))
    }

    /// Publishes a new count; true means that the watcher slept and must be woken.
    ///
    /// Only the advancer calls this, never with a smaller count, and never after `close`.
    #[inline]
    #[must_use]
    pub(crate) fn advance(&self, count: u64) -> bool {
        self.0.swap(count << SHIFT, Ordering::AcqRel) & ASLEEP != 0
    }

    /// Makes the count final; true means that the watcher slept and must be woken.
    #[must_use]
    pub(crate) fn close(&self) -> bool {
        // The flag ASLEEP may come in between; it is left standing, as nothing follows a close.
        self.0.fetch_or(CLOSED, Ordering::AcqRel) & ASLEEP != 0
    }

    /// What has been published so far.
    #[inline]
    pub(crate) fn look(&self) -> Seen {
        Seen::of(self.0.load(Ordering::Acquire))
    }

    /// Asks to be woken by the next change after `count`; if there was one already, returns it.
    pub(crate) fn sleep(&self, count: u64) -> Result<(), Seen> {
        let awake = count << SHIFT;
        match self.0.compare_exchange(awake, awake | ASLEEP, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => Ok(()),
            Err(word) if word == awake | ASLEEP => Ok(()),
            Err(word) => Err(Seen::of(word)),
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn an_awake_watcher_is_not_woken() {
        let gate = Gate::new();
        assert!(!gate.advance(1));
        assert_eq!(gate.look(), Seen { count: 1, closed: false });
    }

    #[test]
    fn a_sleeper_is_woken_once() {
        let gate = Gate::new();
        assert_eq!(gate.sleep(0), Ok(()));
        assert_eq!(gate.sleep(0), Ok(()));
        assert!(gate.advance(1));
        assert!(!gate.advance(2));
    }

    #[test]
    fn news_prevents_sleep() {
        let gate = Gate::new();
        assert!(!gate.advance(3));
        assert_eq!(gate.sleep(0), Err(Seen { count: 3, closed: false }));
        assert_eq!(gate.sleep(3), Ok(()));
        assert!(gate.close());
        assert_eq!(gate.sleep(3), Err(Seen { count: 3, closed: true }));
    }
}
