//! The first bytes of a connection, from which the two sides learn each other's generation.
//!
//! Our own go out in steps, each when the peer's bytes have shown that it understands the next:
//! a peer that speaks ZMTP 1.0 takes the first ten for the header of a frame, and must never get
//! the eleventh.

#![forbid(unsafe_code)]

use super::config::{Config, MECHANISM_SIZE};
use super::{PeerError, Version};

/// Length of the part that all versioned generations share, up to the revision.
const SIGNATURE: usize = 10;
/// Length of an old greeting.
const OLD: usize = 12;
/// Length of the greeting since ZMTP 3.0.
const CURRENT: usize = 64;
/// Its end, which is not used.
const FILLER: usize = 31;

/// First byte of a greeting; anything else begins the identity frame of an unversioned peer.
const FIRST: u8 = 0xff;
/// Last byte of the signature. Peers without versions take it for the flags of a frame.
const TENTH: u8 = 0x7f;
/// What we are, as far as a greeting can tell: 3.1.
const MAJOR: u8 = 3;
const MINOR: u8 = 1;
/// Revisions that choose an old generation; all others mean ZMTP 3.
const REVISION_1_0: u8 = 0;
const REVISION_2_0: u8 = 1;

/// The part of the peer's greeting that has come.
#[derive(Debug)]
pub(super) struct Greeting {
    bytes: [u8; CURRENT],
    len: usize,
}

/// What a greeting has led to.
#[derive(Debug)]
pub(super) enum Outcome {
    /// More of it must come.
    Unfinished,
    /// The peer has no versions. What it has sent so far, left in the input or handed back here,
    /// is the front of its identity frame.
    Unversioned {
        /// Bytes that were taken, if any.
        taken: Option<[u8; SIGNATURE]>,
    },
    /// The peer is of a versioned generation without mechanisms; its identity frame follows.
    Old(Version),
    /// The peer is of generation 3 and has our mechanism, whose commands follow.
    Current(Version),
}

impl Greeting {
    /// Starts with what may be sent to anybody.
    pub(super) fn start(config: &Config, out: &mut Vec<u8>) -> Greeting {
        // To unversioned peers this is the header of our identity frame, whose length counts the
        // flags.
        out.push(FIRST);
        out.extend((config.routing_id.len() as u64 + 1).to_be_bytes());
        out.push(TENTH);
        Greeting { bytes: [0; CURRENT], len: 0 }
    }

    /// How many bytes have come.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Takes bytes up to the end of the greeting, and answers each as far as it permits.
    pub(super) fn receive(
        &mut self,
        input: &[u8],
        config: &Config,
        out: &mut Vec<u8>,
    ) -> Result<(usize, Outcome), PeerError> {
        for (taken, &byte) in input.iter().enumerate() {
            if self.len == 0 && byte != FIRST {
                refuse_old(config, Version::Unversioned)?;
                return Ok((taken, Outcome::Unversioned { taken: None }));
            }
            if let Some(place) = self.bytes.get_mut(self.len) {
                *place = byte;
            }
            self.len += 1;
            match self.step(config, out)? {
                Outcome::Unfinished => {}
                outcome => return Ok((taken + 1, outcome)),
            }
        }
        Ok((input.len(), Outcome::Unfinished))
    }

    /// What follows from the newest byte.
    fn step(&self, config: &Config, out: &mut Vec<u8>) -> Result<Outcome, PeerError> {
        let [_, _, _, _, _, _, _, _, _, tenth, revision, minor, ..] = self.bytes;
        match self.len {
            SIGNATURE if tenth & 1 == 0 => {
                refuse_old(config, Version::Unversioned)?;
                let taken = self.bytes.first_chunk().copied();
                return Ok(Outcome::Unversioned { taken });
            }
            SIGNATURE => out.push(MAJOR),
            11 => match revision {
                REVISION_1_0 | REVISION_2_0 => out.push(config.socket_type.number()),
                _ => {
                    out.push(MINOR);
                    out.extend(config.mechanism.field());
                    // Nobody looks at the byte that says which side is the server.
                    out.push(0);
                    out.extend([0; FILLER]);
                }
            },
            OLD if revision == REVISION_1_0 => {
                refuse_old(config, Version::V1_0)?;
                return Ok(Outcome::Old(Version::V1_0));
            }
            OLD if revision == REVISION_2_0 => {
                refuse_old(config, Version::V2_0)?;
                return Ok(Outcome::Old(Version::V2_0));
            }
            CURRENT => {
                self.check_mechanism(config)?;
                let version = if minor == 0 { Version::V3_0 } else { Version::V3_1 };
                return Ok(Outcome::Current(version));
            }
            _ => {}
        }
        Ok(Outcome::Unfinished)
    }

    fn check_mechanism(&self, config: &Config) -> Result<(), PeerError> {
        let mut peer = [0; MECHANISM_SIZE];
        let field = self.bytes.get(OLD..OLD + MECHANISM_SIZE).unwrap_or_default();
        for (place, byte) in peer.iter_mut().zip(field) {
            *place = *byte;
        }
        if peer == config.mechanism.field() {
            return Ok(());
        }
        Err(PeerError::MechanismMismatch { own: config.mechanism.name(), peer })
    }
}

/// Old generations cannot prove anything, so an endpoint that asks for proof has none of them.
fn refuse_old(config: &Config, version: Version) -> Result<(), PeerError> {
    if config.refuse_old { Err(PeerError::OldPeer { version }) } else { Ok(()) }
}
