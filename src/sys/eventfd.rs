//! The wake-up: a descriptor that is readable from `signal` until `drain`.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, RawFd};

use super::checked;

/// A nonblocking, close-on-exec eventfd.
///
/// Any thread may signal; signals that nobody has drained yet merge into one.
#[derive(Debug)]
pub(crate) struct EventFd(File);

impl EventFd {
    /// A new one, not signalled. Fails when no descriptor is left.
    pub(crate) fn new() -> io::Result<EventFd> {
        // SAFETY: eventfd takes no pointers.
        let fd = checked(unsafe { libc::eventfd(0, libc::EFD_NONBLOCK | libc::EFD_CLOEXEC) })?;
        // SAFETY: the kernel has just returned this descriptor, and nobody else knows it.
        Ok(EventFd(unsafe { File::from_raw_fd(fd) }))
    }

    /// Makes the descriptor readable.
    ///
    /// Nothing can usefully go wrong: EAGAIN means that the counter is full, so the descriptor is
    /// readable already, and any other answer that the host closed the descriptor behind our back,
    /// after which there is no one left to wake.
    pub(crate) fn signal(&self) {
        let _ = (&self.0).write(&1_u64.to_ne_bytes());
    }

    /// Makes the descriptor unreadable again; tells whether it had been signalled.
    pub(crate) fn drain(&self) -> bool {
        (&self.0).read(&mut [0; 8]).is_ok()
    }
}

impl AsRawFd for EventFd {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::fd::AsRawFd;

    use super::EventFd;
    use crate::sys::poll::{PollFd, poll};

    fn readable(fd: &EventFd) -> bool {
        let mut fds = [PollFd::new(fd.as_raw_fd(), libc::POLLIN)];
        poll(&mut fds, 0, None).expect("the descriptor is open");
        fds[0].revents() == libc::POLLIN
    }

    #[test]
    fn readable_from_signal_until_drain() {
        let fd = EventFd::new().expect("descriptors are left");
        assert!(!readable(&fd));
        assert!(!fd.drain());
        fd.signal();
        fd.signal();
        assert!(readable(&fd));
        assert!(fd.drain());
        assert!(!readable(&fd));
        assert!(!fd.drain());
    }

    #[test]
    fn a_full_counter_stays_readable_and_does_not_block() {
        let fd = EventFd::new().expect("descriptors are left");
        (&fd.0).write_all(&(u64::MAX - 1).to_ne_bytes()).expect("the largest value that fits");
        fd.signal();
        assert!(readable(&fd));
        assert!(fd.drain());
        assert!(!readable(&fd));
    }

    #[test]
    fn closes_on_exec() {
        let fd = EventFd::new().expect("descriptors are left");
        let info = std::fs::read_to_string(format!("/proc/self/fdinfo/{}", fd.as_raw_fd()))
            .expect("the descriptor is open");
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:")).expect("has flags");
        let flags = i32::from_str_radix(flags.trim(), 8).expect("octal");
        assert_eq!(flags & libc::O_CLOEXEC, libc::O_CLOEXEC);
        assert_eq!(flags & libc::O_NONBLOCK, libc::O_NONBLOCK);
    }
}
