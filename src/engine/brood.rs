//! The peers that came in through one listener.
//!
//! An unbind ends them together, and those that have not finished their handshake are counted:
//! strangers may open as many connections as they like, and may not hold the process's
//! descriptors for it. When there are many of them the next ones wait in the kernel, where the
//! listener's backlog bounds them; those that take long then give way. A burst of honest peers
//! takes milliseconds each and loses nothing.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;

use super::peer::{PeerHandle, PeerOrder};
use crate::core::io_thread::JobId;

/// How many peers of a listener may be in their handshake at once.
const HANDSHAKES: usize = 1024;
/// A handshake that has taken so many milliseconds gives way when others wait.
const LONG: u64 = 2000;

#[derive(Default)]
struct Members {
    peers: BTreeMap<JobId, PeerHandle>,
    /// Those that have not finished their handshake, and since when they are here; numbers grow,
    /// so the first is the oldest.
    strangers: BTreeMap<JobId, u64>,
    /// No more are taken in.
    closed: bool,
}

/// A peer's place among those of its listener, free again when this is dropped.
pub(super) struct Membership {
    brood: Arc<Brood>,
    id: JobId,
    /// The handshake is over.
    known: bool,
}

impl Membership {
    /// The peer has finished its handshake.
    pub(super) fn known(&mut self) {
        if !std::mem::replace(&mut self.known, true) {
            self.brood.known(self.id);
        }
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.brood.remove(self.id);
    }
}

/// The peers of a listener; see the module's text.
#[derive(Default)]
pub(crate) struct Brood(Mutex<Members>);

impl Brood {
    /// Whether another stranger may come in.
    pub(super) fn has_room(&self, now: u64) -> bool {
        let mut members = self.0.lock();
        while members.strangers.len() >= HANDSHAKES {
            match members.strangers.first_key_value() {
                Some((_, since)) if since + LONG <= now => {}
                Some(_) | None => return false,
            }
            let oldest = members.strangers.pop_first().map(|(id, _)| id);
            if let Some(peer) = oldest.and_then(|oldest| members.peers.get(&oldest)) {
                peer.order(PeerOrder::Drop);
            }
        }
        true
    }

    /// Takes a peer in; none if the listener has gone meanwhile, and so must the peer.
    pub(super) fn add(self: &Arc<Brood>, peer: PeerHandle, now: u64) -> Option<Membership> {
        let mut members = self.0.lock();
        if members.closed {
            return None;
        }
        let id = peer.id();
        members.peers.insert(id, peer);
        members.strangers.insert(id, now);
        Some(Membership { brood: Arc::clone(self), id, known: false })
    }

    fn known(&self, id: JobId) {
        self.0.lock().strangers.remove(&id);
    }

    fn remove(&self, id: JobId) {
        let mut members = self.0.lock();
        members.strangers.remove(&id);
        members.peers.remove(&id);
    }

    /// The listener closes; every peer gets this order.
    pub(super) fn close(&self, order: &PeerOrder) {
        let peers = {
            let mut members = self.0.lock();
            members.closed = true;
            std::mem::take(&mut members.peers)
        };
        peers.into_values().for_each(|peer| peer.order(order.clone()));
    }
}
