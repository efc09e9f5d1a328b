//! `undertone devices --watch`: a live level for each input, to find out which one carries the caller.
//!
//! In: the inputs. Out: a table that is drawn again and again, or without a terminal a line a second. It keeps
//! every input open meanwhile, and nothing of what is heard.

use super::super::watch::stop_flag;
use super::{marks, rows};
use crate::cli::DevicesArgs;
use crate::command::seconds;
use anyhow::Context;
use hearing::fact::SoundFault;
use record::plain_text::{plain, plain_line};
use screen::{require_terminal, show_table};
use serde::Serialize;
use sound::microphone::{Connection, Device, DeviceChoice, Microphone, recommended};
use sound::{AudioError, Block, Source};
use std::io::{self, Write};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Silence, in dB of full scale.
const SILENCE_DB: f32 = -100.0;

/// Below half of the smallest step of 16 bits there is nothing.
const ZERO: f32 = 1.0 / 65_536.0;

/// A sample of this size was cut off, or is about to be; where one of so many is, the sound is clipped.
const CLIPPED: f32 = 0.98;
const CLIPPED_SHARE: u32 = 500;

/// The meter's left end.
const QUIETEST_DB: f32 = -60.0;

/// Characters of the meter.
const METER: usize = 10;

/// How long a level is gathered before it is shown.
const PICTURE: Duration = Duration::from_millis(200);

/// Between two lines where there is no terminal.
const LINE: Duration = Duration::from_secs(1);

/// How often the inputs are read.
const POLL: Duration = Duration::from_millis(20);

/// Characters of an error in a row of the table.
const MOST_ERROR_CHARS: usize = 60;

/// An input that is listened to.
struct Listened {
    opened: Result<Microphone, AudioError>,
    sum: f64,
    peak: f32,
    n: u32,
    n_clipped: u32,
}

/// What came from an input since it was last asked.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Level {
    /// In dB of full scale, at least -100.
    Heard {
        /// Root mean square.
        rms_db: f32,
        /// Largest sample.
        peak_db: f32,
    },
    /// Nothing came yet.
    Waiting,
    /// It cannot be opened, or it is not there any more.
    Gone(String),
}

/// Shows the levels until `q`, Ctrl-C or a signal, or for as long as was asked for.
///
/// # Errors
/// A terminal that cannot be used, signals that cannot be handled.
pub(super) fn watch(inputs: &[Device], args: &DevicesArgs) -> anyhow::Result<()> {
    let mut listened: Vec<Listened> = inputs.iter().map(Listened::open).collect();
    let end = args.seconds.map(seconds).transpose()?.map(|length| Instant::now() + length);
    let is_over = || end.is_some_and(|end| Instant::now() >= end);
    if args.json || require_terminal().is_err() {
        return watch_in_lines(inputs, &mut listened, args.json, &is_over);
    }
    let table = || {
        gather(&mut listened, PICTURE);
        (!is_over()).then(|| table(inputs, &levels(&mut listened)))
    };
    Ok(show_table(table)?)
}

fn watch_in_lines(
    inputs: &[Device],
    listened: &mut [Listened],
    json: bool,
    is_over: &dyn Fn() -> bool,
) -> anyhow::Result<()> {
    let stop = stop_flag()?;
    while !is_over() && !stop.load(Ordering::Relaxed) {
        gather(listened, LINE);
        let levels = levels(listened);
        let line = if json { json_line(inputs, &levels)? } else { line(inputs, &levels) };
        let written = writeln!(io::stdout(), "{line}");
        match written {
            // Nobody reads any more (`| head`).
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            written => written.context("cannot write to standard output")?,
        }
    }
    Ok(())
}

/// Listens to all inputs for so long: the level of each in words and what is wrong with its sound, or why it cannot be
/// heard.
pub(in crate::command) fn levels_of(
    inputs: &[Device],
    length: Duration,
) -> Vec<Result<(String, Option<SoundFault>), String>> {
    let mut listened: Vec<Listened> = inputs.iter().map(Listened::open).collect();
    gather(&mut listened, length);
    let told = |listened: &mut Listened| {
        let fault = listened.fault();
        match listened.level() {
            Level::Heard { rms_db, .. } => Ok((words(rms_db), fault)),
            Level::Waiting => Ok(("nothing came yet".to_owned(), fault)),
            Level::Gone(reason) => Err(reason),
        }
    };
    listened.iter_mut().map(told).collect()
}

/// Reads all inputs for so long.
fn gather(listened: &mut [Listened], length: Duration) {
    let begun = Instant::now();
    while begun.elapsed() < length {
        listened.iter_mut().for_each(Listened::read);
        std::thread::sleep(POLL);
    }
}

fn levels(listened: &mut [Listened]) -> Vec<Level> {
    listened.iter_mut().map(Listened::level).collect()
}

impl Listened {
    fn open(input: &Device) -> Self {
        let choice: Result<DeviceChoice, _> = input.id.parse();
        let opened = Microphone::open(choice.ok().as_ref(), "levels");
        Listened { opened, sum: 0.0, peak: 0.0, n: 0, n_clipped: 0 }
    }

    /// Takes in what is there.
    fn read(&mut self) {
        let Ok(microphone) = &mut self.opened else { return };
        loop {
            match microphone.next_block() {
                Ok(Block::Audio(samples)) => {
                    for sample in samples {
                        self.sum += f64::from(*sample) * f64::from(*sample);
                        self.peak = self.peak.max(sample.abs());
                        self.n += 1;
                        self.n_clipped += u32::from(sample.abs() >= CLIPPED);
                    }
                }
                Ok(Block::Gap(_) | Block::Muted(_)) => {}
                Ok(Block::Waiting | Block::End) => return,
                Err(error) => {
                    self.opened = Err(error);
                    return;
                }
            }
        }
    }

    /// What is wrong with the sound since the level was asked last, as far as it shows within seconds.
    fn fault(&self) -> Option<SoundFault> {
        let microphone = self.opened.as_ref().ok()?;
        if microphone.silenced().is_some() {
            return Some(SoundFault::Muted);
        }
        if microphone.cancels() {
            return Some(SoundFault::Cancelled);
        }
        if self.n == 0 {
            return None;
        }
        if self.peak < ZERO {
            return Some(SoundFault::Silent);
        }
        (self.n_clipped.saturating_mul(CLIPPED_SHARE) >= self.n).then_some(SoundFault::Clipped)
    }

    /// The level since this was asked last.
    fn level(&mut self) -> Level {
        let gone = match &self.opened {
            Err(error) => Some(error.to_string()),
            Ok(microphone) => match microphone.connection() {
                Connection::Gone { reason } => Some(reason),
                Connection::Heard | Connection::Muted => None,
            },
        };
        let (sum, peak, n) = (self.sum, self.peak, self.n);
        (self.sum, self.peak, self.n, self.n_clipped) = (0.0, 0.0, 0, 0);
        match gone {
            Some(reason) => Level::Gone(reason),
            None if n == 0 => Level::Waiting,
            #[expect(clippy::cast_possible_truncation, reason = "a root mean square up to 1")]
            None => Level::Heard {
                rms_db: decibels((sum / f64::from(n)).sqrt() as f32),
                peak_db: decibels(peak),
            },
        }
    }
}

fn decibels(amplitude: f32) -> f32 {
    (20.0 * amplitude.log10()).max(SILENCE_DB)
}

/// The table: a meter for each input, and what it is.
fn table(inputs: &[Device], levels: &[Level]) -> Vec<String> {
    let best = recommended(inputs);
    let mut table = vec!["Play or say something, and see where it is heard. q ends.".to_owned()];
    table.push(String::new());
    for (index, (row, level)) in rows(inputs).iter().zip(levels).enumerate() {
        let is_best = best.is_some_and(|(best, _)| best == index);
        let marks = marks(inputs[index].is_default, is_best);
        table.push(format!("{} {marks} {row}", meter(level)));
        if let Level::Gone(reason) = level {
            table.push(format!("    {}", plain_line(reason, MOST_ERROR_CHARS)));
        }
    }
    table.push(String::new());
    table.push("* is listened to when no device is named.".to_owned());
    if let Some((_, why)) = best {
        table.push(format!("> is recommended for a softphone: {why}."));
    }
    table
}

/// The peak as a bar, and the mean in numbers.
fn meter(level: &Level) -> String {
    let (filled, number) = match level {
        Level::Heard { rms_db, peak_db } => (filled(*peak_db), words(*rms_db)),
        Level::Waiting => (0, "-".to_owned()),
        Level::Gone(_) => (0, "gone".to_owned()),
    };
    format!("{}{} {number:>9}", "█".repeat(filled), "·".repeat(METER - filled))
}

/// Characters of the meter that a level fills.
fn filled(level_db: f32) -> usize {
    let share = ((level_db - QUIETEST_DB) / -QUIETEST_DB).clamp(0.0, 1.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a share of a few characters"
    )]
    let filled = (share * METER as f32).round() as usize;
    filled
}

fn words(rms_db: f32) -> String {
    if rms_db <= SILENCE_DB { "silence".to_owned() } else { format!("{rms_db:.0} dBFS") }
}

/// All inputs in one line.
fn line(inputs: &[Device], levels: &[Level]) -> String {
    let cells = inputs.iter().zip(levels).map(|(input, level)| {
        let level = match level {
            Level::Heard { rms_db, .. } => words(*rms_db),
            Level::Waiting => "nothing yet".to_owned(),
            Level::Gone(reason) => format!("gone ({})", plain_line(reason, MOST_ERROR_CHARS)),
        };
        format!("{}: {level}", plain(&input.id))
    });
    cells.collect::<Vec<_>>().join("  |  ")
}

fn json_line(inputs: &[Device], levels: &[Level]) -> anyhow::Result<String> {
    #[derive(Serialize)]
    struct Entry<'a> {
        id: &'a str,
        level: &'a Level,
    }
    let entries = inputs.iter().zip(levels).map(|(input, level)| Entry { id: &input.id, level });
    let entries: Vec<Entry> = entries.collect();
    serde_json::to_string(&entries).context("cannot write the levels as JSON")
}

#[cfg(test)]
mod tests {
    use super::*;
    use sound::microphone::Carries;

    fn inputs() -> Vec<Device> {
        [("pulse:mic", Carries::Microphone), ("pulse:phone.monitor", Carries::Playback)]
            .map(|(id, carries)| Device {
                id: id.to_owned(),
                name: "Name".to_owned(),
                is_default: carries == Carries::Microphone,
                is_default_output: false,
                carries,
                n_channels: 1,
                sample_rate_hz: 48_000,
            })
            .to_vec()
    }

    fn levels() -> Vec<Level> {
        vec![
            Level::Heard { rms_db: -33.6, peak_db: -30.0 },
            Level::Gone("it is not there".to_owned()),
        ]
    }

    #[test]
    fn every_input_has_a_meter_and_a_reason_where_it_has_none() {
        insta::assert_snapshot!(table(&inputs(), &levels()).join("\n"), @r"
        Play or say something, and see where it is heard. q ends.

        █████·····  -34 dBFS *  pulse:mic            microphone              Name
        ··········      gone  > pulse:phone.monitor  what the machine plays  Name
            it is not there

        * is listened to when no device is named.
        > is recommended for a softphone: the caller is what the machine plays; let the softphone play here.
        ");
    }

    #[test]
    fn without_a_terminal_a_line_says_the_same() {
        assert_eq!(
            line(&inputs(), &levels()),
            "pulse:mic: -34 dBFS  |  pulse:phone.monitor: gone (it is not there)"
        );
        let text = json_line(&inputs(), &levels()).unwrap();
        let entries: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(entries[1]["level"]["gone"], "it is not there");
        assert!(entries[0]["level"]["heard"]["rms_db"].is_number(), "{text}");
        assert!(!text.contains('\n'));
    }

    #[test]
    fn a_meter_is_full_at_full_scale_and_empty_in_silence() {
        assert_eq!([0.0, -30.0, -60.0, SILENCE_DB, 3.0].map(filled), [10, 5, 0, 0, 10]);
        assert_eq!(words(decibels(0.0)), "silence");
        assert_eq!(words(decibels(0.1)), "-20 dBFS");
    }
}
