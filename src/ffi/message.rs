//! Messages: `zmq_msg_*`, except those that take a socket.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::mem::{align_of, size_of};
use std::slice;

use super::errno::{fail, fail_null, ret};
use crate::error::{Error, Result};
use crate::msg::Msg;

/// A message as C declares it: 64 bytes that only this library looks into.
#[allow(non_camel_case_types, reason = "the name that zmq.h gives to it")]
#[repr(C, align(8))]
pub struct zmq_msg_t {
    _opaque: [u8; 64],
}

// `message` and `install` go from one type to the other by a cast.
const _: () = assert!(size_of::<zmq_msg_t>() == size_of::<Msg>());
const _: () = assert!(align_of::<zmq_msg_t>() == align_of::<Msg>());

/// Makes the block an empty message.
///
/// # Safety
///
/// As for the [room](super). The block is overwritten without a look at it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_init(msg: *mut zmq_msg_t) -> c_int {
    // SAFETY: the caller keeps the rules of the room.
    unsafe { install(msg, || Ok(Msg::empty())) }
}

/// Makes the block a message of `size` bytes, for the caller to fill. When that fails, the block
/// is a closed message.
///
/// # Safety
///
/// As for the [room](super). The block is overwritten without a look at it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_init_size(msg: *mut zmq_msg_t, size: usize) -> c_int {
    // SAFETY: the caller keeps the rules of the room.
    unsafe { install(msg, || Msg::with_size(size)) }
}

/// Makes the block a message that uses `data` where it lies, until `ffn(data, hint)` gives it
/// back, or for ever if there is no `ffn`. When that fails, the block is a closed message and
/// `ffn` is not called.
///
/// # Safety
///
/// As for the [room](super), except that `data` stays valid until it is given back. It is read,
/// and `ffn` is called, on any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_init_data(
    msg: *mut zmq_msg_t,
    data: *mut c_void,
    size: usize,
    ffn: Option<unsafe extern "C" fn(data: *mut c_void, hint: *mut c_void)>,
    hint: *mut c_void,
) -> c_int {
    // SAFETY: what `foreign` asks for is what this function asks its caller for.
    unsafe { install(msg, || Msg::foreign(data, size, ffn, hint)) }
}

/// Makes the block a message with a copy of `buf`. When that fails, the block is a closed message.
///
/// # Safety
///
/// As for the [room](super). The block is overwritten without a look at it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_init_buffer(
    msg: *mut zmq_msg_t,
    buf: *const c_void,
    size: usize,
) -> c_int {
    let copy = || {
        if buf.is_null() && size > 0 {
            return Err(Error::Fault);
        }
        let mut msg = Msg::with_size(size)?;
        if size > 0 {
            // SAFETY: `buf` is not NULL, so the caller vouches for `size` bytes, and `with_size`
            // refuses a size that no slice may have.
            msg.fill(0, unsafe { slice::from_raw_parts(buf.cast(), size) });
        }
        Ok(msg)
    };
    // SAFETY: the caller keeps the rules of the room.
    unsafe { install(msg, copy) }
}

/// Ends the message. EFAULT if it was closed already, or never initialised.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_close(msg: *mut zmq_msg_t) -> c_int {
    // SAFETY: the caller keeps the rules of the room.
    ret(unsafe { message(msg) }.and_then(|msg| msg.close().map(|()| 0)))
}

/// Moves everything from `src` to `dst` and leaves `src` empty; `dst` ends first, so that a message
/// moved onto itself is empty afterwards. EFAULT if one of them is not a message.
///
/// # Safety
///
/// As for the [room](super). The two may be the same.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_move(dst: *mut zmq_msg_t, src: *mut zmq_msg_t) -> c_int {
    // SAFETY: the caller keeps the rules of the room; no reference is held.
    if let Err(error) = unsafe { message(src) } {
        return fail(error);
    }
    // SAFETY: the caller keeps the rules of the room, and the reference is gone before the next.
    match unsafe { message(dst) } {
        Ok(dst) => dst.reset(),
        Err(error) => return fail(error),
    }
    // SAFETY: both were found to be valid blocks. `reset` left nothing in `dst` that a write
    // without a drop could lose, and the reference to `src` is gone before it.
    unsafe { dst.cast::<Msg>().write((*src.cast::<Msg>()).take()) };
    0
}

/// Makes `dst` a second message with the content of `src`. EFAULT if one of them is not a message.
///
/// # Safety
///
/// As for the [room](super). The two may be the same, and then nothing changes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_copy(dst: *mut zmq_msg_t, src: *mut zmq_msg_t) -> c_int {
    // SAFETY: the caller keeps the rules of the room.
    let from = match unsafe { message(src) } {
        Ok(_) if dst == src => return 0,
        Ok(from) => from,
        Err(error) => return fail(error),
    };
    // SAFETY: the caller keeps the rules of the room, and `dst` is another block than `src`.
    match unsafe { message(dst) } {
        Ok(to) => {
            to.reset();
            *to = from.copy();
            0
        }
        Err(error) => fail(error),
    }
}

/// Where the content begins. NULL for what is not a message, and for content given as NULL.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_data(msg: *mut zmq_msg_t) -> *mut c_void {
    // SAFETY: the caller keeps the rules of the room.
    match unsafe { message(msg) } {
        Ok(msg) => msg.data_ptr().cast(),
        Err(error) => fail_null(error),
    }
}

/// The length of the content. 0 and EFAULT for what is not a message.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_size(msg: *const zmq_msg_t) -> usize {
    // SAFETY: the caller keeps the rules of the room; the reference is only read through.
    match unsafe { message(msg.cast_mut()) } {
        Ok(msg) => msg.len(),
        Err(error) => {
            fail(error);
            0
        }
    }
}

/// Whether another part of the same message follows. 0 for what is not a message: callers loop
/// on this, and -1 would be a yes.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_more(msg: *const zmq_msg_t) -> c_int {
    // SAFETY: the caller keeps the rules of the room.
    match unsafe { block(msg) } {
        Ok(msg) => c_int::from(msg.more()),
        Err(error) => {
            fail(error);
            0
        }
    }
}

/// A numbered property. EINVAL if there is no such property, or none here.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_get(msg: *const zmq_msg_t, property: c_int) -> c_int {
    // SAFETY: the caller keeps the rules of the room.
    ret(unsafe { block(msg) }.and_then(|msg| msg.property(property)))
}

/// Always EINVAL: there is no property to set.
///
/// # Safety
///
/// None: the pointer is not used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_set(
    _msg: *mut zmq_msg_t,
    _property: c_int,
    _value: c_int,
) -> c_int {
    fail(Error::Invalid)
}

/// A property of the connection that the message came in on, valid as long as the message is.
/// EINVAL if it does not have that property.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_gets(msg: *const zmq_msg_t, name: *const c_char) -> *const c_char {
    // SAFETY: the caller keeps the rules of the room.
    let found = unsafe { block(msg) }.and_then(|msg| {
        if name.is_null() {
            return Err(Error::Invalid);
        }
        // SAFETY: not NULL, so it ends with a zero byte, by the rules of the room.
        msg.string_property(unsafe { CStr::from_ptr(name) })
    });
    match found {
        Ok(value) => value.as_ptr(),
        Err(error) => fail_null(error),
    }
}

/// Names the peer that a SERVER or PEER sends the message to. EINVAL if `id` is 0.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_set_routing_id(msg: *mut zmq_msg_t, id: u32) -> c_int {
    // SAFETY: the caller keeps the rules of the room.
    match unsafe { message(msg) } {
        Ok(_) if id == 0 => fail(Error::Invalid),
        Ok(msg) => {
            msg.set_routing_id(id);
            0
        }
        Err(error) => fail(error),
    }
}

/// The peer that a SERVER or PEER got the message from; 0 if none.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_routing_id(msg: *mut zmq_msg_t) -> u32 {
    // SAFETY: the caller keeps the rules of the room.
    match unsafe { block(msg) } {
        Ok(msg) => msg.routing_id(),
        Err(error) => {
            fail(error);
            0
        }
    }
}

/// Says which group a RADIO sends the message to: the first 255 bytes of `group`.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_set_group(msg: *mut zmq_msg_t, group: *const c_char) -> c_int {
    // SAFETY: the caller keeps the rules of the room.
    match unsafe { message(msg) } {
        Ok(_) if group.is_null() => fail(Error::Fault),
        Ok(msg) => {
            // SAFETY: not NULL, so it ends with a zero byte, by the rules of the room.
            msg.set_group(unsafe { CStr::from_ptr(group) }.to_bytes());
            0
        }
        Err(error) => fail(error),
    }
}

/// The group that the message is for, valid as long as the message is; empty if none.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_group(msg: *mut zmq_msg_t) -> *const c_char {
    // SAFETY: the caller keeps the rules of the room.
    match unsafe { block(msg) } {
        Ok(msg) => msg.group().as_ptr(),
        Err(error) => fail_null(error),
    }
}

/// The message behind the pointer. `Fault` if it is NULL, or the block is not a message.
///
/// # Safety
///
/// As for the [room](super), and the reference is the only one while it is used.
#[inline]
pub(super) unsafe fn message<'a>(msg: *mut zmq_msg_t) -> Result<&'a mut Msg> {
    // SAFETY: by the rules of the room it is NULL or valid. Size and alignment are asserted above,
    // and a `Msg` may have any bytes, of which `is_valid` looks at one.
    match unsafe { msg.cast::<Msg>().as_mut() } {
        Some(msg) if msg.is_valid() => Ok(msg),
        Some(_) | None => Err(Error::Fault),
    }
}

/// The block behind the pointer, message or not. `Fault` if it is NULL.
///
/// # Safety
///
/// As for the [room](super).
#[inline]
unsafe fn block<'a>(msg: *const zmq_msg_t) -> Result<&'a Msg> {
    // SAFETY: by the rules of the room it is NULL or valid. Size and alignment are asserted above;
    // a closed block is all zero, which every accessor of `Msg` answers.
    unsafe { msg.cast::<Msg>().as_ref() }.ok_or(Error::Fault)
}

/// Puts a new message into a block that was none before, or a closed one if there is no message.
///
/// # Safety
///
/// As for the [room](super).
#[inline]
unsafe fn install(msg: *mut zmq_msg_t, make: impl FnOnce() -> Result<Msg>) -> c_int {
    if msg.is_null() {
        return fail(Error::Fault);
    }
    let msg = msg.cast::<Msg>();
    match make() {
        // SAFETY: not NULL, so valid by the rules of the room; size and alignment are asserted.
        Ok(made) => unsafe { msg.write(made) },
        Err(error) => {
            // SAFETY: as above.
            unsafe { msg.write(Msg::closed()) };
            return fail(error);
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::mem::MaybeUninit;
    use std::ptr;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    const NULL: *mut zmq_msg_t = ptr::null_mut();

    /// A block with the bytes that an uninitialised one may well have.
    fn garbage() -> zmq_msg_t {
        zmq_msg_t { _opaque: [0xc2; 64] }
    }

    fn zeroed() -> zmq_msg_t {
        zmq_msg_t { _opaque: [0; 64] }
    }

    fn errno() -> c_int {
        io::Error::last_os_error().raw_os_error().unwrap_or(0)
    }

    /// The errno of a call that has to fail.
    fn refused(returned: c_int) -> c_int {
        assert_eq!(returned, -1);
        errno()
    }

    fn text(text: *const c_char) -> &'static CStr {
        assert!(!text.is_null());
        // SAFETY: every test passes the result of a function that returns C strings, and uses it
        // while the message lives.
        unsafe { CStr::from_ptr(text) }
    }

    unsafe extern "C" fn count(_data: *mut c_void, hint: *mut c_void) {
        // SAFETY: every test passes a counter that outlives its messages.
        unsafe { &*hint.cast::<AtomicU32>() }.fetch_add(1, Ordering::Relaxed);
    }

    #[test]
    fn null_messages_are_answered() {
        let (efault, einval) = (libc::EFAULT, libc::EINVAL);
        let mut other = garbage();
        let calls = AtomicU32::new(0);
        let hint = ptr::from_ref(&calls).cast_mut().cast();
        // SAFETY: every pointer is NULL or to a local.
        unsafe {
            assert_eq!(zmq_msg_init(&mut other), 0);
            assert_eq!(refused(zmq_msg_init(NULL)), efault);
            assert_eq!(refused(zmq_msg_init_size(NULL, 5)), efault);
            assert_eq!(refused(zmq_msg_init_buffer(NULL, c"x".as_ptr().cast(), 1)), efault);
            assert_eq!(refused(zmq_msg_init_data(NULL, hint, 1, Some(count), hint)), efault);
            assert_eq!(refused(zmq_msg_close(NULL)), efault);
            assert_eq!(refused(zmq_msg_move(NULL, &mut other)), efault);
            assert_eq!(refused(zmq_msg_move(&mut other, NULL)), efault);
            assert_eq!(refused(zmq_msg_copy(NULL, &mut other)), efault);
            assert_eq!(refused(zmq_msg_copy(&mut other, NULL)), efault);
            assert_eq!(refused(zmq_msg_copy(NULL, NULL)), efault);
            assert!(zmq_msg_data(NULL).is_null());
            assert_eq!((zmq_msg_size(NULL), zmq_msg_more(NULL)), (0, 0));
            assert_eq!(refused(zmq_msg_get(NULL, 1)), efault);
            assert_eq!(refused(zmq_msg_set(NULL, 1, 1)), einval);
            assert!(zmq_msg_gets(NULL, c"Identity".as_ptr()).is_null());
            assert_eq!(errno(), efault);
            assert_eq!(refused(zmq_msg_set_routing_id(NULL, 1)), efault);
            assert_eq!(zmq_msg_routing_id(NULL), 0);
            assert_eq!(refused(zmq_msg_set_group(NULL, c"g".as_ptr())), efault);
            assert!(zmq_msg_group(NULL).is_null());
            assert_eq!(zmq_msg_close(&mut other), 0);
        }
        assert_eq!(calls.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn a_block_that_is_no_message_is_recognised() {
        let efault = libc::EFAULT;
        let mut closed = garbage();
        let mut good = garbage();
        // SAFETY: every pointer is to a local.
        unsafe {
            assert_eq!(zmq_msg_init_buffer(&mut closed, c"old".as_ptr().cast(), 3), 0);
            assert_eq!(zmq_msg_close(&mut closed), 0);
            for mut none in [zeroed(), closed] {
                assert_eq!(zmq_msg_init_buffer(&mut good, c"good".as_ptr().cast(), 4), 0);
                assert_eq!(refused(zmq_msg_close(&mut none)), efault);
                assert_eq!(refused(zmq_msg_move(&mut good, &mut none)), efault);
                assert_eq!(refused(zmq_msg_move(&mut none, &mut good)), efault);
                assert_eq!(refused(zmq_msg_copy(&mut good, &mut none)), efault);
                assert_eq!(refused(zmq_msg_copy(&mut none, &mut good)), efault);
                let itself = &raw mut none;
                assert_eq!(refused(zmq_msg_move(itself, itself)), efault);
                assert_eq!(refused(zmq_msg_copy(itself, itself)), efault);
                assert!(zmq_msg_data(&mut none).is_null());
                assert_eq!((zmq_msg_size(&none), zmq_msg_more(&none)), (0, 0));
                assert_eq!((zmq_msg_get(&none, 1), zmq_msg_get(&none, 3)), (0, 0));
                assert_eq!(refused(zmq_msg_get(&none, 2)), libc::EINVAL);
                assert!(zmq_msg_gets(&none, c"Identity".as_ptr()).is_null());
                assert_eq!(errno(), libc::EINVAL);
                assert_eq!(refused(zmq_msg_set_routing_id(&mut none, 1)), efault);
                assert_eq!(refused(zmq_msg_set_group(&mut none, c"g".as_ptr())), efault);
                assert_eq!(zmq_msg_routing_id(&mut none), 0);
                assert_eq!(text(zmq_msg_group(&mut none)), c"");
                assert_eq!(zmq_msg_size(&good), 4, "what was refused changed nothing");
                assert_eq!(zmq_msg_close(&mut good), 0);
            }
        }
    }

    #[test]
    fn initialising_overwrites_whatever_was_there() {
        let mut block = MaybeUninit::<zmq_msg_t>::uninit();
        let msg = block.as_mut_ptr();
        for size in [0, 1, 33, 34, 5000] {
            // SAFETY: `msg` is a local, never read before it is initialised, and `size` bytes
            // belong to the message.
            unsafe {
                assert_eq!(zmq_msg_init_size(msg, size), 0);
                assert_eq!(zmq_msg_size(msg), size);
                zmq_msg_data(msg).cast::<u8>().write_bytes(0x5a, size);
                assert_eq!(zmq_msg_close(msg), 0);
            }
        }
        // SAFETY: as above.
        unsafe {
            assert_eq!(zmq_msg_init(msg), 0);
            assert_eq!((zmq_msg_size(msg), zmq_msg_more(msg), zmq_msg_routing_id(msg)), (0, 0, 0));
            assert_eq!(text(zmq_msg_group(msg)), c"");
            assert!(!zmq_msg_data(msg).is_null());
            assert_eq!(zmq_msg_close(msg), 0);
        }
    }

    #[test]
    fn after_a_failed_init_the_block_is_closed() {
        let calls = AtomicU32::new(0);
        let hint: *mut c_void = ptr::from_ref(&calls).cast_mut().cast();
        let none = ptr::null_mut();
        let mut msg = garbage();
        // SAFETY: every pointer is NULL or to a local; what fails reads nothing.
        unsafe {
            assert_eq!(refused(zmq_msg_init_size(&mut msg, usize::MAX)), libc::ENOMEM);
            assert_eq!(refused(zmq_msg_close(&mut msg)), libc::EFAULT);
            msg = garbage();
            assert_eq!(refused(zmq_msg_init_buffer(&mut msg, none, 1)), libc::EFAULT);
            assert_eq!(refused(zmq_msg_close(&mut msg)), libc::EFAULT);
            let huge = zmq_msg_init_buffer(&mut msg, hint, usize::MAX);
            assert_eq!(refused(huge), libc::ENOMEM);
            msg = garbage();
            let refused_data = zmq_msg_init_data(&mut msg, none, 1, Some(count), hint);
            assert_eq!(refused(refused_data), libc::EFAULT);
            assert_eq!(refused(zmq_msg_close(&mut msg)), libc::EFAULT);
            assert_eq!(zmq_msg_init_buffer(&mut msg, none, 0), 0);
            assert_eq!(zmq_msg_close(&mut msg), 0);
        }
        assert_eq!(calls.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn data_of_the_application_goes_back_once() {
        let calls = AtomicU32::new(0);
        let hint: *mut c_void = ptr::from_ref(&calls).cast_mut().cast();
        let mut data = *b"application's";
        let (mut a, mut b) = (garbage(), garbage());
        // SAFETY: every pointer is to a local that outlives the messages.
        unsafe {
            let bytes: *mut c_void = data.as_mut_ptr().cast();
            assert_eq!(zmq_msg_init_data(&mut a, bytes, data.len(), Some(count), hint), 0);
            assert_eq!((zmq_msg_data(&mut a), zmq_msg_get(&a, 3)), (bytes, 0));
            assert_eq!(zmq_msg_init(&mut b), 0);
            assert_eq!(zmq_msg_copy(&mut b, &mut a), 0);
            assert_eq!((zmq_msg_get(&a, 3), zmq_msg_get(&b, 3)), (1, 1));
            assert_eq!(zmq_msg_close(&mut a), 0);
            assert_eq!((zmq_msg_data(&mut b), calls.load(Ordering::Relaxed)), (bytes, 0));
            assert_eq!(zmq_msg_init(&mut a), 0);
            assert_eq!(zmq_msg_move(&mut a, &mut b), 0);
            assert_eq!((zmq_msg_size(&b), calls.load(Ordering::Relaxed)), (0, 0));
            assert_eq!(zmq_msg_move(&mut a, &mut b), 0);
            assert_eq!((zmq_msg_size(&a), calls.load(Ordering::Relaxed)), (0, 1));
            assert_eq!((zmq_msg_close(&mut a), zmq_msg_close(&mut b)), (0, 0));
            let none = ptr::null_mut();
            assert_eq!(zmq_msg_init_data(&mut a, none, 0, Some(count), hint), 0);
            assert!(zmq_msg_data(&mut a).is_null());
            assert_eq!(zmq_msg_close(&mut a), 0);
        }
        assert_eq!(calls.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn a_message_and_itself() {
        let calls = AtomicU32::new(0);
        let hint: *mut c_void = ptr::from_ref(&calls).cast_mut().cast();
        let mut block = garbage();
        let msg = &raw mut block;
        // SAFETY: every pointer is to a local that outlives the message.
        unsafe {
            assert_eq!(zmq_msg_init_data(msg, hint, 4, Some(count), hint), 0);
            assert_eq!((zmq_msg_copy(msg, msg), zmq_msg_size(msg), zmq_msg_get(msg, 3)), (0, 4, 0));
            assert_eq!(calls.load(Ordering::Relaxed), 0);
            assert_eq!((zmq_msg_move(msg, msg), zmq_msg_size(msg)), (0, 0));
            assert_eq!(calls.load(Ordering::Relaxed), 1);
            assert_eq!(zmq_msg_close(msg), 0);
        }
        assert_eq!(calls.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn properties_routing_id_and_group() {
        let mut msg = garbage();
        let long = [b'g' as c_char; 299].into_iter().chain([0]).collect::<Vec<c_char>>();
        // SAFETY: every pointer is NULL or to a local.
        unsafe {
            assert_eq!(zmq_msg_init(&mut msg), 0);
            for property in [2, 0, 4, -1] {
                assert_eq!(refused(zmq_msg_get(&msg, property)), libc::EINVAL);
            }
            assert_eq!(refused(zmq_msg_set(&mut msg, 1, 1)), libc::EINVAL);
            for name in [c"Identity".as_ptr(), ptr::null()] {
                assert!(zmq_msg_gets(&msg, name).is_null());
                assert_eq!(errno(), libc::EINVAL);
            }
            assert_eq!(refused(zmq_msg_set_routing_id(&mut msg, 0)), libc::EINVAL);
            assert_eq!(zmq_msg_set_routing_id(&mut msg, 77), 0);
            assert_eq!(zmq_msg_routing_id(&mut msg), 77);
            assert_eq!(refused(zmq_msg_set_group(&mut msg, ptr::null())), libc::EFAULT);
            assert_eq!(zmq_msg_set_group(&mut msg, long.as_ptr()), 0);
            assert_eq!(text(zmq_msg_group(&mut msg)).count_bytes(), 255);
            assert_eq!(zmq_msg_set_group(&mut msg, c"short".as_ptr()), 0);
            assert_eq!(text(zmq_msg_group(&mut msg)), c"short");
            assert_eq!(zmq_msg_close(&mut msg), 0);
        }
    }
}
