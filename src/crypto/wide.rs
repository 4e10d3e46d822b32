//! What the processor at hand can do: the only place of this room with `unsafe`.
//!
//! Intrinsics may only run where the processor has been asked. So the type that uses them stays in
//! here, and is named only by functions that are called behind that question; these compile the whole
//! way of a message for the processor, so that it is asked once.

use super::portable::Portable;
use super::salsa20::Salsa20;
use super::sealing;

/// What the processor can do, as it has said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Width(Kind);

/// The kinds of processors that are told apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    /// Any.
    Portable,
    /// Eight words at once.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// As many, but twice the registers, and words are rotated in one operation.
    #[cfg(all(target_arch = "x86_64", avx512))]
    Avx512,
}

impl Width {
    /// Everything that the processor can do, the best first.
    pub(super) fn all() -> impl Iterator<Item = Width> {
        let kinds = [
            #[cfg(all(target_arch = "x86_64", avx512))]
            (Kind::Avx512, x86_64::has_avx512()),
            #[cfg(target_arch = "x86_64")]
            (Kind::Avx2, x86_64::has_avx2()),
            (Kind::Portable, true),
        ];
        kinds.into_iter().filter(|(_, has)| *has).map(|(kind, _)| Width(kind))
    }

    /// The best that it can do.
    pub(super) fn best() -> Width {
        Width::all().next().unwrap_or(Width(Kind::Portable))
    }

    /// As [`sealing::seal`].
    pub(super) fn seal(
        self,
        key: &Salsa20,
        nonce: [u32; 2],
        head: &[u8],
        body: &[u8],
        out: &mut [u8],
    ) {
        match self.0 {
            Kind::Portable => sealing::seal::<Portable>(key, nonce, head, body, out),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the processor has said that it can do what the function is compiled for.
            Kind::Avx2 => unsafe { x86_64::avx2::seal(key, nonce, head, body, out) },
            #[cfg(all(target_arch = "x86_64", avx512))]
            // SAFETY: as above.
            Kind::Avx512 => unsafe { x86_64::avx512::seal(key, nonce, head, body, out) },
        }
    }

    /// As [`sealing::open`].
    pub(super) fn open(
        self,
        key: &Salsa20,
        nonce: [u32; 2],
        sealed: &[u8],
        head: &mut [u8],
        body: &mut [u8],
    ) -> bool {
        match self.0 {
            Kind::Portable => sealing::open::<Portable>(key, nonce, sealed, head, body),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the processor has said that it can do what the function is compiled for.
            Kind::Avx2 => unsafe { x86_64::avx2::open(key, nonce, sealed, head, body) },
            #[cfg(all(target_arch = "x86_64", avx512))]
            // SAFETY: as above.
            Kind::Avx512 => unsafe { x86_64::avx512::open(key, nonce, sealed, head, body) },
        }
    }
}

/// The processors of PCs and of most servers.
#[cfg(target_arch = "x86_64")]
mod x86_64 {
    use std::arch::x86_64::*;

    use super::super::poly1305::{Lanes, Poly1305};
    use super::super::salsa20::{BLOCK, Row, Salsa20};
    use super::super::sealing::{self, Ability};

    /// Whether the functions in `avx2` may be called.
    pub(super) fn has_avx2() -> bool {
        is_x86_feature_detected!("avx2") && is_x86_feature_detected!("bmi2")
    }

    /// Whether the functions in `avx512` may be called.
    #[cfg(avx512)]
    pub(super) fn has_avx512() -> bool {
        has_avx2() && is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vl")
    }

    /// The two ways of a message, for a processor.
    macro_rules! compiled_for {
        ($processor:ident, $features:literal) => {
            pub(super) mod $processor {
                use super::{Salsa20, Wide, sealing};

                /// As [`sealing::seal`]. SAFETY: the processor has these features.
                #[target_feature(enable = $features)]
                pub(in super::super) unsafe fn seal(
                    key: &Salsa20,
                    nonce: [u32; 2],
                    head: &[u8],
                    body: &[u8],
                    out: &mut [u8],
                ) {
                    sealing::seal::<Wide>(key, nonce, head, body, out);
                }

                /// As [`sealing::open`]. SAFETY: the processor has these features.
                #[target_feature(enable = $features)]
                pub(in super::super) unsafe fn open(
                    key: &Salsa20,
                    nonce: [u32; 2],
                    sealed: &[u8],
                    head: &mut [u8],
                    body: &mut [u8],
                ) -> bool {
                    sealing::open::<Wide>(key, nonce, sealed, head, body)
                }
            }
        };
    }
    compiled_for!(avx2, "avx2,bmi2");
    #[cfg(avx512)]
    compiled_for!(avx512, "avx2,bmi2,avx512f,avx512vl");

    /// From this length on it pays to authenticate several blocks at once, which takes powers of the
    /// key first.
    const PARALLEL: usize = 512;

    /// 256 bits: words of two blocks for Salsa20, numbers of 64 bits for Poly1305.
    ///
    /// What is said below as *only above* means: only the functions that are compiled for processors
    /// with AVX2 name this type, so that an intrinsic of AVX2 never runs anywhere else.
    #[derive(Clone, Copy)]
    struct Wide(__m256i);

    impl Ability for Wide {
        type Row = Wide;

        #[inline(always)]
        fn authenticate(mac: &mut Poly1305, blocks: &[u8]) {
            if blocks.len() < PARALLEL { mac.blocks(blocks) } else { mac.parallel::<Wide>(blocks) }
        }
    }

    impl Row for Wide {
        const BYTES: usize = 2 * BLOCK;
        const UPRIGHT: bool = true;

        #[inline(always)]
        fn new(words: impl Fn(u64) -> [u32; 4]) -> Self {
            let [a, b, c, d] = words(0).map(|word| word as i32);
            let [e, f, g, h] = words(1).map(|word| word as i32);
            // SAFETY: only above.
            Wide(unsafe { _mm256_setr_epi32(a, b, c, d, e, f, g, h) })
        }

        #[inline(always)]
        fn add(self, other: Self) -> Self {
            // SAFETY: only above.
            Wide(unsafe { _mm256_add_epi32(self.0, other.0) })
        }

        #[inline(always)]
        fn xor(self, other: Self) -> Self {
            // SAFETY: only above.
            Wide(unsafe { _mm256_xor_si256(self.0, other.0) })
        }

        #[inline(always)]
        fn rotate<const LEFT: i32, const RIGHT: i32>(self) -> Self {
            // SAFETY: only above.
            Wide(unsafe {
                let right = _mm256_srli_epi32::<RIGHT>(self.0);
                _mm256_or_si256(_mm256_slli_epi32::<LEFT>(self.0), right)
            })
        }

        #[inline(always)]
        fn turn<const BY: i32>(self) -> Self {
            // SAFETY: only above.
            Wide(unsafe {
                match BY {
                    1 => _mm256_shuffle_epi32::<0b00_11_10_01>(self.0),
                    2 => _mm256_shuffle_epi32::<0b01_00_11_10>(self.0),
                    _ => _mm256_shuffle_epi32::<0b10_01_00_11>(self.0),
                }
            })
        }

        #[inline(always)]
        fn odd_from(self, other: Self) -> Self {
            // SAFETY: only above.
            Wide(unsafe { _mm256_blend_epi32::<0b1010_1010>(self.0, other.0) })
        }

        #[inline(always)]
        fn last_from(self, other: Self) -> Self {
            // SAFETY: only above.
            Wide(unsafe { _mm256_blend_epi32::<0b1100_1100>(self.0, other.0) })
        }

        #[inline(always)]
        fn transpose([a, b, c, d]: [Self; 4]) -> [Self; 4] {
            // SAFETY: only above.
            unsafe {
                let first = _mm256_unpacklo_epi32(a.0, b.0);
                let second = _mm256_unpackhi_epi32(a.0, b.0);
                let third = _mm256_unpacklo_epi32(c.0, d.0);
                let fourth = _mm256_unpackhi_epi32(c.0, d.0);
                [
                    Wide(_mm256_unpacklo_epi64(first, third)),
                    Wide(_mm256_unpackhi_epi64(first, third)),
                    Wide(_mm256_unpacklo_epi64(second, fourth)),
                    Wide(_mm256_unpackhi_epi64(second, fourth)),
                ]
            }
        }

        #[inline(always)]
        fn write(rows: [Self; 4], blocks: &mut [u8]) {
            for (wide, bytes) in in_order(rows).into_iter().zip(blocks.chunks_exact_mut(32)) {
                wide.store(bytes);
            }
        }

        #[inline(always)]
        fn encrypt(rows: [Self; 4], from: &[u8], to: &mut [u8]) {
            let pairs = from.chunks_exact(32).zip(to.chunks_exact_mut(32));
            for (wide, (from, to)) in in_order(rows).into_iter().zip(pairs) {
                Row::xor(wide, Wide::load(from)).store(to);
            }
        }
    }

    /// The bytes of two blocks, of which these are the rows.
    #[inline(always)]
    fn in_order([a, b, c, d]: [Wide; 4]) -> [Wide; 4] {
        // SAFETY: only above.
        unsafe {
            [
                Wide(_mm256_permute2x128_si256::<0x20>(a.0, b.0)),
                Wide(_mm256_permute2x128_si256::<0x20>(c.0, d.0)),
                Wide(_mm256_permute2x128_si256::<0x31>(a.0, b.0)),
                Wide(_mm256_permute2x128_si256::<0x31>(c.0, d.0)),
            ]
        }
    }

    impl Wide {
        /// Reads 32 bytes.
        #[inline(always)]
        fn load(bytes: &[u8]) -> Wide {
            assert_eq!(bytes.len(), 32);
            // SAFETY: only above; there are as many bytes as it reads.
            Wide(unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) })
        }

        /// Writes 32 bytes.
        #[inline(always)]
        fn store(self, bytes: &mut [u8]) {
            assert_eq!(bytes.len(), 32);
            // SAFETY: only above; there are as many bytes as it writes.
            unsafe { _mm256_storeu_si256(bytes.as_mut_ptr().cast(), self.0) };
        }
    }

    impl Lanes for Wide {
        #[inline(always)]
        fn new([a, b, c, d]: [u64; 4]) -> Self {
            // SAFETY: only above.
            Wide(unsafe { _mm256_setr_epi64x(a as i64, b as i64, c as i64, d as i64) })
        }

        #[inline(always)]
        fn sum(self) -> u64 {
            let mut bytes = [0; 32];
            self.store(&mut bytes);
            bytes.chunks_exact(8).fold(0, |sum, bytes| {
                let mut whole = [0; 8];
                whole.copy_from_slice(bytes);
                sum + u64::from_le_bytes(whole)
            })
        }

        #[inline(always)]
        fn add(self, other: Self) -> Self {
            // SAFETY: only above.
            Wide(unsafe { _mm256_add_epi64(self.0, other.0) })
        }

        #[inline(always)]
        fn multiply(self, other: Self) -> Self {
            // SAFETY: only above.
            Wide(unsafe { _mm256_mul_epu32(self.0, other.0) })
        }

        #[inline(always)]
        fn and(self, other: Self) -> Self {
            // SAFETY: only above.
            Wide(unsafe { _mm256_and_si256(self.0, other.0) })
        }

        #[inline(always)]
        fn or(self, other: Self) -> Self {
            // SAFETY: only above.
            Wide(unsafe { _mm256_or_si256(self.0, other.0) })
        }

        #[inline(always)]
        fn right<const BITS: i32>(self) -> Self {
            // SAFETY: only above.
            Wide(unsafe { _mm256_srli_epi64::<BITS>(self.0) })
        }

        #[inline(always)]
        fn left<const BITS: i32>(self) -> Self {
            // SAFETY: only above.
            Wide(unsafe { _mm256_slli_epi64::<BITS>(self.0) })
        }

        #[inline(always)]
        fn halves(blocks: &[u8]) -> [Self; 2] {
            let (first, second) = blocks.split_at(32);
            let (first, second) = (Wide::load(first), Wide::load(second));
            // SAFETY: only above.
            unsafe {
                [
                    Wide(_mm256_unpacklo_epi64(first.0, second.0)),
                    Wide(_mm256_unpackhi_epi64(first.0, second.0)),
                ]
            }
        }
    }
}
