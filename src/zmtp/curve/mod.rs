//! The mechanism CURVE: both sides prove that they have the secret keys to their public ones, and
//! from then on every frame is sealed.
//!
//! ```text
//!   client, knows S             server
//!   HELLO    C', box(0)     ──▶           box from c' to S
//!                           ◀── WELCOME   box from s to C' (S', cookie)
//!   INITIATE cookie, box    ──▶           box from c' to S' (C, vouch, metadata); a verdict on C
//!                           ◀── READY     box from s' to C' (metadata)
//!   MESSAGE  box           ◀─▶  MESSAGE   box between c' and s' (flags, payload)
//! ```
//!
//! `C`, `S` are the long-term public keys, `C'`, `S'` those of this connection, small letters their
//! secrets; the vouch is a box from c to S' (C', S). Whoever steals a long-term secret later can
//! read nothing that was said before, as the secrets of the connection are gone with it.
//!
//! The cookie holds what the server would have to remember otherwise. Ours remembers, as libzmq's
//! does, and only compares; how long it remembers is bounded by the time that a handshake may take.

#![forbid(unsafe_code)]

mod client;
mod sealing;
mod server;

pub(super) use client::Client;
pub(super) use sealing::{OVERHEAD, Sealing};
pub(super) use server::Server;

use super::PeerError;
use super::security_error::{Form, SecurityError};
use crate::crypto::{BoxKey, Key};

/// Length of a HELLO: longer than its answer, so that a liar about its address gains nothing.
const HELLO_SIZE: usize = 200;
/// Zeros in the HELLO that make it so long.
const PADDING: usize = 72;
/// What the box of a HELLO holds.
const ZEROS: [u8; 64] = [0; 64];
/// The version of CURVE, in a HELLO.
const VERSION: [u8; 2] = [1, 0];
/// Length of a WELCOME.
const WELCOME_SIZE: usize = 168;
/// Length of a cookie.
const COOKIE_SIZE: usize = 96;
/// Length of an INITIATE without metadata.
const INITIATE_MIN: usize = 257;
/// Length of a READY without metadata.
const READY_MIN: usize = 30;
/// Length of the box that a client vouches with.
const VOUCH_SIZE: usize = 80;

/// What nonces of each command begin with.
const HELLO_NONCE: &[u8; 16] = b"CurveZMQHELLO---";
const INITIATE_NONCE: &[u8; 16] = b"CurveZMQINITIATE";
const READY_NONCE: &[u8; 16] = b"CurveZMQREADY---";
/// The same for nonces that are random.
const WELCOME_NONCE: &[u8; 8] = b"WELCOME-";
const COOKIE_NONCE: &[u8; 8] = b"COOKIE--";
const VOUCH_NONCE: &[u8; 8] = b"VOUCH---";

/// A nonce of the two parts that it always has.
fn nonce(front: &[u8], back: &[u8]) -> [u8; 24] {
    let mut nonce = [0; 24];
    for (place, byte) in nonce.iter_mut().zip(front.iter().chain(back)) {
        *place = *byte;
    }
    nonce
}

/// What both sides know who have one secret and the other's public key, which came in a command
/// or is one of our options.
fn shared(public: &Key, secret: &Key, command: Option<Form>) -> Result<BoxKey, PeerError> {
    BoxKey::between(public, secret).ok_or_else(|| SecurityError::WeakKey { command }.into())
}

fn forged(command: Form) -> PeerError {
    SecurityError::Forged { command }.into()
}
