//! Waiting for sockets and descriptors: `zmq_poll` and the poller.

use std::ffi::{c_int, c_long, c_short, c_void};
use std::mem::{align_of, offset_of, size_of};
use std::ptr;
use std::slice;
use std::sync::Arc;

use super::errno::{fail, fail_null, ret};
use super::handle::{self, Kind};
use super::socket::socket;
use crate::error::{Error, Result};
use crate::poll::poll;
use crate::poll::poller::{Event, Key, Object, Poller};
use crate::poll::{Item, with_slots};
use crate::socket::Socket;

/// `zmq_pollitem_t`
#[allow(non_camel_case_types, reason = "the name in zmq.h")]
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct zmq_pollitem_t {
    /// The socket; NULL if the item is about a descriptor.
    pub socket: *mut c_void,
    /// The descriptor, if there is no socket.
    pub fd: c_int,
    /// What to wait for.
    pub events: c_short,
    /// What was found.
    pub revents: c_short,
}

const _: () = {
    assert!(size_of::<zmq_pollitem_t>() == 16 && align_of::<zmq_pollitem_t>() == 8);
    assert!(offset_of!(zmq_pollitem_t, fd) == 8);
    assert!(offset_of!(zmq_pollitem_t, events) == 12);
    assert!(offset_of!(zmq_pollitem_t, revents) == 14);
};

/// `zmq_poller_event_t`
#[allow(non_camel_case_types, reason = "the name in zmq.h")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct zmq_poller_event_t {
    /// The socket; NULL if the event is about a descriptor.
    pub socket: *mut c_void,
    /// The descriptor; -1 if the event is about a socket.
    pub fd: c_int,
    /// What was registered with it.
    pub user_data: *mut c_void,
    /// What was found.
    pub events: c_short,
}

const _: () = {
    assert!(size_of::<zmq_poller_event_t>() == 32 && align_of::<zmq_poller_event_t>() == 8);
    assert!(offset_of!(zmq_poller_event_t, fd) == 8);
    assert!(offset_of!(zmq_poller_event_t, user_data) == 16);
    assert!(offset_of!(zmq_poller_event_t, events) == 24);
};

impl zmq_poller_event_t {
    /// What a place without an event holds.
    const NONE: zmq_poller_event_t = zmq_poller_event_t {
        socket: ptr::null_mut(),
        fd: -1,
        user_data: ptr::null_mut(),
        events: 0,
    };
}

/// What a poller tells about a registration: the handle of the socket and the caller's pointer.
pub(super) struct Memo {
    socket: *mut c_void,
    user_data: *mut c_void,
}

// SAFETY: the pointers are only kept and handed back, never followed.
unsafe impl Send for Memo {}
// SAFETY: as above.
unsafe impl Sync for Memo {}

impl Kind for Poller<Memo> {
    const TAG: u64 = 0x6c6c_6f70_716d_7a01;
}

/// A count of ready things; there are never more than there were items.
fn count(ready: usize) -> c_int {
    c_int::try_from(ready).unwrap_or(c_int::MAX)
}

/// Turns the items of C into ours, waits, and writes down what was found.
///
/// # Safety
///
/// As for the [room](super); `items` and `nitems` belong together.
unsafe fn wait(
    items: *mut zmq_pollitem_t,
    nitems: c_int,
    wait: impl FnOnce(&mut [Item<'_>]) -> Result<usize>,
) -> Result<c_int> {
    let len = usize::try_from(nitems).map_err(|_| Error::Invalid)?;
    let list = match len {
        0 => &mut [],
        _ if items.is_null() => return Err(Error::Fault),
        // SAFETY: not NULL, and then valid for so many elements by the caller's promise.
        _ => unsafe { slice::from_raw_parts_mut(items, len) },
    };
    with_slots(len, Item::NOTHING, |slots| {
        for (slot, item) in slots.iter_mut().zip(&*list) {
            *slot = if item.socket.is_null() {
                Item::fd(item.fd, item.events)
            } else {
                // SAFETY: by the rules of the room nobody ends the handle meanwhile.
                Item::socket(unsafe { socket(item.socket) }?, item.events)
            };
        }
        let ready = wait(slots)?;
        for (slot, item) in slots.iter().zip(list) {
            item.revents = slot.revents();
        }
        Ok(count(ready))
    })
}

/// Waits for any of the items; returns how many are ready, 0 when the time has run out.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_poll(
    items: *mut zmq_pollitem_t,
    nitems: c_int,
    timeout: c_long,
) -> c_int {
    // SAFETY: pointer and count belong together.
    ret(unsafe { wait(items, nitems, |items| poll::poll(items, timeout)) })
}

/// [`zmq_poll`] with a signal mask that holds while it waits.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_ppoll(
    items: *mut zmq_pollitem_t,
    nitems: c_int,
    timeout: c_long,
    mask: *const libc::sigset_t,
) -> c_int {
    // SAFETY: NULL or the caller's mask.
    let mask = unsafe { mask.as_ref() };
    // SAFETY: pointer and count belong together.
    ret(unsafe { wait(items, nitems, |items| poll::ppoll(items, timeout, mask)) })
}

/// The poller behind a handle.
///
/// # Safety
///
/// As for [`handle::lookup`].
unsafe fn poller<'a>(poller: *mut c_void) -> Result<&'a Poller<Memo>> {
    // SAFETY: the caller's promise is the one that `lookup` asks for.
    unsafe { handle::lookup(poller) }.ok_or(Error::Fault)
}

/// Makes an empty poller.
///
/// # Safety
///
/// None is needed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_poller_new() -> *mut c_void {
    handle::create(Arc::new(Poller::<Memo>::new())).unwrap_or_else(fail_null)
}

/// Frees a poller and makes the pointer to it NULL.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_poller_destroy(poller_p: *mut *mut c_void) -> c_int {
    // SAFETY: NULL or the caller's variable that holds a handle or NULL.
    let Some(poller) = (unsafe { poller_p.as_mut() }) else { return fail(Error::Fault) };
    match handle::close::<Poller<Memo>>(*poller) {
        Some(_) => {
            *poller = ptr::null_mut();
            0
        }
        None => fail(Error::Fault),
    }
}

/// How many sockets and descriptors are registered.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_poller_size(poller_: *mut c_void) -> c_int {
    // SAFETY: by the rules of the room nobody ends the handle meanwhile.
    ret(unsafe { poller(poller_) }.map(|poller| count(poller.len())))
}

/// Registers a socket.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_poller_add(
    poller_: *mut c_void,
    sock: *mut c_void,
    user_data: *mut c_void,
    events: c_short,
) -> c_int {
    // SAFETY: by the rules of the room nobody ends the handle meanwhile.
    let poller = unsafe { poller(poller_) };
    ret(poller.and_then(|poller| {
        // SAFETY: as above.
        let socket = unsafe { handle::share::<Socket>(sock) }.ok_or(Error::NotSocket)?;
        poller.add(Object::Socket(socket), events, Memo { socket: sock, user_data })?;
        Ok(0)
    }))
}

/// Waits for other events of a socket than before.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_poller_modify(
    poller_: *mut c_void,
    sock: *mut c_void,
    events: c_short,
) -> c_int {
    // SAFETY: by the rules of the room nobody ends the handle meanwhile.
    let poller = unsafe { poller(poller_) };
    ret(poller.and_then(|poller| {
        // SAFETY: as above.
        poller.modify(Key::Socket(unsafe { socket(sock) }?), events)?;
        Ok(0)
    }))
}

/// Ends the registration of a socket.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_poller_remove(poller_: *mut c_void, sock: *mut c_void) -> c_int {
    // SAFETY: by the rules of the room nobody ends the handle meanwhile.
    let poller = unsafe { poller(poller_) };
    ret(poller.and_then(|poller| {
        // SAFETY: as above.
        poller.remove(Key::Socket(unsafe { socket(sock) }?))?;
        Ok(0)
    }))
}

/// Registers a descriptor.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_poller_add_fd(
    poller_: *mut c_void,
    fd: c_int,
    user_data: *mut c_void,
    events: c_short,
) -> c_int {
    let memo = Memo { socket: ptr::null_mut(), user_data };
    // SAFETY: by the rules of the room nobody ends the handle meanwhile.
    let poller = unsafe { poller(poller_) };
    ret(poller.and_then(|poller| poller.add(Object::Fd(fd), events, memo)).map(|()| 0))
}

/// Waits for other events of a descriptor than before.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_poller_modify_fd(
    poller_: *mut c_void,
    fd: c_int,
    events: c_short,
) -> c_int {
    // SAFETY: by the rules of the room nobody ends the handle meanwhile.
    let poller = unsafe { poller(poller_) };
    ret(poller.and_then(|poller| poller.modify(Key::Fd(fd), events)).map(|()| 0))
}

/// Ends the registration of a descriptor.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_poller_remove_fd(poller_: *mut c_void, fd: c_int) -> c_int {
    // SAFETY: by the rules of the room nobody ends the handle meanwhile.
    let poller = unsafe { poller(poller_) };
    ret(poller.and_then(|poller| poller.remove(Key::Fd(fd))).map(|()| 0))
}

/// Waits and fills places with what is ready, and the rest with nothing; returns how many.
///
/// # Safety
///
/// As for the [room](super).
unsafe fn wait_all(
    poller_: *mut c_void,
    events: *mut zmq_poller_event_t,
    nevents: c_int,
    timeout: c_long,
) -> Result<c_int> {
    // SAFETY: by the rules of the room nobody ends the handle meanwhile.
    let poller = unsafe { poller(poller_) }?;
    if events.is_null() {
        return Err(Error::Fault);
    }
    let most = usize::try_from(nevents).map_err(|_| Error::Invalid)?;
    // SAFETY: not NULL, and pointer and count belong together.
    let places = unsafe { slice::from_raw_parts_mut(events, most) };
    let ready = poller.wait(most, timeout, |at, event| {
        let Event { fd, data, events } = event;
        if let Some(place) = places.get_mut(at) {
            let (socket, user_data) = (data.socket, data.user_data);
            *place = zmq_poller_event_t { socket, fd, user_data, events };
        }
    })?;
    places.iter_mut().skip(ready).for_each(|place| *place = zmq_poller_event_t::NONE);
    Ok(count(ready))
}

/// Waits for one of what is registered; `EAGAIN` when the time has run out.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_poller_wait(
    poller_: *mut c_void,
    event: *mut zmq_poller_event_t,
    timeout: c_long,
) -> c_int {
    // SAFETY: the pointer is to one event or NULL.
    let result = unsafe { wait_all(poller_, event, 1, timeout) };
    // SAFETY: NULL or the caller's variable.
    if let (Err(_), Some(event)) = (result, unsafe { event.as_mut() }) {
        *event = zmq_poller_event_t::NONE;
    }
    ret(result.map(|_| 0))
}

/// Waits for what is registered; returns how much is ready, `EAGAIN` when the time has run out.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_poller_wait_all(
    poller_: *mut c_void,
    events: *mut zmq_poller_event_t,
    nevents: c_int,
    timeout: c_long,
) -> c_int {
    // SAFETY: the same contract.
    ret(unsafe { wait_all(poller_, events, nevents, timeout) })
}

/// The descriptor that becomes readable when a registered thread-safe socket has news.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_poller_fd(poller_: *mut c_void, fd: *mut c_int) -> c_int {
    // SAFETY: by the rules of the room nobody ends the handle meanwhile.
    let poller = unsafe { poller(poller_) };
    ret(poller.and_then(|poller| {
        // SAFETY: NULL or the caller's variable.
        *unsafe { fd.as_mut() }.ok_or(Error::Fault)? = poller.fd()?;
        Ok(0)
    }))
}
