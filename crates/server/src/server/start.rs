//! From what an endpoint is to be to one that serves: checked, opened, listening.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use cospass_protocol::operation::CannedAcl;
use cospass_protocol::{Bucket, BucketError, Region};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::builder::Builder;
use super::running::Running;
use super::start_error::StartError;
use crate::access_log::AccessLog;
use crate::accounts::{Account, Accounts};
use crate::connection::{self, Door, Places};
use crate::control::{self, Guard};
use crate::coverage::Coverages;
use crate::endpoint::Endpoint;
use crate::exchange::Observers;
use crate::lifecycle::Rounds;
use crate::limits::RECENT_REQUESTS;
use crate::metrics::Metrics;
use crate::recent::Recent;
use crate::route::Routes;
use crate::spelling::Spelling;
use crate::store::{AclRecord, BucketRecord, Store, StoreError, Syncing};
use crate::sts::{self, TokenKeys};
use crate::tls::Tls;
use crate::workers::Workers;

impl Builder {
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
pub(super) enum Kept {
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
