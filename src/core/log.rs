//! One line on standard error where a program would otherwise be left guessing: on request only.
//!
//! A library has no business writing to a program's terminal, so nothing is said unless the
//! environment variable `ZMQ_OXIDE_LOG` is set, to anything but `0`, when the first line is due.

#![forbid(unsafe_code)]

use std::fmt;
use std::io::Write;
use std::sync::OnceLock;

/// The variable that asks for the lines.
const VARIABLE: &str = "ZMQ_OXIDE_LOG";

/// Whether anybody wants to know.
pub(crate) fn wanted() -> bool {
    static WANTED: OnceLock<bool> = OnceLock::new();
    *WANTED.get_or_init(|| std::env::var_os(VARIABLE).is_some_and(|value| value != "0"))
}

/// Says a line, if it is wanted. A terminal that cannot be written to is no reason to fail.
pub(crate) fn say(line: fmt::Arguments<'_>) {
    if wanted() {
        let _ = writeln!(std::io::stderr(), "zmq: {line}");
    }
}
