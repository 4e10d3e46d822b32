//! Scheduling timers: handles and handlers around [`Timers`].

use std::ffi::{c_int, c_long, c_void};
use std::ptr;

use super::errno::{fail, ret};
use crate::error::{Error, Result};
use crate::poll::timers::Timers;
use crate::sys::clock;

/// The tag of a handle in use.
const ALIVE: u32 = 0x5a_74_6d_01;

/// The tag of a handle that was destroyed.
const DESTROYED: u32 = 0x5a_74_6d_00;

/// What a C handle points to.
#[repr(C)]
struct Handle {
    /// First, so that it can be looked at before anything else is believed of the pointer.
    tag: u32,
    timers: Timers<Handler>,
}

/// A function of the application and the argument it asked for.
#[derive(Clone, Copy)]
struct Handler {
    function: unsafe extern "C" fn(c_int, *mut c_void),
    arg: *mut c_void,
}

/// Tells a handle in use from NULL, a destroyed one and one of another kind.
///
/// # Safety
///
/// As for the [room](super).
unsafe fn alive(handle: *mut c_void) -> Result<*mut Handle> {
    // SAFETY: not NULL, so at least a tag can be read there, wherever a foreign object may lie.
    if handle.is_null() || unsafe { handle.cast::<u32>().read_unaligned() } != ALIVE {
        return Err(Error::Fault);
    }
    Ok(handle.cast())
}

/// The timers of a handle, for one call that runs no handler.
///
/// # Safety
///
/// As for the [room](super); nobody else may use the timers while the result is in use.
unsafe fn timers_of<'a>(handle: *mut c_void) -> Result<&'a mut Timers<Handler>> {
    // SAFETY: alive found the tag, so this is the box that zmq_timers_new made, and the caller
    // vouches for the rest.
    Ok(unsafe { &mut (*alive(handle)?).timers })
}

/// Makes an empty set of timers.
///
/// # Safety
///
/// None is needed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_timers_new() -> *mut c_void {
    Box::into_raw(Box::new(Handle { tag: ALIVE, timers: Timers::new() })).cast()
}

/// Frees a set of timers and makes the pointer to it NULL.
///
/// A handler may do this too. Then no other handler runs, and the memory goes when the call of
/// [`zmq_timers_execute`] that runs it comes to its end.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_timers_destroy(timers_p: *mut *mut c_void) -> c_int {
    if timers_p.is_null() {
        return fail(Error::Fault);
    }
    // SAFETY: not NULL, so it is the caller's variable that holds a handle or NULL.
    let handle = match unsafe { alive(*timers_p) } {
        Ok(handle) => handle,
        Err(error) => return fail(error),
    };
    // SAFETY: alive found the tag, so this is the box that zmq_timers_new made. No reference into
    // it exists: handlers run while none is held. Clearing the tag is volatile because it is for
    // those who look at the memory after it was freed, which the compiler may assume nobody does.
    unsafe {
        *timers_p = ptr::null_mut();
        ptr::write_volatile(&raw mut (*handle).tag, DESTROYED);
        (*handle).timers.clear();
        if !(*handle).timers.in_round() {
            drop(Box::from_raw(handle));
        }
    }
    0
}

/// Adds a timer that calls `handler(id, arg)` every `interval` milliseconds; returns its id.
///
/// # Safety
///
/// As for the [room](super); `handler` must be sound to call with `arg` in
/// [`zmq_timers_execute`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_timers_add(
    timers: *mut c_void,
    interval: usize,
    handler: Option<unsafe extern "C" fn(c_int, *mut c_void)>,
    arg: *mut c_void,
) -> c_int {
    // SAFETY: the handle is passed on as the caller gave it, who uses it from one thread.
    let timers = unsafe { timers_of(timers) };
    ret(timers.and_then(|timers| {
        let handler = Handler { function: handler.ok_or(Error::Fault)?, arg };
        timers.add(clock::millis(), interval as u64, handler)
    }))
}

/// Removes a timer.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_timers_cancel(timers: *mut c_void, timer_id: c_int) -> c_int {
    // SAFETY: the handle is passed on as the caller gave it, who uses it from one thread.
    let timers = unsafe { timers_of(timers) };
    ret(timers.and_then(|timers| timers.cancel(timer_id)).map(|()| 0))
}

/// Gives a timer a new interval, which starts now.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_timers_set_interval(
    timers: *mut c_void,
    timer_id: c_int,
    interval: usize,
) -> c_int {
    // SAFETY: the handle is passed on as the caller gave it, who uses it from one thread.
    let timers = unsafe { timers_of(timers) };
    ret(timers
        .and_then(|timers| timers.set_interval(clock::millis(), timer_id, interval as u64))
        .map(|()| 0))
}

/// Starts the interval of a timer anew.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_timers_reset(timers: *mut c_void, timer_id: c_int) -> c_int {
    // SAFETY: the handle is passed on as the caller gave it, who uses it from one thread.
    let timers = unsafe { timers_of(timers) };
    ret(timers.and_then(|timers| timers.reset(clock::millis(), timer_id)).map(|()| 0))
}

/// The milliseconds until a timer is due; -1 without touching `errno` when there is no timer.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_timers_timeout(timers: *mut c_void) -> c_long {
    // SAFETY: the handle is passed on as the caller gave it, who uses it from one thread.
    match unsafe { timers_of(timers) } {
        Ok(timers) => timers
            .timeout(clock::millis())
            .map_or(-1, |timeout| c_long::try_from(timeout).unwrap_or(c_long::MAX)),
        Err(error) => c_long::from(fail(error)),
    }
}

/// Calls the handlers of all timers that are due.
///
/// # Safety
///
/// As for the [room](super). Handlers may call every function of this section, this one and
/// [`zmq_timers_destroy`] included.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_timers_execute(timers: *mut c_void) -> c_int {
    // SAFETY: the handle is passed on as the caller gave it.
    let handle = match unsafe { alive(timers) } {
        Ok(handle) => handle,
        Err(error) => return fail(error),
    };
    let started_at = clock::millis();
    // SAFETY: alive found the tag, so this is the box that zmq_timers_new made. From start_round to
    // end_round, zmq_timers_destroy leaves it in place. Each statement borrows it on its own, so no
    // reference is held while a handler, which may come back here, runs. Whoever added a handler
    // vouched for calling it here.
    unsafe {
        (*handle).timers.start_round();
        while let Some((id, handler)) = (*handle).timers.next_due(started_at) {
            (handler.function)(id, handler.arg);
        }
        (*handle).timers.end_round();
        if (*handle).tag == DESTROYED && !(*handle).timers.in_round() {
            drop(Box::from_raw(handle));
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::time::Duration;

    use super::*;
    use crate::sys::errno;

    /// What handlers share: the handle that runs them, and who ran.
    struct Stage {
        timers: *mut c_void,
        ran: RefCell<Vec<c_int>>,
    }

    impl Stage {
        fn new() -> Stage {
            // SAFETY: it has no preconditions.
            let timers = unsafe { zmq_timers_new() };
            Stage { timers, ran: RefCell::default() }
        }

        /// Adds a handler that gets this stage as its argument.
        fn add(&self, ms: usize, handler: unsafe extern "C" fn(c_int, *mut c_void)) -> c_int {
            // SAFETY: the handle is the stage's, and the stage outlives it.
            unsafe {
                zmq_timers_add(
                    self.timers,
                    ms,
                    Some(handler),
                    ptr::from_ref(self).cast_mut().cast(),
                )
            }
        }

        /// Lets some milliseconds pass, then executes; returns who ran.
        fn execute_after(&self, ms: u64) -> Vec<c_int> {
            std::thread::sleep(Duration::from_millis(ms));
            // SAFETY: the handle is the stage's.
            assert_eq!(unsafe { zmq_timers_execute(self.timers) }, 0);
            self.ran.take()
        }

        fn destroy(mut self) {
            // SAFETY: the handle is the stage's and nobody uses it after this.
            assert_eq!(unsafe { zmq_timers_destroy(&mut self.timers) }, 0);
            assert!(self.timers.is_null());
        }
    }

    /// The stage behind a handler's argument, after its id was noted.
    ///
    /// # Safety
    ///
    /// The argument comes from [`Stage::add`], and the stage still exists.
    unsafe fn enter<'a>(id: c_int, stage: *mut c_void) -> &'a Stage {
        // SAFETY: as the caller vouches; stages are only shared.
        let stage = unsafe { &*stage.cast::<Stage>() };
        stage.ran.borrow_mut().push(id);
        stage
    }

    unsafe extern "C" fn note(id: c_int, stage: *mut c_void) {
        // SAFETY: only ever added by Stage::add, and stages outlive their timers.
        unsafe { enter(id, stage) };
    }

    unsafe extern "C" fn cancel_itself(id: c_int, stage: *mut c_void) {
        // SAFETY: only ever added by Stage::add, and stages outlive their timers.
        unsafe {
            let stage = enter(id, stage);
            assert_eq!(zmq_timers_cancel(stage.timers, id), 0);
            assert_eq!(zmq_timers_cancel(stage.timers, id), -1);
        }
    }

    unsafe extern "C" fn add_and_execute(id: c_int, stage: *mut c_void) {
        // SAFETY: only ever added by Stage::add, and stages outlive their timers.
        unsafe {
            let stage = enter(id, stage);
            assert!(stage.add(0, note) > id);
            assert_eq!(zmq_timers_execute(stage.timers), 0);
        }
    }

    unsafe extern "C" fn destroy_all(id: c_int, stage: *mut c_void) {
        // SAFETY: only ever added by Stage::add, and stages outlive their timers.
        unsafe {
            let mut timers = enter(id, stage).timers;
            let old = timers;
            assert_eq!(zmq_timers_destroy(&mut timers), 0);
            assert!(timers.is_null());
            assert_eq!(zmq_timers_execute(old), -1);
        }
    }

    /// Whether the answer is -1 with this errno.
    fn fails(answer: c_int, with: c_int) -> bool {
        answer == -1 && errno::get() == with
    }

    #[test]
    fn h312_null_and_foreign_handles_are_faults() {
        let mut foreign = [0x5a_u8; 9];
        // An odd address: the tag of a foreign object may lie anywhere.
        for mut handle in [ptr::null_mut(), foreign[1..].as_mut_ptr().cast::<c_void>()] {
            // SAFETY: the handle is NULL or points to eight readable bytes.
            unsafe {
                assert!(fails(
                    zmq_timers_add(handle, 1, Some(note), ptr::null_mut()),
                    libc::EFAULT
                ));
                assert!(fails(zmq_timers_cancel(handle, 1), libc::EFAULT));
                assert!(fails(zmq_timers_set_interval(handle, 1, 1), libc::EFAULT));
                assert!(fails(zmq_timers_reset(handle, 1), libc::EFAULT));
                assert!(fails(zmq_timers_timeout(handle) as c_int, libc::EFAULT));
                assert!(fails(zmq_timers_execute(handle), libc::EFAULT));
                assert!(fails(zmq_timers_destroy(&mut handle), libc::EFAULT));
                assert!(fails(zmq_timers_destroy(ptr::null_mut()), libc::EFAULT));
            }
        }
    }

    #[test]
    fn h312_null_handlers_are_faults_and_unknown_ids_invalid() {
        let stage = Stage::new();
        // SAFETY: the handle is the stage's.
        unsafe {
            assert!(fails(zmq_timers_add(stage.timers, 1, None, ptr::null_mut()), libc::EFAULT));
            let id = stage.add(1000, note);
            assert_eq!(id, 1, "a refused timer uses no id");
            assert!(fails(zmq_timers_cancel(stage.timers, id + 1), libc::EINVAL));
            assert!(fails(zmq_timers_reset(stage.timers, id + 1), libc::EINVAL));
            assert!(fails(zmq_timers_set_interval(stage.timers, id + 1, 1), libc::EINVAL));
            assert_eq!(zmq_timers_cancel(stage.timers, id), 0);
            assert!(fails(zmq_timers_cancel(stage.timers, id), libc::EINVAL));
        }
        stage.destroy();
    }

    #[test]
    fn h313_not_before_due_and_once_when_late() {
        let stage = Stage::new();
        stage.add(3_600_000, note);
        let late = stage.add(10, note);
        assert_eq!(stage.execute_after(50), [late]);
        // SAFETY: the handle is the stage's.
        let timeout = unsafe { zmq_timers_timeout(stage.timers) };
        assert!(timeout <= 10, "{timeout}");
        stage.destroy();
    }

    #[test]
    fn h314_reset_and_set_interval_move_and_cancel_ends() {
        let stage = Stage::new();
        let id = stage.add(3_600_000, note);
        // SAFETY: the handle is the stage's.
        unsafe {
            assert!(zmq_timers_timeout(stage.timers) > 3_000_000);
            assert_eq!(zmq_timers_set_interval(stage.timers, id, 1), 0);
            assert!(zmq_timers_timeout(stage.timers) <= 1);
            assert_eq!(stage.execute_after(2), [id]);
            assert_eq!(zmq_timers_reset(stage.timers, id), 0);
            assert_eq!(stage.execute_after(2), [id]);
            assert_eq!(zmq_timers_cancel(stage.timers, id), 0);
            assert_eq!(stage.execute_after(2), []);
            errno::set(4711);
            assert_eq!(zmq_timers_timeout(stage.timers), -1);
            assert_eq!(errno::get(), 4711, "no timer is no error");
            stage.add(usize::MAX, note);
            assert!(zmq_timers_timeout(stage.timers) > c_long::MAX / 2);
        }
        stage.destroy();
    }

    #[test]
    fn handlers_may_cancel_add_and_execute() {
        let stage = Stage::new();
        let first = stage.add(0, cancel_itself);
        let second = stage.add(0, add_and_execute);
        let third = stage.add(0, note);
        assert_eq!(stage.execute_after(0), [first, second, third]);
        stage.destroy();
    }

    #[test]
    fn a_handler_may_destroy_everything() {
        let stage = Stage::new();
        let first = stage.add(0, destroy_all);
        stage.add(0, note);
        assert_eq!(stage.execute_after(0), [first]);
    }

    #[test]
    fn destroyed_inside_a_nested_execute_it_lives_until_the_outer_one_ends() {
        let stage = Stage::new();
        let first = stage.add(0, add_and_execute);
        let second = stage.add(0, destroy_all);
        stage.add(0, note);
        assert_eq!(stage.execute_after(0), [first, second]);
    }
}
