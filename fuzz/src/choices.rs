//! The fuzzer's bytes as a list of choices, from the first to the last; without bytes, all choices
//! are zero.

/// Bytes that are not used yet.
#[derive(Clone, Debug)]
pub struct Choices<'a> {
    rest: &'a [u8],
}

/// From this length byte on, contents are long and all the same.
const FILL: u8 = 232;
/// As many bytes per step above.
const FILL_STEP: usize = 1000;

impl<'a> Choices<'a> {
    /// Reads from the first byte.
    pub fn new(bytes: &'a [u8]) -> Choices<'a> {
        Choices { rest: bytes }
    }

    /// Whether all are used.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// A byte.
    pub fn byte(&mut self) -> u8 {
        match self.rest {
            [] => 0,
            [first, rest @ ..] => {
                self.rest = rest;
                *first
            }
        }
    }

    /// A yes or no.
    pub fn flag(&mut self) -> bool {
        self.byte() & 1 != 0
    }

    /// A number of two bytes.
    pub fn number(&mut self) -> u16 {
        u16::from_be_bytes([self.byte(), self.byte()])
    }

    /// One of some things.
    pub fn of<T: Clone>(&mut self, things: &[T]) -> T {
        things[usize::from(self.byte()) % things.len()].clone()
    }

    /// So many bytes, or what is left.
    pub fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(count.min(self.rest.len()));
        self.rest = rest;
        taken
    }

    /// A length and so many bytes.
    pub fn text(&mut self) -> &'a [u8] {
        let len = self.byte();
        self.take(len.into())
    }

    /// Like `text`, or a length of up to 23 KB: what is interesting about long contents is only
    /// that. Read as frames they are few.
    pub fn content(&mut self) -> Vec<u8> {
        match self.byte() {
            len @ ..FILL => self.take(len.into()).to_vec(),
            len => vec![b'.'; usize::from(len - FILL) * FILL_STEP + usize::from(self.byte())],
        }
    }

    /// Contents, one behind the other, up to the end.
    pub fn contents(&mut self) -> Vec<Vec<u8>> {
        let mut contents = Vec::new();
        while !self.is_empty() {
            contents.push(self.content());
        }
        contents
    }

    /// Everything that is left.
    pub fn rest(&mut self) -> &'a [u8] {
        self.take(usize::MAX)
    }
}
