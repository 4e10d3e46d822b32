//! PUSH and SCATTER: hand out work, each message to the next peer that has room.
//!
//! Neither ever reads, so the base ends their pipes as soon as the peer is gone.

#![forbid(unsafe_code)]

use super::parts::frames::Frames;
use super::parts::load_balancer::LoadBalancer;
use super::pattern::{Attach, Base, Pattern};
use crate::core::pipes::PipeKey;
use crate::error::Result;
use crate::msg::Msg;

/// PUSH or SCATTER.
#[derive(Debug)]
pub(crate) struct Push {
    outbound: LoadBalancer,
    frames: Frames,
}

impl Push {
    /// A PUSH.
    pub(crate) fn new() -> Push {
        Push { outbound: LoadBalancer::new(), frames: Frames::Many }
    }

    /// A SCATTER.
    pub(crate) fn scatter() -> Push {
        Push { outbound: LoadBalancer::new(), frames: Frames::One }
    }
}

impl Pattern for Push {
    fn attach(&mut self, _base: &mut Base, pipe: PipeKey, _how: Attach) {
        self.outbound.attach(pipe);
    }

    fn detached(&mut self, _base: &mut Base, pipe: PipeKey) {
        self.outbound.detach(pipe);
    }

    fn send(&mut self, base: &mut Base, msg: &mut Msg) -> Result<()> {
        self.frames.check(msg)?;
        self.outbound.send(&mut base.pipes, msg, base.may_wait).map(|_| ())
    }

    fn send_copy(&mut self, base: &mut Base, data: &[u8]) -> bool {
        self.outbound.send_copy(&mut base.pipes, data)
    }

    fn has_out(&mut self, base: &mut Base) -> bool {
        self.outbound.has_out(&mut base.pipes)
    }

    fn write_activated(&mut self, _base: &mut Base, pipe: PipeKey) {
        self.outbound.write_activated(pipe);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::socket::pull::Pull;
    use crate::socket::testing::{Rig, connect};

    #[test]
    fn h23_without_peers() {
        for mut push in [Rig::write_only(Push::new()), Rig::write_only(Push::scatter())] {
            assert_eq!(push.send(&[b"x"]), Err(Error::Again));
            assert_eq!(push.recv(), Err(Error::NotSupported));
            assert!(!push.has_in() && !push.has_out());
        }
    }

    #[test]
    fn h171_default_marks_hold_two_thousand() {
        let (mut push, mut pull) = (Rig::write_only(Push::new()), Rig::new(Pull::new()));
        connect(&mut push, &mut pull);
        let sent = (0..5000).take_while(|_| push.send(&[b"x"]).is_ok()).count();
        assert_eq!(sent, 2000);
    }

    #[test]
    fn h33_a_peer_that_dies_within_a_message_takes_it_along() {
        let mut push = Rig::write_only(Push::new());
        let (mut a, mut b) = (Rig::new(Pull::new()), Rig::new(Pull::new()));
        connect(&mut push, &mut a);
        connect(&mut push, &mut b);
        push.send_frame(b"1", true).unwrap();
        a.disconnect();
        push.send_frame(b"2", true).unwrap();
        push.send_frame(b"3", false).unwrap();
        push.send(&[b"whole", b"next"]).unwrap();
        assert_eq!(b.recv().unwrap(), [b"whole".as_slice(), b"next"]);
        assert_eq!(b.recv(), Err(Error::Again));
        b.disconnect();
        assert_eq!(push.send(&[b"x"]), Err(Error::Again));
        assert_eq!(push.pipe_count(), 0);
    }

    #[test]
    fn h160_scatter_in_turn_and_in_single_frames() {
        let mut scatter = Rig::write_only(Push::scatter());
        let (mut a, mut b) = (Rig::new(Pull::gather()), Rig::new(Pull::gather()));
        assert_eq!(scatter.send_frame(b"1", true), Err(Error::Invalid));
        connect(&mut scatter, &mut a);
        connect(&mut scatter, &mut b);
        assert_eq!(scatter.send_frame(b"1", true), Err(Error::Invalid));
        scatter.send(&[b"1"]).unwrap();
        scatter.send(&[b"2"]).unwrap();
        assert_eq!(a.recv().unwrap(), [b"1"]);
        assert_eq!(b.recv().unwrap(), [b"2"]);
    }
}
