//! A thread for network connections: one `mio::Poll`, one mailbox, one queue of timers.
//!
//! What it runs are *jobs*: a listener, a peer of a socket. A job owns its descriptors and is run here
//! on one of the [`Occasion`]s; in between it does nothing, unless it lets others do a part of its
//! work under a lock of its own, as peers do. It reads and writes without blocking, and asks for
//! another turn (`Turn::again`) rather than keep the others waiting.
//!
//! Descriptors are registered edge-triggered, for reading and writing; so a job must remember that a
//! descriptor was ready until it has seen it refuse. While somebody else reads one, it is registered
//! for writing only (`IoHandle::listen`).
//!
//! What a job is, stands in [`job`]; when it is run without anything having happened to it, in
//! [`timing`]. Here is the thread, the way to hand things to it, and the round that it makes.
//!
//! A panic ends the job that it happened in, and nobody else.

#![forbid(unsafe_code)]

mod job;
#[cfg(all(test, not(loom)))]
mod tests;
mod timing;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Registry, Token};

pub(crate) use self::job::{Fate, Io, Job, JobId, Occasion, Readiness, Turn};
use self::job::{INTEREST, job_of, readiness, token};
use self::timing::Naps;
use super::command::Notice;
use super::log;
use super::mailbox::{Mailbox, Wake};
use super::settle;
use crate::error::{Error, Result};
use crate::msg;
use crate::sys::poll::PollFd;
use crate::sys::thread::Scheduling;
use crate::sys::{self, clock};

/// The waker's token; jobs have other ones.
const MAILBOX: Token = Token(usize::MAX);

/// Bytes that one read may bring: large enough that a burst costs few system calls.
const BUFFER: usize = 256 * 1024;

/// After so many bytes either way, others have their turn.
const SHARE: usize = 1024 * 1024;

/// So much effort goes into handshakes in one round, in steps that cost next to nothing. Others cost as
/// much as hundreds of messages, and whoever can connect can ask for them; who finds nothing left
/// waits in a queue, and each round comes to that behind those who have finished their handshakes.
const EFFORT: usize = 64;

/// As many orders are followed in one round: a program that connects to thousands at once is not to
/// keep the first of these waiting until it has connected to the last.
const ORDERS: usize = 32;

enum Order {
    /// Take a job in.
    Start(JobId, Box<dyn Job>),
    /// Something happened to a pipe of a job.
    Notice(JobId, u64, Notice),
    /// Let a job look at what was left for it.
    Poke(JobId),
    /// Give a job another turn.
    Turn(JobId),
    /// The context is done.
    Stop,
}

impl Wake for mio::Waker {
    fn wake(&self) {
        // It fails only if the descriptor is closed, and then the thread is gone.
        let _ = mio::Waker::wake(self);
    }

    fn reset(&self) {}
}

struct Shared {
    mailbox: Mailbox<Order, mio::Waker>,
    registry: Registry,
    /// How many jobs the thread has.
    load: AtomicUsize,
}

/// The way to hand things to an I/O thread.
#[derive(Clone)]
pub(crate) struct IoHandle(Arc<Shared>);

impl IoHandle {
    /// Hands a job over. What is sent to it afterwards arrives after its start.
    pub(crate) fn start(&self, id: JobId, job: Box<dyn Job>) {
        self.0.load.fetch_add(1, Ordering::Relaxed);
        self.0.mailbox.push(Order::Start(id, job));
    }

    /// Tells a job what happened to its pipe; one that is gone does not hear it.
    pub(crate) fn notify(&self, id: JobId, pipe: u64, notice: Notice) {
        self.0.mailbox.push(Order::Notice(id, pipe, notice));
    }

    /// Gives a job another turn.
    pub(crate) fn turn(&self, id: JobId) {
        self.0.mailbox.push(Order::Turn(id));
    }

    /// Says whether the thread is to hear when a job's descriptor can be read; whether it can be
    /// written it hears anyway. What is true already is heard at once.
    pub(crate) fn listen(&self, id: JobId, fd: RawFd, input: bool) -> io::Result<()> {
        let interest = if input { INTEREST } else { Interest::WRITABLE };
        self.0.registry.reregister(&mut SourceFd(&fd), token(id), interest)
    }

    /// Lets a job run.
    pub(crate) fn poke(&self, id: JobId) {
        self.0.mailbox.push(Order::Poke(id));
    }

    fn load(&self) -> usize {
        self.0.load.load(Ordering::Relaxed)
    }
}

/// The I/O threads of a context, to choose one of them.
#[derive(Clone)]
pub(crate) struct IoThreads(Arc<[IoHandle]>);

impl IoThreads {
    /// The least busy of the threads that an affinity allows (a bit for each; 0: all);
    /// `NoThread` if there is none.
    pub(crate) fn choose(&self, affinity: u64) -> Result<IoHandle> {
        let allowed =
            self.0.iter().enumerate().filter(|(index, _)| {
                affinity == 0 || (*index < 64 && affinity & (1 << index) != 0)
            });
        let chosen = allowed.map(|(_, handle)| handle).min_by_key(|handle| handle.load());
        chosen.cloned().ok_or(Error::NoThread)
    }
}

impl FromIterator<IoHandle> for IoThreads {
    fn from_iter<I: IntoIterator<Item = IoHandle>>(handles: I) -> IoThreads {
        IoThreads(handles.into_iter().collect())
    }
}

/// The running thread.
pub(crate) struct IoThread {
    handle: IoHandle,
    thread: JoinHandle<()>,
}

impl IoThread {
    /// Starts the thread.
    pub(crate) fn start(name: &[u8], scheduling: Scheduling) -> Result<IoThread> {
        let poll = Poll::new()?;
        let waker = mio::Waker::new(poll.registry(), MAILBOX)?;
        let registry = poll.registry().try_clone()?;
        let mailbox = Mailbox::new(Some(waker));
        let shared = Shared { mailbox, registry, load: AtomicUsize::new(0) };
        let handle = IoHandle(Arc::new(shared));
        let theirs = handle.clone();
        let thread = settle::spawn(name, scheduling, move || Worker::new(poll, theirs).work())?;
        Ok(IoThread { handle, thread })
    }

    /// The way to hand things to it.
    pub(crate) fn handle(&self) -> IoHandle {
        self.handle.clone()
    }

    /// Ends the thread and waits for it.
    pub(crate) fn stop(self) {
        self.handle.0.mailbox.push(Order::Stop);
        // A panic in the thread was reported when it happened; there is nobody left to tell.
        let _ = self.thread.join();
    }
}

/// Spreads numbers that count up: no stranger chooses them, so that they need no protection against
/// being chosen alike.
#[derive(Default)]
struct NumberHasher(u64);

impl Hasher for NumberHasher {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    #[inline]
    fn write_u64(&mut self, number: u64) {
        // An odd factor far from any power of two: the table looks at the highest and lowest bits.
        self.0 = (self.0 ^ number).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(26);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// A job, and its entries elsewhere.
struct Place {
    job: Box<dyn Job>,
    /// See [`Job::is_herald`].
    herald: bool,
    /// The earliest in the queue of timers.
    scheduled: Option<u64>,
    /// It waits for another turn; of these it never has more than one.
    queued: bool,
    /// It waits for a step of its handshake.
    negotiates: bool,
    /// It is left alone for a moment.
    naps: bool,
    /// It waits to show what it has read.
    hiding: bool,
}

impl Place {
    fn new(job: Box<dyn Job>) -> Place {
        let herald = job.is_herald();
        let (queued, negotiates, naps, hiding) = (false, false, false, false);
        Place { job, herald, scheduled: None, queued, negotiates, naps, hiding }
    }
}

/// What the thread works on.
struct Worker {
    poll: Poll,
    handle: IoHandle,
    jobs: HashMap<JobId, Place, BuildHasherDefault<NumberHasher>>,
    /// How many of the jobs are heralds.
    heralds: usize,
    timers: BinaryHeap<Reverse<(u64, JobId)>>,
    /// What is still to be done of what the mailbox brought, the last first.
    orders: Vec<Order>,
    /// Jobs that asked for another turn.
    turns: VecDeque<JobId>,
    /// Jobs that have read something which they may show in the next round.
    hiding: VecDeque<JobId>,
    naps: Naps,
    /// Jobs that wait for a step of their handshakes.
    strangers: VecDeque<JobId>,
    /// What is left of `EFFORT` in this round.
    effort: usize,
    buffer: Vec<u8>,
    now: u64,
}

impl Worker {
    fn new(poll: Poll, handle: IoHandle) -> Worker {
        Worker {
            poll,
            handle,
            jobs: HashMap::default(),
            heralds: 0,
            timers: BinaryHeap::new(),
            orders: Vec::new(),
            turns: VecDeque::new(),
            hiding: VecDeque::new(),
            naps: Naps::new(),
            strangers: VecDeque::new(),
            effort: EFFORT,
            buffer: Vec::new(),
            now: clock::millis(),
        }
    }

    fn work(mut self) {
        let mut events = Events::with_capacity(256);
        loop {
            if !self.wait(&mut events) {
                return;
            }
            self.now = clock::millis();
            // Who waits already comes first.
            self.effort = if self.strangers.is_empty() { EFFORT } else { 0 };
            // The system names descriptors in the order of their first news, whatever that was; a
            // subscription may stand behind what was sent after it.
            if self.heralds > 0 {
                self.run_ready(&events, true);
            }
            self.show();
            if !self.follow_orders() {
                return;
            }
            self.run_ready(&events, false);
            self.run_timers();
            self.end_naps();
            for _ in 0..self.turns.len() {
                let Some(id) = self.turns.pop_front() else { break };
                if let Some(place) = self.jobs.get_mut(&id) {
                    place.queued = false;
                }
                self.run(id, Occasion::Again);
            }
            self.negotiate();
        }
    }

    /// Runs those whose descriptors have news: the heralds, or the others.
    fn run_ready(&mut self, events: &Events, heralds: bool) {
        for event in events.iter().filter(|event| event.token() != MAILBOX) {
            let id = job_of(event.token());
            if self.jobs.get(&id).is_some_and(|place| place.herald == heralds) {
                self.run(id, Occasion::Ready(readiness(event)));
            }
        }
    }

    /// Has shown what was read before the heralds had their turn.
    fn show(&mut self) {
        for _ in 0..self.hiding.len() {
            let Some(id) = self.hiding.pop_front() else { return };
            if let Some(place) = self.jobs.get_mut(&id) {
                place.hiding = false;
            }
            self.run(id, Occasion::Show);
        }
    }

    /// Does what others have asked for; false if that was to stop.
    fn follow_orders(&mut self) -> bool {
        if self.orders.is_empty() {
            self.handle.0.mailbox.take(&mut self.orders);
            self.orders.reverse();
        }
        for _ in 0..ORDERS {
            match self.orders.pop() {
                Some(Order::Start(id, job)) => {
                    let place = Place::new(job);
                    self.heralds += usize::from(place.herald);
                    self.jobs.insert(id, place);
                    self.run(id, Occasion::Start);
                }
                Some(Order::Notice(id, pipe, notice)) => {
                    self.run(id, Occasion::Notice(pipe, notice));
                }
                Some(Order::Poke(id)) => self.run(id, Occasion::Poke),
                Some(Order::Turn(id)) => self.run(id, Occasion::Again),
                Some(Order::Stop) => return false,
                None => return true,
            }
        }
        true
    }

    /// Lets those who have waited longest take a step of their handshakes.
    fn negotiate(&mut self) {
        if self.strangers.is_empty() {
            return;
        }
        self.effort = EFFORT;
        for _ in 0..self.strangers.len() {
            if self.effort == 0 {
                return;
            }
            let Some(id) = self.strangers.pop_front() else { return };
            if let Some(place) = self.jobs.get_mut(&id) {
                place.negotiates = false;
            }
            self.run(id, Occasion::Again);
        }
    }

    /// Waits until there is something to do; false if that cannot be found out any more.
    fn wait(&mut self, events: &mut Events) -> bool {
        let mailbox = &self.handle.0.mailbox;
        let unfinished =
            [self.orders.len(), self.turns.len(), self.hiding.len(), self.strangers.len()];
        let busy = unfinished.iter().any(|count| *count > 0);
        let timeout = if busy { Some(Duration::ZERO) } else { self.patience() };
        let idle = timeout != Some(Duration::ZERO) && mailbox.arm();
        let mut timeout = if idle { timeout } else { Some(Duration::ZERO) };
        if let Some(rest) = idle.then(|| self.naps.rest()).flatten() {
            // The poll of mio knows no time as short as this. What ends the wait is seen below.
            let rest = timeout.map_or(rest, |timeout| timeout.min(rest));
            let _ =
                sys::poll::poll_for(&mut [PollFd::new(self.poll.as_raw_fd(), libc::POLLIN)], rest);
            timeout = Some(Duration::ZERO);
        }
        let waited = self.poll.poll(events, timeout);
        if idle {
            mailbox.disarm();
        }
        match waited {
            Ok(()) => true,
            Err(error) => error.kind() == io::ErrorKind::Interrupted,
        }
    }

    /// Lets a job run; one that panics is finished.
    fn run(&mut self, id: JobId, occasion: Occasion) {
        let Some(place) = self.jobs.get_mut(&id) else { return };
        if self.buffer.is_empty() {
            // On first use, as a context without connections needs none.
            self.buffer.resize(BUFFER, 0);
        }
        let registry = self.poll.registry();
        let (now, buffer) = (self.now, self.buffer.as_mut_slice());
        let mut turn = Turn::new(now, buffer, SHARE, &mut self.effort);
        turn.hides = self.heralds > 0 && !place.herald;
        let mut io = Io { registry, job: id, turn };
        let run = AssertUnwindSafe(|| place.job.run(occasion, &mut io));
        let fate = panic::catch_unwind(run).unwrap_or_else(|_| {
            log::say(format_args!("a connection is closed: serving it went wrong in the library"));
            Fate::Done
        });
        let Turn { again, nap, shows_later, negotiates, .. } = io.turn;
        match fate {
            Fate::Stays => {
                if again && !std::mem::replace(&mut place.queued, true) {
                    self.turns.push_back(id);
                }
                if nap && !std::mem::replace(&mut place.naps, true) {
                    self.naps.add(id);
                }
                if shows_later && !std::mem::replace(&mut place.hiding, true) {
                    self.hiding.push_back(id);
                }
                if negotiates && !std::mem::replace(&mut place.negotiates, true) {
                    self.strangers.push_back(id);
                }
                self.schedule(id);
            }
            Fate::Done => {
                self.handle.0.load.fetch_sub(1, Ordering::Relaxed);
                let place = self.jobs.remove(&id);
                self.heralds -= usize::from(place.as_ref().is_some_and(|place| place.herald));
                // What a panic leaves behind was never shared with anybody but this job.
                let _ = panic::catch_unwind(AssertUnwindSafe(|| drop(place)));
            }
        }
        msg::call_due();
    }
}
