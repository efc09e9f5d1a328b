//! A caller's timeline in cells: as many as can be drawn, however long the call.
//!
//! In: a caller's stretches. Out: rows of [`N_CELLS`] cells, each with a colour and a letter of its own. Keeps
//! nothing.

use super::story::{Caller, Doing, Span};
use hearing::emotion::{Emotion, Group, N_EMOTIONS, N_GROUPS, Verdict};
use hearing::stream_time::StreamTime;
use hearing::timeline::Activity;

/// Cells in a row: half a second each in a row of a minute, half a minute in a row of an hour.
pub(super) const N_CELLS: usize = 120;

/// A call is drawn in at most so many rows.
const MAX_ROWS: u64 = 4;

/// The lengths of a row in seconds, of which the shortest is taken that fits.
const ROW_LENGTHS_S: [u64; 9] = [60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400];

/// From this probability on an emotion's letter is a capital, as on the screen.
const STRONG: f64 = 0.5;

/// A cell shows speech from this share of its time on: short outbursts in a long call should be seen.
const LEAST_SPEECH: f64 = 0.25;

/// What fills a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fill {
    /// After the end, or skipped by a seek.
    Nothing,
    /// No speech.
    Silence,
    /// Speech, but not enough of it for a reading.
    TooShort,
    /// Speech in which nothing was certain enough.
    Uncertain,
    /// Most readings show this; whether their mean probability is at least a half.
    Emotion(Emotion, bool),
    /// Most readings show this or one of its emotions; whether its mean probability is at least a half.
    Group(Group, bool),
    /// Lost audio.
    Lost,
    /// Nobody was allowed to listen.
    Muted,
    /// Records are missing.
    Unwritten,
}

impl Fill {
    /// One of each, for a legend.
    pub fn all() -> Vec<Fill> {
        let others = [
            Fill::Uncertain,
            Fill::TooShort,
            Fill::Silence,
            Fill::Lost,
            Fill::Muted,
            Fill::Unwritten,
        ];
        let emotions = Emotion::ALL.map(|emotion| Fill::Emotion(emotion, true));
        let groups = Group::ALL.map(|group| Fill::Group(group, true));
        emotions.into_iter().chain(groups).chain(others).collect()
    }

    /// The character that says it without colour; those of the screen.
    pub fn letter(self) -> char {
        match self {
            Fill::Nothing => ' ',
            Fill::Silence => '·',
            Fill::TooShort => '~',
            Fill::Uncertain => '?',
            Fill::Emotion(emotion, true) => emotion.letter(),
            Fill::Emotion(emotion, false) => emotion.letter().to_ascii_lowercase(),
            Fill::Group(group, true) => group.letter(),
            Fill::Group(group, false) => group.letter().to_ascii_lowercase(),
            Fill::Lost => '×',
            Fill::Muted => '=',
            Fill::Unwritten => '#',
        }
    }

    /// The words for a legend or a table.
    pub fn words(self) -> &'static str {
        match self {
            Fill::Nothing => "nothing",
            Fill::Silence => "no speech",
            Fill::TooShort => "speech too short",
            Fill::Uncertain => "uncertain",
            Fill::Emotion(emotion, _) => emotion.words(),
            Fill::Group(group, _) => group.label(),
            Fill::Lost => "lost sound",
            Fill::Muted => "muted",
            Fill::Unwritten => "not in the log",
        }
    }
}

/// How a call is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scale {
    /// The length of a row.
    pub row: StreamTime,
    /// Number of rows.
    pub n_rows: u64,
}

impl Scale {
    /// For a call of this length.
    pub fn of(length: StreamTime) -> Self {
        let rows = ROW_LENGTHS_S.map(|seconds| StreamTime::from_ms(seconds * 1000));
        let fitting = rows.into_iter().find(|row| length.0.div_ceil(row.0) <= MAX_ROWS);
        // Longer than 16 hours: as many rows as it takes.
        let row = fitting.unwrap_or(rows[rows.len() - 1]);
        Scale { row, n_rows: length.0.div_ceil(row.0).max(1) }
    }

    /// The length of a cell.
    pub fn cell(self) -> StreamTime {
        StreamTime(self.row.0 / N_CELLS as u64)
    }
}

/// Equal cells beside each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Run {
    /// The first of them in its row.
    pub first: usize,
    /// How many.
    pub n: usize,
    /// What is in them.
    pub fill: Fill,
}

/// A row of a caller's timeline, without what is nothing.
pub(super) fn runs(caller: &Caller, scale: Scale, row: u64, length: StreamTime) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for place in 0..N_CELLS {
        let from = StreamTime(scale.row.0 * row + scale.cell().0 * place as u64);
        let fill = fill(caller, from, (from + scale.cell()).min(length));
        match runs.last_mut() {
            Some(last) if last.fill == fill => last.n += 1,
            _ => runs.push(Run { first: place, n: 1, fill }),
        }
    }
    runs.retain(|run| run.fill != Fill::Nothing);
    runs
}

/// What fills the time from `from` up to `to`.
pub(super) fn fill(caller: &Caller, from: StreamTime, to: StreamTime) -> Fill {
    if to <= from {
        return Fill::Nothing;
    }
    let mut sums = [StreamTime::ZERO; 7];
    for (doing, length) in overlapping(&caller.doing, from, to) {
        let sum = &mut sums[place(*doing)];
        *sum = *sum + length;
    }
    let [silence, too_short, speech, unheard, lost, muted, unwritten] = sums;
    let whole = to.since(from);
    let most = sums.into_iter().max().unwrap_or_default();
    // Among equals a loss is shown rather than hidden.
    if most == lost {
        Fill::Lost
    } else if most == unwritten {
        Fill::Unwritten
    } else if most == muted {
        Fill::Muted
    } else if speech == most || speech.seconds() >= LEAST_SPEECH * whole.seconds() {
        shown(caller, from, to)
    } else if most == unheard {
        Fill::Nothing
    } else if too_short >= silence || too_short.seconds() >= LEAST_SPEECH * whole.seconds() {
        Fill::TooShort
    } else {
        Fill::Silence
    }
}

/// For how long something was shown, and that times its probability.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    length: f64,
    weighted: f64,
}

impl Sum {
    fn add(self, length: f64, probability: f64) -> Self {
        Sum { length: self.length + length, weighted: self.weighted + length * probability }
    }

    fn is_strong(self) -> bool {
        self.weighted / self.length >= STRONG
    }
}

/// What most of the readings of a time show: an emotion, or a group together with its emotions if it was shown at all.
fn shown(caller: &Caller, from: StreamTime, to: StreamTime) -> Fill {
    let mut emotions = [Sum::default(); N_EMOTIONS];
    let mut groups = [Sum::default(); N_GROUPS];
    // Of the group and its emotions.
    let mut together = [Sum::default(); N_GROUPS];
    let mut uncertain = 0.0;
    for (shown, length) in overlapping(&caller.shown, from, to) {
        let (length, certainty) = (length.seconds(), shown.certainty());
        let group = match shown.verdict {
            Verdict::Emotion(emotion) => {
                let sum = &mut emotions[emotion.index()];
                *sum = sum.add(length, certainty);
                Group::of(emotion)
            }
            Verdict::Group(group) => {
                let sum = &mut groups[group.index()];
                *sum = sum.add(length, certainty);
                group
            }
            Verdict::Uncertain => {
                uncertain += length;
                continue;
            }
        };
        let sum = &mut together[group.index()];
        *sum = sum.add(length, shown.mean_of(group));
    }
    let longest = |sums: &[Sum]| {
        let all = sums.iter().copied().enumerate();
        all.max_by(|(_, one), (_, other)| one.length.total_cmp(&other.length)).unwrap_or_default()
    };
    let (best, sum) = longest(&emotions);
    let (_, grouped) = longest(&groups);
    if sum.length > 0.0 && sum.length >= uncertain && sum.length > grouped.length {
        return Fill::Emotion(Emotion::ALL[best], sum.is_strong());
    }
    for (sum, own) in together.iter_mut().zip(groups) {
        if own.length <= 0.0 {
            *sum = Sum::default();
        }
    }
    let (best, sum) = longest(&together);
    if sum.length > 0.0 && sum.length >= uncertain {
        Fill::Group(Group::ALL[best], sum.is_strong())
    } else {
        Fill::Uncertain
    }
}

fn place(doing: Doing) -> usize {
    match doing {
        Doing::Heard(Activity::Listening) => 0,
        Doing::Heard(Activity::TooShort) => 1,
        Doing::Heard(Activity::Speaking) => 2,
        Doing::Unheard => 3,
        Doing::Lost => 4,
        Doing::Muted => 5,
        Doing::Unwritten => 6,
    }
}

/// What overlaps a time, and for how long.
pub(super) fn overlapping<T>(
    spans: &[Span<T>],
    from: StreamTime,
    to: StreamTime,
) -> impl Iterator<Item = (&T, StreamTime)> {
    let first = spans.partition_point(|span| span.to <= from);
    spans[first..]
        .iter()
        .take_while(move |span| span.from < to)
        .map(move |span| (&span.what, span.to.min(to).since(span.from.max(from))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(n: u64) -> StreamTime {
        StreamTime::from_ms(n * 60_000)
    }

    #[test]
    fn a_call_has_at_most_four_rows_up_to_sixteen_hours() {
        for (length, row, n_rows) in [(1, 1, 1), (3, 1, 3), (12, 5, 3), (240, 60, 4), (961, 240, 5)]
        {
            let scale = Scale::of(minutes(length));
            assert_eq!((scale.row, scale.n_rows), (minutes(row), n_rows), "{length} minutes");
        }
        assert_eq!(Scale::of(StreamTime(1)).n_rows, 1);
    }

    #[test]
    fn letters_are_all_different() {
        let letters: std::collections::HashSet<char> =
            Fill::all().into_iter().map(Fill::letter).collect();
        assert_eq!(letters.len(), Fill::all().len());
    }
}
