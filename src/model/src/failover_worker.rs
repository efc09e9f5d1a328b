//! The thread that asks a GPU, so that whoever wants an answer need not wait for ever.
//!
//! In: a way to a classifier, then segments of several callers and how long their answers may take. Out: that it is
//! ready, then the answers, or why there are none. The thread makes the classifier, keeps it, and drops it where it was
//! used; one that hangs is left behind with it.

use crate::ModelError;
use crate::driver_panic;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TryRecvError, bounded};
use hearing::classifier::{Answer, Baseline, Classifier, ClassifierError, Spoken};
use std::any::Any;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

/// A worker that has nothing to do gets so long to put the classifier away before it is left behind.
const CLOSE_TIME: Duration = Duration::from_secs(1);

/// What probabilities may sum to besides 1: rounding of seven numbers.
const SUM_ERROR: f32 = 1e-3;

/// Segments, each with what is known of its caller.
type Question = Vec<(Vec<f32>, Baseline)>;

/// What the thread says; the reason is a clause about the GPU.
type Reply = Result<Vec<Answer>, String>;

/// What puts the model on the GPU; it may take as long as it wants.
pub(super) type Make = Box<dyn FnOnce() -> Result<Box<dyn Classifier + Send>, ModelError> + Send>;

/// The thread, as its owner sees it. One question at a time.
pub(super) struct Worker {
    /// Says once that the classifier is there, or why not.
    ready: Receiver<Result<(), String>>,
    /// Room for one: nobody asks again before there is an answer.
    questions: Option<Sender<Question>>,
    replies: Receiver<Reply>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Starts the thread.
    pub(super) fn start(make: Make) -> io::Result<Self> {
        let (questions, asked) = bounded(1);
        let (to_replies, replies) = bounded(1);
        let (to_ready, ready) = bounded(1);
        let thread = Builder::new()
            .name(driver_panic::THREAD.into())
            .spawn(move || make_and_answer(make, &to_ready, &asked, &to_replies))?;
        Ok(Worker { ready, questions: Some(questions), replies, thread: Some(thread) })
    }

    /// Says once whether the classifier is there, as soon as that is known.
    pub(super) fn has_become_ready(&self) -> Option<Result<(), String>> {
        match self.ready.try_recv() {
            Ok(ready) => Some(ready),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Err("its thread has ended".to_owned())),
        }
    }

    /// The answers, if they come in time and are some; else the reason.
    pub(super) fn ask(&self, spoken: &[Spoken<'_>], limit: Duration) -> Reply {
        let of_one = |spoken: &Spoken<'_>| (spoken.frames.to_vec(), spoken.baseline.clone());
        let question: Question = spoken.iter().map(of_one).collect();
        let has_ended = || "its thread has ended".to_owned();
        let questions = self.questions.as_ref().ok_or_else(has_ended)?;
        questions.try_send(question).map_err(|_| has_ended())?;
        let reply = self.replies.recv_timeout(limit).map_err(|error| match error {
            RecvTimeoutError::Timeout => {
                format!("it gave no answer for {} s", limit.as_secs_f64())
            }
            RecvTimeoutError::Disconnected => has_ended(),
        })?;
        reply.and_then(|answers| {
            let are_answers = answers.len() == spoken.len() && answers.iter().all(is_answer);
            if are_answers { Ok(answers) } else { Err("it gives no probabilities".into()) }
        })
    }

    /// Waits for nothing: it may hang, and whatever it is left with is lost.
    pub(super) fn leave_behind(mut self) {
        self.thread = None;
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.questions.take());
        let Some(thread) = self.thread.take() else { return };
        // Nobody asked, so the only thing to come is the end.
        let ended = self.replies.recv_timeout(CLOSE_TIME);
        if matches!(ended, Err(RecvTimeoutError::Disconnected)) {
            // A panic there was caught.
            let _ = thread.join();
        }
    }
}

fn make_and_answer(
    make: Make,
    ready: &Sender<Result<(), String>>,
    asked: &Receiver<Question>,
    replies: &Sender<Reply>,
) {
    let attempt = match catch_unwind(AssertUnwindSafe(make)) {
        Ok(attempt) => attempt.map_err(|error| reason_of(&error)),
        Err(payload) => Err(format!("it panicked: {}", said(payload.as_ref()))),
    };
    match attempt {
        Ok(classifier) => {
            let _ = ready.send(Ok(()));
            answer_all(classifier, asked, replies);
        }
        Err(reason) => {
            let _ = ready.send(Err(reason));
        }
    }
}

/// Answers until nobody asks any more, or the GPU has panicked.
fn answer_all(
    mut classifier: Box<dyn Classifier + Send>,
    asked: &Receiver<Question>,
    replies: &Sender<Reply>,
) {
    for question in asked {
        let spoken: Vec<Spoken<'_>> =
            question.iter().map(|(frames, baseline)| Spoken { frames, baseline }).collect();
        let mut answers = Vec::with_capacity(spoken.len());
        let attempt =
            catch_unwind(AssertUnwindSafe(|| classifier.classify_all(&spoken, &mut answers)));
        let has_panicked = attempt.is_err();
        let reply = match attempt {
            Ok(done) => done.map(|()| answers).map_err(|error| reason_of(&error.into())),
            Err(payload) => Err(format!("it panicked: {}", said(payload.as_ref()))),
        };
        if replies.send(reply).is_err() || has_panicked {
            break;
        }
    }
    // What has panicked once may do so again when it is put away.
    let _ = catch_unwind(AssertUnwindSafe(|| drop(classifier)));
}

fn reason_of(error: &ModelError) -> String {
    match error {
        ModelError::Classifier(ClassifierError::Device { reason, .. })
        | ModelError::NoGpu { reason } => one_line(reason),
        other => one_line(&other.to_string()),
    }
}

/// What a panic said.
fn said(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
    one_line(text.unwrap_or("for an unknown reason"))
}

/// Whether it says something: a driver that has lost its memory gives zeros or none at all.
fn is_answer(answer: &Answer) -> bool {
    let sum: f32 = answer.scores.0.iter().sum();
    (sum - 1.0).abs() <= SUM_ERROR
}

/// The first words of what a driver says, for a line on screen.
fn one_line(text: &str) -> String {
    const MAX_CHARS: usize = 160;
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(MAX_CHARS).collect()
}
