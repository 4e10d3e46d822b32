//! What an I/O thread runs, and what it offers to that.
//!
//! The room exists so that `core` need not know the engine: a listener or a peer is a [`Job`] here, run
//! on one of the [`Occasion`]s, with an [`Io`] for its descriptors and a [`Turn`] for its share of the
//! round. A job only asks; when it runs is the thread's business.

#![forbid(unsafe_code)]

use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::atomic::{AtomicU64, Ordering};

use mio::event::Event;
use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};

use crate::core::command::Notice;

/// What the thread hears of a descriptor.
pub(super) const INTEREST: Interest = Interest::READABLE.add(Interest::WRITABLE);

/// A job's number, unique in the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct JobId(u64);

impl JobId {
    /// A number that no other job has.
    pub(crate) fn next() -> JobId {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        JobId(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// Why a job is run.
#[derive(Debug)]
pub(crate) enum Occasion {
    /// The thread has just taken it in.
    Start,
    /// Its descriptor can be read or written, or is done for.
    Ready(Readiness),
    /// The far end of its pipe, which has this number, has something to tell.
    Notice(u64, Notice),
    /// Somebody left something for it in a place that the two know of.
    Poke,
    /// The time that it named has come.
    Timeout,
    /// It asked for another turn, or somebody else did for it.
    Again,
    /// It wanted to be left alone for a moment, and that is over.
    Napped,
    /// What it has read may be shown.
    Show,
}

/// What the system says of a descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Readiness {
    /// There is something to read, or the end.
    pub(crate) readable: bool,
    /// There is room to write.
    pub(crate) writable: bool,
    /// The peer will send no more; the end may stand behind what is still to be read.
    pub(crate) read_closed: bool,
}

/// Whether the thread keeps a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It goes on.
    Stays,
    /// It is finished and can be dropped.
    Done,
}

/// Something that an I/O thread runs.
pub(crate) trait Job: Send {
    /// Does what the occasion allows.
    fn run(&mut self, occasion: Occasion, io: &mut Io<'_>) -> Fate;

    /// When it wants to run next, whatever happens until then (`clock::millis`).
    fn deadline(&self) -> Option<u64>;

    /// Whether what it brings is known to its socket before others show what arrived later. It does not
    /// change.
    fn is_herald(&self) -> bool {
        false
    }
}

/// What a thread offers to those who move bytes on it.
pub(crate) struct Turn<'a> {
    /// The time at which this round began.
    pub(crate) now: u64,
    /// Memory to read into, shared by all that the thread runs.
    pub(crate) buffer: &'a mut [u8],
    /// As many bytes may be moved either way before others have their turn.
    pub(crate) share: usize,
    /// It asked for another turn.
    pub(super) again: bool,
    /// It asked to be left alone for a moment.
    pub(super) nap: bool,
    /// There are heralds, and it is none of them.
    pub(super) hides: bool,
    /// It asked for the time at which it may show what it has read.
    pub(super) shows_later: bool,
    /// It waits for a step of its handshake.
    pub(super) negotiates: bool,
    /// It cannot wait for that.
    insists: bool,
    /// What is left of `EFFORT`.
    effort: &'a mut usize,
}

impl<'a> Turn<'a> {
    /// A turn in which so much effort may go into a handshake.
    pub(crate) fn new(
        now: u64,
        buffer: &'a mut [u8],
        share: usize,
        effort: &'a mut usize,
    ) -> Turn<'a> {
        Turn {
            now,
            buffer,
            share,
            again: false,
            nap: false,
            hides: false,
            shows_later: false,
            negotiates: false,
            insists: false,
            effort,
        }
    }

    /// Whether a handshake may take a step that costs so much now; if not, the job gets a turn when
    /// it may.
    pub(crate) fn may_negotiate(&mut self, effort: usize) -> bool {
        self.negotiates = *self.effort == 0 && !self.insists;
        *self.effort = self.effort.saturating_sub(effort);
        !self.negotiates
    }

    /// A handshake's time is over: what has arrived until then is looked at now or never.
    pub(crate) fn insist(&mut self) {
        self.insists = true;
    }

    /// Whether it was told to wait with its handshake.
    pub(crate) fn negotiates(&self) -> bool {
        self.negotiates
    }

    /// Asks for another turn after the others had theirs.
    pub(crate) fn again(&mut self) {
        self.again = true;
    }

    /// Whether what is read now may be shown later only (`show_later`): a herald may have news that
    /// came first, which the thread has not heard of yet.
    pub(crate) fn hides(&self) -> bool {
        self.hides
    }

    /// Asks for a turn when the thread has looked for news of heralds once more, and has run those who
    /// had any (`Occasion::Show`).
    pub(crate) fn show_later(&mut self) {
        self.shows_later = true;
    }

    /// Asks for another turn in a moment, for which the thread sleeps if there is nothing to do.
    pub(crate) fn nap(&mut self) {
        self.nap = true;
    }
}

/// What the thread offers to the job that it runs.
pub(crate) struct Io<'a> {
    pub(super) registry: &'a Registry,
    pub(super) job: JobId,
    /// The job's turn.
    pub(crate) turn: Turn<'a>,
}

impl Io<'_> {
    /// Has a descriptor watched, until it is closed or `forget`.
    pub(crate) fn watch(&self, fd: &impl AsRawFd) -> io::Result<()> {
        self.registry.register(&mut SourceFd(&fd.as_raw_fd()), token(self.job), INTEREST)
    }

    /// Stops watching, before the descriptor is closed: a forked process may keep it open.
    pub(crate) fn forget(&self, fd: RawFd) {
        // It was not watched, or was closed: then there is nothing to forget.
        let _ = self.registry.deregister(&mut SourceFd(&fd));
    }
}

/// The token of a job's descriptors.
pub(super) fn token(job: JobId) -> Token {
    Token(job.0 as usize)
}

/// The job whose descriptors have this token.
pub(super) fn job_of(token: Token) -> JobId {
    JobId(token.0 as u64)
}

/// What an event says of its descriptor.
pub(super) fn readiness(event: &Event) -> Readiness {
    let read_closed = event.is_read_closed() || event.is_error();
    Readiness {
        readable: event.is_readable() || read_closed,
        writable: event.is_writable() || event.is_error(),
        read_closed,
    }
}
