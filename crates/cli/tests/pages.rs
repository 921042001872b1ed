//! The commands that the documentation and `--help` show: run as they stand where they can be, and accepted as they stand
//! everywhere.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests alone")]

#[path = "support/page.rs"]
mod page;
mod support;

use std::net::TcpListener;
use std::path::Path;

use page::{follow, shell, steps, text_of};
use support::{BUCKET, Served, bare, cospass, run};

/// Two ports that nobody listens on.
fn free_ports() -> [String; 2] {
    let listeners = [(), ()].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| format!(":{}", listener.local_addr().unwrap().port()))
}

#[test]
fn the_safe_way_can_be_followed_as_it_stands() {
    let [listen, control] = free_ports();
    let page = text_of("docs/safe-way.md").replace(":9000", &listen).replace(":9001", &control);
    let steps = steps(&page);
    assert!(steps.len() > 15, "{steps:?}");
    follow(tempfile::tempdir().unwrap().path(), &steps);
}

#[test]
fn the_pages_of_policies_and_of_access_can_be_followed() {
    for (page, count) in [("docs/policy.md", 6), ("docs/access.md", 2)] {
        let steps = steps(&text_of(page));
        assert!(steps.len() >= count, "{steps:?}");
        follow(tempfile::tempdir().unwrap().path(), &steps);
    }
}

#[test]
fn whoami_tells_what_the_page_of_credentials_says() {
    let home = tempfile::tempdir().unwrap();
    let text = "[common]\nsecret_id = AKIDEXAMPLE\nsecret_key = x\n";
    std::fs::write(home.path().join(".cos.conf"), text).unwrap();
    let page = text_of("docs/credentials.md");
    let steps = steps(&page.replace("/home/me", home.path().to_str().unwrap()));
    assert_eq!(steps.len(), 1, "{steps:?}");
    follow(home.path(), &steps);
}

/// They are run with the place of an endpoint in place of a region, and with what `…` stands for.
#[test]
fn the_readme_s_commands_do_what_they_are_shown_for() {
    let bucket = format!("{BUCKET}=private");
    let served = Served::start(&mut cospass(), &["--bucket", &bucket, "--default-bucket", BUCKET]);
    let folder = tempfile::tempdir().unwrap();
    let place = format!("--domain {} --scheme http", served.address());
    std::fs::create_dir(folder.path().join("photos")).unwrap();
    for name in ["photos/a.jpg", "report.pdf", "disk.img", "README.md"] {
        std::fs::write(folder.path().join(name), vec![b'x'; 3 << 20]).unwrap();
    }
    let port = served.address().rsplit(':').next().unwrap();
    let before = format!(
        "export COS_SECRET_ID={} COS_SECRET_KEY={} COS_REGION=ap-guangzhou COSPASS_STS_ENDPOINT=http://sts.localhost:{port}; ",
        support::SECRET_ID,
        support::SECRET_KEY
    );
    let ran = |command: &str| {
        let output = shell(folder.path(), &format!("{before}{command}")).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    };
    let mut url = String::new();
    let mut shown = steps(&text_of("README.md"));
    shown.retain(|step| step.command.contains("cospass "));
    let mut done = 0;
    for step in &shown {
        // A comment is for the reader.
        let command = step.command.split("       # ").next().unwrap();
        let word = command.split_whitespace().nth(1).unwrap().trim_matches('"');
        let is_offline =
            ["policy", "presign", "auth"].contains(&word) || command.contains("token ");
        let mut command =
            command.replace("Content-MD5: …", "Content-MD5: 1B2M2Y8AsgTpgAmY7PhCfg==");
        command = command.replace("--size 20GiB", "--size 3145728");
        if !is_offline
            && ["put", "get", "ls", "share", "bundle", "post-form", "doctor"].contains(&word)
        {
            command = command.replace(" --region ap-guangzhou", "");
            let (head, rest) = command.split_once(" > ").unwrap_or((&command, ""));
            let rest = if rest.is_empty() { String::new() } else { format!(" > {rest}") };
            command = format!("{head} {place}{rest}");
        }
        let expected = match word {
            // A policy that denies, a page whose rules are missing, a signature that is cut.
            "policy" if command.contains(" check ") => 5,
            "doctor" => 1,
            "verify" | "explain" | "serve" => continue,
            "download" => {
                command = command.replace("https://…?q-sign-algorithm=…", &url);
                0
            }
            _ => 0,
        };
        let (code, stdout, stderr) = ran(&command);
        assert_eq!(code, expected, "{command}\n{stdout}\n{stderr}");
        if word == "share" {
            url = stdout.trim().to_owned();
            std::fs::remove_file(folder.path().join("report.pdf")).unwrap();
        }
        done += 1;
    }
    assert!(done >= 15, "{done} of {shown:#?}");
    for name in ["here/a.jpg", "report.pdf"] {
        let bytes = std::fs::read(folder.path().join(name)).unwrap();
        assert!(bytes.len() == 3 << 20 && bytes.iter().all(|byte| *byte == b'x'), "{name}");
    }
}

/// Runs a line with a command `cospass` that only looks at its arguments; what it does not take.
fn not_taken(folder: &Path, line: &str) -> String {
    // The help comes after everything else was read.
    let script = format!(
        "cospass() {{ command cospass \"$@\" --help > /dev/null 2> error || cat error >&2; }}\nexec 2>&1 > /dev/null\n{line}"
    );
    let ran = shell(folder, &script).output().unwrap();
    String::from_utf8(ran.stdout).unwrap() + &String::from_utf8(ran.stderr).unwrap()
}

#[test]
fn every_command_that_is_shown_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let mut lines = Vec::new();
    let pages = ["README.md", "deploy/README.md", "docs/access.md", "docs/bundle.md"];
    let more = ["docs/credentials.md", "docs/operating.md", "docs/policy.md", "docs/python.md"];
    for page in pages.into_iter().chain(more) {
        let of_page = steps(&text_of(page)).into_iter().map(|step| step.command);
        lines.extend(of_page.filter(|line| line.starts_with("cospass ")));
    }
    assert!(lines.len() > 25, "{lines:#?}");
    let shown = lines.len();
    // What --help shows stands two spaces in, and goes on after a backslash.
    for command in commands() {
        let help = run(bare().args(&command).arg("--help")).ends_with(0).stdout;
        let mut examples = help.lines();
        while let Some(line) = examples.next() {
            let Some(line) = line.strip_prefix("  ") else { continue };
            let begins = line.strip_prefix("COSPASS_CDN_KEY=… ").unwrap_or(line);
            if !begins.starts_with("cospass ") {
                continue;
            }
            // What stands far behind it is said of it.
            let mut whole = line.split("    ").next().unwrap().to_owned();
            while whole.ends_with('\\') {
                whole += &format!("\n{}", examples.next().unwrap());
            }
            lines.push(whole);
        }
    }
    assert!(lines.len() > shown + 15, "{lines:#?}");
    for line in &lines {
        let line = line.trim_end_matches('&');
        assert_eq!(not_taken(folder.path(), line), "", "{line}");
    }
    // And what is not taken is found.
    let wrong = not_taken(folder.path(), "cospass presign GET cos://b-1250000000/a --no-such");
    assert!(wrong.contains("--no-such"), "{wrong}");
}

/// The words of every command and of those below it.
fn commands() -> Vec<Vec<String>> {
    let listed = |words: &[String]| -> Vec<Vec<String>> {
        let help = run(bare().args(words).arg("--help")).ends_with(0).stdout;
        let Some((_, list)) = help.split_once("\nCommands:\n") else { return Vec::new() };
        let names = list.lines().take_while(|line| !line.is_empty());
        let names = names.filter_map(|line| line.split_whitespace().next());
        names.map(|name| [words, &[name.to_owned()]].concat()).collect()
    };
    let mut all: Vec<Vec<String>> = Vec::new();
    for command in listed(&[]) {
        if command != ["help"] {
            all.extend(listed(&command).into_iter().filter(|words| words[1] != "help"));
            all.push(command);
        }
    }
    assert!(all.len() > 25, "{all:?}");
    all
}
