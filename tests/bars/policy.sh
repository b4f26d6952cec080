#!/usr/bin/env bash
# Makes the bundled policy again from pipelines/pretrain.yaml and compares it with the committed one, to the last byte.
# Holds on the kind of CPU and the number of threads that pipelines/policy/README.md names. About 12 minutes.
#   bash tests/bars/policy.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dotnet build -c Release src/Rlhf.Cli -v quiet
src/Rlhf.Cli/bin/Release/net10.0/rlhf pretrain --config pipelines/pretrain.yaml --home "$work"
made=$(find "$work/runs" -name model.safetensors | head -n 1)
for file in model.safetensors config.json tokenizer.json tokenizer_config.json; do
  cmp "$(dirname "$made")/$file" "pipelines/policy/$file"
  echo "ok    $file"
done
