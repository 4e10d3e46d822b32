//! Memory that the application gives back to libc's `free`.

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
