//! Text to spanned tree, with the scalar rules of Kubernetes and Helm. Knows no Kubernetes.
