//! Messages on their way from one socket to another, as long as nobody has to wait.
//!
//! A proxy that calls `recv` and `send` locks a socket, looks at its mailbox and shows the message to
//! its reader each time. Here both sockets stay locked for a run of messages, and what is sent may be
//! shown to the readers in batches, so that those who sleep are woken for a batch and not for each
//! message. Nothing here waits.
//!
//! Two locks at once are no danger: the second one is only tried, and the release functions of
//! messages, which may use either socket, are called when both are free again.

#![forbid(unsafe_code)]

use parking_lot::MutexGuard;

use super::state::{CallDue, Socket, State};
use crate::core::kind::Kind;
use crate::error::{Error, Result};
use crate::msg::Msg;

/// As many messages are shown together. By the time that the first of them has waited for the last,
/// a thread that sleeps would not have been woken.
const BATCH: u32 = 64;

/// The way from one socket to another; see the module's text.
pub(crate) struct Passage<'a> {
    from: (&'a Socket, MutexGuard<'a, State>),
    to: (&'a Socket, MutexGuard<'a, State>),
    /// Messages that were sent and not shown yet.
    hidden: u32,
    _due: CallDue,
}

impl<'a> Passage<'a> {
    /// Locks both sockets; none if that is not possible, or not fair to other threads.
    pub(crate) fn open(from: &'a Socket, to: &'a Socket) -> Result<Option<Passage<'a>>> {
        if std::ptr::eq(from, to) || from.kind().thread_safe() || to.kind().thread_safe() {
            return Ok(None);
        }
        if from.context().is_inherited() || to.context().is_inherited() {
            return Err(Error::Interrupted);
        }
        let from = (from, from.lock_inner());
        let Some(second) = to.try_lock_inner() else { return Ok(None) };
        let mut to = (to, second);
        if holds_back(to.0.kind()) {
            to.1.base.pipes.cork();
        }
        Ok(Some(Passage { from, to, hidden: 0, _due: CallDue }))
    }

    /// Takes the first frame of a message, if there is one, and room for it.
    #[inline]
    pub(crate) fn begin(&mut self, msg: &mut Msg) -> Result<bool> {
        let (socket, state) = &mut self.to;
        socket.process(state)?;
        if !state.has_out() {
            return Ok(false);
        }
        let (socket, state) = &mut self.from;
        socket.process(state)?;
        or_again(state.recv(msg))
    }

    /// Takes the next frame of a message, if it is there.
    pub(crate) fn go_on(&mut self, msg: &mut Msg) -> Result<bool> {
        or_again(self.from.1.recv(msg))
    }

    /// Sends a frame, with the mark for more that it bears; false if there is no room, and then `msg` is
    /// as it was.
    #[inline]
    pub(crate) fn send(&mut self, msg: &mut Msg) -> Result<bool> {
        let state = &mut self.to.1;
        msg.set_metadata(None);
        state.base.may_wait = state.base.options.sndtimeo != 0;
        let sent = or_again(state.send(msg));
        self.hidden += 1;
        if self.hidden == BATCH {
            self.hidden = 0;
            state.base.pipes.flush_corked();
        }
        sent
    }
}

impl Drop for Passage<'_> {
    fn drop(&mut self) {
        self.to.1.base.pipes.uncork();
    }
}

/// Whether a socket of this kind has no room when its peer is full. Others throw away what a full
/// peer cannot take, and so must show it what there is at once.
fn holds_back(kind: Kind) -> bool {
    matches!(kind, Kind::Push | Kind::Dealer | Kind::Pair)
}

/// Whether it could be done now.
#[inline]
fn or_again(done: Result<()>) -> Result<bool> {
    match done {
        Ok(()) => Ok(true),
        Err(Error::Again) => Ok(false),
        Err(error) => Err(error),
    }
}
