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

    /// Takes back what a pipe has got of the current message; it takes part from the next one.
    pub(crate) fn withdraw(&mut self, pipes: &mut Pipes, key: PipeKey) {
        if self.in_message {
            pipes.rollback(key);
            self.receivers.retain(|&receiver| receiver != key);
        }
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
