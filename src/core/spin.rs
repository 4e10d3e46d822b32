//! How long a thread looks for news before it sleeps.
//!
//! To put a thread to sleep and wake it up costs tens of microseconds, most of all on virtual
//! machines. Where answers come faster than that, it pays to keep looking; where they do not, it
//! only burns time. So a socket tries, and after each time in vain it sleeps at once for twice as
//! many waits as before; each success halves that twice.
//!
//! A signal has to end a wait, and one that arrives while a thread looks would be gone when it sleeps.
//! So signals are kept away as soon as looking takes longer than any other call, until the thread
//! sleeps, which lets them in. Whoever finds something need not keep them away for that.
//!
//! Where processors are short, to look is worst of all: a thread that sleeps runs as soon as it is
//! woken, while one that has used up its time waits until all the others had theirs. A thread finds
//! that out by the clock, and does not try again for some time, which is longer each time, and
//! becomes shorter only when looking pays for long. With one processor nobody looks at all: what
//! is waited for could not happen meanwhile.

#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicU64, Ordering};

use crate::sys::clock;
use crate::sys::signals::AllBlocked;

/// The variable that says for how many microseconds threads look. 0 leaves everything to the I/O
/// threads.
const VARIABLE: &str = "ZMQ_OXIDE_SPIN";
/// Unless it says something.
const DEFAULT_US: u64 = 100;
/// Nobody looks longer, whatever it says.
const MOST_US: u64 = 10_000;
/// After tries in vain, at most `2^n - 1` waits are slept through before the next one.
const PATIENT: u32 = 6;
/// After a try in which the thread lost its processor, so many nanoseconds pass before the next one.
const REST: u64 = 4_000_000;
/// And at most so many.
const LONGEST_REST: u64 = 256 * REST;
/// So many successes make that time shorter again.
const TRUST: u32 = 256;
/// A thread that has not looked for so many nanoseconds had lost its processor. Interrupts, a short
/// errand of another thread or of a virtual machine's host take less than this, and happen anyway.
const GAP: u64 = 300_000;
/// For so many nanoseconds a stream is left alone.
const PAUSE: u64 = 2_500;
/// After so many nanoseconds in vain signals are kept away.
const CALL: u64 = 3_000;
/// Looks between two glances at the clock.
const LOOKS: u32 = 8;

/// What the environment and the machine allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Leave {
    /// The nanoseconds for which threads look; 0: they do not.
    nanos: u64,
    /// The threads that use sockets may do the work of I/O threads.
    inline: bool,
}

/// Finds that out, once.
///
/// Two threads that do so at the same time find the same. A lock would do harm: a child that is
/// forked while it is held could never take it.
fn leave() -> Leave {
    const UNKNOWN: u64 = u64::MAX;
    const INLINE: u64 = 1;
    static LEAVE: AtomicU64 = AtomicU64::new(UNKNOWN);
    let mut known = LEAVE.load(Ordering::Relaxed);
    if known == UNKNOWN {
        let alone = std::thread::available_parallelism().is_ok_and(|cores| cores.get() == 1);
        let asked = std::env::var(VARIABLE).ok().and_then(|value| value.parse::<u64>().ok());
        let micros = if alone { 0 } else { asked.unwrap_or(DEFAULT_US).min(MOST_US) };
        known = (micros * 1000) << 1 | if asked == Some(0) { 0 } else { INLINE };
        LEAVE.store(known, Ordering::Relaxed);
    }
    Leave { nanos: known >> 1, inline: known & INLINE != 0 }
}

/// Whether the threads that use sockets may do the work of I/O threads.
pub(crate) fn may_work_inline() -> bool {
    leave().inline
}

/// What a socket has learnt from its waits.
#[derive(Debug, Default)]
pub(crate) struct Spin {
    /// How little trying has paid lately.
    failed: u32,
    /// Waits to sleep through before the next try.
    skip: u32,
    /// How long the last rest was, in nanoseconds, and until when it lasts.
    rest: u64,
    rests_until: u64,
    /// Successes since that changed.
    found: u32,
}

/// What came of a try.
#[derive(Clone, Copy)]
enum Outcome {
    /// There are news.
    Found,
    /// There were none in time.
    Vain,
    /// The thread lost its processor; there may be news.
    Displaced,
}

impl Spin {
    /// Whether to look this time.
    fn wants_to(&mut self) -> bool {
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        leave().nanos > 0 && (self.rests_until == 0 || clock::nanos() >= self.rests_until)
    }

    /// In a stream within the process: lets some messages gather before the next look. Whoever takes each
    /// one as soon as it is there has its sender fight for memory, and tell it, every time.
    pub(crate) fn pause(&self) {
        if leave().nanos == 0 {
            return;
        }
        let until = clock::nanos() + PAUSE;
        while clock::nanos() < until {
            (0..LOOKS).for_each(|_| std::hint::spin_loop());
        }
    }

    /// Looks for news, if it is time to; `look` may also know that it makes no sense to go on.
    /// Whoever finds none sleeps, with the signals that may be held by then.
    pub(crate) fn look(&mut self, mut look: impl FnMut() -> Option<bool>) -> Option<AllBlocked> {
        if !self.wants_to() {
            // Something may be there already.
            look();
            return None;
        }
        let mut held = None;
        let mut now = clock::nanos();
        let (long, until) = (now + CALL, now + leave().nanos);
        let outcome = loop {
            let found = (0..LOOKS).find_map(|_| {
                std::hint::spin_loop();
                look()
            });
            let before = std::mem::replace(&mut now, clock::nanos());
            // A look that has found something took its time for that; this wait is over.
            if now > long && held.is_none() && found != Some(true) {
                held = Some(AllBlocked::of_others());
            }
            match found {
                // What was found may have come in the meantime.
                _ if now - before > GAP => break Outcome::Displaced,
                Some(true) => break Outcome::Found,
                Some(false) => break Outcome::Vain,
                None if now >= until => break Outcome::Vain,
                // What is waited for may need this processor.
                None => std::thread::yield_now(),
            }
        };
        self.learn(outcome, now);
        held
    }

    fn learn(&mut self, outcome: Outcome, now: u64) {
        match outcome {
            Outcome::Found => {
                self.failed = self.failed.saturating_sub(2);
                self.found += 1;
                if self.found >= TRUST {
                    (self.rest, self.found) = (self.rest / 2, 0);
                }
            }
            Outcome::Vain => self.failed = (self.failed + 1).min(PATIENT),
            Outcome::Displaced => {
                (self.rest, self.found) = ((2 * self.rest).clamp(REST, LONGEST_REST), 0);
                self.rests_until = now + self.rest;
            }
        }
        self.skip = (1 << self.failed) - 1;
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn skips(spin: &mut Spin, outcome: Outcome, times: usize) -> Vec<u32> {
        let skip = |()| {
            spin.learn(outcome, 0);
            spin.skip
        };
        [()].repeat(times).into_iter().map(skip).collect()
    }

    #[test]
    fn tries_in_vain_become_rare_until_some_succeed() {
        let mut spin = Spin::default();
        assert_eq!(skips(&mut spin, Outcome::Vain, 8), [1, 3, 7, 15, 31, 63, 63, 63]);
        assert!(!spin.wants_to());
        assert_eq!(spin.skip, 62);
        assert_eq!(skips(&mut spin, Outcome::Found, 4), [15, 3, 0, 0]);
    }

    #[test]
    fn signals_are_kept_away_from_whoever_looked_for_long_and_in_vain() {
        let held = Spin::default().look(|| None);
        assert_eq!(held.is_some(), leave().nanos > 0);
        assert!(Spin::default().look(|| Some(true)).is_none());
        let long_look = || {
            let begun = clock::nanos();
            while clock::nanos() < begun + 2 * CALL {}
            Some(true)
        };
        assert!(Spin::default().look(long_look).is_none());
    }

    #[test]
    fn a_thread_that_lost_its_processor_rests_for_longer_each_time() {
        let mut spin = Spin::default();
        let mut rests = Vec::new();
        for now in 1..=9 {
            spin.learn(Outcome::Displaced, now);
            rests.push((spin.rests_until - now) / REST);
        }
        assert_eq!(rests, [1, 2, 4, 8, 16, 32, 64, 128, 256]);
        assert_eq!(skips(&mut spin, Outcome::Found, TRUST as usize).last(), Some(&0));
        assert_eq!(spin.rest, 128 * REST);
        spin.rests_until = u64::MAX;
        assert!(!spin.wants_to());
    }
}
