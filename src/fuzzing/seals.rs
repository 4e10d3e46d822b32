//! The boxes of NaCl.

#![forbid(unsafe_code)]

use crate::{crypto, zmtp};

/// A key of single boxes.
#[derive(Debug)]
pub struct BoxKey(crypto::BoxKey);

/// A key of frames.
#[derive(Debug)]
pub struct FrameKey(crypto::FrameKey);

/// The public key that belongs to a secret one.
pub fn public_key(secret: &[u8; 32]) -> [u8; 32] {
    zmtp::keys::public(secret)
}

impl BoxKey {
    /// The key that the owners of two pairs share.
    pub fn between(public: &[u8; 32], secret: &[u8; 32]) -> Option<BoxKey> {
        crypto::BoxKey::between(public, secret).map(BoxKey)
    }

    /// A key that both sides know already.
    pub fn symmetric(key: &[u8; 32]) -> BoxKey {
        BoxKey(crypto::BoxKey::symmetric(key))
    }

    /// Seals a text.
    pub fn seal(&self, nonce: &[u8; 24], plain: &[u8]) -> Vec<u8> {
        self.0.seal(nonce, plain)
    }

    /// Opens what was sealed.
    pub fn open(&self, nonce: &[u8; 24], sealed: &[u8]) -> Option<Vec<u8>> {
        self.0.open(nonce, sealed).map(|plain| plain.to_vec())
    }

    /// The key of frames whose nonces begin with these bytes.
    pub fn frames(&self, prefix: &[u8; 16]) -> FrameKey {
        FrameKey(self.0.frames(prefix))
    }
}

impl FrameKey {
    /// Seals flags and a payload into a place with 17 bytes more.
    pub fn seal(&self, nonce: u64, flags: u8, payload: &[u8], out: &mut [u8]) {
        self.0.seal(nonce, flags, payload, out);
    }

    /// Opens what was sealed into a place with 17 bytes less, and gives the flags.
    pub fn open(&self, nonce: u64, sealed: &[u8], payload: &mut [u8]) -> Option<u8> {
        self.0.open(nonce, sealed, payload)
    }
}
