//! Who is who: ids of peers to pipes, and back.
//!
//! ROUTER, REP and STREAM address their peers by byte strings, SERVER and PEER by numbers. The
//! keyed hash of the standard library stays in place, because strangers choose their own ids.

#![forbid(unsafe_code)]

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;

use super::key_map::KeyMap;
use crate::core::pipes::PipeKey;
use crate::sys::random;

/// The directory; see the module's text.
#[derive(Debug)]
pub(crate) struct Directory<I> {
    keys: HashMap<I, PipeKey>,
    ids: KeyMap<I>,
}

impl<I: Clone + Eq + Hash> Directory<I> {
    /// A directory without entries.
    pub(crate) fn new() -> Directory<I> {
        Directory { keys: HashMap::new(), ids: KeyMap::new() }
    }

    /// Enters a pipe under an id that is not in use.
    pub(crate) fn insert(&mut self, id: I, key: PipeKey) {
        self.ids.insert(key, id.clone());
        self.keys.insert(id, key);
    }

    /// The pipe behind an id.
    #[inline]
    pub(crate) fn key<Q>(&self, id: &Q) -> Option<PipeKey>
    where
        I: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.keys.get(id).copied()
    }

    /// The id of a pipe.
    #[inline]
    pub(crate) fn id(&self, key: PipeKey) -> Option<&I> {
        self.ids.get(key)
    }

    /// Removes a pipe, so that its id may be used again.
    pub(crate) fn remove(&mut self, key: PipeKey) {
        if let Some(id) = self.ids.remove(key) {
            self.keys.remove(&id);
        }
    }

    /// All pipes, in no order.
    pub(crate) fn keys(&self) -> impl Iterator<Item = PipeKey> {
        self.keys.values().copied()
    }
}

/// Numbers that start anywhere and go up by one.
#[derive(Debug)]
pub(crate) struct Numbers(u32);

impl Numbers {
    /// A sequence with a start of its own, so that numbers of two sockets are seldom mixed up
    /// without being noticed.
    pub(crate) fn new() -> Numbers {
        let mut start = [0; 4];
        match random::fill(&mut start) {
            Ok(()) => Numbers(u32::from_ne_bytes(start)),
            // Nothing is secret about the start; any will do.
            Err(_) => Numbers(1),
        }
    }

    /// A sequence with a given start.
    #[cfg(test)]
    pub(crate) fn from(start: u32) -> Numbers {
        Numbers(start)
    }

    /// What `next` will return.
    pub(crate) fn peek(&self) -> u32 {
        self.0
    }

    /// The next number, which goes past the largest one to zero.
    pub(crate) fn next(&mut self) -> u32 {
        let number = self.0;
        self.0 = number.wrapping_add(1);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_pipes_find_each_other_until_removed() {
        let (a, b) = (PipeKey::from_index(0), PipeKey::from_index(3));
        let mut directory: Directory<Vec<u8>> = Directory::new();
        directory.insert(b"a".to_vec(), a);
        directory.insert(b"b".to_vec(), b);
        assert_eq!(directory.key(b"b".as_slice()), Some(b));
        assert_eq!(directory.id(a), Some(&b"a".to_vec()));
        directory.remove(b);
        directory.remove(b);
        assert_eq!((directory.key(b"b".as_slice()), directory.id(b)), (None, None));
        assert_eq!(directory.keys().collect::<Vec<_>>(), [a]);
    }

    #[test]
    fn numbers_go_up_by_one_and_past_the_largest() {
        let mut numbers = Numbers::from(u32::MAX - 1);
        assert_eq!(numbers.peek(), u32::MAX - 1);
        assert_eq!([(); 3].map(|()| numbers.next()), [u32::MAX - 1, u32::MAX, 0]);
    }

    #[test]
    fn sequences_start_apart() {
        // Eight equal starts come about once in 2^224 runs.
        let starts = [(); 8].map(|()| Numbers::new().peek());
        assert!(starts.iter().any(|&start| start != starts[0]));
    }
}
