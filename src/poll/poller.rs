//! The poller behind `zmq_poller_*`: a list of things to wait for that is kept between waits.

#![forbid(unsafe_code)]

use std::os::fd::RawFd;
use std::sync::Arc;

use parking_lot::Mutex;

use super::check_events;
use super::wait::{Item, Watcher, wait, with_slots};
use crate::error::{Error, Result};
use crate::socket::Socket;

/// What is registered.
#[derive(Clone)]
pub(crate) enum Object {
    /// A socket, which stays in memory as long as it is registered, closed or not.
    Socket(Arc<Socket>),
    /// A descriptor.
    Fd(RawFd),
}

/// What a registration is looked up by.
#[derive(Clone, Copy)]
pub(crate) enum Key<'a> {
    /// A socket.
    Socket(&'a Socket),
    /// A descriptor; -1 is none.
    Fd(RawFd),
}

impl Key<'_> {
    /// Refuses what cannot be a descriptor.
    fn check(self) -> Result<()> {
        if matches!(self, Key::Fd(-1)) { Err(Error::BadFd) } else { Ok(()) }
    }
}

struct Registration<T> {
    object: Object,
    events: i16,
    data: T,
}

impl<T> Registration<T> {
    fn is(&self, key: Key<'_>) -> bool {
        match (&self.object, key) {
            (Object::Socket(socket), Key::Socket(wanted)) => std::ptr::eq(&**socket, wanted),
            (Object::Fd(fd), Key::Fd(wanted)) => *fd == wanted,
            (Object::Socket(_), Key::Fd(_)) | (Object::Fd(_), Key::Socket(_)) => false,
        }
    }

    fn item(&self) -> Item<'_> {
        match &self.object {
            Object::Socket(socket) => Item::socket(socket, self.events),
            Object::Fd(_) if self.events == 0 => Item::NOTHING,
            Object::Fd(fd) => Item::fd(*fd, self.events),
        }
    }
}

/// One thing that is ready.
pub(crate) struct Event<'a, T> {
    /// The descriptor, -1 for a socket.
    pub(crate) fd: RawFd,
    /// What was registered with it.
    pub(crate) data: &'a T,
    /// What it is ready for.
    pub(crate) events: i16,
}

struct State<T> {
    /// In the order in which they came, in which they are reported.
    registrations: Vec<Registration<T>>,
    /// There since the first thread-safe socket came.
    watcher: Option<Watcher>,
}

/// A poller; `T` is what the caller wants to be reminded of for each registration.
///
/// One thread at a time uses it, by the rules of the C surface; the lock is for those that do not.
pub(crate) struct Poller<T>(Mutex<State<T>>);

impl<T> Poller<T> {
    /// A poller of nothing.
    pub(crate) fn new() -> Poller<T> {
        Poller(Mutex::new(State { registrations: Vec::new(), watcher: None }))
    }

    /// How many registrations there are.
    pub(crate) fn len(&self) -> usize {
        self.0.lock().registrations.len()
    }

    /// Registers a socket or a descriptor.
    pub(crate) fn add(&self, object: Object, events: i16, data: T) -> Result<()> {
        let key = match &object {
            Object::Socket(socket) => Key::Socket(socket),
            Object::Fd(fd) => Key::Fd(*fd),
        };
        key.check()?;
        check_events(events)?;
        let mut state = self.0.lock();
        if state.registrations.iter().any(|registration| registration.is(key)) {
            return Err(Error::Invalid);
        }
        if let Key::Socket(socket) = key {
            if socket.kind().thread_safe() {
                if state.watcher.is_none() {
                    state.watcher = Some(Watcher::new()?);
                }
                if let Some(watcher) = &mut state.watcher {
                    watcher.watch(socket);
                }
            }
        }
        state.registrations.push(Registration { object, events, data });
        Ok(())
    }

    /// Waits for other events than before.
    pub(crate) fn modify(&self, key: Key<'_>, events: i16) -> Result<()> {
        key.check()?;
        check_events(events)?;
        let mut state = self.0.lock();
        let registration = state.registrations.iter_mut().find(|found| found.is(key));
        registration.ok_or(Error::Invalid)?.events = events;
        Ok(())
    }

    /// Ends a registration.
    pub(crate) fn remove(&self, key: Key<'_>) -> Result<()> {
        key.check()?;
        let mut state = self.0.lock();
        let found = state.registrations.iter().position(|found| found.is(key));
        state.registrations.remove(found.ok_or(Error::Invalid)?);
        if let (Key::Socket(socket), Some(watcher)) = (key, &mut state.watcher) {
            watcher.unwatch(socket);
        }
        Ok(())
    }

    /// The descriptor that becomes readable with the news of the thread-safe sockets; `Invalid` if
    /// there never was one.
    pub(crate) fn fd(&self) -> Result<RawFd> {
        self.0.lock().watcher.as_ref().and_then(Watcher::fd).ok_or(Error::Invalid)
    }

    /// Waits at most so many milliseconds (negative: for ever) and reports up to `most` ready
    /// things, with a number from 0 on; returns how many. `Again` if there were none.
    pub(crate) fn wait(
        &self,
        most: usize,
        timeout: i64,
        mut report: impl FnMut(usize, Event<'_, T>),
    ) -> Result<usize> {
        let mut state = self.0.lock();
        let State { registrations, watcher } = &mut *state;
        if timeout < 0 && registrations.iter().all(|registration| registration.events == 0) {
            return Err(Error::Fault);
        }
        with_slots(registrations.len(), Item::NOTHING, |items| {
            for (item, registration) in items.iter_mut().zip(&*registrations) {
                let all = registration.item();
                // Who has no room for a report still sleeps, and notices the end of a context.
                *item = if most == 0 { all.muted() } else { all };
            }
            wait(items, timeout, None, watcher)?;
            let ready = items.iter().zip(&*registrations).filter(|(item, _)| item.revents() != 0);
            let mut count = 0;
            for (item, registration) in ready.take(most) {
                let fd = item.descriptor().unwrap_or(-1);
                let event = Event { fd, data: &registration.data, events: item.revents() };
                report(count, event);
                count += 1;
            }
            if count == 0 { Err(Error::Again) } else { Ok(count) }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsRawFd;

    use super::super::testing::{World, recv, send};
    use super::super::{POLLIN, POLLOUT};
    use super::*;
    use crate::core::kind::Kind;
    use crate::sys::eventfd::EventFd;
    use crate::sys::poll::{PollFd, poll};

    /// Waits and lists the data of what is ready.
    fn ready(poller: &Poller<u32>, most: usize, timeout: i64) -> Result<Vec<(u32, i16)>> {
        let mut found = Vec::new();
        let count = poller.wait(most, timeout, |at, event| {
            assert_eq!(at, found.len());
            found.push((*event.data, event.events));
        })?;
        assert_eq!(count, found.len());
        Ok(found)
    }

    fn readable(fd: RawFd) -> bool {
        poll(&mut [PollFd::new(fd, libc::POLLIN)], 0, None).expect("the descriptor is open") == 1
    }

    #[test]
    fn reports_in_the_order_of_registration() {
        let world = World::new();
        let poller = Poller::new();
        let (a, b) = world.pair(Kind::Pair, Kind::Pair);
        let fd = EventFd::new().expect("descriptors are left");
        fd.signal();
        poller.add(Object::Fd(fd.as_raw_fd()), POLLIN, 1).expect("it is new");
        poller.add(Object::Socket(Arc::clone(&b)), POLLOUT | POLLIN, 2).expect("it is new");
        poller.add(Object::Socket(Arc::clone(&a)), 0, 3).expect("it is new");
        assert_eq!(ready(&poller, 3, -1), Ok(vec![(1, POLLIN), (2, POLLOUT)]));
        assert_eq!(ready(&poller, 1, -1), Ok(vec![(1, POLLIN)]));
        assert_eq!(ready(&poller, 0, 1), Err(Error::Again));
        poller.remove(Key::Fd(fd.as_raw_fd())).expect("it is registered");
        poller.modify(Key::Socket(&a), POLLOUT).expect("it is registered");
        assert_eq!(ready(&poller, 3, -1), Ok(vec![(2, POLLOUT), (3, POLLOUT)]));
        assert_eq!(poller.len(), 2);
    }

    #[test]
    fn nothing_to_wait_for_is_an_error_only_for_ever() {
        let world = World::new();
        let poller = Poller::new();
        assert_eq!(ready(&poller, 1, -1), Err(Error::Fault));
        poller.add(Object::Socket(world.socket(Kind::Pull)), 0, 1).expect("it is new");
        assert_eq!(ready(&poller, 1, -1), Err(Error::Fault));
        assert_eq!(ready(&poller, 1, 1), Err(Error::Again));
    }

    #[test]
    fn the_descriptor_shows_news_of_thread_safe_sockets_until_a_wait() {
        let world = World::new();
        let poller = Poller::new();
        let (gather, scatter) = world.pair(Kind::Gather, Kind::Scatter);
        assert_eq!(poller.fd(), Err(Error::Invalid));
        poller.add(Object::Socket(Arc::clone(&gather)), POLLIN, 1).expect("it is new");
        let fd = poller.fd().expect("there is a thread-safe socket");
        assert_eq!(ready(&poller, 1, 0), Err(Error::Again));
        assert!(!readable(fd));
        send(&scatter, &["news"]);
        assert!(readable(fd));
        assert_eq!(ready(&poller, 1, 0), Ok(vec![(1, POLLIN)]));
        assert!(!readable(fd));
        recv(&gather, 0).expect("it has arrived");
        assert_eq!(ready(&poller, 1, 0), Err(Error::Again));
        poller.remove(Key::Socket(&gather)).expect("it is registered");
        send(&scatter, &["news"]);
        assert_eq!(poller.fd(), Ok(fd));
        assert!(!readable(fd));
    }

    #[test]
    fn a_closed_socket_is_an_error_until_it_is_removed() {
        let world = World::new();
        for kind in [Kind::Pull, Kind::Gather] {
            let poller = Poller::new();
            let socket = world.socket(kind);
            poller.add(Object::Socket(Arc::clone(&socket)), POLLIN, 1).expect("it is new");
            world.close(&socket);
            assert_eq!(ready(&poller, 1, -1), Err(Error::NotSocket));
            assert_eq!(ready(&poller, 0, 0), Err(Error::NotSocket));
            assert_eq!(poller.len(), 1);
            poller.remove(Key::Socket(&socket)).expect("it is registered");
            assert_eq!(ready(&poller, 1, 0), Err(Error::Again));
        }
    }

    #[test]
    fn the_end_of_the_context_ends_a_wait() {
        for kind in [Kind::Pull, Kind::Gather] {
            let world = World::new();
            let poller = Poller::new();
            poller.add(Object::Socket(world.socket(kind)), POLLIN, 1).expect("it is new");
            std::thread::scope(|scope| {
                scope.spawn(|| world.context.shutdown());
                assert_eq!(ready(&poller, 1, -1), Err(Error::Terminated));
            });
        }
    }
}
