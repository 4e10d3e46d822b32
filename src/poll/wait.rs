//! How a thread waits for sockets and descriptors.
//!
//! Asking a socket what it is ready for costs no system call, so poll(2) is called only to sleep or
//! to look at the caller's descriptors. Descriptors come before sockets: one of them may be the
//! `ZMQ_FD` of a socket in the same list (CZMQ's self-test of `zpoller` does that), and what it shows
//! is gone once that socket has taken in its news. To sleep, each ordinary socket's mailbox is told that somebody waits (`Mailbox::arm`), and its waker's descriptor is
//! polled. Thread-safe sockets have no descriptor; they share one eventfd that their mailboxes ring,
//! the [`Watcher`].
//!
//! No news is lost in between. For an ordinary socket, `arm` refuses if there is a command that the
//! look has not seen. The commands of a thread-safe socket may be worked off by another thread at
//! any time, so there it is the order that counts: the watcher is in place, and reset, *before* the
//! sockets are looked at.

#![forbid(unsafe_code)]

use std::os::fd::RawFd;
use std::sync::Arc;

use super::{POLLERR, POLLIN, POLLOUT, POLLPRI};
use crate::core::command::SocketMailbox;
use crate::core::deadline::Deadline;
use crate::core::mailbox::Wake;
use crate::core::waker::Waker;
use crate::error::{Error, Result};
use crate::socket::{Socket, Together};
use crate::sys::poll::{PollFd, poll};
use crate::sys::signals::AllBlocked;

/// Lists up to this length live on the stack.
const FEW: usize = 16;

/// Lends a slice of `count` elements that all start as `fill`.
pub(crate) fn with_slots<T: Copy, R>(count: usize, fill: T, f: impl FnOnce(&mut [T]) -> R) -> R {
    match [fill; FEW].get_mut(..count) {
        Some(few) => f(few),
        None => f(&mut vec![fill; count]),
    }
}

/// What an item is about.
#[derive(Clone, Copy)]
enum Target<'a> {
    Socket(&'a Socket),
    /// -1 is never ready, as poll(2) has it.
    Fd(RawFd),
}

/// One thing to wait for, and what it turned out to be ready for.
#[derive(Clone, Copy)]
pub(crate) struct Item<'a> {
    target: Target<'a>,
    events: i16,
    revents: i16,
}

impl<'a> Item<'a> {
    /// An item that is never ready.
    pub(crate) const NOTHING: Item<'static> =
        Item { target: Target::Fd(-1), events: 0, revents: 0 };

    /// A socket. With no events it is never ready, but it still takes in its news.
    pub(crate) fn socket(socket: &'a Socket, events: i16) -> Item<'a> {
        Item { target: Target::Socket(socket), events, revents: 0 }
    }

    /// A descriptor. Errors and hang-ups are reported whatever `events` says.
    pub(crate) fn fd(fd: RawFd, events: i16) -> Item<'a> {
        Item { target: Target::Fd(fd), events, revents: 0 }
    }

    /// What is waited for.
    pub(super) fn events(&self) -> i16 {
        self.events
    }

    /// What was found.
    pub(crate) fn revents(&self) -> i16 {
        self.revents
    }

    /// The descriptor, if the item is about one.
    pub(super) fn descriptor(&self) -> Option<RawFd> {
        match self.target {
            Target::Socket(_) => None,
            Target::Fd(fd) => Some(fd),
        }
    }

    /// The socket, if the item is about one that several threads may use.
    fn thread_safe_socket(&self) -> Option<&'a Socket> {
        match self.target {
            Target::Socket(socket) => socket.kind().thread_safe().then_some(socket),
            Target::Fd(_) => None,
        }
    }

    /// Whether it is about a socket that one thread uses at a time.
    fn is_ordinary_socket(&self) -> bool {
        matches!(self.target, Target::Socket(socket) if !socket.kind().thread_safe())
    }

    /// The socket, if input is waited for on it.
    fn awaited_socket(&self) -> Option<&'a Socket> {
        match self.target {
            Target::Socket(socket) => (self.events & POLLIN != 0).then_some(socket),
            Target::Fd(_) => None,
        }
    }

    /// Whether it is about a socket that several threads may use.
    pub(super) fn is_thread_safe(&self) -> bool {
        self.thread_safe_socket().is_some()
    }

    /// Whether two items are about the same thing.
    pub(super) fn same_target(&self, other: &Item<'_>) -> bool {
        match (self.target, other.target) {
            (Target::Socket(a), Target::Socket(b)) => std::ptr::eq(a, b),
            (Target::Fd(a), Target::Fd(b)) => a == b,
            (Target::Socket(_), Target::Fd(_)) | (Target::Fd(_), Target::Socket(_)) => false,
        }
    }

    /// The same thing, with nothing to wait for.
    pub(super) fn muted(&self) -> Item<'a> {
        match self.target {
            Target::Socket(socket) => Item::socket(socket, 0),
            Target::Fd(_) => Item::NOTHING,
        }
    }

    /// Lets a socket take in its news and notes what it is ready for.
    fn look(&mut self) -> Result<bool> {
        let Target::Socket(socket) = self.target else { return Ok(false) };
        let ready = socket.events(self.events).map_err(|error| {
            // Closing a socket ends its calls as the end of its context does.
            if socket.is_closed() { Error::NotSocket } else { error }
        })?;
        self.revents = ready & self.events & (POLLIN | POLLOUT);
        Ok(self.revents != 0)
    }

    /// What poll(2) has to look at for a descriptor.
    fn poll_fd(&self) -> PollFd {
        let asked = |event, flag| if self.events & event != 0 { flag } else { 0 };
        let events = asked(POLLIN, libc::POLLIN)
            | asked(POLLOUT, libc::POLLOUT)
            | asked(POLLPRI, libc::POLLPRI);
        PollFd::new(self.descriptor().unwrap_or(-1), events)
    }

    /// Notes what poll(2) found on a descriptor.
    fn note(&mut self, found: i16) -> bool {
        let event = |flag, event| if found & flag != 0 { event } else { 0 };
        let other = !(libc::POLLIN | libc::POLLOUT | libc::POLLPRI);
        self.revents = event(libc::POLLIN, POLLIN)
            | event(libc::POLLOUT, POLLOUT)
            | event(libc::POLLPRI, POLLPRI)
            | event(other, POLLERR);
        self.revents != 0
    }
}

/// An eventfd that the mailboxes of thread-safe sockets ring.
pub(super) struct Watcher {
    waker: Arc<Waker>,
    watched: Vec<Arc<SocketMailbox>>,
}

impl Watcher {
    /// One that watches nothing yet. Fails when no descriptor is left.
    pub(super) fn new() -> Result<Watcher> {
        Ok(Watcher { waker: Arc::new(Waker::descriptor()?), watched: Vec::new() })
    }

    /// One that watches the thread-safe sockets among some items.
    fn of(items: &[Item<'_>]) -> Result<Watcher> {
        let mut watcher = Watcher::new()?;
        items.iter().filter_map(Item::thread_safe_socket).for_each(|socket| watcher.watch(socket));
        Ok(watcher)
    }

    /// Is rung for the news of a socket from now on.
    pub(super) fn watch(&mut self, socket: &Socket) {
        socket.mailbox().watch(Arc::clone(&self.waker));
        self.watched.push(Arc::clone(socket.mailbox()));
    }

    /// Takes one `watch` back.
    pub(super) fn unwatch(&mut self, socket: &Socket) {
        let mailbox = socket.mailbox();
        if let Some(at) = self.watched.iter().position(|watched| Arc::ptr_eq(watched, mailbox)) {
            self.watched.swap_remove(at).unwatch(&self.waker);
        }
    }

    /// The descriptor, readable once it was rung.
    pub(super) fn fd(&self) -> Option<RawFd> {
        self.waker.fd()
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.watched.iter().for_each(|mailbox| mailbox.unwatch(&self.waker));
    }
}

/// The ordinary sockets that were told that somebody waits; dropped, they are told otherwise.
struct Armed<'i, 'a>(&'i [Item<'a>]);

impl<'i, 'a> Armed<'i, 'a> {
    /// Tells all of them, and fills `set` with what poll(2) has to look at for each item; none if
    /// one has news.
    fn new(items: &'i [Item<'a>], set: &mut [PollFd]) -> Option<Armed<'i, 'a>> {
        let mut armed = Armed(&[]);
        for (at, (item, slot)) in items.iter().zip(set).enumerate() {
            *slot = match item.target {
                Target::Fd(_) => item.poll_fd(),
                Target::Socket(socket) => match ordinary(socket) {
                    None => PollFd::new(-1, 0),
                    Some(fd) if socket.mailbox().arm() => PollFd::new(fd, libc::POLLIN),
                    Some(_) => return None,
                },
            };
            armed.0 = items.get(..=at).unwrap_or(items);
        }
        Some(armed)
    }

    /// Resets the wakers that poll(2) found rung: every wait ends with that.
    fn reset(&self, set: &[PollFd]) {
        for (item, _) in self.0.iter().zip(set).filter(|(_, slot)| slot.revents() != 0) {
            if let Target::Socket(socket) = item.target {
                socket.mailbox().waker().into_iter().for_each(Waker::reset);
            }
        }
    }
}

impl Drop for Armed<'_, '_> {
    fn drop(&mut self) {
        for item in self.0 {
            if let Target::Socket(socket) = item.target {
                if ordinary(socket).is_some() {
                    socket.mailbox().disarm();
                }
            }
        }
    }
}

/// The descriptor of an ordinary socket's waker; none for a thread-safe one.
fn ordinary(socket: &Socket) -> Option<RawFd> {
    socket.mailbox().waker()?.fd()
}

/// Waits until an item is ready, at most so many milliseconds (negative: for ever); returns how
/// many are. Whatever time there is, every item is looked at once.
///
/// With `mask`, that signal mask holds while the kernel is asked. The watcher, if there is one,
/// watches all the thread-safe sockets among the items; if there is none, it is made when it is
/// needed, and the caller may keep it for as long as the items are about the same sockets.
pub(super) fn wait(
    items: &mut [Item<'_>],
    timeout: i64,
    mask: Option<&libc::sigset_t>,
    watcher: &mut Option<Watcher>,
) -> Result<usize> {
    let mut deadline: Option<Deadline> = None;
    let mut interrupted = false;
    loop {
        if let Some(watcher) = watcher {
            watcher.waker.reset();
        }
        let mut ready = glance(items, mask)? + look(items)?;
        if ready == 0 && timeout == 0 && read_at_once(items) {
            ready = look(items)?;
        }
        let over = timeout == 0 || deadline.is_some_and(|deadline| deadline.passed());
        if ready > 0 || over {
            return Ok(ready);
        }
        let deadline = *deadline.get_or_insert_with(|| Deadline::after_ms(timeout));
        if watcher.is_none() && items.iter().any(Item::is_thread_safe) {
            *watcher = Some(Watcher::of(items)?);
            continue;
        }
        let together = Together::of(items.iter().filter_map(Item::awaited_socket));
        let mut held = None;
        if mask.is_none() && items.iter().all(Item::is_ordinary_socket) {
            if interrupted {
                return Err(Error::Interrupted);
            }
            let found;
            (found, held) = together.look();
            if found {
                // If the news are not what is waited for, the signal was.
                interrupted = held.is_some_and(AllBlocked::let_in);
                continue;
            }
        }
        let mask = mask.or(held.as_ref().map(AllBlocked::before));
        match sleep(items, deadline, mask, watcher.as_ref(), &together)? {
            Slept::Woken => {}
            Slept::NotAtAll => interrupted = held.is_some_and(AllBlocked::let_in),
            Slept::Through => return Ok(0),
            Slept::Fds(ready) => return Ok(ready + look(items)?),
        }
    }
}

/// Looks at the sockets; returns how many are ready.
fn look(items: &mut [Item<'_>]) -> Result<usize> {
    let mut ready = 0;
    for item in items {
        ready += usize::from(item.look()?);
    }
    Ok(ready)
}

/// Reads what has arrived where only this thread reads; whether it is worth another look, which is
/// also where errors show.
fn read_at_once(items: &[Item<'_>]) -> bool {
    let mut news = false;
    for socket in items.iter().filter_map(Item::awaited_socket) {
        news |= socket.may_read_itself() && socket.read_at_once() != Ok(false);
    }
    news
}

/// Looks at the descriptors; returns how many are ready.
///
/// A caller with a signal mask has signals delivered only here and while it sleeps, so it comes to
/// this even without a descriptor; busy sockets could keep it from ever sleeping.
fn glance(items: &mut [Item<'_>], mask: Option<&libc::sigset_t>) -> Result<usize> {
    if mask.is_none() && !items.iter().any(|item| item.descriptor().is_some()) {
        return Ok(0);
    }
    with_slots(items.len(), PollFd::new(-1, 0), |set| {
        items.iter().zip(&mut *set).for_each(|(item, slot)| *slot = item.poll_fd());
        poll(set, 0, mask)?;
        Ok(note(items, set))
    })
}

/// How a sleep ended.
enum Slept {
    /// A socket has news, or may have.
    Woken,
    /// A socket had news already.
    NotAtAll,
    /// Time ran out.
    Through,
    /// So many descriptors are ready.
    Fds(usize),
}

/// Sleeps until there is something to look at.
fn sleep(
    items: &mut [Item<'_>],
    deadline: Deadline,
    mask: Option<&libc::sigset_t>,
    watcher: Option<&Watcher>,
    together: &Together<'_>,
) -> Result<Slept> {
    let others = together.fds();
    let others = others.iter().flatten().copied().chain(watcher.and_then(Watcher::fd));
    let count = items.len() + others.clone().count();
    with_slots(count, PollFd::new(-1, 0), |set| {
        let (set_of_items, set_of_others) = set.split_at_mut(items.len());
        for (slot, fd) in set_of_others.iter_mut().zip(others) {
            *slot = PollFd::new(fd, libc::POLLIN);
        }
        let Some(armed) = Armed::new(items, set_of_items) else { return Ok(Slept::NotAtAll) };
        let found = poll(set, deadline.poll_timeout(), mask)?;
        armed.reset(set);
        drop(armed);
        together.pull_owned();
        Ok(match note(items, set) {
            0 if found == 0 && deadline.passed() => Slept::Through,
            0 => Slept::Woken,
            fds => Slept::Fds(fds),
        })
    })
}

/// Notes what poll(2) found on the descriptors; returns how many are ready.
fn note(items: &mut [Item<'_>], set: &[PollFd]) -> usize {
    let fds = items.iter_mut().zip(set).filter(|(item, _)| item.descriptor().is_some());
    fds.map(|(item, slot)| usize::from(item.note(slot.revents()))).sum()
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsRawFd;
    use std::time::{Duration, Instant};

    use super::super::testing::{World, recv, send};
    use super::*;
    use crate::core::command::Command;
    use crate::core::kind::Kind;
    use crate::sys::eventfd::EventFd;

    fn readable(fd: RawFd) -> bool {
        poll(&mut [PollFd::new(fd, libc::POLLIN)], 0, None).expect("the descriptor is open") == 1
    }

    #[test]
    fn slots_of_any_length_start_filled() {
        for count in [0, 1, FEW, FEW + 1, 1000] {
            let sum: usize = with_slots(count, 3, |slots| slots.iter().sum());
            assert_eq!(sum, 3 * count);
        }
    }

    #[test]
    fn sockets_and_descriptors_are_counted_together() {
        let world = World::new();
        let (a, b) = world.pair(Kind::Pair, Kind::Pair);
        let fd = EventFd::new().expect("descriptors are left");
        let mut items = [
            Item::socket(&a, POLLIN | POLLOUT),
            Item::fd(fd.as_raw_fd(), POLLIN),
            Item::socket(&b, POLLIN),
        ];
        assert_eq!(wait(&mut items, -1, None, &mut None), Ok(1));
        assert_eq!(items.map(|item| item.revents()), [POLLOUT, 0, 0]);
        fd.signal();
        send(&a, &["news"]);
        assert_eq!(wait(&mut items, -1, None, &mut None), Ok(3));
        assert_eq!(items.map(|item| item.revents()), [POLLOUT, POLLIN, POLLIN]);
    }

    #[test]
    fn news_that_make_nothing_ready_do_not_end_the_wait() {
        let world = World::new();
        let (pull, gather) = (world.socket(Kind::Pull), world.socket(Kind::Gather));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..5 {
                    world.connect(&pull, &world.socket(Kind::Push));
                    world.connect(&gather, &world.socket(Kind::Scatter));
                    std::thread::sleep(Duration::from_millis(10));
                }
            });
            let start = Instant::now();
            let mut items = [Item::socket(&pull, POLLIN), Item::socket(&gather, POLLIN)];
            assert_eq!(wait(&mut items, 100, None, &mut None), Ok(0));
            assert!(start.elapsed() >= Duration::from_millis(100));
        });
    }

    #[test]
    fn only_what_was_armed_is_disarmed() {
        let world = World::new();
        let [quiet, busy, later] = [(); 3].map(|()| world.socket(Kind::Pull));
        let fds = [&quiet, &busy, &later].map(|socket| ordinary(socket).expect("it has one"));
        assert!(later.mailbox().arm(), "somebody else waits for it");
        busy.mailbox().push(Command::Stop);
        let items = [&quiet, &busy, &later].map(|socket| Item::socket(socket, POLLIN));
        assert!(Armed::new(&items, &mut [PollFd::new(-1, 0); 3]).is_none());
        quiet.mailbox().push(Command::Stop);
        later.mailbox().push(Command::Stop);
        assert_eq!(fds.map(readable), [false, false, true]);
    }

    #[test]
    fn nobody_is_watched_after_a_wait() {
        let world = World::new();
        let gather = world.socket(Kind::Gather);
        let mut items = [Item::socket(&gather, POLLIN), Item::socket(&gather, 0)];
        let mut watcher = None;
        assert_eq!(wait(&mut items, 1, None, &mut watcher), Ok(0));
        let watcher = watcher.expect("it was needed");
        let waker = Arc::clone(&watcher.waker);
        assert_eq!(Arc::strong_count(&waker), 4, "two items, the watcher and the test");
        drop(watcher);
        assert_eq!(Arc::strong_count(&waker), 1);
    }

    /// The other thread works off, time and again, what the waiting one would like to see.
    #[test]
    fn news_worked_off_by_another_thread_end_the_wait() {
        let world = World::new();
        let (gather, scatter) = world.pair(Kind::Gather, Kind::Scatter);
        let done = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(std::sync::atomic::Ordering::Relaxed) {
                    gather.events(POLLIN).expect("the context lives");
                }
            });
            for _ in 0..300 {
                let turn = scope.spawn(|| {
                    let mut items = [Item::socket(&gather, POLLIN)];
                    let ready = wait(&mut items, 60_000, None, &mut None);
                    (ready, recv(&gather, 0))
                });
                send(&scatter, &["news"]);
                let (ready, got) = turn.join().expect("it ends");
                assert_eq!((ready, got), (Ok(1), Ok(vec!["news".to_owned()])));
            }
            done.store(true, std::sync::atomic::Ordering::Relaxed);
        });
    }

    #[test]
    fn a_hang_up_is_an_error_whatever_was_asked() {
        let (reader, writer) = std::io::pipe().expect("descriptors are left");
        let mut items = [Item::fd(reader.as_raw_fd(), 0), Item::NOTHING];
        assert_eq!(wait(&mut items, 0, None, &mut None), Ok(0));
        drop(writer);
        assert_eq!(wait(&mut items, -1, None, &mut None), Ok(1));
        assert_eq!(items[0].revents(), POLLERR);
    }
}
