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
            Waker::Descriptor(fd) => {
                let mut item = [PollFd::new(fd.as_raw_fd(), libc::POLLIN)];
                match poll::poll(&mut item, deadline.poll_timeout(), None)? {
                    0 if deadline.passed() => Err(Error::Again),
                    0 => Ok(()),
                    _ => {
                        self.reset();
                        Ok(())
                    }
                }
            }
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
