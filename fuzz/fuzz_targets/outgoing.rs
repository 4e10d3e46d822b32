//! Bytes on their way out against a plain vector.
//!
//! Input: a list of calls.

#![no_main]

use harness::choices::Choices;
use libfuzzer_sys::fuzz_target;
use zmq::fuzzing::Out;

fuzz_target!(|data: &[u8]| {
    let mut choices = Choices::new(data);
    let mut out = Out::default();
    let mut expected: Vec<u8> = Vec::new();
    let mut mark = 0_u8;
    while !choices.is_empty() && expected.len() < 2_000_000 {
        let call = choices.byte();
        match call % 8 {
            0..4 => {
                // Lengths around the one from which bodies stay where they are.
                let len = match call >> 4 {
                    0..8 => usize::from(choices.byte()),
                    8..12 => 8 * 1024 - 8 + usize::from(choices.byte() % 16),
                    _ => usize::from(choices.number()),
                };
                mark = mark.wrapping_add(1);
                let bytes: Vec<u8> = (0..len).map(|at| (at % 251) as u8 ^ mark).collect();
                if call & 1 == 0 {
                    out.put(&bytes)
                } else {
                    out.put_body(&bytes)
                }
                expected.extend(bytes);
            }
            4..7 => {
                let wanted = match call >> 4 {
                    0..10 => usize::from(choices.byte()),
                    10..15 => usize::from(choices.number()),
                    _ => usize::MAX,
                };
                let count = wanted.min(expected.len());
                out.consume(count);
                expected.drain(..count);
            }
            _ => {
                out.clear();
                expected.clear();
            }
        }
        let chunks = out.chunks();
        assert!(chunks.iter().all(|chunk| !chunk.is_empty()));
        assert!(chunks.concat() == expected);
        assert_eq!((out.len(), out.is_empty()), (expected.len(), expected.is_empty()));
    }
});
