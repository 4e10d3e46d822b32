//! Whole messages: what every kind of processor makes of them, and what is refused.

#![forbid(unsafe_code)]

use poly1305::universal_hash::KeyInit;
use salsa20::cipher::{KeyIvInit, StreamCipher};

use super::frames::FrameKey;
use super::wide::Width;
use super::{BoxKey, Key, TAG, equal};

const NONCE: u64 = 0x0102_0304_0506_0708;

/// A key that shows if bytes are mixed up.
fn key() -> Key {
    std::array::from_fn(|place| (place as u8).wrapping_mul(29) ^ 0xc3)
}

/// A text that repeats nothing soon.
fn text(length: usize) -> Vec<u8> {
    (0..length as u32).map(|place| (place.wrapping_mul(place) / 7 + place) as u8).collect()
}

/// A key for each kind of processor that this one can be.
fn keys() -> Vec<FrameKey> {
    Width::all().map(|width| FrameKey::for_width(&key(), width)).collect()
}

/// Seals flags and a payload as others do.
fn reference(flags: u8, payload: &[u8]) -> Vec<u8> {
    let mut cipher = salsa20::Salsa20::new((&key()).into(), (&NONCE.to_be_bytes()).into());
    let mut mac_key = Key::default();
    cipher.apply_keystream(&mut mac_key);
    let mut text = [&[flags], payload].concat();
    cipher.apply_keystream(&mut text);
    let tag = poly1305::Poly1305::new((&mac_key).into()).compute_unpadded(&text);
    [&tag[..], &text].concat()
}

/// Lengths at which something changes: all short ones, and those around whole batches.
fn lengths() -> impl Iterator<Item = usize> {
    let around = |whole: usize| (whole - 40..whole + 140).step_by(7);
    (0..=600).chain((1..=8).flat_map(move |batches| around(batches * 512))).chain([65_536])
}

#[test]
fn every_processor_seals_and_opens_as_the_reference() {
    let keys = keys();
    for length in lengths() {
        let payload = text(length);
        let expected = reference(0x81, &payload);
        for key in &keys {
            let mut sealed = vec![0xee; length + 1 + TAG];
            key.seal(NONCE, 0x81, &payload, &mut sealed);
            assert!(sealed == expected, "{length} sealed by {key:?}");
            let mut opened = vec![0xee; length];
            assert_eq!(key.open(NONCE, &sealed, &mut opened), Some(0x81), "{length} by {key:?}");
            assert!(opened == payload, "{length} opened by {key:?}");
        }
    }
}

#[test]
fn boxes_are_frames_without_flags() {
    let mut nonce = [7; 24];
    nonce[16..].copy_from_slice(&NONCE.to_be_bytes());
    let key = BoxKey::symmetric(&key());
    let frames = key.frames(&[7; 16]);
    for length in 0..=600 {
        let plain = text(length + 1);
        let mut sealed = vec![0; length + 1 + TAG];
        frames.seal(NONCE, plain[0], &plain[1..], &mut sealed);
        assert_eq!(key.seal(&nonce, &plain), sealed);
        assert_eq!(key.open(&nonce, &sealed).expect("it is genuine")[..], plain);
    }
    let nothing = key.seal(&nonce, &[]);
    assert_eq!(nothing.len(), TAG);
    assert_eq!(key.open(&nonce, &nothing).expect("it is genuine")[..], []);
}

#[test]
fn every_changed_bit_is_refused_and_nothing_is_decrypted() {
    for key in keys() {
        for length in [0, 5, 40, 600] {
            let mut sealed = vec![0; length + 1 + TAG];
            key.seal(NONCE, 1, &text(length), &mut sealed);
            let mut opened = vec![0xee; length];
            for bit in 0..8 * sealed.len() {
                sealed[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(key.open(NONCE, &sealed, &mut opened), None, "bit {bit} by {key:?}");
                sealed[bit / 8] ^= 1 << (bit % 8);
            }
            assert!(opened.iter().all(|byte| *byte == 0xee));
            assert_eq!(key.open(NONCE, &sealed, &mut opened), Some(1));
        }
    }
}

#[test]
fn every_changed_bit_of_a_box_is_refused() {
    let key = BoxKey::symmetric(&key());
    let mut sealed = key.seal(&[3; 24], b"short");
    for bit in 0..8 * sealed.len() {
        sealed[bit / 8] ^= 1 << (bit % 8);
        assert!(key.open(&[3; 24], &sealed).is_none(), "{bit}");
        sealed[bit / 8] ^= 1 << (bit % 8);
    }
    assert!(key.open(&[3; 24], &sealed).is_some());
}

#[test]
fn other_keys_nonces_and_lengths_are_refused() {
    for key in keys() {
        let mut sealed = [0; 5 + 1 + TAG];
        key.seal(NONCE, 1, b"hello", &mut sealed);
        let mut opened = [0; 5];
        assert_eq!(key.open(NONCE + 1, &sealed, &mut opened), None);
        for length in 0..sealed.len() {
            assert_eq!(key.open(NONCE, &sealed[..length], &mut opened), None);
            let mut fitting = vec![0; length.saturating_sub(1 + TAG)];
            assert_eq!(key.open(NONCE, &sealed[..length], &mut fitting), None);
        }
        assert_eq!(key.open(NONCE, &sealed, &mut [0; 4]), None);
        assert_eq!(key.open(NONCE, &sealed, &mut [0; 6]), None);
        assert_eq!(key.open(NONCE, &sealed, &mut opened), Some(1));
    }
    let sealed = BoxKey::symmetric(&key()).seal(&[3; 24], b"text");
    assert!(BoxKey::symmetric(&[0; 32]).open(&[3; 24], &sealed).is_none());
    for length in 0..sealed.len() {
        assert!(BoxKey::symmetric(&key()).open(&[3; 24], &sealed[..length]).is_none());
    }
}

#[test]
#[should_panic(expected = "assertion")]
fn a_buffer_of_the_wrong_length_is_a_mistake_of_the_caller() {
    keys()[0].seal(NONCE, 0, b"hello", &mut [0; 5 + TAG]);
}

#[test]
fn equal_is_equality() {
    assert!(equal(b"", b""));
    assert!(equal(b"same", b"same"));
    assert!(!equal(b"same", b"sane"));
    assert!(!equal(b"same", b"sam"));
}
