# Sourced by the commands of docs/runbooks, from the project's root: `. operations/runbook.sh`.
# They speak to the account that the AWS CLI is signed in to, in the stage's region.
# shellcheck shell=bash
stage=${stage:-prod}
export AWS_DEFAULT_REGION=${AWS_DEFAULT_REGION:-us-east-1} AWS_PAGER=
PATH="$PWD/.venv/bin:$PWD/node_modules/.bin:$PATH"

# output AREA KEY: what a stack gives out, such as `output content ModelBucketName`.
output() {
  aws cloudformation describe-stacks --stack-name "marquee-$stage-$1" --output text \
    --query "Stacks[0].Outputs[?OutputKey=='$2'].OutputValue"
}

# resource AREA TYPE PREFIX: the name of the resource of that type whose logical id begins so.
resource() {
  aws cloudformation describe-stack-resources --stack-name "marquee-$stage-$1" --output text \
    --query "StackResources[?ResourceType=='$2' && starts_with(LogicalResourceId, '$3')].PhysicalResourceId | [0]"
}

# newest BUCKET PREFIX [PART]: the object written last of those whose key has PART. `s3 ls` goes
# through all pages, where a --query of list-objects-v2 would answer once for each.
newest() {
  local key
  key=$(aws s3 ls "s3://$1/$2" --recursive | sort | awk -v part="${3:-}" 'index($4, part) {key = $4} END {print key}')
  if [ -z "$key" ]; then
    echo "nothing below s3://$1/$2 ${3:+with $3 in its name}" >&2
    return 1
  fi
  echo "$key"
}

# node_log KIND [INSTANCE]: the end of what a node shipped last today, as every ten minutes one does:
# its `access` or `error` log; of any node where none is named.
node_log() {
  local bucket key
  bucket=$(output content LogBucketName)
  key=$(newest "$bucket" "fleet/$1/$(date -u +%Y/%m/%d)/" "${2:-}") || return
  echo "$key"
  aws s3 cp "s3://$bucket/$key" - | gunzip | tail -20
}

# alarm NAME: the state of an alarm and why, wherever in the stage it is.
alarm() {
  aws cloudwatch describe-alarms --alarm-name-prefix "marquee-$stage-" --output text \
    --alarm-types MetricAlarm CompositeAlarm \
    --query "[MetricAlarms, CompositeAlarms][] | [?contains(AlarmName, '$1')].[StateValue, StateUpdatedTimestamp, StateReason]"
}

# metric NAMESPACE NAME STATISTIC DIMENSION...: the last three hours, by five minutes.
metric() {
  aws cloudwatch get-metric-statistics --namespace "$1" --metric-name "$2" --statistics "$3" \
    --dimensions "${@:4}" --period 300 --output text \
    --start-time "$(date -u -d '3 hours ago' +%FT%TZ)" --end-time "$(date -u +%FT%TZ)" \
    --query "sort_by(Datapoints, &Timestamp)[].[Timestamp, $3]"
}
