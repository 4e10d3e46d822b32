//! The threads of `zmq_threadstart`: made by us, running the application's code.
//!
//! They are bare pthreads rather than threads of the standard library for two reasons: the
//! application's function gets the stack that pthread_create gives everyone (the standard library
//! gives a quarter), and it may leave by `pthread_exit`, which must not meet a Rust frame that
//! catches.

use std::ffi::c_void;
use std::io;
use std::mem::{self, MaybeUninit};
use std::ptr;

use super::checked_errno;
use super::signals::AllBlocked;
use super::thread::ThreadName;

/// The application's function, as C hands it over.
pub(crate) type Body = unsafe extern "C" fn(*mut c_void);

/// The same function, when it is called as one that may be unwound by `pthread_exit`.
type UnwindingBody = unsafe extern "C-unwind" fn(*mut c_void);

/// A thread that has not been joined yet.
#[derive(Debug)]
pub(crate) struct AppThread(libc::pthread_t);

/// What the new thread needs to know.
struct Start {
    body: UnwindingBody,
    arg: *mut c_void,
    name: ThreadName,
}

impl AppThread {
    /// Starts a thread named `ZMQapp` that runs `body(arg)` with all signals blocked.
    ///
    /// # Safety
    ///
    /// `body(arg)` must be sound to call once, on another thread.
    pub(crate) unsafe fn spawn(body: Body, arg: *mut c_void) -> io::Result<AppThread> {
        // SAFETY: the two types differ only in what the caller expects of an unwinding callee; the
        // calling convention is the same.
        let body = unsafe { mem::transmute::<Body, UnwindingBody>(body) };
        let start = Box::into_raw(Box::new(Start { body, arg, name: ThreadName::new(b"ZMQapp") }));
        let mut thread = MaybeUninit::uninit();
        let created = {
            let _no_signals = AllBlocked::new();
            // SAFETY: thread is written on success. run gets the box, whose ownership passes to it.
            unsafe {
                libc::pthread_create(
                    thread.as_mut_ptr(),
                    ptr::null(),
                    // The C library runs the function as C does, so it may be unwound; the binding
                    // only knows the type for functions that may not.
                    mem::transmute::<StartRoutine, extern "C" fn(*mut c_void) -> *mut c_void>(run),
                    start.cast(),
                )
            }
        };
        if let Err(error) = checked_errno(created) {
            // SAFETY: start came from Box::into_raw above, and no thread exists that could own it.
            drop(unsafe { Box::from_raw(start) });
            return Err(error);
        }
        // SAFETY: pthread_create succeeded, so it has written the id.
        Ok(AppThread(unsafe { thread.assume_init() }))
    }

    /// Waits for the thread to end.
    ///
    /// A thread that waits for itself would wait for ever; the C library says so, and the thread is
    /// set free to end on its own instead.
    pub(crate) fn join(self) {
        // SAFETY: the id is that of a thread neither joined nor detached yet, because both take
        // self by value. NULL says that its result is not wanted.
        if unsafe { libc::pthread_join(self.0, ptr::null_mut()) } != 0 {
            // SAFETY: as above; the failed join has not used the id up.
            unsafe { libc::pthread_detach(self.0) };
        }
    }
}

/// What pthread_create really runs.
type StartRoutine = extern "C-unwind" fn(*mut c_void) -> *mut c_void;

/// The first frame of the thread. Nothing in it may need dropping while `body` runs, because
/// `pthread_exit` in there ends this frame as well.
extern "C-unwind" fn run(start: *mut c_void) -> *mut c_void {
    let (body, arg) = {
        // SAFETY: spawn made the pointer with Box::into_raw and gave it to this thread alone.
        let start = unsafe { Box::from_raw(start.cast::<Start>()) };
        start.name.give_to_this_thread();
        (start.body, start.arg)
    };
    // SAFETY: the caller of spawn vouches for one call on another thread, and this is that call.
    unsafe { body(arg) };
    ptr::null_mut()
}

#[cfg(test)]
mod tests {
    use std::ffi::c_void;
    use std::ptr;
    use std::sync::Mutex;

    use super::AppThread;
    use crate::sys::signals::{blocked_here, everything};
    use crate::sys::thread::name_here;

    type Seen = Mutex<Option<(String, Vec<libc::c_int>)>>;

    unsafe extern "C" fn look(arg: *mut c_void) {
        // SAFETY: the test passes a Seen that outlives the thread.
        let seen = unsafe { &*arg.cast::<Seen>() };
        *seen.lock().expect("nobody panics with it") = Some((name_here(), blocked_here()));
    }

    #[test]
    fn has_its_name_and_no_signals() {
        let seen = Seen::default();
        let before = blocked_here();
        // SAFETY: look accepts the Seen, which lives until the thread is joined.
        let thread = unsafe { AppThread::spawn(look, ptr::from_ref(&seen).cast_mut().cast()) };
        thread.expect("threads are left").join();
        let seen = seen.into_inner().expect("nobody panicked with it");
        assert_eq!(seen, Some(("ZMQapp".to_owned(), everything())));
        assert_eq!(blocked_here(), before);
    }

    /// pthread_exit as a function that unwinds, which is how it leaves the frames above it.
    mod exit {
        unsafe extern "C-unwind" {
            pub(super) fn pthread_exit(result: *mut std::ffi::c_void) -> !;
        }
    }

    extern "C-unwind" fn leave(_arg: *mut c_void) {
        // SAFETY: called on a thread made by pthread_create, through frames without destructors.
        unsafe { exit::pthread_exit(ptr::null_mut()) }
    }

    #[test]
    fn may_leave_by_pthread_exit() {
        // SAFETY: as in spawn, only the expectation of unwinding differs; spawn calls it as one that
        // unwinds.
        let leave =
            unsafe { std::mem::transmute::<extern "C-unwind" fn(*mut c_void), super::Body>(leave) };
        // SAFETY: leave ignores its argument.
        let thread = unsafe { AppThread::spawn(leave, ptr::null_mut()) };
        thread.expect("threads are left").join();
    }
}
