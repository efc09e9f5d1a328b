//! `WebVTT` (W3C, 2019): captions that a player shows beside the recording.
//!
//! In: an open log. Out: a cue for each stretch of one emotion or group, for each alert and for each mark, in order of time;
//! with several callers each begins with whom it is about. A cue's name says what
//! it is. (Escaped text has no arrow, which would begin another cue.) Keeps all cues.

use std::fmt;
use std::io::Write;

use super::story::{Caller, Story};
use super::{ExportError, Format};
use crate::markup::content;
use crate::session::SessionReader;
use hearing::stream_time::StreamTime;
use hearing::timeline::Alert;

/// How long an alert or a mark can be read.
const NOTE_LENGTH: StreamTime = StreamTime::from_ms(5_000);

/// The format.
pub struct Vtt;

impl Format for Vtt {
    fn write(&self, session: &mut SessionReader, out: &mut dyn Write) -> Result<(), ExportError> {
        let story = Story::read(session)?;
        write!(out, "WEBVTT - Undertone, {}\n\n", content(&story.header.started))?;
        write!(
            out,
            "NOTE\nWhat a program heard in the voice, with its probability: a hint, not a finding. \
             Model {}.\n\n",
            content(&story.header.model.name)
        )?;
        for Cue { name, from, to, text } in cues(&story) {
            write!(out, "{name}\n{} --> {}\n{text}\n\n", Clock(from), Clock(to))?;
        }
        out.flush()?;
        Ok(())
    }
}

/// One caption.
struct Cue {
    name: String,
    from: StreamTime,
    to: StreamTime,
    text: String,
}

fn cues(story: &Story) -> Vec<Cue> {
    let mut cues = Vec::new();
    for (number, caller) in (1..).zip(&story.callers) {
        let who =
            if story.callers.len() > 1 { format!("{}: ", caller.label) } else { String::new() };
        add_cues_of(caller, &format!("caller-{number}"), &who, &mut cues);
    }
    // A cue may not begin before the one above it.
    cues.sort_by_key(|cue| cue.from);
    cues
}

fn add_cues_of(caller: &Caller, name: &str, who: &str, cues: &mut Vec<Cue>) {
    cues.extend(caller.shown.iter().enumerate().map(|(index, span)| Cue {
        name: format!("{name}-emotion-{}", index + 1),
        from: span.from,
        to: span.to,
        text: content(&format!("{who}{}", span.what.words())),
    }));
    cues.extend(caller.alerts.iter().enumerate().map(|(index, alert)| Cue {
        name: format!("{name}-alert-{}", index + 1),
        from: alert.at,
        to: alert.at + NOTE_LENGTH,
        text: content(&format!("{who}Alert, {}", alert_words(alert))),
    }));
    cues.extend(caller.marks.iter().enumerate().map(|(index, mark)| Cue {
        name: format!("{name}-mark-{}", index + 1),
        from: mark.at,
        to: mark.at + NOTE_LENGTH,
        text: content(&format!("{who}Mark: {}", one_line(&mark.text))),
    }));
}

/// `sustained distress: fear for 8 s of speech. Slow down.`
fn alert_words(alert: &Alert) -> String {
    let guidance =
        alert.guidance.as_ref().map_or(String::new(), |text| format!(" ({})", one_line(text)));
    format!("{}: {}{guidance}", alert.rule.words(), alert.reason)
}

/// A caption has no empty lines, and few at all.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `hh:mm:ss.mmm`, to the nearest millisecond.
struct Clock(StreamTime);

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = super::milliseconds(self.0);
        let (hours, minutes) = (ms / 3_600_000, ms / 60_000 % 60);
        write!(f, "{hours:02}:{minutes:02}:{:02}.{:03}", ms / 1000 % 60, ms % 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_has_hours_and_milliseconds() {
        assert_eq!(Clock(StreamTime::from_ms(3_661_005)).to_string(), "01:01:01.005");
        assert_eq!(Clock(StreamTime(4)).to_string(), "00:00:00.001");
        assert_eq!(Clock(StreamTime::from_ms(360_000_000)).to_string(), "100:00:00.000");
    }
}
