//! The calling thread's `errno`: libc's own, because C callers read it without asking us.

use std::ffi::c_int;

/// Reads `errno`.
pub(crate) fn get() -> c_int {
    // SAFETY: __errno_location returns the address of this thread's errno, valid while it runs.
    unsafe { *libc::__errno_location() }
}

/// Writes `errno`.
pub(crate) fn set(errno: c_int) {
    // SAFETY: __errno_location returns the address of this thread's errno, valid while it runs.
    unsafe { *libc::__errno_location() = errno }
}

#[cfg(test)]
mod tests {
    #[test]
    fn reads_what_was_written() {
        super::set(libc::EAGAIN);
        assert_eq!(super::get(), libc::EAGAIN);
        super::set(0);
        assert_eq!(super::get(), 0);
    }
}
