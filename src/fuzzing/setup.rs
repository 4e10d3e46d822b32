//! The options of a session.

#![forbid(unsafe_code)]

use crate::zmtp::keys::KeyPair;
use crate::zmtp::{
    ClientKeys, Config, Entropy, HeartbeatConfig, Login, Mechanism, Secret, SocketType,
};

/// The name of a type of socket, given its number in `zmq.h`.
pub fn type_name(number: u8) -> Option<&'static str> {
    SocketType::from_number(number.into()).map(SocketType::name)
}

/// The numbers of the types that a type talks to.
pub fn peers_of(number: u8) -> Vec<u8> {
    let peers = SocketType::from_number(number.into()).map_or(&[][..], SocketType::peers);
    peers.iter().map(|peer| peer.number()).collect()
}

/// How peers prove who they are.
#[derive(Clone, Debug, Default)]
pub enum Proof {
    /// They do not.
    #[default]
    Null,
    /// We say a name and a password.
    PlainClient(Vec<u8>, Vec<u8>),
    /// The peer does.
    PlainServer,
    /// We know the peer's key.
    CurveClient {
        /// `ZMQ_CURVE_PUBLICKEY`
        public: [u8; 32],
        /// `ZMQ_CURVE_SECRETKEY`
        secret: [u8; 32],
        /// `ZMQ_CURVE_SERVERKEY`
        server: [u8; 32],
    },
    /// The peer knows ours, which follows from this secret.
    CurveServer([u8; 32]),
}

impl Proof {
    fn mechanism(&self) -> Mechanism {
        match self.clone() {
            Proof::Null => Mechanism::Null,
            Proof::PlainClient(username, password) => {
                Mechanism::PlainClient(Login { username, password: password.into() })
            }
            Proof::PlainServer => Mechanism::PlainServer,
            Proof::CurveClient { public, secret, server } => {
                let secret = Secret(secret.into());
                Mechanism::CurveClient(Box::new(ClientKeys { public, secret, server }))
            }
            Proof::CurveServer(secret) => {
                Mechanism::CurveServer(Box::new(KeyPair::from_secret(&secret)))
            }
        }
    }
}

/// Instead of entropy: the bytes that sessions get when they ask for so many.
pub fn entropy(buffer: &mut [u8]) {
    let len = buffer.len() as u8;
    for (at, byte) in buffer.iter_mut().enumerate() {
        *byte = (at as u8).wrapping_mul(7) ^ len;
    }
}

/// The options of a session.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// Number of the type of socket.
    pub socket_type: u8,
    /// `ZMQ_ROUTING_ID`
    pub routing_id: Vec<u8>,
    /// `ZMQ_METADATA`
    pub properties: Vec<(Vec<u8>, Vec<u8>)>,
    /// What `ZMQ_MECHANISM` and its keys amount to.
    pub proof: Proof,
    /// Whether somebody is asked about peers.
    pub asks: bool,
    /// The system has no entropy.
    pub no_entropy: bool,
    /// `ZMQ_MAXMSGSIZE`
    pub max_body: Option<u64>,
    /// `ZMQ_HANDSHAKE_IVL`
    pub handshake_timeout: Option<u64>,
    /// `ZMQ_HEARTBEAT_IVL`
    pub heartbeat_interval: Option<u64>,
    /// `ZMQ_HEARTBEAT_TIMEOUT`
    pub heartbeat_timeout: Option<u64>,
    /// `ZMQ_HEARTBEAT_TTL` in tenths of a second.
    pub heartbeat_ttl: u16,
    /// Whether peers before ZMTP 3.0 are refused.
    pub refuse_old: bool,
}

impl Setup {
    pub(super) fn config(&self) -> Config {
        let fixed = |buffer: &mut [u8]| {
            entropy(buffer);
            true
        };
        Config {
            socket_type: SocketType::from_number(self.socket_type.into())
                .expect("a target chooses among the types that there are"),
            routing_id: self.routing_id.clone(),
            properties: self.properties.clone(),
            mechanism: self.proof.mechanism(),
            asks: self.asks,
            entropy: Entropy(if self.no_entropy { |_| false } else { fixed }),
            max_body: self.max_body,
            handshake_timeout: self.handshake_timeout,
            heartbeat: HeartbeatConfig {
                interval: self.heartbeat_interval,
                timeout: self.heartbeat_timeout,
                ttl: self.heartbeat_ttl,
            },
            refuse_old: self.refuse_old,
        }
    }
}
