//! What the connections of an endpoint have in common: the options that the protocol depends on.

#![forbid(unsafe_code)]

use std::fmt;

use zeroize::Zeroizing;

use super::keys::{Key, KeyPair};
use super::security_error::SecurityError;
use super::{PeerError, SocketType};

/// Milliseconds since some fixed start, or a span of them.
pub(crate) type Millis = u64;

/// The options of an endpoint, shared by its connections.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// What we are to the peer.
    pub(crate) socket_type: SocketType,
    /// `ZMQ_ROUTING_ID`: at most 255 bytes.
    pub(crate) routing_id: Vec<u8>,
    /// `ZMQ_METADATA`, in any order: names of at most 255 bytes, each once.
    pub(crate) properties: Vec<(Vec<u8>, Vec<u8>)>,
    /// How peers prove who they are.
    pub(crate) mechanism: Mechanism,
    /// Whether somebody is asked for a verdict on each peer, where the mechanism has a place for
    /// that: in NULL on both sides, otherwise on the server's.
    pub(crate) asks: bool,
    /// Where keys and nonces come from.
    pub(crate) entropy: Entropy,
    /// `ZMQ_MAXMSGSIZE`: the longest body of a frame of traffic.
    pub(crate) max_body: Option<u64>,
    /// `ZMQ_HANDSHAKE_IVL`: how long a peer may take until it is ready.
    pub(crate) handshake_timeout: Option<Millis>,
    /// Whether and how we watch peers.
    pub(crate) heartbeat: HeartbeatConfig,
    /// No peers before ZMTP 3.0, as they cannot prove anything: a mechanism or a ZAP domain is set.
    pub(crate) refuse_old: bool,
}

/// The options about heartbeats.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct HeartbeatConfig {
    /// `ZMQ_HEARTBEAT_IVL`: the time between two PINGs; none: there are no PINGs.
    pub(crate) interval: Option<Millis>,
    /// `ZMQ_HEARTBEAT_TIMEOUT`: how long a peer may be silent after a PING; none: for ever. That
    /// it is the interval unless set is the caller's business.
    pub(crate) timeout: Option<Millis>,
    /// `ZMQ_HEARTBEAT_TTL` in tenths of a second: how long the peer may wait for our frames.
    pub(crate) ttl: u16,
}

/// How peers prove who they are, and what they need for it.
#[derive(Clone, Debug)]
pub(crate) enum Mechanism {
    /// They do not.
    Null,
    /// With a name and a password, which are ours.
    PlainClient(Login),
    /// With a name and a password, which are the peer's.
    PlainServer,
    /// With keys; the peer's is known.
    CurveClient(Box<ClientKeys>),
    /// With keys; the peer knows ours.
    CurveServer(Box<KeyPair>),
    /// With the help of a third party that both sides trust.
    #[cfg(any(test, feature = "gssapi"))]
    Gssapi(super::gssapi::Terms),
}

/// A name and a password, at most 255 bytes each.
#[derive(Clone)]
pub(crate) struct Login {
    /// `ZMQ_PLAIN_USERNAME`
    pub(crate) username: Vec<u8>,
    /// `ZMQ_PLAIN_PASSWORD`
    pub(crate) password: Zeroizing<Vec<u8>>,
}

/// The keys of a client of CURVE.
#[derive(Clone, Debug)]
pub(crate) struct ClientKeys {
    /// `ZMQ_CURVE_PUBLICKEY`, which need not be the one that follows from the secret.
    pub(crate) public: Key,
    /// `ZMQ_CURVE_SECRETKEY`
    pub(crate) secret: Secret,
    /// `ZMQ_CURVE_SERVERKEY`
    pub(crate) server: Key,
}

/// A secret key, which is wiped when dropped and never shown.
#[derive(Clone)]
pub(crate) struct Secret(pub(crate) Zeroizing<Key>);

/// Fills a buffer with bytes that nobody can guess; false if there are none to be had.
#[derive(Clone, Copy)]
pub(crate) struct Entropy(pub(crate) fn(&mut [u8]) -> bool);

impl Entropy {
    /// So many bytes.
    pub(super) fn bytes<const N: usize>(self) -> Result<Zeroizing<[u8; N]>, PeerError> {
        let mut bytes = Zeroizing::new([0; N]);
        if (self.0)(&mut *bytes) { Ok(bytes) } else { Err(SecurityError::NoEntropy.into()) }
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("username", &self.username).finish_non_exhaustive()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl fmt::Debug for Entropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entropy")
    }
}

/// Length of the field that names the mechanism in a greeting.
pub(super) const MECHANISM_SIZE: usize = 20;

impl Mechanism {
    /// The name in the greeting, and in questions about peers.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Mechanism::Null => "NULL",
            Mechanism::PlainClient(_) | Mechanism::PlainServer => "PLAIN",
            Mechanism::CurveClient(_) | Mechanism::CurveServer(_) => "CURVE",
            #[cfg(any(test, feature = "gssapi"))]
            Mechanism::Gssapi(_) => "GSSAPI",
        }
    }

    /// The name as it stands in the greeting, padded with zeros.
    pub(super) fn field(&self) -> [u8; MECHANISM_SIZE] {
        let mut field = [0; MECHANISM_SIZE];
        for (place, byte) in field.iter_mut().zip(self.name().bytes()) {
            *place = byte;
        }
        field
    }
}
