//! What a link has to do until its peer is known: ask for a verdict, and show the application the peer.
//!
//! The room exists because the protocol does no more than say what it needs ([`Event`]); a handler is
//! asked through an [`Inquiry`], on a pipe of its own, so that the link waits for no answer. Nothing
//! here moves bytes: the two halves of the link do, as before.

#![forbid(unsafe_code)]

use super::{Link, Protocol, Shared};
use crate::core::command::Notice;
use crate::engine::ending::{Ending, Established};
use crate::engine::inquiry::{Asked, Inquiry};
use crate::engine::owner::Happening;
use crate::engine::side::Side;
use crate::msg::Metadata;
use crate::zmtp::{Credentials, Event, Peer, SecurityError, Stage, Verdict};

impl Link {
    /// Takes what the handshake has come to.
    #[cold]
    pub(super) fn negotiated(
        &mut self,
        event: Event,
        side: &mut Side,
        now: u64,
    ) -> Result<(), Ending> {
        match event {
            Event::Ready(peer) => self.handshake_over(*peer, side, now),
            Event::Refused(status) => {
                self.report(side, Happening::HandshakeFailedAuth(status.number()));
            }
            Event::Asks(credentials) => return self.ask(&credentials, side, now),
            // Before the peer is ready there are none.
            Event::Message(_) => {}
        }
        Ok(())
    }

    /// Has the peer judged.
    fn ask(&mut self, credentials: &Credentials, side: &mut Side, now: u64) -> Result<(), Ending> {
        match Inquiry::put(side, &self.stream.peer_address(), credentials) {
            Asked::Waits(inquiry) => {
                self.inquiry = Some(inquiry);
                self.hear(side, now)
            }
            Asked::Nobody(verdict) => self.judged(verdict, side, now),
        }
    }

    /// Whether anything has come from the peer.
    pub(in crate::engine) fn has_spoken(&self) -> bool {
        match &self.protocol {
            Protocol::Zmtp(session) => session.stage() != Stage::Greeting { received: 0 },
            Protocol::Raw => true,
        }
    }

    /// Whether the peer is being judged.
    pub(in crate::engine) fn is_judged(&self) -> bool {
        self.inquiry.is_some()
    }

    /// Whether there is a question about the peer on the pipe with this number.
    pub(in crate::engine) fn asks_on(&self, number: u64) -> bool {
        self.inquiry.as_ref().is_some_and(|inquiry| inquiry.is_on(number))
    }

    /// Takes a notice of the pipe with that question.
    pub(in crate::engine) fn notice(
        &mut self,
        notice: &Notice,
        side: &mut Side,
        now: u64,
    ) -> Result<(), Ending> {
        if let Some(inquiry) = &mut self.inquiry {
            inquiry.notice(notice);
        }
        self.hear(side, now)
    }

    /// Looks whether the question is answered.
    fn hear(&mut self, side: &mut Side, now: u64) -> Result<(), Ending> {
        match self.inquiry.as_mut().and_then(|inquiry| inquiry.verdict(side)) {
            Some(verdict) => {
                self.inquiry = None;
                self.judged(verdict, side, now)
            }
            None => Ok(()),
        }
    }

    fn judged(
        &mut self,
        verdict: Result<Verdict, SecurityError>,
        side: &mut Side,
        now: u64,
    ) -> Result<(), Ending> {
        let Protocol::Zmtp(session) = &mut self.protocol else { return Ok(()) };
        match session.judge(verdict, now).map_err(Ending::Peer)? {
            Some(event) => self.negotiated(event, side, now),
            None => Ok(()),
        }
    }

    /// The handshake is over: the application is shown the peer, and what has to be said first is
    /// said.
    fn handshake_over(&mut self, peer: Peer, side: &mut Side, now: u64) {
        self.established = Some(Established::new(now));
        if peer.version.has_metadata() {
            let mut metadata = Metadata::new();
            metadata.insert(b"Peer-Address", &self.stream.peer_address());
            metadata.set_fd(self.fd());
            for (name, value) in &peer.properties {
                metadata.insert(name, value);
            }
            self.metadata = Some(Shared::new(metadata));
            self.report(side, Happening::HandshakeSucceeded);
        }
        let routing_id = peer.routing_id.as_deref().unwrap_or_default();
        side.link_up(routing_id, peer.subscribe_to_all, self.metadata());
        if let Protocol::Zmtp(session) = &mut self.protocol {
            for msg in side.opening() {
                session.encode(msg, &mut self.outgoing);
            }
        }
    }
}
