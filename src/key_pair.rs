//! CURVE keys as people and configuration files have them: texts of 40 characters, made from the
//! entropy of the kernel.
//!
//! What passes through here may be a secret, so every temporary copy is wiped.

#![forbid(unsafe_code)]

use zeroize::{Zeroize, Zeroizing};

use crate::error::{Error, Result};
use crate::sys;
use crate::zmtp::keys::{self, Key, KeyPair};
use crate::zmtp::z85;

/// A key in Z85.
pub(crate) type KeyText = Zeroizing<[u8; 40]>;

/// Encodes a key.
fn key_text(key: &Key) -> Result<KeyText> {
    let mut encoded = z85::encode(key).ok_or(Error::Invalid)?.into_bytes();
    let text = encoded.as_slice().try_into().map(KeyText::new);
    encoded.as_mut_slice().zeroize();
    text.map_err(|_| Error::Invalid)
}

/// Makes a key pair; the public key comes first.
pub(crate) fn new_pair() -> Result<(KeyText, KeyText)> {
    let mut entropy = Zeroizing::new(Key::default());
    sys::random::fill(entropy.as_mut_slice())?;
    let pair = KeyPair::from_entropy(&mut entropy);
    Ok((key_text(pair.public())?, key_text(pair.secret())?))
}

/// The public key for the text of a secret one, which must be a whole key.
pub(crate) fn public_of(secret: &[u8]) -> Result<KeyText> {
    let mut decoded = z85::decode(secret).ok_or(Error::Invalid)?;
    let secret = Key::try_from(decoded.as_slice()).map(Zeroizing::new);
    decoded.as_mut_slice().zeroize();
    key_text(&keys::public(&*secret.map_err(|_| Error::Invalid)?))
}
