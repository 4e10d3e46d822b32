//! The library's boxes and another implementation's: the same bytes, and nothing else opens.
//!
//! Input: what keys and nonces are made of, a length, what is done to the sealed bytes; then the
//! content, which is repeated up to the length.

#![no_main]

use harness::choices::Choices;
use harness::nacl::{self, Key};
use libfuzzer_sys::fuzz_target;
use zmq::fuzzing::{BoxKey, public_key};

/// The longest content.
const LEN_MAX: usize = 4096;
/// What places are filled with that are to be written.
const FILL: u8 = 0xa5;

fuzz_target!(|data: &[u8]| {
    let mut choices = Choices::new(data);
    let options = choices.byte();
    let key = bytes(&mut choices);
    let other: Key = bytes(&mut choices);
    let nonce: [u8; 24] = bytes(&mut choices);
    let len = usize::from(choices.number()) % (LEN_MAX + 1);
    let damage = Damage::new(&mut choices);
    let content: Vec<u8> = choices.rest().iter().copied().cycle().take(len).collect();
    let content = if content.is_empty() { vec![b'.'; len] } else { content };

    // Most inputs do without the slow part.
    if options % 16 == 0 {
        let which = usize::from(options >> 4);
        between([&key, &other], nacl::WEAK.get(which).copied(), which > 10, &nonce, &content);
    }
    let ours = BoxKey::symmetric(&key);
    let sealed = ours.seal(&nonce, &content);
    assert_eq!(sealed, nacl::seal(&key, &nonce, &content));
    assert_eq!(ours.open(&nonce, &sealed).as_ref(), Some(&content));
    if let Some(damaged) = damage.done_to(&sealed) {
        assert_eq!(ours.open(&nonce, &damaged), None);
        assert_eq!(nacl::open(&key, &nonce, &damaged), None);
    }
    frames(&key, &nonce, options, &content, &damage);
});

/// So many bytes; what is missing counts up.
fn bytes<const N: usize>(choices: &mut Choices<'_>) -> [u8; N] {
    let given = choices.take(N);
    std::array::from_fn(|at| given.get(at).copied().unwrap_or(at as u8))
}

/// What is done to sealed bytes.
enum Damage {
    /// A bit is another, counted from the front or from the back.
    Flip(usize, u8, bool),
    /// Only so many are left.
    Cut(usize),
    /// These follow.
    Longer(Vec<u8>),
}

impl Damage {
    fn new(choices: &mut Choices<'_>) -> Damage {
        let (kind, at) = (choices.byte(), usize::from(choices.number()));
        match kind % 4 {
            0 | 1 => Damage::Flip(at, 1 << (kind >> 5), kind % 2 == 1),
            2 => Damage::Cut(at),
            _ => Damage::Longer(choices.text().to_vec()),
        }
    }

    /// None if nothing has changed.
    fn done_to(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        let mut bytes = sealed.to_vec();
        match self {
            Damage::Flip(at, bit, from_back) => {
                let at = at % sealed.len();
                bytes[if *from_back { sealed.len() - 1 - at } else { at }] ^= bit;
            }
            Damage::Cut(len) => bytes.truncate(len % sealed.len()),
            Damage::Longer(more) => bytes.extend(more),
        }
        (bytes != sealed).then_some(bytes)
    }
}

/// Keys that two share, and keys with which nobody does.
fn between(
    [one, other]: [&Key; 2],
    weak: Option<Key>,
    is_any: bool,
    nonce: &[u8; 24],
    content: &[u8],
) {
    let public = match (weak, is_any) {
        (Some(weak), _) => weak,
        // Any bytes may be a public key, also those that are none.
        (None, true) => *other,
        (None, false) => public_key(other),
    };
    let Some(ours) = BoxKey::between(&public, one) else {
        assert!(nacl::is_weak(&public) && nacl::x25519(one, &public) == [0; 32]);
        return;
    };
    assert!(!nacl::is_weak(&public));
    let sealed = ours.seal(nonce, content);
    assert_eq!(sealed, nacl::between(&public, one).seal(nonce, content));
    if !is_any {
        assert_eq!(public, nacl::public(other));
        let theirs = BoxKey::between(&public_key(one), other).expect("both keys are good");
        assert_eq!(theirs.open(nonce, &sealed).as_deref(), Some(content));
    }
}

/// Frames are boxes with a byte of flags in front, and a number at the end of the nonce.
fn frames(key: &Key, nonce: &[u8; 24], flags: u8, content: &[u8], damage: &Damage) {
    let (prefix, number) = nonce.split_first_chunk().expect("it is long enough");
    let number = u64::from_be_bytes(number.try_into().expect("eight bytes are left"));
    let frames = BoxKey::symmetric(key).frames(prefix);
    let mut sealed = vec![FILL; content.len() + 17];
    frames.seal(number, flags, content, &mut sealed);
    assert_eq!(sealed, nacl::seal(key, nonce, &[&[flags], content].concat()));

    let mut place = vec![FILL; content.len()];
    assert_eq!(frames.open(number, &sealed, &mut place), Some(flags));
    assert_eq!(place, content);

    // Nothing of a text that is not genuine gets out.
    let refused = |number: u64, sealed: &[u8], len: usize| {
        let mut place = vec![FILL; len];
        assert_eq!(frames.open(number, sealed, &mut place), None);
        assert!(place.iter().all(|byte| *byte == FILL) || place.iter().all(|byte| *byte == 0));
    };
    refused(number ^ 1, &sealed, content.len());
    refused(number, &sealed, content.len() + 1);
    if !content.is_empty() {
        refused(number, &sealed, content.len() - 1);
    }
    if let Some(damaged) = damage.done_to(&sealed) {
        refused(number, &damaged, content.len());
        refused(number, &damaged, damaged.len().saturating_sub(17));
    }
}
