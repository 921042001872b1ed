//! A signed request as a server has it.

use std::error::Error;
use std::hint::black_box;

use cospass_protocol::UrlParts;
use cospass_sign::{Acceptance, Claim, RequestHead, SecretKey, Verifier};

use crate::ours::Ours;
use crate::workload::Workload;

pub(crate) struct Received {
    method: &'static str,
    path: String,
    query: Option<String>,
    headers: Vec<(String, String)>,
}

impl Received {
    /// One request for each key of the workload, signed at that time (Unix seconds).
    pub(crate) fn all(
        workload: &Workload,
        ours: &Ours,
        now: i64,
    ) -> Result<Vec<Self>, Box<dyn Error>> {
        let host = workload.host()?;
        let receive = |key: &String| {
            let signed = ours.build(workload, key, Some(now))?;
            let url = UrlParts::read(signed.url())?;
            let mut headers = vec![("Host".to_owned(), host.clone())];
            headers.extend_from_slice(signed.headers());
            if workload.authorization {
                headers.push(("Authorization".to_owned(), signed.authorization().to_owned()));
            }
            let (path, query) = (url.path().to_owned(), url.query().map(str::to_owned));
            Ok(Self { method: workload.method, path, query, headers })
        };
        workload.keys.iter().map(receive).collect()
    }

    /// Verifies it as the endpoint does.
    pub(crate) fn verify(
        &self,
        verifier: &mut Verifier,
        secret_key: &SecretKey,
        now: i64,
    ) -> Result<(), Box<dyn Error>> {
        let headers: Vec<_> =
            self.headers.iter().map(|(n, v)| (n.as_bytes(), v.as_bytes())).collect();
        let query = self.query.as_deref().map(str::as_bytes);
        let head = RequestHead::new(self.method, self.path.as_bytes(), query, &headers);
        let claim = Claim::read(black_box(&head))?;
        black_box(verifier.verify(&claim, &head, Some(secret_key), now, Acceptance::Service)?);
        Ok(())
    }
}
