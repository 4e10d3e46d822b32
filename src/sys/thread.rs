//! The library's own threads: no signals, a name that tools show, and the scheduling that the
//! context was told.

use std::collections::BTreeSet;
use std::ffi::{CStr, c_int};
use std::io;
use std::mem;
use std::thread::{Builder, JoinHandle};

use super::signals::AllBlocked;
use super::{checked, checked_errno};

/// The longest name that the kernel keeps for a thread.
const NAME_MAX: usize = 15;

/// The context options that act when a thread starts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scheduling {
    /// `ZMQ_THREAD_SCHED_POLICY`, when set.
    pub(crate) policy: Option<c_int>,
    /// `ZMQ_THREAD_PRIORITY`, when set.
    pub(crate) priority: Option<c_int>,
    /// The CPUs the thread may run on; empty means all.
    pub(crate) cpus: BTreeSet<c_int>,
}

/// Starts a thread in which all signals are blocked from its first instruction.
///
/// Only the lack of a thread is an error. Scheduling that the system refuses (most of it needs
/// privileges) is left out, because the option is a wish about speed and a slower socket is better
/// than none.
pub(crate) fn spawn(
    name: &[u8],
    scheduling: Scheduling,
    body: impl FnOnce() + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    let name = ThreadName::new(name);
    let _no_signals = AllBlocked::new();
    Builder::new().spawn(move || {
        name.give_to_this_thread();
        let _ = scheduling.set_policy();
        let _ = scheduling.set_affinity();
        body();
    })
}

/// A thread's name, cut to what the kernel takes.
#[derive(Clone, Copy)]
pub(super) struct ThreadName([u8; NAME_MAX + 1]);

impl ThreadName {
    /// Keeps the first 15 bytes, or fewer if a NUL comes before.
    pub(super) fn new(name: &[u8]) -> ThreadName {
        let mut kept = [0; NAME_MAX + 1];
        for (kept, &byte) in kept.iter_mut().zip(name).take(NAME_MAX) {
            *kept = byte;
        }
        ThreadName(kept)
    }

    /// Names the calling thread; a name that is refused is only missed by whoever debugs.
    pub(super) fn give_to_this_thread(&self) {
        if let Ok(name) = CStr::from_bytes_until_nul(&self.0) {
            // SAFETY: the name ends with NUL within 16 bytes, which is what the call demands, and
            // pthread_self is this thread, which is alive.
            unsafe { libc::pthread_setname_np(libc::pthread_self(), name.as_ptr()) };
        }
    }
}

impl Scheduling {
    /// Applies policy and priority to the calling thread.
    ///
    /// Only the two real-time policies know priorities. For the others a positive priority means
    /// what it means in libzmq: as nice as a thread can be to itself.
    fn set_policy(&self) -> io::Result<()> {
        if self.policy.is_none() && self.priority.is_none() {
            return Ok(());
        }
        let (policy, mut param) = current_policy()?;
        let policy = self.policy.unwrap_or(policy);
        let real_time = matches!(policy, libc::SCHED_FIFO | libc::SCHED_RR);
        param.sched_priority = if real_time { self.priority.unwrap_or(0) } else { 0 };
        // SAFETY: param is borrowed for the call, and pthread_self is this thread.
        checked_errno(unsafe {
            libc::pthread_setschedparam(libc::pthread_self(), policy, &param)
        })?;
        if !real_time && self.priority.is_some_and(|priority| priority > 0) {
            // SAFETY: setpriority takes no pointers; on Linux, 0 is the calling thread.
            checked(unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, -20) })?;
        }
        Ok(())
    }

    /// Ties the calling thread to its CPUs; numbers that no machine has are passed over.
    fn set_affinity(&self) -> io::Result<()> {
        if self.cpus.is_empty() {
            return Ok(());
        }
        // SAFETY: a cpu_set_t is an array of integers, for which zero is a value: the empty set.
        let mut set: libc::cpu_set_t = unsafe { mem::zeroed() };
        for &cpu in &self.cpus {
            match usize::try_from(cpu) {
                Ok(cpu) if cpu < 8 * size_of::<libc::cpu_set_t>() => {
                    // SAFETY: the number lies inside the set, as just checked.
                    unsafe { libc::CPU_SET(cpu, &mut set) };
                }
                _ => {}
            }
        }
        // SAFETY: the kernel reads size_of bytes from the set, which is borrowed for the call; 0 is
        // the calling thread.
        checked(unsafe { libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &set) })?;
        Ok(())
    }
}

/// The calling thread's policy and priority.
fn current_policy() -> io::Result<(c_int, libc::sched_param)> {
    let mut policy = 0;
    // SAFETY: a sched_param is made of integers, for which zero is a value.
    let mut param: libc::sched_param = unsafe { mem::zeroed() };
    // SAFETY: pthread_self is this thread; both results go through exclusive references.
    checked_errno(unsafe {
        libc::pthread_getschedparam(libc::pthread_self(), &mut policy, &mut param)
    })?;
    Ok((policy, param))
}

/// The calling thread's name as the kernel tells it.
#[cfg(test)]
pub(super) fn name_here() -> String {
    let name = std::fs::read_to_string("/proc/thread-self/comm").expect("proc is mounted");
    name.trim_end_matches('\n').to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::mpsc;

    use super::{Scheduling, current_policy, name_here, spawn};
    use crate::sys::signals::{blocked_here, everything};

    /// Runs `look` in a library thread and returns what it saw.
    fn inside<T: Send + 'static>(
        name: &[u8],
        scheduling: Scheduling,
        look: impl FnOnce() -> T + Send + 'static,
    ) -> T {
        let (tell, told) = mpsc::channel();
        let thread = spawn(name, scheduling, move || tell.send(look()).expect("the test waits"))
            .expect("threads are left");
        thread.join().expect("the thread does not panic");
        told.recv().expect("the thread has told")
    }

    #[test]
    fn takes_no_signals_and_leaves_the_parent_alone() {
        let before = blocked_here();
        assert_eq!(inside(b"signals", Scheduling::default(), blocked_here), everything());
        assert_eq!(blocked_here(), before);
    }

    #[test]
    fn the_name_is_cut_to_fifteen_bytes() {
        let name = |name: &[u8]| inside(name, Scheduling::default(), name_here);
        assert_eq!(name(b"ZMQbg/IO/0"), "ZMQbg/IO/0");
        assert_eq!(name(b"0123456789/ZMQbg/IO/0"), "0123456789/ZMQb");
        assert_eq!(name(b"be\0fore"), "be");
    }

    #[test]
    fn wishes_that_cannot_be_granted_are_left_out() {
        let wishes = Scheduling {
            policy: Some(12345),
            priority: Some(99),
            cpus: BTreeSet::from([5_000, libc::c_int::MAX]),
        };
        assert_eq!(inside(b"wishes", wishes, || 7), 7);
    }

    #[test]
    fn policy_and_affinity_act_in_the_thread_only() {
        let before = current_policy().expect("this thread has one").0;
        // SAFETY: sched_getcpu has no arguments.
        let cpu = unsafe { libc::sched_getcpu() };
        let wishes = Scheduling {
            policy: Some(libc::SCHED_BATCH),
            priority: None,
            cpus: BTreeSet::from([cpu]),
        };
        let (policy, status) = inside(b"policy", wishes, || {
            let status = std::fs::read_to_string("/proc/thread-self/status");
            (current_policy().expect("the thread has one").0, status.expect("proc is mounted"))
        });
        assert_eq!(policy, libc::SCHED_BATCH);
        let allowed = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
        assert_eq!(allowed.map(str::trim), Some(cpu.to_string().as_str()));
        assert_eq!(current_policy().expect("this thread has one").0, before);
    }
}
