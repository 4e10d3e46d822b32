//! What every processor can do: the rows of one block.

#![forbid(unsafe_code)]

use super::poly1305::Poly1305;
use super::salsa20::{BLOCK, Row};
use super::sealing::Ability;

/// Any processor.
pub(super) struct Portable;

impl Ability for Portable {
    type Row = [u32; 4];

    #[inline(always)]
    fn authenticate(mac: &mut Poly1305, blocks: &[u8]) {
        mac.blocks(blocks);
    }
}

impl Row for [u32; 4] {
    const BYTES: usize = BLOCK;
    const UPRIGHT: bool = false;

    #[inline(always)]
    fn new(words: impl Fn(u64) -> [u32; 4]) -> Self {
        words(0)
    }

    #[inline(always)]
    fn add(self, [a, b, c, d]: Self) -> Self {
        let [e, f, g, h] = self;
        [e.wrapping_add(a), f.wrapping_add(b), g.wrapping_add(c), h.wrapping_add(d)]
    }

    #[inline(always)]
    fn xor(self, [a, b, c, d]: Self) -> Self {
        let [e, f, g, h] = self;
        [e ^ a, f ^ b, g ^ c, h ^ d]
    }

    #[inline(always)]
    fn rotate<const LEFT: i32, const RIGHT: i32>(self) -> Self {
        self.map(|word| word << LEFT | word >> RIGHT)
    }

    #[inline(always)]
    fn turn<const BY: i32>(self) -> Self {
        let [a, b, c, d] = self;
        match BY {
            1 => [b, c, d, a],
            2 => [c, d, a, b],
            _ => [d, a, b, c],
        }
    }

    #[inline(always)]
    fn odd_from(self, other: Self) -> Self {
        [self[0], other[1], self[2], other[3]]
    }

    #[inline(always)]
    fn last_from(self, other: Self) -> Self {
        [self[0], self[1], other[2], other[3]]
    }

    #[inline(always)]
    fn transpose([a, b, c, d]: [Self; 4]) -> [Self; 4] {
        [0, 1, 2, 3].map(|place| [a[place], b[place], c[place], d[place]])
    }

    #[inline(always)]
    fn write(rows: [Self; 4], blocks: &mut [u8]) {
        for (bytes, word) in blocks.chunks_exact_mut(4).zip(rows.as_flattened()) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
    }

    #[inline(always)]
    fn encrypt(rows: [Self; 4], from: &[u8], to: &mut [u8]) {
        let mut blocks = [0; BLOCK];
        Self::write(rows, &mut blocks);
        for ((to, from), byte) in to.iter_mut().zip(from).zip(blocks) {
            *to = from ^ byte;
        }
    }
}
