//! The options whose values have a syntax: keys and properties.

#![forbid(unsafe_code)]

use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::zmtp::z85;

/// The longest name of a property that the handshake can carry.
const MAX_PROPERTY_NAME: usize = 255;

/// A CURVE key in one of its forms: 32 bytes; Z85 text with its NUL; or, for old callers, without.
pub(super) fn key(value: &[u8]) -> Result<Zeroizing<[u8; 32]>> {
    let decoded;
    let bytes = match value.len() {
        32 => value,
        40 | 41 if value[40..].iter().all(|&byte| byte == 0) => {
            decoded = Zeroizing::new(z85::decode(&value[..40]).ok_or(Error::Invalid)?);
            decoded.as_slice()
        }
        _ => return Err(Error::Invalid),
    };
    let mut key = Zeroizing::new([0; 32]);
    key.copy_from_slice(bytes);
    Ok(key)
}

/// The name and the value in `X-name:value`.
///
/// The value ends at the first NUL, because it did so on the wire in every release: what comes
/// after it is not kept.
pub(super) fn property(value: &[u8]) -> Result<(Vec<u8>, Vec<u8>)> {
    let colon = value.iter().position(|&byte| byte == b':').ok_or(Error::Invalid)?;
    let (name, value) = (&value[..colon], &value[colon + 1..]);
    if !name.starts_with(b"X-") || name.len() > MAX_PROPERTY_NAME || value.is_empty() {
        return Err(Error::Invalid);
    }
    Ok((name.to_vec(), until_nul(value).to_vec()))
}

/// The part of the bytes that C takes for a string.
pub(super) fn until_nul(bytes: &[u8]) -> &[u8] {
    bytes.split(|&byte| byte == 0).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret key of the test vectors in RFC 26, and its text.
    const TEXT: &[u8; 40] = b"rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";

    #[test]
    fn a_key_in_all_its_forms() {
        let with_nul = [&TEXT[..], b"\0"].concat();
        let raw = key(TEXT).unwrap();
        assert_eq!(raw[..4], [0x54, 0xfc, 0xba, 0x24]);
        assert_eq!(key(&with_nul).unwrap(), raw);
        assert_eq!(key(&raw[..]).unwrap(), raw);
    }

    #[test]
    fn what_is_no_key() {
        let unterminated = [&TEXT[..], b"a"].concat();
        let mut bad_digit = *TEXT;
        bad_digit[5] = b'~';
        let mut cut_short = *TEXT;
        cut_short[39] = 0;
        for text in [&unterminated[..], &bad_digit, &cut_short, b"", &[0; 31], &[0; 33], &[0; 64]] {
            assert_eq!(key(text), Err(Error::Invalid), "{text:?}");
        }
    }

    #[test]
    fn properties() {
        let pair = |name: &str, value: &str| Ok((name.into(), value.into()));
        assert_eq!(property(b"X-a:b"), pair("X-a", "b"));
        assert_eq!(property(b"X-:v1"), pair("X-", "v1"));
        assert_eq!(property(b"X-a:b:c"), pair("X-a", "b:c"));
        assert_eq!(property(b"X-a:\0"), pair("X-a", ""));
        assert_eq!(property(b"X-a:b\0c"), pair("X-a", "b"));
        for text in [&b""[..], b"X-a", b"X-a:", b":X-a", b":", b"x-a:b1", b"X:ab1", b"\0X-a:b"] {
            assert_eq!(property(text), Err(Error::Invalid), "{text:?}");
        }
    }

    #[test]
    fn the_name_of_a_property_ends_at_255() {
        let longest = [b"X-", &[b'n'; 253][..], b":v"].concat();
        let longer = [b"X-", &[b'n'; 254][..], b":v"].concat();
        assert!(property(&longest).is_ok());
        assert_eq!(property(&longer), Err(Error::Invalid));
    }
}
