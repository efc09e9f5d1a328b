//! The ranges of the settings of alerts.

use super::{
    AlertSettings, LongSilenceSettings, RisingSettings, SuddenChangeSettings, SustainedSettings,
};
use crate::range::{OutOfRange, in_range};

const HOUR_S: u32 = 3_600;

impl AlertSettings {
    /// Checks every number; what comes more often than sixty times an hour is nobody's alert any more.
    ///
    /// # Errors
    /// [`OutOfRange`] for the first that cannot be.
    pub fn check(&self) -> Result<(), OutOfRange> {
        in_range("alerts.max_per_hour", self.max_per_hour, 0..=60)?;
        in_range("alerts.quiet_s", self.quiet_s, 0..=HOUR_S)?;
        let SustainedSettings { speech_s, level_percent, cool_down_s, .. } = self.sustained;
        in_range("alerts.sustained.speech_s", speech_s, 1..=60)?;
        in_range("alerts.sustained.level_percent", level_percent, 1..=100)?;
        in_range("alerts.sustained.cool_down_s", cool_down_s, 0..=HOUR_S)?;
        let RisingSettings { heard_s, speech_s, by_percent, level_percent, cool_down_s, .. } =
            self.rising;
        in_range("alerts.rising.heard_s", heard_s, 1..=HOUR_S)?;
        in_range("alerts.rising.speech_s", speech_s, 1..=60)?;
        in_range("alerts.rising.by_percent", by_percent, 1..=100)?;
        in_range("alerts.rising.level_percent", level_percent, 0..=100)?;
        in_range("alerts.rising.cool_down_s", cool_down_s, 0..=HOUR_S)?;
        let SuddenChangeSettings { before_s, before_percent, within_s, .. } = self.sudden_change;
        in_range("alerts.sudden_change.before_s", before_s, 1..=600)?;
        in_range("alerts.sudden_change.before_percent", before_percent, 1..=100)?;
        in_range("alerts.sudden_change.within_s", within_s, 0..=60)?;
        let SuddenChangeSettings { level_percent, shown_s, cool_down_s, .. } = self.sudden_change;
        in_range("alerts.sudden_change.level_percent", level_percent, 1..=100)?;
        in_range("alerts.sudden_change.shown_s", shown_s, 1..=60)?;
        in_range("alerts.sudden_change.cool_down_s", cool_down_s, 0..=HOUR_S)?;
        let LongSilenceSettings { heard_s, silence_s, cool_down_s, .. } = self.long_silence;
        in_range("alerts.long_silence.heard_s", heard_s, 0..=HOUR_S)?;
        in_range("alerts.long_silence.silence_s", silence_s, 1..=HOUR_S)?;
        in_range("alerts.long_silence.cool_down_s", cool_down_s, 0..=HOUR_S)
    }
}
