//! A model that is loaded, proven and warm, and the engine that is put together around it.
//!
//! In: a model, and how callers are to be heard. Out: an [`Engine`], and the header that all its logs have. Keeps the
//! model, which may serve one engine after the other.

use super::delay::Clock;
use super::log_book::{LogBook, LogTo};
use super::on_alert::{OnAlert, OnAlertSettings};
use super::operator_side::OperatorSide;
use super::switchboard::{CallRule, Switchboard};
use super::{Engine, LineSetup};
use anyhow::Context;
use hearing::alert::AlertSettings;
use hearing::language::Language;
use hearing::pipeline::{Pipeline, PipelineError, PipelineSettings};
use hearing::stream_time::STREAM_RATE_HZ;
use model::ModelError;
use model::artifact::{Artifact, InputForm};
use model::device::{Backend, BackendChoice};
use model::failover::Failover;
use rayon::{ThreadPool, ThreadPoolBuilder};
use record::session::SESSION_VERSION;
use record::session::record::{Header, ModelEntry, RecordingEntry};
use sound::Source;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

/// From this number of lines on the engine uses all cores. 50 take a fifth of a core on one thread, and a quarter on
/// two, which wait for each other (`undertone capacity`).
pub const MANY_LINES: usize = 64;

/// How callers are heard.
#[derive(Clone, Debug, Default)]
pub struct Hearing {
    /// What callers speak, where it is one language.
    pub language: Option<Language>,
    /// How readings are made.
    pub pipeline: PipelineSettings,
    /// When attention is asked for.
    pub alerts: AlertSettings,
    /// When calls begin and end, for the logs' headers.
    pub calls: serde_json::Value,
}

/// Which calls there are, and where they are logged.
#[derive(Clone, Debug)]
pub struct Calls {
    /// When calls begin and end.
    pub rule: CallRule,
    /// Whether nothing is read before it is confirmed that the caller was told.
    pub require_notice: bool,
    /// Where logs go.
    pub log: LogTo,
    /// The folder for logs without a name of their own.
    pub folder: Option<PathBuf>,
    /// The recording that is heard, where it is one of many.
    pub recording: Option<RecordingEntry>,
    /// The program for alerts; none where it has no words.
    pub on_alert: OnAlertSettings,
}

/// What is the same in all logs, but for what hears.
#[derive(Clone, Debug)]
pub struct Terms {
    hearing: Hearing,
    weights_sha256: String,
}

/// A model, ready to hear.
pub struct Assembly {
    terms: Terms,
    classifier: Failover,
}

impl Assembly {
    /// Warms a model up, and fits the wishes to what it can: lengths of speech that it was trained on.
    ///
    /// # Errors
    /// A model that cannot follow a call, corrupt weights, no such device.
    pub fn start(
        artifact: &Artifact,
        backend: BackendChoice,
        mut hearing: Hearing,
    ) -> anyhow::Result<Self> {
        let manifest = &artifact.manifest;
        if manifest.input != InputForm::Frames || !manifest.recipe.streams() {
            return Err(ModelError::OtherRecipe {
                model: manifest.name.clone(),
                needed: format!("whole clips with {}", manifest.recipe),
                given: "a call".into(),
            }
            .into());
        }
        let wanted = &mut hearing.pipeline;
        wanted.segment_ms =
            wanted.segment_ms.clamp(manifest.segment.min_ms, manifest.segment.max_ms);
        wanted.min_speech_ms =
            wanted.min_speech_ms.clamp(manifest.segment.min_ms, wanted.segment_ms);
        let classifier = Failover::start(artifact, backend)?;
        let terms = Terms { hearing, weights_sha256: manifest.weights_sha256.clone() };
        Ok(Assembly { terms, classifier })
    }

    /// A model that has served another engine.
    #[must_use]
    pub fn again(terms: Terms, classifier: Failover) -> Self {
        Assembly { terms, classifier }
    }

    /// What is the same in all logs.
    #[must_use]
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// What reads the emotions.
    #[must_use]
    pub fn classifier(&self) -> &Failover {
        &self.classifier
    }

    /// The same, to work with.
    pub fn classifier_mut(&mut self) -> &mut Failover {
        &mut self.classifier
    }

    /// Where the model runs.
    #[must_use]
    pub fn backend(&self) -> &Backend {
        self.classifier.backend()
    }

    /// The header of every log, but for when it begins and who is heard.
    ///
    /// # Errors
    /// Settings that are no JSON: none.
    pub fn template(
        &self,
        operator: Option<&str>,
        recording: Option<RecordingEntry>,
    ) -> anyhow::Result<Header> {
        let manifest = self.classifier.manifest();
        let hearing = &self.terms.hearing;
        Ok(Header {
            version: SESSION_VERSION,
            undertone: env!("CARGO_PKG_VERSION").into(),
            started: String::new(),
            stream_rate_hz: STREAM_RATE_HZ,
            model: ModelEntry {
                name: manifest.name.clone(),
                recipe: manifest.recipe.to_string(),
                sha256: self.terms.weights_sha256.clone(),
                language: hearing.language.clone(),
            },
            settings: serde_json::to_value(hearing.pipeline)?,
            alerts: Some(serde_json::to_value(&hearing.alerts)?),
            calls: Some(hearing.calls.clone()),
            backend: self.backend().description.clone(),
            callers: Vec::new(),
            operator: operator.map(str::to_owned),
            recording,
        })
    }

    /// The pipeline of callers whose sources deliver at these rates.
    ///
    /// # Errors
    /// A rate that cannot be used.
    pub fn pipeline(self, rates_hz: &[u32]) -> Result<Pipeline<Failover>, PipelineError> {
        let manifest = self.classifier.manifest();
        let recipe = manifest.recipe;
        let thresholds = manifest.calibration.thresholds();
        let settings = &self.terms.hearing.pipeline;
        Pipeline::new(settings, recipe, thresholds, rates_hz, self.classifier)
    }

    /// Opens the logs of the calls that begin at once and puts everything together; `pool` has the threads that lines are
    /// shared among.
    ///
    /// # Errors
    /// A log that cannot be begun, a source whose rate cannot be used, no program for alerts.
    pub fn engine(
        self,
        pool: Option<Arc<ThreadPool>>,
        lines: Vec<LineSetup>,
        operator: Option<OperatorSide>,
        calls: Calls,
        clock: Clock,
    ) -> anyhow::Result<Engine> {
        let template =
            self.template(operator.as_ref().map(OperatorSide::source), calls.recording)?;
        let on_alert = match &calls.on_alert.command[..] {
            [] => None,
            words => Some(OnAlert::start(words.to_vec(), &calls.on_alert)?),
        };
        let book = LogBook::new(template, &calls.log, calls.folder);
        let callers = lines.iter().map(|line| line.entry.clone()).collect();
        let mut switchboard = Switchboard::new(calls.rule, book, callers, calls.require_notice);
        switchboard.open()?;
        let rates_hz: Vec<u32> = lines.iter().map(|line| line.input.sample_rate_hz()).collect();
        let alerts = self.terms.hearing.alerts.clone();
        let mut pipeline = self.pipeline(&rates_hz)?.with_alerts(&alerts).on_threads(pool.clone());
        pipeline.classifier().work_on(pool.clone());
        if let Some(side) = &operator {
            pipeline = pipeline.with_operator(side.sample_rate_hz(), side.lag())?;
        }
        let engine = Engine::new(lines, operator, pipeline, switchboard, clock);
        Ok(engine.with_on_alert(on_alert).on_threads(pool))
    }
}

/// Threads to share so many lines; none where the engine's own is enough.
///
/// # Errors
/// When the system gives none.
pub fn threads_for(n_lines: usize) -> anyhow::Result<Option<Arc<ThreadPool>>> {
    let n_threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    if n_lines < MANY_LINES || n_threads == 1 {
        return Ok(None);
    }
    let pool =
        ThreadPoolBuilder::new().num_threads(n_threads).thread_name(|n| format!("engine {n}"));
    Ok(Some(Arc::new(pool.build().context("cannot start the engine's threads")?)))
}
