//! What can go wrong where peers prove who they are, and where frames are sealed.

#![forbid(unsafe_code)]

use std::fmt;

use super::peer_error::Failure;
use super::{NoDetail, Stage, Status};

/// `ZMQ_PROTOCOL_ERROR_ZMTP_UNSPECIFIED`
const UNSPECIFIED: u32 = 0x1000_0000;
/// `ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND`
const UNEXPECTED_COMMAND: u32 = 0x1000_0001;
/// `ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_SEQUENCE`
const INVALID_SEQUENCE: u32 = 0x1000_0002;
/// `ZMQ_PROTOCOL_ERROR_ZMTP_KEY_EXCHANGE`
const KEY_EXCHANGE: u32 = 0x1000_0003;
/// `ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED`
const MALFORMED: u32 = 0x1000_0011;
/// `ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC`
const CRYPTOGRAPHIC: u32 = 0x1100_0001;

/// What is wrong; see the module's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SecurityError {
    /// A frame that is no command at all.
    Malformed {
        /// Its length.
        len: usize,
        /// How far we had come.
        stage: Stage,
    },
    /// A command whose content does not have the form that it must have.
    WrongForm {
        /// Which command.
        command: Form,
        /// The length of its frame.
        len: usize,
    },
    /// A frame while none is due: the peer's credentials are being judged, or were refused.
    OutOfTurn,
    /// A box that does not open: it was made with another key than ours, or changed on its way.
    Forged {
        /// Which command it was in.
        command: Form,
    },
    /// A public key with which there are no secrets.
    WeakKey {
        /// Which command it was in; none: it is one of our options.
        command: Option<Form>,
    },
    /// A cookie that is not the one we gave.
    ForeignCookie,
    /// The peer vouches for other keys than those in use.
    WrongVouch,
    /// A frame that came before, or comes too late.
    Replayed {
        /// Its number.
        nonce: u64,
        /// The highest number before it.
        last: u64,
    },
    /// A frame that is not sealed, where all are.
    NotSealed {
        /// Its length.
        len: usize,
    },
    /// All numbers for frames are used up, or one was used for a frame that found no memory.
    OutOfNonces,
    /// The system gives no entropy.
    NoEntropy,
    /// Somebody would have to be asked about the peer, and there is nobody, or nobody any more.
    NoHandler {
        /// There may be somebody the next time, so that a connecting side tries again. libzmq's does
        /// in NULL, and wherever the one who was asked has gone.
        passing: bool,
    },
    /// The one who was asked about the peer answers nonsense.
    Handler(HandlerError),
    /// The peer was refused some time ago.
    Refused(Status),
    /// A call of GSSAPI fails.
    #[cfg(any(test, feature = "gssapi"))]
    Gssapi {
        /// What it was for.
        act: GssapiAct,
        /// What GSSAPI says about it.
        why: String,
    },
}

/// What GSSAPI is called for.
#[cfg(any(test, feature = "gssapi"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GssapiAct {
    /// To begin, with what we have: a ticket, or the key of a service.
    Begin,
    /// To take a token of the peer.
    Token,
    /// To say who the peer is.
    Name,
    /// To seal a frame.
    Seal,
    /// To open one.
    Open,
}

/// The commands whose form matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// HELLO
    Hello,
    /// WELCOME
    Welcome,
    /// INITIATE
    Initiate,
    /// READY
    Ready,
    /// MESSAGE
    Message,
}

/// What is wrong with an answer of the one who was asked, in the order in which it is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HandlerError {
    /// It has so many frames, not seven.
    Frames(usize),
    /// It does not begin with an empty frame.
    Delimiter,
    /// It is of another version than the question.
    Version,
    /// It answers another question.
    RequestId,
    /// Its status is none of 200, 300, 400 and 500.
    Status,
    /// Its metadata cannot be read, or has a type of socket that we do not talk to.
    Metadata,
}

impl SecurityError {
    /// The event that says so.
    pub(super) fn failure(&self) -> Option<Failure> {
        use SecurityError::*;
        let code = match self {
            Malformed { .. } => MALFORMED,
            WrongForm { command, .. } => command.code(),
            OutOfTurn => UNSPECIFIED,
            Forged { .. } | ForeignCookie | WeakKey { .. } => CRYPTOGRAPHIC,
            WrongVouch => KEY_EXCHANGE,
            Replayed { .. } => INVALID_SEQUENCE,
            NotSealed { .. } => UNEXPECTED_COMMAND,
            Handler(error) => error.code(),
            NoHandler { .. } => return Some(Failure::NoDetail(NoDetail::NoHandler)),
            #[cfg(any(test, feature = "gssapi"))]
            Gssapi { act, .. } => return act.failure(),
            // Nobody is to blame, or it was said already.
            OutOfNonces | NoEntropy | Refused(_) => return None,
        };
        Some(Failure::Protocol(code))
    }

    /// Whether it can only be found when the handshake is over.
    pub(super) fn in_handshake(&self) -> bool {
        use SecurityError::*;
        match self {
            Forged { command } | WrongForm { command, .. } => *command != Form::Message,
            Malformed { stage, .. } => *stage != Stage::Established,
            Replayed { .. } | NotSealed { .. } | OutOfNonces => false,
            #[cfg(any(test, feature = "gssapi"))]
            Gssapi { act, .. } => act.in_handshake(),
            OutOfTurn
            | WeakKey { .. }
            | ForeignCookie
            | WrongVouch
            | NoEntropy
            | NoHandler { .. }
            | Handler(_)
            | Refused(_) => true,
        }
    }

    /// Whether it would happen again. A peer that was refused may be welcome later.
    pub(super) fn is_protocol(&self) -> bool {
        use SecurityError::*;
        #[cfg(any(test, feature = "gssapi"))]
        if let Gssapi { act, .. } = self {
            return act.is_protocol();
        }
        !matches!(self, OutOfNonces | NoEntropy | Refused(_) | NoHandler { passing: true })
    }
}

#[cfg(any(test, feature = "gssapi"))]
impl GssapiAct {
    /// The event that says that it failed.
    fn failure(self) -> Option<Failure> {
        match self {
            GssapiAct::Begin => Some(Failure::NoDetail(NoDetail::NoCredentials)),
            GssapiAct::Token | GssapiAct::Open => Some(Failure::Protocol(CRYPTOGRAPHIC)),
            GssapiAct::Name | GssapiAct::Seal => None,
        }
    }

    fn in_handshake(self) -> bool {
        match self {
            GssapiAct::Begin | GssapiAct::Token | GssapiAct::Name => true,
            GssapiAct::Seal | GssapiAct::Open => false,
        }
    }

    /// Tickets are renewed, and keys are put where they belong; what the peer sends remains.
    fn is_protocol(self) -> bool {
        match self {
            GssapiAct::Token | GssapiAct::Open => true,
            GssapiAct::Begin | GssapiAct::Name | GssapiAct::Seal => false,
        }
    }

    /// What is said before the words of GSSAPI.
    fn text(self) -> &'static str {
        match self {
            GssapiAct::Begin => "GSSAPI cannot begin with the credentials that we have",
            GssapiAct::Token => "GSSAPI does not take the peer's token",
            GssapiAct::Name => "GSSAPI cannot say who the peer is",
            GssapiAct::Seal => "GSSAPI cannot seal a frame",
            GssapiAct::Open => "GSSAPI cannot open the peer's frame",
        }
    }
}

impl Form {
    /// `ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_...`
    fn code(self) -> u32 {
        match self {
            Form::Message => 0x1000_0012,
            Form::Hello => 0x1000_0013,
            Form::Initiate => 0x1000_0014,
            Form::Ready => 0x1000_0016,
            Form::Welcome => 0x1000_0017,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Form::Hello => "HELLO",
            Form::Welcome => "WELCOME",
            Form::Initiate => "INITIATE",
            Form::Ready => "READY",
            Form::Message => "MESSAGE",
        }
    }
}

impl HandlerError {
    /// `ZMQ_PROTOCOL_ERROR_ZAP_...`
    fn code(self) -> u32 {
        match self {
            HandlerError::Delimiter => 0x2000_0000,
            HandlerError::Frames(_) => 0x2000_0001,
            HandlerError::RequestId => 0x2000_0002,
            HandlerError::Version => 0x2000_0003,
            HandlerError::Status => 0x2000_0004,
            HandlerError::Metadata => 0x2000_0005,
        }
    }
}

impl fmt::Display for SecurityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use SecurityError::*;
        match self {
            Malformed { len, stage } => write!(f, "a frame of {len} bytes {stage} is no command"),
            WrongForm { command, len } => {
                let name = command.name();
                write!(f, "the peer's {name} of {len} bytes does not have the form of one")
            }
            OutOfTurn => f.write_str(
                "the peer did not wait for the answer to its credentials, or goes on after a refusal",
            ),
            Forged { command: Form::Hello } => f.write_str(
                "the peer's HELLO does not open: it has another public key of ours \
                 (ZMQ_CURVE_SERVERKEY) than belongs to our ZMQ_CURVE_SECRETKEY",
            ),
            Forged { command: Form::Welcome } => f.write_str(
                "the peer's WELCOME does not open: our ZMQ_CURVE_SERVERKEY is not its public key",
            ),
            Forged { command } => write!(
                f,
                "the peer's {} does not open: it was made with another key, or changed on its way",
                command.name()
            ),
            WeakKey { command: Some(command) } => {
                write!(f, "the public key in the peer's {} protects nothing", command.name())
            }
            WeakKey { command: None } => {
                f.write_str("ZMQ_CURVE_SERVERKEY is a key that protects nothing")
            }
            ForeignCookie => f.write_str("the peer's cookie is not the one that it was given"),
            WrongVouch => f.write_str("the peer vouches for other keys than those in use"),
            Replayed { nonce, last } => {
                write!(f, "the peer's frame number {nonce} comes after number {last}")
            }
            NotSealed { len } => write!(f, "the peer's frame of {len} bytes is not a MESSAGE"),
            OutOfNonces => f.write_str("all numbers for frames are used up, or there was no memory for one"),
            NoEntropy => f.write_str("the system gives no entropy for keys"),
            NoHandler { .. } => f.write_str(
                "no handler at inproc://zeromq.zap.01 judges the peer, or it went without an answer",
            ),
            Handler(error) => {
                f.write_str("the handler at inproc://zeromq.zap.01 ")?;
                match error {
                    HandlerError::Frames(count) => write!(f, "answers {count} frames, not 7"),
                    HandlerError::Delimiter => f.write_str("does not begin with an empty frame"),
                    HandlerError::Version => f.write_str("speaks another version than 1.0"),
                    HandlerError::RequestId => f.write_str("answers another request"),
                    HandlerError::Status => f.write_str("answers a status that is none"),
                    HandlerError::Metadata => f.write_str("answers metadata that is none"),
                }
            }
            #[cfg(any(test, feature = "gssapi"))]
            Gssapi { act, why } => {
                write!(f, "{}: {}", act.text(), why.replace(char::is_control, " "))
            },
            Refused(status) => {
                write!(f, "the peer was denied access with status {}", status.number())
            }
        }
    }
}
