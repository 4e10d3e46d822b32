//! Sockets for the tests of this room.

#![forbid(unsafe_code)]

use std::sync::Arc;

use parking_lot::Mutex;

use super::{POLLIN, POLLOUT};
use crate::core::context::Context;
use crate::core::kind::Kind;
use crate::error::Result;
use crate::msg::Msg;
use crate::socket::{DONTWAIT, SNDMORE, Socket};

/// A context that closes its sockets and terminates when it is dropped.
pub(super) struct World {
    pub(super) context: Arc<Context>,
    sockets: Mutex<Vec<Arc<Socket>>>,
}

impl World {
    /// A context without sockets.
    pub(super) fn new() -> World {
        let context = Arc::new(Context::new().expect("descriptors are left"));
        World { context, sockets: Mutex::default() }
    }

    /// An open socket.
    pub(super) fn socket(&self, kind: Kind) -> Arc<Socket> {
        let socket = Socket::open(&self.context, kind.number()).expect("descriptors are left");
        self.sockets.lock().push(Arc::clone(&socket));
        socket
    }

    /// Two sockets that are connected and know it.
    pub(super) fn pair(&self, bound: Kind, connected: Kind) -> (Arc<Socket>, Arc<Socket>) {
        let (bound, connected) = (self.socket(bound), self.socket(connected));
        self.connect(&bound, &connected);
        for socket in [&bound, &connected] {
            socket.events(POLLIN | POLLOUT).expect("the context lives");
        }
        (bound, connected)
    }

    /// Connects one socket to another.
    pub(super) fn connect(&self, bound: &Socket, connected: &Socket) {
        let endpoint = format!("inproc://{}-{}", bound.id(), connected.id());
        bound.bind(Some(endpoint.as_bytes())).expect("the name is new");
        connected.connect(Some(endpoint.as_bytes())).expect("it is bound");
    }

    /// Closes a socket before the world ends.
    pub(super) fn close(&self, socket: &Arc<Socket>) {
        self.sockets.lock().retain(|kept| !Arc::ptr_eq(kept, socket));
        Arc::clone(socket).close();
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.sockets.lock().drain(..).for_each(Socket::close);
        self.context.terminate().expect("no signal comes");
    }
}

/// Sends a message of some frames.
pub(super) fn send(socket: &Socket, frames: &[&str]) {
    for (at, frame) in frames.iter().enumerate() {
        let flags = if at + 1 < frames.len() { SNDMORE } else { 0 };
        let mut msg = Msg::from_slice(frame.as_bytes()).expect("small");
        socket.send(&mut msg, flags).expect("there is room");
    }
}

/// Receives a whole message.
pub(super) fn recv(socket: &Socket, flags: i32) -> Result<Vec<String>> {
    let mut frames = Vec::new();
    loop {
        let mut msg = Msg::empty();
        socket.recv(&mut msg, flags)?;
        frames.push(String::from_utf8_lossy(msg.data()).into_owned());
        if !msg.more() {
            return Ok(frames);
        }
    }
}

/// Whether there is a message.
pub(super) fn is_empty(socket: &Socket) -> bool {
    recv(socket, DONTWAIT).is_err()
}
