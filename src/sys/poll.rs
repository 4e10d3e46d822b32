//! Waiting for descriptors, for a time, or for both.

use std::io;
use std::os::fd::RawFd;
use std::ptr;
use std::time::Duration;

use super::checked;
use crate::error::{Error, Result};

/// One descriptor to wait for, and what happened on it.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub(crate) struct PollFd(libc::pollfd);

impl PollFd {
    /// Waits for `events` (`libc::POLLIN`, ...) on `fd`; the kernel skips a negative `fd`.
    pub(crate) fn new(fd: RawFd, events: i16) -> PollFd {
        PollFd(libc::pollfd { fd, events, revents: 0 })
    }

    /// What the last [`poll`] found, `POLLERR`, `POLLHUP` and `POLLNVAL` included.
    pub(crate) fn revents(&self) -> i16 {
        self.0.revents
    }
}

/// Waits until something happens on one of the descriptors; returns on how many it did.
///
/// `timeout` is in milliseconds; a negative one never ends. With `mask`, the kernel installs that
/// signal mask for the wait only. A signal handler that ran is [`Error::Interrupted`].
pub(crate) fn poll(
    fds: &mut [PollFd],
    timeout: i64,
    mask: Option<&libc::sigset_t>,
) -> Result<usize> {
    poll_until(fds, u64::try_from(timeout).ok().map(Duration::from_millis), mask)
}

/// As [`poll`], for a time that may be a short one.
pub(crate) fn poll_for(fds: &mut [PollFd], time: Duration) -> Result<usize> {
    poll_until(fds, Some(time), None)
}

fn poll_until(
    fds: &mut [PollFd],
    timeout: Option<Duration>,
    mask: Option<&libc::sigset_t>,
) -> Result<usize> {
    // ppoll serves all cases because its timeout, unlike that of poll, has the range of a C long.
    let timeout = timeout.map(timespec);
    // SAFETY: PollFd is a transparent pollfd, the kernel writes only the revents of the fds.len()
    // elements of the exclusive slice; timeout and mask are NULL or borrowed for the whole call.
    let ready = unsafe {
        libc::ppoll(
            fds.as_mut_ptr().cast(),
            fds.len() as libc::nfds_t,
            timeout.as_ref().map_or(ptr::null(), ptr::from_ref),
            mask.map_or(ptr::null(), ptr::from_ref),
        )
    };
    match checked(ready) {
        Ok(ready) => Ok(ready.unsigned_abs() as usize),
        Err(error) => Err(interrupted_or(error)),
    }
}

/// Sleeps; a signal handler that runs ends it early with [`Error::Interrupted`].
pub(crate) fn sleep(time: Duration) -> Result<()> {
    // SAFETY: nanosleep reads one timespec that lives to the end of the call; NULL says that the
    // remaining time is not wanted.
    match checked(unsafe { libc::nanosleep(&timespec(time), ptr::null_mut()) }) {
        Ok(_) => Ok(()),
        Err(error) => Err(interrupted_or(error)),
    }
}

/// The kernel's form of a duration; longer than it can say becomes the longest it can say.
#[allow(deprecated, reason = "libc warns that musl's time_t will grow; this takes any size")]
fn timespec(time: Duration) -> libc::timespec {
    libc::timespec {
        tv_sec: libc::time_t::try_from(time.as_secs()).unwrap_or(libc::time_t::MAX),
        tv_nsec: libc::c_long::from(time.subsec_nanos()),
    }
}

/// Callers tell an interruption from the rest by matching, so it gets its own variant.
fn interrupted_or(error: io::Error) -> Error {
    if error.kind() == io::ErrorKind::Interrupted { Error::Interrupted } else { error.into() }
}

#[cfg(test)]
mod tests {
    use std::mem;
    use std::os::fd::AsRawFd;
    use std::time::{Duration, Instant};

    use super::{PollFd, poll, sleep};
    use crate::error::Error;
    use crate::sys::eventfd::EventFd;

    #[test]
    fn counts_and_names_the_ready_ones() {
        let quiet = EventFd::new().expect("descriptors are left");
        let loud = EventFd::new().expect("descriptors are left");
        loud.signal();
        let mut fds = [
            PollFd::new(quiet.as_raw_fd(), libc::POLLIN),
            PollFd::new(loud.as_raw_fd(), libc::POLLIN),
            PollFd::new(-1, libc::POLLIN),
        ];
        assert_eq!(poll(&mut fds, -1, None), Ok(1));
        assert_eq!(fds.map(|fd| fd.revents()), [0, libc::POLLIN, 0]);
    }

    #[test]
    fn a_timeout_is_no_error_and_not_early() {
        let start = Instant::now();
        assert_eq!(poll(&mut [], 20, None), Ok(0));
        assert!(start.elapsed() >= Duration::from_millis(20));
    }

    #[test]
    fn the_longest_timeout_is_accepted() {
        let fd = EventFd::new().expect("descriptors are left");
        fd.signal();
        let mut fds = [PollFd::new(fd.as_raw_fd(), libc::POLLIN)];
        assert_eq!(poll(&mut fds, i64::MAX, None), Ok(1));
    }

    extern "C" fn nothing(_signal: libc::c_int) {}

    /// Installs a handler with SA_RESTART for `signal` and blocks it in this thread.
    fn prepare(signal: libc::c_int) {
        // SAFETY: a zeroed sigaction and sigset_t are valid; both are filled in before use, and the
        // handler does nothing.
        unsafe {
            let mut action: libc::sigaction = mem::zeroed();
            action.sa_sigaction = nothing as extern "C" fn(libc::c_int) as usize;
            action.sa_flags = libc::SA_RESTART;
            assert_eq!(libc::sigaction(signal, &action, std::ptr::null_mut()), 0);
            let mut mask: libc::sigset_t = mem::zeroed();
            libc::sigemptyset(&mut mask);
            libc::sigaddset(&mut mask, signal);
            assert_eq!(libc::pthread_sigmask(libc::SIG_BLOCK, &mask, std::ptr::null_mut()), 0);
        }
    }

    #[test]
    fn the_mask_holds_for_the_wait_and_a_signal_interrupts_it() {
        std::thread::spawn(|| {
            prepare(libc::SIGUSR1);
            // SAFETY: raise sends to this thread, which blocks the signal, so it stays pending.
            unsafe { libc::raise(libc::SIGUSR1) };
            assert_eq!(poll(&mut [], 0, None), Ok(0), "blocked without a mask");
            // SAFETY: a zeroed sigset_t is valid memory, and sigemptyset makes it the empty set.
            let empty = unsafe {
                let mut empty: libc::sigset_t = mem::zeroed();
                libc::sigemptyset(&mut empty);
                empty
            };
            assert_eq!(poll(&mut [], 60_000, Some(&empty)), Err(Error::Interrupted));
        })
        .join()
        .expect("the assertions of the thread hold");
    }

    #[test]
    fn a_signal_ends_a_sleep() {
        let (tell, told) = std::sync::mpsc::channel();
        let sleeper = std::thread::spawn(move || {
            prepare(libc::SIGUSR2);
            // SAFETY: the set is filled in before use; unblocking a signal with a handler that does
            // nothing is harmless.
            unsafe {
                let mut mask: libc::sigset_t = mem::zeroed();
                libc::sigemptyset(&mut mask);
                libc::sigaddset(&mut mask, libc::SIGUSR2);
                libc::pthread_sigmask(libc::SIG_UNBLOCK, &mask, std::ptr::null_mut());
                // SAFETY: pthread_self has no preconditions.
                tell.send(libc::pthread_self()).expect("the test waits for it");
            }
            sleep(Duration::from_secs(60))
        });
        let thread = told.recv().expect("the sleeper tells who it is");
        // The signal may arrive before the sleep begins, so it is sent until the sleep has ended.
        while !sleeper.is_finished() {
            // SAFETY: the thread has not been joined, so its id is valid.
            unsafe { libc::pthread_kill(thread, libc::SIGUSR2) };
            std::thread::yield_now();
        }
        assert_eq!(sleeper.join().expect("the sleeper returns"), Err(Error::Interrupted));
    }
}
