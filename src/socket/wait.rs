//! Waiting for a socket to have news.
//!
//! A socket that waits for input looks for a while before it sleeps, if that has paid lately
//! ([`Spin`](crate::core::spin::Spin)), and meanwhile reads its connections itself, if they are few
//! ([`Pump`]). What it reads reaches it like everything else, through the pipe and the mailbox.

#![forbid(unsafe_code)]

use std::os::fd::RawFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::state::{Locked, Socket, State};
use crate::core::deadline::Deadline;
use crate::core::pump::Pump;
use crate::core::waker::MOST_OTHERS;
use crate::error::{Error, Result};
use crate::msg;
use crate::sys::signals::AllBlocked;

/// More connections than this are left to the I/O thread.
const FEW: usize = MOST_OTHERS;

/// So many frames between two waits are a stream.
const STREAM: u32 = 8;

/// The connections that a waiting thread runs.
type Pumps = [Option<Arc<dyn Pump>>; FEW];

/// A wait in progress.
pub(super) struct Wait {
    deadline: Deadline,
    /// A signal has come.
    interrupted: bool,
}

impl Wait {
    /// A wait of at most so many milliseconds; -1 is for ever.
    pub(super) fn new(timeout: i32) -> Wait {
        Wait { deadline: Deadline::after_ms(i64::from(timeout)), interrupted: false }
    }

    /// Waits until the socket's mailbox has news, and works them off.
    pub(super) fn for_room<'a>(
        &mut self,
        socket: &'a Socket,
        state: Locked<'a>,
    ) -> Result<Locked<'a>> {
        self.sleep(socket, state, &Pumps::default(), None)
    }

    /// Waits until the socket's mailbox has news, and works them off; looks for input meanwhile.
    pub(super) fn for_input<'a>(
        &mut self,
        socket: &'a Socket,
        mut state: Locked<'a>,
    ) -> Result<Locked<'a>> {
        if self.interrupted {
            return Err(Error::Interrupted);
        }
        if socket.kind().thread_safe() || self.deadline.passed() {
            return self.for_room(socket, state);
        }
        state.base.pipes.hurry();
        let pumps = socket.pumps(&state);
        let streams = std::mem::take(&mut state.received) >= STREAM;
        if streams && pumps.iter().all(Option::is_none) {
            state.spin.pause();
        }
        let held = state.spin.look(|| look(&pumps, || socket.mailbox().has_news()));
        if socket.mailbox().has_news() {
            // If the news are not what is waited for, the signal was.
            self.interrupted |= held.is_some_and(AllBlocked::let_in);
            socket.process(&mut state)?;
            return Ok(state);
        }
        self.sleep(socket, state, &pumps, held)
    }

    /// Sleeps until the socket's mailbox has news, or a connection that is read here has input.
    ///
    /// A thread-safe socket is unlocked meanwhile. Its waker's mark is taken before that, so that
    /// news which another thread works off between the unlock and the wait still end the wait.
    fn sleep<'a>(
        &mut self,
        socket: &'a Socket,
        mut state: Locked<'a>,
        pumps: &Pumps,
        held: Option<AllBlocked>,
    ) -> Result<Locked<'a>> {
        let Some(waker) = socket.mailbox().waker() else { return Err(Error::Again) };
        if self.deadline.passed() {
            return Err(Error::Again);
        }
        // What is called then is the program's, which may want its signals.
        let held = held.filter(|_| !msg::is_due());
        state.call_due();
        let mark = waker.mark();
        if socket.mailbox().arm() {
            let waited = if socket.kind().thread_safe() {
                state.unlocked(|| waker.wait(mark, self.deadline))
            } else {
                waker.wait_or_input(mark, self.deadline, &fds(pumps), held.as_ref())
            };
            drop(held);
            socket.mailbox().disarm();
            socket.leave_closed(&state);
            // What came in the last moment is still looked at before giving up.
            if waited != Err(Error::Again) {
                waited?;
            }
            pull_owned(pumps);
        } else {
            // News have come; if they are not what is waited for, a signal was.
            self.interrupted |= held.is_some_and(AllBlocked::let_in);
        }
        socket.process(&mut state)?;
        Ok(state)
    }
}

/// What to wait on besides the mailbox.
fn fds(pumps: &Pumps) -> [Option<RawFd>; FEW] {
    pumps.each_ref().map(|pump| pump.as_ref()?.reads_here())
}

/// One look for news: whether there are any, or that it makes no sense to wait for them like this.
///
/// A queue that was filled a moment ago is news, and not one that its reader does not want; but what is
/// read here only is not to wait for whoever else has news all the time.
fn look(pumps: &Pumps, news: impl Fn() -> bool) -> Option<bool> {
    if news() {
        pull_owned(pumps);
        return Some(true);
    }
    let alone = pull(pumps);
    if news() { Some(true) } else { (!alone).then_some(false) }
}

/// Reads what has arrived, and from now on; false if there are only connections that do not want
/// that for the time being.
fn pull(pumps: &Pumps) -> bool {
    let (mut all, mut pulled) = (0, 0);
    for pump in pumps.iter().flatten() {
        all += 1;
        pulled += usize::from(pump.pull());
    }
    all == 0 || pulled > 0
}

/// Reads what has arrived where the I/O thread does not; whether there is such a place.
fn pull_owned(pumps: &Pumps) -> bool {
    let owned = pumps.iter().flatten().filter(|pump| pump.reads_here().is_some());
    owned.fold(false, |_, pump| {
        pump.pull();
        true
    })
}

impl Socket {
    /// The connections that a thread which waits for input may read; none if the program waits with
    /// `ZMQ_FD`, which shows nothing of them.
    ///
    /// None either where something is published: a peer that subscribes, and then tells another socket
    /// that it is ready, has a right to hear what is published next. The I/O thread looks at
    /// subscriptions first; a thread that read the other message itself would be ahead of it.
    fn pumps(&self, state: &State) -> Pumps {
        if self.kind().thread_safe() || self.mailbox().is_exposed() {
            return Pumps::default();
        }
        if self.context().publishes() {
            self.let_go_with(state);
            return Pumps::default();
        }
        self.reads_itself.store(true, Ordering::Relaxed);
        let pumps: Pumps = state.base.pipes.pumps();
        self.found_few.store(pumps.iter().any(Option::is_some), Ordering::Relaxed);
        pumps
    }

    /// Whether the thread that uses this socket read its connections when it waited last. That is a
    /// guess at what it will do: whoever relies on it looks again soon.
    pub(super) fn reads_when_it_waits(&self) -> bool {
        let reads = self.may_read_itself() && self.found_few.load(Ordering::Relaxed);
        reads && !self.mailbox().is_exposed() && !self.context().publishes()
    }

    /// Whether a connection may have been left to this socket's own thread.
    #[inline]
    pub(crate) fn may_read_itself(&self) -> bool {
        self.reads_itself.load(Ordering::Relaxed)
    }

    /// Reads what has arrived on connections that were left to this socket's own thread when it waited
    /// last, for a call that does not wait; whether it has news now.
    pub(crate) fn read_at_once(&self) -> Result<bool> {
        self.read_at_once_with(&mut self.lock())
    }

    /// As `read_at_once`, under the socket's lock.
    pub(super) fn read_at_once_with(&self, state: &mut State) -> Result<bool> {
        if !self.may_read_itself() {
            return Ok(false);
        }
        if !pull_owned(&self.pumps(state)) {
            // What is left to this thread until it waits again, the I/O thread sees to after a while; and
            // who looks at many sockets need not look for it at all of them each time.
            self.reads_itself.store(false, Ordering::Relaxed);
        }
        let news = self.mailbox().has_news();
        self.process(state)?;
        Ok(news)
    }

    /// Leaves reading to the I/O threads, before a wait in which nobody else would read.
    fn let_go(&self) {
        if self.may_read_itself() {
            self.let_go_with(&self.lock());
        }
    }

    /// As `let_go`, under the socket's lock.
    pub(super) fn let_go_with(&self, state: &State) {
        if self.may_read_itself() {
            self.reads_itself.store(false, Ordering::Relaxed);
            state.base.pipes.each_pump(|pump| pump.let_go());
        }
    }
}

/// The sockets that one thread waits for at the same time, if they are few, and their connections.
#[derive(Default)]
pub(crate) struct Together<'a> {
    sockets: [Option<&'a Socket>; FEW],
    pumps: Pumps,
}

impl<'a> Together<'a> {
    /// Takes in sockets that are waited for; if they or their connections are too many, none.
    pub(crate) fn of(sockets: impl Iterator<Item = &'a Socket> + Clone) -> Together<'a> {
        let mut together = Together::default();
        for socket in sockets.clone() {
            if !together.add(socket) {
                sockets.for_each(Socket::let_go);
                return Together::default();
            }
        }
        together
    }

    fn add(&mut self, socket: &'a Socket) -> bool {
        let Some(place) = self.sockets.iter_mut().find(|place| place.is_none()) else {
            return false;
        };
        *place = Some(socket);
        let mut state = socket.lock();
        state.base.pipes.hurry();
        let pumps = socket.pumps(&state);
        drop(state);
        pumps.into_iter().flatten().all(|pump| {
            let place = self.pumps.iter_mut().find(|place| place.is_none());
            place.map(|place| *place = Some(pump)).is_some()
        })
    }

    /// Looks for news for a while, if that has paid lately; whether there are any, and what signals
    /// are held until the thread sleeps.
    pub(crate) fn look(&self) -> (bool, Option<AllBlocked>) {
        let sockets = self.sockets.iter().flatten();
        let Some(first) = sockets.clone().next() else { return (false, None) };
        let news = || sockets.clone().any(|socket| socket.mailbox().has_news());
        let mut state = first.lock();
        let held = state.spin.look(|| look(&self.pumps, news)).filter(|_| !msg::is_due());
        drop(state);
        (news(), held)
    }

    /// What to wait on besides the mailboxes.
    pub(crate) fn fds(&self) -> [Option<RawFd>; FEW] {
        fds(&self.pumps)
    }

    /// Reads what has arrived where the I/O thread does not.
    pub(crate) fn pull_owned(&self) {
        pull_owned(&self.pumps);
    }
}
