//! Two sessions, the wire between them, and a clock that moves when it is told to.

#![forbid(unsafe_code)]

use super::script::{End, Seen};
use crate::msg::Msg;
use crate::zmtp::config::Millis;
use crate::zmtp::{Config, PeerError, SecurityError, Verdict};

/// Two ends of a connection.
pub(super) struct Pair {
    /// The ends.
    pub(super) ends: [End; 2],
    /// What the clock shows.
    pub(super) now: Millis,
    /// How many bytes arrive at once.
    step: usize,
    /// Whether an end reads.
    reads: [bool; 2],
    /// What is on its way to each end.
    wires: [Vec<u8>; 2],
    /// How many bytes each end has got.
    received: [usize; 2],
}

impl Pair {
    /// A new connection over which so many bytes arrive at once.
    pub(super) fn new(configs: [Config; 2], step: usize) -> Pair {
        Pair {
            ends: configs.map(|config| End::new(config, 0)),
            now: 0,
            step,
            reads: [true; 2],
            wires: [Vec::new(), Vec::new()],
            received: [0; 2],
        }
    }

    /// Moves bytes until there are none left to move.
    pub(super) fn drive(&mut self) {
        loop {
            let mut moved = false;
            for at in [0, 1] {
                let bytes = self.ends[at].written();
                self.wires[1 - at].extend(bytes);
            }
            for at in [0, 1] {
                if self.reads[at] && !self.wires[at].is_empty() {
                    let count = self.step.min(self.wires[at].len());
                    let bytes: Vec<u8> = self.wires[at].drain(..count).collect();
                    self.received[at] += count;
                    self.ends[at].receive(&bytes, self.now);
                    moved = true;
                }
            }
            if !moved && self.ends.iter().all(|end| end.out.is_empty()) {
                return;
            }
        }
    }

    /// Has an end's peer judged.
    pub(super) fn judge(&mut self, at: usize, verdict: Result<Verdict, SecurityError>) {
        let end = &mut self.ends[at];
        let event = end.session.judge(verdict, self.now).expect("the verdict is no error");
        end.outcome.events.extend(event.map(Seen::from));
        end.session.transmit(&mut end.out);
    }

    /// Completes the handshake.
    pub(super) fn shake_hands(&mut self) {
        self.drive();
        for end in &mut self.ends {
            assert_eq!(end.outcome.error, None);
            assert!(end.session.is_ready() && end.outcome.was_ready());
            end.outcome.events.clear();
        }
    }

    /// Sends messages from an end; gives what arrives at the other.
    pub(super) fn send(&mut self, from: usize, msgs: impl IntoIterator<Item = Msg>) -> Vec<Seen> {
        for msg in msgs {
            let end = &mut self.ends[from];
            end.session.encode(msg, &mut end.out);
        }
        self.drive();
        std::mem::take(&mut self.ends[1 - from].outcome.events)
    }

    /// How many bytes an end has received.
    pub(super) fn received(&self, at: usize) -> usize {
        self.received[at]
    }

    /// Lets an end stop to read, or go on.
    pub(super) fn pause(&mut self, at: usize, paused: bool) {
        let end = &mut self.ends[at];
        end.session.pause(paused, self.now);
        end.session.transmit(&mut end.out);
        self.reads[at] = !paused;
        self.drive();
    }

    /// Moves the clock, stopping wherever somebody wants to be called.
    pub(super) fn run_until(&mut self, end: Millis) -> Result<(), (usize, PeerError)> {
        loop {
            self.drive();
            let deadlines = self.ends.iter().filter_map(|end| end.session.deadline());
            let next = deadlines.min().filter(|next| *next <= end).unwrap_or(end);
            assert!(next >= self.now, "a deadline lies in the past");
            self.now = next;
            for at in [0, 1] {
                self.ends[at].timeout(next).map_err(|error| (at, error))?;
            }
            let waits = |end: &End| end.session.deadline().is_none_or(|next| next > self.now);
            assert!(self.ends.iter().all(waits), "time was not acted upon");
            if next == end {
                self.drive();
                return Ok(());
            }
        }
    }
}
