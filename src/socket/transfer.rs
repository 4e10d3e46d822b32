//! Sending and receiving, and waiting for it to become possible.

#![forbid(unsafe_code)]

use super::pattern::SHORT;
use super::state::{Locked, Socket, State};
use super::wait::Wait;
use crate::error::{Error, Result};
use crate::msg::Msg;
use crate::sys::memory::Buffer;

/// `ZMQ_DONTWAIT`
pub(crate) const DONTWAIT: i32 = 1;
/// `ZMQ_SNDMORE`
pub(crate) const SNDMORE: i32 = 2;
/// `ZMQ_POLLIN`
pub(crate) const POLLIN: i16 = 1;
/// `ZMQ_POLLOUT`
pub(crate) const POLLOUT: i16 = 2;

impl Socket {
    /// Sends one frame; on success `msg` is empty, on failure it keeps its content.
    #[inline(always)]
    pub(crate) fn send(&self, msg: &mut Msg, flags: i32) -> Result<()> {
        let state = self.enter()?;
        self.send_locked(state, msg, flags)
    }

    /// Sends a copy of `data` as one frame.
    #[inline(always)]
    pub(crate) fn send_copy(&self, data: &[u8], flags: i32) -> Result<()> {
        let in_place = self.kind().copies_in_place() & (data.len() <= SHORT);
        let mut msg = Msg::empty();
        if !in_place || flags & SNDMORE != 0 {
            msg.set_content(data)?;
            return self.send(&mut msg, flags);
        }
        let mut state = self.enter()?;
        if state.send_copy(data) {
            return Ok(());
        }
        msg.set_content(data)?;
        self.send_locked(state, &mut msg, flags)
    }

    /// As `send`, with the socket locked and its news worked off.
    #[inline(always)]
    fn send_locked<'a>(&'a self, mut state: Locked<'a>, msg: &mut Msg, flags: i32) -> Result<()> {
        msg.set_outgoing(flags & SNDMORE != 0);
        state.base.may_wait = (flags & DONTWAIT == 0) & (state.base.options.sndtimeo != 0);
        match state.send(msg) {
            Ok(()) => Ok(()),
            Err(error) => self.send_later(state, msg, flags, error),
        }
    }

    /// Waits for room and then sends, if the error was that there is none and the call may wait.
    #[inline(never)]
    fn send_later<'a>(
        &'a self,
        mut state: Locked<'a>,
        msg: &mut Msg,
        flags: i32,
        error: Error,
    ) -> Result<()> {
        if error != Error::Again || flags & DONTWAIT != 0 {
            return Err(error);
        }
        let mut wait = Wait::new(state.base.options.sndtimeo);
        loop {
            state = wait.for_room(self, state)?;
            match state.send(msg) {
                Err(Error::Again) => {}
                done => return done,
            }
        }
    }

    /// Receives one frame into `msg`, whose old content is released.
    #[inline(always)]
    pub(crate) fn recv(&self, msg: &mut Msg, flags: i32) -> Result<()> {
        let state = self.enter()?;
        self.recv_locked(state, msg, flags)
    }

    /// Receives one frame, copies what fits of it, and returns its whole length.
    #[inline(always)]
    pub(crate) fn recv_copy(&self, into: &mut Buffer, flags: i32) -> Result<usize> {
        let mut state = self.enter()?;
        if self.kind().copies_in_place() {
            if let Some(length) = state.recv_copy(into) {
                return Ok(length);
            }
        }
        let mut msg = Msg::empty();
        self.recv_locked(state, &mut msg, flags)?;
        let length = msg.len();
        into.fill(msg.data());
        msg.end();
        Ok(length)
    }

    /// As `recv`, with the socket locked and its news worked off.
    #[inline(always)]
    fn recv_locked<'a>(&'a self, mut state: Locked<'a>, msg: &mut Msg, flags: i32) -> Result<()> {
        match state.recv(msg) {
            Ok(()) => Ok(()),
            Err(error) => self.recv_later(state, msg, flags, error),
        }
    }

    /// Waits for a frame and then receives it, if the error was that there is none and the call may
    /// wait.
    #[inline(never)]
    fn recv_later<'a>(
        &'a self,
        mut state: Locked<'a>,
        msg: &mut Msg,
        flags: i32,
        error: Error,
    ) -> Result<()> {
        if error != Error::Again {
            return Err(error);
        }
        if !state.pattern.keeps_message() {
            *msg = Msg::empty();
        }
        if flags & DONTWAIT != 0 || state.base.options.rcvtimeo == 0 {
            return if self.read_at_once_with(&mut state)? { state.recv(msg) } else { Err(error) };
        }
        let mut wait = Wait::new(state.base.options.rcvtimeo);
        loop {
            state = wait.for_input(self, state)?;
            match state.recv(msg) {
                Err(Error::Again) => {}
                done => return done,
            }
        }
    }

    /// What the socket is ready for, of what is wanted. To find out the rest would be to look at memory
    /// that a program with many idle sockets has long had to give up its place in the cache.
    pub(crate) fn events(&self, wanted: i16) -> Result<i16> {
        Ok(self.enter()?.events(wanted))
    }
}

impl State {
    #[inline]
    pub(super) fn send(&mut self, msg: &mut Msg) -> Result<()> {
        let result = self.pattern.send(&mut self.base, msg);
        self.bury();
        result
    }

    /// See `Pattern::send_copy`.
    #[inline]
    fn send_copy(&mut self, data: &[u8]) -> bool {
        let sent = self.pattern.send_copy(&mut self.base, data);
        self.bury();
        sent
    }

    /// See `Pattern::recv_copy`.
    #[inline]
    fn recv_copy(&mut self, into: &mut Buffer) -> Option<usize> {
        let length = self.pattern.recv_copy(&mut self.base, into)?;
        self.rcvmore = false;
        self.received = self.received.wrapping_add(1);
        Some(length)
    }

    #[inline]
    pub(super) fn recv(&mut self, msg: &mut Msg) -> Result<()> {
        let result = self.pattern.recv(&mut self.base, msg);
        if result.is_ok() {
            self.rcvmore = msg.more();
            self.received = self.received.wrapping_add(1);
        }
        self.bury();
        result
    }

    /// Whether the pattern takes a frame now.
    #[inline]
    pub(super) fn has_out(&mut self) -> bool {
        let has_out = self.pattern.has_out(&mut self.base);
        self.bury();
        has_out
    }

    /// What the pattern is ready for, of what is wanted.
    pub(super) fn events(&mut self, wanted: i16) -> i16 {
        let State { base, pattern, .. } = self;
        let input = if wanted & POLLIN != 0 && pattern.has_in(base) { POLLIN } else { 0 };
        let output = if wanted & POLLOUT != 0 && pattern.has_out(base) { POLLOUT } else { 0 };
        self.bury();
        input | output
    }
}

impl Socket {
    /// Sends a whole message, or nothing, through a monitor's hidden socket: it neither waits nor
    /// minds that the context is shut down, as the last event reports just that.
    pub(super) fn send_hidden(&self, frames: &mut [Msg]) -> Result<()> {
        let mut state = self.lock_inner();
        // ETERM is not for us.
        let _ = self.process(&mut state);
        frames.iter_mut().try_for_each(|frame| state.send(frame))
    }

    /// Works off the mailbox of a monitor's hidden socket.
    pub(super) fn catch_up(&self) {
        let _ = self.process(&mut self.lock_inner());
    }
}
