//! One line of how the caller speaks: numbers of the last seconds, and a word where they plainly differ from
//! before.

use super::text::{fit, put, width};
use super::theme::Theme;
use hearing::prosody::{Comparison, Explanation};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Draws the line; nothing if there are no facts.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, facts: Option<&Explanation>, theme: Theme) {
    if let Some(facts) = facts {
        let columns = area.width.into();
        let lines = [spelled_out(facts, true), spelled_out(facts, false)];
        let fitting = lines.into_iter().find(|line| width(line) <= columns);
        let line = fitting.unwrap_or_else(|| short(facts));
        put(buffer, area, (0, 0), &fit(&line, columns), theme.dim());
    }
}

/// `louder +6 dB · pitch 210 Hz, higher +3 st · 4.1 syll/s · pauses 20 %`; how lively the pitch is, if there is room.
fn spelled_out(explanation: &Explanation, has_movement: bool) -> String {
    let Explanation { facts, change } = explanation;
    let change = change.as_ref();
    let said = |word: Option<&str>| word.map_or(String::new(), |word| format!(", {word}"));
    let loudness = match change.and_then(|change| Some((change.loudness()?, change.loudness_db))) {
        Some((word, db)) => format!("{word} {db:+.0} dB"),
        None => format!("speech {:.0} dBFS", facts.loudness_db),
    };
    let pitch = facts.pitch_hz.map(|hz| {
        let higher = change.and_then(|change| Some((change.pitch()?, change.pitch_semitones?)));
        let higher = higher.map_or(String::new(), |(word, by)| format!(", {word} {by:+.0} st"));
        let movement = change.filter(|_| has_movement).and_then(Comparison::movement);
        format!("pitch {hz:.0} Hz{higher}{}", said(movement))
    });
    let rate =
        format!("{:.1} syll/s{}", facts.syllables_per_s, said(change.and_then(Comparison::rate)));
    let pauses = format!(
        "pauses {:.0} %{}",
        100.0 * facts.pause_share,
        said(change.and_then(Comparison::pauses))
    );
    [Some(loudness), pitch, Some(rate), Some(pauses)]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" · ")
}

/// The same in signs, for a narrow screen: `-20 dB +6 · 210 Hz +3 st · 4.1/s · 20 %`.
fn short(explanation: &Explanation) -> String {
    let Explanation { facts, change } = explanation;
    let change = change.as_ref();
    let by = |word: Option<&str>, by: f32, unit: &str| {
        word.map_or(String::new(), |_| format!(" {by:+.0}{unit}"))
    };
    let louder =
        change.map_or(String::new(), |change| by(change.loudness(), change.loudness_db, ""));
    let pitch = facts.pitch_hz.map_or(String::new(), |hz| {
        let higher =
            change.and_then(|change| Some(by(change.pitch(), change.pitch_semitones?, " st")));
        format!(" · {hz:.0} Hz{}", higher.unwrap_or_default())
    });
    format!(
        "{:.0} dB{louder}{pitch} · {:.1}/s · {:.0} %",
        facts.loudness_db,
        facts.syllables_per_s,
        100.0 * facts.pause_share
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use hearing::prosody::Facts;

    const BEFORE: Facts = Facts {
        loudness_db: -26.0,
        pitch_hz: Some(177.0),
        pitch_range_semitones: Some(5.0),
        syllables_per_s: 4.0,
        pause_share: 0.25,
    };
    const NOW: Facts = Facts {
        loudness_db: -20.0,
        pitch_hz: Some(210.0),
        syllables_per_s: 4.1,
        pause_share: 0.2,
        ..BEFORE
    };

    fn against(facts: Facts, before: Option<&Facts>) -> Explanation {
        Explanation { facts, change: before.map(|before| facts.against(before)) }
    }

    #[test]
    fn only_plain_differences_have_a_word() {
        assert_eq!(
            spelled_out(&against(NOW, None), true),
            "speech -20 dBFS · pitch 210 Hz · 4.1 syll/s · pauses 20 %"
        );
        assert_eq!(
            spelled_out(&against(NOW, Some(&BEFORE)), true),
            "louder +6 dB · pitch 210 Hz, higher +3 st · 4.1 syll/s · pauses 20 %"
        );
        let whispered = Facts {
            loudness_db: -40.0,
            pitch_hz: None,
            pitch_range_semitones: None,
            syllables_per_s: 3.0,
            pause_share: 0.4,
        };
        assert_eq!(
            spelled_out(&against(whispered, Some(&BEFORE)), true),
            "quieter -14 dB · 3.0 syll/s, slower · pauses 40 %, more"
        );
        let lively = Facts { pitch_range_semitones: Some(9.0), ..BEFORE };
        let lively = against(lively, Some(&BEFORE));
        assert!(spelled_out(&lively, true).contains("pitch 177 Hz, livelier ·"));
        assert!(spelled_out(&lively, false).contains("pitch 177 Hz ·"));
    }

    #[test]
    fn a_narrow_screen_has_the_same_numbers_in_one_line() {
        let line = short(&against(NOW, Some(&BEFORE)));
        assert_eq!(line, "-20 dB +6 · 210 Hz +3 st · 4.1/s · 20 %");
        assert!(width(&line) <= 40);
        assert_eq!(short(&against(NOW, None)), "-20 dB · 210 Hz · 4.1/s · 20 %");
        let row = |columns| {
            let mut buffer = Buffer::empty(Rect::new(0, 0, columns, 1));
            let area = buffer.area;
            let facts = against(NOW, Some(&BEFORE));
            draw(
                &mut buffer,
                area,
                Some(&facts),
                Theme::new(super::super::theme::Colours::None, super::super::theme::Paper::Unknown),
            );
            (0..columns).map(|x| buffer[(x, 0)].symbol()).collect::<String>().trim_end().to_owned()
        };
        assert_eq!(row(68), "louder +6 dB · pitch 210 Hz, higher +3 st · 4.1 syll/s · pauses 20 %");
        assert_eq!(row(67), line);
        assert_eq!(row(12), "-20 dB +6 ·…");
    }
}
