//! Z85, the printable form of binary keys (RFC 32/Z85): four bytes become five characters.

#![forbid(unsafe_code)]

/// The 85 digits, each at the place of its value.
const DIGITS: &[u8; 85] =
    b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

/// In `VALUES`: this character is no digit.
const NO_DIGIT: u8 = 0xff;

/// The value of each character, or `NO_DIGIT`.
const VALUES: [u8; 256] = {
    let mut values = [NO_DIGIT; 256];
    let mut value = 0;
    while value < DIGITS.len() {
        values[DIGITS[value] as usize] = value as u8;
        value += 1;
    }
    values
};

/// Encodes bytes, whose number must be a multiple of four.
pub(crate) fn encode(data: &[u8]) -> Option<String> {
    let words = data.chunks_exact(4);
    if !words.remainder().is_empty() {
        return None;
    }
    let mut text = String::with_capacity(words.len() * 5);
    for word in words {
        let word = word.iter().fold(0, |word, &byte| word << 8 | u32::from(byte));
        for place in [85 * 85 * 85 * 85, 85 * 85 * 85, 85 * 85, 85, 1] {
            text.push(char::from(DIGITS[(word / place % 85) as usize]));
        }
    }
    Some(text)
}

/// Decodes text of at least five characters, whose number must be a multiple of five.
///
/// A character that is no digit, or a group of five that stands for more than 32 bits, makes the
/// whole text invalid.
pub(crate) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let groups = text.chunks_exact(5);
    if text.is_empty() || !groups.remainder().is_empty() {
        return None;
    }
    let mut data = Vec::with_capacity(groups.len() * 4);
    for group in groups {
        let mut word: u32 = 0;
        for &character in group {
            let value = VALUES[usize::from(character)];
            if value == NO_DIGIT {
                return None;
            }
            word = word.checked_mul(85)?.checked_add(u32::from(value))?;
        }
        data.extend_from_slice(&word.to_be_bytes());
    }
    Some(data)
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};

    /// The test case of RFC 32.
    const BINARY: [u8; 8] = [0x86, 0x4f, 0xd2, 0x6f, 0xb5, 0x59, 0xf7, 0x5b];

    #[test]
    fn the_vector_of_the_rfc() {
        assert_eq!(encode(&BINARY).as_deref(), Some("HelloWorld"));
        assert_eq!(decode(b"HelloWorld").as_deref(), Some(&BINARY[..]));
    }

    #[test]
    fn both_ends_of_the_range() {
        assert_eq!(encode(&[0; 4]).as_deref(), Some("00000"));
        assert_eq!(encode(&[0xff; 4]).as_deref(), Some("%nSc0"));
        assert_eq!(decode(b"%nSc0").as_deref(), Some(&[0xff; 4][..]));
    }

    #[test]
    fn nothing_encodes_to_nothing_but_does_not_decode() {
        assert_eq!(encode(&[]).as_deref(), Some(""));
        assert_eq!(decode(b""), None);
    }

    #[test]
    fn lengths_that_do_not_divide() {
        for len in [1, 2, 3, 5, 6, 7, 31, 33] {
            assert_eq!(encode(&vec![1; len]), None, "{len}");
        }
        for len in [1, 4, 6, 9, 39, 41] {
            assert_eq!(decode(&vec![b'1'; len]), None, "{len}");
        }
    }

    #[test]
    fn groups_beyond_32_bits() {
        assert_eq!(decode(b"%nSc1"), None);
        assert_eq!(decode(b"%nSd0"), None);
        assert_eq!(decode(b"#####"), None);
        assert_eq!(decode(b"00000%nSc1"), None);
    }

    #[test]
    fn characters_outside_the_alphabet() {
        for character in
            [b' ', b'"', b'\'', b',', b';', b'\\', b'_', b'`', b'|', b'~', 0, 0x80, 0xff]
        {
            assert_eq!(decode(&[b'0', b'0', character, b'0', b'0']), None, "{character}");
        }
    }

    #[test]
    fn every_byte_in_every_place_survives() {
        for byte in 0..=255 {
            for place in 0..8 {
                let mut data = [0x5a; 8];
                data[place] = byte;
                let text = encode(&data).expect("eight bytes are two words");
                assert_eq!(decode(text.as_bytes()).as_deref(), Some(&data[..]));
            }
        }
    }
}
