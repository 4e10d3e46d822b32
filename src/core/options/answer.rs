//! What a read of an option leaves in the caller's buffer and length.
//!
//! The rules for the length differ from option to option; once an answer exists, writing it out is
//! the same for all, and needs no knowledge of options.

#![forbid(unsafe_code)]

use zeroize::Zeroizing;

use super::spec::GetRule;
use crate::error::{Error, Result};
use crate::zmtp::z85;

/// Bytes on their way to the caller; small ones cost no allocation, large ones are wiped.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Bytes {
    /// A number: its bytes and how many of them count.
    Inline([u8; 8], usize),
    /// Anything longer, which may be a password or a secret key.
    Heap(Zeroizing<Vec<u8>>),
}

impl Bytes {
    /// A number of at most eight bytes.
    pub(super) fn inline(bytes: &[u8]) -> Bytes {
        let mut inline = [0; 8];
        inline[..bytes.len()].copy_from_slice(bytes);
        Bytes::Inline(inline, bytes.len())
    }

    /// Anything else.
    pub(super) fn heap(bytes: Vec<u8>) -> Bytes {
        Bytes::Heap(Zeroizing::new(bytes))
    }

    /// The bytes themselves.
    pub(super) fn as_slice(&self) -> &[u8] {
        match self {
            Bytes::Inline(bytes, len) => &bytes[..*len],
            Bytes::Heap(bytes) => bytes,
        }
    }
}

/// The answer to a read: what to write, and what becomes of the length.
///
/// It never exceeds the capacity it was made for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Value {
    /// What goes to the start of the buffer.
    bytes: Bytes,
    /// Whether the buffer behind them is filled with zeros, up to the capacity.
    pub(crate) zero_fill: bool,
    /// What `*len` becomes, or `None` if it stays.
    pub(crate) new_len: Option<usize>,
}

impl Value {
    /// What goes to the start of the buffer.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.as_slice()
    }

    /// The answer that leaves the length and the rest of the buffer alone.
    pub(in crate::core) fn plain(bytes: Vec<u8>) -> Value {
        Value { bytes: Bytes::heap(bytes), zero_fill: false, new_len: None }
    }

    /// The answer that `rule` gives to a caller with room for `capacity` bytes.
    pub(super) fn new(rule: GetRule, bytes: Bytes, capacity: usize) -> Result<Value> {
        let len = bytes.as_slice().len();
        match rule {
            GetRule::Exact if capacity == len => {
                Ok(Value { bytes, zero_fill: false, new_len: None })
            }
            GetRule::AtLeast if capacity >= len => {
                Ok(Value { bytes, zero_fill: true, new_len: Some(len) })
            }
            GetRule::Text if capacity > len => {
                // Made in one piece, so that no copy of a password is left behind by growing.
                let mut text = Vec::with_capacity(len + 1);
                text.extend_from_slice(bytes.as_slice());
                text.push(0);
                let bytes = Bytes::heap(text);
                Ok(Value { bytes, zero_fill: true, new_len: Some(len + 1) })
            }
            GetRule::Key if capacity == 32 => Ok(Value { bytes, zero_fill: false, new_len: None }),
            GetRule::Key if capacity == 41 => {
                let text = Zeroizing::new(z85::encode(bytes.as_slice()).ok_or(Error::Invalid)?);
                let mut key = Vec::with_capacity(41);
                key.extend_from_slice(text.as_bytes());
                key.push(0);
                Ok(Value::plain(key))
            }
            GetRule::Never | GetRule::Exact | GetRule::AtLeast | GetRule::Text | GetRule::Key => {
                Err(Error::Invalid)
            }
        }
    }
}

/// The answer for options whose length must be that of an int (most of them).
pub(crate) fn exact_int(value: i32, capacity: usize) -> Result<Value> {
    Value::new(GetRule::Exact, Bytes::inline(&value.to_ne_bytes()), capacity)
}

/// The answer for the int options that take more room than they need (RCVMORE, FD, EVENTS, ...).
pub(crate) fn at_least_int(value: i32, capacity: usize) -> Result<Value> {
    Value::new(GetRule::AtLeast, Bytes::inline(&value.to_ne_bytes()), capacity)
}
