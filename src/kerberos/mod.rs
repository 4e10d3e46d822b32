//! Contexts of GSSAPI, made by the system's library and its mechanism for Kerberos.
//!
//! The room exists only in builds with the cargo feature `gssapi`. It is where
//! [`zmtp::gssapi`](crate::zmtp::gssapi) gets its contexts from, and the only place that knows what
//! is behind them; of the library's other mechanisms none is used, as some of them go to servers of
//! the peer's choice.
//!
//! The library takes its time: it reads files, looks names up and asks the Kerberos server, which
//! may be dead. Who waits for it:
//!
//! - what a client needs before its first token may come from the Kerberos server. It is had by
//!   [`Contexts::prepare`], in a thread that may wait, before each attempt at connecting;
//! - what a server needs is the key of a service, which is in a file. It is had when the socket is
//!   bound, by the thread that binds; only if that fails, the I/O thread tries again for each peer;
//! - everything else is done by the I/O thread, and computes. A server also writes down which
//!   tokens it has seen, in the library's file against replays.

#![forbid(unsafe_code)]

mod context;

use std::fmt;
use std::time::{Duration, Instant};

use libgssapi::context::{ClientCtx, CtxFlags, ServerCtx};
use libgssapi::credential::{Cred, CredUsage};
use libgssapi::error::Error;
use libgssapi::name::Name;
use libgssapi::oid::{
    GSS_MECH_KRB5, GSS_NT_HOSTBASED_SERVICE, GSS_NT_KRB5_PRINCIPAL, GSS_NT_USER_NAME, Oid, OidSet,
};
use parking_lot::Mutex;

use crate::zmtp::gssapi::{Context, Contexts, Trouble};
use context::{Acceptor, Initiator};

/// So long a token is as good as new. Servers refuse those that are some minutes old. One that had
/// to wait longer is made again by the I/O thread, which finds the ticket where the first one left
/// it.
const FRESH: Duration = Duration::from_secs(60);

/// Whom one has to be, or to find, and how that is written.
#[derive(Clone, Debug)]
pub(crate) struct Principal {
    /// The text of the option, up to its first NUL.
    pub(crate) name: Vec<u8>,
    /// One of `ZMQ_GSSAPI_NT_*`.
    pub(crate) kind: i32,
}

/// What a socket wants of GSSAPI, as its options say.
#[derive(Clone, Debug)]
pub(crate) struct Wishes {
    /// `ZMQ_GSSAPI_SERVER`
    pub(crate) server: bool,
    /// `ZMQ_GSSAPI_PLAINTEXT`
    pub(crate) plaintext: bool,
    /// `ZMQ_GSSAPI_PRINCIPAL`; without one, whoever there is a ticket or a key for.
    pub(crate) own: Option<Principal>,
    /// `ZMQ_GSSAPI_SERVICE_PRINCIPAL`
    pub(crate) service: Principal,
}

/// The contexts of one endpoint.
pub(crate) struct Kerberos {
    wishes: Wishes,
    /// The key of a server.
    key: Mutex<Option<Cred>>,
    /// What a client will begin with, and since when it is there.
    prepared: Mutex<Option<(Instant, Result<Initiator, Trouble>)>>,
}

impl fmt::Debug for Kerberos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kerberos").field("wishes", &self.wishes).finish_non_exhaustive()
    }
}

impl Principal {
    /// The principal that two options name.
    pub(crate) fn new(text: &[u8], kind: i32) -> Principal {
        let end = text.iter().position(|byte| *byte == 0).unwrap_or(text.len());
        Principal { name: text.get(..end).unwrap_or_default().to_vec(), kind }
    }

    fn import(&self) -> Result<Name, Trouble> {
        let kind: Oid<'static> = match self.kind {
            1 => GSS_NT_USER_NAME,
            2 => GSS_NT_KRB5_PRINCIPAL,
            _ => GSS_NT_HOSTBASED_SERVICE,
        };
        Name::new(&self.name, Some(kind)).map_err(|error| self.trouble(error))
    }

    /// What the library says, and about whom.
    fn trouble(&self, error: Error) -> Trouble {
        Trouble(format!("{error}: {}", self.name.escape_ascii()))
    }
}

impl Kerberos {
    /// The contexts of an endpoint. A server finds its key now; if there is none, it is looked for
    /// again when it is needed.
    pub(crate) fn new(wishes: Wishes) -> Kerberos {
        let kerberos = Kerberos { wishes, key: Mutex::default(), prepared: Mutex::default() };
        if kerberos.wishes.server {
            // Whoever needs it says what is wrong.
            let _ = kerberos.key();
        }
        kerberos
    }

    /// What we prove who we are with.
    fn credential(&self, usage: CredUsage) -> Result<Cred, Trouble> {
        let own = self.wishes.own.as_ref();
        let name = own.map(Principal::import).transpose()?;
        let mechanisms = OidSet::singleton(GSS_MECH_KRB5).map_err(trouble)?;
        Cred::acquire(name.as_ref(), None, usage, Some(&mechanisms))
            .map_err(|error| own.map_or_else(|| trouble(error), |own| own.trouble(error)))
    }

    fn key(&self) -> Result<Cred, Trouble> {
        let mut key = self.key.lock();
        if let Some(key) = &*key {
            return Ok(key.clone());
        }
        let found = self.credential(CredUsage::Accept)?;
        *key = Some(found.clone());
        Ok(found)
    }

    /// A client that has its first token.
    fn initiator(&self) -> Result<Initiator, Trouble> {
        let Wishes { service, plaintext, .. } = &self.wishes;
        let target = service.import()?;
        let credential = self.credential(CredUsage::Initiate)?;
        // Frames that somebody repeats, drops or moves are found.
        let mut wanted = CtxFlags::GSS_C_MUTUAL_FLAG
            | CtxFlags::GSS_C_REPLAY_FLAG
            | CtxFlags::GSS_C_SEQUENCE_FLAG
            | CtxFlags::GSS_C_INTEG_FLAG;
        if !plaintext {
            wanted |= CtxFlags::GSS_C_CONF_FLAG;
        }
        let context = ClientCtx::new(Some(credential), target, wanted, Some(GSS_MECH_KRB5));
        Initiator::begin(context, *plaintext).map_err(|error| service.trouble(error))
    }
}

impl Contexts for Kerberos {
    fn context(&self) -> Result<Box<dyn Context>, Trouble> {
        if self.wishes.server {
            let context = ServerCtx::new(Some(self.key()?));
            return Ok(Box::new(Acceptor::new(context, self.wishes.plaintext)));
        }
        let prepared = self.prepared.lock().take();
        let initiator = match prepared {
            Some((since, initiator)) if since.elapsed() < FRESH => initiator,
            Some(_) | None => self.initiator(),
        };
        Ok(Box::new(initiator?))
    }

    fn prepare(&self) {
        let initiator = self.initiator();
        *self.prepared.lock() = Some((Instant::now(), initiator));
    }
}

/// What the library says.
fn trouble(error: Error) -> Trouble {
    Trouble(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_ends_with_its_first_nul() {
        for (text, name) in
            [(&b"abc"[..], &b"abc"[..]), (b"abc\0", b"abc"), (b"a\0b", b"a"), (b"", b"")]
        {
            assert_eq!(Principal::new(text, 0).name, name);
        }
    }

    #[test]
    fn without_a_name_for_the_service_nothing_begins_and_it_is_said_why() {
        let service = Principal::new(b"", 0);
        let wishes = Wishes { server: false, plaintext: false, own: None, service };
        let kerberos = Kerberos::new(wishes);
        kerberos.prepare();
        let Err(Trouble(why)) = kerberos.context() else { panic!("it has begun") };
        assert!(!why.is_empty(), "{why}");
    }
}
