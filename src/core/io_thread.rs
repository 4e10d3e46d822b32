//! A thread for network connections: one `mio::Poll` and one mailbox.
//!
//! inproc needs none of this. The threads are started with the first socket all the same, because
//! their number, names and scheduling are visible from outside.

#![forbid(unsafe_code)]

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

use mio::{Events, Poll, Token};

use super::mailbox::{Mailbox, Wake};
use crate::error::Result;
use crate::sys::thread::{self, Scheduling};

/// The waker's token; connections have other ones.
const MAILBOX: Token = Token(usize::MAX);

enum Order {
    /// The context is done.
    Stop,
}

impl Wake for mio::Waker {
    fn wake(&self) {
        // It fails only if the descriptor is closed, and then the thread is gone.
        let _ = mio::Waker::wake(self);
    }

    fn reset(&self) {}
}

/// The running thread.
pub(crate) struct IoThread {
    mailbox: Arc<Mailbox<Order, mio::Waker>>,
    thread: JoinHandle<()>,
}

impl IoThread {
    /// Starts the thread.
    pub(crate) fn start(name: &[u8], scheduling: Scheduling) -> Result<IoThread> {
        let poll = Poll::new()?;
        let waker = mio::Waker::new(poll.registry(), MAILBOX)?;
        let mailbox = Arc::new(Mailbox::new(Some(waker)));
        let theirs = Arc::clone(&mailbox);
        let thread = thread::spawn(name, scheduling, move || work(poll, &theirs))?;
        Ok(IoThread { mailbox, thread })
    }

    /// Ends the thread and waits for it.
    pub(crate) fn stop(self) {
        self.mailbox.push(Order::Stop);
        // A panic in the thread was reported when it happened; there is nobody left to tell.
        let _ = self.thread.join();
    }
}

fn work(mut poll: Poll, mailbox: &Mailbox<Order, mio::Waker>) {
    let mut events = Events::with_capacity(256);
    let mut orders = Vec::new();
    // The poll reports the mailbox for every ring, so the mailbox rings for every order.
    mailbox.expose();
    loop {
        match poll.poll(&mut events, None) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return,
            Ok(()) | Err(_) => {}
        }
        mailbox.take(&mut orders);
        if orders.drain(..).any(|order| matches!(order, Order::Stop)) {
            return;
        }
    }
}
