//! Encryption helpers: the printable form of keys, and CURVE key pairs.
//!
//! What passes through here may be a secret, so every temporary copy is wiped.

use std::ffi::{CStr, c_char, c_int};
use std::{ptr, slice};

use zeroize::Zeroize;

use super::errno::{fail, fail_null, ret};
use crate::error::Error;
use crate::key_pair::{new_pair, public_of};
use crate::zmtp::z85;

/// Writes a text and its NUL to where C wants it.
///
/// # Safety
///
/// `dest` must have room for one byte more than the text.
unsafe fn put_text(dest: *mut c_char, text: &[u8]) {
    // SAFETY: the caller vouches for the room; text is ours, so the two do not overlap.
    unsafe {
        ptr::copy_nonoverlapping(text.as_ptr(), dest.cast(), text.len());
        dest.add(text.len()).write(0);
    }
}

/// Encodes `size` bytes, a multiple of four, into `size * 5 / 4` characters and a NUL.
///
/// # Safety
///
/// As for the [room](super); `dest` must have room for the text and its NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_z85_encode(
    dest: *mut c_char,
    data: *const u8,
    size: usize,
) -> *mut c_char {
    if dest.is_null() || (data.is_null() && size > 0) {
        return fail_null(Error::Fault);
    }
    if isize::try_from(size).is_err() {
        return fail_null(Error::Invalid);
    }
    let data = match size {
        0 => &[][..],
        // SAFETY: not NULL, so the caller has size bytes there, no more than a slice may have; data
        // is not used any more when dest, which may be the same memory, is written.
        size => unsafe { slice::from_raw_parts(data, size) },
    };
    let Some(text) = z85::encode(data) else {
        return fail_null(Error::Invalid);
    };
    let mut text = text.into_bytes();
    // SAFETY: the caller vouches for the room at dest.
    unsafe { put_text(dest, &text) };
    text.as_mut_slice().zeroize();
    dest
}

/// Decodes a text whose length is a multiple of five, four bytes for five characters.
///
/// When it fails, nothing is written.
///
/// # Safety
///
/// As for the [room](super); `dest` must have room for the bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_z85_decode(dest: *mut u8, string: *const c_char) -> *mut u8 {
    if dest.is_null() || string.is_null() {
        return fail_null(Error::Fault);
    }
    // SAFETY: not NULL, so it is a C string; it is not used any more when dest, which may be the
    // same memory, is written.
    let text = unsafe { CStr::from_ptr(string) };
    let Some(mut data) = z85::decode(text.to_bytes()) else {
        return fail_null(Error::Invalid);
    };
    // SAFETY: the caller vouches for the room at dest; data is ours, so the two do not overlap.
    unsafe { ptr::copy_nonoverlapping(data.as_ptr(), dest, data.len()) };
    data.as_mut_slice().zeroize();
    dest
}

/// Makes a new key pair: two texts of 40 characters and a NUL.
///
/// # Safety
///
/// As for the [room](super); both places must have room for 41 bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_curve_keypair(
    z85_public_key: *mut c_char,
    z85_secret_key: *mut c_char,
) -> c_int {
    if z85_public_key.is_null() || z85_secret_key.is_null() {
        return fail(Error::Fault);
    }
    ret(new_pair().map(|(public, secret)| {
        // SAFETY: the caller vouches for the room at both places.
        unsafe {
            put_text(z85_public_key, public.as_slice());
            put_text(z85_secret_key, secret.as_slice());
        }
        0
    }))
}

/// Derives the public key from a secret one, both as texts of 40 characters and a NUL.
///
/// # Safety
///
/// As for the [room](super); the place of the public key must have room for 41 bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_curve_public(
    z85_public_key: *mut c_char,
    z85_secret_key: *const c_char,
) -> c_int {
    if z85_public_key.is_null() || z85_secret_key.is_null() {
        return fail(Error::Fault);
    }
    // SAFETY: not NULL, so it is a C string; it is not used any more when the public key, which may
    // go to the same memory, is written.
    let secret = unsafe { CStr::from_ptr(z85_secret_key) };
    ret(public_of(secret.to_bytes()).map(|public| {
        // SAFETY: the caller vouches for the room.
        unsafe { put_text(z85_public_key, public.as_slice()) };
        0
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys;

    /// Calls zmq_z85_encode with enough room; the text, or the errno.
    fn encode(data: &[u8]) -> std::result::Result<String, c_int> {
        let mut dest = vec![b'x'; data.len() * 2 + 1];
        // SAFETY: data has the length that is passed, dest has more room than any text needs.
        let text = unsafe { zmq_z85_encode(dest.as_mut_ptr().cast(), data.as_ptr(), data.len()) };
        if text.is_null() {
            return Err(sys::errno::get());
        }
        assert_eq!(text.cast_const().cast(), dest.as_ptr());
        let text = CStr::from_bytes_until_nul(&dest).expect("ends with NUL");
        Ok(text.to_str().expect("ASCII").to_owned())
    }

    /// Calls zmq_z85_decode; the first `N` bytes of what it wrote over 0xee, or the errno.
    fn decode<const N: usize>(text: &CStr) -> std::result::Result<[u8; N], c_int> {
        let mut dest = [0xee; N];
        // SAFETY: text is a C string, and each test passes an N that has room for what it decodes to.
        let data = unsafe { zmq_z85_decode(dest.as_mut_ptr(), text.as_ptr()) };
        if data.is_null() { Err(sys::errno::get()) } else { Ok(dest) }
    }

    #[test]
    fn z85_both_ways() {
        let data = [0x86, 0x4f, 0xd2, 0x6f, 0xb5, 0x59, 0xf7, 0x5b];
        assert_eq!(encode(&data).as_deref(), Ok("HelloWorld"));
        assert_eq!(encode(&[]).as_deref(), Ok(""));
        let mut expected = [0xee; 9];
        expected[..8].copy_from_slice(&data);
        assert_eq!(decode::<9>(c"HelloWorld"), Ok(expected), "one byte stays as it was");
    }

    #[test]
    fn z85_refuses() {
        assert_eq!(encode(&[0; 3]), Err(libc::EINVAL));
        for text in [c"", c"0000", c"000000", c"#####", c"0000 "] {
            assert_eq!(decode::<8>(text), Err(libc::EINVAL), "{text:?}");
        }
    }

    #[test]
    fn z85_answers_null() {
        let mut dest = [0_u8; 8];
        let text = dest.as_mut_ptr().cast::<c_char>();
        let fault = |answer: bool| answer && sys::errno::get() == libc::EFAULT;
        // SAFETY: every pointer is NULL or points to dest, which is long enough.
        unsafe {
            assert!(fault(zmq_z85_encode(ptr::null_mut(), dest.as_ptr(), 4).is_null()));
            assert!(fault(zmq_z85_encode(text, ptr::null(), 4).is_null()));
            assert!(fault(zmq_z85_decode(ptr::null_mut(), c"00000".as_ptr()).is_null()));
            assert!(fault(zmq_z85_decode(dest.as_mut_ptr(), ptr::null()).is_null()));
            assert_eq!(zmq_z85_encode(text, ptr::null(), 0), text);
            assert!(zmq_z85_encode(text, dest.as_ptr(), usize::MAX - 3).is_null());
        }
        assert_eq!(sys::errno::get(), libc::EINVAL);
    }

    #[test]
    fn a_pair_is_new_and_belongs_together() {
        let pair = || {
            let (mut public, mut secret) = ([b'x'; 42], [b'x'; 42]);
            // SAFETY: both places have room for 41 bytes.
            let answer = unsafe {
                zmq_curve_keypair(public.as_mut_ptr().cast(), secret.as_mut_ptr().cast())
            };
            assert_eq!(answer, 0);
            assert_eq!((public[40], public[41]), (0, b'x'));
            assert_eq!((secret[40], secret[41]), (0, b'x'));
            (public, secret)
        };
        let (public, secret) = pair();
        let mut derived = [b'x'; 42];
        // SAFETY: the secret is a C string, the other place has room for 41 bytes.
        let answer =
            unsafe { zmq_curve_public(derived.as_mut_ptr().cast(), secret.as_ptr().cast()) };
        assert_eq!(answer, 0);
        assert_eq!(derived, public);
        assert_ne!(pair(), (public, secret));
    }

    #[test]
    fn the_public_key_of_a_known_secret() {
        let mut derived = [0_u8; 41];
        let secret = c"009c61o!#m2NH?C3>iWS5d]J*6CRx17-skh9337x";
        // SAFETY: the secret is a C string, the other place has room for 41 bytes.
        let answer = unsafe { zmq_curve_public(derived.as_mut_ptr().cast(), secret.as_ptr()) };
        assert_eq!(answer, 0);
        assert_eq!(&derived, b"K3HW^WVq.zo69t)(umF>:XvwTj:QGN^yKlWaVH(S\0");
    }

    #[test]
    fn a_secret_must_be_a_whole_key() {
        let mut public = [b'x'; 41];
        let whole = "0".repeat(40);
        for text in ["", "0000", "00000", &whole[1..], &format!("{whole}00000"), &"#".repeat(40)] {
            let text = std::ffi::CString::new(text).expect("no NUL inside");
            // SAFETY: the secret is a C string, the other place has room for 41 bytes.
            let answer = unsafe { zmq_curve_public(public.as_mut_ptr().cast(), text.as_ptr()) };
            assert_eq!((answer, sys::errno::get()), (-1, libc::EINVAL), "{text:?}");
            assert_eq!(public, [b'x'; 41]);
        }
    }

    #[test]
    fn curve_answers_null() {
        let mut key = [b'0' as c_char; 41];
        let key = key.as_mut_ptr();
        let fault = |answer: c_int| answer == -1 && sys::errno::get() == libc::EFAULT;
        // SAFETY: in each call one pointer is NULL and the other has 41 bytes.
        unsafe {
            assert!(fault(zmq_curve_keypair(key, ptr::null_mut())));
            assert!(fault(zmq_curve_keypair(ptr::null_mut(), key)));
            assert!(fault(zmq_curve_public(key, ptr::null())));
            assert!(fault(zmq_curve_public(ptr::null_mut(), key)));
        }
    }
}
