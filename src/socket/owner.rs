//! What the listeners and peers of a socket know of it: this is how they tell it something.

#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use super::monitor::MonitorSlot;
use super::state::Socket;
use crate::core::command::{Command, SocketMailbox};
use crate::core::io_thread::JobId;
use crate::core::pipe::PipeEnd;
use crate::core::registry::Absence;
use crate::engine::{Event, Owner};
use crate::zmtp::zap;

/// The way from an I/O thread to a socket; see the module's text.
pub(super) struct Tie {
    socket: Weak<Socket>,
    mailbox: Arc<SocketMailbox>,
    monitor: Arc<MonitorSlot>,
    /// Listeners and peers that are not finished: the socket must not be either.
    jobs: AtomicUsize,
}

impl Tie {
    /// The tie of a socket without listeners and peers.
    pub(super) fn new(
        socket: Weak<Socket>,
        mailbox: Arc<SocketMailbox>,
        monitor: Arc<MonitorSlot>,
    ) -> Tie {
        Tie { socket, mailbox, monitor, jobs: AtomicUsize::new(0) }
    }

    /// Whether no job is left.
    pub(super) fn is_free(&self) -> bool {
        self.jobs.load(Ordering::Acquire) == 0
    }
}

impl Owner for Tie {
    fn report(&self, event: &Event<'_>) {
        self.monitor.report(event);
    }

    fn attach(&self, end: PipeEnd) {
        self.mailbox.push(Command::Attach(Box::new(end)));
    }

    fn job_begins(&self) {
        self.jobs.fetch_add(1, Ordering::Relaxed);
    }

    fn job_done(&self, job: JobId, endpoint_gone: bool) {
        // Before the command, whose arrival makes a closed socket count.
        self.jobs.fetch_sub(1, Ordering::Release);
        self.mailbox.push(Command::JobDone(job, endpoint_gone));
    }

    fn handler(&self) -> Result<PipeEnd, Absence> {
        let socket = self.socket.upgrade().ok_or(Absence::Gone)?;
        socket.context().registry().ask(zap::ADDRESS)
    }

    fn reads_itself(&self) -> bool {
        self.socket.upgrade().is_some_and(|socket| socket.reads_when_it_waits())
    }

    fn tidy(&self) {
        if let Some(socket) = self.socket.upgrade() {
            socket.tidy();
        }
    }
}
