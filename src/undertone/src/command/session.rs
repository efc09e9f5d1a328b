//! What `monitor` and `replay` have in common: model, pipeline and log.

#[cfg(test)]
mod tests;

use super::installed;
use super::sessions::purge;
use crate::config::Config;
use anyhow::{Context, ensure};
use engine::line::Clock;
use engine::log_book::{LogBook, LogTo};
use engine::on_alert::OnAlert;
use engine::operator_side::OperatorSide;
use engine::run::POLL;
use engine::switchboard::{CallRule, Switchboard};
use engine::{Engine, LineSetup};
use hearing::classifier::{Baseline, Classifier, ClassifierError, Spoken};
use hearing::pipeline::{Pipeline, PipelineError, PipelineSettings};
use hearing::stream_time::STREAM_RATE_HZ;
use model::ModelError;
use model::artifact::InputForm;
use model::device::Backend;
use model::failover::Failover;
use rayon::{ThreadPool, ThreadPoolBuilder};
use record::session::SESSION_VERSION;
use record::session::record::{Header, ModelEntry, RecordingEntry};
use sound::Source;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

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
    /// The recording's file, where many are replayed together.
    pub recording: Option<RecordingEntry>,
}

/// What a session is made with, but for what reads the emotions.
#[derive(Clone, Debug)]
pub struct Terms {
    settings: SessionSettings,
    pipeline_settings: PipelineSettings,
    weights_sha256: String,
}

impl Terms {
    /// The same with another log, of this recording.
    #[must_use]
    pub fn with_log(&self, log: LogTo, recording: Option<RecordingEntry>) -> Self {
        let settings = SessionSettings { log, recording, ..self.settings.clone() };
        Terms { settings, ..self.clone() }
    }
}

/// A model that is loaded, proven and warm.
pub struct Prepared {
    terms: Terms,
    classifier: Failover,
    /// What became of the logs that are older than they may be.
    retention: Option<String>,
    /// What the model does not know of the callers' language.
    language: Option<String>,
}

impl Prepared {
    /// Loads the model and warms it up: before a microphone opens and before a screen is drawn.
    ///
    /// # Errors
    /// No terminal for a dashboard, no such model, a damaged one, one that cannot follow a call, no device.
    pub fn new(settings: SessionSettings) -> anyhow::Result<Self> {
        if !settings.headless && !settings.config.screen.plain {
            screen::require_terminal()?;
        }
        let artifact = installed::open(settings.config.model.as_deref())?;
        let artifact = artifact.for_callers_of(settings.config.language.as_ref());
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
        let classifier = Failover::start(&artifact, settings.config.backend)?;
        let retention = purge::at_start(&settings.config);
        let language = artifact.manifest.lacks_calibration_for(settings.config.language.as_ref());
        let weights_sha256 = artifact.manifest.weights_sha256;
        let terms = Terms { settings, pipeline_settings, weights_sha256 };
        Ok(Prepared { terms, classifier, retention, language })
    }

    /// A model that has served another session.
    #[must_use]
    pub fn again(terms: Terms, classifier: Failover) -> Self {
        Prepared { terms, classifier, retention: None, language: None }
    }

    /// What the session is made with.
    #[must_use]
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// The same model for another session.
    #[must_use]
    pub fn under(self, terms: Terms) -> Self {
        Prepared { terms, ..self }
    }

    /// What to know from the start, in one line: of what computes, of the language, and of old logs.
    #[must_use]
    pub fn notice(&self) -> Option<String> {
        let all = [&self.backend().notice, &self.language, &self.retention].map(Option::as_deref);
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

    /// Waits for a GPU that warms up, so that it alone reads.
    ///
    /// # Errors
    /// When that takes longer than a driver may need to compile.
    pub fn wait_until_warm(&mut self) -> anyhow::Result<()> {
        let begun = Instant::now();
        while self.classifier.is_warming() {
            let passed = begun.elapsed();
            ensure!(
                passed < WARM_WITHIN,
                "the GPU is not warm after {} s; use --backend cpu",
                passed.as_secs()
            );
            std::thread::sleep(POLL);
        }
        Ok(())
    }

    /// Classifies the model's test segment so many times at once, as if of so many calls.
    ///
    /// # Errors
    /// When the device fails.
    pub fn classify_test_segments(&mut self, n: usize) -> Result<(), ClassifierError> {
        let (segment, baseline) = (self.classifier.test_segment(), Baseline::default());
        let spoken = vec![Spoken { frames: &segment, baseline: &baseline }; n];
        self.classifier.classify_all(&spoken, &mut Vec::with_capacity(n))
    }

    /// The header of every log, but for when it begins and who is heard.
    ///
    /// # Errors
    /// Settings that are no JSON: none.
    pub fn template(&self, operator: Option<&str>) -> anyhow::Result<Header> {
        let manifest = self.classifier.manifest();
        let settings = &self.terms.settings;
        Ok(Header {
            version: SESSION_VERSION,
            undertone: env!("CARGO_PKG_VERSION").into(),
            started: String::new(),
            stream_rate_hz: STREAM_RATE_HZ,
            model: ModelEntry {
                name: manifest.name.clone(),
                recipe: manifest.recipe.to_string(),
                sha256: self.terms.weights_sha256.clone(),
                language: settings.config.language.clone(),
            },
            settings: serde_json::to_value(self.terms.pipeline_settings)?,
            alerts: Some(serde_json::to_value(&settings.config.alerts)?),
            calls: Some(serde_json::to_value(&settings.config.calls)?),
            backend: self.backend().description.clone(),
            callers: Vec::new(),
            operator: operator.map(str::to_owned),
            recording: settings.recording.clone(),
        })
    }

    /// Opens the logs of the calls that begin at once and puts everything together.
    ///
    /// # Errors
    /// A log that cannot be begun, a source whose rate cannot be used.
    pub fn engine(
        self,
        lines: Vec<LineSetup>,
        operator: Option<OperatorSide>,
        rule: CallRule,
        clock: Clock,
    ) -> anyhow::Result<Engine> {
        let pool = threads_for(lines.len())?;
        self.engine_on(pool, lines, operator, rule, clock)
    }

    fn engine_on(
        self,
        pool: Option<Arc<ThreadPool>>,
        lines: Vec<LineSetup>,
        operator: Option<OperatorSide>,
        rule: CallRule,
        clock: Clock,
    ) -> anyhow::Result<Engine> {
        let template = self.template(operator.as_ref().map(OperatorSide::source))?;
        let settings = &self.terms.settings;
        let folder = match settings.log {
            LogTo::Folder => Some(settings.config.sessions_dir()?),
            LogTo::File(..) | LogTo::Nowhere => None,
        };
        let on_alert = &settings.config.on_alert;
        let on_alert = match &on_alert.command[..] {
            [] => None,
            words => Some(OnAlert::start(words.to_vec(), on_alert)?),
        };
        let book = LogBook::new(template, &settings.log, folder);
        let callers = lines.iter().map(|line| line.entry.clone()).collect();
        let requires_notice = rule != CallRule::Recording && settings.config.calls.require_notice;
        let mut switchboard = Switchboard::new(rule, book, callers, requires_notice);
        switchboard.open()?;
        let rates_hz: Vec<u32> = lines.iter().map(|line| line.input.sample_rate_hz()).collect();
        let alerts = settings.config.alerts.clone();
        let mut pipeline = self.pipeline(&rates_hz)?.with_alerts(&alerts).on_threads(pool.clone());
        pipeline.classifier().work_on(pool.clone());
        if let Some(side) = &operator {
            pipeline = pipeline.with_operator(side.sample_rate_hz(), side.lag())?;
        }
        let engine = Engine::new(lines, operator, pipeline, switchboard, clock);
        Ok(engine.with_on_alert(on_alert).on_threads(pool))
    }

    /// The pipeline of callers whose sources deliver at these rates.
    ///
    /// # Errors
    /// A rate that cannot be used.
    pub fn pipeline(self, rates_hz: &[u32]) -> Result<Pipeline<Failover>, PipelineError> {
        let manifest = self.classifier.manifest();
        let recipe = manifest.recipe;
        let thresholds = manifest.calibration.thresholds();
        Pipeline::new(&self.terms.pipeline_settings, recipe, thresholds, rates_hz, self.classifier)
    }
}

/// From this number of lines on the engine uses all cores. 50 take a fifth of a core on one thread, and a quarter on
/// two, which wait for each other (`undertone capacity`).
const MANY_LINES: usize = 64;

/// A driver that compiles for the first time needs some seconds; one that needs so long hangs.
const WARM_WITHIN: Duration = Duration::from_mins(1);

/// Threads to share so many lines; none where the engine's own is enough.
fn threads_for(n_lines: usize) -> anyhow::Result<Option<Arc<ThreadPool>>> {
    let n_threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    if n_lines < MANY_LINES || n_threads == 1 {
        return Ok(None);
    }
    let pool =
        ThreadPoolBuilder::new().num_threads(n_threads).thread_name(|n| format!("engine {n}"));
    Ok(Some(Arc::new(pool.build().context("cannot start the engine's threads")?)))
}
