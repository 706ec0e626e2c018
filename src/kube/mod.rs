//! Documents as Kubernetes objects: kinds, pod views, selectors, quantities, API lifecycles.
