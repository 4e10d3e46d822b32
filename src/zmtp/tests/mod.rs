//! Tests of whole conversations: bytes of a peer that were written by hand, cut in every way, and
//! pairs of sessions that talk to each other while a clock is moved by hand.
//!
//! Names that begin with `w012` and a number are the assertions of that number in the description
//! of the protocol that the project keeps.

#![forbid(unsafe_code)]

mod commands;
mod curve;
mod framing;
mod greeting;
mod gssapi;
mod heartbeat;
mod metadata;
mod noise;
mod pairs;
mod plain;
mod reactions;
mod script;
mod simulator;
