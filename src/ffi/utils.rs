//! Utilities: atomic counters, the stopwatch, sleeping, and threads for the application.

use std::ffi::{c_int, c_uint, c_ulong, c_void};
use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use super::errno::{fail_null, set_errno};
use crate::error::Error;
use crate::sys::app_thread::AppThread;
use crate::sys::{clock, poll};

/// Makes a counter with the value 0.
///
/// # Safety
///
/// None is needed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_atomic_counter_new() -> *mut c_void {
    Box::into_raw(Box::new(AtomicI32::new(0))).cast()
}

/// The counter behind a handle, if there is one; else sets `errno` to EFAULT.
///
/// # Safety
///
/// The handle is NULL or a counter that is not destroyed while the result is in use.
unsafe fn counter_at<'a>(counter: *mut c_void) -> Option<&'a AtomicI32> {
    // SAFETY: zmq_atomic_counter_new made the handle from a box of this type, and everyone uses it
    // through shared references only.
    let counter = unsafe { counter.cast::<AtomicI32>().as_ref() };
    if counter.is_none() {
        set_errno(Error::Fault.errno());
    }
    counter
}

/// Gives a counter a value.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_atomic_counter_set(counter: *mut c_void, value: c_int) {
    // SAFETY: the handle is NULL or a counter.
    if let Some(counter) = unsafe { counter_at(counter) } {
        counter.store(value, Ordering::SeqCst);
    }
}

/// Adds one and returns the value before.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_atomic_counter_inc(counter: *mut c_void) -> c_int {
    // SAFETY: the handle is NULL or a counter.
    unsafe { counter_at(counter) }.map_or(-1, |counter| counter.fetch_add(1, Ordering::SeqCst))
}

/// Takes one away; returns 0 if that made the counter 0, else 1.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_atomic_counter_dec(counter: *mut c_void) -> c_int {
    // SAFETY: the handle is NULL or a counter.
    unsafe { counter_at(counter) }
        .map_or(-1, |counter| c_int::from(counter.fetch_sub(1, Ordering::SeqCst) != 1))
}

/// The value of a counter.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_atomic_counter_value(counter: *mut c_void) -> c_int {
    // SAFETY: the handle is NULL or a counter.
    unsafe { counter_at(counter) }.map_or(-1, |counter| counter.load(Ordering::SeqCst))
}

/// Frees a counter and makes the pointer to it NULL.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_atomic_counter_destroy(counter_p: *mut *mut c_void) {
    if counter_p.is_null() {
        set_errno(Error::Fault.errno());
        return;
    }
    // SAFETY: not NULL, so it is the caller's variable that holds a counter or NULL.
    let counter = unsafe { counter_p.replace(ptr::null_mut()) };
    if !counter.is_null() {
        // SAFETY: zmq_atomic_counter_new made the handle from such a box, and with the variable
        // now NULL it is given back once.
        drop(unsafe { Box::from_raw(counter.cast::<AtomicI32>()) });
    }
}

/// Starts a stopwatch.
///
/// # Safety
///
/// None is needed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_stopwatch_start() -> *mut c_void {
    Box::into_raw(Box::new(clock::micros())).cast()
}

/// The microseconds since the start; the watch goes on.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_stopwatch_intermediate(watch: *mut c_void) -> c_ulong {
    // SAFETY: the handle is NULL or a watch, which zmq_stopwatch_start made from a box of a u64.
    match unsafe { watch.cast::<u64>().as_ref() } {
        Some(started) => clock::micros().saturating_sub(*started) as c_ulong,
        None => {
            set_errno(Error::Fault.errno());
            0
        }
    }
}

/// The microseconds since the start; the watch is freed.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_stopwatch_stop(watch: *mut c_void) -> c_ulong {
    // SAFETY: the handle is passed on as the caller gave it.
    let elapsed = unsafe { zmq_stopwatch_intermediate(watch) };
    if !watch.is_null() {
        // SAFETY: zmq_stopwatch_start made the handle from such a box; the caller gives it up here.
        drop(unsafe { Box::from_raw(watch.cast::<u64>()) });
    }
    elapsed
}

/// Sleeps for a number of seconds; like sleep(3), a signal handler that runs ends it, and the
/// number is taken as unsigned.
///
/// # Safety
///
/// None is needed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_sleep(seconds: c_int) {
    if let Err(error) = poll::sleep(Duration::from_secs(u64::from(seconds as c_uint))) {
        set_errno(error.errno());
    }
}

/// Runs `func(arg)` in a new thread, in which all signals are blocked.
///
/// # Safety
///
/// As for the [room](super); `func` must be sound to call with `arg` on another thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_threadstart(
    func: Option<unsafe extern "C" fn(*mut c_void)>,
    arg: *mut c_void,
) -> *mut c_void {
    let Some(func) = func else {
        return fail_null(Error::Fault);
    };
    // SAFETY: the caller vouches for the call on another thread.
    match unsafe { AppThread::spawn(func, arg) } {
        Ok(thread) => Box::into_raw(Box::new(thread)).cast(),
        Err(error) => fail_null(error.into()),
    }
}

/// Waits for a thread of [`zmq_threadstart`] to end, and frees its handle.
///
/// # Safety
///
/// As for the [room](super).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_threadclose(thread: *mut c_void) {
    if thread.is_null() {
        set_errno(Error::Fault.errno());
        return;
    }
    // SAFETY: zmq_threadstart made the handle from such a box; the caller gives it up here.
    let thread = unsafe { Box::from_raw(thread.cast::<AppThread>()) };
    thread.join();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::errno;

    #[test]
    fn h315_inc_returns_the_old_value_and_dec_one_until_zero() {
        // SAFETY: the handle comes from zmq_atomic_counter_new and is destroyed last.
        unsafe {
            let mut counter = zmq_atomic_counter_new();
            assert_eq!(zmq_atomic_counter_value(counter), 0);
            assert_eq!(zmq_atomic_counter_inc(counter), 0);
            assert_eq!(zmq_atomic_counter_inc(counter), 1);
            assert_eq!(zmq_atomic_counter_inc(counter), 2);
            assert_eq!(zmq_atomic_counter_value(counter), 3);
            assert_eq!(zmq_atomic_counter_dec(counter), 1);
            assert_eq!(zmq_atomic_counter_dec(counter), 1);
            assert_eq!(zmq_atomic_counter_dec(counter), 0);
            assert_eq!(zmq_atomic_counter_dec(counter), 1, "negative is not zero");
            assert_eq!(zmq_atomic_counter_value(counter), -1);
            zmq_atomic_counter_set(counter, 2);
            assert_eq!(zmq_atomic_counter_value(counter), 2);
            zmq_atomic_counter_destroy(&mut counter);
            assert!(counter.is_null());
            zmq_atomic_counter_destroy(&mut counter);
        }
    }

    #[test]
    fn counters_wrap_around() {
        // SAFETY: the handle comes from zmq_atomic_counter_new and is destroyed last.
        unsafe {
            let mut counter = zmq_atomic_counter_new();
            zmq_atomic_counter_set(counter, c_int::MAX);
            assert_eq!(zmq_atomic_counter_inc(counter), c_int::MAX);
            assert_eq!(zmq_atomic_counter_value(counter), c_int::MIN);
            assert_eq!(zmq_atomic_counter_dec(counter), 1);
            assert_eq!(zmq_atomic_counter_value(counter), c_int::MAX);
            zmq_atomic_counter_destroy(&mut counter);
        }
    }

    /// Runs a call with errno 0 and tells whether it left EFAULT.
    fn faults(call: impl FnOnce()) -> bool {
        errno::set(0);
        call();
        errno::get() == libc::EFAULT
    }

    #[test]
    fn null_handles_are_answered() {
        let null = ptr::null_mut();
        // SAFETY: NULL is an argument that each of these answers.
        unsafe {
            assert!(faults(|| zmq_atomic_counter_set(null, 1)));
            assert!(faults(|| assert_eq!(zmq_atomic_counter_inc(null), -1)));
            assert!(faults(|| assert_eq!(zmq_atomic_counter_dec(null), -1)));
            assert!(faults(|| assert_eq!(zmq_atomic_counter_value(null), -1)));
            assert!(faults(|| zmq_atomic_counter_destroy(ptr::null_mut())));
            assert!(faults(|| assert_eq!(zmq_stopwatch_intermediate(null), 0)));
            assert!(faults(|| assert_eq!(zmq_stopwatch_stop(null), 0)));
            assert!(faults(|| assert!(zmq_threadstart(None, null).is_null())));
            assert!(faults(|| zmq_threadclose(null)));
        }
    }

    #[test]
    fn the_stopwatch_counts_microseconds() {
        let start = std::time::Instant::now();
        // SAFETY: the handle comes from zmq_stopwatch_start and is used last in stop.
        let (first, second) = unsafe {
            let watch = zmq_stopwatch_start();
            std::thread::sleep(Duration::from_millis(3));
            let first = zmq_stopwatch_intermediate(watch);
            std::thread::sleep(Duration::from_millis(3));
            (first, zmq_stopwatch_stop(watch))
        };
        assert!(first >= 3000 && second >= first + 3000, "{first} {second}");
        assert!(u128::from(second) <= start.elapsed().as_micros() + 1);
    }

    #[test]
    fn sleeping_takes_seconds() {
        let start = std::time::Instant::now();
        // SAFETY: it has no preconditions.
        unsafe {
            zmq_sleep(0);
            assert!(start.elapsed() < Duration::from_secs(1));
            zmq_sleep(1);
        }
        assert!(start.elapsed() >= Duration::from_secs(1));
    }

    unsafe extern "C" fn set_to_seven(counter: *mut c_void) {
        // SAFETY: the test passes a counter that it destroys after the thread was closed.
        unsafe { zmq_atomic_counter_set(counter, 7) };
    }

    #[test]
    fn a_thread_has_run_when_it_is_closed() {
        // SAFETY: both handles come from their new functions; set_to_seven accepts a counter.
        unsafe {
            let mut counter = zmq_atomic_counter_new();
            let thread = zmq_threadstart(Some(set_to_seven), counter);
            assert!(!thread.is_null());
            zmq_threadclose(thread);
            assert_eq!(zmq_atomic_counter_value(counter), 7);
            zmq_atomic_counter_destroy(&mut counter);
        }
    }
}
