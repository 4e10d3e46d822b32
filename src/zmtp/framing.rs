//! Headers of frames, in both framings: how many bytes follow, and what they are.

#![forbid(unsafe_code)]

use super::reader::Reader;

/// The two ways to delimit frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// ZMTP 1.0: a length that counts the flags, then the flags.
    V1,
    /// ZMTP 2.0 and later: flags, then a length.
    V2,
}

/// The longest header: eight bytes of length, one that says so, and in v1 the flags.
pub(super) const HEADER_MAX: usize = 10;
/// The longest length there may be: files and buffers are measured in signed numbers.
const LENGTH_MAX: u64 = i64::MAX as u64;

/// Flag: another frame of the message follows.
const MORE: u8 = 0x01;
/// Flag of v2: the length has eight bytes.
const LONG: u8 = 0x02;
/// Flag of v2: the frame is a command.
const COMMAND: u8 = 0x04;
/// First byte of a long length in v1.
const LONG_V1: u8 = 0xff;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Flags {
    /// Another frame of the message follows.
    pub(super) more: bool,
    /// It is for the protocol, not for the application.
    pub(super) command: bool,
}

impl Flags {
    /// The flags of a command.
    pub(super) const COMMAND: Flags = Flags { more: false, command: true };

    /// The flags of a part of a message.
    #[inline]
    pub(super) fn data(more: bool) -> Flags {
        Flags { more, command: false }
    }
}

/// A header that was understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// What the frame is.
    pub(super) flags: Flags,
    /// Length of its body.
    pub(super) len: usize,
    /// Length of the header itself.
    pub(super) size: usize,
}

/// What can be wrong with a frame as such.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FrameError {
    /// A length in v1 that does not even count the flags.
    Zero,
    /// A length that no body can have.
    Impossible(u64),
    /// A body longer than we take.
    TooLong {
        /// What was announced.
        len: u64,
        /// What we take.
        limit: u64,
    },
    /// There is no memory for a body of this length.
    NoMemory(usize),
}

impl Framing {
    /// Reads a header from the front of `bytes`; `None` if more of it must come. A length that is
    /// refused is refused as soon as it is there.
    #[inline]
    pub(super) fn header(
        self,
        bytes: &[u8],
        limit: Option<u64>,
    ) -> Result<Option<Header>, FrameError> {
        match self {
            Framing::V1 => header_v1(bytes, limit),
            Framing::V2 => header_v2(bytes, limit),
        }
    }

    /// Writes a header.
    #[inline]
    pub(super) fn write(self, flags: Flags, len: usize) -> HeaderBytes {
        match self {
            Framing::V1 => write_v1(flags, len),
            Framing::V2 => write_v2(flags, len),
        }
    }
}

#[inline]
fn header_v2(bytes: &[u8], limit: Option<u64>) -> Result<Option<Header>, FrameError> {
    let mut reader = Reader::new(bytes);
    let Some(bits) = reader.u8() else { return Ok(None) };
    let (len, size) =
        if bits & LONG == 0 { (reader.u8().map(u64::from), 2) } else { (reader.u64(), 9) };
    let Some(len) = len else { return Ok(None) };
    let flags = Flags { more: bits & MORE != 0, command: bits & COMMAND != 0 };
    Ok(Some(Header { flags, len: checked(len, limit)?, size }))
}

fn header_v1(bytes: &[u8], limit: Option<u64>) -> Result<Option<Header>, FrameError> {
    let mut reader = Reader::new(bytes);
    let Some(first) = reader.u8() else { return Ok(None) };
    let (len, size) =
        if first == LONG_V1 { (reader.u64(), 10) } else { (Some(u64::from(first)), 2) };
    let Some(len) = len else { return Ok(None) };
    let len = checked(len.checked_sub(1).ok_or(FrameError::Zero)?, limit)?;
    let Some(bits) = reader.u8() else { return Ok(None) };
    let flags = Flags { more: bits & MORE != 0, command: false };
    Ok(Some(Header { flags, len, size }))
}

/// The length of a body as a size in memory, if it is one that we take.
#[inline]
fn checked(len: u64, limit: Option<u64>) -> Result<usize, FrameError> {
    if len > LENGTH_MAX {
        return Err(FrameError::Impossible(len));
    }
    match limit {
        Some(limit) if len > limit => Err(FrameError::TooLong { len, limit }),
        Some(_) | None => usize::try_from(len).map_err(|_| FrameError::Impossible(len)),
    }
}

/// The bytes of a header.
#[derive(Clone, Copy, Debug)]
pub(super) struct HeaderBytes {
    bytes: [u8; HEADER_MAX],
    size: usize,
}

impl HeaderBytes {
    /// The bytes.
    #[inline]
    pub(super) fn as_slice(&self) -> &[u8] {
        &self.bytes[..self.size]
    }
}

#[inline]
fn write_v2(flags: Flags, len: usize) -> HeaderBytes {
    let mut bytes = [0; HEADER_MAX];
    bytes[0] = if flags.more { MORE } else { 0 } | if flags.command { COMMAND } else { 0 };
    match u8::try_from(len) {
        Ok(short) => {
            bytes[1] = short;
            HeaderBytes { bytes, size: 2 }
        }
        Err(_) => {
            bytes[0] |= LONG;
            bytes[1..9].copy_from_slice(&(len as u64).to_be_bytes());
            HeaderBytes { bytes, size: 9 }
        }
    }
}

fn write_v1(flags: Flags, len: usize) -> HeaderBytes {
    let mut bytes = [0; HEADER_MAX];
    let bits = if flags.more { MORE } else { 0 };
    let len = len as u64 + 1;
    match u8::try_from(len) {
        Ok(short) if short < LONG_V1 => {
            bytes[..2].copy_from_slice(&[short, bits]);
            HeaderBytes { bytes, size: 2 }
        }
        Ok(_) | Err(_) => {
            bytes[0] = LONG_V1;
            bytes[1..9].copy_from_slice(&len.to_be_bytes());
            bytes[9] = bits;
            HeaderBytes { bytes, size: 10 }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths() -> [usize; 9] {
        [0, 1, 252, 253, 254, 255, 256, 65_536, 1 << 40]
    }

    #[test]
    fn what_is_written_is_read_and_no_sooner_than_complete() {
        for framing in [Framing::V1, Framing::V2] {
            for (len, more) in lengths().into_iter().flat_map(|len| [(len, false), (len, true)]) {
                let flags = Flags::data(more);
                let written = framing.write(flags, len);
                let (bytes, size) = (written.as_slice(), written.as_slice().len());
                assert_eq!(framing.header(bytes, None), Ok(Some(Header { flags, len, size })));
                for cut in 0..size {
                    assert_eq!(framing.header(&bytes[..cut], None), Ok(None));
                }
            }
        }
    }

    #[test]
    fn w012_18_and_19_the_short_forms_end_at_255_and_253() {
        assert_eq!(Framing::V2.write(Flags::data(false), 255).as_slice(), b"\x00\xff");
        let long = b"\x02\x00\x00\x00\x00\x00\x00\x01\x00";
        assert_eq!(Framing::V2.write(Flags::data(false), 256).as_slice(), long);
        assert_eq!(Framing::V1.write(Flags::data(true), 253).as_slice(), b"\xfe\x01");
        let long = b"\xff\x00\x00\x00\x00\x00\x00\x00\xff\x01";
        assert_eq!(Framing::V1.write(Flags::data(true), 254).as_slice(), long);
    }

    #[test]
    fn w012_22_reserved_bits_are_ignored_and_never_set() {
        let read = Framing::V2.header(b"\xf9\x03", None).unwrap().unwrap();
        assert_eq!((read.flags, read.len), (Flags::data(true), 3));
        let read = Framing::V1.header(b"\x03\xfe", None).unwrap().unwrap();
        assert_eq!((read.flags, read.len), (Flags::data(false), 2));
        for len in lengths() {
            let written = Framing::V2.write(Flags { more: true, command: true }, len);
            assert_eq!(written.as_slice()[0] & 0xf8, 0);
        }
    }

    #[test]
    fn w012_26_lengths_beyond_63_bits_are_impossible() {
        for len in [1 << 63, u64::MAX - 39, u64::MAX] {
            let mut bytes = vec![2];
            bytes.extend(len.to_be_bytes());
            assert_eq!(Framing::V2.header(&bytes, Some(10)), Err(FrameError::Impossible(len)));
        }
        let bytes = [0xff; 9];
        let error = FrameError::Impossible(u64::MAX - 1);
        assert_eq!(Framing::V1.header(&bytes, None), Err(error));
    }

    #[test]
    fn a_length_is_judged_before_the_flags_of_v1_are_there() {
        assert_eq!(Framing::V1.header(b"\x00", None), Err(FrameError::Zero));
        assert_eq!(Framing::V1.header(b"\xff\0\0\0\0\0\0\0\0", None), Err(FrameError::Zero));
        let too_long = FrameError::TooLong { len: 5, limit: 4 };
        assert_eq!(Framing::V1.header(b"\x06", Some(4)), Err(too_long));
        assert_eq!(Framing::V1.header(b"\x05", Some(4)), Ok(None));
    }
}
