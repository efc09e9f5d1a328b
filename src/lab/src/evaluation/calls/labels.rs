//! What is said when in a call: stretches of an emotion, of silence or of noise.
//!
//! In: a CSV with the columns `start_s,end_s,emotion` and, where wanted, `kind` (what a noise is: `music`);
//! others are ignored. Out: [`Labels`], stretches in order of time. Time without a label is silence.

use std::path::{Path, PathBuf};

use csv::StringRecord;

use super::CallError;
use crate::table::{self, Rows, line_of};
use hearing::emotion::Emotion;
use hearing::stream_time::StreamTime;

/// How far labels may go on after the recording: times are rounded, and a coder may cut the end.
const END_SLACK: StreamTime = StreamTime::from_ms(100);

/// How far two stretches may lie over each other: times are rounded to milliseconds.
const OVERLAP_SLACK: StreamTime = StreamTime::from_ms(2);

/// What a stretch of a call is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Label {
    /// Speech in this emotion.
    Speech(Emotion),
    /// No speech; the text says what is heard: `silence`, `noise`, or the label's own `kind`.
    NonSpeech(String),
}

impl Label {
    /// Silence.
    #[must_use]
    pub fn silence() -> Self {
        Label::NonSpeech("silence".into())
    }

    /// The emotion of speech.
    #[must_use]
    pub fn emotion(&self) -> Option<Emotion> {
        match self {
            Label::Speech(emotion) => Some(*emotion),
            Label::NonSpeech(_) => None,
        }
    }
}

/// A stretch of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Where it begins.
    pub from: StreamTime,
    /// Where it ends; after `from`.
    pub to: StreamTime,
    /// What it is.
    pub label: Label,
}

/// The stretches of a call, in order of time and without overlap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labels {
    path: PathBuf,
    stretches: Vec<Stretch>,
}

impl Labels {
    /// Reads a call's labels.
    ///
    /// # Errors
    /// [`CallError`] naming the file, the line and what is wrong with it.
    pub fn read(path: &Path) -> Result<Self, CallError> {
        let mut reader = table::open(path, Rows::Uneven)
            .map_err(|source| CallError::Read { path: path.to_owned(), source })?;
        let not_csv = |source| CallError::Csv { path: path.to_owned(), source };
        let columns = Columns::find(path, reader.headers().map_err(not_csv)?)?;
        let mut stretches: Vec<Stretch> = Vec::new();
        for record in table::rows(&mut reader) {
            let record = record.map_err(not_csv)?;
            let mut stretch = columns.stretch(path, &record)?;
            if let Some(above) = stretches.last() {
                if stretch.from + OVERLAP_SLACK < above.to {
                    return Err(CallError::Overlap {
                        path: path.to_owned(),
                        line: line_of(&record),
                        start_s: stretch.from.seconds(),
                        end_s: above.to.seconds(),
                    });
                }
                stretch.from = stretch.from.max(above.to);
            }
            if stretch.to > stretch.from {
                stretches.push(stretch);
            }
        }
        if stretches.is_empty() {
            let what = "give one row for each stretch of speech, silence or noise";
            return Err(CallError::Empty { path: path.to_owned(), what });
        }
        Ok(Labels { path: path.to_owned(), stretches })
    }

    /// Where the last stretch ends.
    #[must_use]
    pub fn end(&self) -> StreamTime {
        self.stretches.last().map_or(StreamTime::ZERO, |last| last.to)
    }

    /// The stretches of a recording of this length, without holes from its beginning to its end: what has
    /// no label is silence.
    ///
    /// # Errors
    /// [`CallError::BeyondEnd`] when labels go on for more than 0.1 s after the recording.
    pub fn over(&self, length: StreamTime) -> Result<Vec<Stretch>, CallError> {
        if self.end() > length + END_SLACK {
            return Err(CallError::BeyondEnd {
                path: self.path.clone(),
                end_s: self.end().seconds(),
                length_s: length.seconds(),
            });
        }
        Ok(without_holes(&self.stretches, length))
    }
}

/// Fills what lies between the stretches, and after them up to `length`, with silence.
pub(super) fn without_holes(stretches: &[Stretch], length: StreamTime) -> Vec<Stretch> {
    let mut whole = Vec::with_capacity(2 * stretches.len() + 1);
    let mut now = StreamTime::ZERO;
    let silence_to = |from, to| Stretch { from, to, label: Label::silence() };
    for stretch in stretches.iter().filter(|stretch| stretch.from < length) {
        if stretch.from > now {
            whole.push(silence_to(now, stretch.from));
        }
        now = stretch.to.min(length);
        whole.push(Stretch { to: now, ..stretch.clone() });
    }
    if now < length {
        whole.push(silence_to(now, length));
    }
    whole
}

/// Where the known columns stand.
struct Columns {
    start: usize,
    end: usize,
    emotion: usize,
    kind: Option<usize>,
}

impl Columns {
    fn find(path: &Path, header: &StringRecord) -> Result<Self, CallError> {
        let place = |column: &str| header.iter().position(|name| name.eq_ignore_ascii_case(column));
        let required = |column: &'static str| {
            place(column).ok_or_else(|| CallError::MissingColumn {
                path: path.to_owned(),
                column,
                what: "a file of labels",
                columns: "start_s, end_s and emotion",
            })
        };
        Ok(Columns {
            start: required("start_s")?,
            end: required("end_s")?,
            emotion: required("emotion")?,
            kind: place("kind"),
        })
    }

    fn stretch(&self, path: &Path, record: &StringRecord) -> Result<Stretch, CallError> {
        let field = |index: usize| record.get(index).unwrap_or("");
        let bad = |column, value: &str, expected| CallError::BadField {
            path: path.to_owned(),
            line: line_of(record),
            column,
            value: value.to_owned(),
            expected,
        };
        let time = |column, index| {
            let seconds = table::number(field(index));
            seconds
                .filter(|seconds| (0.0..1e7).contains(seconds))
                .map(StreamTime::from_seconds)
                .ok_or_else(|| bad(column, field(index), "a number of seconds from 0 on"))
        };
        let (from, to) = (time("start_s", self.start)?, time("end_s", self.end)?);
        if to <= from {
            return Err(bad("end_s", field(self.end), "after start_s"));
        }
        let kind = self.kind.map(field).filter(|kind| !kind.is_empty());
        let label = match field(self.emotion).to_lowercase().as_str() {
            word @ ("silence" | "noise") => Label::NonSpeech(kind.unwrap_or(word).to_owned()),
            word => Label::Speech(word.parse().map_err(|_| {
                const EXPECTED: &str = "anger, disgust, fear, happiness, surprise, sadness, neutral, \
                    silence or noise";
                bad("emotion", field(self.emotion), EXPECTED)
            })?),
        };
        Ok(Stretch { from, to, label })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Labels, CallError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("call.csv");
        std::fs::write(&path, text).unwrap();
        Labels::read(&path)
    }

    fn s(seconds: f64) -> StreamTime {
        StreamTime::from_seconds(seconds)
    }

    #[test]
    fn time_without_a_label_is_silence_and_a_noise_may_say_what_it_is() {
        let labels = read(
            "start_s,end_s,emotion,kind\n0.5,2,Fear,\n2,3.0,noise,music\n4,5,calm,\n5,5.5,silence,\n",
        )
        .unwrap();
        let told: Vec<_> = labels
            .over(s(6.0))
            .unwrap()
            .into_iter()
            .map(|stretch| (stretch.from.seconds(), stretch.label))
            .collect();
        let expected = [
            (0.0, Label::silence()),
            (0.5, Label::Speech(Emotion::Fear)),
            (2.0, Label::NonSpeech("music".into())),
            (3.0, Label::silence()),
            (4.0, Label::Speech(Emotion::Neutral)),
            (5.0, Label::silence()),
            (5.5, Label::silence()),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_spreadsheet_of_a_country_with_decimal_commas_is_read() {
        let with_points = read("start_s,end_s,emotion\n0.5,2.25,fear\n").unwrap();
        let with_commas = read("start_s;end_s;emotion\r\n0,5;2,25;fear\r\n").unwrap();
        assert_eq!(with_commas.stretches, with_points.stretches);
    }

    #[test]
    fn rounded_times_may_touch_and_pass_the_end_by_a_little() {
        let labels = read("start_s,end_s,emotion\n0,1.001,anger\n1.000,2.05,fear\n").unwrap();
        let stretches = labels.over(s(2.0)).unwrap();
        assert_eq!(stretches[1].from, s(1.001));
        assert_eq!(stretches[1].to, s(2.0));
    }

    #[test]
    fn what_cannot_be_is_told_with_its_line() {
        for (rows, told) in [
            ("0,1,joy\n", "line 2: emotion is 'joy'"),
            ("0,1,fear\n1,x,fear\n", "line 3: end_s is 'x'"),
            ("2,1,fear\n", "line 2: end_s is '1', but must be after start_s"),
            ("-1,1,fear\n", "line 2: start_s is '-1'"),
            ("0,2,fear\n1,3,anger\n", "line 3: the stretch begins at 1.000 s, before"),
            ("", "has no row"),
        ] {
            let text = format!("start_s,end_s,emotion\n{rows}");
            for text in [text.clone(), text.replace('\n', "\r\n"), text.replace(',', ";")] {
                let error = read(&text).unwrap_err().to_string();
                assert!(error.contains("call.csv") && error.contains(told), "{error}");
            }
        }
        let error = read("start_s,end_s\n0,1\n").unwrap_err().to_string();
        assert!(
            error.contains("no column 'emotion'") && error.contains("start_s, end_s"),
            "{error}"
        );
    }

    #[test]
    fn labels_of_another_recording_are_refused() {
        let labels = read("start_s,end_s,emotion\n0,9,fear\n").unwrap();
        let error = labels.over(s(6.0)).unwrap_err().to_string();
        assert!(error.contains("until 9.000 s") && error.contains("ends at 6.000 s"), "{error}");
    }
}
