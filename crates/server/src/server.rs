//! Starting and stopping an endpoint.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use cospass_protocol::operation::CannedAcl;
use cospass_protocol::policy::PolicyError;
use cospass_protocol::{Bucket, BucketError, Region, RegionError};
use cospass_sign::Credentials;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::access_log::{AccessLog, AccessLogTarget};
use crate::accounts::{Account, Accounts, People, Role, User};
use crate::clock::Clock;
use crate::connection::{self, Door, Places};
use crate::control::{self, Guard};
use crate::coverage::{Coverage, Coverages};
use crate::endpoint::Endpoint;
use crate::exchange::Observers;
use crate::lifecycle::Rounds;
use crate::limits::{Limits, RECENT_REQUESTS};
use crate::metrics::Metrics;
use crate::recent::Recent;
use crate::route::Routes;
use crate::spelling::Spelling;
use crate::store::{AclRecord, BucketRecord, Store, StoreError, Syncing};
use crate::sts::{self, IdentityProvider, TokenKeyError, TokenKeys};
use crate::tls::{Tls, TlsError, TlsFiles};
use crate::workers::Workers;

/// The number of the one account, unless the builder is given another: it shows in owners and grants.
const DEFAULT_UIN: &str = "100000000001";

/// The region, unless the builder is given another.
const DEFAULT_REGION: &str = "ap-guangzhou";

/// An endpoint that is not started yet; see [`Server::builder`].
pub struct Server;

impl Server {
    /// Begins to describe an endpoint.
    ///
    /// ```
    /// use cospass_server::Server;
    /// use cospass_sign::Credentials;
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// let data = tempfile::tempdir()?;
    /// let running = Server::builder()
    ///     .data_dir(data.path())
    ///     .listen("127.0.0.1:0".parse()?)
    ///     .credentials(Credentials::new("AKIDEXAMPLE", "secret"))
    ///     .bucket("examplebucket-1250000000")
    ///     .start()
    ///     .await?;
    /// println!("http://examplebucket-1250000000.localhost:{}", running.local_addr().port());
    /// running.shutdown().await;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn builder() -> Builder {
        Builder {
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
}

/// What an endpoint is to be; nothing is checked before [`start`](Self::start).
#[derive(Debug)]
#[must_use]
pub struct Builder {
    kept: Option<Kept>,
    syncing: Syncing,
    listen: SocketAddr,
    credentials: Option<Credentials>,
    /// Others than the first: keys, number, APPID.
    accounts: Vec<(Credentials, String, String)>,
    buckets: Vec<(String, CannedAcl)>,
    coverage: Coverage,
    bucket_coverages: Vec<(String, Coverage)>,
    mapped: Vec<(String, String)>,
    default_bucket: Option<String>,
    region: String,
    owner_uin: String,
    clock: Clock,
    limits: Limits,
    control: Option<SocketAddr>,
    control_off_loopback: bool,
    control_hosts: Vec<String>,
    access_log: Option<AccessLogTarget>,
    tls: Option<TlsFiles>,
    threads: usize,
    people: People,
    sts_listen: Option<SocketAddr>,
    token_key: Option<PathBuf>,
}

impl Builder {
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

    /// Opens the store and listens; the endpoint runs on the current Tokio runtime from then on.
    ///
    /// # Errors
    /// One [`StartError`] for each reason.
    pub async fn start(self) -> Result<Running, StartError> {
        let kept = self.kept.ok_or(StartError::NoDataDir)?;
        let credentials = self.credentials.ok_or(StartError::NoCredentials)?;
        let others = self.accounts.into_iter();
        let others = others.map(|(keys, uin, appid)| Account::new(keys, &uin, Some(appid)));
        let first = Account::new(credentials, &self.owner_uin, None);
        let region = Region::new(self.region)?;
        let buckets = self.buckets.into_iter().map(|(bucket, acl)| match acl.is_for_bucket() {
            true => Ok((Bucket::new(bucket)?, acl)),
            false => Err(StartError::BucketAcl { acl }),
        });
        let buckets: Vec<_> = buckets.collect::<Result<_, _>>()?;
        let coverages = Coverages {
            default: self.coverage,
            buckets: self
                .bucket_coverages
                .into_iter()
                .map(|(bucket, coverage)| Ok((Bucket::new(bucket)?, coverage)))
                .collect::<Result<_, BucketError>>()?,
        };
        let routes = routes(self.mapped, self.default_bucket)?;
        let created = self.clock.now();
        let tls = self.tls.map(Tls::load).transpose()?;
        let control = match self.control {
            Some(address) if !(address.ip().is_loopback() || self.control_off_loopback) => {
                return Err(StartError::ControlOffLoopback { address });
            }
            Some(address) => Some(listen(address).await?),
            None => None,
        };
        // Nothing is written before it is known that the rest can be.
        let (keys, token_key) = token_keys(self.token_key, &kept).await?;
        let accounts = Accounts::new(first, others.collect(), self.people, keys)?;
        let store = tokio::task::spawn_blocking(move || {
            let store = kept.open(self.syncing)?;
            create(&store, &buckets, created)?;
            Ok::<_, StoreError>(store)
        });
        let store = store.await.map_err(io::Error::other)??;
        let spelling = Spelling::learn().await?;
        let listener = listen(self.listen).await?;
        let local_addr = listener.local_addr()?;
        let sts = match self.sts_listen {
            Some(address) => Some(listen(address).await?),
            None => None,
        };
        let sts_addr = sts.as_ref().map(TcpListener::local_addr).transpose()?;
        let control_addr = control.as_ref().map(TcpListener::local_addr).transpose()?;
        let metrics = Metrics::default();
        let access_log =
            self.access_log.map(|target| AccessLog::open(target, metrics.log_lines_lost()));
        let observers = Observers {
            metrics,
            access_log: access_log.transpose().map_err(StartError::AccessLog)?,
            recent: control.as_ref().map(|_| Recent::new(RECENT_REQUESTS)),
        };
        let endpoint = Arc::new(Endpoint {
            store,
            clock: self.clock,
            accounts,
            routes,
            region,
            coverages,
            limits: Arc::new(self.limits),
            spelling,
            rounds: Rounds::default(),
            observers: Arc::new(observers),
            tls,
        });
        let workers = Arc::new(Workers::start(self.threads)?);
        let places = Arc::new(Places::new(&endpoint.limits));
        let door = |(listener, is_for_sts)| {
            let (places, workers) = (Arc::clone(&places), Arc::clone(&workers));
            Door { listener, is_for_sts, places, workers }
        };
        let doors = [Some((listener, false)), sts.map(|listener| (listener, true))];
        let doors: Vec<_> = doors.into_iter().flatten().map(door).collect();
        let (stop, stopped) = watch::channel(false);
        let control = control.map(|listener| (listener, Guard::new(self.control_hosts)));
        let serving = tokio::spawn(run(doors, control, Arc::clone(&endpoint), stopped));
        Ok(Running { local_addr, control_addr, sts_addr, token_key, endpoint, stop, serving })
    }
}

/// The keys that temporary keys are made with, and the file that they come from, if any.
async fn token_keys(
    file: Option<PathBuf>,
    kept: &Kept,
) -> Result<(TokenKeys, Option<PathBuf>), StartError> {
    let folder = match kept {
        Kept::InFolder(folder) => Some(folder.clone()),
        Kept::InMemory => None,
    };
    let read = tokio::task::spawn_blocking(move || match (file, folder) {
        (Some(file), _) => Ok((TokenKeys::new(sts::read_keys(&file)?), Some(file))),
        (None, Some(folder)) => {
            Ok((TokenKeys::new(sts::of_folder(&folder)?), Some(sts::path_in(&folder))))
        }
        (None, None) => Ok((TokenKeys::random()?, None)),
    });
    read.await.map_err(io::Error::other)?
}

async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    let listener = connection::bind(address).await;
    listener.map_err(|error| StartError::Listen { address, error })
}

/// Serves until it is stopped. The control listener tells of the end as well, and goes last.
async fn run(
    doors: Vec<Door>,
    control: Option<(TcpListener, Guard)>,
    endpoint: Arc<Endpoint>,
    stopped: watch::Receiver<bool>,
) {
    let control = control.map(|(listener, guard)| {
        tokio::spawn(control::serve(listener, guard, Arc::clone(&endpoint), stopped.clone()))
    });
    let sweeping = endpoint.store.keep_swept(stopped.clone());
    let rounds = endpoint.rounds.keep_going(&endpoint.store, &endpoint.clock, stopped.clone());
    let serving = async {
        let mut open = JoinSet::new();
        for door in doors {
            open.spawn(connection::serve(door, Arc::clone(&endpoint), stopped.clone()));
        }
        while open.join_next().await.is_some() {}
    };
    tokio::join!(serving, sweeping, rounds);
    if let Some(control) = control {
        control.abort();
        // Its port is free when the endpoint has stopped, not a moment later.
        let _ = control.await;
    }
    let finished = tokio::task::spawn_blocking(move || {
        if let Some(log) = &endpoint.observers.access_log {
            log.finish();
        }
    });
    let _ = finished.await;
}

fn routes(
    mapped: Vec<(String, String)>,
    default_bucket: Option<String>,
) -> Result<Routes, BucketError> {
    let mapped = mapped
        .into_iter()
        .map(|(host, bucket)| Ok((host.to_ascii_lowercase(), Bucket::new(bucket)?)));
    Ok(Routes {
        mapped: mapped.collect::<Result<_, BucketError>>()?,
        default_bucket: default_bucket.map(Bucket::new).transpose()?,
    })
}

/// Where everything is kept.
#[derive(Debug)]
enum Kept {
    InFolder(PathBuf),
    InMemory,
}

impl Kept {
    fn open(self, syncing: Syncing) -> Result<Store, StoreError> {
        match self {
            Self::InFolder(folder) => Store::open(&folder, syncing),
            Self::InMemory => Store::in_memory(),
        }
    }
}

fn create(store: &Store, buckets: &[(Bucket, CannedAcl)], created: i64) -> Result<(), StoreError> {
    for (bucket, acl) in buckets {
        let record = BucketRecord::new(created, AclRecord::canned(*acl));
        match store.create_bucket(bucket, record) {
            Ok(()) | Err(StoreError::BucketExists) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// An endpoint that runs. Dropped, it stops as if it were [shut down](Self::shutdown), without anyone waiting for it.
pub struct Running {
    local_addr: SocketAddr,
    control_addr: Option<SocketAddr>,
    sts_addr: Option<SocketAddr>,
    /// The file of the keys that temporary keys are made with.
    token_key: Option<PathBuf>,
    endpoint: Arc<Endpoint>,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
}

impl Running {
    /// The address that it listens on.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// What serves requests.
    #[cfg(test)]
    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The address of the control listener, if there is one.
    pub fn control_addr(&self) -> Option<SocketAddr> {
        self.control_addr
    }

    /// The address where all requests are calls of STS, if there is one.
    pub fn sts_addr(&self) -> Option<SocketAddr> {
        self.sts_addr
    }

    /// Opens again what others may have replaced: the file of the access log, the keys that temporary keys are made with, the
    /// certificate and its key. Blocks for as long as it takes to read these.
    ///
    /// # Errors
    /// [`ReloadError`]; what it is about stays as it was then.
    pub fn reload(&self) -> Result<(), ReloadError> {
        if let Some(log) = &self.endpoint.observers.access_log {
            log.reopen();
        }
        let certificate = self.endpoint.tls.as_ref().map_or(Ok(()), Tls::reload);
        if let Some(file) = &self.token_key {
            let keys = sts::read_keys(file).map_err(ReloadError::TokenKeys)?;
            self.endpoint.accounts.token_keys.replace(keys);
        }
        certificate.map_err(ReloadError::Tls)
    }

    /// Stops: accepts no more connections, lets open requests end for a while ([`Limits::drain_time`]), cuts off the rest.
    pub async fn shutdown(self) {
        let _ = self.stop.send(true);
        if let Err(error) = self.serving.await {
            tracing::error!(%error, "the endpoint did not stop in order");
        }
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { local_addr, control_addr, .. } = self;
        f.debug_struct("Running")
            .field("local_addr", local_addr)
            .field("control_addr", control_addr)
            .finish_non_exhaustive()
    }
}

/// Why something stays as it was.
#[derive(Debug)]
pub enum ReloadError {
    /// The certificate or its key cannot be used.
    Tls(TlsError),
    /// The keys that temporary keys are made with cannot be had.
    TokenKeys(TokenKeyError),
}

impl fmt::Display for ReloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tls(error) => write!(f, "the certificate stays as it was: {error}"),
            Self::TokenKeys(error) => {
                write!(f, "the keys of temporary keys stay as they were: {error}")
            }
        }
    }
}

impl std::error::Error for ReloadError {}

/// Why an endpoint does not start.
#[derive(Debug)]
pub enum StartError {
    /// Nothing was said of where things are kept, neither a data folder nor memory.
    NoDataDir,
    /// No credentials were given.
    NoCredentials,
    /// Two accounts could be taken for each other.
    AccountTwice {
        /// What both have.
        what: &'static str,
        /// Its value.
        value: String,
    },
    /// A policy of a user or a role is none.
    Policy {
        /// Whose: `the user 100000000010`.
        whose: String,
        /// What is wrong with it.
        error: PolicyError,
    },
    /// A role's name, id or principals are none.
    Role {
        /// The role's name.
        name: String,
        /// What is wrong.
        what: String,
    },
    /// An identity provider cannot be used.
    Provider {
        /// The provider's name.
        id: String,
        /// What is wrong.
        what: String,
    },
    /// Somebody is said to be of an account, or to trust a provider, that was not given.
    Unknown {
        /// Who, and of what.
        what: String,
    },
    /// The keys that temporary keys are made with cannot be had.
    TokenKeys(TokenKeyError),
    /// A bucket's name is none.
    Bucket(BucketError),
    /// A bucket cannot have that access control; only an object can.
    BucketAcl {
        /// The access control.
        acl: CannedAcl,
    },
    /// The region's name is none.
    Region(RegionError),
    /// The store cannot be opened; among the reasons, that another endpoint has it open.
    Store(StoreError),
    /// The address cannot be listened on.
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        error: io::Error,
    },
    /// The control listener was to lie where other machines may reach it, and nobody said that it may.
    ControlOffLoopback {
        /// The address.
        address: SocketAddr,
    },
    /// The certificate or its key cannot be used.
    Tls(TlsError),
    /// The access log cannot be opened.
    AccessLog(io::Error),
    /// The system failed otherwise.
    Io(io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDataDir => {
                f.write_str("neither a data folder nor memory was chosen to keep things in")
            }
            Self::NoCredentials => f.write_str("no credentials were given"),
            Self::AccountTwice { what, value } => {
                write!(
                    f,
                    "two accounts, users, roles or providers have the {what} {value}; give each its own"
                )
            }
            Self::Policy { whose, error } => write!(f, "the policy of {whose} is none: {error}"),
            Self::Role { name, what } => write!(f, "the role {name}: {what}"),
            Self::Provider { id, what } => write!(f, "the identity provider {id}: {what}"),
            Self::Unknown { what } => write!(f, "{what}, which is not there; give it as well"),
            Self::TokenKeys(error) => write!(f, "{error}"),
            Self::Bucket(error) => write!(f, "{error}"),
            Self::BucketAcl { acl } => {
                write!(f, "a bucket cannot have the access control {}", acl.as_str())
            }
            Self::Region(error) => write!(f, "{error}"),
            Self::Store(error) => write!(f, "{error}"),
            Self::Listen { address, error } => write!(f, "cannot listen on {address}: {error}"),
            Self::ControlOffLoopback { address } => write!(
                f,
                "the control listener moves the clock and shows requests to whoever reaches it, so that it does not \
                 listen on {address}, which is no loopback address, unless that is explicitly allowed"
            ),
            Self::Tls(error) => write!(f, "{error}"),
            Self::AccessLog(error) => write!(f, "the access log cannot be opened: {error}"),
            Self::Io(error) => write!(f, "the system failed: {error}"),
        }
    }
}

impl std::error::Error for StartError {}

impl From<BucketError> for StartError {
    fn from(error: BucketError) -> Self {
        Self::Bucket(error)
    }
}

impl From<TokenKeyError> for StartError {
    fn from(error: TokenKeyError) -> Self {
        Self::TokenKeys(error)
    }
}

impl From<RegionError> for StartError {
    fn from(error: RegionError) -> Self {
        Self::Region(error)
    }
}

impl From<StoreError> for StartError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<TlsError> for StartError {
    fn from(error: TlsError) -> Self {
        Self::Tls(error)
    }
}

impl From<io::Error> for StartError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
