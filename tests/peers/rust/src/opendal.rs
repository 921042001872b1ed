//! OpenDAL's service for COS: the URL of an operation of its own. It signs no host.

use std::error::Error;

use opendal::Operator;
use opendal::services::Cos;

use cospass_peers::{Cannot, Sign, Workload, answer_lines, at_once};

fn main() -> Result<(), Box<dyn Error>> {
    answer_lines("opendal 0.59.5, Rust", prepare)
}

fn prepare(workload: Workload) -> Result<Result<Sign, Cannot>, Box<dyn Error>> {
    if let Some(cannot) = cannot(&workload) {
        return Ok(Err(cannot.to_owned()));
    }
    let service = Cos::default()
        .root("/")
        .bucket(&workload.bucket)
        .endpoint(&format!("https://cos.{}.myqcloud.com", workload.region))
        .secret_id(&workload.secret_id)
        .secret_key(&workload.secret_key)
        .disable_config_load();
    let operator = Operator::new(service)?;
    Ok(Ok(Box::new(move |key| {
        let signed = at_once(operator.presign_read(key, workload.expires))??;
        Ok(signed.uri().to_string())
    })))
}

fn cannot(workload: &Workload) -> Option<&'static str> {
    if workload.authorization {
        return Some("it makes no Authorization text");
    }
    if !workload.params.is_empty() {
        return Some("its service for COS drops the file name, without an error");
    }
    (workload.method != "GET" || !workload.headers.is_empty())
        .then_some("it can be asked for none of these headers but Content-Type")
}
