//! The pipes attached to one socket, by slot.
//!
//! A pipe can end in the middle of a pattern's work (reading the last message ends it). The pattern
//! must not lose its footing then, so an ended pipe stays in its slot, unreadable and unwritable,
//! until the socket takes it from `next_ended` and tells the pattern.

#![forbid(unsafe_code)]

use std::collections::VecDeque;
use std::sync::Arc;

use super::command::{Names, Notice, Parting, PipeAddress, SocketMailbox};
use super::pipe::PipeEnd;
use super::pump::Pump;
use super::tempo::Tempo;
use crate::msg::Msg;

/// A slot; used again when its pipe is gone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct PipeKey(u32);

impl PipeKey {
    /// The slot as an index, for tables beside this one.
    #[inline]
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }

    /// The key of a slot.
    pub(crate) fn from_index(index: usize) -> PipeKey {
        PipeKey(u32::try_from(index).unwrap_or(u32::MAX))
    }
}

/// With more pipes, what has gathered in them is left to the I/O threads.
const FEW: usize = 16;

/// What a notice means for the socket's pattern.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Activation {
    /// Nothing.
    None,
    /// `Pattern::read_activated`.
    Read,
    /// `Pattern::write_activated`.
    Write,
    /// `Pattern::identified`.
    Identified,
    /// The answer to `ask_stats`: outbound and inbound backlog, and the link behind the pipe.
    Stats(u64, u64, Option<Box<Names>>),
}

/// The pipes of a socket; see the module's text.
pub(crate) struct Pipes {
    slots: Vec<Option<PipeEnd>>,
    free: Vec<PipeKey>,
    /// In the order in which they ended, which the patterns' rotations show.
    ended: VecDeque<PipeKey>,
    attached: usize,
    /// Whether the socket reads at all; if not, a pipe ends as soon as the peer says so.
    reads: bool,
    home: Arc<SocketMailbox>,
    tempo: Tempo,
    /// Flushing is put off, for one pipe at a time.
    corked: bool,
    /// The pipe that waits for it.
    unflushed: Option<PipeKey>,
}

impl Pipes {
    /// No pipes yet.
    pub(crate) fn new(home: Arc<SocketMailbox>, reads: bool) -> Pipes {
        let (slots, free, ended) = (Vec::new(), Vec::new(), VecDeque::new());
        let (tempo, corked, unflushed) = (Tempo::default(), false, None);
        Pipes { slots, free, ended, attached: 0, reads, home, tempo, corked, unflushed }
    }

    /// Takes a pipe in.
    pub(crate) fn attach(&mut self, mut end: PipeEnd) -> PipeKey {
        let key = self.free.pop().unwrap_or_else(|| {
            // Most sockets have one pipe; a vector left to itself begins with room for four.
            if self.slots.len() == self.slots.capacity() {
                self.slots.reserve_exact(self.slots.len().max(1));
            }
            self.slots.push(None);
            PipeKey::from_index(self.slots.len() - 1)
        });
        end.set_home(Arc::clone(&self.home), key);
        if let Some(slot) = self.slots.get_mut(key.index()) {
            *slot = Some(end);
        }
        self.attached += 1;
        self.tempo.pipes += 1;
        key
    }

    /// After the pattern knows the pipe: notices what happened before it had an owner.
    pub(crate) fn settle(&mut self, key: PipeKey) {
        let reads = self.reads;
        if self.get_mut(key).is_some_and(|end| !end.ended() && end.settle(reads)) {
            self.ended.push_back(key);
        }
    }

    /// How many pipes are attached, ending ones included.
    pub(crate) fn len(&self) -> usize {
        self.attached
    }

    /// The attached pipes.
    pub(crate) fn keys(&self) -> impl Iterator<Item = PipeKey> + '_ {
        let taken = self.slots.iter().enumerate().filter(|(_, slot)| slot.is_some());
        taken.map(|(index, _)| PipeKey::from_index(index))
    }

    /// The connections behind the pipes, if there are at most so many pipes.
    pub(crate) fn pumps<const MOST: usize>(&self) -> [Option<Arc<dyn Pump>>; MOST] {
        let mut pumps = [const { None }; MOST];
        if self.reads && self.attached <= MOST {
            let ends = self.slots.iter().flatten();
            pumps.iter_mut().zip(ends).for_each(|(pump, end)| *pump = end.pump());
        }
        pumps
    }

    /// Does something to each connection behind the pipes.
    pub(crate) fn each_pump(&self, f: impl Fn(&dyn Pump)) {
        self.slots.iter().flatten().filter_map(PipeEnd::pump).for_each(|pump| f(&*pump));
    }

    /// The pipe in a slot.
    pub(crate) fn get(&self, key: PipeKey) -> Option<&PipeEnd> {
        self.slots.get(key.index())?.as_ref()
    }

    #[inline]
    fn get_mut(&mut self, key: PipeKey) -> Option<&mut PipeEnd> {
        self.slots.get_mut(key.index())?.as_mut()
    }

    /// Does something to a pipe, and notes if that ended it.
    #[inline(always)]
    fn with<R: Default>(&mut self, key: PipeKey, f: impl FnOnce(&mut PipeEnd) -> R) -> R {
        let Some(end) = self.get_mut(key) else { return R::default() };
        if end.ended() {
            return R::default();
        }
        let result = f(end);
        if end.ended() {
            self.ended.push_back(key);
        }
        result
    }

    /// Whether a frame can be read now.
    #[inline]
    pub(crate) fn check_read(&mut self, key: PipeKey) -> bool {
        self.with(key, PipeEnd::check_read)
    }

    /// Reads one frame.
    #[inline(never)]
    pub(crate) fn read(&mut self, key: PipeKey, msg: &mut Msg) -> bool {
        self.with(key, |end| end.read(msg))
    }

    /// Reads one frame if that is done by copying it, as it mostly is; after a "no", `read` is to be
    /// asked.
    #[inline(always)]
    pub(crate) fn read_near(&mut self, key: PipeKey, msg: &mut Msg) -> bool {
        // To take what is there never ends a pipe.
        let Some(end) = self.get_mut(key) else { return false };
        end.read_near(msg)
    }

    /// Has a message of one frame used where it lies, if `using` wants it and that is all there is to
    /// do; after a "no", `read` is to be asked.
    #[inline(always)]
    pub(crate) fn read_with(&mut self, key: PipeKey, using: impl FnOnce(&mut Msg) -> bool) -> bool {
        // To take what is there never ends a pipe.
        let Some(end) = self.get_mut(key) else { return false };
        end.read_with(using)
    }

    /// Whether a message may begin or go on.
    #[inline]
    pub(crate) fn check_write(&mut self, key: PipeKey) -> bool {
        self.with(key, PipeEnd::check_write)
    }

    /// Writes a frame if there is room, and then leaves `msg` empty.
    pub(crate) fn write(&mut self, key: PipeKey, msg: &mut Msg) -> bool {
        self.with(key, |end| end.write(msg))
    }

    /// Writes a message of one frame if that is done by copying it, as it mostly is, and returns what
    /// `flush` would have to look up; after a "no", `write` is to be asked.
    #[inline(always)]
    pub(crate) fn write_near(
        &mut self,
        key: PipeKey,
        msg: &mut Msg,
    ) -> Option<(&mut PipeEnd, &mut Tempo)> {
        let Pipes { slots, tempo, corked, .. } = self;
        let Some(Some(end)) = slots.get_mut(key.index()) else { return None };
        // To write never ends a pipe.
        let written = !*corked && !msg.calls_back() && end.write_near(msg);
        if written { Some((end, tempo)) } else { None }
    }

    /// As `write_near`, for a message that is filled in where it will lie; see `PipeEnd::write_with`.
    #[inline(always)]
    pub(crate) fn write_with(
        &mut self,
        key: PipeKey,
        fill: impl FnOnce(&mut Msg) -> bool,
    ) -> Option<(&mut PipeEnd, &mut Tempo)> {
        let Pipes { slots, tempo, corked, .. } = self;
        let Some(Some(end)) = slots.get_mut(key.index()) else { return None };
        // To write never ends a pipe.
        let written = !*corked && end.write_with(fill);
        if written { Some((end, tempo)) } else { None }
    }

    /// Writes a frame of control traffic, which no high-water mark stops.
    pub(crate) fn push(&mut self, key: PipeKey, msg: Msg) -> bool {
        self.with(key, |end| end.push(msg))
    }

    /// Shows complete messages to the peer.
    #[inline]
    pub(crate) fn flush(&mut self, key: PipeKey) {
        if self.corked {
            self.put_off(key);
        } else {
            self.flush_now(key);
        }
    }

    #[inline]
    fn flush_now(&mut self, key: PipeKey) {
        let Pipes { slots, tempo, .. } = self;
        let end = slots.get_mut(key.index()).and_then(Option::as_mut);
        // To show messages never ends a pipe.
        end.into_iter().for_each(|end| end.flush_or_push(tempo));
    }

    /// Writes what has gathered in pipes to connections, before a wait: the answer may be waited for.
    pub(crate) fn hurry(&mut self) {
        if self.attached <= FEW {
            self.slots.iter_mut().flatten().for_each(PipeEnd::hurry);
        }
    }

    /// Puts flushing off until `uncork`, which must follow before anybody waits, or until another
    /// pipe is flushed.
    pub(crate) fn cork(&mut self) {
        self.corked = true;
    }

    /// Flushes what was put off. A pipe that was lost meanwhile is none any more, or another, which
    /// a flush does no harm.
    pub(crate) fn uncork(&mut self) {
        self.corked = false;
        self.flush_corked();
    }

    /// Flushes what was put off so far.
    pub(crate) fn flush_corked(&mut self) {
        if let Some(key) = self.unflushed.take() {
            self.flush_now(key);
        }
    }

    fn put_off(&mut self, key: PipeKey) {
        match self.unflushed.replace(key) {
            Some(before) if before != key => self.flush_now(before),
            Some(_) | None => {}
        }
    }

    /// Takes the frames of an unfinished message back.
    pub(crate) fn rollback(&mut self, key: PipeKey) {
        self.with(key, PipeEnd::rollback);
    }

    /// Ends a pipe; the pattern hears of it when the far end has answered.
    pub(crate) fn terminate(&mut self, key: PipeKey) {
        self.with(key, PipeEnd::terminate);
    }

    /// Ends a pipe, and says how long a connection may try to deliver what was sent.
    pub(crate) fn terminate_lingering(&mut self, key: PipeKey, linger: i32) {
        self.with(key, |end| end.part(Parting::Linger(linger)));
    }

    /// Ends a pipe whose peer is not wanted; a link behind it stays, and carries nothing.
    pub(crate) fn refuse(&mut self, key: PipeKey) {
        self.with(key, |end| end.part(Parting::Refuse));
    }

    /// Ends a pipe unless the peer has done so already: what that has left may then be read.
    pub(crate) fn disconnect(&mut self, key: PipeKey, linger: i32) {
        if self.is_alive(key) {
            self.terminate_lingering(key, linger);
        }
    }

    /// Whether the pipe still takes messages, full or not.
    pub(crate) fn is_alive(&self, key: PipeKey) -> bool {
        self.get(key).is_some_and(PipeEnd::is_alive)
    }

    /// The peer's routing id: unknown yet, empty if it has none.
    pub(crate) fn peer_routing_id(&self, key: PipeKey) -> Option<&[u8]> {
        self.get(key)?.routing_id()
    }

    /// Applies changed high-water marks to all pipes.
    pub(crate) fn set_hwm(&mut self, sndhwm: i32, rcvhwm: i32) {
        for end in self.slots.iter_mut().flatten() {
            end.set_hwm(sndhwm, rcvhwm);
        }
    }

    /// Asks every peer for the figures of the pipes' statistics; returns the outbound backlogs of
    /// those pipes that nobody has taken at the far end yet.
    pub(crate) fn ask_stats(&self) -> Vec<u64> {
        let pipes = self.slots.iter().flatten();
        pipes.filter(|end| !end.ask_stats()).map(PipeEnd::backlog).collect()
    }

    /// The slot of an address, unless that pipe is gone.
    pub(crate) fn find(&self, address: PipeAddress) -> Option<PipeKey> {
        (self.get(address.key)?.id() == address.id).then_some(address.key)
    }

    /// Takes in what the far end of a pipe has to tell.
    pub(crate) fn notice(&mut self, key: PipeKey, notice: Notice) -> Activation {
        let reads = self.reads;
        match notice {
            Notice::Readable | Notice::Burst => return Activation::Read,
            Notice::Writable => return Activation::Write,
            Notice::Term(_) => {
                self.with(key, |end| end.on_term(reads));
                // What came together with the end was not announced by a notice of its own.
                if self.get(key).is_some_and(|end| !end.ended()) {
                    return Activation::Read;
                }
            }
            Notice::TermAck => self.with(key, PipeEnd::on_term_ack),
            Notice::Recount => self.with(key, PipeEnd::on_recount),
            Notice::Bound(id, farewell) => {
                self.with(key, |end| {
                    end.set_routing_id(id);
                    end.set_farewell(farewell);
                });
                return Activation::Identified;
            }
            Notice::AskStats => self.with(key, |end| end.answer_stats(None)),
            Notice::Stats(inbound, link) => {
                let outbound = self.get(key).map_or(0, PipeEnd::backlog);
                return Activation::Stats(outbound, inbound, link);
            }
        }
        Activation::None
    }

    /// Whether there is a pipe for `next_ended`.
    #[inline]
    pub(crate) fn has_ended(&self) -> bool {
        !self.ended.is_empty()
    }

    /// A pipe that has ended and that the pattern must be told of.
    pub(crate) fn next_ended(&mut self) -> Option<PipeKey> {
        self.ended.pop_front()
    }

    /// Frees the slot of a pipe that the pattern has forgotten.
    pub(crate) fn remove(&mut self, key: PipeKey) {
        if let Some(end) = self.slots.get_mut(key.index()).and_then(Option::take) {
            drop(end);
            self.attached -= 1;
            self.tempo.pipes -= 1;
            self.free.push(key);
        }
    }
}

#[cfg(test)]
pub(crate) mod testing {
    //! Connected sets of pipes without sockets, for the tests of patterns and parts.

    use super::*;
    use crate::core::command::Command;
    use crate::core::lane::LaneSpec;
    use crate::core::pipe::{PipeSpec, pipe};
    use crate::core::waker::Waker;

    /// An empty set of pipes with a mailbox that `deliver` empties.
    pub(crate) fn pipes(reads: bool) -> (Pipes, Arc<SocketMailbox>) {
        let mailbox = Arc::new(SocketMailbox::new(Some(Waker::condition())));
        (Pipes::new(Arc::clone(&mailbox), reads), mailbox)
    }

    /// Connects two sets by a pipe whose either lane holds `hwm` messages (0: no limit).
    pub(crate) fn connect(a: &mut Pipes, b: &mut Pipes, hwm: i32) -> (PipeKey, PipeKey) {
        let lane = LaneSpec { conflate: false, writer_part: hwm, reader_part: hwm.min(0) - 1 };
        let lane = if hwm == 0 { LaneSpec { reader_part: 0, ..lane } } else { lane };
        let (mut end_a, mut end_b) = pipe(PipeSpec { lanes: [lane, lane] });
        end_a.set_routing_id(Vec::new());
        end_b.set_routing_id(Vec::new());
        (a.attach(end_a), b.attach(end_b))
    }

    /// Hands the commands of a mailbox to its pipes; returns what the pattern should be told.
    pub(crate) fn deliver(
        pipes: &mut Pipes,
        mailbox: &SocketMailbox,
    ) -> Vec<(PipeKey, Activation)> {
        let mut told = Vec::new();
        let mut commands = Vec::new();
        mailbox.take(&mut commands);
        for command in commands {
            if let Command::Pipe(address, notice) = command {
                if let Some(key) = pipes.find(address) {
                    told.push((key, pipes.notice(key, notice)));
                }
            }
        }
        told
    }

    mod cases {
        use super::*;

        #[test]
        fn a_closed_far_end_is_read_to_its_end() {
            let ((mut a, box_a), (mut b, box_b)) = (pipes(true), pipes(true));
            let (ka, kb) = connect(&mut a, &mut b, 0);
            let mut msg = Msg::from_slice(b"last").expect("small");
            assert!(a.write(ka, &mut msg));
            a.flush(ka);
            a.terminate(ka);
            assert!(!a.write(ka, &mut msg));
            deliver(&mut b, &box_b);
            assert!(!b.check_write(kb));
            assert!(b.read(kb, &mut msg));
            assert_eq!(msg.data(), b"last");
            assert_eq!(b.next_ended(), None);
            assert!(!b.read(kb, &mut msg));
            assert_eq!(b.next_ended(), Some(kb));
            b.remove(kb);
            deliver(&mut a, &box_a);
            assert_eq!(a.next_ended(), Some(ka));
        }

        #[test]
        fn a_sleeping_reader_is_told_of_a_farewell() {
            let ((mut a, _), (mut b, box_b)) = (pipes(true), pipes(true));
            let (ka, kb) = connect(&mut a, &mut b, 0);
            assert!(!b.check_read(kb));
            a.notice(ka, Notice::Bound(Vec::new(), Some(b"farewell".to_vec())));
            a.terminate(ka);
            assert_eq!(deliver(&mut b, &box_b), [(kb, Activation::Read)]);
            let mut msg = Msg::empty();
            assert!(b.read(kb, &mut msg));
            assert_eq!(msg.data(), b"farewell");
        }

        #[test]
        fn both_ends_may_terminate_at_once() {
            let ((mut a, box_a), (mut b, box_b)) = (pipes(true), pipes(true));
            let (ka, kb) = connect(&mut a, &mut b, 0);
            a.terminate(ka);
            b.terminate(kb);
            for _ in 0..2 {
                deliver(&mut a, &box_a);
                deliver(&mut b, &box_b);
            }
            assert_eq!(a.next_ended(), Some(ka));
            assert_eq!(b.next_ended(), Some(kb));
        }

        #[test]
        fn an_end_whose_far_end_went_before_it_had_an_owner_is_not_kept_waiting() {
            let lane = LaneSpec { conflate: false, writer_part: 1, reader_part: 1 };
            let (near, far) = pipe(PipeSpec { lanes: [lane, lane] });
            drop(far);
            let (mut pipes, _mailbox) = pipes(true);
            let key = pipes.attach(near);
            pipes.terminate(key);
            pipes.settle(key);
            assert_eq!(pipes.next_ended(), Some(key));
            assert_eq!(pipes.next_ended(), None);
        }

        #[test]
        fn an_introduction_waits_for_the_owner() {
            let lane = LaneSpec { conflate: false, writer_part: 1, reader_part: 1 };
            let (near, far) = pipe(PipeSpec { lanes: [lane, lane] });
            far.introduce(b"far".to_vec(), Some(b"farewell".to_vec()));
            let (mut pipes, _mailbox) = pipes(true);
            let key = pipes.attach(near);
            assert_eq!(pipes.peer_routing_id(key), Some(b"far".as_slice()));
        }

        #[test]
        fn a_sleeping_reader_is_told_once() {
            let ((mut a, _), (mut b, box_b)) = (pipes(true), pipes(true));
            let (ka, kb) = connect(&mut a, &mut b, 0);
            assert!(!b.check_read(kb));
            for _ in 0..3 {
                assert!(a.write(ka, &mut Msg::empty()));
                a.flush(ka);
            }
            assert_eq!(deliver(&mut b, &box_b), [(kb, Activation::Read)]);
        }
    }
}
