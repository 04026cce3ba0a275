# shellcheck shell=bash
# Sourced by ../checklist: the checks that read from AWS. Each prints its line and returns whether it passed.

not_read() {
    failed "$1: $(aws_error)"
    return 1
}

# All stacks of the environment exist, and none is being changed.
check_stacks() {
    local stack name status bad='' count=0
    for stack in "${STACKS[@]}"; do
        [[ -f $DEPLOY/cloudformation/$stack.yaml ]] || continue
        name=$(stack_name "$stack")
        use_region "$(stack_region "$stack")"
        count=$((count + 1))
        if read_stack "$name"; then status=$(stack_field "$name" .StackStatus); else status='not there'; fi
        case $status in
            CREATE_COMPLETE | UPDATE_COMPLETE | UPDATE_ROLLBACK_COMPLETE | IMPORT_COMPLETE) ;;
            *) bad+="${bad:+, }$name $status" ;;
        esac
    done
    use_region "$REGION"
    if [[ -n $bad ]]; then
        failed "stacks: $bad"
        return 1
    fi
    ok "stacks: all $count exist, and none is changing"
}

check_alarms() {
    local ringing total
    call_aws cloudwatch describe-alarms --alarm-name-prefix "$PROJECT-$ENVIRONMENT-" >"$SCRATCH/alarms" || not_read alarms || return 1
    total=$(jq '.MetricAlarms | length' "$SCRATCH/alarms")
    ringing=$(jq -r '[.MetricAlarms[] | select(.StateValue == "ALARM") | .AlarmName] | join(", ")' "$SCRATCH/alarms")
    if [[ -n $ringing ]]; then
        failed "alarms: $ringing"
        return 1
    elif ((total == 0)); then
        failed "alarms: there are none"
        return 1
    fi
    ok "alarms: none of $total is active"
}

# What a deployment needs in order to go back exists.
check_backups() {
    local id restorable age
    read_exports
    id=$(exported DatabaseInstanceId)
    call_aws rds describe-db-instances --db-instance-identifier "$id" >"$SCRATCH/database" || not_read backups || return 1
    restorable=$(jq -r '.DBInstances[0].LatestRestorableTime // empty' "$SCRATCH/database")
    if [[ -z $restorable ]]; then
        failed "backups: the database $id cannot be restored to any time"
        return 1
    fi
    age=$((($(date +%s) - $(date -d "$restorable" +%s)) / 60))
    if ((age > 15)); then
        failed "backups: the database $id can be restored to $age minutes ago at the latest"
        return 1
    fi
    ok "backups: the database $id can be restored to $age minutes ago"
}

# The request of check_request_id has left a log line.
check_logs() {
    local group end=$((SECONDS + LOG_WAIT))
    read_exports
    group=$(exported ServiceLogGroup)
    while true; do
        call_aws logs filter-log-events --log-group-name "$group" --filter-pattern "\"$REQUEST_ID\"" \
            --start-time "$((($(date +%s) - 300) * 1000))" >"$SCRATCH/lines" || not_read logs || return 1
        if jq -e --arg id "$REQUEST_ID" '[.events[].message | fromjson? | select(.request_id == $id)] | length > 0' "$SCRATCH/lines" >/dev/null; then
            ok "logs: the request $REQUEST_ID is in $group"
            return 0
        fi
        if ((SECONDS >= end)); then
            failed "logs: the request $REQUEST_ID is not in $group after $LOG_WAIT seconds"
            return 1
        fi
        pause
    done
}

# Sets CLUSTER and SERVICE, and describes the service into $SCRATCH/services.
describe_service() {
    read_exports
    CLUSTER=$(exported ClusterName) || return 1
    find_service
    if [[ -z $SERVICE ]]; then
        failed "$1: the stack $(stack_name service) holds no service"
        return 1
    fi
    call_aws ecs describe-services --cluster "$CLUSTER" --services "$SERVICE" >"$SCRATCH/services" || not_read "$1"
}

check_scaling() {
    local running desired least most policies
    describe_service scaling || return 1
    call_aws application-autoscaling describe-scalable-targets --service-namespace ecs \
        --resource-ids "service/$CLUSTER/${SERVICE##*/}" >"$SCRATCH/scalable" || not_read scaling || return 1
    call_aws application-autoscaling describe-scaling-policies --service-namespace ecs \
        --resource-id "service/$CLUSTER/${SERVICE##*/}" >"$SCRATCH/policies" || not_read scaling || return 1
    read -r running desired < <(jq -r '.services[0] | "\(.runningCount) \(.desiredCount)"' "$SCRATCH/services")
    read -r least most < <(jq -r '.ScalableTargets[0] // {} | "\(.MinCapacity // 0) \(.MaxCapacity // 0)"' "$SCRATCH/scalable")
    policies=$(jq '.ScalingPolicies | length' "$SCRATCH/policies")
    if ((policies == 0 || most <= least || least < 1)); then
        failed "scaling: the service does not scale ($policies policies, from $least to $most)"
        return 1
    elif ((running < desired || desired < least)); then
        failed "scaling: $running tasks run, $desired are wanted, at least $least"
        return 1
    elif ((desired >= most)); then
        failed "scaling: $desired tasks are wanted and $most are the most: there is no room to grow"
        return 1
    fi
    ok "scaling: $running of $desired tasks run, from $least to $most by $policies policies"
}

# The targets are healthy, in at least two zones.
check_zones() {
    local group healthy zones sick
    read_exports
    for group in BlueTargetGroupArn GreenTargetGroupArn; do
        group=$(exported "$group") || return 1
        call_aws elbv2 describe-target-health --target-group-arn "$group" >"$SCRATCH/health-$(basename "$group")" || not_read zones || return 1
        jq -r '.TargetHealthDescriptions[] | "\(.TargetHealth.State) \(.Target.AvailabilityZone // "")"' "$SCRATCH/health-$(basename "$group")"
    done >"$SCRATCH/targets"
    healthy=$(grep -c '^healthy ' "$SCRATCH/targets" || true)
    sick=$(grep -cE '^(unhealthy|unavailable) ' "$SCRATCH/targets" || true)
    zones=$(sed -n 's/^healthy //p' "$SCRATCH/targets" | sort -u | wc -l)
    if ((sick > 0 || zones < 2)); then
        failed "zones: $healthy healthy targets in $zones zones, $sick unhealthy"
        return 1
    fi
    ok "zones: $healthy healthy targets in $zones zones"
}
