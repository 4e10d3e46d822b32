//! Sending to many pipes in turn: each whole message to the next pipe that has room.
//!
//! A message that was begun stays with its pipe and is never split over two, nor is a message ever
//! shortened. So when the pipe is lost in between, nobody gets the message, and the frames still
//! to come are accepted and thrown away: the next message must not begin in their place.

#![forbid(unsafe_code)]

use super::rotation::Rotation;
use crate::core::pipes::{PipeKey, Pipes};
use crate::error::{Error, Result};
use crate::msg::Msg;

/// The load balancer; see the module's text.
#[derive(Debug)]
pub(crate) struct LoadBalancer {
    rotation: Rotation,
    outgoing: Outgoing,
}

/// The message that is being sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outgoing {
    /// None: the next frame begins one.
    Between,
    /// It goes to this pipe, which is the one whose turn it is.
    To(PipeKey),
    /// Its pipe is lost; the frames up to the last one are thrown away.
    Lost,
}

impl Outgoing {
    /// What becomes of a lost message with the frame at hand thrown away.
    fn after_loss(more: bool) -> Outgoing {
        if more { Outgoing::Lost } else { Outgoing::Between }
    }
}

impl LoadBalancer {
    /// A load balancer without pipes.
    pub(crate) fn new() -> LoadBalancer {
        LoadBalancer { rotation: Rotation::new(), outgoing: Outgoing::Between }
    }

    /// Takes a pipe in.
    pub(crate) fn attach(&mut self, key: PipeKey) {
        self.rotation.add(key);
    }

    /// Forgets a pipe.
    pub(crate) fn detach(&mut self, key: PipeKey) {
        if self.outgoing == Outgoing::To(key) {
            self.outgoing = Outgoing::Lost;
        }
        self.rotation.remove(key, matches!(self.outgoing, Outgoing::To(_)));
    }

    /// There is room in a pipe that had none.
    pub(crate) fn write_activated(&mut self, key: PipeKey) {
        self.rotation.rejoin(key);
    }

    /// Sends a frame and says which pipe took it; none: it was thrown away with a lost message.
    ///
    /// A caller who notices the loss first is told once, unless it is ready to wait: for those the
    /// frame counts as sent, because waiting would not bring the peer back.
    #[inline(always)]
    pub(crate) fn send(
        &mut self,
        pipes: &mut Pipes,
        msg: &mut Msg,
        may_wait: bool,
    ) -> Result<Option<PipeKey>> {
        if self.outgoing == Outgoing::Between && !msg.more() {
            // What most calls are about: a message of one frame, and a pipe with room for it.
            if let Some(key) = self.rotation.current() {
                if let Some((end, tempo)) = pipes.write_near(key, msg) {
                    self.rotation.advance();
                    end.flush_or_push(tempo);
                    return Ok(Some(key));
                }
            }
        }
        self.send_frame(pipes, msg, may_wait)
    }

    /// Sends a message of one frame with a copy of `data`, made where the message will lie; false if
    /// there is more to do than that, and `send` is to be asked.
    #[inline(always)]
    pub(crate) fn send_copy(&mut self, pipes: &mut Pipes, data: &[u8]) -> bool {
        if self.outgoing != Outgoing::Between {
            return false;
        }
        let Some(key) = self.rotation.current() else { return false };
        let written = pipes.write_with(key, |msg| msg.set_content(data).is_ok());
        let Some((end, tempo)) = written else { return false };
        self.rotation.advance();
        end.flush_or_push(tempo);
        true
    }

    #[inline(never)]
    fn send_frame(
        &mut self,
        pipes: &mut Pipes,
        msg: &mut Msg,
        may_wait: bool,
    ) -> Result<Option<PipeKey>> {
        let more = msg.more();
        match self.outgoing {
            Outgoing::Between => {
                while let Some(key) = self.rotation.current() {
                    if pipes.write(key, msg) {
                        self.written(pipes, key, more);
                        return Ok(Some(key));
                    }
                    self.rotation.rest();
                }
                Err(Error::Again)
            }
            Outgoing::To(key) => {
                if pipes.write(key, msg) {
                    self.written(pipes, key, more);
                    return Ok(Some(key));
                }
                // High-water marks do not count inside a message, so the pipe is closing.
                pipes.rollback(key);
                self.rotation.rest();
                self.outgoing = Outgoing::after_loss(more);
                if !may_wait {
                    return Err(Error::Again);
                }
                *msg = Msg::empty();
                Ok(None)
            }
            Outgoing::Lost => {
                self.outgoing = Outgoing::after_loss(more);
                *msg = Msg::empty();
                Ok(None)
            }
        }
    }

    /// Whether a frame would be taken now.
    pub(crate) fn has_out(&mut self, pipes: &mut Pipes) -> bool {
        if self.outgoing != Outgoing::Between {
            return true;
        }
        while let Some(key) = self.rotation.current() {
            if pipes.check_write(key) {
                return true;
            }
            self.rotation.rest();
        }
        false
    }

    fn written(&mut self, pipes: &mut Pipes, key: PipeKey, more: bool) {
        if more {
            self.outgoing = Outgoing::To(key);
        } else {
            self.outgoing = Outgoing::Between;
            pipes.flush(key);
            self.rotation.advance();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::socket::dealer::Dealer;
    use crate::socket::testing::{Rig, connect};

    /// Dealers at the far ends, because they read and write: what a dealer has sent and nobody has
    /// read keeps a pipe attached that takes nothing any more.
    fn peers<const N: usize>(dealer: &mut Rig<Dealer>) -> [Rig<Dealer>; N] {
        std::array::from_fn(|_| {
            let mut peer = Rig::new(Dealer::new()).with_hwm(1);
            connect(dealer, &mut peer);
            peer
        })
    }

    fn dealer() -> Rig<Dealer> {
        Rig::new(Dealer::new()).with_hwm(1)
    }

    #[test]
    fn h26_each_message_to_the_next_peer() {
        let mut dealer = Rig::new(Dealer::new());
        let mut peers: [_; 5] = peers(&mut dealer);
        for number in 0..10 {
            dealer.send(&[&[number]]).unwrap();
        }
        for (number, peer) in (0..).zip(&mut peers) {
            assert_eq!(peer.recv().unwrap(), [[number]]);
            assert_eq!(peer.recv().unwrap(), [[number + 5]]);
            assert_eq!(peer.recv(), Err(Error::Again));
        }
    }

    #[test]
    fn h29_a_full_peer_is_passed_over() {
        let mut dealer = dealer();
        let [mut a, mut b] = peers(&mut dealer);
        for number in 0..4 {
            assert!(dealer.has_out());
            dealer.send(&[&[number]]).unwrap();
        }
        assert!(!dealer.has_out());
        assert_eq!(dealer.send(&[b"full"]), Err(Error::Again));
        assert_eq!(b.recv().unwrap(), [[1]]);
        assert!(dealer.has_out());
        dealer.send(&[b"room"]).unwrap();
        assert_eq!(a.recv().unwrap(), [[0]]);
        assert_eq!(b.recv().unwrap(), [[3]]);
        assert_eq!(b.recv().unwrap(), [b"room"]);
    }

    #[test]
    fn h31_a_message_that_was_begun_is_finished_whatever_the_limit() {
        let mut dealer = dealer();
        let [mut a, _b] = peers(&mut dealer);
        for _ in 0..3 {
            dealer.send(&[b"fill"]).unwrap();
        }
        // Only the second peer has room left, and only for one.
        dealer.send(&[b"1", b"2", b"3", b"4"]).unwrap();
        assert_eq!(dealer.send(&[b"full"]), Err(Error::Again));
        assert_eq!(a.recv().unwrap(), [b"fill"]);
    }

    #[test]
    fn h32_the_rest_of_a_message_is_swallowed_when_its_peer_is_gone() {
        let mut dealer = dealer();
        let [mut a, mut b] = peers(&mut dealer);
        dealer.send_frame(b"1", true).unwrap();
        a.disconnect();
        assert_eq!(dealer.pipe_count(), 1);
        assert!(dealer.has_out());
        dealer.send_frame(b"2", true).unwrap();
        dealer.send_frame(b"3", false).unwrap();
        dealer.send(&[b"next", b"one"]).unwrap();
        assert_eq!(b.recv().unwrap(), [b"next", b"one".as_slice()]);
        assert_eq!(b.recv(), Err(Error::Again));
    }

    /// A dealer in the middle of a message, whose peer is closing, and one that lives.
    fn losing() -> (Rig<Dealer>, Rig<Dealer>) {
        let mut dealer = dealer();
        let [mut a, b] = peers(&mut dealer);
        a.send(&[b"unread"]).unwrap();
        dealer.send_frame(b"1", true).unwrap();
        a.disconnect();
        assert_eq!(dealer.pipe_count(), 2);
        assert!(dealer.has_out());
        (dealer, b)
    }

    #[test]
    fn h32_a_loss_shows_once_to_those_who_do_not_wait() {
        let (mut dealer, mut b) = losing();
        assert_eq!(dealer.send_frame(b"2", true), Err(Error::Again));
        assert!(dealer.has_out());
        dealer.send_frame(b"2", true).unwrap();
        dealer.send_frame(b"3", false).unwrap();
        dealer.send(&[b"next"]).unwrap();
        assert_eq!(b.recv().unwrap(), [b"next"]);
        assert_eq!(b.recv(), Err(Error::Again));
    }

    #[test]
    fn h32_after_a_loss_at_the_last_frame_the_next_message_begins() {
        let (mut dealer, mut b) = losing();
        assert_eq!(dealer.send_frame(b"2", false), Err(Error::Again));
        dealer.send(&[b"next", b"one"]).unwrap();
        assert_eq!(b.recv().unwrap(), [b"next", b"one".as_slice()]);
    }

    #[test]
    fn h33_a_loss_does_not_show_to_those_who_wait() {
        for frames_to_come in 1..4 {
            let (mut dealer, mut b) = losing();
            dealer.base.may_wait = true;
            for left in (0..frames_to_come).rev() {
                dealer.send_frame(b"more", left > 0).unwrap();
            }
            dealer.send(&[b"next"]).unwrap();
            assert_eq!(b.recv().unwrap(), [b"next"]);
            assert_eq!(b.recv(), Err(Error::Again));
        }
    }

    #[test]
    fn a_message_stays_with_its_peer_when_another_one_leaves() {
        let mut dealer = Rig::new(Dealer::new());
        let [mut a, mut b, mut c] = peers(&mut dealer);
        dealer.send(&[b"a"]).unwrap();
        dealer.send(&[b"b"]).unwrap();
        dealer.send_frame(b"1", true).unwrap();
        a.disconnect();
        dealer.send_frame(b"2", true).unwrap();
        b.disconnect();
        dealer.send_frame(b"3", false).unwrap();
        assert_eq!(c.recv().unwrap(), [b"1", b"2", b"3"]);
        dealer.send(&[b"c"]).unwrap();
        assert_eq!(c.recv().unwrap(), [b"c"]);
    }

    #[test]
    fn within_a_message_nothing_goes_the_short_way() {
        let mut dealer = Rig::new(Dealer::new());
        let [mut a, _b] = peers(&mut dealer);
        // From the first message on it is known how much room there is.
        (0..2).for_each(|_| dealer.send(&[b"first"]).unwrap());
        dealer.send_frame(b"1", true).unwrap();
        assert!(!dealer.send_copy(b"2"));
        a.disconnect();
        assert!(!dealer.send_copy(b"2"));
    }
}
