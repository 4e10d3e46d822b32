//! `zmq_poll` and `zmq_ppoll`.

#![forbid(unsafe_code)]

use super::check_events;
use super::wait::{Item, wait};
use crate::error::{Error, Result};

/// Waits for any of the items, at most so many milliseconds (negative: for ever); returns how many
/// are ready.
pub(crate) fn poll(items: &mut [Item<'_>], timeout: i64) -> Result<usize> {
    if items.iter().any(Item::is_thread_safe) {
        return poll_thread_safe(items, timeout);
    }
    wait(items, timeout, None, &mut None)
}

/// [`poll`] with a signal mask that holds while it waits. It is not for thread-safe sockets.
pub(crate) fn ppoll(
    items: &mut [Item<'_>],
    timeout: i64,
    mask: Option<&libc::sigset_t>,
) -> Result<usize> {
    if items.iter().any(Item::is_thread_safe) {
        return Err(Error::Invalid);
    }
    wait(items, timeout, mask, &mut None)
}

/// With a thread-safe socket in it, a list goes by the rules of the poller: arguments are checked,
/// a descriptor without events never fires, and what stands in it twice counts once.
fn poll_thread_safe(items: &mut [Item<'_>], timeout: i64) -> Result<usize> {
    for item in &mut *items {
        check_events(item.events())?;
        if item.descriptor() == Some(-1) {
            return Err(Error::BadFd);
        }
        if item.events() == 0 {
            *item = item.muted();
        }
    }
    if timeout < 0 && items.iter().all(|item| item.events() == 0) {
        return Err(Error::Fault);
    }
    wait(items, timeout, None, &mut None)?;
    let mut objects: Vec<&Item<'_>> = Vec::new();
    for item in items.iter().filter(|item| item.revents() != 0) {
        if !objects.iter().any(|object| object.same_target(item)) {
            objects.push(item);
        }
    }
    Ok(objects.len())
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsRawFd;

    use super::super::testing::{World, send};
    use super::super::{POLLIN, POLLOUT};
    use super::*;
    use crate::core::kind::Kind;
    use crate::sys::eventfd::EventFd;

    #[test]
    fn a_thread_safe_socket_changes_the_rules() {
        let world = World::new();
        let (client, server) = world.pair(Kind::Client, Kind::Server);
        let pull = world.socket(Kind::Pull);
        let socket = Item::socket(&client, POLLIN);
        assert_eq!(poll(&mut [socket, Item::socket(&pull, 16)], 0), Err(Error::Invalid));
        assert_eq!(poll(&mut [Item::socket(&pull, 16)], 0), Ok(0));
        assert_eq!(poll(&mut [socket, Item::fd(-1, POLLIN)], 0), Err(Error::BadFd));
        assert_eq!(poll(&mut [Item::socket(&client, 0)], -1), Err(Error::Fault));
        assert_eq!(poll(&mut [Item::socket(&client, 0)], 1), Ok(0));
        assert_eq!(ppoll(&mut [socket], 0, None), Err(Error::Invalid));
        let mut items = [Item::socket(&client, POLLOUT), socket, Item::socket(&server, POLLIN)];
        assert_eq!(poll(&mut items, -1), Ok(1));
        send(&client, &["question"]);
        assert_eq!(poll(&mut items, -1), Ok(2));
        assert_eq!(items.map(|item| item.revents()), [POLLOUT, 0, POLLIN]);
        items[1] = Item::socket(&client, POLLIN | POLLOUT);
        assert_eq!(poll(&mut items, -1), Ok(2), "the client counts once");
        assert_eq!(items.map(|item| item.revents()), [POLLOUT, POLLOUT, POLLIN]);
    }

    #[test]
    fn descriptors_are_seen_beside_thread_safe_sockets() {
        let world = World::new();
        let gather = world.socket(Kind::Gather);
        let fd = EventFd::new().expect("descriptors are left");
        let mut items = [Item::socket(&gather, POLLIN), Item::fd(fd.as_raw_fd(), POLLIN)];
        assert_eq!(poll(&mut items, 1), Ok(0));
        fd.signal();
        assert_eq!(poll(&mut items, -1), Ok(1));
        assert_eq!(items.map(|item| item.revents()), [0, POLLIN]);
    }
}
