//! Socket options: one table, and the values it governs.
//!
//! A socket asks its pattern first; what the pattern does not know comes here. An option that is
//! not in the table does not exist, and an option in the table has no code of its own outside of
//! it, except for values with a syntax.

#![forbid(unsafe_code)]

mod accept_filter;
mod answer;
mod numbers;
mod parse;
mod spec;
mod table;
mod values;

#[cfg(test)]
mod tests;

pub(crate) use answer::{Value, at_least_int, exact_int};
pub(crate) use numbers::*;
#[cfg(test)]
pub(crate) use spec::{Access, Effect};
pub(crate) use spec::{GetRule, OptionSpec, Owner, SetRule};
pub(crate) use table::TABLE;
pub(crate) use values::{ContextDefaults, DEFAULT_BACKLOG, Mechanism, Options};

use crate::error::{Error, Result};

/// The int that an option value is: exactly four bytes.
pub(crate) fn int(value: &[u8]) -> Result<i32> {
    value.try_into().map(i32::from_ne_bytes).map_err(|_| Error::Invalid)
}

/// The eight bytes that an option value is.
fn long(value: &[u8]) -> Result<[u8; 8]> {
    value.try_into().map_err(|_| Error::Invalid)
}

/// The row of an option.
pub(crate) fn find(number: i32) -> Option<&'static OptionSpec> {
    TABLE.binary_search_by_key(&number, |row| row.number).ok().map(|place| &TABLE[place])
}

/// Whether NULL is a value of this option even with a length; for all others the caller has to
/// refuse it, because nothing can be read from there.
pub(crate) fn takes_null_of_any_length(number: i32) -> bool {
    find(number).is_some_and(|row| row.set == SetRule::Credential)
}

impl Options {
    /// Sets an option that is alike for all socket types.
    ///
    /// `value` is empty for NULL, and `is_null` tells NULL from a pointer to nothing: some options
    /// are cleared by the one and refuse the other.
    pub(crate) fn set(&mut self, number: i32, value: &[u8], is_null: bool) -> Result<()> {
        let row = find(number).ok_or(Error::Invalid)?;
        let is_generic = row.owner == Owner::Generic && row.built_in;
        if !is_generic || !row.set.allows_length(value.len(), is_null) {
            return Err(Error::Invalid);
        }
        row.access.write(self, row.set, value)
    }

    /// Answers a read of an option whose value is kept here, by a caller with `capacity` bytes.
    pub(crate) fn get(&self, number: i32, capacity: usize) -> Result<Value> {
        let row = find(number).ok_or(Error::Invalid)?;
        if row.get == GetRule::Never {
            return Err(Error::Invalid);
        }
        let bytes = row.access.read(self).ok_or(Error::Invalid)?;
        Value::new(row.get, bytes, capacity)
    }
}
