//! `[calls]`: when live calls begin and end, and what callers have to be told.

use super::ConfigError;
use hearing::range::in_range;
use serde::{Deserialize, Serialize};

/// `[calls]`: when live calls begin and end, and what callers have to be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CallsSection {
    /// Whether calls begin with speech and end with silence, by themselves.
    pub auto: bool,
    /// Seconds of silence of both sides that end a call, where calls end by themselves.
    pub end_after_s: u32,
    /// What the caller has to be told; the screen shows it at each call.
    pub notice: Option<String>,
    /// Whether nothing is read in a call before it is confirmed that the caller was told.
    pub require_notice: bool,
}

impl Default for CallsSection {
    fn default() -> Self {
        CallsSection { auto: false, end_after_s: 60, notice: None, require_notice: false }
    }
}

impl CallsSection {
    /// Checks the ranges, and that there is a notice where one is to be confirmed.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        // Shorter than people pause; an hour.
        in_range("calls.end_after_s", self.end_after_s, 5..=3_600)?;
        if self.require_notice && self.notice.is_none() {
            return Err(ConfigError::NoNotice);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_ends_neither_in_a_pause_nor_never_and_a_notice_says_something() {
        let refused = |calls: CallsSection| calls.check().unwrap_err().to_string();
        assert!(CallsSection::default().check().is_ok());
        assert_eq!(
            refused(CallsSection { end_after_s: 4, ..CallsSection::default() }),
            "calls.end_after_s is 4, but must be from 5 to 3600"
        );
        assert_eq!(
            refused(CallsSection { require_notice: true, ..CallsSection::default() }),
            "calls.require_notice is true, but there is no calls.notice: say what callers are told"
        );
    }
}
