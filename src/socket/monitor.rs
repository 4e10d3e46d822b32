//! Monitors: what happens to a socket, told to another socket.
//!
//! A monitor is a hidden socket, bound to an inproc name, that events are sent through. Events come
//! from any thread, and nobody may ever wait for the reader of a monitor: what cannot be sent is
//! kept, up to [`KEPT`] events, and past that the newest are given up and counted. The hidden
//! socket's mailbox is redirected to the reaper, which passes on what was kept as soon as a reader
//! connects or has room again.
//!
//! Locks are taken in this order: the monitored socket, the slot, the hidden socket.

#![forbid(unsafe_code)]

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;

use super::state::Socket;
use crate::core::command::Names;
use crate::core::kind::Kind;
use crate::core::log;
use crate::core::reaper::Tenant;
use crate::engine;
use crate::error::{Error, Result};
use crate::msg::Msg;
use crate::transport::{Endpoint, Scheme};

/// How many events are kept for a reader that is late.
const KEPT: usize = 16_384;

/// `ZMQ_EVENT_MONITOR_STOPPED`
const MONITOR_STOPPED: u64 = 0x0400;
/// `ZMQ_EVENT_PIPES_STATS`
const PIPES_STATS: u64 = 0x1_0000;
/// The bits that version 1 knows.
const VERSION_1: u64 = 0xffff;

/// What a monitored socket asks of a monitor.
pub(crate) struct MonitorRequest<'a> {
    /// The inproc endpoint for the reader.
    pub(crate) endpoint: &'a [u8],
    /// Which events to send.
    pub(crate) events: u64,
    /// The form of the frames: 1 or 2.
    pub(crate) version: i32,
    /// The type of the hidden socket.
    pub(crate) kind: i32,
}

/// Something that happened, in numbers.
struct Event<'a> {
    number: u64,
    values: &'a [u64],
    local: &'a [u8],
    remote: &'a [u8],
    /// What version 1 shows is the local endpoint.
    bound: bool,
}

impl Event<'_> {
    /// An event without endpoints.
    fn bare(number: u64, values: &[u64]) -> Event<'_> {
        Event { number, values, local: b"", remote: b"", bound: true }
    }
}

struct Monitor {
    events: u64,
    version: i32,
    socket: Arc<Socket>,
    kept: VecDeque<Vec<Msg>>,
    lost: u64,
}

/// The place for a socket's monitor; it has none at first.
#[derive(Default)]
pub(crate) struct MonitorSlot(Mutex<Option<Monitor>>);

impl Socket {
    /// Starts a monitor, in the place of an earlier one; without an endpoint only ends that.
    pub(crate) fn start_monitor(
        &self,
        events: u64,
        version: i32,
        request: Option<MonitorRequest<'_>>,
    ) -> Result<()> {
        drop(self.lock_running()?);
        if self.context().is_inherited() {
            return Err(Error::Interrupted);
        }
        if version == 1 && events & !VERSION_1 != 0 {
            return Err(Error::Invalid);
        }
        let Some(request) = request else {
            self.monitor().stop();
            return Ok(());
        };
        match Endpoint::parse(request.endpoint)?.scheme {
            Scheme::Inproc => {}
            Scheme::Udp if !self.kind().speaks_udp() => return Err(Error::IncompatibleProtocol),
            Scheme::Tcp | Scheme::Ipc | Scheme::Udp => return Err(Error::ProtocolNotSupported),
        }
        self.monitor().stop();
        let monitor = Monitor::new(self, &request)?;
        let (id, reaper) = (monitor.socket.id(), self.reaper().clone());
        let hidden = Arc::clone(&monitor.socket);
        let pump = Box::new(Pump { slot: Arc::clone(self.monitor()), id });
        let overtaken = {
            let mut slot = self.monitor().0.lock();
            // Under the lock: whoever ends this monitor hands the hidden socket to the reaper
            // under the same number, and that has to come after.
            reaper.adopt(id, pump);
            slot.replace(monitor)
        };
        // Another thread has started a monitor in between.
        overtaken.into_iter().for_each(Monitor::end);
        hidden.mailbox().redirect(Box::new(move || reaper.run(id)));
        Ok(())
    }

    /// Asks for one statistics event per pipe; they follow as the peers answer.
    pub(crate) fn request_pipe_stats(&self) -> Result<()> {
        if self.context().is_inherited() {
            return Err(Error::Interrupted);
        }
        let wanted = self.monitor().0.lock().as_ref().is_some_and(|m| m.wants(PIPES_STATS));
        if !wanted {
            return Err(Error::Invalid);
        }
        let state = self.lock();
        if state.base.pipes.len() == 0 {
            return Err(Error::Again);
        }
        for outbound in state.base.pipes.ask_stats() {
            self.monitor().pipe_stats(outbound, 0, &Names::default());
        }
        Ok(())
    }
}

impl MonitorSlot {
    /// Ends the monitor, if there is one; its reader is told.
    pub(crate) fn stop(&self) {
        let monitor = self.0.lock().take();
        monitor.into_iter().for_each(Monitor::end);
    }

    /// Reports how full a pipe is.
    pub(crate) fn pipe_stats(&self, outbound: u64, inbound: u64, link: &Names) {
        if let Some(monitor) = &mut *self.0.lock() {
            let (local, remote) = (link.local.as_slice(), link.remote.as_slice());
            let values = &[outbound, inbound];
            monitor.emit(&Event { number: PIPES_STATS, values, local, remote, bound: false });
        }
    }

    /// Reports what happened to a listener or a peer.
    pub(super) fn report(&self, event: &engine::Event<'_>) {
        if let Some(monitor) = &mut *self.0.lock() {
            let (number, value) = event.what.numbers();
            let engine::Event { local, remote, bound, .. } = *event;
            monitor.emit(&Event { number, values: &[value], local, remote, bound });
        }
    }
}

impl Monitor {
    fn new(monitored: &Socket, request: &MonitorRequest<'_>) -> Result<Monitor> {
        let kind = Kind::from_number(request.kind)
            .filter(|kind| matches!(kind, Kind::Pair | Kind::Pub | Kind::Push))
            .ok_or(Error::Invalid)?;
        let socket = Socket::open(monitored.context(), kind.number())?;
        if let Err(error) = socket.bind_hidden(request.endpoint, KEPT as i32) {
            socket.close();
            return Err(error);
        }
        Ok(Monitor {
            events: request.events,
            version: request.version,
            socket,
            kept: VecDeque::new(),
            lost: 0,
        })
    }

    /// The last event, and the end of the hidden socket.
    fn end(mut self) {
        self.emit(&Event::bare(MONITOR_STOPPED, &[0]));
        if self.lost > 0 {
            let lost = self.lost;
            log::say(format_args!("a monitor lost {lost} events: nobody read the {KEPT} before"));
        }
        self.socket.close();
    }

    fn wants(&self, event: u64) -> bool {
        self.events & event != 0
    }

    fn emit(&mut self, event: &Event<'_>) {
        if !self.wants(event.number) {
            return;
        }
        let Some(Ok(frames)) = event.frames(self.version) else { return };
        if self.kept.len() >= KEPT {
            self.lost += 1;
            return;
        }
        self.kept.push_back(frames);
        self.flush();
    }

    /// Sends what can be sent without waiting, in order.
    fn flush(&mut self) {
        while let Some(frames) = self.kept.front_mut() {
            match self.socket.send_hidden(frames) {
                Err(Error::Again) => return,
                // A hidden socket has no other reason to refuse; the event is spent either way.
                Ok(()) | Err(_) => {
                    self.kept.pop_front();
                }
            }
        }
    }
}

impl Event<'_> {
    /// The frames of a version; none for a version that does not exist.
    fn frames(&self, version: i32) -> Option<Result<Vec<Msg>>> {
        match version {
            1 => Some(self.version_1()),
            2 => Some(self.version_2()),
            _ => None,
        }
    }

    fn version_1(&self) -> Result<Vec<Msg>> {
        // The widths are those of the format: sixteen bits of event, thirty-two of value.
        let value = self.values.first().copied().unwrap_or(0) as u32;
        let mut head = (self.number as u16).to_ne_bytes().to_vec();
        head.extend_from_slice(&value.to_ne_bytes());
        let endpoint = if self.bound { self.local } else { self.remote };
        frames(&[&head, endpoint])
    }

    fn version_2(&self) -> Result<Vec<Msg>> {
        let mut numbers = vec![self.number.to_ne_bytes(), (self.values.len() as u64).to_ne_bytes()];
        numbers.extend(self.values.iter().map(|value| value.to_ne_bytes()));
        let mut parts: Vec<&[u8]> = numbers.iter().map(|number| number.as_slice()).collect();
        parts.extend([self.local, self.remote]);
        frames(&parts)
    }
}

/// One message of several frames.
fn frames(parts: &[&[u8]]) -> Result<Vec<Msg>> {
    let mut frames = Vec::with_capacity(parts.len());
    for part in parts {
        let mut frame = Msg::from_slice(part)?;
        frame.set_more(frames.len() + 1 < parts.len());
        frames.push(frame);
    }
    Ok(frames)
}

/// The monitor in the care of the reaper.
struct Pump {
    slot: Arc<MonitorSlot>,
    id: u64,
}

impl Tenant for Pump {
    fn run(&mut self) -> bool {
        match &mut *self.slot.0.lock() {
            Some(monitor) if monitor.socket.id() == self.id => {
                monitor.socket.catch_up();
                monitor.flush();
                false
            }
            _ => true,
        }
    }
}
