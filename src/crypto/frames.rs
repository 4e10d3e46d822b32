//! Frames of one direction of a connection: a byte of flags and a payload in every box.

#![forbid(unsafe_code)]

use std::fmt;

use super::salsa20::Salsa20;
use super::wide::Width;
use super::{Key, TAG};

/// The key of one direction of a connection; wiped when dropped.
pub(crate) struct FrameKey {
    key: Salsa20,
    width: Width,
}

/// Shows nothing of the key.
impl fmt::Debug for FrameKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameKey").field("width", &self.width).finish_non_exhaustive()
    }
}

impl FrameKey {
    /// Keeps a key that belongs to the beginning of a nonce.
    pub(super) fn new(key: &Key) -> FrameKey {
        FrameKey::for_width(key, Width::best())
    }

    /// As above, for a processor that can do no more than this.
    pub(super) fn for_width(key: &Key, width: Width) -> FrameKey {
        FrameKey { key: Salsa20::new(key), width }
    }

    /// Seals flags and payload into `out`, which must have 17 bytes more than the payload: the tag,
    /// then the ciphertext. `nonce` is the rest of the nonce, big-endian.
    pub(crate) fn seal(&self, nonce: u64, flags: u8, payload: &[u8], out: &mut [u8]) {
        self.seal_parts(nonce, &[flags], payload, out);
    }

    /// Opens what was sealed with the same key and nonce into `payload`, which has 17 bytes less,
    /// and gives the flags; none if it is anything else, or `payload` has another length. Nothing
    /// is decrypted before it is known to be genuine.
    pub(crate) fn open(&self, nonce: u64, sealed: &[u8], payload: &mut [u8]) -> Option<u8> {
        let mut flags = [0];
        (sealed.len() == payload.len() + 1 + TAG
            && self.open_parts(nonce, sealed, &mut flags, payload))
        .then_some(flags[0])
    }

    /// Seals a text in two parts, of which the first is short.
    pub(super) fn seal_parts(&self, nonce: u64, head: &[u8], body: &[u8], out: &mut [u8]) {
        assert_eq!(out.len(), TAG + head.len() + body.len());
        self.width.seal(&self.key, words(nonce), head, body, out);
    }

    /// Opens a text in two parts, of which the first is short.
    pub(super) fn open_parts(
        &self,
        nonce: u64,
        sealed: &[u8],
        head: &mut [u8],
        body: &mut [u8],
    ) -> bool {
        assert_eq!(sealed.len(), TAG + head.len() + body.len());
        self.width.open(&self.key, words(nonce), sealed, head, body)
    }
}

/// The words of Salsa20, little-endian, behind the bytes of a number, big-endian.
fn words(nonce: u64) -> [u32; 2] {
    let nonce = nonce.swap_bytes();
    [nonce as u32, (nonce >> 32) as u32]
}
