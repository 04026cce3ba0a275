# syntax=docker/dockerfile:1
# The image holds the program and the libraries that it loads: no shell, no package manager, no account to log in to.

# The build pipeline looks up the tag's digest once, builds for both processors with it, and records it in the image's labels.
# For a reproducible build, pass a digest yourself (swift:6.3.1-bookworm@sha256:…).
ARG SWIFT_IMAGE=swift:6.3.1-bookworm

# checkov:skip=CKV_DOCKER_7: the version is in the argument above
FROM ${SWIFT_IMAGE} AS build
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
# Debian removes the older version when it publishes a security update. A pinned version would break the build on that day.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        ca-certificates libcurl4-openssl-dev libhiredis-dev libjemalloc-dev libpq-dev libssl-dev pkg-config zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
# Before the sources, so that a change in them does not fetch the packages again.
COPY Package.swift ./
RUN swift package resolve
COPY Sources Sources
# SwiftPM needs the directories of all targets in Package.swift.
COPY Tests Tests
# -S removes debugging information but keeps the names of functions, which a crash report needs.
RUN swift build -c release --static-swift-stdlib -Xlinker -S --product commerce
COPY migrations migrations
COPY deploy/certificates certificates
COPY deploy/demo/catalog.ndjson demo/
COPY deploy/image image
COPY LICENSE NOTICE ./
RUN image/assemble "$(swift build -c release --static-swift-stdlib -Xlinker -S --show-bin-path)/commerce" /rootfs

FROM scratch
COPY --from=build /rootfs /
WORKDIR /app
# Fargate mounts a volume with the owner and mode that the image declares here. Without the declaration, only root could write
# to it.
VOLUME ["/tmp"]
ENV PATH=/app \
    SWIFT_BACKTRACE=enable=yes,interactive=no,color=no,output-to=stderr,symbolicate=fast,cache=no,threads=crashed,images=none,registers=none,sanitize=no,timeout=20s,swift-backtrace=/app/swift-backtrace-static
USER 10001:10001
EXPOSE 8080
STOPSIGNAL SIGTERM
# Checks whether the process responds, which a restart can repair. It does not check the database.
HEALTHCHECK --interval=10s --timeout=3s --retries=3 --start-period=30s CMD ["/app/commerce", "healthcheck"]
ENTRYPOINT ["/app/commerce"]
CMD ["serve"]
# Last, because every commit changes it.
ARG REVISION=unknown
LABEL org.opencontainers.image.title="commerce" \
      org.opencontainers.image.description="A shop's backend: catalogue, carts and orders over HTTP" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="1.0.0" \
      org.opencontainers.image.revision="${REVISION}"
