//! The handshakes of the mechanisms, in both roles.

use zmq::fuzzing::{Judgement, Peer, Proof, Seen, Setup};

use super::{Expected, HANDSHAKE_MAX, Verdicts, metadata, traffic};
use crate::curve::{self, Opener, Sender, ServerSecrets};
use crate::nacl::{self, Key, Shared, nonce};
use crate::wire::{self, Front, Version, command};

/// The longest HELLO of PLAIN.
const PLAIN_HELLO_MAX: u64 = 518;

/// Where a handshake stands.
enum State {
    /// NULL: the peer is being judged, and may have said what it is.
    NullVerdict(Option<Peer>),
    /// NULL: we have said READY.
    NullReady,
    /// NULL: the peer was refused.
    NullRefused,
    /// PLAIN: we wait for a WELCOME, or behind it for a READY.
    PlainClient { welcome: bool },
    /// PLAIN: we wait for a HELLO.
    PlainHello,
    /// PLAIN: the peer is being judged.
    PlainVerdict,
    /// PLAIN: the peer is good.
    PlainInitiate,
    /// CURVE: we have said HELLO.
    CurveWelcome,
    /// CURVE: we have said INITIATE.
    CurveReady(Shared),
    /// CURVE: we wait for a HELLO.
    CurveHello,
    /// CURVE: we have said WELCOME to this key.
    CurveInitiate(Key),
    /// CURVE: the peer is being judged; key, number and metadata of its INITIATE.
    CurveVerdict(Shared, u64, Vec<u8>),
    /// A server of PLAIN or CURVE has refused the peer.
    Refused,
}

/// A peer that is ready, and the number of its last command with one, if frames are sealed.
type Done = (Peer, Option<(Shared, u64)>);
/// Perhaps a peer that is ready, or the name of an error.
type Step = Result<Option<Done>, &'static str>;

struct Handshake<'a> {
    setup: &'a Setup,
    version: Version,
    state: State,
    /// What the one who judged the peer knows of it.
    known: Vec<(Vec<u8>, Vec<u8>)>,
    expected: &'a mut Expected,
}

/// Takes the bytes of a connection, of which the first 64 are the greeting.
pub fn run(
    setup: &Setup,
    version: Version,
    bytes: &[u8],
    verdicts: Verdicts<'_>,
    expected: &mut Expected,
) -> Result<(), &'static str> {
    let (state, known) = (State::NullReady, Vec::new());
    let mut handshake = Handshake { setup, version, state, known, expected };
    handshake.start()?;
    let mut at = 64;
    let mut verdicts = verdicts.iter().filter(|(when, _)| *when >= 64).peekable();
    loop {
        if let State::NullVerdict(Some(_)) = handshake.state {
            // What follows waits for the verdict.
            let Some((_, verdict)) = verdicts.next() else { return Ok(()) };
            if let Some(done) = handshake.verdict(verdict)? {
                return handshake.done(done, bytes, at);
            }
            continue;
        }
        let hello = matches!(handshake.state, State::PlainHello);
        let limit = if hello { PLAIN_HELLO_MAX } else { HANDSHAKE_MAX };
        let front = wire::front(false, &bytes[at..], Some(limit));
        let end = match front {
            Front::Frame(_, behind) => bytes.len() - behind.len(),
            Front::Part => usize::MAX,
            // Only long lengths can be wrong, and then the header is enough.
            Front::Wrong(..) => at + 9,
        };
        let mut done = None;
        while let Some((_, verdict)) = verdicts.next_if(|(when, _)| *when < end) {
            done = handshake.verdict(verdict)?;
            if done.is_some() {
                break;
            }
        }
        if done.is_none() {
            done = match front {
                Front::Frame(frame, _) => handshake.frame(frame.body)?,
                Front::Part => return Ok(()),
                Front::Wrong("TooLong", _) if hello => return Err("WrongForm Hello"),
                Front::Wrong("TooLong", _) => return Err("HandshakeTooLong"),
                Front::Wrong(error, _) => return Err(error),
            };
            at = end;
        }
        if let Some(done) = done {
            return handshake.done(done, bytes, at);
        }
    }
}

impl Handshake<'_> {
    /// The peer is ready, and what stands from here on is traffic.
    fn done(self, done: Done, bytes: &[u8], at: usize) -> Result<(), &'static str> {
        let Handshake { setup, version, known, expected, .. } = self;
        let (mut peer, sealed) = done;
        peer.properties.splice(..0, known);
        expected.seen.push(Seen::Ready(peer));
        let opener = sealed.map(|(key, last)| {
            let (ours, theirs, sent) = match setup.proof {
                Proof::CurveServer(_) => (Sender::Server, Sender::Client, 1),
                _ => (Sender::Client, Sender::Server, 2),
            };
            expected.opener = Some(Opener { key: key.clone(), from: ours, last: sent });
            Opener { key, from: theirs, last }
        });
        traffic::run(setup, version, &bytes[at..], opener, &mut expected.seen)
    }

    fn say(&mut self, body: &[u8]) {
        self.expected.said.extend(wire::frame(4, body));
    }

    /// Says something with our metadata behind it.
    fn tell(&mut self, name: &[u8]) {
        self.say(&command(name, &metadata::own(self.setup)));
    }

    fn ask(&mut self, credentials: &[&[u8]]) {
        let credentials = credentials.iter().map(|text| text.to_vec()).collect();
        self.expected.seen.push(Seen::Asks(credentials));
    }

    fn entropy<const N: usize>(&self) -> Result<[u8; N], &'static str> {
        let mut bytes = [0; N];
        zmq::fuzzing::entropy(&mut bytes);
        if self.setup.no_entropy { Err("NoEntropy") } else { Ok(bytes) }
    }

    fn start(&mut self) -> Result<(), &'static str> {
        self.state = match &self.setup.proof {
            Proof::Null if self.setup.asks => {
                self.ask(&[b"NULL"]);
                State::NullVerdict(None)
            }
            Proof::Null => {
                self.tell(b"READY");
                State::NullReady
            }
            Proof::PlainClient(name, password) => {
                let [name_len, len] = [name, password].map(|text| text.len() as u8);
                self.say(&[b"\x05HELLO", &[name_len][..], name, &[len], password].concat());
                State::PlainClient { welcome: false }
            }
            Proof::PlainServer => State::PlainHello,
            Proof::CurveClient { server, .. } => {
                let short = self.entropy()?;
                if nacl::is_weak(server) {
                    return Err("WeakKey None");
                }
                self.say(&curve::hello(&short, server, 1, &[0; 64]));
                State::CurveWelcome
            }
            Proof::CurveServer(_) => State::CurveHello,
        };
        Ok(())
    }

    fn frame(&mut self, body: &[u8]) -> Step {
        let state = std::mem::replace(&mut self.state, State::Refused);
        let is_client = !matches!(self.setup.proof, Proof::PlainServer | Proof::CurveServer(_));
        if is_client {
            return self.said_to_client(state, body);
        }
        match state {
            State::PlainVerdict | State::CurveVerdict(..) | State::Refused => {
                return Err("OutOfTurn");
            }
            State::PlainInitiate => {
                let data = body.strip_prefix(b"\x08INITIATE").ok_or("UnexpectedCommand")?;
                let peer = self.read(data)?;
                self.tell(b"READY");
                return Ok(Some((peer, None)));
            }
            _ if body.len() < 2 || body.len() <= usize::from(body[0]) => return Err("Malformed"),
            State::PlainHello => {
                let data = body.strip_prefix(b"\x05HELLO").ok_or("UnexpectedCommand")?;
                let (name, password) = login(data).ok_or("WrongForm Hello")?;
                self.ask(&[b"PLAIN", name, password]);
                self.state = State::PlainVerdict;
            }
            State::CurveHello => self.curve_hello(body)?,
            State::CurveInitiate(short) => return self.curve_initiate(&short, body),
            _ => unreachable!("a state of a client"),
        }
        Ok(None)
    }

    fn read(&self, data: &[u8]) -> Result<Peer, &'static str> {
        metadata::read(self.setup.socket_type, self.version, data)
    }

    /// NULL has no roles, and is a client here.
    fn said_to_client(&mut self, state: State, body: &[u8]) -> Step {
        match state {
            State::NullRefused => {
                self.state = state;
                return Ok(None);
            }
            State::NullVerdict(Some(_)) => return Err("OutOfTurn"),
            _ => {}
        }
        if let Some(reason) = body.strip_prefix(b"\x05ERROR") {
            return Err(refusal(reason));
        }
        let ready = body.strip_prefix(b"\x05READY");
        match state {
            State::NullVerdict(_) => {
                let peer = self.read(ready.ok_or("UnexpectedCommand")?)?;
                self.state = State::NullVerdict(Some(peer));
                Ok(None)
            }
            State::NullReady => Ok(Some((self.read(ready.ok_or("UnexpectedCommand")?)?, None))),
            State::PlainClient { welcome } => {
                // One letter is missing, and another is wrong, in what libzmq says.
                if let Some(reason) = body.strip_prefix(b"^RROR") {
                    return Err(refusal(reason));
                }
                if welcome {
                    return Ok(Some((self.read(ready.ok_or("UnexpectedCommand")?)?, None)));
                }
                match body.strip_prefix(b"\x07WELCOME") {
                    None => return Err("UnexpectedCommand"),
                    Some(b"") => {}
                    Some(_) => return Err("WrongForm Welcome"),
                }
                self.tell(b"INITIATE");
                self.state = State::PlainClient { welcome: true };
                Ok(None)
            }
            State::CurveWelcome => self.curve_welcome(body),
            State::CurveReady(key) => {
                let data = ready.ok_or("UnexpectedCommand")?;
                if body.len() < 30 {
                    return Err("WrongForm Ready");
                }
                let (number, sealed) = data.split_first_chunk().expect("it is long enough");
                let opened = key.open(&nonce(b"CurveZMQREADY---", number), sealed);
                let peer = self.read(&opened.ok_or("Forged Ready")?)?;
                Ok(Some((peer, Some((key, u64::from_be_bytes(*number))))))
            }
            _ => unreachable!("a state of a server"),
        }
    }

    fn curve_welcome(&mut self, body: &[u8]) -> Step {
        let Proof::CurveClient { public, secret, server } = &self.setup.proof else {
            unreachable!("the mechanism is CURVE")
        };
        let data = body.strip_prefix(b"\x07WELCOME").ok_or("UnexpectedCommand")?;
        if body.len() != 168 {
            return Err("Forged Welcome");
        }
        let short: Key = self.entropy()?;
        let (back, sealed) = data.split_at(16);
        let opened = nacl::between(server, &short).open(&nonce(b"WELCOME-", back), sealed);
        let opened = opened.ok_or("Forged Welcome")?;
        let (server_short, cookie) = opened.split_first_chunk().expect("boxes keep lengths");
        if nacl::is_weak(server_short) {
            return Err("WeakKey Some(Welcome)");
        }
        let back = self.entropy()?;
        let key = nacl::between(server_short, &short);
        let vouching = nacl::between(server_short, secret);
        let vouch = curve::vouch(&vouching, &back, &nacl::public(&short), server);
        let plain = [public, &vouch[..], &metadata::own(self.setup)].concat();
        self.say(&curve::initiate(&key, cookie, 2, &plain));
        self.state = State::CurveReady(key);
        Ok(None)
    }

    fn curve_hello(&mut self, body: &[u8]) -> Result<(), &'static str> {
        let Proof::CurveServer(secret) = &self.setup.proof else {
            unreachable!("the mechanism is CURVE")
        };
        if !body.starts_with(b"\x05HELLO") {
            return Err("UnexpectedCommand");
        }
        if body.len() != 200 || body[6..8] != [1, 0] {
            return Err("WrongForm Hello");
        }
        let short: &Key = body[80..].first_chunk().expect("it is long enough");
        if nacl::is_weak(short) {
            return Err("WeakKey Some(Hello)");
        }
        let key = nacl::between(short, secret);
        let opened = key.open(&nonce(b"CurveZMQHELLO---", &body[112..120]), &body[120..]);
        opened.ok_or("Forged Hello")?;
        self.entropy::<96>()?;
        let secrets = ServerSecrets::known();
        let cookie = secrets.cookie(short);
        self.say(&curve::welcome(&key, &secrets.back, &nacl::public(&secrets.short), &cookie));
        self.state = State::CurveInitiate(*short);
        Ok(())
    }

    fn curve_initiate(&mut self, client_short: &Key, body: &[u8]) -> Step {
        let Proof::CurveServer(secret) = &self.setup.proof else {
            unreachable!("the mechanism is CURVE")
        };
        if !body.starts_with(b"\x08INITIATE") {
            return Err("UnexpectedCommand");
        }
        if body.len() < 257 {
            return Err("WrongForm Initiate");
        }
        let secrets = ServerSecrets::known();
        let (back, cookie) = body[9..105].split_at(16);
        let cookie = nacl::open(&secrets.cookie_key, &nonce(b"COOKIE--", back), cookie);
        if cookie != Some([&client_short[..], &secrets.short].concat()) {
            return Err("ForeignCookie");
        }
        let key = nacl::between(client_short, &secrets.short);
        let opened = key.open(&nonce(b"CurveZMQINITIATE", &body[105..113]), &body[113..]);
        let opened = opened.ok_or("Forged Initiate")?;
        let client: &Key = opened.first_chunk().expect("it is long enough");
        if nacl::is_weak(client) {
            return Err("WeakKey Some(Initiate)");
        }
        let (back, vouch) = opened[32..128].split_at(16);
        let vouching = nacl::between(client, &secrets.short);
        let vouch = vouching.open(&nonce(b"VOUCH---", back), vouch).ok_or("Forged Initiate")?;
        if vouch != [&client_short[..], &nacl::public(secret)].concat() {
            return Err("WrongVouch");
        }
        let number = body[105..].first_chunk().copied().map(u64::from_be_bytes);
        let number = number.expect("it is long enough");
        let metadata = opened[128..].to_vec();
        if self.setup.asks {
            self.ask(&[b"CURVE", client]);
            self.state = State::CurveVerdict(key, number, metadata);
            return Ok(None);
        }
        self.curve_ready(key, number, &metadata)
    }

    fn curve_ready(&mut self, key: Shared, number: u64, metadata: &[u8]) -> Step {
        let peer = self.read(metadata)?;
        self.say(&curve::ready(&key, 1, &metadata::own(self.setup)));
        Ok(Some((peer, Some((key, number)))))
    }

    fn verdict(&mut self, verdict: &Judgement) -> Step {
        if !matches!(
            self.state,
            State::NullVerdict(_) | State::PlainVerdict | State::CurveVerdict(..)
        ) {
            return Ok(None);
        }
        let state = std::mem::replace(&mut self.state, State::Refused);
        let status = match verdict {
            Judgement::NoHandler => return Err("NoHandler"),
            Judgement::Nonsense => return Err("Handler(Version)"),
            Judgement::Denied(status) => *status,
            Judgement::Accepted(known) => {
                self.known = known.clone();
                return self.accepted(state);
            }
        };
        // Libzmq's own misspelling, for those that know nothing else.
        let misspelt = matches!(state, State::PlainVerdict) && self.version == Version::V31;
        let name: &[u8] = if misspelt { b"^RROR" } else { b"\x05ERROR" };
        match status {
            400 => self.say(&[name, b"\x03400"].concat()),
            500 => self.say(&[name, b"\x03500"].concat()),
            _ => {}
        }
        if matches!(state, State::NullVerdict(_)) {
            self.state = State::NullRefused;
        }
        self.entropy::<1>()?;
        self.expected.seen.push(Seen::Refused(status));
        Ok(None)
    }

    fn accepted(&mut self, state: State) -> Step {
        match state {
            State::NullVerdict(peer) => {
                self.tell(b"READY");
                self.state = State::NullReady;
                Ok(peer.map(|peer| (peer, None)))
            }
            State::PlainVerdict => {
                self.say(b"\x07WELCOME");
                self.state = State::PlainInitiate;
                Ok(None)
            }
            State::CurveVerdict(key, number, metadata) => self.curve_ready(key, number, &metadata),
            _ => unreachable!("nobody asked"),
        }
    }
}

/// A name and a password, and nothing behind them.
fn login(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&len, rest) = data.split_first()?;
    let (name, rest) = rest.split_at_checked(len.into())?;
    let (&len, password) = rest.split_first()?;
    (password.len() == usize::from(len)).then_some((name, password))
}

/// What it means to be refused.
fn refusal(data: &[u8]) -> &'static str {
    let Some((&len, reason)) = data.split_first() else { return "MalformedError" };
    match reason.get(..len.into()) {
        None => "MalformedError",
        Some(b"300") => "Denied 300",
        Some(b"400") => "Denied 400",
        Some(b"500") => "Denied 500",
        Some(_) => "Refused",
    }
}
