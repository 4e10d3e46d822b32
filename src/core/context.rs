//! The context: its options, its threads, its sockets, and how it comes to an end.
//!
//! A context starts its threads with the first socket and refuses new ones once it is shut down.
//! Shutting down tells every socket (`Command::Stop`); terminating waits, in addition, until the
//! last socket is closed by the program *and* finished by the reaper, and then ends the threads.

#![forbid(unsafe_code)]

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::Mutex;

use super::command::{Command, SocketMailbox};
use super::ctx_options::CtxOptions;
use super::deadline::Deadline;
use super::io_thread::{IoThread, IoThreads};
use super::kind::Kind;
use super::log;
use super::mailbox::Wake;
use super::reaper::{Reaper, ReaperHandle};
use super::registry::Registry;
use super::waker::Waker;
use crate::error::{Error, Result};
use crate::sys::depot;
use crate::sys::fork;
use crate::sys::thread::Scheduling;

/// The threads of a context.
struct Threads {
    reaper: Reaper,
    io: Vec<IoThread>,
}

struct State {
    /// Rung when the last socket of a terminating context is gone.
    done: Arc<Waker>,
    threads: Option<Threads>,
    /// Set by shutdown and by term: no new sockets.
    shut_down: bool,
    /// Set by term: the last socket to go says so.
    terminating: bool,
    /// `ZMQ_MAX_SOCKETS` as it was when the threads started.
    max_sockets: usize,
    /// Every socket that is open, or closed and not finished.
    sockets: HashMap<u64, Resident>,
}

/// What the context knows of a socket.
struct Resident {
    kind: Kind,
    mailbox: Arc<SocketMailbox>,
    /// The program has closed it.
    closed: bool,
}

/// A context; see the module's text.
pub(crate) struct Context {
    options: Mutex<CtxOptions>,
    state: Mutex<State>,
    registry: Registry,
    /// The fork generation that the context belongs to; a child may use one without threads.
    generation: AtomicU64,
    /// A socket was opened that others subscribe to.
    publishes: AtomicBool,
}

/// A place in the context's list of sockets.
pub(crate) struct Admission {
    /// The socket's number, unique in the process.
    pub(crate) id: u64,
    /// Its type.
    pub(crate) kind: Kind,
    /// Where commands for it go.
    pub(crate) mailbox: Arc<SocketMailbox>,
    /// The thread that will finish it.
    pub(crate) reaper: ReaperHandle,
    /// The threads that run its connections.
    pub(crate) io: IoThreads,
}

impl Context {
    /// A context without threads; fails only for want of a descriptor.
    pub(crate) fn new() -> Result<Context> {
        Ok(Context {
            options: Mutex::new(CtxOptions::new()),
            state: Mutex::new(State {
                done: Arc::new(Waker::descriptor()?),
                threads: None,
                shut_down: false,
                terminating: false,
                max_sockets: 0,
                sockets: HashMap::new(),
            }),
            registry: Registry::default(),
            generation: AtomicU64::new(fork::generation()),
            publishes: AtomicBool::new(false),
        })
    }

    /// The options.
    pub(crate) fn options(&self) -> &Mutex<CtxOptions> {
        &self.options
    }

    /// The inproc names.
    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Whether this process is a fork of the one whose threads serve the context. Nothing may be
    /// told to a mailbox then: the descriptors that it rings are shared with that process.
    #[inline]
    pub(crate) fn is_inherited(&self) -> bool {
        fork::generation() != self.generation.load(Ordering::Relaxed)
    }

    /// Makes a context that was inherited before it had threads this process's own.
    fn settle(&self, state: &mut State) -> Result<()> {
        if self.is_inherited() {
            if state.threads.is_some() {
                return Err(Error::Terminated);
            }
            state.done = Arc::new(Waker::descriptor()?);
            self.generation.store(fork::generation(), Ordering::Relaxed);
        }
        Ok(())
    }

    /// Takes a socket in, if there is place; `prepare` finds out what it is and makes its mailbox,
    /// or refuses.
    pub(crate) fn admit(
        &self,
        prepare: impl FnOnce() -> Result<(Kind, Arc<SocketMailbox>)>,
    ) -> Result<Admission> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let mut state = self.state.lock();
        if state.shut_down {
            return Err(Error::Terminated);
        }
        self.settle(&mut state)?;
        if state.threads.is_none() {
            let (threads, max_sockets) = self.start_threads()?;
            state.threads = Some(threads);
            state.max_sockets = max_sockets;
        }
        let Some(threads) = &state.threads else { return Err(Error::NoThread) };
        if state.sockets.len() >= state.max_sockets {
            let limit = state.max_sockets;
            log::say(format_args!(
                "no new socket: the context has {limit}, as many as its ZMQ_MAX_SOCKETS allows \
                 (raise it with zmq_ctx_set before the first zmq_socket)"
            ));
            return Err(Error::TooManySockets);
        }
        let reaper = threads.reaper.handle();
        let io = threads.io.iter().map(IoThread::handle).collect();
        let (kind, mailbox) = prepare()?;
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let resident = Resident { kind, mailbox: Arc::clone(&mailbox), closed: false };
        state.sockets.insert(id, resident);
        self.publishes.fetch_or(kind.is_subscribed_to(), Ordering::Relaxed);
        Ok(Admission { id, kind, mailbox, reaper, io })
    }

    fn start_threads(&self) -> Result<(Threads, usize)> {
        let options = self.options.lock();
        let reaper = Reaper::start(&thread_name(&options, "Reaper"), scheduling(&options))?;
        let mut threads = Threads { reaper, io: Vec::new() };
        for n in 0..options.io_threads {
            let name = thread_name(&options, &format!("IO/{n}"));
            match IoThread::start(&name, scheduling(&options)) {
                Ok(thread) => threads.io.push(thread),
                Err(error) => {
                    threads.stop();
                    return Err(error);
                }
            }
        }
        Ok((threads, usize::try_from(options.max_sockets).unwrap_or(0)))
    }

    /// Whether it has, or had, a socket that others subscribe to.
    pub(crate) fn publishes(&self) -> bool {
        self.publishes.load(Ordering::Relaxed)
    }

    /// The program has closed a socket.
    pub(crate) fn note_closed(&self, id: u64) {
        if let Some(resident) = self.state.lock().sockets.get_mut(&id) {
            resident.closed = true;
        }
    }

    /// A socket is finished: its place is free.
    pub(crate) fn remove(&self, id: u64) {
        let mut state = self.state.lock();
        state.sockets.remove(&id);
        if state.terminating && state.sockets.is_empty() {
            state.done.wake();
        }
    }

    /// No new sockets; every call on an existing one answers ETERM.
    pub(crate) fn shutdown(&self) {
        let mut state = self.state.lock();
        if !std::mem::replace(&mut state.shut_down, true) && !self.is_inherited() {
            state.sockets.values().for_each(|resident| resident.mailbox.push(Command::Stop));
        }
    }

    /// Shuts down, waits for the sockets, and ends the threads. After `Interrupted` the context is
    /// still there and this can be called again.
    pub(crate) fn terminate(&self) -> Result<()> {
        if self.settle(&mut self.state.lock()).is_err() {
            return Err(Error::Interrupted);
        }
        self.registry.close();
        self.shutdown();
        let mut patience = if log::wanted() { PATIENCE } else { -1 };
        while let Some(done) = self.unfinished() {
            match done.wait(done.mark(), Deadline::after_ms(patience)) {
                Err(Error::Again) => {
                    self.say_what_is_left();
                    patience = -1;
                }
                waited => waited?,
            }
        }
        if let Some(threads) = self.state.lock().threads.take() {
            threads.stop();
        }
        // The library may be unloaded next.
        depot::clear();
        Ok(())
    }

    /// What will be rung when the last socket is gone; none if it is.
    fn unfinished(&self) -> Option<Arc<Waker>> {
        let mut state = self.state.lock();
        state.terminating = true;
        (!state.sockets.is_empty()).then(|| Arc::clone(&state.done))
    }

    /// Tells what a context that does not end is waiting for.
    fn say_what_is_left(&self) {
        let state = self.state.lock();
        let (closed, open): (Vec<_>, Vec<_>) = state.sockets.values().partition(|it| it.closed);
        let kinds = |them: Vec<&Resident>| {
            them.iter().map(|it| format!("{:?}", it.kind)).collect::<Vec<_>>().join(", ")
        };
        log::say(format_args!(
            "zmq_ctx_term is waiting for sockets; not closed by the program: [{}]; closed, with \
             messages that their peers have not read: [{}]",
            kinds(open),
            kinds(closed),
        ));
    }
}

/// How long a context may take to end before that is worth a line, in milliseconds.
const PATIENCE: i64 = 1000;

/// The name of a thread, as tools show it.
fn thread_name(options: &CtxOptions, what: &str) -> Vec<u8> {
    let mut name = options.thread_name_prefix.clone();
    if !name.is_empty() {
        name.push(b'/');
    }
    name.extend_from_slice(b"ZMQbg/");
    name.extend_from_slice(what.as_bytes());
    name
}

/// What the context was told about its threads; -1 is "as the system has it".
fn scheduling(options: &CtxOptions) -> Scheduling {
    let told = |value: i32| (value >= 0).then_some(value);
    Scheduling {
        policy: told(options.thread_sched_policy),
        priority: told(options.thread_priority),
        cpus: options.thread_affinity.clone(),
    }
}

impl Threads {
    fn stop(self) {
        self.reaper.stop();
        self.io.into_iter().for_each(IoThread::stop);
    }
}
