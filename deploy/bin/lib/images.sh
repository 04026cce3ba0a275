# shellcheck shell=bash
# Sourced by the scripts above, after stacks.sh: the image repository and its images.

# Sets REPOSITORY, the URI of the image repository. It comes from the environment's file; else from the cluster's stack, which a
# pipeline may read; or, before that stack exists, from the account-wide stack.
find_repository() {
    local cluster
    cluster=$(stack_name cluster)
    REPOSITORY=$(environment_value .repository)
    if [[ -z $REPOSITORY ]] && read_stack "$cluster"; then REPOSITORY=$(stack_parameter "$cluster" RepositoryUri); fi
    if [[ -z $REPOSITORY ]]; then REPOSITORY=$(stack_output pipeline RepositoryUri) || exit; fi
}

architecture() {
    local value
    value=$(environment_value .stacks.service.Architecture)
    echo "${value:-ARM64}"
}

# Reads an image's description from the repository into the file $SCRATCH/image.
ask_for_image() {
    call_aws ecr batch-get-image --registry-id "${REPOSITORY%%.*}" --repository-name "${REPOSITORY#*/}" --image-ids "imageDigest=$1" \
        --accepted-media-types application/vnd.oci.image.index.v1+json application/vnd.docker.distribution.manifest.list.v2+json \
        application/vnd.oci.image.manifest.v1+json application/vnd.docker.distribution.manifest.v2+json \
        >"$SCRATCH/image"
}

# Refuses an image that is not in the repository, is not for the processor of the tasks, or is not signed by the build.
check_image() {
    local digest=$1 wanted found
    find_repository
    ask_for_image "$digest" || unavailable "the repository ${REPOSITORY#*/} could not be read"
    jq -e '.images | length > 0' "$SCRATCH/image" >/dev/null || fail "there is no image $digest in $REPOSITORY"
    found=$(jq -r '.images[0].imageManifest | fromjson | .manifests // [] | map(.platform.architecture // empty) | join(" ")' "$SCRATCH/image")
    wanted=$(architecture)
    if [[ $wanted == X86_64 ]]; then wanted=amd64; else wanted=arm64; fi
    if [[ -z $found ]]; then
        detail "the image is for one processor and its manifest does not say which; wanted: $wanted"
    elif [[ " $found " != *" $wanted "* ]]; then
        fail "the image is for $found, the tasks run on $wanted"
    fi
    check_signature "$digest"
}

# For an image that was built by hand, which is not signed.
UNSIGNED=
allow_unsigned() { UNSIGNED=1; }

# Refuses an image that the build of the main branch has not signed. This holds for workflows and for people.
check_signature() {
    local project token
    if [[ -n $UNSIGNED ]]; then
        detail "the signature is not looked at (--unsigned)"
        return
    fi
    type -P cosign >/dev/null || fail --status "$EXIT_UNAVAILABLE" \
        "cosign is not installed, which verifies an image's signature; --unsigned is for images that were built by hand"
    project=$(environment_value .stacks.pipeline.GitHubRepository)
    [[ -n $project ]] || fail "$ENVIRONMENT_FILE names no GitHubRepository of the stack pipeline, whose signature counts"
    call_aws ecr get-authorization-token >"$SCRATCH/authorization" || unavailable "the repository cannot be logged in to"
    token=$(jq -r '.authorizationData[0].authorizationToken' "$SCRATCH/authorization" | base64 --decode)
    # The login is removed with the directory.
    export DOCKER_CONFIG=$SCRATCH/docker
    if ! { cosign login --username "${token%%:*}" --password-stdin "${REPOSITORY%%/*}" <<<"${token#*:}" &&
        cosign verify --output text --certificate-oidc-issuer https://token.actions.githubusercontent.com \
            --certificate-identity "https://github.com/$project/.github/workflows/build.yaml@refs/heads/main" \
            "$REPOSITORY@$1"; } >"$SCRATCH/signature" 2>&1; then
        fail "the build of $project has not signed $1: $(grep -v '^$' "$SCRATCH/signature" | tail -n 1)"
    fi
    detail "signed by the build of $project"
}
