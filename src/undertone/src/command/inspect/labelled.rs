//! A corpus: how many clips of what, how long, at which rates, and which do not decode.
//!
//! In: a manifest or a folder of labelled clips. Out: the report as text or JSON, and bars as SVG.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde_json::{Value, json};

use super::{Exit, InspectSettings, exit_with, name_of};
use crate::command::file_set::FileSet;
use crate::command::progress;
use hearing::emotion::Emotion;
use lab::corpus::{self, Clip, Corpus, NotUsed, Split};
use lab::plot::{BarGroup, bar_chart, text_bars};
use record::plain_text::plain_line;
use sound::recording::{Channel, decode};

/// The picture's file.
const PICTURE: &str = "corpus.svg";
/// Bars of a group at most; the others are told as one number. JSON has them all.
const MAX_BARS: usize = 30;
const BAR_WIDTH: usize = 40;
const NAME_WIDTH: usize = 120;
/// Characters of a reason.
const REASON_WIDTH: usize = 400;
/// Widths of the bars of lengths, in seconds: the first of which ten are enough is taken.
const LENGTH_STEPS_S: [f64; 8] = [0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 600.0];

pub(super) fn run(settings: &InspectSettings, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let corpus = corpus::open(&settings.input)?;
    let picture_file = settings
        .picture_folder()
        .map(|folder| FileSet::create(&folder, &[PICTURE], settings.force))
        .transpose()?;
    let report = CorpusReport::of(&settings.input, corpus, settings.channel);
    let pictures = match picture_file {
        Some(file) => file.write(&[report.picture()])?,
        None => Vec::new(),
    };
    let text = if settings.json { report.json(&pictures) } else { report.text(&pictures) };
    out.write_all(text.as_bytes()).context("cannot print the report")?;
    Ok(exit_with((report.not_decoded.len() + report.damaged.len()) as u64))
}

/// What is told of a corpus.
struct CorpusReport {
    input: PathBuf,
    clips: Vec<Clip>,
    /// Seconds and rate of every clip that decodes.
    lengths_s: Vec<f64>,
    rates_hz: BTreeMap<u32, usize>,
    not_decoded: Vec<(PathBuf, String)>,
    /// Clips of which a part does not decode, with the samples that are lost.
    damaged: Vec<(PathBuf, u64)>,
    not_used: Vec<NotUsed>,
}

impl CorpusReport {
    /// Decodes every clip.
    #[expect(clippy::cast_precision_loss, reason = "a clip is far shorter than 2^52 samples")]
    fn of(input: &Path, corpus: Corpus, channel: Channel) -> Self {
        let Corpus { clips, not_used } = corpus;
        let progress = progress::counting(clips.len(), "clips");
        let mut report = CorpusReport {
            input: input.to_owned(),
            lengths_s: Vec::with_capacity(clips.len()),
            rates_hz: BTreeMap::new(),
            not_decoded: Vec::new(),
            damaged: Vec::new(),
            not_used,
            clips: Vec::new(),
        };
        for clip in &clips {
            match decode(&clip.path, channel) {
                Ok(decoded) => {
                    let rate_hz = decoded.sample_rate_hz;
                    report.lengths_s.push(decoded.samples.len() as f64 / f64::from(rate_hz));
                    *report.rates_hz.entry(rate_hz).or_default() += 1;
                    if decoded.n_lost > 0 {
                        report.damaged.push((clip.path.clone(), decoded.n_lost));
                    }
                }
                Err(reason) => report.not_decoded.push((clip.path.clone(), reason.to_string())),
            }
            progress.inc(1);
        }
        progress.finish_and_clear();
        report.lengths_s.sort_by(f64::total_cmp);
        CorpusReport { clips, ..report }
    }

    /// Counts of the clips by a word, in the words' order.
    fn counts(&self, word: impl Fn(&Clip) -> String) -> Vec<(String, usize)> {
        let mut counts = BTreeMap::new();
        for clip in &self.clips {
            *counts.entry(word(clip)).or_insert(0) += 1;
        }
        counts.into_iter().collect()
    }

    fn by_emotion(&self) -> Vec<(String, usize)> {
        let count = |emotion| self.clips.iter().filter(|clip| clip.emotion == emotion).count();
        Emotion::ALL.map(|emotion| (emotion.label().to_owned(), count(emotion))).to_vec()
    }

    fn by_split(&self) -> Vec<(String, usize)> {
        let splits = [Some(Split::Train), Some(Split::Dev), Some(Split::Test), None];
        let count = |split| self.clips.iter().filter(|clip| clip.split == split).count();
        let named =
            splits.map(|split| (split.map_or("none", Split::label).to_owned(), count(split)));
        named.into_iter().filter(|(_, n)| *n > 0).collect()
    }

    fn by_corpus(&self) -> Vec<(String, usize)> {
        self.counts(|clip| clip.corpus.clone())
    }

    /// The speaker with the most clips first.
    fn by_speaker(&self) -> Vec<(String, usize)> {
        let mut speakers = self.counts(Clip::speaker_key);
        speakers.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
        speakers
    }

    /// Counts of the lengths in equal steps, from the step of the shortest to that of the longest.
    fn by_length(&self) -> Vec<(String, usize)> {
        let (Some(&shortest), Some(&longest)) = (self.lengths_s.first(), self.lengths_s.last())
        else {
            return Vec::new();
        };
        let steps = LENGTH_STEPS_S.into_iter();
        let step =
            steps.clone().find(|step| longest / step <= 10.0).or(steps.last()).unwrap_or(1.0);
        let mut rows = Vec::new();
        let mut from = (shortest / step).floor() * step;
        while from <= longest {
            let inside =
                self.lengths_s.iter().filter(|&&length| length >= from && length < from + step);
            rows.push((format!("{from} to {} s", from + step), inside.count()));
            from += step;
        }
        rows
    }

    /// What is drawn, in its order.
    fn groups(&self) -> Vec<BarGroup> {
        let rates =
            self.rates_hz.iter().map(|(rate_hz, n)| (format!("{rate_hz} Hz"), *n)).collect();
        [
            ("clips by emotion", self.by_emotion()),
            ("clips by split", self.by_split()),
            ("clips by corpus", self.by_corpus()),
            ("clips by speaker", self.by_speaker()),
            ("clips by length", self.by_length()),
            ("clips by sample rate", rates),
        ]
        .map(|(heading, rows)| shortened(heading, rows))
        .to_vec()
    }

    fn picture(&self) -> String {
        let title = format!("{}: {} clips", name_of(&self.input), self.clips.len());
        bar_chart(&title, &self.groups())
    }

    fn json(&self, pictures: &[PathBuf]) -> String {
        let by = |rows: Vec<(String, usize)>| -> serde_json::Map<String, Value> {
            rows.into_iter().map(|(name, n)| (name, json!(n))).collect()
        };
        let told = |path: &Path, reason: &str| json!({ "path": path, "reason": reason });
        let not_decoded = self.not_decoded.iter().map(|(path, reason)| told(path, reason));
        let not_used = self.not_used.iter().map(|file| told(&file.path, &file.reason));
        let damaged = self.damaged.iter().map(|(path, n)| json!({ "path": path, "n_lost": n }));
        let report = json!({
            "input": self.input,
            "n_clips": self.clips.len(),
            "by_emotion": by(self.by_emotion()),
            "by_split": by(self.by_split()),
            "by_corpus": by(self.by_corpus()),
            "by_speaker": by(self.by_speaker()),
            "sample_rates_hz": self.rates_hz,
            "length_s": {
                "total": self.lengths_s.iter().sum::<f64>(),
                "shortest": self.lengths_s.first(),
                "median": self.lengths_s.get(self.lengths_s.len() / 2),
                "longest": self.lengths_s.last(),
            },
            "not_decoded": not_decoded.collect::<Vec<Value>>(),
            "damaged": damaged.collect::<Vec<Value>>(),
            "not_used": not_used.collect::<Vec<Value>>(),
            "pictures": pictures,
        });
        format!("{report:#}\n")
    }

    // Writing to a `String` cannot fail.
    fn text(&self, pictures: &[PathBuf]) -> String {
        let name = |path: &Path| plain_line(&path.to_string_lossy(), NAME_WIDTH);
        let n_speakers = self.by_speaker().len();
        let mut text =
            format!("{}: {} clips of {n_speakers} speakers\n", name(&self.input), self.clips.len());
        if let (Some(shortest), Some(longest)) = (self.lengths_s.first(), self.lengths_s.last()) {
            let median = self.lengths_s[self.lengths_s.len() / 2];
            let _ = writeln!(
                text,
                "{:.1} hours; a clip has {shortest:.2} to {longest:.2} s, half of them up to {median:.2} s",
                self.lengths_s.iter().sum::<f64>() / 3600.0
            );
        }
        for group in self.groups() {
            let _ = write!(text, "\n{}\n{}", group.heading, bars(&group.rows));
        }
        text.push('\n');
        for (path, reason) in &self.not_decoded {
            let _ = writeln!(
                text,
                "does not decode: {}: {}",
                name(path),
                plain_line(reason, REASON_WIDTH)
            );
        }
        for (path, n_lost) in &self.damaged {
            let _ = writeln!(text, "damaged: {}: {n_lost} samples do not decode", name(path));
        }
        for file in &self.not_used {
            let _ = writeln!(
                text,
                "not used: {}: {}",
                name(&file.path),
                plain_line(&file.reason, REASON_WIDTH)
            );
        }
        let n_bad = self.not_decoded.len();
        let _ = writeln!(text, "{} of {} clips decode", self.clips.len() - n_bad, self.clips.len());
        for path in pictures {
            let _ = writeln!(text, "wrote {}", path.display());
        }
        text
    }
}

/// A group with the first [`MAX_BARS`] rows, and in its heading how many are left out.
fn shortened(heading: &str, mut rows: Vec<(String, usize)>) -> BarGroup {
    let n_rows = rows.len();
    rows.truncate(MAX_BARS);
    for (name, _) in &mut rows {
        *name = plain_line(name, 30);
    }
    let heading = match n_rows - rows.len() {
        0 => heading.to_owned(),
        n_more => format!("{heading} (the first {MAX_BARS}, {n_more} more)"),
    };
    BarGroup { heading, rows }
}

#[expect(clippy::cast_precision_loss, reason = "counts of clips")]
fn bars(rows: &[(String, usize)]) -> String {
    let largest = rows.iter().map(|(_, n)| *n).max().unwrap_or(0) as f64;
    let rows: Vec<_> =
        rows.iter().map(|(name, n)| (name.clone(), *n as f64, n.to_string())).collect();
    text_bars(&rows, largest, BAR_WIDTH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sound::recording::Decoded;
    use std::fs;

    /// A manifest of two clips of one second, and one that is text.
    fn manifest() -> (tempfile::TempDir, InspectSettings) {
        let folder = tempfile::tempdir().unwrap();
        for (name, rate_hz) in [("a.wav", 8_000), ("b.wav", 16_000)] {
            let spec = hound::WavSpec {
                channels: 1,
                sample_rate: rate_hz,
                bits_per_sample: 16,
                sample_format: hound::SampleFormat::Int,
            };
            let mut wav = hound::WavWriter::create(folder.path().join(name), spec).unwrap();
            for _ in 0..rate_hz {
                wav.write_sample(7_i16).unwrap();
            }
            wav.finalize().unwrap();
        }
        fs::write(folder.path().join("c.wav"), "this is no sound").unwrap();
        let rows = "path,emotion,speaker,corpus,split\n\
                    a.wav,anger,1,mine,train\nb.wav,anger,2,mine,test\nc.wav,fear,2,mine,test\n";
        let input = folder.path().join("clips.csv");
        fs::write(&input, rows).unwrap();
        let settings = InspectSettings {
            input,
            output: Some(folder.path().join("pictures")),
            features: None,
            csv: None,
            channel: Channel::Mix,
            json: false,
            force: false,
        };
        (folder, settings)
    }

    fn inspected(settings: &InspectSettings) -> anyhow::Result<String> {
        let mut out = Vec::new();
        let mut score = |_: &Decoded| unreachable!("clips of a corpus are not scored");
        let exit = super::super::run(settings, &mut score, &mut out)?;
        assert_eq!(exit, Exit::Partial, "one of the clips is no sound");
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn a_manifest_is_counted_and_what_does_not_decode_is_named() {
        let (_folder, settings) = manifest();
        let text = inspected(&settings).unwrap();
        assert!(text.contains("clips.csv: 3 clips of 2 speakers"), "{text}");
        for words in ["anger      ███", "mine/2  ███", "test   ███", "16000 Hz  ███", "1 to 1.5 s"]
        {
            assert!(text.contains(words), "{words} is missing in {text}");
        }
        assert!(text.contains("does not decode: ") && text.contains("c.wav"), "{text}");
        assert!(text.contains("2 of 3 clips decode"), "{text}");
        let picture = fs::read_to_string(settings.output.unwrap().join(PICTURE)).unwrap();
        assert!(picture.contains(">clips by speaker<") && picture.contains(">mine/2<"));
    }

    #[test]
    fn the_same_as_json_and_only_with_force_a_second_time() {
        let (_folder, mut settings) = manifest();
        settings.json = true;
        let report: Value = serde_json::from_str(&inspected(&settings).unwrap()).unwrap();
        assert_eq!(report["n_clips"], 3);
        assert_eq!(report["by_emotion"]["anger"], 2);
        assert_eq!(report["by_split"]["test"], 2);
        assert_eq!(report["sample_rates_hz"]["8000"], 1);
        assert_eq!(report["length_s"]["total"], 2.0);
        assert!(report["not_decoded"][0]["path"].as_str().unwrap().ends_with("c.wav"));
        let refused = inspected(&settings).unwrap_err().to_string();
        assert!(refused.contains("corpus.svg") && refused.contains("--force"), "{refused}");
    }

    #[test]
    fn features_of_a_corpus_are_refused() {
        let (_folder, mut settings) = manifest();
        settings.csv = Some("frames.csv".into());
        assert!(inspected(&settings).unwrap_err().to_string().contains("one recording at a time"));
    }

    #[test]
    fn many_speakers_are_shortened_with_their_number() {
        let rows = (0..45).map(|n| (format!("s{n:02}"), 1)).collect();
        let group = shortened("clips by speaker", rows);
        assert_eq!(group.rows.len(), 30);
        assert_eq!(group.heading, "clips by speaker (the first 30, 15 more)");
    }
}
