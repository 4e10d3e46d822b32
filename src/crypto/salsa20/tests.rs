//! Salsa20 and HSalsa20 against published vectors and a reference.

#![forbid(unsafe_code)]

use salsa20::cipher::{KeyIvInit, StreamCipher, StreamCipherSeek};

use super::super::Key;
use super::super::vectors::{hex, key};
use super::{BATCH, BLOCK, Row, Salsa20, derive, write};

type Portable = [u32; 4];

/// One block, flat.
fn block(key: &Key, nonce: [u32; 2], number: u64) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    write(&Salsa20::new(key).flat::<Portable, 1>(nonce, number), &mut block);
    block
}

/// The example of the specification of Salsa20, whose block number has two words.
#[test]
fn specification() {
    let key: Key = std::array::from_fn(|place| match place as u8 {
        place @ 0..16 => place + 1,
        place => place - 16 + 201,
    });
    let nonce = [u32::from_le_bytes([101, 102, 103, 104]), 0x6c6b_6a69];
    let number = u64::from_le_bytes([109, 110, 111, 112, 113, 114, 115, 116]);
    let expected = [
        69, 37, 68, 39, 41, 15, 107, 193, 255, 139, 122, 6, 170, 233, 217, 98, 89, 144, 182, 106,
        21, 51, 200, 65, 239, 49, 222, 34, 215, 114, 40, 126, 104, 197, 7, 225, 197, 153, 31, 2,
        102, 78, 76, 176, 84, 245, 246, 184, 177, 160, 133, 130, 6, 72, 149, 119, 192, 195, 132,
        236, 234, 103, 246, 74,
    ];
    assert_eq!(block(&key, nonce, number), expected);
}

/// The first vector of the eSTREAM project for keys of 256 bits.
#[test]
fn estream() {
    let mut key = Key::default();
    key[0] = 0x80;
    let expected = "e3be8fdd8beca2e3ea8ef9475b29a6e7003951e1097a5c38d23b7a5fad9f6844\
        b22c97559e2723c7cbbd3fe4fc8d9a0744652a83e72a9c461876af4d7ef1a117";
    assert_eq!(block(&key, [0; 2], 0)[..], hex(expected));
}

/// The two steps of "Cryptography in NaCl".
#[test]
fn hsalsa20() {
    let shared = key("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
    let first = derive(&shared, &[0; 16]);
    let expected = "1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389";
    assert_eq!(first[..], hex(expected));
    let prefix = hex("69696ee955b62b73cd62bda875fc73d6").try_into().expect("16 bytes");
    let expected = "dc908dda0b9344a953629b733820778880f3ceb421bb61b91cbd4c3e66256ce4";
    assert_eq!(derive(&first, &prefix)[..], hex(expected));
}

/// Rows of two blocks, as wide processors have them, made of two portable ones.
#[derive(Clone, Copy)]
struct Double([Portable; 2]);

impl Row for Double {
    const BYTES: usize = 2 * BLOCK;
    const UPRIGHT: bool = true;

    fn new(words: impl Fn(u64) -> [u32; 4]) -> Self {
        Double([words(0), words(1)])
    }

    fn add(self, other: Self) -> Self {
        Double([0, 1].map(|half| Row::add(self.0[half], other.0[half])))
    }

    fn xor(self, other: Self) -> Self {
        Double([0, 1].map(|half| Row::xor(self.0[half], other.0[half])))
    }

    fn rotate<const LEFT: i32, const RIGHT: i32>(self) -> Self {
        Double(self.0.map(Row::rotate::<LEFT, RIGHT>))
    }

    fn turn<const BY: i32>(self) -> Self {
        Double(self.0.map(Row::turn::<BY>))
    }

    fn odd_from(self, other: Self) -> Self {
        Double([0, 1].map(|half| self.0[half].odd_from(other.0[half])))
    }

    fn last_from(self, other: Self) -> Self {
        Double([0, 1].map(|half| self.0[half].last_from(other.0[half])))
    }

    fn transpose(rows: [Self; 4]) -> [Self; 4] {
        let halves = [0, 1].map(|half| Row::transpose(rows.map(|row: Double| row.0[half])));
        [0, 1, 2, 3].map(|row| Double(halves.map(|half: [Portable; 4]| half[row])))
    }

    fn write(rows: [Self; 4], blocks: &mut [u8]) {
        for (half, block) in blocks.chunks_exact_mut(BLOCK).enumerate() {
            Row::write(rows.map(|row| row.0[half]), block);
        }
    }

    fn encrypt(rows: [Self; 4], from: &[u8], to: &mut [u8]) {
        for (half, to) in to.chunks_exact_mut(BLOCK).enumerate() {
            Row::encrypt(rows.map(|row| row.0[half]), &from[half * BLOCK..], to);
        }
    }
}

/// What the stream is according to others.
fn reference(key: &Key, nonce: [u32; 2], first: u64, from: &[u8]) -> Vec<u8> {
    let mut iv = [0; 8];
    iv[..4].copy_from_slice(&nonce[0].to_le_bytes());
    iv[4..].copy_from_slice(&nonce[1].to_le_bytes());
    let mut cipher = salsa20::Salsa20::new(key.into(), (&iv).into());
    cipher.seek(u128::from(first) * BLOCK as u128);
    let mut to = from.to_vec();
    cipher.apply_keystream(&mut to);
    to
}

/// The stream and encryption, from a block on, for every length.
fn as_the_reference<R: Row>(first: u64) {
    let key: Key = std::array::from_fn(|place| place as u8 * 7);
    let nonce = [0x0123_4567, 0x89ab_cdef];
    let text: Vec<u8> = (0..2000_u32).map(|place| (place * place / 5) as u8).collect();
    let stream = reference(&key, nonce, first, &[0; BATCH]);
    let sealed = reference(&key, nonce, first, &text);
    let salsa = Salsa20::new(&key);
    for needed in 1..=BATCH {
        let mut made = [0; BATCH];
        salsa.stream::<R>(nonce, first, needed, &mut made);
        assert_eq!(made[..needed], stream[..needed]);
    }
    for length in (0..text.len()).step_by(61) {
        let mut to = vec![0; length];
        let done = salsa.encrypt::<R>(nonce, first, &text[..length], &mut to);
        assert_eq!(to[..done], sealed[..done]);
        assert!(length - done < BATCH && to[done..].iter().all(|byte| *byte == 0));
    }
}

/// Where the number of a block fits into a word, where it begins not to, and where it does not.
#[test]
fn streams_are_those_of_the_reference() {
    for first in [0, 1, 8, (1 << 32) - 5, (1 << 32) - 1, 1 << 32, 12_345_678_901_234_567] {
        as_the_reference::<Portable>(first);
        as_the_reference::<Double>(first);
    }
}
