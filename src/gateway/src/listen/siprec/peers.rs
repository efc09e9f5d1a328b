//! Who talks SIP with us: datagrams, and TCP connections each with a task of its own.
//!
//! In: connections, and messages to send. Out: whole messages with their senders. A peer that never reads what is sent to it
//! loses it.

use crate::hub::Connection;
use crate::siprec::frame::{Frame, Frames, PONG};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::{Duration, timeout};

use crate::hub::unpoisoned;

/// Messages that may wait.
const WAITING: usize = 64;
/// A connection over which no SIP comes for so long is closed: longer than a call.
const QUIET: Duration = Duration::from_hours(6);

type Open = Arc<Mutex<HashMap<SocketAddr, Sender<Vec<u8>>>>>;

/// All peers.
pub(super) struct Peers {
    udp: Arc<UdpSocket>,
    tcp: Open,
    messages: Receiver<(Vec<u8>, SocketAddr)>,
    sender: Sender<(Vec<u8>, SocketAddr)>,
}

impl Peers {
    /// Nobody but datagrams.
    pub(super) fn new(udp: Arc<UdpSocket>) -> Self {
        let (sender, messages) = channel(WAITING);
        Peers { udp, tcp: Open::default(), messages, sender }
    }

    /// The next message over TCP.
    pub(super) async fn next(&mut self) -> Option<(Vec<u8>, SocketAddr)> {
        self.messages.recv().await
    }

    /// Sends a message: on the connection with that peer, or as a datagram.
    pub(super) async fn send(&self, to: SocketAddr, bytes: Vec<u8>) {
        let open = unpoisoned(&self.tcp).get(&to).cloned();
        match open {
            Some(connection) => {
                let _ = connection.try_send(bytes);
            }
            None => {
                let _ = self.udp.send_to(&bytes, to).await;
            }
        }
    }

    /// Talks with a peer over TCP.
    pub(super) fn connect(&self, stream: TcpStream, peer: SocketAddr, connection: Connection) {
        let (answers, receiver) = channel(WAITING);
        unpoisoned(&self.tcp).insert(peer, answers.clone());
        let (open, messages) = (Arc::clone(&self.tcp), self.sender.clone());
        tokio::spawn(async move {
            talk(stream, peer, &answers, receiver, &messages).await;
            unpoisoned(&open).remove(&peer);
            drop(connection);
        });
    }
}

/// Reads messages and writes answers, until the peer closes or says what is no SIP.
async fn talk(
    stream: TcpStream,
    peer: SocketAddr,
    answers: &Sender<Vec<u8>>,
    mut receiver: Receiver<Vec<u8>>,
    messages: &Sender<(Vec<u8>, SocketAddr)>,
) {
    let (mut reader, mut writer) = stream.into_split();
    let writing = tokio::spawn(async move {
        while let Some(bytes) = receiver.recv().await {
            if writer.write_all(&bytes).await.is_err() {
                return;
            }
        }
    });
    let mut frames = Frames::default();
    let mut part = [0; 4_096];
    'reading: while let Ok(Ok(n)) = timeout(QUIET, reader.read(&mut part)).await {
        if n == 0 {
            break;
        }
        frames.push(&part[..n]);
        loop {
            match frames.take() {
                Ok((Frame::Partial, _)) => break,
                Ok((Frame::Blank(_), _)) => {}
                Ok((Frame::Ping(_), _)) => {
                    let _ = answers.try_send(PONG.to_vec());
                }
                Ok((Frame::Whole(_), message)) => {
                    if messages.send((message, peer)).await.is_err() {
                        break 'reading;
                    }
                }
                Err(_) => break 'reading,
            }
        }
    }
    writing.abort();
}
