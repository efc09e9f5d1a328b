//! `undertone report`: what the sessions of a shift, a week or a month come to, by day and in all.
//!
//! In: the folder of logs, and from when to when. Out: tables on the terminal, JSON, or a page that needs nothing
//! else. There is nothing in it about a single operator or caller: it says how the service and the program did.

mod sums;

use crate::cli::ReportArgs;
use crate::config::{Config, Flags};

use anyhow::Context;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde_json::json;

use super::Exit;
use super::period::Period;
use super::printer::{print, print_json, tell};
use super::sessions::locate::logs_in;
use hearing::timeline::Rule;
use lab::evaluation::{Part, Table, page, percent};
use record::output_file::{IfExists, ReadableBy, save};
use record::session::{Digest, SessionReader};
use sums::{Sum, Sums};

/// Prints the report.
///
/// # Errors
/// When the folder cannot be read, or the page cannot be written. A log that cannot be read is told and gives
/// [`Exit::Partial`].
pub fn run(args: &ReportArgs) -> anyhow::Result<Exit> {
    let flags = Flags { session_dir: args.dir.clone(), ..Flags::default() };
    let dir = &Config::resolve(args.config.as_deref(), flags)?.sessions_dir()?;
    let period = Period::parse(Some(&args.since), args.until.as_deref(), &Zoned::now())?;
    let logs = logs_in(dir)
        .with_context(|| format!("cannot read the folder of session logs {}", dir.display()))?;
    let mut sums = Sums::default();
    let mut unread = Vec::new();
    for log in logs {
        let begun = SessionReader::open(&log);
        if let Ok(reader) = &begun
            && !reader.header().started.parse().is_ok_and(|at| period.contains(at))
        {
            continue;
        }
        match begun.and_then(Digest::read) {
            Ok(digest) => sums.add(&digest),
            Err(error) => unread.push(error.to_string()),
        }
    }
    let between = between(&period, &TimeZone::system());
    if args.json {
        print_json(&json!({
            "since": period.since.map(|at| at.to_string()),
            "until": period.until.map(|at| at.to_string()),
            "days": sums.by_day(),
            "all": sums.all(),
            "unreadable": unread,
        }))?;
    } else {
        print(&as_text(&sums, &between))?;
    }
    if let Some(path) = &args.html {
        let html = page("Undertone: report", &parts(&sums, &between, unread.len()));
        let if_exists = IfExists::from_force(args.force);
        save(path, if_exists, ReadableBy::Owner, html.as_bytes())?;
    }
    for reason in &unread {
        tell(&format!("not counted: {reason}"));
    }
    Ok(if unread.is_empty() { Exit::Done } else { Exit::Partial })
}

/// The period in words, on the clock of a time zone: `from 2026-11-15 14:30`.
fn between(period: &Period, zone: &TimeZone) -> String {
    let words = |word: &str, moment: Option<Timestamp>| {
        let local = moment.map(|moment| moment.to_zoned(zone.clone()));
        local.map_or_else(String::new, |at| {
            at.strftime(&format!(" {word} %Y-%m-%d %H:%M")).to_string()
        })
    };
    (words("from", period.since) + &words("to", period.until)).trim_start().to_owned()
}

fn as_text(sums: &Sums, period: &str) -> String {
    if sums.all().calls == 0 {
        return format!("No sessions {period}.\n");
    }
    format!("Sessions {period}\n\n{}\nAlerts\n\n{}", calls(sums).text(), alerts(sums).text())
}

/// By day and in all.
fn rows(sums: &Sums) -> impl Iterator<Item = (&str, &Sum)> {
    let days = sums.by_day().iter().map(|(day, sum)| (day.as_str(), sum));
    days.chain([("in all", sums.all())])
}

fn calls(sums: &Sums) -> Table {
    let head = [
        "day",
        "calls",
        "hours",
        "talk h",
        "certain %",
        "alerts",
        "gaps",
        "lost s",
        "muted min",
        "left out",
        "not ended",
    ];
    rows(sums).fold(Table::new(head), |table, (day, sum)| {
        let certain = sum.certain().map_or_else(|| "-".to_owned(), percent);
        table.with(
            day,
            [
                sum.calls.to_string(),
                format!("{:.1}", sum.length_s / 3600.0),
                format!("{:.1}", sum.speech_s / 3600.0),
                certain,
                sum.n_alerts().to_string(),
                sum.gaps.to_string(),
                format!("{:.1}", sum.lost_s),
                format!("{:.1}", sum.muted_s / 60.0),
                sum.skipped.to_string(),
                sum.not_ended.to_string(),
            ],
        )
    })
}

fn alerts(sums: &Sums) -> Table {
    let head = Rule::ALL.map(Rule::words);
    let head = std::iter::once("day").chain(head).chain(["an hour"]);
    rows(sums).fold(Table::new(head), |table, (day, sum)| {
        let by_rule = Rule::ALL.map(|rule| sum.alerts.get(&rule).copied().unwrap_or(0).to_string());
        let an_hour = if sum.length_s > 0.0 {
            format!("{:.1}", f64::from(sum.n_alerts()) * 3600.0 / sum.length_s)
        } else {
            "-".to_owned()
        };
        table.with(day, by_rule.into_iter().chain([an_hour]))
    })
}

fn parts(sums: &Sums, period: &str, n_unread: usize) -> Vec<Part> {
    let mut parts =
        vec![Part::Words(format!("Sessions {period}, by the day on which they began."))];
    if n_unread > 0 {
        parts.push(Part::Words(format!(
            "{n_unread} logs are damaged and not counted: `undertone sessions verify --all` says where."
        )));
    }
    parts.extend([
        Part::Heading("Calls".to_owned()),
        Part::Table(calls(sums)),
        Part::Words(
            "Hours are the length of the calls, talk is the speech of callers. Certain is the share of readings in \
             which an emotion or a group of emotions was certain enough to be shown; in the others Undertone says that \
             it does not know. \
             Gaps are places where audio was lost; muted is time in which nobody was allowed to listen; left out are \
             readings that a machine that was behind did not make; not ended are sessions that were killed or still \
             run."
                .to_owned(),
        ),
        Part::Heading("Alerts".to_owned()),
        Part::Table(alerts(sums)),
        Part::Words(
            "An alert says that a rule of the configuration held, never what it means. Emotions are guessed from the \
             voice and often wrong; no number here says anything about a person, and none is counted by operator."
                .to_owned(),
        ),
    ]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;
    use std::path::Path;

    fn sums() -> Sums {
        let mut sums = Sums::default();
        for log in [
            include_str!("../../../../tests/data/session/input/alerts.jsonl"),
            include_str!("../../../../tests/data/session/input/two-callers.jsonl"),
            &include_str!("../../../../tests/data/session/input/muted.jsonl")
                .replace("2026-11-22T", "2026-11-23T"),
        ] {
            let log = Cursor::new(log.to_owned());
            let log = SessionReader::new(Box::new(log), Path::new("call.jsonl")).unwrap();
            sums.add(&Digest::read(log).unwrap());
        }
        sums
    }

    #[test]
    fn sessions_are_summed_by_day_and_in_all() {
        let sums = sums();
        let period = "from 2026-11-22 00:00 to 2026-11-24 00:00";
        insta::assert_snapshot!(as_text(&sums, period), @r"
        Sessions from 2026-11-22 00:00 to 2026-11-24 00:00

        day                  calls     hours    talk h certain %    alerts      gaps    lost s muted min  left out not ended
        2026-11-22               2       0.0       0.0      83.3         2         1       0.0       0.0         0         0
        2026-11-23               1       0.0       0.0      66.7         0         0       0.0       0.1         3         0
        in all                   3       0.0       0.0      77.8         2         1       0.0       0.1         3         0

        Alerts

        day              sustained distress sudden change rising distress  no voice   an hour
        2026-11-22                        1             0               0         1      90.6
        2026-11-23                        0             0               0         0       0.0
        in all                            1             0               0         1      80.9
        ");
        let all = serde_json::to_value(sums.all()).unwrap();
        assert_eq!((&all["calls"], &all["alerts"]["sustained"]), (&3.into(), &1.into()));
    }

    #[test]
    fn the_page_has_headed_tables_and_names_nobody() {
        let html = page("report", &parts(&sums(), "this week", 1));
        for told in [
            "<th scope=\"col\">calls</th>",
            "<th scope=\"row\">2026-11-23</th>",
            "1 logs are damaged",
        ] {
            assert!(html.contains(told), "'{told}' is missing: {html}");
        }
        for kept in ["desk", "HYPERLINK", "Slow down"] {
            assert!(!html.contains(kept), "{html}");
        }
    }

    #[test]
    fn without_sessions_that_is_said() {
        let now: jiff::Zoned = "2026-11-22T14:30:05+01:00[Europe/Berlin]".parse().unwrap();
        let period = Period::parse(Some("7d"), Some("2026-11-22"), &now).unwrap();
        let told = as_text(&Sums::default(), &between(&period, now.time_zone()));
        assert_eq!(told, "No sessions from 2026-11-15 14:30 to 2026-11-23 00:00.\n");
    }
}
