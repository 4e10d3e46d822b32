//! Bytes on their way to the wire.
//!
//! Small frames are copied one behind the other into a buffer, so that many of them go out with
//! one call; large bodies stay where they are and are named in their place.

#![forbid(unsafe_code)]

use std::collections::VecDeque;

use crate::msg::Msg;

/// From this length on a body is not copied: the copy would cost more than an entry of its own in
/// the list of what is written, and than giving the message back later.
const STAYS: usize = 8 * 1024;
/// The largest buffer that is kept while there is nothing to write.
const KEPT: usize = 8 * 1024;
/// The most that is asked for at once because it was needed before.
const EXPECTED_MAX: usize = 256 * 1024;

/// Bytes to be written, in order.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    /// What was copied.
    bytes: Vec<u8>,
    /// How many of `bytes` are gone.
    gone: usize,
    /// Bodies that were not copied, in order.
    bodies: VecDeque<Large>,
    /// How many bytes of the first of `bodies` are gone; then all of `bytes` before it are.
    gone_of_first: usize,
    /// How many bytes there are altogether.
    len: usize,
    /// How many there ever were.
    total: u64,
    /// How large the buffer became in the last burst.
    expected: usize,
}

/// A body that was not copied. It is never empty.
#[derive(Debug)]
struct Large {
    /// How many of `bytes` stand before it.
    at: usize,
    msg: Msg,
}

impl Outgoing {
    /// Nothing to write.
    pub(crate) fn new() -> Outgoing {
        Outgoing::default()
    }

    /// Whether there is nothing to write.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many bytes there are to write.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// How many bytes were ever put in.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// How many bytes ever went out.
    pub(super) fn total_gone(&self) -> u64 {
        self.total - self.len as u64
    }

    /// Adds a copy of bytes.
    #[inline]
    pub(crate) fn put(&mut self, bytes: &[u8]) {
        if self.bytes.len() + bytes.len() > self.bytes.capacity() {
            self.make_room(bytes.len());
        }
        self.bytes.extend_from_slice(bytes);
        self.count(bytes.len());
    }

    /// Adds so many bytes, which `write` fills in; false if there is no memory for them.
    #[must_use]
    pub(super) fn put_with(&mut self, len: usize, write: impl FnOnce(&mut [u8])) -> bool {
        if len >= STAYS {
            let Ok(mut msg) = Msg::with_size(len) else { return false };
            write(msg.writable());
            self.put_body(msg);
            return true;
        }
        if self.bytes.len() + len > self.bytes.capacity() {
            self.make_room(len);
        }
        let before = self.bytes.len();
        self.bytes.resize(before + len, 0);
        write(self.bytes.get_mut(before..).unwrap_or_default());
        self.count(len);
        true
    }

    /// Adds the content of a message.
    #[inline]
    pub(crate) fn put_body(&mut self, mut msg: Msg) {
        self.put_framed(&[], &mut msg);
    }

    /// Adds a header and the content of a message, which it takes away if it does not copy it.
    #[inline]
    pub(super) fn put_framed(&mut self, header: &[u8], msg: &mut Msg) {
        let len = msg.len();
        if len >= STAYS {
            self.put(header);
            self.count(len);
            self.bodies.push_back(Large { at: self.bytes.len(), msg: msg.take() });
            return;
        }
        if self.bytes.len() + header.len() + len > self.bytes.capacity() {
            self.make_room(header.len() + len);
        }
        match *header {
            // Nearly all; a copy of known length is a store.
            [flags, len] => self.bytes.extend_from_slice(&[flags, len]),
            _ => self.bytes.extend_from_slice(header),
        }
        self.bytes.extend_from_slice(msg.data());
        self.count(header.len() + len);
    }

    #[inline]
    fn count(&mut self, added: usize) {
        self.len += added;
        self.total += added as u64;
    }

    /// Makes the buffer at least so much longer; at first, as long as it was needed last. What is
    /// gone gives way, so that a buffer that is never quite drained does not grow for ever.
    #[cold]
    fn make_room(&mut self, more: usize) {
        if self.gone > self.bytes.len() / 2 {
            self.bytes.drain(..self.gone);
            self.bodies.iter_mut().for_each(|large| large.at -= self.gone);
            self.gone = 0;
        }
        let wanted = if self.bytes.capacity() == 0 { self.expected.max(more) } else { more };
        self.bytes.reserve(wanted);
    }

    /// The bytes in order, in pieces none of which is empty.
    pub(crate) fn chunks(&self) -> impl Iterator<Item = &[u8]> {
        let mut from = self.gone;
        let mut skip = self.gone_of_first;
        let bodies = self.bodies.iter().flat_map(move |large| {
            let copied = self.bytes.get(from..large.at).unwrap_or_default();
            let body = large.msg.data().get(skip..).unwrap_or_default();
            (from, skip) = (large.at, 0);
            [copied, body]
        });
        let behind = self.bodies.back().map_or(self.gone, |large| large.at);
        let last = self.bytes.get(behind..).unwrap_or_default();
        bodies.chain([last]).filter(|chunk| !chunk.is_empty())
    }

    /// Takes away the first `count` bytes, which were written.
    ///
    /// # Panics
    ///
    /// When there are fewer.
    pub(crate) fn consume(&mut self, count: usize) {
        assert!(count <= self.len);
        self.len -= count;
        let mut left = count;
        while let Some(first) = self.bodies.front() {
            let copied = (first.at - self.gone).min(left);
            self.gone += copied;
            left -= copied;
            let body = (first.msg.len() - self.gone_of_first).min(left);
            if self.gone < first.at || self.gone_of_first + body < first.msg.len() {
                self.gone_of_first += body;
                return;
            }
            left -= body;
            self.gone_of_first = 0;
            self.bodies.pop_front();
        }
        self.gone += left;
        if self.len == 0 {
            self.rest();
        }
    }

    /// Drops everything.
    pub(crate) fn clear(&mut self) {
        self.len = 0;
        self.bodies.clear();
        self.gone_of_first = 0;
        self.rest();
    }

    /// Gives back what an idle connection does not need.
    fn rest(&mut self) {
        self.expected = self.bytes.len().min(EXPECTED_MAX);
        self.gone = 0;
        self.bytes.clear();
        if self.bytes.capacity() > KEPT {
            self.bytes = Vec::new();
        }
        if self.bodies.capacity() * size_of::<Large>() > KEPT {
            self.bodies = VecDeque::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contents(out: &Outgoing) -> Vec<u8> {
        let chunks: Vec<&[u8]> = out.chunks().collect();
        assert!(chunks.iter().all(|chunk| !chunk.is_empty()));
        let contents = chunks.concat();
        assert_eq!(contents.len(), out.len());
        contents
    }

    fn body(len: usize, first: u8) -> Msg {
        let bytes: Vec<u8> = (0..len).map(|at| (at % 251) as u8 ^ first).collect();
        Msg::from_slice(&bytes).unwrap()
    }

    /// Two large bodies side by side, small things before, between and behind.
    fn mixed() -> (Outgoing, Vec<u8>) {
        let (mut out, mut expected) = (Outgoing::new(), Vec::new());
        for (put, len) in [(3, STAYS), (0, STAYS + 5), (1, 10), (2, 2 * STAYS), (4, 0)] {
            out.put(&vec![put as u8; put]);
            expected.extend(vec![put as u8; put]);
            let msg = body(len, put as u8);
            expected.extend(msg.data());
            out.put_body(msg);
        }
        (out, expected)
    }

    #[test]
    fn bytes_keep_their_order_however_they_are_consumed() {
        for step in [1, 2, 7, 4096, STAYS, STAYS + 3, 3 * STAYS] {
            let (mut out, expected) = mixed();
            let mut at = 0;
            while !out.is_empty() {
                assert_eq!(contents(&out), expected[at..]);
                let count = step.min(out.len());
                out.consume(count);
                at += count;
                assert_eq!(out.total_gone(), at as u64);
                // Comparing all of it each time is for the coarse steps.
                if step < 4096 && at > 100 {
                    out.consume(out.len());
                }
            }
            assert_eq!(contents(&out), b"");
        }
    }

    #[test]
    fn large_bodies_are_not_copied_and_end_as_they_go() {
        let mut out = Outgoing::new();
        let msg = body(STAYS, 1);
        let place = msg.data().as_ptr();
        out.put(b"header");
        out.put_body(msg);
        assert_eq!(out.chunks().nth(1).map(<[u8]>::as_ptr), Some(place));
        out.consume(6 + STAYS - 1);
        assert_eq!(out.bodies.len(), 1);
        out.consume(1);
        assert_eq!(out.bodies.len(), 0);
        out.put(b"next");
        assert_eq!(contents(&out), b"next");
    }

    #[test]
    fn a_buffer_that_is_never_drained_stays_small() {
        let mut out = Outgoing::new();
        let mut expected = VecDeque::new();
        for round in 0..10_000_usize {
            let bytes = [round as u8; 100];
            out.put(&bytes);
            expected.extend(bytes);
            if round % 100 == 50 {
                let large = body(STAYS, round as u8);
                expected.extend(large.data());
                out.put_body(large);
            }
            let count = out.len().saturating_sub(150);
            out.consume(count);
            expected.drain(..count);
            assert!(contents(&out).iter().eq(&expected));
        }
        assert!(out.bytes.capacity() < 100 * 100);
    }

    #[test]
    fn what_is_drained_holds_no_large_buffer() {
        let mut out = Outgoing::new();
        for _ in 0..1000 {
            out.put(&[7; 100]);
            out.put_body(body(STAYS, 0));
        }
        out.consume(out.len());
        assert!(out.bytes.capacity() <= KEPT);
        assert!(out.bodies.capacity() * size_of::<Large>() <= KEPT);
        out.put(&[1; KEPT + 1]);
        out.clear();
        assert!(out.is_empty() && out.bytes.capacity() <= KEPT);
        assert_eq!(out.total(), out.total_gone());
    }
}
