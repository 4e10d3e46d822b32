//! PUB: a publisher whose application never receives.

#![forbid(unsafe_code)]

use super::parts::subscribers::Subscribers;
use super::pattern::{Attach, Base, Pattern};
use crate::core::pipes::PipeKey;
use crate::error::Result;
use crate::msg::Msg;

/// A PUB socket.
#[derive(Debug)]
pub(crate) struct Pub {
    subscribers: Subscribers,
}

impl Pub {
    /// Without peers.
    pub(crate) fn new() -> Pub {
        Pub { subscribers: Subscribers::new(false) }
    }
}

impl Pattern for Pub {
    fn attach(&mut self, base: &mut Base, pipe: PipeKey, how: Attach) {
        self.subscribers.attach(base, pipe, how);
    }

    fn detached(&mut self, _base: &mut Base, pipe: PipeKey) {
        self.subscribers.detach(pipe);
    }

    fn send(&mut self, base: &mut Base, msg: &mut Msg) -> Result<()> {
        self.subscribers.send(base, msg)
    }

    fn has_out(&mut self, _base: &mut Base) -> bool {
        true
    }

    fn read_activated(&mut self, base: &mut Base, pipe: PipeKey) {
        self.subscribers.read(base, pipe);
    }

    fn write_activated(&mut self, _base: &mut Base, pipe: PipeKey) {
        self.subscribers.write_activated(pipe);
    }

    fn set_option(&mut self, _base: &mut Base, option: i32, value: &[u8]) -> Result<()> {
        self.subscribers.set_option(option, value)
    }

    fn get_option(&mut self, _base: &Base, option: i32) -> Result<i32> {
        self.subscribers.get_option(option)
    }
}
