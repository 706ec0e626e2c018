variable "env" { default = "dev" }
locals {
  names = { for name in ["web", "api"] : name => upper("${name}-${var.env}") }
}
resource "helm_release" "app" {
  for_each   = local.names
  name       = each.value
  chart      = "./charts/${each.key}"
  repository = var.env == "dev" ? "oci://example.org" : null
  values     = [file("values.yaml"), yamlencode({ a = [1, 2], b = merge({ c = 1 }, {}) }), <<-EOT
    port: ${length(local.names)}
  EOT
  ]
  set {
    name  = "a.b"
    value = format("%s-%d", var.env, 1)
  }
}
