//! A classifier that goes on when the GPU does not: while it warms up, errs, panics or hangs, the CPU answers.
//!
//! In: segments. Out: answers, and a sentence for the operator when that changes. Keeps the GPU's classifier on a
//! thread of its own and the CPU's beside it, warm; on a CPU from the start there is no thread and no cost.
//!
//! ```text
//!  engine                             thread "gpu"
//!  the CPU answers until ◄─── ready ── put the model on the GPU, and prove it there
//!  classify ──── segment ───────────► classify, panics caught
//!     │  ◄────── answer, in time ────────┘
//!     └─ late, failed or nonsense: the CPU answers this segment and all after it
//! ```
//!
//! A driver that hangs hangs the thread, which is left behind. A driver that ends the process cannot be helped.

#[cfg(test)]
mod tests;

use super::failover_worker::{Make, Worker};
use crate::artifact::{Artifact, Manifest};
use crate::device::{self, Backend, BackendChoice};
use crate::driver_panic;
use crate::{LstmClassifier, ModelError};
use hearing::classifier::{Answer, Baseline, Classifier, ClassifierError, Spoken};
use rayon::ThreadPool;
use std::panic;
use std::sync::{Arc, Once};
use std::time::Duration;

/// A warm GPU answers in some milliseconds. One that takes this long is as good as gone: with the second that
/// was waited and the CPU's answer, readings go on within two.
const ANSWER_TIME: Duration = Duration::from_secs(1);

/// Segments whose answers come in that time from the slowest GPU too; more get as much again.
const ANSWERED_IN_TIME: usize = 32;

/// The first answer on another thread may take what drivers put off until then.
const FIRST_TIME: Duration = Duration::from_secs(10);

/// A classifier on a device that may fail, and one on the CPU that takes over.
pub struct Failover<F = LstmClassifier> {
    /// `None` when the CPU answers.
    worker: Option<Worker>,
    /// The GPU that is not warm yet: the CPU answers until then.
    warming: Option<Backend>,
    limit: Duration,
    fallback: F,
    /// Where it runs now.
    backend: Backend,
    notice: Option<String>,
}

impl Failover {
    /// Puts a model on the device that was asked for, as [`device::start`] does, and where that is a GPU keeps it
    /// on the CPU too. With [`BackendChoice::Auto`] a GPU warms up beside the CPU, which reads until then.
    ///
    /// # Errors
    /// As [`device::start`].
    pub fn start(artifact: &Artifact, choice: BackendChoice) -> Result<Self, ModelError> {
        if choice == BackendChoice::Auto {
            return match Backend::gpu() {
                Ok(gpu) => Self::warming(artifact, gpu),
                Err(ModelError::NoGpu { reason }) => {
                    Ok(Failover::alone(device::instead_of_gpu(artifact, &reason)?))
                }
                Err(error) => Err(error),
            };
        }
        let started = device::start(artifact, choice)?;
        if !started.backend().is_gpu() {
            return Ok(Failover::alone(started));
        }
        let cpu = device::start(artifact, BackendChoice::Cpu)?;
        let (gpu, segment) = (started.backend().clone(), started.test_segment());
        let mut failover = Failover::new(Box::new(started), gpu, cpu);
        failover.limit = FIRST_TIME;
        failover.classify(&segment, &Baseline::default())?;
        failover.limit = ANSWER_TIME;
        Ok(failover)
    }

    /// Reads on the CPU at once, and on this GPU as soon as it has given the CPU's scores.
    ///
    /// # Errors
    /// Corrupt weights.
    fn warming(artifact: &Artifact, gpu: Backend) -> Result<Self, ModelError> {
        let cpu = device::start(artifact, BackendChoice::Cpu)?;
        let (artifact, device) = (artifact.clone(), gpu.clone());
        let make = move || -> Result<Box<dyn Classifier + Send>, ModelError> {
            Ok(Box::new(device::proven(&artifact, device)?))
        };
        Ok(Failover::warming_up(Box::new(make), gpu, cpu))
    }

    /// One that is on the CPU already.
    fn alone(classifier: LstmClassifier) -> Self {
        let backend = classifier.backend().clone();
        Failover {
            worker: None,
            warming: None,
            limit: ANSWER_TIME,
            fallback: classifier,
            backend,
            notice: None,
        }
    }

    /// Shares the CPU's work among these threads, or does it all on the engine's.
    pub fn work_on(&mut self, pool: Option<Arc<ThreadPool>>) {
        self.fallback.work_on(pool);
    }

    /// A longest segment, the same on every device.
    #[must_use]
    pub fn test_segment(&self) -> Vec<f32> {
        self.fallback.test_segment()
    }

    /// The model.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        self.fallback.manifest()
    }
}

impl<F: Classifier> Failover<F> {
    /// A classifier on `gpu` that has a second for each answer, and one to fall back on, which is warm.
    ///
    /// When no thread can be started, it falls back at once and says so.
    #[must_use]
    pub fn new(on_gpu: Box<dyn Classifier + Send>, gpu: Backend, fallback: F) -> Self {
        let mut failover = Failover::warming_up(Box::new(|| Ok(on_gpu)), gpu.clone(), fallback);
        if failover.worker.is_some() {
            failover.warming = None;
            failover.backend = gpu;
        }
        failover
    }

    /// One that is read with while `make` puts the model on `gpu`.
    #[must_use]
    pub(super) fn warming_up(make: Make, gpu: Backend, fallback: F) -> Self {
        hide_panics_of_drivers();
        let mut backend = Backend::cpu();
        let (worker, notice) = match Worker::start(make) {
            Ok(worker) => (Some(worker), None),
            Err(error) => (None, Some(failed(&gpu, &error.to_string()))),
        };
        if worker.is_some() {
            let cpu = &backend.description;
            backend.notice =
                Some(format!("{} warms up: the {cpu} reads until then", gpu.description));
        }
        let warming = worker.is_some().then_some(gpu);
        Failover { worker, warming, limit: ANSWER_TIME, fallback, backend, notice }
    }

    /// Takes the GPU that has warmed up, or gives up one that could not.
    fn look_at_warming(&mut self) {
        let Some(gpu) = &self.warming else { return };
        let Some(ready) = self.worker.as_ref().and_then(Worker::has_become_ready) else { return };
        let gpu = gpu.clone();
        self.warming = None;
        match ready {
            Ok(()) => {
                self.notice =
                    Some(format!("the {} is warm and reads from now on", gpu.description));
                self.backend = gpu;
            }
            Err(reason) => {
                self.worker = None;
                self.notice = Some(failed(&gpu, &reason));
                self.backend = Backend::cpu();
            }
        }
    }

    /// Whether a GPU warms up and the CPU reads until then.
    pub fn is_warming(&mut self) -> bool {
        self.look_at_warming();
        self.warming.is_some()
    }

    /// Where it runs now.
    #[must_use]
    pub fn backend(&self) -> &Backend {
        &self.backend
    }

    /// What the operator has to know of it, once: that the GPU is warm, or that it has failed, and how.
    pub fn take_notice(&mut self) -> Option<String> {
        self.notice.take()
    }

    fn fall_back(&mut self, reason: &str) {
        if let Some(worker) = self.worker.take() {
            worker.leave_behind();
        }
        self.notice = Some(failed(&self.backend, reason));
        self.backend = Backend::cpu();
    }
}

fn failed(gpu: &Backend, reason: &str) -> String {
    let cpu = Backend::cpu().description;
    format!("the {} failed ({reason}): readings go on with the {cpu}", gpu.description)
}

impl<F: Classifier> Classifier for Failover<F> {
    fn classify(
        &mut self,
        segment: &[f32],
        baseline: &Baseline,
    ) -> Result<Answer, ClassifierError> {
        let mut answers = Vec::with_capacity(1);
        self.classify_all(&[Spoken { frames: segment, baseline }], &mut answers)?;
        Ok(answers[0])
    }

    /// The GPU's answers, or the CPU's to the same segments. Waits a second for the GPU at most (longer for many
    /// segments), and only once.
    fn classify_all(
        &mut self,
        spoken: &[Spoken<'_>],
        answers: &mut Vec<Answer>,
    ) -> Result<(), ClassifierError> {
        self.look_at_warming();
        let Some(worker) = self.worker.as_ref().filter(|_| self.warming.is_none()) else {
            return self.fallback.classify_all(spoken, answers);
        };
        let batches = u32::try_from(spoken.len() / ANSWERED_IN_TIME).unwrap_or(u32::MAX);
        match worker.ask(spoken, self.limit.saturating_mul(batches.saturating_add(1))) {
            Ok(given) => answers.extend(given),
            Err(reason) => {
                // What is wrong with a segment, and not with the GPU, is wrong on the CPU too.
                self.fallback.classify_all(spoken, answers)?;
                self.fall_back(&reason);
            }
        }
        Ok(())
    }
}

/// Panics of drivers are caught, and told as a notice: nothing is to be printed, least of all over a screen.
fn hide_panics_of_drivers() {
    static HIDDEN: Once = Once::new();
    HIDDEN.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let thread = std::thread::current();
            let file = info.location().map(panic::Location::file);
            if !driver_panic::is_one(thread.name(), file) {
                previous(info);
            }
        }));
    });
}
