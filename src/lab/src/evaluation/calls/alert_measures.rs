//! The measures of alerts over labelled calls.
//!
//! In: alerts that were judged. Out: [`AlertMeasures`]. Keeps nothing.

use std::collections::BTreeMap;

use serde::Serialize;

use super::alerts::{Alerts, Outcomes};
use super::report::{per, ratio};
use hearing::alert::Rule;
use hearing::stream_time::StreamTime;

/// Alerts of the product's own rules with their default settings.
///
/// An alert is false when for more than half of the speech of which it tells something else than anger, fear and
/// sadness was said; that of a missing voice, when somebody spoke for more than half of the time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AlertMeasures {
    /// Alerts.
    pub n: u64,
    /// Of them false.
    pub n_false: u64,
    /// False ones for each hour of audio.
    pub false_per_hour: Option<f64>,
    /// Not false, but with the name of an emotion that was said for less than half of that speech.
    pub n_misnamed: u64,
    /// By the rule, where it gave any.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub by_rule: BTreeMap<Rule, RuleMeasures>,
    /// What the alerts found.
    pub episodes: Episodes,
}

/// Alerts of one rule.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RuleMeasures {
    /// Alerts.
    pub n: u64,
    /// Of them false.
    pub n_false: u64,
}

/// Episodes of distress: anger, fear or sadness for 10 s of speech or more, with pauses between but no other
/// emotion. One is found by an alert in it that is not of a missing voice.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Episodes {
    /// Episodes.
    pub n: usize,
    /// Share found.
    pub found: Option<f64>,
    /// From the first sample to the alert: median over those found (nearest rank).
    pub median_delay_s: Option<f64>,
}

impl AlertMeasures {
    pub(super) fn of(alerts: &Alerts, length: u64) -> Self {
        let all = alerts.all();
        let of_rule =
            |outcomes: &Outcomes| RuleMeasures { n: outcomes.n, n_false: outcomes.n_false };
        let mut delays: Vec<StreamTime> = alerts.episodes.iter().flatten().copied().collect();
        delays.sort_unstable();
        let median = delays.len().div_ceil(2).checked_sub(1).and_then(|place| delays.get(place));
        AlertMeasures {
            n: all.n,
            n_false: all.n_false,
            false_per_hour: per(all.n_false, length, 3600),
            n_misnamed: all.n_misnamed,
            by_rule: alerts.by_rule.iter().map(|(rule, of)| (*rule, of_rule(of))).collect(),
            episodes: Episodes {
                n: alerts.episodes.len(),
                found: ratio(delays.len() as u64, alerts.episodes.len() as u64),
                median_delay_s: median.map(|delay| delay.seconds()),
            },
        }
    }
}
