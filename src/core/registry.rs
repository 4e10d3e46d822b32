//! The inproc names of a context: who has bound what, and who waits for a bind.
//!
//! Connecting makes the whole pipe on the spot. Its far end goes to the binder's mailbox, or, if
//! nobody has bound the name yet, into a waiting line from which the bind takes it. Both happen
//! under this registry's lock, and a socket gives up its names before it gives up its mailbox; so a
//! far end is never sent to a socket that is gone, and no bind misses a waiting connect.

#![forbid(unsafe_code)]

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;

use super::command::{Command, SocketMailbox};
use super::lane::{LaneSpec, NO_PART};
use super::pipe::{PipeEnd, PipeSpec, pipe};
use crate::error::{Error, Result};
use crate::msg::{self, Msg};

/// What one side of an inproc connection brings along: a copy of its options at bind or connect.
#[derive(Clone, Debug, Default)]
pub(crate) struct Party {
    /// Whether its type can answer a multipart question that was put to it; counts for the binding
    /// side.
    pub(crate) answers: bool,
    /// Its `ZMQ_SNDHWM`.
    pub(crate) sndhwm: i32,
    /// Its `ZMQ_RCVHWM`.
    pub(crate) rcvhwm: i32,
    /// Whether its pipes keep the newest message only; counts for the connecting side.
    pub(crate) conflate: bool,
    /// Its `ZMQ_ROUTING_ID`.
    pub(crate) routing_id: Vec<u8>,
    /// What it says first to every peer.
    pub(crate) hello: Option<Vec<u8>>,
    /// What it wants to find in its queue when a peer goes; counts for the binding side.
    pub(crate) farewell: Option<Vec<u8>>,
}

/// Why there is nobody to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Absence {
    /// The name is not bound.
    Nobody,
    /// It is, by a socket that cannot answer.
    WrongType,
    /// The socket on whose behalf it is asked has gone.
    Gone,
}

struct Bound {
    socket: u64,
    mailbox: Arc<SocketMailbox>,
    party: Party,
}

#[derive(Default)]
struct State {
    bound: HashMap<Vec<u8>, Bound>,
    waiting: HashMap<Vec<u8>, Vec<PipeEnd>>,
    /// The context terminates: nobody will bind any more.
    closed: bool,
}

/// The names of a context.
#[derive(Default)]
pub(crate) struct Registry {
    state: Mutex<State>,
}

impl Registry {
    /// Gives a name to a socket; the pipes that wait for it come back, oldest first.
    pub(crate) fn bind(
        &self,
        name: &[u8],
        socket: u64,
        mailbox: &Arc<SocketMailbox>,
        party: Party,
    ) -> Result<Vec<PipeEnd>> {
        let mut state = self.state.lock();
        if state.bound.contains_key(name) {
            return Err(Error::AddrInUse);
        }
        let mut ends = state.waiting.remove(name).unwrap_or_default();
        for end in &mut ends {
            end.set_hwm(party.sndhwm, party.rcvhwm);
            greet(end, &party);
            end.introduce(party.routing_id.clone(), party.farewell.clone());
        }
        let bound = Bound { socket, mailbox: Arc::clone(mailbox), party };
        state.bound.insert(name.to_owned(), bound);
        Ok(ends)
    }

    /// Takes a name back; connections through it stay.
    pub(crate) fn unbind(&self, name: &[u8], socket: u64) -> Result<()> {
        let mut state = self.state.lock();
        match state.bound.get(name) {
            Some(bound) if bound.socket == socket => {
                state.bound.remove(name);
                Ok(())
            }
            _ => Err(Error::NoEntry),
        }
    }

    /// Connects to a name, bound already or not; returns the connecting end.
    pub(crate) fn connect(&self, name: &[u8], party: &Party) -> Result<PipeEnd> {
        self.state.lock().connect(name, party)
    }

    /// Connects to a name if somebody is there who answers questions, without limits to what the pipe
    /// holds; `Err` says whether it was somebody of another type.
    pub(crate) fn ask(&self, name: &[u8]) -> std::result::Result<PipeEnd, Absence> {
        match self.state.lock().bound.get(name) {
            None => Err(Absence::Nobody),
            Some(bound) if !bound.party.answers => Err(Absence::WrongType),
            Some(bound) => {
                // What the binder's options say to its peers is not for this one.
                let unlimited = || LaneSpec { conflate: false, writer_part: 0, reader_part: 0 };
                let (near, mut far) = pipe(PipeSpec { lanes: [unlimited(), unlimited()] });
                far.set_routing_id(Vec::new());
                bound.mailbox.push(Command::Attach(Box::new(far)));
                Ok(near)
            }
        }
    }

    /// The context terminates: what still waits for a bind is ended.
    pub(crate) fn close(&self) {
        let waiting = {
            let mut state = self.state.lock();
            state.closed = true;
            std::mem::take(&mut state.waiting)
        };
        // Outside of the lock, as the far ends are told, and as dropping messages calls back.
        drop(waiting);
        msg::call_due();
    }
}

impl State {
    /// See [`Registry::connect`].
    fn connect(&mut self, name: &[u8], party: &Party) -> Result<PipeEnd> {
        let binder = self.bound.get(name);
        let (snd_far, rcv_far) =
            binder.map_or((NO_PART, NO_PART), |b| (b.party.sndhwm, b.party.rcvhwm));
        let conflate = party.conflate;
        let (mut near, mut far) = pipe(PipeSpec {
            lanes: [
                LaneSpec { conflate, writer_part: party.sndhwm, reader_part: rcv_far },
                LaneSpec { conflate, writer_part: snd_far, reader_part: party.rcvhwm },
            ],
        });
        greet(&mut near, party);
        far.set_routing_id(party.routing_id.clone());
        match binder {
            Some(binder) => {
                greet(&mut far, &binder.party);
                near.set_routing_id(binder.party.routing_id.clone());
                near.set_farewell(binder.party.farewell.clone());
                binder.mailbox.push(Command::Attach(Box::new(far)));
            }
            None if self.closed => return Err(Error::Terminated),
            None => self.waiting.entry(name.to_owned()).or_default().push(far),
        }
        Ok(near)
    }
}

/// Puts a party's hello first into the lane that its end writes.
fn greet(end: &mut PipeEnd, party: &Party) {
    if let Some(Ok(hello)) = party.hello.as_deref().map(Msg::from_slice) {
        end.push(hello);
        end.flush();
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn what_waits_for_a_bind_is_released_at_the_end() {
        static RELEASES: AtomicUsize = AtomicUsize::new(0);
        let registry = Registry::default();
        let mut near = registry.connect(b"never", &Party::default()).expect("it is open");
        assert!(near.push(Msg::counting(&RELEASES)));
        near.flush();
        drop(near);
        assert_eq!(RELEASES.load(Ordering::Relaxed), 0);
        registry.close();
        assert_eq!(RELEASES.load(Ordering::Relaxed), 1);
    }
}
