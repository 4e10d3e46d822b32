//! What fuzz targets have in common: reading choices from the fuzzer's bytes, writing what peers
//! say, and playing it to a session in every way in which it could arrive.
//!
//! Everything about the protocol here is written anew from its description, as simply as possible
//! and with whole inputs, so that it can disagree with the library.

#![forbid(unsafe_code)]

pub mod choices;
pub mod model;
pub mod play;
pub mod types;
pub mod wire;
