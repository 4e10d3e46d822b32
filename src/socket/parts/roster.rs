//! An ordered list of pipes in which each pipe knows its place.
//!
//! Fair queueing and load balancing move pipes between a front part and a back part of one list,
//! once per message in the worst case. With the place of each pipe at hand that is one swap,
//! however many peers a socket has.

#![forbid(unsafe_code)]

use super::key_map::KeyMap;
use crate::core::pipes::PipeKey;

/// The list; see the module's text.
#[derive(Debug)]
pub(crate) struct Roster {
    keys: Vec<PipeKey>,
    places: KeyMap<usize>,
}

impl Roster {
    /// A list without pipes.
    pub(crate) fn new() -> Roster {
        Roster { keys: Vec::new(), places: KeyMap::new() }
    }

    /// The pipe at a place.
    #[inline]
    pub(crate) fn get(&self, place: usize) -> Option<PipeKey> {
        self.keys.get(place).copied()
    }

    /// Where a pipe stands, if it is in the list.
    #[inline]
    pub(crate) fn place(&self, key: PipeKey) -> Option<usize> {
        self.places.get(key).copied()
    }

    /// Adds a pipe at the end and returns its place; a pipe that is in the list stays where it is.
    pub(crate) fn push(&mut self, key: PipeKey) -> usize {
        if let Some(place) = self.place(key) {
            return place;
        }
        let place = self.keys.len();
        self.keys.push(key);
        self.places.insert(key, place);
        place
    }

    /// Exchanges two pipes; nothing happens unless both places are taken.
    pub(crate) fn swap(&mut self, one: usize, other: usize) {
        if let (Some(first), Some(second)) = (self.get(one), self.get(other)) {
            self.keys.swap(one, other);
            self.places.insert(first, other);
            self.places.insert(second, one);
        }
    }

    /// Removes a pipe; the last one takes its place.
    pub(crate) fn remove(&mut self, key: PipeKey) {
        if let Some(place) = self.places.remove(key) {
            self.keys.swap_remove(place);
            if let Some(moved) = self.get(place) {
                self.places.insert(moved, place);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(index: usize) -> PipeKey {
        PipeKey::from_index(index)
    }

    /// The list in order; fails if a pipe does not know its place.
    fn order(roster: &Roster) -> Vec<usize> {
        let keys: Vec<PipeKey> = (0..).map_while(|place| roster.get(place)).collect();
        for (place, &key) in keys.iter().enumerate() {
            assert_eq!(roster.place(key), Some(place));
        }
        keys.into_iter().map(PipeKey::index).collect()
    }

    #[test]
    fn pipes_know_their_places() {
        let mut roster = Roster::new();
        for index in [7, 3, 5, 1] {
            roster.push(key(index));
        }
        roster.swap(0, 2);
        assert_eq!(order(&roster), [5, 3, 7, 1]);
        roster.remove(key(5));
        assert_eq!(order(&roster), [1, 3, 7]);
        roster.remove(key(7));
        assert_eq!(order(&roster), [1, 3]);
        assert_eq!(roster.place(key(7)), None);
    }

    #[test]
    fn strangers_and_doubles_change_nothing() {
        let mut roster = Roster::new();
        assert_eq!((roster.push(key(2)), roster.push(key(4))), (0, 1));
        assert_eq!(roster.push(key(2)), 0);
        roster.swap(0, 2);
        roster.remove(key(9));
        assert_eq!(order(&roster), [2, 4]);
    }
}
