# shellcheck shell=bash
# Sourced by the scripts above, after common.sh: CloudFormation stacks. Each change is a change set. So if nothing differs,
# nothing is done, and of two simultaneous updates the later one is refused instead of undoing the earlier one.

# In the order in which they depend on each other. The account-wide stack `pipeline` comes before all of them.
# shellcheck disable=SC2034
STACKS=(network data load-balancer cluster service observability guard edge)

# The largest template that CloudFormation accepts inline.
TEMPLATE_LIMIT=51200

stack_name() {
    if [[ $1 == pipeline ]]; then echo "$PROJECT-pipeline"; else echo "$PROJECT-$ENVIRONMENT-$1"; fi
}

# CloudFront and its resources exist in one region only.
# shellcheck disable=SC2153 # REGION is set by load_environment.
stack_region() { if [[ $1 == edge ]]; then echo us-east-1; else echo "$REGION"; fi; }

# Describes a stack into $SCRATCH/stack-NAME; fails if there is none.
read_stack() {
    local name=$1
    if call_aws cloudformation describe-stacks --stack-name "$name" >"$SCRATCH/stacks"; then
        jq '.Stacks[0]' "$SCRATCH/stacks" >"$SCRATCH/stack-$name"
    elif aws_error_has 'does not exist'; then
        return 1
    else
        unavailable "the stack $name could not be read"
    fi
}

stack_field() { jq -r "$2 // empty" "$SCRATCH/stack-$1"; }

stack_parameter() {
    jq -r --arg key "$2" '.Parameters // [] | map(select(.ParameterKey == $key))[0].ParameterValue // empty' "$SCRATCH/stack-$1"
}

# Prints an output of a stack by its template's name, as in: stack_output pipeline RepositoryUri
stack_output() {
    local name value
    name=$(stack_name "$1")
    read_stack "$name" || fail "the stack $name is not there yet: run provision first"
    value=$(jq -r --arg key "$2" '.Outputs // [] | map(select(.OutputKey == $key))[0].OutputValue // empty' "$SCRATCH/stack-$name")
    [[ -n $value ]] || fail "the stack $name has no output $2"
    echo "$value"
}

# Prints all exports of the environment as a JSON object, without the common prefix.
read_exports() {
    call_aws cloudformation list-exports >"$SCRATCH/all-exports" || unavailable "the stacks' exports could not be read"
    jq --arg prefix "$PROJECT-$ENVIRONMENT-" '.Exports // []
        | map(select(.Name | startswith($prefix)) | {key: .Name[($prefix | length):], value: .Value}) | from_entries' \
        "$SCRATCH/all-exports" >"$SCRATCH/exports"
}

exported() {
    local value
    value=$(jq -r --arg name "$1" '.[$name] // empty' "$SCRATCH/exports")
    [[ -n $value ]] || fail "no stack exports $PROJECT-$ENVIRONMENT-$1: run provision first"
    echo "$value"
}

# Prints the parameters of a template as JSON for the CLI: first the environment's, then NAME=VALUE arguments. A value of the
# form ${stack.Output} stands for an output of another stack, which may be in another region.
stack_parameters() {
    local template=$1 pair values from output reference region
    shift
    values=$(jq --arg template "$template" --arg project "$PROJECT" --arg environment "$ENVIRONMENT" '
        {Project: $project} + (if $template == "pipeline" then {} else {Environment: $environment} end)
        + (.stacks[$template] // {})' "$ENVIRONMENT_FILE")
    for pair in "$@"; do
        values=$(jq --arg key "${pair%%=*}" --arg value "${pair#*=}" '.[$key] = $value' <<<"$values")
    done
    while IFS=. read -r from output; do
        reference="\${$from.$output}"
        region=$AWS_REGION
        use_region "$(stack_region "$from")"
        pair=$(stack_output "$from" "$output") || exit
        use_region "$region"
        values=$(jq --arg reference "$reference" --arg value "$pair" 'map_values(if . == $reference then $value else . end)' \
            <<<"$values")
    done < <(jq -r '.[] | strings | capture("^\\$\\{(?<from>[a-z-]+\\.[A-Za-z0-9]+)\\}$").from' <<<"$values" | sort -u)
    jq 'to_entries | map({ParameterKey: .key, ParameterValue: (.value | tostring)})' <<<"$values"
}

# Whether a template has a parameter. The templates are indented by two spaces.
has_parameter() { sed -n '/^Parameters:/,/^[A-Z]/p' "$1" | grep -q "^  $2:"; }

# Refuses if a stack cannot be changed now. Sets STACK_STATUS, to NONE if there is no stack.
check_stack_is_free() {
    local name=$1
    if ! read_stack "$name"; then
        STACK_STATUS=NONE
        return
    fi
    STACK_STATUS=$(stack_field "$name" .StackStatus)
    case $STACK_STATUS in
        # A change set that was never executed leaves this.
        REVIEW_IN_PROGRESS) STACK_STATUS=NONE ;;
        ROLLBACK_COMPLETE | ROLLBACK_FAILED | DELETE_FAILED) ;;
        UPDATE_ROLLBACK_FAILED)
            fail "the stack $name could not be rolled back; look at its events, put right what they name, then:" \
                "aws cloudformation continue-update-rollback --region $AWS_REGION --stack-name $name"
            ;;
        *_IN_PROGRESS)
            fail --status "$EXIT_BUSY" "another process is changing the stack $name ($STACK_STATUS); try again when it is" \
                "done, or stop that: aws cloudformation cancel-update-stack --region $AWS_REGION --stack-name $name"
            ;;
    esac
}

# A stack whose creation failed can only be removed. CloudFormation has already removed its resources.
remove_failed_creation() {
    local name=$1
    say "removing what an earlier failed creation left of $name"
    call_aws cloudformation delete-stack --stack-name "$name" || unavailable "the stack $name could not be removed"
    while read_stack "$name"; do
        [[ $(stack_field "$name" .StackStatus) != DELETE_FAILED ]] || fail "the stack $name could not be removed; see its events"
        pause
    done
    STACK_STATUS=NONE
}

# Makes a change set from a template's file (or `previous`) and the file of its parameters. Sets CHANGE_SET, empty if nothing
# would change.
prepare_change() {
    local name=$1 template=$2 parameters=$3 component=$4 kind=UPDATE belongs_to=$ENVIRONMENT source state reason
    if [[ $STACK_STATUS == NONE ]]; then kind=CREATE; fi
    if [[ $template == previous ]]; then
        source=(--use-previous-template)
    else
        (($(wc -c <"$template") <= TEMPLATE_LIMIT)) || fail "${template##*/} is larger than CloudFormation takes inline"
        source=(--template-body "file://$template")
    fi
    if [[ -n ${STACK_ROLE:-} ]]; then source+=(--role-arn "$STACK_ROLE"); fi
    if [[ $component == pipeline ]]; then belongs_to=shared; fi
    CHANGE_SET="deploy-$(date -u +%Y%m%d%H%M%S)-$$"
    if ! call_aws cloudformation create-change-set --stack-name "$name" --change-set-name "$CHANGE_SET" \
        --change-set-type "$kind" "${source[@]}" --parameters "file://$parameters" \
        --capabilities CAPABILITY_IAM CAPABILITY_NAMED_IAM CAPABILITY_AUTO_EXPAND \
        --tags "Key=Project,Value=$PROJECT" "Key=Environment,Value=$belongs_to" "Key=Component,Value=$component" \
        >"$SCRATCH/change-set"; then
        if aws_error_has 'No updates are to be performed'; then
            CHANGE_SET=
            return
        fi
        if aws_error_has 'IN_PROGRESS'; then
            fail --status "$EXIT_BUSY" "another process is changing the stack $name; try again when it is done"
        fi
        unavailable "the change of $name could not be prepared"
    fi
    CHANGE_SET=$(jq -r .Id "$SCRATCH/change-set")
    while true; do
        call_aws cloudformation describe-change-set --stack-name "$name" --change-set-name "$CHANGE_SET" >"$SCRATCH/change-set" ||
            unavailable "the change of $name could not be read"
        state=$(jq -r .Status "$SCRATCH/change-set")
        case $state in
            CREATE_COMPLETE) return ;;
            FAILED)
                reason=$(jq -r '.StatusReason // ""' "$SCRATCH/change-set")
                drop_change "$name"
                if [[ $reason == *"didn't contain changes"* || $reason == *"No updates are to be performed"* ]]; then
                    CHANGE_SET=
                    return
                fi
                fail "the change of $name is not possible: $reason"
                ;;
        esac
        pause 1
    done
}

drop_change() {
    call_aws cloudformation delete-change-set --stack-name "$1" --change-set-name "$CHANGE_SET" >/dev/null || true
    # A change set for a new stack makes an empty stack.
    if [[ $STACK_STATUS == NONE ]]; then call_aws cloudformation delete-stack --stack-name "$1" || true; fi
}

show_change() {
    jq -r '.Changes // [] | .[].ResourceChange
        | "\(.Action) \(.ResourceType) \(.LogicalResourceId)"
            + (if .Replacement == "True" then "  (REPLACED)" elif .Replacement == "Conditional" then "  (perhaps replaced)" else "" end)
            + (if (.Scope // []) == [] then "" else "  " + (.Scope | join(", ")) end)' "$SCRATCH/change-set"
}

# Executes the prepared change and waits. Returns 0 if done, 1 if rolled back, 2 if it is still running at the time limit.
apply_change() {
    local name=$1 limit=$2 last reason
    last=$(newest_event "$name")
    STATE_NOW="the stack $name goes on changing by itself; follow it: aws cloudformation describe-stack-events --stack-name $name"
    if ! call_aws cloudformation execute-change-set --stack-name "$name" --change-set-name "$CHANGE_SET" \
        --client-request-token "${CHANGE_SET##*/}" >/dev/null; then
        reason=$(aws_error)
        # If a response was lost, the repeated call finds the change that is already running.
        if ! read_stack "$name" || [[ $(stack_field "$name" .ChangeSetId) != "$CHANGE_SET" ]]; then
            STATE_NOW="the stack $name was not changed"
            if [[ $reason =~ InvalidChangeSetStatus|IN_PROGRESS|OBSOLETE|ChangeSetNotFound ]]; then
                fail --status "$EXIT_BUSY" "another process has changed the stack $name; run this again when it is done"
            fi
            fail --status "$EXIT_UNAVAILABLE" "the change of $name could not be executed: $reason"
        fi
    fi
    wait_for_stack "$name" "$limit" "$last"
}

newest_event() {
    call_aws cloudformation describe-stack-events --stack-name "$1" --max-items 1 >"$SCRATCH/events" || return 0
    jq -r '.StackEvents[0].EventId // empty' "$SCRATCH/events"
}

# While a stack changes: prints its events, and what `while_waiting` prints.
wait_for_stack() {
    local name=$1 limit=$2 last=$3 status end=$((SECONDS + $2))
    while true; do
        # A single failed call is no reason to stop waiting: the change continues.
        if (read_stack "$name"); then
            last=$(show_events "$name" "$last")
            while_waiting
            status=$(stack_field "$name" .StackStatus)
            case $status in
                CREATE_COMPLETE | UPDATE_COMPLETE) return 0 ;;
                # The update is complete; the replaced resources are being removed.
                UPDATE_COMPLETE_CLEANUP_IN_PROGRESS) ;;
                *_IN_PROGRESS) ;;
                *)
                    say "$name: $status"
                    return 1
                    ;;
            esac
        fi
        ((SECONDS < end)) || return 2
        pause
    done
}

# Overridden by scripts that have more to show.
while_waiting() { :; }

# Prints the events after $2, and the id of the newest.
show_events() {
    local name=$1 last=$2
    if call_aws cloudformation describe-stack-events --stack-name "$name" --max-items 100 >"$SCRATCH/events"; then
        jq -r --arg last "$last" '[.StackEvents // [] | label $out | .[] | if .EventId == $last then break $out else . end] | reverse[]
            | "\(.Timestamp[11:19])  \(.ResourceStatus)  \(.LogicalResourceId)"
                + (if .ResourceStatusReason then "  " + .ResourceStatusReason else "" end)' "$SCRATCH/events" |
            while IFS= read -r line; do detail "$line"; done
        last=$(jq -r --arg last "$last" '.StackEvents[0].EventId // $last' "$SCRATCH/events")
    fi
    echo "$last"
}
