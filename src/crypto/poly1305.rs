//! Poly1305: authenticates one text with a key that is used once.
//!
//! A text is taken block by block, on numbers of 64 bits. That takes 17 cycles a block, each of which
//! waits for the one before; so from some hundred bytes on it is faster to have several blocks in
//! hand at once, each multiplied by the power of the key that belongs to its place. [`Lanes`] are those
//! blocks; what they are made of is not known here.

#![forbid(unsafe_code)]

use std::hint::black_box;

use zeroize::Zeroize;

use super::Key;

#[cfg(test)]
mod tests;

/// The bytes of a block.
const BLOCK: usize = 16;

/// 26 bits: what a limb holds, so that sums of products of limbs fit into 64 bits.
const LIMB: u64 = (1 << 26) - 1;

/// Four numbers of 64 bits.
pub(super) trait Lanes: Copy {
    /// Puts a number into each lane.
    fn new(numbers: [u64; 4]) -> Self;

    /// The numbers of all lanes together.
    fn sum(self) -> u64;

    /// Adds lane by lane.
    fn add(self, other: Self) -> Self;

    /// Multiplies the lower 32 bits, lane by lane.
    fn multiply(self, other: Self) -> Self;

    /// Keeps the bits that are set in the other.
    fn and(self, other: Self) -> Self;

    /// The bits of both.
    fn or(self, other: Self) -> Self;

    /// Shifts every lane to the right.
    fn right<const BITS: i32>(self) -> Self;

    /// Shifts every lane to the left.
    fn left<const BITS: i32>(self) -> Self;

    /// The lower and the upper halves of four blocks, which come in the order 0, 2, 1, 3.
    fn halves(blocks: &[u8]) -> [Self; 2];
}

/// A number below 2^131, in limbs of 64 bits.
type Number = [u64; 3];

/// A text that is being authenticated.
pub(super) struct Poly1305 {
    /// What every block is multiplied by. Few of its bits may be set: both halves are below 2^60, and
    /// the upper one is a multiple of four.
    factor: [u64; 2],
    /// What is added at the end.
    pad: u128,
    /// What the blocks so far make.
    sum: Number,
}

impl Drop for Poly1305 {
    fn drop(&mut self) {
        self.factor.zeroize();
        self.pad.zeroize();
    }
}

impl Poly1305 {
    /// Begins a text.
    #[inline(always)]
    pub(super) fn new(key: &Key) -> Poly1305 {
        let (factor, pad) = halves(key);
        let factor = factor & 0x0fff_fffc_0fff_fffc_0fff_fffc_0fff_ffff;
        Poly1305 { factor: [factor as u64, (factor >> 64) as u64], pad, sum: [0; 3] }
    }

    /// Takes whole blocks, one by one.
    #[inline(always)]
    pub(super) fn blocks(&mut self, blocks: &[u8]) {
        for block in blocks.chunks_exact(BLOCK) {
            let mut whole = [0; BLOCK];
            whole.copy_from_slice(block);
            self.block(u128::from_le_bytes(whole), 1);
        }
    }

    /// Takes the bytes behind the last whole block of a text, and gives the tag.
    #[inline(always)]
    pub(super) fn finish(mut self, text: &[u8]) -> u128 {
        let rest = text.len() % BLOCK;
        if rest > 0 {
            let last = match text.last_chunk() {
                Some(last) => u128::from_le_bytes(*last) >> (8 * (BLOCK - rest)),
                None => text.iter().rev().fold(0, |sum, &byte| sum << 8 | u128::from(byte)),
            };
            // Behind the text stands a bit.
            self.block(last | 1 << (8 * rest), 0);
        }
        // The sum is below twice 2^130 - 5; where it is not below that, five more set bit 130.
        let [low, middle, high] = self.sum;
        let sum = u128::from(middle) << 64 | u128::from(low);
        let (five_more, carry) = sum.overflowing_add(5);
        let mask = u128::from((high + u64::from(carry)) >> 2).wrapping_neg();
        (sum & !mask | five_more & mask).wrapping_add(self.pad)
    }

    /// Takes a block, in front of which stands a bit, or not.
    #[inline(always)]
    fn block(&mut self, block: u128, bit: u64) {
        let [low, middle, high] = self.sum;
        let (sum, carry) = (u128::from(middle) << 64 | u128::from(low)).overflowing_add(block);
        self.sum = self.times([sum as u64, (sum >> 64) as u64, high + bit + u64::from(carry)]);
    }

    /// Multiplies by the factor, and reduces modulo 2^130 - 5, to less than 2^130 + 2^128.
    #[inline(always)]
    fn times(&self, [low, middle, high]: Number) -> Number {
        let product = |a: u64, b: u64| u128::from(a) * u128::from(b);
        let [r0, r1] = self.factor;
        // 2^128 r1 is 2^130 r1 / 4, which is 5 r1 / 4.
        let s1 = r1 + (r1 >> 2);
        let d0 = product(low, r0) + product(middle, s1);
        let d1 = product(low, r1) + product(middle, r0) + u128::from(high * s1) + (d0 >> 64);
        let d2 = high * r0 + (d1 >> 64) as u64;
        // What is above bit 130, five times.
        let above = (d2 & !3) + (d2 >> 2);
        let sum = u128::from(d1 as u64) << 64 | u128::from(d0 as u64);
        let (sum, carry) = sum.overflowing_add(u128::from(above));
        [sum as u64, (sum >> 64) as u64, (d2 & 3) + u64::from(carry)]
    }

    /// Takes whole blocks, eight by eight, and the rest one by one.
    #[inline(always)]
    pub(super) fn parallel<L: Lanes>(&mut self, blocks: &[u8]) {
        let mut groups = blocks.chunks_exact(8 * BLOCK);
        let rest = groups.remainder();
        let Some(last) = groups.next_back() else { return self.blocks(rest) };

        let mut power = [self.factor[0], self.factor[1], 0];
        let mut powers = [[0; 5]; 8];
        for limbs in powers.iter_mut().rev() {
            *limbs = split(power);
            power = self.times(power);
        }
        let [p8, _, _, _, p4, ..] = powers;
        let every = (Factor::<L>::new([p8; 4]), Factor::<L>::new([p4; 4]));

        // A number that cannot be known when this is compiled: what the compiler knows of the limbs
        // keeps it from seeing that they have 32 bits where they are multiplied.
        let limb = L::new([black_box(LIMB); 4]);
        let mut sum = [L::new([0; 4]); 5];
        for (lane, limb) in sum.iter_mut().zip(split(self.sum)) {
            *lane = L::new([limb, 0, 0, 0]);
        }
        for group in groups {
            // For the same reason, factors are read anew each time.
            let (first, second) = black_box(&every);
            sum = take(sum, group, first, second, limb);
        }
        let [p8, p7, p6, p5, p4, p3, p2, p1] = powers;
        let first = Factor::new([p8, p6, p7, p5]);
        let second = Factor::new([p4, p2, p3, p1]);
        sum = take(sum, last, &first, &second, limb);
        self.sum = join([sum[0].sum(), sum[1].sum(), sum[2].sum(), sum[3].sum(), sum[4].sum()]);
        self.blocks(rest);
    }
}

/// What the blocks in some lanes are multiplied by, in limbs, and five times that.
struct Factor<L> {
    limbs: [L; 5],
    fives: [L; 4],
}

impl<L: Lanes> Factor<L> {
    /// Puts numbers into lanes.
    #[inline(always)]
    fn new([a, b, c, d]: [[u64; 5]; 4]) -> Factor<L> {
        let limb = |limb: usize| [a[limb], b[limb], c[limb], d[limb]];
        let five = |limb: usize| [5 * a[limb], 5 * b[limb], 5 * c[limb], 5 * d[limb]];
        Factor {
            limbs: [
                L::new(limb(0)),
                L::new(limb(1)),
                L::new(limb(2)),
                L::new(limb(3)),
                L::new(limb(4)),
            ],
            fives: [L::new(five(1)), L::new(five(2)), L::new(five(3)), L::new(five(4))],
        }
    }
}

/// Adds four blocks to a sum, multiplies, adds four more blocks, multiplied.
#[inline(always)]
fn take<L: Lanes>(
    sum: [L; 5],
    group: &[u8],
    first: &Factor<L>,
    second: &Factor<L>,
    limb: L,
) -> [L; 5] {
    let (front, back) = group.split_at(group.len() / 2);
    let front = product(plus(sum, load(front, limb)), first);
    let back = product(load(back, limb), second);
    carry(plus(front, back), limb)
}

/// The limbs of four blocks.
#[inline(always)]
fn load<L: Lanes>(blocks: &[u8], limb: L) -> [L; 5] {
    let [low, high] = L::halves(blocks);
    [
        low.and(limb),
        low.right::<26>().and(limb),
        low.right::<52>().or(high.left::<12>()).and(limb),
        high.right::<14>().and(limb),
        high.right::<40>().or(L::new([1 << 24; 4])),
    ]
}

/// Adds limb by limb.
#[inline(always)]
fn plus<L: Lanes>(a: [L; 5], b: [L; 5]) -> [L; 5] {
    [a[0].add(b[0]), a[1].add(b[1]), a[2].add(b[2]), a[3].add(b[3]), a[4].add(b[4])]
}

/// Multiplies; what is above bit 130 counts five times further down.
#[inline(always)]
fn product<L: Lanes>([a, b, c, d, e]: [L; 5], factor: &Factor<L>) -> [L; 5] {
    let [r0, r1, r2, r3, r4] = factor.limbs;
    let [s1, s2, s3, s4] = factor.fives;
    let row = |[p, q, r, s, t]: [L; 5]| {
        let (p, q, r) = (a.multiply(p), b.multiply(q), c.multiply(r));
        let (s, t) = (d.multiply(s), e.multiply(t));
        p.add(q).add(r.add(s)).add(t)
    };
    [
        row([r0, s4, s3, s2, s1]),
        row([r1, r0, s4, s3, s2]),
        row([r2, r1, r0, s4, s3]),
        row([r3, r2, r1, r0, s4]),
        row([r4, r3, r2, r1, r0]),
    ]
}

/// Leaves 26 bits in each limb, and hardly more.
#[inline(always)]
fn carry<L: Lanes>([a, b, c, d, e]: [L; 5], limb: L) -> [L; 5] {
    let (b, e) = (b.add(a.right::<26>()), e.add(d.right::<26>()));
    let (a, d) = (a.and(limb), d.and(limb));
    let (c, above) = (c.add(b.right::<26>()), e.right::<26>());
    let (b, e) = (b.and(limb), e.and(limb));
    let a = a.add(above).add(above.left::<2>());
    let (b, d) = (b.add(a.right::<26>()), d.add(c.right::<26>()));
    let (a, c) = (a.and(limb), c.and(limb));
    [a, b, c, d.and(limb), e.add(d.right::<26>())]
}

/// The limbs of a number.
#[inline(always)]
fn split([low, middle, high]: Number) -> [u64; 5] {
    [
        low & LIMB,
        low >> 26 & LIMB,
        (low >> 52 | middle << 12) & LIMB,
        middle >> 14 & LIMB,
        middle >> 40 | high << 24,
    ]
}

/// The number behind limbs, of which each may have some bits more than its share.
#[inline(always)]
fn join(limbs: [u64; 5]) -> Number {
    let [a, b, c, d, e] = limbs.map(u128::from);
    let low = a + (b << 26) + (c << 52);
    let high = (low >> 64) + (d << 14) + (e << 40);
    let above = (high >> 64) as u64;
    let sum = high << 64 | low & u128::from(u64::MAX);
    let (sum, carry) = sum.overflowing_add(u128::from((above & !3) + (above >> 2)));
    [sum as u64, (sum >> 64) as u64, (above & 3) + u64::from(carry)]
}

/// The two halves of a key, little-endian.
#[inline(always)]
fn halves(key: &Key) -> (u128, u128) {
    let (mut low, mut high) = ([0; 16], [0; 16]);
    low.copy_from_slice(&key[..16]);
    high.copy_from_slice(&key[16..]);
    (u128::from_le_bytes(low), u128::from_le_bytes(high))
}
