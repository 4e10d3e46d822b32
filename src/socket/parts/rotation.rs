//! Whose turn it is: the part that fair queueing and load balancing have in common.
//!
//! The pipes that may be served stand at the front of a roster, in the order in which they joined;
//! the rest stand behind them. A cursor goes round the front part. It stays with a pipe in the middle
//! of a message when others come and go. Between messages the order that follows from the swaps is
//! libzmq's, to the turn: nothing promises it, but programs were tried out with it.

#![forbid(unsafe_code)]

use super::roster::Roster;
use crate::core::pipes::PipeKey;

/// The rotation; see the module's text.
#[derive(Debug)]
pub(crate) struct Rotation {
    roster: Roster,
    /// How many pipes take part; they are the first ones of the roster.
    active: usize,
    /// Whose turn it is: below `active`, or 0 when nobody takes part.
    cursor: usize,
}

impl Rotation {
    /// A rotation without pipes.
    pub(crate) fn new() -> Rotation {
        Rotation { roster: Roster::new(), active: 0, cursor: 0 }
    }

    /// Takes a new pipe in; its turn comes after everybody else's.
    pub(crate) fn add(&mut self, key: PipeKey) {
        self.roster.push(key);
        self.rejoin(key);
    }

    /// Lets a pipe that rested take part again; others and strangers are left as they are.
    pub(crate) fn rejoin(&mut self, key: PipeKey) {
        if let Some(place) = self.roster.place(key).filter(|&place| place >= self.active) {
            self.roster.swap(place, self.active);
            self.active += 1;
        }
    }

    /// The pipe whose turn it is.
    #[inline]
    pub(crate) fn current(&self) -> Option<PipeKey> {
        if self.active == 0 { None } else { self.roster.get(self.cursor) }
    }

    /// Gives the turn to the next pipe.
    #[inline]
    pub(crate) fn advance(&mut self) {
        self.cursor += 1;
        if self.cursor >= self.active {
            self.cursor = 0;
        }
    }

    /// Sends the pipe whose turn it is to rest, until it rejoins.
    pub(crate) fn rest(&mut self) {
        if self.active > 0 {
            self.active -= 1;
            self.roster.swap(self.cursor, self.active);
            if self.cursor >= self.active {
                self.cursor = 0;
            }
        }
    }

    /// Forgets a pipe. `held` says that the pipe whose turn it is keeps it if it is another one.
    pub(crate) fn remove(&mut self, key: PipeKey, held: bool) {
        let Some(place) = self.roster.place(key) else { return };
        if place < self.active {
            self.active -= 1;
            self.roster.swap(place, self.active);
            if self.cursor == self.active {
                // The pipe under the cursor was the last one; it either moved, or was removed.
                self.cursor = if held && place != self.active { place } else { 0 };
            }
        }
        self.roster.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(index: usize) -> PipeKey {
        PipeKey::from_index(index)
    }

    fn rotation(pipes: usize) -> Rotation {
        let mut rotation = Rotation::new();
        (0..pipes).for_each(|index| rotation.add(key(index)));
        rotation
    }

    /// Whose turns come next.
    fn turns(rotation: &mut Rotation, count: usize) -> Vec<usize> {
        let mut turn = || {
            let current = rotation.current().map(PipeKey::index);
            rotation.advance();
            current
        };
        (0..count).filter_map(|_| turn()).collect()
    }

    #[test]
    fn everybody_in_the_order_of_joining() {
        assert_eq!(turns(&mut rotation(3), 7), [0, 1, 2, 0, 1, 2, 0]);
        assert_eq!(turns(&mut rotation(0), 3), []);
    }

    #[test]
    fn who_rests_is_passed_over_until_it_rejoins_at_the_end() {
        let mut rotation = rotation(3);
        rotation.rest();
        assert_eq!(turns(&mut rotation, 4), [2, 1, 2, 1]);
        rotation.rejoin(key(0));
        rotation.rejoin(key(0));
        assert_eq!(turns(&mut rotation, 4), [2, 1, 0, 2]);
    }

    #[test]
    fn nobody_is_left_when_all_rest() {
        let mut rotation = rotation(2);
        rotation.rest();
        rotation.rest();
        rotation.rest();
        assert_eq!(rotation.current(), None);
        rotation.add(key(2));
        assert_eq!(turns(&mut rotation, 2), [2, 2]);
    }

    #[test]
    fn a_held_turn_stays_with_its_pipe_when_another_leaves() {
        for at in 0..4 {
            for leaving in (0..4).filter(|&leaving| leaving != at) {
                let mut rotation = rotation(4);
                turns(&mut rotation, at);
                rotation.remove(key(leaving), true);
                assert_eq!(rotation.current(), Some(key(at)), "{leaving} left at {at}'s turn");
                let mut round = turns(&mut rotation, 3);
                round.sort_unstable();
                let rest: Vec<usize> = (0..4).filter(|&index| index != leaving).collect();
                assert_eq!(round, rest);
            }
        }
    }

    #[test]
    fn the_last_turn_becomes_the_first_when_another_leaves() {
        let mut rotation = rotation(4);
        turns(&mut rotation, 3);
        rotation.remove(key(1), false);
        assert_eq!(turns(&mut rotation, 4), [0, 3, 2, 0]);
        turns(&mut rotation, 1);
        rotation.remove(key(0), false);
        assert_eq!(turns(&mut rotation, 3), [2, 3, 2]);
    }

    #[test]
    fn the_turn_passes_on_when_its_pipe_leaves() {
        for leaving in 0..3 {
            let mut rotation = rotation(3);
            turns(&mut rotation, leaving);
            rotation.remove(key(leaving), false);
            let mut round = turns(&mut rotation, 2);
            round.sort_unstable();
            let rest: Vec<usize> = (0..3).filter(|&index| index != leaving).collect();
            assert_eq!(round, rest);
            rotation.remove(key(rest[0]), false);
            rotation.remove(key(rest[1]), false);
            rotation.remove(key(leaving), false);
            assert_eq!(rotation.current(), None);
        }
    }

    #[test]
    fn who_rests_can_leave() {
        let mut rotation = rotation(3);
        rotation.rest();
        rotation.remove(key(0), false);
        rotation.rejoin(key(0));
        assert_eq!(turns(&mut rotation, 4), [2, 1, 2, 1]);
    }
}
