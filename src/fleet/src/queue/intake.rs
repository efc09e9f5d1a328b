//! A worker's end of the queue.
//!
//! In: jobs from the broker. Out: what became of them. Keeps which jobs are in hand here, and says each ten seconds that they
//! still are. A job that nobody says so of for half a minute is given to another worker.

use super::{Counts, PAUSE, Queue, refused};
use crate::job::{Job, Outcome, Told, deaths};
use crate::link::LinkError;
use crate::subject;
use async_nats::jetstream::Message;
use async_nats::jetstream::consumer::{Consumer, pull};
use async_nats::jetstream::message::{AckKind, PublishMessage};
use futures_util::StreamExt;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval, sleep};

const PROGRESS_EVERY: Duration = Duration::from_secs(10);
/// Of so many jobs that wait a worker takes one more at once: at the end all have something to do.
const ONE_OF: u64 = 16;
/// The broker is tried so often.
const TRIES: u32 = 30;

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
    consumer: Consumer<pull::Config>,
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
    pub(super) fn new(queue: Queue, consumer: Consumer<pull::Config>, worker: String) -> Self {
        let in_hand = InHand::default();
        tokio::spawn(in_hand.clone().keep());
        Intake { queue, consumer, in_hand, worker }
    }

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
        let id = subject::of_job(&message.subject).map(str::to_owned);
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
            let sent = self.queue.link.context().send_publish(subject::done(&taken.id), message);
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
