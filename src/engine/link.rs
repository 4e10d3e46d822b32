//! One link: a descriptor, the protocol spoken on it, and the bytes under way.
//!
//! `pump` moves bytes both ways until neither descriptor nor pipe has more, or its share of time is
//! used up. It may be called at any time and by any thread that holds the peer's lock; what it must
//! not do is wait.
//!
//! What a link does is in three rooms: [`input`], [`output`], and [`handshake`] for what comes before
//! either carries messages. Here is what they share, and who may have it run: the I/O thread (`pump`),
//! and an application thread that sends (`push`) or waits (`pull`). A link holds memory only while bytes
//! are under way.

#![forbid(unsafe_code)]

mod handshake;
mod input;
mod output;

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::Arc;

use self::output::BATCH;
use super::ending::{Ending, Established, Suspicion};
use super::inquiry::Inquiry;
use super::owner::Happening;
use super::patience::Patience;
use super::side::Side;
use crate::core::command::Names;
use crate::core::io_thread::{Readiness, Turn};
use crate::msg::{Metadata, Msg};
use crate::transport::Stream;
use crate::zmtp::{Outgoing, Session};

/// What is spoken on a link.
enum Protocol {
    /// ZMTP, in one of its versions.
    Zmtp(Box<Session>),
    /// Nothing: bytes are passed on as they come.
    Raw,
}

/// What `pump` is to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// What there is, and more than the application's queue takes.
    Ahead,
    /// As much as the queue takes; the application reads the rest.
    Fitting,
    /// Nothing: the application reads.
    Nothing,
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

    /// Whether the descriptor has not refused to be written since it was ready.
    pub(super) fn is_writable(&self) -> bool {
        self.writable
    }

    /// Nobody has heard whether there is input.
    pub(super) fn may_be_readable(&mut self) {
        self.readable = true;
    }

    /// Moves bytes both ways, as far as they go without waiting.
    pub(super) fn pump(
        &mut self,
        side: &mut Side,
        turn: &mut Turn<'_>,
        reading: Reading,
    ) -> Result<(), Ending> {
        let received = match reading {
            Reading::Ahead => self.receive(side, turn)?,
            Reading::Fitting => self.receive_fitting(side, turn)?,
            Reading::Nothing => More::No,
        };
        if turn.negotiates() && self.bound {
            // What the peer has said already decides how much can be said at once.
            return Ok(());
        }
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

    /// Encodes and writes what the socket has sent; false if there is more to it.
    pub(super) fn push(&mut self, side: &mut Side) -> bool {
        if self.is_interrupted() {
            return false;
        }
        let sent = matches!(self.send(Some(side), 4 * BATCH), Ok(More::No));
        // A protocol that cannot go on says so by a deadline that has passed.
        sent && self.deadline() != Some(0)
    }

    /// Reads and delivers a little, and answers the peer; false if the I/O thread has to go on. What
    /// the application has sent is left where it is: the I/O thread knows of it.
    pub(super) fn pull(&mut self, side: &mut Side, turn: &mut Turn<'_>) -> bool {
        self.may_be_readable();
        let sent = match self.receive_fitting(side, turn) {
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

    /// Tells the monitor of something that happened on this link.
    pub(super) fn report(&self, side: &Side, what: Happening) {
        side.owner.report(&super::Event {
            what,
            local: &self.names.local,
            remote: &self.names.remote,
            bound: self.bound,
        });
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
