//! Authenticated encryption for CURVE: the boxes of NaCl, which are X25519, XSalsa20 and Poly1305.
//!
//! The room exists so that everything whose mistakes nobody would notice stands in one place, and is
//! compared there with published vectors. It knows no clock, no socket and no source of randomness:
//! keys and nonces are handed in, and that no nonce is used twice is the caller's duty.
//!
//! [`BoxKey`] seals and opens single boxes, as a handshake needs them. [`FrameKey`] is for the frames
//! of one direction of a connection, where speed counts.
//!
//! Both wipe their key when they are dropped, what opens in a [`BoxKey`] wipes itself, and so does
//! what was made of the stream of a message. Not wiped is what only authenticates one message: when
//! that is out, it is worth nothing. The caller wipes keys that it made itself, and owns the payloads
//! of frames.
//!
//! Salsa20 and Poly1305 are written here for the sake of speed: of the crates of that name, one works
//! on a single block at a time, and the other takes longer before the first byte than a message of 100
//! bytes takes here altogether. They are what the tests compare with.

mod boxes;
mod frames;
mod poly1305;
mod portable;
mod salsa20;
mod sealing;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;
mod wide;

pub(crate) use boxes::BoxKey;
pub(crate) use frames::FrameKey;

use subtle::ConstantTimeEq;

/// The bytes of a key, public, secret or shared.
pub(crate) type Key = [u8; 32];

/// The length of what says that a text is genuine: a sealed text is this much longer.
pub(crate) const TAG: usize = 16;

/// Compares in a time that depends on the lengths only.
pub(crate) fn equal(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}
