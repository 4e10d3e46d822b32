//! The door for fuzz targets, and not there in any other build.
//!
//! Targets are a package of their own (`fuzz/`) and see only what is public. So this room shows
//! them, in plain types, what is not public anywhere else: a session as an engine drives it, bytes
//! on their way out, and the readers of endpoints, addresses and keys. What has to hold is said in
//! the targets.

#![forbid(unsafe_code)]

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use crate::msg::{self, Msg};
use crate::transport::{self, Endpoint, Scheme, Target, spelling};
use crate::zmtp::{
    self, Config, Entropy, Event, HeartbeatConfig, Mechanism, Outgoing, Session, SocketType,
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

/// The options of a session.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// Number of the type of socket.
    pub socket_type: u8,
    /// `ZMQ_ROUTING_ID`
    pub routing_id: Vec<u8>,
    /// `ZMQ_METADATA`
    pub properties: Vec<(Vec<u8>, Vec<u8>)>,
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
    fn config(&self) -> Config {
        Config {
            socket_type: SocketType::from_number(self.socket_type.into())
                .expect("a target chooses among the types that there are"),
            routing_id: self.routing_id.clone(),
            properties: self.properties.clone(),
            mechanism: Mechanism::Null,
            asks: false,
            entropy: Entropy(|_| false),
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

/// What a part of a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Something for the application.
    Data,
    /// A DISH joins a group.
    Join,
    /// A DISH leaves a group.
    Leave,
    /// A subscription or its end.
    Request,
}

/// A message or a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its content.
    pub data: Vec<u8>,
    /// Another part follows.
    pub more: bool,
    /// What it is.
    pub kind: Kind,
    /// The group that it is for.
    pub group: Vec<u8>,
}

impl Part {
    /// A part for the application.
    pub fn data(data: &[u8], more: bool) -> Part {
        Part { data: data.to_vec(), more, kind: Kind::Data, group: Vec::new() }
    }

    fn to_msg(&self) -> Msg {
        let mut msg = Msg::from_slice(&self.data).expect("targets make small messages");
        msg.set_more(self.more);
        msg.set_group(&self.group);
        msg.set_kind(match self.kind {
            Kind::Data => msg::Kind::Data,
            Kind::Join => msg::Kind::Join,
            Kind::Leave => msg::Kind::Leave,
            Kind::Request => msg::Kind::Request,
        });
        msg
    }
}

impl From<Msg> for Part {
    fn from(msg: Msg) -> Part {
        Part {
            data: msg.data().to_vec(),
            more: msg.more(),
            kind: match msg.kind() {
                msg::Kind::Data => Kind::Data,
                msg::Kind::Join => Kind::Join,
                msg::Kind::Leave => Kind::Leave,
                msg::Kind::Request => Kind::Request,
            },
            group: msg.group().to_bytes().to_vec(),
        }
    }
}

/// What a peer is when it is ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The name of the protocol's version.
    pub version: &'static str,
    /// The name of its type.
    pub socket_type: Option<Vec<u8>>,
    /// Its routing id.
    pub routing_id: Option<Vec<u8>>,
    /// Whether it gets everything.
    pub subscribe_to_all: bool,
    /// What the application may see of it.
    pub properties: Vec<(Vec<u8>, Vec<u8>)>,
}

/// What a session made of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The peer is ready.
    Ready(Peer),
    /// A message or a part of one.
    Part(Part),
}

impl From<Event> for Seen {
    fn from(event: Event) -> Seen {
        match event {
            Event::Ready(peer) => Seen::Ready(Peer {
                version: peer.version.name(),
                socket_type: peer.socket_type,
                routing_id: peer.routing_id,
                subscribe_to_all: peer.subscribe_to_all,
                properties: peer.properties,
            }),
            Event::Message(msg) => Seen::Part(msg.into()),
            Event::Asks(_) | Event::Refused(_) => panic!("nobody is judged here"),
        }
    }
}

/// Why a session is over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ending {
    /// The variant with its data, as `Debug` writes it.
    pub error: String,
    /// What is logged.
    pub text: String,
    /// It happened before the handshake was complete.
    pub in_handshake: bool,
    /// Monitors hear of a handshake that failed.
    pub is_failure: bool,
}

impl From<zmtp::PeerError> for Ending {
    fn from(error: zmtp::PeerError) -> Ending {
        Ending {
            error: format!("{error:?}"),
            text: error.to_string(),
            in_handshake: error.in_handshake(),
            is_failure: error.failure().is_some(),
        }
    }
}

/// One end of a connection: a session, and what an engine keeps beside it.
#[derive(Debug)]
pub struct End {
    session: Session,
    out: Outgoing,
    /// Large bodies are read straight into their message.
    pub straight: bool,
    /// Events are counted and not kept, and of an error only that there was one.
    pub forgetful: bool,
    /// What came of it so far.
    pub seen: Vec<Seen>,
    /// How many events there were.
    pub events: usize,
    /// How it ended.
    pub ending: Option<Ending>,
}

impl End {
    /// A new connection.
    pub fn new(setup: &Setup, now: u64) -> End {
        let mut end = End {
            session: Session::new(Arc::new(setup.config()), now),
            out: Outgoing::new(),
            straight: false,
            forgetful: false,
            seen: Vec::new(),
            events: 0,
            ending: None,
        };
        end.session.transmit(&mut end.out);
        end
    }

    /// Gives it bytes until it has taken them all or is over; how many it took.
    pub fn receive(&mut self, input: &[u8], now: u64) -> usize {
        let mut rest = input;
        while self.ending.is_none() {
            if self.straight && self.read_straight(&mut rest) {
                continue;
            }
            let received = self.session.receive(rest, now);
            self.session.transmit(&mut self.out);
            match received {
                Ok((0, None)) => break,
                Ok((taken, event)) => {
                    rest = rest.get(taken..).expect("no more is taken than there is");
                    if let Some(event) = event {
                        self.events += 1;
                        if !self.forgetful {
                            self.seen.push(event.into());
                        }
                    }
                }
                Err(error) => self.end(error),
            }
        }
        input.len() - rest.len()
    }

    fn end(&mut self, error: zmtp::PeerError) {
        self.ending = Some(if self.forgetful { Ending::default() } else { error.into() });
    }

    /// Moves bytes into a long body; whether there may be room for more of them.
    fn read_straight(&mut self, rest: &mut &[u8]) -> bool {
        let Some(body) = self.session.body() else { return false };
        let spare = body.spare().expect("memory follows what was received");
        assert!(!spare.is_empty(), "nothing is missing of a body that is offered");
        let (front, behind) = rest.split_at(spare.len().min(rest.len()));
        spare[..front.len()].copy_from_slice(front);
        body.advance(front.len());
        *rest = behind;
        !front.is_empty() && body.missing() > 0
    }

    /// What the session does although it is over: how many bytes it takes, and whether it has an
    /// event or an error.
    pub fn poke(&mut self, input: &[u8], now: u64) -> (usize, bool) {
        match self.session.receive(input, now) {
            Ok((taken, event)) => (taken, event.is_some()),
            Err(_) => (0, true),
        }
    }

    /// How many bytes wait to be written.
    pub fn waiting(&self) -> usize {
        self.out.len()
    }

    /// Writes at most so many bytes.
    pub fn write(&mut self, most: usize) -> Vec<u8> {
        let mut bytes = self.out.chunks().collect::<Vec<_>>().concat();
        assert_eq!(bytes.len(), self.out.len());
        bytes.truncate(most);
        self.out.consume(bytes.len());
        self.session.transmit(&mut self.out);
        bytes
    }

    /// Sends a message or a part of one.
    pub fn encode(&mut self, part: &Part) {
        self.session.encode(part.to_msg(), &mut self.out);
    }

    /// Lets time have come.
    pub fn timeout(&mut self, now: u64) {
        if let Err(error) = self.session.timeout(now) {
            self.end(error);
        }
        self.session.transmit(&mut self.out);
    }

    /// When time wants to come.
    pub fn deadline(&self) -> Option<u64> {
        self.session.deadline()
    }

    /// Stops to read, or goes on.
    pub fn pause(&mut self, paused: bool, now: u64) {
        self.session.pause(paused, now);
        self.session.transmit(&mut self.out);
    }

    /// Whether messages may be sent.
    pub fn is_ready(&self) -> bool {
        self.session.is_ready()
    }

    /// Whether it offers to read straight into a message.
    pub fn offers_body(&mut self) -> bool {
        self.session.body().is_some()
    }

    /// What it would mean if the connection ended now.
    pub fn closed(&self) -> [Ending; 2] {
        [self.session.end_of_input().into(), self.session.reset().into()]
    }
}

/// Bytes on their way out.
#[derive(Debug, Default)]
pub struct Out(Outgoing);

impl Out {
    /// Adds a copy of bytes.
    pub fn put(&mut self, bytes: &[u8]) {
        self.0.put(bytes);
    }

    /// Adds the content of a message.
    pub fn put_body(&mut self, body: &[u8]) {
        self.0.put_body(Msg::from_slice(body).expect("targets make small messages"));
    }

    /// The bytes, in their pieces.
    pub fn chunks(&self) -> Vec<&[u8]> {
        self.0.chunks().collect()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes the first away.
    pub fn consume(&mut self, count: usize) {
        self.0.consume(count);
    }

    /// Drops all.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

/// A transport and what stands after its `://`, or an errno.
pub fn split_endpoint(text: &[u8]) -> Result<(&'static str, &[u8]), i32> {
    let Endpoint { scheme, address } = Endpoint::parse(text).map_err(|error| error.errno())?;
    let scheme = match scheme {
        Scheme::Inproc => "inproc",
        Scheme::Tcp => "tcp",
        Scheme::Ipc => "ipc",
        Scheme::Udp => "udp",
    };
    Ok((scheme, address))
}

/// What connecting to an endpoint means, as far as it is known without waiting: the endpoints in
/// numbers. Errors are errno values.
pub fn connect_to(text: &[u8], ipv6: bool) -> Result<Option<Vec<Vec<u8>>>, i32> {
    let parse = || {
        let Endpoint { scheme, address } = Endpoint::parse(text)?;
        Target::parse(scheme, address)
    };
    let target = parse().map_err(|error| error.errno())?;
    let addresses = target.addresses(ipv6);
    Ok(addresses.map(|all| all.iter().map(transport::Address::endpoint).collect()))
}

/// Where a tcp address listens, or an errno. Asks the system about what is neither `*` nor an
/// address in numbers.
pub fn listen_at(address: &[u8], ipv6: bool) -> Result<SocketAddr, i32> {
    transport::listening_address(address, ipv6).map_err(|error| error.errno())
}

/// The address that a text spells.
pub fn ip_address(text: &str) -> Option<IpAddr> {
    spelling::address(text)
}

/// A host without its brackets, and its zone.
pub fn host_and_zone(text: &str) -> (&str, Option<&str>) {
    spelling::host_and_zone(text)
}

/// The number that a text starts with.
pub fn leading_number(text: &[u8]) -> i64 {
    spelling::leading_number(text)
}

/// Bytes as Z85.
pub fn z85_encode(data: &[u8]) -> Option<String> {
    zmtp::z85::encode(data)
}

/// Z85 as bytes.
pub fn z85_decode(text: &[u8]) -> Option<Vec<u8>> {
    zmtp::z85::decode(text)
}
