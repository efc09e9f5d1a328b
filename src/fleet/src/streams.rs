//! The broker's streams: made where they are missing, and left as they are where they are there.
//!
//! In: a link. Out: streams. Whoever runs the broker may make them beforehand, with other limits: then no node needs the
//! right to make one. Keeps nothing.

use crate::link::{Link, LinkError};
use crate::subject;
use async_nats::jetstream::context::{
    CreateStreamErrorKind, GetStreamErrorKind, PublishError, PublishErrorKind,
};
use async_nats::jetstream::stream::{Config, DirectGetErrorKind, DiscardPolicy, RetentionPolicy};
use futures_util::TryStreamExt;
use std::time::Duration;

/// Facts of all calls.
pub const EVENTS: &str = "UT_EV";
/// What is heard now.
pub const LIVE: &str = "UT_LIVE";
/// Recordings that are to be read.
pub const JOBS: &str = "UT_JOBS";
/// What became of them.
pub const DONE: &str = "UT_DONE";

/// Logs are the archive: the stream is for whoever is a little late.
const EVENTS_KEPT: Duration = Duration::from_hours(4);
/// 700 calls fill this in half an hour, ten desks in days.
const EVENTS_BYTES: i64 = 2 << 30;
/// What is heard now is sent again sooner than this.
const LIVE_KEPT: Duration = Duration::from_secs(30);
/// Within this a fact that is sent again is known to be the same.
const KNOWN_AGAIN: Duration = Duration::from_mins(10);
/// After this the broker is asked what it has, before anything is sent again that it may no longer know to be the same.
pub const ASKED_AFTER: Duration = Duration::from_mins(8);
const DONE_KEPT: Duration = Duration::from_hours(7 * 24);

/// How a stream is made; none for a name that is not ours.
#[must_use]
pub fn config(name: &str) -> Option<Config> {
    let common = Config {
        name: name.to_owned(),
        duplicate_window: KNOWN_AGAIN,
        allow_direct: true,
        ..Config::default()
    };
    let one = |subject: &str| vec![subject.to_owned()];
    match name {
        EVENTS => Some(Config {
            subjects: one(subject::ALL_EVENTS),
            max_age: EVENTS_KEPT,
            max_bytes: EVENTS_BYTES,
            description: Some("Undertone: lines of session logs".into()),
            ..common
        }),
        LIVE => Some(Config {
            subjects: one(subject::ALL_LIVE),
            max_age: LIVE_KEPT,
            max_messages_per_subject: 1,
            duplicate_window: Duration::ZERO,
            description: Some("Undertone: what is heard now".into()),
            ..common
        }),
        JOBS => Some(Config {
            subjects: one(subject::ALL_JOBS),
            retention: RetentionPolicy::WorkQueue,
            discard: DiscardPolicy::New,
            description: Some("Undertone: recordings to be read".into()),
            ..common
        }),
        DONE => Some(Config {
            subjects: one(subject::ALL_DONE),
            max_age: DONE_KEPT,
            max_messages_per_subject: 1,
            description: Some("Undertone: recordings that were read".into()),
            ..common
        }),
        _ => None,
    }
}

/// The name of the last line of a session that is on the stream of facts, and how many are.
///
/// # Errors
/// A sentence: the broker does not say so.
pub async fn stored(
    link: &Link,
    node: &str,
    session: &str,
) -> Result<Option<(String, usize)>, String> {
    let refused = |error: &dyn std::fmt::Display| {
        format!("the broker does not say what it has (its stream needs allow_direct): {error}")
    };
    let stream = link.context().get_stream_no_info(EVENTS).await;
    let stream = stream.map_err(|error| refused(&error))?;
    let subject = subject::events_of(node, session);
    let last = match stream.direct_get_last_for_subject(subject.as_str()).await {
        Ok(message) => message,
        Err(error) if error.kind() == DirectGetErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(refused(&error)),
    };
    let newest: serde_json::Value = serde_json::from_slice(&last.payload).unwrap_or_default();
    let counts = stream.info_with_subjects(subject).await.map_err(|error| refused(&error))?;
    let counts: Vec<(String, usize)> =
        counts.try_collect().await.map_err(|error| refused(&error))?;
    let n = counts.iter().map(|(_, n)| n).sum();
    Ok(newest["id"].as_str().map(|id| (id.to_owned(), n)))
}

/// Makes all streams that are missing, each kept by so many brokers.
///
/// # Errors
/// [`LinkError`].
pub async fn prepare(link: &Link, replicas: usize) -> Result<(), LinkError> {
    for name in [EVENTS, LIVE, JOBS, DONE] {
        make(link, name, replicas).await?;
    }
    Ok(())
}

/// Makes a stream where there is none.
///
/// # Errors
/// [`LinkError`]: no answer, no JetStream, no right to make it.
pub async fn ensure(link: &Link, name: &'static str) -> Result<(), LinkError> {
    make(link, name, 1).await
}

async fn make(link: &Link, name: &'static str, replicas: usize) -> Result<(), LinkError> {
    let missing = |reason: String| LinkError::Stream { name, reason };
    match link.context().get_stream(name).await {
        Ok(_) => return Ok(()),
        Err(error) => match error.kind() {
            // Not to be told from having no right to ask.
            GetStreamErrorKind::JetStream(code) if code.error_code().0 == NOT_FOUND => {}
            _ => return Err(missing(error.to_string())),
        },
    }
    let Some(config) = config(name) else { return Err(missing("it is none of ours".into())) };
    let config = Config { num_replicas: replicas, ..config };
    link.context().create_stream(config).await.map(drop).map_err(|error| match error.kind() {
        CreateStreamErrorKind::TimedOut => missing(
            "it does not exist, and this user may not make it: undertone-gateway prepare makes it"
                .into(),
        ),
        _ => missing(error.to_string()),
    })
}

/// The broker's code for a stream that does not exist.
const NOT_FOUND: u64 = 10_059;
/// Why a fact did not arrive.
pub(crate) fn why_not(error: &PublishError) -> String {
    match error.kind() {
        PublishErrorKind::TimedOut => {
            "facts do not arrive at the broker: it does not answer, or refuses them".to_owned()
        }
        PublishErrorKind::StreamNotFound => "the broker has no stream for facts".to_owned(),
        _ => format!("facts do not arrive at the broker: {error}"),
    }
}
