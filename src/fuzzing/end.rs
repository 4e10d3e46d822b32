//! One end of a connection, as an engine drives it.

#![forbid(unsafe_code)]

use std::sync::Arc;

use super::seen::{Ending, Judgement, Part, Seen};
use super::setup::Setup;
use crate::zmtp::{self, Event, Outgoing, Session};

/// One end of a connection: a session, and what an engine keeps beside it.
#[derive(Debug)]
pub struct End {
    session: Session,
    out: Outgoing,
    /// What the session does not take before the peer has been judged.
    held: Vec<u8>,
    /// Large bodies are read straight into their message.
    pub straight: bool,
    /// Events are counted and not kept, and of an error only that there was one.
    pub forgetful: bool,
    /// What came of it so far.
    pub seen: Vec<Seen>,
    /// How many events there were.
    pub events: usize,
    /// How it ended.
    pub ending: Option<Ending>,
}

impl End {
    /// A new connection.
    pub fn new(setup: &Setup, now: u64) -> End {
        let mut end = End {
            session: Session::new(Arc::new(setup.config()), now),
            out: Outgoing::new(),
            held: Vec::new(),
            straight: false,
            forgetful: false,
            seen: Vec::new(),
            events: 0,
            ending: None,
        };
        end.session.transmit(&mut end.out);
        end
    }

    /// Gives it bytes until it has taken them all or is over; how many it took.
    pub fn receive(&mut self, input: &[u8], now: u64) -> usize {
        let mut rest = input;
        while self.ending.is_none() {
            if self.straight && self.read_straight(&mut rest) {
                continue;
            }
            let received = self.session.receive(rest, now);
            self.session.transmit(&mut self.out);
            match received {
                Ok((0, None)) => {
                    if self.session.holds_input() {
                        self.held.extend(rest);
                        rest = &[];
                    }
                    break;
                }
                Ok((taken, event)) => {
                    rest = rest.get(taken..).expect("no more is taken than there is");
                    self.saw(event);
                }
                Err(error) => self.end(error),
            }
        }
        input.len() - rest.len()
    }

    /// Gives it an answer to a question about the peer, whether it has asked or not.
    pub fn judge(&mut self, judgement: Judgement, now: u64) {
        match self.session.judge(judgement.verdict(), now) {
            Ok(event) => self.saw(event),
            Err(error) => self.end(error),
        }
        self.session.transmit(&mut self.out);
        // What has come before may mean something else now.
        let held = std::mem::take(&mut self.held);
        self.receive(&held, now);
    }

    fn saw(&mut self, event: Option<Event>) {
        let Some(event) = event else { return };
        self.events += 1;
        if !self.forgetful {
            self.seen.push(event.into());
        }
    }

    fn end(&mut self, error: zmtp::PeerError) {
        self.ending = Some(if self.forgetful { Ending::default() } else { error.into() });
    }

    /// Moves bytes into a long body; whether there may be room for more of them.
    fn read_straight(&mut self, rest: &mut &[u8]) -> bool {
        let Some(body) = self.session.body() else { return false };
        let spare = body.spare().expect("memory follows what was received");
        assert!(!spare.is_empty(), "nothing is missing of a body that is offered");
        let (front, behind) = rest.split_at(spare.len().min(rest.len()));
        spare[..front.len()].copy_from_slice(front);
        body.advance(front.len());
        *rest = behind;
        !front.is_empty() && body.missing() > 0
    }

    /// What the session does although it is over: how many bytes it takes, and whether it has an
    /// event or an error.
    pub fn poke(&mut self, input: &[u8], now: u64) -> (usize, bool) {
        match self.session.receive(input, now) {
            Ok((taken, event)) => (taken, event.is_some()),
            Err(_) => (0, true),
        }
    }

    /// How many bytes wait to be written.
    pub fn waiting(&self) -> usize {
        self.out.len()
    }

    /// Writes at most so many bytes.
    pub fn write(&mut self, most: usize) -> Vec<u8> {
        let mut bytes = self.out.chunks().collect::<Vec<_>>().concat();
        assert_eq!(bytes.len(), self.out.len());
        bytes.truncate(most);
        self.out.consume(bytes.len());
        self.session.transmit(&mut self.out);
        bytes
    }

    /// Sends a message or a part of one.
    pub fn encode(&mut self, part: &Part) {
        self.session.encode(part.to_msg(), &mut self.out);
    }

    /// Lets time have come.
    pub fn timeout(&mut self, now: u64) {
        if let Err(error) = self.session.timeout(now) {
            self.end(error);
        }
        self.session.transmit(&mut self.out);
    }

    /// When time wants to come.
    pub fn deadline(&self) -> Option<u64> {
        self.session.deadline()
    }

    /// Stops to read, or goes on.
    pub fn pause(&mut self, paused: bool, now: u64) {
        self.session.pause(paused, now);
        self.session.transmit(&mut self.out);
    }

    /// Whether messages may be sent.
    pub fn is_ready(&self) -> bool {
        self.session.is_ready()
    }

    /// Whether it offers to read straight into a message.
    pub fn offers_body(&mut self) -> bool {
        self.session.body().is_some()
    }

    /// What it would mean if the connection ended now.
    pub fn closed(&self) -> [Ending; 2] {
        [self.session.end_of_input().into(), self.session.reset().into()]
    }
}
