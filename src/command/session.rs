//! What `monitor` and `replay` have in common: model, pipeline, log, and the summary at the end.

use super::engine::{Clock, Ended, Engine, Input};
use super::installed;
use super::operator_side::OperatorSide;
use super::printer::{print, print_json};
use super::running_log::RunningLog;
use super::sessions::purge;
use super::steady::Steady;
use crate::audio::Source;
use crate::config::Config;
use crate::dashboard;
use crate::model::ModelError;
use crate::model::artifact::InputForm;
use crate::model::device::Backend;
use crate::output_file::IfExists;
use crate::pipeline::{Pipeline, PipelineError, PipelineSettings};
use crate::plain_text::plain;
use crate::session::record::{CallerEntry, Header, ModelEntry, rfc3339};
use crate::session::{Place, SESSION_VERSION, SessionWriter};
use crate::stream_time::STREAM_RATE_HZ;
use std::path::PathBuf;

/// What both commands are asked for.
#[derive(Clone, Debug)]
pub struct SessionSettings {
    /// Defaults, file and flags.
    pub config: Config,
    /// Where the log goes.
    pub log: LogTo,
    /// Without a dashboard.
    pub headless: bool,
    /// The summary as JSON.
    pub json: bool,
}

/// Where a log goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogTo {
    /// Into a new file in the folder for session logs.
    Folder,
    /// Into this file.
    File(PathBuf, IfExists),
    /// Nothing is kept.
    Nowhere,
}

/// A model that is loaded, proven and warm.
pub struct Prepared {
    settings: SessionSettings,
    pipeline_settings: PipelineSettings,
    classifier: Steady,
    weights_sha256: String,
    /// What became of the logs that are older than they may be.
    retention: Option<String>,
}

impl Prepared {
    /// Loads the model and warms it up: before a microphone opens and before a screen is drawn.
    ///
    /// # Errors
    /// No terminal for a dashboard, no such model, a damaged one, one that cannot follow a call, no device.
    pub fn new(settings: SessionSettings) -> anyhow::Result<Self> {
        if !settings.headless {
            dashboard::require_terminal()?;
        }
        let artifact = installed::open(settings.config.model.as_deref())?;
        let manifest = &artifact.manifest;
        if manifest.input != InputForm::Frames || !manifest.recipe.streams() {
            return Err(ModelError::OtherRecipe {
                model: manifest.name.clone(),
                needed: format!("whole clips with {}", manifest.recipe),
                given: "a call".into(),
            }
            .into());
        }
        let wanted = settings.config.pipeline;
        let segment_ms = wanted.segment_ms.clamp(manifest.segment.min_ms, manifest.segment.max_ms);
        let pipeline_settings = PipelineSettings {
            min_speech_ms: wanted.min_speech_ms.clamp(manifest.segment.min_ms, segment_ms),
            segment_ms,
            ..wanted
        };
        let classifier = Steady::start(&artifact, settings.config.backend)?;
        let retention = purge::at_start(&settings.config);
        Ok(Prepared {
            settings,
            pipeline_settings,
            classifier,
            weights_sha256: artifact.manifest.weights_sha256,
            retention,
        })
    }

    /// What to know from the start, in one line: of what computes, and of old logs.
    #[must_use]
    pub fn notice(&self) -> Option<String> {
        let all = [self.backend().notice.as_deref(), self.retention.as_deref()];
        let told: Vec<&str> = all.into_iter().flatten().collect();
        (!told.is_empty()).then(|| told.join("; "))
    }

    /// Where the model runs.
    #[must_use]
    pub fn backend(&self) -> &Backend {
        self.classifier.backend()
    }

    /// The model's name and honest score, for the screen.
    #[must_use]
    pub fn model_line(&self) -> String {
        self.classifier.manifest().honest_line()
    }

    /// Opens the log and puts everything together.
    ///
    /// # Errors
    /// A log that cannot be begun, a source whose rate cannot be used.
    pub fn engine(
        self,
        input: Input,
        caller: CallerEntry,
        operator: Option<OperatorSide>,
        clock: Clock,
    ) -> anyhow::Result<Engine> {
        let manifest = self.classifier.manifest();
        let header = Header {
            version: SESSION_VERSION,
            undertone: env!("CARGO_PKG_VERSION").into(),
            started: rfc3339(&jiff::Zoned::now()),
            stream_rate_hz: STREAM_RATE_HZ,
            model: ModelEntry {
                name: manifest.name.clone(),
                recipe: manifest.recipe.to_string(),
                sha256: self.weights_sha256.clone(),
            },
            settings: serde_json::to_value(self.pipeline_settings)?,
            backend: self.backend().description.clone(),
            callers: vec![caller],
            operator: operator.as_ref().map(|side| side.source().to_owned()),
        };
        let rate_hz = input.sample_rate_hz();
        let log = self.open_log(&header)?;
        let mut pipeline = self.pipeline(rate_hz)?;
        if let Some(side) = &operator {
            pipeline = pipeline.with_operator(side.sample_rate_hz())?;
        }
        Ok(Engine::new(input, operator, pipeline, RunningLog::new(log), clock))
    }

    /// The pipeline of one caller whose source delivers at this rate.
    ///
    /// # Errors
    /// A rate that cannot be used.
    pub fn pipeline(self, rate_hz: u32) -> Result<Pipeline<Steady>, PipelineError> {
        let manifest = self.classifier.manifest();
        let recipe = manifest.recipe;
        let uncertain_below = manifest.calibration.uncertain_below;
        let rates = [rate_hz];
        Pipeline::new(&self.pipeline_settings, recipe, uncertain_below, &rates, self.classifier)
    }

    fn open_log(&self, header: &Header) -> anyhow::Result<Option<SessionWriter>> {
        let place = match &self.settings.log {
            LogTo::File(file, if_exists) => Place::File(file.clone(), *if_exists),
            LogTo::Folder => Place::Folder(self.settings.config.sessions_dir()?),
            LogTo::Nowhere => return Ok(None),
        };
        Ok(Some(SessionWriter::create(&place, header)?))
    }
}

/// Prints what a session amounts to.
///
/// # Errors
/// When standard output cannot be written.
pub fn print_summary(ended: &Ended, json: bool) -> anyhow::Result<()> {
    if json {
        let value = serde_json::json!({
            "length_s": ended.position.seconds(),
            "summary": ended.summary,
            "dropped_samples": ended.dropped_samples,
            "delay": ended.delay,
            "log": ended.log,
        });
        return Ok(print_json(&value)?);
    }
    Ok(print(&summary_text(ended))?)
}

fn summary_text(ended: &Ended) -> String {
    let summary = &ended.summary;
    let mut lines = vec![format!(
        "{} of audio, {:.1} s of speech, {} readings, {} uncertain",
        ended.position, summary.speech_s, summary.readings, summary.uncertain
    )];
    let mut shares: Vec<_> = summary.shares.iter().filter(|(_, share)| **share > 0.0).collect();
    shares.sort_by(|a, b| b.1.total_cmp(a.1));
    if !shares.is_empty() {
        lines.push("of the readings that were not uncertain:".into());
    }
    for (emotion, share) in shares {
        lines.push(format!("  {:<18} {:>3.0} %", emotion.words(), share * 100.0));
    }
    if ended.dropped_samples > 0 || summary.gaps > 0 {
        lines.push(format!(
            "  lost: {} samples in {} gaps, {:.2} s",
            ended.dropped_samples, summary.gaps, summary.lost_s
        ));
    }
    if let Some(delay) = &ended.delay {
        lines.push(format!(
            "  delay: half within {:.0} ms, 95 % within {:.0} ms",
            delay.p50_ms, delay.p95_ms
        ));
    }
    lines.push(ended.log.as_ref().map_or_else(
        || "log: none, nothing is kept".to_owned(),
        |log| format!("log: {}", plain(&log.display().to_string())),
    ));
    lines.join("\n") + "\n"
}
