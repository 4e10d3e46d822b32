//! Poly1305 against published vectors and a reference.

#![forbid(unsafe_code)]

use poly1305::universal_hash::KeyInit;

use super::super::Key;
use super::super::vectors::{hex, key};
use super::{BLOCK, Lanes, Poly1305};

impl Lanes for [u64; 4] {
    fn new(numbers: [u64; 4]) -> Self {
        numbers
    }

    fn sum(self) -> u64 {
        self.iter().sum()
    }

    fn add(self, other: Self) -> Self {
        [0, 1, 2, 3].map(|lane| self[lane] + other[lane])
    }

    fn multiply(self, other: Self) -> Self {
        // Limbs must have no more bits than count.
        assert!(self.iter().chain(&other).all(|limb| limb >> 32 == 0));
        [0, 1, 2, 3].map(|lane| self[lane] * other[lane])
    }

    fn and(self, other: Self) -> Self {
        [0, 1, 2, 3].map(|lane| self[lane] & other[lane])
    }

    fn or(self, other: Self) -> Self {
        [0, 1, 2, 3].map(|lane| self[lane] | other[lane])
    }

    fn right<const BITS: i32>(self) -> Self {
        self.map(|lane| lane >> BITS)
    }

    fn left<const BITS: i32>(self) -> Self {
        self.map(|lane| lane << BITS)
    }

    fn halves(blocks: &[u8]) -> [Self; 2] {
        let half = |half: usize| {
            let bytes = blocks[8 * half..][..8].try_into().expect("eight bytes");
            u64::from_le_bytes(bytes)
        };
        [[0, 4, 2, 6].map(half), [1, 5, 3, 7].map(half)]
    }
}

/// The tag of a text, block by block.
fn tag(key: &Key, text: &[u8]) -> u128 {
    let mut mac = Poly1305::new(key);
    mac.blocks(text);
    mac.finish(text)
}

/// The tag of a text, of which the first blocks are taken one by one, the others in parallel.
fn in_parallel(key: &Key, text: &[u8], first: usize) -> u128 {
    let mut mac = Poly1305::new(key);
    let (one_by_one, others) = text[..text.len() / BLOCK * BLOCK].split_at(first * BLOCK);
    mac.blocks(one_by_one);
    mac.parallel::<[u64; 4]>(others);
    mac.finish(text)
}

/// What the tag is according to others.
fn reference(key: &Key, text: &[u8]) -> u128 {
    let tag = poly1305::Poly1305::new(key.into()).compute_unpadded(text);
    u128::from_le_bytes(tag.into())
}

/// A key, a text and its tag.
fn vector(first: &str, second: &str, text: &str, expected: &str) {
    let key = key(&[first, second].concat());
    assert_eq!(tag(&key, &hex(text)).to_le_bytes()[..], hex(expected));
}

/// RFC 8439, section 2.5.2.
#[test]
fn example_of_the_rfc() {
    let key = key("85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b");
    let tag = tag(&key, b"Cryptographic Forum Research Group");
    assert_eq!(tag.to_le_bytes()[..], hex("a8061dc1305136c6c22b8baf0c0127a9"));
}

/// RFC 8439, appendix A.3, vectors 7 to 11: sums that meet the edges of the reductions.
#[test]
fn edges_of_the_rfc() {
    const ZERO: &str = "00000000000000000000000000000000";
    const ONE: &str = "01000000000000000000000000000000";
    const TWO: &str = "02000000000000000000000000000000";
    vector(
        ONE,
        ZERO,
        "fffffffffffffffffffffffffffffffff0ffffffffffffffffffffffffffffff\
            11000000000000000000000000000000",
        "05000000000000000000000000000000",
    );
    vector(
        ONE,
        ZERO,
        "fffffffffffffffffffffffffffffffffbfefefefefefefefefefefefefefefe\
            01010101010101010101010101010101",
        ZERO,
    );
    vector(TWO, ZERO, "fdffffffffffffffffffffffffffffff", "faffffffffffffffffffffffffffffff");
    vector(
        "01000000000000000400000000000000",
        ZERO,
        "e33594d7505e43b900000000000000003394d7505e4379cd0100000000000000\
            0000000000000000000000000000000001000000000000000000000000000000",
        "14000000000000005500000000000000",
    );
    vector(
        "01000000000000000400000000000000",
        ZERO,
        "e33594d7505e43b900000000000000003394d7505e4379cd0100000000000000\
            00000000000000000000000000000000",
        "13000000000000000000000000000000",
    );
    // Vectors 5 and 6: the sum itself, and the sum of sum and pad.
    vector(TWO, ZERO, "ffffffffffffffffffffffffffffffff", "03000000000000000000000000000000");
    vector(TWO, "ffffffffffffffffffffffffffffffff", TWO, "03000000000000000000000000000000");
}

/// Every length, with keys and texts that leave limbs as large as they can become.
#[test]
fn tags_are_those_of_the_reference() {
    let keys = [
        [0xff; 32],
        std::array::from_fn(|place| (place as u8).wrapping_mul(77) ^ 0x5a),
        std::array::from_fn(|place| if place < 16 { 0xff } else { 0 }),
    ];
    let texts: [Vec<u8>; 3] = [
        vec![0xff; 700],
        vec![0; 700],
        (0..700_u32).map(|place| (place * place / 3) as u8).collect(),
    ];
    for (key, text) in keys.iter().flat_map(|key| texts.iter().map(move |text| (key, text))) {
        for length in 0..text.len() {
            let text = &text[..length];
            let expected = reference(key, text);
            assert_eq!(tag(key, text), expected, "{length}");
            assert_eq!(in_parallel(key, text, 0), expected, "{length}");
            assert_eq!(in_parallel(key, text, (length / BLOCK).min(5)), expected, "{length}");
        }
    }
}
