//! A bound endpoint: accepts links and makes peers of them.
//!
//! When the process is out of descriptors or memory, a pending connection cannot be accepted and
//! stays pending; trying again at once would only burn time. So the listener reports it, rests, and
//! goes on when its rest is over.

#![forbid(unsafe_code)]

use std::io;
use std::os::fd::AsRawFd;
use std::sync::Arc;

use parking_lot::Mutex;

use super::brood::Brood;
use super::owner::{Event, Happening, Hold, Owner};
use super::peer::{PeerOrder, start_accepted};
use super::profile::Profile;
use crate::core::command::Names;
use crate::core::io_thread::{Fate, Io, IoHandle, IoThreads, Job, JobId, Occasion};
use crate::core::log;
use crate::core::options::Options;
use crate::transport::{Listener, Stream, is_member};

/// As many links are accepted before others have their turn.
const TURN: usize = 64;
/// How long to rest when the process is out of descriptors, in milliseconds.
const REST: u64 = 100;
/// How long to rest when too many peers are in their handshake.
const SHORT_REST: u64 = 10;

/// How a listener is to be closed.
#[derive(Clone, Copy, Debug)]
enum Close {
    /// Together with all peers that came in through it.
    WithPeers,
    /// Its peers may deliver what they have, for so long (`ZMQ_LINGER`).
    Lingering(i32),
}

/// The way to a listener for those who do not run it.
#[derive(Clone)]
pub(crate) struct ListenerHandle {
    thread: IoHandle,
    id: JobId,
    close: Arc<Mutex<Option<Close>>>,
}

impl ListenerHandle {
    /// The listener's number.
    pub(crate) fn id(&self) -> JobId {
        self.id
    }

    /// Closes it, and ends every link that came in through it.
    pub(crate) fn unbind(&self) {
        self.order(Close::WithPeers);
    }

    /// Closes it, as its socket was closed.
    pub(crate) fn close(&self, linger: i32) {
        self.order(Close::Lingering(linger));
    }

    fn order(&self, close: Close) {
        *self.close.lock() = Some(close);
        self.thread.poke(self.id);
    }
}

/// Starts accepting.
pub(crate) fn start_listener(
    options: &Options,
    profile: Arc<Profile>,
    owner: Arc<dyn Owner>,
    threads: IoThreads,
    thread: IoHandle,
    listener: Listener,
) -> ListenerHandle {
    let handle = ListenerHandle { thread, id: JobId::next(), close: Arc::default() };
    let event = Happening::Listening(listener.as_raw_fd());
    let hold = Hold::new(Arc::clone(&owner), handle.id);
    let job = Listening {
        handle: handle.clone(),
        options: options.clone(),
        profile,
        owner,
        threads,
        brood: Arc::default(),
        endpoint: listener.endpoint().to_vec(),
        listener: Some(listener),
        rest: None,
        watched: false,
        _hold: hold,
    };
    job.report(event);
    handle.thread.start(handle.id, Box::new(job));
    handle
}

/// A listener as a job of an I/O thread.
struct Listening {
    handle: ListenerHandle,
    /// The options as they were, among them whom it lets in.
    options: Options,
    profile: Arc<Profile>,
    owner: Arc<dyn Owner>,
    /// Where its peers may live.
    threads: IoThreads,
    brood: Arc<Brood>,
    /// None when closed.
    listener: Option<Listener>,
    /// As `ZMQ_LAST_ENDPOINT` reported it.
    endpoint: Vec<u8>,
    /// Accepting goes on at this time.
    rest: Option<u64>,
    /// The thread looks at the descriptor.
    watched: bool,
    /// Last, so that the descriptor has gone before it.
    _hold: Hold,
}

impl Job for Listening {
    fn run(&mut self, _occasion: Occasion, io: &mut Io<'_>) -> Fate {
        if !self.watched && self.rest.is_none_or(|until| until <= io.turn.now) {
            self.watch(io);
        }
        let close = self.handle.close.lock().take();
        if let Some(close) = close {
            self.close(close, io);
            return Fate::Done;
        }
        if self.rest.is_none_or(|until| until <= io.turn.now) {
            self.rest = None;
            self.accept(io);
        }
        Fate::Stays
    }

    fn deadline(&self) -> Option<u64> {
        self.rest
    }
}

impl Listening {
    /// Has the descriptor watched; if that cannot be had now, it is tried again after a rest.
    fn watch(&mut self, io: &Io<'_>) {
        match self.listener.as_ref().map(|listener| io.watch(listener)) {
            Some(Err(error)) => self.rest(&error, io),
            Some(Ok(())) | None => {
                self.watched = true;
                self.rest = None;
            }
        }
    }

    fn accept(&mut self, io: &mut Io<'_>) {
        for _ in 0..TURN {
            if !self.brood.has_room(io.turn.now) {
                self.rest = Some(io.turn.now + SHORT_REST);
                return;
            }
            let Some(listener) = &self.listener else { return };
            match listener.accept(&self.profile.settings) {
                Ok(stream) => self.take_in(stream, io),
                Err(error) => match error.kind() {
                    io::ErrorKind::WouldBlock => return,
                    // The peer changed its mind; the next one may not have.
                    io::ErrorKind::ConnectionAborted | io::ErrorKind::Interrupted => {}
                    _ => return self.rest(&error, io),
                },
            }
        }
        io.turn.again();
    }

    fn rest(&mut self, error: &io::Error, io: &Io<'_>) {
        let errno = error.raw_os_error().unwrap_or(libc::EIO);
        self.report(Happening::AcceptFailed(errno));
        log::say(format_args!(
            "{} cannot accept for now: {error}",
            String::from_utf8_lossy(&self.endpoint)
        ));
        self.rest = Some(io.turn.now + REST);
    }

    fn take_in(&mut self, stream: Stream, io: &Io<'_>) {
        if !admits(&self.options, &stream) {
            // What libzmq says; there is no errno for it.
            self.report(Happening::AcceptFailed(libc::EINVAL));
            return;
        }
        let names = Names { local: stream.local_endpoint(), remote: stream.remote_endpoint() };
        self.owner.report(&Event {
            what: Happening::Accepted(stream.as_raw_fd()),
            local: &names.local,
            remote: &names.remote,
            bound: true,
        });
        let affinity = self.profile.options.affinity;
        let thread = self.threads.choose(affinity).unwrap_or_else(|_| self.handle.thread.clone());
        let (profile, owner) = (Arc::clone(&self.profile), Arc::clone(&self.owner));
        start_accepted(profile, owner, thread, &self.brood, stream, names, io.turn.now);
    }

    fn close(&mut self, close: Close, io: &Io<'_>) {
        let Some(fd) = self.listener.as_ref().map(AsRawFd::as_raw_fd) else { return };
        io.forget(fd);
        self.listener = None;
        self.report(Happening::Closed(fd));
        self.brood.close(&match close {
            Close::WithPeers => PeerOrder::Drop,
            Close::Lingering(linger) => PeerOrder::Close(linger),
        });
    }

    fn report(&self, what: Happening) {
        let local = self.endpoint.as_slice();
        self.owner.report(&Event { what, local, remote: b"", bound: true });
    }
}

/// Whether a peer passes the filters.
fn admits(options: &Options, stream: &Stream) -> bool {
    if let Some(peer) = stream.peer_ip() {
        return options.admits_tcp(peer);
    }
    let (pids, uids, gids) =
        (&options.ipc_filter_pid, &options.ipc_filter_uid, &options.ipc_filter_gid);
    if pids.is_empty() && uids.is_empty() && gids.is_empty() {
        return true;
    }
    let Some(peer) = stream.peer_credentials() else { return false };
    pids.contains(&peer.pid)
        || uids.contains(&peer.uid)
        || gids.contains(&peer.gid)
        || gids.iter().any(|gid| is_member(peer.uid, *gid))
}
