//! What a messaging pattern is to the socket that runs it.
//!
//! The socket owns the pipes, the options and the waiting; a pattern decides which pipe a message
//! goes to and comes from. Every method runs on the thread that uses the socket (or on the reaper,
//! once it is closed), under the socket's lock, and must not block.
//!
//! What the socket promises: `detached` comes exactly once for every pipe that it took in, never
//! from inside another call, and also for pipes that the pattern never met through `attach` (those
//! that arrive at a closing socket) or has asked to terminate; the slot may be used again afterwards.

#![forbid(unsafe_code)]

use crate::core::options::Options;
use crate::core::pipes::{PipeKey, Pipes};
use crate::error::{Error, Result};
use crate::msg::Msg;
use crate::sys::memory::Buffer;

/// No more content than this is copied while a socket is locked: an I/O thread that finds it locked does
/// not come again, and for longer content it makes no difference where the copy is made.
pub(super) const SHORT: usize = 4096;

/// What a pattern works on.
pub(crate) struct Base {
    /// The socket's pipes.
    pub(crate) pipes: Pipes,
    /// The socket's options.
    pub(crate) options: Options,
    /// Whether the send in progress may wait. To one that may not, `Again` is an answer like any
    /// other, so a frame whose peer was lost half-way through the message can be reported by it.
    pub(crate) may_wait: bool,
}

/// How a pipe came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attach {
    /// The peer speaks a protocol without subscriptions and wants everything.
    pub(crate) subscribe_to_all: bool,
    /// The pipe comes from a connect of this socket, not from a bind.
    pub(crate) locally_initiated: bool,
}

/// A messaging pattern; see the module's text.
pub(crate) trait Pattern: Send {
    /// A pipe has joined.
    fn attach(&mut self, base: &mut Base, pipe: PipeKey, how: Attach);

    /// A pipe has ended; the pattern forgets its key.
    fn detached(&mut self, base: &mut Base, pipe: PipeKey);

    /// Takes a frame on success; `Again` if it would have to wait.
    fn send(&mut self, base: &mut Base, msg: &mut Msg) -> Result<()> {
        let _ = (base, msg);
        Err(Error::NotSupported)
    }

    /// Overwrites `msg` with the next frame; `Again` if there is none.
    fn recv(&mut self, base: &mut Base, msg: &mut Msg) -> Result<()> {
        let _ = (base, msg);
        Err(Error::NotSupported)
    }

    /// Sends a message of one frame with a copy of `data`, which is short, made where the message will
    /// lie; false if there is more to do than that, and `send` is to be asked.
    fn send_copy(&mut self, base: &mut Base, data: &[u8]) -> bool {
        let _ = (base, data);
        false
    }

    /// Copies what fits of a short message of one frame from where it lies, and returns its length; none
    /// if there is more to do than that, and `recv` is to be asked.
    fn recv_copy(&mut self, base: &mut Base, into: &mut Buffer) -> Option<usize> {
        let _ = (base, into);
        None
    }

    /// Whether `recv` would succeed.
    fn has_in(&mut self, base: &mut Base) -> bool {
        let _ = base;
        false
    }

    /// Whether `send` would succeed.
    fn has_out(&mut self, base: &mut Base) -> bool {
        let _ = base;
        false
    }

    /// Whether a receive that has to wait leaves the caller's message as it was; most types empty it.
    fn keeps_message(&self) -> bool {
        false
    }

    /// A pipe that was found empty has something to read.
    fn read_activated(&mut self, base: &mut Base, pipe: PipeKey) {
        let _ = (base, pipe);
    }

    /// A pipe that was found full has room.
    fn write_activated(&mut self, base: &mut Base, pipe: PipeKey) {
        let _ = (base, pipe);
    }

    /// The peer's routing id has become known.
    fn identified(&mut self, base: &mut Base, pipe: PipeKey) {
        let _ = (base, pipe);
    }

    /// Sets one of the pattern's own options; `Invalid` for others and for bad values.
    fn set_option(&mut self, base: &mut Base, option: i32, value: &[u8]) -> Result<()> {
        let _ = (base, option, value);
        Err(Error::Invalid)
    }

    /// Reads one of the pattern's own options.
    fn get_option(&mut self, base: &Base, option: i32) -> Result<i32> {
        let _ = (base, option);
        Err(Error::Invalid)
    }

    /// Whether a connect may go on.
    fn check_connect(&self, base: &Base) -> Result<()> {
        let _ = base;
        Ok(())
    }

    /// Joins a group.
    fn join(&mut self, base: &mut Base, group: &[u8]) -> Result<()> {
        let _ = (base, group);
        Err(Error::NotSupported)
    }

    /// Leaves a group.
    fn leave(&mut self, base: &mut Base, group: &[u8]) -> Result<()> {
        let _ = (base, group);
        Err(Error::NotSupported)
    }

    /// Which events a peer is ready for.
    fn peer_state(&mut self, base: &mut Base, routing_id: &[u8]) -> Result<i32> {
        let _ = (base, routing_id);
        Err(Error::NotSupported)
    }

    /// Ends the connection to a peer.
    fn disconnect_peer(&mut self, base: &mut Base, id: u32) -> Result<()> {
        let _ = (base, id);
        Err(Error::NotSupported)
    }

    /// The id of the pipe that was attached last, for types that number their peers.
    fn last_peer(&self) -> Option<u32> {
        None
    }
}
