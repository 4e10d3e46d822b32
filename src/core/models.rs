//! Models of the concurrent types, explored by loom: every order in which two threads can step
//! through them. `make loom` runs them; they work on the types that ship, over loom's primitives.

#![forbid(unsafe_code)]

use std::sync::Arc;

use loom::sync::{Condvar, Mutex};
use loom::thread;

use super::command::SocketMailbox;
use super::gate::Gate;
use super::lane::{Frame, LaneReader, LaneSpec, NO_PART, lane};
use super::mailbox::{Mailbox, Wake};
use super::pipes::{PipeKey, Pipes, testing};
use super::queue::queue;
use crate::msg::Msg;

/// A waiting place for one thread.
struct Bell {
    rung: Mutex<bool>,
    condition: Condvar,
}

impl Bell {
    fn new() -> Bell {
        Bell { rung: Mutex::new(false), condition: Condvar::new() }
    }

    fn wait(&self) {
        let mut rung = self.rung.lock().unwrap();
        while !*rung {
            rung = self.condition.wait(rung).unwrap();
        }
        *rung = false;
    }
}

impl Wake for Bell {
    fn wake(&self) {
        *self.rung.lock().unwrap() = true;
        self.condition.notify_one();
    }

    fn reset(&self) {
        *self.rung.lock().unwrap() = false;
    }
}

/// A frame that ends its message.
impl Frame for Box<u32> {
    fn more(&self) -> bool {
        false
    }

    fn is_plain(&self) -> bool {
        false
    }
}

#[test]
fn loom_a_gate_loses_no_wake_up() {
    loom::model(|| {
        let gate = Arc::new(Gate::new());
        let bell = Arc::new(Bell::new());
        let (theirs, rings) = (Arc::clone(&gate), Arc::clone(&bell));
        let advancer = thread::spawn(move || {
            for count in 1..=2 {
                if theirs.advance(count) {
                    rings.wake();
                }
            }
            if theirs.close() {
                rings.wake();
            }
        });
        let mut seen = gate.look();
        while !seen.closed {
            match gate.sleep(seen.count) {
                Ok(()) => {
                    bell.wait();
                    seen = gate.look();
                }
                Err(news) => seen = news,
            }
        }
        assert_eq!(seen.count, 2);
        advancer.join().unwrap();
    });
}

#[test]
fn loom_a_queue_hands_over_every_value_in_order() {
    loom::model(|| {
        let (mut writer, mut reader) = queue();
        let bell = Arc::new(Bell::new());
        let rings = Arc::clone(&bell);
        let thread = thread::spawn(move || {
            for value in 0..3u32 {
                writer.push(Box::new(value));
                if writer.publish() {
                    rings.wake();
                }
            }
            if writer.close() {
                rings.wake();
            }
        });
        let mut expected = 0;
        while !reader.at_end() {
            match reader.pop() {
                Some(value) => {
                    assert_eq!(*value, expected);
                    expected += 1;
                }
                None => {
                    if reader.sleep() {
                        bell.wait();
                    }
                }
            }
        }
        assert_eq!(expected, 3);
        thread.join().unwrap();
    });
}

#[test]
fn loom_a_queue_hands_over_what_is_only_copied() {
    loom::model(|| {
        let (mut writer, mut reader) = queue();
        let thread = thread::spawn(move || {
            for mut value in 1..3u32 {
                if !writer.push_near(&mut value) {
                    writer.push(value);
                }
                let _ = writer.publish();
            }
        });
        let mut taken = Vec::new();
        for _ in 0..2 {
            let mut value = 0;
            if reader.pop_near(&mut value) || reader.pop_into(&mut value) {
                taken.push(value);
            }
        }
        thread.join().unwrap();
        while let Some(value) = reader.pop() {
            taken.push(value);
        }
        assert_eq!(taken, [1, 2]);
    });
}

#[test]
fn loom_what_a_reader_leaves_is_dropped() {
    loom::model(|| {
        let (mut writer, mut reader) = queue();
        let thread = thread::spawn(move || {
            for value in 0..3u32 {
                writer.push(Box::new(value));
                let _ = writer.publish();
            }
        });
        drop(reader.pop());
        drop(reader);
        thread.join().unwrap();
    });
}

#[test]
fn loom_a_full_lane_goes_on_when_it_is_read() {
    loom::model(|| {
        let spec = LaneSpec { conflate: false, writer_part: 1, reader_part: NO_PART };
        let (mut writer, mut reader) = lane::<Box<u32>>(spec);
        let (data, room) = (Arc::new(Bell::new()), Arc::new(Bell::new()));
        let (rings_data, waits_room) = (Arc::clone(&data), Arc::clone(&room));
        let thread = thread::spawn(move || {
            for value in 0..2u32 {
                while !writer.has_room() {
                    waits_room.wait();
                }
                writer.write(Box::new(value));
                if writer.flush() {
                    rings_data.wake();
                }
            }
        });
        let mut expected = 0;
        while expected < 2 {
            match reader.read() {
                Some((value, wake)) => {
                    assert_eq!(*value, expected);
                    expected += 1;
                    if wake {
                        room.wake();
                    }
                }
                None => {
                    if reader.sleep() {
                        data.wait();
                    }
                }
            }
        }
        thread.join().unwrap();
    });
}

/// The far end of a pipe behind the lock of a connection: what it takes is written.
struct Connection {
    reader: LaneReader<Box<u32>>,
    written: Vec<u32>,
}

impl Connection {
    /// Takes what is there, until the writer knows that nobody looks any more.
    fn pump(&mut self) {
        loop {
            while let Some((value, _)) = self.reader.read() {
                self.written.push(*value);
            }
            if self.reader.sleep() {
                return;
            }
        }
    }
}

/// `PipeEnd::flush_or_push`: who has sent runs the connection, or tells the I/O thread.
#[test]
fn loom_a_message_is_written_or_announced() {
    loom::model(|| {
        let spec = LaneSpec { conflate: false, writer_part: 0, reader_part: NO_PART };
        let (mut writer, reader) = lane::<Box<u32>>(spec);
        let connection = Arc::new(Mutex::new(Connection { reader, written: Vec::new() }));
        let told = Arc::new(Mutex::new(false));
        let (theirs, tells) = (Arc::clone(&connection), Arc::clone(&told));
        let application = thread::spawn(move || {
            for value in 0..2 {
                writer.write(Box::new(value));
                if writer.flush() {
                    match theirs.try_lock() {
                        Ok(mut connection) => connection.pump(),
                        Err(_) => *tells.lock().unwrap() = true,
                    }
                }
            }
            writer
        });
        // The I/O thread is at work on the connection for another reason.
        connection.lock().unwrap().pump();
        let _writer = application.join().unwrap();
        let mut connection = connection.lock().unwrap();
        if *told.lock().unwrap() {
            connection.pump();
        }
        assert_eq!(connection.written, [0, 1]);
    });
}

#[test]
fn loom_a_changed_capacity_reaches_a_full_writer() {
    loom::model(|| {
        let spec = LaneSpec { conflate: false, writer_part: 1, reader_part: NO_PART };
        let (mut writer, mut reader) = lane::<Box<u32>>(spec);
        let room = Arc::new(Bell::new());
        let waits_room = Arc::clone(&room);
        writer.write(Box::new(0));
        let _ = writer.flush();
        let thread = thread::spawn(move || {
            while !writer.has_room() {
                waits_room.wait();
            }
        });
        reader.set_part(1);
        room.wake();
        thread.join().unwrap();
    });
}

#[test]
fn loom_a_mailbox_loses_no_command() {
    loom::model(|| {
        let mailbox = Arc::new(Mailbox::new(Some(Bell::new())));
        let writers: Vec<_> = (0..2u32)
            .map(|command| {
                let mailbox = Arc::clone(&mailbox);
                thread::spawn(move || mailbox.push(command))
            })
            .collect();
        let mut got = 0;
        let mut commands = Vec::new();
        while got < 2 {
            mailbox.take(&mut commands);
            got += commands.drain(..).count();
            if got < 2 && mailbox.arm() {
                mailbox.waker().unwrap().wait();
                mailbox.disarm();
            }
        }
        for writer in writers {
            writer.join().unwrap();
        }
    });
}

#[test]
fn loom_an_exposed_mailbox_rings_for_what_was_left_before() {
    loom::model(|| {
        let mailbox = Arc::new(Mailbox::new(Some(Bell::new())));
        let theirs = Arc::clone(&mailbox);
        let writer = thread::spawn(move || theirs.push(1));
        mailbox.expose();
        mailbox.waker().unwrap().wait();
        let mut commands = Vec::new();
        mailbox.take(&mut commands);
        assert_eq!(commands, [1]);
        writer.join().unwrap();
        assert!(!*mailbox.waker().unwrap().rung.lock().unwrap());
    });
}

#[test]
fn loom_no_ring_is_left_without_news() {
    loom::model(|| {
        let mailbox = Arc::new(Mailbox::new(Some(Bell::new())));
        mailbox.expose();
        let theirs = Arc::clone(&mailbox);
        let writer = thread::spawn(move || {
            theirs.push(1);
            theirs.push(2);
        });
        let mut got = 0;
        let mut commands = Vec::new();
        while got < 2 {
            if mailbox.has_news() {
                mailbox.take(&mut commands);
                got += commands.drain(..).count();
            } else {
                thread::yield_now();
            }
        }
        writer.join().unwrap();
        assert!(!*mailbox.waker().unwrap().rung.lock().unwrap());
    });
}

/// Works off the mailbox until the pipe has ended; returns how many messages were read meanwhile.
fn run_to_the_end(pipes: &mut Pipes, mailbox: &SocketMailbox, key: PipeKey, reads: bool) -> usize {
    let mut got = 0;
    loop {
        testing::deliver(pipes, mailbox);
        while reads && pipes.read(key, &mut Msg::empty()) {
            got += 1;
        }
        if pipes.next_ended() == Some(key) {
            return got;
        }
        thread::yield_now();
    }
}

#[test]
fn loom_a_pipe_ends_after_its_last_message() {
    loom::model(|| {
        let ((mut a, box_a), (mut b, box_b)) = (testing::pipes(true), testing::pipes(true));
        let (key_a, key_b) = testing::connect(&mut a, &mut b, 0);
        let thread = thread::spawn(move || {
            assert!(a.write(key_a, &mut Msg::empty()));
            a.flush(key_a);
            a.terminate(key_a);
            assert_eq!(run_to_the_end(&mut a, &box_a, key_a, false), 0);
        });
        assert_eq!(run_to_the_end(&mut b, &box_b, key_b, true), 1);
        thread.join().unwrap();
    });
}

#[test]
fn loom_both_ends_of_a_pipe_may_terminate() {
    loom::model(|| {
        let ((mut a, box_a), (mut b, box_b)) = (testing::pipes(true), testing::pipes(true));
        let (key_a, key_b) = testing::connect(&mut a, &mut b, 0);
        let thread = thread::spawn(move || {
            a.terminate(key_a);
            run_to_the_end(&mut a, &box_a, key_a, false);
        });
        b.terminate(key_b);
        run_to_the_end(&mut b, &box_b, key_b, false);
        thread.join().unwrap();
    });
}
