//! PAIR and CHANNEL: two sockets that have nobody but each other.
//!
//! CHANNEL is PAIR for several threads, which is why its messages have one frame.

#![forbid(unsafe_code)]

use super::parts::frames::Frames;
use super::parts::sole_peer::SolePeer;
use super::pattern::{Attach, Base, Pattern};
use crate::core::pipes::PipeKey;
use crate::error::Result;
use crate::msg::Msg;
use crate::sys::memory::Buffer;

/// PAIR or CHANNEL.
#[derive(Debug)]
pub(crate) struct Pair {
    peer: SolePeer,
    frames: Frames,
}

impl Pair {
    /// A PAIR.
    pub(crate) fn new() -> Pair {
        Pair { peer: SolePeer::new(), frames: Frames::Many }
    }

    /// A CHANNEL.
    pub(crate) fn channel() -> Pair {
        Pair { peer: SolePeer::new(), frames: Frames::One }
    }
}

impl Pattern for Pair {
    fn attach(&mut self, base: &mut Base, pipe: PipeKey, _how: Attach) {
        self.peer.attach(&mut base.pipes, pipe);
    }

    fn detached(&mut self, _base: &mut Base, pipe: PipeKey) {
        self.peer.detached(pipe);
    }

    fn send(&mut self, base: &mut Base, msg: &mut Msg) -> Result<()> {
        self.frames.check(msg)?;
        self.peer.send(&mut base.pipes, msg, base.may_wait)
    }

    fn send_copy(&mut self, base: &mut Base, data: &[u8]) -> bool {
        self.peer.send_copy(&mut base.pipes, data)
    }

    fn recv(&mut self, base: &mut Base, msg: &mut Msg) -> Result<()> {
        self.peer.recv(&mut base.pipes, msg, self.frames)
    }

    fn recv_copy(&mut self, base: &mut Base, into: &mut Buffer) -> Option<usize> {
        self.peer.recv_copy(&mut base.pipes, into)
    }

    fn has_in(&mut self, base: &mut Base) -> bool {
        self.peer.has_in(&mut base.pipes)
    }

    fn has_out(&mut self, base: &mut Base) -> bool {
        self.peer.has_out(&mut base.pipes)
    }

    fn read_activated(&mut self, _base: &mut Base, pipe: PipeKey) {
        self.peer.read_activated(pipe);
    }

    fn write_activated(&mut self, _base: &mut Base, pipe: PipeKey) {
        self.peer.write_activated(pipe);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::socket::dealer::Dealer;
    use crate::socket::testing::{Rig, connect};

    #[test]
    fn h17_alone() {
        for mut alone in [Rig::new(Pair::new()), Rig::new(Pair::channel())] {
            assert_eq!(alone.send(&[b"x"]), Err(Error::Again));
            assert_eq!(alone.recv(), Err(Error::Again));
            assert!(!alone.has_in());
            assert!(!alone.has_out());
        }
    }

    #[test]
    fn h18_both_ways() {
        let (mut a, mut b) = (Rig::new(Pair::new()), Rig::new(Pair::new()));
        connect(&mut a, &mut b);
        assert!(a.has_out() && b.has_out() && !b.has_in());
        a.send(&[b"1", b"", b"3"]).unwrap();
        b.send(&[b"back"]).unwrap();
        assert!(b.has_in());
        assert_eq!(b.recv().unwrap(), [b"1".as_slice(), b"", b"3"]);
        assert_eq!(a.recv().unwrap(), [b"back"]);
    }

    #[test]
    fn h20_h21_one_peer_at_a_time() {
        let mut bound = Rig::new(Pair::new());
        let mut peers = [(); 3].map(|()| Rig::new(Pair::new()));
        let [first, second, third] = &mut peers;
        connect(first, &mut bound);
        connect(second, &mut bound);
        assert_eq!(second.send(&[b"refused"]), Err(Error::Again));
        first.send(&[b"kept"]).unwrap();
        first.disconnect();
        // The first one still has something to say, so the place is taken.
        connect(third, &mut bound);
        assert_eq!(bound.send(&[b"nobody"]), Err(Error::Again));
        assert_eq!(bound.recv().unwrap(), [b"kept"]);
        assert_eq!(bound.recv(), Err(Error::Again));
        third.process();
        assert_eq!(bound.send(&[b"nobody"]), Err(Error::Again));
        let mut fourth = Rig::new(Pair::new());
        connect(&mut fourth, &mut bound);
        bound.send(&[b"adopted"]).unwrap();
        assert_eq!(fourth.recv().unwrap(), [b"adopted"]);
        for refused in [second, third] {
            assert_eq!(refused.recv(), Err(Error::Again));
            assert_eq!(refused.pipe_count(), 0);
        }
        assert_eq!(bound.pipe_count(), 1);
    }

    #[test]
    fn h22_the_second_of_two_connects_is_not_used() {
        let mut pair = Rig::new(Pair::new());
        let (mut a, mut b) = (Rig::new(Pair::new()), Rig::new(Pair::new()));
        connect(&mut pair, &mut a);
        connect(&mut pair, &mut b);
        for number in 0..3 {
            pair.send(&[&[number]]).unwrap();
            assert_eq!(a.recv().unwrap(), [[number]]);
        }
        assert_eq!(b.recv(), Err(Error::Again));
    }

    #[test]
    fn a_successor_does_not_get_the_rest_of_a_message() {
        let mut pair = Rig::new(Pair::new());
        let (mut a, mut b) = (Rig::new(Pair::new()), Rig::new(Pair::new()));
        connect(&mut pair, &mut a);
        pair.send_frame(b"1", true).unwrap();
        a.disconnect();
        pair.process();
        connect(&mut pair, &mut b);
        pair.send_frame(b"2", false).unwrap();
        pair.send(&[b"next"]).unwrap();
        assert_eq!(b.recv().unwrap(), [b"next"]);
        assert_eq!(a.recv(), Err(Error::Again));
    }

    #[test]
    fn h159_channel_knows_single_frames_only() {
        let (mut channel, mut foreign) = (Rig::new(Pair::channel()), Rig::new(Dealer::new()));
        assert_eq!(channel.send_frame(b"1", true), Err(Error::Invalid));
        connect(&mut channel, &mut foreign);
        assert_eq!(channel.send_frame(b"1", true), Err(Error::Invalid));
        channel.send(&[b"one"]).unwrap();
        assert_eq!(foreign.recv().unwrap(), [b"one"]);
        foreign.send(&[b"two", b"frames"]).unwrap();
        foreign.send(&[b"3", b"fra", b"mes"]).unwrap();
        assert_eq!(channel.recv(), Err(Error::Again));
        foreign.send(&[b"2", b"fra"]).unwrap();
        foreign.send(&[b"single"]).unwrap();
        assert_eq!(channel.recv().unwrap(), [b"single"]);
        assert_eq!(channel.recv(), Err(Error::Again));
    }
}
