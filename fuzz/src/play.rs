//! Playing bytes to a session. However they are cut, and whether long bodies are read past it or
//! not, the outcome has to be the same.

use zmq::fuzzing::{End, Ending, Seen, Setup};

use crate::model;

/// What came of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The events.
    pub seen: Vec<Seen>,
    /// How the session ended.
    pub ending: Option<Ending>,
    /// What the session said.
    pub said: Vec<u8>,
    /// What it would mean if the connection ended now.
    pub closed: [Ending; 2],
}

/// Plays pieces.
fn play<'a>(setup: &Setup, straight: bool, pieces: impl Iterator<Item = &'a [u8]>) -> Outcome {
    let mut end = End::new(setup, 0);
    end.straight = straight;
    let mut said = end.write(usize::MAX);
    for piece in pieces {
        let taken = end.receive(piece, 0);
        assert!(taken == piece.len() || end.ending.is_some(), "bytes were left");
        said.extend(end.write(usize::MAX));
    }
    if end.ending.is_some() {
        check_over(&mut end, 0);
    }
    let closed = end.closed();
    Outcome { seen: end.seen, ending: end.ending, said, closed }
}

/// A session that is over takes nothing, says nothing, and waits for nothing.
pub fn check_over(end: &mut End, now: u64) {
    end.write(usize::MAX);
    assert_eq!(end.poke(b"\0\x01a", now), (0, false));
    assert_eq!(end.deadline(), None);
    assert!(!end.is_ready() && !end.offers_body());
    let ending = end.ending.clone();
    end.timeout(u64::MAX);
    assert_eq!(end.ending, ending);
    end.pause(true, now);
    end.pause(false, now);
    end.encode(&zmq::fuzzing::Part::data(b"lost", false));
    assert_eq!(end.waiting(), 0);
}

/// Plays a script whole, one byte at a time (unless it is long), and in pieces of some lengths in turn. What the session
/// says is compared only if asked for, as several PINGs that come at once have one answer.
pub fn in_every_way(setup: &Setup, script: &[u8], lengths: [u8; 2], words: bool) -> Outcome {
    let whole = play(setup, false, [script].into_iter());
    let check = |mut outcome: Outcome, how: &str| {
        if !words {
            outcome.said.clone_from(&whole.said);
        }
        assert_eq!(outcome, whole, "{how}");
    };
    check(play(setup, true, [script].into_iter()), "read straight");
    if script.len() < 4000 {
        check(play(setup, false, script.chunks(1)), "byte by byte");
    }
    let unit = script.len() / 500 + 1;
    let mut rest = script;
    let mut lengths = lengths.into_iter().cycle();
    let pieces: Vec<&[u8]> = std::iter::from_fn(|| {
        let len = lengths.next().map_or(1, |len| (usize::from(len) + 1) * unit);
        let (piece, behind) = rest.split_at(len.min(rest.len()));
        rest = behind;
        (!piece.is_empty()).then_some(piece)
    })
    .collect();
    check(play(setup, false, pieces.iter().copied()), "in pieces");
    check(play(setup, true, pieces.iter().copied()), "in pieces, read straight");
    if let Some(ending) = &whole.ending {
        assert!(!ending.text.is_empty());
        assert!(!ending.is_failure || ending.in_handshake);
    }
    whole
}

/// Plays a script in every way and compares with what has to come of it.
pub fn against_model(setup: &Setup, script: &[u8], lengths: [u8; 2], words: bool) -> Outcome {
    let outcome = in_every_way(setup, script, lengths, words);
    let expected = model::connection(setup, script);
    assert_eq!(outcome.seen, expected.seen);
    let name = outcome.ending.as_ref().map(|ending| ending.error.as_str());
    let name = name.map(|error| error.split(' ').next().unwrap_or_default());
    assert_eq!(name, expected.error);
    assert!(outcome.said.starts_with(&expected.said));
    if words {
        assert_eq!(outcome.said, expected.said);
    }
    outcome
}

/// Lets a session act on the time, which now is `now`. After that it must want to be called later,
/// or not at all; otherwise its engine would never sleep.
pub fn pass_time(end: &mut End, now: u64) {
    end.timeout(now);
    assert!(end.deadline().is_none_or(|next| next > now), "time was not acted upon");
}
