//! XSalsa20 and Poly1305 together: what `crypto_secretbox` of NaCl does, behind its HSalsa20.
//!
//! Of the stream, the first 32 bytes are the key of Poly1305, and the text begins behind them. One
//! batch of the stream serves both, so a short message costs one batch and no more.
//!
//! Everything here is inlined into the few functions of `wide`, where it is compiled for what the
//! processor can do.

#![forbid(unsafe_code)]

use subtle::ConstantTimeEq;
use zeroize::optimization_barrier;

use super::poly1305::Poly1305;
use super::salsa20::{BATCH, BLOCK, Row, Salsa20};
use super::{Key, TAG};

/// The bytes of the stream in front of the text.
const FRONT: usize = 32;

/// What a processor can do.
pub(super) trait Ability {
    /// What Salsa20 works on.
    type Row: Row;

    /// Authenticates whole blocks.
    fn authenticate(mac: &mut Poly1305, blocks: &[u8]);
}

/// Seals a text, which is given in two parts, the first being short, into `out`, which has 16 bytes
/// more: the tag, then the ciphertext.
#[inline(always)]
pub(super) fn seal<A: Ability>(
    key: &Salsa20,
    nonce: [u32; 2],
    head: &[u8],
    body: &[u8],
    out: &mut [u8],
) {
    let (tag, text) = out.split_at_mut(TAG);
    let mut batch = Batch([0; BATCH]);
    key.stream::<A::Row>(nonce, 0, FRONT + text.len(), &mut batch.0);
    let mac = mac(&batch);
    let (text_head, text_body) = text.split_at_mut(head.len());
    xor(head, &batch.0[FRONT..], text_head);
    encrypt::<A>(key, nonce, &mut batch, FRONT + head.len(), body, text_body);
    tag.copy_from_slice(&finish::<A>(mac, text).to_le_bytes());
}

/// Opens a sealed text into two parts, the first being short, if its tag is right. Both together have
/// 16 bytes less.
#[inline(always)]
pub(super) fn open<A: Ability>(
    key: &Salsa20,
    nonce: [u32; 2],
    sealed: &[u8],
    head: &mut [u8],
    body: &mut [u8],
) -> bool {
    let Some((tag, text)) = sealed.split_first_chunk() else { return false };
    let mut batch = Batch([0; BATCH]);
    key.stream::<A::Row>(nonce, 0, FRONT + text.len(), &mut batch.0);
    let expected = finish::<A>(mac(&batch), text);
    if !bool::from(expected.ct_eq(&u128::from_le_bytes(*tag))) {
        return false;
    }
    let (text_head, text_body) = text.split_at(head.len());
    xor(text_head, &batch.0[FRONT..], head);
    encrypt::<A>(key, nonce, &mut batch, FRONT + head.len(), text_body, body);
    true
}

/// Part of the stream; wiped when dropped, as it and the ciphertext make the text.
struct Batch([u8; BATCH]);

impl Drop for Batch {
    #[inline(always)]
    fn drop(&mut self) {
        // Byte by byte, as zeroize does it, this would take longer than what a short text needs else.
        self.0.fill(0);
        optimization_barrier(&self.0);
    }
}

/// Encrypts or decrypts a text, which begins at a place in the first batch of the stream.
#[inline(always)]
fn encrypt<A: Ability>(
    key: &Salsa20,
    nonce: [u32; 2],
    batch: &mut Batch,
    place: usize,
    from: &[u8],
    to: &mut [u8],
) {
    let here = from.len().min(BATCH - place);
    xor(&from[..here], &batch.0[place..], &mut to[..here]);
    let (from, to) = (&from[here..], &mut to[here..]);
    if from.is_empty() {
        return;
    }
    let block = (BATCH / BLOCK) as u64;
    let done = key.encrypt::<A::Row>(nonce, block, from, to);
    let (from, to) = (&from[done..], &mut to[done..]);
    if !from.is_empty() {
        key.stream::<A::Row>(nonce, block + (done / BLOCK) as u64, from.len(), &mut batch.0);
        xor(from, &batch.0, to);
    }
}

/// What authenticates the text that belongs to a batch, the first one.
#[inline(always)]
fn mac(batch: &Batch) -> Poly1305 {
    let mut key = Key::default();
    key.copy_from_slice(&batch.0[..FRONT]);
    Poly1305::new(&key)
}

/// The tag of a text.
#[inline(always)]
fn finish<A: Ability>(mut mac: Poly1305, text: &[u8]) -> u128 {
    A::authenticate(&mut mac, &text[..text.len() / 16 * 16]);
    mac.finish(text)
}

/// Exclusive or of a text and a stream, which may be longer.
#[inline(always)]
fn xor(from: &[u8], stream: &[u8], to: &mut [u8]) {
    for ((to, from), stream) in to.iter_mut().zip(from).zip(stream) {
        *to = from ^ stream;
    }
}
