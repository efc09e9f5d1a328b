//! The queue of jobs at the broker: put on, taken off by any number of workers, and what became of each.
//!
//! In: jobs, outcomes. Out: the same on other machines. Keeps which jobs are in hand here, and says each ten seconds that they
//! still are. A job that nobody says so of for half a minute is given to another worker.

use crate::job::{Job, Outcome, Told, deaths};
use crate::link::{Link, LinkError};
use crate::streams::{self, DONE, JOBS};
use async_nats::jetstream::consumer::{AckPolicy, Consumer, DeliverPolicy, pull, push};
use async_nats::jetstream::context::PublishErrorKind;
use async_nats::jetstream::message::{AckKind, PublishMessage};
use async_nats::jetstream::stream::{DirectGetErrorKind, Stream};
use async_nats::jetstream::{Message, consumer};
use futures_util::StreamExt;
use std::collections::{HashMap, HashSet};
use std::fmt::Display;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

/// The consumer that all workers share.
const WORKERS: &str = "workers";
/// A worker of which nothing is heard for so long has lost its jobs.
const ACK_WAIT: Duration = Duration::from_secs(30);
const PROGRESS_EVERY: Duration = Duration::from_secs(10);
/// Jobs in hand of all workers together.
const IN_HAND: i64 = 20_000;
/// Of so many jobs that wait a worker takes one more at once: at the end all have something to do.
const ONE_OF: u64 = 16;
/// The broker is tried so often, with this pause.
const TRIES: u32 = 30;
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
    /// Workers have them.
    pub in_hand: u64,
    /// Whether a worker was ever there.
    pub had_worker: bool,
}

fn refused(error: impl Display) -> LinkError {
    LinkError::Request(error.to_string())
}

fn done_subject(id: &str) -> String {
    format!("ut.done.{id}")
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
        let sent = self.link.context().send_publish(format!("ut.jobs.{id}"), message).await;
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
        match self.done.direct_get_last_for_subject(done_subject(id)).await {
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
        let in_hand = workers.as_ref().map_or(0, |info| info.num_ack_pending as u64);
        let waiting = total.saturating_sub(in_hand);
        Ok(Counts { waiting, in_hand, had_worker: workers.is_some() })
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
            filter_subject: "ut.done.>".to_owned(),
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
                let Some(id) = message.subject.strip_prefix("ut.done.") else { continue };
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
        let in_hand = InHand::default();
        tokio::spawn(in_hand.clone().keep());
        Ok(Intake { queue: self, consumer, in_hand, worker })
    }
}

/// Jobs that are worked on here, by their number on the queue.
#[derive(Clone, Default)]
struct InHand(Arc<Mutex<HashMap<u64, Message>>>);

impl InHand {
    fn messages(&self) -> MutexGuard<'_, HashMap<u64, Message>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn keep(self) {
        let mut ticks = interval(PROGRESS_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let messages: Vec<Message> = self.messages().values().cloned().collect();
            for message in messages {
                // Where it does not arrive, another worker has the job soon: no harm.
                let _ = message.ack_with(AckKind::Progress).await;
            }
        }
    }
}

/// A worker's end of the queue.
pub struct Intake {
    queue: Queue,
    consumer: Consumer<consumer::pull::Config>,
    in_hand: InHand,
    worker: String,
}

/// A job in hand.
pub struct Taken {
    /// The job.
    pub job: Job,
    /// Its name.
    pub id: String,
    /// So often it was given out, this time included.
    pub delivered: u64,
    /// Its number on the queue.
    number: u64,
    message: Message,
}

impl Intake {
    /// How much there is on the queue.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn counts(&self) -> Result<Counts, LinkError> {
        self.queue.counts().await
    }

    /// Takes a job, and some more where many wait; none if there was none for so long. Whoever begins this waits for it: what
    /// is given out to nobody waits for half a minute.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn take(&self, at_most: usize, wait: Duration) -> Result<Vec<Taken>, LinkError> {
        let mut taken = Vec::new();
        let batch = self.consumer.batch().max_messages(1).expires(wait).messages().await;
        let mut batch = batch.map_err(refused)?;
        let mut n_waiting = 0;
        while let Some(message) = batch.next().await {
            let message = message.map_err(refused)?;
            n_waiting = message.info().map_err(refused)?.pending;
            taken.extend(self.taken(message).await);
        }
        let more = usize::try_from(n_waiting / ONE_OF).unwrap_or(at_most).min(at_most - 1);
        if more > 0 {
            let batch = self.consumer.fetch().max_messages(more).expires(wait).messages().await;
            let mut batch = batch.map_err(refused)?;
            while let Some(Ok(message)) = batch.next().await {
                taken.extend(self.taken(message).await);
            }
        }
        Ok(taken)
    }

    /// None for what is no job: nobody is given that again.
    async fn taken(&self, message: Message) -> Option<Taken> {
        let job = serde_json::from_slice::<Job>(&message.payload).ok();
        let id = message.subject.strip_prefix("ut.jobs.").map(str::to_owned);
        let found = message.info().ok();
        let found = found.map(|found| (found.stream_sequence, found.delivered));
        let (Some(job), Some(id), Some((number, delivered))) = (job, id, found) else {
            let _ = message.ack_with(AckKind::Term).await;
            return None;
        };
        self.in_hand.messages().insert(number, message.clone());
        let delivered = u64::try_from(delivered).unwrap_or(1);
        Some(Taken { job, id, delivered, number, message })
    }

    /// How many workers died of a job.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn deaths(&self, taken: &Taken) -> Result<u64, LinkError> {
        if taken.delivered < 2 {
            return Ok(0);
        }
        Ok(deaths(taken.delivered, self.returned(&taken.id).await?))
    }

    async fn returned(&self, id: &str) -> Result<u64, LinkError> {
        Ok(match self.queue.told(id).await? {
            Some((_, Told { outcome: Outcome::Returned { times, .. }, .. })) => times,
            _ => 0,
        })
    }

    /// Says what became of a job; then it is off the queue.
    ///
    /// # Errors
    /// [`LinkError`]: it is not known whether that arrived. Another worker is given the job, and finds its log.
    pub async fn finish(&self, taken: Taken, outcome: Outcome) -> Result<(), LinkError> {
        self.tell(&taken, outcome, TRIES).await?;
        let mut tries = 0;
        let acknowledged = loop {
            match taken.message.double_ack().await {
                Err(_) if tries < TRIES => {
                    tries += 1;
                    sleep(PAUSE).await;
                }
                answered => break answered,
            }
        };
        self.in_hand.messages().remove(&taken.number);
        acknowledged.map_err(refused)
    }

    /// Gives a job back that can be done elsewhere or later: this worker is well.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn give_back(
        &self,
        taken: Taken,
        reason: &str,
        pause: Option<Duration>,
    ) -> Result<(), LinkError> {
        let times = self.returned(&taken.id).await.unwrap_or_default() + 1;
        let outcome = Outcome::Returned { times, reason: reason.to_owned() };
        let told = self.tell(&taken, outcome, 0).await;
        self.let_go(taken, pause).await.and(told)
    }

    /// Gives a job back of which its program died: that is counted.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn let_go(&self, taken: Taken, pause: Option<Duration>) -> Result<(), LinkError> {
        self.in_hand.messages().remove(&taken.number);
        taken.message.ack_with(AckKind::Nak(pause)).await.map_err(refused)?;
        // The process may end now.
        self.queue.link.client().flush().await.map_err(refused)
    }

    async fn tell(
        &self,
        taken: &Taken,
        outcome: Outcome,
        most_tries: u32,
    ) -> Result<(), LinkError> {
        let Job { path, log, .. } = taken.job.clone();
        let name = match &outcome {
            Outcome::Returned { times, .. } => format!("{}.{}.{times}", taken.id, taken.number),
            _ => format!("{}.{}", taken.id, taken.number),
        };
        let told = Told { path, log, worker: self.worker.clone(), outcome };
        let text = serde_json::to_vec(&told).map_err(refused)?;
        let mut tries = 0;
        loop {
            let message = PublishMessage::build().payload(text.clone().into()).message_id(&name);
            let sent = self.queue.link.context().send_publish(done_subject(&taken.id), message);
            let stored = match sent.await {
                Ok(sent) => sent.await,
                Err(error) => Err(error),
            };
            match stored {
                Ok(_) => return Ok(()),
                Err(error) if tries >= most_tries => return Err(refused(error)),
                Err(_) => tries += 1,
            }
            sleep(PAUSE).await;
        }
    }
}
