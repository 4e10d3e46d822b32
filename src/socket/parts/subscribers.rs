//! The peers of a publisher: what each has asked for, what each gets, and what the application is
//! told about it. XPUB is this with a way to receive, PUB is this without.
//!
//! Pipes are read to the end whenever anything arrives, whether or not the application receives:
//! a subscription must count for the next message. What the application is told waits in a list
//! without limit and is never dropped; a publisher that misses the end of a topic would feed it
//! for ever.
//!
//! In manual mode what a peer asks for changes nothing by itself. It is kept all the same, apart
//! from what decides, because the application must be told of its end if the peer disappears.

#![forbid(unsafe_code)]

use std::collections::VecDeque;

use super::distributor::Distributor;
use super::request::Request;
use super::switch::switch;
use super::trie::{MultiTrie, Removed};
use crate::core::options;
use crate::core::pipes::PipeKey;
use crate::error::{Error, Result};
use crate::msg::{Kind, Msg};
use crate::socket::pattern::{Attach, Base};

/// The peers of a publisher; see the module's text.
#[derive(Debug)]
pub(crate) struct Subscribers {
    distributor: Distributor,
    /// Decides who gets which messages.
    topics: MultiTrie,
    /// What the peers have asked for in manual mode.
    wishes: MultiTrie,
    /// By the index of a pipe: how many have gone that had it. Tells a pipe from its successor.
    ends: Vec<u64>,
    reports: Reports,
    modes: Modes,
    /// Sent to each new peer, unless empty.
    welcome: Vec<u8>,
    /// The peer behind the report received last, in manual mode.
    last_pipe: Option<PipeKey>,
}

/// What the application is to be told.
#[derive(Debug)]
struct Reports {
    waiting: VecDeque<Report>,
    /// Whether it wants to be told anything.
    wanted: bool,
}

/// A frame for the application.
#[derive(Debug)]
struct Report {
    msg: Msg,
    origin: Origin,
}

/// What a report says about who sent it.
#[derive(Clone, Copy, Debug)]
enum Origin {
    /// The pipe whose peer asked, and the `ends` of its index at the time.
    Peer(PipeKey, u64),
    /// The peer is gone.
    Gone,
    /// Nothing: a request that was granted at once, or a message of the other application.
    Any,
}

/// The options that are switches.
#[derive(Debug, Default)]
struct Modes {
    verbose_subscribe: bool,
    verbose_unsubscribe: bool,
    only_first_subscribe: bool,
    nodrop: bool,
    manual: bool,
    manual_last_value: bool,
}

impl Subscribers {
    /// Without peers; `reporting` says whether the application is to be told of requests.
    pub(crate) fn new(reporting: bool) -> Subscribers {
        Subscribers {
            distributor: Distributor::new(),
            topics: MultiTrie::new(),
            wishes: MultiTrie::new(),
            ends: Vec::new(),
            reports: Reports { waiting: VecDeque::new(), wanted: reporting },
            modes: Modes::default(),
            welcome: Vec::new(),
            last_pipe: None,
        }
    }

    /// Takes a peer in, and what it has asked for already.
    pub(crate) fn attach(&mut self, base: &mut Base, pipe: PipeKey, how: Attach) {
        if self.ends.len() <= pipe.index() {
            self.ends.resize(pipe.index() + 1, 0);
        }
        self.distributor.attach(pipe);
        if how.subscribe_to_all {
            self.topics.add(b"", pipe);
        }
        if !self.welcome.is_empty() {
            // Without memory for it the peer goes unwelcomed: there is nobody to tell.
            if let Ok(mut welcome) = Msg::from_slice(&self.welcome) {
                base.pipes.write(pipe, &mut welcome);
                base.pipes.flush(pipe);
            }
        }
        self.read(base, pipe);
    }

    /// Forgets a peer and reports what it held.
    pub(crate) fn detach(&mut self, pipe: PipeKey) {
        self.distributor.detach(pipe);
        if let Some(ends) = self.ends.get_mut(pipe.index()) {
            *ends += 1;
        }
        if self.last_pipe == Some(pipe) {
            self.last_pipe = None;
        }
        let Subscribers { topics, wishes, reports, modes, .. } = self;
        wishes.remove_key(pipe, |topic, _| {
            if modes.manual {
                reports.gone(topic, Origin::Gone);
            }
        });
        topics.remove_key(pipe, |topic, last| {
            if !modes.manual && (last || modes.verbose_unsubscribe) {
                reports.gone(topic, Origin::Any);
            }
        });
    }

    /// A pipe that was found full has room.
    pub(crate) fn write_activated(&mut self, pipe: PipeKey) {
        self.distributor.write_activated(pipe);
    }

    /// Reads all that a peer has sent.
    pub(crate) fn read(&mut self, base: &mut Base, pipe: PipeKey) {
        let ends = self.ends.get(pipe.index()).copied().unwrap_or(0);
        let origin = if self.modes.manual { Origin::Peer(pipe, ends) } else { Origin::Any };
        let (mut first, mut examined) = (true, true);
        // The newest report is a frame that promises another one of this message.
        let mut promised = false;
        let mut frame = Msg::empty();
        while base.pipes.read(pipe, &mut frame) {
            let more = frame.more();
            if first {
                promised = false;
            }
            // What a subscriber marked as a request is one, wherever it stands.
            let looked_at = examined || frame.kind() == Kind::Request;
            let request = if looked_at { Request::parse(frame.data()) } else { None };
            if first && self.modes.only_first_subscribe {
                examined = request.is_some();
            }
            if let Some(request) = request {
                if self.apply(request, pipe) {
                    frame.set_more(false);
                    frame.set_kind(Kind::Data);
                    self.reports.add(frame.take(), origin);
                    promised = false;
                }
            } else if frame.kind() == Kind::Data {
                self.reports.add(frame.take(), Origin::Any);
                promised = more;
            }
            if !more {
                if promised {
                    self.reports.end_message();
                }
                examined = true;
            }
            first = !more;
        }
    }

    /// Sends a frame to those who get it.
    pub(crate) fn send(&mut self, base: &mut Base, msg: &mut Msg) -> Result<()> {
        let distributor = &mut self.distributor;
        if !distributor.in_message() {
            distributor.unmatch();
            self.topics.matching(msg.data(), |pipe| distributor.match_pipe(pipe));
            if base.options.invert_matching {
                distributor.reverse_match();
            }
            let only = self.last_pipe.filter(|_| self.modes.manual && self.modes.manual_last_value);
            if let Some(pipe) = only {
                distributor.restrict_match(pipe);
            }
            if self.modes.nodrop && !distributor.check_hwm(&mut base.pipes) {
                return Err(Error::Again);
            }
            if only.is_some() {
                self.last_pipe = None;
            }
        }
        distributor.send_to_matching(&mut base.pipes, msg);
        Ok(())
    }

    /// Gives the application its next report.
    pub(crate) fn recv(&mut self, msg: &mut Msg) -> Result<()> {
        let report = self.reports.waiting.pop_front().ok_or(Error::Again)?;
        *msg = report.msg;
        if self.modes.manual {
            match report.origin {
                Origin::Peer(pipe, ends) => {
                    let there = self.ends.get(pipe.index()) == Some(&ends);
                    self.last_pipe = there.then_some(pipe);
                }
                Origin::Gone => self.last_pipe = None,
                Origin::Any => {}
            }
        }
        Ok(())
    }

    /// Whether a report waits.
    pub(crate) fn has_in(&self) -> bool {
        !self.reports.waiting.is_empty()
    }

    /// Sets one of the options of a publisher.
    pub(crate) fn set_option(&mut self, option: i32, value: &[u8]) -> Result<()> {
        let modes = &mut self.modes;
        match option {
            options::XPUB_VERBOSE => {
                modes.verbose_subscribe = switch(value)?;
                modes.verbose_unsubscribe = false;
            }
            options::XPUB_VERBOSER => {
                modes.verbose_subscribe = switch(value)?;
                modes.verbose_unsubscribe = modes.verbose_subscribe;
            }
            options::XPUB_NODROP => modes.nodrop = switch(value)?,
            options::XPUB_MANUAL => modes.manual = switch(value)?,
            options::XPUB_MANUAL_LAST_VALUE => {
                modes.manual = switch(value)?;
                modes.manual_last_value = modes.manual;
            }
            options::ONLY_FIRST_SUBSCRIBE => modes.only_first_subscribe = switch(value)?,
            options::XPUB_WELCOME_MSG => self.welcome = value.to_vec(),
            options::SUBSCRIBE if modes.manual => {
                if let Some(pipe) = self.last_pipe {
                    self.topics.add(value, pipe);
                }
            }
            options::UNSUBSCRIBE if modes.manual => {
                if let Some(pipe) = self.last_pipe {
                    self.topics.remove(value, pipe);
                }
            }
            _ => return Err(Error::Invalid),
        }
        Ok(())
    }

    /// Reads one of the options of a publisher.
    pub(crate) fn get_option(&self, option: i32) -> Result<i32> {
        match option {
            options::TOPICS_COUNT => Ok(i32::try_from(self.topics.len()).unwrap_or(i32::MAX)),
            _ => Err(Error::Invalid),
        }
    }

    /// Does what a peer asks for; says whether the application is to be told.
    fn apply(&mut self, request: Request<'_>, pipe: PipeKey) -> bool {
        let modes = &self.modes;
        match request {
            Request::Subscribe(topic) if modes.manual => {
                self.wishes.add(topic, pipe);
                true
            }
            Request::Cancel(topic) if modes.manual => {
                self.wishes.remove(topic, pipe);
                true
            }
            Request::Subscribe(topic) => self.topics.add(topic, pipe) || modes.verbose_subscribe,
            Request::Cancel(topic) => match self.topics.remove(topic, pipe) {
                Removed::NotFound | Removed::Last => true,
                Removed::Remaining => modes.verbose_unsubscribe,
            },
        }
    }
}

impl Reports {
    /// Keeps a frame for the application.
    fn add(&mut self, msg: Msg, origin: Origin) {
        if self.wanted {
            self.waiting.push_back(Report { msg, origin });
        }
    }

    /// Reports the end of a topic whose peer is gone.
    fn gone(&mut self, topic: &[u8], origin: Origin) {
        if self.wanted {
            // Without memory for the report there is none, and no way to say so.
            if let Ok(msg) = Request::Cancel(topic).message() {
                self.add(msg, origin);
            }
        }
    }

    /// The frame reported last was the last of its message after all: what followed it was a
    /// request that is not reported. Otherwise the next report would seem to belong to it.
    fn end_message(&mut self) {
        if let Some(report) = self.waiting.back_mut() {
            report.msg.set_more(false);
        }
    }
}
