# shellcheck shell=bash
# Sourced by the scripts above, after stacks.sh: the image repository, and what is in it.

# Sets REPOSITORY, the URI of the image repository: as the environment's file names it, or the cluster's stack, which is what
# a pipeline may read, or before there is one, the account-wide stack.
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

# Refuses an image that is not in the repository, or not for the processor that the tasks run on.
check_image() {
    local digest=$1 account name wanted found
    find_repository
    account=${REPOSITORY%%.*}
    name=${REPOSITORY#*/}
    call_aws ecr batch-get-image --registry-id "$account" --repository-name "$name" --image-ids "imageDigest=$digest" \
        --accepted-media-types application/vnd.oci.image.index.v1+json application/vnd.docker.distribution.manifest.list.v2+json \
        application/vnd.oci.image.manifest.v1+json application/vnd.docker.distribution.manifest.v2+json \
        >"$SCRATCH/image" || unavailable "the repository $name could not be read"
    jq -e '.images | length > 0' "$SCRATCH/image" >/dev/null || fail "there is no image $digest in $REPOSITORY"
    found=$(jq -r '.images[0].imageManifest | fromjson | .manifests // [] | map(.platform.architecture // empty) | join(" ")' "$SCRATCH/image")
    wanted=$(architecture)
    if [[ $wanted == X86_64 ]]; then wanted=amd64; else wanted=arm64; fi
    if [[ -z $found ]]; then
        detail "the image is for one processor and its manifest does not say which; wanted: $wanted"
    elif [[ " $found " != *" $wanted "* ]]; then
        fail "the image is for $found, the tasks run on $wanted"
    fi
}
