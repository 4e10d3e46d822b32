//! Sending and receiving.

use std::ffi::{c_int, c_void};
use std::ptr;

use super::context::bytes;
use super::errno::{fail, ret};
use super::message::{message, zmq_msg_t};
use super::socket::socket;
use crate::error::{Error, Result};
use crate::msg::Msg;
use crate::socket::{SNDMORE, Socket};
use crate::sys::memory::{Buffer, malloc_copy};

/// A length as the C surface returns it.
#[inline]
fn capped(len: usize) -> c_int {
    c_int::try_from(len).unwrap_or(c_int::MAX)
}

/// Sends a message; the result is its length.
#[inline(always)]
fn send_whole(socket: &Socket, msg: &mut Msg, flags: c_int) -> Result<c_int> {
    let len = msg.len();
    socket.send(msg, flags)?;
    Ok(capped(len))
}

/// Sends a copy of a buffer.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_send(
    sock: *mut c_void,
    buf: *const c_void,
    len: usize,
    flags: c_int,
) -> c_int {
    // SAFETY: by the rules of the room nobody ends the handle meanwhile.
    let socket = match unsafe { socket(sock) } {
        Ok(socket) => socket,
        Err(error) => return fail(error),
    };
    // SAFETY: pointer and length belong together.
    let Some(data) = (unsafe { bytes(buf, len) }) else {
        return fail(if buf.is_null() { Error::Fault } else { Error::NoMemory });
    };
    ret(socket.send_copy(data, flags).map(|()| capped(len)))
}

/// Sends a buffer without a copy; it stays as it is for the life of the process.
///
/// # Safety
///
/// As for the [room](super), and the buffer is constant and never freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_send_const(
    sock: *mut c_void,
    buf: *const c_void,
    len: usize,
    flags: c_int,
) -> c_int {
    // SAFETY: by the rules of the room nobody ends the handle meanwhile.
    let socket = unsafe { socket(sock) };
    ret(socket.and_then(|socket| {
        if buf.is_null() && len > 0 {
            return Err(Error::Fault);
        }
        // SAFETY: valid for so many bytes and for ever by the caller's promise.
        let mut msg = unsafe { Msg::foreign(buf.cast_mut(), len, None, ptr::null_mut()) }?;
        send_whole(socket, &mut msg, flags)
    }))
}

/// Receives into a buffer; what does not fit is lost.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_recv(
    sock: *mut c_void,
    buf: *mut c_void,
    len: usize,
    flags: c_int,
) -> c_int {
    // SAFETY: by the rules of the room nobody ends the handle meanwhile.
    let socket = match unsafe { socket(sock) } {
        Ok(socket) => socket,
        Err(error) => return fail(error),
    };
    // SAFETY: valid for `len` bytes if not NULL; what is received lies elsewhere.
    let mut into = unsafe { Buffer::new(buf, len) };
    match socket.recv_copy(&mut into, flags) {
        Ok(length) if length > 0 && len > 0 && buf.is_null() => fail(Error::Fault),
        Ok(length) => capped(length),
        Err(error) => fail(error),
    }
}

/// Sends a message and leaves it empty.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_send(
    msg: *mut zmq_msg_t,
    sock: *mut c_void,
    flags: c_int,
) -> c_int {
    // SAFETY: by the rules of the room nobody ends the handle meanwhile.
    let socket = unsafe { socket(sock) };
    ret(socket.and_then(|socket| {
        // SAFETY: by the rules of the room one thread uses the message.
        send_whole(socket, unsafe { message(msg) }?, flags)
    }))
}

/// Receives into a message, whose old content is released.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_recv(
    msg: *mut zmq_msg_t,
    sock: *mut c_void,
    flags: c_int,
) -> c_int {
    // SAFETY: by the rules of the room nobody ends the handle meanwhile.
    let socket = unsafe { socket(sock) };
    ret(socket.and_then(|socket| {
        // SAFETY: by the rules of the room one thread uses the message.
        let msg = unsafe { message(msg) }?;
        socket.recv(msg, flags)?;
        Ok(capped(msg.len()))
    }))
}

/// [`zmq_msg_send`] with the arguments in another order.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_sendmsg(
    sock: *mut c_void,
    msg: *mut zmq_msg_t,
    flags: c_int,
) -> c_int {
    // SAFETY: the same contract.
    unsafe { zmq_msg_send(msg, sock, flags) }
}

/// [`zmq_msg_recv`] with the arguments in another order.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_recvmsg(
    sock: *mut c_void,
    msg: *mut zmq_msg_t,
    flags: c_int,
) -> c_int {
    // SAFETY: the same contract.
    unsafe { zmq_msg_recv(msg, sock, flags) }
}

/// The vectors behind pointer and count; `Invalid` if there are none.
///
/// # Safety
///
/// `iov` is NULL or valid for `count` elements, which nobody else uses meanwhile.
unsafe fn vectors<'a>(iov: *mut libc::iovec, count: usize) -> Result<&'a mut [libc::iovec]> {
    if iov.is_null() || count == 0 {
        return Err(Error::Invalid);
    }
    // SAFETY: not NULL, and then valid for so many elements by the caller's promise.
    Ok(unsafe { std::slice::from_raw_parts_mut(iov, count) })
}

/// Sends each element as a frame; with SNDMORE they are one message.
///
/// # Safety
///
/// As for the [room](super); each element's pointer and length belong together.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_sendiov(
    sock: *mut c_void,
    iov: *mut libc::iovec,
    count: usize,
    flags: c_int,
) -> c_int {
    // SAFETY: by the rules of the room nobody ends the handle meanwhile.
    let socket = unsafe { socket(sock) };
    ret(socket.and_then(|socket| {
        // SAFETY: pointer and count belong together.
        let vectors = unsafe { vectors(iov, count) }?;
        let mut sent = 0;
        for (at, vector) in vectors.iter().enumerate() {
            // SAFETY: pointer and length of an element belong together.
            let data = unsafe { bytes(vector.iov_base, vector.iov_len) }.ok_or(Error::Fault)?;
            let flags = if at + 1 == count { flags & !SNDMORE } else { flags };
            sent = send_whole(socket, &mut Msg::from_slice(data)?, flags)?;
        }
        Ok(sent)
    }))
}

/// Receives the frames of a message into buffers made with `malloc`.
///
/// # Safety
///
/// As for the [room](super); `iov` and `*count` belong together.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_recviov(
    sock: *mut c_void,
    iov: *mut libc::iovec,
    count: *mut usize,
    flags: c_int,
) -> c_int {
    // SAFETY: by the rules of the room nobody ends the handle meanwhile.
    let socket = unsafe { socket(sock) };
    ret(socket.and_then(|socket| {
        // SAFETY: NULL or the caller's variable.
        let count = unsafe { count.as_mut() }.ok_or(Error::Invalid)?;
        // SAFETY: pointer and count belong together.
        let vectors = unsafe { vectors(iov, *count) }?;
        *count = 0;
        for vector in vectors {
            let mut msg = Msg::empty();
            socket.recv(&mut msg, flags)?;
            let buffer = malloc_copy(msg.data()).ok_or(Error::NoMemory)?.as_ptr();
            *vector = libc::iovec { iov_base: buffer, iov_len: msg.len() };
            *count += 1;
            let more = msg.more();
            msg.end();
            if !more {
                break;
            }
        }
        Ok(capped(*count))
    }))
}
