# shellcheck shell=bash
# Sourced by the scripts above, after stacks.sh: runs a command of the image once, as a Fargate task in the service's network.
# The migration and the bootstrap are such tasks.

# Fills in the placeholders of a task definition's file; refuses if one has no value. A secret whose ARN is empty is left out,
# because ECS would refuse it.
fill_task_definition() {
    local file=$1 missing
    shift
    jq 'reduce $ARGS.positional[] as $pair (.; ($pair | index("=")) as $at
            | ("${" + $pair[:$at] + "}") as $name | $pair[$at + 1:] as $value
            | walk(if type == "string" then split($name) | join($value) else . end))
        | .containerDefinitions |= map(if .secrets then .secrets |= map(select(.valueFrom != "")) else . end)' \
        "$file" --args "$@" >"$SCRATCH/task-definition.json" || fail "$file is no valid JSON"
    missing=$(grep -o '[$]{[A-Z_]*}' "$SCRATCH/task-definition.json" | sort -u | tr '\n' ' ' || true)
    [[ -z $missing ]] || fail "${file##*/}: nothing to put for $missing"
}

# Prints the values for the task definitions of one-off tasks, as NAME=VALUE lines.
one_off_values() {
    local role=$1 image=$2
    printf '%s\n' "IMAGE=$image" "PROJECT=$PROJECT" "ENVIRONMENT=$ENVIRONMENT" "REGION=$REGION" \
        "ARCHITECTURE=$(architecture)" "CPU=256" "MEMORY=512" "LOG_LEVEL=info" "LOOPS=1"
    local name value
    while read -r name value; do
        # Only values that the file uses: the bootstrap's stack needs nothing of the cache.
        if ! grep -q "\${$name}" "$DEPLOY/ecs/$role-task.json"; then continue; fi
        value=$(exported "$value") || exit
        printf '%s=%s\n' "$name" "$value"
    done <<<"EXECUTION_ROLE_ARN ${role^}ExecutionRoleArn
TASK_ROLE_ARN ${role^}TaskRoleArn
LOG_GROUP ${role^}LogGroup
DATABASE_HOST DatabaseEndpoint
DATABASE_PORT DatabasePort
DATABASE_NAME DatabaseName
MASTER_SECRET_ARN MasterSecretArn
MIGRATION_SECRET_ARN MigrationSecretArn
SERVICE_SECRET_ARN ServiceSecretArn"
}

# Prints the ARNs of the running one-off tasks of a role.
running_one_offs() {
    call_aws ecs list-tasks --cluster "$CLUSTER" --family "$PROJECT-$ENVIRONMENT-$1" --desired-status RUNNING >"$SCRATCH/tasks" ||
        unavailable "the cluster $CLUSTER could not be read"
    jq -r '.taskArns[]' "$SCRATCH/tasks"
}

# Runs deploy/ecs/ROLE-task.json (migration, bootstrap) with an image, and waits for its end for so many seconds. Exits with 10,
# 11 or 12 if it does not succeed. ONE_OFF_COMMAND, a JSON array, replaces the task's own command; ONE_OFF_NAME is then its name
# in messages.
run_one_off() {
    local role=$1 family=$2 digest=$3 limit=$4 name=${ONE_OFF_NAME:-$1} values definition task already overrides=''
    already=$(running_one_offs "$family") || exit
    [[ -z $already ]] || fail --status "$EXIT_BUSY" "a $role is already running (${already##*/}); run this again when it has ended"
    values=$(one_off_values "$role" "$REPOSITORY@$digest") || exit
    mapfile -t values <<<"$values"
    fill_task_definition "$DEPLOY/ecs/$role-task.json" "${values[@]}"

    call_aws ecs register-task-definition --cli-input-json "file://$SCRATCH/task-definition.json" >"$SCRATCH/registered" ||
        unavailable "the task definition of the $name was not accepted"
    definition=$(jq -r .taskDefinition.taskDefinitionArn "$SCRATCH/registered")
    detail "registered ${definition##*/}"
    if [[ -n ${ONE_OFF_COMMAND:-} ]]; then
        # For this run only. The definition keeps its own command, for its next run.
        overrides=$(jq -c --argjson command "$ONE_OFF_COMMAND" \
            '{containerOverrides: [{name: .containerDefinitions[0].name, command: $command}]}' "$SCRATCH/task-definition.json")
    fi
    STATE_NOW="the $name may have been started; see: aws ecs list-tasks --cluster $CLUSTER --family $PROJECT-$ENVIRONMENT-$family"
    task=$(start_task "$definition" "$overrides") || exit
    STATE_NOW="the $name runs on by itself (task ${task##*/}); nothing else was changed. Once it has ended, run this again"
    say "$name: task ${task##*/} runs $(jq -rc --argjson command "${ONE_OFF_COMMAND:-null}" \
        '$command // .containerDefinitions[0].command | join(" ")' "$SCRATCH/task-definition.json")"
    wait_for_task "$name" "$task" "$limit"
    # shellcheck disable=SC2034 # read in common.sh
    STATE_NOW="the $name has ended well, nothing else was changed"
}

# Starts a task and prints its ARN. If Fargate has no capacity at the moment, it tries again for some minutes.
start_task() {
    local definition=$1 overrides=$2 attempt subnets group network reason token
    token=deploy-$(date -u +%s)-$$
    subnets=$(exported PrivateSubnetIds) || exit
    group=$(exported ServiceSecurityGroupId) || exit
    network=$(jq -nc --arg subnets "$subnets" --arg group "$group" \
        '{awsvpcConfiguration: {subnets: ($subnets | split(",")), securityGroups: [$group], assignPublicIp: "DISABLED"}}')
    for attempt in {1..6}; do
        call_aws ecs run-task --cluster "$CLUSTER" --task-definition "$definition" --count 1 --launch-type FARGATE \
            --network-configuration "$network" --propagate-tags TASK_DEFINITION --started-by deploy \
            --client-token "$token-$attempt" ${overrides:+--overrides "$overrides"} >"$SCRATCH/run" ||
            fail --status "$EXIT_TASK_NOT_STARTED" "the task could not be started: $(aws_error)"
        if jq -e '.tasks | length > 0' "$SCRATCH/run" >/dev/null; then
            jq -r '.tasks[0].taskArn' "$SCRATCH/run"
            return
        fi
        reason=$(jq -r '[.failures // [] | .[] | .reason + (if .detail then ": " + .detail else "" end)] | join("; ")' "$SCRATCH/run")
        detail "not started: ${reason:-no reason given}"
        # Waits between half of and the full delay, which doubles each time, so that several scripts do not retry in step.
        pause "$(awk -v seconds=$((POLL * 2 ** attempt)) -v random=$((RANDOM % 1000)) 'BEGIN { print seconds / 2 * (1 + random / 1000) }')"
    done
    fail --status "$EXIT_TASK_NOT_STARTED" "the task could not be started: ${reason:-no reason given}"
}

# Waits for the end of a task, and prints its log lines as they arrive.
wait_for_task() {
    local role=$1 task=$2 limit=$3 end=$((SECONDS + $3)) status='' before='' code reason container group prefix
    container=$(jq -r '.containerDefinitions[0].name' "$SCRATCH/task-definition.json")
    group=$(jq -r '.containerDefinitions[0].logConfiguration.options["awslogs-group"] // empty' "$SCRATCH/task-definition.json")
    prefix=$(jq -r '.containerDefinitions[0].logConfiguration.options["awslogs-stream-prefix"] // empty' "$SCRATCH/task-definition.json")
    LOG_TOKEN=
    while true; do
        if call_aws ecs describe-tasks --cluster "$CLUSTER" --tasks "$task" >"$SCRATCH/task"; then
            status=$(jq -r '.tasks[0].lastStatus // "not there yet"' "$SCRATCH/task")
            if [[ $status != "$before" ]]; then detail "$role: $status"; fi
            before=$status
            if [[ $status == STOPPED ]]; then break; fi
        else
            detail "could not ask for it just now: $(aws_error)"
        fi
        show_log "$group" "$prefix/$container/${task##*/}"
        if ((SECONDS >= end)); then
            fail --status "$EXIT_TASK_STILL_RUNNING" "the $role still runs after $limit seconds (task ${task##*/}) and is left alone;" \
                "see what it waits for, and run this again once it has ended"
        fi
        pause
    done
    show_log "$group" "$prefix/$container/${task##*/}"
    code=$(jq -r --arg name "$container" '.tasks[0].containers[] | select(.name == $name) | .exitCode // empty' "$SCRATCH/task")
    reason=$(jq -r --arg name "$container" '[.tasks[0].stoppedReason, (.tasks[0].containers[] | select(.name == $name) | .reason)]
        | map(values) | unique | join("; ")' "$SCRATCH/task")
    if [[ -z $code ]]; then
        fail --status "$EXIT_TASK_NOT_STARTED" "the $role did not start: ${reason:-no reason given} (task ${task##*/})"
    fi
    if [[ $code != 0 ]]; then
        fail --status "$EXIT_TASK_FAILED" "the $role failed with exit code $code; its log is above (task ${task##*/}, ${reason:-no reason given})"
    fi
}

# Prints what a log stream has beyond LOG_TOKEN.
show_log() {
    local group=$1 stream=$2 from token
    [[ -n $group ]] || return 0
    while true; do
        from=()
        if [[ -n $LOG_TOKEN ]]; then from=(--next-token "$LOG_TOKEN"); fi
        # The stream does not exist before the first line.
        call_aws logs get-log-events --log-group-name "$group" --log-stream-name "$stream" --start-from-head \
            ${from[@]+"${from[@]}"} >"$SCRATCH/log" || return 0
        jq -r '.events[].message' "$SCRATCH/log" | while IFS= read -r line; do printf '  | %s\n' "$line" >&2; done
        token=$(jq -r '.nextForwardToken // empty' "$SCRATCH/log")
        # At the end of the stream, the call returns the token that it was given.
        if [[ -z $token || $token == "$LOG_TOKEN" ]]; then return 0; fi
        LOG_TOKEN=$token
        if ! jq -e '.events | length > 0' "$SCRATCH/log" >/dev/null; then return 0; fi
    done
}

# The common part of `migrate`, `bootstrap` and `import`: PROGRAM ENV DIGEST [--limit SECONDS] [--dry-run] [--unsigned].
one_off_main() {
    local role=$1 family=$2 name=${ONE_OFF_NAME:-$1} dry_run='' limit=1800 positional=()
    shift 2
    while (($# > 0)); do
        case $1 in
            --help | -h) help && exit ;;
            --dry-run) dry_run=1 ;;
            --unsigned) allow_unsigned ;;
            --limit)
                limit=${2:-}
                [[ $limit =~ ^[0-9]+$ ]] || usage_error "--limit takes seconds"
                shift
                ;;
            -*) usage_error "no option $1" ;;
            *) positional+=("$1") ;;
        esac
        shift
    done
    [[ ${#positional[@]} == 2 ]] || usage_error "which environment and which image?"
    check_digest "${positional[1]}"
    need aws jq
    load_environment "${positional[0]}"
    scratch
    check_image "${positional[1]}"
    read_exports
    CLUSTER=$(exported ClusterName) || exit
    if [[ -n $dry_run ]]; then
        local values
        values=$(one_off_values "$role" "$REPOSITORY@${positional[1]}") || exit
        mapfile -t values <<<"$values"
        fill_task_definition "$DEPLOY/ecs/$role-task.json" "${values[@]}"
        say "would register this and run it in the cluster $CLUSTER${ONE_OFF_COMMAND:+ with the command $ONE_OFF_COMMAND}:"
        cat "$SCRATCH/task-definition.json"
        return
    fi
    run_one_off "$role" "$family" "${positional[1]}" "$limit"
    printf '%s: done, exit code 0\n' "$name"
}
