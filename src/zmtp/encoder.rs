//! From messages to frames.

#![forbid(unsafe_code)]

use super::command::{self, CANCEL, JOIN, LEAVE, SUBSCRIBE};
use super::framing::{Flags, Framing};
use super::outgoing::Outgoing;
use super::{SocketType, Version};
use crate::msg::{Kind, Msg};

/// Writes frames the way a peer understands them.
#[derive(Debug)]
pub(super) struct Encoder {
    framing: Framing,
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
            framing: version.framing(),
            requests_are_commands: version == Version::V3_1,
            grouped: socket_type == SocketType::Radio,
            inside: false,
        }
    }

    /// Writes a message.
    #[inline]
    pub(super) fn encode(&mut self, msg: Msg, out: &mut Outgoing) {
        match msg.kind() {
            Kind::Data if self.grouped => {
                self.frame(true, msg.group().to_bytes(), out);
                self.data(msg, out);
            }
            Kind::Data => self.data(msg, out),
            Kind::Request => self.request(msg, out),
            Kind::Join => self.membership(JOIN, &msg, out),
            Kind::Leave => self.membership(LEAVE, &msg, out),
        }
    }

    #[inline]
    fn data(&mut self, msg: Msg, out: &mut Outgoing) {
        self.inside = msg.more();
        out.put(self.framing.write(Flags::data(msg.more()), msg.len()).as_slice());
        out.put_body(msg);
    }

    fn frame(&self, more: bool, body: &[u8], out: &mut Outgoing) {
        out.put(self.framing.write(Flags::data(more), body.len()).as_slice());
        out.put(body);
    }

    /// A subscription, or its end. Inside of a message it must stay a part of it.
    fn request(&mut self, msg: Msg, out: &mut Outgoing) {
        let name = match msg.data() {
            [1, ..] => SUBSCRIBE,
            [0, ..] => CANCEL,
            [] | [_, ..] => return self.data(msg, out),
        };
        if self.inside || msg.more() || !self.requests_are_commands {
            return self.data(msg, out);
        }
        let topic = msg.data().get(1..).unwrap_or_default();
        command::begin(name, topic.len(), |bytes| out.put(bytes));
        out.put(topic);
    }

    /// A group that is joined or left; there is no way to tell a peer that has no commands.
    fn membership(&self, name: &[u8], msg: &Msg, out: &mut Outgoing) {
        if self.framing == Framing::V2 {
            let group = msg.group().to_bytes();
            command::begin(name, group.len(), |bytes| out.put(bytes));
            out.put(group);
        }
    }
}
