//! `EmotionML` 1.0 (W3C Recommendation, 2014): one `<emotion>` for each stretch of equal readings.
//!
//! In: an open log. Out: XML. Times are milliseconds since 1970, as the Recommendation wants them; of a log that
//! does not say when it began, since its beginning. The confidence of a category is its mean probability; the
//! vocabulary stands in the document: the "big six" of the W3C's vocabularies and neutral, by our names. Who
//! spoke, and whether it was uncertain, is in `<info>`. Keeps all stretches.

use std::io::{self, Write};

use super::milliseconds;
use super::story::{Shown, Span, Story};
use super::{ExportError, Format};
use crate::markup::escaped;
use crate::session::SessionReader;
use hearing::emotion::Emotion;
use hearing::fact::decimals::four_decimals;

/// The name space of what is in `<info>`.
const OURS: &str = "urn:undertone:emotionml:1";

/// The format.
pub struct EmotionMl;

impl Format for EmotionMl {
    fn write(&self, session: &mut SessionReader, out: &mut dyn Write) -> Result<(), ExportError> {
        let story = Story::read(session)?;
        let started = story.header.started.parse().map_or(0, jiff::Timestamp::as_millisecond);
        let started = u64::try_from(started).unwrap_or(0);
        write!(
            out,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<emotionml version=\"1.0\" \
             xmlns=\"http://www.w3.org/2009/10/emotionml\" xmlns:u=\"{OURS}\" category-set=\"#emotions\">\n\
             <info><u:session started=\"{}\" model=\"{}\" undertone=\"{}\"/></info>\n\
             <vocabulary type=\"category\" id=\"emotions\">\n",
            escaped(&story.header.started),
            escaped(&story.header.model.name),
            env!("CARGO_PKG_VERSION")
        )?;
        for emotion in Emotion::ALL {
            writeln!(out, "<item name=\"{emotion}\"/>")?;
        }
        writeln!(out, "</vocabulary>")?;
        for caller in &story.callers {
            for span in &caller.shown {
                write_emotion(&caller.label, span, started, out)?;
            }
        }
        writeln!(out, "</emotionml>")?;
        out.flush()?;
        Ok(())
    }
}

fn write_emotion(
    label: &str,
    span: &Span<Shown>,
    started: u64,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (from, to) = (milliseconds(span.from), milliseconds(span.to));
    writeln!(
        out,
        "<emotion start=\"{}\" duration=\"{}\" expressed-through=\"voice\">",
        started + from,
        to - from
    )?;
    for (emotion, mean) in Emotion::ALL.into_iter().zip(span.what.means()) {
        // A mean of rounded numbers may lie a hair above 1.
        let confidence = four_decimals(mean).clamp(0.0, 1.0);
        writeln!(out, "<category name=\"{emotion}\" confidence=\"{confidence}\"/>")?;
    }
    write!(
        out,
        "<info><u:reading caller=\"{}\" shown=\"{}\" readings=\"{}\"/></info>\n</emotion>\n",
        escaped(label),
        span.what.label(),
        span.what.readings
    )
}
