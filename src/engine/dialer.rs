//! How a connecting side gets its next link: which addresses to try, and how long to wait.

#![forbid(unsafe_code)]

use std::collections::VecDeque;

use super::profile::Profile;
use crate::sys::random;
use crate::transport::{Address, Target};

/// The way to an endpoint; see the module's text.
pub(super) struct Dialer {
    target: Target,
    /// The endpoint as it was given to connect.
    given: Vec<u8>,
    /// The endpoint as attempts are reported; numeric once a link was established.
    shown: Vec<u8>,
    /// Addresses that this attempt has not tried yet.
    addresses: VecDeque<Address>,
    /// The wait before the attempt after the next, when waits grow.
    wait: Option<u64>,
    /// Answers of the resolver to earlier questions are not for us.
    question: u64,
}

impl Dialer {
    /// A dialer that has not tried yet.
    pub(super) fn new(target: Target, given: Vec<u8>) -> Dialer {
        let shown = given.clone();
        Dialer { target, given, shown, addresses: VecDeque::new(), wait: None, question: 0 }
    }

    /// The endpoint as it was given to connect.
    pub(super) fn given(&self) -> &[u8] {
        &self.given
    }

    /// The endpoint as attempts are reported.
    pub(super) fn shown(&self) -> &[u8] {
        &self.shown
    }

    /// Whether attempts take time, so that they are reported when they begin.
    pub(super) fn is_tcp(&self) -> bool {
        self.given.starts_with(b"tcp:")
    }

    /// Where the endpoint is.
    pub(super) fn target(&self) -> &Target {
        &self.target
    }

    /// Begins a question to the resolver; its answer bears this number.
    pub(super) fn ask(&mut self) -> u64 {
        self.question += 1;
        self.question
    }

    /// Whether an answer is to the last question.
    pub(super) fn asked(&self, question: u64) -> bool {
        self.question == question
    }

    /// What this attempt is to try.
    pub(super) fn found(&mut self, addresses: Vec<Address>) {
        self.addresses = addresses.into();
    }

    /// The next address of this attempt.
    pub(super) fn next_address(&mut self) -> Option<Address> {
        self.addresses.pop_front()
    }

    /// A link was established there.
    pub(super) fn succeeded(&mut self, address: &Address) {
        self.shown = address.endpoint();
        self.addresses = VecDeque::new();
    }

    /// A handshake succeeded, so that the waits begin again.
    pub(super) fn begin_again(&mut self) {
        self.wait = None;
    }

    /// How long to wait before the next attempt; none: there is none.
    pub(super) fn next_wait(&mut self, profile: &Profile) -> Option<u64> {
        let ms = |ms: i32| u64::try_from(ms).ok().filter(|ms| *ms > 0);
        let interval = ms(profile.options.reconnect_ivl)?;
        let Some(most) = ms(profile.options.reconnect_ivl_max) else {
            return Some(interval + jitter(interval));
        };
        let wait = self.wait.unwrap_or(interval).min(most);
        self.wait = Some(wait.saturating_mul(2).min(most));
        Some(wait)
    }
}

/// A random part of an interval, so that many clients of one server do not all come back at once.
fn jitter(interval: u64) -> u64 {
    let mut bytes = [0; 8];
    // Without entropy the clients come back together.
    let _ = random::fill(&mut bytes);
    u64::from_ne_bytes(bytes) % interval
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::kind::Kind;
    use crate::core::options::{ContextDefaults, Options};
    use crate::transport::Scheme;

    fn profile(interval: i32, most: i32) -> Profile {
        let context = ContextDefaults { ipv6: false, blocky: true, zero_copy: true };
        let mut options = Options::new(Kind::Push, context);
        (options.reconnect_ivl, options.reconnect_ivl_max) = (interval, most);
        Profile::new(&options).expect("PUSH has a protocol")
    }

    fn dialer() -> Dialer {
        let target = Target::parse(Scheme::Tcp, b"127.0.0.1:1").expect("well-formed");
        Dialer::new(target, b"tcp://127.0.0.1:1".to_vec())
    }

    #[test]
    fn h250_waits_have_jitter_without_a_maximum() {
        let (profile, mut dialer) = (profile(100, 0), dialer());
        let waits: Vec<u64> = (0..50).filter_map(|_| dialer.next_wait(&profile)).collect();
        assert_eq!(waits.len(), 50);
        assert!(waits.iter().all(|wait| (100..200).contains(wait)), "{waits:?}");
        assert!(waits.iter().any(|wait| *wait != waits[0]));
    }

    #[test]
    fn h251_h252_waits_double_up_to_a_maximum_and_begin_again() {
        let (profile, mut dialer) = (profile(50, 500), dialer());
        let waits: Vec<u64> = (0..6).filter_map(|_| dialer.next_wait(&profile)).collect();
        assert_eq!(waits, [50, 100, 200, 400, 500, 500]);
        dialer.begin_again();
        assert_eq!(dialer.next_wait(&profile), Some(50));
    }

    #[test]
    fn d7_a_maximum_below_the_interval_and_no_interval() {
        assert_eq!(dialer().next_wait(&profile(100, 30)), Some(30));
        assert_eq!(dialer().next_wait(&profile(0, 0)), None);
        assert_eq!(dialer().next_wait(&profile(-1, 30)), None);
    }
}
