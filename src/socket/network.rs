//! Bind, connect, unbind and disconnect over a network: what `endpoints` has found to be neither
//! inproc nor wrong.

#![forbid(unsafe_code)]

use std::sync::Arc;

use super::state::{Connected, Listening, Socket, State};
use crate::core::command::Command;
use crate::engine::{self, Event, Happening, Owner, Profile};
use crate::error::{Error, Result};
use crate::transport::{Listener, OpenError, Scheme, Target, numeric_endpoint};

impl Socket {
    /// Opens a listener; the endpoint, as it came to be, is the socket's last one.
    pub(super) fn bind_network(
        &self,
        state: &mut State,
        scheme: Scheme,
        address: &[u8],
    ) -> Result<()> {
        let thread = self.io().choose(state.base.options.affinity)?;
        let profile = self.profile(state)?;
        let listener = match Listener::open(scheme, address, profile.settings()) {
            Ok(listener) => listener,
            Err(failed) => return Err(self.report_failed(scheme, address, &failed)),
        };
        let endpoint = listener.endpoint().to_vec();
        let owner: Arc<dyn Owner> = self.tie().clone();
        let (options, threads) = (&state.base.options, self.io().clone());
        let listener = engine::start_listener(options, profile, owner, threads, thread, listener);
        state.listening.push(Listening { endpoint: endpoint.clone(), listener });
        state.base.options.last_endpoint = endpoint;
        self.mailbox().push(Command::Look);
        Ok(())
    }

    /// Tells the monitor why a listener could not be opened.
    fn report_failed(&self, scheme: Scheme, address: &[u8], failed: &OpenError) -> Error {
        if let Some(fd) = failed.closed {
            let what = Happening::Closed(fd);
            // Before it is bound, only ipc has a name.
            let local =
                if scheme == Scheme::Ipc { &[b"ipc://", address].concat() } else { &vec![] };
            self.tie().report(&Event { what, local, remote: b"", bound: true });
        }
        let what = Happening::BindFailed(failed.error.errno());
        self.tie().report(&Event { what, local: address, remote: b"", bound: true });
        failed.error
    }

    /// Begins to connect; whether that succeeds shows later.
    pub(super) fn connect_network(
        &self,
        state: &mut State,
        scheme: Scheme,
        address: &[u8],
        text: &[u8],
    ) -> Result<()> {
        if self.kind().connects_once() && state.knows(text) {
            return Ok(());
        }
        let thread = self.io().choose(state.base.options.affinity)?;
        let target = Target::parse(scheme, address)?;
        // Past a proxy that was asked for, nothing may go.
        if scheme == Scheme::Tcp && !state.base.options.socks_proxy.is_empty() {
            return Err(Error::NotSupported);
        }
        let profile = self.profile(state)?;
        let (near, far) = if state.base.options.immediate {
            (None, None)
        } else {
            let (near, far) = profile.pipe();
            (Some(near), Some(far))
        };
        let owner: Arc<dyn Owner> = self.tie().clone();
        let peer = engine::start_connecting(profile, owner, thread, target, text.to_vec(), far);
        let pipe = near.map(|near| state.attach(near));
        // Most sockets connect once; a vector left to itself begins with room for four.
        if state.connected.is_empty() {
            state.connected.reserve_exact(1);
        }
        state.connected.push(Connected { endpoint: text.to_owned(), pipe, peer: Some(peer) });
        // A program that only waits for its descriptor has not looked at the new pipe, and so would
        // not be told of what arrives there. libzmq makes the descriptor readable here, too.
        self.mailbox().push(Command::Look);
        self.tell_waiting();
        text.clone_into(&mut state.base.options.last_endpoint);
        Ok(())
    }

    /// The options as they are now, for the connections of one endpoint.
    fn profile(&self, state: &State) -> Result<Arc<Profile>> {
        Profile::new(&state.base.options).map(Arc::new).ok_or(Error::NotSupported)
    }

    /// Takes all binds and connects of a name back.
    pub(super) fn drop_network(
        &self,
        state: &mut State,
        scheme: Scheme,
        text: &[u8],
    ) -> Result<()> {
        if self.drop_named(state, text) {
            return Ok(());
        }
        let numeric = match scheme {
            Scheme::Tcp => numeric_endpoint(text, state.base.options.ipv6),
            Scheme::Inproc | Scheme::Ipc | Scheme::Udp => None,
        };
        match numeric {
            Some(numeric) if self.drop_named(state, &numeric) => Ok(()),
            Some(_) | None => Err(Error::NoEntry),
        }
    }

    fn drop_named(&self, state: &mut State, name: &[u8]) -> bool {
        let (unbound, kept) = std::mem::take(&mut state.listening)
            .into_iter()
            .partition::<Vec<_>, _>(|it| it.endpoint == name);
        state.listening = kept;
        unbound.iter().for_each(|it| it.listener.unbind());
        let disconnected = state.drop_connected(name);
        !unbound.is_empty() || disconnected
    }
}

impl State {
    /// Whether a connect or a bind has this name.
    fn knows(&self, name: &[u8]) -> bool {
        self.connected.iter().any(|it| it.endpoint == name)
            || self.listening.iter().any(|it| it.endpoint == name)
    }

    /// Takes all connects of a name back; false if there is none.
    pub(super) fn drop_connected(&mut self, name: &[u8]) -> bool {
        let (dropped, kept) = std::mem::take(&mut self.connected)
            .into_iter()
            .partition::<Vec<_>, _>(|connected| connected.endpoint == name);
        self.connected = kept;
        let linger = self.base.options.linger;
        for connected in &dropped {
            if let Some(pipe) = connected.pipe {
                self.base.pipes.disconnect(pipe, linger);
            }
            if let Some(peer) = &connected.peer {
                peer.close(linger);
            }
        }
        self.bury();
        !dropped.is_empty()
    }
}
