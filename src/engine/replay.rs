//! What has to be said again on every new link: subscriptions and joined groups.
//!
//! They pass through the pipe once, when the application makes them. A peer that reconnects is a
//! new one on the wire, and the application may not call in for a long time; so the I/O thread
//! keeps the set, as it has been sent, and repeats it.

#![forbid(unsafe_code)]

use std::collections::BTreeSet;

use crate::core::kind::Kind as SocketKind;
use crate::msg::{Kind, Msg};

/// The topics or groups that a peer was told of.
#[derive(Debug)]
pub(super) enum Replay {
    /// Topics that a SUB or XSUB has subscribed to.
    Topics(BTreeSet<Box<[u8]>>),
    /// Groups that a DISH has joined.
    Groups(BTreeSet<Box<[u8]>>),
}

impl Replay {
    /// An empty set for the types that have one.
    pub(super) fn new(kind: SocketKind) -> Option<Replay> {
        match kind {
            SocketKind::Sub | SocketKind::Xsub => Some(Replay::Topics(BTreeSet::new())),
            SocketKind::Dish => Some(Replay::Groups(BTreeSet::new())),
            _ => None,
        }
    }

    /// Notes a frame on its way to the peer, the first of its message or not; false if it is not of
    /// the kind that is said again. At the start of a message XSUB programs type subscriptions.
    pub(super) fn note(&mut self, msg: &Msg, first: bool) -> bool {
        let kind = match msg.kind() {
            Kind::Data if first && matches!(msg.data().first(), Some(0 | 1)) => Kind::Request,
            kind => kind,
        };
        match (self, kind) {
            (Replay::Topics(topics), Kind::Request) => match msg.data().split_first() {
                Some((1, topic)) => {
                    topics.insert(topic.into());
                }
                Some((_, topic)) => {
                    topics.remove(topic);
                }
                None => {}
            },
            (Replay::Groups(groups), Kind::Join) => {
                groups.insert(msg.group().to_bytes().into());
            }
            (Replay::Groups(groups), Kind::Leave) => {
                groups.remove(msg.group().to_bytes());
            }
            (
                Replay::Topics(_) | Replay::Groups(_),
                Kind::Data | Kind::Join | Kind::Leave | Kind::Request,
            ) => return false,
        }
        true
    }

    /// The messages that say it all again.
    pub(super) fn messages(&self) -> impl Iterator<Item = Msg> {
        let (topics, groups) = match self {
            Replay::Topics(topics) => (Some(topics), None),
            Replay::Groups(groups) => (None, Some(groups)),
        };
        // Without memory for one, the rest is still said.
        let subscribe = topics.into_iter().flatten().filter_map(|topic| {
            let mut msg = Msg::with_size(topic.len() + 1).ok()?;
            msg.fill(0, &[1]);
            msg.fill(1, topic);
            msg.set_kind(Kind::Request);
            Some(msg)
        });
        let join = groups.into_iter().flatten().map(|group| {
            let mut msg = Msg::empty();
            msg.set_group(group);
            msg.set_kind(Kind::Join);
            msg
        });
        subscribe.chain(join)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(data: &[u8]) -> Msg {
        let mut msg = Msg::from_slice(data).expect("small");
        msg.set_kind(Kind::Request);
        msg
    }

    #[test]
    fn each_subscription_that_stands_is_said_once() {
        let mut replay = Replay::new(SocketKind::Sub).expect("SUB subscribes");
        for data in [b"\x01a".as_slice(), b"\x01b", b"\x01a", b"\x00b", b"\x01", b"\x00never"] {
            replay.note(&request(data), true);
        }
        assert!(replay.note(&Msg::from_slice(b"\x01typed").expect("small"), true));
        assert!(!replay.note(&Msg::from_slice(b"\x01not first").expect("small"), false));
        assert!(!replay.note(&Msg::from_slice(b"a message").expect("small"), true));
        let said: Vec<Vec<u8>> = replay.messages().map(|msg| msg.data().to_vec()).collect();
        assert_eq!(said, [b"\x01".as_slice(), b"\x01a", b"\x01typed"]);
        assert!(replay.messages().all(|msg| msg.kind() == Kind::Request));
    }

    #[test]
    fn groups_are_joined_again() {
        let mut replay = Replay::new(SocketKind::Dish).expect("DISH joins");
        for (kind, group) in [(Kind::Join, "a"), (Kind::Join, "b"), (Kind::Leave, "a")] {
            let mut msg = Msg::empty();
            msg.set_kind(kind);
            msg.set_group(group.as_bytes());
            replay.note(&msg, true);
        }
        let joined: Vec<_> = replay.messages().map(|msg| msg.group().to_owned()).collect();
        assert_eq!(joined, [c"b".to_owned()]);
        assert!(Replay::new(SocketKind::Push).is_none());
    }
}
