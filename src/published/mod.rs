//! What the tables say to the outside: the numbers of `zmq.h` and the rows of `COMPATIBILITY.md`.
//!
//! The room exists for tests only. Both files are in the repository, so that nobody needs a
//! compiler to read them, and both are made from the tables that the code runs on, so that they
//! cannot say something else.

#![forbid(unsafe_code)]

mod compatibility;
mod constants;
mod differences;
mod house;

use std::fs;
use std::path::{Path, PathBuf};

/// A path below the root of the package.
fn in_package(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The text of a file of the package.
fn read(path: &str) -> String {
    fs::read_to_string(in_package(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}
