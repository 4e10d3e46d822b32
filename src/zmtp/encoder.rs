//! From messages to frames.

#![forbid(unsafe_code)]

use super::command::{CANCEL, JOIN, LEAVE, SUBSCRIBE};
use super::frames::Frames;
use super::framing::{Flags, Framing};
use super::{SocketType, Version};
use crate::msg::{Kind, Msg};

/// Writes frames the way a peer understands them.
#[derive(Debug)]
pub(super) struct Encoder {
    /// Whether the peer knows commands.
    has_commands: bool,
    /// Whether the peer knows subscriptions as commands.
    requests_are_commands: bool,
    /// Whether messages have a group, which goes before them as a frame of its own.
    grouped: bool,
    /// The last frame promised another.
    inside: bool,
}

impl Encoder {
    /// An encoder for what a socket of a type sends to a peer of a generation.
    pub(super) fn new(socket_type: SocketType, version: Version) -> Encoder {
        Encoder {
            has_commands: version.framing() == Framing::V2,
            requests_are_commands: version == Version::V3_1,
            grouped: socket_type == SocketType::Radio,
            inside: false,
        }
    }

    /// Writes a message, which may be taken away.
    #[inline]
    pub(super) fn encode(&mut self, msg: &mut Msg, out: &mut impl Frames) {
        match msg.kind() {
            Kind::Data if self.grouped => {
                out.frame(Flags::data(true), msg.group().to_bytes(), b"");
                self.data(msg, out);
            }
            Kind::Data => self.data(msg, out),
            Kind::Request => self.request(msg, out),
            Kind::Join => self.membership(JOIN, msg, out),
            Kind::Leave => self.membership(LEAVE, msg, out),
        }
    }

    #[inline]
    fn data(&mut self, msg: &mut Msg, out: &mut impl Frames) {
        self.inside = msg.more();
        out.message(msg);
    }

    /// A subscription, or its end. Inside of a message it must stay a part of it.
    fn request(&mut self, msg: &mut Msg, out: &mut impl Frames) {
        let name = match msg.data() {
            [1, ..] => SUBSCRIBE,
            [0, ..] => CANCEL,
            [] | [_, ..] => return self.data(msg, out),
        };
        if self.inside || msg.more() || !self.requests_are_commands {
            return self.data(msg, out);
        }
        out.command(name, msg.data().get(1..).unwrap_or_default());
    }

    /// A group that is joined or left; there is no way to tell a peer that has no commands.
    fn membership(&self, name: &[u8], msg: &Msg, out: &mut impl Frames) {
        if self.has_commands {
            out.command(name, msg.group().to_bytes());
        }
    }
}
