//! Episodes: stretches of a call in which one emotion was shown, or one group of them.
//!
//! In: readings, in order. Out: the longest and the strongest [`Episode`]s. Keeps these few and the running one,
//! however long the call.

use crate::emotion::{Emotion, Group};
use crate::stream_time::StreamTime;
use crate::timeline::{Reading, Verdict};

/// How many episodes of each kind are kept: what a person looks at after a call.
pub const N_KEPT: usize = 3;

/// For so long an emotion may be not shown (a breath, an uncertain word, its group) and still be the same episode.
const HOLD: StreamTime = StreamTime::from_ms(3_000);

/// What is shorter was shown, but not for long enough to speak of.
const SHORTEST: StreamTime = StreamTime::from_ms(2_000);

/// A stretch in which one emotion other than neutral was shown, or one group other than calm, with pauses of 3 s at
/// most.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Episode {
    /// What was shown: an emotion or a group.
    pub shown: Verdict,
    /// Its first reading.
    pub from: StreamTime,
    /// Its last reading: two seconds later at least.
    pub to: StreamTime,
    /// Its mean probability over the readings that showed it, in [0, 1].
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
    /// Of an emotion.
    emotion: Option<Running>,
    /// Of a group: its emotions come and go in it, and it in theirs.
    group: Option<Running>,
    longest: Vec<Episode>,
    strongest: Vec<Episode>,
}

#[derive(Clone, Copy, Debug)]
struct Running {
    shown: Verdict,
    from: StreamTime,
    to: StreamTime,
    sum: f64,
    n: u32,
}

impl Episodes {
    /// Takes the next reading.
    pub fn reading(&mut self, reading: &Reading) {
        match reading.verdict {
            Verdict::Uncertain => {}
            Verdict::Emotion(emotion) => {
                if self.group_runs_without(emotion) {
                    self.close_group();
                }
                if !goes_on(&mut self.emotion, reading) {
                    self.close_emotion();
                    let is_one = emotion != Emotion::Neutral;
                    self.emotion = is_one.then(|| Running::of(reading));
                }
            }
            Verdict::Group(group) => {
                let running = self.emotion.and_then(|running| running.shown.emotion());
                if running.is_some_and(|emotion| !group.has(emotion)) {
                    self.close_emotion();
                }
                if !goes_on(&mut self.group, reading) {
                    self.close_group();
                    let is_one = group != Group::Calm;
                    self.group = is_one.then(|| Running::of(reading));
                }
            }
        }
    }

    fn group_runs_without(&self, emotion: Emotion) -> bool {
        let group = self.group.and_then(|running| running.shown.group());
        group.is_some_and(|group| !group.has(emotion))
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
        self.close_emotion();
        self.close_group();
    }

    fn close_emotion(&mut self) {
        let running = self.emotion.take();
        self.end(running);
    }

    fn close_group(&mut self) {
        let running = self.group.take();
        self.end(running);
    }

    fn end(&mut self, running: Option<Running>) {
        let Some(Running { shown, from, to, sum, n }) = running else { return };
        let episode = Episode { shown, from, to, strength: sum / f64::from(n) };
        if episode.length() >= SHORTEST {
            keep(&mut self.longest, episode, |one, other| one.length() > other.length());
            keep(&mut self.strongest, episode, |one, other| one.strength > other.strength);
        }
    }
}

impl Running {
    fn of(reading: &Reading) -> Self {
        let sum = strength(reading);
        Running { shown: reading.verdict, from: reading.at, to: reading.at, sum, n: 1 }
    }
}

/// Whether a reading is of the running episode, which then has it.
fn goes_on(running: &mut Option<Running>, reading: &Reading) -> bool {
    let Some(running) = running else { return false };
    let is_of_it = running.shown == reading.verdict
        && reading.at >= running.to
        && reading.at.since(running.to) <= HOLD;
    if is_of_it {
        running.to = reading.at;
        running.sum += strength(reading);
        running.n += 1;
    }
    is_of_it
}

fn strength(reading: &Reading) -> f64 {
    reading.verdict.probability(&reading.scores).into()
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
        let told = |e: &Episode| {
            let emotion = e.shown.emotion().expect("an emotion");
            (emotion, e.from.seconds(), e.length().seconds())
        };
        episodes.iter().map(told).collect()
    }

    /// One reading a second, each as one letter of an emotion or a group, or `?`.
    fn spell(letters: &str) -> Vec<(&'static str, f64, f64)> {
        let mut episodes = Episodes::default();
        for (second, letter) in (0_u8..).zip(letters.chars()) {
            let emotion = Emotion::ALL.into_iter().find(|emotion| emotion.letter() == letter);
            let group = Group::ALL.into_iter().find(|group| group.letter() == letter);
            let verdict = emotion
                .map(Verdict::Emotion)
                .or(group.map(Verdict::Group))
                .unwrap_or(Verdict::Uncertain);
            let at = StreamTime::from_seconds(second.into());
            episodes.reading(&Reading { at, scores: Scores::UNIFORM, verdict });
        }
        let told = |e: &Episode| (e.shown.label(), e.from.seconds(), e.length().seconds());
        episodes.longest().iter().map(told).collect()
    }

    #[test]
    fn a_group_does_not_end_an_episode_of_its_emotions_and_has_one_of_its_own() {
        assert_eq!(spell("FFTTFF"), [("fear", 0.0, 5.0)], "the group for too short a time");
        assert_eq!(spell("TTTT?TT"), [("distressed", 0.0, 6.0)]);
        let both = spell("TTFTTFFFFF");
        assert_eq!(both, [("fear", 2.0, 7.0), ("distressed", 0.0, 4.0)]);
        assert_eq!(spell("CCCCCC"), [], "calm is no episode, as neutral is none");
    }

    #[test]
    fn another_group_ends_an_episode() {
        assert_eq!(spell("FFFLFFF"), [("fear", 0.0, 2.0), ("fear", 4.0, 2.0)]);
        assert_eq!(spell("TTTHTTT"), [("distressed", 0.0, 2.0), ("distressed", 4.0, 2.0)]);
        assert_eq!(spell("LLLCLLL"), [("pleasant", 0.0, 2.0), ("pleasant", 4.0, 2.0)]);
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
