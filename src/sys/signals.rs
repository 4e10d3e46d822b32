//! Keeping signals away from the library's threads, and for a moment from others.

use std::mem::MaybeUninit;
use std::ptr;

use super::poll::poll;
use crate::error::Error;

/// While this lives, its thread takes no signals; dropped, the former mask is back.
///
/// A thread inherits the mask of the one that creates it, so one created under the guard is never
/// chosen to run a signal handler of the host, not even in its first instructions.
pub(crate) struct AllBlocked {
    before: libc::sigset_t,
    /// The mask belongs to one thread, so the guard must not move to another.
    _stays_here: std::marker::PhantomData<*const ()>,
}

impl AllBlocked {
    /// Blocks everything in the calling thread.
    pub(super) fn new() -> AllBlocked {
        AllBlocked::but(&[])
    }

    /// Blocks what others send to the calling thread, and not what it brings on itself: the host may
    /// live on handling that.
    pub(crate) fn of_others() -> AllBlocked {
        use libc::{SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP};
        AllBlocked::but(&[SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS])
    }

    fn but(exceptions: &[libc::c_int]) -> AllBlocked {
        let mut all = MaybeUninit::<libc::sigset_t>::uninit();
        let mut before = MaybeUninit::<libc::sigset_t>::uninit();
        // SAFETY: sigfillset writes all of its set, and sigdelset changes it. pthread_sigmask reads
        // that and writes all of the other one; with SIG_SETMASK and two valid addresses it cannot
        // fail.
        let before = unsafe {
            libc::sigfillset(all.as_mut_ptr());
            for signal in exceptions {
                libc::sigdelset(all.as_mut_ptr(), *signal);
            }
            libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr());
            before.assume_init()
        };
        AllBlocked { before, _stays_here: std::marker::PhantomData }
    }

    /// Lets in what was kept away; whether there was anything.
    pub(crate) fn let_in(self) -> bool {
        poll(&mut [], 0, Some(&self.before)) == Err(Error::Interrupted)
    }

    /// The former mask, for a wait in which what was kept away is to come.
    pub(crate) fn before(&self) -> &libc::sigset_t {
        &self.before
    }
}

impl Drop for AllBlocked {
    fn drop(&mut self) {
        // SAFETY: the set was written by pthread_sigmask in new; NULL says that the current mask is
        // not wanted back.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &self.before, ptr::null_mut()) };
    }
}

/// The signals that are blocked in the calling thread.
#[cfg(test)]
pub(super) fn blocked_here() -> Vec<libc::c_int> {
    let mut set = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: without a new mask, pthread_sigmask only writes all of the old one.
    let set = unsafe {
        libc::pthread_sigmask(libc::SIG_BLOCK, ptr::null(), set.as_mut_ptr());
        set.assume_init()
    };
    // SAFETY: the set was just written.
    (1..=libc::SIGRTMAX())
        .filter(|&signal| unsafe { libc::sigismember(&set, signal) } == 1)
        .collect()
}

/// What [`blocked_here`] returns when everything is blocked: all but those that cannot be, and the
/// ones between the ordinary and the real-time signals that the C library keeps for itself.
#[cfg(test)]
pub(super) fn everything() -> Vec<libc::c_int> {
    (1..=libc::SIGSYS)
        .chain(libc::SIGRTMIN()..=libc::SIGRTMAX())
        .filter(|signal| ![libc::SIGKILL, libc::SIGSTOP].contains(signal))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{AllBlocked, blocked_here, everything};

    #[test]
    fn blocks_everything_and_puts_the_old_mask_back() {
        let before = blocked_here();
        let guard = AllBlocked::new();
        assert_eq!(blocked_here(), everything());
        drop(guard);
        assert_eq!(blocked_here(), before);
    }

    #[test]
    fn a_signal_that_was_kept_away_ends_the_wait_that_lets_it_in() {
        extern "C" fn nothing(_: libc::c_int) {}
        let handler: extern "C" fn(libc::c_int) = nothing;
        // SAFETY: the handler does nothing, and nobody else in the tests uses this signal.
        unsafe { libc::signal(libc::SIGURG, handler as libc::sighandler_t) };
        let guard = AllBlocked::new();
        // SAFETY: the signal has a handler.
        unsafe { libc::raise(libc::SIGURG) };
        let waited = crate::sys::poll::poll(&mut [], 60_000, Some(guard.before()));
        assert_eq!(waited, Err(crate::error::Error::Interrupted));
        // It came once.
        let waited = crate::sys::poll::poll(&mut [], 0, Some(guard.before()));
        assert_eq!(waited, Ok(0));
    }
}
