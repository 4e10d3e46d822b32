//! The empty message that introduces a connection to a ROUTER (`ZMQ_PROBE_ROUTER`).
//!
//! A ROUTER can only address peers that it has heard of; the probe is what it hears.

#![forbid(unsafe_code)]

use super::switch::switch;
use crate::core::pipes::{PipeKey, Pipes};
use crate::error::Result;
use crate::msg::Msg;

/// Whether new connections are probed.
#[derive(Debug, Default)]
pub(crate) struct Probe(bool);

impl Probe {
    /// Sets the option.
    pub(crate) fn set(&mut self, value: &[u8]) -> Result<()> {
        self.0 = switch(value)?;
        Ok(())
    }

    /// Sends the probe on a new pipe, if that is asked for.
    pub(crate) fn attach(&self, pipes: &mut Pipes, key: PipeKey) {
        if self.0 && pipes.write(key, &mut Msg::empty()) {
            pipes.flush(key);
        }
    }
}
