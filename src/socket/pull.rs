//! PULL and GATHER: collect work from all peers in turn.

#![forbid(unsafe_code)]

use super::parts::fair_queue::FairQueue;
use super::parts::frames::Frames;
use super::pattern::{Attach, Base, Pattern};
use crate::core::pipes::PipeKey;
use crate::error::Result;
use crate::msg::Msg;
use crate::sys::memory::Buffer;

/// PULL or GATHER.
#[derive(Debug)]
pub(crate) struct Pull {
    inbound: FairQueue,
    frames: Frames,
}

impl Pull {
    /// A PULL.
    pub(crate) fn new() -> Pull {
        Pull { inbound: FairQueue::new(), frames: Frames::Many }
    }

    /// A GATHER.
    pub(crate) fn gather() -> Pull {
        Pull { inbound: FairQueue::new(), frames: Frames::One }
    }
}

impl Pattern for Pull {
    fn attach(&mut self, _base: &mut Base, pipe: PipeKey, _how: Attach) {
        self.inbound.attach(pipe);
    }

    fn detached(&mut self, _base: &mut Base, pipe: PipeKey) {
        self.inbound.detach(pipe);
    }

    fn recv(&mut self, base: &mut Base, msg: &mut Msg) -> Result<()> {
        self.frames.recv(&mut self.inbound, &mut base.pipes, msg).map(|_| ())
    }

    fn recv_copy(&mut self, base: &mut Base, into: &mut Buffer) -> Option<usize> {
        self.inbound.recv_copy(&mut base.pipes, into, |_| true)
    }

    fn has_in(&mut self, base: &mut Base) -> bool {
        self.inbound.has_in(&mut base.pipes)
    }

    fn read_activated(&mut self, _base: &mut Base, pipe: PipeKey) {
        self.inbound.read_activated(pipe);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::socket::push::Push;
    use crate::socket::testing::{Rig, connect};

    #[test]
    fn h5_never_sends() {
        for mut pull in [Rig::new(Pull::new()), Rig::new(Pull::gather())] {
            assert_eq!(pull.send_frame(b"x", false), Err(Error::NotSupported));
            assert_eq!(pull.send_frame(b"x", true), Err(Error::NotSupported));
            assert_eq!(pull.recv(), Err(Error::Again));
            assert!(!pull.has_in() && !pull.has_out());
        }
    }

    #[test]
    fn gather_throws_messages_of_several_frames_away() {
        let mut gather = Rig::new(Pull::gather());
        let (mut a, mut b) = (Rig::write_only(Push::new()), Rig::write_only(Push::new()));
        connect(&mut a, &mut gather);
        connect(&mut b, &mut gather);
        a.send(&[b"a", b"", b""]).unwrap();
        a.send(&[b"single a"]).unwrap();
        b.send(&[b"single b"]).unwrap();
        assert_eq!(gather.recv().unwrap(), [b"single b"]);
        assert_eq!(gather.recv().unwrap(), [b"single a"]);
        assert_eq!(gather.recv(), Err(Error::Again));
    }
}
