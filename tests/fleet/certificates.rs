//! Certificates for brokers in tests: of a maker of our own, valid or expired.

use std::fs;
use std::path::Path;
use std::process::Command;

/// Makes `ca.pem`, and `broker.pem` with `broker.key` for this machine; `until` is the last moment, as `YYYYMMDDHHMMSSZ`.
pub fn make(folder: &Path, until: &str) {
    let settings = "[ca]\ndefault_ca = own\n[own]\ndatabase = index\nserial = serial\nnew_certs_dir = .\ndefault_md = sha256\n\
                    policy = any\n[any]\ncommonName = supplied\n[broker]\nsubjectAltName = IP:127.0.0.1, DNS:localhost\n\
                    [maker]\nbasicConstraints = critical, CA:TRUE\n[req]\ndistinguished_name = name\n[name]\n";
    fs::write(folder.join("openssl.cnf"), settings).unwrap();
    fs::write(folder.join("index"), "").unwrap();
    fs::write(folder.join("serial"), "01\n").unwrap();
    let own = "-config openssl.cnf";
    for line in [
        format!(
            "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 30 -subj /CN=maker -extensions maker {own}"
        ),
        format!(
            "req -newkey rsa:2048 -nodes -keyout broker.key -out broker.csr -subj /CN=broker {own}"
        ),
        format!(
            "ca -batch -notext -in broker.csr -out broker.pem -cert ca.pem -keyfile ca.key -extensions broker \
             -startdate 20200101000000Z -enddate {until} {own}"
        ),
    ] {
        let done =
            Command::new("openssl").args(line.split_whitespace()).current_dir(folder).output();
        let done = done.expect("openssl is missing: bash scripts/prepare.sh fleet");
        assert!(done.status.success(), "{line}: {}", String::from_utf8_lossy(&done.stderr));
    }
}
