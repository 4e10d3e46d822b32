//! ZAP (RFC 27): the question about a peer, and what the answer means. Whoever carries them is not
//! known here.
//!
//! Frames of the question: an empty one, version, request id, domain, address of the peer, routing
//! id of our socket, mechanism, credentials. Of the answer: an empty one, version, request id,
//! status, a text for people, user id, metadata.

#![forbid(unsafe_code)]

use zeroize::Zeroizing;

use super::metadata::Properties;
use super::{Credentials, HandlerError, SocketType, Status, Verdict};

/// Where a handler is found.
pub(crate) const ADDRESS: &[u8] = b"zeromq.zap.01";

const VERSION: &[u8] = b"1.0";
/// Each question has a pipe of its own, so that one id is enough.
const REQUEST_ID: &[u8] = b"1";
/// Name of the property that holds the user id.
const USER_ID: &[u8] = b"User-Id";
/// What the answer has no say in, as it is the peer's own to tell.
const PEER_ONLY: [&[u8]; 2] = [b"Socket-Type", b"Identity"];

/// What is asked.
pub(crate) struct Question<'a> {
    /// `ZMQ_ZAP_DOMAIN`
    pub(crate) domain: &'a [u8],
    /// Where the peer is.
    pub(crate) address: &'a [u8],
    /// `ZMQ_ROUTING_ID` of our own socket.
    pub(crate) routing_id: &'a [u8],
    /// Who it says that it is.
    pub(crate) credentials: &'a Credentials,
}

impl Question<'_> {
    /// The frames, in order.
    pub(crate) fn frames(&self) -> Vec<Zeroizing<Vec<u8>>> {
        let (mechanism, credentials): (&[u8], Vec<&[u8]>) = match self.credentials {
            Credentials::Null => (b"NULL", vec![]),
            Credentials::Plain { username, password } => (b"PLAIN", vec![username, password]),
            Credentials::Curve(key) => (b"CURVE", vec![&key[..]]),
            #[cfg(any(test, feature = "gssapi"))]
            Credentials::Gssapi(principal) => (b"GSSAPI", vec![principal]),
        };
        let front =
            [b"", VERSION, REQUEST_ID, self.domain, self.address, self.routing_id, mechanism];
        front.into_iter().chain(credentials).map(|frame| frame.to_vec().into()).collect()
    }
}

/// What the frames of an answer mean to a socket of a type.
pub(crate) fn answer(frames: &[&[u8]], own: SocketType) -> Result<Verdict, HandlerError> {
    let [delimiter, version, request_id, status, _text, user_id, metadata] = frames else {
        return Err(HandlerError::Frames(frames.len()));
    };
    if !delimiter.is_empty() {
        return Err(HandlerError::Delimiter);
    }
    if *version != VERSION {
        return Err(HandlerError::Version);
    }
    if *request_id != REQUEST_ID {
        return Err(HandlerError::RequestId);
    }
    let denied = match *status {
        b"200" => None,
        b"300" => Some(Status::Temporary),
        b"400" => Some(Status::Denied),
        b"500" => Some(Status::Failed),
        _ => return Err(HandlerError::Status),
    };
    let told = Properties::parse(metadata, own).map_err(|_| HandlerError::Metadata)?;
    if let Some(status) = denied {
        return Ok(Verdict::Denied(status));
    }
    let mut known = vec![(USER_ID.to_vec(), user_id.to_vec())];
    known.extend(told.visible.into_iter().filter(|(name, _)| !PEER_ONLY.contains(&&name[..])));
    Ok(Verdict::Accepted(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(at: usize, frame: &'static [u8]) -> Vec<&'static [u8]> {
        let mut frames: Vec<&[u8]> =
            vec![b"", b"1.0", b"1", b"200", b"OK", b"somebody", b"\x05Hello\0\0\0\x05World"];
        frames[at] = frame;
        frames
    }

    fn error(at: usize, frame: &'static [u8]) -> Option<HandlerError> {
        answer(&frames(at, frame), SocketType::Dealer).err()
    }

    #[test]
    fn w085_the_question() {
        let password = b"pass".to_vec().into();
        let credentials = Credentials::Plain { username: b"admin".to_vec(), password };
        let question = Question {
            domain: b"domain",
            address: b"127.0.0.1",
            routing_id: b"ID",
            credentials: &credentials,
        };
        let expected: [&[u8]; 9] =
            [b"", b"1.0", b"1", b"domain", b"127.0.0.1", b"ID", b"PLAIN", b"admin", b"pass"];
        assert!(question.frames().iter().map(|frame| &frame[..]).eq(expected));
        let last =
            |credentials: &Credentials| Question { credentials, ..question }.frames().split_off(6);
        assert_eq!(last(&Credentials::Null), [Zeroizing::new(b"NULL".to_vec())]);
        let curve = last(&Credentials::Curve(Box::new([7; 32])));
        assert_eq!((&curve[0][..], &curve[1][..], curve.len()), (&b"CURVE"[..], &[7; 32][..], 2));
        let gssapi = last(&Credentials::Gssapi(b"alice@REALM".to_vec()));
        let expected = ["GSSAPI", "alice@REALM"].map(|text| Zeroizing::new(text.into()));
        assert_eq!(gssapi, expected);
    }

    #[test]
    fn w086_answers_that_are_none() {
        let short = &frames(0, b"")[..6];
        let long = [&frames(0, b"")[..], &[b""]].concat();
        assert_eq!(answer(short, SocketType::Dealer).err(), Some(HandlerError::Frames(6)));
        assert_eq!(answer(&long, SocketType::Dealer).err(), Some(HandlerError::Frames(8)));
        assert_eq!(error(0, b"x"), Some(HandlerError::Delimiter));
        assert_eq!(error(1, b"1.1"), Some(HandlerError::Version));
        assert_eq!(error(2, b"2"), Some(HandlerError::RequestId));
        for status in [&b"201"[..], b"", b"2000", b"20"] {
            assert_eq!(error(3, status), Some(HandlerError::Status));
        }
        assert_eq!(error(6, b"\x05Hello\0\0\0\x06World"), Some(HandlerError::Metadata));
        assert_eq!(error(6, b"\x0bSocket-Type\0\0\0\x04PULL"), Some(HandlerError::Metadata));
    }

    #[test]
    fn w091_the_user_and_the_metadata_are_known_and_nothing_that_is_the_peers() {
        let known = |metadata| match answer(&frames(6, metadata), SocketType::Dealer) {
            Ok(Verdict::Accepted(known)) => known,
            other => panic!("{other:?}"),
        };
        let user = (b"User-Id".to_vec(), b"somebody".to_vec());
        let hello = (b"Hello".to_vec(), b"World".to_vec());
        assert_eq!(known(b"\x05Hello\0\0\0\x05World"), [user.clone(), hello]);
        assert_eq!(
            known(b"\x0bSocket-Type\0\0\0\x06ROUTER\x08Identity\0\0\0\x01x"),
            std::slice::from_ref(&user)
        );
        assert_eq!(known(b"\x07User-Id\0\0\0\x01x"), [user]);
    }

    #[test]
    fn refusals_have_a_status() {
        for (status, expected) in
            [(&b"300"[..], Status::Temporary), (b"400", Status::Denied), (b"500", Status::Failed)]
        {
            match answer(&frames(3, status), SocketType::Dealer) {
                Ok(Verdict::Denied(status)) => assert_eq!(status, expected),
                other => panic!("{other:?}"),
            }
        }
    }
}
