//! What a session has to make of bytes: the same rules as the library's, for somebody who has all
//! of the bytes and all of the time.

pub mod handshake;
pub mod metadata;
mod monitor;
mod traffic;

use zmq::fuzzing::{Judgement, Peer, Proof, Seen, Setup};

use crate::curve::Opener;
use crate::types;
use crate::wire::{self, Front, Version};
pub use monitor::{failure, name};

/// The longest frame of a handshake.
const HANDSHAKE_MAX: u64 = 64 * 1024;

/// Answers to questions about the peer, each with the number of the peer's bytes that come before.
pub type Verdicts<'a> = &'a [(usize, Judgement)];

/// What has to come of bytes.
#[derive(Default)]
pub struct Expected {
    /// The events.
    pub seen: Vec<Seen>,
    /// The name of the error.
    pub error: Option<&'static str>,
    /// What the session says in greeting and handshake.
    pub said: Vec<u8>,
    /// What opens the frames that the session sends from then on, if they are sealed.
    pub opener: Option<Opener>,
}

/// A peer's bytes from the first on.
pub fn connection(setup: &Setup, bytes: &[u8], verdicts: Verdicts<'_>) -> Expected {
    let mut expected = Expected::default();
    if let Err(error) = greet(setup, bytes, verdicts, &mut expected) {
        expected.error = Some(error);
    }
    expected
}

fn greet(
    setup: &Setup,
    bytes: &[u8],
    verdicts: Verdicts<'_>,
    expected: &mut Expected,
) -> Result<(), &'static str> {
    let id = &setup.routing_id;
    let said = &mut expected.said;
    said.push(0xff);
    said.extend((id.len() as u64 + 1).to_be_bytes());
    said.push(0x7f);
    let Some(first) = bytes.first() else { return Ok(()) };
    if *first != 0xff || bytes.get(9).is_some_and(|tenth| tenth & 1 == 0) {
        if setup.refuse_old {
            return Err("OldPeer");
        }
        said.extend(id);
        return identity(setup, Version::Unversioned, bytes, expected);
    }
    if bytes.len() < 10 {
        return Ok(());
    }
    said.push(3);
    let Some(&revision) = bytes.get(10) else { return Ok(()) };
    if revision < 2 {
        said.push(setup.socket_type);
        let Some(behind) = bytes.get(12..) else { return Ok(()) };
        if setup.refuse_old {
            return Err("OldPeer");
        }
        let version = if revision == 0 { Version::V1 } else { Version::V2 };
        said.extend(data_frame(version, false, id));
        return identity(setup, version, behind, expected);
    }
    let greeting = wire::greeting_with(1, mechanism(setup));
    said.extend(&greeting[11..]);
    if bytes.len() < greeting.len() {
        return Ok(());
    }
    if bytes[12..32] != greeting[12..32] {
        return Err("MechanismMismatch");
    }
    let version = if bytes[11] == 0 { Version::V3 } else { Version::V31 };
    handshake::run(setup, version, bytes, verdicts, expected)
}

/// The name of the mechanism.
pub fn mechanism(setup: &Setup) -> &'static [u8] {
    match setup.proof {
        Proof::Null => b"NULL",
        Proof::PlainClient(..) | Proof::PlainServer => b"PLAIN",
        Proof::CurveClient { .. } | Proof::CurveServer(_) => b"CURVE",
    }
}

/// A frame of the application.
pub fn data_frame(version: Version, more: bool, body: &[u8]) -> Vec<u8> {
    let flags = u8::from(more);
    if !version.has_old_frames() {
        return wire::frame(flags, body);
    }
    match body.len() + 1 {
        len @ ..255 => [&[len as u8, flags], body].concat(),
        len => [&b"\xff"[..], &(len as u64).to_be_bytes(), &[flags], body].concat(),
    }
}

fn identity(
    setup: &Setup,
    version: Version,
    bytes: &[u8],
    expected: &mut Expected,
) -> Result<(), &'static str> {
    let (frame, behind) = match wire::front(version.has_old_frames(), bytes, Some(HANDSHAKE_MAX)) {
        Front::Frame(frame, behind) => (frame, behind),
        Front::Part => return Ok(()),
        Front::Wrong("TooLong", _) => return Err("HandshakeTooLong"),
        Front::Wrong(error, _) => return Err(error),
    };
    let unversioned = version == Version::Unversioned;
    expected.seen.push(Seen::Ready(Peer {
        version: version.name(),
        socket_type: None,
        routing_id: (1..=255).contains(&frame.body.len()).then(|| frame.body.to_vec()),
        subscribe_to_all: unversioned && types::publishes(setup.socket_type),
        properties: Vec::new(),
    }));
    traffic::run(setup, version, behind, None, &mut expected.seen)
}
