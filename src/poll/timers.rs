//! The timers behind `zmq_timers_*`: when each is due, and in which order they fire.
//!
//! There is no clock in here and no call of a handler. The caller says what time it is, and fires
//! what [`Timers::next_due`] hands out one at a time, so that a handler finds the timers free to be
//! changed: it may add, cancel and reset others and itself.

#![forbid(unsafe_code)]

use std::collections::{BTreeMap, HashMap};

use crate::error::{Error, Result};

/// What a timer is filed under: earliest first, and among equals the one that was scheduled first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    due: u64,
    scheduled: u64,
}

/// A periodic timer; `H` is whatever the caller needs to fire it.
#[derive(Debug)]
struct Timer<H> {
    id: i32,
    interval: u64,
    handler: H,
    /// The round in which it was added or fired last; it fires again only in a later one.
    round: u64,
}

/// A set of periodic timers. All times are in milliseconds of one clock.
///
/// Firing goes in rounds: [`start_round`](Timers::start_round), then
/// [`next_due`](Timers::next_due) until it has nothing more, then
/// [`end_round`](Timers::end_round). A round begun while another is under way (a handler that
/// fires timers itself) is part of that one, so that no timer fires twice.
#[derive(Debug)]
pub(crate) struct Timers<H> {
    queue: BTreeMap<Place, Timer<H>>,
    places: HashMap<i32, Place>,
    last_id: i32,
    scheduled: u64,
    round: u64,
    depth: u32,
}

impl<H: Clone> Timers<H> {
    /// No timers yet.
    pub(crate) fn new() -> Timers<H> {
        Timers {
            queue: BTreeMap::new(),
            places: HashMap::new(),
            last_id: 0,
            scheduled: 0,
            round: 0,
            depth: 0,
        }
    }

    /// Adds a timer that is due every `interval` from now on; returns its id, which is never used
    /// again.
    pub(crate) fn add(&mut self, now: u64, interval: u64, handler: H) -> Result<i32> {
        let id = self.last_id.checked_add(1).ok_or(Error::NoMemory)?;
        self.last_id = id;
        self.schedule(now, Timer { id, interval, handler, round: self.round });
        Ok(id)
    }

    /// Forgets a timer.
    pub(crate) fn cancel(&mut self, id: i32) -> Result<()> {
        self.unschedule(id).map(drop)
    }

    /// Gives a timer a new interval, which starts now.
    pub(crate) fn set_interval(&mut self, now: u64, id: i32, interval: u64) -> Result<()> {
        let timer = self.unschedule(id)?;
        self.schedule(now, Timer { interval, ..timer });
        Ok(())
    }

    /// Starts the interval of a timer anew.
    pub(crate) fn reset(&mut self, now: u64, id: i32) -> Result<()> {
        let timer = self.unschedule(id)?;
        self.schedule(now, timer);
        Ok(())
    }

    /// How long it is until some timer is due; zero when one is, `None` when there are no timers.
    pub(crate) fn timeout(&self, now: u64) -> Option<u64> {
        self.queue.keys().next().map(|place| place.due.saturating_sub(now))
    }

    /// Begins to fire what is due.
    pub(crate) fn start_round(&mut self) {
        if self.depth == 0 {
            self.round += 1;
        }
        self.depth += 1;
    }

    /// The next timer to fire in this round, which started at `started_at`.
    ///
    /// It is scheduled again before it is handed out, counting from the start of the round: periods
    /// that were missed are not made up for. A timer fires at most once in a round, so this comes
    /// to an end whatever the intervals are and whatever handlers add.
    pub(crate) fn next_due(&mut self, started_at: u64) -> Option<(i32, H)> {
        let id = self
            .queue
            .iter()
            .take_while(|(place, _)| place.due <= started_at)
            .find(|(_, timer)| timer.round != self.round)
            .map(|(_, timer)| timer.id)?;
        let mut timer = self.unschedule(id).ok()?;
        timer.round = self.round;
        let handler = timer.handler.clone();
        self.schedule(started_at, timer);
        Some((id, handler))
    }

    /// Ends what [`start_round`](Timers::start_round) began.
    pub(crate) fn end_round(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// Whether a round is under way, which means that a handler is running.
    pub(crate) fn in_round(&self) -> bool {
        self.depth > 0
    }

    /// Forgets all timers.
    pub(crate) fn clear(&mut self) {
        self.queue.clear();
        self.places.clear();
    }

    /// Files a timer one interval after `from`. A due time beyond the end of time is never reached.
    fn schedule(&mut self, from: u64, timer: Timer<H>) {
        self.scheduled += 1;
        let due = from.saturating_add(timer.interval);
        let place = Place { due, scheduled: self.scheduled };
        self.places.insert(timer.id, place);
        self.queue.insert(place, timer);
    }

    /// Takes a timer out.
    fn unschedule(&mut self, id: i32) -> Result<Timer<H>> {
        let place = self.places.remove(&id).ok_or(Error::Invalid)?;
        self.queue.remove(&place).ok_or(Error::Invalid)
    }
}

#[cfg(test)]
mod tests {
    use super::Timers;
    use crate::error::Error;

    /// Fires everything that is due; returns the handlers in the order in which they ran.
    fn execute(timers: &mut Timers<&'static str>, now: u64) -> Vec<&'static str> {
        timers.start_round();
        let mut fired = Vec::new();
        while let Some((_, handler)) = timers.next_due(now) {
            fired.push(handler);
        }
        timers.end_round();
        fired
    }

    #[test]
    fn h312_ids_count_from_one_and_unknown_ones_are_invalid() {
        let mut timers = Timers::new();
        assert_eq!(timers.add(0, 10, "a"), Ok(1));
        assert_eq!(timers.add(0, 10, "b"), Ok(2));
        assert_eq!(timers.cancel(2), Ok(()));
        assert_eq!(timers.cancel(2), Err(Error::Invalid));
        assert_eq!(timers.add(0, 10, "c"), Ok(3), "ids are not used again");
        for id in [i32::MIN, -1, 0, 2, 4, i32::MAX] {
            assert_eq!(timers.cancel(id), Err(Error::Invalid));
            assert_eq!(timers.reset(0, id), Err(Error::Invalid));
            assert_eq!(timers.set_interval(0, id, 5), Err(Error::Invalid));
        }
    }

    #[test]
    fn h313_not_before_due_and_once_when_late() {
        let mut timers = Timers::new();
        timers.add(1000, 100, "a").expect("ids are left");
        assert_eq!(execute(&mut timers, 1000), [""; 0]);
        assert_eq!(execute(&mut timers, 1099), [""; 0]);
        assert_eq!(execute(&mut timers, 1100), ["a"]);
        assert_eq!(execute(&mut timers, 1100), [""; 0]);
        assert_eq!(execute(&mut timers, 1550), ["a"], "missed periods are not made up for");
        assert_eq!(timers.timeout(1550), Some(100), "the next period starts at the execution");
        assert_eq!(execute(&mut timers, 1649), [""; 0]);
        assert_eq!(execute(&mut timers, 1650), ["a"]);
    }

    #[test]
    fn h314_reset_postpones() {
        let mut timers = Timers::new();
        let id = timers.add(0, 100, "a").expect("ids are left");
        assert_eq!(timers.reset(60, id), Ok(()));
        assert_eq!(timers.timeout(60), Some(100));
        assert_eq!(execute(&mut timers, 159), [""; 0]);
        assert_eq!(execute(&mut timers, 160), ["a"]);
    }

    #[test]
    fn h314_set_interval_reschedules() {
        let mut timers = Timers::new();
        let id = timers.add(0, 100, "a").expect("ids are left");
        assert_eq!(timers.set_interval(50, id, 20), Ok(()));
        assert_eq!(timers.timeout(50), Some(20));
        assert_eq!(execute(&mut timers, 70), ["a"]);
        assert_eq!(timers.timeout(70), Some(20), "the new interval stays");
    }

    #[test]
    fn h314_cancel_prevents_and_nothing_is_left_to_wait_for() {
        let mut timers = Timers::new();
        assert_eq!(timers.timeout(0), None);
        let id = timers.add(0, 10, "a").expect("ids are left");
        assert_eq!(timers.timeout(4), Some(6));
        assert_eq!(timers.timeout(10), Some(0));
        assert_eq!(timers.timeout(1000), Some(0));
        assert_eq!(timers.cancel(id), Ok(()));
        assert_eq!(timers.timeout(0), None);
        assert_eq!(execute(&mut timers, 1000), [""; 0]);
    }

    #[test]
    fn the_earliest_fires_first_and_equals_in_the_order_of_scheduling() {
        let mut timers = Timers::new();
        let a = timers.add(0, 30, "a").expect("ids are left");
        timers.add(0, 30, "b").expect("ids are left");
        timers.add(0, 10, "c").expect("ids are left");
        assert_eq!(execute(&mut timers, 30), ["c", "a", "b"]);
        timers.reset(30, a).expect("it exists");
        assert_eq!(execute(&mut timers, 60), ["c", "b", "a"]);
    }

    #[test]
    fn an_interval_of_zero_fires_once_a_round() {
        let mut timers = Timers::new();
        timers.add(5, 0, "a").expect("ids are left");
        assert_eq!(timers.timeout(5), Some(0));
        assert_eq!(execute(&mut timers, 5), ["a"]);
        assert_eq!(execute(&mut timers, 5), ["a"]);
        assert_eq!(timers.timeout(5), Some(0));
    }

    #[test]
    fn one_of_zero_does_not_hide_the_ones_behind_it() {
        let mut timers = Timers::new();
        timers.add(0, 0, "zero").expect("ids are left");
        timers.add(0, 5, "five").expect("ids are left");
        assert_eq!(execute(&mut timers, 5), ["zero", "five"]);
        assert_eq!(execute(&mut timers, 6), ["zero"]);
    }

    #[test]
    fn the_longest_interval_is_never_due() {
        let mut timers = Timers::new();
        timers.add(7, u64::MAX, "a").expect("ids are left");
        assert_eq!(execute(&mut timers, u64::MAX - 1), [""; 0]);
        assert_eq!(timers.timeout(7), Some(u64::MAX - 7));
    }

    #[test]
    fn what_a_handler_adds_waits_for_the_next_round() {
        let mut timers = Timers::new();
        timers.add(0, 10, "a").expect("ids are left");
        timers.start_round();
        assert_eq!(timers.next_due(10), Some((1, "a")));
        assert_eq!(timers.add(10, 0, "b"), Ok(2));
        assert_eq!(timers.next_due(10), None);
        timers.end_round();
        assert_eq!(execute(&mut timers, 10), ["b"]);
    }

    #[test]
    fn a_handler_may_change_itself_and_others() {
        let mut timers = Timers::new();
        let a = timers.add(0, 10, "a").expect("ids are left");
        let b = timers.add(0, 10, "b").expect("ids are left");
        let c = timers.add(0, 10, "c").expect("ids are left");
        timers.start_round();
        assert_eq!(timers.next_due(10), Some((a, "a")));
        assert_eq!(timers.cancel(a), Ok(()), "a is scheduled again while it runs");
        assert_eq!(timers.reset(12, b), Ok(()));
        assert_eq!(timers.next_due(10), Some((c, "c")));
        assert_eq!(timers.set_interval(12, c, 0), Ok(()));
        assert_eq!(timers.next_due(10), None, "b was put off, c has fired");
        timers.end_round();
        assert_eq!(execute(&mut timers, 22), ["c", "b"]);
    }

    #[test]
    fn a_round_inside_a_round_fires_nothing_twice() {
        let mut timers = Timers::new();
        timers.add(0, 0, "a").expect("ids are left");
        timers.add(0, 5, "b").expect("ids are left");
        timers.start_round();
        assert_eq!(timers.next_due(5), Some((1, "a")));
        assert_eq!(execute(&mut timers, 50), ["b"]);
        assert!(timers.in_round());
        assert_eq!(timers.next_due(5), None);
        timers.end_round();
        assert!(!timers.in_round());
        assert_eq!(execute(&mut timers, 50), ["a"]);
    }

    #[test]
    fn cleared_in_a_round_there_is_nothing_more_to_fire() {
        let mut timers = Timers::new();
        timers.add(0, 1, "a").expect("ids are left");
        timers.add(0, 1, "b").expect("ids are left");
        timers.start_round();
        assert_eq!(timers.next_due(1), Some((1, "a")));
        timers.clear();
        assert_eq!(timers.next_due(1), None);
        assert_eq!(timers.timeout(1), None);
        timers.end_round();
    }
}
