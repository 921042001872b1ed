//! The side of `make bench-sign` that both tools share: answers one line of JSON with one, as `tests/python/bench.py` says.
//! A workload that a tool cannot sign is answered with the reason.

use std::collections::BTreeMap;
use std::error::Error;
use std::future::Future;
use std::hint::black_box;
use std::io::{BufRead, Write};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};

/// What is to be signed, once for each of its keys.
pub struct Workload {
    /// Whether the text of an `Authorization` header is wanted, not a URL.
    pub authorization: bool,
    pub method: String,
    pub host: String,
    /// Raw text, in the order of the caller; a token is not among them.
    pub params: Vec<(String, String)>,
    pub headers: Vec<(String, String)>,
    pub token: Option<String>,
    pub expires: Duration,
    pub bucket: String,
    pub region: String,
    pub secret_id: String,
    pub secret_key: String,
    keys: Vec<String>,
}

const TOKEN_NAME: &str = "x-cos-security-token";

impl Workload {
    fn read(of: &Value) -> Result<Self, Box<dyn Error>> {
        let text = |of: &Value, name: &str| {
            let text = of.get(name).and_then(Value::as_str).map(str::to_owned);
            text.ok_or_else(|| format!("{name} is a text, not {of}"))
        };
        let given = of.get("arguments").ok_or("a workload has arguments")?;
        let pairs = |name: &str| -> Vec<(String, String)> {
            let pairs = given.get(name).and_then(Value::as_object).into_iter().flatten();
            pairs.filter_map(|(n, v)| Some((n.clone(), v.as_str()?.to_owned()))).collect()
        };
        let (bucket, region) = (text(given, "Bucket")?, text(of, "region")?);
        let (tokens, params) = pairs("Params").into_iter().partition(|(n, _)| n == TOKEN_NAME);
        let tokens: Vec<(String, String)> = tokens;
        let keys = of.get("keys").and_then(Value::as_array).into_iter().flatten();
        Ok(Self {
            authorization: of.get("authorization") == Some(&Value::Bool(true)),
            method: text(given, "Method")?,
            host: format!("{bucket}.cos.{region}.myqcloud.com"),
            params,
            headers: pairs("Headers"),
            token: tokens.into_iter().next().map(|(_, token)| token),
            expires: Duration::from_secs(
                given.get("Expired").and_then(Value::as_u64).ok_or("Expired is a number")?,
            ),
            bucket,
            region,
            secret_id: text(of, "secret_id")?,
            secret_key: text(of, "secret_key")?,
            keys: keys.filter_map(|key| key.as_str().map(str::to_owned)).collect(),
        })
    }
}

/// Signs for one key.
pub type Sign = Box<dyn Fn(&str) -> Result<String, Box<dyn Error>>>;

/// Why a workload cannot be signed.
pub type Cannot = String;

/// Answers until there are no more lines. `prepare` makes what signs a workload.
pub fn answer_lines(
    version: &str,
    prepare: impl Fn(Workload) -> Result<Result<Sign, Cannot>, Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let mut prepared: BTreeMap<String, (Vec<String>, Sign)> = BTreeMap::new();
    let mut out = std::io::stdout();
    for line in std::io::stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line?)?;
        let text = |name: &str| request.get(name).and_then(Value::as_str).unwrap_or_default();
        let signing = || prepared.get(text("name")).ok_or("that workload was not prepared");
        let answer = match text("do") {
            "version" => json!({ "version": version }),
            "prepare" => {
                let of = request.get("workload").ok_or("there is no workload")?;
                let workload = Workload::read(of)?;
                let name = of.get("name").and_then(Value::as_str).ok_or("it has a name")?;
                let keys = workload.keys.clone();
                match prepare(workload)? {
                    Ok(sign) => {
                        prepared.insert(name.to_owned(), (keys, sign));
                        json!({})
                    }
                    Err(cannot) => json!({ "cannot": cannot }),
                }
            }
            "output" => json!({ "output": (signing()?.1)(text("key"))? }),
            _ => {
                let seconds = request.get("seconds").and_then(Value::as_f64).unwrap_or_default();
                measure(signing()?, seconds)?
            }
        };
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

fn measure((keys, sign): &(Vec<String>, Sign), seconds: f64) -> Result<Value, Box<dyn Error>> {
    let (start, mut urls) = (processor_seconds(), 0);
    loop {
        for key in keys {
            black_box(sign(black_box(key))?);
        }
        urls += keys.len();
        let spent = processor_seconds() - start;
        if spent >= seconds {
            return Ok(json!({ "urls": urls, "seconds": spent }));
        }
    }
}

/// Of this process.
fn processor_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// What a future is worth that has nothing to wait for: signing does no I/O once there are credentials.
pub fn at_once<T>(future: impl Future<Output = T>) -> Result<T, Box<dyn Error>> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Ok(value),
        Poll::Pending => Err("it waits for something".into()),
    }
}
