//! Episodes: stretches of a call in which one emotion was shown.
//!
//! In: readings, in order. Out: the longest and the strongest [`Episode`]s. Keeps these few and the running one,
//! however long the call.

use crate::emotion::Emotion;
use crate::stream_time::StreamTime;
use crate::timeline::{Reading, Verdict};

/// How many episodes of each kind are kept: what a person looks at after a call.
pub const N_KEPT: usize = 3;

/// For so long an emotion may be not shown (a breath, an uncertain word) and still be the same episode.
const HOLD: StreamTime = StreamTime::from_ms(3_000);

/// What is shorter was shown, but not for long enough to speak of.
const SHORTEST: StreamTime = StreamTime::from_ms(2_000);

/// A stretch in which one emotion other than neutral was shown, with pauses of 3 s at most.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Episode {
    /// The emotion.
    pub emotion: Emotion,
    /// Its first reading.
    pub from: StreamTime,
    /// Its last reading: two seconds later at least.
    pub to: StreamTime,
    /// The emotion's mean probability over the readings that showed it, in [0, 1].
    pub strength: f64,
}

impl Episode {
    /// How long it was.
    #[must_use]
    pub fn length(&self) -> StreamTime {
        self.to.since(self.from)
    }
}

/// The episodes of one caller so far.
#[derive(Clone, Debug, Default)]
pub struct Episodes {
    running: Option<Running>,
    longest: Vec<Episode>,
    strongest: Vec<Episode>,
}

#[derive(Clone, Copy, Debug)]
struct Running {
    emotion: Emotion,
    from: StreamTime,
    to: StreamTime,
    sum: f64,
    n: u32,
}

impl Episodes {
    /// Takes the next reading.
    pub fn reading(&mut self, reading: &Reading) {
        let Verdict::Emotion(emotion) = reading.verdict else { return };
        let strength = f64::from(reading.scores.of(emotion));
        if let Some(running) = &mut self.running
            && running.emotion == emotion
            && reading.at >= running.to
            && reading.at.since(running.to) <= HOLD
        {
            running.to = reading.at;
            running.sum += strength;
            running.n += 1;
            return;
        }
        self.close();
        if emotion != Emotion::Neutral {
            let (from, to) = (reading.at, reading.at);
            self.running = Some(Running { emotion, from, to, sum: strength, n: 1 });
        }
    }

    /// A recording was moved to this place: what came after it is heard anew.
    pub fn seek(&mut self, to: StreamTime) {
        self.close();
        self.longest.retain(|episode| episode.to <= to);
        self.strongest.retain(|episode| episode.to <= to);
    }

    /// The longest episodes, up to [`N_KEPT`], the longest first.
    #[must_use]
    pub fn longest(&self) -> Vec<Episode> {
        self.closed().longest
    }

    /// The episodes with the greatest [`Episode::strength`], up to [`N_KEPT`], the strongest first.
    #[must_use]
    pub fn strongest(&self) -> Vec<Episode> {
        self.closed().strongest
    }

    fn closed(&self) -> Self {
        let mut closed = self.clone();
        closed.close();
        closed
    }

    fn close(&mut self) {
        let Some(Running { emotion, from, to, sum, n }) = self.running.take() else { return };
        let episode = Episode { emotion, from, to, strength: sum / f64::from(n) };
        if episode.length() >= SHORTEST {
            keep(&mut self.longest, episode, |one, other| one.length() > other.length());
            keep(&mut self.strongest, episode, |one, other| one.strength > other.strength);
        }
    }
}

/// Puts an episode at its place; among equals the earlier one comes first.
fn keep(kept: &mut Vec<Episode>, episode: Episode, before: impl Fn(&Episode, &Episode) -> bool) {
    let place = kept.iter().position(|other| before(&episode, other)).unwrap_or(kept.len());
    kept.insert(place, episode);
    kept.truncate(N_KEPT);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emotion::{N_EMOTIONS, Scores};

    fn reading(at_s: f64, emotion: Option<Emotion>, probability: f32) -> Reading {
        let mut scores = [0.0; N_EMOTIONS];
        scores[emotion.unwrap_or(Emotion::Fear).index()] = probability;
        let verdict = emotion.map_or(Verdict::Uncertain, Verdict::Emotion);
        Reading { at: StreamTime::from_seconds(at_s), scores: Scores(scores), verdict }
    }

    /// So many readings a second apart.
    fn run(
        episodes: &mut Episodes,
        from_s: u32,
        n: u32,
        emotion: Option<Emotion>,
        probability: f32,
    ) {
        for second in from_s..from_s + n {
            episodes.reading(&reading(f64::from(second), emotion, probability));
        }
    }

    fn told(episodes: &[Episode]) -> Vec<(Emotion, f64, f64)> {
        let told = |e: &Episode| (e.emotion, e.from.seconds(), e.length().seconds());
        episodes.iter().map(told).collect()
    }

    #[test]
    fn the_longest_and_the_strongest_are_kept_and_neutral_is_no_episode() {
        let mut episodes = Episodes::default();
        run(&mut episodes, 0, 60, Some(Emotion::Neutral), 0.9);
        run(&mut episodes, 60, 10, Some(Emotion::Fear), 0.5);
        run(&mut episodes, 70, 4, Some(Emotion::Anger), 0.9);
        run(&mut episodes, 74, 5, Some(Emotion::Sadness), 0.75);
        run(&mut episodes, 79, 3, Some(Emotion::Disgust), 0.6);
        run(&mut episodes, 90, 2, Some(Emotion::Surprise), 1.0);
        let longest = [
            (Emotion::Fear, 60.0, 9.0),
            (Emotion::Sadness, 74.0, 4.0),
            (Emotion::Anger, 70.0, 3.0),
        ];
        assert_eq!(told(&episodes.longest()), longest);
        let strongest = [
            (Emotion::Anger, 70.0, 3.0),
            (Emotion::Sadness, 74.0, 4.0),
            (Emotion::Disgust, 79.0, 2.0),
        ];
        assert_eq!(told(&episodes.strongest()), strongest);
        assert!((episodes.strongest()[1].strength - 0.75).abs() < 1e-9);
    }

    #[test]
    fn uncertain_words_and_breaths_do_not_end_an_episode_and_long_pauses_do() {
        let mut episodes = Episodes::default();
        run(&mut episodes, 0, 3, Some(Emotion::Fear), 0.8);
        run(&mut episodes, 3, 2, None, 0.4);
        run(&mut episodes, 5, 3, Some(Emotion::Fear), 0.8);
        assert_eq!(
            told(&episodes.longest()),
            [(Emotion::Fear, 0.0, 7.0)],
            "the running one counts"
        );
        run(&mut episodes, 11, 3, Some(Emotion::Fear), 0.8);
        assert_eq!(told(&episodes.longest()).len(), 2);
    }

    #[test]
    fn what_is_heard_again_counts_once() {
        let mut episodes = Episodes::default();
        for _ in 0..2 {
            run(&mut episodes, 0, 5, Some(Emotion::Fear), 0.8);
            run(&mut episodes, 10, 5, Some(Emotion::Anger), 0.8);
            episodes.seek(StreamTime::from_ms(8_000));
            assert_eq!(told(&episodes.longest())[0], (Emotion::Fear, 0.0, 4.0));
            episodes.seek(StreamTime::ZERO);
        }
        assert_eq!(episodes.longest(), []);
    }
}
