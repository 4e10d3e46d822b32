//! A thread for network connections: one `mio::Poll`, one mailbox, one queue of timers.
//!
//! What it runs are *jobs*: a listener, a peer of a socket. A job owns its descriptors and is run here
//! on one of the [`Occasion`]s; in between it does nothing, unless it lets others do a part of its
//! work under a lock of its own, as peers do. It reads and writes without blocking, and asks for
//! another turn (`Turn::again`) rather than keep the others waiting.
//!
//! Descriptors are registered edge-triggered, for reading and writing; so a job must remember that a
//! descriptor was ready until it has seen it refuse. While somebody else reads one, it is registered
//! for writing only (`IoHandle::listen`). Timers are lazy: a job says by
//! `deadline` when it wants to run next, and an entry of the queue that comes too early is put back;
//! moving a deadline away, which happens with every frame received, costs nothing.
//!
//! A panic ends the job that it happened in, and nobody else.

#![forbid(unsafe_code)]

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use mio::event::Event;
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Registry, Token};

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

/// What the thread hears of a descriptor.
const INTEREST: Interest = Interest::READABLE.add(Interest::WRITABLE);

/// Bytes that one read may bring: large enough that a burst costs few system calls.
const BUFFER: usize = 256 * 1024;

/// After so many bytes either way, others have their turn.
const SHARE: usize = 1024 * 1024;

/// As many handshakes take a step in one round. Some steps take as long as hundreds of messages, and
/// whoever can connect can ask for them; the others wait for the next round, behind those who have
/// finished theirs.
const HANDSHAKES: usize = 8;

/// For so many nanoseconds a job is left alone that asked for it. Long enough that a burst wakes
/// nobody, and no longer than it takes to wake a thread. Of several jobs each gets less done meanwhile,
/// so that they are left alone for so much longer.
const NAP: u64 = 50_000;
/// As if there were so many jobs at most.
const NAPPERS: u64 = 16;

/// A job's number, unique in the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct JobId(u64);

impl JobId {
    /// A number that no other job has.
    pub(crate) fn next() -> JobId {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        JobId(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// Why a job is run.
#[derive(Debug)]
pub(crate) enum Occasion {
    /// The thread has just taken it in.
    Start,
    /// Its descriptor can be read or written, or is done for.
    Ready(Readiness),
    /// The far end of its pipe, which has this number, has something to tell.
    Notice(u64, Notice),
    /// Somebody left something for it in a place that the two know of.
    Poke,
    /// The time that it named has come.
    Timeout,
    /// It asked for another turn, or somebody else did for it.
    Again,
    /// It wanted to be left alone for a moment, and that is over.
    Napped,
}

/// What the system says of a descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Readiness {
    /// There is something to read, or the end.
    pub(crate) readable: bool,
    /// There is room to write.
    pub(crate) writable: bool,
    /// The peer will send no more; the end may stand behind what is still to be read.
    pub(crate) read_closed: bool,
}

/// Whether the thread keeps a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It goes on.
    Stays,
    /// It is finished and can be dropped.
    Done,
}

/// Something that an I/O thread runs.
pub(crate) trait Job: Send {
    /// Does what the occasion allows.
    fn run(&mut self, occasion: Occasion, io: &mut Io<'_>) -> Fate;

    /// When it wants to run next, whatever happens until then (`clock::millis`).
    fn deadline(&self) -> Option<u64>;
}

/// What a thread offers to those who move bytes on it.
pub(crate) struct Turn<'a> {
    /// The time at which this round began.
    pub(crate) now: u64,
    /// Memory to read into, shared by all that the thread runs.
    pub(crate) buffer: &'a mut [u8],
    /// As many bytes may be moved either way before others have their turn.
    pub(crate) share: usize,
    again: bool,
    nap: bool,
    /// What is left of `HANDSHAKES`.
    handshakes: &'a mut usize,
}

impl<'a> Turn<'a> {
    /// A turn in which at most so many handshakes take a step.
    pub(crate) fn new(
        now: u64,
        buffer: &'a mut [u8],
        share: usize,
        handshakes: &'a mut usize,
    ) -> Turn<'a> {
        Turn { now, buffer, share, again: false, nap: false, handshakes }
    }

    /// Whether a handshake may take a step in this round; if not, it has to ask for another turn.
    pub(crate) fn may_negotiate(&mut self) -> bool {
        let left = self.handshakes.checked_sub(1);
        *self.handshakes = left.unwrap_or(0);
        left.is_some()
    }

    /// Asks for another turn after the others had theirs.
    pub(crate) fn again(&mut self) {
        self.again = true;
    }

    /// Asks for another turn in a moment, for which the thread sleeps if there is nothing to do.
    pub(crate) fn nap(&mut self) {
        self.nap = true;
    }
}

/// What the thread offers to the job that it runs.
pub(crate) struct Io<'a> {
    registry: &'a Registry,
    job: JobId,
    /// The job's turn.
    pub(crate) turn: Turn<'a>,
}

impl Io<'_> {
    /// Has a descriptor watched, until it is closed or `forget`.
    pub(crate) fn watch(&self, fd: &impl AsRawFd) -> io::Result<()> {
        self.registry.register(&mut SourceFd(&fd.as_raw_fd()), token(self.job), INTEREST)
    }

    /// Stops watching, before the descriptor is closed: a forked process may keep it open.
    pub(crate) fn forget(&self, fd: RawFd) {
        // It was not watched, or was closed: then there is nothing to forget.
        let _ = self.registry.deregister(&mut SourceFd(&fd));
    }
}

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
    /// The earliest in the queue of timers.
    scheduled: Option<u64>,
    /// It waits for another turn; of these it never has more than one.
    queued: bool,
    /// It is left alone for a moment.
    naps: bool,
}

/// What the thread works on.
struct Worker {
    poll: Poll,
    handle: IoHandle,
    jobs: HashMap<JobId, Place, BuildHasherDefault<NumberHasher>>,
    timers: BinaryHeap<Reverse<(u64, JobId)>>,
    /// Jobs that asked for another turn.
    turns: VecDeque<JobId>,
    /// Jobs that asked to be left alone for a moment, and when the first of these is over.
    naps: Vec<JobId>,
    nap_ends: u64,
    /// How long a nap is at present.
    nap: u64,
    buffer: Vec<u8>,
    now: u64,
    handshakes: usize,
}

impl Worker {
    fn new(poll: Poll, handle: IoHandle) -> Worker {
        Worker {
            poll,
            handle,
            jobs: HashMap::default(),
            timers: BinaryHeap::new(),
            turns: VecDeque::new(),
            naps: Vec::new(),
            nap_ends: 0,
            nap: NAP,
            buffer: Vec::new(),
            now: clock::millis(),
            handshakes: HANDSHAKES,
        }
    }

    fn work(mut self) {
        let mut events = Events::with_capacity(256);
        let mut orders = Vec::new();
        loop {
            if !self.wait(&mut events) {
                return;
            }
            self.now = clock::millis();
            self.handshakes = HANDSHAKES;
            self.handle.0.mailbox.take(&mut orders);
            for order in orders.drain(..) {
                match order {
                    Order::Start(id, job) => {
                        self.jobs
                            .insert(id, Place { job, scheduled: None, queued: false, naps: false });
                        self.run(id, Occasion::Start);
                    }
                    Order::Notice(id, pipe, notice) => self.run(id, Occasion::Notice(pipe, notice)),
                    Order::Poke(id) => self.run(id, Occasion::Poke),
                    Order::Turn(id) => self.run(id, Occasion::Again),
                    Order::Stop => return,
                }
            }
            for event in &events {
                if event.token() != MAILBOX {
                    self.run(JobId(event.token().0 as u64), Occasion::Ready(readiness(event)));
                }
            }
            self.run_timers();
            self.end_naps();
            for _ in 0..self.turns.len() {
                let Some(id) = self.turns.pop_front() else { break };
                if let Some(place) = self.jobs.get_mut(&id) {
                    place.queued = false;
                }
                self.run(id, Occasion::Again);
            }
        }
    }

    /// Waits until there is something to do; false if that cannot be found out any more.
    fn wait(&mut self, events: &mut Events) -> bool {
        let mailbox = &self.handle.0.mailbox;
        let timeout = if self.turns.is_empty() { self.patience() } else { Some(Duration::ZERO) };
        let idle = timeout != Some(Duration::ZERO) && mailbox.arm();
        let mut timeout = if idle { timeout } else { Some(Duration::ZERO) };
        if idle && !self.naps.is_empty() {
            // The poll of mio knows no time as short as this. What ends the wait is seen below.
            let rest = Duration::from_nanos(self.nap_ends.saturating_sub(clock::nanos()));
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

    /// The time until the first timer; none if there is no timer.
    fn patience(&self) -> Option<Duration> {
        let Reverse((at, _)) = self.timers.peek()?;
        Some(Duration::from_millis(at.saturating_sub(clock::millis())))
    }

    /// Runs the jobs whose naps are over; they may ask for further ones.
    fn end_naps(&mut self) {
        if self.naps.is_empty() || clock::nanos() < self.nap_ends {
            return;
        }
        let naps = std::mem::take(&mut self.naps);
        self.nap = NAP * (naps.len() as u64).min(NAPPERS);
        for id in naps {
            if let Some(place) = self.jobs.get_mut(&id) {
                place.naps = false;
            }
            self.run(id, Occasion::Napped);
        }
    }

    fn run_timers(&mut self) {
        while let Some(&Reverse((at, id))) = self.timers.peek() {
            if at > self.now {
                return;
            }
            self.timers.pop();
            let Some(place) = self.jobs.get_mut(&id) else { continue };
            if place.scheduled == Some(at) {
                place.scheduled = None;
            }
            match place.job.deadline() {
                Some(deadline) if deadline <= self.now => self.run(id, Occasion::Timeout),
                Some(_) | None => self.schedule(id),
            }
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
        let turn = Turn::new(now, buffer, SHARE, &mut self.handshakes);
        let mut io = Io { registry, job: id, turn };
        let run = AssertUnwindSafe(|| place.job.run(occasion, &mut io));
        let fate = panic::catch_unwind(run).unwrap_or_else(|_| {
            log::say(format_args!("a connection is closed: serving it went wrong in the library"));
            Fate::Done
        });
        let (again, nap) = (io.turn.again, io.turn.nap);
        match fate {
            Fate::Stays => {
                if again && !std::mem::replace(&mut place.queued, true) {
                    self.turns.push_back(id);
                }
                if nap && !std::mem::replace(&mut place.naps, true) {
                    if self.naps.is_empty() {
                        self.nap_ends = clock::nanos() + self.nap;
                    }
                    self.naps.push(id);
                }
                self.schedule(id);
            }
            Fate::Done => {
                self.handle.0.load.fetch_sub(1, Ordering::Relaxed);
                let place = self.jobs.remove(&id);
                // What a panic leaves behind was never shared with anybody but this job.
                let _ = panic::catch_unwind(AssertUnwindSafe(|| drop(place)));
            }
        }
        msg::call_due();
    }

    /// Sees to it that a job is run when it wants to be.
    fn schedule(&mut self, id: JobId) {
        let Some(place) = self.jobs.get_mut(&id) else { return };
        let Some(deadline) = place.job.deadline() else { return };
        if place.scheduled.is_none_or(|scheduled| deadline < scheduled) {
            place.scheduled = Some(deadline);
            self.timers.push(Reverse((deadline, id)));
        }
    }
}

fn token(job: JobId) -> Token {
    Token(job.0 as usize)
}

fn readiness(event: &Event) -> Readiness {
    let read_closed = event.is_read_closed() || event.is_error();
    Readiness {
        readable: event.is_readable() || read_closed,
        writable: event.is_writable() || event.is_error(),
        read_closed,
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::sync::mpsc::{Sender, channel};

    use super::*;

    /// Panics when it is poked, says when its time has come, and when it goes.
    struct Guest {
        deadline: Option<u64>,
        tell: Sender<&'static str>,
    }

    impl Job for Guest {
        fn run(&mut self, occasion: Occasion, io: &mut Io<'_>) -> Fate {
            match occasion {
                Occasion::Start => Fate::Stays,
                Occasion::Timeout => {
                    assert!(self.deadline.is_some_and(|deadline| deadline <= io.turn.now));
                    self.deadline = None;
                    self.tell.send("timeout").expect("the test listens");
                    io.turn.again();
                    Fate::Stays
                }
                Occasion::Again => {
                    self.tell.send("again").expect("the test listens");
                    io.turn.nap();
                    Fate::Stays
                }
                Occasion::Napped => {
                    self.tell.send("napped").expect("the test listens");
                    Fate::Done
                }
                Occasion::Poke | Occasion::Ready(_) | Occasion::Notice(..) => {
                    panic!("a guest that was asked to")
                }
            }
        }

        fn deadline(&self) -> Option<u64> {
            self.deadline
        }
    }

    impl Drop for Guest {
        fn drop(&mut self) {
            self.tell.send("gone").expect("the test listens");
        }
    }

    #[test]
    fn a_panic_ends_one_job_and_timers_and_naps_go_on() {
        let thread = IoThread::start(b"io", Scheduling::default()).expect("threads are left");
        let (tell, told) = channel();
        let (late, bad) = (JobId::next(), JobId::next());
        let deadline = Some(clock::millis() + 50);
        thread.handle().start(late, Box::new(Guest { deadline, tell: tell.clone() }));
        thread.handle().start(bad, Box::new(Guest { deadline: None, tell }));
        thread.handle().poke(bad);
        assert_eq!(told.iter().collect::<Vec<_>>(), ["gone", "timeout", "again", "napped", "gone"]);
        assert_eq!(thread.handle().load(), 0);
        thread.stop();
    }

    /// Wants another turn whenever it has had one, and says so each time; so often, at most.
    struct Busy {
        name: &'static str,
        left: u32,
        tell: Sender<&'static str>,
    }

    impl Job for Busy {
        fn run(&mut self, occasion: Occasion, io: &mut Io<'_>) -> Fate {
            if let Occasion::Again = occasion {
                self.tell.send(self.name).expect("the test listens");
                self.left -= 1;
            }
            io.turn.again();
            if self.left == 0 { Fate::Done } else { Fate::Stays }
        }

        fn deadline(&self) -> Option<u64> {
            None
        }
    }

    #[test]
    fn turns_go_round_whatever_happened_to_a_job() {
        let thread = IoThread::start(b"io", Scheduling::default()).expect("threads are left");
        let (tell, told) = channel();
        let (first, second) = (JobId::next(), JobId::next());
        let busy = |name, left| Box::new(Busy { name, left, tell: tell.clone() });
        thread.handle().start(first, busy("first", 100_000));
        (0..100).for_each(|_| thread.handle().poke(first));
        thread.handle().start(second, busy("second", 100));
        drop(tell);
        let turns: Vec<_> = told.iter().skip_while(|name| *name == "first").take(199).collect();
        assert_eq!(turns.iter().filter(|name| **name == "second").count(), 100);
        thread.stop();
    }

    #[test]
    fn h204_an_affinity_without_a_thread() {
        let thread = IoThread::start(b"io", Scheduling::default()).expect("threads are left");
        let threads: IoThreads = [thread.handle()].into_iter().collect();
        assert!(threads.choose(0).is_ok() && threads.choose(1).is_ok());
        assert_eq!(threads.choose(2).err(), Some(Error::NoThread));
        assert_eq!(IoThreads::from_iter([]).choose(0).err(), Some(Error::NoThread));
        thread.stop();
    }
}
