//! Both containers against plain models, and the shapes that break recursive ones.

#![forbid(unsafe_code)]

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::core::pipes::PipeKey;

/// A small generator of repeatable numbers (xorshift).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 16) as usize % limit
    }

    /// A topic that often is a prefix of others, sometimes branches widely, sometimes is long.
    fn topic(&mut self) -> Vec<u8> {
        let alphabet = [1, 2, 5, 40, 256][self.below(5)];
        let len = [0, 1, 3, 8, 20, 60][self.below(6)];
        let len = if len == 0 { 0 } else { self.below(len) + 1 };
        (0..len).map(|_| self.below(alphabet) as u8).collect()
    }
}

fn key(index: usize) -> PipeKey {
    PipeKey::from_index(index)
}

fn matched(trie: &MultiTrie, data: &[u8]) -> BTreeSet<PipeKey> {
    let mut keys = BTreeSet::new();
    trie.matching(data, |key| {
        keys.insert(key);
    });
    keys
}

#[test]
fn a_counted_trie_does_what_a_hash_map_does() {
    for seed in 1..=20 {
        let mut random = Random(0x9E37_79B9_7F4A_7C15 ^ seed);
        let (mut trie, mut model) = (CountedTrie::new(), BTreeMap::<Vec<u8>, u32>::new());
        // The share of removals changes, so that the tree grows, shrinks and ends empty.
        for step in 0..3000 {
            let topic = match model.range(random.topic()..).next() {
                Some((held, _)) if random.below(3) == 0 => held.clone(),
                _ => random.topic(),
            };
            if random.below(10) < (if step % 1000 < 500 { 3 } else { 8 }) {
                let expected = match model.get_mut(&topic) {
                    None => Removed::NotFound,
                    Some(1) => {
                        model.remove(&topic);
                        Removed::Last
                    }
                    Some(count) => {
                        *count -= 1;
                        Removed::Remaining
                    }
                };
                assert_eq!(trie.remove(&topic), expected, "{topic:?}");
            } else {
                let count = model.entry(topic.clone()).or_default();
                *count += 1;
                assert_eq!(trie.add(&topic), *count == 1, "{topic:?}");
            }
            assert_eq!(trie.len(), model.len());
            let data = random.topic();
            assert_eq!(trie.check(&data), model.keys().any(|held| data.starts_with(held)));
            if step % 100 == 0 {
                let mut shown = Vec::new();
                trie.for_each(|prefix| shown.push(prefix.to_vec()));
                assert_eq!(shown.len(), model.len());
                assert_eq!(shown.iter().collect::<BTreeSet<_>>(), model.keys().collect());
            }
        }
        for (topic, count) in model {
            for left in (0..count).rev() {
                let expected = if left == 0 { Removed::Last } else { Removed::Remaining };
                assert_eq!(trie.remove(&topic), expected);
            }
        }
        assert_eq!(trie.len(), 0);
        assert!(!trie.check(b"") && !trie.check(&[0; 60]));
    }
}

#[test]
fn a_multi_trie_does_what_a_hash_map_does() {
    for seed in 1..=20 {
        let mut random = Random(0x9E37_79B9_7F4A_7C15 ^ seed);
        let mut trie = MultiTrie::new();
        let mut model = BTreeMap::<Vec<u8>, BTreeSet<PipeKey>>::new();
        for step in 0..3000 {
            let topic = match model.range(random.topic()..).next() {
                Some((held, _)) if random.below(3) == 0 => held.clone(),
                _ => random.topic(),
            };
            let pipe = key(random.below(12));
            match random.below(100) {
                0 => {
                    let mut shown = BTreeMap::new();
                    trie.remove_key(pipe, |prefix, last| {
                        assert!(shown.insert(prefix.to_vec(), last).is_none());
                    });
                    let mut expected = BTreeMap::new();
                    model.retain(|topic, keys| {
                        if keys.remove(&pipe) {
                            expected.insert(topic.clone(), keys.is_empty());
                        }
                        !keys.is_empty()
                    });
                    assert_eq!(shown, expected);
                }
                dice if dice < (if step % 1000 < 500 { 30 } else { 75 }) => {
                    let expected =
                        match model.get_mut(&topic).map(|keys| (keys.remove(&pipe), keys)) {
                            None | Some((false, _)) => Removed::NotFound,
                            Some((true, keys)) if keys.is_empty() => Removed::Last,
                            Some((true, _)) => Removed::Remaining,
                        };
                    if expected == Removed::Last {
                        model.remove(&topic);
                    }
                    assert_eq!(trie.remove(&topic, pipe), expected, "{topic:?}");
                }
                _ => {
                    let keys = model.entry(topic.clone()).or_default();
                    let first = keys.is_empty();
                    keys.insert(pipe);
                    assert_eq!(trie.add(&topic, pipe), first, "{topic:?}");
                }
            }
            assert_eq!(trie.len(), model.len());
            let data = random.topic();
            let holders = model.iter().filter(|(topic, _)| data.starts_with(topic));
            let expected: BTreeSet<_> = holders.flat_map(|(_, keys)| keys).copied().collect();
            assert_eq!(matched(&trie, &data), expected);
            let mut exact = BTreeSet::new();
            trie.exact(&data, |key| assert!(exact.insert(key)));
            assert_eq!(exact, model.get(&data).cloned().unwrap_or_default());
        }
        for pipe in 0..12 {
            trie.remove_key(key(pipe), |_, _| {});
        }
        assert_eq!(trie.len(), 0);
        assert!(matched(&trie, &[0; 60]).is_empty());
    }
}

#[test]
fn the_empty_prefix_matches_everything() {
    let mut trie = CountedTrie::new();
    assert!(!trie.check(b""));
    assert!(trie.add(b""));
    assert!(trie.check(b"") && trie.check(b"anything"));
    assert_eq!(trie.remove(b""), Removed::Last);
    assert!(!trie.check(b""));

    let mut trie = MultiTrie::new();
    assert!(trie.add(b"", key(3)));
    assert!(!trie.add(b"", key(3)));
    assert_eq!(matched(&trie, b"x"), [key(3)].into());
    assert_eq!(trie.len(), 1);
}

#[test]
fn long_topics_and_deep_chains_cost_no_stack() {
    // Every fifth prefix of one long topic: a chain of thousands of values.
    let long: Vec<u8> = (0..10_000u32).map(|at| (at * 7 % 251) as u8).collect();
    let body = move || {
        let mut trie = MultiTrie::new();
        for len in (0..=long.len()).filter(|len| len % 5 == 0) {
            assert!(trie.add(&long[..len], key(len % 3)));
        }
        assert_eq!(trie.len(), long.len() / 5 + 1);
        let mut shown = 0;
        trie.matching(&long, |_| shown += 1);
        assert_eq!(shown, trie.len());
        let mut lengths = Vec::new();
        trie.remove_key(key(1), |prefix, last| {
            assert!(last && prefix == &long[..prefix.len()]);
            lengths.push(prefix.len());
        });
        assert_eq!(lengths.len(), 667);
        drop(trie);

        let mut counted = CountedTrie::new();
        let huge = vec![b'x'; 1 << 20];
        counted.add(&huge);
        counted.add(&huge[1..]);
        assert!(counted.check(&huge));
        let mut seen = 0;
        counted.for_each(|prefix| seen += prefix.len());
        assert_eq!(seen, 2 * huge.len() - 1);
        assert_eq!(counted.remove(&huge[1..]), Removed::Last);
        assert!(!counted.check(&huge[1..]));
    };
    let small_stack = std::thread::Builder::new().stack_size(64 * 1024);
    small_stack.spawn(body).expect("a thread").join().expect("no overflow");
}

#[test]
fn nodes_go_with_their_prefixes() {
    let mut random = Random(7);
    let mut trie = CountedTrie::new();
    trie.add(b"stays");
    let topics: Vec<_> = (0..5000).map(|_| random.topic()).collect();
    topics.iter().for_each(|topic| {
        trie.add(topic);
    });
    topics.iter().for_each(|topic| assert_ne!(trie.remove(topic), Removed::NotFound));
    assert_eq!((trie.len(), trie.nodes()), (1, 2));
}

#[test]
fn every_byte_may_branch() {
    let mut trie = CountedTrie::new();
    for round in 0..2 {
        for byte in 0..=255 {
            assert!(trie.add(&[b'a', byte]));
            assert!(trie.check(&[b'a', byte, 1]));
        }
        assert_eq!(trie.len(), 256);
        for step in 0..=255u8 {
            let byte = step.wrapping_mul(37 + 2 * round);
            assert_eq!(trie.remove(&[b'a', byte]), Removed::Last);
            assert!(!trie.check(&[b'a', byte]));
        }
        assert_eq!(trie.len(), 0);
    }
}

#[test]
fn a_pipe_that_changes_its_mind_for_ever_is_not_remembered_for_ever() {
    let mut trie = MultiTrie::new();
    trie.add(b"kept", key(0));
    for round in 0..10_000u32 {
        trie.add(&round.to_be_bytes(), key(0));
        trie.add(b"kept", key(1));
        assert_eq!(trie.remove(&round.to_be_bytes(), key(0)), Removed::Last);
        assert_eq!(trie.remove(b"kept", key(1)), Removed::Remaining);
    }
    assert!(trie.remembered(key(0)) <= 32 && trie.remembered(key(1)) <= 32);
    let mut shown = Vec::new();
    trie.remove_key(key(0), |prefix, last| shown.push((prefix.to_vec(), last)));
    assert_eq!(shown, [(b"kept".to_vec(), true)]);
}
