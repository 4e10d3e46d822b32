//! Release functions of applications, put off until no lock is held.
//!
//! A message can be dropped anywhere, in the middle of a call that holds a socket's lock too, and
//! its release function may call back into the library. So a drop only notes the call; whoever lets
//! go of a lock makes it.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::ffi::c_void;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The release function that comes with content from `zmq_msg_init_data`.
pub(super) type Free = unsafe extern "C" fn(*mut c_void, *mut c_void);

/// A release function that is due, with what it is to be called with.
pub(super) struct Due {
    ffn: Free,
    data: *mut c_void,
    hint: *mut c_void,
}

impl Due {
    /// Notes a call.
    ///
    /// # Safety
    ///
    /// The function may be called with these two, once, from any thread.
    pub(super) unsafe fn new(ffn: Free, data: *mut c_void, hint: *mut c_void) -> Due {
        Due { ffn, data, hint }
    }

    /// Calls it now.
    pub(super) fn call(self) {
        // SAFETY: this is the one call that the caller of `new` has allowed.
        unsafe { (self.ffn)(self.data, self.hint) };
    }

    /// Leaves the call to the next `call_due` of this thread.
    pub(super) fn postpone(self) {
        let mut due = Some(self);
        // A thread that has taken its list apart already is ending, and has nobody to call it later.
        let _ = DUE.try_with(|list| {
            list.0.borrow_mut().extend(due.take());
            DUE_ANYWHERE.fetch_add(1, Ordering::Relaxed);
        });
        due.into_iter().for_each(Due::call);
    }
}

/// What this thread has postponed; called at the latest when the thread ends.
struct DueList(RefCell<VecDeque<Due>>);

impl DueList {
    fn call_all(&self) {
        // The list is not borrowed during a call, as that may postpone another.
        while let Some(due) = { self.0.borrow_mut().pop_front() } {
            DUE_ANYWHERE.fetch_sub(1, Ordering::Relaxed);
            due.call();
        }
    }
}

impl Drop for DueList {
    fn drop(&mut self) {
        self.call_all();
    }
}

thread_local! {
    static DUE: DueList = const { DueList(RefCell::new(VecDeque::new())) };
}

/// How many calls all threads have postponed: most programs never do, and need not ask for their
/// thread's list.
static DUE_ANYWHERE: AtomicUsize = AtomicUsize::new(0);

/// Calls the release functions of the messages that this thread has dropped since the last time.
/// To be called where no lock is held.
#[inline]
pub(crate) fn call_due() {
    if may_be_due() {
        call_list();
    }
}

#[cold]
fn call_list() {
    let _ = DUE.try_with(DueList::call_all);
}

/// Has the calling thread's list registered.
pub(super) fn settle() {
    let _ = DUE.try_with(|_| ());
}

/// Whether this thread has postponed calls.
pub(crate) fn is_due() -> bool {
    may_be_due() && DUE.try_with(|list| !list.0.borrow().is_empty()).unwrap_or_default()
}

/// Whether `call_due` might have something to do.
#[inline]
pub(crate) fn may_be_due() -> bool {
    DUE_ANYWHERE.load(Ordering::Relaxed) != 0
}
