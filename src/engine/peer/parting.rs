//! The ends of a peer: its socket is done with it, its link is lost, or it takes its last step.
//!
//! The room exists because these decide together whether another link is wanted, and because their
//! order matters: who reads is settled before the descriptor goes, descriptors go before the pipe, and
//! the monitor hears of what has happened. Why a link was lost is [`ending`](crate::engine::ending)'s to
//! say; what it means for the peer is said here.

#![forbid(unsafe_code)]

use std::os::fd::AsRawFd;

use super::{Last, Leaving, Origin, Stage, State, Step};
use crate::core::io_thread::Io;
use crate::core::log;
use crate::engine::ending::{Ending, Obituary};
use crate::engine::owner::Happening;

impl State {
    /// The socket closes, or disconnects. A peer with a pipe hears of it through the pipe; one whose
    /// pipe is still on its way to the socket, when the socket has taken that in. A pipe may go before
    /// it has brought the word, so that the order is remembered.
    pub(super) fn close(&mut self, linger: i32, now: u64) -> Step {
        if self.side.has_pipe() && self.leaving.is_none() {
            self.called_back = Some(linger);
            self.side.owner.tidy();
            return Ok(());
        }
        let output = matches!(&self.stage, Stage::Up(link) if link.has_output());
        if linger == 0 || !(self.side.has_pipe() || output) {
            return Err(Last::Quiet);
        }
        if self.leaving.is_none_or(|leaving| leaving.until.is_none()) {
            self.leave(linger, now);
        }
        Ok(())
    }

    /// The socket is done with the peer.
    pub(super) fn leave(&mut self, linger: i32, now: u64) {
        self.give_back();
        self.side.awake = false;
        let until = u64::try_from(linger).ok().map(|linger| now + linger);
        self.leaving = Some(Leaving { until });
    }

    /// After the socket has left: ends if there is nothing to wait for.
    pub(super) fn settle(&mut self, linger: i32, io: &mut Io<'_>) -> Step {
        let trying = !self.side.profile.stops_when_disconnected();
        match &self.stage {
            Stage::Up(_) if linger != 0 => self.pump(io),
            Stage::Waiting(Some(_)) | Stage::Resolving | Stage::Connecting(..)
                if linger != 0 && trying && !self.side.is_over() =>
            {
                Ok(())
            }
            Stage::Up(_) | Stage::Waiting(_) | Stage::Resolving | Stage::Connecting(..) => {
                Err(Last::Quiet)
            }
        }
    }

    /// The link is lost, not by our own doing.
    pub(super) fn lost(&mut self, ending: &Ending, io: &mut Io<'_>) -> Step {
        let Stage::Up(mut link) = std::mem::replace(&mut self.stage, Stage::Waiting(None)) else {
            return Ok(());
        };
        self.give_back();
        self.side.awake = false;
        if std::mem::take(&mut self.elsewhere) {
            // A thread that sleeps on the descriptor would keep the connection from being closed.
            link.shut_down();
        }
        let established = link.is_established();
        let fd = link.fd();
        link.last_words();
        io.forget(fd);
        log::say(format_args!("{}", Obituary { link: &link, ending, now: io.turn.now }));
        if let (Origin::Connected(dialer), true) = (&mut self.origin, established) {
            dialer.begin_again();
        }
        if !established || link.is_raw() || ending.is_security() {
            if let Some(failure) = ending.failure() {
                link.report(&self.side, failure);
            }
        }
        link.report(&self.side, Happening::Disconnected(fd));
        let metadata = link.metadata().cloned();
        drop(link);

        let options = &self.side.profile.options;
        let in_vain = !established && self.side.profile.stops_in_handshake();
        let broken = ending.is_protocol() || in_vain;
        let done = self.leaving.is_some() || self.called_back.is_some();
        let wanted = !done || (self.side.outlives_links() && self.side.has_pipe());
        let comes_back = self.side.connects() && !broken && options.reconnect_ivl > 0 && wanted;
        self.side.link_down(established, comes_back, metadata.as_ref());
        if comes_back {
            self.retry(io)
        } else if self.side.connects() && !broken {
            Err(Last::EndpointGone)
        } else {
            Err(Last::Quiet)
        }
    }

    /// The last step: descriptors first, then the pipe; the socket hears of it when all is dropped.
    pub(super) fn finish(&mut self, last: &Last, io: &mut Io<'_>) {
        match std::mem::replace(&mut self.stage, Stage::Waiting(None)) {
            Stage::Up(mut link) => {
                link.drain(&mut io.turn);
                io.forget(link.fd());
                drop(link);
            }
            Stage::Connecting(stream, _, _) => {
                let fd = stream.as_raw_fd();
                io.forget(fd);
                drop(stream);
                if let Origin::Connected(dialer) = &self.origin {
                    self.report_attempt(Happening::Closed(fd), dialer.shown());
                }
            }
            Stage::Waiting(_) | Stage::Resolving => {}
        }
        self.side.end();
        self.hold.endpoint_gone = matches!(last, Last::EndpointGone);
    }
}
