//! What the connections of an endpoint have in common: the options that the protocol depends on.

#![forbid(unsafe_code)]

use super::SocketType;

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

/// How peers prove who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mechanism {
    /// They do not.
    Null,
}

/// Length of the field that names the mechanism in a greeting.
pub(super) const MECHANISM_SIZE: usize = 20;

impl Mechanism {
    /// The name in the greeting.
    pub(super) fn name(self) -> &'static str {
        match self {
            Mechanism::Null => "NULL",
        }
    }

    /// The name as it stands in the greeting, padded with zeros.
    pub(super) fn field(self) -> [u8; MECHANISM_SIZE] {
        let mut field = [0; MECHANISM_SIZE];
        for (place, byte) in field.iter_mut().zip(self.name().bytes()) {
            *place = byte;
        }
        field
    }
}
