//! A message that arrives in pieces: memory follows the bytes received.
//!
//! A peer may announce any length. What is allocated for it is [`FIRST`] bytes at most, or as much as
//! the peer has sent at once before, and then a multiple of what has really come; for long messages
//! the allocator moves pages, not bytes. The block is that of an ordinary message, so that the last
//! piece completes it without a copy.

use std::mem::ManuallyDrop;
use std::slice;

use super::Msg;
use super::content::{OWNED_HEADER, allocate_block, deallocate_block, reallocate_block};
use crate::error::{Error, Result};

/// What an announcement alone is worth, in bytes.
const FIRST: usize = 64 * 1024;
/// How many times as large a full block becomes.
const FACTOR: usize = 4;

/// A message with bytes missing.
#[derive(Debug)]
pub(crate) struct Growing {
    /// From `allocate_block`, with room for `capacity` bytes.
    content: *mut u8,
    capacity: usize,
    filled: usize,
    /// The length that was announced.
    len: usize,
}

impl Growing {
    /// A message of a length, of which nothing has come yet. So many bytes of it are sure to come.
    pub(crate) fn new(len: usize, sure: usize) -> Result<Growing> {
        let capacity = len.min(FIRST.max(sure));
        let content = allocate_block(capacity);
        if content.is_null() {
            return Err(Error::NoMemory);
        }
        Ok(Growing { content, capacity, filled: 0, len })
    }

    /// How many bytes it has when none is missing.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// How many bytes are missing.
    pub(crate) fn missing(&self) -> usize {
        self.len - self.filled
    }

    /// Room for the next bytes, as much of it as there is now; empty only when none is missing.
    pub(crate) fn spare(&mut self) -> Result<&mut [u8]> {
        if self.filled == self.capacity && self.capacity < self.len {
            let longer = self.capacity.saturating_mul(FACTOR).min(self.len);
            // SAFETY: the block was made for `capacity` and is nobody else's.
            let content = unsafe { reallocate_block(self.content, self.capacity, longer) };
            if content.is_null() {
                return Err(Error::NoMemory);
            }
            (self.content, self.capacity) = (content, longer);
        }
        // SAFETY: `capacity` bytes follow the header, frozen, so that any content is a value; the
        // borrow of `self` keeps them from being moved or freed.
        let room = unsafe {
            slice::from_raw_parts_mut(
                self.content.add(OWNED_HEADER + self.filled),
                self.capacity - self.filled,
            )
        };
        Ok(room)
    }

    /// Notes that so many bytes of `spare` were written.
    ///
    /// # Panics
    ///
    /// When that is more than there was room for.
    pub(crate) fn advance(&mut self, count: usize) {
        assert!(count <= self.capacity - self.filled);
        self.filled += count;
    }

    /// Takes what it can use from the front of `bytes`; says how much that was.
    pub(crate) fn extend(&mut self, bytes: &[u8]) -> Result<usize> {
        let mut taken = 0;
        while taken < bytes.len() && self.missing() > 0 {
            let room = self.spare()?;
            let count = room.len().min(bytes.len() - taken);
            room[..count].copy_from_slice(&bytes[taken..][..count]);
            self.advance(count);
            taken += count;
        }
        Ok(taken)
    }

    /// The message, which must be complete.
    ///
    /// # Panics
    ///
    /// When bytes are missing.
    pub(crate) fn finish(self) -> Msg {
        assert!(self.missing() == 0);
        let whole = ManuallyDrop::new(self);
        // SAFETY: nothing is missing, so the block has the length of the message; it is forgotten
        // here.
        unsafe { Msg::from_owned(whole.content, whole.len) }
    }
}

impl Drop for Growing {
    fn drop(&mut self) {
        // SAFETY: the block was made for `capacity` and never became a message.
        unsafe { deallocate_block(self.content, self.capacity) };
    }
}

// SAFETY: the block is this value's own; nobody else has a pointer into it.
unsafe impl Send for Growing {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_become_a_message() {
        for len in [0, 1, FIRST - 1, FIRST, FIRST + 1, 5 * FIRST] {
            let bytes: Vec<u8> = (0..len).map(|at| (at % 251) as u8).collect();
            let mut growing = Growing::new(len, 0).unwrap();
            for piece in bytes.chunks(1000) {
                assert_eq!(growing.extend(piece), Ok(piece.len()));
            }
            assert_eq!(growing.extend(b"too much"), Ok(0));
            assert_eq!(growing.finish().data(), bytes);
        }
    }

    #[test]
    fn an_announcement_costs_little() {
        let mut growing = Growing::new(1 << 40, 0).unwrap();
        assert_eq!(growing.spare().unwrap().len(), FIRST);
        growing.advance(FIRST);
        assert_eq!(growing.spare().unwrap().len(), (FACTOR - 1) * FIRST);
        assert_eq!(growing.missing(), (1 << 40) - FIRST);
    }

    #[test]
    fn what_is_sure_to_come_has_its_memory_at_once() {
        for (len, sure, room) in [(1 << 40, 1 << 20, 1 << 20), (9, 1 << 20, 9), (1 << 20, 9, FIRST)]
        {
            let mut growing = Growing::new(len, sure).unwrap();
            assert_eq!(growing.spare().unwrap().len(), room);
        }
    }
}
