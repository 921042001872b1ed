//! `cospass demo`: a file goes up and comes down through pre-signed URLs, and three requests are refused.
//!
//! Everything is real: an endpoint on a free port of this machine, its store in a temporary folder, HTTP between them.

mod file;
mod guide;
mod http;
mod progress;
mod refusals;
mod transfer;

use std::path::{Path, PathBuf};

use clap::Args;
use cospass::{Bucket, Credentials, Endpoint, ObjectKey, Presigned, Scheme, Signer, Signing};
use cospass_server::{KeptCredentials, Running, Server};
use tempfile::TempDir;

use crate::environment;
use crate::exit::{Exit, Failure};
use crate::output::note;
use crate::runtime::{StopSignal, block_on};
use crate::serve::not_started;
use file::LocalFile;
use guide::Guide;

/// The bucket of the demo.
const BUCKET: &str = "demo-1250000000";

/// For how long its URLs hold: long enough to repeat the steps by hand.
const EXPIRES: i64 = 3600;

#[derive(Args)]
pub(crate) struct DemoArgs {
    /// The file that goes up and comes down; README.md if there is one, else a sample
    file: Option<PathBuf>,

    /// Keep the endpoint up until Ctrl-C, so that the commands can be repeated
    #[arg(long)]
    keep: bool,
}

/// Runs the demo; it is done only if every step held.
pub(crate) fn run(args: DemoArgs) -> Result<Exit, Failure> {
    block_on(async {
        let mut stop = StopSignal::listen()?;
        let folder = TempDir::with_prefix("cospass-demo-")
            .map_err(|error| Failure::io("cannot make a temporary folder", &error))?;
        let mut demo = Demo::start(folder.path()).await?;
        tokio::select! {
            told = demo.tell(args.file.as_deref(), folder.path()) => told?,
            () = stop.received() => {
                return Err(Failure::new(Exit::Failed, "interrupted", "interrupted"));
            }
        }
        if args.keep {
            demo.tell_how_to_repeat()?;
            stop.received().await;
        }
        demo.running.shutdown().await;
        Ok(demo.guide.exit())
    })
}

/// A running endpoint, and everything needed to sign for it.
struct Demo {
    guide: Guide,
    running: Running,
    credentials: Credentials,
    signer: Signer,
    bucket: Bucket,
}

impl Demo {
    async fn start(folder: &Path) -> Result<Self, Failure> {
        let data = folder.join("data");
        let kept = KeptCredentials::of(&data)
            .map_err(|error| Failure::new(Exit::Failed, "credentials-kept", error))?;
        let running = Server::builder()
            .data_dir(data)
            .credentials(kept.credentials.clone())
            .default_bucket(BUCKET)
            .start()
            .await
            .map_err(|error| not_started(&error, Some(folder)))?;
        let address = running.local_addr();
        let endpoint = Endpoint::custom_domain(address.to_string())
            .map_err(|error| Failure::new(Exit::Failed, error.cause(), error))?;
        let bucket = Bucket::new(BUCKET)
            .map_err(|error| Failure::new(Exit::Failed, error.cause(), error))?;
        Ok(Demo {
            guide: Guide::new(address),
            running,
            signer: Signer::new(kept.credentials.clone(), endpoint),
            credentials: kept.credentials,
            bucket,
        })
    }

    /// The story, step by step.
    async fn tell(&mut self, file: Option<&Path>, folder: &Path) -> Result<(), Failure> {
        let file = LocalFile::choose(file, folder).await?;
        let key = ObjectKey::new(format!("/{}", file.name()))
            .map_err(|error| Failure::usage(error.cause(), error))?;
        self.guide.heading(format_args!(
            "An endpoint listens on http://{}; {} goes up and comes down.",
            self.running.local_addr(),
            file.shown(),
        ))?;
        self.create_bucket().await?;
        self.upload(&file, &key).await?;
        let url = self.download(&file, &key, folder).await?;
        self.verify(&url)?;
        self.refuse_three(&key, &url).await?;
        self.guide.conclude()
    }

    /// Tells how the commands can be repeated while the endpoint stays up.
    fn tell_how_to_repeat(&mut self) -> Result<(), Failure> {
        self.guide
            .heading("The endpoint stays up until Ctrl-C; the commands above can be repeated.")?;
        note("To sign more in another shell:");
        note(format_args!("  export COS_SECRET_ID={}", self.credentials.secret_id()));
        let secret_key = self.credentials.secret_key().expose();
        note(format_args!("  export COS_SECRET_KEY={secret_key}"));
        Ok(())
    }

    /// A pre-signed URL for the demo's bucket, as it is described so far.
    fn presign<'a>(&'a self, method: &'a str, key: &'a ObjectKey) -> Signing<'a> {
        let signing = self.signer.presigned_url(method, &self.bucket, key);
        signing.scheme(Scheme::Http).expires(EXPIRES).now(environment::now())
    }
}

/// Signs what was described.
fn sign(signing: Signing<'_>) -> Result<Presigned, Failure> {
    signing.sign().map_err(|error| Failure::new(Exit::Failed, error.cause(), error))
}
