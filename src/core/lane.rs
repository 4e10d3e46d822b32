//! One direction of a pipe: a queue, with the rules that turn frames into messages and bound them.
//!
//! - A message becomes visible as a whole. Frames of an unfinished message wait in the writer's
//!   `staged`, so taking them back is dropping a vector, and the reader never sees half a message.
//! - The unit of the high-water mark is the complete message (sockets.md B.2). A writer that finds
//!   `written - acknowledged >= capacity` is full; the reader acknowledges its total whenever it is
//!   a multiple of the low-water step `(capacity + 1) / 2`.
//! - The capacity is the sum of two parts, one from each end, 0 in either meaning "no limit". Either
//!   end may change its part at any time; `recount` makes the other one notice.
//!
//! The acknowledgement is a [`Gate`] like the queue's own, with the roles exchanged: the reader
//! advances it, a full writer sleeps on it.

#![forbid(unsafe_code)]

use super::gate::Gate;
use super::sync::{Arc, AtomicU64, Ordering};
use super::{latest, queue};

/// What a lane carries: something that knows whether more of the same message follows.
pub(crate) trait Frame: Default + Send {
    /// Whether another frame of the message follows this one.
    fn more(&self) -> bool;

    /// Whether nothing is lost if the frame is overwritten without a drop.
    fn is_plain(&self) -> bool;
}

/// The two parts of a lane's capacity, in one word.
#[derive(Debug)]
pub(crate) struct Capacity(AtomicU64);

/// A number of messages that no lane comes to.
const NEVER: u64 = u64::MAX;

/// A part that has no say: the far end is the network, or is not there yet.
pub(crate) const NO_PART: i32 = -1;

impl Capacity {
    fn new(writer: i32, reader: i32) -> Capacity {
        Capacity(AtomicU64::new(Capacity::pack(writer, reader)))
    }

    fn pack(writer: i32, reader: i32) -> u64 {
        (u64::from(writer as u32) << 32) | u64::from(reader as u32)
    }

    #[inline]
    fn word(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    /// How many messages that allows; 0 is no limit.
    #[inline]
    fn limit(word: u64) -> u64 {
        let (writer, reader) = ((word >> 32) as u32 as i32, word as u32 as i32);
        if writer == 0 || reader == 0 {
            return 0;
        }
        writer.max(0) as u64 + reader.max(0) as u64
    }

    fn set_part(&self, shift: u32, part: i32) {
        let mask = !(u64::from(u32::MAX) << shift);
        let part = u64::from(part as u32) << shift;
        let mut word = self.word();
        while let Err(now) =
            self.0.compare_exchange(word, (word & mask) | part, Ordering::AcqRel, Ordering::Acquire)
        {
            word = now;
        }
    }
}

struct Shared {
    acknowledged: Gate,
    capacity: Capacity,
}

enum Tx<T> {
    Queue(queue::Writer<T>),
    Latest(latest::Writer<T>),
}

enum Rx<T> {
    Queue(queue::Reader<T>),
    Latest(latest::Reader<T>),
}

/// The writing end of a lane.
pub(crate) struct LaneWriter<T> {
    tx: Tx<T>,
    shared: Arc<Shared>,
    staged: Vec<T>,
    /// Complete messages written since the beginning.
    written: u64,
    /// As many of them as we know to be read.
    acknowledged: u64,
    /// The capacity that `full_at` was reckoned from.
    capacity: u64,
    /// How many may have been written at most for another one to have room without a closer look.
    full_at: u64,
}

/// The reading end of a lane.
pub(crate) struct LaneReader<T> {
    rx: Rx<T>,
    shared: Arc<Shared>,
    /// Complete messages read since the beginning.
    read: u64,
    /// The capacity that `report_at` was reckoned from.
    capacity: u64,
    /// How many will have been read when the next acknowledgement is due.
    report_at: u64,
}

/// What a lane is to be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LaneSpec {
    /// Keep the newest message only, and no limit.
    pub(crate) conflate: bool,
    /// The writer's part of the capacity.
    pub(crate) writer_part: i32,
    /// The reader's part of the capacity.
    pub(crate) reader_part: i32,
}

/// Makes a lane.
pub(crate) fn lane<T: Frame>(spec: LaneSpec) -> (LaneWriter<T>, LaneReader<T>) {
    let (tx, rx) = if spec.conflate {
        let (tx, rx) = latest::latest();
        (Tx::Latest(tx), Rx::Latest(rx))
    } else {
        let (tx, rx) = queue::queue();
        (Tx::Queue(tx), Rx::Queue(rx))
    };
    let shared = Arc::new(Shared {
        acknowledged: Gate::new(),
        capacity: Capacity::new(spec.writer_part, spec.reader_part),
    });
    let writer = LaneWriter {
        tx,
        shared: Arc::clone(&shared),
        staged: Vec::new(),
        written: 0,
        acknowledged: 0,
        capacity: 0,
        full_at: 0,
    };
    let mut reader = LaneReader { rx, shared, read: 0, capacity: 0, report_at: NEVER };
    reader.reckon(reader.shared.capacity.word());
    (writer, reader)
}

impl<T: Frame> LaneWriter<T> {
    /// Whether there is room as far as is known without a closer look.
    #[inline(always)]
    fn knows_room(&self) -> bool {
        self.shared.capacity.word() == self.capacity && self.written < self.full_at
    }

    /// Whether a new message may begin, or the current one go on. After a "no" the reader's next
    /// acknowledgement reports that the writer slept.
    #[inline]
    pub(crate) fn has_room(&mut self) -> bool {
        self.knows_room() || self.found_room()
    }

    /// As `has_room`, for a writer that will ask again of its own accord: nothing reports to it.
    #[inline]
    pub(crate) fn has_room_now(&mut self) -> bool {
        self.knows_room() || !self.staged.is_empty() || {
            self.acknowledged = self.shared.acknowledged.look().count;
            self.reckon();
            self.written < self.full_at
        }
    }

    /// Looks at the capacity and for acknowledgements that came since, and falls asleep over them if
    /// there are none.
    #[cold]
    fn found_room(&mut self) -> bool {
        if !self.staged.is_empty() {
            return true;
        }
        self.acknowledged = self.shared.acknowledged.look().count;
        loop {
            self.reckon();
            if self.written < self.full_at {
                return true;
            }
            match self.shared.acknowledged.sleep(self.acknowledged) {
                Ok(()) => return false,
                Err(seen) if seen.closed => return false,
                Err(seen) => self.acknowledged = seen.count,
            }
        }
    }

    /// Finds out when the lane will be full if nothing more is acknowledged.
    fn reckon(&mut self) {
        self.capacity = self.shared.capacity.word();
        let limit = Capacity::limit(self.capacity);
        let unlimited = limit == 0 || matches!(self.tx, Tx::Latest(_));
        self.full_at = if unlimited { NEVER } else { self.acknowledged + limit };
    }

    /// Adds a frame; the last one of a message completes it.
    #[inline(never)]
    pub(crate) fn write(&mut self, frame: T) {
        match &mut self.tx {
            Tx::Latest(tx) => tx.push(frame),
            Tx::Queue(_) if frame.more() => {
                self.staged.push(frame);
                return;
            }
            Tx::Queue(tx) => {
                for staged in self.staged.drain(..) {
                    tx.push(staged);
                }
                tx.push(frame);
            }
        }
        self.written += 1;
    }

    /// Adds a message of one frame and leaves a default in its place, if it is sure that there is
    /// room and nothing but copying is to be done; after a "no", `has_room` is to be asked.
    #[inline(always)]
    pub(crate) fn write_near(&mut self, frame: &mut T) -> bool {
        let room = self.knows_room();
        let Tx::Queue(tx) = &mut self.tx else { return false };
        if frame.more() || !self.staged.is_empty() {
            return false;
        }
        let near = room && tx.push_near(frame);
        if near {
            self.written += 1;
        }
        near
    }

    /// Has a message of one frame filled in where it will lie, from a default on, if it is sure that
    /// there is room; false too if `fill` has nothing to put there. After that `has_room` is to be
    /// asked.
    #[inline(always)]
    pub(crate) fn write_with(&mut self, fill: impl FnOnce(&mut T) -> bool) -> bool {
        let room = self.knows_room();
        let Tx::Queue(tx) = &mut self.tx else { return false };
        let written = room && self.staged.is_empty() && tx.push_with(fill);
        if written {
            self.written += 1;
        }
        written
    }

    /// Shows the complete messages to the reader; true means that it slept and must be woken.
    #[inline]
    #[must_use]
    pub(crate) fn flush(&mut self) -> bool {
        match &mut self.tx {
            Tx::Queue(tx) => tx.publish(),
            Tx::Latest(tx) => tx.publish(),
        }
    }

    /// Drops the frames of an unfinished message.
    pub(crate) fn rollback(&mut self) {
        self.staged.clear();
    }

    /// Ends the lane after the last complete message; true means that the reader must be woken.
    #[must_use]
    pub(crate) fn close(&mut self) -> bool {
        self.rollback();
        let flushed = self.flush();
        let closed = match &mut self.tx {
            Tx::Queue(tx) => tx.close(),
            Tx::Latest(tx) => tx.close(),
        };
        flushed || closed
    }

    /// Changes the writer's part of the capacity.
    pub(crate) fn set_part(&mut self, part: i32) {
        self.shared.capacity.set_part(32, part);
    }

    /// Messages written and not known to be read.
    pub(crate) fn backlog(&self) -> u64 {
        self.written - self.shared.acknowledged.look().count
    }
}

impl<T: Frame> LaneReader<T> {
    /// Takes a frame in place of another, if there is one; then the result says whether the writer was
    /// full, now has room, and must be woken.
    pub(crate) fn read_into(&mut self, frame: &mut T) -> Option<bool> {
        let taken = match &mut self.rx {
            Rx::Queue(rx) => rx.pop_into(frame),
            Rx::Latest(rx) => rx.pop().map(|newest| *frame = newest).is_some(),
        };
        taken.then(|| !frame.more() && self.message_read())
    }

    /// Whether nothing is to be acknowledged after the next message.
    #[inline(always)]
    fn is_quiet(&self) -> bool {
        self.shared.capacity.word() == self.capacity && self.read + 1 < self.report_at
    }

    /// Takes a frame in place of another if nothing but copying is to be done: neither the other one
    /// released, nor anything acknowledged. After a "no", `read_into` is to be asked.
    #[inline(always)]
    pub(crate) fn read_near(&mut self, frame: &mut T) -> bool {
        let quiet = self.is_quiet();
        let Rx::Queue(rx) = &mut self.rx else { return false };
        if !frame.is_plain() {
            return false;
        }
        let near = quiet && rx.pop_near(frame);
        if near && !frame.more() {
            self.read += 1;
        }
        near
    }

    /// Has a message of one frame used where it lies if nothing is to be acknowledged; false too if
    /// it is a part of a longer one, or if `using` does not want it. After that `read_into` is to be
    /// asked.
    #[inline(always)]
    pub(crate) fn read_with(&mut self, using: impl FnOnce(&mut T) -> bool) -> bool {
        let quiet = self.is_quiet();
        let Rx::Queue(rx) = &mut self.rx else { return false };
        let read = quiet && rx.pop_with(|frame| !frame.more() && using(frame));
        if read {
            self.read += 1;
        }
        read
    }

    /// As `read_into`, for a frame of its own.
    #[cfg(test)]
    pub(crate) fn read(&mut self) -> Option<(T, bool)> {
        let mut frame = T::default();
        self.read_into(&mut frame).map(|wake| (frame, wake))
    }

    fn message_read(&mut self) -> bool {
        let capacity = self.shared.capacity.word();
        if capacity != self.capacity {
            // The message just read counts towards a report that is due on its number.
            self.reckon(capacity);
        }
        self.read += 1;
        self.read == self.report_at && self.report()
    }

    fn report(&mut self) -> bool {
        self.reckon(self.shared.capacity.word());
        self.shared.acknowledged.advance(self.read)
    }

    /// Finds out when the next report is due.
    fn reckon(&mut self, capacity: u64) {
        self.capacity = capacity;
        let step = Capacity::limit(capacity).div_ceil(2);
        self.report_at = if step == 0 { NEVER } else { self.read - self.read % step + step };
    }

    /// Whether a frame can be read now.
    #[inline]
    pub(crate) fn has_next(&mut self) -> bool {
        match &mut self.rx {
            Rx::Queue(rx) => rx.has_next(),
            Rx::Latest(rx) => rx.has_next(),
        }
    }

    /// Whether everything was read and nothing will follow.
    pub(crate) fn at_end(&self) -> bool {
        match &self.rx {
            Rx::Queue(rx) => rx.at_end(),
            Rx::Latest(rx) => rx.at_end(),
        }
    }

    /// Whether the writer has ended the lane; there may still be something to read.
    pub(crate) fn is_closed(&self) -> bool {
        match &self.rx {
            Rx::Queue(rx) => rx.is_closed(),
            Rx::Latest(rx) => rx.is_closed(),
        }
    }

    /// Asks the writer for a wake-up; false if there is something to read, or the end.
    pub(crate) fn sleep(&mut self) -> bool {
        match &mut self.rx {
            Rx::Queue(rx) => rx.sleep(),
            Rx::Latest(rx) => rx.sleep(),
        }
    }

    /// Says that nothing more will be read; true means that the writer must be woken.
    #[must_use]
    pub(crate) fn close(&mut self) -> bool {
        self.shared.acknowledged.close()
    }

    /// Changes the reader's part of the capacity.
    pub(crate) fn set_part(&mut self, part: i32) {
        self.shared.capacity.set_part(0, part);
    }

    /// Acknowledges everything read, whatever the low-water step; true means that the writer slept.
    ///
    /// This is how a change of capacity reaches a writer: from no limit, where nothing was ever
    /// acknowledged, to some limit, it would otherwise wait for a report that never comes.
    #[must_use]
    pub(crate) fn recount(&mut self) -> bool {
        self.report()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    impl Frame for u32 {
        /// Odd numbers are followed by more.
        fn more(&self) -> bool {
            self % 2 == 1
        }

        fn is_plain(&self) -> bool {
            true
        }
    }

    fn bounded(writer_part: i32, reader_part: i32) -> (LaneWriter<u32>, LaneReader<u32>) {
        lane(LaneSpec { conflate: false, writer_part, reader_part })
    }

    fn fill(writer: &mut LaneWriter<u32>, at_most: u64) -> u64 {
        let mut count = 0;
        while count < at_most && writer.has_room() {
            writer.write(0);
            let _ = writer.flush();
            count += 1;
        }
        count
    }

    #[test]
    fn b2_capacity_and_low_water_steps() {
        for (capacity, step) in
            [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3), (10, 5), (11, 6), (100, 50)]
        {
            let (mut writer, mut reader) = bounded(capacity, NO_PART);
            assert_eq!(fill(&mut writer, 1000), capacity as u64);
            for n in 1..=step {
                let (_, wake) = reader.read().expect("it was written");
                assert_eq!(wake, n == step, "capacity {capacity}, message {n}");
                assert_eq!(writer.has_room(), n == step);
            }
            assert_eq!(fill(&mut writer, 1000), step);
        }
    }

    #[test]
    fn b2_what_is_only_copied_counts_like_everything_else() {
        let (mut writer, mut reader) = bounded(4, NO_PART);
        let (mut near, mut woken) = (0, Vec::new());
        for round in 0..40 {
            for _ in 0..4 {
                let mut frame = 2;
                if writer.write_near(&mut frame) {
                    assert_eq!(frame, 0);
                    near += 1;
                } else {
                    assert!(writer.has_room());
                    writer.write(frame);
                }
                let _ = writer.flush();
            }
            assert!(!writer.write_near(&mut 2) && !writer.has_room());
            for n in 1..=4 {
                let mut frame = 0;
                if !reader.read_near(&mut frame) && reader.read_into(&mut frame) == Some(true) {
                    woken.push((round, n));
                }
                assert_eq!(frame, 2);
            }
        }
        assert!(near >= 80, "{near}");
        assert_eq!(woken, (0..40).map(|round| (round, 2)).collect::<Vec<_>>());
    }

    #[test]
    fn h171_parts_add_up_and_zero_is_no_limit() {
        assert_eq!(fill(&mut bounded(1000, 1000).0, 5000), 2000);
        assert_eq!(fill(&mut bounded(1, 1).0, 5000), 2);
        assert_eq!(fill(&mut bounded(0, 1).0, 5000), 5000);
        assert_eq!(fill(&mut bounded(1, 0).0, 5000), 5000);
        assert_eq!(fill(&mut bounded(7, NO_PART).0, 5000), 7);
    }

    #[test]
    fn h176_a_raised_part_counts_at_once() {
        let (mut writer, _reader) = bounded(1, 1);
        assert_eq!(fill(&mut writer, 100), 2);
        writer.set_part(5);
        assert_eq!(fill(&mut writer, 100), 4);
    }

    #[test]
    fn a_limit_set_after_none_is_met_by_a_recount() {
        let (mut writer, mut reader) = bounded(0, 0);
        assert_eq!(fill(&mut writer, 100), 100);
        while reader.read().is_some() {}
        writer.set_part(3);
        reader.set_part(3);
        assert!(!writer.has_room());
        assert!(reader.recount());
        assert_eq!(fill(&mut writer, 100), 6);
    }

    #[test]
    fn h034_an_unfinished_message_is_invisible_and_can_be_taken_back() {
        let (mut writer, mut reader) = bounded(1, NO_PART);
        writer.write(1);
        let _ = writer.flush();
        assert!(!reader.has_next());
        writer.rollback();
        writer.write(3);
        writer.write(5);
        writer.write(2);
        assert!(!writer.flush());
        assert!(!writer.has_room());
        let frames: Vec<u32> = std::iter::from_fn(|| reader.read().map(|(f, _)| f)).collect();
        assert_eq!(frames, [3, 5, 2]);
        assert!(writer.has_room());
    }

    #[test]
    fn close_comes_after_the_last_message() {
        let (mut writer, mut reader) = bounded(1, 1);
        writer.write(2);
        writer.write(1);
        let _ = writer.close();
        assert_eq!(reader.read(), Some((2, true)).map(|(f, _)| (f, false)));
        assert!(reader.at_end());
        assert!(reader.read().is_none());
    }
}
