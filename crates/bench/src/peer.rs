//! Another tool in a process of its own, which answers one line of JSON with one: `tests/python/bench.py` says how.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::workload::Workload;

/// A tool of the list that `make bench-sign` writes: one that can be run, or why it cannot.
pub(crate) struct Listed {
    pub(crate) name: String,
    pub(crate) peer: Result<Peer, String>,
}

impl Listed {
    /// Starts each tool of a file: an array of `{"name", "command", "environment"}`, or of `{"name", "not_run"}` with a reason.
    pub(crate) fn start_all(file: &Path) -> Result<Vec<Self>, Box<dyn Error>> {
        let list: Value = serde_json::from_str(&fs::read_to_string(file)?)?;
        let list = list.as_array().ok_or("the peers are an array")?;
        list.iter().map(Self::start).collect()
    }

    fn start(of: &Value) -> Result<Self, Box<dyn Error>> {
        let name = of.get("name").and_then(Value::as_str).ok_or("a peer has a name")?.to_owned();
        if let Some(reason) = of.get("not_run").and_then(Value::as_str) {
            return Ok(Self { name, peer: Err(reason.to_owned()) });
        }
        let texts = |of: &Value| {
            let texts = of.as_array().into_iter().flatten().filter_map(Value::as_str);
            texts.map(str::to_owned).collect::<Vec<_>>()
        };
        let command = of.get("command").map(texts).unwrap_or_default();
        let environment: BTreeMap<String, String> = match of.get("environment") {
            Some(variables) => serde_json::from_value(variables.clone())?,
            None => BTreeMap::new(),
        };
        Ok(Self { name, peer: Ok(Peer::start(&command, &environment)?) })
    }
}

pub(crate) struct Peer {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    version: String,
    /// The workloads that it does not sign, each with the reason.
    cannot: BTreeMap<&'static str, String>,
}

impl Peer {
    fn start(
        command: &[String],
        environment: &BTreeMap<String, String>,
    ) -> Result<Self, Box<dyn Error>> {
        let (program, arguments) = command.split_first().ok_or("a peer has a command")?;
        let mut child = Command::new(program)
            .args(arguments)
            .envs(environment)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{program}: {error}"))?;
        let (Some(requests), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(format!("{program}: its pipes are gone").into());
        };
        let answers = BufReader::new(answers);
        let (version, cannot) = (String::new(), BTreeMap::new());
        let mut peer = Self { child, requests, answers, version, cannot };
        peer.version = peer.text_of(json!({"do": "version"}), "version")?;
        for workload in Workload::all() {
            let answer = peer.ask(json!({"do": "prepare", "workload": workload.to_json()}))?;
            if let Some(reason) = answer.get("cannot").and_then(Value::as_str) {
                peer.cannot.insert(workload.name, reason.to_owned());
            }
        }
        Ok(peer)
    }

    /// The tool and what it runs on, with their versions.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    /// Why it does not sign a workload, if it does not.
    pub(crate) fn cannot(&self, workload: &Workload) -> Option<&str> {
        self.cannot.get(workload.name).map(String::as_str)
    }

    /// What the SDK makes for one key of a workload at that time (Unix seconds).
    pub(crate) fn output(
        &mut self,
        workload: &Workload,
        key: &str,
        now: i64,
    ) -> Result<String, Box<dyn Error>> {
        let request = json!({"do": "output", "name": workload.name, "key": key, "now": now});
        self.text_of(request, "output")
    }

    /// URLs for each second of processor time, over about that many seconds.
    pub(crate) fn measure(
        &mut self,
        workload: &Workload,
        seconds: f64,
    ) -> Result<f64, Box<dyn Error>> {
        let request = json!({"do": "measure", "name": workload.name, "seconds": seconds});
        let answer = self.ask(request)?;
        let number = |field: &str| answer.get(field).and_then(Value::as_f64);
        match (number("urls"), number("seconds")) {
            (Some(urls), Some(seconds)) => Ok(urls / seconds),
            _ => Err(format!("the peer answered {answer}").into()),
        }
    }

    fn text_of(&mut self, request: Value, field: &str) -> Result<String, Box<dyn Error>> {
        let answer = self.ask(request)?;
        let text = answer.get(field).and_then(Value::as_str);
        text.map(str::to_owned).ok_or_else(|| format!("the peer answered {answer}").into())
    }

    fn ask(&mut self, request: Value) -> Result<Value, Box<dyn Error>> {
        writeln!(self.requests, "{request}")?;
        self.requests.flush()?;
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            return Err("the peer has ended".into());
        }
        Ok(serde_json::from_str(&line)?)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It waits for a request that does not come.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
