//! One recording: its facts, its pictures, its emotions, its frames.
//!
//! In: a recording, and a way to score it. Out: the report as text or JSON, and the files that were asked for.

use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde_json::json;

use super::{Exit, InspectSettings, exit_with, frames_csv, pictures};
use crate::command::file_set::FileSet;
use crate::command::printer::chain;
use hearing::emotion::{Emotion, Scores};
use hearing::features::{Recipe, clip_frames};
use lab::plot::text_bars;
use record::output_file::{IfExists, OutputFile, ReadableBy};
use record::plain_text::plain_line;
use resample::resample_all;
use sound::recording::{Decoded, decode};

/// The level of silence, in dB relative to full scale.
const SILENCE_DB: f64 = -100.0;
/// Characters of a full bar, and of a file's name at most.
const BAR_WIDTH: usize = 40;
const NAME_WIDTH: usize = 120;
/// Characters of a reason.
const REASON_WIDTH: usize = 400;

/// What is told of a recording.
struct InspectReport {
    input: PathBuf,
    format: String,
    sample_rate_hz: u32,
    n_channels: usize,
    length_s: f64,
    n_lost: u64,
    peak_db: f64,
    rms_db: f64,
    /// The probabilities, or why there are none.
    scores: Result<Scores, String>,
    recipe: Recipe,
    n_frames: usize,
    pictures: Vec<PathBuf>,
    csv: Option<PathBuf>,
}

pub(super) fn run(
    settings: &InspectSettings,
    score: &mut dyn FnMut(&Decoded) -> anyhow::Result<Scores>,
    out: &mut dyn Write,
) -> anyhow::Result<Exit> {
    let decoded = decode(&settings.input, settings.channel)?;
    let recipe = settings.features.unwrap_or(Recipe::PhoneV3);
    let if_exists = IfExists::from_force(settings.force);
    // Files are begun before anything is computed, so that one that exists is said at once.
    let to_out = settings.csv.as_deref() == Some(Path::new("-"));
    let csv = settings.csv.as_ref().filter(|_| !to_out);
    let csv_file =
        csv.map(|path| OutputFile::create(path, if_exists, ReadableBy::Owner)).transpose()?;
    let picture_files = settings
        .picture_folder()
        .map(|folder| FileSet::create(&folder, &pictures::NAMES, settings.force))
        .transpose()?;

    let samples = resample_all(&decoded.samples, decoded.sample_rate_hz, recipe.sample_rate_hz())?;
    let frames = clip_frames(recipe, &samples);
    if let Some(mut file) = csv_file {
        frames_csv::write(recipe, &frames, &mut file)?;
        file.commit()?;
    }
    let title = settings.input.file_name().unwrap_or_default().to_string_lossy();
    let pictures = match picture_files {
        Some(files) => files.write(&pictures::draw(&title, &decoded, recipe, &frames))?,
        None => Vec::new(),
    };
    if to_out {
        frames_csv::write(recipe, &frames, out)?;
        return Ok(exit_with(decoded.n_lost));
    }
    let report = InspectReport {
        recipe,
        n_frames: frames.len() / recipe.n_features(),
        pictures,
        csv: csv.cloned(),
        ..InspectReport::of(&settings.input, &decoded, score(&decoded))
    };
    let text = if settings.json { report.json() } else { report.text() };
    out.write_all(text.as_bytes()).context("cannot print the report")?;
    Ok(exit_with(decoded.n_lost))
}

impl InspectReport {
    /// The facts of a recording, before frames are counted and files written.
    fn of(input: &Path, decoded: &Decoded, scores: anyhow::Result<Scores>) -> Self {
        let samples = || decoded.samples.iter().map(|&sample| f64::from(sample));
        let n_samples = count(decoded.samples.len());
        let power = samples().map(|sample| sample * sample).sum::<f64>() / n_samples.max(1.0);
        let peak = samples().map(f64::abs).fold(0.0, f64::max);
        InspectReport {
            input: input.to_owned(),
            format: decoded.format.clone(),
            sample_rate_hz: decoded.sample_rate_hz,
            n_channels: decoded.n_channels,
            length_s: n_samples / f64::from(decoded.sample_rate_hz),
            n_lost: decoded.n_lost,
            peak_db: (20.0 * peak.log10()).max(SILENCE_DB),
            rms_db: (10.0 * power.log10()).max(SILENCE_DB),
            scores: scores.map_err(|reason| chain(&reason)),
            recipe: Recipe::PhoneV1,
            n_frames: 0,
            pictures: Vec::new(),
            csv: None,
        }
    }

    fn json(&self) -> String {
        let by_label = |scores: &Scores| -> serde_json::Map<String, serde_json::Value> {
            scores
                .iter()
                .map(|(emotion, score)| (emotion.label().to_owned(), json!(score)))
                .collect()
        };
        let report = json!({
            "input": self.input,
            "format": self.format,
            "sample_rate_hz": self.sample_rate_hz,
            "n_channels": self.n_channels,
            "length_s": self.length_s,
            "n_lost": self.n_lost,
            "peak_db": self.peak_db,
            "rms_db": self.rms_db,
            "scores": self.scores.as_ref().map(by_label).ok(),
            "no_scores": self.scores.as_ref().err(),
            "recipe": self.recipe,
            "n_frames": self.n_frames,
            "pictures": self.pictures,
            "csv": self.csv,
        });
        format!("{report:#}\n")
    }

    fn text(&self) -> String {
        let mut text = format!(
            "{}\n  format    {}\n  rate      {} Hz, {} channel(s)\n  length    {:.3} s\n  \
             level     {:.1} dB, peak {:.1} dB of full scale\n  features  {} frames of {}\n",
            plain_line(&self.input.to_string_lossy(), NAME_WIDTH),
            plain_line(&self.format, NAME_WIDTH),
            self.sample_rate_hz,
            self.n_channels,
            self.length_s,
            self.rms_db,
            self.peak_db,
            self.n_frames,
            self.recipe,
        );
        // Writing to a `String` cannot fail.
        if self.n_lost > 0 {
            let _ = writeln!(
                text,
                "  lost      {} samples do not decode and are silent here",
                self.n_lost
            );
        }
        text.push_str("emotions\n");
        match &self.scores {
            Ok(scores) => text.push_str(&score_bars(scores)),
            Err(reason) => {
                let _ = writeln!(text, "  none: {}", plain_line(reason, REASON_WIDTH));
            }
        }
        for path in self.pictures.iter().chain(&self.csv) {
            let _ = writeln!(text, "wrote {}", path.display());
        }
        text
    }
}

fn score_bars(scores: &Scores) -> String {
    let row = |emotion: Emotion| {
        let score = f64::from(scores.of(emotion));
        (emotion.words().to_owned(), score, format!("{:.1} %", score * 100.0))
    };
    text_bars(&Emotion::ALL.map(row), 1.0, BAR_WIDTH)
}

#[expect(clippy::cast_precision_loss, reason = "a recording is far shorter than 2^52 samples")]
fn count(n: usize) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use sound::recording::Channel;
    use std::fs;

    /// A folder with half a second of a 1 kHz tone at 16 kHz and half of full scale.
    fn tone() -> (tempfile::TempDir, InspectSettings) {
        let folder = tempfile::tempdir().unwrap();
        let input = folder.path().join("tone.wav");
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 16_000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut wav = hound::WavWriter::create(&input, spec).unwrap();
        for n in 0..8000_i16 {
            let sample = (f32::from(n % 16) / 16.0 * std::f32::consts::TAU).sin() * 16_384.0;
            #[expect(clippy::cast_possible_truncation, reason = "within 16 bits")]
            wav.write_sample(sample as i16).unwrap();
        }
        wav.finalize().unwrap();
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
        let exit = run(settings, &mut |_| Ok(Scores::UNIFORM), &mut out)?;
        assert_eq!(exit, Exit::Done);
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn a_clip_is_told_and_drawn() {
        let (_folder, settings) = tone();
        let text = inspected(&settings).unwrap();
        for words in
            ["16000 Hz, 1 channel", "0.500 s", "-9.0 dB, peak -6.0 dB", "48 frames of phone-v3"]
        {
            assert!(text.contains(words), "{words} is missing in {text}");
        }
        assert!(text.contains("pleasant surprise  █████▊") && text.contains("14.3 %"), "{text}");
        for name in pictures::NAMES {
            let picture = fs::read_to_string(settings.output.as_ref().unwrap().join(name)).unwrap();
            assert!(picture.starts_with("<svg") && picture.contains("tone.wav"), "{name}");
        }
    }

    #[test]
    fn a_second_time_needs_force_and_writes_nothing_without() {
        let (folder, mut settings) = tone();
        inspected(&settings).unwrap();
        settings.csv = Some(folder.path().join("frames.csv"));
        let refused = inspected(&settings).unwrap_err().to_string();
        assert!(refused.contains("waveform.svg") && refused.contains("--force"), "{refused}");
        assert!(!folder.path().join("frames.csv").exists());
        settings.force = true;
        inspected(&settings).unwrap();
        assert!(folder.path().join("frames.csv").exists());
    }

    #[test]
    fn the_report_as_json_has_every_emotion_or_the_reason_for_none() {
        let (_folder, mut settings) = tone();
        settings.json = true;
        let report: Value = serde_json::from_str(&inspected(&settings).unwrap()).unwrap();
        assert_eq!(report["sample_rate_hz"], 16_000);
        assert_eq!(report["recipe"], "phone-v3");
        assert_eq!(report["scores"].as_object().unwrap().len(), 7);
        assert_eq!(report["no_scores"], Value::Null);
        assert_eq!(report["pictures"].as_array().unwrap().len(), 3);

        settings.force = true;
        let mut out = Vec::new();
        run(&settings, &mut |_| anyhow::bail!("too short"), &mut out).unwrap();
        let report: Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(report["scores"], Value::Null);
        assert_eq!(report["no_scores"], "too short");
    }

    #[test]
    fn the_table_alone_goes_to_the_writer_and_draws_nothing() {
        let (_folder, mut settings) = tone();
        settings.output = None;
        settings.csv = Some("-".into());
        settings.features = Some(Recipe::SeedV1);
        let table = inspected(&settings).unwrap();
        assert!(table.starts_with("time_s,mfcc_0,mfcc_1,"));
        assert_eq!(table.lines().count(), 1 + Recipe::SeedV1.n_frames(11_025));
    }
}
