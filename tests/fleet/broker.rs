//! `nats-server` as a child process: alone or three together, killed and started again.

use std::fmt::Write as _;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The broker's program: Debian's, or another version where `UNDERTONE_NATS_SERVER` names one.
static PROGRAM: LazyLock<String> = LazyLock::new(|| {
    std::env::var("UNDERTONE_NATS_SERVER").unwrap_or_else(|_| "nats-server".to_owned())
});
const MISSING: &str = "nats-server is missing: bash scripts/prepare.sh fleet";

/// What documented settings take from the environment.
fn surroundings(port: u16, folder: &Path, own: &Path) -> Vec<(String, String)> {
    let text = |name: &str| folder.join(name).display().to_string();
    let mut all = vec![
        ("UT_LISTEN".to_owned(), format!("127.0.0.1:{port}")),
        ("UT_NAME".to_owned(), "broker-1".to_owned()),
        ("UT_STORE".to_owned(), own.join("store").display().to_string()),
        ("UT_CERTIFICATE".to_owned(), text("broker.pem")),
        ("UT_KEY".to_owned(), text("broker.key")),
        ("UT_CA".to_owned(), text("ca.pem")),
    ];
    for user in ["admin", "desk-1", "desk-2", "site-a", "wall", "worker"] {
        let name = format!("UT_{}", user.to_uppercase().replace('-', "_"));
        all.push((name, Broker::password(user)));
    }
    all
}

/// A broker that is killed when the test is over.
pub struct Broker {
    pub port: u16,
    config: PathBuf,
    child: Child,
    _folder: Option<TempDir>,
}

impl Broker {
    /// One broker; whoever comes may do all.
    pub fn start() -> Self {
        Broker::with("")
    }

    /// One broker with these lines in its settings; `FOLDER` in them is its own folder.
    pub fn with(settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Broker::prepared(folder, settings)
    }

    /// One at this port.
    pub fn at(port: u16, settings: &str) -> Self {
        Broker::prepared_at(port, tempfile::tempdir().unwrap(), settings)
    }

    /// The same, in a folder in which something lies already.
    pub fn prepared(folder: TempDir, settings: &str) -> Self {
        Broker::prepared_at(free_port(), folder, settings)
    }

    /// One with documented settings, in a folder with certificates.
    pub fn documented(config: &Path, folder: &Path) -> Self {
        let port = free_port();
        Broker::surrounded(config, port, surroundings(port, folder, folder))
    }

    /// Three with documented settings, and where brokers of sites come in at the first.
    pub fn documented_three(config: &Path, folder: &Path) -> (Vec<Self>, u16) {
        let of_cluster: Vec<u16> = (0..3).map(|_| free_port()).collect();
        let leafs: Vec<u16> = (0..3).map(|_| free_port()).collect();
        let route =
            |port: &u16| format!("\"tls://route:{}@127.0.0.1:{port}\"", Broker::password("route"));
        let routes = of_cluster.iter().map(route).collect::<Vec<_>>().join(", ");
        let start = |number: usize| {
            let (own, port) = (folder.join(number.to_string()), free_port());
            let mut all = surroundings(port, folder, &own);
            all.retain(|(name, _)| name != "UT_NAME");
            all.push(("UT_NAME".into(), format!("broker-{number}")));
            all.push(("UT_CLUSTER".into(), format!("127.0.0.1:{}", of_cluster[number])));
            all.push(("UT_LEAFS".into(), format!("127.0.0.1:{}", leafs[number])));
            all.push(("UT_ROUTES".into(), format!("[{routes}]")));
            all.push(("UT_ROUTE".into(), Broker::password("route")));
            Broker::surrounded(config, port, all)
        };
        ((0..3).map(start).collect(), leafs[0])
    }

    /// The documented broker of a site, which goes to the others as its user.
    pub fn documented_leaf(config: &Path, folder: &Path, hub: u16) -> Self {
        let port = free_port();
        let url = format!("\"tls://site-a:{}@127.0.0.1:{hub}\"", Broker::password("site-a"));
        let ca = folder.join("ca.pem").display().to_string();
        let all = [("UT_LISTEN", format!("127.0.0.1:{port}")), ("UT_HUB", url), ("UT_CA", ca)];
        let all = all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Broker::surrounded(config, port, all)
    }

    fn surrounded(config: &Path, port: u16, surroundings: Vec<(String, String)>) -> Self {
        let child = Command::new(PROGRAM.as_str())
            .arg("-c")
            .arg(config)
            .envs(surroundings)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect(MISSING);
        Broker { port, child, config: config.to_owned(), _folder: None }.ready()
    }

    /// The password of a role in documented settings.
    pub fn password(user: &str) -> String {
        format!("the-password-of-{user}")
    }

    fn prepared_at(port: u16, folder: TempDir, settings: &str) -> Self {
        let more = settings.replace("FOLDER", folder.path().to_str().unwrap());
        let config = written(folder.path(), port, &more);
        Broker { port, child: start(&config), config, _folder: Some(folder) }.ready()
    }

    /// Three brokers that keep everything three times. They tell nobody of each other.
    pub fn three(folder: &Path) -> Vec<Self> {
        let ports: Vec<(u16, u16)> = (0..3).map(|_| (free_port(), free_port())).collect();
        let routes: String = ports.iter().fold(String::new(), |mut all, (_, port)| {
            let _ = write!(all, "\"nats://127.0.0.1:{port}\", ");
            all
        });
        let brokers: Vec<Broker> = ports
            .iter()
            .enumerate()
            .map(|(number, (port, of_cluster))| {
                let own = folder.join(number.to_string());
                fs::create_dir_all(&own).unwrap();
                let more = format!(
                    "server_name: n{number}\ncluster {{ name: c, listen: \"127.0.0.1:{of_cluster}\", no_advertise: true, \
                     routes: [{routes}] }}\n"
                );
                let config = written(&own, *port, &more);
                Broker { port: *port, child: start(&config), config, _folder: None }
            })
            .collect();
        brokers.into_iter().map(Broker::ready).collect()
    }

    fn ready(self) -> Self {
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(20), "the broker does not start");
            sleep(Duration::from_millis(20));
        }
        self
    }

    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// As `kill -9`.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// After it was killed.
    pub fn start_again(&mut self) {
        self.child = start(&self.config);
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn written(folder: &Path, port: u16, more: &str) -> PathBuf {
    let config = folder.join("nats.conf");
    let store = folder.join("store");
    let jetstream = if more.contains("jetstream") {
        String::new()
    } else {
        format!("jetstream {{ store_dir: \"{}\" }}\n", store.display())
    };
    fs::write(&config, format!("listen: \"127.0.0.1:{port}\"\n{jetstream}{more}")).unwrap();
    config
}

fn start(config: &Path) -> Child {
    Command::new(PROGRAM.as_str())
        .arg("-c")
        .arg(config)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect(MISSING)
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
