//! Where requests go: `--region`, `--endpoint` or `--domain`, else `COS_REGION`.

use clap::Args;
use cospass_protocol::{Endpoint, HostError, Region};

use crate::environment;
use crate::exit::Failure;

/// The region of an endpoint of this project, where none is named.
pub(crate) const DEFAULT_REGION: &str = "ap-guangzhou";

#[derive(Args)]
#[group(multiple = false)]
pub(crate) struct PlaceArgs {
    /// The region, for its default domain: ap-guangzhou. Without any of the three, that of COS_REGION
    #[arg(long, value_parser = parse_region)]
    region: Option<Region>,

    /// A host that the bucket stands before, such as cos.accelerate.myqcloud.com or cos.localhost:9000
    #[arg(long, value_name = "HOST[:PORT]", value_parser = parse_endpoint)]
    endpoint: Option<Endpoint>,

    /// A domain, or an address, that stands for the bucket
    #[arg(long, value_name = "HOST[:PORT]", value_parser = parse_domain)]
    domain: Option<Endpoint>,
}

fn parse_region(text: &str) -> Result<Region, String> {
    Region::new(text).map_err(|error| error.to_string())
}

fn parse_endpoint(text: &str) -> Result<Endpoint, String> {
    Endpoint::explicit(text).map_err(|error| match error {
        HostError::AddressTakesNoBucket { .. } => format!("{error} (--domain {text})"),
        error => error.to_string(),
    })
}

fn parse_domain(text: &str) -> Result<Endpoint, String> {
    Endpoint::custom_domain(text).map_err(|error| error.to_string())
}

impl PlaceArgs {
    /// The endpoint that the flags, or else the environment, name.
    pub(crate) fn endpoint(&self) -> Result<Option<Endpoint>, Failure> {
        if let Some(region) = &self.region {
            return Ok(Some(Endpoint::default_domain(region.clone())));
        }
        if let Some(endpoint) = self.endpoint.as_ref().or(self.domain.as_ref()) {
            return Ok(Some(endpoint.clone()));
        }
        Ok(region_of_environment()?.map(Endpoint::default_domain))
    }
}

/// The region alone, where no request is sent.
#[derive(Args)]
pub(crate) struct RegionArgs {
    /// The region of the buckets: ap-guangzhou. Without it that of COS_REGION, and without that as said below
    #[arg(long, value_parser = parse_region)]
    region: Option<Region>,
}

impl RegionArgs {
    /// The region that the flag, or else the environment, names.
    pub(crate) fn region(self) -> Result<Option<Region>, Failure> {
        match self.region {
            Some(region) => Ok(Some(region)),
            None => region_of_environment(),
        }
    }
}

fn region_of_environment() -> Result<Option<Region>, Failure> {
    let Some(name) = environment::variable("COS_REGION") else { return Ok(None) };
    let region = Region::new(&name).map_err(|error| {
        Failure::usage(error.cause(), format_args!("COS_REGION={name}: {error}"))
    })?;
    Ok(Some(region))
}

/// What is said where none is named.
pub(crate) fn missing() -> Failure {
    Failure::usage(
        "endpoint-missing",
        "no region is named; give --region (or set COS_REGION), --endpoint or --domain",
    )
}
