//! One peer of a socket: link after link for a connecting side, a single one for an accepted peer.
//!
//! ```text
//!            ┌──────────────── lost, or refused ───────────────┐
//!            ▼                                                 │
//!   Waiting ──▶ Resolving ──▶ Connecting ──▶ Up ───────────────┤
//!   (timer)     (a name)      (tcp)          │ ▲               ▼
//!                                            ▼ └ accepted     end
//! ```
//!
//! The end comes when the peer breaks the protocol, when no further attempt is wanted, or when the
//! socket is done with it: then what the socket sent is still delivered, for as long as `ZMQ_LINGER`
//! says, with further attempts if need be.
//!
//! Here is what a peer consists of, and where each occasion leads. The arrows of the picture are
//! [`attempts`] to the left of `Up` and [`parting`] to the right of it; [`awake`] is about a socket that
//! sends much.

#![forbid(unsafe_code)]

mod attempts;
mod awake;
mod parting;
#[cfg(all(test, not(loom)))]
mod tests;

use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use super::brood::{Brood, Membership};
use super::dialer::Dialer;
use super::ending::Ending;
use super::inline::{Outside, Reader, Shared};
use super::link::{Link, Reading};
use super::owner::{Hold, Owner};
use super::profile::Profile;
use super::side::Side;
use crate::core::command::{Names, Notice, Parting};
use crate::core::io_thread::{Fate, Io, IoHandle, Job, JobId, Occasion, Readiness};
use crate::core::pipe::PipeEnd;
use crate::core::pump::PumpRef;
use crate::transport::{Address, Stream, Target};

/// What others want of a peer.
#[derive(Clone, Debug)]
pub(super) enum PeerOrder {
    /// The socket closes, or disconnects: a peer that has not been shown to it ends, and one that
    /// still has something to deliver may take so long (`ZMQ_LINGER`).
    Close(i32),
    /// End now, whatever is under way.
    Drop,
    /// The resolver's answer to a question.
    Found(u64, Result<Vec<Address>, i32>),
}

/// The way to a peer for those who do not run it.
#[derive(Clone)]
pub(crate) struct PeerHandle {
    thread: IoHandle,
    id: JobId,
    orders: Arc<Mutex<Vec<PeerOrder>>>,
}

impl PeerHandle {
    /// The way to a peer that is about to begin.
    pub(super) fn new(thread: IoHandle) -> PeerHandle {
        PeerHandle { thread, id: JobId::next(), orders: Arc::default() }
    }

    /// The peer's number.
    pub(crate) fn id(&self) -> JobId {
        self.id
    }

    /// Has the I/O thread look at the peer.
    pub(super) fn turn(&self) {
        self.thread.turn(self.id);
    }

    /// Says whether the I/O thread is to hear of input on the peer's descriptor; false if that
    /// cannot be.
    pub(super) fn listen(&self, fd: RawFd, input: bool) -> bool {
        self.thread.listen(self.id, fd, input).is_ok()
    }

    /// Leaves an order; a peer that is gone does not find it.
    pub(super) fn order(&self, order: PeerOrder) {
        self.orders.lock().push(order);
        self.thread.poke(self.id);
    }

    /// The socket disconnects or closes.
    pub(crate) fn close(&self, linger: i32) {
        self.order(PeerOrder::Close(linger));
    }
}

/// Where a peer came from.
enum Origin {
    /// A listener accepted it.
    Accepted(Membership),
    /// The socket connected.
    Connected(Dialer),
}

/// What a peer is doing; see the module's text.
pub(super) enum Stage {
    /// There is no link; the next attempt is at this time, or never.
    Waiting(Option<u64>),
    /// The resolver was asked.
    Resolving,
    /// A connection is being made, to this address and until this time.
    Connecting(Stream, Address, Option<u64>),
    /// There is a link.
    Up(Box<Link>),
}

/// The socket is done with the peer; what it sent may be delivered until this time, if any.
#[derive(Clone, Copy)]
pub(super) struct Leaving {
    until: Option<u64>,
}

/// What the peer's lock guards.
pub(super) struct State {
    pub(super) handle: PeerHandle,
    origin: Origin,
    pub(super) side: Side,
    pub(super) stage: Stage,
    pub(super) leaving: Option<Leaving>,
    /// The socket has said that it closes, or disconnects; the pipe brings what follows from it.
    pub(super) called_back: Option<i32>,
    /// Who reads, while there is a link.
    pub(super) reader: Reader,
    /// The link's descriptor has been read by others than the I/O thread.
    pub(super) elsewhere: bool,
    /// For how many milliseconds the I/O thread reads after the next stream, at least.
    pub(super) shy: u64,
    /// When the I/O thread last stopped being awake for the socket, in nanoseconds.
    pub(super) slept: u64,
    /// What is known of it without the lock.
    pub(super) outside: Arc<Outside>,
    /// Another thread has made a mess of it.
    pub(super) broken: bool,
    /// Last, so that descriptors and pipe have gone before it.
    hold: Hold,
}

/// Why a step was the last one.
enum Last {
    /// The socket forgets the endpoint.
    EndpointGone,
    /// The endpoint stays listed, or there is none.
    Quiet,
}

/// Whether a peer goes on.
type Step = Result<(), Last>;

/// A peer as a job of an I/O thread.
struct Peer(Arc<Shared>);

/// Starts connecting; `end` is the far end of the socket's pipe, if it has one already.
pub(crate) fn start_connecting(
    profile: Arc<Profile>,
    owner: Arc<dyn Owner>,
    thread: IoHandle,
    target: Target,
    endpoint: Vec<u8>,
    end: Option<PipeEnd>,
) -> PeerHandle {
    let handle = PeerHandle::new(thread);
    let origin = Origin::Connected(Dialer::new(target, endpoint));
    start(handle, origin, |at| {
        let mut side = Side::new(profile, owner, at, true);
        if let Some(end) = end {
            side.take_pipe(end);
        }
        (side, Stage::Waiting(None))
    })
}

/// Takes a peer in that a listener accepted.
pub(super) fn start_accepted(
    profile: Arc<Profile>,
    owner: Arc<dyn Owner>,
    thread: IoHandle,
    brood: &Arc<Brood>,
    stream: Stream,
    names: Names,
    now: u64,
) {
    let handle = PeerHandle::new(thread);
    let Some(membership) = brood.add(handle.clone(), now) else { return };
    start(handle, Origin::Accepted(membership), |at| {
        let side = Side::new(profile, owner, at, false);
        let link = Link::new(stream, &side, names, now);
        (side, Stage::Up(Box::new(link)))
    });
}

fn start(
    handle: PeerHandle,
    origin: Origin,
    begin: impl FnOnce((IoHandle, JobId, PumpRef)) -> (Side, Stage),
) -> PeerHandle {
    let peer = Arc::new_cyclic(|me: &Weak<Shared>| {
        let pump: PumpRef = me.clone();
        let (side, stage) = begin((handle.thread.clone(), handle.id, pump));
        let hold = Hold::new(Arc::clone(&side.owner), handle.id);
        Shared::new(State {
            handle: handle.clone(),
            origin,
            side,
            stage,
            leaving: None,
            called_back: None,
            reader: Reader::Thread,
            elsewhere: false,
            shy: 0,
            slept: 0,
            outside: Arc::default(),
            broken: false,
            hold,
        })
    });
    handle.thread.start(handle.id, Box::new(Peer(peer)));
    handle
}

impl Job for Peer {
    fn run(&mut self, occasion: Occasion, io: &mut Io<'_>) -> Fate {
        let mut state = self.0.state.lock();
        match state.run(occasion, io) {
            Ok(()) => Fate::Stays,
            Err(last) => {
                state.finish(&last, io);
                Fate::Done
            }
        }
    }

    fn deadline(&self) -> Option<u64> {
        self.0.state.lock().deadline()
    }

    /// Who subscribes, and then says so elsewhere, has a right to hear what is published next.
    fn is_herald(&self) -> bool {
        self.0.state.lock().side.profile.options.kind.is_subscribed_to()
    }
}

impl State {
    fn run(&mut self, occasion: Occasion, io: &mut Io<'_>) -> Step {
        if self.broken {
            return Err(Last::Quiet);
        }
        match occasion {
            Occasion::Start => self.begin(io),
            Occasion::Ready(readiness) => self.ready(readiness, io),
            Occasion::Notice(pipe, notice) => self.notice(pipe, notice, io),
            Occasion::Poke => self.obey(io),
            Occasion::Timeout => self.timeout(io),
            Occasion::Again => self.pump(io),
            Occasion::Napped => self.napped(io),
            Occasion::Show => self.show(io),
        }
    }

    /// Shows what was read; behind that there may be more to do.
    fn show(&mut self, io: &mut Io<'_>) -> Step {
        self.side.show();
        if matches!(&self.stage, Stage::Up(link) if link.is_ending()) {
            self.pump(io)
        } else {
            Ok(())
        }
    }

    fn begin(&mut self, io: &mut Io<'_>) -> Step {
        match &mut self.stage {
            Stage::Up(link) => {
                if let Err(error) = io.watch(&link.fd().as_raw_fd()) {
                    return self.lost(&Ending::System(error), io);
                }
                link.start(&mut self.side);
                // A link without a handshake is no stranger's.
                if let (true, Origin::Accepted(it)) = (link.is_established(), &mut self.origin) {
                    it.known();
                }
                self.pump(io)
            }
            Stage::Waiting(_) | Stage::Resolving | Stage::Connecting(..) => self.attempt(io),
        }
    }

    fn deadline(&self) -> Option<u64> {
        let stage = match &self.stage {
            Stage::Waiting(at) => *at,
            Stage::Resolving => None,
            Stage::Connecting(_, _, until) => *until,
            Stage::Up(link) => link.deadline(),
        };
        let leaving = self.leaving.and_then(|leaving| leaving.until);
        stage.into_iter().chain(leaving).chain(self.reader.deadline()).min()
    }

    fn timeout(&mut self, io: &mut Io<'_>) -> Step {
        let now = io.turn.now;
        let due = |at: Option<u64>| at.is_some_and(|at| at <= now);
        if self.leaving.is_some_and(|leaving| due(leaving.until)) {
            return Err(Last::Quiet);
        }
        if let Stage::Up(link) = &mut self.stage {
            // Before the protocol misses anything, what is there is looked at: somebody else may have
            // read so far, or this thread may have lost its processor since it was told of the
            // descriptors.
            link.may_be_readable();
            io.turn.insist();
            self.relieve(now);
            self.pump_reading(Reading::Ahead, io)?;
        }
        match &mut self.stage {
            Stage::Waiting(at) if due(*at) => self.attempt(io),
            Stage::Connecting(_, _, until) if due(*until) => {
                self.attempt_failed(libc::ETIMEDOUT, io)
            }
            Stage::Up(link) => match link.timeout(now) {
                Ok(()) => self.pump(io),
                Err(ending) => self.lost(&ending, io),
            },
            Stage::Waiting(_) | Stage::Resolving | Stage::Connecting(..) => Ok(()),
        }
    }

    fn ready(&mut self, readiness: Readiness, io: &mut Io<'_>) -> Step {
        match &mut self.stage {
            Stage::Up(link) => {
                let was_full = !link.is_writable();
                link.ready(readiness);
                if readiness.read_closed {
                    self.give_back();
                }
                self.pump(io)?;
                if was_full && readiness.writable {
                    // All that had waited is written, if it was not too much, and the pipe is empty.
                    self.sleeps();
                }
                Ok(())
            }
            Stage::Connecting(stream, _, _) if readiness.writable || readiness.read_closed => {
                match stream.finish_connect() {
                    Ok(()) => self.connected(io),
                    Err(error) => self.attempt_failed(errno(&error), io),
                }
            }
            Stage::Connecting(..) | Stage::Waiting(_) | Stage::Resolving => Ok(()),
        }
    }

    fn pump(&mut self, io: &mut Io<'_>) -> Step {
        let reading = self.reading(io.turn.now);
        self.pump_reading(reading, io)?;
        if reading == Reading::Fitting && !self.has_left_rest(io.turn.now) {
            self.pump_reading(Reading::Ahead, io)?;
        }
        Ok(())
    }

    fn pump_reading(&mut self, reading: Reading, io: &mut Io<'_>) -> Step {
        let Stage::Up(link) = &mut self.stage else { return Ok(()) };
        let pumped = link.pump(&mut self.side, &mut io.turn, reading);
        if let Origin::Accepted(membership) = &mut self.origin {
            match link.is_established() {
                true => membership.known(),
                false => membership.progress(link.has_spoken(), link.is_judged(), io.turn.now),
            }
        }
        match pumped {
            // There is nothing more to deliver, and nobody who could say that this is the end.
            Ok(()) if self.leaving.is_some() && !self.side.has_pipe() && !link.has_output() => {
                Err(Last::Quiet)
            }
            Ok(()) => Ok(()),
            // The pipe was read to its end before the notice that says what becomes of the link.
            Err(Ending::Finished) if self.leaving.is_none() => Ok(()),
            Err(Ending::Finished) => Err(Last::Quiet),
            Err(ending) => self.lost(&ending, io),
        }
    }

    fn notice(&mut self, number: u64, notice: Notice, io: &mut Io<'_>) -> Step {
        if let Stage::Up(link) = &mut self.stage {
            if link.asks_on(number) {
                return match link.notice(&notice, &mut self.side, io.turn.now) {
                    Ok(()) => self.pump(io),
                    Err(ending) => self.lost(&ending, io),
                };
            }
        }
        let Some(pipe) = self.side.pipe_numbered(number) else { return Ok(()) };
        match notice {
            Notice::Readable => return self.pump_awake(false, io),
            Notice::Burst => return self.pump_awake(true, io),
            Notice::Writable => {}
            Notice::Term(Parting::Linger(linger)) => {
                pipe.on_term(true);
                self.leave(linger, io.turn.now);
                return self.settle(linger, io);
            }
            Notice::Term(Parting::Refuse) => {
                pipe.on_term(false);
                self.side.refused();
                return self.called_back.map_or(Ok(()), |linger| self.close(linger, io.turn.now));
            }
            Notice::TermAck => pipe.on_term_ack(),
            Notice::Recount => pipe.on_recount(),
            Notice::AskStats => {
                self.side.answer_stats(Some(self.names()));
                return Ok(());
            }
            // These are for sockets.
            Notice::Bound(..) | Notice::Stats(..) => {}
        }
        self.pump(io)
    }

    /// The link's names, or what stands for them while there is none.
    fn names(&self) -> Names {
        match (&self.stage, &self.origin) {
            (Stage::Up(link), _) => link.names().clone(),
            (_, Origin::Connected(dialer)) => {
                Names { local: Vec::new(), remote: dialer.given().to_vec() }
            }
            (_, Origin::Accepted(_)) => Names::default(),
        }
    }

    /// Works off what others have left.
    fn obey(&mut self, io: &mut Io<'_>) -> Step {
        let orders = std::mem::take(&mut *self.handle.orders.lock());
        for order in orders {
            match order {
                PeerOrder::Drop => {
                    return Err(Last::Quiet);
                }
                PeerOrder::Close(linger) => self.close(linger, io.turn.now)?,
                PeerOrder::Found(question, answer) => {
                    let asked = match &mut self.origin {
                        Origin::Connected(dialer) => dialer.asked(question),
                        Origin::Accepted(_) => false,
                    };
                    if asked && matches!(self.stage, Stage::Resolving) {
                        self.found(answer, io)?;
                    }
                }
            }
        }
        Ok(())
    }
}

fn errno(error: &io::Error) -> i32 {
    error.raw_os_error().unwrap_or(libc::EIO)
}
