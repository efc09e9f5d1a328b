//! Alerts among a pipeline's updates.

use super::*;
use crate::alert::AlertSettings;

/// What a pipeline with alerts says of a caller who speaks, always in fear, and then says nothing.
fn with_alerts(samples: &[f32], block_len: usize) -> Vec<Fact> {
    let mut pipeline = pipeline(8_000).with_alerts(&AlertSettings::default());
    let mut updates = Vec::new();
    for block in samples.chunks(block_len) {
        pipeline.push(0, block, &mut updates).expect("no failure");
    }
    pipeline.gap(0, 8_000, &mut updates).expect("no failure");
    pipeline.seek(0, 0, &mut updates).expect("no failure");
    pipeline.finish(0, &mut updates).expect("no failure");
    updates
}

#[test]
fn an_alert_comes_right_after_what_caused_it_however_the_audio_is_cut() {
    let mut samples = voice(25, 8_000);
    samples.extend(vec![0.0; 8_000 * 63]);
    let (_, updates) = levels_apart(with_alerts(&samples, 800));
    let rules: Vec<_> = updates
        .iter()
        .enumerate()
        .filter_map(|(place, update)| match &update.event {
            Event::Alert(alert) => Some((place, update.at, alert)),
            _ => None,
        })
        .collect();
    let [(place, at, sustained), (_, _, silence)] = &rules[..] else { panic!("{rules:?}") };
    assert_eq!((sustained.rule, sustained.at), (crate::alert::Rule::Sustained, *at));
    assert!(matches!(updates[place - 1].event, Event::Reading(reading) if reading.at == *at));
    assert_eq!(silence.rule, crate::alert::Rule::LongSilence);
    let length = silence.at.since(silence.from).seconds();
    assert!((60.0..60.1).contains(&length), "{length}");
    for block_len in [1_237, 100_000] {
        assert_eq!(levels_apart(with_alerts(&samples, block_len)).1, updates, "{block_len}");
    }
    let without = levels_apart(run(&samples, 8_000, 800).0).1;
    let n_alerts = |updates: &[Fact]| {
        updates.iter().filter(|update| matches!(update.event, Event::Alert(_))).count()
    };
    assert_eq!(n_alerts(&without), 0);
}

#[test]
fn the_reading_at_the_end_of_shedding_can_be_what_an_alert_waited_for() {
    let samples = voice(25, 8_000);
    let updates = with_alerts(&samples, 800);
    let is_alert = |update: &Fact| matches!(update.event, Event::Alert(_));
    let place = updates.iter().position(is_alert).expect("one without shedding");
    // The gate decides on a frame up to 0.1 s after its end.
    let decided = |at: StreamTime| usize::try_from(at.0).expect("25 s") + 800;
    let due = decided(updates[place].at);
    let before = decided(*readings(&updates[..place - 1]).last().expect("readings before it"));

    let mut pipeline = pipeline(8_000).with_alerts(&AlertSettings::default());
    let mut updates = Vec::new();
    pipeline.push(0, &samples[..before], &mut updates).expect("no failure");
    shed_load(&mut pipeline, true, &mut updates);
    pipeline.push(0, &samples[before..due], &mut updates).expect("no failure");
    assert!(!updates.iter().any(is_alert));
    let mut at_end = Vec::new();
    shed_load(&mut pipeline, false, &mut at_end);
    let [skipped, reading, alert] = &at_end[..] else { panic!("{at_end:?}") };
    assert!(matches!(skipped.event, Event::Skipped { readings: 1 }), "{skipped:?}");
    assert!(matches!(reading.event, Event::Reading(_)) && is_alert(alert), "{at_end:?}");
}

#[test]
fn another_call_on_the_line_gives_its_own_alerts() {
    let mut pipeline = pipeline(8_000).with_alerts(&AlertSettings::default());
    let mut updates = Vec::new();
    let samples = voice(20, 8_000);
    let mut n_alerts = || {
        updates.clear();
        pipeline.push(0, &samples, &mut updates).expect("no failure");
        let is_alert = |update: &&Fact| matches!(update.event, Event::Alert(_));
        let n = updates.iter().filter(is_alert).count();
        if n == 0 {
            pipeline.hang_up(0, &mut updates);
        }
        n
    };
    // The second twenty seconds are the same episode; the third are those of another call.
    assert_eq!([n_alerts(), n_alerts(), n_alerts()], [1, 0, 1]);
}
