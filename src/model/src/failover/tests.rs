//! Classifiers that fail in every way, and one that takes over.

use super::*;
use hearing::classifier::Sound;
use hearing::emotion::{Emotion, N_EMOTIONS, Scores};
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
    Answer { scores: Scores(scores), sound: Sound::Speech }
}

impl<D: FnMut() -> Result<Answer, ClassifierError>> Classifier for Says<D> {
    fn classify(&mut self, _: &[f32], _: &Baseline) -> Result<Answer, ClassifierError> {
        let n_before = self.n_asked.fetch_add(1, Ordering::SeqCst);
        if n_before < self.n_right { Ok(sure(self.emotion)) } else { (self.then)() }
    }
}

type Cpu = Says<fn() -> Result<Answer, ClassifierError>>;

/// A GPU that says fear three times and then does this, with a CPU that says joy; and how often the GPU
/// was asked.
fn failover(
    then: impl FnMut() -> Result<Answer, ClassifierError> + Send + 'static,
) -> (Failover<Cpu>, Arc<AtomicUsize>) {
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
    (Failover::new(Box::new(gpu), backend, cpu), n_asked)
}

fn ask(failover: &mut Failover<Cpu>) -> Emotion {
    let answer = failover.classify(&[0.0; 4], &Baseline::default());
    answer.expect("one of the two answers").scores.top().0
}

/// Three segments are the GPU's, the fourth and all after it the CPU's; what is said then.
fn falls_back(mut failover: Failover<Cpu>, n_asked: &AtomicUsize) -> String {
    for _ in 0..3 {
        assert_eq!(ask(&mut failover), Emotion::Fear);
    }
    assert_eq!(
        (failover.take_notice(), failover.backend().description.as_str()),
        (None, "GPU Test")
    );
    for _ in 0..3 {
        assert_eq!(ask(&mut failover), Emotion::Happiness);
    }
    assert_eq!(n_asked.load(Ordering::SeqCst), 4, "it never goes back");
    assert!(failover.backend().description.starts_with("CPU"));
    let notice = failover.take_notice().expect("it is said");
    let cpu = Backend::cpu().description;
    assert!(notice.ends_with(&format!("readings go on with the {cpu}")), "{notice}");
    assert_eq!(failover.take_notice(), None, "once");
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
    let (failover, _) = failover(|| panic!("not this one"));
    let gpu = failover.backend().clone();
    let mut warming = Failover::warming_up(make, gpu, failover.fallback);
    assert_eq!(ask(&mut warming), Emotion::Happiness);
    assert!(warming.is_warming());
    assert!(warming.backend().notice.as_ref().is_some_and(|text| text.contains("warms up")));
    go.send(()).unwrap();
    while ask(&mut warming) != Emotion::Fear {
        std::thread::yield_now();
    }
    assert!(!warming.is_warming());
    assert_eq!(warming.backend().description, "GPU Test");
    assert!(warming.take_notice().is_some_and(|text| text.contains("is warm")));
}

#[test]
fn a_gpu_that_cannot_warm_up_is_given_up_with_its_reason() {
    let (failover, _) = failover(|| panic!("not this one"));
    let gpu = failover.backend().clone();
    let wrong = || Err(ModelError::NoGpu { reason: "it computes wrong scores".into() });
    let mut warming = Failover::warming_up(Box::new(wrong), gpu, failover.fallback);
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
    let (failover, n_asked) = failover(|| {
        Err(ClassifierError::Device { device: "GPU Test".into(), reason: "device lost".into() })
    });
    let notice = falls_back(failover, &n_asked);
    assert!(notice.starts_with("the GPU Test failed (device lost): "), "{notice}");
}

#[test]
fn a_gpu_that_panics_is_given_up_and_the_panic_ends_there() {
    let (failover, n_asked) = failover(|| panic!("the adapter\nis gone"));
    let notice = falls_back(failover, &n_asked);
    assert!(notice.contains("it panicked: the adapter is gone"), "{notice}");
}

#[test]
fn a_gpu_that_hangs_is_given_up_when_its_time_is_over_and_left_behind() {
    let (release, released) = mpsc::channel::<()>();
    let (mut failover, n_asked) = failover(move || {
        let _ = released.recv();
        Ok(sure(Emotion::Fear))
    });
    failover.limit = Duration::from_millis(200);
    let notice = falls_back(failover, &n_asked);
    assert!(notice.contains("it gave no answer for 0.2 s"), "{notice}");
    drop(release);
}

#[test]
fn a_gpu_that_gives_no_probabilities_is_given_up() {
    for nonsense in [f32::NAN, 0.0, f32::INFINITY] {
        let (failover, n_asked) = failover(move || {
            Ok(Answer { scores: Scores([nonsense; N_EMOTIONS]), sound: Sound::Speech })
        });
        let notice = falls_back(failover, &n_asked);
        assert!(notice.contains("no probabilities"), "{notice}");
    }
}

#[test]
fn a_segment_that_is_wrong_on_both_is_an_error_and_the_gpu_stays() {
    let wrong = || Err(ClassifierError::SegmentSize { given: 4, step: 8 });
    let (mut both, _) = failover(wrong);
    both.fallback.then = || Err(ClassifierError::SegmentSize { given: 4, step: 8 });
    both.fallback.n_right = 0;
    for _ in 0..3 {
        ask(&mut both);
    }
    let error = both.classify(&[0.0; 4], &Baseline::default()).expect_err("no segment");
    assert!(matches!(error, ClassifierError::SegmentSize { given: 4, step: 8 }));
    assert_eq!((both.take_notice(), both.worker.is_some()), (None, true));
}

#[test]
fn what_several_callers_said_is_answered_at_once_and_whole_when_the_gpu_fails_in_the_middle() {
    let (mut failover, n_asked) = failover(|| panic!("the adapter is gone"));
    let (frames, baseline) = ([0.0; 4], Baseline::default());
    let spoken = [Spoken { frames: &frames, baseline: &baseline }; 2];
    let mut answers = Vec::new();
    for expected in [[Emotion::Fear; 2], [Emotion::Happiness; 2], [Emotion::Happiness; 2]] {
        answers.clear();
        failover.classify_all(&spoken, &mut answers).expect("one of the two answers");
        let emotions: Vec<Emotion> = answers.iter().map(|answer| answer.scores.top().0).collect();
        assert_eq!(emotions, expected);
    }
    assert_eq!(n_asked.load(Ordering::SeqCst), 4);
    assert!(failover.take_notice().is_some_and(|notice| notice.contains("readings go on")));
}
