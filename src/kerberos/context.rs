//! The two sides of a connection, as the library has them.

#![forbid(unsafe_code)]

use libgssapi::context::{ClientCtx, CtxFlags, SecurityContext, ServerCtx};
use libgssapi::error::Error;
use libgssapi::util::Buf;

use super::trouble;
use crate::zmtp::gssapi::{Context, Progress, Trouble};

/// What tokens of Kerberos for frames begin with (RFC 4121).
const FRAME: [u8; 2] = [5, 4];
/// The flag behind it that says that the content is encrypted.
const ENCRYPTED: u8 = 0x02;

/// The side of a client.
pub(super) struct Initiator {
    context: ClientCtx,
    plaintext: bool,
    /// Our first token, until it is asked for.
    first: Option<Vec<u8>>,
}

/// The side of a server.
pub(super) struct Acceptor {
    context: ServerCtx,
    plaintext: bool,
}

impl Initiator {
    /// Makes the first token, which may take long.
    pub(super) fn begin(mut context: ClientCtx, plaintext: bool) -> Result<Initiator, Error> {
        let first = bytes(context.step(None, None)?);
        Ok(Initiator { context, plaintext, first: Some(first) })
    }
}

impl Acceptor {
    /// A side that has done nothing yet.
    pub(super) fn new(context: ServerCtx, plaintext: bool) -> Acceptor {
        Acceptor { context, plaintext }
    }
}

impl Context for Initiator {
    fn step(&mut self, token: &[u8]) -> Result<Progress, Trouble> {
        let answer = match self.first.take() {
            Some(first) => first,
            None => bytes(self.context.step(Some(token), None).map_err(trouble)?),
        };
        progress(&self.context, answer, CtxFlags::GSS_C_MUTUAL_FLAG, self.plaintext)
    }

    fn peer(&self) -> Result<Vec<u8>, Trouble> {
        let name = self.context.target_name().map_err(trouble)?;
        Ok(name.display_name().map_err(trouble)?.to_vec())
    }

    fn seal(&mut self, plain: &[u8], put: &mut dyn FnMut(&[u8])) -> Result<(), Trouble> {
        seal(&mut self.context, plain, put)
    }

    fn open(&mut self, token: &[u8], take: &mut dyn FnMut(&[u8])) -> Result<(), Trouble> {
        open(&mut self.context, token, take)
    }
}

impl Context for Acceptor {
    fn step(&mut self, token: &[u8]) -> Result<Progress, Trouble> {
        let answer = bytes(self.context.step(token, None).map_err(trouble)?);
        progress(&self.context, answer, CtxFlags::empty(), self.plaintext)
    }

    fn peer(&self) -> Result<Vec<u8>, Trouble> {
        let name = self.context.source_name().map_err(trouble)?;
        Ok(name.display_name().map_err(trouble)?.to_vec())
    }

    fn seal(&mut self, plain: &[u8], put: &mut dyn FnMut(&[u8])) -> Result<(), Trouble> {
        seal(&mut self.context, plain, put)
    }

    fn open(&mut self, token: &[u8], take: &mut dyn FnMut(&[u8])) -> Result<(), Trouble> {
        open(&mut self.context, token, take)
    }
}

fn bytes(token: Option<Buf>) -> Vec<u8> {
    token.map(|token| token.to_vec()).unwrap_or_default()
}

/// Where a context stands. One that is complete has to be able to do what it is needed for.
fn progress(
    context: &impl SecurityContext,
    token: Vec<u8>,
    mut needed: CtxFlags,
    plaintext: bool,
) -> Result<Progress, Trouble> {
    let complete = context.is_complete();
    if complete {
        if !plaintext {
            needed |= CtxFlags::GSS_C_CONF_FLAG;
        }
        if !context.flags().map_err(trouble)?.contains(needed) {
            let what = "the context neither encrypts nor proves who both sides are, or not both";
            return Err(Trouble(what.to_owned()));
        }
    }
    Ok(Progress { token, complete })
}

fn seal(
    context: &mut impl SecurityContext,
    plain: &[u8],
    put: &mut dyn FnMut(&[u8]),
) -> Result<(), Trouble> {
    put(&context.wrap(true, plain).map_err(trouble)?);
    Ok(())
}

fn open(
    context: &mut impl SecurityContext,
    token: &[u8],
    take: &mut dyn FnMut(&[u8]),
) -> Result<(), Trouble> {
    if is_only_signed(token) {
        return Err(Trouble("the token is signed, but not encrypted".to_owned()));
    }
    take(&context.unwrap(token).map_err(trouble)?);
    Ok(())
}

/// Whether a token lets everybody read what is in it. The library opens these as well, and keeps to
/// itself which they were; that the token itself says the truth about it, it sees to.
fn is_only_signed(token: &[u8]) -> bool {
    matches!(token, [a, b, flags, ..] if [*a, *b] == FRAME && flags & ENCRYPTED == 0)
}

#[cfg(test)]
mod tests {
    use super::is_only_signed;

    #[test]
    fn a_token_that_is_only_signed_is_known() {
        // The flags of a client are even, those of a server odd; 4 says that it has made the key.
        for (flags, only_signed) in [(0, true), (1, true), (4, true), (5, true), (2, false)] {
            assert_eq!(is_only_signed(&[5, 4, flags, 0xff]), only_signed, "{flags}");
            assert!(!is_only_signed(&[5, 4, flags | 2, 0xff]));
        }
        // What is no such token at all is for the library to judge.
        assert!(!is_only_signed(b"") && !is_only_signed(&[5, 4]) && !is_only_signed(&[4, 4, 0]));
    }
}
