//! What goes wrong with brokers and rights: said in plain words, and nothing is lost.

use crate::agent::{Agent, program};
use crate::broker::{Broker, free_port};
use crate::certificates;
use crate::documented::asset;
use crate::logs::{Call, expected};
use async_nats::{Client, ConnectOptions, Event};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::time::sleep;

/// A file that only its owner may read.
fn secret(folder: &Path, name: &str, text: &str) -> PathBuf {
    let file = folder.join(name);
    fs::write(&file, text).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    file
}

/// Makes the streams, as somebody who may.
pub fn prepare(folder: &Path, url: &str, ca: &str, replicas: usize) {
    let file = settings(folder, url, "admin", &Broker::password("admin"), ca);
    let begun = Instant::now();
    loop {
        let mut command = program();
        command.args(["prepare", "--replicas", &replicas.to_string(), "--config"]).arg(&file);
        let prepared = command.output().unwrap();
        if prepared.status.success() {
            return;
        }
        // Three brokers need some seconds to agree.
        let told = String::from_utf8_lossy(&prepared.stderr).into_owned();
        assert!(begun.elapsed() < Duration::from_secs(30), "{told}");
        std::thread::sleep(Duration::from_millis(500));
    }
}

/// Settings of a desk that logs in with a password.
pub fn settings(folder: &Path, url: &str, user: &str, password: &str, more: &str) -> PathBuf {
    fs::create_dir_all(folder.join("logs")).unwrap();
    secret(folder, &format!("{user}.password"), password);
    let file = folder.join(format!("{user}.toml"));
    let text = format!(
        "[session]\ndir = \"logs\"\n[fleet]\nservers = [\"{url}\"]\nnode = \"{user}\"\nuser = \"{user}\"\n\
         password_file = \"{user}.password\"\n{more}"
    );
    fs::write(&file, text).unwrap();
    file
}

async fn n_facts(client: &Client) -> u64 {
    let context = async_nats::jetstream::new(client.clone());
    match context.get_stream("UT_EV").await {
        Ok(stream) => stream.cached_info().state.messages,
        Err(_) => 0,
    }
}

async fn until_sent(client: &Client, node: &str, folder: &Path) {
    let (wanted, begun) = (expected(node, folder).0.len() as u64, Instant::now());
    while n_facts(client).await < wanted {
        assert!(begun.elapsed() < Duration::from_secs(30), "{} of {wanted}", n_facts(client).await);
        sleep(Duration::from_millis(100)).await;
    }
}

fn call_of(folder: &Path, n: u64) -> Call {
    let mut call = Call::begin(folder, "line 1");
    (0..n).for_each(|_| call.go_on(70));
    call
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_absent_is_told_and_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("nats://127.0.0.1:{}", free_port());
    let mut agent = Agent::start(std::slice::from_ref(&url), &[("desk-1", folder.path())]);
    let _call = call_of(folder.path(), 50);
    agent.says("no link to the broker");
    agent.says("refused");
    assert!(agent.is_running());
    let broker = Broker::at(url.rsplit_once(':').unwrap().1.parse().unwrap(), "");
    agent.says("linked to the broker");
    let client = async_nats::connect(broker.url()).await.unwrap();
    until_sent(&client, "desk-1", folder.path()).await;
    // Who looks wants to know at once.
    drop(broker);
    let output = program().args(["wall", "--broker", &url]).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && told.contains("no link to the broker"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_told_and_the_desk_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let broker = Broker::with(
        "authorization { users: [{ user: desk-1, password: \"the-right-password-1\" }] }\n",
    );
    let file = settings(folder.path(), &broker.url(), "desk-1", "the-wrong-password-1", "");
    let mut agent = Agent::with_settings(&file);
    agent.says("it refuses this user: wrong name, password or key");
    assert!(agent.is_running());
    let mut nobody = Agent::start(&[broker.url()], &[("desk-2", folder.path())]);
    nobody.says("it wants to know who this is");
    assert!(nobody.is_running());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_expired_or_of_a_stranger_is_told() {
    for (until, words) in [
        ("20210101000000Z", "its certificate has expired"),
        ("20400101000000Z", "of nobody that fleet.ca trusts"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        certificates::make(folder.path(), until);
        let tls = "tls { cert_file: FOLDER/broker.pem, key_file: FOLDER/broker.key }\n";
        let ca = folder.path().join("ca.pem");
        let (own, stranger) = (ca.clone(), tempfile::tempdir().unwrap());
        let ca = if words.ends_with("expired") {
            own
        } else {
            certificates::make(stranger.path(), until);
            stranger.path().join("ca.pem")
        };
        let desk = tempfile::tempdir().unwrap();
        let broker = Broker::prepared(folder, tls);
        let url = format!("tls://127.0.0.1:{}", broker.port);
        let more = format!("ca = {ca:?}\n");
        let agent = Agent::with_settings(&settings(
            desk.path(),
            &url,
            "desk-1",
            "a-password-of-some-length",
            &more,
        ));
        agent.says(words);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_without_room_is_told_and_all_is_sent_when_there_is_some() {
    let folder = tempfile::tempdir().unwrap();
    let broker = Broker::with("jetstream { store_dir: FOLDER/store, max_file_store: 8MB }\n");
    let client = async_nats::connect(broker.url()).await.unwrap();
    let context = async_nats::jetstream::new(client.clone());
    for name in [::fleet::streams::EVENTS, ::fleet::streams::LIVE] {
        let config = ::fleet::streams::config(name).unwrap();
        let config = async_nats::jetstream::stream::Config { max_bytes: -1, ..config };
        context.create_stream(config).await.unwrap();
    }
    // Somebody else fills it.
    let filler = async_nats::jetstream::stream::Config {
        name: "FILLER".into(),
        subjects: vec!["filler".into()],
        ..Default::default()
    };
    context.create_stream(filler).await.unwrap();
    for _ in 0..100 {
        let sent = context.publish("filler", vec![0; 100_000].into()).await.unwrap();
        if sent.await.is_err() {
            break;
        }
    }
    let mut agent = Agent::start(&[broker.url()], &[("desk-1", folder.path())]);
    let mut call = call_of(folder.path(), 400);
    agent.says("facts do not arrive at the broker");
    assert!(agent.is_running());
    context.delete_stream("FILLER").await.unwrap();
    call.go_on(71);
    agent.says("facts arrive at the broker again");
    until_sent(&client, "desk-1", folder.path()).await;
}

/// The documented settings of a broker with rights, on one machine.
fn with_roles() -> (Broker, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    certificates::make(folder.path(), "20400101000000Z");
    (Broker::documented(&asset("broker.conf"), folder.path()), folder)
}

/// A program of somebody else that logs in with these rights, and what it is refused.
async fn stranger(broker: &Broker, folder: &Path, user: &str) -> (Client, Arc<Mutex<String>>) {
    let refused: Arc<Mutex<String>> = Arc::default();
    let heard = Arc::clone(&refused);
    let client = ConnectOptions::with_user_and_password(user.into(), Broker::password(user))
        .custom_inbox_prefix(format!("_INBOX_{user}"))
        .add_root_certificates(folder.join("ca.pem"))
        .event_callback(move |event| {
            let heard = Arc::clone(&heard);
            async move {
                if let Event::ServerError(error) = event {
                    let mut heard = heard.lock().unwrap();
                    *heard += &error.to_string();
                    *heard += "\n";
                }
            }
        })
        .request_timeout(Some(Duration::from_secs(1)))
        .connect(format!("tls://127.0.0.1:{}", broker.port))
        .await
        .unwrap();
    (client, refused)
}

async fn is_refused(refused: &Mutex<String>, what: &str) {
    let begun = Instant::now();
    while !refused.lock().unwrap().to_lowercase().contains(&what.to_lowercase()) {
        assert!(begun.elapsed() < Duration::from_secs(5), "{what}: {}", refused.lock().unwrap());
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_role_may_do_its_own_and_nothing_else() {
    let (broker, folder) = with_roles();
    let url = format!("tls://127.0.0.1:{}", broker.port);
    let ca = format!("ca = {:?}\n", folder.path().join("ca.pem"));
    let file =
        |user: &str| settings(&folder.path().join(user), &url, user, &Broker::password(user), &ca);
    // A desk may not make streams; whoever may, does it once.
    let early = Agent::with_settings(&{
        fs::create_dir_all(folder.path().join("desk-2")).unwrap();
        file("desk-2")
    });
    early.says("undertone-gateway prepare");
    drop(early);
    prepare(&folder.path().join("admin"), &url, &ca, 1);
    // What the programs do is allowed.
    fs::create_dir_all(folder.path().join("desk-1")).unwrap();
    let agent = Agent::with_settings(&file("desk-1"));
    let logs = folder.path().join("desk-1/logs");
    let mut call = call_of(&logs, 30);
    let address = ::fleet::Broker {
        servers: vec![url.clone()],
        login: ::fleet::Login::Password { user: "wall".into(), password: Broker::password("wall") },
        ca: Some(folder.path().join("ca.pem")),
        certificate: None,
        inbox: Some("wall".into()),
    };
    let watch = crate::seen::wall(&address).await;
    crate::seen::until(&watch, "the call is there", |picture| picture.calls.len() == 1).await;
    call.alert("fear for 8 s of speech");
    let picture = crate::seen::until(&watch, "an alert", |picture| picture.open_alerts > 0).await;
    let alert = picture.calls[0].open_alerts().next().unwrap();
    watch.acknowledge(&picture.calls[0].call, hearing::stream_time::StreamTime(alert.at)).await;
    // Nobody writes this log with an engine: the note for it is there.
    let note = logs.join(".fleet/seen");
    assert_eq!(fs::read_dir(note).unwrap().count(), 1);
    let (admin, _) = stranger(&broker, folder.path(), "admin").await;
    until_sent(&admin, "desk-1", &logs).await;
    assert!(!agent.said().contains("refuses"), "{}", agent.said());
    // What another program does with the same rights is not.
    let (desk, refused) = stranger(&broker, folder.path(), "desk-2").await;
    for subject in
        ["ut.ev.desk-1.>", "ut.live.>", "ut.cmd.desk-1.*.ack", "_INBOX_desk-1.>", "_INBOX.>"]
    {
        let _ = desk.subscribe(subject).await.unwrap();
        is_refused(&refused, &format!("subscription to \"{subject}\"")).await;
    }
    for subject in [
        "ut.ev.desk-1.x.reading",
        "ut.live.desk-1",
        "ut.cmd.desk-1.x.ack",
        "$JS.API.DIRECT.GET.UT_EV.ut.ev.desk-1.x.reading",
        "$JS.API.CONSUMER.CREATE.UT_EV",
        "$JS.API.STREAM.MSG.GET.UT_EV",
        "$JS.API.STREAM.DELETE.UT_EV",
        "$JS.API.STREAM.PURGE.UT_EV",
    ] {
        desk.publish(subject, "{}".into()).await.unwrap();
        is_refused(&refused, &format!("publish to \"{subject}\"")).await;
    }
    let (wall, refused) = stranger(&broker, folder.path(), "wall").await;
    for subject in
        ["ut.ev.desk-1.x.reading", "ut.live.desk-1.x", "ut.jobs.x", "$JS.API.STREAM.PURGE.UT_LIVE"]
    {
        wall.publish(subject, "{}".into()).await.unwrap();
        is_refused(&refused, &format!("publish to \"{subject}\"")).await;
    }
    let before = n_facts(&admin).await;
    sleep(Duration::from_millis(300)).await;
    assert_eq!(n_facts(&admin).await, before);
    // Our own program that is another's: it is told.
    let mine =
        settings(&folder.path().join("desk-2"), &url, "desk-2", &Broker::password("desk-2"), &ca);
    let text = fs::read_to_string(&mine).unwrap().replace("node = \"desk-2\"", "node = \"desk-1\"");
    fs::write(&mine, text).unwrap();
    let _call = call_of(&folder.path().join("desk-2/logs"), 10);
    let agent = Agent::with_settings(&mine);
    agent.says("the broker refuses: ");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_needs_no_other_rights_than_its_role_has() {
    let (broker, folder) = with_roles();
    let url = format!("tls://127.0.0.1:{}", broker.port);
    let ca = format!("ca = {:?}\n", folder.path().join("ca.pem"));
    prepare(&folder.path().join("admin"), &url, &ca, 1);
    let own = folder.path().join("worker");
    let file = settings(&own, &url, "worker", &Broker::password("worker"), &ca);
    fs::create_dir(own.join("shared")).unwrap();
    fs::copy(asset("../demo-call.wav"), own.join("shared/a.wav")).unwrap();
    let run = |args: &[&str]| {
        let mut command = program();
        command.args(args).arg("--config").arg(&file).current_dir(&own);
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && !said.contains("refuses"), "{args:?}: {said}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    run(&["submit", "--no-wait", "--root", "shared", "shared"]);
    run(&["work", "--root", "shared", "--log-dir", "read", "--until-empty"]);
    assert!(own.join("read/a.wav.jsonl").is_file());
    let told = run(&["submit", "--status"]);
    assert!(told.contains("1 are done"), "{told}");
}
