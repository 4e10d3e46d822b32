//! The columns of the option table: what a value may be, who answers for it, where it is kept.
//!
//! A validation class is data rather than a branch in a long `match`, so that the same rows give
//! the behaviour, its tests and the published table.

#![forbid(unsafe_code)]

use zeroize::Zeroizing;

use super::answer::Bytes;
use super::numbers::ALIASES;
use super::values::Options;
use super::{int, long};
use crate::core::kind::Kind;
use crate::error::{Error, Result};

/// One row of the table: everything there is to know about one socket option.
pub(crate) struct OptionSpec {
    /// The number that callers pass.
    pub(crate) number: i32,
    /// The name in `zmq.h`, with its prefix.
    #[cfg_attr(not(test), expect(dead_code, reason = "the published tables are made from it"))]
    pub(crate) name: &'static str,
    /// Whether `zmq.h` shows it only with the draft API.
    #[cfg_attr(not(test), expect(dead_code, reason = "the published tables are made from it"))]
    pub(crate) draft: bool,
    /// Whether `zmq.h` lists it as deprecated.
    #[cfg_attr(not(test), expect(dead_code, reason = "the published tables are made from it"))]
    pub(crate) deprecated: bool,
    /// Whether what it configures is part of this library; if not, nobody can set or get it.
    pub(crate) built_in: bool,
    /// What values can be set.
    pub(crate) set: SetRule,
    /// How the length is treated when the value is read.
    pub(crate) get: GetRule,
    /// The value on a fresh socket, as text; empty for an empty value and for none.
    #[cfg_attr(not(test), expect(dead_code, reason = "the published tables are made from it"))]
    pub(crate) default: &'static str,
    /// Who answers for it.
    pub(crate) owner: Owner,
    /// When a change matters.
    #[cfg_attr(not(test), expect(dead_code, reason = "the published tables are made from it"))]
    pub(crate) effect: Effect,
    /// Where the value is kept.
    pub(crate) access: Access,
}

impl OptionSpec {
    /// The row, marked as part of the draft API.
    pub(super) const fn draft(self) -> OptionSpec {
        OptionSpec { draft: true, ..self }
    }

    /// The row, marked as deprecated.
    pub(super) const fn deprecated(self) -> OptionSpec {
        OptionSpec { deprecated: true, ..self }
    }

    /// The row, for something this library does not contain.
    pub(super) const fn not_built_in(self) -> OptionSpec {
        OptionSpec { built_in: false, ..self }
    }

    /// The row, for something that this library contains if it was built with GSSAPI.
    pub(super) const fn with_gssapi(self) -> OptionSpec {
        OptionSpec { built_in: cfg!(feature = "gssapi"), ..self }
    }

    /// The row, left to the patterns of these socket types.
    pub(super) const fn only(self, kinds: &'static [Kind]) -> OptionSpec {
        OptionSpec { owner: Owner::Pattern(kinds), ..self }
    }

    /// The row, left to the socket.
    pub(super) const fn of_socket(self) -> OptionSpec {
        OptionSpec { owner: Owner::Socket, ..self }
    }

    /// Other names of this option, without prefix.
    #[cfg_attr(not(test), expect(dead_code, reason = "the published tables are made from it"))]
    pub(crate) fn aliases(&self) -> impl Iterator<Item = &'static str> + use<> {
        let number = self.number;
        ALIASES.iter().filter(move |alias| alias.1 == number).map(|alias| alias.0)
    }
}

/// The validation classes of `zmq_setsockopt`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SetRule {
    /// Read-only.
    Never,
    /// An int within bounds, both included.
    Int {
        /// The smallest value.
        min: i32,
        /// The largest value.
        max: i32,
    },
    /// An int that is 0 or 1.
    Switch,
    /// An int that is not negative; anything but 0 is on.
    SwitchFrom0,
    /// Any int; anything but 0 is on.
    SwitchAny,
    /// Any eight bytes.
    Long,
    /// NULL with length zero clears; otherwise 1 to `max` bytes.
    Text {
        /// The largest length.
        max: usize,
    },
    /// 1 to `max` bytes; nothing clears.
    Binary {
        /// The largest length.
        max: usize,
    },
    /// Any bytes; none clear.
    Blob,
    /// 1 to 255 bytes; NULL of whatever length, or no bytes, clear.
    Credential,
    /// Four bytes add an element; NULL with length zero clears the set.
    Element,
    /// A key of 32 bytes, or its Z85 text with or without a NUL behind it.
    Key,
    /// An address range of at most 255 bytes; NULL with length zero clears the list.
    AcceptFilter,
    /// A property `X-name:value`.
    Metadata,
}

impl SetRule {
    /// The bounds of the classes that are ints.
    pub(crate) fn int_bounds(self) -> Option<(i32, i32)> {
        match self {
            SetRule::Int { min, max } => Some((min, max)),
            SetRule::Switch => Some((0, 1)),
            SetRule::SwitchFrom0 => Some((0, i32::MAX)),
            SetRule::SwitchAny => Some((i32::MIN, i32::MAX)),
            SetRule::Never
            | SetRule::Long
            | SetRule::Text { .. }
            | SetRule::Binary { .. }
            | SetRule::Blob
            | SetRule::Credential
            | SetRule::Element
            | SetRule::Key
            | SetRule::AcceptFilter
            | SetRule::Metadata => None,
        }
    }

    /// The int that these bytes are, if the class is one of ints and allows it.
    pub(super) fn int(self, value: &[u8]) -> Result<i32> {
        let (min, max) = self.int_bounds().ok_or(Error::Invalid)?;
        Some(int(value)?).filter(|int| (min..=max).contains(int)).ok_or(Error::Invalid)
    }

    /// Whether the class allows this length; `is_null` tells NULL from a pointer to nothing.
    pub(super) fn allows_length(self, len: usize, is_null: bool) -> bool {
        let clears = is_null && len == 0;
        match self {
            SetRule::Never => false,
            SetRule::Int { .. } | SetRule::Switch | SetRule::SwitchFrom0 | SetRule::SwitchAny => {
                len == size_of::<i32>()
            }
            SetRule::Long => len == size_of::<u64>(),
            SetRule::Text { max } => clears || (1..=max).contains(&len),
            SetRule::Binary { max } => (1..=max).contains(&len),
            SetRule::Blob => true,
            SetRule::Credential => len <= 255,
            SetRule::Element => clears || len == size_of::<i32>(),
            SetRule::Key => matches!(len, 32 | 40 | 41),
            SetRule::AcceptFilter => clears || (1..=255).contains(&len),
            // Four bytes are taken for an int by every libzmq, and this option has none.
            SetRule::Metadata => len != size_of::<i32>(),
        }
    }
}

/// How `zmq_getsockopt` treats the length it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GetRule {
    /// Not readable.
    Never,
    /// The length must be that of the value.
    Exact,
    /// Room for the value is enough; the rest is filled with zeros and the length corrected.
    AtLeast,
    /// As `AtLeast`, with a NUL behind the value that counts.
    Text,
    /// 32 for the bytes of a key, 41 for its Z85 text and a NUL.
    Key,
}

/// Who answers for an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// The table itself, alike for all socket types.
    Generic,
    /// The patterns of these socket types set it (or, when read-only, answer it); a value that can
    /// be read although no pattern answers is in `Options`.
    Pattern(&'static [Kind]),
    /// The socket, which knows about its state.
    Socket,
}

/// When a change of the value matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// At once.
    Now,
    /// For endpoints bound and connected afterwards; a listener keeps what it found.
    Endpoint,
    /// For peers attached afterwards.
    Attach,
    /// For the next connection made, and only that.
    NextConnect,
    /// It cannot be changed.
    ReadOnly,
    /// Never: the value is only kept.
    Nothing,
}

/// Typed access to the value of one option.
#[derive(Clone, Copy)]
pub(crate) enum Access {
    /// Kept by the pattern or by the socket, or nowhere.
    Elsewhere,
    /// An int that can only be read.
    IntView(fn(&Options) -> i32),
    /// Bytes that can only be read.
    BytesView(fn(&Options) -> &[u8]),
    /// An int; switches are ints here.
    Int(fn(&Options) -> i32, fn(&mut Options, i32)),
    /// Eight bytes without sign.
    U64(fn(&Options) -> u64, fn(&mut Options, u64)),
    /// Eight bytes with sign.
    I64(fn(&Options) -> i64, fn(&mut Options, i64)),
    /// Bytes; none of them means that the value was cleared.
    Bytes(fn(&Options) -> &[u8], fn(&mut Options, &[u8])),
    /// A key, written in any of its forms.
    Key(fn(&Options) -> &[u8; 32], fn(&mut Options, &[u8; 32])),
    /// Text with a syntax of its own, added to what is there; empty clears.
    Parsed(fn(&mut Options, &[u8]) -> Result<()>),
    /// Four bytes, added to what is there; `None` clears.
    Element(fn(&mut Options, Option<[u8; 4]>)),
}

impl Access {
    /// The value as bytes, or `None` if it is not kept in the options or cannot be read.
    pub(super) fn read(self, options: &Options) -> Option<Bytes> {
        match self {
            Access::Elsewhere | Access::Parsed(_) | Access::Element(_) => None,
            Access::IntView(get) | Access::Int(get, _) => {
                Some(Bytes::inline(&get(options).to_ne_bytes()))
            }
            Access::U64(get, _) => Some(Bytes::inline(&get(options).to_ne_bytes())),
            Access::I64(get, _) => Some(Bytes::inline(&get(options).to_ne_bytes())),
            Access::BytesView(get) | Access::Bytes(get, _) => {
                Some(Bytes::heap(get(options).to_vec()))
            }
            Access::Key(get, _) => Some(Bytes::heap(get(options).to_vec())),
        }
    }

    /// Stores a value whose length `rule` allows, once it has been found good.
    pub(super) fn write(self, options: &mut Options, rule: SetRule, value: &[u8]) -> Result<()> {
        match self {
            Access::Elsewhere | Access::IntView(_) | Access::BytesView(_) => {
                return Err(Error::Invalid);
            }
            Access::Int(_, set) => set(options, rule.int(value)?),
            Access::U64(_, set) => set(options, u64::from_ne_bytes(long(value)?)),
            Access::I64(_, set) => set(options, i64::from_ne_bytes(long(value)?)),
            Access::Bytes(_, set) => set(options, value),
            Access::Key(_, set) => {
                let key: Zeroizing<[u8; 32]> = super::parse::key(value)?;
                set(options, &key);
            }
            Access::Parsed(add) => add(options, value)?,
            Access::Element(put) => put(options, value.try_into().ok()),
        }
        Ok(())
    }
}
