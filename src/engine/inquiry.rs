//! A question about a peer, from the link that it came in on to the application's handler.
//!
//! The handler is a socket of the same context, found under the name of [`zap::ADDRESS`]. Each
//! question has a pipe of its own, so that its answer needs no number; the pipe ends with the
//! inquiry.

#![forbid(unsafe_code)]

use super::side::Side;
use crate::core::command::Notice;
use crate::core::log;
use crate::core::pipe::PipeEnd;
use crate::core::registry::Absence;
use crate::msg::Msg;
use crate::zmtp::zap::{self, Question};
use crate::zmtp::{Credentials, SecurityError, Verdict};

/// As many frames of an answer are looked at; one that has more is wrong, however many they are.
const KEPT: usize = 8;

/// A question that was put.
pub(super) struct Inquiry {
    pipe: PipeEnd,
    /// The frames of the answer that have come.
    answer: Vec<Msg>,
    /// The last of them is there.
    complete: bool,
}

/// What came of asking.
pub(super) enum Asked {
    /// An answer will come.
    Waits(Box<Inquiry>),
    /// There is nobody to ask, and this is what it means.
    Nobody(Result<Verdict, SecurityError>),
}

impl Inquiry {
    /// Asks about a peer at an address.
    pub(super) fn put(side: &Side, address: &[u8], credentials: &Credentials) -> Asked {
        let options = &side.profile.options;
        if side.profile.refuses_everybody() {
            return Asked::Nobody(Err(SecurityError::NoHandler { passing: false }));
        }
        let mut pipe = match side.owner.handler() {
            Ok(pipe) => pipe,
            Err(absence) => {
                if absence == Absence::WrongType {
                    let name = String::from_utf8_lossy(zap::ADDRESS);
                    log::say(format_args!(
                        "the socket at inproc://{name} is neither REP nor ROUTER nor SERVER, so it \
                         cannot judge peers"
                    ));
                }
                return Asked::Nobody(if absence == Absence::Gone {
                    Err(SecurityError::NoHandler { passing: true })
                } else if side.profile.needs_handler() {
                    let passing = matches!(credentials, Credentials::Null);
                    Err(SecurityError::NoHandler { passing })
                } else {
                    Ok(Verdict::Accepted(Vec::new()))
                });
            }
        };
        side.adopt(&mut pipe);
        let question = Question {
            domain: &options.zap_domain,
            address,
            routing_id: &side.profile.config.routing_id,
            credentials,
        };
        let frames = question.frames();
        let last = frames.len();
        for (at, frame) in frames.iter().enumerate() {
            let Ok(mut msg) = Msg::from_slice(frame) else {
                return Asked::Nobody(Err(SecurityError::NoHandler { passing: true }));
            };
            msg.set_more(at + 1 < last);
            pipe.push(msg);
        }
        pipe.flush();
        Asked::Waits(Box::new(Inquiry { pipe, answer: Vec::new(), complete: false }))
    }

    /// Whether this is the number of its pipe.
    pub(super) fn is_on(&self, number: u64) -> bool {
        self.pipe.id() == number
    }

    /// Takes what the pipe has to tell.
    pub(super) fn notice(&mut self, notice: &Notice) {
        match notice {
            // What the handler said before it went still counts.
            Notice::Term(_) => self.pipe.on_term(true),
            Notice::TermAck => self.pipe.on_term_ack(),
            Notice::Recount => self.pipe.on_recount(),
            Notice::AskStats => self.pipe.answer_stats(None),
            Notice::Readable | Notice::Burst => {}
            Notice::Writable | Notice::Bound(..) | Notice::Stats(..) => {}
        }
    }

    /// The verdict, once it is there; a notice follows after each look in vain, the first of which
    /// has to be right after `put`.
    pub(super) fn verdict(&mut self, side: &Side) -> Option<Result<Verdict, SecurityError>> {
        let mut msg = Msg::empty();
        while !self.complete && self.pipe.read(&mut msg) {
            self.complete = !msg.more();
            if self.answer.len() < KEPT {
                self.answer.push(msg.take());
            }
        }
        if self.complete {
            let frames: Vec<&[u8]> = self.answer.iter().map(Msg::data).collect();
            let verdict = zap::answer(&frames, side.profile.config.socket_type);
            return Some(verdict.map_err(SecurityError::Handler));
        }
        // Whatever would be done without a handler: this peer was to be judged, and was not.
        self.pipe.ended().then_some(Err(SecurityError::NoHandler { passing: true }))
    }
}
