//! Messages as C programs treat them: content of theirs, released when the last message lets go of it,
//! and blocks that are zero or were moved.

use std::sync::atomic::AtomicU32;
use std::thread;

use super::*;
use crate::msg::due::call_due;

/// Counts calls of the release function; the hint of each message points at one of these.
#[derive(Default)]
struct Calls {
    count: AtomicU32,
    data: AtomicUsize,
}

unsafe extern "C" fn count(data: *mut c_void, hint: *mut c_void) {
    // SAFETY: every test passes a `Calls` that outlives its messages.
    let calls = unsafe { &*hint.cast::<Calls>() };
    calls.data.store(data.addr(), Ordering::Relaxed);
    calls.count.fetch_add(1, Ordering::AcqRel);
}

impl Calls {
    fn get(&self) -> u32 {
        call_due();
        self.count.load(Ordering::Acquire)
    }

    fn msg(&self, data: &'static [u8]) -> Msg {
        let hint = ptr::from_ref(self).cast_mut().cast();
        let data = (data.as_ptr().cast_mut().cast(), data.len());
        // SAFETY: the data is static, and `self` outlives the message in every test.
        unsafe { Msg::foreign(data.0, data.1, Some(count), hint) }.unwrap()
    }
}

#[test]
fn a_closed_block_is_all_zero() {
    // SAFETY: both are 64 initialised bytes: `closed` writes every field, and there is no
    // padding between them.
    let bytes = unsafe { mem::transmute::<Msg, [u8; 64]>(Msg::closed()) };
    assert_eq!(bytes, [0; 64]);
    // SAFETY: all-zero is the value that the line above got from `closed`.
    let mut msg = unsafe { mem::zeroed::<Msg>() };
    assert!(!msg.is_valid());
    assert_eq!(msg.close(), Err(Error::Fault));
    assert_eq!((msg.data(), msg.len()), (&b""[..], 0));
    assert!(msg.data_ptr().is_null());
}

#[test]
fn foreign_content_is_used_in_place_and_released_once() {
    static SHORT: &[u8] = b"x";
    let calls = Calls::default();
    let mut msg = calls.msg(SHORT);
    assert_eq!(msg.data_ptr().cast_const(), SHORT.as_ptr());
    assert!(!msg.shared());
    let mut moved = msg.take();
    assert_eq!((msg.len(), moved.data()), (0, SHORT));
    drop(msg);
    assert_eq!(calls.get(), 0);
    assert_eq!(moved.close(), Ok(()));
    assert_eq!(calls.get(), 1);
    assert_eq!(calls.data.load(Ordering::Relaxed), SHORT.as_ptr().addr());
    assert_eq!(moved.close(), Err(Error::Fault));
    drop(moved);
    assert_eq!(calls.get(), 1);
}

#[test]
fn copies_of_foreign_content_release_it_with_the_last() {
    let calls = Calls::default();
    let mut first = calls.msg(b"0123");
    let mut second = first.copy();
    let third = second.copy();
    assert!(first.shared() && second.shared() && third.shared());
    assert_eq!(first.data_ptr(), second.data_ptr());
    drop(second);
    drop(first);
    assert_eq!((calls.get(), third.data()), (0, &b"0123"[..]));
    assert!(third.shared(), "the flag stays with the survivor");
    drop(third);
    assert_eq!(calls.get(), 1);
}

#[test]
fn copies_on_many_threads_release_once() {
    for _ in 0..50 {
        let calls = Calls::default();
        let mut msg = calls.msg(b"across threads");
        let mut copies: Vec<Msg> = (0..4).map(|_| msg.copy()).collect();
        drop(msg);
        thread::scope(|scope| {
            for mut copy in copies.drain(..) {
                scope.spawn(move || {
                    for _ in 0..100 {
                        assert_eq!(copy.copy().data(), b"across threads");
                    }
                    drop(copy);
                    call_due();
                });
            }
        });
        assert_eq!(calls.get(), 1);
    }
}

#[test]
fn null_content_is_allowed_when_it_is_empty() {
    let calls = Calls::default();
    let hint = ptr::from_ref(&calls).cast_mut().cast();
    // SAFETY: there is nothing to read, and `calls` outlives the message.
    let mut msg = unsafe { Msg::foreign(ptr::null_mut(), 0, Some(count), hint) }.unwrap();
    assert!(msg.is_valid() && msg.data_ptr().is_null() && msg.data().is_empty());
    drop(msg);
    assert_eq!(calls.get(), 1);
    // SAFETY: there is nothing to read.
    let mut msg = unsafe { Msg::foreign(ptr::null_mut(), 0, None, hint) }.unwrap();
    assert!(msg.is_valid() && msg.data_ptr().is_null() && msg.data().is_empty());
    // SAFETY: NULL is refused, and nothing is read.
    let refused = unsafe { Msg::foreign(ptr::null_mut(), 1, Some(count), hint) };
    assert_eq!(refused.err(), Some(Error::Fault));
    drop(msg);
    assert_eq!(calls.get(), 1);
}

#[test]
fn content_without_release_function_is_constant() {
    static TEXT: &[u8] = b"longer than the thirty-three bytes inside";
    let data = TEXT.as_ptr().cast_mut().cast();
    // SAFETY: the text is static.
    let mut msg = unsafe { Msg::foreign(data, TEXT.len(), None, ptr::null_mut()) }.unwrap();
    assert!(msg.shared());
    let mut copy = msg.copy();
    drop(msg);
    assert!(copy.shared());
    assert_eq!(copy.data_ptr().cast_const(), TEXT.as_ptr());
    assert_eq!(copy.data(), TEXT);
}

#[test]
fn a_drop_leaves_the_release_function_due_and_a_close_calls_it() {
    let calls = Calls::default();
    let count = || calls.count.load(Ordering::Acquire);
    drop(calls.msg(b"dropped"));
    assert_eq!(count(), 0);
    call_due();
    assert_eq!(count(), 1);
    assert_eq!(calls.msg(b"closed").close(), Ok(()));
    calls.msg(b"reset").reset();
    assert_eq!(count(), 3);
    std::thread::scope(|scope| {
        scope.spawn(|| drop(calls.msg(b"in a thread that ends")));
    });
    // The end of a scope does not wait for the destructors of the thread's variables.
    while count() < 4 {
        std::thread::yield_now();
    }
}

#[test]
fn a_message_may_be_relocated_bitwise() {
    let calls = Calls::default();
    for mut msg in [Msg::from_slice(&[7; 33]).unwrap(), calls.msg(&[7; 33])] {
        msg.set_group(&[b'g'; 100]);
        let forgotten = ManuallyDrop::new(msg);
        // SAFETY: the original is never looked at again.
        let moved = unsafe { ptr::read(&*forgotten) };
        assert_eq!((moved.data(), moved.group().count_bytes()), (&[7; 33][..], 100));
    }
    assert_eq!(calls.get(), 1);
}
