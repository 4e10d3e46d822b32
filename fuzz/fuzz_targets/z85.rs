//! Z85 against long division.
//!
//! Input: text; and the same bytes as data.

#![no_main]

use libfuzzer_sys::fuzz_target;
use zmq::fuzzing::{z85_decode, z85_encode};

const DIGITS: &[u8] =
    b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

fn model(text: &[u8]) -> Option<Vec<u8>> {
    if text.is_empty() || text.len() % 5 != 0 {
        return None;
    }
    let mut data = Vec::new();
    for group in text.chunks(5) {
        let mut word = 0_u64;
        for character in group {
            word = word * 85 + DIGITS.iter().position(|digit| digit == character)? as u64;
        }
        data.extend(u32::try_from(word).ok()?.to_be_bytes());
    }
    Some(data)
}

fuzz_target!(|data: &[u8]| {
    let decoded = z85_decode(data);
    assert_eq!(decoded, model(data));
    if let Some(decoded) = decoded {
        assert_eq!(z85_encode(&decoded).map(String::into_bytes).as_deref(), Some(data));
    }
    let encoded = z85_encode(data);
    assert_eq!(encoded.is_some(), data.len() % 4 == 0);
    if let Some(encoded) = encoded.filter(|encoded| !encoded.is_empty()) {
        assert_eq!(z85_decode(encoded.as_bytes()).as_deref(), Some(data));
    }
});
