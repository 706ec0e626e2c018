#!/usr/bin/env python3
"""Builds kubernetes.tsv, the schemas of the built-in kinds that plimsoll carries.

Run from anywhere, with pip and network access:

    python3 src/kube/schema/build.py

It fetches one version of the PyPI package kubernetes-validate (Apache-2.0; its files are made from
the OpenAPI documents that Kubernetes publishes), checks its hash, and writes the same bytes every
time. To update to a newer package: change VERSION and SHA256, add the words that are new in it to
words.tsv, run this, and set NEWEST_MINOR in mod.rs.

The first line of kubernetes.tsv starts with `#`. It is followed by a line for each distinct form
of a definition, with five fields between tabs:

    versions      hexadecimal set of minor versions; bit 0 is OLDEST
    name          the definition's name without `io.k8s.`
    apiVersion    for kinds of whole objects, else empty
    kind          likewise
    shape         see `shape` below
"""

import hashlib
import io
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import zipfile

VERSION = "1.37.0"
SHA256 = "85136d018a27b50ec7fc049d902bfa5193f5976807e6c0f408e3ab6fe078cad9"
OLDEST = 25


def words_of_fields():
    """Reads words.tsv: each field's words with their first minor versions, by definition and field."""
    found = {}
    for line in pathlib.Path(__file__).with_name("words.tsv").read_text().splitlines():
        if not line.startswith("#"):
            name, field, words = line.split("\t")
            pairs = (word.partition("@") for word in words.split("|"))
            found[name, field] = [(word, int(minor or OLDEST)) for word, _, minor in pairs]
    return found


def with_words(name, schema, minor, words):
    """Adds the words of its fields to a definition. The empty word means that a field is not set."""
    for field, inner in schema.get("properties", {}).items():
        if (name, field) in words:
            known = [word for word, since in words[name, field] if since <= minor]
            text = inner.get("items", inner)
            assert text.get("type") in ("string", ["string", "null"]), (name, field, text)
            text["x-words"] = ["", *known]
    return schema


def shape(schema, field=""):
    """The short form of a schema.

    s text, i and l integers of 32 and 64 bits, n number, b boolean, x integer or text, q quantity,
    * anything, [T list of T, {T map to T, @NAME; another definition, (a|b) one of these words,
    <NAME!T,NAME?T> an object with required and optional fields.
    """
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1].removeprefix("io.k8s.")
        if name.endswith("util.intstr.IntOrString"):
            return "x"
        if name.endswith("api.resource.Quantity"):
            return "q"
        return f"@{name};"
    if "properties" in schema:
        required = set(schema.get("required", []))
        fields = (
            f"{name}{'!' if name in required else '?'}{shape(inner, name)}"
            for name, inner in sorted(schema["properties"].items())
        )
        return f"<{','.join(fields)}>"
    kinds = schema.get("type", [])
    kinds = {kinds} if isinstance(kinds, str) else set(kinds)
    kinds.discard("null")
    # In these fields the enumeration is the name of the kind itself.
    words = schema.get("x-words") or field not in ("apiVersion", "kind") and schema.get("enum")
    if kinds == {"string"} and words:
        return f"({'|'.join(sorted(word for word in words if word is not None))})"
    if kinds == {"array"}:
        return "[" + shape(schema.get("items", {}))
    if kinds == {"object"}:
        inner = schema.get("additionalProperties")
        if isinstance(inner, dict):
            return "{" + shape(inner)
        return "<>" if inner is False else "*"
    if kinds == {"integer"}:
        return "l" if schema.get("format") == "int64" else "i"
    return {"string": "s", "number": "n", "boolean": "b"}.get(next(iter(kinds), ""), "*")


def definitions(wheel):
    """Each distinct form of a definition, with the set of minor versions that have it."""
    found = {}
    words = words_of_fields()
    with zipfile.ZipFile(wheel) as archive:
        pattern = re.compile(r".*/v1\.(\d+)\.0-local-strict/_definitions\.json")
        for path in archive.namelist():
            if not (match := pattern.fullmatch(path)):
                continue
            minor = int(match[1])
            bit = 1 << (minor - OLDEST)
            for name, schema in json.loads(archive.read(path))["$defs"].items():
                places = schema.get("x-kubernetes-group-version-kind", [])
                api_version = kind = ""
                # Options and watch events are in every group, and are not written in manifests.
                if len(places) == 1:
                    group, version, kind = (places[0][key] for key in ("group", "version", "kind"))
                    api_version = f"{group}/{version}" if group else version
                name = name.removeprefix("io.k8s.")
                line = (name, api_version, kind, shape(with_words(name, schema, minor, words)))
                found[line] = found.get(line, 0) | bit
    return found


def main():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder,
             f"kubernetes-validate=={VERSION}"],
            check=True,
        )
        (wheel,) = pathlib.Path(folder).glob("*.whl")
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        if digest != SHA256:
            sys.exit(f"{wheel.name} has the hash {digest}, not {SHA256}")
        lines = sorted((*line, versions) for line, versions in definitions(wheel).items())
    text = io.StringIO()
    text.write(f"# kubernetes-validate {VERSION}, sha256 {SHA256}\n")
    for name, api_version, kind, form, versions in lines:
        text.write(f"{versions:x}\t{name}\t{api_version}\t{kind}\t{form}\n")
    target = pathlib.Path(__file__).with_name("kubernetes.tsv")
    target.write_text(text.getvalue())
    print(f"{target.name}: {len(lines)} definitions, {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
