//! One line on standard error where a program would otherwise be left guessing: on request only.
//!
//! A library has no business writing to a program's terminal, so nothing is said unless the
//! environment variable `ZMQ_OXIDE_LOG` is set, to anything but `0`, when the first line is due.

#![forbid(unsafe_code)]

use std::fmt;
use std::io::Write;
use std::sync::atomic::{AtomicU8, Ordering};

/// The variable that asks for the lines.
const VARIABLE: &str = "ZMQ_OXIDE_LOG";

/// The environment was not looked at yet.
const UNKNOWN: u8 = 0;
/// It says no.
const NO: u8 = 1;
/// It says yes.
const YES: u8 = 2;

/// Whether anybody wants to know.
///
/// Two threads that look at the same time find the same. A lock would do harm: a child that is
/// forked while it is held could never take it.
pub(crate) fn wanted() -> bool {
    static WANTED: AtomicU8 = AtomicU8::new(UNKNOWN);
    if WANTED.load(Ordering::Relaxed) == UNKNOWN {
        let wanted = std::env::var_os(VARIABLE).is_some_and(|value| value != "0");
        WANTED.store(if wanted { YES } else { NO }, Ordering::Relaxed);
    }
    WANTED.load(Ordering::Relaxed) == YES
}

/// Says a line, if it is wanted. A terminal that cannot be written to is no reason to fail.
pub(crate) fn say(line: fmt::Arguments<'_>) {
    if wanted() {
        let _ = writeln!(std::io::stderr(), "zmq: {line}");
    }
}
