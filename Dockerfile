# syntax=docker/dockerfile:1
# The program and what it loads, and nothing else: no shell, no package manager, nothing to log in to.

# The build pipeline looks up the tag's digest once, builds for both processors by it, and notes it in the image's labels. Give
# one yourself (swift:6.3.1-bookworm@sha256:…) for a build that must be the same as another.
ARG SWIFT_IMAGE=swift:6.3.1-bookworm

# checkov:skip=CKV_DOCKER_7: the version is in the argument above
FROM ${SWIFT_IMAGE} AS build
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
# Debian keeps no older versions beside a security update, so a pinned version is a build that breaks on that day.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        ca-certificates libhiredis-dev libjemalloc-dev libpq-dev libssl-dev pkg-config zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
# Before the sources, so that a change of theirs does not fetch the packages anew.
COPY Package.swift ./
RUN swift package resolve
COPY Sources Sources
# SwiftPM wants the directories of all targets that Package.swift names.
COPY Tests Tests
# -S: without debugging information, but with the names of functions, which a crash report needs.
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
# Fargate mounts a volume with the owner and mode that the image declares here; else it would be root's alone.
VOLUME ["/tmp"]
ENV PATH=/app \
    SWIFT_BACKTRACE=enable=yes,interactive=no,color=no,output-to=stderr,symbolicate=fast,cache=no,threads=crashed,images=none,registers=none,sanitize=no,timeout=20s,swift-backtrace=/app/swift-backtrace-static
USER 10001:10001
EXPOSE 8080
STOPSIGNAL SIGTERM
# Whether the process answers, which restarting can mend; not whether its database does.
HEALTHCHECK --interval=10s --timeout=3s --retries=3 --start-period=30s CMD ["/app/commerce", "healthcheck"]
ENTRYPOINT ["/app/commerce"]
CMD ["serve"]
# Last, since every commit changes it.
ARG REVISION=unknown
LABEL org.opencontainers.image.title="commerce" \
      org.opencontainers.image.description="A shop's backend: catalogue, carts and orders over HTTP" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.revision="${REVISION}"
