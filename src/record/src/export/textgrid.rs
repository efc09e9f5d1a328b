//! Praat's `TextGrid` in its long form, UTF-8: tiers that lie below the recording in Praat.
//!
//! In: an open log. Out: for each caller three tiers of intervals without holes, `activity`, `emotion` and `certainty` (the mean
//! probability of what is shown), and two tiers of points, `alerts` and `marks`.
//! Keeps all of it.

use std::io::{self, Write};

use super::story::{Caller, Note, Span, Story};
use super::{ExportError, Format};
use crate::plain_text::plain;
use crate::session::SessionReader;
use hearing::fact::decimals::four_decimals;
use hearing::stream_time::StreamTime;

/// Tiers for each caller.
const N_TIERS: usize = 5;

/// The format.
pub struct TextGrid;

impl Format for TextGrid {
    fn write(&self, session: &mut SessionReader, out: &mut dyn Write) -> Result<(), ExportError> {
        let story = Story::read(session)?;
        let end = story.length.seconds();
        write!(
            out,
            "File type = \"ooTextFile\"\nObject class = \"TextGrid\"\n\nxmin = 0\nxmax = {end}\n\
             tiers? <exists>\nsize = {}\nitem []:\n",
            story.callers.len() * N_TIERS
        )?;
        let mut tiers = Tiers { out, end: story.length, n_written: 0 };
        for caller in &story.callers {
            tiers.write_caller(caller)?;
        }
        out.flush()?;
        Ok(())
    }
}

/// The tiers of a document being written.
struct Tiers<'a> {
    out: &'a mut dyn Write,
    end: StreamTime,
    n_written: usize,
}

impl Tiers<'_> {
    fn write_caller(&mut self, caller: &Caller) -> io::Result<()> {
        let name = |tier: &str| format!("{} - {tier}", caller.label);
        let activity = caller.doing.iter().map(|span| text_of(span, |doing| doing.label().into()));
        self.intervals(&name("activity"), activity)?;
        let emotion = caller.shown.iter().map(|span| text_of(span, |shown| shown.label().into()));
        self.intervals(&name("emotion"), emotion)?;
        let certainty = |span| {
            text_of(span, |shown: &super::story::Shown| {
                four_decimals(shown.certainty()).to_string()
            })
        };
        self.intervals(&name("certainty"), caller.shown.iter().map(certainty))?;
        let alerts = caller
            .alerts
            .iter()
            .map(|alert| Note { at: alert.at, text: format!("{}: {}", alert.rule, alert.reason) });
        self.points(&name("alerts"), alerts)?;
        self.points(&name("marks"), caller.marks.iter().cloned())
    }

    fn begin(&mut self, class: &str, name: &str) -> io::Result<()> {
        self.n_written += 1;
        write!(
            self.out,
            "    item [{}]:\n        class = \"{class}\"\n        name = {}\n        xmin = 0\n        \
             xmax = {}\n",
            self.n_written,
            quoted(name),
            self.end.seconds()
        )
    }

    /// Intervals from zero to the end: what lies between the given ones is empty.
    fn intervals(
        &mut self,
        name: &str,
        spans: impl Iterator<Item = Span<String>>,
    ) -> io::Result<()> {
        let mut all: Vec<Span<String>> = Vec::new();
        let empty = |from, to| Span { from, to, what: String::new() };
        for span in spans {
            let before = all.last().map_or(StreamTime::ZERO, |last| last.to);
            if span.from > before {
                all.push(empty(before, span.from));
            }
            all.push(span);
        }
        let before = all.last().map_or(StreamTime::ZERO, |last| last.to);
        if before < self.end {
            all.push(empty(before, self.end));
        }
        self.begin("IntervalTier", name)?;
        writeln!(self.out, "        intervals: size = {}", all.len())?;
        for (number, Span { from, to, what }) in (1..).zip(all) {
            write!(
                self.out,
                "        intervals [{number}]:\n            xmin = {}\n            xmax = {}\n            \
                 text = {}\n",
                from.seconds(),
                to.seconds(),
                quoted(&what)
            )?;
        }
        Ok(())
    }

    /// Points in order of time; those at one time become one, since Praat has no two at one place.
    fn points(&mut self, name: &str, events: impl Iterator<Item = Note>) -> io::Result<()> {
        let mut all: Vec<Note> = Vec::new();
        for event in events {
            match all.last_mut() {
                Some(last) if last.at == event.at => {
                    last.text = format!("{} | {}", last.text, event.text);
                }
                _ => all.push(event),
            }
        }
        self.begin("TextTier", name)?;
        writeln!(self.out, "        points: size = {}", all.len())?;
        for (number, Note { at, text }) in (1..).zip(all) {
            write!(
                self.out,
                "        points [{number}]:\n            number = {}\n            mark = {}\n",
                at.seconds(),
                quoted(&text)
            )?;
        }
        Ok(())
    }
}

fn text_of<T>(span: &Span<T>, text: impl Fn(&T) -> String) -> Span<String> {
    Span { from: span.from, to: span.to, what: text(&span.what) }
}

/// One line in quotes; a quote within is doubled (Praat manual, "`TextGrid` file formats").
fn quoted(text: &str) -> String {
    format!("\"{}\"", plain(text).replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_doubled_and_lines_stay_lines() {
        assert_eq!(quoted("says \"no\"\n"), "\"says \"\"no\"\"␊\"");
    }
}
