//! The peers that came in through one listener.
//!
//! An unbind ends them together, and those that have not finished their handshake are counted:
//! strangers may open as many connections as they like, and may not hold the process's
//! descriptors for it. When there are many of them the next ones wait in the kernel, where the
//! listener's backlog bounds them; those that take long then give way. A burst of honest peers
//! takes milliseconds each and loses nothing.
//!
//! A peer that is being judged is not the one that takes long, and does not give way: it would come
//! back and be asked about once more, while its first question still stands before those that can
//! be answered in time, so that a handler that is slow for so many peers would let nobody in. The
//! others wait for the handler as it is, and `ZMQ_HANDSHAKE_IVL` bounds that.

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
/// And one of whose peer nothing was heard in so many.
const SILENT: u64 = 200;

#[derive(Default)]
struct Members {
    peers: BTreeMap<JobId, PeerHandle>,
    /// Those that have not finished their handshake. Numbers grow, so the first of them is the oldest.
    strangers: BTreeMap<JobId, Stranger>,
    /// No more are taken in.
    closed: bool,
}

/// A peer that has not finished its handshake.
#[derive(Clone, Copy)]
struct Stranger {
    /// Since when it is the peer's turn; not while it is being judged.
    since: Option<u64>,
    /// Something has come from it.
    spoke: bool,
}

impl Stranger {
    fn gives_way(self, now: u64) -> bool {
        let patience = if self.spoke { LONG } else { SILENT };
        self.since.is_some_and(|since| since + patience <= now)
    }
}

/// A peer's place among those of its listener, free again when this is dropped.
pub(super) struct Membership {
    brood: Arc<Brood>,
    id: JobId,
    /// The handshake is over.
    known: bool,
    /// Something has come from the peer.
    spoke: bool,
    /// The peer is being judged.
    judged: bool,
}

impl Membership {
    /// The peer has finished its handshake.
    pub(super) fn known(&mut self) {
        if !std::mem::replace(&mut self.known, true) {
            self.brood.known(self.id);
        }
    }

    /// Says how far the peer has come: whether it has said anything, and is being judged now.
    pub(super) fn progress(&mut self, spoke: bool, judged: bool, now: u64) {
        let turned = std::mem::replace(&mut self.judged, judged) != judged;
        if std::mem::replace(&mut self.spoke, spoke) != spoke || turned {
            self.brood.progress(self.id, spoke, turned.then(|| (!judged).then_some(now)));
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
            let slow = members.strangers.iter().find(|(_, stranger)| stranger.gives_way(now));
            let Some(slow) = slow.map(|(id, _)| *id) else { return false };
            members.strangers.remove(&slow);
            if let Some(peer) = members.peers.get(&slow) {
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
        members.strangers.insert(id, Stranger { since: Some(now), spoke: false });
        let (known, spoke, judged) = (false, false, false);
        Some(Membership { brood: Arc::clone(self), id, known, spoke, judged })
    }

    fn known(&self, id: JobId) {
        self.0.lock().strangers.remove(&id);
    }

    /// What has changed about a stranger; one that has given way stays away.
    fn progress(&self, id: JobId, spoke: bool, turn: Option<Option<u64>>) {
        if let Some(stranger) = self.0.lock().strangers.get_mut(&id) {
            stranger.spoke = spoke;
            stranger.since = turn.unwrap_or(stranger.since);
        }
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

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::core::io_thread::IoThread;
    use crate::sys::thread::Scheduling;

    #[test]
    fn only_those_who_are_slow_themselves_give_way() {
        let thread = IoThread::start(b"brood", Scheduling::default()).expect("there are threads");
        let brood = Arc::<Brood>::default();
        let add = |_| brood.add(PeerHandle::new(thread.handle()), 0).expect("it is open");
        let mut members: Vec<Membership> = (0..HANDSHAKES).map(add).collect();
        assert!(!brood.has_room(SILENT - 1));
        members.iter_mut().for_each(|member| member.progress(true, false, 1));
        assert!(!brood.has_room(LONG - 1));
        members.iter_mut().for_each(|member| member.progress(true, true, 1));
        assert!(!brood.has_room(LONG * 100));
        // An answer gives the time to go on.
        let answered = LONG * 100;
        members[7].progress(true, false, answered);
        assert!(!brood.has_room(answered + LONG - 1));
        assert!(brood.has_room(answered + LONG));
        // It has given way, and is not counted again.
        members[7].progress(true, true, answered + LONG);
        members[7].progress(true, false, answered + LONG);
        members[8].known();
        assert!(brood.has_room(answered + LONG));
        assert_eq!(brood.0.lock().strangers.len(), HANDSHAKES - 2);
        // One that says nothing is the first to go.
        let silent = brood.add(PeerHandle::new(thread.handle()), answered).expect("it is open");
        let other = brood.add(PeerHandle::new(thread.handle()), answered).expect("it is open");
        assert!(!brood.has_room(answered + SILENT - 1));
        assert!(brood.has_room(answered + SILENT));
        drop((silent, other));
        members.clear();
        assert!(brood.0.lock().strangers.is_empty() && brood.0.lock().peers.is_empty());
        thread.stop();
    }
}
