//! Keeping signals away from the library's threads.

use std::mem::MaybeUninit;
use std::ptr;

/// While this lives, its thread takes no signals; dropped, the former mask is back.
///
/// A thread inherits the mask of the one that creates it, so one created under the guard is never
/// chosen to run a signal handler of the host, not even in its first instructions.
pub(super) struct AllBlocked {
    before: libc::sigset_t,
    /// The mask belongs to one thread, so the guard must not move to another.
    _stays_here: std::marker::PhantomData<*const ()>,
}

impl AllBlocked {
    /// Blocks everything in the calling thread.
    pub(super) fn new() -> AllBlocked {
        let mut all = MaybeUninit::<libc::sigset_t>::uninit();
        let mut before = MaybeUninit::<libc::sigset_t>::uninit();
        // SAFETY: sigfillset writes all of its set. pthread_sigmask reads that and writes all of
        // the other one; with SIG_SETMASK and two valid addresses it cannot fail.
        let before = unsafe {
            libc::sigfillset(all.as_mut_ptr());
            libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr());
            before.assume_init()
        };
        AllBlocked { before, _stays_here: std::marker::PhantomData }
    }
}

impl Drop for AllBlocked {
    fn drop(&mut self) {
        // SAFETY: the set was written by pthread_sigmask in new; NULL says that the current mask is
        // not wanted back.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &self.before, ptr::null_mut()) };
    }
}

/// The calling thread's blocked signals as the kernel tells them, one bit each.
#[cfg(test)]
pub(super) fn blocked_here() -> u64 {
    let status = std::fs::read_to_string("/proc/thread-self/status").expect("proc is mounted");
    let mask = status.lines().find_map(|line| line.strip_prefix("SigBlk:")).expect("has SigBlk");
    u64::from_str_radix(mask.trim(), 16).expect("hexadecimal")
}

/// What [`blocked_here`] shows when everything is blocked: all but KILL, STOP and the two that the
/// C library keeps for itself.
#[cfg(test)]
pub(super) const EVERYTHING: u64 =
    !(1 << (libc::SIGKILL - 1) | 1 << (libc::SIGSTOP - 1) | 0b11 << 31);

#[cfg(test)]
mod tests {
    use super::{AllBlocked, EVERYTHING, blocked_here};

    #[test]
    fn blocks_everything_and_puts_the_old_mask_back() {
        let before = blocked_here();
        let guard = AllBlocked::new();
        assert_eq!(blocked_here(), EVERYTHING);
        drop(guard);
        assert_eq!(blocked_here(), before);
    }
}
