//! Exchanging messages with one peer and no other.
//!
//! The first pipe is adopted and every later one is refused until the first has ended completely,
//! its last message read. One pipe is the smallest case of load balancing and fair queueing, so
//! these two decide what happens to a message whose peer is lost half-way.

#![forbid(unsafe_code)]

use super::fair_queue::FairQueue;
use super::frames::Frames;
use super::load_balancer::LoadBalancer;
use crate::core::pipes::{PipeKey, Pipes};
use crate::error::Result;
use crate::msg::Msg;
use crate::sys::memory::Buffer;

/// The peer, if there is one.
#[derive(Debug)]
pub(crate) struct SolePeer {
    peer: Option<PipeKey>,
    inbound: FairQueue,
    outbound: LoadBalancer,
}

impl SolePeer {
    /// No peer yet.
    pub(crate) fn new() -> SolePeer {
        SolePeer { peer: None, inbound: FairQueue::new(), outbound: LoadBalancer::new() }
    }

    /// Adopts the pipe, or ends it if there is a peer already.
    pub(crate) fn attach(&mut self, pipes: &mut Pipes, key: PipeKey) {
        if self.peer.is_some() {
            pipes.refuse(key);
        } else {
            self.peer = Some(key);
            self.inbound.attach(key);
            self.outbound.attach(key);
        }
    }

    /// Forgets a pipe; the next one to come may be adopted if it was the peer's.
    pub(crate) fn detached(&mut self, key: PipeKey) {
        if self.peer == Some(key) {
            self.peer = None;
            self.inbound.detach(key);
            self.outbound.detach(key);
        }
    }

    /// Whether a peer was adopted.
    pub(crate) fn is_present(&self) -> bool {
        self.peer.is_some()
    }

    /// Sends a frame to the peer.
    #[inline(always)]
    pub(crate) fn send(&mut self, pipes: &mut Pipes, msg: &mut Msg, may_wait: bool) -> Result<()> {
        self.outbound.send(pipes, msg, may_wait).map(|_| ())
    }

    /// Receives a frame from the peer.
    #[inline(always)]
    pub(crate) fn recv(&mut self, pipes: &mut Pipes, msg: &mut Msg, frames: Frames) -> Result<()> {
        frames.recv(&mut self.inbound, pipes, msg).map(|_| ())
    }

    /// See `LoadBalancer::send_copy`.
    #[inline(always)]
    pub(crate) fn send_copy(&mut self, pipes: &mut Pipes, data: &[u8]) -> bool {
        self.outbound.send_copy(pipes, data)
    }

    /// See `FairQueue::recv_copy`.
    #[inline(always)]
    pub(crate) fn recv_copy(&mut self, pipes: &mut Pipes, into: &mut Buffer) -> Option<usize> {
        self.inbound.recv_copy(pipes, into, |_| true)
    }

    /// Whether a frame can be read.
    pub(crate) fn has_in(&mut self, pipes: &mut Pipes) -> bool {
        self.inbound.has_in(pipes)
    }

    /// Whether a frame would be taken now.
    pub(crate) fn has_out(&mut self, pipes: &mut Pipes) -> bool {
        self.outbound.has_out(pipes)
    }

    /// Data came.
    pub(crate) fn read_activated(&mut self, key: PipeKey) {
        self.inbound.read_activated(key);
    }

    /// There is room again.
    pub(crate) fn write_activated(&mut self, key: PipeKey) {
        self.outbound.write_activated(key);
    }
}
