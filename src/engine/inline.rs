//! A peer's connection run by the application thread that uses its socket.
//!
//! *Writing* needs no agreement: whoever holds the peer's lock takes what is in the pipe and writes
//! it. If that is the I/O thread, or if there is more to it than a write, the socket tells the I/O
//! thread as ever; the pipe's reader has said that it sleeps, so nothing can be overlooked. In a burst
//! the I/O thread does not say so, but looks again when it has napped (`State::napped`); meanwhile the
//! sender writes whenever enough has gathered, and need not care whether it succeeds.
//!
//! *Reading* is one side's business at a time, as both would be woken by every byte:
//!
//! ```text
//!        pull; the queue is full
//!   Thread ───────────────▶ Application
//!     ▲  (not while shy)       │
//!     └────────────────────────┘ let_go; no pull for GRACE; an end or an error; the socket parts
//!                                with the peer; the protocol's time has come; the queue is full,
//!                                or meant to be deep and not to be filled at once
//! ```
//!
//! An application reads when its queue is empty, and no more than the queue takes (`on_demand`). So a
//! stream of messages passes through one thread, without waking another for each batch. An I/O thread
//! that was there first finds the queue full sooner or later, and leaves the rest to an application
//! that is known to read. What that does not take stays with the system: so a queue that is meant to
//! hold very much is filled by the I/O thread, and so is one of which only the newest message counts.
//!
//! While the application reads, the I/O thread hears nothing of input, and looks after `GRACE` at
//! the latest: so heartbeats are answered and lost connections noticed while the application is busy
//! with something else.

#![forbid(unsafe_code)]

use std::cell::RefCell;
use std::os::fd::RawFd;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};

use parking_lot::Mutex;

use super::link::Reading;
use super::peer::{Stage, State};
use crate::core::io_thread::{JobId, Turn};
use crate::core::pump::{Pump, Pushed};
use crate::core::spin::may_work_inline;
use crate::msg;
use crate::sys::clock;

/// The application reads until it has not come for so many milliseconds.
const GRACE: u64 = 10;
/// After anything else than messages the I/O thread reads for so many milliseconds at least; and for
/// twice as long after each time that follows.
const SHY: u64 = 10;
/// But not for longer than this.
const SHYEST: u64 = 320;
/// What one pull reads at most. Of several streams in one thread each has to leave room for the others
/// in the processor's cache.
const BUFFER: usize = 16 * 1024;
/// What it reads from a stream that is the only one.
const ONLY: usize = 64 * 1024;

/// What a thread reads into.
struct Input {
    bytes: Vec<u8>,
    /// The connection that it has read last, if that had more than was read.
    stream: Option<JobId>,
}

thread_local! {
    static INPUT: RefCell<Input> =
        const { RefCell::new(Input { bytes: Vec::new(), stream: None }) };
}

/// Has the calling thread register what it is about to use. For that glibc takes the loader's lock, for
/// which no thread may wait that has a peer's.
fn prepare() {
    msg::settle();
    let _ = INPUT.try_with(|_| ());
}

/// Who reads a link's descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reader {
    /// The I/O thread.
    Thread,
    /// An application thread. It came by at this time, or the rest was left to it then and it is yet to
    /// come.
    Application { used: u64, came: bool },
}

impl Reader {
    /// When the I/O thread has to look.
    pub(super) fn deadline(self) -> Option<u64> {
        match self {
            Reader::Thread => None,
            Reader::Application { used, .. } => Some(used + GRACE),
        }
    }
}

/// What is known of a peer without its lock: a thread that looks for input all the time would be in
/// the I/O thread's way, and wait for it.
#[derive(Debug)]
pub(super) struct Outside {
    /// The I/O thread reads until this time.
    shy_until: AtomicU64,
    /// The descriptor that the application reads, if it does; else -1.
    fd: AtomicI32,
}

impl Default for Outside {
    fn default() -> Outside {
        Outside { shy_until: AtomicU64::new(0), fd: AtomicI32::new(-1) }
    }
}

/// A peer that several threads may run, one at a time.
pub(super) struct Shared {
    pub(super) state: Mutex<State>,
    outside: Arc<Outside>,
}

impl Shared {
    /// A peer that only its I/O thread knows of so far.
    pub(super) fn new(state: State) -> Shared {
        let outside = Arc::clone(&state.outside);
        Shared { state: Mutex::new(state), outside }
    }
}

impl Pump for Shared {
    fn push(&self) -> Pushed {
        prepare();
        let Some(mut state) = self.state.try_lock() else { return Pushed::Busy };
        if state.guarded(State::push) { Pushed::Done } else { Pushed::Left }
    }

    fn pull(&self) -> bool {
        let now = clock::millis();
        if now < self.outside.shy_until.load(Ordering::Relaxed) {
            return false;
        }
        prepare();
        // Where reading is left to this thread, it must not go to sleep before it has looked: what the
        // I/O thread has left behind shows on no descriptor. That may be writing meanwhile.
        let state = self.state.try_lock();
        let state = state.or_else(|| self.reads_here().map(|_| self.state.lock()));
        if let Some(mut state) = state {
            state.guarded(|state| state.pull(now));
        }
        true
    }

    fn reads_here(&self) -> Option<RawFd> {
        // A change in this moment is the I/O thread's doing: it reads from then on, or has shown what
        // there was room for before it left the rest here, so that nobody sleeps over that. (Where
        // things are hidden from the application, nothing is left to it.)
        Some(self.outside.fd.load(Ordering::Acquire)).filter(|fd| *fd >= 0)
    }

    fn let_go(&self) {
        if self.reads_here().is_some() {
            self.state.lock().give_back();
        }
    }
}

impl State {
    /// Runs the connection outside of its I/O thread, which ends it if that goes wrong.
    fn guarded<R: Default>(&mut self, f: impl FnOnce(&mut State) -> R) -> R {
        panic::catch_unwind(AssertUnwindSafe(|| f(&mut *self))).unwrap_or_else(|_| {
            self.broken = true;
            self.handle.turn();
            R::default()
        })
    }

    /// Whether the connection is in a state in which all that others may do is to move bytes.
    fn is_plain(&self) -> bool {
        let up = matches!(&self.stage, Stage::Up(link) if link.is_plain());
        up && self.leaving.is_none() && !self.broken
    }

    fn push(&mut self) -> bool {
        if !self.is_plain() {
            return false;
        }
        let Stage::Up(link) = &mut self.stage else { return false };
        self.side.pushed = true;
        link.push(&mut self.side)
    }

    /// Reads, if this connection is one to be read here.
    fn pull(&mut self, now: u64) {
        // A queue that is full although its reader waits belongs to a peer that it does not listen to
        // for the time being.
        if self.reader == Reader::Thread && now < self.outside.shy_until.load(Ordering::Relaxed) {
            return;
        }
        let room = self.side.has_room_now();
        let before = self.reader;
        if let (false, Reader::Application { came: false, .. }) = (room, before) {
            // It was filled by the I/O thread, and its reader has just been told.
            self.reader = Reader::Application { used: now, came: true };
            return;
        }
        let wanted = room && !self.side.profile.options.conflates();
        if !wanted || !self.is_plain() || !self.take_reading(now, true) {
            self.give_back();
            self.be_shy(now);
            return;
        }
        if before == Reader::Thread {
            // It has to look at the new deadline.
            self.handle.turn();
        }
        let Stage::Up(link) = &mut self.stage else { return };
        let deep = self.side.profile.options.is_deep();
        let goes_on = INPUT.try_with(|input| {
            // A pump is never run from within a pump.
            let mut input = input.try_borrow_mut().ok()?;
            let id = self.handle.id();
            let size = if input.stream == Some(id) { ONLY } else { BUFFER };
            if input.bytes.len() < size {
                input.bytes.resize(size, 0);
            }
            let bytes = input.bytes.get_mut(..size).unwrap_or_default();
            let mut nobody = 0;
            let mut turn = Turn::new(now, bytes, size, &mut nobody);
            let goes_on = link.pull(&mut self.side, &mut turn);
            let more = link.has_more();
            input.stream = more.then_some(id);
            Some(goes_on && !(deep && more))
        });
        // A thread that ends has no memory to read into any more.
        if !matches!(goes_on, Ok(Some(true))) {
            self.give_back();
            self.be_shy(now);
            self.handle.turn();
        }
    }

    /// What the I/O thread reads.
    pub(super) fn reading(&self, now: u64) -> Reading {
        if self.reader != Reader::Thread {
            return Reading::Nothing;
        }
        let options = &self.side.profile.options;
        let shy = now < self.outside.shy_until.load(Ordering::Relaxed);
        let fits = may_work_inline() && !shy && !options.conflates() && !options.is_deep();
        if fits && self.is_plain() && !self.side.profile.raw() {
            Reading::Fitting
        } else {
            Reading::Ahead
        }
    }

    /// Leaves what the application's queue did not take to the application, which reads when that is
    /// empty. An I/O thread that is ahead would stay so, as the queue would never be empty, and three
    /// threads would do the work of two. False if there is something left and the application does
    /// not read.
    pub(super) fn has_left_rest(&mut self, now: u64) -> bool {
        if !matches!(&self.stage, Stage::Up(link) if link.has_unshown()) {
            return true;
        }
        let reads = self.is_plain() && self.side.owner.reads_itself();
        let left = reads && self.take_reading(now, false);
        if left {
            // It may have emptied its queue and fallen asleep before it could know of this.
            self.side.rouse();
        } else {
            self.outside.shy_until.store(now + SHY, Ordering::Relaxed);
        }
        left
    }

    /// Lets nobody else read for a while.
    fn be_shy(&mut self, now: u64) {
        self.shy = (2 * self.shy).clamp(SHY, SHYEST);
        self.outside.shy_until.store(now + self.shy, Ordering::Relaxed);
    }

    /// Sees to it that input is the application's to read, which has come or is yet to; false if that
    /// cannot be.
    fn take_reading(&mut self, now: u64, came: bool) -> bool {
        if self.reader == Reader::Thread {
            let Stage::Up(link) = &self.stage else { return false };
            if !self.handle.listen(link.fd(), false) {
                return false;
            }
            self.elsewhere = true;
            self.outside.fd.store(link.fd(), Ordering::Release);
        }
        self.reader = Reader::Application { used: now, came };
        true
    }

    /// The I/O thread has to look. If the application has not come although there is something for
    /// it, it is not to be waited for soon again; if it has read all there was, there is no stream.
    pub(super) fn relieve(&mut self, now: u64) {
        let Reader::Application { used, .. } = self.reader else { return };
        let Stage::Up(link) = &self.stage else { return };
        if !link.has_unshown() {
            self.shy = 0;
        } else if used + GRACE <= now {
            self.be_shy(now);
        }
        self.give_back();
    }

    /// The I/O thread reads again.
    pub(super) fn give_back(&mut self) {
        if std::mem::replace(&mut self.reader, Reader::Thread) == Reader::Thread {
            return;
        }
        self.outside.fd.store(-1, Ordering::Release);
        let Stage::Up(link) = &self.stage else { return };
        // One that hears nothing, and that nobody hears, is to end.
        self.broken |= !self.handle.listen(link.fd(), true);
        if self.broken || link.has_unshown() {
            self.handle.turn();
        }
    }
}
