//! One call's connection, as a telephone system makes it.
//!
//! In: messages. Out: bytes on TCP, or WebSocket frames. Keeps the connection.

use crate::cli::{SendArgs, SendProtocol};
use crate::config::Family;
use crate::protocol::{Incoming, Reply};
use crate::send::Speaker;
use crate::send::audiohook::{Request, headers};
use anyhow::{Context, bail, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt, StreamExt};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};

/// A gateway takes what is sent within this, and closes within this.
const WITHIN: Duration = Duration::from_secs(5);

/// What tells one call from all others.
pub struct Ids {
    /// For AudioSocket.
    pub uuid: [u8; 16],
    /// The same as text.
    pub call: String,
    /// Genesys.
    pub organization: String,
    /// Genesys.
    pub session: String,
}

impl Ids {
    /// Random ones.
    pub fn random(rng: &mut ChaCha8Rng) -> Self {
        let mut uuid = || {
            let mut bytes: [u8; 16] = rng.random();
            // A random UUID (RFC 9562, version 4).
            bytes[6] = bytes[6] & 0x0f | 0x40;
            bytes[8] = bytes[8] & 0x3f | 0x80;
            bytes
        };
        let own = uuid();
        Ids { uuid: own, call: text(own), organization: text(uuid()), session: text(uuid()) }
    }
}

fn text(uuid: [u8; 16]) -> String {
    let hex = format!("{:032x}", u128::from_be_bytes(uuid));
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// A connection.
pub enum Connection {
    /// AudioSocket.
    Tcp(TcpStream),
    /// All others.
    Web(Box<WebSocketStream<TcpStream>>),
}

impl Connection {
    /// Connects as the protocol does.
    ///
    /// # Errors
    /// An address that is none, nobody there, a refusal.
    pub async fn open(args: &SendArgs, ids: &Ids, rng: &mut ChaCha8Rng) -> anyhow::Result<Self> {
        let url = args.url.as_str();
        let SendProtocol::Stream(protocol) = args.protocol else {
            let address = url.strip_prefix("audiosocket://").unwrap_or(url);
            let stream = TcpStream::connect(address.trim_end_matches('/'))
                .await
                .with_context(|| format!("cannot connect to {address}"))?;
            stream.set_nodelay(true)?;
            return Ok(Connection::Tcp(stream));
        };
        ensure!(url.starts_with("ws://"), "'{url}' does not begin with ws://");
        let mut request = url.into_client_request().context("no address")?;
        let authority = request.uri().authority().map(ToString::to_string).unwrap_or_default();
        let target = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
        let mut more: Vec<(String, String)> = Vec::new();
        if let Some(file) = &args.token_file {
            let token = std::fs::read_to_string(file)
                .with_context(|| format!("cannot read {}", file.display()))?;
            more.push(("authorization".into(), format!("Bearer {}", token.trim())));
        }
        if protocol.family() == Family::AudioHook {
            more.extend(genesys_headers(args, ids, &authority, &target, rng)?);
        }
        if let Some(offered) = protocol.family().subprotocol() {
            more.push(("sec-websocket-protocol".into(), offered.into()));
        }
        for (name, value) in more {
            let name: HeaderName = name.parse().context("a header's name")?;
            request.headers_mut().insert(name, HeaderValue::from_str(&value)?);
        }
        let stream = TcpStream::connect(&authority)
            .await
            .with_context(|| format!("cannot connect to {authority}"))?;
        stream.set_nodelay(true)?;
        let asked = timeout(WITHIN, tokio_tungstenite::client_async(request, stream));
        let (socket, _) = asked.await.context("no answer within 5 s")?.context("refused")?;
        Ok(Connection::Web(Box::new(socket)))
    }

    /// Sends messages; how many.
    ///
    /// # Errors
    /// The other side is gone, or does not read.
    pub async fn send(&mut self, messages: Vec<Reply>) -> anyhow::Result<u64> {
        let n = messages.len() as u64;
        for message in messages {
            let sent = async {
                match (&mut *self, message) {
                    (Connection::Tcp(stream), Reply::Binary(bytes)) => {
                        stream.write_all(&bytes).await?;
                    }
                    (Connection::Tcp(_), Reply::Text(_)) => bail!("no text over TCP"),
                    (Connection::Web(socket), Reply::Text(text)) => {
                        socket.send(Message::Text(text.into())).await?;
                    }
                    (Connection::Web(socket), Reply::Binary(bytes)) => {
                        socket.send(Message::Binary(bytes.into())).await?;
                    }
                }
                anyhow::Ok(())
            };
            timeout(WITHIN, sent).await.context("the gateway does not read")??;
        }
        Ok(n)
    }

    /// Hears what there is, without waiting, and answers.
    ///
    /// # Errors
    /// The other side closed.
    pub async fn hear(&mut self, speaker: &mut dyn Speaker) -> anyhow::Result<()> {
        let mut answers = Vec::new();
        match self {
            Connection::Tcp(stream) => {
                let mut bytes = [0; 4_096];
                loop {
                    match stream.try_read(&mut bytes) {
                        Ok(0) => bail!("the gateway closed"),
                        Ok(n) => answers.extend(speaker.hear(Incoming::Binary(&bytes[..n]))),
                        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => break,
                        Err(error) => return Err(error.into()),
                    }
                }
            }
            Connection::Web(socket) => {
                while let Ok(message) = timeout(Duration::ZERO, socket.next()).await {
                    match message {
                        Some(Ok(Message::Text(text))) => {
                            answers.extend(speaker.hear(Incoming::Text(&text)));
                        }
                        Some(Ok(Message::Binary(bytes))) => {
                            answers.extend(speaker.hear(Incoming::Binary(&bytes)));
                        }
                        Some(Ok(Message::Close(frame))) => {
                            let why = frame.map(|frame| frame.reason.to_string());
                            bail!("the gateway closed: {}", why.unwrap_or_default());
                        }
                        Some(Ok(_)) => {}
                        Some(Err(error)) => return Err(error.into()),
                        None => bail!("the gateway closed"),
                    }
                }
            }
        }
        self.send(answers).await.map(|_| ())
    }

    /// Closes, and waits for the other side to do so.
    ///
    /// # Errors
    /// The other side does not close.
    pub async fn close(mut self) -> anyhow::Result<()> {
        match &mut self {
            Connection::Tcp(stream) => {
                stream.shutdown().await?;
                let mut rest = [0; 4_096];
                let drained = async { while stream.read(&mut rest).await.is_ok_and(|n| n > 0) {} };
                timeout(WITHIN, drained).await.context("the gateway does not close")?;
            }
            Connection::Web(socket) => {
                let _ = timeout(WITHIN, socket.as_mut().close(None)).await;
                let rest = async { while let Some(Ok(_)) = socket.next().await {} };
                timeout(WITHIN, rest).await.context("the gateway does not close")?;
            }
        }
        Ok(())
    }
}

fn genesys_headers(
    args: &SendArgs,
    ids: &Ids,
    authority: &str,
    target: &str,
    rng: &mut ChaCha8Rng,
) -> anyhow::Result<Vec<(String, String)>> {
    let (Some(key_id), Some(file)) = (&args.key_id, &args.secret_file) else {
        bail!("audiohook needs --key-id and --secret-file");
    };
    let secret =
        std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let secret = STANDARD.decode(secret.trim()).context("the secret is not base64")?;
    let request = Request {
        request_target: target,
        authority,
        organization_id: &ids.organization,
        session_id: &ids.session,
        correlation_id: &ids.call,
    };
    let nonce = STANDARD.encode(rng.random::<[u8; 18]>());
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    Ok(headers(&request, key_id, &secret, now, &nonce))
}
