//! Calls in real time, over a line as good or bad as asked for.
//!
//! In: recordings, and where to send them. Out: how many calls went through. Keeps nothing.

mod connection;

use super::Speaker;
use super::audiohook::AudioHookSpeaker;
use super::audiosocket::AudioSocketSpeaker;
use super::l16::L16Speaker;
use super::twilio::TwilioSpeaker;
use crate::cli::{SendArgs, SendProtocol};
use crate::config::Family;
use crate::protocol::Reply;
use anyhow::{Context, ensure};
use connection::{Connection, Ids};
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use resample::resample_all;
use sound::g711::to_i16;
use sound::recording::{Channel, decode};
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

/// Blocks a second.
const BLOCKS_A_SECOND: u32 = 50;
const BLOCK: Duration = Duration::from_millis(20);
/// One call begins after the other, so that not all are at the same moment.
const BETWEEN_CALLS: Duration = Duration::from_millis(7);
const STALL: Duration = Duration::from_secs(3);
/// A gateway answers within this.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// Its last word comes within this (AudioHook).
const CLOSE_WITHIN: Duration = Duration::from_secs(10);
/// Messages that are shuffled among themselves.
const SHUFFLED: usize = 5;

/// What became of the calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Calls that were sent to their ends.
    pub n_sent: u32,
    /// Calls that broke off.
    pub n_failed: u32,
    /// Messages of all calls.
    pub n_messages: u64,
    /// The longest time from the first message to the answer that a protocol waits for.
    pub slowest_answer: Duration,
    /// Why the first of them broke off.
    pub reason: Option<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { n_sent, n_failed, n_messages, slowest_answer, reason } = self;
        let answer_ms = slowest_answer.as_millis();
        write!(
            f,
            "{n_sent} calls sent to their ends, {n_messages} messages, slowest answer {answer_ms} ms; \
             {n_failed} broke off"
        )?;
        reason.iter().try_for_each(|reason| write!(f, ": {reason}"))
    }
}

/// Both sides at the call's rate, in blocks of 20 ms.
struct Material {
    caller: Vec<i16>,
    operator: Option<Vec<i16>>,
    block_len: usize,
}

impl Material {
    fn read(args: &SendArgs) -> anyhow::Result<Self> {
        let rate_hz = rate_of(args);
        let caller = samples(&args.caller, rate_hz, args.seconds)?;
        let operator = match &args.operator {
            None => None,
            Some(file) => {
                let mut side = samples(file, rate_hz, args.seconds)?;
                side.resize(caller.len(), 0);
                Some(side)
            }
        };
        let block_len = usize::try_from(rate_hz / BLOCKS_A_SECOND)?;
        ensure!(!caller.is_empty(), "{} holds no sound", args.caller.display());
        Ok(Material { caller, operator, block_len })
    }

    fn n_blocks(&self) -> usize {
        self.caller.len().div_ceil(self.block_len)
    }

    fn block(&self, number: usize) -> (&[i16], Option<&[i16]>) {
        let from = number * self.block_len;
        let part = from..(from + self.block_len).min(self.caller.len());
        (&self.caller[part.clone()], self.operator.as_deref().map(|side| &side[part]))
    }
}

fn samples(file: &Path, rate_hz: u32, seconds: Option<f64>) -> anyhow::Result<Vec<i16>> {
    let decoded =
        decode(file, Channel::Mix).with_context(|| format!("cannot send {}", file.display()))?;
    let mut samples = resample_all(&decoded.samples, decoded.sample_rate_hz, rate_hz)?;
    if let Some(seconds) = seconds {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a length; negative ones become 0"
        )]
        samples.truncate((seconds * f64::from(rate_hz)) as usize);
    }
    Ok(samples.into_iter().map(to_i16).collect())
}

/// Twilio's family and Genesys have 8 kHz alone.
fn rate_of(args: &SendArgs) -> u32 {
    match args.protocol {
        SendProtocol::AudioSocket => args.rate,
        SendProtocol::Stream(protocol) => match protocol.family() {
            Family::L16(_) => args.rate,
            Family::Twilio(_) | Family::AudioHook => 8_000,
        },
    }
}

/// Sends all calls, and waits for their ends.
///
/// # Errors
/// A recording that cannot be read, an address that is none.
pub async fn run(args: &SendArgs) -> anyhow::Result<Report> {
    let material = Arc::new(Material::read(args)?);
    let args = Arc::new(args.clone());
    let begin = Instant::now();
    let mut calls = Vec::new();
    for number in 0..args.calls {
        let (material, args) = (Arc::clone(&material), Arc::clone(&args));
        calls.push(tokio::spawn(async move {
            sleep_until(begin + BETWEEN_CALLS * number).await;
            call(&args, &material, u64::from(number)).await
        }));
    }
    let mut report = Report::default();
    for call in calls {
        match call.await? {
            Ok((n_messages, answer)) => {
                report.slowest_answer = report.slowest_answer.max(answer);
                report.n_sent += 1;
                report.n_messages += n_messages;
            }
            Err(error) => {
                report.n_failed += 1;
                report.reason.get_or_insert_with(|| format!("{error:#}"));
            }
        }
    }
    Ok(report)
}

fn speaker(args: &SendArgs, ids: &Ids, has_operator: bool) -> Box<dyn Speaker> {
    let SendProtocol::Stream(protocol) = args.protocol else {
        return Box::new(AudioSocketSpeaker::new(ids.uuid, args.rate));
    };
    match protocol.family() {
        Family::L16(dialect) => {
            Box::new(L16Speaker::new(dialect, &ids.call, args.rate, has_operator))
        }
        Family::Twilio(dialect) => Box::new(TwilioSpeaker::new(dialect, &ids.call, has_operator)),
        Family::AudioHook => Box::new(AudioHookSpeaker::new(
            ids.organization.clone(),
            ids.session.clone(),
            ids.call.clone(),
            has_operator,
        )),
    }
}

async fn call(
    args: &SendArgs,
    material: &Material,
    number: u64,
) -> anyhow::Result<(u64, Duration)> {
    let mut rng = match args.seed {
        Some(seed) => ChaCha8Rng::seed_from_u64(seed.wrapping_add(number)),
        None => ChaCha8Rng::from_os_rng(),
    };
    let ids = Ids::random(&mut rng);
    let mut speaker = speaker(args, &ids, material.operator.is_some());
    let mut connection = Connection::open(args, &ids, &mut rng).await?;
    let mut n_messages = connection.send(speaker.opening()).await?;
    let asked = Instant::now();
    while !speaker.may_send() {
        ensure!(asked.elapsed() < ANSWER_WITHIN, "no answer within 5 s");
        connection.hear(speaker.as_mut()).await?;
        sleep(Duration::from_millis(2)).await;
    }
    let answer = asked.elapsed();
    let begin = Instant::now();
    let mut held: Vec<Reply> = Vec::new();
    for block in 0..material.n_blocks() {
        let due = begin + BLOCK * (u32::try_from(block)? + 1);
        let stalls = is_in_stall(args, due - begin);
        let late = Duration::from_millis(u64::from(rng.random_range(0..=args.jitter)));
        let (caller, operator) = material.block(block);
        let messages = if rng.random_range(0.0..100.0) < args.loss {
            speaker.skip(caller.len())
        } else {
            speaker.block(caller, operator)
        };
        held.extend(messages);
        sleep_until(due + late).await;
        connection.hear(speaker.as_mut()).await?;
        if stalls || args.shuffle && held.len() < SHUFFLED {
            continue;
        }
        if args.shuffle {
            held.shuffle(&mut rng);
        }
        n_messages += connection.send(std::mem::take(&mut held)).await?;
    }
    held.extend(speaker.closing());
    n_messages += connection.send(held).await?;
    let closing = Instant::now();
    while !speaker.may_close() {
        ensure!(closing.elapsed() < CLOSE_WITHIN, "the call's end was not answered within 10 s");
        connection.hear(speaker.as_mut()).await?;
        sleep(Duration::from_millis(2)).await;
    }
    connection.close().await?;
    Ok((n_messages, answer))
}

fn is_in_stall(args: &SendArgs, at: Duration) -> bool {
    args.stall.is_some_and(|from| {
        let from = Duration::from_secs_f64(from.max(0.0));
        (from..from + STALL).contains(&at)
    })
}
