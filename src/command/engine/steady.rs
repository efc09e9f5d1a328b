//! A classifier that goes on when the GPU does not: while it warms up, errs, panics or hangs, the CPU answers.
//!
//! In: segments. Out: answers, and a sentence for the operator when that changes. Keeps the GPU's classifier on a thread of
//! its own and the CPU's beside it, warm; on a CPU from the start there is no thread and no cost.
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

use super::steady_worker::{Make, Worker};
use crate::driver_panic;
use crate::model::artifact::{Artifact, Manifest};
use crate::model::device::{self, Backend, BackendChoice};
use crate::model::{Answer, Baseline, Classifier, LstmClassifier, ModelError, Spoken};
use rayon::ThreadPool;
use std::panic;
use std::sync::{Arc, Once};
use std::time::Duration;

/// A warm GPU answers in some milliseconds. One that takes this long is as good as gone: with the second that
/// was waited and the CPU's answer, readings go on within two.
const ANSWER_TIME: Duration = Duration::from_secs(1);

/// The first answer on another thread may take what drivers put off until then.
const FIRST_TIME: Duration = Duration::from_secs(10);

/// A classifier on a device that may fail, and one on the CPU that takes over.
pub struct Steady<F = LstmClassifier> {
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

impl Steady {
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
                    Ok(Steady::alone(device::instead_of_gpu(artifact, &reason)?))
                }
                Err(error) => Err(error),
            };
        }
        let started = device::start(artifact, choice)?;
        if !started.backend().is_gpu() {
            return Ok(Steady::alone(started));
        }
        let cpu = device::start(artifact, BackendChoice::Cpu)?;
        let (gpu, segment) = (started.backend().clone(), started.test_segment());
        let mut steady = Steady::new(Box::new(started), gpu, cpu);
        steady.limit = FIRST_TIME;
        steady.classify(&segment, &Baseline::default())?;
        steady.limit = ANSWER_TIME;
        Ok(steady)
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
        Ok(Steady::warming_up(Box::new(make), gpu, cpu))
    }

    /// One that is on the CPU already.
    fn alone(classifier: LstmClassifier) -> Self {
        let backend = classifier.backend().clone();
        Steady {
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

impl<F: Classifier> Steady<F> {
    /// A classifier on `gpu` that has a second for each answer, and one to fall back on, which is warm.
    ///
    /// When no thread can be started, it falls back at once and says so.
    #[must_use]
    pub fn new(on_gpu: Box<dyn Classifier + Send>, gpu: Backend, fallback: F) -> Self {
        let mut steady = Steady::warming_up(Box::new(|| Ok(on_gpu)), gpu.clone(), fallback);
        if steady.worker.is_some() {
            steady.warming = None;
            steady.backend = gpu;
        }
        steady
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
        Steady { worker, warming, limit: ANSWER_TIME, fallback, backend, notice }
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

impl<F: Classifier> Classifier for Steady<F> {
    fn classify(&mut self, segment: &[f32], baseline: &Baseline) -> Result<Answer, ModelError> {
        let mut answers = Vec::with_capacity(1);
        self.classify_all(&[Spoken { frames: segment, baseline }], &mut answers)?;
        Ok(answers[0])
    }

    /// The GPU's answers, or the CPU's to the same segments. Waits a second for the GPU at most, and only once.
    fn classify_all(
        &mut self,
        spoken: &[Spoken<'_>],
        answers: &mut Vec<Answer>,
    ) -> Result<(), ModelError> {
        self.look_at_warming();
        let Some(worker) = self.worker.as_ref().filter(|_| self.warming.is_none()) else {
            return self.fallback.classify_all(spoken, answers);
        };
        match worker.ask(spoken, self.limit) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emotion::{Emotion, N_EMOTIONS, Scores};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    /// Says which classifier it is by its emotion, after some right answers does as it is told, and counts.
    struct Says<D> {
        emotion: Emotion,
        n_asked: Arc<AtomicUsize>,
        n_right: usize,
        then: D,
    }

    fn sure(emotion: Emotion) -> Answer {
        let mut scores = [0.0; N_EMOTIONS];
        scores[emotion.index()] = 1.0;
        Answer { scores: Scores(scores), is_speech: true }
    }

    impl<D: FnMut() -> Result<Answer, ModelError>> Classifier for Says<D> {
        fn classify(&mut self, _: &[f32], _: &Baseline) -> Result<Answer, ModelError> {
            let n_before = self.n_asked.fetch_add(1, Ordering::SeqCst);
            if n_before < self.n_right { Ok(sure(self.emotion)) } else { (self.then)() }
        }
    }

    type Cpu = Says<fn() -> Result<Answer, ModelError>>;

    /// A GPU that says fear three times and then does this, with a CPU that says joy; and how often the GPU
    /// was asked.
    fn steady(
        then: impl FnMut() -> Result<Answer, ModelError> + Send + 'static,
    ) -> (Steady<Cpu>, Arc<AtomicUsize>) {
        let n_asked = Arc::new(AtomicUsize::new(0));
        let gpu = Says { emotion: Emotion::Fear, n_asked: Arc::clone(&n_asked), n_right: 3, then };
        let cpu = Says {
            emotion: Emotion::Happiness,
            n_asked: Arc::default(),
            n_right: usize::MAX,
            then: (|| panic!("the CPU does not fail")) as fn() -> _,
        };
        let mut backend = Backend::cpu();
        backend.description = "GPU Test".into();
        (Steady::new(Box::new(gpu), backend, cpu), n_asked)
    }

    fn ask(steady: &mut Steady<Cpu>) -> Emotion {
        let answer = steady.classify(&[0.0; 4], &Baseline::default());
        answer.expect("one of the two answers").scores.top().0
    }

    /// Three segments are the GPU's, the fourth and all after it the CPU's; what is said then.
    fn falls_back(mut steady: Steady<Cpu>, n_asked: &AtomicUsize) -> String {
        for _ in 0..3 {
            assert_eq!(ask(&mut steady), Emotion::Fear);
        }
        assert_eq!(
            (steady.take_notice(), steady.backend().description.as_str()),
            (None, "GPU Test")
        );
        for _ in 0..3 {
            assert_eq!(ask(&mut steady), Emotion::Happiness);
        }
        assert_eq!(n_asked.load(Ordering::SeqCst), 4, "it never goes back");
        assert!(steady.backend().description.starts_with("CPU"));
        let notice = steady.take_notice().expect("it is said");
        let cpu = Backend::cpu().description;
        assert!(notice.ends_with(&format!("readings go on with the {cpu}")), "{notice}");
        assert_eq!(steady.take_notice(), None, "once");
        notice
    }

    #[test]
    fn while_the_gpu_warms_up_the_cpu_answers() {
        let (go, gone) = mpsc::channel::<()>();
        let make: Make = Box::new(move || {
            gone.recv().unwrap();
            let (n_asked, then) = (Arc::default(), || panic!("not asked so often"));
            Ok(Box::new(Says { emotion: Emotion::Fear, n_asked, n_right: 100, then }))
        });
        let (steady, _) = steady(|| panic!("not this one"));
        let gpu = steady.backend().clone();
        let mut warming = Steady::warming_up(make, gpu, steady.fallback);
        assert_eq!(ask(&mut warming), Emotion::Happiness);
        assert!(warming.backend().notice.as_ref().is_some_and(|text| text.contains("warms up")));
        go.send(()).unwrap();
        while ask(&mut warming) != Emotion::Fear {
            std::thread::yield_now();
        }
        assert_eq!(warming.backend().description, "GPU Test");
        assert!(warming.take_notice().is_some_and(|text| text.contains("is warm")));
    }

    #[test]
    fn a_gpu_that_cannot_warm_up_is_given_up_with_its_reason() {
        let (steady, _) = steady(|| panic!("not this one"));
        let gpu = steady.backend().clone();
        let wrong = || Err(ModelError::NoGpu { reason: "it computes wrong scores".into() });
        let mut warming = Steady::warming_up(Box::new(wrong), gpu, steady.fallback);
        let notice = loop {
            assert_eq!(ask(&mut warming), Emotion::Happiness);
            if let Some(notice) = warming.take_notice() {
                break notice;
            }
        };
        assert!(notice.contains("it computes wrong scores"), "{notice}");
        assert!(warming.backend().description.starts_with("CPU"));
    }

    #[test]
    fn a_gpu_that_errs_is_given_up_with_its_reason() {
        let (steady, n_asked) = steady(|| {
            Err(ModelError::Device { device: "GPU Test".into(), reason: "device lost".into() })
        });
        let notice = falls_back(steady, &n_asked);
        assert!(notice.starts_with("the GPU Test failed (device lost): "), "{notice}");
    }

    #[test]
    fn a_gpu_that_panics_is_given_up_and_the_panic_ends_there() {
        let (steady, n_asked) = steady(|| panic!("the adapter\nis gone"));
        let notice = falls_back(steady, &n_asked);
        assert!(notice.contains("it panicked: the adapter is gone"), "{notice}");
    }

    #[test]
    fn a_gpu_that_hangs_is_given_up_when_its_time_is_over_and_left_behind() {
        let (release, released) = mpsc::channel::<()>();
        let (mut steady, n_asked) = steady(move || {
            let _ = released.recv();
            Ok(sure(Emotion::Fear))
        });
        steady.limit = Duration::from_millis(200);
        let notice = falls_back(steady, &n_asked);
        assert!(notice.contains("it gave no answer for 0.2 s"), "{notice}");
        drop(release);
    }

    #[test]
    fn a_gpu_that_gives_no_probabilities_is_given_up() {
        for nonsense in [f32::NAN, 0.0, f32::INFINITY] {
            let (steady, n_asked) = steady(move || {
                Ok(Answer { scores: Scores([nonsense; N_EMOTIONS]), is_speech: true })
            });
            let notice = falls_back(steady, &n_asked);
            assert!(notice.contains("no probabilities"), "{notice}");
        }
    }

    #[test]
    fn a_segment_that_is_wrong_on_both_is_an_error_and_the_gpu_stays() {
        let wrong = || Err(ModelError::SegmentSize { given: 4, step: 8 });
        let (mut both, _) = steady(wrong);
        both.fallback.then = || Err(ModelError::SegmentSize { given: 4, step: 8 });
        both.fallback.n_right = 0;
        for _ in 0..3 {
            ask(&mut both);
        }
        let error = both.classify(&[0.0; 4], &Baseline::default()).expect_err("no segment");
        assert!(matches!(error, ModelError::SegmentSize { given: 4, step: 8 }));
        assert_eq!((both.take_notice(), both.worker.is_some()), (None, true));
    }
}
