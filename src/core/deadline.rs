//! When a call gives up waiting.

#![forbid(unsafe_code)]

use std::time::{Duration, Instant};

/// A moment, or never.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Option<Instant>);

impl Deadline {
    /// So many milliseconds from now; negative is never, as the C surface has it.
    pub(crate) fn after_ms(ms: i64) -> Deadline {
        let wait = u64::try_from(ms).ok().map(Duration::from_millis);
        // A moment that the clock cannot express is as good as never.
        Deadline(wait.and_then(|wait| Instant::now().checked_add(wait)))
    }

    /// The time left; none if it never comes.
    pub(crate) fn remaining(&self) -> Option<Duration> {
        self.0.map(|at| at.saturating_duration_since(Instant::now()))
    }

    /// Whether it has come.
    pub(crate) fn passed(&self) -> bool {
        self.remaining() == Some(Duration::ZERO)
    }

    /// The time left for poll(2), rounded up so that it does not return early.
    pub(crate) fn poll_timeout(&self) -> i64 {
        match self.remaining() {
            None => -1,
            Some(rest) => i64::try_from(rest.as_nanos().div_ceil(1_000_000)).unwrap_or(i64::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negative_is_never() {
        let never = Deadline::after_ms(-1);
        assert_eq!(never.poll_timeout(), -1);
        assert!(!never.passed());
    }

    #[test]
    fn zero_has_passed() {
        assert!(Deadline::after_ms(0).passed());
        assert_eq!(Deadline::after_ms(0).poll_timeout(), 0);
        assert!(!Deadline::after_ms(60_000).passed());
        assert!((59_000..=60_000).contains(&Deadline::after_ms(60_000).poll_timeout()));
    }
}
