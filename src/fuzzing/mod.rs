//! The door for fuzz targets, and not there in any other build.
//!
//! Targets are a package of their own (`fuzz/`) and see only what is public. So this room shows
//! them, in plain types, what is not public anywhere else: a session as an engine drives it, bytes
//! on their way out, what seals frames, and the readers of endpoints, addresses, keys and answers
//! about peers. What has to hold is said in the targets.

#![forbid(unsafe_code)]

mod end;
mod outgoing;
mod seals;
mod seen;
mod setup;
mod text;

pub use end::End;
pub use outgoing::Out;
pub use seals::{BoxKey, FrameKey, public_key};
pub use seen::{Ending, Failure, Judgement, Kind, Part, Peer, Seen, zap_answer};
pub use setup::{Proof, Setup, entropy, peers_of, type_name};
pub use text::{
    connect_to, host_and_zone, ip_address, leading_number, listen_at, split_endpoint, z85_decode,
    z85_encode,
};
