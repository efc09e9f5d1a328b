//! Which part of a call the timeline shows: how much time a column stands for, and where the last one is.
//!
//! Columns are anchored in the call, so that what was drawn moves left and does not change its face.

use hearing::stream_time::StreamTime;

/// How much the timeline shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Zoom {
    /// Thirty seconds on the whole width, whatever that is.
    HalfAMinute,
    OneSecond,
    /// Eight readings a column, and two and a half minutes on 80 columns.
    #[default]
    TwoSeconds,
    FiveSeconds,
    TenSeconds,
    ThirtySeconds,
    Minute,
    /// The whole call on the whole width.
    Call,
}

impl Zoom {
    const ALL: [Zoom; 8] = [
        Zoom::HalfAMinute,
        Zoom::OneSecond,
        Zoom::TwoSeconds,
        Zoom::FiveSeconds,
        Zoom::TenSeconds,
        Zoom::ThirtySeconds,
        Zoom::Minute,
        Zoom::Call,
    ];

    /// Less time; the least stays.
    pub(super) fn closer(self) -> Self {
        Zoom::ALL[(self as usize).saturating_sub(1)]
    }

    /// More time; the most stays.
    pub(super) fn farther(self) -> Self {
        Zoom::ALL[(self as usize + 1).min(Zoom::ALL.len() - 1)]
    }

    /// What a column stands for.
    fn column(self, columns: u16, now: StreamTime) -> StreamTime {
        let columns = u64::from(columns.max(1));
        let fixed = |seconds: u64| StreamTime::from_ms(1000 * seconds);
        let share = |whole: StreamTime, step: StreamTime| {
            StreamTime(whole.0.div_ceil(columns).next_multiple_of(step.0))
        };
        match self {
            Zoom::HalfAMinute => share(StreamTime::from_ms(30_000), StreamTime::from_ms(50)),
            Zoom::OneSecond => fixed(1),
            Zoom::TwoSeconds => fixed(2),
            Zoom::FiveSeconds => fixed(5),
            Zoom::TenSeconds => fixed(10),
            Zoom::ThirtySeconds => fixed(30),
            Zoom::Minute => fixed(60),
            // In steps, so that a call that goes on is not drawn anew all the time.
            Zoom::Call => share(StreamTime(now.0 + 1).max(fixed(30)), StreamTime::from_ms(500)),
        }
    }

    /// In words.
    pub(super) fn words(self, columns: u16, now: StreamTime) -> String {
        match self {
            Zoom::HalfAMinute => "the timeline shows 30 s".to_owned(),
            Zoom::Call => "the timeline shows the whole call".to_owned(),
            other => {
                let column = other.column(columns, now);
                let whole = StreamTime(column.0.saturating_mul(columns.into()));
                format!("the timeline shows {whole}, {:.0} s a column", column.seconds())
            }
        }
    }
}

/// The columns of a timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    /// What a column stands for.
    pub(super) column: StreamTime,
    /// The last column, counted from the beginning of the call.
    last: u64,
    pub(super) columns: u16,
}

impl Window {
    /// So many columns up to now.
    pub(super) fn live(zoom: Zoom, columns: u16, now: StreamTime) -> Self {
        Window::until(zoom, columns, now, now)
    }

    /// So many columns up to the one with a time in it.
    pub(super) fn until(zoom: Zoom, columns: u16, now: StreamTime, until: StreamTime) -> Self {
        let column = zoom.column(columns, now);
        Window { column, last: until.min(now).0 / column.0, columns }
    }

    /// The time of a column; nothing before the call.
    pub(super) fn time_of(&self, column: u16) -> Option<(StreamTime, StreamTime)> {
        let age = self.columns.checked_sub(column + 1)?;
        let index = self.last.checked_sub(age.into())?;
        let from = StreamTime(index.saturating_mul(self.column.0));
        Some((from, StreamTime(from.0.saturating_add(self.column.0))))
    }

    /// How long the whole window is.
    pub(super) fn length(&self) -> StreamTime {
        StreamTime(self.column.0.saturating_mul(self.columns.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(seconds: u64) -> StreamTime {
        StreamTime::from_ms(1000 * seconds)
    }

    #[test]
    fn thirty_seconds_and_the_whole_call_fill_any_width() {
        for columns in [1, 7, 38, 78, 198, 500] {
            for now in [s(0), s(10), s(95), s(3600), s(8 * 3600)] {
                let near = Window::live(Zoom::HalfAMinute, columns, now).length();
                assert!(near >= s(30) && near.0 < s(30).0 + u64::from(columns) * 400);
                let far = Window::live(Zoom::Call, columns, now);
                assert!(far.length() >= now, "{columns}");
                assert!(far.time_of(0).is_none_or(|(from, _)| from == StreamTime::ZERO));
            }
        }
    }

    #[test]
    fn the_last_column_holds_the_end_and_nothing_is_before_the_call() {
        let window = Window::live(Zoom::TwoSeconds, 4, s(5));
        assert_eq!(window.time_of(0), None);
        assert_eq!(window.time_of(1), Some((s(0), s(2))));
        assert_eq!(window.time_of(3), Some((s(4), s(6))));
        assert_eq!(window.time_of(4), None);
        let back = Window::until(Zoom::TwoSeconds, 2, s(100), s(51));
        assert_eq!(back.time_of(1), Some((s(50), s(52))));
    }

    #[test]
    fn zooming_ends_at_both_ends() {
        let mut zoom = Zoom::default();
        for _ in 0..20 {
            zoom = zoom.closer();
        }
        assert_eq!(zoom, Zoom::HalfAMinute);
        for _ in 0..20 {
            zoom = zoom.farther();
        }
        assert_eq!(zoom, Zoom::Call);
        assert_eq!(
            Zoom::default().words(78, StreamTime::ZERO),
            "the timeline shows 2:36, 2 s a column"
        );
    }
}
