//! Bytes on their way out.

#![forbid(unsafe_code)]

use crate::msg::Msg;
use crate::zmtp::Outgoing;

/// Bytes on their way out.
#[derive(Debug, Default)]
pub struct Out(Outgoing);

impl Out {
    /// Adds a copy of bytes.
    pub fn put(&mut self, bytes: &[u8]) {
        self.0.put(bytes);
    }

    /// Adds the content of a message.
    pub fn put_body(&mut self, body: &[u8]) {
        self.0.put_body(Msg::from_slice(body).expect("targets make small messages"));
    }

    /// The bytes, in their pieces.
    pub fn chunks(&self) -> Vec<&[u8]> {
        self.0.chunks().collect()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes the first away.
    pub fn consume(&mut self, count: usize) {
        self.0.consume(count);
    }

    /// Drops all.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}
