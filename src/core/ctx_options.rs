//! The options of a context.
//!
//! Most of them matter when the threads start, with the first socket; setting them later is
//! allowed, reads back, and changes nothing.

#![forbid(unsafe_code)]

use std::collections::BTreeSet;

use super::options::{ContextDefaults, Value, exact_int, int};
use crate::error::{Error, Result};
use crate::transport::spelling::leading_number;

/// Number of I/O threads.
pub(crate) const IO_THREADS: i32 = 1;
/// How many sockets there can be at a time.
pub(crate) const MAX_SOCKETS: i32 = 2;
/// The largest value of `MAX_SOCKETS` worth setting; shares its number, and can only be read.
pub(crate) const SOCKET_LIMIT: i32 = 3;
/// Scheduling priority of the threads; shares its number, and can only be set.
pub(crate) const THREAD_PRIORITY: i32 = 3;
/// Scheduling policy of the threads.
pub(crate) const THREAD_SCHED_POLICY: i32 = 4;
/// Largest message; kept, and enforced by no release.
pub(crate) const MAX_MSGSZ: i32 = 5;
/// Size of `zmq_msg_t`.
pub(crate) const MSG_T_SIZE: i32 = 6;
/// Adds a processor the threads may run on.
pub(crate) const THREAD_AFFINITY_CPU_ADD: i32 = 7;
/// Removes a processor added before.
pub(crate) const THREAD_AFFINITY_CPU_REMOVE: i32 = 8;
/// What the names of the threads start with.
pub(crate) const THREAD_NAME_PREFIX: i32 = 9;
/// Whether received messages may share the buffer they arrived in.
pub(crate) const ZERO_COPY_RECV: i32 = 10;
/// First value of the socket option of this number.
pub(crate) const IPV6: i32 = 42;
/// Whether sockets keep the context waiting for unsent messages, unless they say otherwise.
pub(crate) const BLOCKY: i32 = 70;

/// What `SOCKET_LIMIT` answers.
const MOST_SOCKETS: i32 = 65_535;
/// The longest thread name the system keeps, with its NUL.
const MAX_NAME_PREFIX: usize = 16;
/// What `MSG_T_SIZE` answers.
const MESSAGE_SIZE: i32 = 64;

/// The options of one context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CtxOptions {
    /// Number of I/O threads.
    pub(crate) io_threads: i32,
    /// How many sockets there can be at a time.
    pub(crate) max_sockets: i32,
    /// Scheduling priority, or -1 to leave it alone.
    pub(crate) thread_priority: i32,
    /// Scheduling policy, or -1 to leave it alone.
    pub(crate) thread_sched_policy: i32,
    /// Kept for the caller only.
    pub(crate) max_msgsz: i32,
    /// The processors the threads may run on; none means all.
    pub(crate) thread_affinity: BTreeSet<i32>,
    /// What the names of the threads start with.
    pub(crate) thread_name_prefix: Vec<u8>,
    /// Whether received messages may share the buffer they arrived in.
    pub(crate) zero_copy_recv: bool,
    /// First value of `ZMQ_IPV6` of sockets created from now on.
    pub(crate) ipv6: bool,
    /// Whether sockets created from now on linger for ever, unless they say otherwise.
    pub(crate) blocky: bool,
}

impl CtxOptions {
    /// The options of a fresh context.
    pub(crate) fn new() -> CtxOptions {
        CtxOptions {
            io_threads: 1,
            max_sockets: 1023,
            thread_priority: -1,
            thread_sched_policy: -1,
            max_msgsz: i32::MAX,
            thread_affinity: BTreeSet::new(),
            thread_name_prefix: Vec::new(),
            zero_copy_recv: true,
            ipv6: false,
            blocky: true,
        }
    }

    /// What a socket created now starts with.
    pub(crate) fn socket_defaults(&self) -> ContextDefaults {
        ContextDefaults { ipv6: self.ipv6, blocky: self.blocky, zero_copy: self.zero_copy_recv }
    }

    /// Sets an option that is an int, as all but the name prefix are; that becomes decimal text.
    pub(crate) fn set_int(&mut self, option: i32, value: i32) -> Result<()> {
        if option == THREAD_NAME_PREFIX {
            self.thread_name_prefix = value.to_string().into_bytes();
            return Ok(());
        }
        let least = if option == MAX_SOCKETS { 1 } else { 0 };
        if value < least {
            return Err(Error::Invalid);
        }
        match option {
            IO_THREADS => self.io_threads = value,
            MAX_SOCKETS => self.max_sockets = value,
            THREAD_PRIORITY => self.thread_priority = value,
            THREAD_SCHED_POLICY => self.thread_sched_policy = value,
            MAX_MSGSZ => self.max_msgsz = value,
            THREAD_AFFINITY_CPU_ADD => {
                self.thread_affinity.insert(value);
            }
            THREAD_AFFINITY_CPU_REMOVE => {
                if !self.thread_affinity.remove(&value) {
                    return Err(Error::Invalid);
                }
            }
            ZERO_COPY_RECV => self.zero_copy_recv = value != 0,
            IPV6 => self.ipv6 = value != 0,
            BLOCKY => self.blocky = value != 0,
            _ => return Err(Error::Invalid),
        }
        Ok(())
    }

    /// Reads an option as an int, as all but the name prefix are; of that, the number it starts
    /// with.
    pub(crate) fn get_int(&self, option: i32) -> Result<i32> {
        Ok(match option {
            IO_THREADS => self.io_threads,
            MAX_SOCKETS => self.max_sockets,
            SOCKET_LIMIT => MOST_SOCKETS,
            THREAD_SCHED_POLICY => self.thread_sched_policy,
            MAX_MSGSZ => self.max_msgsz,
            MSG_T_SIZE => MESSAGE_SIZE,
            THREAD_NAME_PREFIX => leading_number(&self.thread_name_prefix) as i32,
            ZERO_COPY_RECV => i32::from(self.zero_copy_recv),
            IPV6 => i32::from(self.ipv6),
            BLOCKY => i32::from(self.blocky),
            _ => return Err(Error::Invalid),
        })
    }

    /// Sets an option from bytes. Four of them are an int, whatever the option.
    pub(crate) fn set(&mut self, option: i32, value: &[u8]) -> Result<()> {
        if let Ok(value) = int(value) {
            return self.set_int(option, value);
        }
        if option != THREAD_NAME_PREFIX || !(1..=MAX_NAME_PREFIX).contains(&value.len()) {
            return Err(Error::Invalid);
        }
        self.thread_name_prefix = value.to_vec();
        Ok(())
    }

    /// Answers a read by a caller with `capacity` bytes. Four of them are an int, whatever the
    /// option; the length never changes, and no NUL follows the name prefix.
    pub(crate) fn get(&self, option: i32, capacity: usize) -> Result<Value> {
        if option == THREAD_NAME_PREFIX && capacity != size_of::<i32>() {
            if capacity < self.thread_name_prefix.len() {
                return Err(Error::Invalid);
            }
            return Ok(Value::plain(self.thread_name_prefix.clone()));
        }
        exact_int(self.get_int(option)?, capacity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Number, what a fresh context answers, the least value that can be set.
    const INTS: &[(i32, Option<i32>, Option<i32>)] = &[
        (IO_THREADS, Some(1), Some(0)),
        (MAX_SOCKETS, Some(1023), Some(1)),
        (SOCKET_LIMIT, Some(65_535), Some(0)),
        (THREAD_SCHED_POLICY, Some(-1), Some(0)),
        (MAX_MSGSZ, Some(i32::MAX), Some(0)),
        (MSG_T_SIZE, Some(64), None),
        (THREAD_AFFINITY_CPU_ADD, None, Some(0)),
        (THREAD_AFFINITY_CPU_REMOVE, None, None),
        (THREAD_NAME_PREFIX, Some(0), Some(i32::MIN)),
        (ZERO_COPY_RECV, Some(1), Some(0)),
        (IPV6, Some(0), Some(0)),
        (BLOCKY, Some(1), Some(0)),
    ];

    #[test]
    fn defaults_and_bounds() {
        for option in -1..80 {
            let known = INTS.iter().find(|row| row.0 == option);
            let (default, least) = known.map_or((None, None), |row| (row.1, row.2));
            let mut options = CtxOptions::new();
            assert_eq!(options.get_int(option).ok(), default, "default of {option}");
            match least {
                None => {
                    for value in [-1, 0, 1, 2] {
                        assert_eq!(options.set_int(option, value), Err(Error::Invalid), "{option}");
                    }
                }
                Some(least) => {
                    if let Some(less) = least.checked_sub(1) {
                        assert_eq!(options.set_int(option, less), Err(Error::Invalid), "{option}");
                        assert_eq!(options, CtxOptions::new(), "{option} changed");
                    }
                    assert_eq!(options.set_int(option, least), Ok(()), "{option}");
                    assert_eq!(options.set_int(option, i32::MAX), Ok(()), "{option}");
                }
            }
        }
    }

    #[test]
    fn values_read_back() {
        let mut options = CtxOptions::new();
        for option in [IO_THREADS, MAX_SOCKETS, THREAD_SCHED_POLICY, MAX_MSGSZ, THREAD_NAME_PREFIX]
        {
            for value in [1, 77, i32::MAX] {
                options.set_int(option, value).unwrap();
                assert_eq!(options.get_int(option), Ok(value), "{option}");
            }
        }
        for option in [ZERO_COPY_RECV, IPV6, BLOCKY] {
            for value in [0, 1, 77, 0] {
                options.set_int(option, value).unwrap();
                assert_eq!(options.get_int(option), Ok(i32::from(value != 0)), "{option}");
            }
        }
        options.set_int(THREAD_PRIORITY, 5).unwrap();
        assert_eq!((options.thread_priority, options.get_int(SOCKET_LIMIT)), (5, Ok(65_535)));
    }

    #[test]
    fn only_a_processor_that_was_added_can_be_removed() {
        let mut options = CtxOptions::new();
        assert_eq!(options.set_int(THREAD_AFFINITY_CPU_REMOVE, 3), Err(Error::Invalid));
        options.set_int(THREAD_AFFINITY_CPU_ADD, 3).unwrap();
        options.set_int(THREAD_AFFINITY_CPU_ADD, 3).unwrap();
        assert_eq!(options.set_int(THREAD_AFFINITY_CPU_REMOVE, 3), Ok(()));
        assert_eq!(options.set_int(THREAD_AFFINITY_CPU_REMOVE, 3), Err(Error::Invalid));
        options.set_int(THREAD_AFFINITY_CPU_ADD, 100_000).unwrap();
        assert_eq!(options.thread_affinity, BTreeSet::from([100_000]));
    }

    #[test]
    fn ints_have_four_bytes() {
        let mut options = CtxOptions::new();
        for row in INTS.iter().filter(|row| row.0 != THREAD_NAME_PREFIX) {
            for len in [0, 1, 3, 5, 8] {
                assert_eq!(options.set(row.0, &vec![0; len]), Err(Error::Invalid), "{}", row.0);
                assert_eq!(options.get(row.0, len), Err(Error::Invalid), "{}", row.0);
            }
        }
        assert_eq!(options, CtxOptions::new());
        options.set(MAX_SOCKETS, &5_i32.to_ne_bytes()).unwrap();
        let answer = options.get(MAX_SOCKETS, 4).unwrap();
        assert_eq!(answer.bytes(), 5_i32.to_ne_bytes());
        assert_eq!((answer.zero_fill, answer.new_len), (false, None));
    }

    #[test]
    fn a_name_prefix_is_text_unless_it_has_four_bytes() {
        let mut options = CtxOptions::new();
        let empty = options.get(THREAD_NAME_PREFIX, 0).unwrap();
        assert_eq!((empty.bytes(), empty.zero_fill, empty.new_len), (&b""[..], false, None));
        for bad in [&b""[..], b"seventeen letters"] {
            assert_eq!(options.set(THREAD_NAME_PREFIX, bad), Err(Error::Invalid));
        }
        for good in [&b"a"[..], b"abc", b"12abc", b"sixteen letters."] {
            options.set(THREAD_NAME_PREFIX, good).unwrap();
            let answer = options.get(THREAD_NAME_PREFIX, 20).unwrap();
            assert_eq!((answer.bytes(), answer.zero_fill, answer.new_len), (good, false, None));
        }
        assert_eq!(options.get(THREAD_NAME_PREFIX, 15), Err(Error::Invalid));
        options.set(THREAD_NAME_PREFIX, b"12abc").unwrap();
        assert_eq!(options.get(THREAD_NAME_PREFIX, 5).unwrap().bytes(), b"12abc");
        assert_eq!(options.get(THREAD_NAME_PREFIX, 4).unwrap().bytes(), 12_i32.to_ne_bytes());
        options.set(THREAD_NAME_PREFIX, &(-7_i32).to_ne_bytes()).unwrap();
        assert_eq!(options.get(THREAD_NAME_PREFIX, 2).unwrap().bytes(), b"-7");
        assert_eq!(options.get_int(THREAD_NAME_PREFIX), Ok(-7));
    }

    #[test]
    fn sockets_start_with_what_the_context_says() {
        let mut options = CtxOptions::new();
        let fresh = ContextDefaults { ipv6: false, blocky: true, zero_copy: true };
        assert_eq!(options.socket_defaults(), fresh);
        options.set_int(IPV6, 5).unwrap();
        options.set_int(BLOCKY, 0).unwrap();
        options.set_int(ZERO_COPY_RECV, 0).unwrap();
        let changed = ContextDefaults { ipv6: true, blocky: false, zero_copy: false };
        assert_eq!(options.socket_defaults(), changed);
    }
}
