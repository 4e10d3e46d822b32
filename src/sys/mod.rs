//! Every call into libc, each behind a safe function or type.
//!
//! The fence is here so that the rest of the library can forbid `unsafe` and so that one place
//! answers for what the kernel expects. Failures come back as [`std::io::Error`] or
//! [`crate::error::Error`]; nothing in this room aborts.

pub(crate) mod app_thread;
pub(crate) mod clock;
pub(crate) mod depot;
pub(crate) mod errno;
pub(crate) mod eventfd;
pub(crate) mod fork;
pub(crate) mod memory;
pub(crate) mod net;
pub(crate) mod net_address;
pub(crate) mod net_local;
pub(crate) mod net_names;
pub(crate) mod poll;
pub(crate) mod random;
pub(crate) mod signals;
pub(crate) mod strerror;
pub(crate) mod thread;

use std::io;

/// Turns the convention of system calls (a negative result, details in `errno`) into a `Result`.
fn checked<T: Default + PartialOrd>(result: T) -> io::Result<T> {
    if result < T::default() { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// Turns the convention of the pthread calls (an errno as result, 0 for none) into a `Result`.
fn checked_errno(errno: libc::c_int) -> io::Result<()> {
    if errno == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(errno)) }
}
