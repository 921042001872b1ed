//! The official Python SDK in a process of its own, which answers one line of JSON with one.

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::workload::Workload;

pub(crate) struct Python {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    version: String,
}

impl Python {
    pub(crate) fn start(interpreter: &Path, script: &Path) -> Result<Self, Box<dyn Error>> {
        let mut child = Command::new(interpreter)
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{}: {error}", interpreter.display()))?;
        let (Some(requests), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("the pipes of the Python process are gone".into());
        };
        let mut python =
            Self { child, requests, answers: BufReader::new(answers), version: String::new() };
        python.version = python.text_of(json!({"do": "version"}), "version")?;
        for workload in Workload::all() {
            python.ask(json!({"do": "prepare", "workload": workload.to_json()}))?;
        }
        Ok(python)
    }

    /// The SDK and the interpreter, with their versions.
    pub(crate) fn version(&self) -> &str {
        &self.version
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
            _ => Err(format!("Python answered {answer}").into()),
        }
    }

    fn text_of(&mut self, request: Value, field: &str) -> Result<String, Box<dyn Error>> {
        let answer = self.ask(request)?;
        let text = answer.get(field).and_then(Value::as_str);
        text.map(str::to_owned).ok_or_else(|| format!("Python answered {answer}").into())
    }

    fn ask(&mut self, request: Value) -> Result<Value, Box<dyn Error>> {
        writeln!(self.requests, "{request}")?;
        self.requests.flush()?;
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            return Err("the Python process has ended".into());
        }
        Ok(serde_json::from_str(&line)?)
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        // It waits for a request that does not come.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
