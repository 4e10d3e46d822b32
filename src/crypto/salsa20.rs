//! Salsa20 with 20 rounds, several blocks at a time, and HSalsa20.
//!
//! A [`Row`] is what a processor works on at once: four words of one block, or as many of each of two
//! blocks. There are two ways to fill rows, and the same operations for both.
//!
//! *Flat*: a block is four rows, which are the diagonals of the matrix that Salsa20 is drawn as. Then
//! every step of a round works on whole rows, and its four quarter rounds happen at once. This takes
//! the least time from the first round to the last, so it is for short texts.
//!
//! *Upright*: a row is the same word of several blocks, and sixteen rows are the blocks. This takes
//! the fewest operations for a block, so it is for the rest.

#![forbid(unsafe_code)]

use zeroize::{Zeroize, Zeroizing};

use super::Key;

#[cfg(test)]
mod tests;

/// The bytes of a block.
pub(super) const BLOCK: usize = 64;

/// The bytes of the stream that are made at a time: a multiple of what is made upright.
pub(super) const BATCH: usize = 512;

/// Four words, or four words in each half.
pub(super) trait Row: Copy {
    /// The bytes of the blocks that have four words in a row: one block, or one for each half.
    const BYTES: usize;

    /// Whether there are enough registers to work upright.
    const UPRIGHT: bool;

    /// Makes a row from the four words of each half.
    fn new(words: impl Fn(u64) -> [u32; 4]) -> Self;

    /// Adds word by word.
    fn add(self, other: Self) -> Self;

    /// Exclusive or.
    fn xor(self, other: Self) -> Self;

    /// Rotates every word to the left by `LEFT`, which is 32 less `RIGHT`.
    fn rotate<const LEFT: i32, const RIGHT: i32>(self) -> Self;

    /// The words that stood `BY` places further on, in each half.
    fn turn<const BY: i32>(self) -> Self;

    /// Own words at even places, the other's at odd ones.
    fn odd_from(self, other: Self) -> Self;

    /// Own words at the first two places of each half, the other's at the last two.
    fn last_from(self, other: Self) -> Self;

    /// Takes the first words into the first row, the second words into the second, and so on, in
    /// each half.
    fn transpose(rows: [Self; 4]) -> [Self; 4];

    /// Writes the block of each half, of which these are the rows.
    fn write(rows: [Self; 4], blocks: &mut [u8]);

    /// Writes the exclusive or of these blocks and of a text.
    fn encrypt(rows: [Self; 4], from: &[u8], to: &mut [u8]);
}

/// A key, with its words where they stand in a flat block; wiped when dropped.
pub(super) struct Salsa20 {
    rows: [[u32; 4]; 4],
}

impl Drop for Salsa20 {
    fn drop(&mut self) {
        self.rows.zeroize();
    }
}

impl Salsa20 {
    /// Takes a key.
    pub(super) fn new(key: &Key) -> Salsa20 {
        let [a, b, c, d, e, f, g, h] = words(key);
        let [i, j, k, l] = words(b"expand 32-byte k");
        Salsa20 { rows: [[i, j, k, l], [d, 0, h, c], [0, g, b, 0], [f, a, 0, e]] }
    }

    /// Writes at least `needed` bytes of the stream, from a block on.
    #[inline(always)]
    pub(super) fn stream<R: Row>(
        &self,
        nonce: [u32; 2],
        first: u64,
        needed: usize,
        stream: &mut [u8; BATCH],
    ) {
        if needed <= R::BYTES {
            write(&self.flat::<R, 1>(nonce, first), stream);
        } else if R::UPRIGHT && needed > 2 * R::BYTES {
            let starts = (0..needed.min(BATCH)).step_by(4 * R::BYTES);
            for (start, stream) in starts.zip(stream.chunks_exact_mut(4 * R::BYTES)) {
                write(&self.upright::<R>(nonce, first + blocks(start)), stream);
            }
        } else {
            let starts = (0..needed.min(BATCH)).step_by(2 * R::BYTES);
            for (start, stream) in starts.zip(stream.chunks_exact_mut(2 * R::BYTES)) {
                write(&self.flat::<R, 2>(nonce, first + blocks(start)), stream);
            }
        }
    }

    /// Encrypts a text from a block on, but for a rest that is shorter than a batch, and says how much
    /// that is.
    #[inline(always)]
    pub(super) fn encrypt<R: Row>(
        &self,
        nonce: [u32; 2],
        first: u64,
        from: &[u8],
        to: &mut [u8],
    ) -> usize {
        let starts = (0..from.len()).step_by(if R::UPRIGHT { 4 } else { 2 } * R::BYTES);
        if R::UPRIGHT {
            let pairs = from.chunks_exact(4 * R::BYTES).zip(to.chunks_exact_mut(4 * R::BYTES));
            for (start, (from, to)) in starts.zip(pairs) {
                encrypt(&self.upright::<R>(nonce, first + blocks(start)), from, to);
            }
            from.len() / (4 * R::BYTES) * (4 * R::BYTES)
        } else {
            let pairs = from.chunks_exact(2 * R::BYTES).zip(to.chunks_exact_mut(2 * R::BYTES));
            for (start, (from, to)) in starts.zip(pairs) {
                encrypt(&self.flat::<R, 2>(nonce, first + blocks(start)), from, to);
            }
            from.len() / (2 * R::BYTES) * (2 * R::BYTES)
        }
    }

    /// The blocks of a few sets of flat rows, which are worked on together, as a processor can begin
    /// with three or four operations while one waits for its result.
    #[inline(always)]
    fn flat<R: Row, const SETS: usize>(&self, nonce: [u32; 2], mut first: u64) -> [[R; 4]; SETS] {
        let mut start = [self.start::<R>(nonce, first); SETS];
        for rows in start.iter_mut().skip(1) {
            first += blocks(R::BYTES);
            *rows = self.start(nonce, first);
        }
        let mut sets = start;
        rounds(&mut sets);
        for (rows, start) in sets.iter_mut().zip(&start) {
            let (a, b) = (rows[0].add(start[0]), rows[1].add(start[1]));
            let (c, d) = (rows[2].add(start[2]), rows[3].add(start[3]));
            // From diagonals to rows.
            let (e, f, g, h) = (a.odd_from(d), b.odd_from(a), c.odd_from(b), d.odd_from(c));
            *rows = [e.last_from(g), f.last_from(h), g.last_from(e), h.last_from(f)];
        }
        sets
    }

    /// Flat rows before the first round, from a block on.
    #[inline(always)]
    fn start<R: Row>(&self, nonce: [u32; 2], first: u64) -> [R; 4] {
        let [a, b, c, d] = self.rows;
        [
            R::new(|_| a),
            R::new(|_| b).add(R::new(|half| [0, high(first + half), 0, 0])),
            R::new(|_| c).add(R::new(|half| [low(first + half), 0, 0, nonce[1]])),
            R::new(|_| d).add(R::new(|_| [0, 0, nonce[0], 0])),
        ]
    }

    /// The blocks of a set of upright rows.
    #[inline(always)]
    fn upright<R: Row>(&self, nonce: [u32; 2], first: u64) -> [[R; 4]; 4] {
        let [[i, j, k, l], [d, _, h, c], [_, g, b, _], [f, a, _, e]] = self.rows;
        let words = [i, a, b, c, d, j, nonce[0], nonce[1], 0, 0, k, e, f, g, h, l];
        // Places of a half follow each other as blocks do that are written for a half.
        let each = blocks(R::BYTES);
        let numbers = |half| [0, 1, 2, 3].map(|place| first + half + place * each);

        let mut start = [R::new(|_| [0; 4]); 16];
        for (row, word) in start.iter_mut().zip(words) {
            *row = R::new(|_| [word; 4]);
        }
        start[8] = R::new(|half| numbers(half).map(low));
        start[9] = R::new(|half| numbers(half).map(high));

        let mut rows = start;
        for _ in 0..10 {
            quarters(&mut rows, [[0, 4, 8, 12], [5, 9, 13, 1], [10, 14, 2, 6], [15, 3, 7, 11]]);
            quarters(&mut rows, [[0, 1, 2, 3], [5, 6, 7, 4], [10, 11, 8, 9], [15, 12, 13, 14]]);
        }
        for (row, start) in rows.iter_mut().zip(start) {
            *row = row.add(start);
        }

        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = rows;
        let [a, b, c, d] = R::transpose([a, b, c, d]);
        let [e, f, g, h] = R::transpose([e, f, g, h]);
        let [i, j, k, l] = R::transpose([i, j, k, l]);
        let [m, n, o, p] = R::transpose([m, n, o, p]);
        [[a, e, i, m], [b, f, j, n], [c, g, k, o], [d, h, l, p]]
    }
}

/// Writes blocks, one after the other.
#[inline(always)]
fn write<R: Row>(blocks: &[[R; 4]], stream: &mut [u8]) {
    for (rows, stream) in blocks.iter().zip(stream.chunks_exact_mut(R::BYTES)) {
        R::write(*rows, stream);
    }
}

/// Writes the exclusive or of blocks, one after the other, and of a text.
#[inline(always)]
fn encrypt<R: Row>(blocks: &[[R; 4]], from: &[u8], to: &mut [u8]) {
    let pairs = from.chunks_exact(R::BYTES).zip(to.chunks_exact_mut(R::BYTES));
    for (rows, (from, to)) in blocks.iter().zip(pairs) {
        R::encrypt(*rows, from, to);
    }
}

/// How many blocks there are in some bytes.
#[inline(always)]
fn blocks(bytes: usize) -> u64 {
    (bytes / BLOCK) as u64
}

/// All rounds of flat blocks. Between two of them, rows turn so that what stood in a column stands in a
/// row, and the other way round.
#[inline(always)]
fn rounds<R: Row>(sets: &mut [[R; 4]]) {
    for _ in 0..20 {
        for [a, b, _, d] in sets.iter_mut() {
            *b = b.xor(a.add(*d).rotate::<7, 25>());
        }
        for [a, b, c, _] in sets.iter_mut() {
            *c = c.xor(b.add(*a).rotate::<9, 23>());
        }
        for [_, b, c, d] in sets.iter_mut() {
            *d = d.xor(c.add(*b).rotate::<13, 19>());
        }
        for [a, b, c, d] in sets.iter_mut() {
            *a = a.xor(d.add(*c).rotate::<18, 14>());
            (*b, *c, *d) = (d.turn::<1>(), c.turn::<2>(), b.turn::<3>());
        }
    }
}

/// A round of upright blocks: four quarter rounds, step by step, so that no step waits for another of
/// the same quarter.
#[inline(always)]
fn quarters<R: Row>(rows: &mut [R; 16], quarters: [[usize; 4]; 4]) {
    for [a, b, _, d] in quarters {
        rows[b] = rows[b].xor(rows[a].add(rows[d]).rotate::<7, 25>());
    }
    for [a, b, c, _] in quarters {
        rows[c] = rows[c].xor(rows[b].add(rows[a]).rotate::<9, 23>());
    }
    for [_, b, c, d] in quarters {
        rows[d] = rows[d].xor(rows[c].add(rows[b]).rotate::<13, 19>());
    }
    for [a, _, c, d] in quarters {
        rows[a] = rows[a].xor(rows[d].add(rows[c]).rotate::<18, 14>());
    }
}

/// HSalsa20: the key that a key and the first bytes of a long nonce make.
pub(super) fn derive(key: &Key, prefix: &[u8; 16]) -> Zeroizing<Key> {
    let [a, b, c, d] = words(prefix);
    let mut state = [Salsa20::new(key).start::<[u32; 4]>([a, b], join(c, d))];
    rounds(&mut state);
    let [[i, j, k, l], [_, h, ..], [g, _, _, f], [_, _, e, _]] = state[0];
    let mut derived = Zeroizing::new(Key::default());
    for (bytes, word) in derived.chunks_exact_mut(4).zip([i, j, k, l, e, f, g, h]) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    state.zeroize();
    derived
}

/// The lower word of a number.
#[inline(always)]
fn low(number: u64) -> u32 {
    number as u32
}

/// The upper word of a number.
#[inline(always)]
fn high(number: u64) -> u32 {
    (number >> 32) as u32
}

/// The number made of two words.
fn join(low: u32, high: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}

/// The words that bytes are, little-endian.
fn words<const WORDS: usize>(bytes: &[u8]) -> [u32; WORDS] {
    let mut words = [0; WORDS];
    for (word, bytes) in words.iter_mut().zip(bytes.chunks_exact(4)) {
        let mut whole = [0; 4];
        whole.copy_from_slice(bytes);
        *word = u32::from_le_bytes(whole);
    }
    words
}
