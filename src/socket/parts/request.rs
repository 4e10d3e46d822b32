//! Subscriptions as they stand in a message: one byte that says what is wanted, then the topic.
//!
//! They travel in pipes as plain messages, whatever form a connection gives them: XSUB programs
//! write them by hand and XPUB programs read them.

#![forbid(unsafe_code)]

use crate::error::{Error, Result};
use crate::msg::{Kind, Msg};

/// First byte of a subscription.
const SUBSCRIBE: u8 = 1;
/// First byte of its end.
const CANCEL: u8 = 0;

/// What a message asks a publisher for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Request<'a> {
    /// Messages that begin with this.
    Subscribe(&'a [u8]),
    /// No more messages that begin with this.
    Cancel(&'a [u8]),
}

impl Request<'_> {
    /// What a frame asks for; none: it is the application's own.
    #[inline]
    pub(crate) fn parse(frame: &[u8]) -> Option<Request<'_>> {
        match frame.split_first()? {
            (&SUBSCRIBE, topic) => Some(Request::Subscribe(topic)),
            (&CANCEL, topic) => Some(Request::Cancel(topic)),
            _ => None,
        }
    }

    /// The frame that asks for it.
    pub(crate) fn message(self) -> Result<Msg> {
        let (verb, topic) = match self {
            Request::Subscribe(topic) => (SUBSCRIBE, topic),
            Request::Cancel(topic) => (CANCEL, topic),
        };
        let size = topic.len().checked_add(1).ok_or(Error::NoMemory)?;
        let mut msg = Msg::with_size(size)?;
        msg.fill(0, &[verb]);
        msg.fill(1, topic);
        msg.set_kind(Kind::Request);
        Ok(msg)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_survive_their_message() {
        let long = vec![7; 10_000];
        for topic in [&b""[..], b"A", &long] {
            for request in [Request::Subscribe(topic), Request::Cancel(topic)] {
                let msg = request.message().expect("memory");
                assert_eq!(Request::parse(msg.data()), Some(request));
            }
        }
    }

    #[test]
    fn other_frames_are_the_applications() {
        assert_eq!(Request::parse(b""), None);
        assert_eq!(Request::parse(b"\x02A"), None);
        assert_eq!(Request::parse(b"A"), None);
    }
}
