//! Where other threads leave commands for a socket, an I/O thread or the reaper.
//!
//! Many writers, one reader. A mailbox that nobody waits on is silent: a writer makes a system call
//! only if the reader has said that it waits (`arm`), if the program watches `ZMQ_FD` (`expose`), or
//! if somebody else asked to be told (`watch`, `redirect`). The lock is held for a few instructions
//! on either side, and commands are rare beside messages, which go through the pipes; so a lock is
//! enough here, and makes the rule about sleeping plain: *whether to wake is decided under the same
//! lock as the push*.
//!
//! The system calls themselves stand outside of the lock, as the thread that is woken wants it at
//! once. So a ring may arrive after the reader has taken the command it was for; the writer then
//! takes the ring back, and a waker that nobody has news for is never left ringing.

#![forbid(unsafe_code)]

use std::sync::Arc;

use super::sync::{AtomicBool, Mutex, Ordering};

/// Something that can be woken: an eventfd in the library, a model's notifier under loom.
pub(crate) trait Wake: Send + Sync {
    /// Makes the waiter return; idempotent until `reset`.
    fn wake(&self);
    /// Forgets the wake-up.
    fn reset(&self);
}

/// A second party to be told of every command.
type Redirect = Box<dyn Fn() + Send>;

struct State<C, W> {
    queue: Vec<C>,
    /// Writers that have decided to ring and have not come back from it.
    ringing: usize,
    /// The reader took commands while a writer was still on its way to ring for them.
    overtaken: bool,
    /// How many threads wait on the waker at this moment.
    armed: usize,
    /// The program holds the waker's descriptor, so that it has to be rung for every news.
    exposed: bool,
    watchers: Vec<Arc<W>>,
    redirect: Option<Redirect>,
}

/// The mailbox of one owner; see the module's text.
pub(crate) struct Mailbox<C, W> {
    state: Mutex<State<C, W>>,
    /// Whether the queue holds anything: the owner's cheap look on every call.
    pending: AtomicBool,
    /// The waker was rung, or is about to be, and not reset yet. Changes under the lock only.
    rung: AtomicBool,
    /// It was rung, and no writer is still on its way to. Changes under the lock only.
    settled: AtomicBool,
    waker: Option<W>,
}

impl<C: Send, W: Wake> Mailbox<C, W> {
    /// An empty mailbox; without a waker it can only be watched.
    pub(crate) fn new(waker: Option<W>) -> Mailbox<C, W> {
        Mailbox {
            state: Mutex::new(State {
                queue: Vec::new(),
                ringing: 0,
                overtaken: false,
                armed: 0,
                exposed: false,
                watchers: Vec::new(),
                redirect: None,
            }),
            pending: AtomicBool::new(false),
            rung: AtomicBool::new(false),
            settled: AtomicBool::new(false),
            waker,
        }
    }

    /// Leaves a command and wakes whoever waits for one.
    pub(crate) fn push(&self, command: C) {
        let mut state = self.state.lock();
        state.queue.push(command);
        self.pending.store(true, Ordering::Release);
        for watcher in &state.watchers {
            watcher.wake();
        }
        if let Some(redirect) = &state.redirect {
            redirect();
        }
        let ring = self.decide_to_ring(&mut state);
        drop(state);
        if ring {
            self.ring();
        }
    }

    /// Whether there is anything to take: one load, for the owner to begin every call with.
    #[inline]
    pub(crate) fn has_news(&self) -> bool {
        self.pending.load(Ordering::Acquire)
    }

    /// Moves all commands, in the order in which they came, into an empty vector; the vectors change
    /// places, so that neither side allocates in the long run.
    pub(crate) fn take(&self, into: &mut Vec<C>) {
        debug_assert!(into.is_empty());
        // Until `rung` is taken back no writer begins to ring, so a ring that all have come back
        // from can be reset before the lock. One that is under way must not: it may end after the
        // reset and before the lock, and would be left ringing.
        let reset = self.settled.load(Ordering::Acquire);
        if reset {
            self.reset_waker();
        }
        let mut state = self.state.lock();
        self.pending.store(false, Ordering::Release);
        if self.rung.load(Ordering::Relaxed) {
            self.rung.store(false, Ordering::Relaxed);
            state.overtaken = state.ringing > 0;
            if self.settled.load(Ordering::Relaxed) && !reset {
                self.reset_waker();
            }
            self.settled.store(false, Ordering::Relaxed);
        }
        std::mem::swap(&mut state.queue, into);
    }

    /// Announces that the caller is about to wait on the waker; false if there is news already, and
    /// then nothing is announced.
    pub(crate) fn arm(&self) -> bool {
        let mut state = self.state.lock();
        if state.queue.is_empty() {
            state.armed += 1;
        }
        state.queue.is_empty()
    }

    /// Takes an announcement back.
    pub(crate) fn disarm(&self) {
        let mut state = self.state.lock();
        state.armed = state.armed.saturating_sub(1);
    }

    /// Whether anybody waits on the waker, or has not yet taken the announcement back.
    pub(crate) fn is_awaited(&self) -> bool {
        self.state.lock().armed > 0
    }

    /// From now on the waker is rung for every news, as the program may poll it at any time.
    pub(crate) fn expose(&self) {
        let mut state = self.state.lock();
        state.exposed = true;
        let ring = !state.queue.is_empty() && self.decide_to_ring(&mut state);
        drop(state);
        if ring {
            self.ring();
        }
    }

    /// Adds somebody to be woken by every command; woken at once if there is one already.
    pub(crate) fn watch(&self, watcher: Arc<W>) {
        let mut state = self.state.lock();
        if !state.queue.is_empty() {
            watcher.wake();
        }
        state.watchers.push(watcher);
    }

    /// Removes what `watch` added.
    pub(crate) fn unwatch(&self, watcher: &Arc<W>) {
        let mut state = self.state.lock();
        if let Some(at) = state.watchers.iter().position(|w| Arc::ptr_eq(w, watcher)) {
            state.watchers.swap_remove(at);
        }
    }

    /// Calls `redirect` for every command from now on, and once for those already there.
    ///
    /// It runs under this mailbox's lock, so it must do no more than tell another mailbox.
    pub(crate) fn redirect(&self, redirect: Redirect) {
        let mut state = self.state.lock();
        if !state.queue.is_empty() {
            redirect();
        }
        state.redirect = Some(redirect);
    }

    /// What the owner waits on.
    pub(crate) fn waker(&self) -> Option<&W> {
        self.waker.as_ref()
    }

    /// Whether the caller is to ring, after it has let go of the lock.
    fn decide_to_ring(&self, state: &mut State<C, W>) -> bool {
        let wanted = state.armed > 0 || state.exposed;
        if !wanted || self.waker.is_none() || self.rung.load(Ordering::Relaxed) {
            return false;
        }
        self.rung.store(true, Ordering::Release);
        state.ringing += 1;
        true
    }

    fn ring(&self) {
        if let Some(waker) = &self.waker {
            waker.wake();
        }
        let mut state = self.state.lock();
        state.ringing -= 1;
        if state.ringing > 0 {
            return;
        }
        let overtaken = std::mem::take(&mut state.overtaken);
        if self.rung.load(Ordering::Relaxed) {
            self.settled.store(true, Ordering::Release);
        } else if overtaken {
            // The ring came too late for its command, and no other one counts on it.
            self.reset_waker();
        }
    }

    fn reset_waker(&self) {
        if let Some(waker) = &self.waker {
            waker.reset();
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::sync::Barrier;

    /// A waker whose ring takes its time.
    struct Slow {
        rung: AtomicBool,
        arrived: Barrier,
        go: Barrier,
        done: Barrier,
        went: AtomicBool,
    }

    impl Slow {
        /// Lets the ring happen and the writer come back, once.
        fn let_go(&self) {
            if !self.went.swap(true, Ordering::AcqRel) {
                self.go.wait();
                self.done.wait();
            }
        }
    }

    impl Wake for Slow {
        fn wake(&self) {
            self.arrived.wait();
            self.go.wait();
            self.rung.store(true, Ordering::Release);
        }

        fn reset(&self) {
            self.rung.store(false, Ordering::Release);
            self.let_go();
        }
    }

    #[test]
    fn a_ring_that_is_late_is_not_left_standing() {
        let pair = || Barrier::new(2);
        let (rung, went) = (AtomicBool::new(false), AtomicBool::new(false));
        let slow = Slow { rung, arrived: pair(), go: pair(), done: pair(), went };
        let mailbox = Arc::new(Mailbox::new(Some(slow)));
        mailbox.expose();
        let theirs = Arc::clone(&mailbox);
        let writer = std::thread::spawn(move || {
            theirs.push(1);
            theirs.waker().expect("it has one").done.wait();
        });
        let waker = mailbox.waker().expect("it has one");
        waker.arrived.wait();
        let mut commands = Vec::new();
        mailbox.take(&mut commands);
        assert_eq!(commands, [1]);
        waker.let_go();
        writer.join().expect("the writer does not panic");
        assert!(!waker.rung.load(Ordering::Acquire));
    }
}
