//! Single boxes: `crypto_box` and `crypto_secretbox` of NaCl, with the tag in front.

#![forbid(unsafe_code)]

use std::fmt;

use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use super::frames::FrameKey;
use super::{Key, TAG, salsa20};

/// A shared key of `crypto_box`, or a key of `crypto_secretbox`; wiped when dropped.
pub(crate) struct BoxKey {
    key: Zeroizing<Key>,
}

/// Shows nothing of the key.
impl fmt::Debug for BoxKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BoxKey")
    }
}

impl BoxKey {
    /// The key that the owners of two pairs share, each from its own secret and the other's public
    /// key; none if the public key is one of those for which the secret does not matter.
    pub(crate) fn between(public: &Key, secret: &Key) -> Option<BoxKey> {
        let shared = StaticSecret::from(*secret).diffie_hellman(&PublicKey::from(*public));
        let key = salsa20::derive(shared.as_bytes(), &[0; 16]);
        shared.was_contributory().then_some(BoxKey { key })
    }

    /// A key that both sides know already.
    pub(crate) fn symmetric(key: &Key) -> BoxKey {
        BoxKey { key: Zeroizing::new(*key) }
    }

    /// Seals a text: the tag, then the ciphertext.
    pub(crate) fn seal(&self, nonce: &[u8; 24], plain: &[u8]) -> Vec<u8> {
        let (key, nonce) = self.split(nonce);
        let mut sealed = vec![0; TAG + plain.len()];
        key.seal_parts(nonce, &[], plain, &mut sealed);
        sealed
    }

    /// Opens what was sealed with the same key and nonce; none if it is anything else.
    pub(crate) fn open(&self, nonce: &[u8; 24], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (key, nonce) = self.split(nonce);
        let mut plain = Zeroizing::new(vec![0; sealed.len().checked_sub(TAG)?]);
        key.open_parts(nonce, sealed, &mut [], &mut plain).then_some(plain)
    }

    /// The key of all nonces that begin with these 16 bytes.
    pub(crate) fn frames(&self, prefix: &[u8; 16]) -> FrameKey {
        FrameKey::new(&salsa20::derive(&self.key, prefix))
    }

    /// The key that belongs to a nonce, and the rest of that nonce.
    fn split(&self, nonce: &[u8; 24]) -> (FrameKey, u64) {
        let (mut prefix, mut rest) = ([0; 16], [0; 8]);
        prefix.copy_from_slice(&nonce[..16]);
        rest.copy_from_slice(&nonce[16..]);
        (self.frames(&prefix), u64::from_be_bytes(rest))
    }
}
