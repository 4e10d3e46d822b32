//! Errors, version, capabilities: what a program asks about the library itself.

use std::ffi::{CStr, c_char, c_int};

use crate::error::Error;
use crate::sys;

/// What `zmq_has` answers yes to. A name comes in here when what it stands for is built.
const CAPABILITIES: &[&CStr] = &[
    c"ipc",
    c"curve",
    c"draft",
    #[cfg(feature = "gssapi")]
    c"gssapi",
];

/// The version of the C surface.
const VERSION: [c_int; 3] = [4, 3, 5];

/// The `errno` of the calling thread.
///
/// # Safety
///
/// None is needed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_errno() -> c_int {
    sys::errno::get()
}

/// The text for an error number. It is valid until the thread asks for another one.
///
/// # Safety
///
/// None is needed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_strerror(errnum: c_int) -> *const c_char {
    let own = [
        (Error::Fsm, c"Operation cannot be accomplished in current state"),
        (Error::IncompatibleProtocol, c"The protocol is not compatible with the socket type"),
        (Error::Terminated, c"Context was terminated"),
        (Error::NoThread, c"No thread available"),
        (Error::HostUnreachable, c"Host unreachable"),
    ];
    let text = own.into_iter().find(|(error, _)| error.errno() == errnum);
    text.map_or_else(|| sys::strerror::strerror(errnum), |(_, text)| text).as_ptr()
}

/// Writes the three parts of the version; a part whose pointer is NULL is skipped.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_version(major: *mut c_int, minor: *mut c_int, patch: *mut c_int) {
    for (place, part) in [major, minor, patch].into_iter().zip(VERSION) {
        if !place.is_null() {
            // SAFETY: not NULL, so the caller owns an int there.
            unsafe { place.write(part) };
        }
    }
}

/// Whether a capability is built in; the name must match exactly.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_has(capability: *const c_char) -> c_int {
    if capability.is_null() {
        return 0;
    }
    // SAFETY: not NULL, so it is a C string that nobody writes during the call.
    let capability = unsafe { CStr::from_ptr(capability) };
    c_int::from(CAPABILITIES.contains(&capability))
}

#[cfg(test)]
mod tests {
    use std::ffi::CStr;
    use std::ptr;

    use super::*;

    fn text(errnum: c_int) -> String {
        // SAFETY: zmq_strerror returns a C string that is valid until the next call.
        let text = unsafe { CStr::from_ptr(zmq_strerror(errnum)) };
        text.to_str().expect("ASCII").to_owned()
    }

    #[test]
    fn texts_of_our_own_and_of_libc() {
        assert_eq!(text(156_384_763), "Operation cannot be accomplished in current state");
        assert_eq!(text(156_384_764), "The protocol is not compatible with the socket type");
        assert_eq!(text(156_384_765), "Context was terminated");
        assert_eq!(text(156_384_766), "No thread available");
        assert_eq!(text(libc::EHOSTUNREACH), "Host unreachable");
        assert_eq!(text(0), "Success");
        assert_eq!(text(libc::EAGAIN), "Resource temporarily unavailable");
        assert_eq!(text(99999), "Unknown error 99999");
        assert_eq!(text(-1), "Unknown error -1");
        assert_eq!(text(156_384_762), "Unknown error 156384762");
        assert_eq!(text(156_384_767), "Unknown error 156384767");
    }

    #[test]
    fn errno_is_the_one_of_libc() {
        sys::errno::set(4711);
        // SAFETY: it has no preconditions.
        assert_eq!(unsafe { zmq_errno() }, 4711);
    }

    #[test]
    fn version_skips_null() {
        let (mut major, mut minor, mut patch) = (0, 0, 0);
        // SAFETY: all places are NULL or exclusive references.
        unsafe {
            zmq_version(&mut major, &mut minor, &mut patch);
            assert_eq!((major, minor, patch), (4, 3, 5));
            minor = 0;
            zmq_version(ptr::null_mut(), &mut minor, ptr::null_mut());
            zmq_version(ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
        }
        assert_eq!(minor, 3);
    }

    #[test]
    fn capabilities_match_exactly() {
        let has = |name: &CStr| {
            // SAFETY: the name is a C string.
            unsafe { zmq_has(name.as_ptr()) }
        };
        assert_eq!(has(c"draft"), 1);
        for name in [c"", c"DRAFT", c"draf", c"drafts", c"tcp", c"inproc", c"ws", c"null"] {
            assert_eq!(has(name), 0, "{name:?}");
        }
        // SAFETY: NULL is answered.
        assert_eq!(unsafe { zmq_has(ptr::null()) }, 0);
    }
}
