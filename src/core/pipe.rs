//! A pipe: two lanes between two owners, and the way it ends.
//!
//! Each end belongs to one owner (a socket, or a job of an I/O thread) and is touched only under that
//! owner's lock, or by the thread that has the owner to itself. What one end has to tell the other
//! goes to the other owner's mailbox as a [`Notice`]; `Link` knows where that is. An end that was
//! made for a socket which has not taken it yet (it lies in a mailbox or waits for a bind) has no
//! home; notices to it are dropped, and taking it makes up for them by looking at the lanes
//! (`PipeEnd::settle`).
//!
//! ```text
//!              terminate()                    TermAck
//!   Active ──────────────────▶ TermRequested ─────────▶ Ended
//!     │ Term, unread left                                 ▲
//!     ├──────────────────▶ WaitingForDelimiter ───────────┤ all read, or terminate(): send TermAck
//!     │ Term, nothing left; or the lane's end was read    │
//!     └───────────────────────────────────────────────────┘ send TermAck
//! ```
//!
//! Both ends may ask at the same time: each then answers the other's `Term` while it waits for its
//! own `TermAck`. libzmq needs three more states, for the time in which one side still holds memory
//! of the other; here the lanes are reference-counted, and a notice to an end that is gone is
//! recognised by the pipe's number and ignored.

#![forbid(unsafe_code)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::command::{Command, Names, Notice, Parting, PipeAddress, SocketMailbox};
use super::io_thread::{IoHandle, JobId};
use super::lane::{Frame, LaneReader, LaneSpec, LaneWriter, lane};
use super::pipes::PipeKey;
use super::pump::{self, Pump, PumpRef, Pushed};
use super::sync::Mutex;
use super::tempo::{Gathering, Tempo};
use crate::msg::Msg;

impl Frame for Msg {
    #[inline]
    fn more(&self) -> bool {
        Msg::more(self)
    }

    #[inline]
    fn is_plain(&self) -> bool {
        !self.owns()
    }
}

/// Where an end lives.
enum Home {
    /// With a socket.
    Socket(Arc<SocketMailbox>, PipeAddress),
    /// With a job of an I/O thread, whose connection this may be to run as well.
    Job(IoHandle, JobId, Option<PumpRef>),
    /// Nowhere yet; what `introduce` has to tell waits here.
    Introduced(Vec<u8>, Option<Vec<u8>>),
    /// Nowhere any more.
    Gone,
}

/// Messages may be waited for as long as it takes.
const PATIENT: Parting = Parting::Linger(-1);

/// What both ends know of each other.
struct Link {
    homes: [Mutex<Option<Home>>; 2],
}

/// The states of an end; see the module's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Active,
    WaitingForDelimiter,
    TermRequested,
    Ended,
}

/// One end of a pipe.
pub(crate) struct PipeEnd {
    id: u64,
    link: Arc<Link>,
    /// Which of the link's homes is ours.
    side: usize,
    outgoing: LaneWriter<Msg>,
    incoming: LaneReader<Msg>,
    state: State,
    /// Whether this end came from a connect of its owner.
    locally_initiated: bool,
    /// The peer's routing id, once it is known; empty if it has none.
    routing_id: Option<Vec<u8>>,
    /// What the peer asked to find in its queue when we go.
    farewell: Option<Vec<u8>>,
    /// What this end has written and might as well bring to the network itself.
    gathering: Gathering,
}

/// An end that is dropped before it has ended, because it never got an owner or because the owner
/// is lost, must not keep the far end waiting: it is as if an owner had come and gone.
impl Drop for PipeEnd {
    fn drop(&mut self) {
        if self.state != State::Ended {
            // Before the notices: a far end that has no home yet does not get them, and finds this
            // when it asks for an answer.
            *self.link.homes[self.side].lock() = Some(Home::Gone);
            self.terminate();
            self.tell(Notice::TermAck);
        }
    }
}

/// What the two ends of a new pipe are to be like; index 0 is the connecting side.
pub(crate) struct PipeSpec {
    /// The lane written by side 0, and the one written by side 1.
    pub(crate) lanes: [LaneSpec; 2],
}

/// Makes a pipe; the first end is the connecting one.
pub(crate) fn pipe(spec: PipeSpec) -> (PipeEnd, PipeEnd) {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let id = NEXT.fetch_add(1, Ordering::Relaxed);
    let link = Arc::new(Link { homes: [Mutex::new(None), Mutex::new(None)] });
    let [there, back] = spec.lanes;
    let (writer_0, reader_1) = lane(there);
    let (writer_1, reader_0) = lane(back);
    let end = |side, outgoing, incoming| PipeEnd {
        id,
        link: Arc::clone(&link),
        side,
        outgoing,
        incoming,
        state: State::Active,
        locally_initiated: side == 0,
        routing_id: None,
        farewell: None,
        gathering: Gathering::default(),
    };
    (end(0, writer_0, reader_0), end(1, writer_1, reader_1))
}

impl PipeEnd {
    /// The number of the pipe.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// Whether this end came from a connect of its owner.
    pub(crate) fn locally_initiated(&self) -> bool {
        self.locally_initiated
    }

    /// Says whether this end came from a connect of its owner, when a connection made the pipe.
    pub(crate) fn set_locally_initiated(&mut self, locally: bool) {
        self.locally_initiated = locally;
    }

    /// The peer's routing id, if it is known.
    pub(crate) fn routing_id(&self) -> Option<&[u8]> {
        self.routing_id.as_deref()
    }

    /// Notes the peer's routing id.
    pub(crate) fn set_routing_id(&mut self, id: Vec<u8>) {
        self.routing_id = Some(id);
    }

    /// Notes what the peer wants to find in its queue when this end goes.
    pub(crate) fn set_farewell(&mut self, farewell: Option<Vec<u8>>) {
        self.farewell = farewell;
    }

    /// Gives the end to an owner: from now on notices reach it.
    pub(crate) fn set_home(&mut self, mailbox: Arc<SocketMailbox>, key: PipeKey) {
        let home = Home::Socket(mailbox, PipeAddress { key, id: self.id });
        let before = self.link.homes[self.side].lock().replace(home);
        if let Some(Home::Introduced(routing_id, farewell)) = before {
            self.set_routing_id(routing_id);
            self.set_farewell(farewell);
        }
    }

    /// Gives the end to a job of an I/O thread; with a pump the far end may run it itself.
    pub(crate) fn set_job(&mut self, thread: IoHandle, job: JobId, pump: Option<PumpRef>) {
        *self.link.homes[self.side].lock() = Some(Home::Job(thread, job, pump));
    }

    /// Finds out what happened while the end had no home; true if it is over.
    ///
    /// A far end that terminates closes its lane first and looks for our home afterwards, under the
    /// home's lock; so either its notice found us, or we find the lane closed here.
    pub(crate) fn settle(&mut self, reads: bool) -> bool {
        if self.incoming.is_closed() {
            self.on_term(reads);
        }
        self.state == State::Ended
    }

    /// Leaves a notice for the far end; false if that has no home yet, or none any more.
    fn tell(&self, notice: Notice) -> bool {
        let home = self.link.homes[1 - self.side].lock();
        match &*home {
            Some(Home::Socket(mailbox, address)) => mailbox.push(Command::Pipe(*address, notice)),
            Some(Home::Job(thread, job, _)) => thread.notify(*job, self.id, notice),
            Some(Home::Introduced(..) | Home::Gone) | None => return false,
        }
        true
    }

    /// Whether the far end was dropped, and answers nothing.
    fn is_alone(&self) -> bool {
        matches!(&*self.link.homes[1 - self.side].lock(), Some(Home::Gone))
    }

    /// The job that has the far end, if one has.
    pub(crate) fn far_job(&self) -> Option<JobId> {
        match &*self.link.homes[1 - self.side].lock() {
            Some(Home::Job(_, job, _)) => Some(*job),
            Some(Home::Socket(..) | Home::Introduced(..) | Home::Gone) | None => None,
        }
    }

    /// Whether it is over and the owner must forget it.
    pub(crate) fn ended(&self) -> bool {
        self.state == State::Ended
    }

    /// Whether the pipe still takes messages, full or not.
    pub(crate) fn is_alive(&self) -> bool {
        self.state == State::Active
    }

    /// Whether a frame can be read. A "no" means that a notice follows when there is one, or that
    /// the pipe has ended (`ended`).
    #[inline]
    pub(crate) fn check_read(&mut self) -> bool {
        match self.state {
            State::Active | State::WaitingForDelimiter => {
                self.incoming.has_next() || self.found_data()
            }
            State::TermRequested | State::Ended => false,
        }
    }

    /// Falls asleep, unless there are news, and notices the end.
    #[cold]
    fn found_data(&mut self) -> bool {
        while !self.incoming.sleep() {
            if self.incoming.has_next() {
                return true;
            }
            if self.incoming.at_end() {
                self.finish();
                return false;
            }
        }
        false
    }

    /// Takes a frame if there is one, and never falls asleep. Whether the pipe has ended shows only
    /// when `read` finds nothing.
    #[inline]
    pub(crate) fn read_awake(&mut self, msg: &mut Msg) -> bool {
        if !msg.owns() && self.read_near(msg) {
            return true;
        }
        self.is_open() && self.incoming.has_next() && self.read_late(msg)
    }

    /// Whether what the lane holds may be read.
    #[inline(always)]
    fn is_open(&self) -> bool {
        matches!(self.state, State::Active | State::WaitingForDelimiter)
    }

    /// Takes a frame; false as for `check_read`.
    #[inline(always)]
    pub(crate) fn read(&mut self, msg: &mut Msg) -> bool {
        (!msg.owns() && self.read_near(msg)) || self.read_late(msg)
    }

    #[inline(never)]
    fn read_late(&mut self, msg: &mut Msg) -> bool {
        if !self.check_read() {
            return false;
        }
        if msg.owns() {
            // With what is to be overwritten released, it is mostly nothing but copying again.
            *msg = Msg::empty();
            if self.incoming.read_near(msg) {
                return true;
            }
        }
        match self.incoming.read_into(msg) {
            Some(wake) => {
                if wake {
                    self.tell(Notice::Writable);
                }
                true
            }
            None => false,
        }
    }

    /// Takes a frame if that is done by copying it; after a "no", `read` is to be asked.
    #[inline(always)]
    pub(crate) fn read_near(&mut self, msg: &mut Msg) -> bool {
        self.is_open() && self.incoming.read_near(msg)
    }

    /// Has a message of one frame used where it lies, if `using` wants it; after a "no", `read` is to
    /// be asked.
    #[inline(always)]
    pub(crate) fn read_with(&mut self, using: impl FnOnce(&mut Msg) -> bool) -> bool {
        self.is_open() && self.incoming.read_with(using)
    }

    /// Whether a message may begin or go on. After a "no" of a living pipe a notice follows.
    #[inline]
    pub(crate) fn check_write(&mut self) -> bool {
        self.state == State::Active && (self.outgoing.has_room() || self.made_room())
    }

    /// Tries to write what fills the pipe.
    #[cold]
    fn made_room(&mut self) -> bool {
        if self.gathering.is_pending() {
            self.hurry();
            return self.outgoing.has_room();
        }
        // What is left to the I/O thread is not to wait until that has napped.
        if self.gathering.is_left() && self.pump().is_some() {
            self.tell(Notice::Readable);
        }
        false
    }

    /// As `check_write`, but no notice follows.
    #[inline]
    pub(crate) fn has_room_now(&mut self) -> bool {
        self.state == State::Active && self.outgoing.has_room_now()
    }

    /// Takes a frame if there is room.
    #[inline]
    pub(crate) fn write(&mut self, msg: &mut Msg) -> bool {
        (!msg.calls_back() && self.write_near(msg)) || self.write_late(msg)
    }

    #[inline(never)]
    fn write_late(&mut self, msg: &mut Msg) -> bool {
        if !self.check_write() {
            return false;
        }
        if msg.calls_back() {
            self.gathering.leave();
        }
        self.outgoing.write(msg.take());
        true
    }

    /// Takes a message of one frame if that is done by copying it; after a "no", `write` is to be
    /// asked.
    #[inline(always)]
    pub(crate) fn write_near(&mut self, msg: &mut Msg) -> bool {
        self.state == State::Active && self.outgoing.write_near(msg)
    }

    /// Has a message of one frame that has no release function filled in where it will lie, from an
    /// empty one on; false if it is not, and `write` is to be asked, or if `fill` has none.
    #[inline(always)]
    pub(crate) fn write_with(&mut self, fill: impl FnOnce(&mut Msg) -> bool) -> bool {
        self.state == State::Active && self.outgoing.write_with(fill)
    }

    /// Takes a frame, room or not; false only if the pipe is ending.
    pub(crate) fn push(&mut self, msg: Msg) -> bool {
        let active = self.state == State::Active;
        if active {
            if msg.calls_back() {
                self.gathering.leave();
            }
            self.outgoing.write(msg);
        }
        active
    }

    /// Shows complete messages to the peer.
    #[inline]
    pub(crate) fn flush(&mut self) {
        if self.state == State::Active && self.outgoing.flush() {
            self.tell(Notice::Readable);
        }
    }

    /// As `flush`, and if the I/O thread at the far end would have to be woken for this message
    /// alone, runs the connection instead.
    #[inline(always)]
    pub(crate) fn flush_or_push(&mut self, tempo: &mut Tempo) {
        if self.state == State::Active {
            if self.outgoing.flush() {
                self.rouse(tempo);
            } else if self.gathering.add() && self.gathering.is_due(tempo) {
                self.hurry();
            }
        }
    }

    #[cold]
    fn rouse(&mut self, tempo: &mut Tempo) {
        if self.gathering.is_left() {
            self.tell(Notice::Readable);
            return;
        }
        let pump = self.pump();
        if !pump::push(pump.as_deref(), tempo) {
            let burst = pump.is_some() && tempo.pipes == 1;
            self.tell(if burst { Notice::Burst } else { Notice::Readable });
            if pump.is_some() {
                self.gathering.begin();
            }
        }
    }

    /// Writes what has gathered for a connection. Its I/O thread is awake, and would do so soon.
    #[cold]
    pub(crate) fn hurry(&mut self) {
        if self.state != State::Active || !self.gathering.is_pending() {
            return;
        }
        self.gathering.clear();
        match self.pump().map(|pump| pump.push()) {
            Some(Pushed::Left) => _ = self.tell(Notice::Readable),
            Some(Pushed::Done | Pushed::Busy) | None => {}
        }
    }

    /// The connection at the far end, if there is one that may be run by its socket.
    pub(crate) fn pump(&self) -> Option<Arc<dyn Pump>> {
        match &*self.link.homes[1 - self.side].lock() {
            Some(Home::Job(_, _, Some(pump))) => pump.upgrade(),
            Some(Home::Job(..) | Home::Socket(..) | Home::Introduced(..) | Home::Gone) | None => {
                None
            }
        }
    }

    /// Takes the frames of an unfinished message back.
    pub(crate) fn rollback(&mut self) {
        self.outgoing.rollback();
    }

    /// Ends the pipe from this side: what was sent stays readable for the peer, what was not
    /// received is given up.
    pub(crate) fn terminate(&mut self) {
        self.part(PATIENT);
    }

    /// Ends the pipe, and says what becomes of a link behind it.
    pub(crate) fn part(&mut self, parting: Parting) {
        match self.state {
            State::Active => {
                self.outgoing.rollback();
                if let Some(Ok(farewell)) = self.farewell.take().map(|f| Msg::from_slice(&f)) {
                    self.outgoing.write(farewell);
                }
                // Both wake-ups are covered by the notice that follows.
                let _ = self.outgoing.close();
                let _ = self.incoming.close();
                self.state = State::TermRequested;
                // A far end that goes after this look tells a home that it finds.
                if !self.tell(Notice::Term(parting)) && self.is_alone() {
                    self.state = State::Ended;
                }
            }
            State::WaitingForDelimiter => self.finish(),
            State::TermRequested | State::Ended => {}
        }
    }

    /// The far end has terminated.
    pub(crate) fn on_term(&mut self, reads: bool) {
        match self.state {
            State::Active if reads && !self.incoming.at_end() => {
                self.outgoing.rollback();
                self.state = State::WaitingForDelimiter;
            }
            State::Active => self.finish(),
            State::TermRequested => {
                self.tell(Notice::TermAck);
            }
            State::WaitingForDelimiter | State::Ended => {}
        }
    }

    /// The far end has answered our `Term`.
    pub(crate) fn on_term_ack(&mut self) {
        if self.state == State::TermRequested {
            self.state = State::Ended;
        }
    }

    fn finish(&mut self) {
        self.outgoing.rollback();
        self.state = State::Ended;
        self.tell(Notice::TermAck);
    }

    /// Changes this end's parts of the two capacities.
    pub(crate) fn set_hwm(&mut self, sndhwm: i32, rcvhwm: i32) {
        self.outgoing.set_part(sndhwm);
        self.incoming.set_part(rcvhwm);
        if self.state == State::Active {
            let _ = self.incoming.recount();
            self.tell(Notice::Writable);
            self.tell(Notice::Recount);
        }
    }

    /// The peer asks for an acknowledgement.
    pub(crate) fn on_recount(&mut self) {
        if self.state == State::Active && self.incoming.recount() {
            self.tell(Notice::Writable);
        }
    }

    /// Tells the connecting end who has bound, and what that wants as a farewell. One that has no
    /// home yet, because its owner is still about to take it, finds it there.
    pub(crate) fn introduce(&self, routing_id: Vec<u8>, farewell: Option<Vec<u8>>) {
        {
            let mut home = self.link.homes[1 - self.side].lock();
            if home.is_none() {
                *home = Some(Home::Introduced(routing_id, farewell));
                return;
            }
        }
        self.tell(Notice::Bound(routing_id, farewell));
    }

    /// Asks the far end how much it has written that we did not read; false if there is nobody to
    /// ask yet, and so nothing written either.
    pub(crate) fn ask_stats(&self) -> bool {
        self.tell(Notice::AskStats)
    }

    /// Answers `ask_stats`.
    pub(crate) fn answer_stats(&self, link: Option<Box<Names>>) {
        self.tell(Notice::Stats(self.backlog(), link));
    }

    /// Messages written and not known to be read.
    pub(crate) fn backlog(&self) -> u64 {
        self.outgoing.backlog()
    }
}
