//! Which frames a type of socket may get from its peers, and what becomes of them.

#![forbid(unsafe_code)]

use super::{PeerError, SocketType};
use crate::msg::Msg;

/// The longest name of a group (`ZMQ_GROUP_MAX_LENGTH`).
pub(super) const GROUP_MAX: usize = 255;
/// Length of the request id that a REQ may put before its request.
const REQUEST_ID: usize = 4;

/// The order of frames in a message, and where in it we are.
#[derive(Debug)]
pub(super) enum Shape {
    /// Any frames, as they come.
    Any,
    /// What a REQ gets: perhaps the id of its request, an empty frame, the reply.
    Reply(Reply),
    /// What a DISH gets: the group, then the content, which together are one message.
    Grouped {
        /// The first of the two frames, once it is there.
        group: Option<Msg>,
    },
    /// Messages of one frame. Others are dropped.
    Single {
        /// We are behind a frame that said that another follows.
        inside: bool,
    },
}

/// The next frame of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// The id of a request, or the delimiter.
    Start,
    /// The delimiter.
    Delimiter,
    /// The reply proper.
    Content,
}

impl Shape {
    /// The shape of what a socket of a type receives.
    pub(super) fn new(socket_type: SocketType) -> Shape {
        use SocketType::*;
        match socket_type {
            Req => Shape::Reply(Reply::Start),
            Dish => Shape::Grouped { group: None },
            Server | Client | Gather | Scatter | Peer | Channel => Shape::Single { inside: false },
            Pair | Pub | Sub | Rep | Dealer | Router | Pull | Push | Xpub | Xsub | Stream
            | Radio | Dgram => Shape::Any,
        }
    }

    /// Takes a frame; gives what is to be handed on, if anything.
    #[inline]
    pub(super) fn frame(&mut self, msg: Msg) -> Result<Option<Msg>, PeerError> {
        match self {
            Shape::Any => Ok(Some(msg)),
            Shape::Single { inside } => {
                let part = *inside || msg.more();
                *inside = msg.more();
                Ok((!part).then_some(msg))
            }
            Shape::Reply(next) => {
                *next = next.after(&msg)?;
                Ok(Some(msg))
            }
            Shape::Grouped { group } => grouped(group, msg),
        }
    }
}

impl Reply {
    fn after(self, msg: &Msg) -> Result<Reply, PeerError> {
        let (len, more) = (msg.len(), msg.more());
        match self {
            Reply::Start if more && len == REQUEST_ID => Ok(Reply::Delimiter),
            Reply::Start | Reply::Delimiter if more && len == 0 => Ok(Reply::Content),
            Reply::Start | Reply::Delimiter => Err(PeerError::NoDelimiter { len, more }),
            Reply::Content if more => Ok(Reply::Content),
            Reply::Content => Ok(Reply::Start),
        }
    }
}

fn grouped(group: &mut Option<Msg>, mut msg: Msg) -> Result<Option<Msg>, PeerError> {
    match group.take() {
        None if !msg.more() => Err(PeerError::NoGroup { len: msg.len() }),
        None => {
            check_group(msg.data())?;
            *group = Some(msg);
            Ok(None)
        }
        Some(_) if msg.more() => Err(PeerError::TooManyParts { expected: 2 }),
        Some(group) => {
            msg.set_group(group.data());
            Ok(Some(msg))
        }
    }
}

/// Refuses groups that are too long.
pub(super) fn check_group(group: &[u8]) -> Result<(), PeerError> {
    if group.len() > GROUP_MAX {
        return Err(PeerError::GroupTooLong { len: group.len(), limit: GROUP_MAX });
    }
    Ok(())
}
