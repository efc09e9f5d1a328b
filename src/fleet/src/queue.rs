//! The queue of jobs at the broker: put on, taken off by any number of workers, and what became of each.
//!
//! In: jobs, outcomes. Out: the same on other machines. Keeps nothing: the broker does.

mod intake;

pub use intake::{Intake, Taken};

use crate::job::{Job, Outcome, Told};
use crate::link::{Link, LinkError};
use crate::streams::{self, DONE, JOBS};
use crate::subject;
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, pull, push};
use async_nats::jetstream::context::PublishErrorKind;
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::{DirectGetErrorKind, Stream};
use futures_util::StreamExt;
use std::collections::HashSet;
use std::fmt::Display;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// The consumer that all workers share.
const WORKERS: &str = "workers";
/// A worker of which nothing is heard for so long has lost its jobs.
const ACK_WAIT: Duration = Duration::from_secs(30);
/// Jobs in hand of all workers together.
const IN_HAND: i64 = 20_000;
/// Between two tries.
const PAUSE: Duration = Duration::from_secs(1);
/// All outcomes are there when none has come for so long.
const NO_MORE: Duration = Duration::from_secs(5);

/// The queue, and what became of what was on it.
#[derive(Clone)]
pub struct Queue {
    link: Link,
    jobs: Stream,
    done: Stream,
}

/// What became of putting a job on the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Submitted {
    /// It is on it now.
    New,
    /// It was on it.
    Waiting,
    /// It was done before.
    Done,
}

/// How much there is on the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Nobody has taken them.
    pub waiting: u64,
    /// They were given out: a worker has them, or gave them back to be tried again.
    pub given_out: u64,
    /// Whether a worker is there.
    pub has_worker: bool,
}

fn refused(error: impl Display) -> LinkError {
    LinkError::Request(error.to_string())
}

impl Queue {
    /// Makes the streams where they are missing.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn open(link: Link) -> Result<Self, LinkError> {
        streams::ensure(&link, JOBS).await?;
        streams::ensure(&link, DONE).await?;
        let stream = |name| {
            let link = &link;
            async move {
                let found = link.context().get_stream(name).await;
                found.map_err(|error| LinkError::Stream { name, reason: error.to_string() })
            }
        };
        let (jobs, done) = (stream(JOBS).await?, stream(DONE).await?);
        Ok(Queue { link, jobs, done })
    }

    /// Puts a job on the queue, unless it is there or was done; with `again` also then.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn submit(&self, job: &Job, again: bool) -> Result<Submitted, LinkError> {
        let id = job.id();
        let last = self.told(&id).await?;
        if let Some((_, Told { outcome: Outcome::Done { .. }, .. })) = &last
            && !again
        {
            return Ok(Submitted::Done);
        }
        // Another message than the one that had that outcome, and the same as of whoever else submits it now.
        let message_id = format!("{id}.{}", last.map_or(0, |(sequence, _)| sequence));
        let message = PublishMessage::build()
            .payload(serde_json::to_vec(job).map_err(refused)?.into())
            .message_id(message_id)
            .expected_last_subject_sequence(0);
        let sent = self.link.context().send_publish(subject::job(&id), message).await;
        match sent.map_err(refused)?.await {
            Ok(stored) if stored.duplicate => Ok(Submitted::Waiting),
            Ok(_) => Ok(Submitted::New),
            Err(error) if error.kind() == PublishErrorKind::WrongLastSequence => {
                Ok(Submitted::Waiting)
            }
            Err(error) => Err(refused(error)),
        }
    }

    /// What was told last of a job, and as which message.
    async fn told(&self, id: &str) -> Result<Option<(u64, Told)>, LinkError> {
        match self.done.direct_get_last_for_subject(subject::done(id)).await {
            Ok(found) => {
                Ok(serde_json::from_slice(&found.payload).ok().map(|told| (found.sequence, told)))
            }
            Err(error) if error.kind() == DirectGetErrorKind::NotFound => Ok(None),
            Err(error) => Err(refused(error)),
        }
    }

    /// How much there is on the queue.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn counts(&self) -> Result<Counts, LinkError> {
        let total = self.jobs.get_info().await.map_err(refused)?.state.messages;
        let workers = self.jobs.consumer_info(WORKERS).await.ok();
        let given_out = workers.as_ref().map_or(0, |info| info.num_ack_pending as u64);
        let waiting = total.saturating_sub(given_out);
        let has_worker = given_out > 0 || workers.is_some_and(|info| info.num_waiting > 0);
        Ok(Counts { waiting, given_out, has_worker })
    }

    /// Where the outcomes end now.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn end_of_outcomes(&self) -> Result<u64, LinkError> {
        Ok(self.done.get_info().await.map_err(refused)?.state.last_sequence)
    }

    /// What was told last of every job.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn all_outcomes(&self) -> Result<Vec<Told>, LinkError> {
        if self.done.get_info().await.map_err(refused)?.state.messages == 0 {
            return Ok(Vec::new());
        }
        let mut outcomes = self.outcomes(DeliverPolicy::LastPerSubject).await?;
        let mut all = Vec::new();
        while let Ok(Some(message)) = timeout(NO_MORE, outcomes.next()).await {
            let message = message.map_err(refused)?;
            all.extend(serde_json::from_slice::<Told>(&message.payload));
            if message.info().map_err(refused)?.pending == 0 {
                break;
            }
        }
        Ok(all)
    }

    async fn outcomes(&self, from: DeliverPolicy) -> Result<push::Ordered, LinkError> {
        let config = push::OrderedConfig {
            deliver_subject: self.link.client().new_inbox(),
            filter_subject: subject::ALL_DONE.to_owned(),
            deliver_policy: from,
            ..push::OrderedConfig::default()
        };
        let consumer = self.done.create_consumer(config).await.map_err(refused)?;
        consumer.messages().await.map_err(refused)
    }

    /// Waits until these jobs are done or have failed; each is told as it ends.
    ///
    /// # Errors
    /// [`LinkError`]: outcomes that cannot be watched.
    pub async fn wait_for(
        &self,
        after: u64,
        mut ids: HashSet<String>,
        mut tell: impl FnMut(&str, Told),
    ) -> Result<(), LinkError> {
        let mut next = after + 1;
        while !ids.is_empty() {
            let from = DeliverPolicy::ByStartSequence { start_sequence: next };
            let mut outcomes = self.outcomes(from).await?;
            while !ids.is_empty() {
                // The consumer makes itself anew where the link was broken, or says that it cannot.
                let Some(Ok(message)) = outcomes.next().await else { break };
                next = message.info().map_err(refused)?.stream_sequence + 1;
                let Some(id) = subject::of_job(&message.subject) else { continue };
                let Ok(told) = serde_json::from_slice::<Told>(&message.payload) else { continue };
                if !matches!(told.outcome, Outcome::Returned { .. }) && ids.remove(id) {
                    tell(id, told);
                }
            }
            if !ids.is_empty() {
                sleep(PAUSE).await;
            }
        }
        Ok(())
    }

    /// Begins to work on the queue.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn intake(self, worker: String) -> Result<Intake, LinkError> {
        let config = pull::Config {
            durable_name: Some(WORKERS.to_owned()),
            ack_policy: AckPolicy::Explicit,
            ack_wait: ACK_WAIT,
            max_ack_pending: IN_HAND,
            ..pull::Config::default()
        };
        let consumer = self.jobs.get_or_create_consumer(WORKERS, config).await.map_err(refused)?;
        Ok(Intake::new(self, consumer, worker))
    }
}
