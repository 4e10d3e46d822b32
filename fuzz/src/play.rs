//! Playing bytes to a session. However they are cut, and whether long bodies are read past it or
//! not, the outcome has to be the same.

use zmq::fuzzing::{End, Ending, Proof, Seen, Setup};

use crate::curve::Opener;
use crate::model::{self, Expected, Verdicts};
use crate::wire::{self, Front};

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

/// What a session gets.
#[derive(Clone, Copy, Debug)]
struct Script<'a> {
    bytes: &'a [u8],
    verdicts: Verdicts<'a>,
}

/// Plays pieces of these lengths; they are cut where there is a verdict.
fn play(
    setup: &Setup,
    straight: bool,
    script: Script<'_>,
    lengths: impl Iterator<Item = usize>,
) -> Outcome {
    let mut end = End::new(setup, 0);
    end.straight = straight;
    let mut said = end.write(usize::MAX);
    let mut verdicts = script.verdicts.iter().peekable();
    let (mut at, mut ends) =
        (0, lengths.scan(0, |end, len| Some(*end + len).inspect(|at| *end = *at)));
    let mut piece_end = 0;
    loop {
        while let Some((_, verdict)) = verdicts.next_if(|(when, _)| *when == at) {
            end.judge(verdict.clone(), 0);
            said.extend(end.write(usize::MAX));
        }
        if at == script.bytes.len() {
            break;
        }
        while piece_end <= at {
            piece_end = ends.next().expect("there is no end of lengths").min(script.bytes.len());
        }
        let until = verdicts.peek().map_or(piece_end, |(when, _)| piece_end.min(*when));
        let piece = &script.bytes[at..until];
        let taken = end.receive(piece, 0);
        assert!(taken == piece.len() || end.ending.is_some(), "bytes were left");
        said.extend(end.write(usize::MAX));
        at = until;
    }
    if end.ending.is_some() {
        check_over(&mut end, 0);
    }
    check_order(&end.seen);
    let closed = end.closed();
    Outcome { seen: end.seen, ending: end.ending, said, closed }
}

/// At most one question and one answer come, then the peer is ready once, and then messages.
fn check_order(seen: &[Seen]) {
    let rank = |seen: &Seen| match seen {
        Seen::Asks(_) => 0,
        Seen::Refused(_) => 1,
        Seen::Ready(_) => 2,
        Seen::Part(_) => 3,
    };
    for pair in seen.windows(2) {
        let [one, next] = [&pair[0], &pair[1]].map(rank);
        assert!(one < next || (one, next) == (3, 3), "{seen:?}");
        assert!((one, next) != (1, 2), "refused, and ready");
    }
    assert!(!matches!(seen.first(), Some(Seen::Part(_) | Seen::Refused(_))), "{seen:?}");
}

/// A session that is over takes nothing, says nothing, and waits for nothing.
pub fn check_over(end: &mut End, now: u64) {
    end.write(usize::MAX);
    assert_eq!(end.poke(b"\0\x01a", now), (0, false));
    assert_eq!(end.deadline(), None);
    assert!(!end.is_ready() && !end.offers_body());
    let (ending, events) = (end.ending.clone(), end.events);
    end.timeout(u64::MAX);
    end.judge(zmq::fuzzing::Judgement::NoHandler, now);
    assert_eq!((&end.ending, end.events), (&ending, events));
    end.pause(true, now);
    end.pause(false, now);
    end.encode(&zmq::fuzzing::Part::data(b"lost", false));
    assert_eq!(end.waiting(), 0);
}

/// Plays a script whole, one byte at a time (unless it is long), and in pieces of some lengths in
/// turn. What the session says is compared only if asked for, as several PINGs that come at once
/// have one answer.
fn in_every_way(setup: &Setup, script: Script<'_>, lengths: [u8; 2], words: bool) -> Outcome {
    let len = script.bytes.len();
    let unit = len / 500 + 1;
    let pieces = || lengths.into_iter().cycle().map(|len| (usize::from(len) + 1) * unit);
    if matches!(setup.proof, Proof::CurveClient { .. } | Proof::CurveServer(_)) {
        // A handshake is so slow that more inputs are better, and there is the model.
        return play(setup, lengths[0] < 128, script, pieces());
    }
    let whole = play(setup, false, script, std::iter::repeat(len));
    let check = |mut outcome: Outcome, how: &str| {
        if !words {
            outcome.said.clone_from(&whole.said);
        }
        assert_eq!(outcome, whole, "{how}");
    };
    check(play(setup, true, script, std::iter::repeat(len)), "read straight");
    if len < 4000 {
        check(play(setup, false, script, std::iter::repeat(1)), "byte by byte");
    }
    check(play(setup, false, script, pieces()), "in pieces");
    check(play(setup, true, script, pieces()), "in pieces, read straight");
    whole
}

/// Plays a script in every way and compares with what has to come of it.
pub fn against_model(setup: &Setup, script: &[u8], lengths: [u8; 2], words: bool) -> Outcome {
    judged(setup, script, &[], lengths, words)
}

/// The same with answers to questions about the peer.
pub fn judged(
    setup: &Setup,
    bytes: &[u8],
    verdicts: Verdicts<'_>,
    lengths: [u8; 2],
    words: bool,
) -> Outcome {
    let outcome = in_every_way(setup, Script { bytes, verdicts }, lengths, words);
    let expected = model::connection(setup, bytes, verdicts);
    assert_eq!(outcome.seen, expected.seen);
    check_ending(&outcome.seen, outcome.ending.as_ref(), expected.error);
    assert!(outcome.said.starts_with(&expected.said), "{}", outcome.said.escape_ascii());
    if words {
        assert_eq!(outcome.said, expected.said);
    }
    check_sealed(&outcome.said, expected);
    outcome
}

/// A session ended as it had to: the error, and what monitors hear of it.
pub fn check_ending(seen: &[Seen], ending: Option<&Ending>, expected: Option<&str>) {
    let name = ending.map(|ending| model::name(&ending.error));
    assert_eq!(name.as_deref(), expected);
    let Some(ending) = ending else { return };
    assert_eq!(ending.failure, model::failure(&name.unwrap_or_default()), "{}", ending.error);
    assert!(!ending.text.is_empty());
    let was_ready = seen.iter().any(|seen| matches!(seen, Seen::Ready(_)));
    assert_eq!(ending.in_handshake, !was_ready, "{}", ending.error);
}

/// Behind the handshake of CURVE, nothing goes out but sealed frames, in order; of itself, the
/// session sends answers to PINGs.
fn check_sealed(said: &[u8], expected: Expected) {
    let Some(mut opener) = expected.opener else { return };
    for (flags, payload) in open_all(&mut opener, &said[expected.said.len()..]) {
        assert!(flags == 2 && payload.starts_with(b"\x04PONG"), "{}", payload.escape_ascii());
    }
}

/// The flags and the content of sealed frames as the library sends them: each with the next number.
pub fn open_all(opener: &mut Opener, bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let (mut rest, mut opened) = (bytes, Vec::new());
    while let Front::Frame(frame, behind) = wire::front(false, rest, None) {
        assert!(!frame.more && !frame.command, "flags are inside");
        let number = opener.last + 1;
        opened.push(opener.open(frame.body).expect("sealed by the session"));
        assert_eq!(opener.last, number, "numbers are consecutive");
        rest = behind;
    }
    assert_eq!(rest, b"", "the session sends whole frames");
    opened
}

/// Lets a session act on the time, which now is `now`. After that it must want to be called later,
/// or not at all; otherwise its engine would never sleep.
pub fn pass_time(end: &mut End, now: u64) {
    end.timeout(now);
    assert!(end.deadline().is_none_or(|next| next > now), "time was not acted upon");
}
