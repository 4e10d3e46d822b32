//! Sending one message to many pipes.
//!
//! Who receives a message is settled at its first frame: the pipes chosen then that have room. A
//! pipe without room is passed over for the whole message, a pipe that comes, or gets room, in the
//! middle of one takes part from the next. So nobody ever gets part of a message and sending never
//! waits. The receivers of the current message are a list of their own, which makes "from the next
//! message on" hold by itself: nothing that happens meanwhile can add to it.
//!
//! Content is shared between the copies, and the last receiver gets the original.

#![forbid(unsafe_code)]

use crate::core::pipes::{PipeKey, Pipes};
use crate::msg::Msg;

/// The pipes of a fan-out; see the module's text.
#[derive(Debug)]
pub(crate) struct Distributor {
    /// The attached pipes.
    keys: Vec<PipeKey>,
    /// What is known of each pipe, by its index.
    slots: Vec<Slot>,
    /// Who gets the current message.
    receivers: Vec<PipeKey>,
    /// Frames of the current message are still to come.
    in_message: bool,
    /// Goes up with each choice of receivers.
    round: u64,
}

/// What is known of one pipe.
#[derive(Clone, Debug, Default)]
struct Slot {
    /// Where the pipe stands in `keys`; none: it is not attached.
    place: Option<u32>,
    /// False once a frame was refused, until the pipe reports room.
    room: bool,
    /// The last round in which the pipe was matched.
    matched: u64,
}

impl Distributor {
    /// A distributor without pipes.
    pub(crate) fn new() -> Distributor {
        Distributor {
            keys: Vec::new(),
            slots: Vec::new(),
            receivers: Vec::new(),
            in_message: false,
            round: 0,
        }
    }

    /// Takes a pipe in.
    pub(crate) fn attach(&mut self, key: PipeKey) {
        if self.slots.len() <= key.index() {
            self.slots.resize(key.index() + 1, Slot::default());
        }
        let place = Some(self.keys.len() as u32);
        self.slots[key.index()] = Slot { place, room: true, matched: 0 };
        self.keys.push(key);
    }

    /// Forgets a pipe.
    pub(crate) fn detach(&mut self, key: PipeKey) {
        let slot = self.slots.get_mut(key.index()).map(std::mem::take);
        let Some(place) = slot.and_then(|slot| slot.place) else { return };
        self.keys.swap_remove(place as usize);
        if let Some(moved) = self.keys.get(place as usize) {
            self.slots[moved.index()].place = Some(place);
        }
        self.receivers.retain(|&receiver| receiver != key);
    }

    /// A pipe that was found full has room.
    pub(crate) fn write_activated(&mut self, key: PipeKey) {
        if let Some(slot) = self.slots.get_mut(key.index()) {
            slot.room = true;
        }
    }

    /// Whether frames of the current message are still to come, so that its receivers stand.
    pub(crate) fn in_message(&self) -> bool {
        self.in_message
    }

    /// Begins the choice of receivers for a new message: nobody yet.
    pub(crate) fn unmatch(&mut self) {
        self.round += 1;
        self.receivers.clear();
    }

    /// Chooses a pipe, once however often it is matched.
    #[inline]
    pub(crate) fn match_pipe(&mut self, key: PipeKey) {
        if let Some(slot) = self.slots.get_mut(key.index()) {
            if slot.matched != self.round && slot.place.is_some() {
                slot.matched = self.round;
                self.receivers.push(key);
            }
        }
    }

    /// Chooses those that were not chosen instead of those that were.
    pub(crate) fn reverse_match(&mut self) {
        let others = |key: &&PipeKey| self.slots[key.index()].matched != self.round;
        self.receivers = self.keys.iter().filter(others).copied().collect();
    }

    /// Leaves one pipe of those chosen, if it is among them.
    pub(crate) fn restrict_match(&mut self, key: PipeKey) {
        self.receivers.retain(|&receiver| receiver == key);
    }

    /// Whether each chosen pipe has room. One that is ending will never have any and does not
    /// count: waiting for it would be waiting for ever.
    pub(crate) fn check_hwm(&mut self, pipes: &mut Pipes) -> bool {
        for &key in &self.receivers {
            let room = pipes.check_write(key);
            self.slots[key.index()].room = room;
            if !room && pipes.is_alive(key) {
                return false;
            }
        }
        true
    }

    /// Sends a frame to every pipe.
    pub(crate) fn send_to_all(&mut self, pipes: &mut Pipes, msg: &mut Msg) {
        if !self.in_message {
            self.receivers.clone_from(&self.keys);
        }
        self.send_to_matching(pipes, msg);
    }

    /// Sends a frame to the chosen pipes, and leaves `msg` empty.
    pub(crate) fn send_to_matching(&mut self, pipes: &mut Pipes, msg: &mut Msg) {
        let slots = &mut self.slots;
        if !self.in_message {
            self.receivers.retain(|key| slots[key.index()].room);
        }
        let more = msg.more();
        let mut left = self.receivers.len();
        self.receivers.retain(|&key| {
            left -= 1;
            let taken =
                if left == 0 { pipes.write(key, msg) } else { pipes.write(key, &mut msg.copy()) };
            if !taken {
                slots[key.index()].room = false;
            } else if !more {
                pipes.flush(key);
            }
            taken
        });
        *msg = Msg::empty();
        self.in_message = more;
        if !more {
            self.receivers.clear();
        }
    }

    /// Sends control traffic, a message of one frame, to every pipe, whether it has room or not.
    /// A message that is being sent ends with it.
    pub(crate) fn push_to_all(&mut self, pipes: &mut Pipes, msg: &mut Msg) {
        msg.set_more(false);
        for &key in &self.keys {
            if pipes.push(key, msg.copy()) {
                pipes.flush(key);
            }
        }
        *msg = Msg::empty();
        self.in_message = false;
        self.receivers.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::pipes::testing;

    /// A sender with pipes to as many receivers, each of which has room for `hwm` messages.
    struct Fan {
        distributor: Distributor,
        pipes: Pipes,
        peers: Pipes,
        keys: Vec<(PipeKey, PipeKey)>,
    }

    impl Fan {
        fn new(count: usize, hwm: i32) -> Fan {
            let (pipes, _) = testing::pipes(true);
            let (peers, _) = testing::pipes(true);
            let mut fan = Fan { distributor: Distributor::new(), pipes, peers, keys: Vec::new() };
            (0..count).for_each(|_| fan.attach(hwm));
            fan
        }

        fn attach(&mut self, hwm: i32) {
            let keys = testing::connect(&mut self.pipes, &mut self.peers, hwm);
            self.distributor.attach(keys.0);
            self.keys.push(keys);
        }

        fn choose(&mut self, chosen: &[usize]) {
            self.distributor.unmatch();
            for &index in chosen {
                self.distributor.match_pipe(self.keys[index].0);
            }
        }

        fn send(&mut self, data: &[u8], more: bool) {
            let mut msg = Msg::from_slice(data).expect("memory");
            msg.set_more(more);
            self.distributor.send_to_matching(&mut self.pipes, &mut msg);
            assert!(msg.is_valid() && msg.is_empty());
        }

        /// The frames that a receiver can read.
        fn read(&mut self, index: usize) -> Vec<Vec<u8>> {
            let mut frames = Vec::new();
            let mut msg = Msg::empty();
            while self.peers.read(self.keys[index].1, &mut msg) {
                frames.push(msg.data().to_vec());
            }
            frames
        }
    }

    #[test]
    fn only_the_chosen_receive_and_each_once() {
        let mut fan = Fan::new(3, 0);
        fan.choose(&[0, 2, 2, 0]);
        fan.send(b"A", false);
        assert_eq!(fan.read(0), [b"A"]);
        assert!(fan.read(1).is_empty());
        assert_eq!(fan.read(2), [b"A"]);
        fan.choose(&[0, 2]);
        fan.distributor.reverse_match();
        fan.send(b"B", false);
        assert!(fan.read(0).is_empty() && fan.read(2).is_empty());
        assert_eq!(fan.read(1), [b"B"]);
    }

    #[test]
    fn copies_of_large_content_share_it() {
        let mut fan = Fan::new(2, 0);
        fan.choose(&[0, 1]);
        let mut msg = Msg::from_slice(&[5; 1000]).expect("memory");
        let place = msg.data().as_ptr();
        fan.distributor.send_to_matching(&mut fan.pipes, &mut msg);
        for (_, peer) in &fan.keys {
            let mut got = Msg::empty();
            assert!(fan.peers.read(*peer, &mut got));
            assert_eq!(got.data().as_ptr(), place);
        }
    }

    #[test]
    fn who_comes_during_a_message_gets_the_next() {
        let mut fan = Fan::new(1, 0);
        let all = |fan: &mut Fan, data: &[u8], more| {
            let mut msg = Msg::from_slice(data).expect("memory");
            msg.set_more(more);
            fan.distributor.send_to_all(&mut fan.pipes, &mut msg);
        };
        all(&mut fan, b"1", true);
        assert!(fan.distributor.in_message());
        fan.attach(0);
        all(&mut fan, b"2", false);
        assert!(!fan.distributor.in_message());
        all(&mut fan, b"3", false);
        assert_eq!(fan.read(0), [b"1", b"2", b"3"]);
        assert_eq!(fan.read(1), [b"3"]);
    }

    #[test]
    fn a_full_receiver_misses_whole_messages() {
        let mut fan = Fan::new(1, 1);
        fan.attach(0);
        for data in [b"1", b"2"] {
            fan.choose(&[0, 1]);
            fan.send(data, true);
            // What a receiver gets of a message does not depend on what happens meanwhile.
            fan.distributor.write_activated(fan.keys[0].0);
            fan.send(b"-", false);
        }
        assert_eq!(fan.read(0), [b"1", b"-"]);
        assert_eq!(fan.read(1), [b"1", b"-", b"2", b"-"]);
        fan.distributor.write_activated(fan.keys[0].0);
        fan.choose(&[0, 1]);
        fan.send(b"3", false);
        assert_eq!(fan.read(0), [b"3"]);
    }

    #[test]
    fn the_mark_is_checked_for_the_chosen_that_live() {
        let mut fan = Fan::new(2, 1);
        fan.choose(&[0]);
        fan.send(b"1", false);
        fan.choose(&[0]);
        assert!(!fan.distributor.check_hwm(&mut fan.pipes));
        fan.choose(&[1]);
        assert!(fan.distributor.check_hwm(&mut fan.pipes));
        fan.pipes.terminate(fan.keys[0].0);
        fan.choose(&[0, 1]);
        assert!(fan.distributor.check_hwm(&mut fan.pipes));
    }

    #[test]
    fn control_traffic_passes_the_mark_and_ends_a_message() {
        let mut fan = Fan::new(1, 1);
        fan.choose(&[0]);
        fan.send(b"1", true);
        for _ in 0..3 {
            let mut msg = Msg::from_slice(b"!").expect("memory");
            msg.set_more(true);
            fan.distributor.push_to_all(&mut fan.pipes, &mut msg);
        }
        assert!(!fan.distributor.in_message());
        assert_eq!(fan.read(0), [b"1", b"!", b"!", b"!"]);
    }

    #[test]
    fn a_pipe_that_goes_in_the_middle_leaves_the_others_alone() {
        let mut fan = Fan::new(3, 0);
        fan.choose(&[0, 1, 2]);
        fan.send(b"1", true);
        fan.distributor.detach(fan.keys[0].0);
        fan.send(b"2", false);
        fan.choose(&[0, 1, 2]);
        fan.send(b"3", false);
        assert!(fan.read(0).is_empty());
        assert_eq!(fan.read(1), [b"1", b"2", b"3"]);
        assert_eq!(fan.read(2), [b"1", b"2", b"3"]);
        fan.distributor.detach(fan.keys[0].0);
        fan.distributor.detach(PipeKey::from_index(77));
    }
}
