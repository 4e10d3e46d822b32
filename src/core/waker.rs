//! What the reader of a mailbox waits on.
//!
//! Sockets that one thread uses at a time wait on an eventfd: it is their `ZMQ_FD`, and a signal
//! handler interrupts the wait. Thread-safe sockets have no descriptor to offer and may have several
//! waiting threads, so they wait on a condition.

#![forbid(unsafe_code)]

use std::os::fd::{AsRawFd, RawFd};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use super::deadline::Deadline;
use super::mailbox::Wake;
use crate::error::{Error, Result};
use crate::sys::eventfd::EventFd;
use crate::sys::poll::{self, PollFd};
use crate::sys::signals::AllBlocked;

/// As many descriptors may be waited for besides the waker's own.
pub(crate) const MOST_OTHERS: usize = 4;

/// Either kind of waiting place.
pub(crate) enum Waker {
    /// A descriptor, readable while rung.
    Descriptor(EventFd),
    /// A condition, with a count of how often it was rung.
    Condition(Mutex<u64>, Condvar),
}

impl Waker {
    /// A waiting place with a descriptor.
    pub(crate) fn descriptor() -> Result<Waker> {
        Ok(Waker::Descriptor(EventFd::new()?))
    }

    /// A waiting place without one.
    pub(crate) fn condition() -> Waker {
        Waker::Condition(Mutex::new(0), Condvar::new())
    }

    /// The descriptor, if it has one.
    pub(crate) fn fd(&self) -> Option<RawFd> {
        match self {
            Waker::Descriptor(fd) => Some(fd.as_raw_fd()),
            Waker::Condition(..) => None,
        }
    }

    /// A mark from which `wait` counts: rings after it end the wait.
    pub(crate) fn mark(&self) -> u64 {
        match self {
            Waker::Descriptor(_) => 0,
            Waker::Condition(count, _) => *count.lock(),
        }
    }

    /// Waits until rung, or until the deadline (`Again`), or for a signal (`Interrupted`, only with
    /// a descriptor).
    pub(crate) fn wait(&self, mark: u64, deadline: Deadline) -> Result<()> {
        match self {
            Waker::Descriptor(_) => self.wait_or_input(mark, deadline, &[], None),
            Waker::Condition(count, condition) => {
                let mut count = count.lock();
                while *count == mark {
                    match deadline.remaining() {
                        None => condition.wait(&mut count),
                        Some(Duration::ZERO) => return Err(Error::Again),
                        Some(rest) => {
                            let _ = condition.wait_for(&mut count, rest);
                        }
                    }
                }
                Ok(())
            }
        }
    }

    /// As `wait`, and ends also when one of the other descriptors can be read, which only a waker
    /// with a descriptor heeds.
    ///
    /// Signals that the caller holds come in meanwhile.
    pub(crate) fn wait_or_input(
        &self,
        mark: u64,
        deadline: Deadline,
        others: &[Option<RawFd>],
        held: Option<&AllBlocked>,
    ) -> Result<()> {
        let Waker::Descriptor(fd) = self else { return self.wait(mark, deadline) };
        let mut items = [PollFd::new(-1, 0); 1 + MOST_OTHERS];
        let fds = std::iter::once(fd.as_raw_fd()).chain(others.iter().flatten().copied());
        let mut used = 0;
        for (item, fd) in items.iter_mut().zip(fds) {
            *item = PollFd::new(fd, libc::POLLIN);
            used += 1;
        }
        let items = items.get_mut(..used).unwrap_or_default();
        match poll::poll(items, deadline.poll_timeout(), held.map(AllBlocked::before))? {
            0 if deadline.passed() => Err(Error::Again),
            0 => Ok(()),
            _ => {
                if items.first().is_some_and(|item| item.revents() != 0) {
                    self.reset();
                }
                Ok(())
            }
        }
    }
}

impl Wake for Waker {
    fn wake(&self) {
        match self {
            Waker::Descriptor(fd) => fd.signal(),
            Waker::Condition(count, condition) => {
                *count.lock() += 1;
                condition.notify_all();
            }
        }
    }

    fn reset(&self) {
        match self {
            Waker::Descriptor(fd) => {
                fd.drain();
            }
            // Several threads may still have to see the ring; the count does not go back.
            Waker::Condition(..) => {}
        }
    }
}
