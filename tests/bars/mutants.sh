#!/usr/bin/env bash
# Faults planted one at a time (tests/bars/mutants.txt) must make a test fail. In a temporary copy of the working tree each one is
# applied, the project that holds it is built, and the tests named with it run. Fails where a fault survives, where its tests hang,
# where its text is not found exactly once, or where it does not compile. Names the test that found it. About 10 seconds for each.
#   bash tests/bars/mutants.sh              all
#   bash tests/bars/mutants.sh 20 39        those numbers
#   bash tests/bars/mutants.sh 'critic*'    those whose name matches
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
list=$root/tests/bars/mutants.txt
export RLHF_SHARED=${RLHF_SHARED:-$root/../shared} DOTNET_CLI_TELEMETRY_OPTOUT=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git -C "$root" ls-files -z --cached --others --exclude-standard |
  tar -C "$root" --null --files-from=- --ignore-failed-read -c | tar -C "$work" -x
cd "$work"
quick=(-c Release --nologo -v quiet -p:RunAnalyzers=false -p:TreatWarningsAsErrors=false -p:EnforceCodeStyleInBuild=false)

# chosen NUMBER NAME
chosen() {
  case ${pattern_from:-} in
    '') return 0 ;;
    *[!0-9]*) [[ $2 == $pattern_from ]] ;;
    *) [ "$1" -ge "$pattern_from" ] && [ "$1" -le "${pattern_to:-$pattern_from}" ] ;;
  esac
}
pattern_from=${1:-} pattern_to=${2:-}

built=' '
# A test project is built once, when the first fault needs it.
prepare() {
  case $built in *" $1 "*) return ;; esac
  if ! dotnet build "tests/$1" "${quick[@]}" > "$work/build.log" 2>&1; then
    tail -n 20 "$work/build.log"; echo "FAILS tests/$1 does not build"; exit 1
  fi
  built+="$1 "
}

# first_failed STATUS: the name of the first test that failed; a process that broke down names none.
first_failed() {
  sed -n '/ \[FAIL\]$/{s/^ *//;s/ \[FAIL\]$//;p;q}' "$work/test.log" | grep . || echo "status $1, which no test names"
}

killed=0 wrong=0
# try NUMBER NAME FILE PROJECT CLASSES SEARCH REPLACEMENT
try() {
  local number=$1 name=$2 file=$3 tests=$4 classes=$5 search=$6 replacement=$7
  local text rest owner project output outputs place assembly status=0
  text=$(cat "$file"; echo .); text=${text%.}
  rest=${text/"$search"/}
  if [ "$rest" = "$text" ] || [ "${rest/"$search"/}" != "$rest" ]; then
    echo "FAILS $number $name: its text does not stand exactly once in $file"; wrong=$((wrong + 1)); return
  fi
  prepare "$tests"
  project=$(cut -d/ -f1,2 <<< "$file") owner=$(cut -d/ -f2 <<< "$file")
  output=tests/$tests/bin/Release/net10.0 outputs=("tests/$tests/bin/Release/net10.0")
  # Tests of the program start the one that lies beside its sources.
  [ "$tests" = Rlhf.Cli.Tests ] && outputs+=(src/Rlhf.Cli/bin/Release/net10.0)
  assembly=$owner.dll
  [ "$owner" = Rlhf.Cli ] && assembly=rlhf.dll
  cp "$output/$assembly" "$work/sound.dll"
  printf '%s' "${text/"$search"/"$replacement"}" > "$file"
  if ! dotnet build "$project" --no-restore --no-dependencies "${quick[@]}" > "$work/build.log" 2>&1; then
    echo "FAILS $number $name: does not compile"; grep -m 1 error "$work/build.log" || true; wrong=$((wrong + 1))
  else
    cp "$project/bin/Release/net10.0/$assembly" "$work/faulty.dll"
    for place in "${outputs[@]}"; do cp "$work/faulty.dll" "$place/$assembly"; done
    # The runner waits for its tests when it is asked to end.
    timeout -s KILL 300 dotnet "$output/$tests.dll" -class "$classes" -stopOnFail -noColor > "$work/test.log" 2>&1 || status=$?
    case $status in
      0) echo "FAILS $number $name: survives $classes"; wrong=$((wrong + 1)) ;;
      124|137) echo "FAILS $number $name: hangs $classes"; wrong=$((wrong + 1)) ;;
      *) echo "ok    $number $name: killed by $(first_failed "$status")"; killed=$((killed + 1)) ;;
    esac
  fi
  printf '%s' "$text" > "$file"
  for place in "${outputs[@]}"; do cp "$work/sound.dll" "$place/$assembly"; done
}

# A test that fails without any fault would kill them all.
declare -A sound
check_sound() {
  prepare "$1"
  [ -n "${sound[$1/$2]:-}" ] && return
  if ! dotnet "tests/$1/bin/Release/net10.0/$1.dll" -class "$2" -noColor > "$work/test.log" 2>&1; then
    tail -n 20 "$work/test.log"; echo "FAILS $1 $2 without any fault"; exit 1
  fi
  grep -q 'Total: 0' "$work/test.log" && { echo "FAILS $1 has no test class $2"; exit 1; }
  sound[$1/$2]=yes
}

number=0 name='' file='' tests='' classes='' search='' replacement=''
finish() {
  [ -z "$name" ] && return
  number=$((number + 1))
  if chosen "$number" "$name"; then
    check_sound "$tests" "$classes"
    try "$number" "$name" "$file" "$tests" "$classes" "$search" "$replacement"
  fi
  name='' search='' replacement=''
}
while IFS= read -r line || [ -n "$line" ]; do
  case $line in
    '@ '*) finish; read -r file tests classes <<< "${line#@ }" ;;
    '# '*) finish; name=${line#\# } ;;
    '- '*) search+=${search:+$'\n'}${line#- } ;;
    '+ '*) replacement+=${replacement:+$'\n'}${line#+ } ;;
  esac
done < "$list"
finish
echo "$killed of $((killed + wrong)) faults were found by the tests"
exit $((wrong > 0))
