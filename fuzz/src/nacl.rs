//! The boxes of NaCl by another implementation than the library's, and which keys are none.
//!
//! Not with the crate `crypto_box`: it reduces secrets by the order of the base point, so that it
//! disagrees with NaCl about public keys that are no multiple of that point.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crypto_secretbox::aead::Aead;
use crypto_secretbox::{Kdf, KeyInit, XSalsa20Poly1305};
use salsa20::Salsa20;

pub use crate::x25519::{Key, x25519};

/// The points of small order, by their first and last byte and what is between: with these as
/// public keys, the secret does not matter. The last three are larger than the prime, and the bit
/// above it counts for nothing.
pub const WEAK: [Key; 7] = [
    repeated(0, 0, 0),
    repeated(1, 0, 0),
    [
        0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4,
        0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49,
        0xb8, 0x00,
    ],
    [
        0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef,
        0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f,
        0x11, 0x57,
    ],
    repeated(0xec, 0xff, 0x7f),
    repeated(0xed, 0xff, 0x7f),
    repeated(0xee, 0xff, 0x7f),
];

const fn repeated(first: u8, middle: u8, last: u8) -> Key {
    let mut key = [middle; 32];
    key[0] = first;
    key[31] = last;
    key
}

/// The point that secrets are multiplied with.
const BASE: Key = repeated(9, 0, 0);

/// Whether a public key protects nothing.
pub fn is_weak(public: &Key) -> bool {
    let mut low = *public;
    low[31] &= 0x7f;
    WEAK.contains(&low)
}

/// A nonce of the two parts that it always has.
pub fn nonce(front: &[u8], back: &[u8]) -> [u8; 24] {
    [front, back].concat().try_into().expect("the parts of a nonce have 24 bytes")
}

/// What the owners of two pairs share.
#[derive(Clone)]
pub struct Shared(Rc<XSalsa20Poly1305>);

thread_local! {
    /// Products of points and scalars that were computed lately, as targets use few keys and
    /// multiplications are slow.
    static KNOWN: RefCell<HashMap<(Key, Key), Key>> = RefCell::default();
}

fn product(point: &Key, scalar: &Key) -> Key {
    KNOWN.with_borrow_mut(|known| {
        if known.len() > 1000 {
            known.clear();
        }
        *known.entry((*point, *scalar)).or_insert_with(|| x25519(scalar, point))
    })
}

/// The public key that belongs to a secret.
pub fn public(secret: &Key) -> Key {
    product(&BASE, secret)
}

/// The key of a public key and a secret.
pub fn between(public: &Key, secret: &Key) -> Shared {
    let key = Salsa20::kdf((&product(public, secret)).into(), &Default::default());
    Shared(Rc::new(XSalsa20Poly1305::new(&key)))
}

impl Shared {
    /// Seals a text.
    pub fn seal(&self, nonce: &[u8; 24], plain: &[u8]) -> Vec<u8> {
        self.0.encrypt(nonce.into(), plain).expect("there is memory")
    }

    /// Opens what was sealed.
    pub fn open(&self, nonce: &[u8; 24], sealed: &[u8]) -> Option<Vec<u8>> {
        self.0.decrypt(nonce.into(), sealed).ok()
    }
}

/// Seals a text with a key that both sides know.
pub fn seal(key: &Key, nonce: &[u8; 24], plain: &[u8]) -> Vec<u8> {
    XSalsa20Poly1305::new(key.into()).encrypt(nonce.into(), plain).expect("there is memory")
}

/// Opens what was sealed that way.
pub fn open(key: &Key, nonce: &[u8; 24], sealed: &[u8]) -> Option<Vec<u8>> {
    XSalsa20Poly1305::new(key.into()).decrypt(nonce.into(), sealed).ok()
}
