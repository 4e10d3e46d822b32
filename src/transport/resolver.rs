//! Look-ups of names, in threads of their own.
//!
//! The system's resolver may take as long as it likes, and cannot be told to stop. So the threads
//! that wait for it are nobody's: neither a context nor the process waits for one to end. There are
//! few of them, and further questions queue.

#![forbid(unsafe_code)]

use std::collections::VecDeque;
use std::io;
use std::sync::OnceLock;

use parking_lot::Mutex;

use super::target::{Address, Target};
use crate::sys::{fork, thread};

/// How many look-ups run at a time.
const AT_A_TIME: usize = 16;

/// What the threads are called.
const THREAD_NAME: &[u8] = b"ZMQbg/Resolver";

/// Whom an answer goes to.
type Done = Box<dyn FnOnce(io::Result<Vec<Address>>) + Send>;

/// A look-up that was asked for.
struct Question {
    target: Target,
    ipv6: bool,
    done: Done,
}

/// The questions and threads of one process.
///
/// A forked child inherits neither the threads nor, perhaps, an open lock: it starts over with the
/// next of the chain.
struct Resolver {
    generation: OnceLock<u64>,
    desk: Mutex<Desk>,
    next: OnceLock<Box<Resolver>>,
}

/// What is to be done, and by how many.
struct Desk {
    waiting: VecDeque<Question>,
    threads: usize,
}

static FIRST: Resolver = Resolver::new();

/// Looks up where a target is; `done` gets the answer, in another thread and perhaps late.
///
/// If no thread can be started, `done` gets that error, before this returns. In a forked child the
/// questions of the parent are not answered.
pub(crate) fn look_up(target: Target, ipv6: bool, done: Done) {
    FIRST.of(fork::generation()).ask(Question { target, ipv6, done });
}

impl Resolver {
    const fn new() -> Resolver {
        let desk = Desk { waiting: VecDeque::new(), threads: 0 };
        Resolver { generation: OnceLock::new(), desk: Mutex::new(desk), next: OnceLock::new() }
    }

    /// The one of a process, by the number that [`fork::generation`] gave it.
    fn of(&'static self, generation: u64) -> &'static Resolver {
        let mut resolver = self;
        while *resolver.generation.get_or_init(|| generation) != generation {
            resolver = resolver.next.get_or_init(|| Box::new(Resolver::new()));
        }
        resolver
    }

    /// Lets a thread that is there or a new one answer.
    fn ask(&'static self, question: Question) {
        {
            let mut desk = self.desk.lock();
            desk.waiting.push_back(question);
            if desk.threads == AT_A_TIME {
                return;
            }
            desk.threads += 1;
        }
        let seat = Seat { resolver: self, taken: true };
        let started = thread::spawn(THREAD_NAME, thread::Scheduling::default(), || seat.work());
        if let Err(error) = started {
            self.give_up(&error);
        }
    }

    /// No thread could be started: if none runs either, nobody is going to answer.
    fn give_up(&self, error: &io::Error) {
        let unanswered = {
            let mut desk = self.desk.lock();
            if desk.threads > 0 { VecDeque::new() } else { std::mem::take(&mut desk.waiting) }
        };
        for question in unanswered {
            (question.done)(Err(again(error)));
        }
    }
}

/// The right to be one of the threads; given back when the thread ends, however that comes about.
struct Seat {
    resolver: &'static Resolver,
    taken: bool,
}

impl Seat {
    /// Answers until there is nothing left to answer.
    fn work(mut self) {
        while let Some(question) = self.next_question() {
            question.answer();
        }
    }

    /// The next question. When there is none the seat is free in the same moment, so that whoever
    /// asks next does not rely on a thread that is about to leave.
    fn next_question(&mut self) -> Option<Question> {
        let mut desk = self.resolver.desk.lock();
        let question = desk.waiting.pop_front();
        if question.is_none() {
            desk.threads -= 1;
            self.taken = false;
        }
        question
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if self.taken {
            self.resolver.desk.lock().threads -= 1;
        }
    }
}

impl Question {
    fn answer(self) {
        let answer = self.target.resolve(self.ipv6);
        (self.done)(answer);
    }
}

/// The same error for one more.
fn again(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(errno) => io::Error::from_raw_os_error(errno),
        None => error.kind().into(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;
    use crate::transport::Scheme;

    const LONG: Duration = Duration::from_secs(60);

    fn localhost() -> Target {
        Target::parse(Scheme::Tcp, b"localhost:9").expect("well-formed")
    }

    /// A resolver that is not shared with the other tests.
    fn new_resolver() -> &'static Resolver {
        Box::leak(Box::new(Resolver::new()))
    }

    #[test]
    fn a62_answers_come_in_another_thread() {
        let (tell, told) = mpsc::channel();
        let done = move |answer| {
            tell.send((answer, std::thread::current().id())).expect("the test waits");
        };
        look_up(localhost(), false, Box::new(done));
        let (answer, thread) = told.recv_timeout(LONG).expect("the resolver answers");
        let addresses = answer.expect("every machine knows it");
        assert!(addresses.iter().any(|address| address.endpoint() == b"tcp://127.0.0.1:9"));
        assert_ne!(thread, std::thread::current().id());
    }

    #[test]
    fn a62_one_that_hangs_does_not_stop_the_others() {
        let resolver = new_resolver();
        let (release, hang) = mpsc::channel::<()>();
        let (tell, told) = mpsc::channel();
        let stuck = tell.clone();
        let ask = |done: Done| resolver.ask(Question { target: localhost(), ipv6: false, done });
        ask(Box::new(move |_| {
            stuck.send("stuck").expect("the test waits");
            let _ = hang.recv();
            stuck.send("released").expect("the test waits");
        }));
        assert_eq!(told.recv_timeout(LONG), Ok("stuck"));
        let other = tell.clone();
        ask(Box::new(move |_| other.send("other").expect("the test waits")));
        assert_eq!(told.recv_timeout(LONG), Ok("other"));
        drop(release);
        assert_eq!(told.recv_timeout(LONG), Ok("released"));
    }

    #[test]
    fn so_many_at_a_time_and_the_rest_in_turn() {
        let resolver = new_resolver();
        let (tell, told) = mpsc::channel();
        let mut releases = Vec::new();
        for number in 0..AT_A_TIME + 5 {
            let (release, hang) = mpsc::channel::<()>();
            releases.push(release);
            let tell = tell.clone();
            let done: Done = Box::new(move |_| {
                tell.send(number).expect("the test waits");
                let _ = hang.recv();
            });
            resolver.ask(Question { target: localhost(), ipv6: false, done });
        }
        let next = || told.recv_timeout(LONG).expect("the resolver answers");
        let mut running = (0..AT_A_TIME).map(|_| next()).collect::<Vec<_>>();
        running.sort_unstable();
        assert_eq!(running, (0..AT_A_TIME).collect::<Vec<_>>());
        assert_eq!(resolver.desk.lock().waiting.len(), 5);
        drop(releases);
        let rest = (0..5).map(|_| next()).collect::<std::collections::BTreeSet<_>>();
        assert_eq!(rest, (AT_A_TIME..AT_A_TIME + 5).collect());
    }

    #[test]
    fn every_process_has_its_own() {
        let parent = new_resolver();
        let child = parent.of(1);
        assert!(std::ptr::eq(child, parent), "the first to come has the first");
        let child = parent.of(2);
        assert!(!std::ptr::eq(child, parent));
        assert!(std::ptr::eq(parent.of(2), child));
        assert!(std::ptr::eq(parent.of(1), parent));
    }
}
