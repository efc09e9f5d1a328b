//! A caller of whom no emotion is sure, but a group is.

use super::*;
use hearing::emotion::{Group, Scores};
use hearing::fact::{Event, Fact};
use hearing::timeline::{Reading, Verdict};

/// The usual call, after which a line sounds distressed for eight seconds, between fear and sadness.
fn distressed(labels: &[&str], line: usize) -> App {
    let mut app = app_after(108, setup(labels, LIVE));
    let scores = Scores([0.08, 0.05, 0.38, 0.03, 0.04, 0.34, 0.08]);
    for hop in 0..32 {
        let at = StreamTime::from_ms(108_000 + 250 * hop);
        let event =
            Event::Reading(Reading { at, scores, verdict: Verdict::Group(Group::Distressed) });
        app.apply(Feed::Fact(Fact { caller: line, at, event }));
    }
    app.tick(Duration::from_secs(116));
    app
}

#[test]
fn a_caller_who_sounds_distressed() {
    let app = distressed(&["caller"], 0);
    insta::assert_snapshot!(drawn(80, 24, &app));
}

#[test]
fn on_the_smallest_screen_the_group_is_said_too() {
    let small = text(&drawn(40, 10, &distressed(&["caller"], 0)));
    assert!(small.contains("sounds distressed (fear or sadness)"), "{small}");
}

#[test]
fn among_several_callers_a_row_says_the_group_and_its_certainty() {
    let app = distressed(&["Anna", "Bella", "Cleo"], 1);
    for (columns, rows) in [(80, 24), (120, 40)] {
        let text = text(&drawn(columns, rows, &app));
        let row = text.lines().find(|line| line.contains("Bella")).expect("her row");
        assert!(row.contains("distressed 85 %") && row.contains("TTTT"), "{text}");
    }
}

#[test]
fn who_sounds_distressed_needs_attention() {
    let labels = ["Anna", "Bella", "Cleo"];
    let before = app_after(108, setup(&labels, LIVE)).attention(2);
    assert!(distressed(&labels, 2).attention(2) > before, "{before:?}");
}
