//! The HTTP client. It has bounds for time, size and redirects, and its errors say what to do.

use std::time::Duration;

use ureq::config::RedirectAuthHeaders;
use ureq::http::{HeaderMap, HeaderName, header};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Error};

/// How many redirects are followed.
const MAX_REDIRECTS: u32 = 10;

/// The bounds of one request.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Until there is a connection.
    pub connect: Duration,
    /// Until an answer begins.
    pub answer: Duration,
    /// Until an answer is complete, including redirects.
    pub whole: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(15),
            answer: Duration::from_mins(1),
            whole: Duration::from_mins(5),
        }
    }
}

/// Why something could not be fetched. `url` never contains credentials.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// No such host, no route, nobody listens, or the connection broke.
    #[error("cannot reach {url}: {why}")]
    Unreachable {
        /// What was asked for.
        url: String,
        /// What the system said.
        why: String,
    },
    /// The certificate is not trusted, or there is no TLS.
    #[error("no trusted connection to {url}: {why}")]
    Tls {
        /// What was asked for.
        url: String,
        /// What TLS said.
        why: String,
    },
    /// The server took too long.
    #[error("{url} took too long ({what})")]
    Timeout {
        /// What was asked for.
        url: String,
        /// What took too long.
        what: String,
    },
    /// A status other than success.
    #[error("{url} answered {status}")]
    Status {
        /// What was asked for.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// More than `MAX_REDIRECTS` redirects.
    #[error("{url} redirects in a circle, or more than {MAX_REDIRECTS} times")]
    Redirects {
        /// What was asked for.
        url: String,
    },
    /// The answer is too large.
    #[error("{url} answers with more than {} MiB", limit >> 20)]
    TooLarge {
        /// What was asked for.
        url: String,
        /// Bytes that are taken at most.
        limit: u64,
    },
    /// The answer ended early, or is not HTTP.
    #[error("the answer of {url} is broken: {why}")]
    Broken {
        /// What was asked for.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// The bytes have another digest than expected.
    #[error("{url} has the digest sha256:{found}, and {promise} promises sha256:{expected}")]
    Digest {
        /// What was fetched.
        url: String,
        /// Where the expected digest comes from.
        promise: &'static str,
        /// The digest that it should have.
        expected: String,
        /// The digest that it has.
        found: String,
    },
    /// The answer is not what was asked for.
    #[error("{0}")]
    Unusable(String),
}

impl FetchError {
    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Tls { .. } => Some(
                "certificates are those that the system trusts; `SSL_CERT_FILE` names a file with others",
            ),
            Self::Status { status: 401 | 403, .. } => Some(
                "log in with `helm registry login`, `helm repo add --username` or `docker login`, or put a Docker \
                 `config.json` into the variable DOCKER_AUTH_CONFIG",
            ),
            Self::Status { status: 404, .. } => {
                Some("is the repository's URL right, and the chart's name?")
            }
            Self::Digest { .. } => Some(
                "the archive was changed after it was published or on its way; `plimsoll vendor --update` takes \
                 what is there now, when that is what you want",
            ),
            _ => None,
        }
    }
}

/// One request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Get<'a> {
    pub(super) url: &'a str,
    /// Accepted media types, the preferred one first; empty for any.
    pub(super) accept: &'a [&'a str],
    /// The header `Authorization`.
    pub(super) authorization: Option<&'a str>,
    /// Bytes of an answer that are taken at most.
    pub(super) limit: u64,
}

/// An answer, whatever its status.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// The value of a header, if it is text.
    pub(super) fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body, if the status is success.
    pub(super) fn success(self, url: &str) -> Result<Vec<u8>, FetchError> {
        match self.status {
            200..=299 => Ok(self.body),
            status => Err(FetchError::Status { url: without_credentials(url), status }),
        }
    }
}

/// Keeps connections between requests.
#[derive(Debug)]
pub(super) struct Client {
    agent: Agent,
}

impl Client {
    /// Uses the proxies in the environment, as `curl` does.
    pub(super) fn new(limits: Limits) -> Self {
        // Private repositories have certificates of private authorities, which only the system trusts.
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(MAX_REDIRECTS)
            .redirect_auth_headers(RedirectAuthHeaders::SameHost)
            .timeout_connect(Some(limits.connect))
            .timeout_recv_response(Some(limits.answer))
            .timeout_global(Some(limits.whole))
            .user_agent(concat!("plimsoll/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls)
            .build();
        Self { agent: config.new_agent() }
    }

    pub(super) fn get(&self, get: Get<'_>) -> Result<Answer, FetchError> {
        let mut request = self.agent.get(get.url);
        if !get.accept.is_empty() {
            request = request.header(header::ACCEPT, get.accept.join(", "));
        }
        if let Some(authorization) = get.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let failed = |error| failed(error, get);
        let (parts, mut body) = request.call().map_err(failed)?.into_parts();
        let body = body.with_config().limit(get.limit).read_to_vec().map_err(failed)?;
        Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, body })
    }
}

fn failed(error: Error, get: Get<'_>) -> FetchError {
    let url = without_credentials(get.url);
    match error {
        Error::Timeout(what) => FetchError::Timeout { url, what: what.to_string() },
        Error::TooManyRedirects | Error::RedirectFailed => FetchError::Redirects { url },
        Error::BodyExceedsLimit(limit) => FetchError::TooLarge { url, limit },
        Error::HostNotFound => FetchError::Unreachable { url, why: "no such host".to_owned() },
        Error::ConnectionFailed => {
            FetchError::Unreachable { url, why: "nobody answers".to_owned() }
        }
        Error::Rustls(error) => FetchError::Tls { url, why: error.to_string() },
        Error::Tls(why) => FetchError::Tls { url, why: why.to_owned() },
        Error::Io(error) => match error.kind() {
            // This is how rustls reports faults of certificates.
            std::io::ErrorKind::InvalidData => FetchError::Tls { url, why: error.to_string() },
            std::io::ErrorKind::UnexpectedEof => {
                FetchError::Broken { url, why: "it ends early".to_owned() }
            }
            _ => FetchError::Unreachable { url, why: error.to_string() },
        },
        error => FetchError::Broken { url, why: error.to_string() },
    }
}

/// A URL without credentials, which may be shown.
pub(super) fn without_credentials(url: &str) -> String {
    crate::project::repository_key(url)
}
