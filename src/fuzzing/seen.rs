//! What a session makes of bytes: messages, questions, and its end.

#![forbid(unsafe_code)]

use crate::msg::{self, Msg};
use crate::zmtp::{
    self, Credentials, Event, HandlerError, NoDetail, PeerError, SecurityError, SocketType, Status,
    Verdict,
};

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

    pub(super) fn to_msg(&self) -> Msg {
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
    /// Somebody has to judge the peer by its mechanism and what it says of itself.
    Asks(Vec<Vec<u8>>),
    /// The peer is refused, with a status of ZAP.
    Refused(u32),
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
            Event::Asks(credentials) => Seen::Asks(match *credentials {
                Credentials::Null => vec![b"NULL".to_vec()],
                Credentials::Plain { username, password } => {
                    vec![b"PLAIN".to_vec(), username, password.to_vec()]
                }
                Credentials::Curve(key) => vec![b"CURVE".to_vec(), key.to_vec()],
            }),
            Event::Refused(status) => Seen::Refused(status.number()),
        }
    }
}

/// What somebody says who was asked about a peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// The peer is let in; what is known of it.
    Accepted(Vec<(Vec<u8>, Vec<u8>)>),
    /// It is not; 300, 400 or 500.
    Denied(u32),
    /// There is nobody.
    NoHandler,
    /// Something that makes no sense.
    Nonsense,
}

impl Judgement {
    pub(super) fn verdict(self) -> Result<Verdict, SecurityError> {
        let status = match self {
            Judgement::Accepted(known) => return Ok(Verdict::Accepted(known)),
            Judgement::NoHandler => return Err(SecurityError::NoHandler { passing: true }),
            Judgement::Nonsense => return Err(SecurityError::Handler(HandlerError::Version)),
            Judgement::Denied(300) => Status::Temporary,
            Judgement::Denied(400) => Status::Denied,
            Judgement::Denied(500) => Status::Failed,
            Judgement::Denied(other) => panic!("{other} is no status of ZAP"),
        };
        Ok(Verdict::Denied(status))
    }
}

/// What the frames of an answer about a peer mean to a socket of a type.
pub fn zap_answer(frames: &[&[u8]], socket_type: u8) -> Result<Judgement, Ending> {
    let socket_type = SocketType::from_number(socket_type.into())
        .expect("a target chooses among the types that there are");
    match zmtp::zap::answer(frames, socket_type) {
        Ok(Verdict::Accepted(known)) => Ok(Judgement::Accepted(known)),
        Ok(Verdict::Denied(status)) => Ok(Judgement::Denied(status.number())),
        Err(error) => Err(PeerError::from(SecurityError::Handler(error)).into()),
    }
}

/// What monitors hear of a handshake that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// That there are no details, and what stands for them.
    NoDetail(&'static str),
    /// A number of `ZMQ_PROTOCOL_ERROR_*`.
    Protocol(u32),
    /// A status of ZAP.
    Auth(u32),
}

impl From<zmtp::Failure> for Failure {
    fn from(failure: zmtp::Failure) -> Failure {
        match failure {
            zmtp::Failure::NoDetail(instead) => Failure::NoDetail(match instead {
                NoDetail::Closed => "Closed",
                NoDetail::Reset => "Reset",
                NoDetail::TimedOut => "TimedOut",
                NoDetail::NoHandler => "NoHandler",
            }),
            zmtp::Failure::Protocol(code) => Failure::Protocol(code),
            zmtp::Failure::Auth(status) => Failure::Auth(status),
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
    /// Connecting once more would lead to the same.
    pub is_protocol: bool,
    /// What monitors hear.
    pub failure: Option<Failure>,
}

impl From<PeerError> for Ending {
    fn from(error: PeerError) -> Ending {
        Ending {
            error: match &error {
                PeerError::Security(error) => format!("{error:?}"),
                error => format!("{error:?}"),
            },
            text: error.to_string(),
            in_handshake: error.in_handshake(),
            is_protocol: error.is_protocol(),
            failure: error.failure().map(Failure::from),
        }
    }
}
