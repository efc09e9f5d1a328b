//! A gateway of a test's own: its folder, its ports, its process.

use record::session::record::Header;
use record::session::{Record, SessionReader};
use serde_json::Value;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The program.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_undertone-gateway");
/// A token, and Genesys' secret as base64.
pub const TOKEN: &str = "a-token-of-32-characters-0123456";
pub const SECRET: &str = "c2VjcmV0c2VjcmV0c2VjcmV0";

/// A gateway that runs.
pub struct Gateway {
    pub folder: TempDir,
    pub http: u16,
    pub audiosocket: u16,
    pub sip: u16,
    pub child: Child,
}

/// A port that nobody has just now.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// How many ports for RTP a gateway has.
const PORTS_FOR_RTP: u16 = 220;

/// Ports for RTP that no other gateway of the tests has. They are below those that the system gives to whoever asks for any.
fn ports_for_rtp() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let n_gateways = (32_768 - 20_000) / PORTS_FOR_RTP;
    let number = std::process::id() + NEXT.fetch_add(1, Ordering::Relaxed);
    20_000 + u16::try_from(number % u32::from(n_gateways)).unwrap() * PORTS_FOR_RTP
}

/// Streams of every protocol.
pub const STREAMS: &[(&str, &str)] = &[
    ("freeswitch", "caller = \"mono\""),
    ("jambonz", "caller = \"mono\""),
    ("asterisk", "caller = \"mono\""),
    ("vonage", "caller = \"mono\""),
    ("twilio", ""),
    ("signalwire", ""),
    ("telnyx", ""),
    ("plivo", ""),
    ("audiohook", "[[stream.key]]\nid = \"k1\"\nsecret_file = \"secret\""),
];

impl Gateway {
    /// One with all protocols, and with these settings besides.
    pub fn start(more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("token", TOKEN), ("secret", SECRET)] {
            let file = folder.path().join(name);
            fs::write(&file, text).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        }
        let (http, audiosocket, sip) = (free_port(), free_port(), free_port());
        let stream = |(name, more): &(&str, &str)| {
            format!("[[stream]]\npath = \"/{name}\"\nprotocol = \"{name}\"\n{more}\n")
        };
        let streams = STREAMS.iter().map(stream).collect::<Vec<_>>().concat();
        let media = ports_for_rtp();
        let config = format!(
            "backend = \"cpu\"\nlanguage = \"en\"\n[session]\ndir = \"logs\"\n\
             [http]\nlisten = \"127.0.0.1:{http}\"\ncontrol_token_file = \"token\"\n\
             [[audiosocket]]\nlisten = \"127.0.0.1:{audiosocket}\"\n{streams}\
             [[stream]]\npath = \"/left\"\nprotocol = \"freeswitch\"\ncaller = \"left\"\n\
             [[stream]]\npath = \"/right\"\nprotocol = \"freeswitch\"\ncaller = \"right\"\n\
             [[stream]]\npath = \"/unknown\"\nprotocol = \"freeswitch\"\n\
             [[stream]]\npath = \"/token\"\nprotocol = \"twilio\"\ntoken_file = \"token\"\n\
             [siprec]\nlisten = \"127.0.0.1:{sip}\"\nports = [{media}, {}]\nown_numbers = [\"116123\"]\n{more}\n",
            media + PORTS_FOR_RTP - 1
        );
        fs::write(folder.path().join("gateway.toml"), config).unwrap();
        let child = run(folder.path());
        let gateway = Gateway { folder, http, audiosocket, sip, child };
        gateway.wait_until("\"event\":\"ready\"", Duration::from_secs(20));
        gateway
    }

    /// The same gateway once more, after its end.
    pub fn start_again(&mut self) {
        self.child = run(self.folder.path());
    }

    /// What it has said of its work.
    pub fn said(&self) -> String {
        fs::read_to_string(self.folder.path().join("said")).unwrap()
    }

    /// Waits until it has said this.
    pub fn wait_until(&self, words: &str, at_most: Duration) {
        let begun = Instant::now();
        while !self.said().contains(words) {
            assert!(begun.elapsed() < at_most, "no {words} in:\n{}", self.said());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The session logs, in the order of their names.
    pub fn logs(&self) -> Vec<PathBuf> {
        let folder = self.folder.path().join("logs");
        let mut logs: Vec<PathBuf> = fs::read_dir(folder)
            .map(|entries| entries.map(|entry| entry.unwrap().path()).collect())
            .unwrap_or_default();
        logs.sort();
        logs
    }

    /// Sends a call, or several, as the program's own sender does.
    pub fn send(&self, protocol: &str, caller: &Path, more: &[&str]) -> Output {
        self.sender(protocol, caller, more).output().unwrap()
    }

    /// The same, not yet run.
    pub fn sender(&self, protocol: &str, caller: &Path, more: &[&str]) -> Command {
        self.sender_to(&self.url(protocol), protocol, caller, more)
    }

    pub fn sender_to(&self, url: &str, protocol: &str, caller: &Path, more: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.arg("send").args(["--protocol", protocol, "--caller"]).arg(caller);
        if protocol == "audiohook" {
            command
                .args(["--key-id", "k1", "--secret-file"])
                .arg(self.folder.path().join("secret"));
        }
        command.args(more).arg(url).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn url(&self, protocol: &str) -> String {
        match protocol {
            "audiosocket" => format!("audiosocket://127.0.0.1:{}", self.audiosocket),
            path => format!("ws://127.0.0.1:{}/{path}", self.http),
        }
    }

    /// An answer to an HTTP request: status and body.
    pub fn ask(&self, request: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.http)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let request = format!("{request} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n");
        let request =
            format!("{request}authorization: Bearer {TOKEN}\r\ncontent-length: 0\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head[9..12].parse().unwrap(), body.to_owned())
    }

    /// A count of its metrics; 0 where there is none yet.
    pub fn count(&self, name: &str) -> f64 {
        let (_, text) = self.ask("GET /metrics");
        let prefix = format!("undertone_gateway_{name} ");
        let found = text.lines().find_map(|line| line.strip_prefix(&prefix));
        found.map_or(0.0, |value| value.trim().parse().unwrap())
    }

    /// Its memory in bytes.
    pub fn memory(&self) -> usize {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1_024
    }

    /// Sends a signal.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    }

    /// Whether it ends within this.
    pub fn ends_within(&mut self, at_most: Duration) -> bool {
        let begun = Instant::now();
        while begun.elapsed() < at_most {
            if self.child.try_wait().unwrap().is_some() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        false
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("{}", self.said());
        }
    }
}

fn run(folder: &Path) -> Child {
    let said = fs::File::options().create(true).append(true).open(folder.join("said")).unwrap();
    Command::new(PROGRAM)
        .arg("--config")
        .arg(folder.join("gateway.toml"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(said)
        .spawn()
        .unwrap()
}

/// The facts of a log: what it says but for its chain, its header and the delays, which no two runs share.
pub fn facts(log: &Path) -> Vec<Value> {
    let text = fs::read_to_string(log).unwrap();
    let mut facts: Vec<Value> =
        text.lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect();
    for fact in &mut facts {
        let fact = fact.as_object_mut().unwrap();
        fact.remove("chain");
        fact.remove("delay");
    }
    facts
}

/// A log's header, and how long the call was, which only a log that was ended says.
pub fn header_and_length(log: &Path) -> (Header, Option<f64>) {
    let reader = SessionReader::open(log).unwrap();
    let header = reader.header().clone();
    let end = reader.filter_map(|record| match record.unwrap() {
        Record::End(end) => Some(end.t.seconds()),
        _ => None,
    });
    (header, end.last())
}

/// A UDP port's own socket, as a telephone system has it.
pub fn datagrams() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    socket
}
