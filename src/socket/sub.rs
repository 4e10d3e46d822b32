//! SUB: an XSUB that filters, and whose application subscribes by options instead of messages.

#![forbid(unsafe_code)]

use super::pattern::{Attach, Base, Pattern};
use super::xsub::Xsub;
use crate::core::options;
use crate::core::pipes::PipeKey;
use crate::error::{Error, Result};
use crate::msg::Msg;

/// A SUB socket.
#[derive(Debug)]
pub(crate) struct Sub {
    xsub: Xsub,
}

impl Sub {
    /// Without peers and subscriptions.
    pub(crate) fn new() -> Sub {
        Sub { xsub: Xsub::filtering() }
    }
}

impl Pattern for Sub {
    fn attach(&mut self, base: &mut Base, pipe: PipeKey, how: Attach) {
        self.xsub.attach(base, pipe, how);
    }

    fn detached(&mut self, base: &mut Base, pipe: PipeKey) {
        self.xsub.detached(base, pipe);
    }

    fn recv(&mut self, base: &mut Base, msg: &mut Msg) -> Result<()> {
        self.xsub.recv(base, msg)
    }

    fn has_in(&mut self, base: &mut Base) -> bool {
        self.xsub.has_in(base)
    }

    fn read_activated(&mut self, base: &mut Base, pipe: PipeKey) {
        self.xsub.read_activated(base, pipe);
    }

    fn write_activated(&mut self, base: &mut Base, pipe: PipeKey) {
        self.xsub.write_activated(base, pipe);
    }

    fn hiccuped(&mut self, base: &mut Base, pipe: PipeKey) {
        self.xsub.hiccuped(base, pipe);
    }

    fn set_option(&mut self, base: &mut Base, option: i32, value: &[u8]) -> Result<()> {
        match option {
            options::SUBSCRIBE => self.xsub.subscribe(base, value),
            options::UNSUBSCRIBE => self.xsub.unsubscribe(base, value),
            _ => Err(Error::Invalid),
        }
    }

    fn get_option(&mut self, base: &Base, option: i32) -> Result<i32> {
        self.xsub.get_option(base, option)
    }
}
