//! What an endpoint is to be: every option, each with what it is unless it is given.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use cospass_protocol::operation::CannedAcl;
use cospass_sign::Credentials;

use super::start::Kept;
use crate::access_log::AccessLogTarget;
use crate::accounts::{People, Role, User};
use crate::clock::Clock;
use crate::coverage::Coverage;
use crate::limits::Limits;
use crate::store::Syncing;
use crate::sts::IdentityProvider;
use crate::tls::TlsFiles;
use crate::workers::Workers;

/// The number of the one account, unless the builder is given another: it shows in owners and grants.
const DEFAULT_UIN: &str = "100000000001";

/// The region, unless the builder is given another.
const DEFAULT_REGION: &str = "ap-guangzhou";

/// What an endpoint is to be; nothing is checked before [`start`](Self::start).
#[derive(Debug)]
#[must_use]
pub struct Builder {
    pub(super) kept: Option<Kept>,
    pub(super) syncing: Syncing,
    pub(super) listen: SocketAddr,
    pub(super) credentials: Option<Credentials>,
    /// Others than the first: keys, number, APPID.
    pub(super) accounts: Vec<(Credentials, String, String)>,
    pub(super) buckets: Vec<(String, CannedAcl)>,
    pub(super) coverage: Coverage,
    pub(super) bucket_coverages: Vec<(String, Coverage)>,
    pub(super) mapped: Vec<(String, String)>,
    pub(super) default_bucket: Option<String>,
    pub(super) region: String,
    pub(super) owner_uin: String,
    pub(super) clock: Clock,
    pub(super) limits: Limits,
    pub(super) control: Option<SocketAddr>,
    pub(super) control_off_loopback: bool,
    pub(super) control_hosts: Vec<String>,
    pub(super) access_log: Option<AccessLogTarget>,
    pub(super) tls: Option<TlsFiles>,
    pub(super) threads: usize,
    pub(super) people: People,
    pub(super) sts_listen: Option<SocketAddr>,
    pub(super) token_key: Option<PathBuf>,
}

impl Builder {
    /// One that says nothing yet.
    pub(super) fn new() -> Self {
        Self {
            kept: None,
            syncing: Syncing::Always,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            credentials: None,
            accounts: Vec::new(),
            buckets: Vec::new(),
            coverage: Coverage::default(),
            bucket_coverages: Vec::new(),
            mapped: Vec::new(),
            default_bucket: None,
            region: DEFAULT_REGION.to_owned(),
            owner_uin: DEFAULT_UIN.to_owned(),
            clock: Clock::system(),
            limits: Limits::default(),
            control: None,
            control_off_loopback: false,
            control_hosts: Vec::new(),
            access_log: None,
            tls: None,
            threads: 0,
            people: People::default(),
            sts_listen: None,
            token_key: None,
        }
    }

    /// The folder in which everything is kept; made, mode 0700, if it is not there. Required, unless everything is
    /// [in memory](Self::in_memory).
    pub fn data_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.kept = Some(Kept::InFolder(folder.into()));
        self
    }

    /// Keeps everything in memory instead, until the endpoint stops.
    pub fn in_memory(mut self) -> Self {
        self.kept = Some(Kept::InMemory);
        self
    }

    /// Whether an upload is acknowledged before it is on the disk. It survives the end of the process then, but if the
    /// system ends (a power loss, a crash), anything may be lost, and the folder may be unreadable. For throw-away data.
    pub fn no_sync(mut self, no_sync: bool) -> Self {
        self.syncing = if no_sync { Syncing::Never } else { Syncing::Always };
        self
    }

    /// The address to listen on; a free port of 127.0.0.1 if not given.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// The key pair of the first account. Required. If it has a token, requests must carry that token, signed or not.
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// Another account, by its keys, its number (uin) and the APPID that the names of its buckets end in; may be called
    /// again. All other buckets are of the first account.
    pub fn account(
        mut self,
        credentials: Credentials,
        uin: impl Into<String>,
        appid: impl Into<String>,
    ) -> Self {
        self.accounts.push((credentials, uin.into(), appid.into()));
        self
    }

    /// A user of an account, with keys and policies of its own; may be called again.
    pub fn user(mut self, user: User) -> Self {
        self.people.users.push(user);
        self
    }

    /// A role of an account, which STS makes temporary keys for; may be called again.
    pub fn role(mut self, role: Role) -> Self {
        self.people.roles.push(role);
        self
    }

    /// Who vouches for people without keys, so that they can take on roles; may be called again.
    pub fn identity_provider(mut self, provider: IdentityProvider) -> Self {
        self.people.providers.push(provider);
        self
    }

    /// Another address to listen on, where all requests are calls of STS whatever their host; TLS is spoken there as well if
    /// it is spoken. Hosts such as `sts.tencentcloudapi.com` are STS in any case.
    pub fn sts_listen(mut self, address: SocketAddr) -> Self {
        self.sts_listen = Some(address);
        self
    }

    /// The file of the keys that temporary keys are made with, 64 hex digits a line, mode 0600; the first makes them, all
    /// check them. Endpoints that have the same keys take each other's. If it is not given, a key is made at the first start
    /// and kept in the data folder, or in memory.
    pub fn token_key(mut self, file: impl Into<PathBuf>) -> Self {
        self.token_key = Some(file.into());
        self
    }

    /// A bucket that is to be there, `NAME-APPID`; may be called again.
    pub fn bucket(self, bucket: impl Into<String>) -> Self {
        self.bucket_with_acl(bucket, CannedAcl::Private)
    }

    /// A bucket that is to be there, with that access control if it is made now; may be called again. Starting fails if a
    /// bucket cannot have it: an object alone may have `default`, for instance.
    pub fn bucket_with_acl(mut self, bucket: impl Into<String>, acl: CannedAcl) -> Self {
        self.buckets.push((bucket.into(), acl));
        self
    }

    /// How much of a request a signature must cover; what its lists name, if not given.
    pub fn signature(mut self, coverage: Coverage) -> Self {
        self.coverage = coverage;
        self
    }

    /// How much of a request for that bucket a signature must cover, whatever holds for others; may be called again.
    pub fn bucket_signature(mut self, bucket: impl Into<String>, coverage: Coverage) -> Self {
        self.bucket_coverages.push((bucket.into(), coverage));
        self
    }

    /// A host that stands for a bucket, with or without port; may be called again.
    pub fn map(mut self, host: impl Into<String>, bucket: impl Into<String>) -> Self {
        self.mapped.push((host.into(), bucket.into()));
        self
    }

    /// The bucket of hosts that name none.
    pub fn default_bucket(mut self, bucket: impl Into<String>) -> Self {
        self.default_bucket = Some(bucket.into());
        self
    }

    /// The region that buckets are in whose host names no other one when they are made; `ap-guangzhou` if not given.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = region.into();
        self
    }

    /// The first account's number, which shows in owners and grants.
    pub fn owner_uin(mut self, uin: impl Into<String>) -> Self {
        self.owner_uin = uin.into();
        self
    }

    /// Where *now* comes from; the system if not given.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// The files of a certificate, with those that lead from it to a root, and of its private key, both as PEM. With them
    /// the endpoint speaks TLS, and nothing else.
    pub fn tls(mut self, certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        self.tls = Some(TlsFiles { certificate: certificate.into(), key: key.into() });
        self
    }

    /// Opens the control listener: it moves the clock, lists recent requests, tells metrics and health. Whoever reaches it
    /// may do all of that, so that it must lie on a loopback address. Not opened if not given.
    pub fn control(mut self, address: SocketAddr) -> Self {
        self.control = Some(address);
        self
    }

    /// Lets the control listener lie on an address that other machines may reach.
    pub fn control_off_loopback(mut self) -> Self {
        self.control_off_loopback = true;
        self
    }

    /// A host name by which the control listener may be called, beside `localhost` and every address; may be called
    /// again.
    pub fn control_host(mut self, name: impl Into<String>) -> Self {
        self.control_hosts.push(name.into());
        self
    }

    /// Where a line of JSON goes for each request; nowhere if not given.
    pub fn access_log(mut self, target: AccessLogTarget) -> Self {
        self.access_log = Some(target);
        self
    }

    /// Serves connections on a thread for each core, instead of on the runtime that the endpoint is started on: for a process
    /// that does little else. Each connection stays on its thread.
    pub fn thread_per_core(mut self) -> Self {
        self.threads = Workers::cores();
        self
    }

    /// The largest object that one request may upload, in bytes; 5 GiB if not given.
    pub fn object_limit(mut self, bytes: u64) -> Self {
        self.limits.object_size = bytes;
        self
    }

    /// All limits at once, the one of [`object_limit`](Self::object_limit) among them.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }
}
