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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::options;
    use crate::socket::radio::Radio;
    use crate::socket::testing::{Rig, connect};

    fn pair() -> (Rig<Dish>, Rig<Radio>) {
        let (mut dish, mut radio) = (Rig::new(Dish::new()), Rig::write_only(Radio::new()));
        connect(&mut dish, &mut radio);
        (dish, radio)
    }

    fn join(dish: &mut Rig<Dish>, group: &[u8]) -> Result<()> {
        dish.pattern.join(&mut dish.base, group)
    }

    fn leave(dish: &mut Rig<Dish>, group: &[u8]) -> Result<()> {
        dish.pattern.leave(&mut dish.base, group)
    }

    fn send(radio: &mut Rig<Radio>, group: &[u8], data: &[u8]) -> Result<()> {
        let mut msg = Msg::from_slice(data).expect("memory");
        msg.set_group(group);
        radio.send_msg(&mut msg)
    }

    /// All messages that can be received, with their groups.
    fn all(dish: &mut Rig<Dish>) -> Vec<(Vec<u8>, Vec<u8>)> {
        let received = std::iter::from_fn(|| dish.recv_msg().ok());
        received.map(|msg| (msg.group().to_bytes().to_vec(), msg.data().to_vec())).collect()
    }

    fn pairs(expected: &[(&[u8], &[u8])]) -> Vec<(Vec<u8>, Vec<u8>)> {
        expected.iter().map(|(group, data)| (group.to_vec(), data.to_vec())).collect()
    }

    #[test]
    fn fresh_sockets_answer_as_documented() {
        let (mut dish, mut radio) = (Rig::new(Dish::new()), Rig::write_only(Radio::new()));
        assert_eq!(dish.send(&[b"x"]), Err(Error::NotSupported));
        assert_eq!(dish.recv_msg().err(), Some(Error::Again));
        assert!(dish.has_out() && !dish.has_in());
        assert_eq!(radio.send(&[b"dropped"]), Ok(()));
        assert_eq!(radio.recv_msg().err(), Some(Error::NotSupported));
        assert!(radio.has_out() && !radio.has_in());
        assert_eq!(radio.pattern.join(&mut radio.base, b"g"), Err(Error::NotSupported));
        assert_eq!(radio.send_frame(b"x", true), Err(Error::Invalid));
    }

    #[test]
    fn groups_are_joined_once_and_left_once() {
        let (mut dish, _radio) = pair();
        let long = [b'g'; 255];
        assert_eq!(join(&mut dish, &long), Ok(()));
        assert_eq!(join(&mut dish, &long), Err(Error::Invalid));
        assert_eq!(join(&mut dish, &[b'g'; 256]), Err(Error::Invalid));
        assert_eq!(leave(&mut dish, &[b'g'; 256]), Err(Error::Invalid));
        assert_eq!(leave(&mut dish, b"other"), Err(Error::Invalid));
        assert_eq!(leave(&mut dish, &long), Ok(()));
        assert_eq!(leave(&mut dish, &long), Err(Error::Invalid));
    }

    #[test]
    fn only_messages_of_joined_groups_arrive() {
        let (mut dish, mut radio) = pair();
        for group in [&b"a"[..], b"", b"a group with a long name"] {
            join(&mut dish, group).unwrap();
        }
        for group in [&b"a"[..], b"A", b"ab", b"", b"a group with a long name"] {
            send(&mut radio, group, b"x").unwrap();
        }
        assert!(dish.has_in());
        let expected: [(&[u8], &[u8]); 3] =
            [(b"a", b"x"), (b"", b"x"), (b"a group with a long name", b"x")];
        assert_eq!(all(&mut dish), pairs(&expected));
        leave(&mut dish, b"a").unwrap();
        send(&mut radio, b"a", b"y").unwrap();
        assert!(!dish.has_in());
    }

    #[test]
    fn what_is_on_its_way_when_a_group_is_left_does_not_arrive() {
        let (mut dish, mut radio) = pair();
        join(&mut dish, b"a").unwrap();
        join(&mut dish, b"b").unwrap();
        for group in [b"a", b"a", b"b"] {
            send(&mut radio, group, b"x").unwrap();
        }
        assert!(dish.has_in());
        leave(&mut dish, b"a").unwrap();
        assert_eq!(all(&mut dish), pairs(&[(b"b", b"x")]));
    }

    #[test]
    fn joins_reach_later_and_returning_peers() {
        let (mut dish, mut first) = pair();
        join(&mut dish, b"a").unwrap();
        let mut second = Rig::write_only(Radio::new());
        connect(&mut dish, &mut second);
        send(&mut second, b"a", b"2").unwrap();
        assert_eq!(all(&mut dish), pairs(&[(b"a", b"2")]));

        leave(&mut dish, b"a").unwrap();
        first.process();
        assert_eq!(first.pattern.group_count(), 0);
    }

    #[test]
    fn a_dish_that_goes_is_forgotten() {
        let (mut dish, mut radio) = pair();
        join(&mut dish, b"a").unwrap();
        send(&mut radio, b"a", b"x").unwrap();
        dish.disconnect();
        assert_eq!(radio.pipe_count(), 0);
        let mut next = Rig::new(Dish::new());
        connect(&mut next, &mut radio);
        send(&mut radio, b"a", b"y").unwrap();
        join(&mut next, b"a").unwrap();
        assert!(!next.has_in());
    }

    #[test]
    fn a_full_dish_is_passed_over_or_waited_for() {
        let mut dish = Rig::new(Dish::new()).with_hwm(1);
        let mut radio = Rig::write_only(Radio::new()).with_hwm(1);
        connect(&mut dish, &mut radio);
        for group in [b"a", b"b", b"c"] {
            join(&mut dish, group).unwrap();
        }
        for _ in 0..3 {
            send(&mut radio, b"a", b"x").unwrap();
        }
        assert_eq!(radio.set(options::XPUB_NODROP, -1), Err(Error::Invalid));
        assert_eq!(radio.set(options::XPUB_VERBOSE, 1), Err(Error::Invalid));
        radio.set(options::XPUB_NODROP, 1).unwrap();
        assert_eq!(send(&mut radio, b"c", b"x"), Err(Error::Again));
        assert_eq!(send(&mut radio, b"other", b"x"), Ok(()));
        assert_eq!(all(&mut dish).len(), 2);
        assert_eq!(send(&mut radio, b"c", b"x"), Ok(()));
    }
}
