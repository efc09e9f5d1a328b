//! ELAN's annotation format, EAF 3.0: tiers that lie below the recording in ELAN.
//!
//! In: an open log. Out: XML with the tiers of the `TextGrid`: for each caller activity, emotion, certainty,
//! alerts and marks; alerts reach from where that begins of which they tell, marks for a second. Keeps all of it.

use std::io::{self, Write};

use super::milliseconds;
use super::story::{Caller, Span, Story};
use super::{ExportError, Format};
use crate::markup::escaped;
use crate::session::SessionReader;
use hearing::fact::decimals::four_decimals;
use hearing::stream_time::StreamTime;

/// An annotation has a length; a mark has none of its own.
const MARK_LENGTH: StreamTime = StreamTime::from_ms(1_000);

/// The format.
pub struct Eaf;

impl Format for Eaf {
    fn write(&self, session: &mut SessionReader, out: &mut dyn Write) -> Result<(), ExportError> {
        let story = Story::read(session)?;
        let tiers: Vec<Tier> = story.callers.iter().flat_map(tiers_of).collect();
        write!(
            out,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ANNOTATION_DOCUMENT AUTHOR=\"Undertone {}\" DATE=\"{}\" \
             FORMAT=\"3.0\" VERSION=\"3.0\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
             xsi:noNamespaceSchemaLocation=\"http://www.mpi.nl/tools/elan/EAFv3.0.xsd\">\n\
             <HEADER MEDIA_FILE=\"\" TIME_UNITS=\"milliseconds\">\n",
            env!("CARGO_PKG_VERSION"),
            escaped(&story.header.started)
        )?;
        let n_annotations: usize = tiers.iter().map(|tier| tier.spans.len()).sum();
        write!(
            out,
            "<PROPERTY NAME=\"lastUsedAnnotationId\">{n_annotations}</PROPERTY>\n</HEADER>\n<TIME_ORDER>\n"
        )?;
        write_slots(&tiers, out)?;
        writeln!(out, "</TIME_ORDER>")?;
        write_tiers(&tiers, out)?;
        write!(
            out,
            "<LINGUISTIC_TYPE GRAPHIC_REFERENCES=\"false\" LINGUISTIC_TYPE_ID=\"default-lt\" \
             TIME_ALIGNABLE=\"true\"/>\n</ANNOTATION_DOCUMENT>\n"
        )?;
        out.flush()?;
        Ok(())
    }
}

/// One tier: annotations in order of time, not overlapping.
struct Tier {
    name: String,
    participant: String,
    spans: Vec<Span<String>>,
}

fn tiers_of(caller: &Caller) -> Vec<Tier> {
    let span = |from, to, what| Span { from, to, what };
    let shown = |what: fn(&super::story::Shown) -> String| -> Vec<Span<String>> {
        caller.shown.iter().map(|s| span(s.from, s.to, what(&s.what))).collect()
    };
    let doing = caller.doing.iter().map(|s| span(s.from, s.to, s.what.label().to_owned()));
    let alerts = caller
        .alerts
        .iter()
        .map(|a| span(a.from.min(a.at), a.at, format!("{}: {}", a.rule, a.reason)));
    let marks = caller.marks.iter().map(|m| span(m.at, m.at + MARK_LENGTH, m.text.clone()));
    [
        ("activity", doing.collect()),
        ("emotion", shown(|shown| shown.label().to_owned())),
        ("certainty", shown(|shown| four_decimals(shown.certainty()).to_string())),
        ("alerts", one_after_the_other(alerts)),
        ("marks", one_after_the_other(marks)),
    ]
    .map(|(name, spans)| Tier {
        name: format!("{} - {name}", caller.label),
        participant: caller.label.clone(),
        spans,
    })
    .into()
}

/// In ELAN no two annotations of a tier overlap: each begins where the last one ends, and has a length.
fn one_after_the_other(spans: impl Iterator<Item = Span<String>>) -> Vec<Span<String>> {
    let mut all: Vec<Span<String>> = Vec::new();
    for mut span in spans {
        if let Some(last) = all.last_mut() {
            // Marks in one second share it.
            last.to = last.to.min(span.from).max(last.from + StreamTime::from_ms(1));
            span.from = span.from.max(last.to);
        }
        span.to = span.to.max(span.from + StreamTime::from_ms(1));
        all.push(span);
    }
    all
}

/// Two slots for each annotation, in the order of the tiers.
fn write_slots(tiers: &[Tier], out: &mut dyn Write) -> io::Result<()> {
    let times = tiers.iter().flat_map(|tier| &tier.spans).flat_map(|span| [span.from, span.to]);
    for (number, time) in (1..).zip(times) {
        writeln!(
            out,
            "<TIME_SLOT TIME_SLOT_ID=\"ts{number}\" TIME_VALUE=\"{}\"/>",
            milliseconds(time)
        )?;
    }
    Ok(())
}

fn write_tiers(tiers: &[Tier], out: &mut dyn Write) -> io::Result<()> {
    let mut number = 0;
    for tier in tiers {
        writeln!(
            out,
            "<TIER LINGUISTIC_TYPE_REF=\"default-lt\" PARTICIPANT=\"{}\" TIER_ID=\"{}\">",
            escaped(&tier.participant),
            escaped(&tier.name)
        )?;
        for span in &tier.spans {
            number += 1;
            writeln!(
                out,
                "<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID=\"a{number}\" TIME_SLOT_REF1=\"ts{}\" \
                 TIME_SLOT_REF2=\"ts{}\"><ANNOTATION_VALUE>{}</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>",
                2 * number - 1,
                2 * number,
                escaped(&span.what)
            )?;
        }
        writeln!(out, "</TIER>")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn annotations_of_a_tier_never_overlap_and_all_have_a_length() {
        let at = StreamTime::from_ms;
        let span = |from, to| Span { from: at(from), to: at(to), what: String::new() };
        let spans = [span(0, 1000), span(400, 1400), span(400, 1400), span(3000, 3000)];
        let all = one_after_the_other(spans.into_iter());
        let times: Vec<(u64, u64)> =
            all.iter().map(|s| (milliseconds(s.from), milliseconds(s.to))).collect();
        assert_eq!(times, [(0, 400), (400, 401), (401, 1400), (3000, 3001)]);
    }
}
