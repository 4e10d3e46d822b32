//! RADIO: sends each message to the peers that have joined its group.
//!
//! Groups are compared as wholes, so the container of the publishers' prefixes is asked for exact
//! names only. A peer that joins twice has joined once: it joins again after a break of its link,
//! and one leave must undo both.

#![forbid(unsafe_code)]

use super::parts::distributor::Distributor;
use super::parts::switch::switch;
use super::parts::trie::MultiTrie;
use super::pattern::{Attach, Base, Pattern};
use crate::core::options;
use crate::core::pipes::PipeKey;
use crate::error::{Error, Result};
use crate::msg::{Kind, Msg};

/// A RADIO socket.
#[derive(Debug)]
pub(crate) struct Radio {
    distributor: Distributor,
    groups: MultiTrie,
    /// Peers that cannot join, as those behind UDP, and get every group.
    unasked: Vec<PipeKey>,
    nodrop: bool,
}

impl Radio {
    /// Without peers.
    pub(crate) fn new() -> Radio {
        Radio {
            distributor: Distributor::new(),
            groups: MultiTrie::new(),
            unasked: Vec::new(),
            nodrop: false,
        }
    }
}

impl Pattern for Radio {
    fn attach(&mut self, base: &mut Base, pipe: PipeKey, how: Attach) {
        self.distributor.attach(pipe);
        if how.subscribe_to_all {
            self.unasked.push(pipe);
        }
        self.read_activated(base, pipe);
    }

    fn detached(&mut self, _base: &mut Base, pipe: PipeKey) {
        self.distributor.detach(pipe);
        self.groups.remove_key(pipe, |_, _| {});
        self.unasked.retain(|&other| other != pipe);
    }

    fn send(&mut self, base: &mut Base, msg: &mut Msg) -> Result<()> {
        if msg.more() {
            return Err(Error::Invalid);
        }
        let distributor = &mut self.distributor;
        distributor.unmatch();
        self.groups.exact(msg.group().to_bytes(), |pipe| distributor.match_pipe(pipe));
        self.unasked.iter().for_each(|&pipe| distributor.match_pipe(pipe));
        if self.nodrop && !distributor.check_hwm(&mut base.pipes) {
            return Err(Error::Again);
        }
        distributor.send_to_matching(&mut base.pipes, msg);
        Ok(())
    }

    fn has_out(&mut self, _base: &mut Base) -> bool {
        true
    }

    fn read_activated(&mut self, base: &mut Base, pipe: PipeKey) {
        let mut msg = Msg::empty();
        while base.pipes.read(pipe, &mut msg) {
            let group = msg.group().to_bytes();
            match msg.kind() {
                Kind::Join => {
                    self.groups.add(group, pipe);
                }
                Kind::Leave => {
                    self.groups.remove(group, pipe);
                }
                Kind::Data | Kind::Request => {}
            }
        }
    }

    fn write_activated(&mut self, _base: &mut Base, pipe: PipeKey) {
        self.distributor.write_activated(pipe);
    }

    fn set_option(&mut self, _base: &mut Base, option: i32, value: &[u8]) -> Result<()> {
        match option {
            options::XPUB_NODROP => self.nodrop = switch(value)?,
            _ => return Err(Error::Invalid),
        }
        Ok(())
    }
}

#[cfg(test)]
impl Radio {
    /// How many groups have members.
    pub(crate) fn group_count(&self) -> usize {
        self.groups.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::socket::dish::Dish;
    use crate::socket::testing::{Rig, connect};

    #[test]
    fn a_peer_that_cannot_join_gets_every_group() {
        let (mut radio, mut dish) = (Rig::write_only(Radio::new()), Rig::new(Dish::new()));
        let (_, far) = connect(&mut dish, &mut radio);
        radio.pattern.detached(&mut radio.base, far);
        let how = Attach { subscribe_to_all: true, locally_initiated: true };
        radio.pattern.attach(&mut radio.base, far, how);
        let mut msg = Msg::from_slice(b"x").unwrap();
        msg.set_group(b"any");
        radio.send_msg(&mut msg).unwrap();
        dish.pattern.join(&mut dish.base, b"any").unwrap();
        // It came before the group was joined here, and is judged when it is received.
        assert_eq!(dish.recv_msg().unwrap().data(), b"x");
        // Joining on top of that does not make it two messages.
        let mut msg = Msg::from_slice(b"y").unwrap();
        msg.set_group(b"any");
        radio.send_msg(&mut msg).unwrap();
        assert_eq!(dish.recv_msg().unwrap().data(), b"y");
        assert_eq!(dish.recv_msg().err(), Some(Error::Again));
    }
}
