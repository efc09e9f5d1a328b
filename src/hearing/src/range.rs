//! Which numbers a setting may have.
//!
//! In: a setting's name and its value. Out: nothing, or an [`OutOfRange`] that names both ends. Keeps nothing.

use std::ops::RangeInclusive;

/// A number is too small or too large.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key} is {value}, but must be from {min} to {max}")]
pub struct OutOfRange {
    /// The setting.
    pub key: &'static str,
    /// Its value.
    pub value: u32,
    /// The smallest that is allowed.
    pub min: u32,
    /// The largest that is allowed.
    pub max: u32,
}

/// Checks one setting.
///
/// # Errors
/// [`OutOfRange`].
pub fn in_range(
    key: &'static str,
    value: u32,
    allowed: RangeInclusive<u32>,
) -> Result<(), OutOfRange> {
    if allowed.contains(&value) {
        return Ok(());
    }
    let (min, max) = allowed.into_inner();
    Err(OutOfRange { key, value, min, max })
}
