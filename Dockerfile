# A static binary (musl) in an image with git and a shell, which CI jobs and --changed-since need.
FROM rust:1.95-alpine AS build
RUN apk add --no-cache musl-dev gcc make
WORKDIR /src
COPY . .
ENV RUSTFLAGS="--remap-path-prefix=/usr/local/cargo=/cargo"
RUN cargo build --locked --release && strip target/release/plimsoll

FROM alpine:3.22
RUN apk add --no-cache git && adduser -D -u 10001 plimsoll
COPY --from=build /src/target/release/plimsoll /usr/local/bin/plimsoll
# Work trees are mounted, and belong to somebody else.
RUN git config --system --add safe.directory '*'
USER 10001
WORKDIR /work
ENTRYPOINT ["plimsoll"]
CMD ["check"]
