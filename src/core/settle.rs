//! Threads that have all they need before anything depends on them.
//!
//! A thread-local value that has something to do at its thread's end is registered when it is first
//! used, and for that glibc takes the loader's lock. A program may end its context while it holds that
//! lock: plugins do, in a destructor that runs inside of `dlclose` (rsyslogd with CZMQ). If the
//! reaper then came to use such a value for the first time, it would wait for the program, and the
//! program for it. So our threads use all of them when they start, and who starts them waits for that.

#![forbid(unsafe_code)]

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use crate::error::Result;
use crate::msg;
use crate::sys::thread::{self, Scheduling};

/// Nobody waits longer: a program that opens its first socket in a constructor, inside of `dlopen`,
/// holds the lock itself.
const PATIENCE: Duration = Duration::from_millis(100);

/// Starts a thread; when this returns it has settled, or cannot do so yet.
pub(super) fn spawn(
    name: &[u8],
    scheduling: Scheduling,
    work: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>> {
    let settled = Arc::new((Mutex::new(false), Condvar::new()));
    let theirs = Arc::clone(&settled);
    let thread = thread::spawn(name, scheduling, move || {
        settle();
        *theirs.0.lock() = true;
        theirs.1.notify_one();
        drop(theirs);
        work();
    })?;
    let mut done = settled.0.lock();
    let _ = settled.1.wait_while_for(&mut done, |done| !*done, PATIENCE);
    drop(done);
    Ok(thread)
}

/// Has the calling thread register what it may come to use.
fn settle() {
    msg::settle();
    // What a thread needs to wait for a lock of parking_lot's: a wait that is over at once uses it.
    let lock = Mutex::new(());
    let _ = Condvar::new().wait_until(&mut lock.lock(), Instant::now());
}
