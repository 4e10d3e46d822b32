//! Reading what a peer sent: never past the end, and nothing is taken that is not there.

#![forbid(unsafe_code)]

/// Bytes, taken from the front. Every method gives `None` when there are too few; whether that
/// means "not yet" or "never" is for the caller to know.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads `bytes` from their first.
    #[inline]
    pub(super) fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { rest: bytes }
    }

    /// The next so many bytes.
    #[inline]
    pub(super) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    /// The next bytes, as many as are asked for.
    #[inline]
    pub(super) fn array<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        let (taken, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(taken)
    }

    /// The next byte.
    #[inline]
    pub(super) fn u8(&mut self) -> Option<u8> {
        self.array().map(|[byte]| *byte)
    }

    /// A number of two bytes.
    #[inline]
    pub(super) fn u16(&mut self) -> Option<u16> {
        self.array().copied().map(u16::from_be_bytes)
    }

    /// A number of four bytes.
    #[inline]
    pub(super) fn u32(&mut self) -> Option<u32> {
        self.array().copied().map(u32::from_be_bytes)
    }

    /// A number of eight bytes.
    #[inline]
    pub(super) fn u64(&mut self) -> Option<u64> {
        self.array().copied().map(u64::from_be_bytes)
    }

    /// As many bytes as the next one says.
    #[inline]
    pub(super) fn short_text(&mut self) -> Option<&'a [u8]> {
        let len = self.u8()?;
        self.take(len.into())
    }

    /// Whatever is left.
    #[inline]
    pub(super) fn rest(self) -> &'a [u8] {
        self.rest
    }

    /// Whether everything is taken.
    #[inline]
    pub(super) fn is_empty(self) -> bool {
        self.rest.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::Reader;

    #[test]
    fn nothing_is_taken_unless_all_of_it_is_there() {
        let mut reader = Reader::new(b"\x02ab\x00\x01\x05xyz");
        assert_eq!(reader.short_text(), Some(&b"ab"[..]));
        assert_eq!(reader.u64(), None);
        assert_eq!(reader.u16(), Some(1));
        assert_eq!(reader.short_text(), None);
        assert_eq!(reader.take(4), None);
        assert_eq!(reader.rest(), b"xyz");
        assert!(!reader.is_empty());
        assert_eq!(reader.u8(), Some(b'x'));
        assert_eq!(reader.u32(), None);
        assert_eq!(reader.take(2), Some(&b"yz"[..]));
        assert!(reader.is_empty());
    }
}
