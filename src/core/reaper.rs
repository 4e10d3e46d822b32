//! The thread that finishes what applications have closed, and the work that must go on without
//! them.
//!
//! A *tenant* is something the reaper runs whenever its mailbox has a command: a closed socket that
//! waits for its peers, or a monitor that waits for its reader. The mailbox of a tenant is
//! redirected here, so the reaper sleeps until there is something to do.

#![forbid(unsafe_code)]

use std::collections::HashMap;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::thread::JoinHandle;

use super::deadline::Deadline;
use super::mailbox::Mailbox;
use super::settle;
use super::waker::Waker;
use crate::error::Result;
use crate::msg;
use crate::sys::thread::Scheduling;

/// Something that the reaper looks after.
pub(crate) trait Tenant: Send {
    /// Works off what its mailbox holds; true when it is finished and can be dropped.
    fn run(&mut self) -> bool;
}

enum Order {
    /// Look after a tenant, starting now.
    Adopt(u64, Box<dyn Tenant>),
    /// A tenant's mailbox has news.
    Run(u64),
    /// The context is done.
    Stop,
}

/// The way to hand things to the reaper.
#[derive(Clone)]
pub(crate) struct ReaperHandle(Arc<Mailbox<Order, Waker>>);

/// The running thread.
pub(crate) struct Reaper {
    handle: ReaperHandle,
    thread: JoinHandle<()>,
}

impl ReaperHandle {
    /// Hands a tenant over; `id` must be unique within the context.
    pub(crate) fn adopt(&self, id: u64, tenant: Box<dyn Tenant>) {
        self.0.push(Order::Adopt(id, tenant));
    }

    /// Lets a tenant run again.
    pub(crate) fn run(&self, id: u64) {
        self.0.push(Order::Run(id));
    }
}

impl Reaper {
    /// Starts the thread.
    pub(crate) fn start(name: &[u8], scheduling: Scheduling) -> Result<Reaper> {
        let mailbox = Arc::new(Mailbox::new(Some(Waker::descriptor()?)));
        let handle = ReaperHandle(Arc::clone(&mailbox));
        let thread = settle::spawn(name, scheduling, move || work(&mailbox))?;
        Ok(Reaper { handle, thread })
    }

    /// The way to hand things to it.
    pub(crate) fn handle(&self) -> ReaperHandle {
        self.handle.clone()
    }

    /// Ends the thread and waits for it.
    pub(crate) fn stop(self) {
        self.handle.0.push(Order::Stop);
        // A panic in the thread was reported when it happened; there is nobody left to tell.
        let _ = self.thread.join();
    }
}

fn work(mailbox: &Mailbox<Order, Waker>) {
    let mut tenants: HashMap<u64, Box<dyn Tenant>> = HashMap::new();
    let mut orders = Vec::new();
    loop {
        mailbox.take(&mut orders);
        for order in orders.drain(..) {
            let id = match order {
                Order::Adopt(id, tenant) => {
                    tenants.insert(id, tenant).into_iter().for_each(evict);
                    id
                }
                Order::Run(id) => id,
                Order::Stop => return,
            };
            if tenants.get_mut(&id).is_some_and(run) {
                tenants.remove(&id).into_iter().for_each(evict);
            }
        }
        wait(mailbox);
    }
}

/// Runs a tenant. One that panics is finished: the others go on, and nobody waits for it.
fn run(tenant: &mut Box<dyn Tenant>) -> bool {
    let finished = panic::catch_unwind(AssertUnwindSafe(|| tenant.run())).unwrap_or(true);
    msg::call_due();
    finished
}

/// Drops a tenant.
fn evict(tenant: Box<dyn Tenant>) {
    // What a panic leaves behind was never shared with anybody but this tenant.
    let _ = panic::catch_unwind(AssertUnwindSafe(|| drop(tenant)));
    msg::call_due();
}

/// Sleeps until the mailbox has something.
fn wait(mailbox: &Mailbox<Order, Waker>) {
    let Some(waker) = mailbox.waker() else { return };
    if mailbox.arm() {
        // All signals are blocked here and there is no deadline, so there is nothing to report.
        let _ = waker.wait(waker.mark(), Deadline::after_ms(-1));
        mailbox.disarm();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};

    use super::*;

    /// Panics when it runs, or says that it ran, and says when it goes.
    struct Guest(bool, Sender<&'static str>);

    impl Tenant for Guest {
        fn run(&mut self) -> bool {
            assert!(!self.0, "a guest that was asked to panic");
            self.1.send("ran").expect("the test listens");
            true
        }
    }

    impl Drop for Guest {
        fn drop(&mut self) {
            self.1.send("gone").expect("the test listens");
        }
    }

    #[test]
    fn a_panic_ends_one_tenant_only() {
        let reaper = Reaper::start(b"reaper", Scheduling::default()).expect("threads are left");
        let (tell, told) = channel();
        reaper.handle().adopt(1, Box::new(Guest(true, tell.clone())));
        reaper.handle().adopt(2, Box::new(Guest(false, tell)));
        reaper.stop();
        assert_eq!(told.iter().collect::<Vec<_>>(), ["gone", "ran", "gone"]);
    }
}
