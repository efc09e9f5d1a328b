//! Calls of one voice: turns, pauses and changes of emotion.

use std::collections::BTreeMap;

use rand::Rng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand_chacha::ChaCha8Rng;

use super::Tape;
use crate::evaluation::calls::Label;
use hearing::emotion::Emotion;
use hearing::stream_time::StreamTime;

/// Pauses between sentences, in seconds.
const PAUSE_S: std::ops::Range<f32> = 0.3..1.5;

/// How long an emotion lasts in a mixed call: so much, but no more than so many clips.
const MIXED_S: std::ops::Range<f64> = 5.0..15.0;
const MIXED_CLIPS: usize = 4;

/// How long an emotion lasts in a lasting call, and what comes before the first.
const LASTING: StreamTime = StreamTime::from_ms(120_000);
const BEFORE_LASTING: StreamTime = StreamTime::from_ms(20_000);

/// One speaker's clips at 8 kHz, without silence at their ends, by emotion.
#[derive(Clone, Debug, Default)]
pub struct Voice(BTreeMap<Emotion, Vec<Vec<f32>>>);

impl Voice {
    /// A voice of these clips; empty ones are left out.
    #[must_use]
    pub fn new(clips: impl IntoIterator<Item = (Emotion, Vec<f32>)>) -> Self {
        let mut by_emotion: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (emotion, samples) in clips.into_iter().filter(|(_, samples)| !samples.is_empty()) {
            by_emotion.entry(emotion).or_default().push(samples);
        }
        Voice(by_emotion)
    }

    /// The emotions that it has clips of.
    #[must_use]
    pub fn emotions(&self) -> Vec<Emotion> {
        self.0.keys().copied().collect()
    }
}

/// A call whose emotion changes every 5 to 15 s (one to four clips), at least this long.
///
/// A voice of one emotion keeps it; one without clips gives an empty tape.
#[must_use]
pub fn mixed_call(voice: &Voice, length: StreamTime, rng: &mut ChaCha8Rng) -> Tape {
    let mut call = Turns::new(voice, rng);
    let mut last = None;
    while call.tape.length() < length && !voice.0.is_empty() {
        let emotion = call.another(last);
        let until = call.rng.random_range(MIXED_S);
        call.keep(emotion, StreamTime::from_seconds(until), MIXED_CLIPS);
        last = Some(emotion);
    }
    call.tape
}

/// A call that begins with 20 s of neutral and other speech in turn; then one emotion lasts two minutes, then
/// the next, for as many as fit into `length`, at least one.
///
/// The emotions are the voice's own in their order, from the `first` on and round again: several calls of
/// one voice can so share them out. Clips come back when all of that emotion have been heard.
#[must_use]
pub fn lasting_call(voice: &Voice, length: StreamTime, first: usize, rng: &mut ChaCha8Rng) -> Tape {
    let mut call = Turns::new(voice, rng);
    let emotions = voice.emotions();
    if emotions.is_empty() {
        return call.tape;
    }
    let mut last = None;
    while call.tape.length() < BEFORE_LASTING {
        let is_neutral = last.is_some_and(|emotion| emotion != Emotion::Neutral);
        let emotion = if is_neutral && emotions.contains(&Emotion::Neutral) {
            Emotion::Neutral
        } else {
            call.another(last)
        };
        call.keep(emotion, StreamTime::ZERO, 1);
        last = Some(emotion);
    }
    let n_blocks = length.since(BEFORE_LASTING).0 / LASTING.0;
    for block in 0..usize::try_from(n_blocks.max(1)).unwrap_or(1) {
        call.keep(emotions[(first + block) % emotions.len()], LASTING, usize::MAX);
    }
    call.tape
}

/// A call while it is put together.
struct Turns<'a> {
    voice: &'a Voice,
    rng: &'a mut ChaCha8Rng,
    tape: Tape,
    /// Clips that were not heard since the last round, by emotion.
    decks: BTreeMap<Emotion, Vec<usize>>,
}

impl<'a> Turns<'a> {
    fn new(voice: &'a Voice, rng: &'a mut ChaCha8Rng) -> Self {
        let mut turns = Turns { voice, rng, tape: Tape::new(), decks: BTreeMap::new() };
        if !voice.0.is_empty() {
            turns.pause();
        }
        turns
    }

    /// Any emotion of the voice but this one, if there is another.
    fn another(&mut self, last: Option<Emotion>) -> Emotion {
        let mut emotions = self.voice.emotions();
        if emotions.len() > 1 {
            emotions.retain(|emotion| Some(*emotion) != last);
        }
        emotions.choose(self.rng).copied().unwrap_or(Emotion::Neutral)
    }

    /// Sentences of one emotion, each with a pause after it: at least one, and more until they last so long
    /// or are so many.
    fn keep(&mut self, emotion: Emotion, at_least: StreamTime, at_most: usize) {
        let begun = self.tape.length();
        let mut n_clips = 0;
        while n_clips == 0 || (self.tape.length().since(begun) < at_least && n_clips < at_most) {
            let Some(clip) = self.next_clip(emotion) else { return };
            let voice = self.voice;
            self.tape.append(&voice.0[&emotion][clip], Label::Speech(emotion));
            self.pause();
            n_clips += 1;
        }
    }

    fn pause(&mut self) {
        let seconds = self.rng.random_range(PAUSE_S);
        self.tape.append_silence(seconds);
    }

    /// A clip of that emotion, none twice before all were heard.
    fn next_clip(&mut self, emotion: Emotion) -> Option<usize> {
        let n_clips = self.voice.0.get(&emotion).map_or(0, Vec::len);
        let deck = self.decks.entry(emotion).or_default();
        if deck.is_empty() {
            deck.extend(0..n_clips);
            deck.shuffle(self.rng);
        }
        deck.pop()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use std::collections::BTreeSet;

    fn rng() -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(1)
    }

    /// Clips of 3 s, each of another constant value.
    fn voice(emotions: &[Emotion]) -> Voice {
        Voice::new(emotions.iter().flat_map(|&emotion| {
            (1..=5_u16).map(move |n| (emotion, vec![f32::from(n) / 10.0; 24_000]))
        }))
    }

    fn s(seconds: u64) -> StreamTime {
        StreamTime::from_ms(1000 * seconds)
    }

    /// Runs of one emotion with their speech in whole seconds.
    fn runs(tape: &Tape) -> Vec<(Emotion, u64)> {
        let mut runs: Vec<(Emotion, u64)> = Vec::new();
        for stretch in tape.stretches() {
            let Some(emotion) = stretch.label.emotion() else { continue };
            let seconds = stretch.to.since(stretch.from).0 / 8_000;
            match runs.last_mut() {
                Some((last, sum)) if *last == emotion => *sum += seconds,
                _ => runs.push((emotion, seconds)),
            }
        }
        runs
    }

    #[test]
    fn a_mixed_call_changes_its_emotion_after_one_to_four_clips_and_is_labelled_throughout() {
        let voice = voice(&[Emotion::Anger, Emotion::Fear, Emotion::Neutral]);
        let tape = mixed_call(&voice, s(180), &mut rng());
        let runs = runs(&tape);
        assert!(runs.len() > 10, "{runs:?}");
        assert!(runs.iter().all(|(_, seconds)| (3..=12).contains(seconds)), "{runs:?}");
        assert!(tape.length() >= s(180) && tape.length() < s(200));
        let mut at = StreamTime::ZERO;
        for stretch in tape.stretches() {
            assert_eq!(stretch.from, at);
            at = stretch.to;
            if stretch.label.emotion().is_none() {
                let seconds = stretch.to.since(stretch.from).seconds();
                assert!((0.3..1.51).contains(&seconds), "{seconds}");
            }
        }
        assert_eq!(at, tape.length());
    }

    #[test]
    fn in_a_lasting_call_each_emotion_lasts_two_minutes_with_all_of_its_clips() {
        let voice = voice(&[Emotion::Anger, Emotion::Fear, Emotion::Neutral]);
        let tape = lasting_call(&voice, s(270), 1, &mut rng());
        let runs = runs(&tape);
        let long: Vec<_> = runs.iter().filter(|(_, seconds)| *seconds > 60).collect();
        assert_eq!(
            long.iter().map(|run| run.0).collect::<Vec<_>>(),
            [Emotion::Fear, Emotion::Neutral]
        );
        assert!(runs.len() >= 5, "other speech comes before: {runs:?}");
        let heard: BTreeSet<u32> = tape.samples().iter().map(|sample| sample.to_bits()).collect();
        assert_eq!(heard.len(), 6, "five clips and silence");
    }

    #[test]
    fn the_same_seed_gives_the_same_call_and_no_voice_gives_none() {
        let voice = voice(&[Emotion::Anger, Emotion::Fear]);
        assert_eq!(mixed_call(&voice, s(60), &mut rng()), mixed_call(&voice, s(60), &mut rng()));
        assert_eq!(mixed_call(&Voice::default(), s(60), &mut rng()), Tape::new());
        assert_eq!(lasting_call(&Voice::default(), s(60), 0, &mut rng()), Tape::new());
    }
}
