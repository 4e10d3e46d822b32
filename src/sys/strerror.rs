//! libc's text for an errno, as the C string that it is.

use std::ffi::{CStr, c_int};

/// The text of `errno`; it is good until this thread asks for the next one.
///
/// The lifetime says `'static` because the buffer lives as long as the thread; only the content of
/// an "Unknown error" text changes with the next call. Hand it on to C at once.
pub(crate) fn strerror(errno: c_int) -> &'static CStr {
    // SAFETY: strerror accepts any number and never returns NULL; what it returns is either a
    // constant or a buffer of the C library that it never frees while the thread runs.
    unsafe { CStr::from_ptr(libc::strerror(errno)) }
}
