//! A signed request as a server has it.

use std::error::Error;
use std::hint::black_box;

use cospass_protocol::UrlParts;
use cospass_sign::{Acceptance, Claim, RequestHead, SecretKey, Verifier};

use crate::ours::Ours;
use crate::workload::Workload;

/// How many requests are verified in turn; each has half a kilobyte.
const AT_HAND: usize = 32;

pub(crate) struct Received {
    method: &'static str,
    path: String,
    query: Option<String>,
    headers: Vec<(String, String)>,
}

impl Received {
    /// A request for each of some keys of the workload, signed at that time (Unix seconds). So few that they are in the
    /// processor's cache, as a request is that was read from a connection a moment ago.
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
        workload.keys.iter().take(AT_HAND).map(receive).collect()
    }

    /// Its headers, for [`head`](Self::head).
    pub(crate) fn headers(&self) -> Vec<(&[u8], &[u8])> {
        self.headers.iter().map(|(n, v)| (n.as_bytes(), v.as_bytes())).collect()
    }

    /// The head as a server has it, whose headers were told apart when it came.
    pub(crate) fn head<'a>(&'a self, headers: &'a [(&'a [u8], &'a [u8])]) -> RequestHead<'a> {
        let query = self.query.as_deref().map(str::as_bytes);
        RequestHead::new(self.method, self.path.as_bytes(), query, headers)
    }
}

/// Verifies a head as one thread of the endpoint does; says whether its signature holds.
pub(crate) fn holds(
    head: &RequestHead<'_>,
    verifier: &mut Verifier,
    secret_key: &SecretKey,
    now: i64,
) -> Result<bool, Box<dyn Error>> {
    let claim = Claim::read(black_box(head))?;
    let verdict = verifier.verify_alone(&claim, head, Some(secret_key), now, Acceptance::Service);
    Ok(black_box(verdict).is_ok())
}
