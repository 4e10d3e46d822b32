//! DISH: joins groups and receives their messages from all its peers in turn.
//!
//! It filters what it receives although RADIO has done so: over UDP nobody else does, and what was
//! on its way when a group was left is not wanted any more.

#![forbid(unsafe_code)]

use std::collections::HashSet;

use super::parts::distributor::Distributor;
use super::parts::fair_queue::FairQueue;
use super::pattern::{Attach, Base, Pattern};
use crate::core::pipes::PipeKey;
use crate::error::{Error, Result};
use crate::msg::{Kind, Msg};

/// The longest name of a group (`ZMQ_GROUP_MAX_LENGTH`).
const GROUP_MAX: usize = 255;

/// A DISH socket.
#[derive(Debug)]
pub(crate) struct Dish {
    queue: FairQueue,
    distributor: Distributor,
    groups: HashSet<Vec<u8>>,
    /// A message that passed the filter before the application asked for it.
    ahead: Option<Msg>,
}

impl Dish {
    /// Without peers and groups.
    pub(crate) fn new() -> Dish {
        Dish {
            queue: FairQueue::new(),
            distributor: Distributor::new(),
            groups: HashSet::new(),
            ahead: None,
        }
    }

    /// Joins every group at one peer.
    fn send_joins(&self, base: &mut Base, pipe: PipeKey) {
        for group in &self.groups {
            base.pipes.push(pipe, membership(Kind::Join, group));
        }
        base.pipes.flush(pipe);
    }

    /// Reads the next message of a group that was joined; false: there is none.
    fn next(&mut self, base: &mut Base, msg: &mut Msg) -> bool {
        while self.queue.recv_single(&mut base.pipes, msg).is_some() {
            if msg.kind() == Kind::Data && self.groups.contains(msg.group().to_bytes()) {
                return true;
            }
        }
        false
    }
}

impl Pattern for Dish {
    fn attach(&mut self, base: &mut Base, pipe: PipeKey, _how: Attach) {
        self.queue.attach(pipe);
        self.distributor.attach(pipe);
        self.send_joins(base, pipe);
    }

    fn detached(&mut self, _base: &mut Base, pipe: PipeKey) {
        self.queue.detach(pipe);
        self.distributor.detach(pipe);
    }

    fn recv(&mut self, base: &mut Base, msg: &mut Msg) -> Result<()> {
        if let Some(ahead) = self.ahead.take() {
            *msg = ahead;
            return Ok(());
        }
        if self.next(base, msg) { Ok(()) } else { Err(Error::Again) }
    }

    fn has_in(&mut self, base: &mut Base) -> bool {
        if self.ahead.is_none() {
            let mut msg = Msg::empty();
            self.ahead = self.next(base, &mut msg).then_some(msg);
        }
        self.ahead.is_some()
    }

    /// It cannot send, and libzmq says that it can; programs see that in `ZMQ_EVENTS`.
    fn has_out(&mut self, _base: &mut Base) -> bool {
        true
    }

    fn read_activated(&mut self, _base: &mut Base, pipe: PipeKey) {
        self.queue.read_activated(pipe);
    }

    fn hiccuped(&mut self, base: &mut Base, pipe: PipeKey) {
        self.send_joins(base, pipe);
    }

    fn join(&mut self, base: &mut Base, group: &[u8]) -> Result<()> {
        if group.len() > GROUP_MAX || !self.groups.insert(group.to_vec()) {
            return Err(Error::Invalid);
        }
        let mut msg = membership(Kind::Join, group);
        self.distributor.push_to_all(&mut base.pipes, &mut msg);
        Ok(())
    }

    fn leave(&mut self, base: &mut Base, group: &[u8]) -> Result<()> {
        if !self.groups.remove(group) {
            return Err(Error::Invalid);
        }
        self.ahead.take_if(|msg| msg.group().to_bytes() == group);
        let mut msg = membership(Kind::Leave, group);
        self.distributor.push_to_all(&mut base.pipes, &mut msg);
        Ok(())
    }
}

/// The message that joins or leaves a group.
fn membership(kind: Kind, group: &[u8]) -> Msg {
    let mut msg = Msg::empty();
    msg.set_kind(kind);
    msg.set_group(group);
    msg
}
