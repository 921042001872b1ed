//! Starting and stopping an endpoint.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use cospass_protocol::operation::CannedAcl;
use cospass_protocol::{Bucket, BucketError, Region, RegionError};
use cospass_sign::Credentials;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::connection;
use crate::endpoint::Endpoint;
use crate::limits::Limits;
use crate::route::Routes;
use crate::spelling::Spelling;
use crate::store::{AclRecord, BucketRecord, Store, StoreError, Syncing};

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
            buckets: Vec::new(),
            mapped: Vec::new(),
            default_bucket: None,
            region: DEFAULT_REGION.to_owned(),
            owner_uin: DEFAULT_UIN.to_owned(),
            clock: Clock::system(),
            limits: Limits::default(),
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
    buckets: Vec<String>,
    mapped: Vec<(String, String)>,
    default_bucket: Option<String>,
    region: String,
    owner_uin: String,
    clock: Clock,
    limits: Limits,
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

    /// The key pair of the one account. Required. If it has a token, requests must carry that token, signed or not.
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// A bucket that is to be there, `NAME-APPID`; may be called again.
    pub fn bucket(mut self, bucket: impl Into<String>) -> Self {
        self.buckets.push(bucket.into());
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

    /// The region that all buckets are in; `ap-guangzhou` if not given.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = region.into();
        self
    }

    /// The account's number, which shows in owners and grants.
    pub fn owner_uin(mut self, uin: impl Into<String>) -> Self {
        self.owner_uin = uin.into();
        self
    }

    /// Where *now* comes from; the system if not given.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
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
        let region = Region::new(self.region)?;
        let buckets: Vec<_> =
            self.buckets.into_iter().map(Bucket::new).collect::<Result<_, _>>()?;
        let routes = routes(self.mapped, self.default_bucket)?;
        let created = self.clock.now();
        let store = tokio::task::spawn_blocking(move || {
            let store = kept.open(self.syncing)?;
            create(&store, &buckets, created)?;
            Ok::<_, StoreError>(store)
        });
        let store = store.await.map_err(io::Error::other)??;
        let spelling = Spelling::learn().await?;
        let listener = connection::bind(self.listen)
            .await
            .map_err(|error| StartError::Listen { address: self.listen, error })?;
        let local_addr = listener.local_addr()?;
        let endpoint = Arc::new(Endpoint {
            store,
            clock: self.clock,
            credentials,
            routes,
            region,
            owner_uin: self.owner_uin,
            limits: Arc::new(self.limits),
            spelling,
        });
        let (stop, stopped) = watch::channel(false);
        let store = endpoint.store.clone();
        let serving = tokio::spawn(async move {
            let sweeping = store.keep_swept(stopped.clone());
            tokio::join!(connection::serve(listener, endpoint, stopped), sweeping);
        });
        Ok(Running { local_addr, stop, serving })
    }
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

fn create(store: &Store, buckets: &[Bucket], created: i64) -> Result<(), StoreError> {
    for bucket in buckets {
        let record = BucketRecord { created, acl: AclRecord::canned(CannedAcl::Private) };
        match store.create_bucket(bucket, record) {
            Ok(()) | Err(StoreError::BucketExists) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// An endpoint that runs. Dropped, it stops as if it were [shut down](Self::shutdown), without anyone waiting for it.
#[derive(Debug)]
pub struct Running {
    local_addr: SocketAddr,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
}

impl Running {
    /// The address that it listens on.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Stops: accepts no more connections, lets open requests end for a while ([`Limits::drain_time`]), cuts off the rest.
    pub async fn shutdown(self) {
        let _ = self.stop.send(true);
        if let Err(error) = self.serving.await {
            tracing::error!(%error, "the endpoint did not stop in order");
        }
    }
}

/// Why an endpoint does not start.
#[derive(Debug)]
pub enum StartError {
    /// Nothing was said of where things are kept, neither a data folder nor memory.
    NoDataDir,
    /// No credentials were given.
    NoCredentials,
    /// A bucket's name is none.
    Bucket(BucketError),
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
            Self::Bucket(error) => write!(f, "{error}"),
            Self::Region(error) => write!(f, "{error}"),
            Self::Store(error) => write!(f, "{error}"),
            Self::Listen { address, error } => write!(f, "cannot listen on {address}: {error}"),
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

impl From<io::Error> for StartError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
