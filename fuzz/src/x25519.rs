//! X25519 as RFC 7748 describes it, in the simplest arithmetic: numbers of 255 bits as five digits
//! of 51.

/// The bytes of a key.
pub type Key = [u8; 32];

/// A number below twice the prime or so.
type Number = [u64; 5];

const MASK: u64 = (1 << 51) - 1;
/// A small multiple of the prime, so that differences are positive.
const FOUR_PRIMES: Number = {
    let full = 4 * MASK;
    [full - 72, full, full, full, full]
};
/// (A - 2) / 4 of the curve.
const A24: u64 = 121_665;

/// A scalar times a point, given and returned as its u-coordinate.
pub fn x25519(scalar: &Key, point: &Key) -> Key {
    let mut scalar = *scalar;
    scalar[0] &= 248;
    scalar[31] = scalar[31] & 127 | 64;
    let u = decode(point);
    let (mut x2, mut z2, mut x3, mut z3) = ([1, 0, 0, 0, 0], [0; 5], u, [1, 0, 0, 0, 0]);
    let mut swapped = false;
    for at in (0..255).rev() {
        let bit = scalar[at / 8] >> (at % 8) & 1 == 1;
        if swapped != bit {
            std::mem::swap(&mut x2, &mut x3);
            std::mem::swap(&mut z2, &mut z3);
        }
        swapped = bit;
        let (a, b) = (add(&x2, &z2), sub(&x2, &z2));
        let (aa, bb) = (mul(&a, &a), mul(&b, &b));
        let e = sub(&aa, &bb);
        let (c, d) = (add(&x3, &z3), sub(&x3, &z3));
        let (da, cb) = (mul(&d, &a), mul(&c, &b));
        let (sum, difference) = (add(&da, &cb), sub(&da, &cb));
        x3 = mul(&sum, &sum);
        z3 = mul(&u, &mul(&difference, &difference));
        x2 = mul(&aa, &bb);
        z2 = mul(&e, &add(&aa, &mul(&e, &[A24, 0, 0, 0, 0])));
    }
    if swapped {
        (x2, z2) = (x3, z3);
    }
    encode(&mul(&x2, &invert(&z2)))
}

fn decode(bytes: &Key) -> Number {
    // Each digit begins within these eight bytes.
    std::array::from_fn(|digit| {
        let bit = digit * 51;
        let from = (bit / 8).min(24);
        let eight = bytes[from..].first_chunk().copied().expect("eight bytes are left");
        u64::from_le_bytes(eight) >> (bit - from * 8) & MASK
    })
}

fn encode(number: &Number) -> Key {
    // After carrying it is below twice the prime.
    let mut low = carry(carry(carry(number.map(u128::from)).map(u128::from)).map(u128::from));
    let mut less = low;
    less[0] += 19;
    let mut over = 0;
    for digit in &mut less {
        *digit += over;
        over = *digit >> 51;
        *digit &= MASK;
    }
    // There was a bit above: the number was the prime or more.
    if over > 0 {
        low = less;
    }
    let mut bytes = [0; 32];
    for bit in 0..255 {
        bytes[bit / 8] |= ((low[bit / 51] >> (bit % 51) & 1) as u8) << (bit % 8);
    }
    bytes
}

fn add(a: &Number, b: &Number) -> Number {
    std::array::from_fn(|at| a[at] + b[at])
}

fn sub(a: &Number, b: &Number) -> Number {
    std::array::from_fn(|at| a[at] + FOUR_PRIMES[at] - b[at])
}

fn mul(a: &Number, b: &Number) -> Number {
    let mut wide = [0_u128; 5];
    for (i, &a) in a.iter().enumerate() {
        for (j, &b) in b.iter().enumerate() {
            let product = u128::from(a) * u128::from(b);
            // 2^255 is 19.
            wide[(i + j) % 5] += if i + j < 5 { product } else { product * 19 };
        }
    }
    let once = carry(wide);
    carry(once.map(u128::from))
}

fn carry(mut wide: [u128; 5]) -> Number {
    let mut over = 0;
    for digit in &mut wide {
        *digit += over;
        over = *digit >> 51;
        *digit &= u128::from(MASK);
    }
    let mut digits = wide.map(|digit| digit as u64);
    let low = u128::from(digits[0]) + over * 19;
    digits[0] = low as u64 & MASK;
    digits[1] += (low >> 51) as u64;
    digits
}

/// To the power of the prime less 2.
fn invert(number: &Number) -> Number {
    let mut result = [1, 0, 0, 0, 0];
    for bit in (0..255).rev() {
        result = mul(&result, &result);
        // 2^255 - 21 has all bits but the second and the fourth.
        if bit != 2 && bit != 4 {
            result = mul(&result, number);
        }
    }
    result
}
