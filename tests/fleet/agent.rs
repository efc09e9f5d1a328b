//! `undertone-gateway agent` as a child process, and a link that can be cut.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

/// The program under test.
pub fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_undertone-gateway"))
}

/// An agent that is killed when the test is over.
pub struct Agent {
    child: Child,
    said: Arc<Mutex<String>>,
}

impl Agent {
    /// One that follows these desks.
    pub fn start(urls: &[String], desks: &[(&str, &Path)]) -> Self {
        let mut command = program();
        command.arg("agent");
        for url in urls {
            command.args(["--broker", url]);
        }
        for (name, folder) in desks {
            command.arg("--desk").arg(format!("{name}={}", folder.display()));
        }
        Agent::of(command)
    }

    /// One with these settings.
    pub fn with_settings(file: &Path) -> Self {
        let mut command = program();
        command.arg("agent").arg("--config").arg(file);
        Agent::of(command)
    }

    fn of(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = child.stderr.take().unwrap();
        let said: Arc<Mutex<String>> = Arc::default();
        let heard = Arc::clone(&said);
        thread::spawn(move || {
            let mut block = [0; 4_096];
            while let Ok(n @ 1..) = stderr.read(&mut block) {
                heard.lock().unwrap().push_str(&String::from_utf8_lossy(&block[..n]));
            }
        });
        Agent { child, said }
    }

    /// What it has said so far.
    pub fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// Waits until it says this.
    pub fn says(&self, words: &str) {
        let begun = Instant::now();
        while !self.said().contains(words) {
            assert!(begun.elapsed() < Duration::from_secs(30), "{words}: {}", self.said());
            sleep(Duration::from_millis(50));
        }
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// As `kill -9`.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        // Shown where the test fails.
        println!("an agent said:\n{}", self.said());
    }
}

/// A link to a broker that can be cut: then nothing passes, and no end says so.
pub struct Link {
    pub url: String,
    is_cut: Arc<AtomicBool>,
}

impl Link {
    pub fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("nats://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let is_cut = Arc::new(AtomicBool::new(false));
        let cut = Arc::clone(&is_cut);
        thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                let Ok(far) = TcpStream::connect(("127.0.0.1", port)) else { continue };
                for (from, to) in [(&near, &far), (&far, &near)] {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    let cut = Arc::clone(&cut);
                    thread::spawn(move || carry(from, to, &cut));
                }
            }
        });
        Link { url, is_cut }
    }

    pub fn cut(&self, is_cut: bool) {
        self.is_cut.store(is_cut, Ordering::Relaxed);
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, is_cut: &AtomicBool) {
    let mut block = [0; 16_384];
    while let Ok(n @ 1..) = from.read(&mut block) {
        while is_cut.load(Ordering::Relaxed) {
            sleep(Duration::from_millis(20));
        }
        if to.write_all(&block[..n]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(std::net::Shutdown::Both);
    let _ = from.shutdown(std::net::Shutdown::Both);
}
