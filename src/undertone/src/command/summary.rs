//! What a call comes to, in words and as JSON: at the end of `monitor` and `replay`, and in `sessions show`.
//!
//! ```text
//! 0:42 of audio, 31.2 s of speech, 118 readings, 20 uncertain
//! of the readings that were not uncertain:
//!   fear                61 %
//!   neutral             39 %
//! longest episodes:
//!   fear                0:12 to 0:29 (0:17), 71 % on average
//! alerts:
//!   0:20    sustained distress: fear for 8 s of speech, 71 % on average
//! log: call.jsonl
//! ```

use super::printer::{print, print_json};
use engine::call::Ended;
use hearing::fact::decimals::four_decimals;
use hearing::stream_time::StreamTime;
use hearing::timeline::episodes::Episode;
use hearing::timeline::summary::Summary;
use record::plain_text::plain;
use record::session::digest::{Alerted, CallerDigest, Digest};
use record::session::record::Delay;
use serde_json::{Value, json};
use std::path::Path;

/// A call, as far as its summary goes.
#[derive(Clone, Copy, Debug)]
pub struct Summed<'a> {
    /// Length of the callers' audio.
    pub length: StreamTime,
    /// What each caller's part comes to.
    pub callers: &'a [CallerDigest],
    /// Samples lost.
    pub dropped_samples: u64,
    /// Delay of the readings.
    pub delay: Option<Delay>,
    /// Where the log is; none where nothing is kept.
    pub log: Option<&'a Path>,
}

impl<'a> From<&'a Ended> for Summed<'a> {
    fn from(ended: &'a Ended) -> Self {
        Summed {
            length: ended.position,
            callers: &ended.callers,
            dropped_samples: ended.dropped_samples,
            delay: ended.delay,
            log: ended.log.as_deref(),
        }
    }
}

impl<'a> Summed<'a> {
    /// The call of a log.
    #[must_use]
    pub fn of_log(digest: &'a Digest, log: &'a Path) -> Self {
        Summed {
            length: digest.length,
            callers: &digest.callers,
            dropped_samples: digest.dropped_samples,
            delay: digest.delay,
            log: Some(log),
        }
    }
}

/// Prints what each call amounts to: as text, or as one JSON object a call.
///
/// # Errors
/// When standard output cannot be written.
pub fn print_summaries(calls: &[Ended], json: bool) -> anyhow::Result<()> {
    for ended in calls {
        if json {
            print_json(&as_json(ended.into()))?;
        } else {
            print(&as_text(ended.into()))?;
        }
    }
    Ok(())
}

/// The summary for programs.
#[must_use]
pub fn as_json(call: Summed) -> Value {
    let callers: Vec<Value> = call.callers.iter().map(caller_json).collect();
    json!({
        "length_s": call.length.seconds(),
        // Of the only caller, or the first.
        "summary": call.callers.first().map(|caller| &caller.summary),
        "callers": callers,
        "dropped_samples": call.dropped_samples,
        "delay": call.delay,
        "log": call.log,
    })
}

fn caller_json(caller: &CallerDigest) -> Value {
    let episode = |episode: &Episode| {
        json!({
            "emotion": episode.shown.emotion(),
            "group": episode.shown.group(),
            "from_s": episode.from.seconds(),
            "to_s": episode.to.seconds(),
            "mean_probability": four_decimals(episode.strength),
        })
    };
    let alert = |Alerted { alert, failed, acknowledged }: &Alerted| {
        json!({
            "t": alert.at.seconds(),
            "from_s": alert.from.seconds(),
            "rule": alert.rule,
            "emotion": alert.emotion,
            "reason": alert.reason,
            "guidance": alert.guidance,
            "program_failed": failed,
            "acknowledged_t": acknowledged.map(StreamTime::seconds),
        })
    };
    let CallerDigest { label, summary, longest, strongest, alerts, marks, notice } = caller;
    let marks = marks.iter().map(|mark| json!({ "t": mark.at.seconds(), "text": mark.text }));
    json!({
        "label": label,
        "summary": summary,
        "longest_episodes": longest.iter().map(episode).collect::<Vec<_>>(),
        "strongest_episodes": strongest.iter().map(episode).collect::<Vec<_>>(),
        "alerts": alerts.iter().map(alert).collect::<Vec<_>>(),
        "marks": marks.collect::<Vec<_>>(),
        "notice_confirmed_s": notice.map(StreamTime::seconds),
    })
}

/// The summary for people.
#[must_use]
pub fn as_text(call: Summed) -> String {
    let mut lines = Vec::new();
    for caller in call.callers {
        if call.callers.len() > 1 {
            lines.push(format!("{}:", plain(&caller.label)));
        }
        lines.extend(of_caller(call.length, caller));
    }
    lines.extend(of_call(call));
    lines.join("\n") + "\n"
}

/// What one caller's part amounts to. Lines that belong to one that ends with a colon are indented.
pub(super) fn of_caller(length: StreamTime, caller: &CallerDigest) -> Vec<String> {
    let mut lines = heard(length, &caller.summary);
    lines.extend(told(caller));
    lines
}

/// What there is to say of all callers together: what was lost, the delay, the log.
pub(super) fn of_call(call: Summed) -> Vec<String> {
    let mut lines = Vec::new();
    if call.dropped_samples > 0 {
        let summaries = call.callers.iter().map(|caller| &caller.summary);
        let gaps: u64 = summaries.clone().map(|summary| summary.gaps).sum();
        let lost_s: f64 = summaries.map(|summary| summary.lost_s).sum();
        lines.push(format!(
            "  lost: {} samples in {gaps} gaps, {lost_s:.2} s",
            call.dropped_samples
        ));
    }
    if let Some(delay) = &call.delay {
        lines.push(format!(
            "  delay: half within {:.0} ms, 95 % within {:.0} ms",
            delay.p50_ms, delay.p95_ms
        ));
    }
    lines.push(call.log.map_or_else(
        || "log: none, nothing is kept".to_owned(),
        |log| format!("log: {}", plain(&log.display().to_string())),
    ));
    lines
}

/// What one caller's speech amounts to.
fn heard(length: StreamTime, summary: &Summary) -> Vec<String> {
    let mut lines = vec![format!(
        "{length} of audio, {:.1} s of speech, {} readings, {} uncertain",
        summary.speech_s, summary.readings, summary.uncertain
    )];
    if let Some(talk) = &summary.talk {
        lines.push(format!(
            "the operator: {:.1} s of speech, {:.1} s of it at once with the caller; longest silence {:.1} s",
            talk.operator_s, talk.overlap_s, talk.longest_silence_s
        ));
    }
    if summary.muted_s > 0.0 {
        lines.push(format!("muted: {:.1} s", summary.muted_s));
    }
    if summary.skipped > 0 {
        lines.push(format!("left out: {} readings, since the machine was behind", summary.skipped));
    }
    let emotions = summary.shares.iter().map(|(emotion, share)| (emotion.words(), *share));
    let groups = summary.groups.iter().map(|(group, share)| (group.label(), *share));
    let mut shares: Vec<_> = emotions.chain(groups).filter(|(_, share)| *share > 0.0).collect();
    shares.sort_by(|a, b| b.1.total_cmp(&a.1));
    if !shares.is_empty() {
        lines.push("of the readings that were not uncertain:".into());
    }
    for (words, share) in shares {
        lines.push(format!("  {words:<18} {:>3.0} %", share * 100.0));
    }
    lines
}

/// What was told of one caller, and typed.
fn told(caller: &CallerDigest) -> Vec<String> {
    let mut lines = Vec::new();
    for (title, episodes) in [("longest", &caller.longest), ("strongest", &caller.strongest)] {
        if !episodes.is_empty() {
            lines.push(format!("{title} episodes:"));
        }
        lines.extend(episodes.iter().map(episode));
    }
    if !caller.alerts.is_empty() {
        lines.push("alerts:".into());
    }
    for Alerted { alert, failed, acknowledged } in &caller.alerts {
        let (at, rule) = (alert.at.to_string(), alert.rule.words());
        lines.push(format!("  {at:<7} {rule}: {}", plain(&alert.reason)));
        if let Some(seen) = acknowledged {
            lines.push(format!("          acknowledged at {seen}"));
        }
        if let Some(reason) = failed {
            lines.push(format!("          the program for alerts failed: {}", plain(reason)));
        }
    }
    if !caller.marks.is_empty() {
        lines.push("marks:".into());
    }
    for mark in &caller.marks {
        let text = format!("  {:<7} {}", mark.at.to_string(), plain(&mark.text));
        lines.push(text.trim_end().to_owned());
    }
    if let Some(at) = caller.notice {
        lines.push(format!("the caller was told at {at}"));
    }
    lines
}

fn episode(episode: &Episode) -> String {
    let Episode { shown, from, to, strength } = episode;
    let (words, length) = (shown.words(), episode.length());
    format!("  {words:<18} {from} to {to} ({length}), {:.0} % on average", strength * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::session::SessionReader;
    use std::io::Cursor;

    fn digest(log: &'static str) -> Digest {
        let log = SessionReader::new(Box::new(Cursor::new(log)), Path::new("call.jsonl")).unwrap();
        Digest::read(log).unwrap()
    }

    #[test]
    fn alerts_stand_with_their_reason_and_what_failed() {
        let digest = digest(include_str!("../../../../tests/data/session/input/alerts.jsonl"));
        let text = as_text(Summed::of_log(&digest, Path::new("call.jsonl")));
        insta::assert_snapshot!(text, @r"
        1:10 of audio, 2.9 s of speech, 1 readings, 0 uncertain
        of the readings that were not uncertain:
          fear               100 %
        alerts:
          0:02    sustained distress: fear for 8 s of speech, 71 % on average; anger and sadness 15 %
                  the program for alerts failed: notify-send ended with exit code 1: no display
          1:03    no voice: the caller has said nothing for 60 s
        log: call.jsonl
        ");
        let json = as_json(Summed::of_log(&digest, Path::new("call.jsonl")));
        let alerts = &json["callers"][0]["alerts"];
        assert_eq!(
            (&alerts[0]["rule"], &alerts[0]["emotion"]),
            (&"sustained".into(), &"fear".into())
        );
        assert_eq!(alerts[1]["program_failed"], Value::Null);
    }

    #[test]
    fn an_alert_that_was_acknowledged_says_when() {
        let digest = digest(include_str!("../../../../tests/data/session/input/calls.jsonl"));
        let text = as_text(Summed::of_log(&digest, Path::new("call.jsonl")));
        assert!(text.contains("acknowledged at 0:0"), "{text}");
    }

    #[test]
    fn groups_stand_among_the_emotions_and_have_episodes() {
        let digest = digest(include_str!("../../../../tests/data/session/input/groups.jsonl"));
        let call = Summed::of_log(&digest, Path::new("call.jsonl"));
        insta::assert_snapshot!(as_text(call), @r"
        0:09 of audio, 7.4 s of speech, 12 readings, 2 uncertain
        of the readings that were not uncertain:
          distressed          50 %
          fear                20 %
          pleasant            20 %
          calm                10 %
        longest episodes:
          distressed         0:02 to 0:05 (0:03), 81 % on average
        strongest episodes:
          distressed         0:02 to 0:05 (0:03), 81 % on average
        alerts:
          0:07    sustained distress: anger, fear, sadness or disgust for 5 s of speech, together 71 % on average; most of it fear (42 %); shown as distressed for 3 s of it
        log: call.jsonl
        ");
        let json = as_json(call);
        let longest = &json["callers"][0]["longest_episodes"][0];
        assert_eq!((&longest["group"], &longest["emotion"]), (&"distressed".into(), &Value::Null));
    }

    #[test]
    fn each_of_several_callers_has_a_part_and_what_was_typed_is_made_harmless() {
        let digest = digest(include_str!("../../../../tests/data/session/input/two-callers.jsonl"));
        let text = as_text(Summed::of_log(&digest, Path::new("call.jsonl")));
        assert!(text.starts_with("desk:\n0:09 of audio, "), "{text}");
        assert!(text.contains("=HYPERLINK(\"http:") && text.contains("marks:\n"), "{text}");
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text}");
    }
}
