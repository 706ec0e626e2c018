# What is handed out, built into dist/: `just` makes all of it for this machine.

version := `sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1`
binary := "target/release/plimsoll"

# What goes to other machines uses their C library; build.rs says why.
export PLIMSOLL_LINK := "dynamic"

# The folder of cargo's registry is all that a binary shows of the machine it was built on.
export RUSTFLAGS := "--remap-path-prefix=" + env("CARGO_HOME", home_directory() / ".cargo") + "=/cargo"

# Everything below.
all: build wheel npm vscode completions man

# The program.
build:
    cargo build --locked --release

# The program without any shared library; needs `rustup target add x86_64-unknown-linux-musl` and musl-gcc.
static:
    cargo build --locked --release --target x86_64-unknown-linux-musl

# `pip install dist/plimsoll-*.whl`
wheel:
    cd python && maturin build --locked --release --out ../dist

# `npm install dist/plimsoll-linux-x64-*.tgz dist/plimsoll-*.tgz`
npm: build
    node npm/pack.mjs {{binary}} dist

# `code --install-extension dist/plimsoll-*.vsix`
vscode:
    mkdir -p dist
    cd editors/vscode && npm ci --no-audit --no-fund && npx vsce package --out ../../dist

# dist/completions/: bash, zsh, fish, elvish, powershell.
completions: build
    mkdir -p dist/completions
    {{binary}} completions bash > dist/completions/plimsoll.bash
    {{binary}} completions zsh > dist/completions/_plimsoll
    {{binary}} completions fish > dist/completions/plimsoll.fish
    {{binary}} completions elvish > dist/completions/plimsoll.elv
    {{binary}} completions powershell > dist/completions/_plimsoll.ps1

# dist/man/: plimsoll.1, and a page for each command.
man: build
    mkdir -p dist/man
    {{binary}} man --output dist/man

# The image of the Dockerfile.
image:
    docker build --tag plimsoll:{{version}} .

# Puts one version into every file that has it.
bump to:
    sed -i 's/^version = "{{version}}"/version = "{{to}}"/' Cargo.toml pyproject.toml
    sed -i 's/plimsoll=={{version}}/plimsoll=={{to}}/' pyproject.toml
    sed -i 's/"{{version}}"/"{{to}}"/g' npm/package.json
    cd editors/vscode && npm version --no-git-tag-version --allow-same-version {{to}}
    sed -i 's/{{version}}/{{to}}/g' templates/plimsoll.yml action.yml deploy/indexed-job.yaml
    cargo check --quiet
