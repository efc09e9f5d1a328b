//! From when to when sessions began: what `--since` and `--until` say.
//!
//! In: words and the present moment. Out: a [`Period`], and the logs of a folder in it. Keeps nothing.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan, Zoned};

use crate::command::printer::tell;
use record::session::SessionReader;
use record::session::retention::Age;

/// A period; without an end it goes on, without a beginning it began long ago.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// The first moment in it.
    pub since: Option<Timestamp>,
    /// The first moment after it.
    pub until: Option<Timestamp>,
}

impl Period {
    /// The period between two words: an age (`12h`, `7d`, `4w`), a day (`2026-11-22`), of which `until` means the
    /// end, or a moment (RFC 3339). Days and moments without an offset are those of the time zone of `now`.
    ///
    /// # Errors
    /// A word that is none of these, or an end that is not after the beginning.
    pub fn parse(since: Option<&str>, until: Option<&str>, now: &Zoned) -> anyhow::Result<Self> {
        let since = since.map(|text| moment(text, now, 0.days()).context("--since")).transpose()?;
        let until = until.map(|text| moment(text, now, 1.day()).context("--until")).transpose()?;
        if since.zip(until).is_some_and(|(since, until)| since >= until) {
            return Err(anyhow!("--until is not after --since: nothing lies between them"));
        }
        Ok(Period { since, until })
    }

    /// Whether a moment lies in it.
    #[must_use]
    pub fn contains(&self, moment: Timestamp) -> bool {
        self.since.is_none_or(|since| moment >= since) && self.until.is_none_or(|end| moment < end)
    }
}

/// The logs in a folder that began in a period, in order of their start. What cannot be
/// read, or does not say when it began, is told and left out.
///
/// # Errors
/// When the folder cannot be read.
pub fn logs_in(period: &Period, folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)
        .with_context(|| format!("cannot read the folder of session logs {}", folder.display()))?;
    let mut found: Vec<(Timestamp, PathBuf)> = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "jsonl") {
            continue;
        }
        let started = SessionReader::open(&path).map(|log| log.header().started.parse());
        match started {
            Ok(Ok(started)) if period.contains(started) => found.push((started, path)),
            Ok(Ok(_)) => {}
            Ok(Err(_)) => tell(&format!("warning: {} does not say when it began", path.display())),
            Err(reason) => tell(&format!("warning: left out: {reason}")),
        }
    }
    found.sort();
    Ok(found.into_iter().map(|(_, path)| path).collect())
}

/// The moment that a word names; a day counts from its beginning and `of_day`.
fn moment(text: &str, now: &Zoned, of_day: Span) -> anyhow::Result<Timestamp> {
    if text.parse::<Age>().is_ok() {
        return ago(text, now);
    }
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(moment);
    }
    let zone: TimeZone = now.time_zone().clone();
    let local = match text.parse::<Date>() {
        Ok(day) if text.len() == "2026-11-22".len() => day.checked_add(of_day)?.at(0, 0, 0, 0),
        _ => text.parse::<DateTime>().map_err(|_| {
            anyhow!(
                "'{text}' is no time; give an age (12h, 7d or 4w), a day (2026-11-22) or a moment \
                 (2026-11-22T14:30:05+01:00)"
            )
        })?,
    };
    Ok(local.to_zoned(zone)?.timestamp())
}

/// So long before now. A day is 24 hours.
fn ago(text: &str, now: &Zoned) -> anyhow::Result<Timestamp> {
    let (number, unit) = text.split_at(text.len() - 1);
    let hours_each = match unit {
        "w" => 7 * 24,
        "d" => 24,
        _ => 1,
    };
    let hours = number.parse::<i64>()? * hours_each;
    Ok(now.timestamp().checked_sub(hours.hours())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Zoned {
        "2026-11-22T14:30:05+01:00[Europe/Berlin]".parse().unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn ages_days_and_moments_are_understood() {
        let since = |text: &str| Period::parse(Some(text), None, &now()).unwrap().since;
        assert_eq!(since("7d"), Some(at("2026-11-15T13:30:05Z")));
        assert_eq!(since("36h"), Some(at("2026-11-21T01:30:05Z")));
        assert_eq!(since("2026-11-22"), Some(at("2026-11-21T23:00:00Z")));
        assert_eq!(since("2026-11-22T08:00:00"), Some(at("2026-11-22T07:00:00Z")));
        assert_eq!(since("2026-11-22T08:00:00-08:00"), Some(at("2026-11-22T16:00:00Z")));
    }

    #[test]
    fn a_day_as_the_end_counts_to_its_end() {
        let day = Period::parse(Some("2026-11-22"), Some("2026-11-22"), &now()).unwrap();
        assert_eq!(day.until, Some(at("2026-11-22T23:00:00Z")));
        assert!(day.contains("2026-11-22T22:59:59Z".parse().unwrap()));
        assert!(!day.contains("2026-11-22T23:00:00Z".parse().unwrap()));
        assert!(Period::default().contains(Timestamp::MIN));
    }

    #[test]
    fn other_words_and_a_period_of_nothing_are_refused() {
        for text in ["yesterday", "0d", "2026-13-01", "7", ""] {
            let failure = Period::parse(Some(text), None, &now()).unwrap_err();
            assert!(format!("{failure:#}").contains("is no time"), "{text}: {failure:#}");
        }
        let nothing = Period::parse(Some("1d"), Some("2d"), &now()).unwrap_err();
        assert!(nothing.to_string().contains("not after"), "{nothing}");
    }
}
