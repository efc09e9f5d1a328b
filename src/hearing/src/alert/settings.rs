//! What the rules go by: a part of the configuration file.
//!
//! The defaults were chosen on simulated calls of the development speakers: what is false there against what is
//! found. `undertone evaluate --calls` repeats the measurement on any calls.

use super::Rule;
use serde::{Deserialize, Serialize};

/// Settings of all rules. Seconds of speech are such for which there are readings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AlertSettings {
    /// Whether there are alerts at all.
    pub enabled: bool,
    /// Most alerts of one caller in an hour.
    pub max_per_hour: u32,
    /// After an alert, another rule that comes to hold within so many seconds tells nothing.
    pub quiet_s: u32,
    /// Fear, anger or sadness for some time.
    pub sustained: SustainedSettings,
    /// More of them than earlier in the call.
    pub rising: RisingSettings,
    /// From little of them to one of them within seconds.
    pub sudden_change: SuddenChangeSettings,
    /// No voice was heard of the caller for long.
    pub long_silence: LongSilenceSettings,
}

impl AlertSettings {
    /// The hotline's own text for a rule.
    pub(super) fn guidance(&self, rule: Rule) -> Option<&String> {
        match rule {
            Rule::Sustained => self.sustained.guidance.as_ref(),
            Rule::Rising => self.rising.guidance.as_ref(),
            Rule::SuddenChange => self.sudden_change.guidance.as_ref(),
            Rule::LongSilence => self.long_silence.guidance.as_ref(),
        }
    }

    /// For how many seconds a rule that gave an alert gives no other.
    pub(super) fn cool_down_s(&self, rule: Rule) -> u32 {
        match rule {
            Rule::Sustained => self.sustained.cool_down_s,
            Rule::Rising => self.rising.cool_down_s,
            Rule::SuddenChange => self.sudden_change.cool_down_s,
            Rule::LongSilence => self.long_silence.cool_down_s,
        }
    }
}

impl Default for AlertSettings {
    fn default() -> Self {
        AlertSettings {
            enabled: true,
            max_per_hour: 6,
            quiet_s: 10,
            sustained: SustainedSettings::default(),
            rising: RisingSettings::default(),
            sudden_change: SuddenChangeSettings::default(),
            long_silence: LongSilenceSettings::default(),
        }
    }
}

/// Settings of [`Rule::Sustained`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SustainedSettings {
    /// Whether the rule gives alerts.
    pub enabled: bool,
    /// Over so many seconds of speech ...
    pub speech_s: u32,
    /// ... the probabilities of fear, anger and sadness together are at least this on average, in percent.
    pub level_percent: u32,
    /// After an alert there is no other of this rule for so many seconds.
    pub cool_down_s: u32,
    /// The hotline's own text, shown with the alert.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guidance: Option<String>,
}

impl Default for SustainedSettings {
    fn default() -> Self {
        SustainedSettings {
            enabled: true,
            speech_s: 8,
            level_percent: 75,
            cool_down_s: 30,
            guidance: None,
        }
    }
}

/// Settings of [`Rule::Rising`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RisingSettings {
    /// Whether the rule gives alerts.
    pub enabled: bool,
    /// So many seconds of speech of the call must have been heard before ...
    pub heard_s: u32,
    /// ... and over the last so many ...
    pub speech_s: u32,
    /// ... fear, anger and sadness together are so many percentage points above their average before ...
    pub by_percent: u32,
    /// ... and at least this, in percent.
    pub level_percent: u32,
    /// After an alert there is no other of this rule for so many seconds.
    pub cool_down_s: u32,
    /// The hotline's own text, shown with the alert.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guidance: Option<String>,
}

impl Default for RisingSettings {
    fn default() -> Self {
        RisingSettings {
            enabled: true,
            heard_s: 30,
            speech_s: 8,
            by_percent: 30,
            level_percent: 50,
            cool_down_s: 120,
            guidance: None,
        }
    }
}

/// Settings of [`Rule::SuddenChange`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SuddenChangeSettings {
    /// Whether the rule gives alerts.
    pub enabled: bool,
    /// For so many seconds of speech ...
    pub before_s: u32,
    /// ... fear, anger and sadness together stayed below this, in percent; then ...
    pub before_percent: u32,
    /// ... within so many seconds of speech ...
    pub within_s: u32,
    /// ... one of them alone came above this, in percent, and is shown ...
    pub level_percent: u32,
    /// ... for so many seconds of speech.
    pub shown_s: u32,
    /// After an alert there is no other of this rule for so many seconds.
    pub cool_down_s: u32,
    /// The hotline's own text, shown with the alert.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guidance: Option<String>,
}

impl Default for SuddenChangeSettings {
    fn default() -> Self {
        SuddenChangeSettings {
            enabled: true,
            before_s: 6,
            before_percent: 40,
            within_s: 3,
            level_percent: 70,
            shown_s: 2,
            cool_down_s: 120,
            guidance: None,
        }
    }
}

/// Settings of [`Rule::LongSilence`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LongSilenceSettings {
    /// Whether the rule gives alerts.
    pub enabled: bool,
    /// Who has spoken for so many seconds in all ...
    pub heard_s: u32,
    /// ... and of whom then no voice is heard for so many; while the operator speaks they are not counted.
    pub silence_s: u32,
    /// After an alert there is no other of this rule for so many seconds.
    pub cool_down_s: u32,
    /// The hotline's own text, shown with the alert.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guidance: Option<String>,
}

impl Default for LongSilenceSettings {
    fn default() -> Self {
        LongSilenceSettings {
            enabled: true,
            heard_s: 5,
            silence_s: 60,
            cool_down_s: 120,
            guidance: None,
        }
    }
}
