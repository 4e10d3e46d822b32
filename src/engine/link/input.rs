//! The input half of a link: from the descriptor to the application's queue.
//!
//! The room exists because reading has to stop in the right places. Input is read into a large buffer
//! that is not the link's own, and decoded in place. Only when the application's queue is full do
//! messages stay with the link, in `held`, up to [`AHEAD`]; past that reading stops, and bytes that
//! were read already wait in `rest`. An application that reads for itself (`on_demand`) does so when it
//! wants more, so that nothing is held for it, and `rest` is what comes next. Long bodies are read
//! straight into their message.
//!
//! Whoever reads, decodes or delivers does it here; what is to be said in return is left to the
//! session, and the output half finds it there.

#![forbid(unsafe_code)]

use std::collections::VecDeque;
use std::io;

use super::{Link, More, Protocol, Shared};
use crate::core::io_thread::Turn;
use crate::engine::ending::Ending;
use crate::engine::side::{Delivery, Side};
use crate::msg::Msg;
use crate::zmtp::Event;

/// As many bytes are read behind a long body.
const FOLLOWS: usize = 8 * 1024;
/// As many reads are spent on input that nobody wants.
const DRAINED: usize = 16;
/// As many bytes are read for an application whose queue is full, so that heartbeats are seen which
/// stand behind a few messages.
const AHEAD: usize = 128 * 1024;

impl Link {
    /// Reads, decodes and delivers. An end that comes behind messages for which there is no room
    /// yet, or which are not shown yet, waits until they are.
    pub(super) fn receive(&mut self, side: &mut Side, turn: &mut Turn<'_>) -> Result<More, Ending> {
        side.hide(turn.hides());
        self.deliver_held(side, turn.now);
        let negotiates = self.readable && self.established.is_none();
        if negotiates && !turn.may_negotiate(side.profile.effort_of_a_step()) {
            return Ok(More::No);
        }
        let received = if self.ending.is_some() { Ok(More::No) } else { self.read(side, turn) };
        if side.is_hiding() {
            turn.show_later();
        }
        let waits = !self.held.is_empty() || side.is_hiding();
        match received {
            Ok(more) if waits || self.ending.is_none() => Ok(more),
            Ok(more) => self.ending.take().map_or(Ok(more), Err),
            Err(ending) if !waits => Err(ending),
            Err(ending) => {
                self.ending = Some(ending);
                Ok(More::No)
            }
        }
    }

    /// As `receive`, and no more than the application's queue takes.
    pub(super) fn receive_fitting(
        &mut self,
        side: &mut Side,
        turn: &mut Turn<'_>,
    ) -> Result<More, Ending> {
        self.on_demand = true;
        let received = self.receive(side, turn);
        self.on_demand = false;
        received
    }

    fn read(&mut self, side: &mut Side, turn: &mut Turn<'_>) -> Result<More, Ending> {
        if self.has_rest() && !self.holds_enough() && !self.holds_input() {
            let (rest, at) = (std::mem::take(&mut self.rest), std::mem::take(&mut self.rest_at));
            let left = self.decode(rest.get(at..).unwrap_or_default(), side, turn.now)?;
            if left > 0 {
                self.rest_at = rest.len() - left;
                self.rest = rest;
            }
        }
        let mut share = turn.share;
        while self.readable && !self.is_stuffed() {
            if share == 0 {
                return Ok(More::Yes);
            }
            let count = self.read_once(side, turn)?;
            share = share.saturating_sub(count);
        }
        Ok(More::No)
    }

    /// Whether so many messages are held that no more are looked at.
    fn holds_enough(&self) -> bool {
        if self.on_demand { !self.held.is_empty() } else { self.held_size >= AHEAD }
    }

    /// Whether nothing more is read: enough is held, or what was read before is yet to be looked at.
    fn is_stuffed(&self) -> bool {
        let waits = self.on_demand && self.has_rest();
        self.holds_enough() || waits || (self.holds_input() && self.rest.len() >= AHEAD)
    }

    /// Whether what is read may not be looked at yet. It is read nevertheless, as the end of the
    /// connection may stand behind it.
    pub(super) fn holds_input(&self) -> bool {
        match &self.protocol {
            Protocol::Zmtp(session) => self.established.is_none() && session.holds_input(),
            Protocol::Raw => false,
        }
    }

    /// Delivers messages that waited, as many as there is room for.
    fn deliver_held(&mut self, side: &mut Side, now: u64) {
        if self.held.is_empty() {
            return;
        }
        while let Some(msg) = self.held.front_mut() {
            let size = cost(msg);
            if self.on_demand && !side.has_room_now() {
                break;
            }
            if side.deliver(msg) == Delivery::Full {
                break;
            }
            self.held.pop_front();
            self.held_size -= size;
        }
        side.flush();
        if self.held.is_empty() {
            self.held = VecDeque::new();
            self.pause(false, now);
        }
    }

    fn hold(&mut self, msg: Msg, now: u64) {
        if self.held.is_empty() {
            self.pause(true, now);
        }
        self.held_size += cost(&msg);
        self.held.push_back(msg);
    }

    fn pause(&mut self, paused: bool, now: u64) {
        if let Protocol::Zmtp(session) = &mut self.protocol {
            session.pause(paused, now);
        }
    }

    /// One read, and what follows from it; how many bytes it brought.
    fn read_once(&mut self, side: &mut Side, turn: &mut Turn<'_>) -> Result<usize, Ending> {
        let batch = usize::try_from(side.profile.options.in_batch_size).unwrap_or(usize::MAX);
        let now = turn.now;
        let (wanted, read) = match &mut self.protocol {
            Protocol::Zmtp(session) => match session.body() {
                Some(body) => {
                    let missing = body.missing();
                    let spare = body.spare().map_err(|_| Ending::no_memory())?;
                    let room = spare.len();
                    // What may follow is the front of another one that is to be read where it
                    // belongs, so that little of it is read here.
                    let follows = if room < missing { 0 } else { FOLLOWS };
                    let behind = turn.buffer.get_mut(..follows).unwrap_or_default();
                    let read = self.stream.recv_both(spare, behind);
                    let own = read.as_ref().map_or(0, |count| room.min(*count));
                    body.advance(own);
                    let count = self.count(room + follows, read)?;
                    self.decode(&[], side, now)?;
                    return self.take_in(count - own, count, side, turn);
                }
                None => (turn.buffer.len(), self.stream.recv(turn.buffer)),
            },
            Protocol::Raw => {
                let wanted = batch.min(turn.buffer.len());
                (wanted, self.stream.recv(turn.buffer.get_mut(..wanted).unwrap_or_default()))
            }
        };
        let count = self.count(wanted, read)?;
        self.take_in(count, count, side, turn)
    }

    /// Decodes the first bytes of the buffer, or keeps them; `count` were read in all.
    fn take_in(
        &mut self,
        len: usize,
        count: usize,
        side: &mut Side,
        turn: &mut Turn<'_>,
    ) -> Result<usize, Ending> {
        let input = turn.buffer.get(..len).unwrap_or_default();
        if self.holds_input() || self.is_stuffed() {
            self.rest.extend_from_slice(input);
            return Ok(count);
        }
        let left = self.decode(input, side, turn.now)?;
        if left > 0 {
            self.rest = input.get(len - left..).unwrap_or_default().to_vec();
        }
        Ok(count)
    }

    /// What a read of `wanted` bytes means: 0 for nothing there now.
    fn count(&mut self, wanted: usize, read: io::Result<usize>) -> Result<usize, Ending> {
        match read {
            Ok(0) if wanted > 0 => Err(match &self.protocol {
                Protocol::Zmtp(session) => Ending::Peer(session.end_of_input()),
                Protocol::Raw => Ending::System(io::ErrorKind::UnexpectedEof.into()),
            }),
            Ok(count) => {
                // A short read means that nothing is left, unless it is the end that comes next:
                // that makes no further event.
                self.readable = count == wanted || self.read_closed;
                Ok(count)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.readable = false;
                self.write_error.take().map_or(Ok(0), |error| Err(Ending::System(error)))
            }
            Err(error) => Err(match &self.protocol {
                Protocol::Zmtp(session) if error.kind() == io::ErrorKind::ConnectionReset => {
                    Ending::Peer(session.reset())
                }
                Protocol::Zmtp(_) | Protocol::Raw => Ending::System(error),
            }),
        }
    }

    /// Turns bytes into messages for the application; what finds no room waits. How many bytes are
    /// left because enough waits already.
    fn decode(&mut self, mut bytes: &[u8], side: &mut Side, now: u64) -> Result<usize, Ending> {
        loop {
            bytes = self.decode_plain(bytes, side);
            if self.on_demand && !bytes.is_empty() && !side.has_room_now() {
                side.flush();
                return Ok(bytes.len());
            }
            let event = match &mut self.protocol {
                Protocol::Zmtp(session) => {
                    let (taken, event) = match session.receive(bytes, now) {
                        Ok(received) => received,
                        Err(error) => {
                            side.flush();
                            return Err(Ending::Peer(error));
                        }
                    };
                    bytes = bytes.get(taken..).unwrap_or_default();
                    event
                }
                Protocol::Raw if bytes.is_empty() => None,
                Protocol::Raw => {
                    let msg = Msg::from_slice(std::mem::take(&mut bytes));
                    Some(Event::Message(msg.map_err(|_| Ending::no_memory())?))
                }
            };
            match event {
                None if self.holds_input() => return Ok(bytes.len()),
                None => break,
                Some(event @ (Event::Ready(_) | Event::Asks(_) | Event::Refused(_))) => {
                    self.negotiated(event, side, now)?;
                }
                Some(Event::Message(mut msg)) => {
                    if let Some(established) = &mut self.established {
                        established.heard = true;
                    }
                    msg.set_metadata(self.metadata.as_mut().map(Shared::get));
                    if self.held.is_empty() && side.deliver(&mut msg) == Delivery::Done {
                        continue;
                    }
                    // The application may begin with what it has, unless that is hidden.
                    side.flush();
                    self.hold(msg, now);
                    if self.holds_enough() {
                        return Ok(bytes.len());
                    }
                }
            }
        }
        side.flush();
        Ok(0)
    }

    /// The short way for what nearly all input is: whole frames for an application that has room.
    /// Returns what is left to be looked at in detail.
    #[inline]
    fn decode_plain<'a>(&mut self, mut bytes: &'a [u8], side: &mut Side) -> &'a [u8] {
        let Protocol::Zmtp(session) = &mut self.protocol else { return bytes };
        let (Some(established), Some(metadata)) = (&mut self.established, &mut self.metadata)
        else {
            return bytes;
        };
        let mut msg = Msg::empty();
        let has_room = if self.on_demand { Side::has_room_now } else { Side::has_room };
        while self.held.is_empty() && has_room(side) {
            let mut taken = 0;
            let in_place = side.deliver_with(|msg| {
                taken = session.receive_plain(bytes, msg, false);
                if taken > 0 {
                    msg.set_metadata(Some(metadata.get()));
                }
                taken > 0
            });
            if !in_place {
                taken = session.receive_plain(bytes, &mut msg, true);
                if taken == 0 {
                    break;
                }
                msg.set_metadata(Some(metadata.get()));
                // It has room, so that the message is gone.
                side.deliver(&mut msg);
            }
            bytes = bytes.get(taken..).unwrap_or_default();
            established.heard = true;
        }
        bytes
    }

    /// Whether there is an end that waits for messages before it.
    pub(in crate::engine) fn is_ending(&self) -> bool {
        self.ending.is_some()
    }

    /// Whether input was read that nobody has looked at.
    fn has_rest(&self) -> bool {
        self.rest_at < self.rest.len()
    }

    /// Whether input was read that the application has not been shown.
    pub(in crate::engine) fn has_unshown(&self) -> bool {
        self.has_rest() || !self.held.is_empty()
    }

    /// Whether there is more input than that, as far as is known.
    pub(in crate::engine) fn has_more(&self) -> bool {
        self.readable || self.has_unshown()
    }

    /// Before the end: takes in what the peer has sent and nobody wants. A descriptor that is
    /// closed with unread input makes the kernel drop what was written and has not left yet.
    pub(in crate::engine) fn drain(&mut self, turn: &mut Turn<'_>) {
        for _ in 0..DRAINED {
            match self.stream.recv(turn.buffer) {
                Ok(count) if count == turn.buffer.len() => {}
                Ok(_) | Err(_) => return,
            }
        }
    }
}

/// What a message takes up.
fn cost(msg: &Msg) -> usize {
    size_of::<Msg>() + msg.len()
}
