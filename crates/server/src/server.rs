//! Starting and stopping an endpoint.

mod builder;
mod running;
mod start;
mod start_error;

pub use builder::Builder;
pub use running::{ReloadError, Running};
pub use start_error::StartError;

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
        Builder::new()
    }
}
