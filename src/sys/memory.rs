//! Memory of the application's: what it gives back to libc's `free`, and what it wants filled.

use std::ffi::c_void;
use std::ptr::NonNull;

/// A copy of some bytes, made with `malloc`; none if memory is exhausted.
pub(crate) fn malloc_copy(data: &[u8]) -> Option<NonNull<c_void>> {
    // SAFETY: malloc takes any size; it is never asked for nothing, for which NULL is an answer.
    let buffer = NonNull::new(unsafe { libc::malloc(data.len().max(1)) })?;
    // SAFETY: the buffer is new, so it overlaps nothing, and has room for the bytes.
    unsafe { buffer.cast::<u8>().as_ptr().copy_from_nonoverlapping(data.as_ptr(), data.len()) };
    Some(buffer)
}

/// Where a caller wants to have some bytes.
///
/// This is no slice, as callers may say that there is more than there is where they know that less
/// will come, and as nobody is to rely on these bytes while a call waits.
pub(crate) struct Buffer {
    at: *mut u8,
    len: usize,
}

impl Buffer {
    /// The `len` bytes at `at`; none if that is NULL.
    ///
    /// # Safety
    ///
    /// What `fill` is given may be written there, as far as it fits, as long as the result is used.
    pub(crate) unsafe fn new(at: *mut c_void, len: usize) -> Buffer {
        Buffer { at: at.cast(), len: if at.is_null() { 0 } else { len } }
    }

    /// Writes as much as fits.
    #[inline]
    pub(crate) fn fill(&mut self, data: &[u8]) {
        let fits = data.len().min(self.len);
        // SAFETY: the promise that was made to `new`. At NULL there is room for nothing, and nothing may
        // be copied to any address.
        unsafe { self.at.copy_from_nonoverlapping(data.as_ptr(), fits) };
    }

    /// What `f` writes, with the length that it says.
    #[cfg(test)]
    pub(crate) fn filled(f: impl FnOnce(&mut Buffer) -> Option<usize>) -> Option<Vec<u8>> {
        let mut bytes = vec![0; 256];
        // SAFETY: there are so many bytes, and nobody else uses them.
        let len = f(&mut unsafe { Buffer::new(bytes.as_mut_ptr().cast(), bytes.len()) })?;
        bytes.truncate(len);
        Some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_of_nothing_is_not_null() {
        for data in [&b""[..], b"abc"] {
            let copy = malloc_copy(data).expect("memory is left");
            // SAFETY: as many bytes as were copied.
            let bytes =
                unsafe { std::slice::from_raw_parts(copy.as_ptr().cast::<u8>(), data.len()) };
            assert_eq!(bytes, data);
            // SAFETY: it came from malloc and is not used again.
            unsafe { libc::free(copy.as_ptr()) };
        }
    }
}
