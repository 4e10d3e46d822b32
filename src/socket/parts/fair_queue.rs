//! Receiving from many pipes in turn: one whole message from each that has any.
//!
//! Pipes show complete messages only, so a message that was begun can be read to its end without
//! waiting. The one exception is a pipe that this side itself ended in between: what is left of
//! its message is gone, and the next frame read begins another message. Patterns that must not
//! mistake the one for the other ask for `recv_more`.

#![forbid(unsafe_code)]

use super::rotation::Rotation;
use crate::core::pipes::{PipeKey, Pipes};
use crate::msg::Msg;
use crate::socket::pattern::SHORT;
use crate::sys::memory::Buffer;

/// The fair queue; see the module's text.
#[derive(Debug)]
pub(crate) struct FairQueue {
    rotation: Rotation,
    /// Frames are left of the message that is being read, from the pipe whose turn it is.
    in_message: bool,
}

impl FairQueue {
    /// A fair queue without pipes.
    pub(crate) fn new() -> FairQueue {
        FairQueue { rotation: Rotation::new(), in_message: false }
    }

    /// Takes a pipe in.
    pub(crate) fn attach(&mut self, key: PipeKey) {
        self.rotation.add(key);
    }

    /// Forgets a pipe.
    pub(crate) fn detach(&mut self, key: PipeKey) {
        if self.rotation.current() == Some(key) {
            self.in_message = false;
        }
        self.rotation.remove(key, self.in_message);
    }

    /// Data came on a pipe that had none.
    pub(crate) fn read_activated(&mut self, key: PipeKey) {
        self.rotation.rejoin(key);
    }

    /// Reads the next frame of any message, and says from where; none: nothing there now.
    #[inline(always)]
    pub(crate) fn recv(&mut self, pipes: &mut Pipes, msg: &mut Msg) -> Option<PipeKey> {
        if let Some(key) = self.rotation.current() {
            if pipes.read_near(key, msg) {
                self.received(msg);
                return Some(key);
            }
        }
        self.recv_late(pipes, msg)
    }

    /// Copies what fits of a message of one frame that passes from where it lies, and returns its
    /// length; none if there is more to do than that, and `recv` is to be asked.
    #[inline(always)]
    pub(crate) fn recv_copy(
        &mut self,
        pipes: &mut Pipes,
        into: &mut Buffer,
        passes: impl FnOnce(&[u8]) -> bool,
    ) -> Option<usize> {
        let key = self.rotation.current().filter(|_| !self.in_message)?;
        let mut length = 0;
        let read = pipes.read_with(key, |msg| {
            // A release function is to be called when nothing is locked.
            let wanted = msg.len() <= SHORT && !msg.calls_back() && passes(msg.data());
            if wanted {
                length = msg.len();
                into.fill(msg.data());
            }
            wanted
        });
        if !read {
            return None;
        }
        self.rotation.advance();
        Some(length)
    }

    /// As `recv`, when there is more to do than to take a frame from the pipe whose turn it is.
    #[inline(never)]
    fn recv_late(&mut self, pipes: &mut Pipes, msg: &mut Msg) -> Option<PipeKey> {
        while let Some(key) = self.rotation.current() {
            if pipes.read(key, msg) {
                self.received(msg);
                return Some(key);
            }
            self.in_message = false;
            self.rotation.rest();
        }
        None
    }

    #[inline]
    fn received(&mut self, msg: &Msg) {
        self.in_message = msg.more();
        if !self.in_message {
            self.rotation.advance();
        }
    }

    /// Reads the next frame of the message that was begun; false: there is none, or it was cut.
    pub(crate) fn recv_more(&mut self, pipes: &mut Pipes, msg: &mut Msg) -> bool {
        self.has_more(pipes) && self.recv(pipes, msg).is_some()
    }

    /// Reads a message of one frame; messages of many are thrown away on the way to it.
    #[inline(never)]
    pub(crate) fn recv_single(&mut self, pipes: &mut Pipes, msg: &mut Msg) -> Option<PipeKey> {
        loop {
            // What is left of a message whose first frame was thrown away goes the same way.
            self.discard_rest(pipes);
            let key = self.recv(pipes, msg)?;
            if !msg.more() {
                return Some(key);
            }
        }
    }

    /// Throws away what is left of the message that was begun.
    pub(crate) fn discard_rest(&mut self, pipes: &mut Pipes) {
        let mut frame = Msg::empty();
        while self.recv_more(pipes, &mut frame) {}
    }

    /// Whether a frame of the message that was begun can be read.
    pub(crate) fn has_more(&mut self, pipes: &mut Pipes) -> bool {
        if self.in_message {
            // A message that was cut is not in progress any more when this returns.
            self.next(pipes);
        }
        self.in_message
    }

    /// The pipe that `recv` would read from now.
    pub(crate) fn next(&mut self, pipes: &mut Pipes) -> Option<PipeKey> {
        while let Some(key) = self.rotation.current() {
            if pipes.check_read(key) {
                return Some(key);
            }
            self.in_message = false;
            self.rotation.rest();
        }
        None
    }

    /// Whether a frame can be read.
    pub(crate) fn has_in(&mut self, pipes: &mut Pipes) -> bool {
        self.next(pipes).is_some()
    }

    /// The pipe of the message that was begun and not read to its end.
    pub(crate) fn in_message_of(&self) -> Option<PipeKey> {
        if self.in_message { self.rotation.current() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;
    use crate::error::Error;
    use crate::socket::pull::Pull;
    use crate::socket::push::Push;
    use crate::socket::testing::{Rig, connect};

    fn pushers<const N: usize>(pull: &mut Rig<Pull>) -> [Rig<Push>; N] {
        std::array::from_fn(|_| {
            let mut push = Rig::write_only(Push::new());
            connect(&mut push, pull);
            push
        })
    }

    #[test]
    fn h27_one_message_from_each_peer_in_turn() {
        let mut pull = Rig::new(Pull::new());
        let mut pushers: [_; 3] = pushers(&mut pull);
        for (push, name) in pushers.iter_mut().zip([b"a", b"b", b"c"]) {
            push.send(&[name, b"1"]).unwrap();
            push.send(&[name, b"2"]).unwrap();
        }
        for number in [b"1", b"2"] {
            for name in [b"a", b"b", b"c"] {
                assert_eq!(pull.recv().unwrap(), [name, number]);
            }
        }
        assert_eq!(pull.recv(), Err(Error::Again));
    }

    #[test]
    fn h28_frames_of_two_peers_are_not_mixed() {
        let mut pull = Rig::new(Pull::new());
        let mut pushers: [_; 2] = pushers(&mut pull);
        for (push, name) in pushers.iter_mut().zip([b"a", b"b"]) {
            push.send_frame(name, true).unwrap();
        }
        for (push, name) in pushers.iter_mut().zip([b"a", b"b"]).rev() {
            push.send_frame(name, false).unwrap();
        }
        let mut messages = [pull.recv().unwrap(), pull.recv().unwrap()];
        messages.sort();
        assert_eq!(messages, [[b"a", b"a"], [b"b", b"b"]]);
    }

    #[test]
    fn an_empty_peer_rejoins_at_the_end() {
        let mut pull = Rig::new(Pull::new());
        let [mut a, mut b] = pushers(&mut pull);
        a.send(&[b"a1"]).unwrap();
        b.send(&[b"b1"]).unwrap();
        b.send(&[b"b2"]).unwrap();
        assert_eq!(pull.recv().unwrap(), [b"a1"]);
        assert_eq!(pull.recv().unwrap(), [b"b1"]);
        assert_eq!(pull.recv().unwrap(), [b"b2"]);
        assert!(!pull.has_in());
        a.send(&[b"a2"]).unwrap();
        b.send(&[b"b3"]).unwrap();
        assert!(pull.has_in());
        assert_eq!(pull.recv().unwrap(), [b"a2"]);
        assert_eq!(pull.recv().unwrap(), [b"b3"]);
    }

    #[test]
    fn h34_half_a_message_is_invisible_and_dies_with_its_peer() {
        let mut pull = Rig::new(Pull::new());
        let [mut push] = pushers(&mut pull);
        push.send(&[b"whole"]).unwrap();
        push.send_frame(b"half", true).unwrap();
        push.disconnect();
        assert_eq!(pull.recv().unwrap(), [b"whole"]);
        assert_eq!(pull.recv(), Err(Error::Again));
        assert_eq!(pull.pipe_count(), 0);
    }

    #[test]
    fn a_message_cut_by_this_side_is_not_continued_by_the_next_one() {
        let mut pull = Rig::new(Pull::new());
        let (mut a, mut b) = (Rig::write_only(Push::new()), Rig::write_only(Push::new()));
        let (_, cut) = connect(&mut a, &mut pull);
        let (_, other) = connect(&mut b, &mut pull);
        a.send(&[b"cut", b"gone"]).unwrap();
        b.send(&[b"next", b"one"]).unwrap();
        let (pipes, mut msg) = (&mut pull.base.pipes, Msg::empty());
        let mut queue = FairQueue::new();
        queue.attach(cut);
        queue.attach(other);
        assert_eq!(queue.recv(pipes, &mut msg), Some(cut));
        assert_eq!(queue.in_message_of(), Some(cut));
        pipes.terminate(cut);
        assert!(!queue.recv_more(pipes, &mut msg));
        assert_eq!(queue.in_message_of(), None);
        assert_eq!(queue.recv(pipes, &mut msg), Some(other));
        assert_eq!(msg.data(), b"next");
        queue.detach(other);
        assert!(!queue.recv_more(pipes, &mut msg));
    }

    #[test]
    fn within_a_message_nothing_goes_the_short_way() {
        let mut pull = Rig::new(Pull::new());
        let [mut push] = pushers(&mut pull);
        push.send(&[b"1", b"2"]).unwrap();
        push.send(&[b"3"]).unwrap();
        assert_eq!(pull.recv_copy(), None);
        assert_eq!(pull.recv_msg().unwrap().data(), b"1");
        assert_eq!(pull.recv_copy(), None);
        assert_eq!(pull.recv_msg().unwrap().data(), b"2");
        assert_eq!(pull.recv_copy(), Some(b"3".to_vec()));
    }

    #[test]
    fn what_is_long_or_calls_back_does_not_go_the_short_way() {
        static RELEASES: AtomicUsize = AtomicUsize::new(0);
        let mut pull = Rig::new(Pull::new());
        let [mut push] = pushers(&mut pull);
        push.send_msg(&mut Msg::counting(&RELEASES)).unwrap();
        push.send(&[&[0; SHORT + 1]]).unwrap();
        push.send(&[b"short"]).unwrap();
        assert_eq!(pull.recv_copy(), None);
        assert_eq!(pull.recv_msg().unwrap().data(), b"");
        assert_eq!(pull.recv_copy(), None);
        assert_eq!(pull.recv_msg().unwrap().len(), SHORT + 1);
        assert_eq!(pull.recv_copy(), Some(b"short".to_vec()));
    }
}
