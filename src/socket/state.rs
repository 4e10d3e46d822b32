//! The socket: a pattern, its pipes and options, a mailbox, and the life from open to finished.
//!
//! Whoever calls into a socket first works off its mailbox (`enter`); nothing happens to a socket
//! between calls. The lock around the state is what makes the thread-safe types thread-safe; for
//! the others, which one thread uses at a time, it is never contended and costs two atomic
//! operations, and it keeps a program that breaks the rule from corrupting anything.
//!
//! Closing hands the socket to the reaper, which ends the pipes, waits until the peers have read
//! what they were sent, and then gives the socket's place in the context back.

#![forbid(unsafe_code)]

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use parking_lot::{Mutex, MutexGuard};

use super::monitor::MonitorSlot;
use super::owner::Tie;
use super::pattern::{Attach, Base, Pattern};
use super::patterns;
use crate::core::command::{Command, Notice, SocketMailbox};
use crate::core::context::{Admission, Context};
use crate::core::io_thread::{IoThreads, JobId};
use crate::core::kind::Kind;
use crate::core::mailbox::Wake;
use crate::core::options::Options;
use crate::core::pipe::PipeEnd;
use crate::core::pipes::{Activation, PipeKey, Pipes};
use crate::core::reaper::{ReaperHandle, Tenant};
use crate::core::spin::Spin;
use crate::core::waker::Waker;
use crate::engine::{ListenerHandle, PeerHandle};
use crate::error::{Error, Result};
use crate::msg;

/// A socket; see the module's text.
pub(crate) struct Socket {
    id: u64,
    kind: Kind,
    context: Arc<Context>,
    mailbox: Arc<SocketMailbox>,
    reaper: ReaperHandle,
    /// The threads that run its connections.
    io: IoThreads,
    monitor: Arc<MonitorSlot>,
    /// What its listeners and peers know of it.
    tie: Arc<Tie>,
    /// The program has closed it.
    closed: AtomicBool,
    /// Its own threads may be those who read its connections.
    pub(super) reads_itself: AtomicBool,
    /// When the socket waited last, its connections were few enough for that.
    pub(super) found_few: AtomicBool,
    state: Mutex<State>,
}

/// What a connect left behind: until its pipe ends, or, over a network, until it is taken back.
pub(super) struct Connected {
    /// The endpoint as it was given.
    pub(super) endpoint: Vec<u8>,
    /// The pipe, as long as there is one.
    pub(super) pipe: Option<PipeKey>,
    /// What keeps a connection over a network; none for inproc.
    pub(super) peer: Option<PeerHandle>,
}

/// A bind over a network.
pub(super) struct Listening {
    /// The endpoint as `ZMQ_LAST_ENDPOINT` reported it.
    pub(super) endpoint: Vec<u8>,
    /// The listener.
    pub(super) listener: ListenerHandle,
}

/// What the lock guards.
pub(super) struct State {
    pub(super) base: Base,
    pub(super) pattern: Box<dyn Pattern>,
    /// The context was shut down, and this socket has noticed.
    pub(super) stopped: bool,
    /// The reaper has it.
    closing: bool,
    /// `ZMQ_RCVMORE`.
    pub(super) rcvmore: bool,
    /// Inproc names that this socket has bound.
    pub(super) bound: Vec<Vec<u8>>,
    /// Network endpoints that this socket has bound.
    pub(super) listening: Vec<Listening>,
    /// Endpoints that this socket is connected to.
    pub(super) connected: Vec<Connected>,
    /// How many frames it has received since it waited last.
    pub(super) received: u32,
    /// What its waits for input have been like.
    pub(super) spin: Spin,
    /// Commands on their way from the mailbox, empty between calls.
    commands: Vec<Command>,
}

impl Socket {
    /// Opens a socket of the type with a number.
    pub(crate) fn open(context: &Arc<Context>, number: i32) -> Result<Arc<Socket>> {
        // Whoever opens a socket will mostly be the one to use it.
        msg::settle();
        let Admission { id, kind, mailbox, reaper, io } = context.admit(|| {
            let kind = Kind::from_number(number).ok_or(Error::Invalid)?;
            let waker = if kind.thread_safe() { Waker::condition() } else { Waker::descriptor()? };
            Ok((kind, Arc::new(SocketMailbox::new(Some(waker)))))
        })?;
        let options = Options::new(kind, context.options().lock().socket_defaults());
        let pipes = Pipes::new(Arc::clone(&mailbox), kind.reads());
        let monitor = Arc::<MonitorSlot>::default();
        Ok(Arc::new_cyclic(|me: &Weak<Socket>| Socket {
            id,
            kind,
            context: Arc::clone(context),
            tie: Arc::new(Tie::new(Weak::clone(me), Arc::clone(&mailbox), Arc::clone(&monitor))),
            mailbox,
            reaper,
            io,
            monitor,
            closed: AtomicBool::new(false),
            reads_itself: AtomicBool::new(false),
            found_few: AtomicBool::new(false),
            state: Mutex::new(State {
                base: Base { pipes, options, may_wait: false },
                pattern: patterns::fresh(kind),
                stopped: false,
                closing: false,
                rcvmore: false,
                bound: Vec::new(),
                listening: Vec::new(),
                connected: Vec::new(),
                received: 0,
                spin: Spin::default(),
                commands: Vec::new(),
            }),
        }))
    }

    /// The number that the context knows it by.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// Its type.
    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// Its context.
    pub(crate) fn context(&self) -> &Arc<Context> {
        &self.context
    }

    /// Where commands for it go.
    pub(crate) fn mailbox(&self) -> &Arc<SocketMailbox> {
        &self.mailbox
    }

    /// Its monitor.
    pub(crate) fn monitor(&self) -> &Arc<MonitorSlot> {
        &self.monitor
    }

    /// Whether the program has closed it: what a poller that still holds it wants to know.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// The threads that run its connections.
    pub(super) fn io(&self) -> &IoThreads {
        &self.io
    }

    /// What its listeners and peers know of it.
    pub(super) fn tie(&self) -> &Arc<Tie> {
        &self.tie
    }

    /// The thread that will finish it.
    pub(super) fn reaper(&self) -> &ReaperHandle {
        &self.reaper
    }

    /// Locks the socket without looking at its mailbox.
    #[inline]
    pub(super) fn lock(&self) -> Locked<'_> {
        Locked { guard: self.state.lock(), _due: CallDue }
    }

    /// Locks a monitor's hidden socket, which happens under the lock of the socket that it reports
    /// on; so nothing is called that this leaves due.
    pub(super) fn lock_inner(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// As `lock_inner`, unless another thread has the lock.
    pub(super) fn try_lock_inner(&self) -> Option<MutexGuard<'_, State>> {
        self.state.try_lock()
    }

    /// Locks the socket for a call that works without the latest news; `Terminated` if it has
    /// already noticed that the context is shut down.
    pub(super) fn lock_running(&self) -> Result<Locked<'_>> {
        let state = self.lock();
        if state.stopped { Err(Error::Terminated) } else { Ok(state) }
    }

    /// Locks the socket and works off its mailbox: the start of every call that moves messages.
    #[inline(always)]
    pub(super) fn enter(&self) -> Result<Locked<'_>> {
        if self.context.is_inherited() {
            return Err(Error::Interrupted);
        }
        let mut state = self.lock();
        self.process(&mut state)?;
        Ok(state)
    }

    /// Works off the mailbox; `Terminated` if the context is shut down.
    #[inline]
    pub(super) fn process(&self, state: &mut State) -> Result<()> {
        if self.mailbox.has_news() {
            self.process_news(state);
        }
        if state.stopped { Err(Error::Terminated) } else { Ok(()) }
    }

    #[cold]
    fn process_news(&self, state: &mut State) {
        self.work_off(state, SocketMailbox::take);
    }

    fn work_off(&self, state: &mut State, take: fn(&SocketMailbox, &mut Vec<Command>)) {
        let mut commands = std::mem::take(&mut state.commands);
        take(&self.mailbox, &mut commands);
        for command in commands.drain(..) {
            self.handle(state, command);
        }
        state.commands = commands;
    }

    fn handle(&self, state: &mut State, command: Command) {
        match command {
            Command::Stop => {
                state.stopped = true;
                // After a close the monitor hears of it when everything else has ended.
                if !self.is_closed() {
                    self.monitor.stop();
                }
            }
            Command::Attach(end) => state.attach_late(*end),
            Command::Pipe(address, notice) => {
                if let Some(key) = state.base.pipes.find(address) {
                    self.handle_notice(state, key, notice);
                }
            }
            Command::JobDone(job, endpoint_gone) => state.forget_job(job, endpoint_gone),
            Command::Look => {}
        }
        state.bury();
    }

    fn handle_notice(&self, state: &mut State, key: PipeKey, notice: Notice) {
        let activation = state.base.pipes.notice(key, notice);
        let State { base, pattern, .. } = state;
        match activation {
            Activation::None => {}
            Activation::Read => pattern.read_activated(base, key),
            Activation::Write => pattern.write_activated(base, key),
            Activation::Identified => pattern.identified(base, key),
            Activation::Stats(outbound, inbound, link) => {
                self.monitor.pipe_stats(outbound, inbound, &link.unwrap_or_default());
            }
        }
    }

    /// Works off the mailbox on behalf of an application that does not call in, unless it waits
    /// for the news itself: in a call, which holds the lock, or with `ZMQ_FD`.
    pub(super) fn tidy(&self) {
        if self.context.is_inherited() {
            return;
        }
        if let Some(mut guard) = self.state.try_lock() {
            // Asked under the lock: a program that has just got the descriptor looks at the socket
            // once before it waits, and what comes after that look is left for it.
            if !self.mailbox.is_exposed() {
                self.work_off(&mut guard, SocketMailbox::take_over);
            }
        }
    }

    /// Gives the socket up; it lives on, on the reaper, until its peers have what they were sent.
    pub(crate) fn close(self: Arc<Socket>) {
        self.closed.store(true, Ordering::Release);
        if self.context.is_inherited() {
            // Mailbox and reaper belong to the parent process; the child just forgets the socket.
            std::mem::forget(self);
            return;
        }
        self.context.note_closed(self.id);
        // A thread that is, against the rules, still waiting in a call on this socket would keep
        // the lock for ever; so it is told to leave first.
        self.mailbox.push(Command::Stop);
        let (reaper, id) = (self.reaper.clone(), self.id);
        if let Some(mut state) = self.state.try_lock() {
            self.give_up_names(&mut state);
        }
        reaper.adopt(id, Box::new(Closed { socket: self, started: false }));
    }

    /// Lets the reaper look again, if a thread finds the socket closed when its wait is over.
    pub(super) fn leave_closed(&self, state: &State) {
        if state.closing {
            self.reaper.run(self.id);
        }
    }

    /// Lets the threads that wait in a call on a thread-safe socket look again, after a change
    /// that no peer will announce.
    pub(super) fn tell_waiting(&self) {
        if let (true, Some(waker)) = (self.kind.thread_safe(), self.mailbox.waker()) {
            waker.wake();
        }
    }

    /// Frees the inproc names at once, so that the next socket can bind them without a wait.
    fn give_up_names(&self, state: &mut State) {
        for name in state.bound.drain(..) {
            // The name may have been given up by an unbind before; either way it is free now.
            let _ = self.context.registry().unbind(&name, self.id);
        }
    }
}

/// A locked socket. When it is let go, the release functions of messages that were dropped
/// meanwhile are called, after the lock: they may use the socket.
pub(super) struct Locked<'a> {
    guard: MutexGuard<'a, State>,
    _due: CallDue,
}

/// Calls what is due when it is dropped; in a struct, after the fields before it.
pub(super) struct CallDue;

impl Drop for CallDue {
    #[inline]
    fn drop(&mut self) {
        msg::call_due();
    }
}

impl Locked<'_> {
    /// Lets go of the lock while `f` runs.
    pub(super) fn unlocked<R>(&mut self, f: impl FnOnce() -> R) -> R {
        MutexGuard::unlocked(&mut self.guard, f)
    }

    /// Calls what is due before a wait, which may be a long one.
    pub(super) fn call_due(&mut self) {
        if msg::may_be_due() {
            self.unlocked(msg::call_due);
        }
    }
}

impl Deref for Locked<'_> {
    type Target = State;

    #[inline]
    fn deref(&self) -> &State {
        &self.guard
    }
}

impl DerefMut for Locked<'_> {
    #[inline]
    fn deref_mut(&mut self) -> &mut State {
        &mut self.guard
    }
}

impl State {
    /// Takes a pipe in and introduces it to the pattern.
    pub(super) fn attach(&mut self, end: PipeEnd) -> PipeKey {
        let key = self.introduce(end);
        self.base.pipes.settle(key);
        self.bury();
        key
    }

    /// Takes in a pipe that a mailbox brought. One that a connect of this socket has made with its
    /// link (`ZMQ_IMMEDIATE`) goes with the endpoint, which may have been taken back meanwhile.
    fn attach_late(&mut self, end: PipeEnd) {
        let job = end.far_job().filter(|_| end.locally_initiated());
        let id = end.id();
        let key = self.attach(end);
        let Some(job) = job else { return };
        if self.base.pipes.get(key).is_none_or(|end| end.id() != id) {
            return;
        }
        let belongs = |it: &&mut Connected| it.peer.as_ref().is_some_and(|peer| peer.id() == job);
        match self.connected.iter_mut().find(belongs) {
            Some(connected) => connected.pipe = Some(key),
            None => self.base.pipes.disconnect(key, self.base.options.linger),
        }
    }

    /// Takes in all pipes that waited for a name. Each gets its place, as those that are over by
    /// now had it when the others came.
    pub(super) fn attach_all(&mut self, ends: Vec<PipeEnd>) {
        let keys: Vec<PipeKey> = ends.into_iter().map(|end| self.introduce(end)).collect();
        for key in keys {
            self.base.pipes.settle(key);
        }
        self.bury();
    }

    fn introduce(&mut self, end: PipeEnd) -> PipeKey {
        let how = Attach { subscribe_to_all: false, locally_initiated: end.locally_initiated() };
        let key = self.base.pipes.attach(end);
        if self.closing {
            self.base.pipes.terminate_lingering(key, self.base.options.linger);
        } else {
            self.pattern.attach(&mut self.base, key, how);
        }
        key
    }

    /// Tells the pattern of pipes that have ended, and frees them.
    #[inline]
    pub(super) fn bury(&mut self) {
        if self.base.pipes.has_ended() {
            self.bury_all();
        }
    }

    #[cold]
    fn bury_all(&mut self) {
        while let Some(key) = self.base.pipes.next_ended() {
            self.bury_one(key);
        }
    }

    fn bury_one(&mut self, key: PipeKey) {
        self.pattern.detached(&mut self.base, key);
        // Over a network the endpoint stays listed until it is taken back.
        self.connected.retain(|it| it.pipe != Some(key) || it.peer.is_some());
        for connected in &mut self.connected {
            connected.pipe = connected.pipe.filter(|pipe| *pipe != key);
        }
        self.base.pipes.remove(key);
    }

    /// A listener or a peer is finished.
    fn forget_job(&mut self, job: JobId, endpoint_gone: bool) {
        self.listening.retain(|it| it.listener.id() != job);
        if endpoint_gone {
            self.connected.retain(|it| it.peer.as_ref().is_none_or(|peer| peer.id() != job));
        }
    }
}

/// A closed socket in the care of the reaper.
struct Closed {
    socket: Arc<Socket>,
    started: bool,
}

impl Closed {
    fn start(&self, state: &mut State) {
        self.socket.give_up_names(state);
        state.closing = true;
        let linger = state.base.options.linger;
        state.listening.iter().for_each(|it| it.listener.close(linger));
        let keys: Vec<PipeKey> = state.base.pipes.keys().collect();
        for key in keys {
            state.base.pipes.terminate_lingering(key, linger);
        }
        state.connected.iter().filter_map(|it| it.peer.as_ref()).for_each(|it| it.close(linger));
        let (reaper, id) = (self.socket.reaper.clone(), self.socket.id);
        self.socket.mailbox.redirect(Box::new(move || reaper.run(id)));
    }
}

impl Tenant for Closed {
    fn run(&mut self) -> bool {
        let mut state = self.socket.lock();
        if !self.started {
            self.started = true;
            self.start(&mut state);
        }
        // ETERM is for callers; there are none any more.
        let _ = self.socket.process(&mut state);
        state.bury();
        // A thread that waits in a call without the lock comes back to it first (`leave_closed`).
        let awaited = self.socket.kind.thread_safe() && self.socket.mailbox.is_awaited();
        let finished = state.base.pipes.len() == 0 && self.socket.tie.is_free() && !awaited;
        if finished {
            self.socket.monitor.stop();
        }
        finished
    }
}

impl Drop for Closed {
    fn drop(&mut self) {
        self.socket.context.remove(self.socket.id);
    }
}
