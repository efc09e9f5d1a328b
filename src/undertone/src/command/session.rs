//! What `monitor` and `replay` have in common: model, pipeline and log.

#[cfg(test)]
mod tests;

use super::installed;
use super::sessions::purge;
use crate::config::Config;
use anyhow::ensure;
use engine::assembly::{self, Assembly, Calls, Hearing, threads_for};
use engine::line::Clock;
use engine::log_book::LogTo;
use engine::operator_side::OperatorSide;
use engine::run::POLL;
use engine::switchboard::CallRule;
use engine::{Engine, LineSetup};
use hearing::classifier::{Baseline, Classifier, ClassifierError, Spoken};
use hearing::pipeline::{Pipeline, PipelineError};
use model::device::Backend;
use model::failover::Failover;
use rayon::ThreadPool;
use record::session::record::{Header, RecordingEntry};
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
    assembly: assembly::Terms,
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
    settings: SessionSettings,
    assembly: Assembly,
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
        let config = &settings.config;
        let artifact = installed::open(config.model.as_deref())?;
        let artifact = artifact.for_callers_of(config.language.as_ref());
        let hearing = Hearing {
            language: config.language.clone(),
            pipeline: config.pipeline,
            alerts: config.alerts.clone(),
            calls: serde_json::to_value(&config.calls)?,
        };
        let assembly = Assembly::start(&artifact, config.backend, hearing)?;
        let retention = purge::at_start(config);
        let language = artifact.manifest.lacks_calibration_for(config.language.as_ref());
        Ok(Prepared { settings, assembly, retention, language })
    }

    /// A model that has served another session.
    #[must_use]
    pub fn again(terms: Terms, classifier: Failover) -> Self {
        let assembly = Assembly::again(terms.assembly, classifier);
        Prepared { settings: terms.settings, assembly, retention: None, language: None }
    }

    /// What the session is made with.
    #[must_use]
    pub fn terms(&self) -> Terms {
        Terms { settings: self.settings.clone(), assembly: self.assembly.terms().clone() }
    }

    /// The same model for another session.
    #[must_use]
    pub fn under(self, terms: Terms) -> Self {
        Prepared { settings: terms.settings, ..self }
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
        self.assembly.backend()
    }

    /// The model's name and honest score, for the screen.
    #[must_use]
    pub fn model_line(&self) -> String {
        self.assembly.classifier().manifest().honest_line()
    }

    /// Waits for a GPU that warms up, so that it alone reads.
    ///
    /// # Errors
    /// When that takes longer than a driver may need to compile.
    pub fn wait_until_warm(&mut self) -> anyhow::Result<()> {
        let begun = Instant::now();
        while self.assembly.classifier_mut().is_warming() {
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
        let classifier = self.assembly.classifier_mut();
        let (segment, baseline) = (classifier.test_segment(), Baseline::default());
        let spoken = vec![Spoken { frames: &segment, baseline: &baseline }; n];
        classifier.classify_all(&spoken, &mut Vec::with_capacity(n))
    }

    /// The header of every log, but for when it begins and who is heard.
    ///
    /// # Errors
    /// Settings that are no JSON: none.
    pub fn template(&self, operator: Option<&str>) -> anyhow::Result<Header> {
        self.assembly.template(operator, self.settings.recording.clone())
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
        let Prepared { settings, assembly, .. } = self;
        let folder = match settings.log {
            LogTo::Folder => Some(settings.config.sessions_dir()?),
            LogTo::File(..) | LogTo::Nowhere => None,
        };
        let require_notice = rule != CallRule::Recording && settings.config.calls.require_notice;
        let calls = Calls {
            rule,
            require_notice,
            log: settings.log,
            folder,
            recording: settings.recording,
            on_alert: settings.config.on_alert,
        };
        assembly.engine(pool, lines, operator, calls, clock)
    }

    /// The pipeline of callers whose sources deliver at these rates.
    ///
    /// # Errors
    /// A rate that cannot be used.
    pub fn pipeline(self, rates_hz: &[u32]) -> Result<Pipeline<Failover>, PipelineError> {
        self.assembly.pipeline(rates_hz)
    }
}

/// A driver that compiles for the first time needs some seconds; one that needs so long hangs.
const WARM_WITHIN: Duration = Duration::from_mins(1);
