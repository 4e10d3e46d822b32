//! Whether the peer is still there, and how it learns that we are.
//!
//! While the application does not read, neither do we, and then silence proves nothing: the
//! watches stand still. The peer's watches do not, so it gets a PONG from time to time although
//! its PINGs are not seen; but only if heartbeats are known to be in use, by its earlier PINGs or
//! because we send some. To others nothing is sent that they did not ask for: when a peer has
//! closed its end, and much of what it sent still lies in its kernel, whatever arrives there
//! makes that kernel drop it.

#![forbid(unsafe_code)]

use super::PeerError;
use super::command::{CONTEXT_MAX, PING, PONG};
use super::config::{HeartbeatConfig, Millis};
use super::frames::Frames;

/// Milliseconds in the unit of a TTL.
const TTL_UNIT: Millis = 100;
/// How often a peer hears of us while we do not read, if its own interval is not known.
const PAUSED_INTERVAL: Millis = 50;
/// PINGs closer than this came in one go, and say nothing about the peer's interval.
const BURST: Millis = 10;

/// The heartbeats of a connection, in both directions.
#[derive(Debug)]
pub(super) struct Heartbeat {
    config: HeartbeatConfig,
    /// When our next PING is due.
    next_ping: Option<Millis>,
    /// Runs from our PING to whatever comes next.
    answer: Watch,
    /// Runs from the peer's PING to whatever comes next.
    ttl: Watch,
    /// While the application does not read.
    pause: Option<Pause>,
    /// The peer has sent a PING.
    peer_pings: bool,
    /// When the peer's last PING came.
    pinged: Option<Millis>,
    /// The time between the peer's PINGs.
    peer_interval: Option<Millis>,
    due: Due,
}

/// A span of time in which something must come.
#[derive(Debug, Default)]
struct Watch {
    /// The span, while something is awaited.
    span: Option<Millis>,
    /// When it is over.
    end: Millis,
}

/// What there is to do while the application does not read.
#[derive(Debug)]
struct Pause {
    /// When to look whether the peer has heard of us, if it listens for that.
    next: Option<Millis>,
    /// Something was sent since the last look.
    sent: bool,
}

/// What waits to be sent.
#[derive(Debug, Default)]
struct Due {
    ping: bool,
    pong: Option<Context>,
    /// Where in all that was ever sent the last of these ended.
    last: u64,
}

/// What a PONG carries back.
#[derive(Clone, Copy, Debug, Default)]
struct Context {
    bytes: [u8; CONTEXT_MAX],
    len: usize,
}

impl Watch {
    fn start(&mut self, span: Millis, now: Millis) {
        self.span = Some(span);
        self.end = now.saturating_add(span);
    }

    #[inline]
    fn stop(&mut self) {
        self.span = None;
    }

    fn start_afresh(&mut self, now: Millis) {
        if let Some(span) = self.span {
            self.start(span, now);
        }
    }

    /// When it is over, if it runs.
    fn deadline(&self) -> Option<Millis> {
        self.span.map(|_| self.end)
    }

    /// The span that is over.
    fn expired(&self, now: Millis) -> Option<Millis> {
        self.span.filter(|_| now >= self.end)
    }
}

impl Heartbeat {
    /// Starts when the handshake is over.
    pub(super) fn new(config: HeartbeatConfig, now: Millis) -> Heartbeat {
        Heartbeat {
            config,
            next_ping: config.interval.map(|interval| now.saturating_add(interval)),
            answer: Watch::default(),
            ttl: Watch::default(),
            pause: None,
            peer_pings: false,
            pinged: None,
            peer_interval: None,
            due: Due::default(),
        }
    }

    /// A whole frame has come, of whatever kind.
    #[inline]
    pub(super) fn heard(&mut self) {
        self.answer.stop();
        self.ttl.stop();
    }

    /// The peer's PING has come.
    pub(super) fn ping(&mut self, ttl: u16, context: &[u8], now: Millis) {
        if ttl > 0 {
            self.ttl.start(Millis::from(ttl) * TTL_UNIT, now);
        }
        self.peer_pings = true;
        if let Some(earlier) = self.pinged.replace(now) {
            let interval = now.saturating_sub(earlier);
            if interval >= BURST {
                self.peer_interval = Some(interval);
            }
        }
        self.due.pong = Some(Context::new(context));
    }

    /// When [`timeout`](Self::timeout) wants to be called.
    pub(super) fn deadline(&self) -> Option<Millis> {
        let (first, second) = match &self.pause {
            Some(pause) => (pause.next, None),
            None => (self.answer.deadline(), self.ttl.deadline()),
        };
        [self.next_ping, first, second].into_iter().flatten().min()
    }

    /// Acts on the time.
    pub(super) fn timeout(&mut self, now: Millis) -> Result<(), PeerError> {
        match &mut self.pause {
            Some(pause) if pause.next.is_some_and(|next| now >= next) => {
                let sent = std::mem::take(&mut pause.sent);
                if !sent {
                    self.due.pong.get_or_insert_default();
                }
                // After something else it is only known that less than an interval has passed.
                let wait = if sent { self.paused_interval() / 2 } else { self.paused_interval() };
                self.pause = Some(Pause { next: Some(now.saturating_add(wait)), sent: false });
            }
            Some(_) => {}
            None => self.check_watches(now)?,
        }
        if let (Some(next), Some(interval)) = (self.next_ping, self.config.interval) {
            if now >= next {
                self.next_ping = Some(now.saturating_add(interval));
                self.due.ping = true;
                if let (Some(timeout), None) = (self.config.timeout, self.answer.span) {
                    self.answer.start(timeout, now);
                }
            }
        }
        Ok(())
    }

    /// Whether the peer's answer is overdue.
    pub(super) fn misses_answer(&self, now: Millis) -> bool {
        self.pause.is_none() && self.answer.expired(now).is_some()
    }

    /// The peer cannot have got our PING yet: its time begins again.
    pub(super) fn excuse(&mut self, now: Millis) {
        self.answer.start_afresh(now);
    }

    fn check_watches(&self, now: Millis) -> Result<(), PeerError> {
        if let Some(ttl) = self.ttl.expired(now) {
            return Err(PeerError::TtlExpired { ttl });
        }
        if let Some(timeout) = self.answer.expired(now) {
            return Err(PeerError::HeartbeatLost { timeout });
        }
        Ok(())
    }

    /// How long the peer is left without a sign of us while we do not read: two of them in the
    /// time between two of its PINGs.
    fn paused_interval(&self) -> Millis {
        self.peer_interval.map_or(PAUSED_INTERVAL, |interval| interval / 2)
    }

    /// The application has stopped to read, or goes on.
    pub(super) fn pause(&mut self, paused: bool, now: Millis) {
        match (paused, &self.pause) {
            (true, None) => {
                let watched = self.peer_pings || self.config.interval.is_some();
                let next = watched.then(|| now.saturating_add(self.paused_interval()));
                if watched {
                    self.due.pong.get_or_insert_default();
                }
                self.pause = Some(Pause { next, sent: false });
            }
            (false, Some(_)) => {
                self.pause = None;
                self.answer.start_afresh(now);
                self.ttl.start_afresh(now);
                // Between here and the next PING lies the pause.
                self.pinged = None;
            }
            (true, Some(_)) | (false, None) => {}
        }
    }

    /// A frame of the application goes out.
    #[inline]
    pub(super) fn sent(&mut self) {
        if let Some(pause) = &mut self.pause {
            pause.sent = true;
        }
    }

    /// Writes what is due, unless what was written last has not left yet: peers that do not read
    /// get no answers, however much they ask.
    #[inline]
    pub(super) fn transmit(&mut self, out: &mut impl Frames) {
        if self.due.ping || self.due.pong.is_some() {
            self.transmit_due(out);
        }
    }

    #[cold]
    fn transmit_due(&mut self, out: &mut impl Frames) {
        if out.outgoing().total_gone() < self.due.last {
            return;
        }
        if let Some(context) = self.due.pong.take() {
            out.command(PONG, context.as_slice());
        }
        if std::mem::take(&mut self.due.ping) {
            out.command(PING, &self.config.ttl.to_be_bytes());
        }
        self.due.last = out.outgoing().total();
    }
}

impl Context {
    fn new(bytes: &[u8]) -> Context {
        let mut context = Context::default();
        for (place, byte) in context.bytes.iter_mut().zip(bytes) {
            *place = *byte;
            context.len += 1;
        }
        context
    }

    fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}
