//! AudioSocket over TCP: Asterisk connects, and hangs up the caller where it cannot write.
//!
//! ```text
//!  reading task: reads, always, and hands on          writing task: 20 ms of silence each 20 ms, from the start
//! ```
//!
//! In: connections. Out: calls. A peer that never reads holds up the writing task alone.

use super::TICK;
use crate::config::AudioSocketSection;
use crate::hub::{Connection, Hub};
use crate::legs::Counting;
use crate::log::log;
use crate::protocol::Incoming;
use crate::protocol::audiosocket::{AudioSocket, silence_frame};
use crate::session::{Close, Session};
use serde_json::json;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{MissedTickBehavior, interval};

/// Both directions of AudioSocket come in pieces of 20 ms.
const FRAME: Duration = Duration::from_millis(20);
/// What one read may hold: some frames.
const READ_LEN: usize = 4_096;
/// After a failure to accept, such as too many open files.
const PAUSE: Duration = Duration::from_secs(1);

/// Takes connections until the program ends.
pub async fn serve(listener: TcpListener, section: AudioSocketSection, hub: Arc<Hub>) {
    let section = Arc::new(section);
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => accept(stream, peer, &section, &hub),
            Err(error) => {
                log("accept_failed", &json!({ "reason": error.to_string() }));
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

fn accept(stream: TcpStream, peer: SocketAddr, section: &AudioSocketSection, hub: &Arc<Hub>) {
    if !section.allow.allows(peer.ip()) {
        hub.metrics().fails_auth();
        return;
    }
    // Whether there is room is asked when the call is named: it may be one that goes on over a new connection.
    let Some(connection) = hub.connection(peer.ip().to_canonical()) else { return };
    let protocol = Box::new(AudioSocket::new(section.settings()));
    let now = Instant::now();
    let session =
        Session::new(Arc::clone(hub), "audiosocket", protocol, Counting::None, now).patient();
    tokio::spawn(carry(stream, session, connection));
}

async fn carry(stream: TcpStream, mut session: Session, connection: Connection) {
    let _ = stream.set_nodelay(true);
    let (mut reader, writer) = stream.into_split();
    let silence = tokio::spawn(send_silence(writer));
    let why = read(&mut reader, &mut session).await;
    session.end(why, Instant::now());
    silence.abort();
    drop(connection);
}

async fn read(reader: &mut OwnedReadHalf, session: &mut Session) -> Close {
    let mut bytes = [0; READ_LEN];
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let done = tokio::select! {
            read = reader.read(&mut bytes) => match read {
                // Asterisk closes where the call ends, and where its channel is gone.
                Ok(0) | Err(_) => return Close::Over,
                Ok(n) => session.hear(Incoming::Binary(&bytes[..n]), Instant::now()),
            },
            _ = ticks.tick() => session.tick(Instant::now()),
        };
        if let Err(why) = done {
            return why;
        }
    }
}

/// With a silent peer some versions of Asterisk send no sound at all.
async fn send_silence(mut writer: OwnedWriteHalf) {
    let frame = silence_frame(8_000);
    let mut ticks = interval(FRAME);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        if writer.write_all(&frame).await.is_err() {
            return;
        }
    }
}
