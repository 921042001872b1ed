//! A line that fails at random between the client and the endpoint: every transfer ends in equal bytes or a named error,
//! and never in a wrong file. `COSPASS_FAULT_RUNS` says how many seeds are tried.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests alone")]

mod endpoint;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use cospass::{
    Client, Endpoint, HyperTransport, Region, RetryPolicy, Scheme, Signer, TransferOptions,
    Transport, UrlTransfer,
};
use endpoint::{Served, bucket, credentials, key, noise, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

const MIB: usize = 1024 * 1024;

/// What may happen to one direction of a connection, after so many bytes.
#[derive(Clone, Copy, Debug)]
enum Fault {
    None,
    Cut(usize),
    Flip(usize),
    Slow(usize),
    /// Another number behind `content-length`.
    Length,
}

/// Draws faults from a seed; one connection in three has one.
struct Dice(AtomicU64);

impl Dice {
    fn roll(&self, sides: u64) -> u64 {
        let state = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }

    /// Most faults lie within the head or soon after.
    fn place(&self) -> usize {
        let most = [200, 2_000, 100_000, 2_000_000][self.roll(4) as usize];
        self.roll(most) as usize
    }

    fn fault(&self) -> Fault {
        match self.roll(12) {
            0 => Fault::Cut(self.place()),
            1 => Fault::Flip(self.place()),
            2 => Fault::Slow(self.place()),
            3 => Fault::Length,
            _ => Fault::None,
        }
    }
}

/// A proxy of the endpoint that fails.
struct Line {
    address: SocketAddr,
    faults: Arc<AtomicUsize>,
}

impl Line {
    async fn lay(to: SocketAddr, seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let dice = Arc::new(Dice(AtomicU64::new(seed.wrapping_mul(0x2545_f491_4f6c_dd1d))));
        let faults = Arc::new(AtomicUsize::new(0));
        let counting = Arc::clone(&faults);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (dice, counting) = (Arc::clone(&dice), Arc::clone(&counting));
                tokio::spawn(async move { connect(client, to, &dice, &counting).await });
            }
        });
        Self { address, faults }
    }
}

async fn connect(mut client: TcpStream, to: SocketAddr, dice: &Dice, faults: &AtomicUsize) {
    if dice.roll(12) == 0 {
        faults.fetch_add(1, Ordering::Relaxed);
        let status =
            ["500 Internal Server Error", "503 Service Unavailable"][dice.roll(2) as usize];
        let mut head = [0; 256];
        let _ = client.read(&mut head).await;
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        let _ = client.write_all(answer.as_bytes()).await;
        return;
    }
    let Ok(server) = TcpStream::connect(to).await else { return };
    let (client_reads, client_writes) = client.into_split();
    let (server_reads, server_writes) = server.into_split();
    let (up, down) = (dice.fault(), dice.fault());
    let count = |fault: Fault| usize::from(!matches!(fault, Fault::None));
    faults.fetch_add(count(up) + count(down), Ordering::Relaxed);
    let up = tokio::spawn(pass(client_reads, server_writes, up));
    let down = tokio::spawn(pass(server_reads, client_writes, down));
    let _ = tokio::join!(up, down);
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, fault: Fault) {
    let mut passed = 0;
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read) = from.read(&mut buffer).await {
        if read == 0 {
            break;
        }
        let piece = &mut buffer[..read];
        let here = |at: usize| (passed..passed + read).contains(&at);
        let mut is_cut = false;
        let mut length = read;
        match fault {
            Fault::Cut(at) if here(at) => (length, is_cut) = (at - passed, true),
            Fault::Flip(at) if here(at) => piece[at - passed] ^= 1 << (at % 8),
            Fault::Slow(at) if here(at) => tokio::time::sleep(Duration::from_millis(30)).await,
            Fault::Length => change_length(piece),
            _ => {}
        }
        passed += read;
        if to.write_all(&piece[..length]).await.is_err() || is_cut {
            break;
        }
    }
    // Dropped, both directions end: the client sees the connection close.
    let _ = to.shutdown().await;
}

fn change_length(piece: &mut [u8]) {
    let lower = piece.to_ascii_lowercase();
    let name = b"content-length: ";
    if let Some(at) = lower.windows(name.len()).position(|window| window == name)
        && let Some(digit) = piece.get_mut(at + name.len())
    {
        *digit = if *digit == b'9' { b'8' } else { *digit + 1 };
    }
}

fn quick() -> RetryPolicy {
    RetryPolicy {
        first_wait: Duration::from_millis(1),
        longest_wait: Duration::from_millis(4),
        ..RetryPolicy::default()
    }
}

fn transport(line: &Line) -> HyperTransport {
    HyperTransport::to_address_with(line.address, Duration::from_millis(1500))
}

fn endpoint() -> Endpoint {
    Endpoint::default_domain(Region::new("ap-guangzhou").unwrap())
}

fn options() -> TransferOptions {
    TransferOptions { part_size: MIB as u64, jobs: 2, ..TransferOptions::default() }
}

#[derive(Default)]
struct Tally {
    equal: usize,
    named: usize,
    faults: usize,
}

/// One upload and one download over a failing line; every end is looked at over a good one.
async fn run(served: &Served, seed: u64, folder: &Path, tally: &mut Tally) {
    let bytes = noise((seed as usize * 7919) % (3 * MIB), seed + 1);
    let name = key(&format!("file-{seed}"));
    let path = folder.join(format!("file-{seed}"));
    std::fs::write(&path, &bytes).unwrap();
    let (good, _) = served.client();
    let line = Line::lay(served.running.local_addr(), seed).await;
    let client = Client::builder(credentials(), endpoint())
        .scheme(Scheme::Http)
        .retry(quick())
        .transport(transport(&line))
        .build();
    match client.put_file(&bucket(), &name, &path, &options()).await {
        Ok(_) => {
            let there = good.get(&bucket(), &name).await.unwrap().bytes().await.unwrap();
            assert!(there == bytes, "seed {seed}: the object is another");
            tally.equal += 1;
        }
        Err(error) => {
            assert!(!error.cause().is_empty(), "seed {seed}: {error:?}");
            // What is there is whole, or is not there.
            if let Ok(download) = good.get(&bucket(), &name).await {
                assert!(download.bytes().await.unwrap() == bytes, "seed {seed}: a torn object");
            }
            good.put(&bucket(), &name, bytes.clone()).await.unwrap();
            tally.named += 1;
        }
    }
    let to = folder.join(format!("copy-{seed}"));
    let downloaded = match seed % 2 {
        0 => client.get_file(&bucket(), &name, &to, &options()).await,
        _ => {
            let signer = Signer::new(credentials(), endpoint());
            let of = bucket();
            let signing = signer.presigned_download_url(&of, &name).scheme(Scheme::Http);
            let url = signing.sign().unwrap().into_url();
            let through: Arc<dyn Transport> = Arc::new(transport(&line));
            let transfer = UrlTransfer::new(&url).unwrap().retry(quick()).transport(through);
            transfer.download(&to, &options()).await
        }
    };
    match downloaded {
        Ok(_) => {
            assert!(std::fs::read(&to).unwrap() == bytes, "seed {seed}: the file is another");
            tally.equal += 1;
        }
        Err(error) => {
            assert!(!error.cause().is_empty() && !to.exists(), "seed {seed}: {error:?}");
            tally.named += 1;
        }
    }
    tally.faults += line.faults.load(Ordering::Relaxed);
    for path in [path, to] {
        let _ = std::fs::remove_file(path);
    }
    good.delete(&bucket(), &name).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_transfer_over_a_failing_line_ends_in_equal_bytes_or_a_named_error() {
    let runs = std::env::var("COSPASS_FAULT_RUNS").ok().and_then(|runs| runs.parse().ok());
    let served = serve().await;
    let folder = tempfile::tempdir().unwrap();
    let mut tally = Tally::default();
    for seed in 0..runs.unwrap_or(25) {
        run(&served, seed, folder.path(), &mut tally).await;
    }
    println!("{} ended equal, {} named, {} faults", tally.equal, tally.named, tally.faults);
    assert!(tally.equal > tally.named, "most are repaired");
    assert!(tally.faults > 0);
}
