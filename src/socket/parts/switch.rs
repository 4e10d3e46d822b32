//! Values of the options that turn something on or off and are checked by the pattern.

#![forbid(unsafe_code)]

use crate::core::options;
use crate::error::{Error, Result};

/// Reads an int from zero up; anything but zero means on.
pub(crate) fn switch(value: &[u8]) -> Result<bool> {
    match options::int(value)? {
        ..0 => Err(Error::Invalid),
        number => Ok(number != 0),
    }
}

/// Reads an int that must be zero or one.
pub(crate) fn strict_switch(value: &[u8]) -> Result<bool> {
    match options::int(value)? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Error::Invalid),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_turns_on_and_what_is_refused() {
        let both = |value: i32| {
            let value = value.to_ne_bytes();
            (switch(&value), strict_switch(&value))
        };
        assert_eq!(both(0), (Ok(false), Ok(false)));
        assert_eq!(both(1), (Ok(true), Ok(true)));
        assert_eq!(both(2), (Ok(true), Err(Error::Invalid)));
        assert_eq!(both(-1), (Err(Error::Invalid), Err(Error::Invalid)));
        assert_eq!(switch(&[0; 8]), Err(Error::Invalid));
        assert_eq!(strict_switch(&[]), Err(Error::Invalid));
    }
}
