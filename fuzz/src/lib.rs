//! What fuzz targets have in common: reading choices from the fuzzer's bytes, writing what peers
//! say, and playing it to a session in every way in which it could arrive.
//!
//! Everything about the protocol here is written anew from its description, as simply as possible
//! and with whole inputs, so that it can disagree with the library.

#![forbid(unsafe_code)]

pub mod choices;
pub mod curve;
pub mod curve_peer;
pub mod model;
pub mod nacl;
pub mod play;
pub mod types;
pub mod wire;
pub mod x25519;

use choices::Choices;
use zmq::fuzzing::Judgement;

/// What somebody says who was asked about a peer.
pub fn verdict(choices: &mut Choices<'_>) -> Judgement {
    match choices.byte() % 8 {
        0 => Judgement::Accepted(Vec::new()),
        1 => Judgement::Denied(300),
        2 => Judgement::Denied(400),
        3 => Judgement::Denied(500),
        4 => Judgement::NoHandler,
        5 => Judgement::Nonsense,
        _ => {
            let (name, value) = (choices.text().to_vec(), choices.text().to_vec());
            Judgement::Accepted(vec![(b"User-Id".to_vec(), Vec::new()), (name, value)])
        }
    }
}
