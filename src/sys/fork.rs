//! Which process is this? Sockets inherited over `fork` must answer instead of disturbing the
//! parent, and asking for the process id on every call would cost a system call.

use std::sync::atomic::{AtomicU64, Ordering};

/// How many forks lie between the first use and this process, plus one; 0 before the first use.
static GENERATION: AtomicU64 = AtomicU64::new(0);

/// A number that differs between a process and its forked children.
///
/// Whoever belongs to one process keeps the number from its birth and compares.
pub(crate) fn generation() -> u64 {
    match GENERATION.load(Ordering::Relaxed) {
        0 => first_use(),
        generation => generation,
    }
}

/// Asks libc to count forks from now on.
///
/// Two threads may come here at the same time and register twice; then each fork counts for two,
/// which does no harm. A lock would do harm: a child forked while it is held could never take it.
/// Should the registration fail for lack of memory, the next call tries again.
#[cold]
fn first_use() -> u64 {
    // SAFETY: forked only adds to an atomic, which is allowed in a child of any process, and it
    // stays mapped as long as this library: libc drops the registration when it is unloaded.
    if unsafe { libc::pthread_atfork(None, None, Some(forked)) } == 0 {
        let _ = GENERATION.compare_exchange(0, 1, Ordering::Relaxed, Ordering::Relaxed);
    }
    GENERATION.load(Ordering::Relaxed)
}

/// Runs in the child, before `fork` returns there.
unsafe extern "C" fn forked() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::generation;

    #[test]
    fn a_child_is_another_generation() {
        let before = generation();
        assert_ne!(before, 0);
        // SAFETY: the child only reads an atomic and leaves with _exit, both async-signal-safe.
        let child = unsafe {
            match libc::fork() {
                0 => libc::_exit(if generation() == before { 1 } else { 0 }),
                child => child,
            }
        };
        assert!(child > 0);
        let mut status = -1;
        // SAFETY: waitpid writes one int through the exclusive reference.
        assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
        assert_eq!(status, 0, "the child saw the generation of its parent");
        assert_eq!(generation(), before, "the parent is still the same");
    }
}
