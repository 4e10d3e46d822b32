//! The monotonic clock, in the units that the C surface speaks.

/// Reads the clock that never jumps.
fn now() -> libc::timespec {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: clock_gettime writes one timespec through the exclusive reference. It cannot fail:
    // every Linux has CLOCK_MONOTONIC.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut now) };
    now
}

/// Milliseconds since some fixed moment in the past.
pub(crate) fn millis() -> u64 {
    micros() / 1000
}

/// Microseconds since some fixed moment in the past.
pub(crate) fn micros() -> u64 {
    let now = now();
    // Neither part is ever negative on the monotonic clock.
    now.tv_sec.unsigned_abs() * 1_000_000 + now.tv_nsec.unsigned_abs() / 1000
}

/// Nanoseconds since some fixed moment in the past.
pub(crate) fn nanos() -> u64 {
    let now = now();
    now.tv_sec.unsigned_abs() * 1_000_000_000 + now.tv_nsec.unsigned_abs()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    #[test]
    fn agrees_with_the_clock_of_std() {
        let (start, ours) = (Instant::now(), super::micros());
        std::thread::sleep(Duration::from_millis(5));
        let ours = super::micros() - ours;
        let most = start.elapsed();
        assert!(ours >= 5000, "{ours}");
        assert!(u128::from(ours) <= most.as_micros() + 1, "{ours} {most:?}");
    }

    #[test]
    fn both_units_show_the_same_time() {
        let before = super::micros() / 1000;
        let millis = super::millis();
        let after = super::micros() / 1000;
        assert!(before <= millis && millis <= after);
    }
}
