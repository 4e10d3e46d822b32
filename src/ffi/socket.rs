//! Sockets: everything but the transfer of messages.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::Arc;

use super::context::{answer, bytes};
use super::errno::{fail, fail_null, ret, set_errno};
use super::handle::{self, Kind};
use crate::core::context::Context;
use crate::error::{Error, Result};
use crate::socket::{MonitorRequest, Socket};

impl Kind for Socket {
    const TAG: u64 = 0x6b63_6f73_716d_7a01;
}

/// The socket behind a handle.
///
/// # Safety
///
/// As for [`handle::lookup`].
#[inline]
pub(super) unsafe fn socket<'a>(sock: *mut c_void) -> Result<&'a Socket> {
    // SAFETY: the caller's promise is the one that `lookup` asks for.
    unsafe { handle::lookup(sock) }.ok_or(Error::NotSocket)
}

/// The text that a caller points to; none for NULL.
///
/// # Safety
///
/// `text` is NULL or ends with a zero byte, and nobody changes it meanwhile.
unsafe fn text<'a>(text: *const c_char) -> Option<&'a [u8]> {
    // SAFETY: not NULL, so a C string by the caller's promise.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_bytes())
}

/// Calls a method of a socket that takes a text.
///
/// # Safety
///
/// As for the [room](super).
unsafe fn with_text(
    sock: *mut c_void,
    endpoint: *const c_char,
    call: impl FnOnce(&Socket, Option<&[u8]>) -> Result<()>,
) -> c_int {
    // SAFETY: by the rules of the room nobody ends the handle meanwhile.
    let socket = unsafe { socket(sock) };
    // SAFETY: by the rules of the room a C string or NULL.
    ret(socket.and_then(|socket| call(socket, unsafe { text(endpoint) })).map(|()| 0))
}

/// Opens a socket.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_socket(ctx: *mut c_void, r#type: c_int) -> *mut c_void {
    // SAFETY: by the rules of the room nobody ends the handle meanwhile.
    let Some(ctx) = (unsafe { handle::share::<Context>(ctx) }) else {
        return fail_null(Error::Fault);
    };
    let opened = Socket::open(&ctx, r#type).and_then(|socket| {
        // Without a handle nobody else can close it, and the context would wait for it.
        handle::create(Arc::clone(&socket)).inspect_err(|_| socket.close())
    });
    opened.unwrap_or_else(fail_null)
}

/// Closes a socket.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_close(sock: *mut c_void) -> c_int {
    match handle::close::<Socket>(sock) {
        Some(socket) => {
            socket.close();
            0
        }
        None => fail(Error::NotSocket),
    }
}

/// Sets an option.
///
/// # Safety
///
/// As for the [room](super); `val` and `len` belong together.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_setsockopt(
    sock: *mut c_void,
    option: c_int,
    val: *const c_void,
    len: usize,
) -> c_int {
    // SAFETY: by the rules of the room nobody ends the handle meanwhile.
    let socket = unsafe { socket(sock) };
    // SAFETY: pointer and length belong together.
    let value = unsafe { bytes(val, len) }.filter(|_| !val.is_null());
    ret(socket.and_then(|socket| socket.set_option(option, value, len)).map(|()| 0))
}

/// Reads an option.
///
/// # Safety
///
/// As for the [room](super); `val` and `*len` belong together.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_getsockopt(
    sock: *mut c_void,
    option: c_int,
    val: *mut c_void,
    len: *mut usize,
) -> c_int {
    // SAFETY: by the rules of the room nobody ends the handle meanwhile.
    let socket = unsafe { socket(sock) };
    // SAFETY: pointer and length belong together.
    ret(socket.and_then(|socket| unsafe {
        answer(val, len, |capacity| socket.get_option(option, capacity))
    }))
}

/// Binds an endpoint.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_bind(sock: *mut c_void, endpoint: *const c_char) -> c_int {
    // SAFETY: the same contract.
    unsafe { with_text(sock, endpoint, Socket::bind) }
}

/// Connects to an endpoint.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_connect(sock: *mut c_void, endpoint: *const c_char) -> c_int {
    // SAFETY: the same contract.
    unsafe { with_text(sock, endpoint, Socket::connect) }
}

/// Takes back a bind, or a connect.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_unbind(sock: *mut c_void, endpoint: *const c_char) -> c_int {
    // SAFETY: the same contract.
    unsafe { with_text(sock, endpoint, Socket::unbind_or_disconnect) }
}

/// Takes back a connect, or a bind.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_disconnect(sock: *mut c_void, endpoint: *const c_char) -> c_int {
    // SAFETY: the same contract.
    unsafe { with_text(sock, endpoint, Socket::unbind_or_disconnect) }
}

/// Connects a PEER and returns the routing id of the new peer, 0 on failure.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_connect_peer(sock: *mut c_void, endpoint: *const c_char) -> u32 {
    // SAFETY: by the rules of the room nobody ends the handle meanwhile.
    let socket = unsafe { socket(sock) };
    // SAFETY: by the rules of the room a C string or NULL.
    let connected = socket.and_then(|socket| socket.connect_peer(unsafe { text(endpoint) }));
    connected.unwrap_or_else(|error| {
        set_errno(error.errno());
        0
    })
}

/// Ends the connection of a SERVER or PEER to one of its peers.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_disconnect_peer(sock: *mut c_void, routing_id: u32) -> c_int {
    // SAFETY: by the rules of the room nobody ends the handle meanwhile.
    let socket = unsafe { socket(sock) };
    ret(socket.and_then(|socket| socket.disconnect_peer(routing_id)).map(|()| 0))
}

/// Joins a group.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_join(sock: *mut c_void, group: *const c_char) -> c_int {
    // SAFETY: the same contract.
    unsafe { with_text(sock, group, Socket::join) }
}

/// Leaves a group.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_leave(sock: *mut c_void, group: *const c_char) -> c_int {
    // SAFETY: the same contract.
    unsafe { with_text(sock, group, Socket::leave) }
}

/// Which events the peer with a routing id is ready for.
///
/// # Safety
///
/// As for the [room](super); `routing_id` and `len` belong together.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_socket_get_peer_state(
    sock: *mut c_void,
    routing_id: *const c_void,
    len: usize,
) -> c_int {
    // SAFETY: by the rules of the room nobody ends the handle meanwhile.
    let socket = unsafe { socket(sock) };
    // SAFETY: pointer and length belong together.
    let routing_id = unsafe { bytes(routing_id, len) };
    ret(socket.and_then(|socket| socket.peer_state(routing_id.ok_or(Error::Fault)?)))
}

/// Sends the socket's events to a PAIR bound to an inproc endpoint.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_socket_monitor(
    sock: *mut c_void,
    endpoint: *const c_char,
    events: c_int,
) -> c_int {
    let pair = crate::core::kind::Kind::Pair.number();
    // SAFETY: the same contract. The sign is extended, so that bits no version knows are refused.
    unsafe { zmq_socket_monitor_versioned(sock, endpoint, i64::from(events) as u64, 1, pair) }
}

/// Sends the socket's events, in the form of a version, to a socket bound to an inproc endpoint.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_socket_monitor_versioned(
    sock: *mut c_void,
    endpoint: *const c_char,
    events: u64,
    event_version: c_int,
    r#type: c_int,
) -> c_int {
    // SAFETY: by the rules of the room nobody ends the handle meanwhile.
    let socket = unsafe { socket(sock) };
    // SAFETY: by the rules of the room a C string or NULL.
    let request = unsafe { text(endpoint) }.map(|endpoint| MonitorRequest {
        endpoint,
        events,
        version: event_version,
        kind: r#type,
    });
    ret(socket.and_then(|socket| socket.start_monitor(events, event_version, request)).map(|()| 0))
}

/// Asks for an event about the fill of each of the socket's pipes.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_socket_monitor_pipes_stats(sock: *mut c_void) -> c_int {
    // SAFETY: by the rules of the room nobody ends the handle meanwhile.
    let socket = unsafe { socket(sock) };
    ret(socket.and_then(Socket::request_pipe_stats).map(|()| 0))
}
