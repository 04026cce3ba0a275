# shellcheck shell=bash
# Sourced by the scripts above, after stacks.sh: the running service, and the releases that passed verification.

# How long CloudFormation may take for a deployment, including the bake time of blue/green.
UPDATE_LIMIT=5400

# Sets SERVICE (an ARN) from the service's stack; empty if there is none.
find_service() {
    SERVICE=
    call_aws cloudformation describe-stack-resources --stack-name "$(stack_name service)" >"$SCRATCH/resources" || return 0
    SERVICE=$(jq -r '.StackResources | map(select(.ResourceType == "AWS::ECS::Service"))[0].PhysicalResourceId // empty' \
        "$SCRATCH/resources")
}

# While the service's stack changes: prints the events of the service, each once.
while_waiting() {
    [[ -n ${SERVICE:-} ]] || find_service
    if [[ -n $SERVICE ]]; then show_service_events; fi
}

show_service_events() {
    call_aws ecs describe-services --cluster "$CLUSTER" --services "$SERVICE" >"$SCRATCH/services" || return 0
    jq -r '.services[0].events // [] | reverse[] | "\(.id) \(.message)"' "$SCRATCH/services" |
        while read -r id message; do
            if grep -qsxF "$id" "$SCRATCH/seen-events"; then continue; fi
            echo "$id" >>"$SCRATCH/seen-events"
            detail "service: ${message#(service *) }"
        done
}

# Like apply_change, for the service's stack. Earlier events of the service are not shown again.
change_service() {
    find_service
    if [[ -n $SERVICE ]]; then show_service_events 2>/dev/null; fi
    apply_change "$1" "$UPDATE_LIMIT"
}

# Whether the running service has this image and responds. If not, prints what is wrong.
verify() {
    local digest=$1 url
    say "verifying"
    find_service
    if [[ -z $SERVICE ]]; then
        detail "FAILED: the stack holds no service"
        return 1
    fi
    check_running_tasks "$digest" || return 1
    url=$(environment_value .url)
    if [[ -z $url ]]; then url=$(exported Url) || exit; fi
    # Products are not part of a release: the first release has an empty catalogue.
    "$DEPLOY/bin/smoke" "$url" --allow-empty --wait "${DEPLOY_SMOKE_WAIT:-60}" ${SMOKE_OPTIONS[@]+"${SMOKE_OPTIONS[@]}"} >&2 || {
        detail "FAILED: the smoke test of $url"
        return 1
    }
}

# Whether all running tasks of the service have the image. Old tasks may take a while to end.
check_running_tasks() {
    local digest=$1 look others='' count=0
    for look in {1..12}; do
        if ((look > 1)); then pause; fi
        if ! call_aws ecs list-tasks --cluster "$CLUSTER" --service-name "$SERVICE" --desired-status RUNNING >"$SCRATCH/tasks"; then
            detail "could not ask for the tasks just now: $(aws_error)"
            continue
        fi
        mapfile -t tasks < <(jq -r '.taskArns[:100][]' "$SCRATCH/tasks")
        ((${#tasks[@]} > 0)) || continue
        call_aws ecs describe-tasks --cluster "$CLUSTER" --tasks "${tasks[@]}" >"$SCRATCH/tasks" || continue
        count=$(jq '[.tasks[] | select(.lastStatus == "RUNNING")] | length' "$SCRATCH/tasks")
        others=$(jq -r --arg digest "$digest" '[.tasks[] | .containers[] | select(.name == "commerce")
            | select(.image | endswith("@" + $digest) | not) | .image] | unique | join(", ")' "$SCRATCH/tasks")
        if ((count > 0)) && [[ -z $others ]]; then
            detail "$count tasks run $digest"
            return 0
        fi
    done
    if [[ -n $others ]]; then detail "FAILED: tasks still run $others"; else detail "FAILED: no task of the service runs"; fi
    return 1
}

# --- Releases: the digests that passed the verification, in a parameter of Systems Manager, which keeps its history ------

release_parameter() { echo "/$PROJECT/$ENVIRONMENT/release"; }

# Prints the newest release; prints nothing if there is none.
current_release() {
    if call_aws ssm get-parameter --name "$(release_parameter)" >"$SCRATCH/release"; then
        jq -r .Parameter.Value "$SCRATCH/release"
    elif ! aws_error_has ParameterNotFound; then
        unavailable "the releases could not be read"
    fi
}

# Prints the release to go back to from $1. A return to an earlier release cancels all releases between, so going back twice
# goes two releases back.
release_before() {
    if ! call_aws ssm get-parameter-history --name "$(release_parameter)" >"$SCRATCH/releases"; then
        aws_error_has ParameterNotFound || unavailable "the releases could not be read"
        return
    fi
    jq -r --arg from "$1" '[.Parameters | sort_by(.Version)[] | .Value]
        | reduce .[] as $release ([]; index($release) as $at | if $at == null then . + [$release] else .[:$at + 1] end)
        | index($from) as $at | (if $at == null then . else .[:$at] end) | last // empty' "$SCRATCH/releases"
}

# Records a release, and gives its image a tag. The repository's lifecycle rules keep the newest tagged images; images that were
# never released are removed by age.
record_release() {
    local now
    now=$(current_release) || exit
    if [[ $now != "$1" ]]; then
        call_aws ssm put-parameter --name "$(release_parameter)" --type String --value "$1" --overwrite >"$SCRATCH/recorded" ||
            say "the release could not be recorded, so that rollback will need its digest: $(aws_error)"
    fi
    keep_image "$1" || say "the image could not be tagged as released, so that it may be removed one day: $(aws_error)"
}

keep_image() {
    local digest=$1 tag manifest kind
    call_aws ssm get-parameter --name "$(release_parameter)" >"$SCRATCH/recorded" || return
    tag=released-$ENVIRONMENT-$(jq -r .Parameter.Version "$SCRATCH/recorded")
    call_aws ecr describe-images --registry-id "${REPOSITORY%%.*}" --repository-name "${REPOSITORY#*/}" \
        --image-ids "imageDigest=$digest" >"$SCRATCH/described" || return
    if jq -e --arg tag "$tag" '.imageDetails[0].imageTags // [] | index($tag)' "$SCRATCH/described" >/dev/null; then return; fi
    # Puts the same manifest under another tag. Nothing is uploaded, and the digest stays the same.
    ask_for_image "$digest" || return
    manifest=$(jq -r '.images[0].imageManifest' "$SCRATCH/image")
    kind=$(jq -r '.images[0].imageManifestMediaType // empty' "$SCRATCH/image")
    call_aws ecr put-image --registry-id "${REPOSITORY%%.*}" --repository-name "${REPOSITORY#*/}" --image-manifest "$manifest" \
        ${kind:+--image-manifest-media-type "$kind"} --image-digest "$digest" --image-tag "$tag" >/dev/null ||
        aws_error_has ImageAlreadyExists
}

# --- Changing the service's stack -----------------------------------------------------------------------------------------

# Writes all parameters of the service's stack except the image into a file for the CLI.
same_parameters_but() {
    jq --arg digest "$1" '[.Parameters[] | if .ParameterKey == "ImageDigest" then {ParameterKey, ParameterValue: $digest}
        else {ParameterKey, UsePreviousValue: true} end]' "$SCRATCH/stack-$(stack_name service)"
}

# Changes the service's stack to a digest and nothing else. Returns 0 when done, else like apply_change.
return_to() {
    local name
    name=$(stack_name service)
    check_stack_is_free "$name"
    same_parameters_but "$1" >"$SCRATCH/parameters"
    prepare_change "$name" previous "$SCRATCH/parameters" service
    [[ -n $CHANGE_SET ]] || return 0
    change_service "$name"
}
