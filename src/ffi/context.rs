//! Contexts.

use std::ffi::{c_int, c_void};
use std::sync::Arc;

use super::errno::{fail, fail_null, ret};
use super::handle::{self, Kind};
use crate::core::context::Context;
use crate::core::ctx_options::IO_THREADS;
use crate::core::options::Value;
use crate::error::{Error, Result};

impl Kind for Context {
    const TAG: u64 = 0x7478_745f_716d_7a01;
}

/// The context behind a handle.
///
/// # Safety
///
/// As for [`handle::lookup`].
pub(super) unsafe fn context<'a>(ctx: *mut c_void) -> Result<&'a Context> {
    // SAFETY: the caller's promise is the one that `lookup` asks for.
    unsafe { handle::lookup(ctx) }.ok_or(Error::Fault)
}

/// Makes a context.
///
/// # Safety
///
/// None is needed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_ctx_new() -> *mut c_void {
    Context::new().and_then(|ctx| handle::create(Arc::new(ctx))).unwrap_or_else(fail_null)
}

/// Shuts a context down, waits for its sockets and frees it.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_ctx_term(ctx: *mut c_void) -> c_int {
    // SAFETY: two threads must not terminate one context at a time.
    let Some(shared) = (unsafe { handle::share::<Context>(ctx) }) else {
        return fail(Error::Fault);
    };
    match shared.terminate() {
        Ok(()) => {
            drop(shared);
            drop(handle::close::<Context>(ctx));
            0
        }
        Err(error) => fail(error),
    }
}

/// The oldest name of [`zmq_ctx_term`].
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_term(ctx: *mut c_void) -> c_int {
    // SAFETY: the same contract.
    unsafe { zmq_ctx_term(ctx) }
}

/// An older name of [`zmq_ctx_term`].
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_ctx_destroy(ctx: *mut c_void) -> c_int {
    // SAFETY: the same contract.
    unsafe { zmq_ctx_term(ctx) }
}

/// Makes a context with so many I/O threads.
///
/// # Safety
///
/// None is needed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_init(io_threads: c_int) -> *mut c_void {
    let made = Context::new().and_then(|ctx| {
        ctx.options().lock().set_int(IO_THREADS, io_threads)?;
        handle::create(Arc::new(ctx))
    });
    made.unwrap_or_else(fail_null)
}

/// Makes all calls on the context's sockets fail with ETERM.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_ctx_shutdown(ctx: *mut c_void) -> c_int {
    // SAFETY: by the rules of the room nobody ends the handle meanwhile.
    ret(unsafe { context(ctx) }.map(|ctx| {
        ctx.shutdown();
        0
    }))
}

/// Sets an int option of a context.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_ctx_set(ctx: *mut c_void, option: c_int, value: c_int) -> c_int {
    // SAFETY: by the rules of the room nobody ends the handle meanwhile.
    let ctx = unsafe { context(ctx) };
    ret(ctx.and_then(|ctx| ctx.options().lock().set_int(option, value)).map(|()| 0))
}

/// Reads an int option of a context.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_ctx_get(ctx: *mut c_void, option: c_int) -> c_int {
    // SAFETY: by the rules of the room nobody ends the handle meanwhile.
    let ctx = unsafe { context(ctx) };
    ret(ctx.and_then(|ctx| ctx.options().lock().get_int(option)))
}

/// Sets an option of a context.
///
/// # Safety
///
/// As for the [room](super); `val` and `len` belong together.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_ctx_set_ext(
    ctx: *mut c_void,
    option: c_int,
    val: *const c_void,
    len: usize,
) -> c_int {
    // SAFETY: by the rules of the room nobody ends the handle meanwhile.
    let ctx = unsafe { context(ctx) };
    // SAFETY: pointer and length belong together.
    let value = unsafe { bytes(val, len) };
    ret(ctx.and_then(|ctx| {
        ctx.options().lock().set(option, value.ok_or(Error::Invalid)?)?;
        Ok(0)
    }))
}

/// Reads an option of a context.
///
/// # Safety
///
/// As for the [room](super); `val` and `*len` belong together.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_ctx_get_ext(
    ctx: *mut c_void,
    option: c_int,
    val: *mut c_void,
    len: *mut usize,
) -> c_int {
    // SAFETY: by the rules of the room nobody ends the handle meanwhile.
    let ctx = unsafe { context(ctx) };
    // SAFETY: pointer and length belong together.
    ret(ctx.and_then(|ctx| unsafe {
        answer(val, len, |capacity| ctx.options().lock().get(option, capacity))
    }))
}

/// The bytes that a caller points to; none for NULL with a length, and for a length that no memory
/// has.
///
/// # Safety
///
/// `data` is NULL or valid for `len` bytes, which nobody changes meanwhile.
pub(super) unsafe fn bytes<'a>(data: *const c_void, len: usize) -> Option<&'a [u8]> {
    if len == 0 {
        return Some(&[]);
    }
    let usable = !data.is_null() && isize::try_from(len).is_ok();
    // SAFETY: not NULL, and then valid for so many bytes by the caller's promise.
    usable.then(|| unsafe { std::slice::from_raw_parts(data.cast(), len) })
}

/// Writes the value of an option where the caller wants it.
///
/// # Safety
///
/// `len` is NULL or valid, and `val` is NULL or valid for `*len` bytes.
pub(super) unsafe fn answer(
    val: *mut c_void,
    len: *mut usize,
    read: impl FnOnce(usize) -> Result<Value>,
) -> Result<c_int> {
    // SAFETY: NULL or valid by the caller's promise.
    let len = unsafe { len.as_mut() }.ok_or(Error::Invalid)?;
    if val.is_null() && *len > 0 {
        return Err(Error::Invalid);
    }
    let value = read(*len)?;
    let rest = if value.zero_fill { *len - value.bytes().len() } else { 0 };
    if !val.is_null() {
        let start = val.cast::<u8>();
        // SAFETY: a `Value` never exceeds the capacity it was made for, which is `*len`, and `val`
        // is valid for that; a caller's buffer and our value do not overlap.
        unsafe { start.copy_from_nonoverlapping(value.bytes().as_ptr(), value.bytes().len()) };
        // SAFETY: as above; the rest ends where the caller's buffer ends.
        unsafe { start.add(value.bytes().len()).write_bytes(0, rest) };
    }
    if let Some(new_len) = value.new_len {
        *len = new_len;
    }
    Ok(0)
}
