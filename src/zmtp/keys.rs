//! CURVE long-term keys: made from entropy that is handed in, or derived from each other.

#![forbid(unsafe_code)]

use std::fmt;

use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroize;

pub(crate) use crate::crypto::Key;

/// A public key and its secret, which is wiped when dropped and never shown.
#[derive(Clone)]
pub(crate) struct KeyPair {
    public: PublicKey,
    secret: StaticSecret,
}

impl KeyPair {
    /// Makes the pair that belongs to 32 bytes which nobody else knows, and wipes those.
    pub(crate) fn from_entropy(entropy: &mut Key) -> KeyPair {
        let secret = StaticSecret::from(*entropy);
        entropy.zeroize();
        KeyPair { public: PublicKey::from(&secret), secret }
    }

    /// The pair that a secret key belongs to.
    pub(crate) fn from_secret(secret: &Key) -> KeyPair {
        let secret = StaticSecret::from(*secret);
        KeyPair { public: PublicKey::from(&secret), secret }
    }

    /// What the other side may know.
    pub(crate) fn public(&self) -> &Key {
        self.public.as_bytes()
    }

    /// What it must not know.
    pub(crate) fn secret(&self) -> &Key {
        self.secret.as_bytes()
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyPair").field("public", self.public()).finish_non_exhaustive()
    }
}

/// Derives the public key that belongs to a secret key.
pub(crate) fn public(secret: &Key) -> Key {
    PublicKey::from(&StaticSecret::from(*secret)).to_bytes()
}

#[cfg(test)]
mod tests {
    use super::{Key, KeyPair, public};
    use crate::zmtp::z85;

    /// Consecutive bytes from `first`: the secret keys of the CURVE test vectors.
    fn secret(first: u8) -> Key {
        std::array::from_fn(|place| first + place as u8)
    }

    /// The vectors: first byte of the secret key, public key.
    const PAIRS: [(u8, &str); 4] = [
        (0x00, "K3HW^WVq.zo69t)(umF>:XvwTj:QGN^yKlWaVH(S"),
        (0x20, "hgP.#hDUHSUiE^h?&P6wi8P5^Qk?rT(1ek&+[:+/"),
        (0x40, "D8rs:?w=pjJ$IKC?Mte/PM@LU:a?9.:vtJMUz5!>"),
        (0x60, "xi<5f)rsyw3Q3a=F+ac{mR)og6^rO5hDLfahY!!G"),
    ];

    #[test]
    fn the_public_key_follows_from_the_secret() {
        for (first, text) in PAIRS {
            let expected = z85::decode(text.as_bytes()).expect("the vector is Z85");
            assert_eq!(public(&secret(first))[..], expected[..]);
        }
    }

    #[test]
    fn entropy_becomes_the_secret_and_is_wiped() {
        let mut entropy = secret(0x20);
        let pair = KeyPair::from_entropy(&mut entropy);
        assert_eq!(entropy, [0; 32]);
        assert_eq!(pair.secret(), &secret(0x20));
        assert_eq!(pair.public(), &public(&secret(0x20)));
    }
}
