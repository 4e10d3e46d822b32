//! `zmq_setsockopt` and `zmq_getsockopt`: who is asked, in which order.

#![forbid(unsafe_code)]

use super::state::{Socket, State};
use super::transfer::{POLLIN, POLLOUT};
use crate::core::options::{self, Value};
use crate::core::pipes::PipeKey;
use crate::error::{Error, Result};

impl Socket {
    /// Sets an option. `value` is none for a NULL pointer, whatever `len` says then.
    ///
    /// The pattern is asked first; what it does not know, or refuses, goes to the table of options
    /// that all types have.
    pub(crate) fn set_option(&self, option: i32, value: Option<&[u8]>, len: usize) -> Result<()> {
        let mut state = self.lock_running()?;
        if value.is_none() && len > 0 && !options::takes_null_of_any_length(option) {
            return Err(Error::Invalid);
        }
        let bytes = value.unwrap_or_default();
        if self.context().is_inherited() {
            // What the pattern or the pipes would tell their peers, they would tell the parent's.
            return state.base.options.set(option, bytes, value.is_none());
        }
        let State { base, pattern, .. } = &mut *state;
        let mut result = pattern.set_option(base, option, bytes);
        if result == Err(Error::Invalid) {
            result = base.options.set(option, bytes, value.is_none());
            if result.is_ok() && matches!(option, options::SNDHWM | options::RCVHWM) {
                base.pipes.set_hwm(base.options.sndhwm, base.options.rcvhwm);
                // A pipe that was found full may have room now, without its peer doing anything.
                let pipes: Vec<PipeKey> = base.pipes.keys().collect();
                pipes.into_iter().for_each(|pipe| pattern.write_activated(base, pipe));
                self.tell_waiting();
            }
        }
        state.bury();
        result
    }

    /// Reads an option into a buffer of so many bytes.
    pub(crate) fn get_option(&self, option: i32, capacity: usize) -> Result<Value> {
        let mut state = self.lock_running()?;
        match option {
            options::RCVMORE => options::at_least_int(i32::from(state.rcvmore), capacity),
            options::FD => {
                let fd = self.exposed_fd(&state).ok_or(Error::Invalid)?;
                options::at_least_int(fd, capacity)
            }
            options::EVENTS => {
                if self.context().is_inherited() {
                    return Err(Error::Interrupted);
                }
                self.process(&mut state)?;
                let mut events = state.events(POLLIN | POLLOUT);
                if events & POLLIN == 0 && self.read_at_once_with(&mut state)? {
                    events = state.events(POLLIN | POLLOUT);
                }
                options::at_least_int(i32::from(events), capacity)
            }
            options::TYPE => options::exact_int(self.kind().number(), capacity),
            options::THREAD_SAFE => {
                options::at_least_int(i32::from(self.kind().thread_safe()), capacity)
            }
            _ => {
                let State { base, pattern, .. } = &mut *state;
                match pattern.get_option(base, option) {
                    Ok(value) if option == options::TOPICS_COUNT => {
                        options::at_least_int(value, capacity)
                    }
                    Ok(value) => options::exact_int(value, capacity),
                    Err(_) => base.options.get(option, capacity),
                }
            }
        }
    }

    /// The descriptor behind `ZMQ_FD`, which from now on shows all news.
    fn exposed_fd(&self, state: &State) -> Option<i32> {
        let fd = self.mailbox().waker()?.fd()?;
        if !self.context().is_inherited() {
            self.let_go_with(state);
            self.mailbox().expose();
        }
        Some(fd)
    }

    /// Joins a group.
    pub(crate) fn join(&self, group: Option<&[u8]>) -> Result<()> {
        let group = group.ok_or(Error::Invalid)?;
        self.with_pattern(|state| state.pattern.join(&mut state.base, group))
    }

    /// Leaves a group.
    pub(crate) fn leave(&self, group: Option<&[u8]>) -> Result<()> {
        let group = group.ok_or(Error::Invalid)?;
        self.with_pattern(|state| state.pattern.leave(&mut state.base, group))
    }

    /// Which events the peer with a routing id is ready for.
    pub(crate) fn peer_state(&self, routing_id: &[u8]) -> Result<i32> {
        self.with_pattern(|state| state.pattern.peer_state(&mut state.base, routing_id))
    }

    /// Ends the connection to a peer.
    pub(crate) fn disconnect_peer(&self, id: u32) -> Result<()> {
        self.with_pattern(|state| state.pattern.disconnect_peer(&mut state.base, id))
    }

    /// These calls work on, by the rules of the C surface, when the context is shut down.
    fn with_pattern<R>(&self, f: impl FnOnce(&mut State) -> Result<R>) -> Result<R> {
        if self.context().is_inherited() {
            return Err(Error::Interrupted);
        }
        let mut state = self.lock();
        let result = f(&mut state);
        state.bury();
        result
    }
}
