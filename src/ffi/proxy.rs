//! Proxies.

use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::Arc;

use super::errno::ret;
use super::handle;
use crate::error::{Error, Result};
use crate::poll::proxy;
use crate::socket::Socket;

/// A count of its own for the socket behind a handle, as a proxy runs long; none for NULL.
///
/// # Safety
///
/// As for [`handle::share`].
unsafe fn optional(sock: *mut c_void) -> Result<Option<Arc<Socket>>> {
    if sock.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's promise is the one that `share` asks for.
    unsafe { handle::share(sock) }.map(Some).ok_or(Error::NotSocket)
}

/// Runs a proxy between the sockets behind handles.
///
/// # Safety
///
/// As for the [room](super).
unsafe fn run(
    frontend: *mut c_void,
    backend: *mut c_void,
    capture: *mut c_void,
    control: *mut c_void,
) -> Result<()> {
    if frontend.is_null() || backend.is_null() {
        return Err(Error::Fault);
    }
    // SAFETY: by the rules of the room nobody ends the handle meanwhile.
    let share = |sock| unsafe { optional(sock) };
    let frontend = share(frontend)?.ok_or(Error::Fault)?;
    let backend = share(backend)?.ok_or(Error::Fault)?;
    let (capture, control) = (share(capture)?, share(control)?);
    proxy::run(&frontend, &backend, capture.as_deref(), control.as_deref())
}

/// Forwards messages between two sockets, with a copy to a third, until an error.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_proxy(
    frontend: *mut c_void,
    backend: *mut c_void,
    capture: *mut c_void,
) -> c_int {
    // SAFETY: the same contract.
    ret(unsafe { run(frontend, backend, capture, ptr::null_mut()) }.map(|()| 0))
}

/// [`zmq_proxy`] that obeys commands on a fourth socket; returns 0 if one of them ended it.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_proxy_steerable(
    frontend: *mut c_void,
    backend: *mut c_void,
    capture: *mut c_void,
    control: *mut c_void,
) -> c_int {
    // SAFETY: the same contract.
    ret(unsafe { run(frontend, backend, capture, control) }.map(|()| 0))
}

/// The old form of [`zmq_proxy`], without a copy; the type means nothing.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_device(
    _type: c_int,
    frontend: *mut c_void,
    backend: *mut c_void,
) -> c_int {
    // SAFETY: the same contract.
    ret(unsafe { run(frontend, backend, ptr::null_mut(), ptr::null_mut()) }.map(|()| 0))
}
