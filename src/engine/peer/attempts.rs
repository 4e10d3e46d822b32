//! How a connecting peer gets its next link: a name, an address, an attempt at it, and the wait before
//! the next one.
//!
//! The room exists because an attempt goes through several stages, each of which may fail and lead to
//! the same places: the next address, the next attempt, or the end. The [`Dialer`](super::Dialer) knows
//! what comes next; here it is done, and the monitor is told.

#![forbid(unsafe_code)]

use std::io;
use std::os::fd::AsRawFd;

use super::{Last, Origin, PeerOrder, Stage, State, Step, errno};
use crate::core::command::Names;
use crate::core::io_thread::Io;
use crate::core::log;
use crate::engine::link::Link;
use crate::engine::owner::{Event, Happening};
use crate::transport::{Address, Progress, Stream, look_up};

impl State {
    /// Begins an attempt: finds out where to go.
    pub(super) fn attempt(&mut self, io: &mut Io<'_>) -> Step {
        let Origin::Connected(dialer) = &mut self.origin else { return Err(Last::Quiet) };
        let ipv6 = self.side.profile.options.ipv6;
        let preparation = self.side.profile.preparation();
        if let (None, Some(addresses)) = (&preparation, dialer.target().addresses(ipv6)) {
            return self.found(Ok(addresses), io);
        }
        let (question, target) = (dialer.ask(), dialer.target().clone());
        self.stage = Stage::Resolving;
        let handle = self.handle.clone();
        look_up(
            target,
            ipv6,
            Box::new(move |answer| {
                let answer = answer.map_err(|error| errno(&error));
                if let (Some(prepare), true) = (preparation, answer.is_ok()) {
                    prepare();
                }
                handle.order(PeerOrder::Found(question, answer));
            }),
        );
        Ok(())
    }

    /// The addresses are known, or not.
    pub(super) fn found(&mut self, answer: Result<Vec<Address>, i32>, io: &mut Io<'_>) -> Step {
        let Origin::Connected(dialer) = &mut self.origin else { return Err(Last::Quiet) };
        if let Err(errno) = &answer {
            let name = String::from_utf8_lossy(dialer.given()).into_owned();
            let why = io::Error::from_raw_os_error(*errno);
            log::say(format_args!("cannot find out where {name} is: {why}"));
        }
        dialer.found(answer.unwrap_or_default());
        self.try_next(io)
    }

    /// Tries the next address of this attempt; without one the attempt has failed.
    fn try_next(&mut self, io: &mut Io<'_>) -> Step {
        let Origin::Connected(dialer) = &mut self.origin else { return Err(Last::Quiet) };
        let Some(address) = dialer.next_address() else { return self.retry(io) };
        let shown = dialer.shown().to_vec();
        let settings = &self.side.profile.settings;
        match Stream::connect(&address, settings) {
            Ok((stream, progress)) => {
                if dialer.is_tcp() {
                    self.report_attempt(Happening::ConnectDelayed(libc::EINPROGRESS), &shown);
                }
                if let Err(error) = io.watch(&stream.as_raw_fd()) {
                    self.stage = Stage::Connecting(stream, address, None);
                    return self.attempt_failed(errno(&error), io);
                }
                let patience = u64::try_from(self.side.profile.options.connect_timeout).ok();
                let until = patience.filter(|ms| *ms > 0).map(|ms| io.turn.now + ms);
                self.stage = Stage::Connecting(stream, address, until);
                match progress {
                    Progress::Done => self.connected(io),
                    Progress::Pending => Ok(()),
                }
            }
            Err(failed) => {
                if let Some(fd) = failed.closed {
                    self.report_attempt(Happening::Closed(fd), &shown);
                }
                self.refused(errno(&failed.error), io)
            }
        }
    }

    /// What a failed attempt at one address means.
    pub(super) fn attempt_failed(&mut self, errno: i32, io: &mut Io<'_>) -> Step {
        if let Stage::Connecting(stream, _, _) =
            std::mem::replace(&mut self.stage, Stage::Waiting(None))
        {
            let fd = stream.as_raw_fd();
            io.forget(fd);
            drop(stream);
            if let Origin::Connected(dialer) = &self.origin {
                self.report_attempt(Happening::Closed(fd), dialer.shown());
            }
        }
        self.refused(errno, io)
    }

    fn refused(&mut self, errno: i32, io: &mut Io<'_>) -> Step {
        let refused = errno == libc::ECONNREFUSED;
        if refused && self.side.profile.stops_when_refused() {
            return Err(Last::EndpointGone);
        }
        if refused && self.leaving.is_some() && self.side.profile.stops_when_disconnected() {
            return Err(Last::Quiet);
        }
        self.try_next(io)
    }

    /// Waits for the next attempt, if there is one.
    pub(super) fn retry(&mut self, io: &mut Io<'_>) -> Step {
        let Origin::Connected(dialer) = &mut self.origin else { return Err(Last::Quiet) };
        let wait = dialer.next_wait(&self.side.profile);
        let shown = dialer.shown().to_vec();
        match wait {
            Some(wait) => self.report_attempt(Happening::ConnectRetried(wait), &shown),
            // Nothing will ever be delivered.
            None if self.leaving.is_some() => return Err(Last::Quiet),
            None => {}
        }
        self.stage = Stage::Waiting(wait.map(|wait| io.turn.now + wait));
        Ok(())
    }

    pub(super) fn report_attempt(&self, what: Happening, shown: &[u8]) {
        let event = Event { what, local: b"", remote: shown, bound: false };
        self.side.owner.report(&event);
    }

    /// The connection is made: a link begins.
    pub(super) fn connected(&mut self, io: &mut Io<'_>) -> Step {
        let stage = std::mem::replace(&mut self.stage, Stage::Waiting(None));
        let (Stage::Connecting(stream, address, _), Origin::Connected(dialer)) =
            (stage, &mut self.origin)
        else {
            return Err(Last::Quiet);
        };
        let names = Names { local: stream.local_endpoint(), remote: dialer.given().to_vec() };
        let mut link = Box::new(Link::new(stream, &self.side, names, io.turn.now));
        link.report(&self.side, Happening::Connected(link.fd()));
        dialer.succeeded(&address);
        link.start(&mut self.side);
        self.stage = Stage::Up(link);
        self.pump(io)
    }
}
