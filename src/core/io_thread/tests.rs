//! I/O threads with jobs made for the test: what a panic, a nap and another turn come to.

#![forbid(unsafe_code)]

use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;

/// Panics when it is poked, says when its time has come, and when it goes.
struct Guest {
    deadline: Option<u64>,
    tell: Sender<&'static str>,
}

impl Job for Guest {
    fn run(&mut self, occasion: Occasion, io: &mut Io<'_>) -> Fate {
        match occasion {
            Occasion::Start => Fate::Stays,
            Occasion::Timeout => {
                assert!(self.deadline.is_some_and(|deadline| deadline <= io.turn.now));
                self.deadline = None;
                self.tell.send("timeout").expect("the test listens");
                io.turn.again();
                Fate::Stays
            }
            Occasion::Again => {
                self.tell.send("again").expect("the test listens");
                io.turn.nap();
                Fate::Stays
            }
            Occasion::Napped => {
                self.tell.send("napped").expect("the test listens");
                Fate::Done
            }
            Occasion::Poke | Occasion::Ready(_) | Occasion::Notice(..) | Occasion::Show => {
                panic!("a guest that was asked to")
            }
        }
    }

    fn deadline(&self) -> Option<u64> {
        self.deadline
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.tell.send("gone").expect("the test listens");
    }
}

#[test]
fn a_panic_ends_one_job_and_timers_and_naps_go_on() {
    let thread = IoThread::start(b"io", Scheduling::default()).expect("threads are left");
    let (tell, told) = channel();
    let (late, bad) = (JobId::next(), JobId::next());
    let deadline = Some(clock::millis() + 50);
    thread.handle().start(late, Box::new(Guest { deadline, tell: tell.clone() }));
    thread.handle().start(bad, Box::new(Guest { deadline: None, tell }));
    thread.handle().poke(bad);
    assert_eq!(told.iter().collect::<Vec<_>>(), ["gone", "timeout", "again", "napped", "gone"]);
    assert_eq!(thread.handle().load(), 0);
    thread.stop();
}

/// Wants another turn whenever it has had one, and says so each time; so often, at most.
struct Busy {
    name: &'static str,
    left: u32,
    tell: Sender<&'static str>,
}

impl Job for Busy {
    fn run(&mut self, occasion: Occasion, io: &mut Io<'_>) -> Fate {
        if let Occasion::Again = occasion {
            self.tell.send(self.name).expect("the test listens");
            self.left -= 1;
        }
        io.turn.again();
        if self.left == 0 { Fate::Done } else { Fate::Stays }
    }

    fn deadline(&self) -> Option<u64> {
        None
    }
}

#[test]
fn turns_go_round_whatever_happened_to_a_job() {
    let thread = IoThread::start(b"io", Scheduling::default()).expect("threads are left");
    let (tell, told) = channel();
    let (first, second) = (JobId::next(), JobId::next());
    let busy = |name, left| Box::new(Busy { name, left, tell: tell.clone() });
    thread.handle().start(first, busy("first", 100_000));
    (0..100).for_each(|_| thread.handle().poke(first));
    thread.handle().start(second, busy("second", 100));
    drop(tell);
    let turns: Vec<_> = told.iter().skip_while(|name| *name == "first").take(199).collect();
    assert_eq!(turns.iter().filter(|name| **name == "second").count(), 100);
    thread.stop();
}

/// Keeps the thread until the test lets go, so that what it is given meanwhile is there at once.
struct Brake(Receiver<()>);

impl Job for Brake {
    fn run(&mut self, _: Occasion, _: &mut Io<'_>) -> Fate {
        // It ends when the other end goes.
        let _ = self.0.recv();
        Fate::Done
    }

    fn deadline(&self) -> Option<u64> {
        None
    }
}

/// Stops a thread until the answer is dropped.
fn brake(thread: &IoThread) -> Sender<()> {
    let (go, wait) = channel();
    thread.handle().start(JobId::next(), Box::new(Brake(wait)));
    go
}

/// Has one step of a handshake to take, which is all that fits into a round; says how often it was
/// run for that.
struct Stranger {
    number: usize,
    runs: usize,
    tell: Sender<(usize, usize)>,
}

impl Job for Stranger {
    fn run(&mut self, _: Occasion, io: &mut Io<'_>) -> Fate {
        self.runs += 1;
        if !io.turn.may_negotiate(EFFORT) {
            return Fate::Stays;
        }
        self.tell.send((self.number, self.runs)).expect("the test listens");
        Fate::Done
    }

    fn deadline(&self) -> Option<u64> {
        None
    }
}

#[test]
fn handshakes_wait_in_line_and_are_not_run_meanwhile() {
    let thread = IoThread::start(b"io", Scheduling::default()).expect("threads are left");
    let (tell, told) = channel();
    let go = brake(&thread);
    for number in 0..100 {
        let stranger = Stranger { number, runs: 0, tell: tell.clone() };
        thread.handle().start(JobId::next(), Box::new(stranger));
    }
    drop((go, tell));
    let steps: Vec<_> = told.iter().collect();
    let expected = std::iter::once((0, 1)).chain((1..100).map(|number| (number, 2)));
    assert_eq!(steps, expected.collect::<Vec<_>>());
    thread.stop();
}

/// Says that it was poked, or that its time has come.
struct Clerk {
    deadline: Option<u64>,
    tell: Sender<bool>,
}

impl Job for Clerk {
    fn run(&mut self, occasion: Occasion, _: &mut Io<'_>) -> Fate {
        if let Occasion::Timeout = occasion {
            self.deadline = None;
        }
        if !matches!(occasion, Occasion::Start) {
            self.tell.send(matches!(occasion, Occasion::Timeout)).expect("the test listens");
        }
        Fate::Stays
    }

    fn deadline(&self) -> Option<u64> {
        self.deadline
    }
}

#[test]
fn many_orders_leave_time_for_others() {
    let thread = IoThread::start(b"io", Scheduling::default()).expect("threads are left");
    let (tell, told) = channel();
    let go = brake(&thread);
    let clerk = JobId::next();
    thread.handle().start(clerk, Box::new(Clerk { deadline: Some(0), tell }));
    (0..10 * ORDERS).for_each(|_| thread.handle().poke(clerk));
    drop(go);
    assert!(told.iter().position(|timeout| timeout).is_some_and(|at| at < ORDERS));
    thread.stop();
}

#[test]
fn h204_an_affinity_without_a_thread() {
    let thread = IoThread::start(b"io", Scheduling::default()).expect("threads are left");
    let threads: IoThreads = [thread.handle()].into_iter().collect();
    assert!(threads.choose(0).is_ok() && threads.choose(1).is_ok());
    assert_eq!(threads.choose(2).err(), Some(Error::NoThread));
    assert_eq!(IoThreads::from_iter([]).choose(0).err(), Some(Error::NoThread));
    thread.stop();
}
