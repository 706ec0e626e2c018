//! The arguments of `check`.

use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser as _};

use crate::cli::output::{Color, Gate, Outputs};
use crate::lint::shard::Shard;

/// Lint charts, values, releases and manifests
///
/// Walks the paths without the files that git ignores, renders every chart and every declared
/// release, and prints each finding with the line to edit.
///
/// Exit code 0: nothing at or above --fail-on; 1: findings; 2: a fault of the command line, the
/// configuration or the machine.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  plimsoll check                                   this directory
  plimsoll check deploy/ values-prod.yaml          some files and directories
  plimsoll check --select anti-affinity-required   one rule only
  plimsoll check --format sarif -o plimsoll.sarif  for code scanning
  helm template . | plimsoll check -               the output of another tool")]
pub(crate) struct Args {
    /// Files and directories; `-` reads a manifest from standard input
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) selection: Selection,

    #[command(flatten)]
    pub(crate) rendering: Rendering,

    #[command(flatten)]
    pub(crate) scope: Scope,

    #[command(flatten)]
    pub(crate) fixing: Fixing,

    #[command(flatten)]
    pub(crate) outputs: Outputs,

    #[command(flatten)]
    pub(crate) show: Show,
}

impl Args {
    /// Whether the run applies or shows fixes, so that they have to be tried.
    pub(in crate::cli) fn looks_at_fixes(&self) -> bool {
        self.fixing.diff || self.fixing.fix || self.outputs.show_fixes()
    }
}

/// Which rules run, and with which severity.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Rules")]
pub(crate) struct Selection {
    /// Run these rules only: ids, groups, or other linters' ids
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub(crate) select: Vec<String>,

    /// Run these rules in addition to those of the preset
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub(crate) extend_select: Vec<String>,

    /// Do not run these rules
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub(crate) ignore: Vec<String>,

    /// Set the severity of a rule: `RULE=error|warning|info|off`
    #[arg(long, value_name = "RULE=SEVERITY", value_delimiter = ',')]
    pub(crate) severity: Vec<String>,

    /// The rules to start from: `recommended`, `all`, or another that `plimsoll rules` names
    #[arg(long, value_name = "NAME")]
    pub(crate) preset: Option<String>,

    /// Use this configuration instead of the nearest plimsoll.yaml
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// Show findings even if a comment, an annotation or an exemption silences them
    #[arg(long)]
    pub(crate) no_ignores: bool,
}

/// How charts are rendered.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Rendering")]
pub(crate) struct Rendering {
    /// Render for this Kubernetes version
    #[arg(long, value_name = "VERSION")]
    pub(crate) kube_version: Option<String>,

    /// Render for clusters that also have these APIs (`monitoring.coreos.com/v1`)
    #[arg(long, value_name = "VERSION", value_delimiter = ',')]
    pub(crate) api_versions: Vec<String>,

    /// Render the chart with these values (adds a release; may be repeated)
    #[arg(long, short = 'f', value_name = "FILE")]
    pub(crate) values: Vec<PathBuf>,

    /// Set a value on the command line, as `helm --set` does
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,

    /// Name of the release that -f and --set describe
    #[arg(long, value_name = "NAME")]
    pub(crate) release_name: Option<String>,

    /// Namespace of that release
    #[arg(long, short, value_name = "NAMESPACE")]
    pub(crate) namespace: Option<String>,
}

/// Which of the findings are reported.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Which findings")]
pub(crate) struct Scope {
    #[command(flatten)]
    pub(crate) gate: Gate,

    /// Leave out the findings in this file (see `plimsoll baseline`)
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,

    /// Report only findings that the changes since this git revision cause
    #[arg(long, value_name = "REV")]
    pub(crate) changed_since: Option<String>,

    /// Write a suppression comment with this reason above each finding, and report what is left
    #[arg(long, value_name = "REASON", conflicts_with = "shard")]
    pub(crate) add_ignores: Option<String>,

    /// Do the I-th of N parts of the work; `plimsoll merge` merges their JSON reports
    #[arg(long, value_name = "I/N")]
    pub(crate) shard: Option<Shard>,
}

/// What to do with the fixes that rules offer.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Fixes")]
pub(crate) struct Fixing {
    /// Write the safe fixes to the files, and report what is left
    #[arg(long, group = "fixes", conflicts_with = "shard")]
    pub(crate) fix: bool,

    /// Let --fix and --diff include fixes that may change more than the field concerned
    #[arg(long, requires = "fixes")]
    pub(crate) unsafe_fixes: bool,

    /// Show what --fix would write, as a unified diff, and write nothing
    #[arg(long, group = "fixes", conflicts_with_all = ["shard", "format", "output"])]
    pub(crate) diff: bool,
}

/// How the run is done and what it prints.
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct Show {
    /// When to colour
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,

    /// Count findings by rule after the report
    #[arg(long)]
    pub(crate) statistics: bool,

    /// Print findings only, no summary
    #[arg(long, short)]
    pub(crate) quiet: bool,

    /// Say what was read, rendered and left out
    #[arg(long, short)]
    pub(crate) verbose: bool,

    /// The name to show for standard input, where `-` is among the paths
    #[arg(long, value_name = "NAME")]
    pub(crate) stdin_filename: Option<String>,

    /// How many threads to use; by default as many as there are processors
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,

    #[command(flatten)]
    pub(crate) cache: Caching,
}

/// Whether results are kept between runs.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Caching {
    /// Neither read nor write the cache, even if --cache-dir is given
    #[arg(long)]
    pub(crate) no_cache: bool,

    /// Keep results in this folder; by default in `$XDG_CACHE_HOME` or `~/.cache`
    // An empty variable is none: a pipeline may leave it so.
    #[arg(long, value_name = "DIR", env = "PLIMSOLL_CACHE_DIR", value_parser = OsStringValueParser::new().map(PathBuf::from))]
    pub(crate) cache_dir: Option<PathBuf>,
}

impl Caching {
    /// The folder for results of this working directory; `None` to keep none.
    pub(crate) fn folder(&self) -> Option<PathBuf> {
        if self.no_cache {
            return None;
        }
        let named = self.cache_dir.clone().filter(|folder| !folder.as_os_str().is_empty());
        named.or_else(|| {
            let absolute = |name| std::env::var_os(name).map(PathBuf::from);
            let absolute = |name| absolute(name).filter(|path| path.is_absolute());
            let home = || absolute("HOME").map(|home| home.join(".cache"));
            let base = absolute("XDG_CACHE_HOME").or_else(home)?;
            let here = std::env::current_dir().ok()?;
            let here = blake3::hash(here.as_os_str().as_encoded_bytes()).to_hex();
            Some(base.join("plimsoll").join(&here[..16]))
        })
    }
}
