//! An alert that is acknowledged on a wall: the desk's own log has it, with the role and the time.

use crate::agent::Agent;
use crate::broker::Broker;
use ::fleet::watch::Watch;
use ::fleet::{Broker as Address, Link, Login};
use hearing::stream_time::StreamTime;
use record::wall::{CallPicture, Picture};
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// Where a broker is, for whoever comes.
pub fn address(broker: &Broker) -> Address {
    let servers = vec![broker.url()];
    Address { servers, login: Login::Nobody, ca: None, certificate: None, inbox: None }
}

/// A wall.
pub async fn wall(address: &Address) -> Watch {
    let link = Link::open(address, Arc::new(|_: &str| {})).await.unwrap();
    let watch = Watch::new(Arc::new(|text: &str| println!("wall: {text}")));
    tokio::spawn(watch.clone().run_over(link));
    watch
}

/// Waits for a picture.
pub async fn until(watch: &Watch, what: &str, is_it: impl Fn(&Picture) -> bool) -> Picture {
    let begun = Instant::now();
    loop {
        let picture = watch.picture();
        if is_it(&picture) {
            return picture;
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "{what}: {picture:?}");
        sleep(Duration::from_millis(50)).await;
    }
}

struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The desktop program, which replays the demo call at its own speed, and asks for attention after two seconds without a
/// voice.
fn desk(folder: &Path) -> Killed {
    let config = folder.join("undertone.toml");
    fs::write(&config, "[alerts.long_silence]\nheard_s = 2\nsilence_s = 2\n").unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let program = Path::new(env!("CARGO_BIN_EXE_undertone-gateway")).with_file_name("undertone");
    let child = Command::new(program)
        .arg("replay")
        .arg(root.join("assets/demo-call.wav"))
        .args(["--plain", "--speed", "1", "--backend", "cpu", "--config"])
        .arg(&config)
        .arg("--log")
        .arg(folder.join("logs/desk.jsonl"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    Killed(child)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_that_is_acknowledged_on_a_wall_is_in_the_desks_log() {
    let folder = tempfile::tempdir().unwrap();
    let logs = folder.path().join("logs");
    fs::create_dir(&logs).unwrap();
    let broker = Broker::start();
    let _agent = Agent::start(&[broker.url()], &[("desk-1", &logs)]);
    let watch = wall(&address(&broker)).await;
    let desk = desk(folder.path());
    let picture = until(&watch, "an alert", |picture| picture.open_alerts > 0).await;
    let call = &picture.calls[0];
    assert_eq!(call.node.as_deref(), Some("desk-1"));
    let alert = call.open_alerts().next().unwrap();
    watch.acknowledge(&call.call, StreamTime(alert.at)).await;
    until(&watch, "it is seen", |picture| {
        picture
            .calls
            .iter()
            .flat_map(|call| &call.alerts)
            .any(|seen| seen.at == alert.at && seen.is_acknowledged)
    })
    .await;
    let log = fs::read_to_string(logs.join("desk.jsonl")).unwrap();
    let line = log.lines().find(|line| line.contains("\"record\":\"acknowledged\"")).unwrap();
    assert!(line.contains("\"by\":\"wall\""), "{line}");
    // A desk that is switched off: its call is over on the wall.
    drop(desk);
    until(&watch, "the call is over", |picture| picture.calls.iter().all(CallPicture::is_over))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_that_is_silent_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let broker = Broker::start();
    let agent = Agent::start(&[broker.url()], &[("desk-7", folder.path())]);
    let watch = wall(&address(&broker)).await;
    until(&watch, "the desk is there", |picture| !picture.nodes.is_empty()).await;
    drop(agent);
    let picture =
        until(&watch, "it is silent", |picture| picture.nodes[0].silent_s.is_some()).await;
    assert_eq!(picture.nodes[0].name, "desk-7");
}
