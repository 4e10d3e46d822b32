//! The mechanism that proves nothing: both sides say READY, in any order.

#![forbid(unsafe_code)]

use super::PeerError;
use super::command::{self, ERROR, READY};
use super::config::Config;
use super::metadata::{self, Properties};
use super::reader::Reader;

/// How much of an unexpected command is kept to show it.
const SHOWN: usize = 32;

/// Where the handshake stands.
#[derive(Debug)]
pub(super) enum Null {
    /// Our READY is sent, the peer's is missing.
    ReadySent,
}

impl Null {
    /// Says READY, as there is nothing to wait for.
    pub(super) fn start(config: &Config, out: &mut Vec<u8>) -> Null {
        let metadata = metadata::write(config);
        command::begin(READY, metadata.len(), |bytes| out.extend(bytes));
        out.extend(metadata);
        Null::ReadySent
    }

    /// Takes the peer's READY, or its refusal.
    pub(super) fn command(self, body: &[u8], config: &Config) -> Result<Properties, PeerError> {
        match (self, command::named(body)) {
            (Null::ReadySent, Some((READY, data))) => Properties::parse(data, config.socket_type),
            (Null::ReadySent, Some((ERROR, data))) => Err(refusal(data)),
            (Null::ReadySent, Some(_) | None) => {
                let seen = body.get(..SHOWN).unwrap_or(body).to_vec();
                Err(PeerError::UnexpectedCommand { expected: "READY", seen })
            }
        }
    }
}

/// Why the peer refused us.
fn refusal(data: &[u8]) -> PeerError {
    match Reader::new(data).short_text() {
        Some(b"300") => PeerError::Denied { status: 300 },
        Some(b"400") => PeerError::Denied { status: 400 },
        Some(b"500") => PeerError::Denied { status: 500 },
        Some(reason) => PeerError::Refused { reason: reason.to_vec() },
        None => PeerError::MalformedError { len: data.len() },
    }
}
