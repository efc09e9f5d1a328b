//! From when to when a report goes.
//!
//! In: what was typed: an age (`7d`) or a date. Out: a [`Period`] in the computer's time zone. Keeps nothing.

use std::fmt;

use anyhow::{Context, ensure};
use jiff::civil::Date;
use jiff::{ToSpan, Zoned};

use crate::session::retention::Age;

/// A stretch of time: its beginning belongs to it, its end does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// Its beginning.
    pub from: Zoned,
    /// Its end.
    pub until: Zoned,
}

impl Period {
    /// From an age (`12h`, `7d`, `4w`) before now, or from the beginning of a day (`2026-11-22`), to the end of
    /// another day or to now.
    ///
    /// # Errors
    /// What is neither an age nor a date; an end before the beginning.
    pub fn of(since: &str, until: Option<&str>) -> anyhow::Result<Self> {
        Period::at(&Zoned::now(), since, until)
    }

    fn at(now: &Zoned, since: &str, until: Option<&str>) -> anyhow::Result<Self> {
        let from = if let Ok(date) = since.parse::<Date>() {
            beginning(date, now)?
        } else {
            let age: Age = since
                .parse()
                .with_context(|| format!("'{since}' is no date either, such as 2026-11-22"))?;
            now.checked_sub(age.duration())?
        };
        let until = match until {
            None => now.clone(),
            Some(text) => {
                let date: Date = text.parse().map_err(|_| {
                    anyhow::anyhow!("'{text}' is no date; give one such as 2026-11-22")
                })?;
                beginning(date.checked_add(1.day())?, now)?
            }
        };
        ensure!(from < until, "the report would end before it begins: --since {since}");
        Ok(Period { from, until })
    }

    /// Whether a session that started then, as RFC 3339, is within it.
    #[must_use]
    pub fn has(&self, started: &str) -> bool {
        let started: Result<jiff::Timestamp, _> = started.parse();
        started.is_ok_and(|at| self.from.timestamp() <= at && at < self.until.timestamp())
    }
}

fn beginning(date: Date, now: &Zoned) -> anyhow::Result<Zoned> {
    Ok(date.to_zoned(now.time_zone().clone())?)
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = |at: &Zoned| at.strftime("%Y-%m-%d %H:%M").to_string();
        write!(f, "from {} to {}", words(&self.from), words(&self.until))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(since: &str, until: Option<&str>) -> Result<Period, String> {
        let now: Zoned = "2026-11-22T14:30:05+01:00[Europe/Berlin]".parse().unwrap();
        Period::at(&now, since, until).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn a_period_is_an_age_or_whole_days_in_the_clocks_own_zone() {
        let week = period("7d", None).unwrap();
        assert_eq!(week.to_string(), "from 2026-11-15 14:30 to 2026-11-22 14:30");
        let days = period("2026-11-20", Some("2026-11-21")).unwrap();
        assert_eq!(days.to_string(), "from 2026-11-20 00:00 to 2026-11-22 00:00");
        let has = |started| days.has(started);
        assert!(has("2026-11-20T00:00:00+01:00") && has("2026-11-21T22:59:59Z"));
        assert!(!has("2026-11-19T23:59:59+01:00") && !has("2026-11-21T23:00:00Z") && !has("soon"));
    }

    #[test]
    fn what_is_no_time_is_refused_with_what_would_do() {
        assert!(period("soon", None).unwrap_err().contains("such as 2026-11-22"));
        assert!(period("7d", Some("7d")).unwrap_err().contains("such as 2026-11-22"));
        assert!(period("2026-11-22", Some("2026-11-20")).unwrap_err().contains("before it begins"));
    }
}
