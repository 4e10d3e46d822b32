//! When an I/O thread runs jobs of itself: timers, and naps.
//!
//! The room exists because both are kept cheap for those who ask often. Timers are lazy: a job says by
//! `deadline` when it wants to run next, and an entry of the queue that comes too early is put back;
//! moving a deadline away, which happens with every frame received, costs nothing. Naps are shorter
//! than a timer can be, and all jobs that nap wake together.
//!
//! Jobs are run from here, and nothing else is done with them.

#![forbid(unsafe_code)]

use std::cmp::Reverse;
use std::time::Duration;

use super::{JobId, Occasion, Worker};
use crate::sys::clock;

/// For so many nanoseconds a job is left alone that asked for it. Long enough that a burst wakes
/// nobody, and no longer than it takes to wake a thread. Of several jobs each gets less done meanwhile,
/// so that they are left alone for so much longer.
const NAP: u64 = 50_000;
/// As if there were so many jobs at most.
const NAPPERS: u64 = 16;

/// The jobs that are left alone for a moment.
pub(super) struct Naps {
    jobs: Vec<JobId>,
    /// When the first of these is over, and the others with it.
    end: u64,
    /// How long a nap is at present.
    length: u64,
}

impl Naps {
    /// Nobody naps.
    pub(super) fn new() -> Naps {
        Naps { jobs: Vec::new(), end: 0, length: NAP }
    }

    /// Takes in a job that is not there yet.
    pub(super) fn add(&mut self, id: JobId) {
        if self.jobs.is_empty() {
            self.end = clock::nanos() + self.length;
        }
        self.jobs.push(id);
    }

    /// The time until they are over; none if nobody naps.
    pub(super) fn rest(&self) -> Option<Duration> {
        let end = Some(self.end).filter(|_| !self.jobs.is_empty())?;
        Some(Duration::from_nanos(end.saturating_sub(clock::nanos())))
    }

    /// The jobs to be woken: all, or none as long as it is too early.
    fn over(&mut self) -> Vec<JobId> {
        if self.jobs.is_empty() || clock::nanos() < self.end {
            return Vec::new();
        }
        self.length = NAP * (self.jobs.len() as u64).min(NAPPERS);
        std::mem::take(&mut self.jobs)
    }
}

impl Worker {
    /// The time until the first timer; none if there is no timer.
    pub(super) fn patience(&self) -> Option<Duration> {
        let Reverse((at, _)) = self.timers.peek()?;
        Some(Duration::from_millis(at.saturating_sub(clock::millis())))
    }

    /// Runs the jobs whose naps are over; they may ask for further ones.
    pub(super) fn end_naps(&mut self) {
        for id in self.naps.over() {
            if let Some(place) = self.jobs.get_mut(&id) {
                place.naps = false;
            }
            self.run(id, Occasion::Napped);
        }
    }

    /// Runs the jobs whose time has come.
    pub(super) fn run_timers(&mut self) {
        while let Some(&Reverse((at, id))) = self.timers.peek() {
            if at > self.now {
                return;
            }
            self.timers.pop();
            let Some(place) = self.jobs.get_mut(&id) else { continue };
            if place.scheduled == Some(at) {
                place.scheduled = None;
            }
            match place.job.deadline() {
                Some(deadline) if deadline <= self.now => self.run(id, Occasion::Timeout),
                Some(_) | None => self.schedule(id),
            }
        }
    }

    /// Sees to it that a job is run when it wants to be.
    pub(super) fn schedule(&mut self, id: JobId) {
        let Some(place) = self.jobs.get_mut(&id) else { return };
        let Some(deadline) = place.job.deadline() else { return };
        if place.scheduled.is_none_or(|scheduled| deadline < scheduled) {
            place.scheduled = Some(deadline);
            self.timers.push(Reverse((deadline, id)));
        }
    }
}
