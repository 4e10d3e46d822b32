//! Frames of one direction of a connection: a byte of flags and a payload in every box.

#![forbid(unsafe_code)]

use std::fmt;

use zeroize::Zeroizing;

use super::{Key, TAG, sealing};

/// The key of one direction of a connection; wiped when dropped.
pub(crate) struct FrameKey {
    key: Zeroizing<Key>,
}

/// Shows nothing of the key.
impl fmt::Debug for FrameKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FrameKey")
    }
}

impl FrameKey {
    /// Keeps a key that belongs to the beginning of a nonce.
    pub(super) fn new(key: &Key) -> FrameKey {
        FrameKey { key: Zeroizing::new(*key) }
    }

    /// Seals flags and payload into `out`, which has 17 bytes more than the payload: the tag, then
    /// the ciphertext. `nonce` is the rest of the nonce, big-endian.
    pub(crate) fn seal(&self, nonce: u64, flags: u8, payload: &[u8], out: &mut [u8]) {
        let (tag, text) = out.split_at_mut(TAG);
        text[0] = flags;
        text[1..].copy_from_slice(payload);
        tag.copy_from_slice(&sealing::seal(&self.key, &nonce.to_be_bytes(), text));
    }

    /// Opens what was sealed with the same key and nonce into `payload`, which has 17 bytes less,
    /// and gives the flags; none if it is anything else,
    /// or `payload` has another length.
    pub(crate) fn open(&self, nonce: u64, sealed: &[u8], payload: &mut [u8]) -> Option<u8> {
        let (tag, text) = sealed.split_first_chunk()?;
        let plain = sealing::open(&self.key, &nonce.to_be_bytes(), tag, text)?;
        let (&flags, rest) = plain.split_first()?;
        if payload.len() != rest.len() {
            return None;
        }
        payload.copy_from_slice(rest);
        Some(flags)
    }
}
