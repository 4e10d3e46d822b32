//! The socket's side of a peer: the pipe, and what has to be remembered from one link to the next.
//!
//! What happens to messages when a link breaks is decided here (sockets.md B.6): a message that was
//! partly on the wire is lost whole, one that had partly arrived is taken back, what waits in the
//! pipe of a connecting side goes out on the next link, and what it has to say again is repeated.

#![forbid(unsafe_code)]

use std::sync::Arc;

use super::owner::Owner;
use super::profile::Profile;
use super::replay::Replay;
use crate::core::command::Names;
use crate::core::io_thread::{IoHandle, JobId};
use crate::core::pipe::PipeEnd;
use crate::core::pump::PumpRef;
use crate::msg::{Metadata, Msg};

/// What became of a message for the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    /// It is in the pipe, or nobody wants it any more.
    Done,
    /// There is no room, and a notice follows when there is.
    Full,
}

/// See the module's text.
pub(super) struct Side {
    pub(super) profile: Arc<Profile>,
    pub(super) owner: Arc<dyn Owner>,
    thread: IoHandle,
    job: JobId,
    /// What the socket may run.
    pump: PumpRef,
    /// Something was handed to the application that it has not been shown.
    unshown: bool,
    /// It is not to be shown yet.
    hides: bool,
    /// Frames taken from the application since this was last set to 0.
    pub(super) taken: usize,
    /// The I/O thread looks into the pipe again soon, so that nobody need tell it of messages.
    pub(super) awake: bool,
    /// The application has written itself since this was last set to false.
    pub(super) pushed: bool,
    /// Whether this socket connected to the peer.
    connects: bool,
    pipe: Option<PipeEnd>,
    /// The last frame taken from the pipe was not the last of its message.
    in_message: bool,
    replay: Option<Replay>,
    /// The peer has said what it is called.
    introduced: bool,
    /// The socket does not want this peer.
    refused: bool,
}

impl Side {
    /// The side of a peer, without a pipe at first.
    pub(super) fn new(
        profile: Arc<Profile>,
        owner: Arc<dyn Owner>,
        (thread, job, pump): (IoHandle, JobId, PumpRef),
        connects: bool,
    ) -> Side {
        let replay = if connects { Replay::new(profile.options.kind) } else { None };
        Side {
            profile,
            owner,
            thread,
            job,
            pump,
            unshown: false,
            hides: false,
            taken: 0,
            awake: false,
            pushed: false,
            connects,
            pipe: None,
            in_message: false,
            replay,
            introduced: false,
            refused: false,
        }
    }

    /// Whether this socket connected to the peer.
    pub(super) fn connects(&self) -> bool {
        self.connects
    }

    /// Takes the far end of a pipe that the socket has already.
    pub(super) fn take_pipe(&mut self, mut end: PipeEnd) {
        end.set_job(self.thread.clone(), self.job, Some(self.pump.clone()));
        self.pipe = Some(end);
    }

    /// Has notices of another pipe sent to the peer's job.
    pub(super) fn adopt(&self, end: &mut PipeEnd) {
        end.set_job(self.thread.clone(), self.job, None);
    }

    /// The pipe, if it is the one with this number.
    pub(super) fn pipe_numbered(&mut self, number: u64) -> Option<&mut PipeEnd> {
        self.pipe.as_mut().filter(|pipe| pipe.id() == number)
    }

    /// Whether the pipe is kept, with what it holds, from one link to the next.
    pub(super) fn outlives_links(&self) -> bool {
        !self.profile.options.immediate
    }

    /// Whether a pipe is there that has not ended.
    pub(super) fn has_pipe(&self) -> bool {
        self.pipe.as_ref().is_some_and(|pipe| !pipe.ended())
    }

    /// Whether the socket is done with this peer, and has no more for it.
    pub(super) fn is_over(&self) -> bool {
        self.pipe.as_ref().is_some_and(PipeEnd::ended)
    }

    /// A link is up: the socket is shown its peer, with the routing id that it gave.
    pub(super) fn link_up(
        &mut self,
        routing_id: &[u8],
        subscribes_to_all: bool,
        metadata: Option<&Arc<Metadata>>,
    ) {
        match &mut self.pipe {
            _ if self.refused => return,
            Some(pipe) => {
                if !self.introduced {
                    pipe.introduce(routing_id.to_owned(), None);
                }
            }
            None => {
                let (mut near, far) = self.profile.pipe();
                near.set_routing_id(routing_id.to_owned());
                near.set_locally_initiated(self.connects);
                self.take_pipe(far);
                self.owner.attach(near);
            }
        }
        self.introduced = true;
        if self.profile.notifies_up() {
            self.inject(&[], metadata);
        }
        if subscribes_to_all {
            self.inject(&[1], metadata);
        }
        self.show();
    }

    /// Puts a message of our own into the application's queue, which no high-water mark stops.
    fn inject(&mut self, bytes: &[u8], metadata: Option<&Arc<Metadata>>) {
        // Without memory for it the application is not told.
        if let (Some(pipe), Ok(mut msg)) = (&mut self.pipe, Msg::from_slice(bytes)) {
            msg.set_metadata(metadata.cloned());
            self.unshown |= pipe.push(msg);
        }
    }

    /// What has to be said on a new link before anything else. What the application has changed
    /// since the last one is in it already, so that each subscription is said once.
    pub(super) fn opening(&mut self) -> Vec<Msg> {
        let hello = self.profile.hello().and_then(|hello| Msg::from_slice(hello).ok());
        let mut opening: Vec<Msg> = hello.into_iter().collect();
        let mut others = Vec::new();
        if let (Some(pipe), Some(replay)) = (&mut self.pipe, &mut self.replay) {
            let mut msg = Msg::empty();
            let mut first = true;
            while pipe.read(&mut msg) {
                let msg = msg.take();
                let begins = std::mem::replace(&mut first, !msg.more());
                if msg.more() || !replay.note(&msg, begins) {
                    others.push(msg);
                }
            }
            opening.extend(replay.messages());
        }
        opening.append(&mut others);
        opening
    }

    /// Whether there is room for a frame, or nobody who would mind.
    #[inline]
    pub(super) fn has_room(&mut self) -> bool {
        self.pipe.as_mut().is_none_or(|pipe| pipe.check_write() || !pipe.is_alive())
    }

    /// As `has_room`, without asking to be told when there is room again.
    #[inline]
    pub(super) fn has_room_now(&mut self) -> bool {
        self.pipe.as_mut().is_none_or(|pipe| pipe.has_room_now() || !pipe.is_alive())
    }

    /// Hands a frame to the application, if there is room; then `msg` is empty.
    #[inline]
    pub(super) fn deliver(&mut self, msg: &mut Msg) -> Delivery {
        let Some(pipe) = &mut self.pipe else {
            *msg = Msg::empty();
            return Delivery::Done;
        };
        if pipe.write(msg) {
            self.unshown = true;
            Delivery::Done
        } else if pipe.is_alive() {
            Delivery::Full
        } else {
            *msg = Msg::empty();
            Delivery::Done
        }
    }

    /// Hands the application a message of one frame, filled in where it will lie; false if it is not,
    /// and `deliver` is to be asked, or if `fill` has none.
    #[inline(always)]
    pub(super) fn deliver_with(&mut self, fill: impl FnOnce(&mut Msg) -> bool) -> bool {
        let delivered = self.pipe.as_mut().is_some_and(|pipe| pipe.write_with(fill));
        self.unshown |= delivered;
        delivered
    }

    /// Says whether what is delivered from now on is shown later only, by `show`.
    pub(super) fn hide(&mut self, hides: bool) {
        self.hides = hides;
    }

    /// Whether something was delivered that the application has not been shown.
    pub(super) fn is_hiding(&self) -> bool {
        self.unshown
    }

    /// Shows the application what was delivered, if that need not wait.
    #[inline]
    pub(super) fn flush(&mut self) {
        if !self.hides {
            self.show();
        }
    }

    /// Shows the application what was delivered. If that is nothing it is not woken.
    #[inline]
    pub(super) fn show(&mut self) {
        if let (true, Some(pipe)) = (std::mem::take(&mut self.unshown), &mut self.pipe) {
            pipe.flush();
        }
    }

    /// Tells an application that has fallen asleep over its queue to look again, as there is more for it
    /// elsewhere.
    pub(super) fn rouse(&mut self) {
        if let Some(pipe) = &mut self.pipe {
            pipe.flush();
        }
    }

    /// Takes the next frame for the peer; false: there is none now, and a notice follows, unless the
    /// I/O thread is awake.
    #[inline]
    pub(super) fn next(&mut self, msg: &mut Msg) -> bool {
        let Some(pipe) = &mut self.pipe else { return false };
        let read = if self.awake { pipe.read_awake(msg) } else { pipe.read(msg) };
        if !read {
            return false;
        }
        self.taken += 1;
        let first = !std::mem::replace(&mut self.in_message, msg.more());
        if let Some(replay) = &mut self.replay {
            replay.note(msg, first);
        }
        true
    }

    /// Has the next message for the peer used where it lies, if it is of one frame and need not be
    /// remembered; after a "no", `next` is to be asked.
    #[inline(always)]
    pub(super) fn next_with(&mut self, using: impl FnOnce(&mut Msg)) -> bool {
        if self.in_message || self.replay.is_some() {
            return false;
        }
        let read = self.pipe.as_mut().is_some_and(|pipe| {
            pipe.read_with(|msg| {
                using(msg);
                true
            })
        });
        if read {
            self.taken += 1;
        }
        read
    }

    /// Asks for a notice of the next frame; false if there is one already, or the end.
    pub(super) fn falls_asleep(&mut self) -> bool {
        self.pipe.as_mut().is_some_and(|pipe| !pipe.check_read() && !pipe.ended())
    }

    /// A link is lost, not by our own doing, and comes back or not. `established` says that its
    /// handshake was over.
    pub(super) fn link_down(
        &mut self,
        established: bool,
        comes_back: bool,
        metadata: Option<&Arc<Metadata>>,
    ) {
        if let Some(pipe) = &mut self.pipe {
            pipe.rollback();
        }
        if established {
            let profile = Arc::clone(&self.profile);
            if profile.notifies_down() {
                self.inject(&[], metadata);
            }
            let last = match (self.connects, comes_back) {
                (false, _) => profile.farewell(),
                (true, true) => profile.hiccup(),
                (true, false) => None,
            };
            if let Some(last) = last {
                self.inject(last, metadata);
            }
            self.show();
        }
        if !(comes_back && self.outlives_links()) {
            self.end();
        } else {
            self.skip_rest();
        }
    }

    /// Drops what is left of a message of which the peer got a part. Messages become visible whole,
    /// so that the rest is there.
    fn skip_rest(&mut self) {
        let mut msg = Msg::empty();
        while self.in_message {
            let Some(pipe) = &mut self.pipe else { break };
            if !pipe.read(&mut msg) {
                break;
            }
            self.in_message = msg.more();
        }
        self.in_message = false;
    }

    /// Lets go of the pipe: the socket reads what it holds, and writes no more.
    pub(super) fn end(&mut self) {
        self.pipe = None;
        self.in_message = false;
    }

    /// The socket does not want this peer: nothing passes any more.
    pub(super) fn refused(&mut self) {
        self.end();
        self.refused = true;
    }

    /// Answers a question for the pipe's statistics.
    pub(super) fn answer_stats(&self, link: Option<Names>) {
        if let Some(pipe) = &self.pipe {
            pipe.answer_stats(link.map(Box::new));
        }
    }
}
