//! The link to the broker: made, kept, and told of in plain sentences.
//!
//! In: where the broker is, and who this is. Out: a [`Link`] that connects again by itself. Keeps the connection and what is
//! wrong with it at the moment.

use async_nats::jetstream::{self, Context};
use async_nats::{Client, ConnectError, ConnectErrorKind, ConnectOptions, Event};
use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::sleep;

/// Where the broker is, and who this is.
#[derive(Clone, Debug)]
pub struct Broker {
    /// Addresses such as `nats://127.0.0.1:4222` or `tls://broker.example.org:4222`; one is enough.
    pub servers: Vec<String>,
    /// Who this is.
    pub login: Login,
    /// Certificates of those who may vouch for the broker, as a PEM file; the system's own where none is named.
    pub ca: Option<PathBuf>,
    /// A certificate of our own and its key, where the broker wants one.
    pub certificate: Option<(PathBuf, PathBuf)>,
    /// Answers come to `_INBOX_NAME`: so that nobody else may hear them. To a common place where none is given.
    pub inbox: Option<String>,
}

/// Who this is.
#[derive(Clone)]
pub enum Login {
    /// Anybody.
    Nobody,
    /// A user with a password.
    Password {
        /// The name.
        user: String,
        /// The password.
        password: String,
    },
    /// The seed of an nkey.
    Nkey(String),
    /// The content of a credentials file: JWT and seed.
    Credentials(String),
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Login::Nobody => "Nobody",
            Login::Password { .. } => "Password",
            Login::Nkey(_) => "Nkey",
            Login::Credentials(_) => "Credentials",
        })
    }
}

/// What keeps a link from being made or used.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// No connection.
    #[error("no link to the broker {servers}: {reason}")]
    Connect {
        /// The addresses.
        servers: String,
        /// Why, with what to do.
        reason: String,
    },
    /// A file of the settings.
    #[error("{0}")]
    Settings(String),
    /// A stream that cannot be used.
    #[error("the broker's stream {name} cannot be used: {reason}")]
    Stream {
        /// Its name.
        name: &'static str,
        /// Why.
        reason: String,
    },
    /// Something that was asked of the broker.
    #[error("the broker does not do it: {0}")]
    Request(String),
}

/// Says what there is to say of the link, one sentence at a time.
pub type Tell = Arc<dyn Fn(&str) + Send + Sync>;

/// Says nothing: what is wrong is seen otherwise.
#[must_use]
pub fn silently() -> Tell {
    Arc::new(|_| {})
}

/// A link that connects again by itself.
#[derive(Clone)]
pub struct Link {
    client: Client,
    context: Context,
    trouble: watch::Receiver<Option<String>>,
}

/// A broker answers sooner, or is not there.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);
/// A line arrives within this, also over a slow link.
const ARRIVES_WITHIN: Duration = Duration::from_secs(15);
/// Between two tries.
const PAUSE: Duration = Duration::from_secs(2);
/// Pauses of a link that broke grow up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// Facts on their way whose arrival is not yet known.
pub const UNDERWAY: usize = 1_024;

impl Link {
    /// Connects, or says why not.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn open(broker: &Broker, tell: Tell) -> Result<Self, LinkError> {
        let (sender, trouble) = watch::channel(None);
        let options = options(broker, sender, tell)?;
        let servers = broker.servers.join(", ");
        let client = options.connect(broker.servers.clone()).await.map_err(|error| {
            LinkError::Connect { servers, reason: reason(&error, &broker.login) }
        })?;
        let context = jetstream::context::ContextBuilder::new()
            .timeout(ANSWERS_WITHIN)
            .ack_timeout(ARRIVES_WITHIN)
            .max_ack_inflight(2 * UNDERWAY)
            .build(client.clone());
        Ok(Link { client, context, trouble })
    }

    /// Connects however long it takes; each reason why not is told once.
    ///
    /// # Errors
    /// Settings that cannot be used.
    pub async fn open_at_last(broker: &Broker, tell: &Tell) -> Result<Self, LinkError> {
        let mut told = String::new();
        loop {
            match Link::open(broker, Arc::clone(tell)).await {
                Err(LinkError::Connect { servers, reason }) => {
                    let text = LinkError::Connect { servers, reason }.to_string();
                    if text != told {
                        tell(&format!("{text}; it is tried again"));
                        told = text;
                    }
                    sleep(PAUSE).await;
                }
                opened => return opened,
            }
        }
    }

    /// The connection.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// What keeps messages.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// What is wrong with the link now, if anything is.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        self.trouble.borrow().clone()
    }
}

fn options(
    broker: &Broker,
    trouble: watch::Sender<Option<String>>,
    tell: Tell,
) -> Result<ConnectOptions, LinkError> {
    let mut options = match &broker.login {
        Login::Nobody => ConnectOptions::new(),
        Login::Password { user, password } => {
            ConnectOptions::with_user_and_password(user.clone(), password.clone())
        }
        Login::Nkey(seed) => ConnectOptions::with_nkey(seed.clone()),
        Login::Credentials(text) => ConnectOptions::with_credentials(text)
            .map_err(|reason| LinkError::Settings(format!("the credentials file: {reason}")))?,
    };
    if let Some(ca) = &broker.ca {
        options = options.add_root_certificates(ca.clone());
    }
    if let Some((certificate, key)) = &broker.certificate {
        options = options.add_client_certificate(certificate.clone(), key.clone());
    }
    if let Some(name) = &broker.inbox {
        options = options.custom_inbox_prefix(format!("_INBOX_{name}"));
    }
    let trouble = Arc::new(trouble);
    Ok(options
        .name("undertone")
        .connection_timeout(ANSWERS_WITHIN)
        .ping_interval(ANSWERS_WITHIN)
        .reconnect_delay_callback(|attempts| {
            let pause =
                Duration::from_millis(100 * u64::try_from(attempts).unwrap_or(u64::MAX).min(20));
            pause.min(LONGEST_PAUSE)
        })
        .event_callback(move |event| {
            let (trouble, tell) = (Arc::clone(&trouble), Arc::clone(&tell));
            async move { take(event, &trouble, &tell) }
        }))
}

fn take(event: Event, trouble: &watch::Sender<Option<String>>, tell: &Tell) {
    match event {
        Event::Connected => {
            trouble.send_replace(None);
            tell("linked to the broker");
        }
        Event::Disconnected => {
            trouble.send_replace(Some("no link to the broker".to_owned()));
            tell("the link to the broker is broken; it is tried again");
        }
        Event::ServerError(error) => tell(&format!("the broker refuses: {error}")),
        Event::ClientError(error) => {
            let text = format!("no link to the broker ({error})");
            let is_new = trouble.send_if_modified(|now| {
                let is_new = now.as_deref() != Some(text.as_str());
                *now = Some(text.clone());
                is_new
            });
            if is_new {
                tell(&text);
            }
        }
        Event::LameDuckMode => tell("the broker is about to stop"),
        Event::Draining | Event::Closed | Event::SlowConsumer(_) => {}
    }
}

/// Why there is no connection, with what to do.
fn reason(error: &ConnectError, login: &Login) -> String {
    let mut causes = Vec::new();
    let mut cause: Option<&dyn Error> = error.source();
    while let Some(it) = cause {
        causes.push(it.to_string());
        cause = it.source();
    }
    let cause = causes.join(": ");
    match (error.kind(), login) {
        (ConnectErrorKind::AuthorizationViolation, Login::Nobody) => {
            "it wants to know who this is: give user and password_file, or a key".to_owned()
        }
        (ConnectErrorKind::AuthorizationViolation | ConnectErrorKind::Authentication, _) => {
            "it refuses this user: wrong name, password or key".to_owned()
        }
        (ConnectErrorKind::TimedOut, _) => "it does not answer".to_owned(),
        _ if cause.contains("certificate expired") => "its certificate has expired".to_owned(),
        _ if cause.contains("invalid peer certificate") => {
            format!("its certificate is of nobody that fleet.ca trusts ({cause})")
        }
        (kind, _) if cause.is_empty() => kind.to_string(),
        (_, _) => cause,
    }
}
