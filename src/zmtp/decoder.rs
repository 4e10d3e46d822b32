//! From bytes to frames.
//!
//! A frame that lies whole in the input is not copied here. Of any other the header is kept, and a
//! body that grows with what arrives.

#![forbid(unsafe_code)]

use super::framing::{Flags, FrameError, Framing, HEADER_MAX, Header};
use crate::msg::{Growing, Msg};

/// Bodies up to this length get their memory when they are announced.
const SMALL: usize = 8 * 1024;
/// No peer is given more at its word.
const TRUSTED: usize = 4 * 1024 * 1024;
/// With so many bytes missing it pays to read them where they belong.
const WORTH_READING: usize = 8 * 1024;

/// Cuts bytes into frames.
#[derive(Debug)]
pub(super) struct Decoder {
    framing: Framing,
    /// The longest body we take.
    limit: Option<u64>,
    /// The longest body that has come whole: as much memory the peer's word is good for.
    longest: usize,
    state: State,
}

/// What the next byte belongs to.
#[derive(Debug)]
enum State {
    /// A header, of which this has come.
    Header(Partial),
    /// A body that has all of its memory.
    Small { flags: Flags, msg: Msg, filled: usize },
    /// A body whose memory follows what comes.
    Large { flags: Flags, growing: Growing },
}

/// The front of a header.
#[derive(Debug, Default)]
struct Partial {
    bytes: [u8; HEADER_MAX],
    len: usize,
}

/// A frame.
#[derive(Debug)]
pub(super) struct Frame<'a> {
    /// What it is.
    pub(super) flags: Flags,
    /// What it says.
    pub(super) body: Body<'a>,
}

/// The body of a frame.
#[derive(Debug)]
pub(super) enum Body<'a> {
    /// It lies in the input.
    Input(&'a [u8]),
    /// It came in pieces.
    Collected(Msg),
}

impl Body<'_> {
    /// The bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Body::Input(bytes) => bytes,
            Body::Collected(msg) => msg.data(),
        }
    }

    /// The bytes as a message.
    #[inline]
    pub(super) fn into_msg(self) -> Result<Msg, FrameError> {
        match self {
            Body::Input(bytes) => {
                Msg::from_slice(bytes).map_err(|_| FrameError::NoMemory(bytes.len()))
            }
            Body::Collected(msg) => Ok(msg),
        }
    }
}

impl Decoder {
    /// A decoder at the start of a frame.
    pub(super) fn new(framing: Framing, limit: Option<u64>) -> Decoder {
        Decoder { framing, limit, longest: 0, state: State::Header(Partial::default()) }
    }

    /// Goes on where it is with another limit, which also holds for a body that has begun.
    pub(super) fn limited(self, limit: Option<u64>) -> Decoder {
        Decoder { limit, ..self }
    }

    /// Takes bytes up to the end of a frame from the front of `input`; without a frame it has
    /// taken all. To be called with no bytes if the body was completed by other means.
    #[inline]
    pub(super) fn decode<'a>(
        &mut self,
        input: &'a [u8],
    ) -> Result<(usize, Option<Frame<'a>>), FrameError> {
        if let State::Header(Partial { len: 0, .. }) = self.state {
            if let Some(header) = self.framing.header(input, self.limit)? {
                return self.start_body(header, input, header.size);
            }
        }
        self.go_on(input)
    }

    /// A frame that lies whole at the front of `input`, and how long it is there. It is not taken.
    #[inline]
    pub(super) fn whole<'a>(&self, input: &'a [u8]) -> Option<(Flags, &'a [u8], usize)> {
        let State::Header(Partial { len: 0, .. }) = self.state else { return None };
        let header = self.framing.header(input, self.limit).ok()??;
        let end = header.size.checked_add(header.len)?;
        Some((header.flags, input.get(header.size..end)?, end))
    }

    /// Continues a frame that was begun earlier, or begins one with too few bytes.
    fn go_on<'a>(&mut self, input: &'a [u8]) -> Result<(usize, Option<Frame<'a>>), FrameError> {
        self.check_begun()?;
        match &mut self.state {
            State::Header(partial) => {
                let before = partial.len;
                let free = partial.bytes.get_mut(before..).unwrap_or_default();
                for (place, byte) in free.iter_mut().zip(input) {
                    *place = *byte;
                    partial.len += 1;
                }
                let bytes = partial.bytes.get(..partial.len).unwrap_or_default();
                match self.framing.header(bytes, self.limit)? {
                    Some(header) => {
                        *partial = Partial::default();
                        self.start_body(header, input, header.size.saturating_sub(before))
                    }
                    // Any header is complete before there is no room for more of it.
                    None => Ok((input.len(), None)),
                }
            }
            State::Small { flags, msg, filled } => {
                let missing = msg.len() - *filled;
                let piece = input.get(..missing).unwrap_or(input);
                msg.fill(*filled, piece);
                *filled += piece.len();
                if piece.len() < missing {
                    return Ok((piece.len(), None));
                }
                let frame = Frame { flags: *flags, body: Body::Collected(msg.take()) };
                self.state = State::Header(Partial::default());
                Ok((piece.len(), Some(frame)))
            }
            State::Large { growing, .. } => {
                let missing = growing.missing();
                let taken = growing.extend(input).map_err(|_| FrameError::NoMemory(missing))?;
                if growing.missing() > 0 {
                    return Ok((taken, None));
                }
                Ok((taken, self.finish_large()))
            }
        }
    }

    /// The body that has begun may be longer than the limit is now.
    fn check_begun(&self) -> Result<(), FrameError> {
        let len = match &self.state {
            State::Header(_) => return Ok(()),
            State::Small { msg, .. } => msg.len(),
            State::Large { growing, .. } => growing.len(),
        } as u64;
        match self.limit {
            Some(limit) if len > limit => Err(FrameError::TooLong { len, limit }),
            Some(_) | None => Ok(()),
        }
    }

    /// The large body, complete.
    fn finish_large<'a>(&mut self) -> Option<Frame<'a>> {
        let next = State::Header(Partial::default());
        match std::mem::replace(&mut self.state, next) {
            State::Large { flags, growing } => {
                self.longest = self.longest.max(growing.len()).min(TRUSTED);
                Some(Frame { flags, body: Body::Collected(growing.finish()) })
            }
            State::Header(_) | State::Small { .. } => None,
        }
    }

    /// Takes the body from `input` behind the header, whole or as much as there is.
    #[inline]
    fn start_body<'a>(
        &mut self,
        header: Header,
        input: &'a [u8],
        at: usize,
    ) -> Result<(usize, Option<Frame<'a>>), FrameError> {
        let rest = input.get(at..).unwrap_or_default();
        if let Some(body) = rest.get(..header.len) {
            let frame = Frame { flags: header.flags, body: Body::Input(body) };
            return Ok((at + header.len, Some(frame)));
        }
        self.begin(header, rest)?;
        Ok((input.len(), None))
    }

    /// Makes room for a body of which only the front is there.
    fn begin(&mut self, header: Header, front: &[u8]) -> Result<(), FrameError> {
        let Header { flags, len, size: _ } = header;
        let no_memory = |_| FrameError::NoMemory(len);
        self.state = if len <= SMALL {
            let mut msg = Msg::with_size(len).map_err(no_memory)?;
            msg.fill(0, front);
            State::Small { flags, msg, filled: front.len() }
        } else {
            let mut growing = Growing::new(len, self.longest).map_err(no_memory)?;
            growing.extend(front).map_err(no_memory)?;
            State::Large { flags, growing }
        };
        Ok(())
    }

    /// The body that is being received, if it is worth reading straight into it.
    pub(super) fn body(&mut self) -> Option<&mut Growing> {
        match &mut self.state {
            State::Large { growing, .. } if growing.missing() >= WORTH_READING => Some(growing),
            State::Large { .. } | State::Small { .. } | State::Header(_) => None,
        }
    }
}
