//! Where other threads leave commands for a socket, an I/O thread or the reaper.
//!
//! Many writers, one reader. A mailbox that nobody waits on is silent: a writer makes a system call
//! only if the reader has said that it waits (`arm`), if the program watches `ZMQ_FD` (`expose`), or
//! if somebody else asked to be told (`watch`, `redirect`). The lock is held for a few instructions
//! on either side, and commands are rare beside messages, which go through the pipes; so a lock is
//! enough here, and makes the rule about sleeping plain: *whether to wake is decided under the same
//! lock as the push*.
//!
//! The system call itself stands outside of the lock, as the thread that is woken wants it at once.
//! So a ring may arrive after the command it was for has been taken. That is harmless because *who
//! waits resets the waker when the wait is over*: a late ring costs the next wait one look. (The
//! writer cannot be the one to tidy up: on one core it may not get to run while the reader spins.)
//! A program that watches `ZMQ_FD` does not reset anything, so for an exposed mailbox both the ring
//! and the reset happen under the lock, and the descriptor is readable exactly while there is news.

#![forbid(unsafe_code)]

use std::sync::Arc;

use super::sync::{AtomicBool, AtomicU64, Mutex, Ordering, yield_now};

/// Something that can be woken: an eventfd in the library, a model's notifier under loom.
pub(crate) trait Wake: Send + Sync {
    /// Makes the waiter return; idempotent until `reset`.
    fn wake(&self);
    /// Forgets the wake-up. Every wait ends with this.
    fn reset(&self);
}

/// A second party to be told of every command.
type Redirect = Box<dyn Fn() + Send>;

struct State<C, W> {
    queue: Vec<C>,
    /// A writer has decided to ring for what is in the queue; the others need not.
    rung: bool,
    /// Somebody else than the owner took commands, of which the owner's last look may not know.
    taken_over: bool,
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
    /// Writers on their way to ring without the lock.
    ringing: AtomicU64,
    waker: Option<W>,
}

impl<C: Send, W: Wake> Mailbox<C, W> {
    /// An empty mailbox; without a waker it can only be watched.
    pub(crate) fn new(waker: Option<W>) -> Mailbox<C, W> {
        Mailbox {
            state: Mutex::new(State {
                queue: Vec::new(),
                rung: false,
                taken_over: false,
                armed: 0,
                exposed: false,
                watchers: Vec::new(),
                redirect: None,
            }),
            pending: AtomicBool::new(false),
            ringing: AtomicU64::new(0),
            waker,
        }
    }

    /// Leaves a command and wakes whoever waits for one.
    pub(crate) fn push(&self, command: C) {
        let mut state = self.state.lock();
        if state.queue.capacity() == 0 {
            // Most get one command at a time; a vector left to itself begins with room for four.
            state.queue.reserve_exact(1);
        }
        state.queue.push(command);
        self.pending.store(true, Ordering::Release);
        for watcher in &state.watchers {
            watcher.wake();
        }
        if let Some(redirect) = &state.redirect {
            redirect();
        }
        if state.rung || (state.armed == 0 && !state.exposed) {
            return;
        }
        let Some(waker) = &self.waker else { return };
        state.rung = true;
        if state.exposed {
            waker.wake();
            return;
        }
        self.ringing.fetch_add(1, Ordering::Relaxed);
        drop(state);
        waker.wake();
        self.ringing.fetch_sub(1, Ordering::Release);
    }

    /// Whether there is anything to take: one load, for the owner to begin every call with.
    #[inline]
    pub(crate) fn has_news(&self) -> bool {
        self.pending.load(Ordering::Acquire)
    }

    /// Moves all commands, in the order in which they came, into an empty vector; the vectors change
    /// places, so that neither side allocates in the long run.
    pub(crate) fn take(&self, into: &mut Vec<C>) {
        self.take_locked(&mut self.state.lock(), into);
    }

    /// As `take`, on behalf of the owner. An owner that has looked before this and waits after it
    /// would never hear of these commands; so whoever waits next has to look once more.
    pub(crate) fn take_over(&self, into: &mut Vec<C>) {
        let mut state = self.state.lock();
        state.taken_over |= !state.queue.is_empty();
        self.take_locked(&mut state, into);
    }

    fn take_locked(&self, state: &mut State<C, W>, into: &mut Vec<C>) {
        debug_assert!(into.is_empty());
        self.pending.store(false, Ordering::Release);
        if std::mem::take(&mut state.rung) && state.exposed {
            self.reset_waker();
        }
        std::mem::swap(&mut state.queue, into);
    }

    /// Announces that the caller is about to wait on the waker; false if there is news already, or
    /// was and is taken, and then nothing is announced.
    pub(crate) fn arm(&self) -> bool {
        let mut state = self.state.lock();
        let news = std::mem::take(&mut state.taken_over) || !state.queue.is_empty();
        if !news {
            state.armed += 1;
        }
        !news
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

    /// Whether the program watches the waker's descriptor, so that news must be left for it.
    pub(crate) fn is_exposed(&self) -> bool {
        self.state.lock().exposed
    }

    /// From now on the waker is rung for every news, as the program may poll it at any time.
    pub(crate) fn expose(&self) {
        if std::mem::replace(&mut self.state.lock().exposed, true) {
            return;
        }
        // Those who decided before to ring without the lock are a system call away from it.
        while self.ringing.load(Ordering::Acquire) > 0 {
            yield_now();
        }
        let mut state = self.state.lock();
        self.reset_waker();
        state.rung = !state.queue.is_empty();
        if let (true, Some(waker)) = (state.rung, &self.waker) {
            waker.wake();
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
    }

    impl Wake for Slow {
        fn wake(&self) {
            self.arrived.wait();
            self.go.wait();
            self.rung.store(true, Ordering::Release);
        }

        fn reset(&self) {
            self.rung.store(false, Ordering::Release);
        }
    }

    #[test]
    fn a_mailbox_is_exposed_only_after_late_rings_are_over() {
        let (arrived, go) = (Barrier::new(2), Barrier::new(2));
        let slow = Slow { rung: AtomicBool::new(false), arrived, go };
        let mailbox = Arc::new(Mailbox::new(Some(slow)));
        assert!(mailbox.arm());
        let theirs = Arc::clone(&mailbox);
        let writer = std::thread::spawn(move || theirs.push(1));
        let waker = mailbox.waker().expect("it has one");
        waker.arrived.wait();
        mailbox.disarm();
        let mut commands = Vec::new();
        mailbox.take(&mut commands);
        assert_eq!(commands, [1]);
        let theirs = Arc::clone(&mailbox);
        let exposer = std::thread::spawn(move || theirs.expose());
        waker.go.wait();
        writer.join().expect("the writer does not panic");
        exposer.join().expect("the exposer does not panic");
        assert!(!waker.rung.load(Ordering::Acquire));
    }

    #[test]
    fn an_owner_looks_again_at_what_others_took() {
        let mailbox = Mailbox::new(Some(crate::core::waker::Waker::condition()));
        let mut commands = Vec::new();
        mailbox.take_over(&mut commands);
        assert!(mailbox.arm());
        mailbox.disarm();
        mailbox.push(1);
        mailbox.take_over(&mut commands);
        assert_eq!(commands, [1]);
        assert!(!mailbox.arm(), "the owner may have looked before");
        assert!(mailbox.arm());
    }

    #[test]
    fn nobody_rings_for_a_reader_that_does_not_wait() {
        let (arrived, go) = (Barrier::new(2), Barrier::new(2));
        let slow = Slow { rung: AtomicBool::new(false), arrived, go };
        let mailbox = Mailbox::new(Some(slow));
        // A ring would wait at the barrier for ever.
        mailbox.push(1);
        assert!(!mailbox.arm());
    }
}
