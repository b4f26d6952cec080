#!/usr/bin/env bash
# Makes the pictures of the README in labeling-ui/pictures, light and dark, from a project with made-up answers. A minute; needs Chromium.
set -euo pipefail
cd "$(dirname "$0")/../.."
export RLHF_PICTURES=$PWD/labeling-ui/pictures
mkdir -p "$RLHF_PICTURES"
dotnet build -c Release tests/Rlhf.EndToEnd.Tests -v quiet
dotnet tests/Rlhf.EndToEnd.Tests/bin/Release/net10.0/Rlhf.EndToEnd.Tests.dll -noColor -class '*ReadmePictures'
