//! One link: a descriptor, the protocol spoken on it, and the bytes under way.
//!
//! `pump` moves bytes both ways until neither descriptor nor pipe has more, or its share of time is
//! used up. It may be called at any time and by any thread that holds the peer's lock; what it must
//! not do is wait.
//!
//! Input is read into a large buffer that is not the link's own, and decoded in place. Only when
//! the application's queue is full do messages stay with the link, in `held`, up to [`AHEAD`]; past
//! that reading stops, and bytes that were read already wait in `rest`. An application that reads for
//! itself does so when it wants more, so that nothing is held for it, and `rest` is what comes next.
//! Long bodies are read straight into their message.
//!
//! Output is encoded in batches: what waits in the pipe is turned into one write, up to `BATCH`.
//! So a link holds memory only while bytes are under way.

#![forbid(unsafe_code)]

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::os::fd::{AsRawFd, RawFd};
use std::sync::Arc;

use super::ending::{Ending, Established, Suspicion};
use super::inquiry::{Asked, Inquiry};
use super::owner::Happening;
use super::patience::Patience;
use super::side::{Delivery, Side};
use crate::core::command::{Names, Notice};
use crate::core::io_thread::{Readiness, Turn};
use crate::msg::{Metadata, Msg};
use crate::transport::Stream;
use crate::zmtp::{Credentials, Event, Outgoing, Peer, SecurityError, Session, Stage, Verdict};

/// As many bytes are encoded before they are written.
const BATCH: usize = 256 * 1024;
/// As many bytes are read behind a long body.
const FOLLOWS: usize = 8 * 1024;
/// As many reads are spent on input that nobody wants.
const DRAINED: usize = 16;
/// As many bytes are read for an application whose queue is full, so that heartbeats are seen which
/// stand behind a few messages.
const AHEAD: usize = 128 * 1024;
/// Pieces of one write.
const PIECES: usize = 64;

/// What is spoken on a link.
enum Protocol {
    /// ZMTP, in one of its versions.
    Zmtp(Box<Session>),
    /// Nothing: bytes are passed on as they come.
    Raw,
}

/// Whether `pump` has more to do at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum More {
    /// It used up its share.
    Yes,
    /// Something has to happen first.
    No,
}

/// See the module's text.
pub(super) struct Link {
    stream: Stream,
    protocol: Protocol,
    names: Names,
    /// The link came from a bind.
    bound: bool,
    outgoing: Outgoing,
    /// Input that was read and not decoded, from `rest_at` on.
    rest: Vec<u8>,
    rest_at: usize,
    /// Messages that found no room in the application's queue, and what they take up.
    held: VecDeque<Msg>,
    held_size: usize,
    /// What stands behind the messages that are held.
    ending: Option<Ending>,
    metadata: Option<Shared>,
    /// The descriptor has not refused to be read since it was ready.
    readable: bool,
    writable: bool,
    /// The peer sends no more than what is there.
    read_closed: bool,
    /// Nothing can be written any more, for this reason; what is left to be read still is.
    write_error: Option<io::Error>,
    established: Option<Established>,
    patience: Patience,
    /// The peer is being judged.
    inquiry: Option<Box<Inquiry>>,
    /// The application is reading, and will again when it wants more: what is beyond its queue stays
    /// in `rest`, and nobody is told when there is room.
    on_demand: bool,
}

impl Link {
    /// A link over a stream that is connected.
    pub(super) fn new(stream: Stream, side: &Side, names: Names, now: u64) -> Link {
        let raw = side.profile.raw();
        let protocol = if raw {
            Protocol::Raw
        } else {
            Protocol::Zmtp(Box::new(Session::new(Arc::clone(&side.profile.config), now)))
        };
        Link {
            stream,
            protocol,
            names,
            bound: !side.connects(),
            outgoing: Outgoing::new(),
            rest: Vec::new(),
            rest_at: 0,
            held: VecDeque::new(),
            held_size: 0,
            ending: None,
            metadata: None,
            readable: true,
            writable: true,
            read_closed: false,
            write_error: None,
            patience: Patience::default(),
            established: raw.then(|| Established::new(now)),
            inquiry: None,
            on_demand: false,
        }
    }

    /// Ends the connection, whoever still has the descriptor.
    pub(super) fn shut_down(&self) {
        self.stream.shut_down();
    }

    /// The descriptor.
    pub(super) fn fd(&self) -> RawFd {
        self.stream.as_raw_fd()
    }

    /// Both ends, as monitors name them.
    pub(super) fn names(&self) -> &Names {
        &self.names
    }

    /// Whether the handshake is over.
    pub(super) fn is_established(&self) -> bool {
        self.established.is_some()
    }

    /// What may be the matter with a peer that has closed a link right after the handshake.
    pub(super) fn suspicion(&self, now: u64) -> Option<Suspicion> {
        self.established.filter(|_| !self.is_raw())?.suspicion(now)
    }

    /// Whether bytes are passed on as they are.
    pub(super) fn is_raw(&self) -> bool {
        matches!(self.protocol, Protocol::Raw)
    }

    /// The properties of the connection, which go with every message.
    pub(super) fn metadata(&self) -> Option<&Arc<Metadata>> {
        self.metadata.as_ref().map(|shared| &shared.original)
    }

    /// Begins: a link without a protocol is up at once.
    pub(super) fn start(&mut self, side: &mut Side) {
        if self.is_raw() {
            let mut metadata = Metadata::new();
            metadata.insert(b"Peer-Address", &self.stream.peer_address());
            metadata.set_fd(self.fd());
            self.metadata = Some(Shared::new(metadata));
            side.link_up(b"", false, self.metadata());
        }
    }

    /// When the protocol wants to be called although nothing happens.
    pub(super) fn deadline(&self) -> Option<u64> {
        match &self.protocol {
            Protocol::Zmtp(session) => session.deadline(),
            Protocol::Raw => None,
        }
    }

    /// The protocol's time has come.
    pub(super) fn timeout(&mut self, now: u64) -> Result<(), Ending> {
        match &mut self.protocol {
            Protocol::Zmtp(session) if session.deadline().is_some_and(|at| at <= now) => {
                if session.misses_answer(now) && self.patience.excuses(&self.stream) {
                    session.excuse(now);
                }
                session.timeout(now).map_err(Ending::Peer)
            }
            Protocol::Zmtp(_) | Protocol::Raw => Ok(()),
        }
    }

    /// Notes what the system says of the descriptor.
    pub(super) fn ready(&mut self, readiness: Readiness) {
        self.readable |= readiness.readable;
        self.writable |= readiness.writable;
        self.read_closed |= readiness.read_closed;
    }

    /// Moves bytes both ways, as far as they go without waiting.
    pub(super) fn pump(&mut self, side: &mut Side, turn: &mut Turn<'_>) -> Result<(), Ending> {
        let received = self.receive(side, turn)?;
        let sent = self.send(Some(side), turn.share)?;
        if side.is_over() && self.outgoing.is_empty() {
            return Err(Ending::Finished);
        }
        if received == More::Yes || sent == More::Yes {
            turn.again();
        }
        Ok(())
    }

    /// Whether all there is to do is to move bytes: what others than the I/O thread may do.
    pub(super) fn is_plain(&self) -> bool {
        let nothing_ends = self.ending.is_none() && self.write_error.is_none() && !self.read_closed;
        self.is_established() && self.inquiry.is_none() && nothing_ends
    }

    /// Nobody has heard whether there is input.
    pub(super) fn may_be_readable(&mut self) {
        self.readable = true;
    }

    /// Whether input was read that nobody has looked at.
    fn has_rest(&self) -> bool {
        self.rest_at < self.rest.len()
    }

    /// Whether input was read that the application has not been shown.
    pub(super) fn has_unshown(&self) -> bool {
        self.has_rest() || !self.held.is_empty()
    }

    /// Whether there is more input than that, as far as is known.
    pub(super) fn has_more(&self) -> bool {
        self.readable || self.has_unshown()
    }

    /// Encodes and writes what the socket has sent; false if there is more to it.
    pub(super) fn push(&mut self, side: &mut Side) -> bool {
        if self.is_interrupted() {
            return false;
        }
        let sent = matches!(self.send(Some(side), 4 * BATCH), Ok(More::No));
        // A protocol that cannot go on says so by a deadline that has passed.
        sent && self.deadline() != Some(0)
    }

    /// Whether the I/O thread has stopped in the middle of writing, to go on at its next turn. That may
    /// be bodies with release functions, which are to be called there.
    fn is_interrupted(&self) -> bool {
        self.writable && !self.outgoing.is_empty()
    }

    /// Reads and delivers a little, and answers the peer; false if the I/O thread has to go on. What
    /// the application has sent is left where it is: the I/O thread knows of it.
    pub(super) fn pull(&mut self, side: &mut Side, turn: &mut Turn<'_>) -> bool {
        self.may_be_readable();
        self.on_demand = true;
        let received = self.receive(side, turn);
        self.on_demand = false;
        let sent = match received {
            Ok(_) if self.is_interrupted() => Ok(More::No),
            Ok(_) => self.send(None, turn.share),
            Err(ending) => Err(ending),
        };
        match sent {
            Ok(sent) => sent == More::No && self.is_plain(),
            Err(ending) => {
                self.ending = Some(ending);
                false
            }
        }
    }

    /// Reads, decodes and delivers. An end that comes behind messages for which there is no room
    /// yet waits until they are delivered.
    fn receive(&mut self, side: &mut Side, turn: &mut Turn<'_>) -> Result<More, Ending> {
        self.deliver_held(side, turn.now);
        if self.readable && self.established.is_none() && !turn.may_negotiate() {
            return Ok(More::Yes);
        }
        let received = if self.ending.is_some() { Ok(More::No) } else { self.read(side, turn) };
        match received {
            Ok(more) if !self.held.is_empty() || self.ending.is_none() => Ok(more),
            Ok(more) => self.ending.take().map_or(Ok(more), Err),
            Err(ending) if self.held.is_empty() => Err(ending),
            Err(ending) => {
                self.ending = Some(ending);
                Ok(More::No)
            }
        }
    }

    fn read(&mut self, side: &mut Side, turn: &mut Turn<'_>) -> Result<More, Ending> {
        let enough = if self.on_demand { !self.held.is_empty() } else { self.is_stuffed() };
        if self.has_rest() && !enough && !self.holds_input() {
            let rest = std::mem::take(&mut self.rest);
            let left = self.decode(rest.get(self.rest_at..).unwrap_or_default(), side, turn.now)?;
            if left > 0 {
                self.rest_at = rest.len() - left;
                self.rest = rest;
            } else {
                self.rest_at = 0;
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

    /// Whether so much is held that nothing more is read.
    fn is_stuffed(&self) -> bool {
        if self.on_demand && (self.has_rest() || !self.held.is_empty()) {
            return true;
        }
        self.held_size >= AHEAD || (self.holds_input() && self.rest.len() >= AHEAD)
    }

    /// Whether what is read may not be looked at yet. It is read nevertheless, as the end of the
    /// connection may stand behind it.
    fn holds_input(&self) -> bool {
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
            bytes = self.decode_plain(bytes, side)?;
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
                    // The application may begin with what it has.
                    side.flush();
                    self.hold(msg, now);
                    if self.is_stuffed() {
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
    fn decode_plain<'a>(
        &mut self,
        mut bytes: &'a [u8],
        side: &mut Side,
    ) -> Result<&'a [u8], Ending> {
        let Protocol::Zmtp(session) = &mut self.protocol else { return Ok(bytes) };
        let (Some(established), Some(metadata)) = (&mut self.established, &mut self.metadata)
        else {
            return Ok(bytes);
        };
        let mut msg = Msg::empty();
        let has_room = if self.on_demand { Side::has_room_now } else { Side::has_room };
        while self.held.is_empty() && has_room(side) {
            let taken = match session.receive_plain(bytes, &mut msg) {
                Ok(0) => break,
                Ok(taken) => taken,
                Err(error) => {
                    side.flush();
                    return Err(Ending::Peer(error));
                }
            };
            bytes = bytes.get(taken..).unwrap_or_default();
            established.heard = true;
            msg.set_metadata(Some(metadata.get()));
            // It has room, so that the message is gone.
            side.deliver(&mut msg);
        }
        Ok(bytes)
    }

    /// Takes what the handshake has come to.
    #[cold]
    fn negotiated(&mut self, event: Event, side: &mut Side, now: u64) -> Result<(), Ending> {
        match event {
            Event::Ready(peer) => self.handshake_over(*peer, side, now),
            Event::Refused(status) => {
                self.report(side, Happening::HandshakeFailedAuth(status.number()));
            }
            Event::Asks(credentials) => return self.ask(&credentials, side, now),
            // Before the peer is ready there are none.
            Event::Message(_) => {}
        }
        Ok(())
    }

    /// Has the peer judged.
    fn ask(&mut self, credentials: &Credentials, side: &mut Side, now: u64) -> Result<(), Ending> {
        match Inquiry::put(side, &self.stream.peer_address(), credentials) {
            Asked::Waits(inquiry) => {
                self.inquiry = Some(inquiry);
                self.hear(side, now)
            }
            Asked::Nobody(verdict) => self.judged(verdict, side, now),
        }
    }

    /// Whether anything has come from the peer.
    pub(super) fn has_spoken(&self) -> bool {
        match &self.protocol {
            Protocol::Zmtp(session) => session.stage() != Stage::Greeting { received: 0 },
            Protocol::Raw => true,
        }
    }

    /// Whether the peer is being judged.
    pub(super) fn is_judged(&self) -> bool {
        self.inquiry.is_some()
    }

    /// Whether there is a question about the peer on the pipe with this number.
    pub(super) fn asks_on(&self, number: u64) -> bool {
        self.inquiry.as_ref().is_some_and(|inquiry| inquiry.is_on(number))
    }

    /// Takes a notice of the pipe with that question.
    pub(super) fn notice(
        &mut self,
        notice: &Notice,
        side: &mut Side,
        now: u64,
    ) -> Result<(), Ending> {
        if let Some(inquiry) = &mut self.inquiry {
            inquiry.notice(notice);
        }
        self.hear(side, now)
    }

    /// Looks whether the question is answered.
    fn hear(&mut self, side: &mut Side, now: u64) -> Result<(), Ending> {
        match self.inquiry.as_mut().and_then(|inquiry| inquiry.verdict(side)) {
            Some(verdict) => {
                self.inquiry = None;
                self.judged(verdict, side, now)
            }
            None => Ok(()),
        }
    }

    fn judged(
        &mut self,
        verdict: Result<Verdict, SecurityError>,
        side: &mut Side,
        now: u64,
    ) -> Result<(), Ending> {
        let Protocol::Zmtp(session) = &mut self.protocol else { return Ok(()) };
        match session.judge(verdict, now).map_err(Ending::Peer)? {
            Some(event) => self.negotiated(event, side, now),
            None => Ok(()),
        }
    }

    /// The handshake is over: the application is shown the peer, and what has to be said first is
    /// said.
    fn handshake_over(&mut self, peer: Peer, side: &mut Side, now: u64) {
        self.established = Some(Established::new(now));
        if peer.version.has_metadata() {
            let mut metadata = Metadata::new();
            metadata.insert(b"Peer-Address", &self.stream.peer_address());
            metadata.set_fd(self.fd());
            for (name, value) in &peer.properties {
                metadata.insert(name, value);
            }
            self.metadata = Some(Shared::new(metadata));
            self.report(side, Happening::HandshakeSucceeded);
        }
        let routing_id = peer.routing_id.as_deref().unwrap_or_default();
        side.link_up(routing_id, peer.subscribe_to_all, self.metadata());
        if let Protocol::Zmtp(session) = &mut self.protocol {
            for msg in side.opening() {
                session.encode(msg, &mut self.outgoing);
            }
        }
    }

    /// Tells the monitor of something that happened on this link.
    pub(super) fn report(&self, side: &Side, what: Happening) {
        side.owner.report(&super::Event {
            what,
            local: &self.names.local,
            remote: &self.names.remote,
            bound: self.bound,
        });
    }

    /// Encodes and writes; without a side, what the protocol has to say.
    fn send(&mut self, mut side: Option<&mut Side>, mut share: usize) -> Result<More, Ending> {
        let mut looked = false;
        loop {
            // In a burst, what comes while this is written is worth a system call later.
            if !looked || side.as_ref().is_none_or(|side| !side.awake) {
                looked = self.fill(side.as_deref_mut());
            }
            if self.outgoing.is_empty() || !self.writable {
                return Ok(More::No);
            }
            if share == 0 {
                return Ok(More::Yes);
            }
            let mut pieces = [IoSlice::new(&[]); PIECES];
            let mut used = 0;
            for (piece, chunk) in pieces.iter_mut().zip(self.outgoing.chunks()) {
                *piece = IoSlice::new(chunk);
                used += 1;
            }
            match self.stream.send(pieces.get(..used).unwrap_or_default()) {
                Ok(count) => {
                    self.patience.written += count as u64;
                    self.outgoing.consume(count);
                    share = share.saturating_sub(count);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.writable = false;
                }
                Err(error) => {
                    // What the peer has sent before is still worth reading; the end of that is
                    // the end of the link.
                    self.write_error = Some(error);
                    self.readable = true;
                    self.read_closed = true;
                    self.outgoing.clear();
                    return Ok(More::Yes);
                }
            }
        }
    }

    /// Encodes what the protocol and the application have to say, up to one batch; whether that is
    /// all there is.
    fn fill(&mut self, side: Option<&mut Side>) -> bool {
        if self.write_error.is_some() {
            return true;
        }
        if let Protocol::Zmtp(session) = &mut self.protocol {
            session.transmit(&mut self.outgoing);
        }
        let Some(side) = side else { return true };
        let mut msg = Msg::empty();
        match &mut self.protocol {
            Protocol::Zmtp(session) => {
                // What cannot be written yet stays in the pipe, where it counts; and so does what
                // nobody would get, because the peer has closed the link.
                while self.writable
                    && self.ending.is_none()
                    && self.outgoing.len() < BATCH
                    && session.is_ready()
                    && side.next(&mut msg)
                {
                    if let Some(established) = &mut self.established {
                        established.longest = established.longest.max(session.body_len(msg.len()));
                    }
                    session.encode_from(&mut msg, &mut self.outgoing);
                    // The next one is then copied over nothing.
                    msg = Msg::empty();
                }
            }
            Protocol::Raw => {
                while self.writable && self.outgoing.len() < BATCH && side.next(&mut msg) {
                    self.outgoing.put_body(msg.take());
                }
            }
        }
        self.outgoing.len() < BATCH
    }

    /// After an error: tries to say what the protocol had to say before it. In the handshake this
    /// lets the peer find out for itself what does not fit, instead of guessing and trying again.
    pub(super) fn last_words(&mut self) {
        if self.is_established() || self.write_error.is_some() {
            return;
        }
        let Protocol::Zmtp(session) = &mut self.protocol else { return };
        session.transmit(&mut self.outgoing);
        for chunk in self.outgoing.chunks() {
            if self.stream.send(&[IoSlice::new(chunk)]).is_err() {
                return;
            }
        }
    }

    /// Before the end: takes in what the peer has sent and nobody wants. A descriptor that is
    /// closed with unread input makes the kernel drop what was written and has not left yet.
    pub(super) fn drain(&mut self, turn: &mut Turn<'_>) {
        for _ in 0..DRAINED {
            match self.stream.recv(turn.buffer) {
                Ok(count) if count == turn.buffer.len() => {}
                Ok(_) | Err(_) => return,
            }
        }
    }

    /// Whether bytes are still to be written.
    pub(super) fn has_output(&self) -> bool {
        !self.outgoing.is_empty()
    }
}

/// The properties that go with every message.
///
/// The count of references is on a cache line that two threads fight for, as the application drops
/// what is taken here. So references are taken many at a time, while the line is at hand.
struct Shared {
    original: Arc<Metadata>,
    spare: Vec<Arc<Metadata>>,
    /// How many are taken next time: more each time, as most connections carry little and should
    /// not keep much.
    next: usize,
}

/// As many references are taken at a time, at most.
const SPARE: usize = 64;

impl Shared {
    fn new(metadata: Metadata) -> Shared {
        Shared { original: Arc::new(metadata), spare: Vec::new(), next: 0 }
    }

    #[inline]
    fn get(&mut self) -> Arc<Metadata> {
        self.spare.pop().unwrap_or_else(|| self.refill())
    }

    #[cold]
    fn refill(&mut self) -> Arc<Metadata> {
        self.spare.extend(std::iter::repeat_n(&self.original, self.next).cloned());
        self.next = (2 * self.next + 1).min(SPARE);
        Arc::clone(&self.original)
    }
}

/// What a message takes up.
fn cost(msg: &Msg) -> usize {
    size_of::<Msg>() + msg.len()
}
