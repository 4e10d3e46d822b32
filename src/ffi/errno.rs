//! How a `Result` leaves the library: a return value, and the errno of the calling thread.
//!
//! It is libc's errno, since programs compare that, and it is written last: a destructor that ran
//! afterwards could call libc and overwrite it.

#![forbid(unsafe_code)]

use std::ffi::c_int;
use std::ptr;

use crate::error::{Error, Result};
pub(super) use crate::sys::errno::set as set_errno;

/// Reports an error from a function that returns an `int`.
#[cold]
pub(super) fn fail(error: Error) -> c_int {
    set_errno(error.errno());
    -1
}

/// Reports an error from a function that returns a pointer.
#[cold]
pub(super) fn fail_null<T>(error: Error) -> *mut T {
    set_errno(error.errno());
    ptr::null_mut()
}

/// The value, or -1 and errno.
#[inline]
pub(super) fn ret(result: Result<c_int>) -> c_int {
    result.unwrap_or_else(fail)
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    fn errno() -> Option<c_int> {
        io::Error::last_os_error().raw_os_error()
    }

    #[test]
    fn failures_leave_their_number_in_errno() {
        set_errno(0);
        assert_eq!((ret(Ok(5)), errno()), (5, Some(0)));
        assert_eq!((ret(Err(Error::Fault)), errno()), (-1, Some(libc::EFAULT)));
        assert_eq!((fail(Error::Terminated), errno()), (-1, Some(156_384_765)));
        assert_eq!(
            (fail_null::<u8>(Error::Invalid), errno()),
            (ptr::null_mut(), Some(libc::EINVAL))
        );
    }
}
