//! Where frames go on their way out: as they are, or sealed.

#![forbid(unsafe_code)]

use super::framing::{Flags, Framing};
use super::outgoing::Outgoing;
use super::sealing::Sealing;
use crate::msg::Msg;

/// Takes frames in the order in which they are to go out.
pub(super) trait Frames {
    /// What they are written to.
    fn outgoing(&mut self) -> &mut Outgoing;

    /// A frame in two pieces, one behind the other.
    fn frame(&mut self, flags: Flags, front: &[u8], rest: &[u8]);

    /// A frame with the content of a message, which may be taken away.
    fn message(&mut self, msg: &mut Msg);

    /// A command: its name, and what belongs to it.
    fn command(&mut self, name: &[u8], data: &[u8]) {
        let mut front = Vec::with_capacity(1 + name.len());
        // The names are ours, and short.
        front.push(name.len() as u8);
        front.extend(name);
        self.frame(Flags::COMMAND, &front, data);
    }
}

/// Frames as they are.
pub(super) struct Plain<'a> {
    /// How they are delimited.
    pub(super) framing: Framing,
    /// What they are written to.
    pub(super) out: &'a mut Outgoing,
}

impl Frames for Plain<'_> {
    #[inline]
    fn outgoing(&mut self) -> &mut Outgoing {
        self.out
    }

    #[inline]
    fn frame(&mut self, flags: Flags, front: &[u8], rest: &[u8]) {
        self.out.put(self.framing.write(flags, front.len() + rest.len()).as_slice());
        self.out.put(front);
        self.out.put(rest);
    }

    #[inline]
    fn message(&mut self, msg: &mut Msg) {
        let header = self.framing.write(Flags::data(msg.more()), msg.len());
        self.out.put_framed(header.as_slice(), msg);
    }
}

/// Frames that nobody but the peer can read or make.
pub(super) struct Sealed<'a> {
    /// What seals them.
    pub(super) sealing: &'a mut Sealing,
    /// What they are written to.
    pub(super) out: &'a mut Outgoing,
}

impl Frames for Sealed<'_> {
    fn outgoing(&mut self) -> &mut Outgoing {
        self.out
    }

    fn frame(&mut self, flags: Flags, front: &[u8], rest: &[u8]) {
        self.sealing.seal(flags, &[front, rest].concat(), self.out);
    }

    fn message(&mut self, msg: &mut Msg) {
        self.sealing.seal(Flags::data(msg.more()), msg.data(), self.out);
    }
}
