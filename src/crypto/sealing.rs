//! XSalsa20 and Poly1305 together, on a text in place: what `crypto_secretbox` of NaCl does.

#![forbid(unsafe_code)]

use poly1305::Poly1305;
use poly1305::universal_hash::KeyInit;
use salsa20::cipher::consts::U10;
use salsa20::cipher::{KeyIvInit, StreamCipher};
use salsa20::{Salsa20, hsalsa};
use zeroize::{Zeroize, Zeroizing};

use super::{Key, TAG};

/// The key of all nonces that begin with the same 16 bytes.
pub(super) fn subkey(key: &Key, prefix: &[u8; 16]) -> Key {
    hsalsa::<U10>(key.into(), prefix.into()).into()
}

/// A cipher that stands behind the bytes which authenticate, and the key made of those.
fn begin(subkey: &Key, nonce: &[u8; 8]) -> (Salsa20, Poly1305) {
    let mut cipher = Salsa20::new(subkey.into(), nonce.into());
    let mut mac_key = Key::default();
    cipher.apply_keystream(&mut mac_key);
    let mac = Poly1305::new((&mac_key).into());
    mac_key.zeroize();
    (cipher, mac)
}

/// Encrypts a text and gives its tag.
pub(super) fn seal(subkey: &Key, nonce: &[u8; 8], text: &mut [u8]) -> [u8; TAG] {
    let (mut cipher, mac) = begin(subkey, nonce);
    cipher.apply_keystream(text);
    mac.compute_unpadded(text).into()
}

/// Decrypts a text, if its tag is right.
pub(super) fn open(
    subkey: &Key,
    nonce: &[u8; 8],
    tag: &[u8; TAG],
    text: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let (mut cipher, mac) = begin(subkey, nonce);
    let expected: [u8; TAG] = mac.compute_unpadded(text).into();
    super::equal(&expected, tag).then(|| {
        let mut plain = Zeroizing::new(text.to_vec());
        cipher.apply_keystream(&mut plain);
        plain
    })
}
