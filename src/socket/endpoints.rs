//! Bind, connect, unbind, disconnect.

#![forbid(unsafe_code)]

use super::state::{Connected, Socket, State};
use crate::core::registry::Party;
use crate::error::{Error, Result};
use crate::transport::{Endpoint, Scheme};

impl Socket {
    /// Binds an endpoint, none being a NULL pointer; peers can connect when this returns.
    pub(crate) fn bind(&self, text: Option<&[u8]>) -> Result<()> {
        let mut state = self.enter()?;
        let text = text.ok_or(Error::Invalid)?;
        let endpoint = Endpoint::parse(text)?;
        match endpoint.scheme {
            Scheme::Inproc => {
                self.bind_inproc(&mut state, endpoint.address)?;
                text.clone_into(&mut state.base.options.last_endpoint);
                Ok(())
            }
            Scheme::Tcp | Scheme::Ipc => {
                self.bind_network(&mut state, endpoint.scheme, endpoint.address)
            }
            Scheme::Udp => self.refuse_udp(),
        }
    }

    /// No udp: for most types by design, for the others because it is not built.
    fn refuse_udp(&self) -> Result<()> {
        Err(if self.kind().speaks_udp() {
            Error::ProtocolNotSupported
        } else {
            Error::IncompatibleProtocol
        })
    }

    /// Binds a monitor's hidden socket: nothing lingers, and so many events fit.
    pub(super) fn bind_hidden(&self, text: &[u8], sndhwm: i32) -> Result<()> {
        {
            let options = &mut self.lock().base.options;
            options.linger = 0;
            options.sndhwm = sndhwm;
        }
        self.bind(Some(text))
    }

    /// Connects to an endpoint.
    pub(crate) fn connect(&self, text: Option<&[u8]>) -> Result<()> {
        let mut state = self.enter()?;
        self.connect_locked(&mut state, text.ok_or(Error::Invalid)?)
    }

    /// Connects, and returns the routing id of the new peer (`zmq_connect_peer`).
    pub(crate) fn connect_peer(&self, text: Option<&[u8]>) -> Result<u32> {
        let mut state = self.enter()?;
        if state.pattern.last_peer().is_none() {
            return Err(Error::NotSupported);
        }
        if state.base.options.immediate {
            return Err(Error::Fault);
        }
        self.connect_locked(&mut state, text.ok_or(Error::Invalid)?)?;
        state.pattern.last_peer().ok_or(Error::NotSupported)
    }

    fn connect_locked(&self, state: &mut State, text: &[u8]) -> Result<()> {
        let endpoint = Endpoint::parse(text)?;
        state.pattern.check_connect(&state.base)?;
        match endpoint.scheme {
            Scheme::Inproc => {
                self.connect_inproc(state, endpoint.address, text)?;
                text.clone_into(&mut state.base.options.last_endpoint);
                Ok(())
            }
            Scheme::Tcp | Scheme::Ipc => {
                self.connect_network(state, endpoint.scheme, endpoint.address, text)
            }
            Scheme::Udp => self.refuse_udp(),
        }
    }

    /// Takes back a bind or a connect: the two calls of the C surface are one.
    pub(crate) fn unbind_or_disconnect(&self, text: Option<&[u8]>) -> Result<()> {
        let mut state = self.enter()?;
        let text = text.ok_or(Error::Invalid)?;
        let endpoint = Endpoint::parse(text)?;
        match endpoint.scheme {
            Scheme::Inproc => self.drop_inproc(&mut state, endpoint.address, text),
            Scheme::Tcp | Scheme::Ipc => self.drop_network(&mut state, endpoint.scheme, text),
            Scheme::Udp => self.refuse_udp(),
        }
    }

    fn bind_inproc(&self, state: &mut State, name: &[u8]) -> Result<()> {
        let party = self.party(state);
        let waiting = self.context().registry().bind(name, self.id(), self.mailbox(), party)?;
        state.bound.push(name.to_owned());
        state.attach_all(waiting);
        self.tell_waiting();
        Ok(())
    }

    fn connect_inproc(&self, state: &mut State, name: &[u8], text: &[u8]) -> Result<()> {
        let end = self.context().registry().connect(name, &self.party(state))?;
        let id = end.id();
        let pipe = state.attach(end);
        self.tell_waiting();
        // A peer that refuses at once may have ended the pipe already.
        if state.base.pipes.get(pipe).is_some_and(|end| end.id() == id) {
            let endpoint = text.to_owned();
            state.connected.push(Connected { endpoint, pipe: Some(pipe), peer: None });
        }
        Ok(())
    }

    fn drop_inproc(&self, state: &mut State, name: &[u8], text: &[u8]) -> Result<()> {
        if self.context().registry().unbind(name, self.id()).is_ok() {
            state.bound.retain(|bound| bound != name);
            return Ok(());
        }
        if state.drop_connected(text) { Ok(()) } else { Err(Error::NoEntry) }
    }

    /// What this socket brings into an inproc connection.
    fn party(&self, state: &State) -> Party {
        let (kind, options) = (self.kind(), &state.base.options);
        let text = |wanted: bool, text: &Option<Vec<u8>>| text.clone().filter(|_| wanted);
        Party {
            answers: kind.answers_questions(),
            sndhwm: options.sndhwm,
            rcvhwm: options.rcvhwm,
            conflate: options.conflate && kind.conflates(),
            routing_id: options.routing_id.clone(),
            hello: text(kind.says_hello(), &options.hello_msg),
            farewell: text(kind.hears_farewell(), &options.disconnect_msg),
        }
    }
}
