//! The pipeline: project, render, rules, suppressions, sorted findings. The only parallel code.
