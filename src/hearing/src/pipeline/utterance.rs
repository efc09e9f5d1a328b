//! What a caller has said lately: the segment of speech frames, when to classify it, and the activity.

use super::PipelineSettings;
use super::window::Window;
use crate::classifier::{Answer, Baseline, Sound, Spoken};
use crate::emotion::Thresholds;
use crate::fact::{Event, Fact};
use crate::features::recipe::Recipe;
use crate::stream_time::StreamTime;
use crate::timeline::Activity;
use crate::timeline::smoother::Smoother;

/// A feature frame with the gate's decision about it.
pub(super) struct HeardFrame<'a> {
    /// Counted from 1 in its unbroken stretch of audio.
    pub(super) number: usize,
    /// Where its last sample ends.
    pub(super) end: StreamTime,
    /// Whether it is speech.
    pub(super) is_speech: bool,
    /// Its coefficients.
    pub(super) values: &'a [f32],
}

/// After so long a silence the next voice may be another caller's: what is known of the last one is forgotten.
/// Forgetting a caller who was silent costs little, since readings need nothing known.
const HANG_UP_MS: u32 = 60_000;

/// What of a voice may have been taken for the caller's before it is known to be the operator's: it is heard for a second
/// until then, with pauses, and decided on late.
const UNSAID_MS: u32 = 600;

/// Speech of one caller since the last long pause.
#[derive(Clone)]
pub(super) struct Utterance {
    recipe: Recipe,
    hop_frames: usize,
    /// Readings are due so many frames before a whole number of hops.
    phase: usize,
    min_frames: usize,
    pause_frames: usize,
    segment: Window,
    /// Whether the last answer took the segment for speech.
    heard_speech: bool,
    /// Whether what passes the gate is rather something else than speech, as long as no answer says that it is.
    is_other: bool,
    /// The caller's own voice, of the frames that have left the segment.
    baseline: Baseline,
    n_pause: usize,
    activity: Activity,
    smoother: Smoother,
    is_shedding: bool,
    /// Readings that were left out and not told, and where the last of them was due.
    n_skipped: u64,
    skipped_until: StreamTime,
    /// Where the last frame ends.
    heard_until: StreamTime,
}

impl Utterance {
    /// For the caller `index` of `n_callers`, whose readings are due at different moments of a hop, so that the work
    /// is even.
    pub(super) fn new(
        (index, n_callers): (usize, usize),
        settings: &PipelineSettings,
        recipe: Recipe,
        thresholds: Thresholds,
    ) -> Self {
        let hop_frames = recipe.frames_in_ms(settings.hop_ms).max(1);
        let max_frames = recipe.frames_in_ms(settings.segment_ms).max(1);
        let smoothing = StreamTime::from_ms(settings.smoothing_ms.into());
        Utterance {
            recipe,
            hop_frames,
            phase: hop_frames * index / n_callers,
            min_frames: recipe.frames_in_ms(settings.min_speech_ms).clamp(1, max_frames),
            pause_frames: recipe.frames_in_ms(settings.pause_ms),
            segment: Window::new(recipe.n_features(), max_frames),
            heard_speech: false,
            is_other: false,
            baseline: Baseline::default(),
            n_pause: 0,
            activity: Activity::Listening,
            smoother: Smoother::new(smoothing, thresholds),
            is_shedding: false,
            n_skipped: 0,
            skipped_until: StreamTime::ZERO,
            heard_until: StreamTime::ZERO,
        }
    }

    /// Whether the classifier's last answer was that this is speech.
    pub(super) fn heard_speech(&self) -> bool {
        self.heard_speech
    }

    /// Frames from reading to reading.
    pub(super) fn hop_frames(&self) -> usize {
        self.hop_frames
    }

    /// Takes the next frame and appends a change of activity; whether a reading is due, at a hop in speech. Where
    /// nothing may be read, none is.
    pub(super) fn take(
        &mut self,
        frame: &HeardFrame<'_>,
        caller: usize,
        may_read: bool,
        updates: &mut Vec<Fact>,
    ) -> bool {
        self.heard_until = frame.end;
        if !frame.is_speech {
            self.n_pause += 1;
            if self.n_pause > self.pause_frames {
                self.forget();
            }
            if self.has_hung_up() {
                self.forget_caller();
            }
            self.change_to(Activity::Listening, frame.end, caller, updates);
            return false;
        }
        self.n_pause = 0;
        if self.segment.is_full() {
            self.let_go(1);
        }
        self.segment.push(frame.values);
        self.change_to(self.activity_in_sound(), frame.end, caller, updates);
        if !self.is_long_enough() {
            return false;
        }
        if !may_read {
            self.heard_speech = false;
            return false;
        }
        if !(frame.number + self.phase).is_multiple_of(self.hop_frames) {
            return false;
        }
        if self.is_shedding {
            self.n_skipped += 1;
            self.skipped_until = frame.end;
        }
        !self.is_shedding
    }

    /// Begins to leave readings out, or tells how many were left out; whether what is being said now is to be
    /// read.
    pub(super) fn shed_load(
        &mut self,
        is_shedding: bool,
        caller: usize,
        updates: &mut Vec<Fact>,
    ) -> bool {
        self.is_shedding = is_shedding;
        if is_shedding || !self.tell_skipped(caller, updates) {
            return false;
        }
        // In a pause within the speech the newest segment is one that would not have been read.
        self.is_long_enough() && self.n_pause == 0
    }

    /// Tells what was left out; whether anything was.
    fn tell_skipped(&mut self, caller: usize, updates: &mut Vec<Fact>) -> bool {
        let readings = std::mem::take(&mut self.n_skipped);
        if readings > 0 {
            let (at, event) = (self.skipped_until, Event::Skipped { readings });
            updates.push(Fact { caller, at, event });
        }
        readings > 0
    }

    /// What is to be read.
    pub(super) fn spoken(&self) -> Spoken<'_> {
        Spoken { frames: self.segment.values(), baseline: &self.baseline }
    }

    /// Takes the answer to what was [spoken](Utterance::spoken), which becomes a reading if it is speech.
    pub(super) fn answer(&mut self, answer: Answer, caller: usize, updates: &mut Vec<Fact>) {
        self.heard_speech = answer.is_speech();
        match answer.sound {
            Sound::Speech => self.is_other = false,
            Sound::Other => self.is_other = true,
            Sound::Doubtful => {}
        }
        let at = self.heard_until;
        self.change_to(self.activity_in_sound(), at, caller, updates);
        if answer.is_speech() {
            let reading = self.smoother.reading(at, answer.scores);
            updates.push(Fact { caller, at, event: Event::Reading(reading) });
        } else {
            self.smoother.reset();
        }
    }

    /// Goes on as if the answer was this, without a reading.
    pub(super) fn suppose(&mut self, is_speech: bool) {
        self.heard_speech = is_speech;
    }

    /// What was said just before may not have been the caller's: it no longer counts.
    pub(super) fn unsay(&mut self) {
        self.segment.drop_newest(self.recipe.frames_in_ms(UNSAID_MS));
    }

    /// The audio breaks off here: nothing said before counts any more.
    pub(super) fn end(&mut self, at: StreamTime, caller: usize, updates: &mut Vec<Fact>) {
        self.tell_skipped(caller, updates);
        self.change_to(Activity::Listening, at, caller, updates);
        self.n_pause = 0;
        self.forget();
    }

    /// Whether so long a silence has just ended that the next voice may be another caller's.
    pub(super) fn has_hung_up(&self) -> bool {
        self.n_pause == self.recipe.frames_in_ms(HANG_UP_MS)
    }

    /// The audio goes on elsewhere, where another may speak: the caller's voice is no longer known.
    pub(super) fn forget_caller(&mut self) {
        self.is_other = false;
        self.baseline.reset();
    }

    /// What the caller does while the gate is open. Hold music and tones are nobody's speech, however long they last.
    fn activity_in_sound(&self) -> Activity {
        if self.is_other {
            Activity::Listening
        } else if self.is_long_enough() {
            Activity::Speaking
        } else {
            Activity::TooShort
        }
    }

    fn is_long_enough(&self) -> bool {
        self.segment.n_frames() >= self.min_frames
    }

    fn forget(&mut self) {
        self.let_go(self.segment.n_frames());
        self.heard_speech = false;
        self.smoother.reset();
    }

    /// Takes so many frames off the segment's oldest end; what was speech tells of the caller's voice.
    fn let_go(&mut self, n_frames: usize) {
        if self.heard_speech {
            self.segment.oldest(n_frames).for_each(|frame| self.baseline.add(frame));
        }
        self.segment.drop_oldest(n_frames);
    }

    fn change_to(
        &mut self,
        activity: Activity,
        at: StreamTime,
        caller: usize,
        updates: &mut Vec<Fact>,
    ) {
        if self.activity != activity {
            self.activity = activity;
            updates.push(Fact { caller, at, event: Event::Activity(activity) });
        }
    }
}
